"""A DID whose document is in the cache: what is left is to find it and to use it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.goals import at_most
from benchmarks.rounds import Here, Race
from medid import CachedFetch, KeyKind, PrivateKey, resolve, system_clock
from medid.core import json as strict_json
from medid.core.fetch import Fetched
from medid.dids.methods import web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.goals import Report
    from medid.core.fetch import FetchRequest

CACHED: Final = "medid.resolve, did:web in the cache"
ASKED: Final = "medid.resolve, did:web without a cache, no network"


class Board:
    """A host that answers at once: what is measured is not the network."""

    def __init__(self) -> None:
        """Publish a document of one key."""
        self.did = web.create("board.example")
        key = PrivateKey.generate(KeyKind.ED25519).public_key
        document = web.document(self.did, [web.NamedKey(fragment="k", key=key)])
        self._content = strict_json.dumps(document).encode()

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched]:
        """The document, whatever is asked for."""
        del seconds
        return [
            Fetched.of(one.url, self._content, fetched_at=system_clock())
            for one in requests
        ]


def did_web(report: Report) -> None:
    """Resolve a did:web from a cache, and from a host that takes no time."""
    board = Board()
    did, cache = str(board.did), CachedFetch(board)
    race = Race("resolve a did:web")
    race.enter(CACHED, lambda: Here(partial(resolve, did, fetch=cache)))
    race.enter(ASKED, lambda: Here(partial(resolve, did, fetch=board)))
    race.run()
    report.say(race.table())
    goal = at_most(20, "a cached did:web resolution", unit="us")
    report.judge(goal, race.microseconds(CACHED))
