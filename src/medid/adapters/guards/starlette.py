"""A guard on single routes of Starlette. Needs ``medid[server]``.

For a whole application, ``asgi.GuardMiddleware`` is the better door: what nobody
decorated is guarded as well.

Spec: https://starlette.dev/routing/
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from medid.adapters.guards.answer import NO_STORE, Stopped
from medid.adapters.guards.asgi import STATE, check_endpoint, incoming, refuse
from medid.errors import MissingExtra

try:
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import Response
    from starlette.websockets import WebSocket
except ModuleNotFoundError as error:
    needed = "the guard for Starlette needs: pip install 'medid[server]'"
    raise MissingExtra(needed) from error

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import HTTPConnection

    from medid.adapters.guards.guard import Guard


def guarded(guard: Guard) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Guards the endpoint below it: of a request or of a websocket, ``async`` or not.

    The permit is in ``request.state.medid_decision``. A class, such as an
    ``HTTPEndpoint``, is refused with ``ConfigurationError``: guard its route with
    ``asgi.GuardMiddleware``.
    """

    def decorate(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        check_endpoint(endpoint)
        is_async = _is_async(endpoint)

        @functools.wraps(endpoint)
        async def guarded_endpoint(connection: HTTPConnection) -> Any:
            try:
                granted = await guard.aadmit(
                    incoming(connection.scope), run=run_in_threadpool
                )
            except Stopped as stopped:
                return await _refused(connection, stopped)
            setattr(connection.state, STATE, granted)
            if is_async:
                response = await endpoint(connection)
            else:
                response = await run_in_threadpool(endpoint, connection)
            if granted is not None and isinstance(response, Response):
                response.headers.setdefault(*NO_STORE)
                response.headers.add_vary_header(guard.source.header)
            return response

        return guarded_endpoint

    return decorate


def _is_async(endpoint: Any) -> bool:
    """Whether its answer has to be awaited; an object may be called like a function."""
    return any(map(inspect.iscoroutinefunction, (endpoint, endpoint.__call__)))


async def _refused(connection: HTTPConnection, stopped: Stopped) -> Response | None:
    """The response of a refused request; a refused websocket was answered then."""
    answer = stopped.answer
    if isinstance(connection, WebSocket):
        await refuse(answer, connection.scope, connection.receive, connection.send)
        return None
    return Response(answer.body, answer.status, dict(answer.headers))
