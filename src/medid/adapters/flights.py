"""One fetch for all who want the same thing at the same time.

Whoever comes first starts a flight, which runs in a thread of its own; whoever comes
while it is under way waits for it, in a thread or in an event loop. So a caller who
leaves, because its time is up or its task was cancelled, takes nothing from the others.

A flight has the time of the caller who started it. One that fails for want of that
time has told the others nothing: they may start another with the time they have.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass
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


class Flights:
    """The flights that are under way. Safe to share between threads."""

    def __init__(self, limit: int = MAX_FLIGHTS) -> None:
        self._under_way: dict[str, Flight] = {}
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(limit)

    def start(
        self, name: str, work: Callable[[], Answered], deadline: Deadline
    ) -> tuple[Flight | None, bool]:
        """A flight for ``name``, and whether it is new: then it does ``work``.

        ``None`` where as many are under way as may be.
        """
        flight: Flight = Future()
        with self._lock:
            joined = self._under_way.get(name)
            if joined is not None:
                return joined, False
            if not self._slots.acquire(blocking=False):
                return None, False
            self._under_way[name] = flight
        self._depart(flight, name, lambda: _landed(work(), deadline))
        return flight, True

    def start_alone(self, work: Callable[[], Answered]) -> Flight | None:
        """A flight that nobody joins; ``None`` as ``start`` says."""
        if not self._slots.acquire(blocking=False):
            return None
        flight: Flight = Future()
        self._depart(flight, "", lambda: Landed(work(), for_all=True))
        return flight

    def _depart(self, flight: Flight, name: str, fly: Callable[[], Landed]) -> None:
        try:
            threading.Thread(
                target=self._fly,
                args=(flight, name, fly),
                name=THREAD_NAME,
                daemon=True,
            ).start()
        except RuntimeError:  # the system has no thread left
            self._end(name)
            flight.set_result(Landed(busy(), for_all=False))

    def _fly(self, flight: Flight, name: str, fly: Callable[[], Landed]) -> None:
        try:
            landed = fly()
        except BaseException as error:  # noqa: BLE001 - who waits is told, whatever it is
            self._end(name)
            flight.set_exception(error)
        else:
            self._end(name)
            flight.set_result(landed)

    def _end(self, name: str) -> None:
        with self._lock:
            self._under_way.pop(name, None)
        self._slots.release()


def _landed(answer: Answered, deadline: Deadline) -> Landed:
    late = isinstance(answer, MedidError) and stopwatch() >= deadline.moment
    return Landed(answer, for_all=not late)
