"""A cache before a fetcher: what was fetched is used again, for a short time.

For each request, in this order:

1. One as of another time than the present, or by way of ``anew``, goes to the fetcher.
   The present is what whoever asks took for it, up to minutes ago: the document that is
   at hand tells of that as well as one that is fetched now.
2. An answer at hand that is young enough is the answer. How young is young enough the
   policy says, by kind of document; a host can only ask for less.
3. Where somebody is fetching the same document, the caller waits for that.
4. Else the shared store is asked, if there is one, and then the host: whether the
   document at hand has changed, where the host gave something to tell it by.

A document says when it was fetched, or when its host last confirmed it, and never a
later time: whoever judges how old a status list is judges by that. A host that cannot
be reached leaves no old answer in its place. Failures are kept for seconds, so that a
host that is down is not asked a hundred times, and are failures to everybody.

The name of an answer is the whole URL, the media types, the size asked for, and the
question that is sent, if one is.

Spec: https://www.rfc-editor.org/rfc/rfc9111
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from medid.adapters.cache_memory import MAX_KEPT, MAX_KEPT_BYTES, Entry, Kept
from medid.adapters.cache_policy import CacheCounts, CachePolicy
from medid.adapters.cache_trip import Trip, again
from medid.adapters.exchange import Busy, Deadline, NotModified
from medid.adapters.flights import Answered, Flight, Flights
from medid.core.arguments import checked_arguments
from medid.core.evidence import SEEN_LATER
from medid.core.fetch import NO_VALIDATORS, Fetched, Freshness
from medid.core.instant import stopwatch, system_clock
from medid.core.records import replace
from medid.errors import FetchBlocked, FetchFailed, MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.adapters.cache_store import Store
    from medid.core.fetch import Fetch, FetchRequest
    from medid.core.instant import Clock

MAX_AHEAD: Final = 1.0  # seconds that the clocks of those who share a store may differ
CLAIM_SECONDS: Final = 5.0  # for which one process keeps others from fetching the same
POLL_SECONDS: Final = 0.05  # between two looks at what another process fetches

_Start: TypeAlias = "partial[Trip]"

_NO_COUNTS: Final = CacheCounts(
    hits=0,
    negative_hits=0,
    shared_hits=0,
    misses=0,
    validated=0,
    joined=0,
    evictions=0,
    store_faults=0,
)


class CachedFetch:
    """A ``Fetch`` and ``AsyncFetch`` that asks another, and remembers its answers.

    Safe to share between threads and event loops, whose requests join each other.
    """

    @checked_arguments
    def __init__(
        self,
        fetch: Fetch,
        *,
        store: Store | None = None,
        policy: CachePolicy | None = None,
        clock: Clock = system_clock,
        max_bytes: int = MAX_KEPT_BYTES,
    ) -> None:
        """Stand before ``fetch``; nothing is asked yet.

        Args:
            fetch: Asks the hosts. It has to be safe to share between threads.
            store: What is shared with other processes; by default, nothing.
            policy: How long an answer may be used; by default, minutes.
            clock: Says how old an answer is, by the clock that dated it.
            max_bytes: Bytes of answers that are held in this process.

        Raises:
            ConfigurationError: ``fetch`` serves asynchronous callers only, or there is
                no room for anything.
        """
        self._fetch = fetch
        self._store = store
        self._policy = policy if policy is not None else CachePolicy()
        self._clock = clock
        self._kept = Kept(max_bytes=max_bytes, max_entries=MAX_KEPT)
        self._flights = Flights()
        self._counter: Counter[str] = Counter()
        self._lock = threading.Lock()

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Answered]:
        """One answer for each request, in their order, within ``seconds`` in all."""
        requests = self.of_now(requests)
        held = [self._held(request) for request in requests]
        if all(held):
            return cast("list[Answered]", held)
        deadline = Deadline.after(seconds)
        return _wait(partial(Trip, self, requests, deadline, held=held))

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Answered]:
        """As ``fetch_all``, without blocking an event loop."""
        requests = self.of_now(requests)
        held = [self._held(request) for request in requests]
        if all(held):
            return cast("list[Answered]", held)
        deadline = Deadline.after(seconds)
        return await _await(partial(Trip, self, requests, deadline, held=held))

    @property
    def anew(self) -> Anew:
        """This cache for callers who want what the host says now, and nothing older."""
        return Anew(self)

    def counts(self) -> CacheCounts:
        """What was counted so far."""
        with self._lock:
            counted = dict(self._counter)
        faults = self._store.faults if self._store is not None else 0
        return replace(
            _NO_COUNTS, evictions=self._kept.evicted, store_faults=faults, **counted
        )

    # What a trip asks of its cache.

    def of_now(self, requests: Sequence[FetchRequest]) -> Sequence[FetchRequest]:
        """``requests``, of which those as of the present name no time any more."""
        for request in requests:
            if request.at is not None:
                break
        else:
            return requests
        now = self._clock()
        return [
            replace(request, at=None)
            if request.at is not None and abs(now.since(request.at)) <= SEEN_LATER
            else request
            for request in requests
        ]

    def held(self, request: FetchRequest) -> Answered | None:
        """The answer at hand to ``request``, if one is and is young enough."""
        return self._held(request)

    def flight(
        self, request: FetchRequest, deadline: Deadline, *, anew: bool
    ) -> tuple[Flight | None, bool]:
        """The flight that brings the answer to ``request``, and whether it is new."""
        if request.at is not None:
            return self._flights.start_alone(
                partial(self._ask, request, deadline)
            ), True
        if anew:
            work = partial(self._ask_anew, request, deadline)
            return self._flights.start_alone(work), True
        name = name_of(request)
        flight, new = self._flights.start(
            name, partial(self._bring, name, request, deadline), deadline
        )
        if not new and flight is not None:
            self._count("joined")
        return flight, new

    def _held(self, request: FetchRequest) -> Answered | None:
        if request.at is not None:
            return None
        name = name_of(request)
        entry = self._kept.get(name)
        if entry is None:
            return None
        age = self._clock().since(entry.at)
        if age < -MAX_AHEAD:
            # The clock was set back: how old this is, is not known any more.
            self._kept.drop(name)
            return None
        return self._used(entry.answer, age, request.kind)

    def _used(self, answer: Answered, age: float, kind: str) -> Answered | None:
        if isinstance(answer, MedidError):
            if age >= self._policy.negative:
                return None
            self._count("negative_hits")
            return again(answer)
        if age >= self._policy.lifetime(kind, answer.freshness):
            return None
        self._count("hits")
        return answer

    # What a flight does.

    def _bring(self, name: str, request: FetchRequest, deadline: Deadline) -> Answered:
        try:
            # Another flight may have landed since the caller looked.
            found = self._held(request) or self._shared(name, request, deadline)
            return found or self._ask_host(name, request, deadline)
        finally:
            if self._store is not None:
                self._store.release(name)

    def _ask_host(
        self, name: str, request: FetchRequest, deadline: Deadline
    ) -> Answered:
        entry = self._kept.get(name)
        known = entry.answer if entry is not None else None
        validators = NO_VALIDATORS
        if isinstance(known, Fetched):
            validators = known.freshness.validators
        answer = self._ask(replace(request, known=validators), deadline)
        if isinstance(answer, NotModified) and isinstance(known, Fetched):
            self._count("validated")
            answer = replace(
                known,
                fetched_at=self._clock(),
                freshness=_renewed(known.freshness, answer.freshness),
            )
        self._keep(name, request, answer, deadline)
        return answer

    def _ask_anew(self, request: FetchRequest, deadline: Deadline) -> Answered:
        answer = self._ask(request, deadline)
        self._keep(name_of(request), request, answer, deadline)
        return answer

    def _ask(self, request: FetchRequest, deadline: Deadline) -> Answered:
        self._count("misses")
        left = max(0.0, deadline.moment - stopwatch())
        answers = self._fetch.fetch_all([request], seconds=left)
        if len(answers) != 1:
            return FetchFailed("the fetch adapter lost an answer")
        return answers[0]

    def _keep(
        self, name: str, request: FetchRequest, answer: Answered, deadline: Deadline
    ) -> None:
        if isinstance(answer, Fetched):
            self._keep_document(name, request, answer)
        elif isinstance(answer, (FetchFailed, FetchBlocked)) and not (
            # Who found no room, or whose time was up, has not learnt anything about
            # the host.
            isinstance(answer, Busy) or stopwatch() >= deadline.moment
        ):
            self._kept.put(name, Entry(answer, self._clock()))

    def _keep_document(
        self, name: str, request: FetchRequest, document: Fetched
    ) -> None:
        seconds = self._policy.keeping(request.kind, document.freshness)
        if not document.freshness.store or seconds <= 0:
            self._kept.drop(name)
            return
        self._kept.put(name, Entry(document, document.fetched_at))
        if self._store is not None:
            self._store.put(name, document, seconds=seconds)

    # What is shared with other processes.

    def _shared(
        self, name: str, request: FetchRequest, deadline: Deadline
    ) -> Answered | None:
        """What another process fetched; else ``None``, and this one is to fetch it."""
        if self._store is None:
            return None
        self._adopt(self._store, name, request)
        enough = stopwatch() + (deadline.moment - stopwatch()) / 2
        while (found := self._held(request)) is None:
            claimed = self._store.claim(name, seconds=CLAIM_SECONDS)
            # Whoever had the claim before may have left something behind.
            self._adopt(self._store, name, request)
            if claimed or stopwatch() >= enough:
                found = self._held(request)
                break
            threading.Event().wait(POLL_SECONDS)
        if found is not None:
            self._count("shared_hits")
        return found

    def _adopt(self, store: Store, name: str, request: FetchRequest) -> None:
        found = store.get(name)
        if found is None or found.url != request.url:
            return
        if len(found.content) <= request.max_bytes:
            self._kept.put(name, Entry(found, found.fetched_at))

    def _count(self, name: str) -> None:
        with self._lock:
            self._counter[name] += 1


class Anew:
    """A cache that asks its fetcher each time, and remembers what it answered.

    It joins no fetch that is under way: that one may have begun too early.
    """

    def __init__(self, cache: CachedFetch) -> None:
        self._cache = cache

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Answered]:
        """One answer for each request, in their order, within ``seconds`` in all."""
        deadline, wanted = Deadline.after(seconds), self._cache.of_now(requests)
        return _wait(partial(Trip, self._cache, wanted, deadline, held=None))

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Answered]:
        """As ``fetch_all``, without blocking an event loop."""
        deadline, wanted = Deadline.after(seconds), self._cache.of_now(requests)
        return await _await(partial(Trip, self._cache, wanted, deadline, held=None))


def name_of(request: FetchRequest) -> str:
    """The name of the answer to ``request``: all that it depends on."""
    accept, sent = request.accept, request.body
    asked = "" if sent is None else f"{hashlib.sha256(sent).hexdigest()} "
    return f"{request.max_bytes} {asked}{len(accept)} {accept} {request.url}"


def _renewed(before: Freshness, now: Freshness) -> Freshness:
    """What a host says of a document that has not changed, RFC 9111 section 4.3.4."""
    return Freshness(
        seconds=before.seconds if now.seconds is None else now.seconds,
        store=now.store,
        validators=now.validators or before.validators,
    )


def _wait(start: _Start) -> list[Answered]:
    landed: SimpleQueue[int] = SimpleQueue()
    trip = start(tell=landed.put)
    with suppress(Empty):
        while trip.waiting:
            trip.land(landed.get(timeout=trip.seconds_left()))
    return trip.answers()


async def _await(start: _Start) -> list[Answered]:
    loop, landed = asyncio.get_running_loop(), asyncio.Queue[int]()

    def tell(index: int) -> None:
        # A loop that was closed in the meantime has nobody left to tell.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(landed.put_nowait, index)

    trip = start(tell=tell)
    with suppress(TimeoutError):
        while trip.waiting:
            async with asyncio.timeout(trip.seconds_left()):
                index = await landed.get()
            trip.land(index)
    return trip.answers()
