"""A board's register at its real size: what a decision, a look-up and a writer cost.

Registers are filled once and kept below the folder for temporary files; what changes
one works on a copy. Times are those on the wall, because a clerk waits for the disk and
for other writers as well; the CPU time of the process stands beside them.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.goals import at_least, at_most
from medid.adapters.register import SqlRegister, make, open_engine
from medid.board import BoardRecord, Change, Office, found_board
from medid.board.site import Publishing
from medid.cli import publishing
from tests.board import many, postgres
from tests.board.worker import controller
from tests.board.world import NOON, WHY, Board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.goals import Report

PUBLISHED: Final = 1_000_000  # licenses of the register that is published
LOOKED_UP: Final = 2_000_000  # of the one in which licenses are looked up
ROUNDS: Final = 5
LOOKS: Final = 300
WRITERS: Final = 8
OF_WRITERS: Final = 8_000  # licenses of the register that many write to
ROWS: Final = 20  # changes of one act of a writer, as in an order about several
SECONDS: Final = 10.0  # for which they write
#: For a machine with little room: the share of the licenses that there are then.
SHARE: Final = float(os.environ.get("MEDID_BENCH_SHARE", "1"))
_SEED: Final = "5a" * 32
_PATIENT: Final = 120.0  # seconds


def publish(report: Report) -> None:
    """One decision, and 10,000, until the signed lists are on the disk."""
    count = round(PUBLISHED * SHARE)
    _say_machine(report)
    with _copied(_filled(report, count)) as file:
        site = _Site(board_at(f"sqlite:///{file}"), file.with_name("site"), count)
        site.publish()
        for changes, limit in ((1, 1), (10_000, 10)):
            found = sorted(site.change(changes, turn) for turn in range(ROUNDS))
            middle, best = found[len(found) // 2], found[0]
            what = f"{changes:,} changes" if changes > 1 else "one change"
            report.say(
                f"  {what}, decided, sealed and published: {middle.seconds:.2f} s"
                f" (CPU {middle.cpu:.2f} s; the best {best.seconds:.2f} s),"
                f" {middle.files} files written"
            )
            name = f"{what} of {count:,} licenses, to signed lists on disk"
            report.judge(at_most(limit, name, unit="s"), middle.seconds)


def lookup(report: Report) -> None:
    """A license by its number, and what held of it on a day."""
    count = round(LOOKED_UP * SHARE)
    _say_machine(report)
    office = board_at(f"sqlite:///{_filled(report, count)}").office
    # All over the file, so that hardly any page of it is met twice.
    numbers = [many.number(one * (count // LOOKS)) for one in range(LOOKS)]
    random.Random(7).shuffle(numbers)
    for number in numbers[:10]:
        office.license(number)
    asked: dict[str, tuple[float, Callable[[str], object]]] = {
        "look-up by number": (5, office.license),
        "as_of, with its events and credentials": (
            20,
            lambda number: office.history(number)[0].as_of(NOON),
        ),
    }
    for name, (limit, ask) in asked.items():
        spent = sorted(_milliseconds(ask, number) for number in numbers)
        late = spent[len(spent) * 99 // 100]
        report.say(f"  {name}: 99 % within {late:.2f} ms")
        goal = at_most(limit, f"{name}, of {count:,} licenses", unit="ms")
        report.judge(goal, median(spent))
    for name, text in {
        "find, by the start of a number": numbers[0][:-1],
        "find, a name that nobody has (all are read)": "nobody",
    }.items():
        report.say(f"  {name}: {_milliseconds(office.find, text):,.0f} ms")


def writers(report: Report) -> None:
    """Eight processes that suspend and reinstate, in a PostgreSQL server."""
    name = f"status changes of {WRITERS} writers in PostgreSQL, {ROWS} a transaction"
    goal = at_least(1_000, name, unit="a second")
    if postgres.program("postgres") is None or postgres.program("initdb") is None:
        report.say("  PostgreSQL is not installed")
        report.judge(goal, None)
        return
    _say_machine(report)
    with postgres.running() as server:
        with server.admin() as admin:
            admin.execute("CREATE DATABASE writers")
        url = server.url("writers")
        board = board_at(url, new=True)
        many.fill(board, OF_WRITERS)
        one, several = _written(url, 1), _written(url, ROWS)
        report.say(f"  1 a transaction: {one.rate:,.0f} a second")
        report.judge(goal, several.rate)
        board.office.head(board.issuing)
        events = board.office.verify().events
        if events != 2 * OF_WRITERS + one.changes + several.changes:
            raise RuntimeError("a change was lost, or recorded twice")
        report.say(f"  the register is whole, with {events:,} events")


def board_at(url: str, *, new: bool = False) -> Board:
    """The board of this benchmark; the same each time, with a key for tests."""
    engine = open_engine(url, busy_seconds=_PATIENT)
    make(engine)
    who = controller(_SEED)
    record = BoardRecord(
        did=who.did, name="Board", site="https://board.example", jurisdiction="US-OH"
    )
    register = SqlRegister(engine)
    if new:
        found_board(register, record, clock=lambda: NOON)
    now = [NOON]
    office = Office(register, who.did, clock=lambda: now[0])
    return Board(engine, register, who, record, office, now)


@dataclass(frozen=True, order=True)
class _Done:
    """What one decision took, until it was published; in seconds."""

    seconds: float
    cpu: float
    files: int


@dataclass(frozen=True)
class _Site:
    """The site of a board, in a folder."""

    board: Board
    folder: Path
    count: int

    def change(self, changes: int, turn: int) -> _Done:
        """Suspend or reinstate so many licenses, and publish it."""
        self.board.wait(60)
        chosen = random.Random(turn // 2).sample(range(self.count), changes)
        status = "active" if turn % 2 else "suspended"
        asked = [Change(number=many.number(one), status=status) for one in chosen]
        start, cpu = time.perf_counter(), time.process_time()
        for outcome in self.board.office.change(asked, reason=WHY):
            outcome.done()
        files = self.publish()
        spent, cpu = time.perf_counter() - start, time.process_time() - cpu
        return _Done(spent, cpu, files)

    def publish(self) -> int:
        """Write what has changed; how many files."""
        made = self.board.office.site(
            Publishing(
                issuing=self.board.issuing, at=self.board.now[0], published=self._read
            )
        )
        self.folder.mkdir(exist_ok=True)
        ordered = [(one.path, one.content) for one in made]
        return len(publishing.publish(self.folder, ordered))

    def _read(self, path: str) -> bytes | None:
        place = self.folder / path
        return place.read_bytes() if place.exists() else None


def _filled(report: Report, count: int) -> Path:
    """A register of so many licenses, sealed; made where it is not there yet."""
    folder = Path(tempfile.gettempdir()) / f"medid-bench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"register-{count}.db"
    if not file.exists():
        draft = folder / f"draft-{os.getpid()}.db"
        start = time.perf_counter()
        board = board_at(f"sqlite:///{draft}", new=True)
        many.fill(board, count)
        filled = time.perf_counter()
        board.office.head(board.issuing)
        board.engine.dispose()
        draft.rename(file)
        report.say(
            f"  filled in {filled - start:,.0f} s, sealed in"
            f" {time.perf_counter() - filled:,.0f} s: {file}"
        )
    return file


@contextmanager
def _copied(file: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        yield Path(shutil.copy(file, folder))


def _milliseconds(ask: Callable[[str], object], text: str) -> float:
    start = time.perf_counter_ns()
    ask(text)
    return (time.perf_counter_ns() - start) / 1_000_000


def _say_machine(report: Report) -> None:
    load = os.getloadavg()[0]
    report.say(f"  {os.cpu_count()} cores, {load:.1f} processes want them")


# Writers, each a process of its own.


@dataclass(frozen=True)
class _Written:
    """What all writers did together."""

    changes: int
    rate: float  # a second


def _written(url: str, rows: int) -> _Written:
    share = OF_WRITERS // WRITERS
    words = [sys.executable, "-m", "benchmarks.boards", url, str(rows)]
    begun = [
        subprocess.Popen(
            [*words, str(one * share), str(share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for one in range(WRITERS)
    ]
    try:
        for process in begun:
            _read_line(process)
        for process in begun:
            if process.stdin is not None:
                process.stdin.close()
        told = [_read_line(process).split() for process in begun]
        return _Written(
            changes=sum(int(changes) for changes, _ in told),
            rate=sum(int(changes) / float(spent) for changes, spent in told),
        )
    finally:
        for process in begun:
            process.kill()
            process.wait()


def _read_line(process: subprocess.Popen[str]) -> str:
    line = "" if process.stdout is None else process.stdout.readline()
    if not line.endswith("\n"):
        raise RuntimeError("a writer has failed")
    return line


def write(url: str, rows: int, first: int, count: int) -> None:
    """Suspend and reinstate the licenses of one writer; how many, in which time."""
    office = board_at(url).office
    numbers = [many.number(one) for one in range(first, first + count)]
    print("ready", flush=True)
    sys.stdin.read()
    start, done = time.perf_counter(), 0
    parts = [numbers[at : at + rows] for at in range(0, count, rows)]
    while (spent := time.perf_counter() - start) < SECONDS:
        turn, at = divmod(done // rows, len(parts))
        status = "active" if turn % 2 else "suspended"
        changes = [Change(number=one, status=status) for one in parts[at]]
        for outcome in office.change(changes, reason=WHY):
            outcome.done()
        done += rows
    print(done, spent, flush=True)


if __name__ == "__main__":
    write(sys.argv[1], *map(int, sys.argv[2:]))
