"""The consent that is made of a grant decides exactly what the grant says."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.consent_request import read_request, read_resource
from medid.access.consent_rules import evaluate
from medid.access.consent_types import ConsentFacts, ConsentSettings
from medid.core.instant import Instant
from medid.core.records import replace
from medid.health import fhir
from medid.health.codes import ACT_CODE, ACT_REASON, CONFIDENTIALITY, is_a
from medid.health.grant_fhir import fhir_consent
from medid.health.grant_reading import read_grant
from tests.health.grants import (
    ACTIONS,
    CARDIOLOGIST,
    CODES,
    LABELS,
    LEVELS,
    LOINC,
    NPI,
    PATIENT,
    PSYCHIATRIST,
    PURPOSES,
    TODAY,
    TYPES,
    grants,
    some,
)

if TYPE_CHECKING:
    from medid.health.grants import Data, Grant

Doc = dict[str, Any]
SETTINGS: Final = ConsentSettings(patient_dids={"Patient/p-9": frozenset({PATIENT})})
TIMES: Final = ["2026-11-29", "2026-11-30", "2026-12-01", "2027-06-30", "2028-03-01"]
CLINICAL: Final = ["2026-05-31", "2026-06-01", "2027-01", "2027-06-30", "2028-02-29"]
ACTORS: Final[list[Doc]] = [
    {"did": CARDIOLOGIST},
    {"did": PSYCHIATRIST, "references": ["Practitioner/7"]},
    {"did": "did:key:z6Mkx", "references": ["Practitioner/chen"]},
    {"did": "did:key:z6Mkx", "memberOf": ["Organization/example"]},
    {"references": ["https://fhir.example/r4/PractitionerRole/7"]},
    {"did": "did:key:z6Mkx", "identifiers": [{"system": NPI, "value": "1679576722"}]},
    {"did": "did:key:z6Mkx", "identifiers": [{"system": NPI, "value": "1234567893"}]},
]


@st.composite
def resources(draw: st.DrawFn) -> Doc:
    labels = draw(st.lists(st.sampled_from(LABELS), max_size=2, unique=True))
    levels = draw(st.lists(st.sampled_from(LEVELS), max_size=2, unique=True))
    found: Doc = {
        "type": draw(st.sampled_from(TYPES)),
        "id": "Observation/1",
        "securityLabel": [
            *({"system": ACT_CODE, "code": it} for it in labels),
            *({"system": CONFIDENTIALITY, "code": it} for it in levels),
        ],
        "code": draw(st.lists(st.sampled_from(CODES), max_size=2, unique_by=repr)),
    }
    if draw(st.integers(0, 3)):
        found["clinicalDate"] = draw(st.sampled_from(CLINICAL))
    return found


@st.composite
def requests(draw: st.DrawFn) -> Doc:
    return {
        "actor": draw(st.sampled_from(ACTORS)),
        "patient": "Patient/p-9",
        "action": draw(st.sampled_from(ACTIONS)),
        "purpose": [
            {"system": ACT_REASON, "code": it} for it in draw(some(PURPOSES[:-1], 2))
        ],
        "resource": draw(resources()),
        "time": draw(st.sampled_from(TIMES)) + "T12:00:00Z",
    }


def decided(request: Doc, *given_: Grant) -> bool:
    """What the rules say to the consents of ``given_``."""
    consents = [
        ConsentFacts(
            id=f"c{number}",
            resource=fhir_consent(it, patient=PATIENT, performer=PATIENT, at=TODAY),
        )
        for number, it in enumerate(given_)
    ]
    finding = evaluate(consents, read_request(request, UTC), SETTINGS)
    return finding.decision == "permit"


# The model: what the grant says, in the plainest words.


def model(request: Doc, grant: Grant) -> bool:
    asked, resource = request["actor"], request["resource"]
    day = request["time"][:10]
    return (
        grant.days.start <= day
        and (not grant.days.end or day <= grant.days.end)
        and any(is_recipient(it, asked) for it in grant.who)
        and request["action"] in grant.actions
        and all(
            any(is_a(ACT_REASON, one["code"], it) for it in grant.purposes)
            for one in request["purpose"]
        )
        and shown(grant.what, resource)
        and not any(kept_back(it, resource) for it in grant.but_not)
    )


def is_recipient(one: Any, asked: Doc) -> bool:
    names = [asked.get("did"), *asked.get("references", ()), *asked.get("memberOf", ())]
    numbers = [(it["system"], it["value"]) for it in asked.get("identifiers", ())]
    return one.reference in names or (one.system, one.value) in numbers


def shown(data: Data, resource: Doc) -> bool:
    span = dated(resource)
    covered = span is not None and data.dated is not None
    return (
        (data.types is None or resource["type"] in data.types)
        and (
            data.codes is None
            or codes(resource) & {it.code for it in data.codes} > set()
        )
        and (
            data.dated is None
            or (
                covered
                and span is not None
                and data.dated.start <= span[0]
                and (not data.dated.end or span[1] <= data.dated.end)
            )
        )
        and labels_shown(data, *labels(resource))
    )


def labels_shown(data: Data, topics: set[str], level: str | None) -> bool:
    if data.labels is None and data.confidentiality is None:
        return True
    if data.confidentiality is not None:
        if level is None or LEVELS.index(level) > LEVELS.index(data.confidentiality):
            return False
        return not (topics if level == "V" else {it for it in topics if special(it)})
    named = {it for it in topics if below(it, data.labels or ())}
    must = topics if level == "V" else {it for it in topics if special(it)}
    return bool(named) and level != "V" and must <= named


def kept_back(data: Data, resource: Doc) -> bool:
    span = dated(resource)
    topics, level = labels(resource)
    if data.dated is not None and (
        span is None
        or span[1] < data.dated.start
        or (data.dated.end and span[0] > data.dated.end)
    ):
        return False
    if data.confidentiality is not None and (
        level is None or LEVELS.index(level) < LEVELS.index(data.confidentiality)
    ):
        return False
    return (
        (data.types is None or resource["type"] in data.types)
        and (
            data.codes is None
            or codes(resource) & {it.code for it in data.codes} > set()
        )
        and (data.labels is None or any(below(it, data.labels) for it in topics))
    )


def labels(resource: Doc) -> tuple[set[str], str | None]:
    stated = resource["securityLabel"]
    topics = {it["code"] for it in stated if it["system"] == ACT_CODE}
    levels = [it["code"] for it in stated if it["system"] == CONFIDENTIALITY]
    return topics, max(levels, key=LEVELS.index, default=None)


def codes(resource: Doc) -> set[str]:
    return {it["code"] for it in resource["code"] if it["system"] == LOINC}


def dated(resource: Doc) -> tuple[str, str] | None:
    stated = resource.get("clinicalDate")
    if stated is None:
        return None
    return (f"{stated}-01", f"{stated}-31") if len(stated) == 7 else (stated, stated)


def below(code: str, rules: tuple[str, ...]) -> bool:
    return any(is_a(ACT_CODE, code, it) for it in rules)


def special(code: str) -> bool:
    return is_a(ACT_CODE, code, "SPI")


@given(grants(), requests())
def test_the_rules_decide_what_the_grant_says(grant: Grant, request: Doc) -> None:
    assert decided(request, grant) is model(request, grant)


@given(grants(), requests())
def test_who_is_meant_gets_what_is_said(grant: Grant, request: Doc) -> None:
    """As above, past the gates of who, why and when, where few requests get."""
    one = grant.who[0]
    asked: Doc = (
        {"did": one.reference} if one.is_did else {"references": [one.reference]}
    )
    if not one.reference:
        asked = {"identifiers": [{"system": one.system, "value": one.value}]}
    request |= {
        "actor": asked,
        "action": grant.actions[0],
        "purpose": [{"system": ACT_REASON, "code": grant.purposes[0]}],
        "time": (grant.days.start or grant.days.end or "2026-12-01") + "T12:00:00Z",
    }
    assert decided(request, grant) is model(request, grant)


@given(grants(), grants(), requests())
def test_two_grants_do_not_get_in_each_others_way(
    first: Grant, second: Grant, request: Doc
) -> None:
    """What is kept back from one DID is not kept back from another."""
    one = read_grant({**first.as_json(), "who": {"did": CARDIOLOGIST}})
    two = read_grant({**second.as_json(), "who": {"did": PSYCHIATRIST}})
    request["actor"] = {"did": PSYCHIATRIST}
    assert decided(request, one, two) is model(request, two)


@given(grants())
def test_the_consent_is_read_in_full(grant: Grant) -> None:
    consent = fhir_consent(grant, patient=PATIENT, performer=PATIENT, at=TODAY)
    assert fhir.version(consent) == fhir.R4
    rule = fhir.rule(consent, fhir.R4, UTC)
    assert rule is not None
    assert rule.permit
    assert len(rule.exceptions) == len(grant.but_not)


def test_a_day_counts_to_its_end_in_the_verifiers_zone() -> None:
    grant = read_grant(
        {"who": {"did": CARDIOLOGIST}, "what": "everything", "until": "2026-12-01"}
    )
    request: Doc = {
        "actor": {"did": CARDIOLOGIST},
        "patient": "Patient/p-9",
        "action": "access",
        "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
        "resource": {"type": "Observation"},
    }
    for time, permitted in (
        ("2026-12-01T23:59:59Z", True),
        ("2026-12-02T00:00:00Z", False),
    ):
        assert decided({**request, "time": time}, grant) is permitted


@pytest.mark.parametrize("who", ["Practitioner/chen", "Organization/example"])
def test_an_exception_reaches_whoever_cannot_be_told_apart(who: str) -> None:
    """E13: a DID tells nobody apart from a name of another kind. The page says so."""
    grant = read_grant(
        {
            "who": {"reference": who},
            "what": "everything",
            "butNot": {"labels": "mental health"},
        }
    )
    other = read_grant({"who": {"did": PSYCHIATRIST}, "what": "everything"})
    request: Doc = {
        "actor": {"did": PSYCHIATRIST},
        "patient": "Patient/p-9",
        "action": "access",
        "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
        "resource": {
            "type": "Observation",
            "securityLabel": [{"system": ACT_CODE, "code": "MH"}],
        },
        "time": "2026-12-01T12:00:00Z",
    }
    assert not decided(request, grant, other)
    request["actor"] = {"did": PSYCHIATRIST, "references": ["Practitioner/7"]}
    assert decided(request, grant, other)


@pytest.mark.parametrize(
    ("what", "seen"),
    [({"confidentiality": "normal"}, True), ({"labels": ["HIV"]}, False)],
)
def test_what_the_custodian_takes_unlabelled_records_for_counts(
    what: Doc, *, seen: bool
) -> None:
    """As the preview says: of a confidentiality, and not of other labels."""
    grant = read_grant({"who": [{"did": CARDIOLOGIST}], "what": what})
    assumed = replace(SETTINGS, unlabelled_confidentiality="N")
    asked: Doc = {
        "actor": {"did": CARDIOLOGIST},
        "patient": "Patient/p-9",
        "action": "access",
        "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
        "resource": {"type": "Observation"},
        "time": str(TODAY),
    }
    consent = fhir_consent(grant, patient=PATIENT, performer=PATIENT, at=TODAY)
    facts = [ConsentFacts(id="c", resource=consent)]

    assert bool(evaluate(facts, read_request(asked, UTC), assumed)) is seen
    assert not evaluate(facts, read_request(asked, UTC), SETTINGS)


def test_the_model_itself_permits_and_denies() -> None:
    grant = read_grant({"who": {"did": CARDIOLOGIST}, "what": {"labels": ["HIV"]}})
    request: Doc = {
        "actor": {"did": CARDIOLOGIST},
        "patient": "Patient/p-9",
        "action": "access",
        "purpose": [{"system": ACT_REASON, "code": "ETREAT"}],
        "resource": {
            "type": "Observation",
            "securityLabel": [{"system": ACT_CODE, "code": "HIV"}],
            "code": [],
        },
        "time": str(Instant.parse("2026-12-01T12:00:00Z")),
    }
    assert model(request, grant)
    assert decided(request, grant)
    read_resource(request["resource"], UTC, path="$")
    request["resource"]["securityLabel"] = []
    assert not model(request, grant)
    assert not decided(request, grant)
