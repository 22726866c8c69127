"""``medid board feed``: what a board's change feed says, read and verified."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medid.cli import files
from medid.cli.board_given import AsJson, Board
from medid.cli.options import Documents, FetchWith
from medid.cli.output import complain, printable, say, show_json
from medid.core.fetch import Fetched
from medid.core.instant import stopwatch, system_clock
from medid.errors import ConfigurationError, FetchFailed, MedidError, Unchecked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.adapters.feed_following import Follower
    from medid.board.feed import Entry
    from medid.core.fetch import Fetch, FetchRequest
    from medid.core.json import JsonValue

MAX_FOLLOW: Final = 86_400  # seconds; whoever follows for longer begins again
_SECONDS: Final = 30.0  # for one reading, of 256 pages at most
_AGE: Final = 60.0  # seconds, as for a verifier that follows a feed


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("feed")(feed)


def feed(
    site: Annotated[
        str, typer.Argument(metavar="SITE", help="The https URL of the board's site.")
    ],
    board: Board,
    folder: Annotated[
        str | None, typer.Option(help="Read the site's files here; fetch only others.")
    ] = None,
    cursor: Annotated[
        str | None,
        typer.Option(help="Read on from here; else the last page of the feed."),
    ] = None,
    max_age: Annotated[
        float, typer.Option(help="Seconds since the head was signed, at most.")
    ] = _AGE,
    follow: Annotated[
        float,
        typer.Option(min=0, max=MAX_FOLLOW, help="Go on for so many seconds."),
    ] = 0,
    every: Annotated[
        float, typer.Option(min=0.1, help="Seconds between two looks of --follow.")
    ] = 1,
    document: Documents = [],  # noqa: B006 - typer copies it
    fetch_with: FetchWith = None,
    as_json: AsJson = False,
) -> None:
    """Print which status lists of a board were signed anew since a cursor, and when.

    The head of the feed is verified, and every entry has to lead to it. What is printed
    last is the cursor to read on from.

    Exit codes: 0 read, 1 refused, 2 wrong call, 3 the feed is silent or out of reach.

    Example:
        medid board feed https://board.example --board did:web:board.example
    """
    from medid.adapters.feed_following import Follower
    from medid.adapters.feed_settings import Feed
    from medid.adapters.feeds import Driver
    from medid.board.feed import MAX_PAGES, read_cursor

    with files.argument("--cursor"):
        start = None if cursor is None else read_cursor(cursor)
    followed = Feed(board=board, site=site, max_age=max_age)
    follower = Follower(followed, cursor=start, max_pages=MAX_PAGES)
    driver = Driver(_source(site, folder, document, fetch_with))

    def once() -> tuple[Entry, ...]:
        return driver.run(follower.read(system_clock), seconds=_SECONDS)

    _tell(follower, once(), as_json=as_json)
    again(once, follower, follow=follow, every=every, as_json=as_json)


def again(
    once: Callable[[], tuple[Entry, ...]],
    follower: Follower,
    *,
    follow: float,
    every: float,
    as_json: bool,
) -> None:
    """Read and tell what is new, for ``follow`` seconds.

    While the feed is silent or out of reach that is told, and it goes on.

    Raises:
        Unchecked: It was so at the end.
        MedidError: What came was refused, which ends it.
    """
    end, wait = stopwatch() + follow, threading.Event().wait
    failed: Unchecked | None = None
    while (left := end - stopwatch()) > 0:
        wait(min(every, left))
        try:
            entries = once()
        except Unchecked as error:
            if failed is None or failed.code != error.code:
                complain(error, as_json=as_json)
            failed = error
            continue
        failed = None
        if entries:
            _tell(follower, entries, as_json=as_json)
    if failed is not None:
        raise failed


def _tell(follower: Follower, entries: Sequence[Entry], *, as_json: bool) -> None:
    from medid.board.feed import cursor_text

    head = follower.head
    if as_json:
        told: list[JsonValue] = [
            {"sequence": one.sequence, **one.as_json()} for one in entries
        ]
        show_json(
            {
                "board": follower.feed.board,
                "site": follower.feed.site,
                "signed": str(head.since),
                "entries": told,
                "cursor": cursor_text(head),
            }
        )
        return
    for one in entries:
        say(printable(f"{one.at} {one.sequence}: {', '.join(sorted(one.lists))}"))
    say(f"cursor: {cursor_text(head)}")


def _source(
    site: str, folder: str | None, documents: Sequence[str], fetch_with: str | None
) -> Fetch:
    """Where the feed, and the keys of the board, come from."""
    from medid.adapters.supplied import SuppliedFetch
    from medid.cli.fetching import fetcher

    fetch = fetcher(offline=folder is not None, chosen=fetch_with, cached=False)
    if folder is not None:
        fetch = FolderFetch(fetch, site, Path(folder))
    return SuppliedFetch(fetch, files.evidence(list(documents), system_clock()))


class FolderFetch:
    """Another fetch, and a site's files from the folder that holds them."""

    def __init__(self, fetch: Fetch, site: str, folder: Path) -> None:
        self._fetch: Final = fetch
        self._start: Final = f"{site}/"
        self._folder: Final = folder

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """One answer for each request: from the folder, or as of the other fetch."""
        return [
            self._read(one)
            if one.url.startswith(self._start)
            else self._fetch.fetch_all([one], seconds=seconds)[0]
            for one in requests
        ]

    def _read(self, request: FetchRequest) -> Fetched | MedidError:
        path = request.url.removeprefix(self._start)
        if ".." in path.split("/"):
            return FetchFailed("no file of the folder")
        try:
            content = files.read(str(self._folder / path), limit=request.max_bytes)
        except ConfigurationError as error:
            return FetchFailed(error.message, fix="name the folder of the site")
        return Fetched.of(request.url, content, fetched_at=system_clock())
