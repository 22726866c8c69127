"""The documents that everybody is timed on: licenses, consents, presentations.

They are signed once, at the start, with keys of this run. A pool holds more of them
than a memory does, so that who walks through it meets none that is remembered.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from medid import Controller, Evidence, KeyKind, PrivateKey, TrustRegistry
from medid.core import base64url
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.core.memory import MAX_REMEMBERED_BYTES, TEXT_WEIGHT
from medid.health import contexts as health_contexts
from medid.securing import data_integrity

if TYPE_CHECKING:
    from collections.abc import Callable

Document = dict[str, Any]

INTEROP: Final = Path(__file__).resolve().parents[1] / "interop"
NOW: Final = Instant.parse("2026-06-15T12:00:00Z")
FROM: Final = "2026-01-01T00:00:00Z"
UNTIL: Final = "2026-12-31T23:59:59Z"
CHALLENGE: Final = "q83vEjRWeJCrze8SNFZ4kA"
DOMAIN: Final = "gateway.hospital.example"
LIST_BYTES: Final = 16_384  # 131,072 entries, the shortest list that is allowed
HEALTH: Final = "https://w3id.org/medid/health/v1"
V2: Final = "https://www.w3.org/ns/credentials/v2"


def context_files() -> dict[str, Path]:
    """The contexts of the documents, as the files that medid ships."""
    return {
        V2: Path(str(files("medid.jsonld") / "contexts" / "credentials-v2.jsonld")),
        HEALTH: Path(
            str(files("medid.health") / "contexts" / "medid-health-v1.jsonld")
        ),
    }


def contexts() -> Document:
    """The contexts of the documents, by URL."""
    found = context_files().items()
    return {url: json.loads(file.read_text("utf-8")) for url, file in found}


def draft(name: str, issuer: str, subject: str) -> Document:
    """The credential ``name`` of the interoperation tests, with these parties."""
    text = (INTEROP / "documents" / f"{name}.json").read_text("utf-8")
    for mark, value in {
        "{ISSUER}": issuer,
        "{SUBJECT}": subject,
        "{FROM}": FROM,
        "{UNTIL}": UNTIL,
    }.items():
        text = text.replace(mark, value)
    return dict(json.loads(text))


def new_controller(kind: KeyKind = KeyKind.ED25519) -> Controller:
    """Somebody with a did:key of this run."""
    return Controller.did_key(PrivateKey.generate(kind))


def as_bytes(document: Document) -> bytes:
    """A document as it travels."""
    return json.dumps(document, separators=(",", ":")).encode()


def pool(make: Callable[[int], bytes]) -> list[bytes]:
    """More documents than a verifier's memory holds, each another."""
    first = make(0)
    count = MAX_REMEMBERED_BYTES * 5 // 4 // (TEXT_WEIGHT * len(first)) + 2
    made = [first, *(make(number) for number in range(1, count))]
    if len(set(made)) < count:
        raise RuntimeError("documents of a pool are equal: they would be remembered")
    return made


_One = TypeVar("_One")


def in_turn(documents: list[_One]) -> Callable[[], _One]:
    """The next of ``documents``, for ever."""
    return cycle(documents).__next__


def _id(kind: str, number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-{kind}-{number:012d}"


def status_list(url: str, issuer: str) -> Document:
    """A status list credential in which nothing is set, unsigned."""
    packed = gzip.compress(bytes(LIST_BYTES), mtime=0)
    return {
        "@context": [V2],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": FROM,
        "validUntil": UNTIL,
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "u" + base64url.encode(packed),
        },
    }


@dataclass(frozen=True)
class World:
    """A board, a practitioner and a patient, and what they sign: eddsa-rdfc-2022."""

    board: Controller = field(default_factory=new_controller)
    practitioner: Controller = field(default_factory=new_controller)
    patient: Controller = field(default_factory=new_controller)

    def license(self, number: int = 0) -> Document:
        """The practitioner's license, signed by the board."""
        unsigned = draft("license", self.board.did, self.practitioner.did)
        return self._signed({**unsigned, "id": _id("8000", number)}, self.board)

    def consent(self, number: int = 0, *exceptions: Document) -> Document:
        """The patient's consent, with ``exceptions`` as further provisions."""
        unsigned = draft("consent", self.patient.did, self.practitioner.did)
        resource = unsigned["credentialSubject"]["consent"]
        resource["provision"]["provision"] += exceptions
        return self._signed({**unsigned, "id": _id("9000", number)}, self.patient)

    def presentation(self, number: int, *credentials: Document) -> Document:
        """The practitioner's presentation of ``credentials``."""
        unsigned = {
            "@context": [V2],
            "id": _id("a000", number),
            "type": ["VerifiablePresentation"],
            "holder": self.practitioner.did,
            "verifiableCredential": list(credentials),
        }
        options = {
            "created": str(NOW),
            "proofPurpose": "authentication",
            "challenge": CHALLENGE,
            "domain": DOMAIN,
        }
        return self._signed(unsigned, self.practitioner, **options)

    def _signed(self, document: Document, who: Controller, **options: str) -> Document:
        return dict(
            data_integrity.sign(
                document,
                who.signer,
                suite="eddsa-rdfc-2022",
                options={
                    "created": FROM,
                    "proofPurpose": "assertionMethod",
                    "verificationMethod": who.verification_method,
                    **options,
                },
                contexts=health_contexts(),
            )
        )

    @cached_property
    def evidence(self) -> Evidence:
        """The status list of the license, as it was fetched."""
        entry = draft("license", self.board.did, "did:example:x")["credentialStatus"][0]
        url = entry["statusListCredential"]
        signed = self._signed(status_list(url, self.board.did), self.board)
        fetched = Fetched.of(
            url=url,
            content=as_bytes(signed),
            media_type="application/vc",
            fetched_at=NOW,
        )
        return Evidence().with_answers([(url, fetched)])

    @cached_property
    def trust(self) -> TrustRegistry:
        """The hospital's trust in the board."""
        return TrustRegistry.from_json(self._filled("trust"))

    @cached_property
    def request(self) -> Document:
        """The practitioner's request for an observation of the patient's."""
        return dict(json.loads(self._filled("request")))

    def _filled(self, name: str) -> str:
        text = (INTEROP / "documents" / f"{name}.json").read_text("utf-8")
        for mark in ("board", "practitioner", "patient"):
            text = text.replace(f"{{{mark.upper()}}}", getattr(self, mark).did)
        return text
