"""The coverage gate closes when something is missing, and says what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools import coverage_gate

ROOT = Path(__file__).resolve().parents[2]


def measured(
    *, lines: tuple[int, int] = (8, 8), branches: tuple[int, int] = (2, 2)
) -> dict[str, Any]:
    """What the report says about one file: covered of all."""
    return {
        "summary": {
            "covered_lines": lines[0],
            "num_statements": lines[1],
            "covered_branches": branches[0],
            "num_branches": branches[1],
        },
        "missing_lines": list(range(lines[1] - lines[0])),
        "missing_branches": [[7, -1]] * (branches[1] - branches[0]),
    }


def report(files: dict[str, Any], *, branches: bool = True) -> dict[str, Any]:
    return {"meta": {"branch_coverage": branches}, "files": files}


def everything() -> dict[str, Any]:
    found = sorted((ROOT / coverage_gate.PACKAGE).rglob("*.py"))
    return {str(path.relative_to(ROOT)): measured() for path in found}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(ROOT)

    def main(files: dict[str, Any], *, branches: bool = True) -> int:
        file = tmp_path / "coverage.json"
        file.write_text(json.dumps(report(files, branches=branches)))
        return coverage_gate.main([str(file)])

    return main


def test_all_covered_passes(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(everything()) == 0
    assert "every gate holds, 100.00 %" in capsys.readouterr().out


def test_one_branch_of_a_complete_room_fails(
    run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    files = everything()
    files["src/medid/core/json.py"] = measured(branches=(1, 2))
    assert run(files) == 1
    assert "src/medid/core/json.py:7->exit" in capsys.readouterr().out


def test_one_line_of_another_room_passes_and_many_fail(run: Any) -> None:
    files = everything()
    name = "src/medid/cli/main.py"
    files[name] = measured(lines=(7, 8))
    assert run(files) == 0
    files[name] = measured(lines=(8, 800))
    assert run(files) == 1


def test_a_room_that_was_never_measured_fails(
    run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {k: v for k, v in everything().items() if "/trust/" not in k}
    assert run(files) == 1
    assert "trust        never measured" in capsys.readouterr().out


def test_an_empty_report_fails(run: Any) -> None:
    assert run({}) == 1


def test_a_report_without_branches_is_refused(run: Any) -> None:
    with pytest.raises(ValueError, match="counts no branches"):
        run(everything(), branches=False)
