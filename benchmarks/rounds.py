"""Interleaved rounds, medians and ratios.

Figures of a shared machine move from run to run and drift within one. So contestants
take turns, a few calls each, and only what was measured in the same run is compared.
Times are CPU microseconds of the process that does the work.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS: Final = 9
WARM_UP_CALLS: Final = 50  # the compiler of node needs some
WARM_UP_MICROSECONDS: Final = 600_000  # of CPU time, at most about
ROUND_MICROSECONDS: Final = 25_000  # of CPU time, for one contestant in one round


class AbsentError(Exception):
    """A contestant cannot take part, for a reason that is printed."""


class Timer(Protocol):
    """Somebody's work."""

    def __call__(self, calls: int) -> float:
        """The CPU time of so many calls, in microseconds."""

    def close(self) -> None:
        """End whatever was started for it."""


class Here:
    """Times calls of ``work`` in this process.

    Args:
        work: One call.
        each: How many pieces of work one call does.
    """

    def __init__(self, work: Callable[[], object], *, each: int = 1) -> None:
        self._work = work
        self._each = each

    def __call__(self, calls: int) -> float:
        """The CPU time of so many calls, in microseconds."""
        work = self._work
        start = time.process_time_ns()
        for _ in range(calls):
            work()
        return (time.process_time_ns() - start) / 1_000 / self._each

    def close(self) -> None:
        """Nothing was started."""


@dataclass(slots=True, kw_only=True)
class Contestant:
    """Somebody who does the work, and how long it took in each round."""

    name: str
    times: Timer
    note: str = ""
    calls: int = 1
    samples: list[float] = field(default_factory=list)

    @property
    def microseconds(self) -> float:
        """The median of one call."""
        return median(self.samples)

    def warm_up(self) -> None:
        """Work until caches and compilers have settled; see how much fits a round."""
        once = max(self.times(1), 1.0)
        if once < WARM_UP_MICROSECONDS:
            calls = min(WARM_UP_CALLS, round(WARM_UP_MICROSECONDS / once))
            once = max(self.times(calls) / calls, 0.01)
        self.calls = max(1, round(ROUND_MICROSECONDS / once))

    def take_turn(self) -> None:
        """Work for one round."""
        self.samples.append(self.times(self.calls) / self.calls)


class Race:
    """Contestants that do the same work, or a part of it, in turns."""

    def __init__(self, title: str) -> None:
        """Start with nobody."""
        self.title: Final = title
        self._entries: list[Contestant] = []
        self._absent: list[str] = []

    def enter(self, name: str, make: Callable[[], Timer], *, note: str = "") -> None:
        """Add a contestant, or the reason why it cannot take part."""
        try:
            times = make()
        except (AbsentError, ImportError) as reason:
            self._absent.append(f"  {name}: left out: {reason}")
            return
        self._entries.append(Contestant(name=name, times=times, note=note))

    def run(self) -> None:
        """Let everybody warm up, then take turns; the first is the measure."""
        try:
            for contestant in self._entries:
                contestant.warm_up()
            for _ in range(ROUNDS):
                for contestant in self._entries:
                    contestant.take_turn()
        finally:
            for contestant in self._entries:
                contestant.times.close()

    def microseconds(self, name: str) -> float | None:
        """The median of the contestant ``name``; None if it did not take part."""
        for contestant in self._entries:
            if contestant.name == name:
                return contestant.microseconds
        return None

    def ratio(self, name: str, measure: str) -> float | None:
        """How many times as long ``name`` took as ``measure``; None without both."""
        mine, theirs = self.microseconds(name), self.microseconds(measure)
        return None if mine is None or theirs is None else mine / theirs

    def table(self) -> str:
        """One line for each contestant, with its time as a multiple of the first's."""
        lines = [self.title, f"  {'':50}{'CPU us':>10}{'ratio':>10}"]
        base = self._entries[0].microseconds
        for contestant in self._entries:
            spent = contestant.microseconds
            note = f"  {contestant.note}" if contestant.note else ""
            lines.append(
                f"  {contestant.name:50}{number(spent):>10}{spent / base:9.2f}x{note}"
            )
        return "\n".join(lines + self._absent)


def number(figure: float) -> str:
    """A figure in three digits or more."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"
