"""A board's first day with medid: from a messy export to a hospital's decisions."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "board_import"
REGISTER = FOLDER / "register.csv"
MAX_BYTES = 2_000_000
MAX_LINES = 170
SECONDS = 240  # of a machine that is busy; a quiet one takes some 5


def test_the_export_is_what_its_script_writes() -> None:
    made = runpy.run_path(str(FOLDER / "make_register.py"))
    assert REGISTER.read_bytes() == made["content"]()
    assert REGISTER.stat().st_size < MAX_BYTES


def test_the_scripts_are_short() -> None:
    for one in FOLDER.glob("*.py"):
        assert len(one.read_text("utf-8").splitlines()) < MAX_LINES


def test_the_hospital_permits_and_after_the_suspension_denies(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", FOLDER / "first_day.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "entered: 10000, changed: 0" in lines
    assert "unchanged: 0, rejected: 14" in lines
    told = [one for one in lines if one.startswith("line ")]
    assert len(told) == 14
    (issued,) = (one for one in lines if one.startswith("issued: "))
    count = issued.removeprefix("issued: ").removesuffix(", refused: 0")
    assert 80 < int(count) < 101
    permits, denies = (one for one in lines if one.startswith("the hospital"))
    assert permits.startswith("the hospital permits")
    assert denies.startswith("the hospital denies")
    assert "SUSPENDED" in denies
    assert lines[-3] == f"whole: licenses 10000, credentials {count}"
    assert not list(tmp_path.iterdir())
