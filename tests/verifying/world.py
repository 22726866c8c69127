"""A small world made with the library itself: a board, a doctor, a patient, lists."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from medid.core import base64url
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.dids.methods import jwk as did_jwk
from medid.dids.methods import web as did_web
from medid.dids.syntax import Did
from medid.errors import EvidenceUnavailable, MedidError
from medid.health import contexts as contexts  # noqa: PLC0414 - for tests
from medid.issuing import Controller, issue, new_list, present, set_status
from medid.keys import KeyKind, PrivateKey
from medid.securing import data_integrity
from medid.securing.jose import sign_compact
from medid.trust import TrustRegistry
from medid.verifying.judging import Expectations
from medid.verifying.verifier import Verifier
from tests.health import documents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.fetch import FetchRequest
    from medid.verifying.checks import Check, Verification

NOW: Final = Instant.parse("2026-06-15T12:00:00Z")
MADE: Final = Instant.parse("2026-06-15T11:59:00Z")
DAY: Final = 86_400
DOMAIN: Final = "https://hospital.example"
CHALLENGE: Final = "c1bd3b4f-8d0c-4f35-a4a0-6f0dc9b3b1c7"
REVOCATIONS: Final = "https://board.example.gov/status/3"
SUSPENSIONS: Final = "https://board.example.gov/status/4"
CONSENTS: Final = "https://patient.example/status/1"
VCT: Final = "https://credentials.example/license"
INDEX: Final = 94_567
CODE: Final = "http://nucc.org/provider-taxonomy"
V1: Final = "https://www.w3.org/2018/credentials/v1"
V2: Final = "https://www.w3.org/ns/credentials/v2"
EXAMPLES: Final = "https://www.w3.org/ns/credentials/examples/v2"


def key(name: str, kind: KeyKind = KeyKind.ED25519) -> PrivateKey:
    """The same key for the same name, in every run."""
    seed = name.encode().ljust(64, b"\x01")
    return PrivateKey.generate(kind, entropy=lambda size: seed[:size])


BOARD: Final = Controller.did_key(key("board"))
DOCTOR: Final = Controller.did_key(key("doctor"))
PATIENT: Final = Controller.did_key(key("patient"))
STRANGER: Final = Controller.did_key(key("stranger"))
P256: Final = Controller.did_key(key("p256", KeyKind.P256))
P384: Final = Controller.did_key(key("p384", KeyKind.P384))


def jwk_controller(name: str, kind: KeyKind = KeyKind.P256) -> Controller:
    """A controller under did:jwk."""
    signer = key(name, kind)
    did = did_jwk.create(signer.public_key)
    return Controller(verification_method=f"{did}#0", signer=signer)


def web_controller(host: str, name: str) -> Controller:
    """A controller under did:web; ``web_document`` is what its host publishes."""
    did = did_web.create(host)
    return Controller(verification_method=f"{did}#{name}", signer=key(host + name))


def web_document(
    *controllers: Controller, relationships: Sequence[str] = ("assertionMethod",)
) -> dict[str, Any]:
    """The document of controllers who share one did:web."""
    named = [
        did_web.NamedKey(
            fragment=one.verification_method.partition("#")[2],
            key=one.signer.public_key,
            relationships=relationships,
        )
        for one in controllers
    ]
    return did_web.document(Did.parse(controllers[0].did), named)


JWK: Final = jwk_controller("jwk board")
WEB: Final = web_controller("board.example.gov", "key-1")
WEB_URL: Final = "https://board.example.gov/.well-known/did.json"


# Documents.


def plain(
    issuer: Controller = BOARD,
    *,
    context: Sequence[Any] = (V2, EXAMPLES),
    **members: Any,
) -> dict[str, Any]:
    """A draft of a credential that says very little; ``None`` removes a member."""
    draft: dict[str, Any] = {
        "@context": list(context),
        "id": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
        "type": ["VerifiableCredential"],
        "issuer": issuer.did,
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {"id": DOCTOR.did, "alumniOf": "School"},
    }
    draft |= members
    return {name: value for name, value in draft.items() if value is not None}


def entry(
    url: str = REVOCATIONS, purpose: str = "revocation", **changes: Any
) -> dict[str, Any]:
    """A status entry."""
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(INDEX),
        "statusListCredential": url,
        **changes,
    }


def license_draft(issuer: Controller = BOARD, **members: Any) -> dict[str, Any]:
    """A draft of a license with everything that the vocabulary has."""
    draft = documents.license_document()
    draft["issuer"] = {"id": issuer.did, "name": "Example State Medical Board"}
    draft["credentialSubject"]["id"] = DOCTOR.did
    draft["credentialStatus"] = [entry(), entry(SUSPENSIONS, "suspension")]
    return {**draft, **members}


def consent_draft(**members: Any) -> dict[str, Any]:
    """A draft of a consent that its patient can take back."""
    text = json.dumps(documents.consent_document())
    draft = json.loads(text.replace(documents.PATIENT, PATIENT.did))
    return {**draft, "credentialStatus": entry(CONSENTS), **members}


def signed(draft: Mapping[str, Any], controller: Controller = BOARD) -> dict[str, Any]:
    """``draft`` with an eddsa-rdfc-2022 proof."""
    return as_object(issue(draft, controller, at=MADE))


def as_object(document: Any) -> dict[str, Any]:
    """``document``, which is an object."""
    assert isinstance(document, dict)
    return document


def as_text(document: Any) -> str:
    """``document``, which is a token."""
    assert isinstance(document, str)
    return document


def presented(
    *credentials: Any, controller: Controller = DOCTOR, **options: Any
) -> dict[str, Any]:
    """A presentation for this hospital, in Data Integrity."""
    given = {"challenge": CHALLENGE, "domain": DOMAIN, "at": MADE, **options}
    return as_object(present(credentials or [signed(plain())], controller, **given))


def with_proof(
    document: Mapping[str, Any],
    controller: Controller,
    *,
    suite: str = "eddsa-rdfc-2022",
    chain: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """``document`` with one more proof, whatever its options say."""
    configured = {
        "created": str(MADE),
        "verificationMethod": controller.verification_method,
        "proofPurpose": "assertionMethod",
        **options,
    }
    return data_integrity.sign(
        document,
        controller.signer,
        suite=suite,
        options={k: v for k, v in configured.items() if v is not None},
        contexts=contexts(),
        chain=chain,
    )


def token(
    payload: Mapping[str, Any], controller: Controller = BOARD, **header: Any
) -> str:
    """``payload`` as a JWT with whatever header; ``None`` removes a member."""
    full = {"kid": controller.verification_method, "typ": "vc+jwt", **header}
    kept = {name: value for name, value in full.items() if value is not None}
    return sign_compact(json.dumps(payload).encode(), controller.signer, kept)


def enveloped(text: str, media_type: str = "application/vc+jwt") -> dict[str, Any]:
    """A token in the envelope in which it is presented."""
    return {
        "@context": V2,
        "id": f"data:{media_type},{text}",
        "type": "EnvelopedVerifiableCredential",
    }


def payload_of(text: str) -> dict[str, Any]:
    """The payload of a JWT."""
    return as_object(json.loads(base64url.decode(text.split(".")[1])))


# Evidence.


def fetched(url: str, content: Any, at: Instant = NOW) -> Fetched:
    """``content`` as it was found at ``url``."""
    raw = content
    if isinstance(content, dict):
        raw = json.dumps(content).encode()
    elif isinstance(content, str):
        raw = content.encode()
    return Fetched.of(url, raw, fetched_at=at)


def evidence(contents: Mapping[str, Any] | None = None, at: Instant = NOW) -> Evidence:
    """Documents (or errors) at hand, by URL."""
    return Evidence().with_answers(
        (url, one if isinstance(one, MedidError) else fetched(url, one, at))
        for url, one in (contents or {}).items()
    )


def status_list(
    *ones: int,
    url: str = REVOCATIONS,
    purpose: str = "revocation",
    controller: Controller = BOARD,
    at: Instant = MADE,
) -> dict[str, Any]:
    """A signed list in which ``ones`` are set."""
    found = as_object(new_list(url, purpose, controller, at=at))
    for index in ones:
        found = as_object(set_status(found, index, controller, at=at))
    return found


def lists(revoked: Sequence[int] = (), suspended: Sequence[int] = ()) -> dict[str, Any]:
    """The board's two lists, by URL."""
    return {
        REVOCATIONS: status_list(*revoked),
        SUSPENSIONS: status_list(*suspended, url=SUSPENSIONS, purpose="suspension"),
    }


