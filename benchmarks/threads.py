"""Two threads beside one: the wall time of the same work, shared between them.

Python runs one thread at a time, but for what lets go of its lock: that is what two
threads can gain. Wall time is what is asked here, so other processes count as well.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.goals import at_least
from benchmarks.own import verifying
from benchmarks.peers import libsodium, openssl
from benchmarks.work import World, as_bytes, pool
from medid import Expectations, StatusPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.goals import Report
    from benchmarks.rounds import Timer

ROUNDS: Final = 7
THREADS: Final = 2
SECONDS: Final = 0.25  # of work in one round, about


def threads(report: Report) -> None:
    """New licenses, licenses that were seen, and bare signatures."""
    world = World()
    licenses = pool(lambda number: as_bytes(world.license(number)))
    asked = Expectations(status=StatusPolicy.REQUIRED)
    ours = partial(verifying, expect=asked, evidence=world.evidence)
    switch = "on" if _locked() else "off"
    report.say(
        f"two threads beside one, {os.cpu_count()} processors, the interpreter's lock"
        f" {switch}\n  {'':50}{'wall time, one / two':>22}"
    )
    for name, make, counts in (
        ("bare Ed25519 verification, OpenSSL", openssl(), False),
        ("bare Ed25519 verification, libsodium", libsodium(), False),
        ("verify new licenses", ours(licenses), True),
        ("verify a license that was seen", ours(licenses[:1]), True),
    ):
        try:
            gained = gain(make())
        except ImportError as reason:
            report.say(f"  {name}: left out: {reason}")
            continue
        report.say(f"  {name:50}{gained:21.2f}x")
        if counts:
            report.judge(at_least(1.3, f"two threads, {name}"), gained)


def gain(work: Timer) -> float:
    """How many times as fast two threads do the same work as one, by the wall."""
    each = max(work(20) / 20, 1)
    calls = max(THREADS, round(SECONDS * 1_000_000 / each))
    half = calls // THREADS
    ratios = []
    with ThreadPoolExecutor(THREADS) as workers:
        for _ in range(ROUNDS):
            one = _wall(lambda: work(half * THREADS))
            two = _wall(lambda: list(workers.map(work, [half] * THREADS)))
            ratios.append(one / two)
    return median(ratios)


def _wall(work: Callable[[], object]) -> int:
    start = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - start


def _locked() -> bool:
    enabled: Callable[[], bool] | None = getattr(sys, "_is_gil_enabled", None)
    return enabled is None or enabled()
