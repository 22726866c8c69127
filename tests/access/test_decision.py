"""A Decision as Python and as AuthZEN JSON."""

from __future__ import annotations

import dataclasses

import pytest

from medid.access.check_tree import Questions
from medid.access.consent_types import Obligation
from medid.access.decision import Basis, Decision, Finding, Outcome
from medid.core.instant import Instant
from medid.verifying.checks import Check, Result

AT = Instant.parse("2026-06-15T12:00:00Z")

PROOF = Check(check="proof", result=Result.PASS)


def decision(outcome: Outcome = Outcome.PERMIT) -> Decision:
    return Decision(
        outcome=outcome,
        at=AT,
        findings=(
            Finding(code="LICENSE_OK", about="license", credential="urn:uuid:1"),
            Finding(
                code="CONSENT_PERMIT",
                about="consent",
                message="a rule of the consent permits",
                path="provision",
                rule="E7",
            ),
        ),
        obligations=(Obligation("AUDIT", "https://duties.example/"),),
        expires=AT.plus(300),
        checks=(PROOF,),
        questions=Questions(presentation=(PROOF,)),
        basis=Basis(
            presentation="p", evidence="e", trust="t", profile="f", library="0"
        ),
        id="urn:uuid:9",
    )


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_a_permit_is_truthy(outcome: Outcome) -> None:
    found = decision(outcome)

    assert bool(found) is found.permitted is (outcome is Outcome.PERMIT)
    assert found.as_json()["decision"] is found.permitted
    assert found.as_public_json()["decision"] is found.permitted


def test_the_response_is_that_of_authzen() -> None:
    assert decision().as_json() == {
        "decision": True,
        "context": {
            "id": "urn:uuid:9",
            "outcome": "permit",
            "time": "2026-06-15T12:00:00Z",
            "expires": "2026-06-15T12:05:00Z",
            "reasons": [
                {
                    "code": "LICENSE_OK",
                    "about": "license",
                    "credential": "urn:uuid:1",
                },
                {
                    "code": "CONSENT_PERMIT",
                    "about": "consent",
                    "message": "a rule of the consent permits",
                    "path": "provision",
                    "rule": "E7",
                },
            ],
            "obligations": [
                {
                    "id": "o1",
                    "type": "custom",
                    "properties": {
                        "system": "https://duties.example/",
                        "code": "AUDIT",
                    },
                }
            ],
            "checks": [
                {
                    "check": "presentation",
                    "result": "pass",
                    "about": "$",
                    "checks": [{"check": "proof", "result": "pass", "about": "$"}],
                }
            ],
            "basis": {
                "presentation": "p",
                "evidence": "e",
                "trust": "t",
                "profile": "f",
                "library": "0",
            },
        },
    }


def test_what_is_not_there_is_not_written() -> None:
    bare = Decision(outcome=Outcome.DENY, at=AT, findings=())

    assert bare.as_public_json() == {"decision": False, "context": {}}
    assert bare.as_json()["context"] == {
        "outcome": "deny",
        "time": "2026-06-15T12:00:00Z",
        "reasons": [],
        "checks": [],
    }


def test_outsiders_get_the_answer_its_end_and_its_duties_only() -> None:
    public = decision().as_public_json()
    context = public["context"]

    assert isinstance(context, dict)
    assert set(context) == {"id", "expires", "obligations"}


def test_codes_keep_the_order_of_the_findings() -> None:
    assert decision().codes == ("LICENSE_OK", "CONSENT_PERMIT")


def test_a_decision_cannot_be_changed() -> None:
    name = "outcome"
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(decision(Outcome.DENY), name, Outcome.PERMIT)
