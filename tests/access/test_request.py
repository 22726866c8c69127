"""The access request: every member is read, and none is read wrongly."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.request import AccessRequest
from medid.core.instant import Instant
from medid.errors import MedidError, ParsingError

ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
UTC = ZoneInfo("UTC")


def request() -> dict[str, Any]:
    return {
        "subject": {
            "type": "practitioner",
            "id": "did:example:chen",
            "properties": {
                "identifiers": [{"system": "urn:npi", "value": "1679576722"}],
                "references": ["Practitioner/chen"],
                "memberOf": ["Organization/clinic"],
                "profession": "208D00000X",
                "specialty": "207R00000X",
            },
        },
        "action": {
            "name": "access",
            "properties": {
                "purposeOfUse": [{"system": ACT_REASON, "code": "TREAT"}],
                "practice": "prescribe",
                "schedule": "2",
            },
        },
        "resource": {
            "type": "Observation",
            "id": "Observation/7",
            "properties": {
                "patient": "Patient/p-9",
                "securityLabel": [{"system": CONFIDENTIALITY, "code": "N"}],
                "code": [],
                "profile": ["vitalsigns"],
                "clinicalDate": "2026-03-01",
                "authoredDate": "2026-03-02",
                "author": ["Practitioner/chen"],
                "refersTo": [],
                "referencedBy": [],
                "custodian": "Organization/hospital",
            },
        },
        "context": {
            "time": "2026-06-15T12:00:00Z",
            "mode": "telehealth",
            "patientLocation": "US-OH",
            "practitionerLocation": "US-KY",
            "site": "Location/1",
            "supervision": "direct",
            "breakGlass": {"declared": True, "authorised": True, "reason": "stroke"},
        },
    }


def test_every_member_reaches_the_rules() -> None:
    read = AccessRequest.from_json(request())
    at = Instant.parse("2026-06-15T13:00:00Z")
    asked = read.for_license(presenter="did:example:presenter", at=at)
    consent = read.for_consents(presenter="did:example:presenter", at=at, zone=UTC)

    assert (read.subject, read.action, read.patient) == (
        "did:example:chen",
        "access",
        "Patient/p-9",
    )
    assert read.time == Instant.parse("2026-06-15T12:00:00Z")
    assert {purpose.code for purpose in read.purposes} == {"TREAT"}
    assert asked.presenter == "did:example:presenter"
    assert asked.time == at
    assert (asked.profession, asked.specialty) == ("208D00000X", "207R00000X")
    assert (asked.action, asked.schedule, asked.mode) == (
        "prescribe",
        "2",
        "telehealth",
    )
    assert (asked.patient_location, asked.practitioner_location) == ("US-OH", "US-KY")
    assert (asked.site, asked.supervision) == ("Location/1", "direct")
    assert consent.requester.did == "did:example:presenter"
    assert consent.requester.references == {"Practitioner/chen"}
    assert consent.requester.member_of == {"Organization/clinic"}
    assert {value for _, value in consent.requester.identifiers} == {"1679576722"}
    assert (consent.patient, consent.time, consent.action) == (
        "Patient/p-9",
        at,
        "access",
    )
    assert consent.break_glass.reason == "stroke"
    assert consent.resource is not None
    assert consent.resource.id == "Observation/7"
    assert consent.resource.custodian == "Organization/hospital"


def test_what_may_be_left_out_is_not_invented() -> None:
    least = request()
    del least["subject"]["properties"]
    del least["context"]
    least["action"]["properties"] = {
        "purposeOfUse": least["action"]["properties"]["purposeOfUse"]
    }
    least["resource"]["properties"] = {"patient": "Patient/p-9"}

    read = AccessRequest.from_json(least)
    asked = read.for_license(presenter="did:example:x", at=Instant(0))
    consent = read.for_consents(presenter=None, at=Instant(0), zone=UTC)

    assert read.time is None
    assert asked.action == "access"
    assert asked.mode == "in-person"
    assert asked.profession is None
    assert consent.requester.did is None
    assert consent.requester.identifiers == frozenset()
    assert consent.break_glass.declared is False


def test_text_bytes_and_object_are_read_alike() -> None:
    text = json.dumps(request())

    assert (
        AccessRequest.from_json(text).document
        == AccessRequest.from_json(text.encode()).document
        == AccessRequest.from_json(request()).document
    )


def test_the_request_stays_as_it_was() -> None:
    document = request()
    before = copy.deepcopy(document)
    read = AccessRequest.from_json(document)
    document["resource"]["properties"]["patient"] = "Patient/other"

    assert read.document == before
    assert read.patient == "Patient/p-9"


_MISSING = object()
_PROPERTIES = "$.resource.properties"


@pytest.mark.parametrize(
    ("place", "value", "path"),
    [
        ("subject", _MISSING, "$.subject"),
        ("subject", "did:example:x", "$.subject"),
        ("subject.type", _MISSING, "$.subject.type"),
        ("subject.type", "", "$.subject.type"),
        ("subject.id", _MISSING, "$.subject.id"),
        ("subject.id", None, "$.subject.id"),
        ("subject.id", "", "$.subject.id"),
        ("subject.name", "x", "$.subject.name"),
        ("subject.properties", [], "$.subject.properties"),
        ("subject.properties.npi", "1", "$.subject.properties.npi"),
        ("subject.properties.profession", 5, "$.subject.properties.profession"),
        ("subject.properties.specialty", "", "$.subject.properties.specialty"),
        ("subject.properties.references", [5], "$.subject.properties.references[0]"),
        ("subject.properties.memberOf", [""], "$.subject.properties.memberOf[0]"),
        (
            "subject.properties.identifiers",
            [{"value": "1"}],
            "$.subject.properties.identifiers[0].system",
        ),
        ("subject.properties.identifiers", 1, "$.subject.properties.identifiers[0]"),
        ("action", _MISSING, "$.action"),
        ("action", [], "$.action"),
        ("action.name", _MISSING, "$.action.name"),
        ("action.name", "delete", "$.action.name"),
        ("action.id", "x", "$.action.id"),
        ("action.properties", _MISSING, "$.action.properties.purposeOfUse"),
        ("action.properties", 1, "$.action.properties"),
        ("action.properties.purpose", [], "$.action.properties.purpose"),
        (
            "action.properties.purposeOfUse",
            [],
            "$.action.properties.purposeOfUse",
        ),
        (
            "action.properties.purposeOfUse",
            ["TREAT"],
            "$.action.properties.purposeOfUse[0]",
        ),
        (
            "action.properties.purposeOfUse",
            [{"code": "TREAT"}],
            "$.action.properties.purposeOfUse[0].system",
        ),
        (
            "action.properties.purposeOfUse",
            [
                {"system": "urn:x", "code": "1"},
                {"coding": [], "text": "and for marketing"},
            ],
            "$.action.properties.purposeOfUse[1].coding",
        ),
        ("action.properties.practice", "", "$.action.properties.practice"),
        ("action.properties.schedule", 2, "$.action.properties.schedule"),
        ("resource", _MISSING, "$.resource"),
        ("resource.kind", "x", "$.resource.kind"),
        ("resource.type", _MISSING, "$.resource.type"),
        ("resource.id", _MISSING, "$.resource.id"),
        ("resource.id", 7, "$.resource.id"),
        ("resource.properties", _MISSING, f"{_PROPERTIES}.patient"),
        ("resource.properties", "x", _PROPERTIES),
        ("resource.properties.patient", _MISSING, f"{_PROPERTIES}.patient"),
        ("resource.properties.patient", "", f"{_PROPERTIES}.patient"),
        ("resource.properties.patient", "p-9", f"{_PROPERTIES}.patient"),
        ("resource.properties.patient", "Patient/p-9/", f"{_PROPERTIES}.patient"),
        ("resource.properties.patient", "patient/p-9", f"{_PROPERTIES}.patient"),
        ("resource.properties.patient", " Patient/p-9", f"{_PROPERTIES}.patient"),
        ("resource.properties.patient", "Patient?_id=p-9", f"{_PROPERTIES}.patient"),
        ("resource.properties.type", "Patient", f"{_PROPERTIES}.type"),
        ("resource.properties.id", "1", f"{_PROPERTIES}.id"),
        ("resource.properties.securityLabels", [], f"{_PROPERTIES}.securityLabels"),
        ("resource.properties.securityLabel", ["R"], f"{_PROPERTIES}.securityLabel[0]"),
        (
            "resource.properties.securityLabel",
            [{"coding": [], "text": "HIV"}],
            f"{_PROPERTIES}.securityLabel[0].coding",
        ),
        (
            "resource.properties.securityLabel",
            [{"coding": [{"coding": [{"system": "urn:x", "code": "1"}]}]}],
            f"{_PROPERTIES}.securityLabel[0].coding[0].coding",
        ),
        ("resource.properties.code", [{}], f"{_PROPERTIES}.code[0].system"),
        ("resource.properties.profile", [1], f"{_PROPERTIES}.profile[0]"),
        ("resource.properties.clinicalDate", "soon", f"{_PROPERTIES}.clinicalDate"),
        ("resource.properties.authoredDate", 5, f"{_PROPERTIES}.authoredDate"),
        ("resource.properties.author", [None], f"{_PROPERTIES}.author[0]"),
        ("resource.properties.refersTo", [{}], f"{_PROPERTIES}.refersTo[0]"),
        ("resource.properties.referencedBy", [1], f"{_PROPERTIES}.referencedBy[0]"),
        ("resource.properties.custodian", "", f"{_PROPERTIES}.custodian"),
        ("context", None, "$.context"),
        ("context.patientlocation", "US-OH", "$.context.patientlocation"),
        ("context.time", "now", "$.context.time"),
        ("context.time", "2026-06-15T12:00:00", "$.context.time"),
        ("context.time", "", "$.context.time"),
        ("context.mode", "", "$.context.mode"),
        ("context.patientLocation", 1, "$.context.patientLocation"),
        ("context.practitionerLocation", [], "$.context.practitionerLocation"),
        ("context.site", None, "$.context.site"),
        ("context.supervision", True, "$.context.supervision"),
        ("context.breakGlass", True, "$.context.breakGlass"),
        ("context.breakGlass.declared", "yes", "$.context.breakGlass.declared"),
        ("context.breakGlass.reasons", "x", "$.context.breakGlass.reasons"),
        ("options", {}, "$.options"),
    ],
)
def test_a_malformed_member_is_named_by_its_path(
    place: str, value: object, path: str
) -> None:
    document = request()
    *parents, name = place.split(".")
    part = document
    for parent in parents:
        part = part[parent]
    if value is _MISSING:
        del part[name]
    else:
        part[name] = value

    with pytest.raises(MedidError) as caught:
        AccessRequest.from_json(document)

    assert (caught.value.code, caught.value.path) == ("MALFORMED_VALUE_ERROR", path)


@pytest.mark.parametrize(
    "value", ["", "[]", "null", b"\xff", '{"subject": 1, "subject": 2}']
)
def test_what_is_no_json_object_is_refused(value: bytes | str) -> None:
    with pytest.raises(MedidError):
        AccessRequest.from_json(value)


@pytest.mark.parametrize("value", [None, 5, [], [("a", 1)], {1}, {5: 6}, object()])
def test_what_is_no_json_at_all_is_refused(value: Any) -> None:
    with pytest.raises(ParsingError):
        AccessRequest.from_json(value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part),
    max_leaves=8,
)
_PLACES = [
    "subject",
    "subject.properties",
    "subject.properties.identifiers",
    "action",
    "action.properties",
    "action.properties.purposeOfUse",
    "resource",
    "resource.properties",
    "resource.properties.securityLabel",
    "resource.properties.clinicalDate",
    "context",
    "context.breakGlass",
    "context.time",
]


@given(place=st.sampled_from(_PLACES), value=_JSON)
def test_any_value_in_any_place_is_read_or_refused(place: str, value: Any) -> None:
    document = request()
    *parents, name = place.split(".")
    part = document
    for parent in parents:
        part = part[parent]
    part[name] = value
    with contextlib.suppress(MedidError):
        assert AccessRequest.from_json(document).purposes


def test_a_request_shows_nobody_in_a_traceback_or_log() -> None:
    shown = repr(AccessRequest.from_json(request()))

    for secret in ("did:example:chen", "p-9", "1679576722", "stroke", "Observation"):
        assert secret not in shown


def test_days_begin_where_they_are_asked_about() -> None:
    read, at = AccessRequest.from_json(request()), Instant(0)
    for _ in range(2):
        found = [
            read.for_consents(presenter=None, at=at, zone=zone).resource
            for zone in (UTC, ZoneInfo("Asia/Tokyo"))
        ]
        assert None not in found
        assert found[0] != found[1]
        assert found[1] == read.resource(ZoneInfo("Asia/Tokyo"))
