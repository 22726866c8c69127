"""A hospital whose routes are guarded, and two ways to ask: as WSGI and as ASGI do.

Requests are handed over exactly as a server would: a client library would tidy up the
paths and headers that matter here.
"""

from __future__ import annotations

import asyncio
import functools
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pytest

from medid.adapters.guards.guard import Guard
from medid.core import base64url
from medid.core import json as strict_json
from medid.core.memory import Memory
from medid.errors import ConfigurationError, EvidenceUnavailable
from tests.access.world import TREAT, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.access.verifier import AccessVerifier

BLOOD_PATH: Final = "/Patient/p-9/Observation/blood-pressure"
NOTE_PATH: Final = "/Patient/p-9/Observation/psychotherapy-note"
HIV_PATH: Final = "/Patient/p-9/Observation/hiv-test"
# What must never be seen outside: of the patient, the practitioner, and what was sent.
CANARY: Final = "canary-mrn-4711"
_ROUTE: Final = re.compile(r"/Patient/([^/]+)/Observation/([^/]+)")

Headers = list[tuple[str, str]]
Sent = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, str]:
        """The headers that a refusal has, whatever the framework adds."""
        names = ("content-type", "cache-control", "x-content-type-options")
        return {name: self.headers[name] for name in names}


@functools.cache
def world() -> World:
    """Issued once: nothing here changes it for good."""
    return World()


def gateway(**members: Any) -> AccessVerifier:
    """A verifier of the hospital; what was read for another test is not read again."""
    return world().gateway(**{"memory": _memory(), **members})


@functools.cache
def _memory() -> Memory:
    return Memory()


def mapper(
    method: str, path: str, query: Mapping[str, Any], headers: Mapping[str, str]
) -> dict[str, Any] | None:
    """The hospital's routes: observations of patients, for a purpose."""
    if path == "/boom":
        raise ValueError(CANARY)
    if path == "/unsure":
        message = "the patient index does not answer"
        raise EvidenceUnavailable(message)
    match = _ROUTE.fullmatch(path)
    if match is None:
        return None
    (purpose,) = query.get("purpose", (TREAT,))
    asked = world().asks(purpose, f"Observation/{match[2]}")
    del asked["subject"]["id"]  # it is whoever presents
    asked["resource"]["properties"]["patient"] = f"Patient/{match[1]}"
    if purpose == "BTG":
        asked["context"]["breakGlass"] = {
            "declared": True,
            "authorised": True,
            "reason": "unconscious",
        }
    return asked


def guard(verifier: AccessVerifier | None = None, **members: Any) -> Guard:
    """A guard of the hospital; members replace its settings."""
    settings: dict[str, Any] = {
        "verifier": verifier or gateway(),
        "mapper": mapper,
        "unguarded": frozenset({("GET", "/health"), ("GET", "/boom")}),
    }
    return Guard(**{**settings, **members})


def presented(guarded: Guard, **members: Any) -> str:
    """A presentation for this guard, as a header carries it."""
    challenge = guarded.verifier.challenge()
    credentials = members.pop("credentials", ())
    shown = world().shown(*credentials, **{"challenge": challenge, **members})
    if isinstance(shown, str):
        return shown
    data = shown if isinstance(shown, bytes) else strict_json.dumps(shown).encode()
    return base64url.encode(data)


def shows(guarded: Guard, **members: Any) -> Headers:
    """The headers of somebody who presents."""
    return [("Authorization", f"Presentation {presented(guarded, **members)}")]


@dataclass(slots=True)
class Reached:
    """Which handlers were reached, and with which permit."""

    seen: list[Any] = field(default_factory=list)

    def __call__(self, permit: Any) -> dict[str, Any]:
        self.seen.append(permit)
        return {"reached": True}


def wsgi(
    app: Callable[..., Any], method: str, target: str, headers: Sent = ()
) -> Reply:
    """Ask a WSGI application as a server would."""
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "RAW_URI": target,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        key = "HTTP_" + name.upper().replace("-", "_")
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    begun: list[tuple[int, dict[str, str]]] = []

    def start(status: str, found: Headers, _error: object = None) -> None:
        lower = {name.lower(): value for name, value in found}
        begun.append((int(status.split(" ", maxsplit=1)[0]), lower))

    answer = app(environ, start)
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return Reply(*begun[-1], body)


def scope_of(method: str, target: str, headers: Sent = ()) -> dict[str, Any]:
    """The scope that a server makes of a request."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers
        ],
        "client": ("127.0.0.1", 1234),
        "server": ("localhost", 80),
    }


async def aasgi(app: Any, scope: dict[str, Any], body: bytes = b"") -> Reply:
    """Ask an ASGI application as a server would."""
    sent: list[Any] = []
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:
            await asyncio.sleep(3600)  # the client stays, and sends no more
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    headers = {
        name.decode().lower(): value.decode() for name, value in start["headers"]
    }
    return Reply(
        start["status"], headers, b"".join(one.get("body", b"") for one in sent[1:])
    )


def asgi(
    app: Any, method: str, target: str, headers: Sent = (), body: bytes = b""
) -> Reply:
    """As ``aasgi``, for who waits."""
    return runner().run(aasgi(app, scope_of(method, target, headers), body))


@functools.cache
def runner() -> asyncio.Runner:
    """One event loop for all: a new one for each request would take most of the time.

    The fixture of ``conftest`` closes it.
    """
    return asyncio.Runner()


def starts_stops_and_refuses(app: Any, unknown: str) -> None:
    """Assert that ``app`` starts and stops, and takes no scope of an unknown type."""
    waiting = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    runner().run(app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(ConfigurationError):
        runner().run(app({"type": unknown}, receive, send))
