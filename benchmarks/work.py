"""The documents that everybody is timed on: a license, a consent, a presentation."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.peers import INTEROP, Pyld, method_of
from medid.core import base64url
from medid.core.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW: Final = Instant.parse("2026-06-15T12:00:00Z")
FROM: Final = "2026-01-01T00:00:00Z"
UNTIL: Final = "2026-12-31T23:59:59Z"
CHALLENGE: Final = "q83vEjRWeJCrze8SNFZ4kA"
DOMAIN: Final = "gateway.hospital.example"
LIST_BYTES: Final = 16_384  # 131,072 entries, the shortest list that is allowed
HEALTH: Final = "https://w3id.org/medid/health/v1"
V2: Final = "https://www.w3.org/ns/credentials/v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is verified and decided."""

    contexts: Mapping[str, Any]
    license: dict[str, Any]
    consent: dict[str, Any]
    presentation: dict[str, Any]
    status_list: dict[str, Any]
    board: str
    practitioner: str
    patient: str


def contexts() -> dict[str, Any]:
    """The contexts of the documents, as medid ships them."""
    shipped = {
        V2: files("medid.jsonld") / "contexts" / "credentials-v2.jsonld",
        HEALTH: files("medid.health") / "contexts" / "medid-health-v1.jsonld",
    }
    return {url: json.loads(file.read_text("utf-8")) for url, file in shipped.items()}


def draft(name: str, issuer: str, subject: str) -> dict[str, Any]:
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


def status_list(url: str, issuer: str) -> dict[str, Any]:
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


def prepare(pyld: Pyld) -> Work:
    """Sign everything once, with keys of this run."""
    keys = [Ed25519PrivateKey.generate() for _ in range(3)]
    methods = [method_of(key.public_key()) for key in keys]
    board, practitioner, patient = (method.split("#")[0] for method in methods)
    options = {"created": FROM, "proofPurpose": "assertionMethod"}
    license_ = pyld.sign(draft("license", board, practitioner), keys[0], options)
    consent = pyld.sign(draft("consent", patient, practitioner), keys[2], options)
    presentation = pyld.sign(
        {
            "@context": [V2],
            "type": ["VerifiablePresentation"],
            "holder": practitioner,
            "verifiableCredential": [license_, consent],
        },
        keys[1],
        {
            "created": str(NOW),
            "proofPurpose": "authentication",
            "challenge": CHALLENGE,
            "domain": DOMAIN,
        },
    )
    url = license_["credentialStatus"][0]["statusListCredential"]
    return Work(
        contexts=contexts(),
        license=license_,
        consent=consent,
        presentation=presentation,
        status_list=pyld.sign(status_list(url, board), keys[0], options),
        board=board,
        practitioner=practitioner,
        patient=patient,
    )
