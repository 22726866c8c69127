"""A DID that is its own document, and one whose document is in the cache."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Final

from benchmarks.goals import at_most
from benchmarks.rounds import AbsentError, Here, Race
from medid import CachedFetch, KeyKind, PrivateKey, resolve, system_clock
from medid.core import json as strict_json
from medid.core.fetch import Fetched
from medid.dids.methods import key as did_key_method
from medid.dids.methods import web

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.goals import Report
    from medid.core.fetch import FetchRequest

MET: Final = "medid.resolve, did:key seen before"
NEW: Final = "medid.resolve, did:key never seen before"
DIDKIT: Final = "didkit.resolve_did"
# More than any cache of medid holds: each is forgotten when its turn comes again.
STRANGERS: Final = 8_192

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


def did_key(report: Report) -> None:
    """Resolve a did:key that was seen before, and one that never was."""
    dids = [
        str(did_key_method.create(PrivateKey.generate(KeyKind.ED25519).public_key))
        for _ in range(STRANGERS)
    ]
    race = Race("resolve a did:key of Ed25519")
    race.enter(MET, lambda: Here(partial(resolve, dids[0])))
    race.enter(NEW, lambda: Here(_each(cycle(dids))))
    race.enter(DIDKIT, lambda: Here(_peer(cycle(dids)), each=_TOGETHER))
    race.run()
    report.say(race.table())
    for who, name in ((MET, "seen before"), (NEW, "never seen, its point checked")):
        goal = at_most(12, f"a did:key {name}", unit="us")
        report.judge(goal, race.microseconds(who))


_TOGETHER: Final = 64  # what its event loop costs is shared out among so many


def _each(dids: cycle[str]) -> Callable[[], object]:
    return lambda: resolve(next(dids))


def _peer(dids: cycle[str]) -> Callable[[], object]:
    try:
        import didkit
    except ImportError:
        raise AbsentError("didkit is not installed") from None
    loop = asyncio.new_event_loop()

    async def some() -> None:
        for _ in range(_TOGETHER):
            await didkit.resolve_did(next(dids), "{}")

    return lambda: loop.run_until_complete(some())
