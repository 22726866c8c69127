"""What was acknowledged is there: after a kill, and with other processes writing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.adapters.audit_records import names, open_log
from tests.support import examples

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = 10**6  # records: more than anybody waits for


def writer(
    path: Path, name: str, *, count: int = ENOUGH, max_bytes: int = 40_000
) -> subprocess.Popen[bytes]:
    """A process that writes to ``path``, and tells what was acknowledged."""
    argv = [str(path), name, str(count), str(max_bytes)]
    environment = {k: v for k, v in os.environ.items() if "COVERAGE" not in k}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.audit_records", *argv],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )


def acknowledged(process: subprocess.Popen[bytes]) -> list[str]:
    """The records that ``process`` said were written; a last word cut short is none."""
    assert process.stdout is not None
    said = process.stdout.read().decode()
    process.stdout.close()
    process.wait()
    return [line[:-1] for line in said.splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.campaign
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Two processes write; one is killed at its work, the other goes on to its end."""
    path, chance = tmp_path / "audit.jsonl", random.Random(7)
    expected: list[str] = []
    for number in range(examples(1)):
        killed = writer(path, f"a{number}")
        other = writer(path, f"b{number}", count=30)
        for process in (killed, other):
            assert process.stdout is not None
            process.stdout.peek(1)  # type: ignore[attr-defined]
        time.sleep(chance.uniform(0, 0.02))
        killed.send_signal(signal.SIGKILL)
        told = [acknowledged(killed), acknowledged(other)]
        assert other.returncode == 0
        assert told[1] == [f"b{number}-{each}" for each in range(30)]
        expected += [name for said in told for name in said]
        log = open_log(path)
        found = names(log)
        for said in told:
            assert said
            assert [name for name in found if name in said] == said
        assert log.verify(head=log.head()).torn == 0
        assert set(expected) <= set(found)
        assert len(set(found)) == len(found)
        # At most one record a round was written and could not be acknowledged.
        assert len(found) <= len(expected) + number + 1
