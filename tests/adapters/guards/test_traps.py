"""What a framework does before, beside or after its guard, as the pages tell it."""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

import pytest
from django import urls as django_resolver
from django.core.cache import cache
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, JsonResponse
from django.test import override_settings
from django.views import View
from django.views.decorators.cache import cache_page
from fastapi import APIRouter, Depends, FastAPI, Request, Security
from flask import Flask, abort, g
from flask import request as flask_request
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from medid.adapters.guards import django as django_guard
from medid.adapters.guards import flask as flask_guard
from medid.adapters.guards import starlette as starlette_guard
from medid.adapters.guards.asgi import GuardMiddleware
from medid.adapters.guards.envoy import ExtAuthz
from medid.adapters.guards.fastapi import GuardDependency
from medid.adapters.guards.request import Source
from medid.errors import ConfigurationError
from tests.adapters.guards.frameworks import HOSPITALS, set_up_django
from tests.adapters.guards.support import (
    BLOOD_PATH,
    asgi,
    guard,
    mapper,
    presented,
    shows,
    wsgi,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.adapters.guards.guard import Guard
    from tests.adapters.guards.support import Reply, Sent

OWN = Source(header="Medid-Presentation", scheme=None)
GUARD = "medid.adapters.guards.django.GuardMiddleware"


def shows_own(at: Guard) -> list[tuple[str, str]]:
    return [("Medid-Presentation", presented(at))]


def noting(seen: list[Any]) -> Callable[..., Any]:
    """The hospital's mapper, which keeps what it was asked."""

    def asked(method: str, path: str, query: Any, headers: Any) -> Any:
        seen.append((method, path, dict(query)))
        return mapper(method, path.removeprefix("/fhir"), query, headers)

    return asked


# Two readings.


@pytest.mark.parametrize("name", sorted(HOSPITALS))
@pytest.mark.parametrize("query", ["a=\u00c3\u00a4", "a=1;b=2", "a=1#b"])
def test_a_query_with_two_readings_reaches_no_handler(name: str, query: str) -> None:
    at = guard()
    with HOSPITALS[name](at) as hospital:
        reply = hospital.ask("GET", f"{BLOOD_PATH}?{query}", shows(at))
        assert (reply.status, hospital.reached.seen) == (403, [])


@pytest.mark.parametrize("name", ["asgi", "fastapi", "starlette"])
def test_an_override_that_wsgi_would_read_is_refused_in_asgi(name: str) -> None:
    at = guard()
    with HOSPITALS[name](at) as hospital:
        headers = [*shows(at), ("X_HTTP_Method_Override", "DELETE")]
        assert hospital.ask("GET", BLOOD_PATH, headers).status == 403
        assert (
            hospital.ask("GET", BLOOD_PATH, [*shows(at), (":path", "/")]).status == 403
        )
        assert hospital.reached.seen == []


def test_a_mapper_sees_each_value_of_which_frameworks_take_the_first_or_the_last() -> (
    None
):
    seen: list[Any] = []
    at = guard(mapper=noting(seen))

    @starlette_guard.guarded(at)
    def endpoint(request: Any) -> PlainTextResponse:
        return PlainTextResponse(request.query_params["a"])

    app = Flask("hospital")

    @app.get("/Patient/<patient>/Observation/<name>")
    @flask_guard.guarded(at)
    def view(patient: str, name: str) -> str:
        return flask_request.args["a"]

    target = f"{BLOOD_PATH}?a=1&a=2"
    last = asgi(
        Starlette(routes=[Route(BLOOD_PATH, endpoint)]), "GET", target, shows(at)
    )
    first = wsgi(app, "GET", target, shows(at))
    assert (last.body, first.body) == (b"2", b"1")
    assert [query for _, _, query in seen] == [{"a": ("1", "2")}] * 2


@pytest.mark.parametrize("name", ["django-wsgi", "flask", "flask-everywhere"])
@pytest.mark.parametrize("told_as", ["RAW_URI", "REQUEST_URI", None])
def test_a_path_is_checked_as_it_was_sent_where_the_server_tells(
    name: str, told_as: str | None
) -> None:
    def served(environ: dict[str, Any], start: Any) -> Any:
        sent = environ.pop("RAW_URI")
        if told_as is not None:
            environ[told_as] = sent
        return hospital.app(environ, start)

    with HOSPITALS[name](guard()) as hospital:
        # Without it, the guard sees what the framework sees: here a path left open.
        expected = 200 if told_as is None else 403
        assert wsgi(served, "GET", "/%68ealth").status == expected
        assert wsgi(served, "GET", "/health?a=%2F").status == 200


# Caches.


@pytest.mark.parametrize("name", sorted(HOSPITALS))
def test_what_a_permit_shows_varies_by_the_presentation(name: str) -> None:
    at = guard(source=OWN)
    with HOSPITALS[name](at) as hospital:
        shown = hospital.ask("GET", BLOOD_PATH, shows_own(at)).headers
        assert "medid-presentation" in shown["vary"].lower()
        assert "vary" not in hospital.ask("GET", "/health").headers


def django(
    view: Any,
    target: str,
    headers: Sent = (),
    *,
    is_async: bool = False,
    **settings: Any,
) -> Reply:
    """Ask a project of one view."""
    set_up_django()
    routes: Any = types.ModuleType("routes")
    routes.urlpatterns = [
        django_resolver.path("Patient/<patient>/Observation/<name>", view),
        django_resolver.path("Patient/<patient>/Observation/<name>/end/", view),
    ]
    django_resolver.clear_url_caches()
    memory = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    given = {"MIDDLEWARE": [], "CACHES": memory, "ROOT_URLCONF": routes, **settings}
    with override_settings(**given):
        if is_async:
            return asgi(ASGIHandler(), "GET", target, headers)
        return wsgi(WSGIHandler(), "GET", target, headers)


def kept(request: Any, **_named: str) -> HttpResponse:
    """A view that says that it may be kept."""
    return HttpResponse("shown", headers={"Cache-Control": "max-age=60"})


def not_kept(request: Any, **_named: str) -> JsonResponse:
    return JsonResponse({"permit": request.medid_decision is not None})


@pytest.mark.parametrize("view", [kept, not_kept])
@pytest.mark.parametrize("source", [Source(), OWN])
def test_a_cache_above_a_view_of_django_keeps_nothing_for_strangers(
    view: Any, source: Source
) -> None:
    at = guard(source=source)
    cached = cache_page(60)(django_guard.guarded(at)(view))
    cache.clear()
    shown = shows(at) if source.scheme else shows_own(at)
    assert django(cached, BLOOD_PATH, shown).status == 200
    assert django(cached, BLOOD_PATH).status == 401
    cache.clear()


def test_a_cache_before_the_guard_of_django_keeps_nothing_for_strangers() -> None:
    at = guard(source=OWN)
    middleware = "django.middleware.cache.{}CacheMiddleware"
    settings: dict[str, Any] = {
        "MIDDLEWARE": [
            middleware.format("Update"),
            middleware.format("FetchFrom"),
            GUARD,
        ],
        "MEDID_GUARD": at,
    }
    cache.clear()
    assert django(kept, BLOOD_PATH, shows_own(at), **settings).status == 200
    assert django(kept, BLOOD_PATH, **settings).status == 401
    cache.clear()


@pytest.mark.parametrize("status", [404, 500])
@pytest.mark.parametrize("everywhere", [False, True])
def test_what_a_view_of_flask_raises_is_kept_by_no_cache(
    status: int, *, everywhere: bool
) -> None:
    at, app = guard(), Flask("hospital")

    def view(patient: str, name: str) -> str:
        abort(status)

    if everywhere:
        flask_guard.protect(app, at)
        app.get("/Patient/<patient>/Observation/<name>")(view)
    else:
        guarded = flask_guard.guarded(at)(view)
        app.get("/Patient/<patient>/Observation/<name>")(guarded)
    reply = wsgi(app, "GET", BLOOD_PATH, shows(at))
    assert (reply.status, reply.headers["cache-control"]) == (status, "no-store")
    assert reply.headers["vary"] == "authorization"


# What is no endpoint.


class Endpoint(HTTPEndpoint):
    async def get(self, request: Any) -> PlainTextResponse:
        return PlainTextResponse("shown")


class AsyncView(View):  # type: ignore[misc]
    async def get(self, request: Any, **_named: str) -> HttpResponse:
        return HttpResponse("shown")


@pytest.mark.parametrize(
    "decorated",
    [starlette_guard.guarded, django_guard.guarded, flask_guard.guarded],
)
def test_a_class_is_not_decorated(decorated: Any) -> None:
    for wrong in (Endpoint, AsyncView, None, "view"):
        with pytest.raises(ConfigurationError) as caught:
            decorated(guard())(wrong)
        assert caught.value.path == "$.endpoint"


@pytest.mark.parametrize("is_async", [False, True])
def test_a_view_that_a_class_of_django_gives_is_decorated(*, is_async: bool) -> None:
    at = guard()
    view = django_guard.guarded(at)(AsyncView.as_view())
    ask = functools.partial(django, view, BLOOD_PATH, is_async=is_async)
    assert (ask().status, ask(shows(at)).status) == (401, 200)


def test_an_object_that_is_called_like_a_function_is_decorated() -> None:
    class Called:
        async def __call__(self, request: Any) -> PlainTextResponse:
            return PlainTextResponse("shown")

    at = guard()
    endpoint = starlette_guard.guarded(at)(Called())
    app = Starlette(routes=[Route(BLOOD_PATH, endpoint)])
    assert asgi(app, "GET", BLOOD_PATH, shows(at)).body == b"shown"


# Mounts, slashes, methods.


def ok(_request: Any) -> PlainTextResponse:
    return PlainTextResponse("shown")


def test_a_mounted_application_is_asked_for_by_its_whole_path() -> None:
    seen: list[Any] = []
    at = guard(mapper=noting(seen))
    route = Route(BLOOD_PATH, starlette_guard.guarded(at)(ok))
    outer = Starlette(routes=[Mount("/fhir", Starlette(routes=[route]))])
    assert asgi(outer, "GET", f"/fhir{BLOOD_PATH}", shows(at)).status == 200
    inner = [Route(BLOOD_PATH, ok)]
    middleware = [Middleware(GuardMiddleware, guard=at)]
    outer = Starlette(routes=[Mount("/fhir", routes=inner, middleware=middleware)])
    assert asgi(outer, "GET", f"/fhir{BLOOD_PATH}", shows(at)).status == 200
    app = Flask("hospital")
    flask_guard.protect(app, at)
    app.get("/Patient/<patient>/Observation/<name>")(lambda **_: "shown")
    mounted: Any = DispatcherMiddleware(Flask("outer"), {"/fhir": app})
    assert wsgi(mounted, "GET", f"/fhir{BLOOD_PATH}", shows(at)).status == 200
    assert {path for _, path, _ in seen} == {f"/fhir{BLOOD_PATH}"}
    assert len(seen) == 3


@pytest.mark.parametrize("is_async", [False, True])
def test_a_script_prefix_of_django_opens_nothing(*, is_async: bool) -> None:
    at = guard(unguarded=frozenset({("GET", f"/open{BLOOD_PATH}")}))
    settings: dict[str, Any] = {
        "FORCE_SCRIPT_NAME": "/fhir",
        "MIDDLEWARE": [GUARD],
        "MEDID_GUARD": at,
    }
    for path in (BLOOD_PATH, f"/fhir{BLOOD_PATH}", f"/open{BLOOD_PATH}", "/fhirx"):
        reply = django(not_kept, path, is_async=is_async, **settings)
        # Left open and not there: Django has no such route.
        assert reply.status == (404 if path.startswith("/open") and is_async else 401)


def test_django_appends_no_slash_before_its_guard_has_decided() -> None:
    at = guard(mapper=lambda *asked: mapper("GET", BLOOD_PATH, {}, {}))
    common = "django.middleware.common.CommonMiddleware"
    for middleware in ([common, GUARD], [GUARD, common]):
        settings: dict[str, Any] = {"MIDDLEWARE": middleware, "MEDID_GUARD": at}
        ask = functools.partial(django, not_kept, f"{BLOOD_PATH}/end", **settings)
        assert (ask().status, ask(headers=shows(at)).status) == (401, 301)


def test_a_guard_on_single_routes_leaves_a_framework_s_own_answers() -> None:
    at = guard()
    route = Route(BLOOD_PATH, starlette_guard.guarded(at)(ok))
    star = Starlette(routes=[route])
    assert asgi(star, "OPTIONS", BLOOD_PATH).status == 405
    assert asgi(star, "GET", f"{BLOOD_PATH}/").status == 307
    assert asgi(star, "HEAD", BLOOD_PATH).status == 401
    app = Flask("hospital")
    view = flask_guard.guarded(at)(lambda: "shown")
    app.get(BLOOD_PATH)(view)
    app.get(f"{BLOOD_PATH}/end/")(view)
    options = wsgi(app, "OPTIONS", BLOOD_PATH)
    assert (options.status, options.body) == (200, b"")
    assert wsgi(app, "GET", f"{BLOOD_PATH}/end").status == 308
    assert wsgi(app, "HEAD", BLOOD_PATH).status == 401
    # Where the guard stands before everything, these are guarded too.
    everywhere = Flask("hospital")
    flask_guard.protect(everywhere, at)
    everywhere.get(f"{BLOOD_PATH}/end/")(lambda: "shown")
    assert wsgi(everywhere, "GET", f"{BLOOD_PATH}/end").status == 401
    assert wsgi(everywhere, "OPTIONS", f"{BLOOD_PATH}/end/").status == 401
    assert wsgi(everywhere, "GET", "/static/x").status == 401


def test_cors_before_the_guard_answers_a_preflight_and_shows_the_challenge() -> None:
    at = guard()
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["https://app.example"],
        allow_headers=["Authorization"],
        expose_headers=["WWW-Authenticate"],
    )
    guarded = Middleware(GuardMiddleware, guard=at)
    origin = ("Origin", "https://app.example")
    asks = [origin, ("Access-Control-Request-Method", "GET")]
    app = Starlette(routes=[Route(BLOOD_PATH, ok)], middleware=[cors, guarded])
    assert asgi(app, "OPTIONS", BLOOD_PATH, asks).status == 200
    challenged = asgi(app, "GET", BLOOD_PATH, [origin]).headers
    assert challenged["access-control-expose-headers"] == "WWW-Authenticate"
    swapped = Starlette(routes=[Route(BLOOD_PATH, ok)], middleware=[guarded, cors])
    assert asgi(swapped, "OPTIONS", BLOOD_PATH, asks).status == 401


