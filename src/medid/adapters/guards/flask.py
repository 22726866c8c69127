"""A guard on views of Flask, or before all of them. Needs ``medid[flask]``.

The permit is ``flask.g.medid_decision``.

Spec: https://flask.palletsprojects.com/en/stable/api/
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from medid.adapters.guards.answer import NO_STORE, Stopped
from medid.adapters.guards.asgi import STATE, check_endpoint
from medid.adapters.guards.request import Incoming
from medid.errors import MissingExtra

try:
    from flask import (
        Flask,
        Request,
        Response,
        after_this_request,
        current_app,
        g,
        request,
    )
except ModuleNotFoundError as error:
    needed = "the guard for Flask needs: pip install 'medid[flask]'"
    raise MissingExtra(needed) from error

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.adapters.guards.guard import Guard


def guarded(guard: Guard) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Guards the view below it, ``async`` or not; stands under the route's own line.

    A class is refused with ``ConfigurationError``: guard what its ``as_view()`` gives.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        check_endpoint(view)

        @functools.wraps(view)
        def guarded_view(*args: Any, **named: Any) -> Any:
            refused = _stopped(guard)
            if refused is not None:
                return refused
            # Also what it raises, such as abort(404), is for this request only.
            after_this_request(functools.partial(_unkept, guard))
            return current_app.ensure_sync(view)(*args, **named)

        return guarded_view

    return decorate


def protect(app: Flask, guard: Guard) -> None:
    """Guards everything that ``app`` answers, also where no route is."""
    app.before_request(functools.partial(_stopped, guard))
    # First, whatever was there before: what comes earlier may answer by itself.
    functions = app.before_request_funcs[None]
    functions.insert(0, functions.pop())
    app.after_request(functools.partial(_unkept, guard))


def _stopped(guard: Guard) -> Response | None:
    """The refusal of this request; ``None`` where it goes on."""
    # Requests share g where a context of the application is open around them.
    g.pop(STATE, None)
    try:
        setattr(g, STATE, guard.admit(incoming(request)))
    except Stopped as stopped:
        answer = stopped.answer
        return Response(answer.body, answer.status, dict(answer.headers))
    return None


def _unkept(guard: Guard, response: Response) -> Response:
    if g.get(STATE) is not None:
        response.headers.setdefault(*NO_STORE)
        response.vary.add(guard.source.header)
    return response


def incoming(request: Request) -> Incoming:
    """The request of Flask as a guard reads it."""
    environ = request.environ
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    return Incoming(
        method=request.method,
        path=request.root_path.rstrip("/") + request.path,
        query=environ.get("QUERY_STRING", ""),
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        raw_path=raw.partition("?")[0] if raw else None,
    )
