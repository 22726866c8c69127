"""Valid documents that the tests of this room take apart."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from medid.credentials import CONTEXT_V1, CONTEXT_V2

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue


def license_credential(**changes: JsonValue) -> JsonObject:
    """A credential of VCDM 2.0 that uses every member the data model defines."""
    document: JsonObject = {
        "@context": [CONTEXT_V2, "https://example.org/contexts/license/v1"],
        "id": "https://board.example/licenses/4711",
        "type": ["VerifiableCredential", "LicenseCredential"],
        "name": [
            {"@value": "Medical license", "@language": "en"},
            {"@value": "رخصة طبية", "@language": "ar", "@direction": "rtl"},
        ],
        "description": "A license to practise medicine",
        "issuer": {
            "id": "did:web:board.example",
            "name": "Board of Medicine",
            "description": {"@value": "State board", "@language": "en-US"},
        },
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00+01:00",
        "credentialSubject": [
            {"id": "did:example:doctor", "license": {"number": "4711"}},
        ],
        "credentialStatus": [status_entry()],
        "credentialSchema": {
            "id": "https://board.example/schemas/license.json",
            "type": "JsonSchema",
            "digestSRI": "sha384-" + "A" * 64,
        },
        "relatedResource": [
            {
                "id": "https://board.example/terms.pdf",
                "digestSRI": "sha256-" + "A" * 43 + "=",
                "mediaType": "application/pdf",
            }
        ],
        "evidence": [{"type": "ExamEvidence", "id": "urn:example:exam"}],
        "termsOfUse": {"type": "BoardTerms"},
        "refreshService": {"type": "Renewal", "id": "https://board.example/renew"},
        "proof": {"type": "DataIntegrityProof"},
    }
    return {**document, **changes}


def status_entry(**changes: JsonValue) -> JsonObject:
    """A ``credentialStatus`` that uses every member of its specification."""
    entry: JsonObject = {
        "id": "https://board.example/status/7#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "message",
        "statusListIndex": "94567",
        "statusListCredential": "https://board.example/status/7",
        "statusSize": 1,
        "statusMessage": [
            {"status": "0x0", "message": "pending"},
            {"status": "0x1", "message": "reviewed"},
        ],
        "statusReference": ["https://board.example/codes"],
    }
    return {**entry, **changes}


def old_credential(**changes: JsonValue) -> JsonObject:
    """A credential of VCDM 1.1."""
    document: JsonObject = {
        "@context": [CONTEXT_V1],
        "type": ["VerifiableCredential"],
        "issuer": {"id": "did:example:board", "name": {"en": "Board"}},
        "issuanceDate": "2026-01-01T00:00:00Z",
        "expirationDate": "2027-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:doctor"},
    }
    return {**document, **changes}


def presentation(**changes: JsonValue) -> JsonObject:
    """A presentation with an embedded and an enveloped credential."""
    document: JsonObject = {
        "@context": [CONTEXT_V2],
        "id": "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        "type": "VerifiablePresentation",
        "holder": {"id": "did:example:doctor"},
        "verifiableCredential": [license_credential(), enveloped()],
        "termsOfUse": {"type": "BoardTerms"},
        "proof": [{"type": "DataIntegrityProof"}],
    }
    return {**document, **changes}


def enveloped(**changes: JsonValue) -> JsonObject:
    """A credential in a JWT, as a presentation carries it."""
    document: JsonObject = {
        "@context": CONTEXT_V2,
        "type": "EnvelopedVerifiableCredential",
        "id": "data:application/vc+jwt,eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl",
    }
    return {**document, **changes}


def without(document: JsonObject, *path: str | int) -> JsonObject:
    """A deep copy of ``document`` that lacks the member or element at ``path``."""
    changed = copy.deepcopy(document)
    at, last = _parent(changed, path)
    del at[last]
    return changed


def with_value(document: JsonObject, value: object, *path: str | int) -> JsonObject:
    """A deep copy of ``document`` with ``value`` at ``path``."""
    changed = copy.deepcopy(document)
    at, last = _parent(changed, path)
    at[last] = value
    return changed


def _parent(document: JsonObject, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    at: Any = document
    for part in path[:-1]:
        at = at[part]
    return at, path[-1]
