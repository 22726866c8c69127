"""The scenario format: what is read, what is refused, and where."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import jsonschema
import pytest

from medid.access import consent_scenarios
from medid.access.consent_scenarios import SCHEMA_FILE, evaluate, starter
from medid.access.scenario_files import read
from medid.errors import MalformedValue, MedidError, ParsingError, TooLarge
from tests.access.test_consent_corpus import SCENARIOS

Json = dict[str, Any]

STARTER: Json = json.loads(starter())


def changed(path: str, value: Any) -> Json:
    """The starter with one member set; the path is written ``request.actor.did``."""
    scenario = deepcopy(STARTER)
    target = scenario
    *steps, last = path.split(".")
    for step in steps:
        target = target.setdefault(step, {})
    target[last] = value
    return scenario


def test_the_starter_does_what_it_says() -> None:
    (scenario,) = read(starter())
    assert consent_scenarios.test(scenario)["passed"] is True


def test_a_file_is_an_object_an_array_or_lines() -> None:
    line = json.dumps(STARTER)
    assert read(line) == read(line.encode()) == [STARTER]
    assert read(f"[{line}, {line}]") == [STARTER, STARTER]
    assert read(f"{line}\n{line}\n") == read(f"\n{line}\r\n\n{line}") == [STARTER] * 2
    assert read(json.dumps(STARTER, indent=1)) == [STARTER]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ("", "$"),
        ("[]", "$"),
        ("{", "$"),
        ("1", "$"),
        ("[1]", "$[0]"),
        ('{"a": 1}\n{"a": 1, "a": 2}', "$[1].a"),
        (b"\xff", "$"),
        ('{"id": "a"}\n{"id"', "$[1].id"),
        (b'{"id": "a"}\n{"id": "\xff"}', "$[1]"),
    ],
)
def test_what_is_no_scenario_file_is_refused(data: bytes | str, path: str) -> None:
    with pytest.raises(MedidError) as caught:
        read(data)
    assert caught.value.path == path


def test_a_file_has_a_limit() -> None:
    with pytest.raises(ParsingError):
        read("[" + ",".join(["{}"] * 10_001) + "]")
    with pytest.raises(TooLarge):
        read(" " * 16_777_217)
    with pytest.raises(TooLarge):
        read("{}\n{}" + " " * 16_777_217)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("consent", [], "$.consent"),
        ("consents", {}, "$.consents"),
        ("consents", [None], "$.consents[0]"),
        ("context", None, "$.context"),
        ("context.defaultPolicy", "deny", "$.context.defaultPolicy"),
        ("context.combining", "permit-overrides", "$.context.combining"),
        ("context.timezone", "Mars/Olympus", "$.context.timezone"),
        ("context.timezone", "../etc/passwd", "$.context.timezone"),
        ("context.timezone", "Europe", "$.context.timezone"),
        ("context.fhirVersion", "6.0.0", "$.context.fhirVersion"),
        (
            "context.unlabelledConfidentiality",
            "X",
            "$.context.unlabelledConfidentiality",
        ),
        ("context.patientDids", {"Patient/p-9": []}, "$.context.patientDids[?]"),
        (
            "context.credentials",
            {"c1": {"proof": "maybe"}},
            "$.context.credentials.c1.proof",
        ),
        (
            "context.credentials",
            {"c1": {"prof": "valid"}},
            "$.context.credentials.c1.prof",
        ),
        ("context.credentials", {"c1": []}, "$.context.credentials.c1"),
        ("context.representatives", [{"did": "d"}], "$.context.representatives[0].of"),
        ("context.overlays", [7], "$.context.overlays[0]"),
        ("context.overlays", "", "$.context.overlays"),
        ("context.dataUse", [], "$.context.dataUse"),
        ("context.dataUse", {"c1": {}}, "$.context.dataUse.c1.permission"),
        (
            "context.dataUse",
            {"c1": {"permission": "GRU", "modifiers": [1]}},
            "$.context.dataUse.c1.modifiers[0]",
        ),
        (
            "context.dataUse",
            {"c1": {"permission": "GRU", "use": "x"}},
            "$.context.dataUse.c1.use",
        ),
        ("context.defaultPolice", "x", "$.context.defaultPolice"),
        ("request.time", None, "$.request.time"),
        ("request.time", "2026-06-15", "$.request.time"),
        ("request.patient", "", "$.request.patient"),
        ("request.action", "*", "$.request.action"),
        ("request.actor", None, "$.request.actor"),
        ("request.actor.name", "x", "$.request.actor.name"),
        (
            "request.actor.identifiers",
            [{"value": "x"}],
            "$.request.actor.identifiers[0].system",
        ),
        ("request.purpose", [{"code": "TREAT"}], "$.request.purpose[0].system"),
        ("request.purpose", None, "$.request.purpose[0]"),
        ("request.purpose", "*", "$.request.purpose[0]"),
        ("request.breakGlass", {"declared": "true"}, "$.request.breakGlass.declared"),
        ("request.breakGlass", {"because": "x"}, "$.request.breakGlass.because"),
        ("request.scope", "patient/*.rs", "$.request.scope"),
        ("request.scope", None, "$.request.scope"),
        ("request.researchPurpose", [], "$.request.researchPurpose"),
        ("request.researchPurpose", {"duo": 1}, "$.request.researchPurpose.duo"),
        ("request.researchPurpose", {"of": "x"}, "$.request.researchPurpose.of"),
        ("request.resource.type", None, "$.request.resource.type"),
        ("request.resource.label", [], "$.request.resource.label"),
        ("request.resource.clinicalDate", "soon", "$.request.resource.clinicalDate"),
        (
            "request.resource",
            {"type": "Bundle", "candidates": []},
            "$.request.resource.candidates",
        ),
        (
            "request.resource",
            {"type": "Flag", "candidates": [{}]},
            "$.request.resource.type",
        ),
        (
            "request.resource",
            {"type": "Bundle", "candidates": [{"type": "Flag"}]},
            "$.request.resource.candidates",
        ),
        (
            "request.resource",
            {"type": "Bundle", "candidates": [{"type": "Flag", "id": "a"}] * 2},
            "$.request.resource.candidates",
        ),
        ("expected", None, "$.expected"),
        ("expected.decision", "maybe", "$.expected.decision"),
        ("expected.decided_by", "c1", "$.expected.decided_by"),
        ("expected.results", [], "$.expected.results"),
        (
            "expected.obligationsMustInclude",
            [1],
            "$.expected.obligationsMustInclude[0]",
        ),
    ],
)
def test_what_is_not_of_the_format_is_refused_with_its_path(
    path: str, value: Any, where: str
) -> None:
    with pytest.raises(MalformedValue) as caught:
        consent_scenarios.test(changed(path, value))
    assert caught.value.path == where


def test_what_is_required_is_missed() -> None:
    for name in ("consents", "request", "expected"):
        scenario = {key: value for key, value in STARTER.items() if key != name}
        with pytest.raises(MalformedValue) as caught:
            consent_scenarios.test(scenario)
        assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decision", "deny"),
        ("decidedBy", "default-policy"),
        ("obligationsMustInclude", ["AUDIT"]),
        ("results", {}),
        ("grantedScope", "patient/*.rs"),
    ],
)
def test_every_expected_member_is_compared(name: str, value: Any) -> None:
    answer = consent_scenarios.test(changed(f"expected.{name}", value))
    assert answer["passed"] is False
    assert answer["differences"] == [name]


def test_evaluate_does_not_look_at_what_is_expected() -> None:
    assert evaluate(changed("expected", 1))["decision"] == "permit"
    assert "passed" not in evaluate(STARTER)


def test_members_that_may_be_left_out_may_be() -> None:
    scenario = deepcopy(STARTER)
    del scenario["context"], scenario["id"], scenario["request"]["resource"]["id"]
    scenario["expected"]["obligationsMustInclude"] = []
    answer = consent_scenarios.test(scenario)
    assert answer["passed"] is True
    assert answer["id"] == ""
    # A rule that does not ask about the data needs none to be named.
    del scenario["request"]["resource"]
    assert consent_scenarios.test(scenario)["passed"] is True
    scenario["consents"][0]["provision"]["class"] = [
        {"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}
    ]
    assert evaluate(scenario)["decision"] == "deny"


def test_a_consent_without_an_id_is_named_by_its_place() -> None:
    scenario = deepcopy(STARTER)
    del scenario["consents"][0]["id"]
    assert evaluate(scenario)["decidedBy"] == "consents[0]#provision"


def test_findings_that_are_not_stated_are_not_valid() -> None:
    bound = changed("context.patientDids", {"Patient/p-9": "did:example:pat"})
    found: Json = {"issuer": "did:example:pat", "proof": "valid", "status": "valid"}
    for left_out, decision in ((None, "permit"), ("proof", "deny"), ("status", "deny")):
        stated = {name: value for name, value in found.items() if name != left_out}
        bound["context"]["credentials"] = {"c1": stated}
        assert evaluate(bound)["decision"] == decision
    del found["issuer"]
    bound["context"]["credentials"] = {"c1": found}
    assert evaluate(bound)["decision"] == "deny"


@pytest.mark.parametrize(
    ("window", "decision"),
    [
        ({"validFrom": "2026-06-15", "validUntil": "2026-06-15"}, "permit"),
        ({"validUntil": "2026-06-14"}, "deny"),
        ({"validFrom": "2026-06-15T12:00:01Z"}, "deny"),
    ],
)
def test_a_credential_counts_within_its_window(window: Json, decision: str) -> None:
    scenario = changed("context.patientDids", {"Patient/p-9": "did:example:pat"})
    found = {"issuer": "did:example:pat", "proof": "valid", "status": "valid", **window}
    scenario["context"]["credentials"] = {"c1": found}
    assert evaluate(scenario)["decision"] == decision


def test_the_credentials_own_signing_time_comes_first() -> None:
    scenario = changed("context.patientDids", {"Patient/p-9": "did:example:pat"})
    mandate = {"did": "did:example:m", "of": "Patient/p-9", "validUntil": "2026-02"}
    scenario["context"]["representatives"] = [mandate]
    found = {"issuer": "did:example:m", "proof": "valid", "status": "valid"}
    for signed, decision in (("2026-01-15", "permit"), ("2026-03-01", "deny")):
        credentials = {"c1": {**found, "signedAt": signed}}
        scenario["context"]["credentials"] = credentials
        assert evaluate(scenario)["decision"] == decision


def test_expiry_is_the_next_moment_at_which_anything_may_change() -> None:
    assert evaluate(STARTER)["expires"] == "2027-01-01T00:00:00Z"
    later = deepcopy(STARTER["consents"][0])
    later["id"], later["provision"]["period"] = "c2", {"start": "2026-07-01"}
    scenario = {**STARTER, "consents": [*STARTER["consents"], later]}
    assert evaluate(scenario)["expires"] == "2026-07-01T00:00:00Z"
    broken = changed(
        "request.purpose", [{**STARTER["request"]["purpose"][0], "code": "BTG"}]
    )
    declared = {"declared": True, "authorised": True, "reason": "safety"}
    broken["request"]["breakGlass"] = declared
    assert evaluate(broken)["expires"] == "2026-06-15T12:15:00Z"
    assert "expires" not in evaluate(changed("consents", []))


def test_the_reason_of_an_emergency_says_something() -> None:
    asked = changed(
        "request.purpose", [{**STARTER["request"]["purpose"][0], "code": "BTG"}]
    )
    said = {"x": "permit", "\u6551": "permit", "7.": "permit"}
    said |= dict.fromkeys(
        ("", " ", "\u200b", "\u2060\n", "-- \u00ad", "\u0301"), "deny"
    )
    for reason, expected in said.items():
        declared = {"declared": True, "authorised": True, "reason": reason}
        asked["request"]["breakGlass"] = declared
        assert evaluate(asked)["decision"] == expected, repr(reason)


def test_the_trace_names_every_consent_and_its_profile() -> None:
    answer = evaluate(
        {**STARTER, "consents": [{**STARTER["consents"][0], "status": "draft"}]}
    )
    assert answer["profile"] == "https://w3id.org/medid/consent-evaluation/1"
    assert answer["trace"] == [
        {
            "code": "CONSENT_NOT_ACTIVE",
            "rule": "E2",
            "message": "the consent's status is not active",
            "consent": "c1",
        }
    ]


def test_codes_may_be_concepts_and_dates_may_be_periods() -> None:
    scenario = changed(
        "request.resource.code",
        [{"coding": [{"system": "http://loinc.org", "code": "1-1"}], "text": "x"}],
    )
    provision = scenario["consents"][0]["provision"]
    provision["code"] = [{"coding": [{"system": "http://loinc.org", "code": "1-1"}]}]
    provision["dataPeriod"] = {"start": "2026-01", "end": "2026-03"}
    scenario["request"]["resource"]["clinicalDate"] = {
        "start": "2026-02",
        "end": "2026-03",
    }
    assert evaluate(scenario)["decision"] == "permit"
    scenario["request"]["resource"]["clinicalDate"] = {"start": "2026-02"}
    assert evaluate(scenario)["decision"] == "deny"


def test_the_published_schema_knows_the_format() -> None:
    schema = json.loads(SCHEMA_FILE.read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    assert not [
        error.message
        for scenario in [STARTER, *SCENARIOS]
        for error in validator.iter_errors(scenario)
    ]
    assert not validator.is_valid(changed("request.resource.label", []))
    assert not validator.is_valid(changed("context.defaultPolicy", "deny"))
    dropped = [{"coding": [], "text": "HIV"}]
    assert not validator.is_valid(changed("request.resource.securityLabel", dropped))


BUNDLE: Json = {"type": "Bundle", "candidates": [STARTER["request"]["resource"]]}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"resource": BUNDLE}, {"results": {"Observation/7": "permit"}}),
        (
            {"scope": "patient/Observation.rs"},
            {"grantedScope": "patient/Observation.rs"},
        ),
    ],
)
def test_what_a_search_or_a_scope_expects_may_stand_instead_of_a_decision(
    request_: Json, expected: Json
) -> None:
    asked = deepcopy(STARTER)
    del asked["request"]["resource"]
    asked["request"] |= request_
    asked["expected"] = expected
    schema = json.loads(SCHEMA_FILE.read_text())
    jsonschema.validate(asked, schema, jsonschema.Draft202012Validator)
    assert consent_scenarios.test(asked)["passed"] is True
    asked["expected"] = {**expected, "decision": "deny"}
    assert consent_scenarios.test(asked)["differences"] == ["decision"]
    asked["expected"] = {**expected, "decision": "maybe"}
    with pytest.raises(MalformedValue) as refused:
        consent_scenarios.test(asked)
    assert refused.value.path == "$.expected.decision"