# A host, or rather all of them.


@dataclass
class Web:
    """The Fetch port on a web that is a table; it keeps what it was asked for."""

    pages: Mapping[str, Any] = field(default_factory=dict)
    at: Instant = NOW
    batches: list[list[str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        """Every URL that was asked for."""
        return [url for batch in self.batches for url in batch]

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        """The page of each URL."""
        self.batches.append([request.url for request in requests])
        self.seconds.append(seconds)
        return [self._answer(request.url) for request in requests]

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        """As ``fetch_all``."""
        return self.fetch_all(requests, seconds=seconds)

    def _answer(self, url: str) -> Fetched | MedidError:
        page = self.pages.get(url)
        if page is None:
            return EvidenceUnavailable("no such page")
        return page if isinstance(page, MedidError) else fetched(url, page, self.at)


# Answers.


def refuse_clock() -> Instant:
    """A clock that nobody may read."""
    raise AssertionError("the clock was read")


def verified(
    document: Any,
    *,
    at: Instant = NOW,
    known: Mapping[str, Any] | None = None,
    seen: Instant = NOW,
    trust: TrustRegistry | None = None,
    **expect: Any,
) -> Verification:
    """What a verifier without clock and network answers."""
    verifier = Verifier(trust=trust, expect=Expectations(**expect), clock=refuse_clock)
    before = deepcopy(document)
    answer = verifier.verify(document, at=at, evidence=evidence(known, seen))
    assert document == before
    return answer


def codes(answer: Verification) -> list[tuple[str, str, str]]:
    """Question, code and path of everything that did not pass."""
    return [(c.check, str(c.code), c.path) for c in answer.checks if c.error]


def check(answer: Verification, name: str) -> list[Check]:
    """The answers to one question."""
    return [one for one in answer.checks if one.check == name]


def results(answer: Verification, name: str) -> list[str]:
    """The results of one question."""
    return [one.result.value for one in check(answer, name)]


def registry(*boards: Controller, **members: Any) -> TrustRegistry:
    """A registry that accepts ``boards`` for licenses of Ohio's doctors."""
    return registry_of(*({"did": board.did, **members} for board in boards))


def registry_of(*boards: Mapping[str, Any]) -> TrustRegistry:
    """A registry with an entry for each of ``boards``, for licenses as those."""
    accepted: list[Any] = [
        {
            "jurisdictions": ["US-OH"],
            "professions": [f"{CODE}|208D00000X"],
            **board,
        }
        for board in boards
    ]
    return TrustRegistry.from_json({"acceptedBoards": accepted})
