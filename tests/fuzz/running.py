"""Coverage-guided runs: each target in a process of its own, with limits.

Only Linux with a processor of x86-64 has wheels of atheris for every Python that medid
supports. Everything of medid is loaded under its eyes, once; the processes of the
targets are forks of that one.

Spec: https://github.com/google/atheris, https://llvm.org/docs/LibFuzzer.html
"""

from __future__ import annotations

import base64
import os
import re
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.fuzz.target import Target

# What was reached stays here for the next run, and what broke a target as well.
FOLDER: Final = Path(".fuzz")
INPUT_SECONDS: Final = 10  # one input takes milliseconds; the machine may be shared
MEMORY: Final = 1_024  # MiB; a process with everything loaded has a quarter of it
MIN_LENGTH: Final = 4_096  # bytes that an input may have at least
MAX_LENGTH: Final = 65_536
TOLD: Final = 40  # lines of a log that are shown where a run failed
SHOWN: Final = 16_384  # bytes of an input that is printed, for a machine that is gone
ABSENT: Final = """\
atheris is not installed for this Python: run `make fuzz`, or pip install 'medid[fuzz]'.
It has wheels for Python 3.11 to 3.14 on Linux (x86-64); with another Python or machine,
build it from source with clang, or run `make fuzz` with make PYTHON=python3.11.
Without it, `make test` runs every target over its seeds and a fixed set of changes."""

