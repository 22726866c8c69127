from __future__ import annotations

import copy
import json
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access import license_scenarios
from medid.access.license_scenarios import evaluate
from medid.access.scenario_files import read
from medid.errors import MalformedValue, MedidError
from tests.support import each

if TYPE_CHECKING:
    from medid.core.json import JsonObject

FOLDER = Path(__file__).parents[1] / "scenarios" / "license"
CORPUS = {file.stem: read(file.read_bytes()) for file in sorted(FOLDER.glob("*.json"))}
SCENARIOS = [scenario for scenarios in CORPUS.values() for scenario in scenarios]
SCHEMA = jsonschema.Draft202012Validator(
    json.loads(
        files("medid.access").joinpath("schemas/license-scenario.json").read_text()
    )
)
CODES = {
    "NO_LICENSE",
    "PROOF_INVALID",
    "HOLDER_MISMATCH",
    "CREDENTIAL_REVOKED",
    "CREDENTIAL_SUSPENDED",
    "STATUS_UNKNOWN",
    "STATUS_STALE",
    "LICENSE_EXPIRED",
    "LICENSE_NOT_YET_VALID",
    "ISSUER_NOT_TRUSTED",
    "ISSUER_NOT_AUTHORIZED_FOR_TYPE",
    "ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION",
    "ISSUER_NOT_AUTHORIZED_FOR_PROFESSION",
    "PROFESSION_MISMATCH",
    "NO_LICENSE_TO_PRACTISE",
    "JURISDICTION_NOT_COVERED",
    "LOCATION_UNKNOWN",
    "PRIVILEGE_REMOVED",
    "ALERT_IN_FORCE",
    "CONDITION_SUPERVISION",
    "CONDITION_ACTION_PROHIBITED",
    "CONDITION_SITE",
    "CONDITION_UNKNOWN",
    "SPECIALTY_MISSING",
    "PRESCRIPTIVE_AUTHORITY",
    "RECOGNITION_REQUIREMENT_MISSING",
    "COMPACT_NOT_MULTISTATE",
    "COMPACT_NOT_PRIMARY_RESIDENCE",
    "COMPACT_ENCUMBERED",
    "COMPACT_CASCADE",
    "COMPACT_AUTHORISATION_MISSING",
    "COMPACT_PRACTITIONER_LOCATION",
    "COMPACT_DAYS_EXCEEDED",
    "COMPACT_MODE_NOT_COVERED",
}

FULL: dict[str, Any] = {
    "id": "full",
    "title": "Every member of the format",
    "description": "As it may be written",
    "source": "The format's own documentation",
    "licenses": [
        {
            "id": "L1",
            "type": "PractitionerLicenseCredential",
            "issuer": "did:example:board",
            "holder": "did:example:dr",
            "jurisdiction": "US-OH",
            "profession": ["MD"],
            "licenseNumber": "1",
            "status": "active",
            "statusDate": "2026-01-01",
            "validFrom": "2026-01-01T00:00:00Z",
            "validUntil": "2026-12-31",
            "credentialStatus": "valid",
            "proof": "valid",
            "registration": "full",
            "conditions": [
                {
                    "type": "supervision",
                    "level": "direct",
                    "actions": ["x"],
                    "sites": ["y"],
                    "text": "z",
                    "until": "2026-12-31T00:00:00Z",
                }
            ],
            "specialties": ["surgery"],
            "prescriptiveAuthority": [
                {
                    "jurisdiction": "US-OH",
                    "schedules": ["2"],
                    "deaRegistration": "valid",
                }
            ],
            "multistate": False,
            "primaryStateOfResidence": "US-OH",
            "imlc": {
                "statePrincipal": "US-OH",
                "issuedThrough": ["IMLC"],
                "letterOfQualification": True,
            },
            "encumbered": False,
            "privilegeActions": [
                {"state": "US-IN", "action": "revoked", "from": "2026-01-01"}
            ],
            "npi": "1234567893",
        },
        {
            "type": "CompactAuthorisation",
            "compact": "PSYPACT",
            "kind": "TAP",
            "homeState": "US-OH",
            "hostState": "US-IN",
            "daysUsedThisYear": {"US-IN": 3},
        },
    ],
    "trust": {
        "acceptedBoards": [
            {
                "did": "did:example:board",
                "jurisdictions": ["US-OH"],
                "professions": ["MD"],
                "requireRegistration": "full",
            }
        ],
        "compacts": [
            {
                "id": "NLC",
                "model": "mutual-recognition",
                "professions": ["RN"],
                "members": ["US-OH"],
                "requires": {"multistate": True},
            }
        ],
        "unions": {"EU": ["DE"]},
        "consent": {"representatives": [{"did": "did:example:g", "of": "Patient/1"}]},
    },
    "request": {
        "presenter": "did:example:dr",
        "profession": "MD",
        "action": "treat",
        "mode": "in-person",
        "patientLocation": "US-OH",
        "practitionerLocation": "US-OH",
        "time": "2026-06-15T12:00:00Z",
        "statusCheckedAt": "2026-06-15T12:00:00Z",
        "specialty": "surgery",
        "schedule": "2",
        "site": "ward-7",
        "supervision": "direct",
    },
    "expected": {
        "decision": "permit",
        "reasons": [],
        "decidedBy": "L1",
        "obligations": ["SHOW_LICENSE_CONDITIONS"],
        "obligationsMustInclude": ["SHOW_LICENSE_CONDITIONS"],
    },
}


