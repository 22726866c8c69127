"""What the commands fetch with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.cli import files
from medid.core.fetch import NoFetch

if TYPE_CHECKING:
    from medid.core.fetch import Fetch


def fetcher(
    *, offline: bool, cached: bool = False, archive: str | None = None
) -> Fetch:
    """What fetches, with a cache or without; or what fetches nothing.

    Of another time, the hosts of status lists are asked where the archive knows
    nothing.

    Args:
        offline: Whether no network may be asked.
        cached: Whether what came may be used again.
        archive: The file in which what comes is kept, and from which questions about
            other times are answered; ``None`` for none.

    Raises:
        ConfigurationError: The archive cannot be used.
    """
    fetch = _fetcher(offline=offline, cached=cached)
    if archive is not None:
        fetch = _archived(fetch, archive)
    if offline:
        return fetch
    from medid.adapters.historical import HistoricalFetch

    return HistoricalFetch(fetch)


def _archived(fetch: Fetch, archive: str) -> Fetch:
    from medid.adapters.archives import SqliteArchive
    from medid.core.archive import ArchivedFetch

    # Around the cache, which may learn from a host that a document has not changed:
    # that it was there at that time is worth keeping too.
    with files.argument("--archive"):
        return ArchivedFetch(fetch, SqliteArchive(archive))


def _fetcher(*, offline: bool, cached: bool) -> Fetch:
    if offline:
        return NoFetch()
    from medid.adapters.https import HttpsFetch

    if not cached:
        return HttpsFetch()
    from medid.adapters.cache import CachedFetch

    return CachedFetch(HttpsFetch())
