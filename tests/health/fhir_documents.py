"""FHIR resources that the tests of their conversion start from, and hostile values."""

from __future__ import annotations

from typing import Any

from medid.health.fhir_practitioner import URI
from medid.health.words import NAMESPACE
from tests.health.documents import BOARD

NUCC = "http://nucc.org/provider-taxonomy"
CANARY = "Zanzibar-canary"

HOSTILE: list[Any] = [
    *(None, True, 0, -1.5, "", CANARY, [], {}, [None], [[]], [{}], [CANARY]),
    *({"value": CANARY}, {"url": CANARY}, {"extension": [{"url": CANARY}]}),
    *([{"url": NAMESPACE + "condition"}], "2027-01-01", "did:web:x.example"),
]


def practitioner() -> dict[str, Any]:
    """With all that medid reads, and some that it does not."""
    return {
        "resourceType": "Practitioner",
        "id": "p1",
        "identifier": [
            {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"},
            {"use": "official", "system": "urn:oid:1.2.3", "value": "77"},
        ],
        "name": [{"family": CANARY, "_family": {"extension": [{"url": "x:y"}]}}],
        "birthDate": "1970-01-01",
        "_birthDate": {"id": "b"},
        "qualification": [
            {
                "identifier": [{"value": "35.123456"}],
                "code": {
                    "coding": [
                        {"system": NUCC, "code": "208D00000X", "display": "Physician"}
                    ]
                },
                "period": {"start": "2014-07-01", "end": "2027-12-31"},
                "issuer": {
                    "identifier": {"system": URI, "value": BOARD},
                    "display": "Example Board",
                },
            }
        ],
    }


def role() -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole",
        "active": True,
        "practitioner": {"reference": "Practitioner/p1"},
        "specialty": [{"coding": [{"system": NUCC, "code": "207R00000X"}]}],
    }