@pytest.mark.parametrize("file", CORPUS)
def test_the_scenarios_of(file: str) -> None:
    each({str(scenario["id"]): scenario for scenario in CORPUS[file]}, check)


def check(scenario: JsonObject) -> None:
    SCHEMA.validate(scenario)
    before = copy.deepcopy(scenario)
    result = license_scenarios.test(scenario)
    assert result["differences"] == [], result
    assert result["passed"] is True
    assert scenario == before


def test_corpus_is_large_and_its_ids_are_its_own() -> None:
    names = [scenario["id"] for scenario in SCENARIOS]
    assert len(names) >= 60
    assert len(names) == len(set(map(str, names)))


def _reasons(result: JsonObject) -> set[str]:
    reasons = result["reasons"]
    assert isinstance(reasons, list)
    return {str(reason) for reason in reasons}


def test_corpus_meets_every_code_and_no_other() -> None:
    met = {code for scenario in SCENARIOS for code in _reasons(evaluate(scenario))}
    statuses = {code for code in met if code.startswith("LICENSE_STATUS_")}
    assert len(statuses) >= 12
    assert met - statuses == CODES


def test_every_member_of_the_format_is_read() -> None:
    SCHEMA.validate(FULL)
    result = license_scenarios.test(FULL)
    assert result["differences"] == [], result
    assert list(result) == [
        "id",
        "decision",
        "decidedBy",
        "reasons",
        "obligations",
        "trace",
        "passed",
        "differences",
    ]


def test_evaluate_does_not_look_at_what_is_expected() -> None:
    other = {**FULL, "expected": {"decision": "deny"}}
    without = {name: value for name, value in FULL.items() if name != "expected"}
    assert evaluate(FULL) == evaluate(other) == evaluate(without)
    assert evaluate({**without, "id": "other"})["id"] == "other"


@pytest.mark.parametrize(
    ("expected", "differences"),
    [
        ({"decision": "permit"}, []),
        ({"decision": "deny"}, ["decision"]),
        ({"decision": "permit", "reasons": ["NO_LICENSE"]}, ["reasons"]),
        ({"decision": "permit", "decidedBy": "L2"}, ["decidedBy"]),
        ({"decision": "permit", "obligations": []}, ["obligations"]),
        (
            {"decision": "deny", "obligationsMustInclude": ["AUDIT"]},
            ["decision", "obligationsMustInclude"],
        ),
    ],
)
def test_test_names_what_differs(
    expected: dict[str, Any], differences: list[str]
) -> None:
    result = license_scenarios.test({**FULL, "expected": expected})
    assert result["differences"] == differences
    assert result["passed"] is (not differences)


def test_a_scenario_that_expects_nothing_cannot_be_tested() -> None:
    without = {name: value for name, value in FULL.items() if name != "expected"}
    with pytest.raises(MalformedValue) as caught:
        license_scenarios.test(without)
    assert caught.value.path == "$.expected"


