"""A cache answers with what is young enough, asks once, and makes nothing younger."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid import resolve
from medid.adapters import cache as caching
from medid.adapters import flights
from medid.adapters.cache import CachedFetch, name_of
from medid.adapters.cache_policy import CachePolicy
from medid.adapters.cache_sqlite import SqliteStore
from medid.adapters.cache_trip import MAX_STARTED
from medid.adapters.exchange import Deadline, NotFound, NotModified, busy
from medid.adapters.https import HttpsFetch
from medid.cli.demo_world import SUSPENSIONS
from medid.core import json as strict_json
from medid.core.evidence import SEEN_LATER, Evidence
from medid.core.fetch import Fetched, FetchRequest, Freshness, NoFetch, Validators
from medid.core.records import replace
from medid.dids.methods import web
from medid.dids.webvh.location import locate
from medid.errors import (
    ConfigurationError,
    DidNotFound,
    FetchBlocked,
    FetchFailed,
    InvalidDidLog,
    MedidError,
    TooLarge,
)
from medid.issuing import issue
from medid.keys import KeyKind, PrivateKey
from medid.verifying.gathering import gather
from tests.access.world import AT, START
from tests.access.world import World as AccessWorld
from tests.adapters.fetchers import NOON, URL, Clock, Hosts, request, until
from tests.adapters.hosts import HOST, Authority, Host, answer, listening
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from medid.access.decision import Decision

ETAG = Freshness(seconds=10, validators=Validators(etag='"1"'))
STORED_BY = Freshness(store=False)


class World:
    """Hosts, a clock, and a cache before them."""

    def __init__(self, **settings: object) -> None:
        self.clock = Clock()
        self.hosts = Hosts(self.clock)
        self.cache = self.another(**settings)

    def another(self, **settings: object) -> CachedFetch:
        given: dict[str, object] = {"clock": self.clock, **settings}
        return CachedFetch(self.hosts, **given)  # type: ignore[arg-type]

    def get(self, asked: FetchRequest | None = None, seconds: float = 5) -> Fetched:
        got = self.ask(asked, seconds)
        assert isinstance(got, Fetched), got
        return got

    def ask(
        self, asked: FetchRequest | None = None, seconds: float = 5
    ) -> Fetched | MedidError:
        (got,) = self.cache.fetch_all([asked or request()], seconds=seconds)
        return got

    def fail(self, error: MedidError) -> None:
        self.hosts.answer = lambda _: error

    def say(self, content: bytes, freshness: Freshness) -> None:
        self.hosts.answer = lambda asked: self.hosts.document(
            asked.url, content, freshness
        )

    @property
    def asked(self) -> int:
        return len(self.hosts.asked)


# How long an answer is used.


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        ("did-document", 300),
        ("key-set", 300),
        ("issuer-metadata", 300),
        ("status-list", 60),
        ("registry-answer", 60),
        ("schema", 3_600),
        ("anything else", 60),
        ("", 60),
    ],
)
def test_a_document_is_used_for_the_time_of_its_kind(kind: str, seconds: float) -> None:
    world = World()
    first = world.get(request(kind=kind))
    world.clock.move(seconds - 0.001)
    assert world.get(request(kind=kind)) is first
    assert world.asked == 1
    world.clock.move(0.001)
    assert world.get(request(kind=kind)).fetched_at == world.clock()
    assert world.asked == 2


def test_a_key_that_was_removed_is_gone_when_the_time_of_did_documents_is_up() -> None:
    world = World()
    world.say(b"with the key", Freshness(seconds=1_000_000))
    world.get()
    world.say(b"without it", Freshness())
    world.clock.move(299)
    assert world.get().content == b"with the key"
    world.clock.move(1)
    assert world.get().content == b"without it"


def test_the_kind_of_who_asks_decides_not_of_who_fetched() -> None:
    world = World()
    world.get(request(kind="schema"))
    world.clock.move(61)
    world.get(request(kind="status-list"))
    assert world.asked == 2


@pytest.mark.parametrize(("stated", "used"), [(10, 10), (0, 0), (10_000, 300)])
def test_a_host_can_ask_for_less_and_not_for_more(stated: int, used: int) -> None:
    world = World()
    world.say(b"{}", Freshness(seconds=stated))
    world.get()
    world.clock.move(used)
    world.get()
    assert world.asked == 2
    world.clock.move(used - 1)
    world.get()
    assert world.asked == (3 if used == 0 else 2)


def test_what_must_not_be_kept_is_not_kept() -> None:
    world = World()
    world.get()
    world.clock.move(301)
    world.say(b"{}", STORED_BY)
    world.get()
    world.get()
    assert world.asked == 3


def test_who_sets_a_time_for_the_rest_sets_none_for_trust() -> None:
    policy = CachePolicy(otherwise=3_600)
    assert policy.lifetime("registry-answer", Freshness()) == 60
    assert policy.lifetime("status-list", Freshness()) == 60
    assert policy.lifetime("anything else", Freshness()) == 3_600


def test_without_a_lifetime_nothing_is_used_again() -> None:
    world = World(policy=CachePolicy(lifetimes={}, otherwise=0, negative=0))
    world.get()
    world.get()
    world.fail(FetchFailed("down"))
    world.ask()
    world.ask()
    assert world.asked == 4


def test_a_clock_that_was_set_back_makes_nothing_younger() -> None:
    world = World()
    world.get()
    world.clock.move(-caching.MAX_AHEAD)
    world.get()
    assert world.asked == 1
    world.clock.move(-86_400)
    assert world.get().fetched_at == world.clock()
    assert world.get().fetched_at == world.clock()
    assert world.asked == 2


@given(
    steps=st.lists(st.integers(1, 200), max_size=20),
    stated=st.none() | st.integers(0, 400),
)
def test_nothing_that_is_used_is_older_than_may_be(
    steps: list[int], stated: int | None
) -> None:
    world = World()
    world.say(b"{}", Freshness(seconds=stated))
    bound = 300 if stated is None else min(stated, 300)
    for step in steps:
        world.clock.move(step)
        age = world.clock().since(world.get().fetched_at)
        assert age == 0 or age < bound


# Names: what depends on something else is something else.


@pytest.mark.parametrize(
    "other",
    [
        request("https://board.example/did.json?"),
        request("https://board.example:443/did.json"),
        request("https://Board.example/did.json"),
        request("https://board.example/DID.json"),
        request("https://evil.example/did.json"),
        request(accept="text/html"),
        request(max_bytes=999),
        replace(request(), body=b"{}"),
    ],
)
def test_an_answer_is_for_exactly_what_was_asked(other: FetchRequest) -> None:
    world = World()
    world.get()
    world.get(other)
    assert world.asked == 2
    assert name_of(other) != name_of(request())


def test_two_requests_never_share_a_name() -> None:
    one = request("b c", accept="a")
    two = request("c", accept="a b")
    assert name_of(one) != name_of(two)
    asked = [replace(one, body=body) for body in (None, b"", b"a", b"b")]
    assert len({name_of(each) for each in asked}) == 4


def test_a_longer_document_than_this_request_takes_is_too_large() -> None:
    world = World()
    world.hosts.answer = lambda asked: (
        TooLarge("long") if asked.max_bytes < 100 else world.hosts.document(URL, b"{}")
    )
    world.get()
    assert isinstance(world.ask(request(max_bytes=99)), TooLarge)
    assert isinstance(world.ask(request(max_bytes=99)), TooLarge)
    assert world.asked == 3


# Failures.


@pytest.mark.parametrize(
    "error",
    [FetchFailed("down"), NotFound("404"), FetchBlocked("a redirect")],
)
def test_a_failure_is_kept_for_seconds_and_stays_a_failure(error: MedidError) -> None:
    world = World()
    world.fail(error)
    first = world.ask()
    world.hosts.answer = None
    world.clock.move(4.999)
    second = world.ask()
    for got in (first, second):
        assert type(got) is type(error)
        assert got is not error
    assert world.asked == 1
    world.clock.move(0.001)
    world.get()
    assert world.asked == 2
    assert world.cache.counts().negative_hits == 1


def test_that_no_room_was_left_to_ask_is_not_kept_as_an_answer_of_the_host() -> None:
    # Whoever has many slow hosts looked up takes the room from others no longer.
    world = World()
    world.fail(busy())
    assert isinstance(world.ask(), FetchFailed)
    world.hosts.answer = None
    world.get()
    assert world.cache.counts().negative_hits == 0


def test_a_failure_after_success_is_a_failure_and_no_old_document() -> None:
    world = World()
    world.get()
    world.fail(FetchFailed("down"))
    world.clock.move(300)
    assert isinstance(world.ask(), FetchFailed)
    assert isinstance(world.ask(), FetchFailed)
    assert world.asked == 2


def test_the_path_of_one_caller_does_not_reach_another() -> None:
    world = World()
    world.fail(FetchFailed("down"))
    for _ in range(2):
        got = world.ask()
        assert isinstance(got, MedidError)
        assert got.path == "$"
        got.path = "$.credentialStatus"


def test_a_kept_404_still_says_that_there_is_no_such_did() -> None:
    world = World()
    world.fail(NotFound("404"))
    for _ in range(2):
        with pytest.raises(DidNotFound):
            resolve("did:web:board.example", fetch=world.cache)
    assert world.asked == 1


def test_a_fetcher_that_loses_an_answer_has_failed() -> None:
    class Losing(Hosts):
        def fetch_all(
            self, requests: Sequence[FetchRequest], *, seconds: float
        ) -> Sequence[Fetched | MedidError]:
            return []

    cache = CachedFetch(Losing(Clock()))
    (got,) = cache.fetch_all([request()], seconds=5)
    assert isinstance(got, FetchFailed)


# Has it changed?


def test_an_unchanged_document_counts_as_seen_when_its_host_said_so() -> None:
    world = World()
    world.say(b"{}", ETAG)
    first = world.get()
    world.fail(NotModified("304"))
    world.clock.move(10)
    second = world.get()
    assert world.hosts.asked[1].known == Validators(etag='"1"')
    assert (second.content, second.digest) == (first.content, first.digest)
    assert second.fetched_at == NOON.plus(10)
    # What was said of its freshness before still holds, from now on.
    world.clock.move(9)
    assert world.get() == second
    assert world.cache.counts().validated == 1


def test_an_unchanged_document_takes_what_its_host_now_says_of_it() -> None:
    world = World()
    world.say(b"{}", ETAG)
    world.get()
    unchanged = NotModified("304")
    unchanged.freshness = Freshness(seconds=1, validators=Validators(etag='"2"'))
    world.fail(unchanged)
    world.clock.move(10)
    world.get()
    world.clock.move(1)
    world.get()
    assert [asked.known.etag for asked in world.hosts.asked] == ["", '"1"', '"2"']
    unchanged.freshness = STORED_BY
    world.clock.move(1)
    world.get()
    world.say(b"new", ETAG)
    assert world.get().content == b"new"


def test_unchanged_is_no_answer_about_a_document_that_nobody_knows() -> None:
    world = World()
    world.fail(NotModified("304"))
    assert isinstance(world.ask(), FetchFailed)


def test_a_changed_document_is_the_new_one() -> None:
    world = World()
    world.say(b"old", ETAG)
    world.get()
    world.say(b"new", ETAG)
    world.clock.move(10)
    assert world.get().content == b"new"


# As of a time, and anew.


def test_what_is_wanted_as_of_a_time_is_asked_for_each_time() -> None:
    world = World()
    world.get()
    then = request(at=NOON.plus(-SEEN_LATER - 1))
    world.get(then)
    world.get(then)
    assert world.asked == 3
    world.say(b"of then", Freshness())
    world.get(then)
    assert world.get().content == b"{}"


def test_whoever_names_the_present_wants_what_is_at_hand() -> None:
    world = World()
    # A decision reads its own clock first, and then asks as of what that said.
    for seconds in (0, -1, 1, -SEEN_LATER, SEEN_LATER):
        assert world.get(request(at=NOON.plus(seconds))).content == b"{}"
    asyncio.run(world.cache.afetch_all([request(at=NOON)], seconds=5))
    assert world.asked == 1
    assert world.hosts.asked[0].at is None
    for seconds in (-SEEN_LATER - 1, SEEN_LATER + 1):
        then = NOON.plus(seconds)
        world.get(request(at=then))
        assert world.hosts.asked[-1].at == then
    assert world.asked == 3


def test_anew_as_of_the_present_replaces_what_is_kept() -> None:
    world = World()
    world.get()
    world.say(b"new", Freshness())
    world.cache.anew.fetch_all([request(at=NOON)], seconds=5)
    assert world.get().content == b"new"
    world.say(b"newer", Freshness())
    asyncio.run(world.cache.anew.afetch_all([request(at=NOON)], seconds=5))
    assert world.get().content == b"newer"


def test_anew_asks_the_host_and_replaces_what_is_kept() -> None:
    world = World()
    world.say(b"old", ETAG)
    world.get()
    world.say(b"new", ETAG)
    (got,) = world.cache.anew.fetch_all([request()], seconds=5)
    assert isinstance(got, Fetched)
    assert got.content == b"new"
    assert not world.hosts.asked[1].known
    assert world.get().content == b"new"
    (got,) = asyncio.run(world.cache.anew.afetch_all([request()], seconds=5))
    assert world.asked == 3


def test_anew_does_not_join_what_began_earlier() -> None:
    world = World()
    world.hosts.opened.clear()
    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(world.get)
        until(lambda: world.asked == 1)
        late = pool.submit(world.cache.anew.fetch_all, [request()], seconds=5)
        until(lambda: world.asked == 2)
        world.hosts.opened.set()
        early.result(5)
        late.result(5)


# Together.


def test_threads_and_event_loops_that_want_the_same_ask_once() -> None:
    world = World()
    world.hosts.opened.clear()

    async def several() -> list[Sequence[Fetched | MedidError]]:
        asked = (world.cache.afetch_all([request()], seconds=5) for _ in range(100))
        return await asyncio.gather(*asked)

    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(world.ask) for _ in range(8)]
        loops = [pool.submit(asyncio.run, several()) for _ in range(2)]
        until(lambda: world.cache.counts().joined == 207)
        world.hosts.opened.set()
        got = [one.result(5) for one in waiting]
        got += [one for loop in loops for (one,) in loop.result(5)]
    assert len(got) == 208
    assert all(isinstance(one, Fetched) for one in got)
    assert world.asked == 1


def test_a_failure_is_shared_by_those_who_waited_for_it() -> None:
    world = World()
    world.hosts.opened.clear()
    world.fail(FetchFailed("down"))
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(world.ask) for _ in range(8)]
        until(lambda: world.cache.counts().joined == 7)
        world.hosts.opened.set()
        got = [one.result(5) for one in waiting]
    assert {type(one) for one in got} == {FetchFailed}
    assert len({id(one) for one in got}) == 8
    assert world.asked == 1


def test_who_leaves_takes_nothing_from_those_who_wait() -> None:
    world = World()
    world.hosts.opened.clear()

    async def leaving() -> Sequence[Fetched | MedidError]:
        first = asyncio.create_task(world.cache.afetch_all([request()], seconds=5))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(world.cache.afetch_all([request()], seconds=5))
        await asyncio.sleep(0.02)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        world.hosts.opened.set()
        return await second

    (got,) = asyncio.run(leaving())
    assert isinstance(got, Fetched)
    assert world.asked == 1


@pytest.mark.parametrize("how", ["thread", "loop"])
def test_a_waiter_whose_time_is_up_leaves(how: str) -> None:
    world = World()
    world.hosts.opened.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(world.get)
        until(lambda: world.asked == 1)
        start = time.monotonic()
        if how == "thread":
            got = world.ask(seconds=0.05)
        else:
            asked = world.cache.afetch_all([request()], seconds=0.05)
            (got,) = asyncio.run(asked)
        assert time.monotonic() - start < 2
        assert isinstance(got, FetchFailed)
        assert "in time" in got.message
        world.hosts.opened.set()
        first.result(5)
    assert isinstance(world.ask(), Fetched)
    assert world.asked == 1


def test_a_loop_that_is_closed_is_not_told_of_what_lands_later() -> None:
    world = World()
    world.hosts.opened.clear()
    asyncio.run(world.cache.afetch_all([request()], seconds=0.05))
    until(lambda: world.asked == 1)
    world.hosts.opened.set()
    until(lambda: isinstance(world.ask(seconds=1), Fetched))


def test_want_of_time_is_the_callers_own_and_not_shared_nor_kept() -> None:
    world = World()
    world.hosts.opened.clear()

    def hanging(asked: FetchRequest) -> Fetched | MedidError:
        if not world.hosts.opened.is_set():
            return FetchFailed("the host did not answer in time")
        return world.hosts.document(asked.url, b"{}")

    world.hosts.answer = hanging
    with ThreadPoolExecutor(2) as pool:
        hasty = pool.submit(world.ask, None, 0.1)
        until(lambda: world.asked == 1)
        patient = pool.submit(world.ask, None, 5)
        assert isinstance(hasty.result(5), FetchFailed)
        until(lambda: world.asked == 2)
        world.hosts.opened.set()
        assert isinstance(patient.result(5), Fetched)


def test_without_time_nobody_is_asked() -> None:
    world = World()
    for seconds in (0, -1):
        assert isinstance(world.ask(seconds=seconds), FetchFailed)
    assert world.asked == 0


def test_a_slow_host_holds_up_nobody_who_wants_something_else() -> None:
    world = World()
    slow = threading.Event()

    def said(asked: FetchRequest) -> Fetched:
        if "slow" in asked.url:
            slow.wait(5)
        return world.hosts.document(asked.url, b"{}")

    world.hosts.answer = said
    batch = [request("https://slow.example/"), request()]
    with ThreadPoolExecutor(1) as pool:
        both = pool.submit(world.cache.fetch_all, batch, seconds=5)
        until(lambda: world.asked == 2)
        world.get(seconds=2)
        assert not both.done()
        slow.set()
        assert all(isinstance(one, Fetched) for one in both.result(5))


def test_a_batch_runs_at_once_but_not_all_of_it_and_in_its_order() -> None:
    world = World()
    world.hosts.opened.clear()
    urls = [f"https://board.example/{number}" for number in range(20)]
    batch = [request(url) for url in urls]
    with ThreadPoolExecutor(1) as pool:
        all_ = pool.submit(world.cache.fetch_all, batch, seconds=5)
        until(lambda: world.asked == MAX_STARTED)
        time.sleep(0.02)
        assert world.asked == MAX_STARTED
        world.hosts.opened.set()
        got = all_.result(5)
    assert [one.url for one in got if isinstance(one, Fetched)] == urls


def test_one_thing_asked_for_twice_in_a_batch_is_fetched_once() -> None:
    world = World()
    got = world.cache.fetch_all([request(), request()], seconds=5)
    assert [type(one) for one in got] == [Fetched, Fetched]
    assert world.asked == 1


def test_what_was_fetched_meanwhile_is_not_fetched_again() -> None:
    world = World()
    other = request("https://board.example/2")

    def said(asked: FetchRequest) -> Fetched:
        if asked.url == other.url:
            world.get()
        return world.hosts.document(asked.url, b"{}")

    world.hosts.answer = said
    many = [request(f"https://board.example/x{number}") for number in range(7)]
    world.cache.fetch_all([other, *many, request()], seconds=5)
    assert sum(asked.url == URL for asked in world.hosts.asked) == 1


def test_a_flight_looks_again_before_it_asks() -> None:
    world = World()
    world.get()
    flight, new = world.cache.flight(request(), Deadline.after(5), anew=False)
    assert flight is not None
    assert new
    assert isinstance(flight.result(5).answer, Fetched)
    assert world.asked == 1


def test_too_many_fetches_at_once_are_refused_and_others_go_on() -> None:
    world = World()
    world.hosts.opened.clear()
    with ThreadPoolExecutor(flights.MAX_FLIGHTS) as pool:
        for number in range(flights.MAX_FLIGHTS):
            pool.submit(world.ask, request(f"https://board.example/{number}"))
        until(lambda: world.asked == flights.MAX_FLIGHTS)
        got = world.ask()
        assert isinstance(got, FetchFailed)
        assert "too many" in got.message
        assert isinstance(world.ask(request(at=NOON.plus(-3_600))), FetchFailed)
        joined = pool.submit(world.ask, request("https://board.example/1"))
        world.hosts.opened.set()
        assert isinstance(joined.result(5), Fetched)
    until(lambda: isinstance(world.ask(), Fetched))


def test_a_defect_of_the_fetcher_is_seen_and_leaves_nothing_behind() -> None:
    world = World()

    def broken(asked: FetchRequest) -> Fetched:
        raise RuntimeError

    world.hosts.answer = broken
    with pytest.raises(RuntimeError):
        world.ask()
    with pytest.raises(RuntimeError):
        asyncio.run(world.cache.afetch_all([request()], seconds=5))
    world.hosts.answer = None
    world.get()


# Bounds.


def test_what_does_not_fit_makes_room() -> None:
    world = World(max_bytes=20_000)
    world.say(b"x" * 900, Freshness())
    for number in range(100):
        world.get(request(f"https://board.example/{number}"))
    assert world.cache.counts().evictions == 90
    world.get(request("https://board.example/99"))
    assert world.asked == 100
    world.get(request("https://board.example/0"))
    assert world.asked == 101


def test_an_asynchronous_fetcher_is_refused_at_once() -> None:
    class Async:
        afetch_all = NoFetch.afetch_all

    with pytest.raises(ConfigurationError, match="fetch_all"):
        CachedFetch(Async())  # type: ignore[arg-type]


def test_counts_say_what_happened() -> None:
    world = World()
    world.get()
    world.get()
    asyncio.run(world.cache.afetch_all([request()], seconds=5))
    counts = world.cache.counts()
    assert (counts.hits, counts.misses, counts.store_faults) == (2, 1, 0)
    world.cache.fetch_all([request(), request("https://board.example/2")], seconds=5)
    counts = world.cache.counts()
    assert (counts.hits, counts.misses) == (3, 2)


# What processes share.


@pytest.fixture
def shared(tmp_path: Path) -> World:
    world = World()
    world.cache = world.another(store=SqliteStore(tmp_path / "c", clock=world.clock))
    return world


def sharing(world: World) -> CachedFetch:
    return world.another(store=world.cache._store)


def test_what_one_process_fetched_another_uses(shared: World) -> None:
    shared.say(b"{}", ETAG)
    first = shared.get()
    other = sharing(shared)
    shared.clock.move(9)
    (got,) = other.fetch_all([request()], seconds=5)
    assert got == first
    assert shared.asked == 1
    assert other.counts().shared_hits == 1
    shared.clock.move(1)
    other.fetch_all([request()], seconds=5)
    assert shared.hosts.asked[1].known == ETAG.validators


def test_two_processes_fetch_the_same_once(shared: World) -> None:
    shared.hosts.opened.clear()
    other = sharing(shared)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.get)
        until(lambda: shared.asked == 1)
        second = pool.submit(other.fetch_all, [request()], seconds=5)
        time.sleep(0.1)
        shared.hosts.opened.set()
        assert list(second.result(5)) == [first.result(5)]
    assert shared.asked == 1


def test_a_process_that_does_not_come_back_holds_others_up_for_half_their_time(
    shared: World,
) -> None:
    store = shared.cache._store
    assert store is not None
    assert store.claim(name_of(request()), seconds=100)
    start = time.monotonic()
    shared.get(seconds=2)
    assert 0.95 < time.monotonic() - start < 2


def test_a_failure_is_not_shared_and_frees_the_others(shared: World) -> None:
    shared.fail(FetchFailed("down"))
    shared.ask()
    shared.hosts.answer = None
    (got,) = sharing(shared).fetch_all([request()], seconds=5)
    assert isinstance(got, Fetched)


@pytest.mark.parametrize(
    "planted",
    [
        Fetched.of("https://evil.example/", b"[]", fetched_at=NOON),
        Fetched.of(URL, b"x" * 1_001, fetched_at=NOON),
        Fetched.of(URL, b"[]", fetched_at=NOON.plus(caching.MAX_AHEAD + 0.1)),
        Fetched.of(URL, b"[]", fetched_at=NOON.plus(-300)),
    ],
    ids=["of another URL", "too long", "of the future", "old"],
)
def test_what_another_left_is_used_only_where_it_fits(
    shared: World, planted: Fetched
) -> None:
    store = shared.cache._store
    assert store is not None
    store.put(name_of(request()), planted, seconds=100)
    assert shared.get().content == b"{}"
    assert shared.get().content == b"{}"
    assert shared.asked == 1


# Over TLS, from end to end.


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.mark.loopback
def test_a_host_is_asked_once_and_then_whether_it_has_changed(
    authority: Authority,
) -> None:
    clock = Clock()
    guarded = HttpsFetch(
        allow_loopback=True,
        ca_file=authority.file,
        resolver=lambda host, port: ["127.0.0.1"],
        clock=clock,
    )
    cache = CachedFetch(guarded, clock=clock)
    fields = ('ETag: "v1"', "Content-Type: application/did", "Cache-Control: max-age=9")

    def script(connection: object) -> None:
        known = b'If-None-Match: "v1"\r\n' in host.requests[-1]
        said = answer(
            b"" if known else document(host),
            status="304 Not Modified" if known else "200 OK",
            fields=fields,
        )
        connection.sendall(said)  # type: ignore[attr-defined]

    with listening(script, authority.server(HOST)) as host:
        did = f"did:web:{HOST}%3A{host.port}"
        found = [resolve(did, fetch=cache) for _ in range(5)]
        assert host.connections == 1
        clock.move(9)
        found += [resolve(did, fetch=cache) for _ in range(5)]
        assert host.connections == 2
    assert {str(one.id) for one in found} == {did}
    sealed = gather(Evidence(), lambda _: web.needs(found[0].id, Evidence()), cache)
    again = Evidence.from_json(sealed.as_json())
    assert again == sealed
    assert again.get(web.document_url(found[0].id)).fetched_at == NOON.plus(9)


def document(host: Host) -> bytes:
    key = PrivateKey.generate(KeyKind.ED25519).public_key
    did = web.create(HOST, port=host.port)
    named = web.NamedKey(fragment="k", key=key)
    return strict_json.dumps(web.document(did, [named])).encode()


def test_decisions_that_are_made_now_use_what_is_at_hand() -> None:
    site = AccessWorld()
    verifier = site.verifier()
    cache = CachedFetch(verifier.fetch, clock=lambda: AT)  # type: ignore[arg-type]
    asking = dataclasses.replace(verifier, fetch=cache, clock=lambda: AT)
    assert asking.decide(site.shown(), site.asks())
    asked = cache.counts().misses
    assert asked > 0
    assert asking.decide(site.shown(), site.asks())
    assert (cache.counts().misses, cache.counts().hits) == (asked, asked)


def test_a_suspension_counts_in_time_whatever_else_its_list_is_called() -> None:
    # Whoever consents may name the list of the board as a resource, which a cache keeps
    # for an hour, and is shown first.
    site = AccessWorld()
    now = [AT]
    cache = CachedFetch(site.net, clock=lambda: now[0])
    verifier = site.verifier(fetch=cache, clock=lambda: now[0])
    (answer,) = site.web.fetch_all([request(SUSPENSIONS)], seconds=1)
    assert isinstance(answer, Fetched)
    digest = base64.b64encode(bytes.fromhex(answer.digest)).decode()
    resource = {"id": SUSPENSIONS, "digestSRI": f"sha256-{digest}"}
    draft: dict[str, Any] = {**site.consent, "relatedResource": [resource]}
    del draft["proof"]
    consent = issue(draft, site.patient, at=START)

    def decided(challenge: str) -> Decision:
        shown = site.shown(consent, site.license, challenge=challenge, at=now[0])
        return verifier.decide(shown, site.asks(), challenge=challenge)

    assert decided("before")
    site.suspend(AT.plus(10))
    now[0] = site.web.at = AT.plus(71)
    after = decided("after")
    assert not after
    assert "CREDENTIAL_SUSPENDED" in {finding.code for finding in after.findings}


def test_a_version_that_was_approved_counts_although_older_proofs_are_kept() -> None:
    # The host has its log used for a minute, and says nothing about the proofs.
    first = logs.first("a", witness=logs.witnesses(1, "w"))
    second = logs.after(first, "a")
    did = logs.did_of([first])
    place = locate(did)
    now = [logs.LATER]
    files = {
        place.log_url: logs.lines([first]),
        place.witness_url: strict_json.dumps([logs.approval(first, "w")]).encode(),
    }
    kinds: list[str] = []

    class Site:
        def fetch_all(
            self, requests: Sequence[FetchRequest], *, seconds: float
        ) -> list[Fetched | MedidError]:
            kinds.extend(one.kind for one in requests)
            return [self._one(request.url) for request in requests]

        def _one(self, url: str) -> Fetched:
            seconds = 60 if url == place.log_url else None
            kept = Freshness(seconds=seconds)
            return Fetched.of(url, files[url], fetched_at=now[0], freshness=kept)

    cache = CachedFetch(Site(), clock=lambda: now[0])
    assert resolve(str(did), fetch=cache).id == did
    files[place.log_url] = logs.lines([first, second])
    approvals = [logs.approval(second, "w")]
    files[place.witness_url] = strict_json.dumps([*approvals]).encode()
    now[0] = logs.LATER.plus(61)
    assert resolve(str(did), fetch=cache).id == did
    assert kinds == ["did-document"] * 3 + ["witness-proofs"]
    assert resolve(str(did), fetch=cache).id == did
    assert kinds[4:] == ["did-document"]
    assert resolve(str(did), fetch=cache).id == did
    assert len(kinds) == 5


def test_proofs_that_were_taken_away_approve_nothing() -> None:
    first = logs.first("a", witness=logs.witnesses(1, "w"))
    did = logs.did_of([first])
    place = locate(did)
    old = Fetched.of(place.witness_url, b"[]", fetched_at=logs.LATER.plus(-1))
    log = Fetched.of(place.log_url, logs.lines([first]), fetched_at=logs.LATER)
    answers: list[Fetched | MedidError] = [log, old, NotFound("404")]

    class Site:
        def fetch_all(
            self, requests: Sequence[FetchRequest], *, seconds: float
        ) -> list[Fetched | MedidError]:
            return [answers.pop(0) for _ in requests]

    with pytest.raises(InvalidDidLog):
        resolve(str(did), fetch=Site())
    assert answers == []
