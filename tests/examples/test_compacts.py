"""The example compacts: data with dates, decided as their scenarios expect."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medid.trust import TrustRegistry

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "compacts"
TRUST = FOLDER / "trust.json"
SCENARIOS = sorted(path.name for path in FOLDER.glob("*.json") if path != TRUST)
SECONDS = 60


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


def test_there_is_a_file_for_each_kind_of_agreement() -> None:
    assert SCENARIOS == [
        "emergency-waiver.json",
        "eu-temporary-services.json",
        "imlc.json",
        "memorandum.json",
        "nlc.json",
        "psypact.json",
    ]


def test_the_command_line_decides_as_expected() -> None:
    files = [str(FOLDER / name) for name in SCENARIOS]
    done = subprocess.run(
        [sys.executable, "-m", "medid", "license", "test", "--json", *files],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == sum(len(read(name)) for name in SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_file_shows_permits_and_denials_and_that_it_is_no_law(name: str) -> None:
    found = read(name)
    assert {one["expected"]["decision"] for one in found} == {"permit", "deny"}
    # Of most kinds some are about the time before, and some about the time after.
    assert len({one["request"]["time"] for one in found}) > 1
    assert all("no law" in one["remark"] for one in found)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_trust_file_has_what_the_scenarios_are_decided_by(name: str) -> None:
    trust = read("trust.json")
    assert "no law" in trust["description"]
    for one in read(name):
        for member in ("acceptedBoards", "compacts", "recognition"):
            for entry in one["trust"].get(member, []):
                assert entry in trust[member]


def test_the_trust_file_is_one() -> None:
    settings = TrustRegistry.from_file(TRUST).settings
    assert [one.id for one in settings.compacts] == ["NLC", "IMLC", "PSYPACT"]
    assert len(settings.recognition) == 3
