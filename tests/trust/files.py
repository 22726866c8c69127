"""A trust file with a part of every kind, and ways to change one place of it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from medid.core.instant import Instant
from tests.trust.federations import ANCHOR, STATE, TYPE, anchor

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = Instant.parse("2026-06-15T12:00:00Z")
DOCTOR = "208D00000X"
BOARD: dict[str, Any] = {
    "did": "did:web:board.example",
    "name": "Board",
    "jurisdictions": ["US-OH"],
    "professions": [DOCTOR],
    "credentialTypes": ["PractitionerLicenseCredential"],
    "requireRegistration": ["full"],
    "requireHybridProofs": True,
    "recognizedBy": "did:web:state.example",
    "statusListIssuers": ["did:web:lists.example"],
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00Z",
}
WHOLE: dict[str, Any] = {
    "name": "Hospital",
    "description": "Everything * that a file can say",
    "acceptedBoards": [
        BOARD,
        {
            "issuer": "https://french.example",
            "jurisdictions": ["FR"],
            "professions": ["x"],
        },
        {"did": "did:web:de.example", "jurisdictions": ["DE"], "professions": ["x"]},
    ],
    "authorities": [
        {
            "did": "did:web:state.example",
            "name": "State",
            "mayRecognize": {
                "jurisdictions": ["US-OH"],
                "professions": [DOCTOR],
                "credentialTypes": ["PractitionerLicenseCredential"],
            },
            "delegable": 2,
            "validFrom": "2026-01-01T00:00:00Z",
        }
    ],
    "recognizedEntities": ["https://state.example/recognized.json"],
    "federations": [
        {
            "anchor": ANCHOR,
            "jwks": anchor.jwks,
            "intermediates": [STATE],
            "trustMarks": [
                {
                    "type": TYPE,
                    "credentialTypes": ["PractitionerLicenseCredential"],
                    "jurisdictions": ["US-OH"],
                    "professions": [DOCTOR],
                }
            ],
        }
    ],
    "acceptStatuses": ["active", "probation"],
    "statusMaxAgeSeconds": 86400,
    "placeOfService": {"US": "patient", "EU": "provider"},
    "containment": {"US": ["US-OH", "US-IN"], "GB": []},
    "unions": {"EU": ["DE", "FR"], "None": []},
    "specialties": {"207R00000X": ["207RC0000X"]},
    "compacts": [
        {
            "id": "c",
            "model": "mutual-recognition",
            "professions": [DOCTOR],
            "members": ["US-OH"],
        }
    ],
    "recognition": [
        {
            "from": "DE",
            "to": "FR",
            "professions": ["x"],
            "modes": ["in-person"],
            "validFrom": "2026-01-01",
            "validUntil": "2026-12-31",
            "requiresCredential": "ServiceProvisionDeclaration",
        },
        {"from": "EU", "to": "US-OH", "professions": ["x"]},
    ],
    "alerts": [{"holder": "did:example:canary", "denyOnAlert": True}],
    "denyOnAlert": True,
    "consent": {
        "timezone": "Europe/Berlin",
        "patientDids": {"Patient/canary": "did:example:canary"},
        "acceptedConsentRecorders": ["did:web:recorder.example"],
        "representatives": [{"did": "did:example:canary", "of": "Patient/canary"}],
    },
    "visaIssuers": [
        {
            "issuer": "https://visas.example",
            "jku": ["https://visas.example/jwks"],
            "asserts": {"ResearcherStatus": ["https://university.example"]},
        }
    ],
    "brokers": [
        {
            "issuer": "https://broker.example",
            "jku": ["https://broker.example/jwks"],
            "audience": ["me"],
        }
    ],
}


def whole() -> dict[str, Any]:
    """The whole file, free to be changed."""
    return copy.deepcopy(WHOLE)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every member and element of ``value`` stands."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, name))


def with_value(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The whole file with another value in one place."""
    document: Any = whole()
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return dict(document)


def without(path: tuple[Any, ...]) -> dict[str, Any]:
    """The whole file without what stands in one place."""
    document: Any = whole()
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return dict(document)
