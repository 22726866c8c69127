"""What was published when: the Archive port, and a Fetch that answers from it.

A did:web document and a status list say what holds now. Whether a key was the board's
in March, only somebody can tell who looked in March. An archive keeps what each fetch
brought, and a question about another time is answered with what was seen then, or not
at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from medid.core.evidence import SEEN_LATER
from medid.core.instant import Clock, system_clock
from medid.errors import FetchFailed, HistoryUnknown, MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.fetch import AsyncFetch, Fetch, Fetched, FetchRequest
    from medid.core.instant import Instant

# A document counts until somebody looked again, and at most for so long: as a verifier
# relies on a status list.
MAX_GAP: Final = 86_400  # seconds


class Archive(Protocol):
    """Keeps what was seen, and never changes it."""

    def record(self, request: FetchRequest, fetched: Fetched) -> None:
        """Keep ``fetched`` as what ``request`` was answered with at its time.

        Raises:
            EvidenceUnavailable: The archive cannot be used.
        """

    def find(self, request: FetchRequest, *, at: Instant) -> Fetched:
        """What was published at ``at``, as far as anybody who looked can tell.

        Raises:
            HistoryUnknown: Nobody looked near enough to that time.
            EvidenceUnavailable: The archive cannot be used.
        """


def held_at(
    before: Fetched | None,
    after_digest: str | None,
    *,
    at: Instant,
    max_gap_seconds: float = MAX_GAP,
) -> Fetched:
    """The observation ``before``, where it tells what was published at ``at``.

    Args:
        before: The last one at ``at`` or before; ``None`` where there is none.
        after_digest: The digest of the first one afterwards, if there is one.
        at: The time asked about.
        max_gap_seconds: How old an observation may be that no later one confirms.

    Raises:
        HistoryUnknown: It is too old, and was not found unchanged afterwards.
    """
    if before is None:
        raise HistoryUnknown("nothing was seen of this document at or before that time")
    recent = at.since(before.fetched_at) <= max_gap_seconds
    if not recent and before.digest != after_digest:
        message = "this document was not seen near enough to the time asked about"
        raise HistoryUnknown(message)
    return before


class ArchivedFetch:
    """A Fetch and AsyncFetch that keeps what comes, and answers other times from it.

    Questions about the present go to the inner fetch, and what comes is recorded
    before it is given: nothing is relied on that could not be shown again. An archive
    never answers them, because what was seen an hour ago does not say that a license
    is not suspended now.

    A document that tells of the past itself, such as the log of a did:webvh, is asked
    of the inner fetch whatever the time: nobody has to have looked before. Where it
    does not come, what was seen then takes its place.
    """

    def __init__(
        self,
        fetch: Fetch | AsyncFetch,
        archive: Archive,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._fetch = fetch
        self._archive = archive
        self._clock = clock

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """One answer for each request, in their order."""
        past, present = self._split(requests)
        answers: Sequence[Fetched | MedidError] = ()
        if present:
            fetch: Fetch = self._fetch  # type: ignore[assignment]
            answers = fetch.fetch_all(present, seconds=seconds)
        return _joined(past, self._recorded(present, answers))

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``fetch_all``; the archive is read and written in the calling thread."""
        past, present = self._split(requests)
        answers: Sequence[Fetched | MedidError] = ()
        if present:
            fetch: AsyncFetch = self._fetch  # type: ignore[assignment]
            answers = await fetch.afetch_all(present, seconds=seconds)
        return _joined(past, self._recorded(present, answers))

    def _split(
        self, requests: Sequence[FetchRequest]
    ) -> tuple[list[Fetched | MedidError | None], list[FetchRequest]]:
        """The answers about other times, and the requests about the present."""
        now = self._clock()
        past = [self._of_then(request, now) for request in requests]
        present = [
            one for one, found in zip(requests, past, strict=True) if found is None
        ]
        return past, present

    def _of_then(
        self, request: FetchRequest, now: Instant
    ) -> Fetched | MedidError | None:
        at = request.at
        if at is None or abs(now.since(at)) <= SEEN_LATER:
            return None
        if at > now:
            return HistoryUnknown("the time asked about has not come")
        # What tells of the past itself tells most of it today.
        return None if request.tells_past else self._seen(request, at)

    def _seen(self, request: FetchRequest, at: Instant) -> Fetched | MedidError:
        try:
            found = self._archive.find(request, at=at)
        except MedidError as error:
            return error
        if len(found.content) > request.max_bytes:
            return HistoryUnknown("what was seen then is larger than may be read")
        return found

    def _recorded(
        self,
        requests: Sequence[FetchRequest],
        answers: Sequence[Fetched | MedidError],
    ) -> list[Fetched | MedidError]:
        if len(answers) != len(requests):
            lost = FetchFailed("the fetch adapter lost an answer")
            return [lost for _ in requests]
        return [
            self._kept(request, answer)
            for request, answer in zip(requests, answers, strict=True)
        ]

    def _kept(
        self, request: FetchRequest, answer: Fetched | MedidError
    ) -> Fetched | MedidError:
        # An error is no document: that a host was down says nothing about its keys.
        if isinstance(answer, MedidError):
            return self._instead(request, answer)
        try:
            self._archive.record(request, answer)
        except MedidError as error:
            return error
        return answer

    def _instead(
        self, request: FetchRequest, error: MedidError
    ) -> Fetched | MedidError:
        """What was seen then of a log that its host does not give any more."""
        at = request.at
        if at is None or not request.tells_past:
            return error
        if self._clock().since(at) <= SEEN_LATER:
            return error  # the archive never answers for the present
        found = self._seen(request, at)
        return error if isinstance(found, MedidError) else found


def _joined(
    past: Sequence[Fetched | MedidError | None],
    present: Sequence[Fetched | MedidError],
) -> list[Fetched | MedidError]:
    fresh = iter(present)
    return [next(fresh) if found is None else found for found in past]