_COVERED: Final = re.compile(rb"cov: (\d+)")
_RUNS: Final = re.compile(rb"stat::number_of_executed_units: (\d+)")
_KEPT: Final = re.compile(rb"Test unit written to (\S+)")
# What libFuzzer tells of its progress, line after line, and of what it learned.
_PROGRESS: Final = re.compile(rb'#\d+\s|stat::|"|INFO:|#+ ')


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """When a run of one target ends, zero is no bound; and where its chance starts.

    Of one ``seed``, a run tries the same inputs again; zero is another one each time.
    """

    seconds: int = 0
    runs: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the run of one target ended."""

    name: str
    failed: bool
    runs: int
    edges: int
    reproducer: str | None


def load() -> Any:
    """Atheris, after everything of medid was loaded so that it sees each branch.

    Raises:
        SystemExit: It is not installed.
    """
    try:
        import atheris
    except ImportError:
        sys.exit(ABSENT)
    # It tells of each module that it looks at.
    with _silent(), atheris.instrument_imports(include=["medid"]):
        import tests.fuzz.table

        assert tests.fuzz.table.TARGETS
    return atheris


class _silent:  # noqa: N801 - a block, as contextlib writes them
    """Nothing is written to standard error, not by libraries either."""

    def __enter__(self) -> None:
        self._kept = os.dup(2)
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)

    def __exit__(self, *_: object) -> None:
        os.dup2(self._kept, 2)
        os.close(self._kept)


def fuzz(atheris: Any, target: Target, bound: Bound) -> NoReturn:
    """Run ``target`` in this process, which ends with it."""
    from tests.fuzz.target import hold
    from tests.fuzz.trees import Chance

    folder = FOLDER / target.name
    corpus, seeds = folder / "corpus", folder / "seeds"
    for one in (corpus, seeds):
        one.mkdir(parents=True, exist_ok=True)
    made = target.seeds()
    for number, data in enumerate(made):
        (seeds / str(number)).write_bytes(data)
    longest = min(MAX_LENGTH, max(MIN_LENGTH, 2 * max(map(len, made))))

    def run(data: bytes) -> None:
        hold(target, data)

    def change(data: bytes, size: int, seed: int) -> bytes:
        def octets(part: bytes) -> bytes:
            return bytes(atheris.Mutate(part, max(len(part) + 64, 128)))

        made = target.change(bytes(data), Chance(Random(seed), octets))
        # A part of an input would only be refused as unfinished.
        return made if len(made) <= size else bytes(data)

    options = [
        f"-artifact_prefix={folder}/",
        f"-timeout={INPUT_SECONDS}",
        f"-rss_limit_mb={MEMORY}",
        f"-max_len={longest}",
        "-print_final_stats=1",
        f"-seed={bound.seed}",
        *([f"-max_total_time={bound.seconds}"] if bound.seconds else []),
        *([f"-runs={bound.runs}"] if bound.runs else []),
    ]
    arguments = ["fuzz", *options, str(corpus), str(seeds)]
    atheris.Setup(arguments, run, custom_mutator=change)
    atheris.Fuzz()
    sys.exit(0)


def fuzz_each(
    atheris: Any, targets: Sequence[Target], bound: Bound, *, workers: int
) -> Iterator[Outcome]:
    """Run ``targets``, some at a time; each outcome as it is known.

    A process can end for a reason of its own, in the engine that drives it. So where
    the input of a failed run holds when it is read again, the target runs once more,
    and only what fails both times has failed.
    """
    waiting = [(target, False) for target in targets]
    running: dict[int, tuple[Target, bool]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            one = waiting.pop(0)
            running[_fork(atheris, one[0], bound)] = one
        process, status = os.wait()
        if process not in running:
            continue
        target, is_second = running.pop(process)
        outcome = _outcome(target.name, failed=status != 0)
        if outcome.failed and not is_second and _holds_again(target, outcome):
            tell(outcome, "its input holds when it is read again: a second run")
            waiting.append((target, True))
        else:
            yield outcome


def _holds_again(target: Target, outcome: Outcome) -> bool:
    """Whether the input of a failed run is read as it should be, in a new process."""
    from tests.fuzz.target import hold

    if outcome.reproducer is None:
        return False
    data = Path(outcome.reproducer).read_bytes()
    process = os.fork()
    if not process:
        try:
            hold(target, data)
        except BaseException:  # noqa: BLE001 - a fork never comes back into the loop
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    return status == 0


def _fork(atheris: Any, target: Target, bound: Bound) -> int:
    log = log_of(target.name)
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    try:
        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        fuzz(atheris, target, bound)
    except Exception:  # noqa: BLE001 - a fork never comes back into the loop above
        traceback.print_exc()
        os._exit(1)
    # SystemExit goes all the way: libFuzzer writes the reproducer as the process ends.


def log_of(name: str) -> Path:
    """Where the run of a target tells its story."""
    return FOLDER / name / "log"


def _outcome(name: str, *, failed: bool) -> Outcome:
    told = log_of(name).read_bytes()
    kept = _KEPT.search(told)
    return Outcome(
        name=name,
        failed=failed,
        runs=_last(_RUNS.findall(told)),
        edges=_last(_COVERED.findall(told)),
        reproducer=kept[1].decode() if kept else None,
    )


def _last(found: Sequence[bytes]) -> int:
    return int(found[-1]) if found else 0


def report(outcomes: Iterable[Outcome], count: int) -> list[Outcome]:
    """Print a line for each outcome as it comes; give back those that failed."""
    failed, start = [], time.monotonic()
    for number, one in enumerate(outcomes, start=1):
        shown = "FAILED" if one.failed else "held"
        print(
            f"[{number:2}/{count}] {one.name:18} {shown:6} {one.runs:9,} runs "
            f"{one.edges:5,} edges  {time.monotonic() - start:4.0f} s",
            flush=True,
        )
        if one.failed:
            failed.append(one)
    for one in failed:
        tell(one, f"see {log_of(one.name)}")
    return failed


def tell(outcome: Outcome, what: str) -> None:
    """Print why a run failed: the machine that it failed on may be gone soon."""
    print(f"{outcome.name}: {what}")
    told = log_of(outcome.name).read_bytes().splitlines()
    lines = [line for line in told if not _PROGRESS.match(line.strip())]
    for line in lines[-TOLD:]:
        print(f"  | {line.decode(errors='backslashreplace')}")
    if outcome.reproducer is None:
        return
    print(f"  again: python -m tests.fuzz {outcome.name} {outcome.reproducer}")
    file = Path(outcome.reproducer)
    if file.is_file() and file.stat().st_size <= SHOWN:
        print(f"  base64: {base64.b64encode(file.read_bytes()).decode()}", flush=True)
