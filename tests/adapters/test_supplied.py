"""Documents that whoever deploys a verifier hands in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from medid.adapters.supplied import SuppliedFetch
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched, FetchRequest
from medid.core.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.errors import MedidError

AT = Instant.parse("2026-06-15T12:00:00Z")
HERE = Fetched.of("https://a.example/here", b"here", fetched_at=AT)
SUPPLIED = Evidence().with_answers([(HERE.url, HERE)])


class Echo:
    """Answers each request with its own URL, or loses the answers."""

    def __init__(self, *, loses: bool = False) -> None:
        self.asked: list[list[str]] = []
        self.loses = loses

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        assert seconds > 0
        self.asked.append([one.url for one in requests])
        if self.loses:
            return []
        return [
            Fetched.of(one.url, one.url.encode(), fetched_at=AT) for one in requests
        ]

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        return self.fetch_all(requests, seconds=seconds)


def requests(*urls: str) -> list[FetchRequest]:
    return [FetchRequest(url=url, accept="*/*", max_bytes=100) for url in urls]


def contents(answers: Sequence[Fetched | MedidError]) -> list[bytes]:
    return [one.content for one in answers if isinstance(one, Fetched)]


def test_what_was_handed_in_is_not_fetched_and_keeps_its_place() -> None:
    echo = Echo()
    fetch = SuppliedFetch(echo, SUPPLIED)
    asked = requests("https://b.example/", HERE.url, "https://c.example/")
    expected = [b"https://b.example/", b"here", b"https://c.example/"]
    assert contents(fetch.fetch_all(asked, seconds=1)) == expected
    found = asyncio.run(fetch.afetch_all(asked, seconds=1))
    assert contents(found) == expected
    assert echo.asked == [["https://b.example/", "https://c.example/"]] * 2
    assert contents(fetch.fetch_all(requests(HERE.url), seconds=1)) == [b"here"]
    assert contents(asyncio.run(fetch.afetch_all(requests(HERE.url), seconds=1)))
    assert len(echo.asked) == 2


def test_a_lost_answer_is_not_made_up() -> None:
    fetch = SuppliedFetch(Echo(loses=True), SUPPLIED)
    answers = fetch.fetch_all(requests("https://b.example/", HERE.url), seconds=1)
    assert len(answers) == 1
