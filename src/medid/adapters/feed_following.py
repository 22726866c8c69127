"""Whoever follows the change feed of one board: what was read of it, and what is next.

Written once for threads and event loops: ``read`` asks for documents and for a
verification by yielding, and whoever drives it sends the answers in. What was read is
one immutable value, which a reading replaces when it has arrived at the head.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from medid.adapters.urls import parse
from medid.board import feed as feeds
from medid.board import heads
from medid.board.lists import BOTH
from medid.core.fetch import Fetched, FetchRequest
from medid.errors import (
    FeedSilent,
    FetchBlocked,
    FetchFailed,
    MalformedValue,
    MedidError,
    TooLarge,
)
from medid.status.check import LIST_MEDIA_TYPES
from medid.status.list_token import read_token
from medid.verifying.opening import open_document

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from medid.adapters.feed_settings import Feed
    from medid.board.feed import Entry
    from medid.board.heads import Head
    from medid.core.instant import Clock, Instant

# A head is new every few seconds: one from a clock that goes a little ahead would be
# refused again and again.
MAX_AHEAD: Final = 2.0  # seconds
#: Pages that are read while somebody waits for a decision: 512 changes.
MAX_STEP: Final = 8

_KIND_HEAD: Final = "feed-head"
_KIND_PAGE: Final = "feed-page"


@dataclass(frozen=True, slots=True)
class Documents:
    """Asks for documents; the answers come in their order."""

    requests: Sequence[FetchRequest]
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """Asks for the verification of a document."""

    content: bytes
    at: Instant


# What a reading asks for is answered with a list of documents, or a verification.
Reading: TypeAlias = "Generator[Documents | Proof, Any, tuple[Entry, ...]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was read of a feed, up to a head."""

    signed: str  # the digest of the signed head
    head: Head
    since: Instant
    lists: Mapping[str, str]


class Follower:
    """Follows one feed. Safe to share between threads."""

    def __init__(
        self, feed: Feed, *, cursor: Head | None = None, max_pages: int = MAX_STEP
    ) -> None:
        """Begin.

        Args:
            feed: Which one.
            cursor: Up to where it was read before; what comes has to continue that.
            max_pages: How many pages are read in one go.
        """
        self.feed: Final = feed
        self._cursor: Final = cursor
        self._max_pages: Final = max_pages
        self._series: Final = feeds.series(feed.board, feed.site)
        self._below: Final = parse(f"{feed.site}/", allow_localhost=True)
        self._read: _Read | None = None
        self._lock = threading.Lock()

    def path_of(self, url: str) -> str | None:
        """Where the list at ``url`` is below the site; ``None`` where it is none."""
        try:
            place = parse(url, allow_localhost=True)
        except FetchBlocked:
            return None
        # A host has many spellings, and the board's lists are the same in each.
        below = self._below
        if (place.host, place.port) != (below.host, below.port):
            return None
        start, _, path = place.target.partition(below.target)
        return path if not start and feeds.is_list(path) else None

    @property
    def head(self) -> Head:
        """Up to where the feed was read; its beginning where it was not yet."""
        if self._read is not None:
            return self._read.head
        return self._cursor or feeds.beginning(self.feed.board)

    def read(self, clock: Clock) -> Reading:
        """Read what is new, and return if the feed tells of the present.

        Returns:
            The new entries.

        Raises:
            FeedSilent: The head was signed longer ago than the maximum age, or later
                than now.
            FeedAltered: What comes does not continue what was read before.
            FetchFailed: The head could not be fetched, and none was before.
            MedidError: What comes is not verified, or is no feed.
        """
        (answer,) = yield Documents([self._request(feeds.HEAD, _KIND_HEAD)])
        before = self._read
        entries: tuple[Entry, ...] = ()
        if isinstance(answer, Fetched):
            if before is None or before.signed != answer.digest:
                entries = yield from self._take(answer, before, clock)
        elif before is None or not isinstance(answer, FetchFailed):
            # What was read before counts for its time also while the host is down.
            raise answer
        self._check_age(clock)
        return entries

    def _check_age(self, clock: Clock) -> None:
        read = self._read
        age = None if read is None else clock().since(read.since)
        # One from later than now was read before the clock was set back: how old it
        # is, is not known any more.
        if age is None or not -MAX_AHEAD <= age <= self.feed.max_age:
            message = "the head of the board's feed does not tell of the present"
            raise FeedSilent(message)

    def _take(self, answer: Fetched, before: _Read | None, clock: Clock) -> Reading:
        verification = yield Proof(answer.content, clock())
        head = heads.stated(answer.content, self._series, verification)
        since = head.since
        if since is None:
            message = "the head of a feed says when it was signed"
            raise MalformedValue(message, path="$.head.validFrom")
        if before is not None and since < before.since:
            return ()  # an older copy adds nothing, and makes nothing younger
        cursor, numbers = self._way(before, head)
        pages = yield from self._pages(numbers)
        entries = feeds.follow(self.feed.board, cursor, head, pages)
        lists = feeds.lists_after({} if before is None else before.lists, entries)
        self._keep(_Read(signed=answer.digest, head=head, since=since, lists=lists))
        return entries

    def _way(self, before: _Read | None, head: Head) -> tuple[Head | None, range]:
        """From where to read to ``head``, and by which pages."""
        cursor = self._cursor if before is None else before.head
        numbers = feeds.pages_between(cursor, head)
        if len(numbers) <= self._max_pages:
            return cursor, numbers
        if before is None:
            message = f"more than {self._max_pages} pages of the feed are new"
            fix = "leave the cursor out, to begin with the last page"
            raise TooLarge(message, path="$.feed", fix=fix)
        # Whoever was away for so long begins anew: all lists are on the last page.
        return None, feeds.pages_between(None, head)

    def _pages(
        self, numbers: range
    ) -> Generator[Documents | Proof, Any, dict[int, feeds.Page]]:
        pages = {}
        for start in range(0, len(numbers), MAX_STEP):
            step = numbers[start : start + MAX_STEP]
            paths = [feeds.path_of(number) for number in step]
            found = yield Documents([self._request(one, _KIND_PAGE) for one in paths])
            for number, answer in zip(step, found, strict=True):
                if not isinstance(answer, Fetched):
                    raise answer
                pages[number] = feeds.read_page(answer.content)
        return pages

    def _keep(self, read: _Read) -> None:
        with self._lock:
            # Another thread may have read further in the meantime.
            if self._read is None or self._read.since <= read.since:
                self._read = read

    def _request(self, path: str, kind: str) -> FetchRequest:
        page = kind == _KIND_PAGE
        return FetchRequest(
            url=f"{self.feed.site}/{path}",
            accept="application/json" if page else LIST_MEDIA_TYPES,
            max_bytes=feeds.MAX_PAGE if page else feeds.MAX_HEAD,
            kind=kind,
        )

    def shows(self, path: str, document: Fetched) -> bool:
        """Whether ``document`` is the list at ``path``, or one that is newer.

        What the feed does not name is newer only where it was signed after the head:
        a board adds to its feed before it signs that. Whether it was signed at all is
        for whoever verifies the list.
        """
        read = self._read
        if read is not None and read.lists.get(path) == document.digest:
            return True
        signed = _signed(path, document.content)
        return read is not None and signed is not None and signed > read.since


def _signed(path: str, content: bytes) -> Instant | None:
    """When a list says that it was signed; ``None`` where it does not."""
    try:
        if path.endswith(f"/{BOTH}"):
            return read_token(content).validity.start
        credential = open_document(content).credential
    except MedidError:
        return None
    return None if credential is None else credential.validity.start
