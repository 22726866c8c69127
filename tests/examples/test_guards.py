"""Every guard's example is short, and answers a request of its own and stops."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "guards"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*_*.py"))
MAX_LINES = 80
SECONDS = 60


def test_there_is_one_for_each_guard() -> None:
    frameworks = {name.partition("_")[0] for name in SCRIPTS}
    assert frameworks == {
        *("asgi", "cds", "django", "envoy", "fastapi", "flask", "starlette")
    }


@pytest.mark.parametrize("script", sorted(one.name for one in EXAMPLES.glob("*.py")))
def test_an_example_is_short(script: str) -> None:
    assert len((EXAMPLES / script).read_text("utf-8").splitlines()) < MAX_LINES


@pytest.mark.loopback
@pytest.mark.parametrize("script", [one for one in SCRIPTS if "django" not in one])
def test_an_example_answers_once_and_stops(
    script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [script, "--once"])
    monkeypatch.syspath_prepend(EXAMPLES)
    runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    shown = capsys.readouterr()
    assert "200" in shown.out
    assert shown.err == ""


@pytest.mark.loopback
def test_the_example_of_django_answers_once_and_stops(tmp_path: Path) -> None:
    """As the script that it is: a process has one project of Django."""
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "django_app.py", "--once"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "200" in done.stdout
    assert done.stderr == ""
