"""The product against a second evaluator that was written from the rules alone."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from medid.access.consent_scenarios import evaluate
from tests.access import consent_oracle
from tests.access.consent_strategies import scenarios

EXAMPLES = 100_000 if os.environ.get("MEDID_SOAK") else 1_000
SEEN: Counter[str] = Counter()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not os.environ.get("MEDID_SOAK"),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(scenarios())
def _agree(scenario: dict[str, Any]) -> None:
    answer = evaluate(scenario)
    decision, by = consent_oracle.decide(scenario)
    decided_by = str(answer["decidedBy"])
    if answer["outcome"] == "indeterminate":
        decided_by = decided_by.partition("#")[0]
    assert answer["decision"] == decision, (scenario, answer)
    assert decided_by in by, (scenario, answer, by)
    SEEN[f"{answer['outcome']}:{decision}"] += 1


@pytest.mark.campaign
def test_both_evaluators_agree_on_generated_scenarios() -> None:
    SEEN.clear()
    _agree()
    # The comparison is worth something only where every outcome occurred.
    outcomes = ["permit:permit", "deny:deny", "indeterminate:deny"]
    outcomes += ["not-applicable:permit", "not-applicable:deny"]
    assert all(SEEN[outcome] > EXAMPLES // 100 for outcome in outcomes), SEEN
