"""Every R4 scenario of the corpus whose consents R5 can say as well, said in R5."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest

from medid.access.consent_scenarios import evaluate
from tests.access.consent_twins import NoTwin, origin, twin_of
from tests.access.test_consent_corpus import SCENARIOS

Json = dict[str, Any]

# Why a scenario has no twin. What is not listed here has one.
WITHOUT = {
    "no consent at all",
    "not a consent of R4",
    "R5 has no scope",
    "what names nobody is told from no release",
    "R5 has no policy that a modifier could be about",
    "an R5 decision to permit needs no provision",
    "a root that denies under conditions (A14)",
    "an R4 root that denies outweighs others, an R5 base does not",
    "beside a default policy that permits, a closed base says more",
    "R5 says its decision once, and cannot contradict itself",
    "an R5 consent without decision and provision has no rule",
    "an exception of its parent's own type",
    "an R5 exception has no type that could be wrong",
    "FHIR has no empty provisions, and R5 no type that fills one",
    "too deep for R4, whose root is one of the levels",
    "R5 tells document types from resource types",
}


@cache
def _twins() -> tuple[list[tuple[Json, Json]], Counter[str]]:
    found: list[tuple[Json, Json]] = []
    without: Counter[str] = Counter()
    for scenario in map(dict, SCENARIOS):
        if not scenario["consents"]:
            without["no consent at all"] += 1
            continue
        try:
            found.append((scenario, twin_of(scenario)))
        except NoTwin as why:
            without[str(why)] += 1
    return found, without


def test_nearly_all_scenarios_have_a_twin_and_the_others_a_reason() -> None:
    found, without = _twins()
    assert set(without) <= WITHOUT
    # Of those that R5 could say: the others are of R5, or of no consent.
    asked = len(SCENARIOS) - without["no consent at all"]
    asked -= without["not a consent of R4"]
    assert len(found) >= 0.85 * asked


def test_a_scenario_and_its_r5_twin_are_decided_alike() -> None:
    for scenario, twin in _twins()[0]:
        old, new = evaluate(scenario), evaluate(twin)
        for name in ("decision", "obligations", "results", "grantedScope", "expires"):
            assert old.get(name) == new.get(name), (scenario["id"], name)
        if "scope" not in scenario["request"]:
            _same_reason(scenario["id"], old, new, twin["consents"])


def _same_reason(name: str, old: Json, new: Json, twins: list[Json]) -> None:
    if old["decidedBy"] == "default-policy" and new["decidedBy"] != "default-policy":
        # The base on which a condition stands, where R4 leaves it to the default.
        assert old["decision"] == "deny", name
        assert new["decidedBy"].endswith("#decision"), name
        return
    assert old["outcome"] == new["outcome"], name
    codes = [[(it["code"], it["rule"]) for it in one["reasons"]] for one in (old, new)]
    assert codes[0] == codes[1], name
    if old["outcome"] == "indeterminate" or old["decidedBy"] == new["decidedBy"]:
        return
    if new["decidedBy"].endswith("#decision"):
        # A root without conditions; what an opt-out alone decides is its policy.
        root = old["decidedBy"].partition("#")[2]
        assert root in {"provision", "policyRule"}, name
        return
    # Where two permits match, R4 names the deeper one, and R5 has them side by side.
    decided = origin(new["decidedBy"], twins)
    assert f"{old['decidedBy']}.".startswith(f"{decided}."), name


@pytest.mark.parametrize(
    ("consent", "why"),
    [
        ({"provision": {"type": "deny", "purpose": [{}]}}, "A14"),
        ({"scope": {"coding": [{"code": "adr"}]}}, "no scope"),
        ({"provision": {"type": "deny", "provision": [{"type": "deny"}]}}, "own type"),
    ],
)
def test_what_r5_cannot_say_has_no_twin(consent: Json, why: str) -> None:
    system = "http://terminology.hl7.org/CodeSystem/consentscope"
    scope = {"coding": [{"system": system, "code": "patient-privacy"}]}
    r4 = {
        "resourceType": "Consent",
        "id": "c1",
        "scope": scope,
        "patient": {"reference": "Patient/1"},
        **consent,
    }
    with pytest.raises(NoTwin, match=why):
        twin_of({"consents": [r4]})
