"""A board takes over a register and issues for all of it, by its own commands.

Wall time of the whole command, its start included, beside what all cores could sign at
most in the same run: so many bare Ed25519 signatures. ``MEDID_BENCH_LICENSES`` names
another size than the usual one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.goals import at_least, at_most
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey, keyfile

if TYPE_CHECKING:
    from benchmarks.goals import Report

LICENSES: Final = int(os.environ.get("MEDID_BENCH_LICENSES", "100000"))
FEWER: Final = 10  # times fewer, to see what grows with the register
MEGABYTE: Final = 1_000_000
KIBIBYTE: Final = 1_024  # the unit of the peak that Linux tells
SIGNED: Final = bytes(600)  # about what is hashed or sent of a license
#: Of each way to secure them, the least share of what the cores could sign at most.
SHARES: Final = {"vc+jwt": 25, "eddsa-jcs-2022": 25, "eddsa-rdfc-2022": 15}

_PASSWORD: Final = b"of a benchmark"
_NAMES: Final = ("Ada Rowe", "Bo Lind", "Cy Marsh", "Dé Ng")
_TYPES: Final = {"MD": "208D00000X", "DO": "207Q00000X", "PA": "363A00000X"}
_COLUMN: Final = {"column": "profession", "table": _TYPES}
MAPPING: Final = {
    "source": {"format": "csv"},
    "fields": {
        "licenseNumber": {"column": "number"},
        "name": {"column": "name"},
        "holder": {"column": "holder"},
        "licenseStatus": {"column": "status", "table": {"A": "active"}},
        "statusSince": {"column": "since", "date": "MM/DD/YYYY"},
        "issuedOn": {"column": "since", "date": "MM/DD/YYYY"},
        "expiresOn": {"column": "until", "date": "MM/DD/YYYY"},
        "profession": [
            {
                "system": {"value": "http://nucc.org/provider-taxonomy"},
                "code": _COLUMN,
            }
        ],
        "practitionerIdentifier": [
            {
                "system": {"value": "https://old.example/person"},
                "value": {"column": "person"},
            }
        ],
    },
}


def board_issue(report: Report) -> None:
    """Import and issue, with a key in a file and a register in SQLite."""
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as name:
        board = _Board(Path(name))
        bare = [_bare_rates()]
        few = board.takes(LICENSES // FEWER, "few.db")
        fewer = board.issues("few.db", "vc+jwt")
        many = board.takes(LICENSES, "many.db")
        _tell(report, f"import {LICENSES:,} licenses from CSV", LICENSES, many)
        again = board.takes(LICENSES, "many.db", new=False)
        _tell(report, "the same file again, which changes nothing", LICENSES, again)
        for securing, share in SHARES.items():
            shutil.copy(board.folder / "many.db", board.folder / "one.db")
            issued = board.issues("one.db", securing)
            bare.append(_bare_rates())
            most = cores * sum(rate for rate, _ in bare[-2:]) / 2
            alone = sum(rate for _, rate in bare[-2:]) / 2
            _tell(report, f"issue them as {securing}", LICENSES, issued)
            report.say(f"  {cores} cores could sign {most:,.0f} a second")
            part = 100 * LICENSES / alone / issued.cpu_seconds
            report.say(f"  of the CPU time, {part:.1f} % would be bare signing")
            goal = at_least(share, f"issue as {securing}, of bare signing", unit="%")
            report.judge(goal, 100 * LICENSES / issued.seconds / most)
            whole = many.seconds + issued.seconds
            goal = at_least(share, f"import and issue as {securing}", unit="%")
            report.judge(goal, 100 * LICENSES / whole / most)
            goal = at_most(300, f"memory of the issuing command, {securing}", unit="MB")
            report.judge(goal, issued.megabytes)
        goal = at_most(300, "memory of the importing command", unit="MB")
        report.judge(goal, many.megabytes)
        for what, one, ten in (("import", few, many), ("issue", fewer, issued)):
            goal = at_most(1.25, f"memory to {what} {FEWER} times as many")
            report.judge(goal, ten.megabytes / one.megabytes)


# Runs a command and tells its time, its CPU time and its peak, those of the processes
# that it has waited for included. The peak of a command that this process starts itself
# would count the pages of this process from before exec.
_LAUNCHER: Final = """
import os, subprocess, sys, time
start = time.perf_counter()
with subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL) as process:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
spent = time.perf_counter() - start
print(spent, used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(process.returncode)
"""


class _Run:
    """How long a command took, and how much memory at most."""

    def __init__(self, *argv: object) -> None:
        command = [sys.executable, "-m", "medid.cli.main", *map(str, argv)]
        launcher = [sys.executable, "-I", "-c", _LAUNCHER, *command]
        done = subprocess.run(launcher, stdout=subprocess.PIPE, check=False)
        if done.returncode:
            raise RuntimeError(f"{argv[:2]} ended with {done.returncode}")
        self.seconds, self.cpu_seconds, peak = map(float, done.stdout.split())
        self.megabytes = peak * KIBIBYTE / MEGABYTE


class _Board:
    """A board with a key file and a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        key = PrivateKey.generate(KeyKind.ED25519)
        keyfile.save(folder / "board.key", key, password=_PASSWORD)
        (folder / "password").write_bytes(_PASSWORD)
        self._did = Controller.did_key(key).did
        (folder / "mapping.json").write_text(json.dumps(MAPPING))

    def takes(self, count: int, register: str, *, new: bool = True) -> _Run:
        """Take over a register of so many licenses."""
        file = self.folder / f"{count}.csv"
        if new:
            _write(file, count)
            named = ("--name", "Board", "--jurisdiction", "US-OH")
            self._run(register, "init", *named, "--site", "https://board.example")
        mapping = ("--mapping", self.folder / "mapping.json")
        return self._run(register, "import", file, *mapping, "--actor", "registrar")

    def issues(self, register: str, securing: str) -> _Run:
        """Issue for all of it."""
        key = ("--key", self.folder / "board.key")
        opened = (*key, "--password-file", self.folder / "password")
        how = ("--all", "--securing", securing, "--actor", "registrar")
        return self._run(register, "issue", *how, *opened)

    def _run(self, register: str, name: str, *argv: object) -> _Run:
        where = ("--register", f"sqlite:///{self.folder / register}")
        return _Run("board", name, *argv, *where, "--board", self._did)


def _write(file: Path, count: int) -> None:
    holder = Controller.did_key(PrivateKey.generate(KeyKind.ED25519)).did
    types = [*_TYPES]
    with file.open("w", encoding="utf-8") as rows:
        rows.write("number,name,holder,status,since,until,profession,person\n")
        for at in range(count):
            since = f"{1 + at % 12:02}/{1 + at % 28:02}/{2000 + at % 20}"
            name, kind = _NAMES[at % len(_NAMES)], types[at % len(types)]
            rows.write(
                f"35.{at:07},{name} {at},{holder},A,{since},12/31/2099,{kind},{at:08}\n"
            )


def _bare_rates() -> tuple[float, float]:
    """Signatures a second of one core, by the clock and by its own time."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key, count = Ed25519PrivateKey.generate(), 20_000
    start, worked = time.perf_counter(), time.process_time()
    for _ in range(count):
        key.sign(SIGNED)
    return count / (time.perf_counter() - start), count / (time.process_time() - worked)


def _tell(report: Report, what: str, count: int, run: _Run) -> None:
    report.say(
        f"  {what:50}{count / run.seconds:10,.0f} a second"
        f"{run.seconds:8.1f} s{run.cpu_seconds:8.1f} CPU s{run.megabytes:6.0f} MB"
    )
