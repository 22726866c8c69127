"""A server in this process, and what its callers need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from medid.core.fetch import Fetched
from medid.errors import EvidenceUnavailable
from medid.server import Settings, Token, Tokens, app
from medid.server.tokens import Operation
from tests.verifying.world import BOARD, NOW, PATIENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.fetch import FetchRequest
    from medid.core.instant import Instant
    from medid.errors import MedidError

BASE = "https://server.example"
SECRET = "s3cret-token-of-the-registrar-000000000000"
OTHER = "another-token-of-the-other-board-1111111111"
READER = "the-token-that-only-verifies-22222222222222"
ALL = frozenset(Operation)
TOKENS = Tokens(
    (
        Token.of("registrar", SECRET, ALL, frozenset({BOARD.did})),
        Token.of("other-board", OTHER, ALL, frozenset({PATIENT.did})),
        Token.of("reader", READER, frozenset({Operation.VERIFY})),
    )
)


class Pages:
    """A ``Fetch`` that answers from memory."""

    def __init__(self, pages: Mapping[str, bytes], at: Instant = NOW) -> None:
        self._pages = pages
        self._at = at
        self.asked: list[str] = []

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        self.asked += [request.url for request in requests]
        return [self._one(request.url) for request in requests]

    def _one(self, url: str) -> Fetched | MedidError:
        if url in self._pages:
            return Fetched.of(url, self._pages[url], fetched_at=self._at)
        return EvidenceUnavailable("no such page")


def settings(**changes: Any) -> Settings:
    """A server of a board, with a clock that stands still."""
    standing = Settings(
        controllers=(BOARD, PATIENT),
        tokens=TOKENS,
        base_url=BASE,
        clock=lambda: NOW,
    )
    return replace(standing, **changes)


def client(chosen: Settings | None = None, **changes: Any) -> TestClient:
    """Calls the server of ``chosen``, or of ``settings(**changes)``."""
    served = app(chosen if chosen is not None else settings(**changes))
    return TestClient(served, base_url=BASE, raise_server_exceptions=True)


def bearer(token: str = SECRET) -> dict[str, str]:
    """The header of a caller with ``token``."""
    return {"Authorization": f"Bearer {token}"}
