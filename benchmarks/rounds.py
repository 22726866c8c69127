"""Interleaved rounds, medians and ratios.

Figures of a shared machine move from run to run and drift within one. So contestants
take turns, a few calls each, and only what was measured in the same run is compared.
Times are CPU microseconds of the process that does the work.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS: Final = 15
WARM_UP: Final = 50  # calls; the compiler of node needs some
ROUND_MICROSECONDS: Final = 40_000  # of CPU time, for one contestant in one round


@dataclass(slots=True, kw_only=True)
class Contestant:
    """Somebody who does the work: ``times(n)`` is the CPU time of n calls, in us."""

    name: str
    times: Callable[[int], float]
    note: str = ""
    calls: int = 1
    samples: list[float] = field(default_factory=list)

    @property
    def microseconds(self) -> float:
        """The median of one call."""
        return median(self.samples)


def here(work: Callable[[], object]) -> Callable[[int], float]:
    """Times calls of ``work`` in this process."""

    def times(calls: int) -> float:
        start = time.process_time_ns()
        for _ in range(calls):
            work()
        return (time.process_time_ns() - start) / 1_000

    return times


def run(contestants: Sequence[Contestant], *, rounds: int = ROUNDS) -> None:
    """Let everybody warm up, then take turns."""
    for contestant in contestants:
        contestant.times(WARM_UP)
        once = max(contestant.times(5) / 5, 1.0)
        contestant.calls = max(1, round(ROUND_MICROSECONDS / once))
    for _ in range(rounds):
        for contestant in contestants:
            spent = contestant.times(contestant.calls)
            contestant.samples.append(spent / contestant.calls)


def table(title: str, contestants: Sequence[Contestant], *, base: Contestant) -> str:
    """One line for each contestant, with its time as a multiple of ``base``."""
    lines = [title, f"  {'':46}{'us':>10}{'ratio':>9}"]
    for contestant in contestants:
        ratio = contestant.microseconds / base.microseconds
        note = f"  {contestant.note}" if contestant.note else ""
        lines.append(
            f"  {contestant.name:46}{contestant.microseconds:10.0f}{ratio:8.2f}x{note}"
        )
    return "\n".join(lines)
