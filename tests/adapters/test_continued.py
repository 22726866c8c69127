"""Logs of did:webvh that do not continue what was seen (N-vh-truncate, N-vh-fork)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.continued import MAX_WAITING, ContinuedFetch
from medid.core.fetch import Fetched, FetchRequest
from medid.core.json import dumps
from medid.dids.webvh.location import locate
from medid.dids.webvh.seen import MemorySeenVersions, Seen
from medid.errors import (
    DidDeactivated,
    DidLogAltered,
    EvidenceUnavailable,
    FetchFailed,
    InvalidDidLog,
    MedidError,
)
from medid.verifying.resolving import resolve
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject

FIRST = logs.first("a")
ENTRIES = [FIRST, logs.after(FIRST, "a")]
ENTRIES.append(logs.after(ENTRIES[1], "a"))
DID = logs.did_of(ENTRIES)
PLACE = locate(DID)


class Server:
    """A web server whose files change."""

    def __init__(self, **files: bytes) -> None:
        self.files = dict(files)
        self.requests: list[FetchRequest] = []

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        assert seconds > 0
        self.requests += requests
        return [self._one(request.url) for request in requests]

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        return self.fetch_all(requests, seconds=seconds)

    def _one(self, url: str) -> Fetched | MedidError:
        if url in self.files:
            return Fetched.of(url, self.files[url], fetched_at=logs.LATER)
        return FetchFailed("not there")


def serving(entries: Sequence[JsonObject], *approvals: JsonObject) -> Server:
    server = Server()
    place = locate(logs.did_of(entries))
    server.files[place.log_url] = logs.lines(entries)
    if approvals:
        server.files[place.witness_url] = dumps([*approvals]).encode()
    return server


def continued(server: Server, store: Any) -> ContinuedFetch:
    return ContinuedFetch(server, store, clock=lambda: logs.LATER)


def seen(number: int) -> Seen:
    entry = ENTRIES[number - 1]
    return Seen(number=number, entry_hash=str(entry["versionId"])[2:])


def test_a_log_that_grows_goes_on_and_one_that_shrinks_does_not() -> None:
    store = MemorySeenVersions()
    for count in (1, 2, 3, 3):
        fetch = continued(serving(ENTRIES[:count]), store)
        assert resolve(str(DID), fetch=fetch).id == DID
        assert store.newest(PLACE.scid) == seen(count)
    with pytest.raises(DidLogAltered):
        resolve(str(DID), fetch=continued(serving(ENTRIES[:2]), store))
    fork = [*ENTRIES[:2], logs.after(ENTRIES[1], "a", ttl=0)]
    with pytest.raises(DidLogAltered):
        resolve(str(DID), fetch=continued(serving(fork), store))
    assert store.newest(PLACE.scid) == seen(3)


def test_the_past_is_as_long_as_it_was() -> None:
    store = MemorySeenVersions()
    store.note(PLACE.scid, seen(3))
    fetch = continued(serving(ENTRIES[:1]), store)
    then = logs.LATER.plus(-3_600)
    assert resolve(str(DID), fetch=fetch, at=then).id == DID
    with pytest.raises(DidLogAltered):
        resolve(str(DID), fetch=fetch, at=logs.LATER)


def test_waiting_for_answers_blocks_no_event_loop() -> None:
    store = MemorySeenVersions()
    store.note(PLACE.scid, seen(3))
    request = FetchRequest(url=PLACE.log_url, accept="*/*", max_bytes=10**6)
    fetch = continued(serving(ENTRIES[:2]), store)
    (answer,) = asyncio.run(fetch.afetch_all([request], seconds=1))
    assert isinstance(answer, DidLogAltered)


APPROVED = [logs.first("a", witness=logs.witnesses(1, "w"))]
APPROVED.append(logs.after(APPROVED[0], "a"))


def test_what_nobody_witnessed_is_not_noted() -> None:
    store = MemorySeenVersions()
    did = logs.did_of(APPROVED)
    scid = locate(did).scid
    first = logs.approval(APPROVED[0], "w")
    fetch = continued(serving(APPROVED, first), store)
    with pytest.raises(InvalidDidLog):
        resolve(str(did), fetch=fetch)
    assert store.newest(scid) is None
    both = continued(serving(APPROVED, logs.approval(APPROVED[1], "w")), store)
    assert resolve(str(did), fetch=both).id == did
    newest = store.newest(scid)
    assert newest is not None
    assert newest.number == 2
    # Shorter shows before any witness is heard.
    server = serving(APPROVED[:1], first)
    with pytest.raises(DidLogAltered):
        resolve(str(did), fetch=continued(server, store))
    log = FetchRequest(url=locate(did).log_url, accept="*/*", max_bytes=10**6)
    (answer,) = continued(server, store).fetch_all([log], seconds=1)
    assert isinstance(answer, DidLogAltered)


def test_proofs_that_are_not_there_approve_nothing() -> None:
    store = MemorySeenVersions()
    did = logs.did_of(APPROVED)
    with pytest.raises(MedidError):
        resolve(str(did), fetch=continued(serving(APPROVED), store))
    assert store.newest(locate(did).scid) is None


def test_proofs_without_their_log_say_nothing() -> None:
    server = serving(APPROVED, logs.approval(APPROVED[0], "w"))
    place = locate(logs.did_of(APPROVED))
    request = FetchRequest(url=place.witness_url, accept="*/*", max_bytes=10**6)
    fetch = continued(server, MemorySeenVersions())
    (answer,) = fetch.fetch_all([request], seconds=1)
    assert isinstance(answer, Fetched)


class Broken:
    """A store that cannot be used."""

    def newest(self, _scid: str) -> Seen | None:
        raise EvidenceUnavailable("the store is gone")

    def note(self, _scid: str, _seen: Seen) -> None:
        raise EvidenceUnavailable("the store is gone")


def test_without_what_is_remembered_nothing_is_known() -> None:
    for entries in (ENTRIES, APPROVED):
        did = logs.did_of(entries)
        server = serving(entries, logs.approval(entries[-1], "w"))
        with pytest.raises(EvidenceUnavailable, match="the store is gone"):
            resolve(str(did), fetch=continued(server, Broken()))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"state": {"id": "did:webvh:x"}}', b'{"state": 1}'],
)
def test_what_is_no_log_is_left_to_the_resolution(content: bytes) -> None:
    server = Server()
    server.files[PLACE.log_url] = content
    with pytest.raises(MedidError) as refused:
        resolve(str(DID), fetch=continued(server, MemorySeenVersions()))
    assert not isinstance(refused.value, DidLogAltered)


def test_a_log_of_another_place_is_not_noted() -> None:
    server = Server()
    url = PLACE.log_url.replace("board", "other")
    server.files[url] = logs.lines(ENTRIES)
    store = MemorySeenVersions()
    request = FetchRequest(url=url, accept="*/*", max_bytes=10**6)
    (answer,) = continued(server, store).fetch_all([request], seconds=1)
    assert isinstance(answer, Fetched)
    assert store.newest(PLACE.scid) is None


def moved_log(**parameters: Any) -> list[JsonObject]:
    """A DID that moves from ``board.example`` and is then given up."""
    one = logs.first("a", portable=True, **parameters)
    before = str(logs.did_of([one]))
    after = before.replace("board", "new")
    document: JsonObject = {**logs.state(after), "alsoKnownAs": [before]}
    two = logs.after(one, "a", document=document)
    return [one, two, logs.after(two, "a", deactivated=True)]


def test_a_log_that_moved_goes_on_where_it_was() -> None:
    # N-vh-truncate: what came after the move is not undone under the name before it.
    entries = moved_log()
    did = logs.did_of(entries[:1])
    place = locate(did)
    store = MemorySeenVersions()

    def ask(count: int) -> Fetched | MedidError:
        server = Server()
        server.files[place.log_url] = logs.lines(entries[:count])
        request = FetchRequest(url=place.log_url, accept="*/*", max_bytes=10**6)
        (answer,) = continued(server, store).fetch_all([request], seconds=1)
        return answer

    for count in (1, 2, 3, 3):
        assert isinstance(ask(count), Fetched)
        noted = store.newest(place.scid)
        assert noted is not None
        assert noted.number == count
    assert isinstance(ask(2), DidLogAltered)
    assert isinstance(ask(1), DidLogAltered)


def test_the_witnesses_of_a_log_that_moved_are_heard_where_it_was() -> None:
    entries = moved_log(witness=logs.witnesses(1, "w"))
    did = logs.did_of(entries[:1])
    place = locate(did)
    server, store = Server(), MemorySeenVersions()
    server.files[place.log_url] = logs.lines(entries)
    approvals = dumps([logs.approval(entries[-1], "w")]).encode()
    server.files[place.witness_url] = approvals
    with pytest.raises(DidDeactivated):
        resolve(str(did), fetch=continued(server, store))
    noted = store.newest(place.scid)
    assert noted is not None
    assert noted.number == 3


def test_few_logs_wait_for_their_witnesses() -> None:
    store = MemorySeenVersions()
    server, places = Server(), []
    for number in range(MAX_WAITING + 1):
        name = f"did:webvh:{{SCID}}:b{number}.example"
        entry = logs.first(
            "a", document=logs.state(name), witness=logs.witnesses(1, "w")
        )
        place = locate(logs.did_of([entry]))
        places.append(place)
        server.files[place.log_url] = logs.lines([entry])
        approvals = dumps([logs.approval(entry, "w")]).encode()
        server.files[place.witness_url] = approvals
    fetch = continued(server, store)

    def ask(urls: list[str]) -> None:
        requests = [
            FetchRequest(url=url, accept="*/*", max_bytes=10**6) for url in urls
        ]
        fetch.fetch_all(requests, seconds=1)

    ask([place.log_url for place in places])
    ask([place.witness_url for place in places])
    assert store.newest(places[0].scid) is None
    assert store.newest(places[1].scid) is not None
    assert store.newest(places[-1].scid) is not None
