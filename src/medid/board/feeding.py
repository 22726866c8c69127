"""The board's side of its change feed: what to add to it, and when to sign it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.board import feed, heads
from medid.board.acts import as_bytes
from medid.board.feed import Entry, Page
from medid.board.heads import Head
from medid.core.records import replace
from medid.errors import FeedAltered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from medid.board.acts import Issuing
    from medid.core.instant import Instant
    from medid.verifying.verifier import Verifier


class Feeding:
    """The feed of a board as it is published, to be brought up to date."""

    def __init__(
        self,
        board: str,
        site: str,
        *,
        verifier: Verifier,
        at: Instant,
    ) -> None:
        """Begin with a feed that has nothing yet.

        Args:
            board: The board's DID.
            site: Its URL.
            verifier: Knows the keys of the head that is published.
            at: The present.
        """
        self._series = feed.series(board, site)
        self._verifier = verifier
        self._at = at
        self._head = feed.beginning(board)
        self._page: Page | None = None
        self._lists: Mapping[str, str] = {}

    def read(self, signed: bytes, published: Callable[[str], bytes | None]) -> None:
        """Take what is published.

        Args:
            signed: Its head.
            published: What the site has under a path.

        Raises:
            FeedAltered: A page is not there, or does not lead to the head.
            MedidError: The head is not verified, or a page is damaged.
        """
        head = heads.read(signed, self._series, self._verifier, at=self._at)
        found = {}
        for number in feed.pages_between(None, head):
            content = published(feed.path_of(number))
            if content is None:
                message = "a page of the published feed is missing"
                fix = "put the folder feed back, or remove all of it to begin anew"
                raise FeedAltered(message, path="$.feed", fix=fix)
            found[number] = feed.read_page(content)
            self._page = found[number]
        entries = feed.follow(self._series.board, None, head, found)
        self._head, self._lists = head, feed.lists_after({}, entries)

    def add(self, lists: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
        """Name those of ``lists``, by path, that the feed does not have as they are.

        Returns:
            The page to publish, with its path; nothing where all are named.
        """
        digests = {path: feed.digest(content) for path, content in lists.items()}
        changed = {
            path: digest
            for path, digest in digests.items()
            if self._lists.get(path) != digest
        }
        if not changed:
            return
        sequence = self._head.sequence + 1
        named = digests if feed.begins_page(sequence) else changed
        entry = Entry(sequence=sequence, at=self._at, lists=named)
        page = self._page_with(entry)
        self._head = Head(sequence=sequence, hash=feed.link(self._head.hash, entry))
        yield feed.path_of(feed.page_of(sequence)), page.content()

    def _page_with(self, entry: Entry) -> Page:
        page = self._page
        if page is None or feed.begins_page(entry.sequence):
            page = Page(before=self._head.hash, start=entry.sequence)
        # What a publication that was cut short has left behind the head is not kept.
        kept = page.entries[: entry.sequence - page.start]
        return replace(page, entries=(*kept, entry))

    def is_due(self, seconds: float) -> bool:
        """Whether the head is to be signed: it is another one, or so old."""
        since = self._head.since
        return since is None or self._at.since(since) >= seconds

    def sign(self, issuing: Issuing) -> bytes:
        """The head as it is to be published.

        Raises:
            ConfigurationError: The key cannot sign it.
            SignerError: The key store refused.
        """
        return as_bytes(heads.sign(self._series, self._head, issuing, at=self._at))
