"""A credential, its status list, and what goes wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.instant import Instant, Window
from medid.credentials import CONTEXT_V2, Credential, parse_credential
from medid.status import StatusList, VerifiedList, list_credential

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

BOARD: Final = "did:web:board.example"
URL: Final = "https://board.example/status/7"
INDEX: Final = 94_567
START: Final = Instant.parse("2026-01-01T00:00:00Z")
END: Final = Instant.parse("2026-01-08T00:00:00Z")
NOW: Final = Instant.parse("2026-01-02T00:00:00Z")


def entry(**changes: JsonValue) -> JsonObject:
    """A ``credentialStatus``."""
    status: JsonObject = {
        "id": f"{URL}#{INDEX}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(INDEX),
        "statusListCredential": URL,
    }
    return {**status, **changes}


def credential(*entries: JsonObject) -> Credential:
    """A credential with these status entries."""
    document: JsonObject = {
        "@context": [CONTEXT_V2],
        "type": ["VerifiableCredential"],
        "issuer": BOARD,
        "credentialSubject": {"id": "did:example:doctor"},
    }
    if entries:
        document["credentialStatus"] = [*entries]
    return parse_credential(document)


def published(statuses: StatusList, **changes: JsonValue) -> Credential:
    """The credential that publishes ``statuses``, with members replaced."""
    document = list_credential(
        statuses, url=URL, issuer=BOARD, validity=Window(START, END)
    )
    return parse_credential({**document, **changes})


def with_subject(statuses: StatusList, **changes: JsonValue) -> Credential:
    """The credential that publishes ``statuses``, with its subject changed."""
    subject = published(statuses).subjects[0].claims
    return published(statuses, credentialSubject={**subject, **changes})


def fetched(found: Credential, at: Instant = NOW) -> dict[str, VerifiedList]:
    """``found`` as the list that was fetched from its URL."""
    return {URL: VerifiedList(credential=found, fetched_at=at)}