# FastAPI's dependencies.


def fastapi() -> tuple[Guard, GuardDependency, FastAPI]:
    at = guard()
    require = GuardDependency(at)
    app = FastAPI(dependencies=[Depends(require)])
    require.install(app)
    return at, require, app


def test_one_dependency_decides_once_however_often_it_is_asked_for() -> None:
    at, require, app = fastapi()

    # As a default: an annotation of a local name is not found.
    @app.get(BLOOD_PATH, dependencies=[Depends(require)])
    def read(granted: Any = Depends(require)) -> str:  # noqa: B008
        return str(granted.decision.outcome)

    assert asgi(app, "GET", BLOOD_PATH, shows(at)).status == 200


@pytest.mark.parametrize("way", ["uncached", "scoped", "another", "middleware"])
def test_two_decisions_about_one_request_refuse_it(way: str) -> None:
    at, require, app = fastapi()
    second = {
        "uncached": Depends(require, use_cache=False),
        "scoped": Security(require, scopes=["read"]),
        "another": Depends(GuardDependency(at)),
        "middleware": Depends(require),
    }[way]

    @app.get(BLOOD_PATH)
    def read(_granted: Any = second) -> str:
        return "shown"

    asked: Any = GuardMiddleware(app, at) if way == "middleware" else app
    assert asgi(asked, "GET", BLOOD_PATH, shows(at)).status == 403


