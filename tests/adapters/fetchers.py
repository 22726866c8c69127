"""A fetcher that does as the test says, and a clock that is set by hand."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from medid.core.fetch import UNSTATED, Fetched, FetchRequest, Freshness
from medid.core.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.errors import MedidError

NOON = Instant.parse("2026-06-01T12:00:00Z")
URL = "https://board.example/did.json"

Said: TypeAlias = "Fetched | MedidError"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: Instant = NOON

    def __call__(self) -> Instant:
        return self.now

    def move(self, seconds: float) -> None:
        self.now = self.now.plus(seconds)


@dataclass
class Hosts:
    """A ``Fetch`` whose answer to a request a function gives; it keeps what was asked.

    ``opened`` lets answers go; until then they wait, for as long as there is time.
    """

    clock: Clock
    answer: Callable[[FetchRequest], Said] | None = None
    asked: list[FetchRequest] = field(default_factory=list)
    opened: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.opened.set()

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Said]:
        self.asked += requests
        self.opened.wait(seconds)
        return [self.said(request) for request in requests]

    def said(self, request: FetchRequest) -> Said:
        if self.answer is not None:
            return self.answer(request)
        return self.document(request.url, b"{}")

    def document(
        self, url: str, content: bytes, freshness: Freshness = UNSTATED
    ) -> Fetched:
        return Fetched.of(url, content, fetched_at=self.clock(), freshness=freshness)


def request(
    url: str = URL,
    *,
    kind: str = "did-document",
    accept: str = "application/did",
    max_bytes: int = 1_000,
    at: Instant | None = None,
) -> FetchRequest:
    return FetchRequest(url=url, accept=accept, max_bytes=max_bytes, kind=kind, at=at)


def until(true: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until it is so, and fail where it does not become so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)
