"""A fetch that follows the change feeds of boards, and gives no list that was replaced.

For status lists of a board whose feed is followed, as they are now:

1. The feed is read. Its head is verified where it is another one than before, and the
   pages that lead to it have to continue what was read.
2. Where the head was signed longer ago than the feed's maximum age, nothing is known of
   the present: each of the board's lists is ``FeedSilent``. A host that keeps showing
   an old head gains nothing by it.
3. The lists are asked for. One that is neither what the feed names nor signed later
   than the head was replaced: it is asked for anew, past every cache. Where the host
   shows an old one all the same, that is ``FetchFailed``.

Everything else is left to the other fetch. Before a cache, which keeps the head for a
second, feeds are read once a second, however many ask, and never while nobody does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from medid.adapters.cache import CachedFetch
from medid.adapters.cache_trip import again
from medid.adapters.feed_following import MAX_AHEAD, Documents, Follower, Proof
from medid.core.evidence import SEEN_LATER
from medid.core.fetch import Fetched
from medid.core.instant import stopwatch, system_clock
from medid.errors import ConfigurationError, FetchFailed, MedidError
from medid.verifying.judging import Expectations
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from medid.adapters.feed_settings import Feed
    from medid.core.fetch import AsyncFetch, Fetch, FetchRequest
    from medid.core.instant import Clock

MAX_FEEDS: Final = 64  # a hospital relies on a handful of boards

_LIST: Final = "status-list"
_Answers: TypeAlias = "list[Fetched | MedidError]"
_Steps: TypeAlias = "Generator[Documents | Proof, Any, _Given]"
_Given = TypeVar("_Given")


class FollowedFetch:
    """Another fetch, behind the change feeds of boards.

    Safe to share between threads and event loops, as far as the other fetch is.
    """

    def __init__(
        self,
        fetch: Fetch | AsyncFetch,
        feeds: Sequence[Feed],
        *,
        clock: Clock = system_clock,
    ) -> None:
        """Stand before ``fetch``; nothing is asked yet.

        Args:
            fetch: Where everything comes from, the keys of the boards as well.
            feeds: Those that are followed.
            clock: Says how old a head is.

        Raises:
            ConfigurationError: There are too many, or two of one site.
        """
        if len(feeds) > MAX_FEEDS:
            message = f"at most {MAX_FEEDS} feeds are followed"
            raise ConfigurationError(message, path="$.feeds")
        if len({one.site for one in feeds}) < len(feeds):
            message = "two feeds are of one site"
            raise ConfigurationError(message, path="$.feeds")
        self._fetch: Final = fetch
        self._followers: Final = tuple(Follower(one) for one in feeds)
        self._clock: Final = clock
        self._driver: Final = Driver(fetch)

    @property
    def cache(self) -> CachedFetch | None:
        """The cache behind it, if there is one."""
        return self._fetch if isinstance(self._fetch, CachedFetch) else None

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As of the other fetch, lists that were replaced refused."""
        return self._driver.run(self._steps(requests), seconds=seconds)

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``fetch_all``, without blocking an event loop while it waits."""
        return await self._driver.arun(self._steps(requests), seconds=seconds)

    def _steps(self, requests: Sequence[FetchRequest]) -> _Steps[_Answers]:
        followed = self._followed(requests)
        refused: dict[Follower, MedidError] = {}
        for one in dict.fromkeys(follower for follower, _ in followed.values()):
            try:
                yield from one.read(self._clock)
            except MedidError as error:
                refused[one] = error
        asked = [
            place
            for place in range(len(requests))
            if place not in followed or followed[place][0] not in refused
        ]
        found = yield from _asked(requests, asked)
        old = [
            place
            for place in asked
            if place in followed and not _is_shown(followed[place], found[place])
        ]
        anew = yield from _asked(requests, old, anew=True)
        found |= {place: _shown(followed[place], anew[place]) for place in old}
        return [
            found[place] if place in found else again(refused[followed[place][0]])
            for place in range(len(requests))
        ]

    def _followed(
        self, requests: Sequence[FetchRequest]
    ) -> dict[int, tuple[Follower, str]]:
        """The requests for lists of a feed as they are now, and who follows it."""
        before = self._clock().plus(-SEEN_LATER)
        found = {}
        for place, request in enumerate(requests):
            if request.kind != _LIST or (
                request.at is not None and request.at < before
            ):
                continue
            for one in self._followers:
                path = one.path_of(request.url)
                if path is not None:
                    found[place] = (one, path)
        return found


def _asked(
    requests: Sequence[FetchRequest], places: Sequence[int], *, anew: bool = False
) -> _Steps[dict[int, Fetched | MedidError]]:
    """The answers to the requests at ``places``, by place."""
    if not places:
        return {}
    answers = yield Documents([requests[place] for place in places], anew=anew)
    return dict(zip(places, answers, strict=True))


def _is_shown(followed: tuple[Follower, str], answer: Fetched | MedidError) -> bool:
    """Whether ``answer`` needs no other one: it is the list, or there is none."""
    follower, path = followed
    return not isinstance(answer, Fetched) or follower.shows(path, answer)


def _shown(
    followed: tuple[Follower, str], answer: Fetched | MedidError
) -> Fetched | MedidError:
    if _is_shown(followed, answer):
        return answer
    message = "the host shows an older status list than its board's feed names"
    return FetchFailed(message, fix="try again; the board has to publish its lists")


class Driver:
    """Runs what asks by yielding, for either kind of caller, on one fetch."""

    def __init__(self, fetch: Fetch | AsyncFetch) -> None:
        self._fetch: Final = fetch
        self._anew: Final = fetch.anew if isinstance(fetch, CachedFetch) else fetch
        expect = Expectations(skew=MAX_AHEAD)
        self._verifier: Final = Verifier(fetch=fetch, expect=expect)

    def run(self, steps: _Steps[_Given], *, seconds: float) -> _Given:
        """What ``steps`` gives in the end, all fetches within ``seconds``."""
        end = stopwatch() + seconds
        sent: Any = None
        try:
            while True:
                step = steps.send(sent)
                if isinstance(step, Proof):
                    sent = self._verifier.verify(step.content, at=step.at)
                else:
                    fetch: Any = self._anew if step.anew else self._fetch
                    left = max(0.0, end - stopwatch())
                    sent = _all(step, fetch.fetch_all(step.requests, seconds=left))
        except StopIteration as stopped:
            given: _Given = stopped.value
            return given

    async def arun(self, steps: _Steps[_Given], *, seconds: float) -> _Given:
        """As ``run``, without blocking an event loop while it waits."""
        end = stopwatch() + seconds
        sent: Any = None
        try:
            while True:
                step = steps.send(sent)
                if isinstance(step, Proof):
                    sent = await self._verifier.averify(step.content, at=step.at)
                else:
                    fetch: Any = self._anew if step.anew else self._fetch
                    left = max(0.0, end - stopwatch())
                    answers = await fetch.afetch_all(step.requests, seconds=left)
                    sent = _all(step, answers)
        except StopIteration as stopped:
            given: _Given = stopped.value
            return given


def _all(
    step: Documents, answers: Sequence[Fetched | MedidError]
) -> Sequence[Fetched | MedidError]:
    if len(answers) == len(step.requests):
        return answers
    # A fetch that answers too little must not shift answers to other URLs.
    return [FetchFailed("the fetch adapter lost an answer") for _ in step.requests]