def test_a_dependency_does_not_see_what_is_no_route_of_its_application() -> None:
    at, _, app = fastapi()
    inner, late = FastAPI(), APIRouter()
    for one in (inner, late):
        one.get("/x")(lambda: "shown")
    app.mount("/inner", inner)
    app.add_route("/bare", ok)
    app.include_router(late, prefix="/late")
    assert asgi(app, "GET", "/late/x").status == 401
    bare = ["/inner/x", "/bare", "/openapi.json", "/docs"]
    assert [asgi(app, "GET", path).status for path in bare] == [200] * 4
    around = GuardMiddleware(app, at)
    assert [asgi(around, "GET", path).status for path in bare] == [401] * 4


def test_what_handles_exceptions_lets_nobody_reach_a_route() -> None:
    _, require, app = fastapi()
    reached: list[int] = []

    async def swallows() -> Any:
        try:
            yield
        except Exception:  # noqa: BLE001 - as some dependencies do
            return

    def read() -> None:
        reached.append(1)

    app.get("/plain")(read)
    app.exception_handler(401)(lambda *_: JSONResponse({"fine": True}))
    swallowing = FastAPI(dependencies=[Depends(swallows), Depends(require)])
    swallowing.get("/plain")(read)
    assert asgi(app, "GET", "/plain").body == b'{"fine":true}'
    with pytest.raises(Exception, match="Response not awaited"):
        asgi(swallowing, "GET", "/plain")
    assert reached == []


