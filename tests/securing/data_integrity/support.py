"""A key, and documents such as a licensing board signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medid.jsonld import ContextStore
from medid.keys import KeyKind, PrivateKey, PublicKey
from medid.securing.data_integrity import read_proofs, sign, verify_proof

if TYPE_CHECKING:
    from medid.core.json import JsonObject

V2: Final = "https://www.w3.org/ns/credentials/v2"
BOARD: Final = "https://board.example/terms/v1"
NS: Final = "https://board.example/terms#"
SUITES: Final = ("eddsa-rdfc-2022", "eddsa-jcs-2022")

# The private key of the W3C's own test vectors, and so no secret.
KEY: Final = PrivateKey.from_multikey(
    "z3u2en7t5LR2WtQH5PfFqMqwVHgeXouLzo6haApm8XHqvjxq"
)
METHOD: Final = f"did:key:{KEY.public_key.to_multikey()}#{KEY.public_key.to_multikey()}"
OPTIONS: Final[JsonObject] = {
    "verificationMethod": METHOD,
    "proofPurpose": "assertionMethod",
    "created": "2026-01-01T00:00:00Z",
}
CONTEXT: Final[JsonObject] = {
    "@version": 1.1,
    "@protected": True,
    "id": "@id",
    "type": "@type",
    "b": NS,
    "LicenseCredential": "b:LicenseCredential",
    "License": {
        "@id": "b:License",
        "@context": {
            "@protected": True,
            "number": "b:number",
            "profession": {"@id": "b:profession", "@container": "@set"},
            "active": {
                "@id": "b:active",
                "@type": "http://www.w3.org/2001/XMLSchema#boolean",
            },
            "years": "b:years",
            "schedule": {"@id": "b:schedule", "@container": "@list"},
            "fhir": {"@id": "b:fhir", "@type": "@json"},
        },
    },
    "Code": {
        "@id": "b:Code",
        "@context": {"@protected": True, "code": "b:code", "system": "b:system"},
    },
    "license": "b:license",
}
STORE: Final = ContextStore.bundled().register_context(BOARD, {"@context": CONTEXT})
OTHER: Final = PrivateKey.generate(KeyKind.ED25519)


def license_credential() -> JsonObject:
    """A license as a board would issue it, without a proof."""
    return {
        "@context": [V2, BOARD],
        "id": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
        "type": ["VerifiableCredential", "LicenseCredential"],
        "issuer": {"id": "did:web:board.example.gov", "name": "Example State Board"},
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-12-31T23:59:59Z",
        "credentialStatus": {
            "id": "https://board.example.gov/status/3#94567",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "94567",
            "statusListCredential": "https://board.example.gov/status/3",
        },
        "credentialSubject": {
            "id": "did:example:practitioner",
            "license": {
                "type": "License",
                "number": "35.123456",
                "active": True,
                "years": 12,
                "schedule": ["2", "3N"],
                "profession": [
                    {"type": "Code", "system": "http://a.example", "code": "2211"},
                    {"type": "Code", "system": "http://b.example", "code": "208D"},
                ],
                "fhir": {"scope": [{"code": "x"}], "limit": 1.5, "note": None},
            },
        },
    }


def plain_credential() -> JsonObject:
    """A credential with base terms only."""
    return {
        "@context": [V2, "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential", "ExampleAlumniCredential"],
        "issuer": "did:example:university",
        "name": {"@value": "Alumni", "@language": "en", "@direction": "ltr"},
        "validUntil": "2027-12-31T23:59:59Z",
        "credentialSubject": {"id": "did:example:s", "alumniOf": ["A", "B"]},
    }


def signed(document: JsonObject, suite: str = SUITES[0], **more: Any) -> JsonObject:
    """``document`` with a proof by ``KEY``."""
    return sign(document, KEY, suite=suite, options={**OPTIONS, **more}, contexts=STORE)


def verify(document: JsonObject, key: PublicKey = KEY.public_key) -> None:
    """Verify every proof of ``document``."""
    for proof in read_proofs(document):
        verify_proof(document, proof, key, contexts=STORE)
