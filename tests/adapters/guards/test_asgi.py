"""Around any ASGI application: websockets, streams, and connections that end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.guards.asgi import GuardMiddleware, incoming, lifespan
from tests.adapters.guards.support import (
    BLOOD_PATH,
    NOTE_PATH,
    Headers,
    Reply,
    aasgi,
    asgi,
    guard,
    mapper,
    runner,
    scope_of,
    shows,
    starts_stops_and_refuses,
)
from tests.adapters.guards.wire import ask, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.adapters.guards.guard import Guard


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Accepts every websocket, and answers every request in pieces."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
    else:
        headers = [(b"Cache-Control", b"private")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in (b"one", b"two"):
            body = {"type": "http.response.body", "body": piece, "more_body": True}
            await send(body)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _handshake(
    at: Guard, path: str, headers: Headers, *, deniable: bool
) -> list[Any]:
    scope = scope_of("GET", path, headers)
    del scope["method"]
    scope["type"] = "websocket"
    if deniable:
        scope["extensions"] = {"websocket.http.response": {}}
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await GuardMiddleware(echo, at)(scope, receive, send)
    return sent


@pytest.mark.parametrize("deniable", [False, True])
def test_a_websocket_is_refused_before_it_is_accepted(*, deniable: bool) -> None:
    at = guard()
    for path, headers, status in [
        (BLOOD_PATH, [], 401),
        (NOTE_PATH, shows(at), 403),
        ("/health", [], 401),  # left open to GET only
        (f"/{BLOOD_PATH}", shows(at), 403),
    ]:
        sent = runner().run(_handshake(at, path, headers, deniable=deniable))
        if deniable:
            start, body = sent
            assert start["type"] == "websocket.http.response.start"
            assert (start["status"], bool(body["body"])) == (status, True)
        else:
            assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_websocket_that_is_permitted_is_accepted() -> None:
    seen: list[str] = []

    def noting(method: str, *asked: Any) -> Any:
        seen.append(method)
        return mapper(method, *asked)

    at = guard(mapper=noting)
    sent = runner().run(_handshake(at, BLOOD_PATH, shows(at), deniable=True))
    assert sent == [{"type": "websocket.accept"}]
    assert seen == ["WEBSOCKET"]


def test_a_stream_passes_piece_by_piece_under_the_application_s_own_words() -> None:
    at = guard()
    reply = asgi(GuardMiddleware(echo, at), "GET", BLOOD_PATH, shows(at))
    assert reply.body == b"onetwo"
    # Who keeps it in spite of that keeps it for this presentation.
    assert reply.headers == {"cache-control": "private", "vary": "authorization"}


def test_the_body_is_left_to_the_application() -> None:
    read: list[bytes] = []

    async def reads(_scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        read.append(message["body"])
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    at = guard()
    app = GuardMiddleware(reads, at)
    assert asgi(app, "POST", BLOOD_PATH, shows(at), b"x" * 10).status == 201
    assert read == [b"x" * 10]


def test_start_and_stop_pass_and_nothing_unknown_does() -> None:
    app = GuardMiddleware(echo, guard())
    starts_stops_and_refuses(app, "webtransport")


def test_the_state_of_others_is_not_touched() -> None:
    seen: list[Any] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        seen.append(scope["state"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    at = guard()
    scope = scope_of("GET", BLOOD_PATH, shows(at))
    shared = {"pool": 1, "medid_decision": "of another request"}
    scope["state"] = shared
    runner().run(aasgi(GuardMiddleware(app, at), scope))
    assert shared == {"pool": 1, "medid_decision": "of another request"}
    assert seen[0]["pool"] == 1
    assert seen[0]["medid_decision"].decision.permitted


def test_a_refusal_of_head_has_no_body() -> None:
    at = guard()
    reply = asgi(GuardMiddleware(echo, at), "HEAD", BLOOD_PATH)
    assert reply.body == b""
    assert int(reply.headers["content-length"]) > 0


def test_a_scope_without_raw_path_is_read() -> None:
    scope = scope_of("GET", "/a?b=c")
    assert incoming(scope).raw_path == "/a"
    assert incoming({**scope, "raw_path": b"/a?b=c"}).raw_path == "/a"
    assert incoming({**scope, "raw_path": None}).raw_path is None
    del scope["raw_path"], scope["query_string"]
    assert incoming(scope).path == "/a"


def test_who_leaves_before_the_decision_never_reaches_the_application() -> None:
    begun, go = threading.Event(), threading.Event()
    reached: list[object] = []

    def slow(*asked: Any) -> Any:
        begun.set()
        go.wait(5)
        return mapper(*asked)

    async def app(scope: Any, *_: Any) -> None:
        reached.append(scope)

    at = guard(mapper=slow)
    headers = shows(at)

    async def leave() -> None:
        ask = aasgi(GuardMiddleware(app, at), scope_of("GET", BLOOD_PATH, headers))
        task = asyncio.ensure_future(ask)
        assert await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        go.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.05)

    runner().run(leave())
    assert reached == []
    # The challenge is used up, whoever asks again with it.
    fast = GuardMiddleware(echo, guard(at.verifier))
    assert asgi(fast, "GET", BLOOD_PATH, headers).status == 403


# On the wire.


@pytest.mark.loopback
def test_on_the_wire_it_is_the_same() -> None:
    at = guard()
    began = time.monotonic()
    with serving(GuardMiddleware(echo, at)) as port:
        _is_the_same(at, functools.partial(ask, port))
    assert time.monotonic() - began < 10


def _is_the_same(at: Guard, ask: Callable[..., Reply]) -> None:
    challenged = ask("GET", BLOOD_PATH, [])
    assert challenged.status == 401
    assert "challenge=" in challenged.headers["www-authenticate"]
    headers = shows(at)
    for target in (
        "//health",
        "/%68ealth",
        "/x/%2e%2e/health",
        "/health/.",
        "/health;x",
        "http://localhost//health",
    ):
        assert ask("GET", target, headers).status in {400, 403}, target
    assert ask("GET", BLOOD_PATH, [*headers, *shows(at)]).status == 403
    assert ask("GET", BLOOD_PATH, [*headers, ("X-L", "a" * 70_000)]).status in {
        400,
        403,
    }
    assert ask("GET", BLOOD_PATH, headers).status == 200
    assert ask("GET", BLOOD_PATH, headers).status == 403
    assert ask("GET", "/health", []).status == 200