def test_a_body_that_is_no_json_is_read_before_a_dependency() -> None:
    at, _, app = fastapi()

    def write(body: dict[str, int]) -> None:
        """Never reached."""

    app.post(BLOOD_PATH)(write)
    typed = [("Content-Type", "application/json")]
    assert asgi(app, "POST", BLOOD_PATH, typed, b"{").status == 422
    assert asgi(app, "POST", BLOOD_PATH, typed, b"[]").status == 401
    around = GuardMiddleware(app, at)
    assert asgi(around, "POST", BLOOD_PATH, typed, b"{").status == 401


def test_the_decorator_of_starlette_on_a_route_of_fastapi_permits_nothing() -> None:
    at, app = guard(), FastAPI()

    @app.get(BLOOD_PATH)
    @starlette_guard.guarded(at)
    async def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse("shown")

    with pytest.raises(TypeError):
        asgi(app, "GET", BLOOD_PATH, shows(at))


# Flask's g, and Envoy.


def test_a_permit_does_not_outlive_its_request_in_flask() -> None:
    at, app = guard(), Flask("hospital")
    flask_guard.protect(app, at)
    app.get(BLOOD_PATH)(lambda: "shown")
    found: list[bool] = []

    @app.after_request
    def note(response: Any) -> Any:
        found.append("medid_decision" in g and g.medid_decision is not None)
        return response

    with app.app_context():  # as a test or a command does: every request shares its g
        assert wsgi(app, "GET", BLOOD_PATH, shows(at)).status == 200
        assert wsgi(app, "GET", BLOOD_PATH).status == 401
    assert found == [True, False]


