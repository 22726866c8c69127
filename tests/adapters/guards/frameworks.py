"""The same hospital in every framework: a catch-all handler behind a guard."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from fastapi import Depends, FastAPI, Request
from flask import Flask, g
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from medid.adapters.guards import flask as flask_guard
from medid.adapters.guards import starlette as starlette_guard
from medid.adapters.guards.asgi import GuardMiddleware
from medid.adapters.guards.fastapi import GuardDependency
from tests.adapters.guards import django_urls
from tests.adapters.guards.support import Reached, asgi, wsgi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from medid.adapters.guards.guard import Guard
    from tests.adapters.guards.support import Reply

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"]


@dataclass(slots=True)
class Hospital:
    """A guarded application, how to ask it, and who was reached."""

    ask: Callable[..., Reply]
    reached: Reached
    app: Any = None


@contextmanager
def plain_asgi(guard: Guard) -> Iterator[Hospital]:
    reached = Reached()

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        reached(scope["state"]["medid_decision"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    guarded = GuardMiddleware(app, guard)
    yield Hospital(partial(asgi, guarded), reached, guarded)


@contextmanager
def starlette(guard: Guard, *, sync: bool = False) -> Iterator[Hospital]:
    reached = Reached()

    async def endpoint(request: Any) -> JSONResponse:
        return JSONResponse(reached(request.state.medid_decision))

    def sync_endpoint(request: Any) -> JSONResponse:
        return JSONResponse(reached(request.state.medid_decision))

    guarded = starlette_guard.guarded(guard)(sync_endpoint if sync else endpoint)
    app = Starlette(routes=[Route("/{path:path}", guarded, methods=METHODS)])
    yield Hospital(partial(asgi, app), reached, app)


@contextmanager
def fastapi(guard: Guard) -> Iterator[Hospital]:
    reached = Reached()
    require = GuardDependency(guard)
    app = FastAPI(dependencies=[Depends(require)])
    require.install(app)

    @app.api_route("/{path:path}", methods=METHODS, include_in_schema=False)
    def endpoint(request: Request) -> dict[str, Any]:
        return reached(request.state.medid_decision)

    yield Hospital(partial(asgi, app), reached, app)


@contextmanager
def flask(guard: Guard, *, everywhere: bool = False) -> Iterator[Hospital]:
    reached = Reached()
    app = Flask("hospital", static_folder=None)

    def view(path: str = "") -> dict[str, Any]:
        return reached(g.medid_decision)

    if everywhere:
        flask_guard.protect(app, guard)
    else:
        view = flask_guard.guarded(guard)(view)
    options: dict[str, Any] = {"methods": METHODS, "provide_automatic_options": False}
    app.add_url_rule("/", "root", view, **options)
    app.add_url_rule("/<path:path>", "any", view, **options)
    yield Hospital(partial(wsgi, app), reached, app)


def set_up_django() -> None:
    """Once for each process: Django has one project."""
    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF="tests.adapters.guards.django_urls",
            MIDDLEWARE=["medid.adapters.guards.django.GuardMiddleware"],
            SECRET_KEY="of no use",
            USE_TZ=True,
        )
        django.setup()


@contextmanager
def django_wsgi(guard: Guard, *, is_async: bool = False) -> Iterator[Hospital]:
    set_up_django()
    django_urls.reached.seen.clear()
    with override_settings(MEDID_GUARD=guard):
        app = ASGIHandler() if is_async else WSGIHandler()
        ask = partial(asgi if is_async else wsgi, app)
        yield Hospital(ask, django_urls.reached, app)


HOSPITALS: dict[str, Any] = {
    "asgi": plain_asgi,
    "starlette": starlette,
    "fastapi": fastapi,
    "flask": flask,
    "flask-everywhere": partial(flask, everywhere=True),
    "django-wsgi": django_wsgi,
    "django-asgi": partial(django_wsgi, is_async=True),
}
