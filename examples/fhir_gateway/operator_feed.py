"""What the gateway's operator sees as it happens: a page, and the events behind it.

The events tell what is withheld and why, so they have a port of their own, which stays
on the loopback interface whoever may reach the gateway.
"""

import asyncio
import base64
import hashlib
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from threading import Lock

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

import medid

PAGE = (Path(__file__).parent / "page.html").read_text("utf-8")
KEPT = 200  # events; older ones are forgotten
STREAMS = 8  # that may be open at once
LOOKS, PAUSE = 100, 0.1  # a stream looks so often, each after so many seconds


@dataclass(frozen=True, kw_only=True)
class Event:
    """One request, and what became of it."""

    request: str
    purpose: str
    outcome: str  # permit, deny, or challenge where nothing was presented
    status: int
    codes: tuple[str, ...]
    obligations: tuple[str, ...]
    given: int
    withheld: int
    why: tuple[str, ...]  # it was withheld; codes


class Feed:
    """The last events, for readers in other threads; a slow one misses the oldest."""

    def __init__(self) -> None:
        self._events: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._lock = Lock()
        self._count = 0
        self.ended = False  # streams end, so that their server can

    def add(self, event: Event) -> None:
        """Keep one more event."""
        with self._lock:
            self._count += 1
            at = str(medid.system_clock())
            self._events.append({"number": self._count, "at": at, **asdict(event)})

    def after(self, number: int) -> list[dict[str, object]]:
        """Those that came after the one with this number."""
        with self._lock:
            return [one for one in self._events if int(str(one["number"])) > number]


def policy(page: str) -> str:
    """The page may run its own script and style, and speak to its own server."""
    found = []
    for tag in ("script", "style"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert inside, "the page has one of each"
        digest = hashlib.sha256(inside[1].encode()).digest()
        found.append(f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'")
    closed = ("base-uri", "form-action", "frame-ancestors")
    return "; ".join(
        [
            "default-src 'none'",
            *found,
            "connect-src 'self'",
            *(f"{name} 'none'" for name in closed),
            "require-trusted-types-for 'script'",
        ]
    )


def operator_app(feed: Feed, ask: Callable[[str], str]) -> Starlette:
    """The page, its events, and the demo's buttons, which ``ask`` answers."""
    streams: set[object] = set()

    async def page(_request: Request) -> Response:
        headers = {
            "content-security-policy": policy(PAGE),
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        return Response(PAGE, headers=headers, media_type="text/html")

    async def decisions(_request: Request) -> Response:
        return JSONResponse(feed.after(0), headers={"cache-control": "no-store"})

    async def events(request: Request) -> Response:
        if len(streams) >= STREAMS:
            return Response(status_code=503)
        last = request.headers.get("last-event-id", "0")
        number = int(last) if last.isdecimal() and len(last) < 10 else 0
        headers = {"cache-control": "no-store"}
        return StreamingResponse(
            stream(number), headers=headers, media_type="text/event-stream"
        )

    async def stream(number: int) -> AsyncIterator[str]:
        mine = object()
        streams.add(mine)
        try:
            yield "retry: 200\n\n"
            # It ends by itself, and the browser comes back with the last number.
            for _ in takewhile(lambda _: not feed.ended, range(LOOKS)):
                for one in feed.after(number):
                    number = int(str(one["number"]))
                    yield f"id: {number}\ndata: {json.dumps(one)}\n\n"
                await asyncio.sleep(PAUSE)
        finally:
            streams.discard(mine)

    async def button(request: Request) -> Response:
        # A page of another origin cannot send this header without being asked first.
        if request.headers.get("x-demo") != "1":
            return Response(status_code=403)
        said = await run_in_threadpool(ask, request.path_params["wish"])
        return JSONResponse({"said": said})

    return Starlette(
        routes=[
            Route("/", page),
            Route("/decisions", decisions),
            Route("/events", events),
            Route("/ask/{wish}", button, methods=["POST"]),
        ],
        # Another name for this address is a page of the web that had its own rebound.
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        ],
    )
