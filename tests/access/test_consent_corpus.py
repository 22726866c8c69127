"""Every scenario file: each says in its comment which rule it follows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from medid.access.consent_scenarios import test as run
from medid.access.scenario_files import read
from tests.support import each

if TYPE_CHECKING:
    from medid.core.json import JsonObject

FOLDER = Path(__file__).resolve().parents[1] / "scenarios" / "consent"
CORPUS = {file.stem: read(file.read_bytes()) for file in sorted(FOLDER.glob("*.json"))}
SCENARIOS = [scenario for scenarios in CORPUS.values() for scenario in scenarios]


def test_the_corpus_is_all_there() -> None:
    ids = [scenario["id"] for scenario in SCENARIOS]
    assert len(set(map(str, ids))) == len(ids) >= 200
    assert all(scenario["comment"] for scenario in SCENARIOS)


@pytest.mark.parametrize("file", CORPUS)
def test_the_scenarios_of(file: str) -> None:
    each({str(scenario["id"]): scenario for scenario in CORPUS[file]}, check)


def check(scenario: JsonObject) -> None:
    answer = run(scenario)
    assert answer["differences"] == [], answer
    assert answer["passed"] is True
