"""One batch of requests on its way through a cache.

Written once for threads and event loops: who drives it waits for the number of a
request that landed, and hands it in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from medid.adapters.exchange import busy
from medid.core.instant import stopwatch
from medid.errors import FetchFailed, MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.adapters.exchange import Deadline
    from medid.adapters.flights import Answered, Flight
    from medid.core.fetch import FetchRequest

MAX_STARTED: Final = 8  # flights of one batch at once, as many as a fetcher would run

# Takes the number of a request that is to be landed; any thread may call it.
Tell: TypeAlias = Callable[[int], None]


class _Cache(Protocol):
    def held(self, request: FetchRequest) -> Answered | None:
        """The answer at hand to ``request``, if one is."""

    def flight(
        self, request: FetchRequest, deadline: Deadline, *, anew: bool
    ) -> tuple[Flight | None, bool]:
        """The flight that brings it, and whether it is new."""


class Trip:
    """A batch of requests that is under way. For one caller only."""

    def __init__(
        self,
        cache: _Cache,
        requests: Sequence[FetchRequest],
        deadline: Deadline,
        *,
        tell: Tell,
        held: Sequence[Answered | None] | None,
    ) -> None:
        """Start.

        Args:
            cache: What is at hand, and who brings the rest.
            requests: What is wanted.
            deadline: For all of it.
            tell: Called, by any thread, with the number of a request to land.
            held: What was at hand, for each request; ``None`` wants all of it anew.
        """
        self._cache = cache
        self._requests = requests
        self._deadline = deadline
        self._anew = held is None
        self._answers: list[Answered | None] = list(held or [None] * len(requests))
        self._to_start = deque(
            index for index, answer in enumerate(self._answers) if answer is None
        )
        self._flying: dict[int, tuple[Flight, bool]] = {}
        self._tell = tell
        self._start()

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._flying)

    def land(self, index: int) -> None:
        """Take the answer of a flight that landed, and start what follows.

        Raises:
            Exception: What a fetcher raised, which is a defect of it.
        """
        flight, own = self._flying.pop(index)
        landed = flight.result()
        if own or landed.for_all:
            self._answers[index] = landed.answer
        else:
            self._to_start.append(index)
        self._start()

    def seconds_left(self) -> float:
        """What remains of the time for the batch."""
        return max(0.0, self._deadline.moment - stopwatch())

    def answers(self) -> list[Answered]:
        """All answers; what has not come in is late."""
        return [_told(answer) for answer in self._answers]

    def _start(self) -> None:
        while self._to_start and self._started() < MAX_STARTED:
            index = self._to_start.popleft()
            # Where no time is left it stays unanswered, which is late.
            if self.seconds_left() > 0:
                self._start_one(index)

    def _started(self) -> int:
        return sum(own for _, own in self._flying.values())

    def _start_one(self, index: int) -> None:
        request = self._requests[index]
        found = None if self._anew else self._cache.held(request)
        if found is not None:
            self._answers[index] = found
            return
        flight, own = self._cache.flight(request, self._deadline, anew=self._anew)
        if flight is None:
            self._answers[index] = busy()
            return
        self._flying[index] = (flight, own)
        flight.add_done_callback(lambda _flight: self._tell(index))


def again(error: MedidError) -> MedidError:
    """``error`` for another caller, who may put a path of their own into it."""
    return type(error)(error.message, fix=error.fix)


def _told(answer: Answered | None) -> Answered:
    if answer is None:
        return FetchFailed("the host did not answer in time")
    return again(answer) if isinstance(answer, MedidError) else answer
