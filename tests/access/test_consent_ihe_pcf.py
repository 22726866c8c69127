"""IHE PCF's own examples: what their tokens permit and what their residuals withhold.

The guide's errata are read as meant: "deny" is "forbid", and a page that gives another
example's document id still speaks of its own consent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.consent_scenarios import evaluate
from tests.access import consent_fsh
from tests.access.consent_fsh import label
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from pathlib import Path

ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PRACTITIONER = {"references": ["Practitioner/ex-practitioner"]}
OTHER = {"references": ["Practitioner/ex-other"]}
PRIVILEGED = {**OTHER, "memberOf": ["Group/ex-privilegedUsers"]}
BREAK_GLASS = {"declared": True, "authorised": True, "reason": "patient safety"}

RESIDUAL = [
    "ex-consent-intermediate-timeframe",
    "ex-consent-intermediate-not-timeframe",
    "ex-consent-intermediate-authoredby",
    "ex-consent-intermediate-not-authoredby",
    "ex-consent-intermediate-encounter",
    "ex-consent-intermediate-not-encounter",
    "ex-consent-intermediate-data",
    "ex-consent-intermediate-not-data",
    "ex-consent-advanced-normal",
    "ex-consent-advanced-normal-restricted",
    "ex-consent-advanced-normal-not-restricted",
    "ex-consent-advanced-normal-focused-psy",
    "ex-consent-advanced-normal-focused-psy-or-sdv",
]
TREATMENT = [
    "ex-consent-basic-treat",
    "ex-consent-basic-treat-infant",
    "ex-consent-basic-ink",
]


@pytest.fixture(scope="module")
def folder() -> Path:
    return vectors("ihe-pcf")


@pytest.fixture(scope="module")
def consents(folder: Path) -> dict[str, dict[str, Any]]:
    return consent_fsh.consents(folder)


def ask(consent: dict[str, Any], **request: Any) -> str:
    agreed("ihe-pcf", consent["id"])
    resource = next(consent_fsh.resources())
    purpose = request.pop("purpose", "TREAT")
    system, _, code = purpose.rpartition("#")
    scenario: Any = {
        "consents": [consent],
        "request": {
            "actor": PRACTITIONER,
            "patient": "Patient/ex-patient",
            "purpose": [{"system": system or ACT_REASON, "code": code}],
            "resource": resource,
            "time": request.pop("time", "2022-08-01T12:00:00Z"),
            **request,
        },
    }
    return str(evaluate(scenario)["decision"])


def test_every_example_is_read(
    consents: dict[str, dict[str, Any]], folder: Path
) -> None:
    text = (folder / "input/fsh/consent.fsh").read_text()
    stated = re.findall(
        r"^InstanceOf: (?:Basic|Intermediate|Advanced)Consent", text, re.MULTILINE
    )
    assert len(consents) == len(stated) == 23
    assert {*RESIDUAL, *TREATMENT} < consents.keys()


@pytest.mark.parametrize("id", RESIDUAL)
def test_the_stated_residual_holds_for_every_resource(
    id: str, consents: dict[str, dict[str, Any]], folder: Path
) -> None:
    rules = consent_fsh.residual(folder, id)
    assert rules
    asked = [*consent_fsh.resources()]
    if "psy" in id:
        asked += [{**asked[0], "securityLabel": [label("R"), label("PSY")]}]
        asked += [{**asked[0], "securityLabel": [label("R"), label("SDV")]}]
    seen = set()
    for resource in asked:
        expected = "permit" if consent_fsh.allowed(rules, resource) else "deny"
        assert ask(consents[id], resource=resource) == expected, resource
        seen.add(expected)
    assert seen == {"permit", "deny"}


@pytest.mark.parametrize("id", TREATMENT)
def test_basic_treatment(id: str, consents: dict[str, dict[str, Any]]) -> None:
    for purpose, expected in (
        ("TREAT", "permit"),
        ("HPAYMT", "permit"),
        ("HOPERAT", "permit"),
        ("HRESCH", "deny"),
    ):
        assert ask(consents[id], purpose=purpose) == expected


def test_basic_reject(consents: dict[str, dict[str, Any]]) -> None:
    assert ask(consents["ex-consent-basic-reject"]) == "deny"


def test_basic_research_covers_every_kind_of_it(
    consents: dict[str, dict[str, Any]],
) -> None:
    consent = consents["ex-consent-basic-research"]
    assert ask(consent, purpose="HRESCH") == "permit"
    assert ask(consent, purpose="CLINTRCH") == "permit"
    assert ask(consent, purpose="TREAT") == "deny"


def test_expired_treatment(consents: dict[str, dict[str, Any]]) -> None:
    consent = consents["ex-consent-expired-treat"]
    assert ask(consent, time="2022-12-31T23:59:59Z") == "permit"
    assert ask(consent, time="2023-01-01T00:00:00Z") == "deny"


def test_a_named_project_of_a_named_organization(
    consents: dict[str, dict[str, Any]],
) -> None:
    consent = consents["ex-consent-intermediate-purpose"]
    project = "http://example.org/policies/purposeOfUse#FooBar"
    member = {**OTHER, "memberOf": ["Organization/ex-org-researcher"]}
    assert ask(consent, purpose=project, actor=member) == "permit"
    assert ask(consent, purpose=project, actor=OTHER) == "deny"
    assert ask(consent, purpose="HRESCH", actor=member) == "deny"


def test_dissent_but_for_break_glass(consents: dict[str, dict[str, Any]]) -> None:
    consent = consents["ex-dissent-intermediate-break-glass"]
    declared = {"purpose": "BTG", "breakGlass": BREAK_GLASS}
    assert ask(consent, actor=PRIVILEGED, **declared) == "permit"
    assert ask(consent, actor=PRIVILEGED, purpose="BTG") == "deny"
    assert ask(consent, actor=OTHER, **declared) == "deny"
    assert ask(consent, actor=PRIVILEGED) == "deny"


def test_restricted_data_for_one_practitioner(
    consents: dict[str, dict[str, Any]], folder: Path
) -> None:
    consent = consents["ex-consent-advanced-normal-focused-restricted"]
    for actor, as_if in (
        (OTHER, "ex-consent-advanced-normal"),
        (PRACTITIONER, "ex-consent-advanced-normal-restricted"),
    ):
        _same_as(consent, as_if, folder, actor=actor)


def test_restricted_data_for_break_glass(
    consents: dict[str, dict[str, Any]], folder: Path
) -> None:
    consent = consents["ex-consent-advanced-normal-break-glass-restricted"]
    _same_as(consent, "ex-consent-advanced-normal", folder, actor=PRIVILEGED)
    declared = {"purpose": "BTG", "breakGlass": BREAK_GLASS, "actor": PRIVILEGED}
    _same_as(consent, "ex-consent-advanced-normal-restricted", folder, **declared)


def _same_as(consent: dict[str, Any], as_if: str, folder: Path, **request: Any) -> None:
    rules = consent_fsh.residual(folder, as_if)
    assert rules
    for code in ("N", "R", "V"):
        resource = {**next(consent_fsh.resources()), "securityLabel": [label(code)]}
        expected = "permit" if consent_fsh.allowed(rules, resource) else "deny"
        assert ask(consent, resource=resource, **request) == expected, code


@pytest.mark.parametrize(
    "id", ["advanced-normal-focused-psy", "advanced-normal-focused-psy-or-sdv"]
)
def test_focused_data_are_for_nobody_else(
    id: str, consents: dict[str, dict[str, Any]]
) -> None:
    resource = {
        **next(consent_fsh.resources()),
        "securityLabel": [label("N"), label("PSY")],
    }
    consent = consents[f"ex-consent-{id}"]
    assert ask(consent, resource=resource, actor=OTHER) == "deny"
    assert ask(consent, resource=resource) == "permit"
