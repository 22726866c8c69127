"""Run one target, or all of them, coverage-guided; or one input again.

::

    python -m tests.fuzz                         every target, for one second each
    python -m tests.fuzz jwt --seconds 60        one target
    python -m tests.fuzz jwt --runs 10000
    python -m tests.fuzz jwt .fuzz/jwt/crash-1   a reproducer, without atheris
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.fuzz import running


def main() -> int:
    """The exit code: 1 where an invariant did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target", nargs="?", help="one target; all of them by default")
    parser.add_argument("file", nargs="?", type=Path, help="one input to run again")
    parser.add_argument("--seconds", type=int, default=0, help="for each target")
    parser.add_argument("--runs", type=int, default=0, help="for each target")
    parser.add_argument("--seed", type=int, default=0, help="of chance; 0: another")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.file is not None:
        return again(options.target, options.file)
    seconds = options.seconds
    if options.target is None and not options.runs:
        seconds = seconds or 1
    bound = running.Bound(seconds=seconds, runs=options.runs, seed=options.seed)
    atheris = running.load()
    from tests.fuzz.table import TARGETS

    if options.target is not None:
        known(options.target)
        running.fuzz(atheris, TARGETS[options.target], bound)
    outcomes = running.fuzz_each(
        atheris, list(TARGETS.values()), bound, workers=options.workers
    )
    return 1 if running.report(outcomes, len(TARGETS)) else 0


def again(name: str, file: Path) -> int:
    """Read one input; an invariant that does not hold shows its traceback."""
    from tests.fuzz.table import TARGETS
    from tests.fuzz.target import hold

    known(name)
    accepted = hold(TARGETS[name], file.read_bytes())
    print(f"{name}: held; the input is {'accepted' if accepted else 'refused'}")
    return 0


def known(name: str) -> None:
    """Return if there is such a target.

    Raises:
        SystemExit: There is none.
    """
    from tests.fuzz.table import TARGETS

    if name not in TARGETS:
        sys.exit(f"no target {name!r}; there are {', '.join(TARGETS)}")


if __name__ == "__main__":
    sys.exit(main())
