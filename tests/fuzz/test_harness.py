"""The harness itself: what breaks is seen, and what is changed gets past the gates."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import MalformedValue, MedidError
from tests.attacks.documents import NAME
from tests.fuzz import running
from tests.fuzz.forms import octets, text
from tests.fuzz.table import TARGETS, mutants
from tests.fuzz.target import CANARY, Target, check_growth, check_secrecy, hold
from tests.fuzz.trees import Chance, changed, plain_octets

if TYPE_CHECKING:
    from pathlib import Path


def raising(error: Exception) -> Target:
    def read(_: bytes) -> None:
        raise error

    return Target(name="raising", read=read, seeds=lambda: [b"x"], change=text)


def test_a_refusal_is_an_answer() -> None:
    assert not hold(raising(MalformedValue("not of its form")), b"")
    assert hold(Target(name="", read=len, seeds=lambda: [b""], change=text), b"")


@pytest.mark.parametrize("error", [ValueError(), RecursionError(), MemoryError()])
def test_anything_else_escapes(error: Exception) -> None:
    with pytest.raises(type(error)):
        hold(raising(error), b"")


@pytest.mark.parametrize(
    "error",
    [
        MalformedValue(f"not a number: {CANARY}"),
        MalformedValue("no", fix=f"write {NAME} in another way"),
        MalformedValue("no", path=f"$.{NAME}"),
        MalformedValue("no", path="credentialSubject"),
        MalformedValue("no", path="$" + ".a" * 5_000),
        MalformedValue("x" * 401),
        MalformedValue(""),
        MalformedValue("two\nlines"),
        MalformedValue("a surrogate \ud800"),
    ],
)
def test_an_error_that_says_too_much_or_too_little(error: MedidError) -> None:
    with pytest.raises(AssertionError):
        hold(raising(error), b"")


def test_a_warning_escapes_as_well() -> None:
    def read(_: bytes) -> None:
        warnings.warn("possible set difference", FutureWarning, stacklevel=1)

    with pytest.raises(FutureWarning):
        hold(Target(name="warning", read=read, seeds=list, change=text), b"")


def test_secrecy_and_growth() -> None:
    with pytest.raises(AssertionError):
        check_secrecy(f'{{"name": "{NAME}"}}')
    with pytest.raises(AssertionError):
        check_growth(b"x" * 5_000, b"x", 1)
    check_growth(b"x" * 5_000, b"x" * 1_000, 1)


@pytest.mark.parametrize("name", ["jws", "jwt", "sd-jwt", "cose", "list-jwt", "verify"])
def test_changes_get_past_the_signature(name: str) -> None:
    """Without new signatures nothing but the seeds themselves would be accepted."""
    target = TARGETS[name]
    seeds = set(target.seeds())
    accepted = [
        data for data in mutants(target, 60) if data not in seeds and hold(target, data)
    ]
    assert accepted


def test_the_same_seed_makes_the_same_changes() -> None:
    target = TARGETS["sd-jwt"]
    assert list(mutants(target, 20)) == list(mutants(target, 20))
    assert list(mutants(target, 20)) != list(mutants(target, 20, seed=1))


def test_the_original_is_left_alone() -> None:
    value: Any = {"a": [1, {"b": "c"}], "d": b"e"}
    chance = Chance(Random(1), plain_octets(Random(1)))
    made = [changed(value, chance, binary=True) for _ in range(200)]
    assert value == {"a": [1, {"b": "c"}], "d": b"e"}
    assert sum(one != value for one in made) > 150


@pytest.mark.parametrize("name", list(TARGETS))
def test_what_is_of_another_format_is_changed_as_bytes(name: str) -> None:
    chance = Chance(Random(1), lambda data: data + b"!")
    target = replace(TARGETS[name], change=octets)
    assert target.change(b"\xff~.~", chance) == b"\xff~.~!"
    for data in (b"", b"{", b"ey.~", b"\xff~.~", b"\xd2\x84", b"null", b"[]"):
        TARGETS[name].change(data, chance)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_input_is_run_again(tmp_path: Path) -> None:
    file = tmp_path / "crash-1"
    file.write_bytes(b"{}")
    done = command("json", str(file))
    assert (done.returncode, done.stdout) == (
        0,
        "json: held; the input is accepted\n",
    )


def test_there_is_no_such_target(tmp_path: Path) -> None:
    file = tmp_path / "crash-1"
    file.write_bytes(b"{}")
    done = command("jason", str(file))
    assert done.returncode == 1
    assert "no target 'jason'" in done.stderr


def test_without_atheris_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "atheris", None)
    with pytest.raises(SystemExit, match="make fuzz"):
        running.load()


def test_an_outcome_is_read_from_what_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "FOLDER", tmp_path)
    log = running.log_of("jwt")
    log.parent.mkdir()
    log.write_bytes(
        b"#2 INITED cov: 26 ft: 26\n#9 NEW cov: 31 ft: 40\n"
        b"artifact_prefix='x/'; Test unit written to x/crash-1\n"
        b"stat::number_of_executed_units: 12\n"
    )
    outcome = running._outcome("jwt", failed=True)
    assert (outcome.runs, outcome.edges, outcome.reproducer) == (12, 31, "x/crash-1")
    assert running.report([outcome], 1) == [outcome]
    assert "python -m tests.fuzz jwt x/crash-1" in capsys.readouterr().out


def test_what_failed_is_told_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "FOLDER", tmp_path)
    log = running.log_of("jwt")
    log.parent.mkdir()
    log.write_bytes(b"#2 INITED cov: 26\nstat::peak: 1\nValueError: \xff\n")
    file = tmp_path / "crash-1"
    file.write_bytes(b"{}")
    failed = running.Outcome(
        name="jwt", failed=True, runs=1, edges=1, reproducer=str(file)
    )
    running.tell(failed, "why")
    told = capsys.readouterr().out
    assert "ValueError: \\xff" in told
    assert "base64: e30=" in told
    assert "INITED" not in told
    assert "peak" not in told


class Engine:
    """Drives a target as atheris does: ends the process, with an input kept."""

    def __init__(self, runs: Path, failing: int) -> None:
        self._runs, self._failing = runs, failing

    def Setup(self, arguments: list[str], *_: object, **__: object) -> None:  # noqa: N802
        self._prefix = arguments[1].partition("=")[2]

    def Fuzz(self) -> None:  # noqa: N802
        with self._runs.open("a") as file:
            file.write("x")
        if len(self._runs.read_text()) <= self._failing:
            kept = f"{self._prefix}crash-1"
            os.write(2, f"Test unit written to {kept}\n".encode())
            with open(kept, "wb") as file:  # noqa: PTH123 - in a fork
                file.write(b"kept")
            os._exit(77)
        os._exit(0)


@pytest.mark.parametrize(
    ("target", "failing", "runs", "failed"),
    [
        (raising(MalformedValue("no")), 0, 1, False),
        # The engine fails, once or twice; the input holds.
        (raising(MalformedValue("no")), 1, 2, False),
        (raising(MalformedValue("no")), 2, 2, True),
        # The reader fails.
        (raising(ValueError("broken")), 1, 1, True),
    ],
)
def test_a_run_whose_input_holds_is_made_once_more(
    target: Target,
    failing: int,
    runs: int,
    failed: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "FOLDER", tmp_path)
    engine = Engine(tmp_path / "runs", failing)
    bound = running.Bound(runs=1)
    found = list(running.fuzz_each(engine, [target], bound, workers=1))
    assert [one.failed for one in found] == [failed]
    assert len((tmp_path / "runs").read_text()) == runs