def _objects(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: dict[Any, Any] = {}
    found: list[tuple[Any, ...]] = []
    if isinstance(value, dict):
        inner, found = value, [path]
    elif isinstance(value, list):
        inner = dict(enumerate(value))
    for name, item in inner.items():
        found += _objects(item, (*path, name))
    return found


# Maps from places or names to values have no fixed members.
_TABLES = {"daysUsedThisYear", "unions"}


@pytest.mark.parametrize(
    "place",
    [
        one
        for one in _objects(FULL)
        if one not in {(), ("expected",)} and one[-1] not in _TABLES
    ],
    ids=lambda place: ".".join(map(str, place)),
)
def test_a_misspelt_member_is_refused_everywhere(place: tuple[Any, ...]) -> None:
    scenario = copy.deepcopy(FULL)
    target = scenario
    for step in place:
        target = target[step]
    target["mispelt"] = "x"
    assert not SCHEMA.is_valid(scenario)
    with pytest.raises(MedidError) as caught:
        evaluate(scenario)
    assert caught.value.path.endswith(".mispelt")


@pytest.mark.parametrize(
    ("place", "name"), [((), "licences"), ((), "expect"), (("expected",), "reason")]
)
def test_remarks_are_free_but_must_not_look_like_a_slip(
    place: tuple[str, ...], name: str
) -> None:
    scenario: Any = copy.deepcopy(FULL)
    target = scenario
    for step in place:
        target = target[step]
    target["clause"] = {"of": ["any", "form"]}
    assert evaluate(scenario) == evaluate(FULL)
    assert SCHEMA.is_valid(scenario)
    target[name] = "x"
    with pytest.raises(MedidError) as caught:
        license_scenarios.test(scenario)
    assert caught.value.path.endswith(name)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("licenses", {}),
        ("trust", []),
        ("request", None),
        ("expected", []),
        ("request.time", "2026-06-15"),
        ("request.time", "2026-06-15T12:00:00"),
        ("request.presenter", ""),
        ("request.statusCheckedAt", "yesterday"),
        ("expected.decision", "maybe"),
        ("licenses.0.proof", True),
        ("licenses.0.proof", "ok"),
        ("licenses.0.credentialStatus", "fine"),
        ("licenses.0.multistate", "true"),
        ("licenses.0.profession", []),
        ("licenses.0.imlc", True),
        ("licenses.0.imlc.issuedThrough", 1),
        ("licenses.0.conditions", {}),
        ("licenses.0.conditions.0.type", ""),
        ("licenses.0.privilegeActions.0.from", "2026-13-01"),
        ("licenses.0.prescriptiveAuthority.0.deaRegistration", "yes"),
        ("licenses.0.validUntil", "2026-02-30"),
        ("licenses.1.daysUsedThisYear.US-IN", -1),
        ("licenses.1.daysUsedThisYear.US-IN", "3"),
        ("licenses.1.daysUsedThisYear", [3]),
    ],
)
def test_a_value_of_another_form_is_refused_where_it_stands(
    path: str, value: Any
) -> None:
    scenario = copy.deepcopy(FULL)
    target: Any = scenario
    steps = [int(step) if step.isdecimal() else step for step in path.split(".")]
    for step in steps[:-1]:
        target = target[step]
    target[steps[-1]] = value
    with pytest.raises(MalformedValue) as caught:
        license_scenarios.test(scenario)
    shown = "$" + "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps
    )
    assert caught.value.path == shown


@pytest.mark.parametrize("name", ["licenses", "trust", "request"])
def test_what_a_scenario_needs(name: str) -> None:
    scenario = {key: value for key, value in FULL.items() if key != name}
    assert not SCHEMA.is_valid(scenario)
    with pytest.raises(MalformedValue) as caught:
        evaluate(scenario)
    assert caught.value.path == f"$.{name}"


def test_a_scenario_may_go_without_an_id() -> None:
    scenario = {name: value for name, value in FULL.items() if name != "id"}
    assert evaluate(scenario)["id"] == "scenario"


def test_a_license_without_an_id_is_called_by_its_path() -> None:
    scenario = copy.deepcopy(FULL)
    del scenario["licenses"][0]["id"]
    assert evaluate(scenario)["decidedBy"] == "$.licenses[0]"


def test_principal_license_may_be_stated_without_a_compact() -> None:
    scenario = copy.deepcopy(FULL)
    del scenario["licenses"][0]["imlc"]["issuedThrough"]
    assert evaluate(scenario)["decision"] == "permit"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "id", "from"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(
    place=st.sampled_from([one for one in _objects(FULL) if one]),
    name=st.text(max_size=3) | st.sampled_from(["type", "status", "did", "imlc"]),
    value=JSON,
)
def test_only_medid_errors_escape_from_one_odd_member(
    place: tuple[Any, ...], name: str, value: Any
) -> None:
    scenario = copy.deepcopy(FULL)
    target = scenario
    for step in place:
        target = target[step]
    target[name] = value
    with suppress(MedidError):
        assert evaluate(scenario)["decision"] in {"permit", "deny"}
