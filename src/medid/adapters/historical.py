"""A fetch that asks the hosts of status lists what a list said at another time.

Both kinds of status lists have a query parameter for that, which a host may or may not
understand: ``timestamp`` of a Bitstring Status List, ``time`` of a Token Status List. A
host that ignores it answers with the list of today, so that what comes has to show by
its own validity that it is of then: ``medid.verifying`` asks for that.

The host learns about which time somebody asks.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-8.4
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from medid.core.evidence import SEEN_LATER
from medid.core.fetch import Fetched
from medid.core.instant import stopwatch, system_clock
from medid.core.records import replace
from medid.errors import HistoryUnknown, MedidError
from medid.status.list_token import TOKEN_MEDIA_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.fetch import AsyncFetch, Fetch, FetchRequest
    from medid.core.instant import Clock, Instant

_KIND: Final = "status-list"
_SECOND: Final = 1_000_000_000  # nanoseconds


class HistoricalFetch:
    """Another fetch, and status lists of other times from those who publish them.

    What the other fetch knows of that time comes first: an archive, for example. Only
    where it knows nothing is the list's host asked. Everything else is left alone.

    Args:
        fetch: Where everything comes from.
        clock: Tells the past from now.
    """

    def __init__(
        self, fetch: Fetch | AsyncFetch, *, clock: Clock = system_clock
    ) -> None:
        self._fetch: Final = fetch
        self._clock: Final = clock

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As of the other fetch, lists of then in place of what tells nothing of it."""
        fetch: Fetch = self._fetch  # type: ignore[assignment]
        started = stopwatch()
        first = fetch.fetch_all(requests, seconds=seconds)
        dated = self._dated(requests, first)
        if not dated:
            return first
        left = max(0.0, seconds - (stopwatch() - started))
        found = fetch.fetch_all([*dated.values()], seconds=left)
        return _joined(requests, first, [*dated], found)

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``fetch_all``, without blocking an event loop."""
        fetch: AsyncFetch = self._fetch  # type: ignore[assignment]
        started = stopwatch()
        first = await fetch.afetch_all(requests, seconds=seconds)
        dated = self._dated(requests, first)
        if not dated:
            return first
        left = max(0.0, seconds - (stopwatch() - started))
        found = await fetch.afetch_all([*dated.values()], seconds=left)
        return _joined(requests, first, [*dated], found)

    def _dated(
        self,
        requests: Sequence[FetchRequest],
        answers: Sequence[Fetched | MedidError],
    ) -> dict[int, FetchRequest]:
        """What to ask the hosts of lists of which nothing is known, by their places."""
        before = self._clock().plus(-SEEN_LATER)
        # A fetch that loses an answer is noticed where its answers are taken.
        pairs = enumerate(zip(requests, answers, strict=False))
        return {
            place: _about(request, request.at)
            for place, (request, answer) in pairs
            if request.kind == _KIND
            and request.at is not None
            and request.at < before
            and _says_nothing(answer, request.at)
        }


def _says_nothing(answer: Fetched | MedidError, at: Instant) -> bool:
    if isinstance(answer, MedidError):
        return isinstance(answer, HistoryUnknown)
    return answer.fetched_at > at.plus(SEEN_LATER)


def _about(request: FetchRequest, at: Instant) -> FetchRequest:
    """The request for the list as it was ``at``, in the words of its specification."""
    if request.accept == TOKEN_MEDIA_TYPES:
        query = {"time": str(at.nanoseconds // _SECOND)}
    else:
        query = {"timestamp": str(at)}
    mark = "&" if "?" in request.url else "?"
    # Asked now: what its host says about then is an answer of the present.
    return replace(request, url=f"{request.url}{mark}{urlencode(query)}", at=None)


def _joined(
    requests: Sequence[FetchRequest],
    first: Sequence[Fetched | MedidError],
    places: Sequence[int],
    found: Sequence[Fetched | MedidError],
) -> list[Fetched | MedidError]:
    """The first answers, and what came of then in the places of those without."""
    answers = list(first)
    if len(found) != len(places):
        return answers  # whose list each is cannot be told
    for place, answer in zip(places, found, strict=True):
        request = requests[place]
        # Where nothing came, nothing is known, as before.
        if isinstance(answer, Fetched):
            answers[place] = replace(answer, url=request.url, as_of=request.at)
    return answers
