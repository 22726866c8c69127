"""One fetch for all who want the same thing at the same time.

Whoever comes first starts a flight, which runs in a thread of its own; whoever comes
while it is under way waits for it, in a thread or in an event loop. So a caller who
leaves, because its time is up or its task was cancelled, takes nothing from the others.

A process that was forked has none of the threads of its parent: it has flights of its
own, and waits for none of those that were under way.

A flight has the time of the caller who started it. One that fails for want of that
time has told the others nothing: they may start another with the time they have.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.adapters.exchange import busy
from medid.core.fetch import Fetched
from medid.core.instant import stopwatch
from medid.errors import MedidError

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.adapters.exchange import Deadline

MAX_FLIGHTS: Final = 64  # of one cache at once; as many as a fetcher has threads
THREAD_NAME: Final = "medid-cache"

Answered: TypeAlias = Fetched | MedidError


@dataclass(frozen=True, slots=True)
class Landed:
    """What a flight brought, and whether it holds for others than who started it."""

    answer: Answered
    for_all: bool


Flight: TypeAlias = "Future[Landed]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Airspace:
    """What is under way in one process."""

    slots: threading.BoundedSemaphore
    flights: dict[str, Flight] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self, name: str) -> None:
        with self.lock:
            self.flights.pop(name, None)
        self.slots.release()


class Flights:
    """The flights that are under way. Safe to share between threads, and to fork."""

    def __init__(self, limit: int = MAX_FLIGHTS) -> None:
        self._limit = limit
        self._of: dict[int, _Airspace] = {}  # by the process

    def start(
        self, name: str, work: Callable[[], Answered], deadline: Deadline
    ) -> tuple[Flight | None, bool]:
        """A flight for ``name``, and whether it is new: then it does ``work``.

        ``None`` where as many are under way as may be.
        """
        flight, here = Future[Landed](), self._here()
        with here.lock:
            joined = here.flights.get(name)
            if joined is not None:
                return joined, False
            if not here.slots.acquire(blocking=False):
                return None, False
            here.flights[name] = flight
        _depart(flight, here, name, lambda: _landed(work(), deadline))
        return flight, True

    def start_alone(self, work: Callable[[], Answered]) -> Flight | None:
        """A flight that nobody joins; ``None`` as ``start`` says."""
        here = self._here()
        if not here.slots.acquire(blocking=False):
            return None
        flight: Flight = Future()
        _depart(flight, here, "", lambda: Landed(work(), for_all=True))
        return flight

    def _here(self) -> _Airspace:
        found = self._of.get(os.getpid())
        if found is None:
            made = _Airspace(slots=threading.BoundedSemaphore(self._limit))
            # Of two threads that come first, both have what one of them made.
            found = self._of.setdefault(os.getpid(), made)
        return found


def _depart(
    flight: Flight, here: _Airspace, name: str, fly: Callable[[], Landed]
) -> None:
    try:
        threading.Thread(
            target=_fly, args=(flight, here, name, fly), name=THREAD_NAME, daemon=True
        ).start()
    except RuntimeError:  # the system has no thread left
        here.end(name)
        flight.set_result(Landed(busy(), for_all=False))


def _fly(flight: Flight, here: _Airspace, name: str, fly: Callable[[], Landed]) -> None:
    try:
        landed = fly()
    except BaseException as error:  # noqa: BLE001 - who waits is told, whatever it is
        here.end(name)
        flight.set_exception(error)
    else:
        here.end(name)
        flight.set_result(landed)


def _landed(answer: Answered, deadline: Deadline) -> Landed:
    late = isinstance(answer, MedidError) and stopwatch() >= deadline.moment
    return Landed(answer, for_all=not late)