def test_an_upgrade_is_a_get_to_envoy_s_check() -> None:
    seen: list[Any] = []
    at = guard(mapper=noting(seen))
    headers = [*shows(at), ("Upgrade", "websocket"), ("Connection", "Upgrade")]
    assert asgi(ExtAuthz(at), "GET", BLOOD_PATH, headers).status == 200
    assert seen[0][0] == "GET"


def test_what_envoy_could_pass_on_in_two_readings_is_refused() -> None:
    at = guard()
    app = ExtAuthz(at, prefix="/check")
    for target in (
        f"/check{BLOOD_PATH}?a=1;b=2",
        f"/check/{BLOOD_PATH}",
        f"/check{BLOOD_PATH}%2f",
        f"/check/../check{BLOOD_PATH}",
        f"/check{BLOOD_PATH};v=1",
        f"/check/x/..{BLOOD_PATH}",
        f"/check{BLOOD_PATH}#x",
    ):
        assert asgi(app, "GET", target, shows(at)).status == 403, target
    for name in ("X-Http-Method-Override", "X_Method_Override", ":method"):
        headers = [*shows(at), (name, "DELETE")]
        assert asgi(app, "GET", f"/check{BLOOD_PATH}", headers).status == 403


def test_a_websocket_of_starlette_beside_a_guarded_route_is_guarded_by_middleware() -> (
    None
):
    from starlette.testclient import TestClient, WebSocketDenialResponse

    async def follow(websocket: Any) -> None:
        await websocket.accept()
        await websocket.close()

    routes = [
        Route(BLOOD_PATH, starlette_guard.guarded(guard())(ok)),
        WebSocketRoute("/follow", follow),
    ]
    with TestClient(Starlette(routes=routes)).websocket_connect("/follow"):
        """Nobody decorated it, and so nobody guards it."""
    around = GuardMiddleware(Starlette(routes=routes), guard())
    client = TestClient(around)
    with (
        pytest.raises(WebSocketDenialResponse),
        client.websocket_connect("/follow"),
    ):
        pass
