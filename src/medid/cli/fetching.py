"""What the commands fetch with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.cli import files
from medid.core.fetch import NoFetch

if TYPE_CHECKING:
    from medid.core.fetch import Fetch


def fetcher(
    *, offline: bool, chosen: str | None = None, cached: bool | None = None
) -> Fetch:
    """The guarded fetcher, with a cache or without, or the one that fetches nothing.

    Args:
        offline: Fetch nothing; the settings are read all the same, and have to be good.
        chosen: The file of ``--fetch-with``; ``None`` fetches public https alone.
        cached: Whether there is a cache; ``None``: where the settings name one that is
            shared, because one that is not would end with the command.

    Raises:
        ConfigurationError: The settings cannot be read or used.
        EvidenceUnavailable: The file of the cache cannot be made.
        MissingExtra: The cache is in Redis, and redis is not installed.
    """
    if chosen is None:
        return NoFetch() if offline else _plain(cached=bool(cached))
    from medid.adapters.fetch_settings import FetchSettings

    settings = FetchSettings.from_file(chosen)
    if offline:
        return NoFetch()
    shared = settings.store is not None if cached is None else cached
    return settings.followed(settings.cached() if shared else settings.fetch())


def _plain(*, cached: bool) -> Fetch:
    from medid.adapters.https import HttpsFetch

    if not cached:
        return HttpsFetch()
    from medid.adapters.cache import CachedFetch

    return CachedFetch(HttpsFetch())


def with_history(fetch: Fetch, *, offline: bool, archive: str | None) -> Fetch:
    """``fetch``, for questions about other times as well.

    Of another time, the hosts of status lists are asked where the archive knows
    nothing.

    Args:
        fetch: What fetches, with a cache or without.
        offline: Whether no network may be asked.
        archive: The file in which what comes is kept, and from which questions about
            other times are answered; ``None`` for none.

    Raises:
        ConfigurationError: The archive cannot be used.
    """
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
