"""The Fetch port: the only way bytes from elsewhere reach medid.

Verification never reaches for the network itself. It says what it needs, and one
object behind this port answers; ``adapters.https`` holds the guarded one. The port
takes a whole batch, so that the adapter decides what runs at once and a sync and an
async caller share everything else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from medid.errors import EvidenceUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant
    from medid.errors import MedidError


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """By what a host tells whether a document has changed; empty where it said nothing.

    Spec: https://www.rfc-editor.org/rfc/rfc9110#section-8.8
    """

    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        """Whether the host can be asked if the document has changed."""
        return bool(self.etag or self.last_modified)


NO_VALIDATORS: Final = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """What a host says about how long its answer may be used again.

    Attributes:
        seconds: From when it arrived; ``None`` where the host said nothing.
        store: Whether it may be kept at all.
        validators: By what the host can be asked whether it has changed since.
    """

    seconds: float | None = None
    store: bool = True
    validators: Validators = NO_VALIDATORS


UNSTATED: Final = Freshness()


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """One document to fetch: where, in which form, and how much of it at most.

    Attributes:
        url: Where it is published. Adapters may serve other schemes than https.
        accept: The media types that will be understood.
        max_bytes: How much of it will be read at most.
        at: As of when it is wanted; ``None`` wants what is published now. Whoever
            has no history answers with what there is now: when it was fetched says
            whether it tells anything about ``at``.
        kind: What the document is, in the words of ``Need.kind``; empty where nobody
            said. It decides how long an answer may be used again.
        tells_past: Whether the document itself tells what held at any earlier time, as
            a log does: the newest one tells most about ``at``.
        known: The document that is at hand already, by what its host tells it by: a
            host may answer that it has not changed.
        body: A question in JSON, which is sent by POST; what it is answered with is the
            document. The fragment of ``url`` then tells it from other questions to the
            same address, and is not sent.
    """

    url: str
    accept: str
    max_bytes: int
    at: Instant | None = None
    kind: str = ""
    tells_past: bool = False
    known: Validators = NO_VALIDATORS
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One document as it arrived. ``digest`` is the SHA-256 of ``content`` in hex.

    ``freshness`` is for caches: no judgement rests on it, and it is not sealed.

    ``as_of`` is the time about which the host was asked, where that was another than
    the present. That the document is of that time, it has to show by itself.
    """

    url: str
    content: bytes
    media_type: str  # lower-case, without parameters; empty where none was stated
    digest: str
    fetched_at: Instant
    as_of: Instant | None = None
    freshness: Freshness = field(default=UNSTATED, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        url: str,
        content: bytes,
        *,
        fetched_at: Instant,
        media_type: str = "",
        freshness: Freshness = UNSTATED,
        as_of: Instant | None = None,
    ) -> Fetched:
        """The document ``content`` of ``url``, with its digest computed."""
        return cls(
            url=url,
            content=content,
            media_type=media_type,
            digest=hashlib.sha256(content).hexdigest(),
            fetched_at=fetched_at,
            freshness=freshness,
            as_of=as_of,
        )

    @property
    def tells_of(self) -> Instant:
        """The time of which it tells: that of its fetch, where no other was asked."""
        return self.fetched_at if self.as_of is None else self.as_of


class Fetch(Protocol):
    """Fetches batches of documents."""

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """One answer for each request, in their order, within ``seconds`` in all.

        A host that misbehaves is an answer (``FetchBlocked``, ``FetchFailed``), never
        an exception.
        """


class AsyncFetch(Protocol):
    """Fetches batches of documents without blocking an event loop."""

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``Fetch.fetch_all``."""


class NoFetch:
    """Fetches nothing: the default, for work on evidence that was handed in."""

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """``EvidenceUnavailable`` for each request."""
        del seconds
        return [
            EvidenceUnavailable("the network is not allowed here") for _ in requests
        ]

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """``EvidenceUnavailable`` for each request."""
        return self.fetch_all(requests, seconds=seconds)
