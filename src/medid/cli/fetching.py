"""What the commands fetch with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.fetch import NoFetch

if TYPE_CHECKING:
    from medid.core.fetch import Fetch


def fetcher(*, offline: bool, cached: bool = False) -> Fetch:
    """The guarded fetcher, with a cache or without, or the one that fetches nothing."""
    if offline:
        return NoFetch()
    from medid.adapters.https import HttpsFetch

    if not cached:
        return HttpsFetch()
    from medid.adapters.cache import CachedFetch

    return CachedFetch(HttpsFetch())
