"""Grants to start from, and generated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.health.address_book import read_address_book
from medid.health.grant_reading import read_grant

if TYPE_CHECKING:
    from medid.health.grants import Grant

TODAY: Final = Instant.parse("2026-11-28T09:00:00Z")
CARDIOLOGIST: Final = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
PSYCHIATRIST: Final = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
PATIENT: Final = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
NPI: Final = "http://hl7.org/fhir/sid/us-npi"
LOINC: Final = "http://loinc.org"
BOOK: Final[dict[str, Any]] = {
    "my cardiologist": {"did": CARDIOLOGIST},
    "the psychiatrist": {"did": PSYCHIATRIST},
    "Example Hospital": {"reference": "Organization/example"},
    "Dr. Chen": {"system": NPI, "value": "1679576722"},
    "my doctors": [{"did": CARDIOLOGIST}, {"did": PSYCHIATRIST}],
}
NAMES: Final = read_address_book(BOOK)

RECIPIENTS: Final[list[dict[str, Any]]] = [
    {"did": CARDIOLOGIST},
    {"did": PSYCHIATRIST},
    {"reference": "Organization/example"},
    {"reference": "Practitioner/chen"},
    {"reference": "https://fhir.example/r4/PractitionerRole/7"},
    {"system": NPI, "value": "1679576722"},
]
TYPES: Final = ["Observation", "Condition", "MedicationRequest", "Encounter", "Task"]
LABELS: Final = ["HIV", "MH", "PSY", "SUD", "ETHUD", "ETH", "SPI", "GDIS", "BH"]
LEVELS: Final = ["U", "L", "M", "N", "R", "V"]
CODES: Final = [{"system": LOINC, "code": "2339-0"}, {"system": LOINC, "code": "1-1"}]
ACTIONS: Final = ["access", "use", "disclose", "collect", "correct"]
PURPOSES: Final = ["TREAT", "ETREAT", "HPAYMT", "HRESCH", "CLINTRCH", "PurposeOfUse"]
DAYS: Final = ["2026-06-01", "2026-11-30", "2027-01-31", "2027-06-30", "2028-02-29"]


def some(values: list[Any], most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique_by=repr)


@st.composite
def periods(draw: st.DrawFn) -> dict[str, str]:
    """``from`` and ``until``, one of them at least."""
    first, last = sorted([draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))])
    found = {"from": first, "until": last}
    kept = draw(st.sampled_from([("from",), ("until",), ("from", "until")]))
    return {name: found[name] for name in kept}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Some records: one part at least."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["types"] = draw(some(TYPES))
    match draw(st.sampled_from(["labels", "labels", "confidentiality", "neither"])):
        case "labels":
            found["labels"] = draw(some(LABELS))
        case "confidentiality":
            found["confidentiality"] = draw(st.sampled_from(LEVELS))
    if draw(st.integers(0, 4)) == 0:
        found["codes"] = draw(some(CODES))
    if draw(st.integers(0, 3)) == 0:
        found["dated"] = draw(periods())
    return found or {"types": ["Observation"]}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A grant as JSON, without a mandate."""
    found: dict[str, Any] = {
        "who": draw(some(RECIPIENTS)),
        "actions": draw(some(ACTIONS)),
        "what": draw(st.one_of(st.just("everything"), records())),
        "purposes": draw(some(PURPOSES)),
    }
    if draw(st.booleans()):
        found["butNot"] = draw(st.lists(records(), min_size=1, max_size=3))
    if draw(st.booleans()):
        found |= draw(periods())
    return found


def grants() -> st.SearchStrategy[Grant]:
    """Grants of any shape, without a mandate."""
    return documents().map(read_grant)
