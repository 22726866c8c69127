"""What is one framework's own: its test client, its websockets, its words."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.test import AsyncClient, Client, override_settings
from fastapi import Depends, FastAPI, WebSocket
from flask import Flask, g
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from medid.adapters import guards
from medid.adapters.guards import asgi as asgi_guard
from medid.adapters.guards import cds_hooks, envoy
from medid.adapters.guards import starlette as starlette_guard
from medid.adapters.guards.asgi import GuardMiddleware
from medid.adapters.guards.django import GuardMiddleware as DjangoMiddleware
from medid.adapters.guards.django import guarded as django_guarded
from medid.adapters.guards.fastapi import GuardDenied, GuardDependency, _answered
from medid.adapters.guards.flask import guarded as flask_guarded
from medid.adapters.guards.flask import protect
from medid.adapters.guards.granted import Granted  # noqa: TC001 - FastAPI reads it
from medid.adapters.guards.request import Source
from medid.errors import ConfigurationError, MissingExtra
from tests.adapters.guards import django_urls
from tests.adapters.guards.frameworks import set_up_django
from tests.adapters.guards.support import (
    BLOOD_PATH,
    NOTE_PATH,
    asgi,
    guard,
    presented,
    runner,
    shows,
    wsgi,
)

if TYPE_CHECKING:
    from types import ModuleType

    from medid.adapters.guards.guard import Guard

AT = guard()
REQUIRE = GuardDependency(AT)


def header(at: Guard) -> dict[str, str]:
    return {"Authorization": f"Presentation {presented(at)}"}


# Starlette.


def test_middleware_in_starlette_s_own_client() -> None:
    at = guard()

    async def stream(request: Any) -> StreamingResponse:
        assert request.state.medid_decision.decision.permitted

        async def pieces() -> Any:
            for piece in ("one", "two"):
                yield piece

        return StreamingResponse(pieces())

    app = Starlette(
        routes=[Route(BLOOD_PATH, stream)], middleware=[Middleware(GuardMiddleware, at)]
    )
    with TestClient(app) as client:
        assert client.get(BLOOD_PATH).status_code == 401
        reply = client.get(BLOOD_PATH, headers=header(at))
        assert (reply.text, reply.headers["cache-control"]) == ("onetwo", "no-store")
        # What is not there is told to those who may ask.
        assert client.get("/nothing").status_code == 401


def test_a_synchronous_endpoint_runs_in_a_thread() -> None:
    import threading

    at, threads = guard(), []

    @starlette_guard.guarded(at)
    def endpoint(request: Any) -> JSONResponse:
        threads.append(threading.current_thread())
        return JSONResponse({"id": request.state.medid_decision.decision.id})

    app = Starlette(routes=[Route(BLOOD_PATH, endpoint, methods=["GET"])])
    reply = asgi(app, "GET", BLOOD_PATH, shows(at))
    assert reply.status == 200
    assert threads != [threading.main_thread()]
    assert endpoint.__name__ == "endpoint"


def test_a_decorated_websocket_is_refused_before_it_is_accepted() -> None:
    at = guard()

    @starlette_guard.guarded(at)
    async def endpoint(websocket: Any) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.state.medid_decision.decision.outcome)
        await websocket.close()

    routes = [WebSocketRoute(path, endpoint) for path in (BLOOD_PATH, NOTE_PATH)]
    client = TestClient(Starlette(routes=routes))
    with (
        pytest.raises(WebSocketDenialResponse) as caught,
        client.websocket_connect(NOTE_PATH, headers=header(at)),
    ):
        pass
    assert caught.value.status_code == 403
    with client.websocket_connect(BLOOD_PATH, headers=header(at)) as session:
        assert session.receive_text() == "permit"


# FastAPI.

app = FastAPI()
REQUIRE.install(app)


@app.get("/Patient/{patient}/Observation/{name}")
def observation(
    patient: str, name: str, granted: Annotated[Granted, Depends(REQUIRE)]
) -> dict[str, str]:
    return {"patient": patient, "name": name, "decision": str(granted.decision.outcome)}


@app.websocket("/Patient/{patient}/Observation/{name}")
async def follow(
    websocket: WebSocket, granted: Annotated[Granted, Depends(REQUIRE)]
) -> None:
    await websocket.accept()
    await websocket.send_text(granted.decision.outcome)
    await websocket.close()


def test_a_dependency_in_fastapi_s_own_client() -> None:
    client = TestClient(app)
    reply = client.get(BLOOD_PATH, headers=header(AT))
    assert reply.json()["decision"] == "permit"
    assert reply.headers["cache-control"] == "no-store"
    # A parameter of the dependency's name is no way around it.
    assert client.get(f"{BLOOD_PATH}?granted=1").status_code == 401
    denied = client.get(NOTE_PATH, headers=header(AT))
    assert denied.status_code == 403
    assert denied.headers["content-type"] == "application/fhir+json"


def test_openapi_shows_the_security_scheme() -> None:
    described = app.openapi()
    scheme = described["components"]["securitySchemes"]["medid"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "presentation")
    operation = described["paths"]["/Patient/{patient}/Observation/{name}"]["get"]
    assert operation["security"] == [{"medid": []}]
    assert [one["name"] for one in operation["parameters"]] == ["patient", "name"]
    own = Source(header="Medid-Presentation", scheme=None)
    model = GuardDependency(guard(source=own)).model
    assert model.model_dump(by_alias=True)["name"] == "Medid-Presentation"


def test_a_websocket_of_fastapi_is_refused_before_it_is_accepted() -> None:
    client = TestClient(app)
    with (
        pytest.raises(WebSocketDisconnect) as caught,
        client.websocket_connect(NOTE_PATH, headers=header(AT)),
    ):
        pass
    assert caught.value.code == 1008
    with client.websocket_connect(BLOOD_PATH, headers=header(AT)) as session:
        assert session.receive_text() == "permit"


def test_without_the_handler_fastapi_refuses_in_its_own_words() -> None:
    bare = FastAPI(dependencies=[Depends(REQUIRE)])

    @bare.get(BLOOD_PATH)
    def nothing() -> dict[str, str]:
        return {}

    client = TestClient(bare)
    missing = client.get(BLOOD_PATH)
    assert missing.status_code == 401
    assert "challenge=" in missing.headers["www-authenticate"]
    assert missing.json()["detail"]["issue"] == [{"severity": "error", "code": "login"}]
    assert client.get(BLOOD_PATH, headers=header(AT)).status_code == 200


def test_the_handler_answers_refusals_only() -> None:
    request: Any = None
    denied = GuardDenied(AT.refusal(403))
    assert _answered(request, denied).body == AT.refusal(403).body
    with pytest.raises(KeyError):
        _answered(request, KeyError())


# Django.


def test_middleware_in_django_s_own_clients() -> None:
    set_up_django()
    at = guard()
    with override_settings(MEDID_GUARD=at):
        client = Client()
        assert client.get(BLOOD_PATH).status_code == 401
        reply = client.get(BLOOD_PATH, headers=header(at))
        assert (reply.status_code, reply["cache-control"]) == (200, "no-store")

        async def both() -> tuple[int, int]:
            asked = AsyncClient()
            denied = await asked.get(NOTE_PATH, headers=header(at))
            found = await asked.get(BLOOD_PATH, headers=header(at))
            return denied.status_code, found.status_code

        assert runner().run(both()) == (403, 200)


def test_the_middleware_takes_the_guard_by_its_dotted_path() -> None:
    set_up_django()
    with override_settings(MEDID_GUARD="tests.adapters.guards.test_own_clients.AT"):
        DjangoMiddleware(lambda _request: None)
    for wrong in (None, "tests.adapters.guards.test_own_clients.REQUIRE", object()):
        with override_settings(MEDID_GUARD=wrong), pytest.raises(ConfigurationError):
            DjangoMiddleware(lambda _request: None)


def test_the_middleware_is_awaited_where_what_it_guards_is() -> None:
    set_up_django()
    with override_settings(MEDID_GUARD=guard()):
        assert iscoroutinefunction(DjangoMiddleware(django_urls.aview))
        assert not iscoroutinefunction(DjangoMiddleware(django_urls.view))


def test_a_view_of_django_is_guarded_async_or_not() -> None:
    set_up_django()
    from django.test import AsyncRequestFactory, RequestFactory

    at = guard(unguarded=frozenset({("GET", "/health")}))
    view = django_guarded(at)(django_urls.view)
    aview = django_guarded(at)(django_urls.aview)
    django_urls.reached.seen.clear()
    make, amake = RequestFactory(), AsyncRequestFactory()
    assert view(make.get(NOTE_PATH, headers=header(at))).status_code == 403
    assert view(make.get(BLOOD_PATH, headers=header(at))).status_code == 200
    assert view(make.get("/health")).status_code == 200
    asked = amake.get(NOTE_PATH, headers=header(at))
    assert runner().run(aview(asked)).status_code == 403
    asked = amake.get(BLOOD_PATH, headers=header(at))
    assert runner().run(aview(asked)).status_code == 200
    permits = [
        permit and permit.decision.permitted for permit in django_urls.reached.seen
    ]
    assert permits == [True, None, True]


def test_django_logs_no_path_of_what_is_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_up_django()
    caplog.set_level(logging.DEBUG)
    with override_settings(MEDID_GUARD=guard()):
        assert Client().get(BLOOD_PATH).status_code == 401
    assert "p-9" not in caplog.text


# Flask.


def flask_app(at: Guard) -> Flask:
    found = Flask("hospital")

    @found.get("/Patient/<patient>/Observation/<name>")
    @flask_guarded(at)
    def read(patient: str, name: str) -> dict[str, str]:
        return {"name": name, "decision": g.medid_decision.decision.outcome}

    @found.get("/async/Patient/<patient>")
    @flask_guarded(at)
    async def aread(patient: str) -> dict[str, str]:
        return {"decision": g.medid_decision.decision.outcome}

    return found


def test_views_in_flask_s_own_client() -> None:
    def mapper(_method: str, path: str, *_: Any) -> Any:
        from tests.adapters.guards.support import mapper as plain

        return plain("GET", BLOOD_PATH if path.startswith("/async") else path, {}, {})

    at = guard(mapper=mapper)
    client = flask_app(at).test_client()
    assert client.get(BLOOD_PATH).status_code == 401
    reply = client.get(BLOOD_PATH, headers=header(at))
    assert reply.json == {"name": "blood-pressure", "decision": "permit"}
    assert reply.headers["cache-control"] == "no-store"
    assert client.get("/async/Patient/p-9", headers=header(at)).json == {
        "decision": "permit"
    }


def test_a_mounted_flask_is_asked_for_by_its_whole_path() -> None:
    seen: list[str] = []

    def mapper(_method: str, path: str, *_: Any) -> None:
        seen.append(path)

    at = guard(mapper=mapper)
    inner = flask_app(at)

    def mounted(environ: dict[str, Any], start: Any) -> Any:
        environ["SCRIPT_NAME"] = "/fhir"
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/fhir")
        return inner(environ, start)

    assert wsgi(mounted, "GET", f"/fhir{BLOOD_PATH}", shows(at)).status == 403
    assert seen == [f"/fhir{BLOOD_PATH}"]


def test_nothing_of_flask_answers_before_the_guard() -> None:
    found = Flask("hospital")
    found.before_request(lambda: "answered early")
    protect(found, guard())
    assert found.test_client().get(BLOOD_PATH).status_code == 401


# Without the framework.


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("starlette", "starlette.concurrency", "server"),
        ("fastapi", "fastapi", "fastapi"),
        ("django", "django.http", "django"),
        ("flask", "flask", "flask"),
    ],
)
def test_a_framework_that_is_not_installed_is_named_with_its_extra(
    name: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"medid.adapters.guards.{name}"
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, module)
    with pytest.raises(MissingExtra, match=rf"medid\[{extra}\]"):
        importlib.import_module(module)


@pytest.mark.parametrize("framework_free", [asgi_guard, envoy, cds_hooks])
def test_a_guard_without_a_framework_imports_none(
    framework_free: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = framework_free.__name__
    name = module.rpartition(".")[2]
    for package in ("starlette", "fastapi", "django", "flask", "uvicorn"):
        monkeypatch.setitem(sys.modules, package, None)
    # What is imported here is put back by the end.
    monkeypatch.setattr(guards, name, getattr(guards, name))
    monkeypatch.delitem(sys.modules, module)
    assert importlib.import_module(module) is not None
