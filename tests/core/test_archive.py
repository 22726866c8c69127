"""Questions about other times are answered with what was seen then, or not at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medid.core.archive import MAX_GAP, ArchivedFetch, held_at
from medid.core.evidence import SEEN_LATER
from medid.core.fetch import Fetched, FetchRequest
from medid.core.instant import Instant
from medid.errors import (
    EvidenceUnavailable,
    FetchFailed,
    HistoryUnknown,
    MedidError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = Instant.parse("2026-06-15T12:00:00Z")
URL = "https://board.example/did.json"


def document(content: bytes, at: Instant) -> Fetched:
    return Fetched.of(URL, content, fetched_at=at)


def request(
    at: Instant | None = None, max_bytes: int = 100, *, tells_past: bool = False
) -> FetchRequest:
    return FetchRequest(
        url=URL, accept="x", max_bytes=max_bytes, at=at, tells_past=tells_past
    )


class Kept:
    """An archive in memory."""

    def __init__(self, *seen: Fetched, broken: bool = False) -> None:
        self.seen = list(seen)
        self.broken = broken

    def record(self, request: FetchRequest, fetched: Fetched) -> None:
        assert request.url == fetched.url
        if self.broken:
            raise EvidenceUnavailable("the archive cannot be used")
        self.seen.append(fetched)

    def find(self, request: FetchRequest, *, at: Instant) -> Fetched:
        assert request.url == URL
        before = [one for one in self.seen if one.fetched_at <= at]
        after = [one for one in self.seen if one.fetched_at > at]
        return held_at(
            before[-1] if before else None, after[0].digest if after else None, at=at
        )


class Host:
    """Answers every request, and counts."""

    def __init__(self, answer: Fetched | MedidError) -> None:
        self.answer = answer
        self.asked: list[FetchRequest] = []
        self.batches = 0

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        assert seconds == 1
        self.batches += 1
        self.asked += requests
        return [self.answer for _ in requests]

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        return self.fetch_all(requests, seconds=seconds)


def ask(host: Any, archive: Kept, *requests: FetchRequest) -> list[Any]:
    fetch = ArchivedFetch(host, archive, clock=lambda: NOW)
    found = list(fetch.fetch_all(requests, seconds=1))
    waited = asyncio.run(fetch.afetch_all(requests, seconds=1))
    assert [getattr(one, "digest", type(one)) for one in waited] == [
        getattr(one, "digest", type(one)) for one in found
    ]
    return found


def test_what_comes_is_recorded_and_answers_that_time_later() -> None:
    archive, host = Kept(), Host(document(b"a", NOW))
    (found,) = ask(host, archive, request())
    assert found == host.answer
    assert archive.seen == [host.answer, host.answer]

    later = ArchivedFetch(Host(FetchFailed("x")), archive, clock=lambda: NOW.plus(9e6))
    (then,) = later.fetch_all([request(NOW.plus(60))], seconds=1)
    assert then == host.answer


def test_the_present_is_asked_of_the_host_and_not_of_the_archive() -> None:
    """A list of an hour ago would hide a suspension of this minute."""
    archive = Kept(document(b"old", NOW.plus(-3_600)))
    host = Host(document(b"new", NOW))
    for at in (None, NOW, NOW.plus(-SEEN_LATER), NOW.plus(SEEN_LATER)):
        (found,) = ask(host, archive, request(at))
        assert found.content == b"new"


def test_another_time_never_reaches_the_host() -> None:
    archive = Kept(document(b"then", NOW.plus(-90_000)))
    host = Host(document(b"now", NOW))
    then = request(NOW.plus(-SEEN_LATER - 80_000))
    found = ask(host, archive, then, request(), then)

    assert [one.content for one in found] == [b"then", b"now", b"then"]
    assert [one.at for one in host.asked] == [None, None]


def test_where_all_is_about_other_times_the_host_is_not_asked() -> None:
    host = Host(document(b"now", NOW))
    (found,) = ask(host, Kept(), request(NOW.plus(-SEEN_LATER - 1)))
    assert type(found) is HistoryUnknown
    assert host.batches == 0


def test_what_tells_of_the_past_itself_is_asked_of_its_host() -> None:
    then = NOW.plus(-80_000)
    archive = Kept(document(b"old", then))
    asked = request(then, tells_past=True)
    assert ask(Host(document(b"new", NOW)), archive, asked)[0].content == b"new"
    down = Host(FetchFailed("down"))
    assert ask(down, Kept(document(b"old", then)), asked)[0].content == b"old"


def test_what_was_seen_never_takes_the_place_of_a_log_of_now() -> None:
    archive = Kept(document(b"old", NOW.plus(-3_600)))
    for at in (None, NOW, NOW.plus(-SEEN_LATER)):
        asked = request(at, tells_past=True)
        (found,) = ask(Host(FetchFailed("down")), archive, asked)
        assert type(found) is FetchFailed
    long_before = request(NOW.plus(-90_000), tells_past=True)
    (found,) = ask(Host(FetchFailed("down")), archive, long_before)
    assert type(found) is FetchFailed


def test_nobody_knows_what_will_be_published() -> None:
    archive = Kept(document(b"then", NOW))
    (found,) = ask(Host(FetchFailed("x")), archive, request(NOW.plus(SEEN_LATER + 1)))
    assert type(found) is HistoryUnknown
    assert "has not come" in found.message


def test_an_error_is_no_document_and_is_not_kept() -> None:
    archive = Kept()
    (found,) = ask(Host(FetchFailed("down")), archive, request())
    assert type(found) is FetchFailed
    assert archive.seen == []


def test_what_could_not_be_recorded_is_not_relied_on() -> None:
    (found,) = ask(Host(document(b"a", NOW)), Kept(broken=True), request())
    assert type(found) is EvidenceUnavailable


def test_what_is_larger_than_may_be_read_is_not_given() -> None:
    archive = Kept(document(b"abc", NOW.plus(-1_000)))
    then = NOW.plus(-900)
    host = Host(FetchFailed("x"))
    (small,) = ask(host, archive, request(then, max_bytes=2))
    (exact,) = ask(host, archive, request(then, max_bytes=3))
    assert type(small) is HistoryUnknown
    assert exact.content == b"abc"


def test_a_lost_answer_stands_for_no_other() -> None:
    class Short(Host):
        def fetch_all(
            self, requests: Sequence[FetchRequest], *, seconds: float
        ) -> Sequence[Fetched | MedidError]:
            return super().fetch_all(requests, seconds=seconds)[1:]

    archive = Kept()
    found = ask(Short(document(b"a", NOW)), archive, request(), request())
    assert [type(one) for one in found] == [FetchFailed, FetchFailed]
    assert archive.seen == []


def test_nothing_seen_before_tells_nothing() -> None:
    with pytest.raises(HistoryUnknown, match="at or before"):
        held_at(None, "d", at=NOW)


@example(age=MAX_GAP, same=False)
@example(age=MAX_GAP + 1, same=False)
@given(age=st.integers(0, 3 * MAX_GAP), same=st.booleans())
def test_an_old_observation_counts_only_where_nothing_changed_since(
    age: int, same: bool
) -> None:
    before = document(b"a", NOW.plus(-age))
    after = before.digest if same else document(b"b", NOW).digest
    if age <= MAX_GAP or same:
        assert held_at(before, after, at=NOW) == before
    else:
        with pytest.raises(HistoryUnknown, match="near enough"):
            held_at(before, after, at=NOW)
    if age > MAX_GAP:
        with pytest.raises(HistoryUnknown):
            held_at(before, None, at=NOW)
