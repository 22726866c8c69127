"""Flights end, whatever happens in them."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from medid.adapters.exchange import Deadline
from medid.adapters.flights import Flights
from medid.core.fetch import Fetched
from medid.errors import FetchFailed
from tests.adapters.fetchers import NOON, URL, until

if TYPE_CHECKING:
    from medid.adapters.flights import Answered

DOCUMENT = Fetched.of(URL, b"{}", fetched_at=NOON)


def work() -> Answered:
    return DOCUMENT


def test_a_flight_that_landed_is_not_joined() -> None:
    flights = Flights()
    for _ in range(3):
        flight, new = flights.start("a", work, Deadline.after(5))
        assert flight is not None
        assert new
        assert flight.result(5).answer is DOCUMENT


def test_a_machine_without_threads_says_that_it_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flights = Flights(1)

    def none_left(self: threading.Thread) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none_left)
        for _ in range(3):
            flight, _ = flights.start("a", work, Deadline.after(5))
            assert flight is not None
            landed = flight.result(5)
            assert isinstance(landed.answer, FetchFailed)
            assert not landed.for_all
    flight = flights.start_alone(work)
    assert flight is not None
    assert flight.result(5).answer is DOCUMENT


def test_whoever_is_waited_for_and_ends_the_process_tells_those_who_wait() -> None:
    flights = Flights(1)

    def ending() -> Answered:
        raise SystemExit

    flight, _ = flights.start("a", ending, Deadline.after(5))
    assert flight is not None
    with pytest.raises(SystemExit):
        flight.result(5)
    until(lambda: flights.start("a", work, Deadline.after(5))[0] is not None)


@pytest.mark.parametrize("seconds", [5, 0])
def test_only_a_failure_for_want_of_time_is_the_callers_own(seconds: float) -> None:
    flights = Flights()
    failing = lambda: FetchFailed("down")
    deadline = Deadline.after(seconds)
    for made, for_all in ((failing, seconds > 0), (work, True)):
        flight, _ = flights.start("a", made, deadline)
        assert flight is not None
        assert flight.result(5).for_all is for_all


# Python tells from 3.12 on that threads and forks go badly together, as is seen here.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_waits_for_no_flight_of_its_parent() -> None:
    flights, landing = Flights(1), threading.Event()

    def waiting() -> Answered:
        landing.wait(20)
        return DOCUMENT

    flight, _ = flights.start("a", waiting, Deadline.after(20))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            own, new = flights.start("a", work, Deadline.after(5))
            code = 0 if new and own and own.result(5).answer == DOCUMENT else 1
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert flights.start("a", work, Deadline.after(5)) == (flight, False)
    landing.set()
    assert flight is not None
    assert flight.result(5).answer is DOCUMENT
