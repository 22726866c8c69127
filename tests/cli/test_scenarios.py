from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Command

CORPUS = Path(__file__).parents[1] / "scenarios"
KINDS = ["consent", "license"]


def first(kind: str) -> dict[str, Any]:
    """One scenario of the corpus that passes."""
    file = min((CORPUS / kind).glob("*.json"))
    found: dict[str, Any] = json.loads(file.read_text())[0]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_corpus_passes(medid: Command, kind: str) -> None:
    told = medid(kind, "test", *sorted((CORPUS / kind).glob("*.json")))

    assert (told.code, told.err) == (0, "")
    permits, denials, passed = told.out.splitlines()
    assert passed.endswith(" passed, 0 failed")
    for line, decision in ((permits, "permit"), (denials, "deny")):
        found, of = line.removeprefix(f"{decision}: ").split()[:3:2]
        assert found == of
        assert int(found) > 150


@pytest.mark.parametrize("kind", KINDS)
def test_a_scenario_that_differs_is_told(
    medid: Command, kind: str, tmp_path: Path
) -> None:
    scenario = first(kind)
    right = scenario["expected"]["decision"]
    scenario["expected"] = {"decision": "deny" if right == "permit" else "permit"}
    file = tmp_path / "x.json"
    file.write_text(json.dumps(scenario))
    told = medid(kind, "test", file)

    assert told.code == 1
    assert f": {right} by " in told.out
    assert "differs in: decision" in told.out
    missed = scenario["expected"]["decision"]
    assert f"{missed}: 0 of 1 expected were decided\n" in told.out
    assert f"{right}: 0 of" not in told.out
    assert told.out.endswith("0 passed, 1 failed\n")
    found = medid(kind, "test", file, "--json").json()
    assert (found["passed"], found["differences"]) == (False, ["decision"])


@pytest.mark.parametrize("kind", KINDS)
def test_permits_and_denials_are_counted_apart(
    medid: Command, kind: str, tmp_path: Path
) -> None:
    """An answer that differs in something else still found the decision."""
    scenario = first(kind)
    right = scenario["expected"]["decision"]
    also: dict[str, Any] = (
        {"decidedBy": "x"} if kind == "consent" else {"reasons": ["X"]}
    )
    scenario["expected"] = {"decision": right, **also}
    unreadable = {**scenario, "request": 5}
    file = tmp_path / "x.json"
    file.write_text(json.dumps([scenario, unreadable]))
    told = medid(kind, "test", file)

    assert f"{right}: 1 of 2 expected were decided\n" in told.out
    assert told.out.endswith("0 passed, 2 failed\n")


@pytest.mark.parametrize("kind", KINDS)
def test_evaluate_does_not_look_at_what_is_expected(
    medid: Command, kind: str, tmp_path: Path, stdin: Any
) -> None:
    scenario = first(kind)
    right = scenario.pop("expected")["decision"]
    file = tmp_path / "x.json"
    file.write_text(json.dumps(scenario))
    told = medid(kind, "evaluate", file)

    assert told.code == 0
    assert f": {right} by " in told.out
    found = medid(kind, "evaluate", file, file, "--json")
    assert [one["decision"] for one in found.lines()] == [right, right]
    assert found.lines()[0]["file"] == str(file)
    assert medid(kind, "test", file).code == 2
    stdin(file.read_bytes())
    assert medid(kind, "evaluate", "-").code == 0


@pytest.mark.parametrize("content", ["", "[]", "{", "5", "{}", '{"id": "x"}'])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", ["test", "evaluate"])
def test_what_is_no_scenario_is_a_wrong_call(
    medid: Command, kind: str, verb: str, content: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    told = medid(kind, verb, file)
    found = medid(kind, verb, file, "--json")

    assert (told.code, found.code) == (2, 2)
    assert told.out.startswith(f"{file}: ")
    assert found.lines()[0]["error"]["code"]


def test_one_bad_file_does_not_hide_the_others(medid: Command, tmp_path: Path) -> None:
    good = min((CORPUS / "consent").glob("*.json"))
    told = medid("consent", "test", tmp_path / "missing", good)

    assert told.code == 2
    assert "cannot read" in told.out
    assert "0 failed" in told.out


def test_the_starter_runs_and_passes(medid: Command, tmp_path: Path) -> None:
    started = medid("consent", "init-scenario")
    file = tmp_path / "mine.json"
    file.write_text(started.out)

    assert started.code == 0
    assert medid("consent", "test", file).code == 0
