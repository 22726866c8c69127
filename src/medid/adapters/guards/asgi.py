"""A guard around any ASGI 3 application. Needs no framework.

Every request and every websocket passes it, whatever the application routes. A
websocket is refused before it is accepted. The permit is in ``scope["state"]``, under
``medid_decision``: Starlette and FastAPI show it as ``request.state.medid_decision``.

Spec: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from medid.adapters.guards.answer import NO_STORE, Answer, Stopped
from medid.adapters.guards.guard import WEBSOCKET
from medid.adapters.guards.request import Incoming
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from medid.adapters.guards.guard import Guard

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

STATE: Final = "medid_decision"  # the name of the permit, wherever a request keeps it

_DENIABLE: Final = "websocket.http.response"  # a server that can refuse in HTTP's words
_POLICY_VIOLATION: Final = 1008  # RFC 6455 section 7.4.1


class GuardMiddleware:
    """Wraps an ASGI application."""

    def __init__(self, app: App, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it.

        Raises:
            ConfigurationError: A kind of connection that no guard knows.
        """
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] not in {"http", "websocket"}:
            message = "this kind of connection is not guarded"
            raise ConfigurationError(message, path="$.type")
        try:
            granted = await self._guard.aadmit(incoming(scope))
        except Stopped as stopped:
            await refuse(stopped.answer, scope, receive, send)
            return
        # A new state: what another request or the application keeps is not touched.
        state = {**scope.get("state", {}), STATE: granted}
        own = {**scope, "state": state}
        if granted is not None:
            send = unkept(send, self._guard.source.header)
        await self._app(own, receive, send)


def incoming(scope: Scope) -> Incoming:
    """The request of an ``http`` or ``websocket`` scope."""
    raw: bytes | None = scope.get("raw_path")
    return Incoming(
        method=scope["method"] if scope["type"] == "http" else WEBSOCKET,
        path=scope["path"],
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        ),
        # Some servers leave the query in it.
        raw_path=raw.partition(b"?")[0].decode("latin-1") if raw else None,
    )


async def refuse(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send ``answer`` to a request, or to a websocket that was not accepted yet."""
    if scope["type"] == "http":
        body = b"" if scope["method"] == "HEAD" else answer.body
        await _send(answer, "http", body, send)
        return
    await receive()  # its websocket.connect
    if _DENIABLE in scope.get("extensions", {}):
        await _send(answer, _DENIABLE.removesuffix(".response"), answer.body, send)
    else:
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})


async def _send(answer: Answer, kind: str, body: bytes, send: Send) -> None:
    headers = (*answer.headers, ("content-length", str(len(answer.body))))
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    start = f"{kind}.response.start"
    await send({"type": start, "status": answer.status, "headers": encoded})
    await send({"type": f"{kind}.response.body", "body": body})


def unkept(send: Send, header: str) -> Send:
    """Has no cache keep what only this request may see, unless the handler says so.

    Where it does, ``Vary`` has the cache keep it for the one ``header`` that was shown.
    """

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ())]
            if all(name.lower() != b"cache-control" for name, _ in headers):
                name, value = NO_STORE
                headers.append((name.encode(), value.encode()))
            headers.append((b"vary", header.encode()))
            message = {**message, "headers": headers}
        await send(message)

    return sending


def check_endpoint(given: object) -> None:
    """Return if ``given`` can be called with a request, and answers it.

    Raises:
        ConfigurationError: It is a class: calling it makes an object, and no answer.
    """
    if not callable(given) or isinstance(given, type):
        message = "a guard decorates functions"
        fix = "guard the function that the class gives, such as View.as_view()"
        raise ConfigurationError(message, path="$.endpoint", fix=fix)


async def lifespan(receive: Receive, send: Send) -> None:
    """Start and stop of an application that has nothing to start or stop."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
