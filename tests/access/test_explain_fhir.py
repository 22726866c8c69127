"""An explanation as a FHIR R4 OperationOutcome."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given

from medid.access.decision import Outcome
from medid.access.explaining import (
    Explanation,
    as_operation_outcome,
    explain,
)
from tests.access.decisions import (
    explanations,
    some,
)
from tests.access.explained import Shown, few, finding, permit, refusal

# https://hl7.org/fhir/R4/valueset-issue-type.html
ISSUE_TYPES = {
    "informational",
    "forbidden",
    "processing",
    "exception",
    "business-rule",
}
SEVERITIES = {"fatal", "error", "warning", "information"}
FHIR_CODE = re.compile(r"[^\s]+(\s[^\s]+)*")


def check_fhir(shown: Shown) -> list[Any]:
    found: Any = as_operation_outcome(shown)
    assert set(found) == {"resourceType", "issue"}
    assert found["resourceType"] == "OperationOutcome"
    assert found["issue"]
    for one in found["issue"]:
        # A JSONPath is no FHIRPath, and the document no FHIR resource: no expression.
        members = {"severity", "code", "details", "diagnostics"}
        assert {"severity", "code", "details"} <= set(one) <= members
        assert one["severity"] in SEVERITIES
        assert one["code"] in ISSUE_TYPES
        assert one["details"]["text"]
        for coding in one["details"].get("coding", []):
            assert FHIR_CODE.fullmatch(coding["code"])
            assert not re.search(r"\s", coding["system"])
        text = one.get("diagnostics", "x")
        assert text
        assert text.isprintable()
    return list(found["issue"])


def test_an_outcome_has_the_answer_first_and_an_issue_for_each_reason() -> None:
    for decision in some():
        issues = check_fhir(explain(decision))
        first = issues[0]["details"]["coding"][0]
        assert first["code"] == decision.outcome.value
        told = [one["details"]["coding"][0] for one in issues[1:]]
        assert [one["code"] for one in told] == [
            *decision.codes,
            *(one.code for one in decision.obligations),
        ]


@few
@given(shown=explanations)
def test_an_outcome_of_any_shape_is_one(shown: Explanation) -> None:
    issues = check_fhir(shown)
    severities = {one["severity"] for one in issues}
    assert shown.permitted is severities.isdisjoint({"fatal", "error"})
    check_fhir(shown.public())


@pytest.mark.parametrize(
    ("code", "about", "severity", "kind"),
    [
        ("LICENSE_OK", "license", "information", "informational"),
        ("LICENSE_EXPIRED", "license", "error", "forbidden"),
        ("CONSENT_INDETERMINATE", "consent", "error", "processing"),
        ("EXPIRED", "presentation", "fatal", "forbidden"),
        ("FETCH_FAILED", "presentation", "fatal", "processing"),
        ("CONFIGURATION_ERROR", "request", "fatal", "exception"),
        ("A_LATER_CODE", "consent", "error", "processing"),
    ],
)
def test_severity_and_type_tell_what_kind_of_no_it_is(
    code: str, about: str, severity: str, kind: str
) -> None:
    shown = refusal(findings=(finding(code, about, path="$.a[0]", credential="c"),))
    issue = check_fhir(shown)[1]
    assert (issue["severity"], issue["code"]) == (severity, kind)
    assert f"({about} c at $.a[0]; " in issue["diagnostics"]
    assert issue["details"]["coding"] == [
        {"system": "https://w3id.org/medid/reasons", "code": code}
    ]
    again = check_fhir(permit(findings=shown.findings))[1]
    assert again["severity"] == ("information" if code == "LICENSE_OK" else "warning")


@pytest.mark.parametrize(
    ("outcome", "severity", "kind"),
    [
        (Outcome.PERMIT, "information", "informational"),
        (Outcome.DENY, "error", "forbidden"),
        (Outcome.NOT_APPLICABLE, "error", "forbidden"),
        (Outcome.INDETERMINATE, "error", "processing"),
    ],
)
def test_the_first_issue_is_the_answer(
    outcome: Outcome, severity: str, kind: str
) -> None:
    issue = check_fhir(refusal(outcome=outcome))[0]
    assert (issue["severity"], issue["code"]) == (severity, kind)


def test_the_public_outcome_of_a_permit_forbids_nothing() -> None:
    (issue,) = check_fhir(permit().public())
    assert (issue["severity"], issue["code"]) == ("information", "informational")


def test_the_public_outcome_says_that_it_is_forbidden_and_nothing_else() -> None:
    assert as_operation_outcome(refusal(findings=(finding(),)).public()) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "forbidden",
                "details": {"text": "Access is not permitted."},
            }
        ],
    }
