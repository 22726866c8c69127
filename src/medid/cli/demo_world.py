"""The parties of the demo: a board, a practitioner, a patient, and what they publish.

Everything here is done with the same calls that a program would use. Keys are new at
each run. The parties' web sites are folders: the verifier fetches from them through
the Fetch port, as it would from hosts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.entropy import system_entropy, uuid_urn
from medid.core.fetch import Fetched
from medid.core.instant import Instant, Window
from medid.credentials import parse_credential
from medid.dids.methods import web as did_web
from medid.errors import FetchFailed
from medid.health.drafts import Frame, consent_credential, license_credential
from medid.issuing import Controller, issue, new_list, present, set_status, withdraw
from medid.keys import KeyKind, PrivateKey
from medid.status import allocate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.fetch import FetchRequest
    from medid.core.json import JsonObject, JsonValue
    from medid.errors import MedidError
    from medid.issuing.credential import Issued

BOARD_HOST: Final = "board.example"
AUDIENCE: Final = "https://gateway.hospital.example"
PATIENT: Final = "Patient/p-9"
PRACTITIONER: Final = "Practitioner/chen"
NPI: Final = "1679576722"
REVOCATIONS: Final = f"https://{BOARD_HOST}/status/revocation"
SUSPENSIONS: Final = f"https://{BOARD_HOST}/status/suspension"
WITHDRAWALS: Final = "https://wallet.example/status/withdrawal"

_YEAR: Final = 365 * 86_400  # seconds


def data(name: str) -> JsonValue:
    """One of the demo's data files."""
    source = package_files("medid.cli").joinpath("demo_data", f"{name}.json")
    return strict_json.loads(source.read_bytes())


def _object(value: JsonValue | bytes) -> JsonObject:
    if not isinstance(value, dict):
        message = "a demo document is no object"
        raise TypeError(message)
    return value


@dataclass(slots=True)
class Web:
    """The published documents, by URL: the demo's Fetch port."""

    at: Instant
    documents: dict[str, JsonObject] = field(default_factory=dict)

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """What is published now under each URL."""
        del seconds
        return [self._answer(request.url) for request in requests]

    def _answer(self, url: str) -> Fetched | MedidError:
        if url not in self.documents:
            return FetchFailed("nothing is published there")
        content = strict_json.dumps(self.documents[url], indent=2).encode()
        return Fetched.of(
            url, content, fetched_at=self.at, media_type="application/json"
        )


class World:
    """A board, a practitioner and a patient, as of ``start``."""

    def __init__(self, start: Instant) -> None:
        self.start = start
        self.web = Web(start)
        self.board = self._found_board()
        self.practitioner = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
        self.patient = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
        self.license = self._issue_license()
        self.consent = self._grant_consent()

    def _found_board(self) -> Controller:
        key = PrivateKey.generate(KeyKind.ED25519)
        did = did_web.create(BOARD_HOST)
        named = did_web.NamedKey(fragment="key-1", key=key.public_key)
        self.web.documents[did_web.document_url(did)] = did_web.document(did, [named])
        board = Controller(verification_method=f"{did}#key-1", signer=key)
        for url, purpose in ((REVOCATIONS, "revocation"), (SUSPENSIONS, "suspension")):
            self._publish(url, new_list(url, purpose, board, at=self.start))
        return board

    def _publish(self, url: str, document: Issued) -> None:
        self.web.documents[url] = _object(document)

    def _entry(self, url: str, purpose: str) -> JsonObject:
        index = allocate(range(131_072), entropy=system_entropy)
        return {
            "id": f"{url}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": str(index),
            "statusListCredential": url,
        }

    def _frame(self, issuer: str | JsonObject, *entries: JsonObject) -> Frame:
        return Frame(
            id=uuid_urn(),
            issuer=issuer,
            window=Window(self.start.plus(-60), self.start.plus(_YEAR)),
            status=entries,
        )

    def _issue_license(self) -> JsonObject:
        draft = license_credential(
            self._frame(
                {"id": self.board.did, "name": "State Medical Board of Example"},
                self._entry(REVOCATIONS, "revocation"),
                self._entry(SUSPENSIONS, "suspension"),
            ),
            holder=self.practitioner.did,
            license=_object(data("license")),
            identifiers=[
                {"system": "http://hl7.org/fhir/sid/us-npi", "value": NPI},
            ],
        )
        return _object(issue(draft, self.board, at=self.start))

    def _grant_consent(self) -> JsonObject:
        url = WITHDRAWALS
        self._publish(url, new_list(url, "revocation", self.patient, at=self.start))
        consent = _object(data("consent"))
        consent["patient"] = {"reference": self.patient.did}
        consent["dateTime"] = str(self.start)
        binding: JsonObject = {
            "type": "ActorBinding",
            "reference": PRACTITIONER,
            "did": self.practitioner.did,
        }
        draft = consent_credential(
            self._frame(self.patient.did, self._entry(url, "revocation")),
            patient=self.patient.did,
            consent=consent,
            terms={"grantor": self.patient.did, "actorBinding": [binding]},
        )
        return _object(issue(draft, self.patient, at=self.start))

    def trust(self) -> JsonObject:
        """The hospital's trust registry."""
        return {
            "name": "Example Hospital",
            "acceptedBoards": [
                {
                    "did": self.board.did,
                    "name": "State Medical Board of Example",
                    "jurisdictions": ["US-OH"],
                    "professions": ["208D00000X"],
                }
            ],
            "placeOfService": {"US": "patient"},
            "consent": {"patientDids": {PATIENT: self.patient.did}},
        }

    def request(self, wanted: JsonObject, at: Instant) -> JsonObject:
        """One AuthZEN request of the hospital's gateway."""
        resource = str(wanted["resource"])
        context: JsonObject = {
            "time": str(at),
            "mode": "in-person",
            "patientLocation": "US-OH",
            "practitionerLocation": "US-OH",
        }
        if "breakGlass" in wanted:
            context["breakGlass"] = wanted["breakGlass"]
        purpose: JsonObject = {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
            "code": wanted["purpose"],
        }
        described = _object(_object(data("observations"))[resource])
        return {
            "subject": {
                "type": "practitioner",
                "id": self.practitioner.did,
                "properties": {"profession": "208D00000X"},
            },
            "action": {"name": "access", "properties": {"purposeOfUse": [purpose]}},
            "resource": {
                "type": "Observation",
                "id": resource,
                "properties": {"patient": PATIENT, **described},
            },
            "context": context,
        }

    def present(self, challenge: str, at: Instant) -> JsonObject:
        """The practitioner presents license and consent to the gateway."""
        presentation = present(
            [self.license, self.consent],
            self.practitioner,
            challenge=challenge,
            domain=AUDIENCE,
            at=at,
        )
        return _object(presentation)

    def suspend(self, at: Instant) -> None:
        """The board suspends the license: one bit of one published list."""
        url = SUSPENSIONS
        index = _index_in(self.license, url)
        changed = set_status(self.web.documents[url], index, self.board, at=at)
        self._publish(url, changed)

    def withdraw(self, at: Instant) -> None:
        """The patient withdraws the consent."""
        url = WITHDRAWALS
        changed = withdraw(self.consent, self.web.documents[url], self.patient, at=at)
        self._publish(url, changed)


def _index_in(credential: JsonObject, url: str) -> int:
    entries = parse_credential(credential).status
    return next(
        entry.index
        for entry in entries
        if entry.list_url == url and entry.index is not None
    )
