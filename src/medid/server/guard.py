"""Around every request: limits, one log line, one counter, and no exception outside.

The order matters. Headers and place are checked before anything is read, time runs from
the first line to the last byte of the answer, and whatever goes wrong inside becomes an
answer without a word about why.

The log line has the method, the route's template, the status, the code, who asked by
the name of the token, and the milliseconds. Nothing that a caller wrote is in it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from starlette.responses import Response

from medid.core import json as strict_json
from medid.core.instant import stopwatch
from medid.server.operations import TRACED
from medid.server.pool import busy
from medid.server.problems import CLOSE, PROBLEM, HttpProblem, Problem, http_problem
from medid.server.settings import MAX_HEADER_BYTES, MAX_HEADERS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from medid.server.metrics import Metrics
    from medid.server.settings import Limits

TRACE: Final = "medid.trace"  # where a scope holds its Trace
LOG: Final = logging.getLogger("medid.access")
_SERVER_LOG: Final = logging.getLogger("medid.server")

# What must be answered also when everything else is not.
_ALWAYS: Final = frozenset({"/health", "/metrics"})
_REQUEST_ID: Final = b"x-request-id"
_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"}
)


@dataclass(slots=True, kw_only=True)
class Trace:
    """What is learned about a request while it is answered."""

    route: str = "-"
    status: int = 0
    code: str = "OK"
    by: str = "-"
    verdict: bool = False  # its refusals also say that nothing verified
    arriving: bool = False  # its body is still on the way


class Guarded(Protocol):
    """What is asked of the settings of whatever stands behind a guard."""

    @property
    def base_url(self) -> str:
        """Where it is reached: the only origin whose pages may ask it."""
        ...

    @property
    def limits(self) -> Limits:
        """How much is taken on."""
        ...


class Guard:
    """Wraps an application. One for each server."""

    def __init__(self, app: ASGIApp, settings: Guarded, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = scope[TRACE] = Trace()
        started = stopwatch()
        self._metrics.in_progress += 1
        try:
            answered = _traced(trace, send, _request_id(scope))
            await self._answer(scope, receive, answered, trace)
        finally:
            self._metrics.in_progress -= 1
            seconds = stopwatch() - started
            self._metrics.count(trace.route, trace.status, trace.code, seconds)
            _log(scope, trace, seconds)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, trace: Trace
    ) -> None:
        problem = await self._attempt(scope, receive, send, trace)
        if problem is None:
            return
        trace.code = problem.code
        # Once an answer has begun it can only be cut off.
        if trace.status == 0:
            await respond(problem, trace)(scope, receive, send)

    async def _attempt(
        self, scope: Scope, receive: Receive, send: Send, trace: Trace
    ) -> Problem | None:
        """What stood in the way of an answer; ``None`` where nothing did."""
        try:
            self._admit(scope)
            async with asyncio.timeout(self._settings.limits.seconds):
                await self._app(scope, receive, send)
        except HttpProblem as refusal:
            return refusal.problem
        except TimeoutError:
            name = "REQUEST_TIMEOUT" if trace.arriving else "TIMEOUT"
            return http_problem(name, "it took too long", headers=CLOSE).problem
        except Exception as error:  # noqa: BLE001 - the last door before the caller
            # Its text and its traceback may hold what the caller sent; its type cannot.
            _SERVER_LOG.error("%s", type(error).__name__)
            return http_problem("INTERNAL_ERROR", "it was recorded").problem
        return None

    def _admit(self, scope: Scope) -> None:
        headers = scope["headers"]
        _check_frame(scope)
        size = sum(len(name) + len(value) for name, value in headers)
        if size > MAX_HEADER_BYTES or len(headers) > MAX_HEADERS:
            message = f"more than {MAX_HEADER_BYTES} bytes or {MAX_HEADERS} headers"
            raise http_problem("HEADERS_TOO_LARGE", message)
        if scope["path"] in _ALWAYS:
            return
        if self._metrics.in_progress > self._settings.limits.concurrent:
            raise busy()
        self._check_origin(headers)

    def _check_origin(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Refuse what a page of another site has a browser send."""
        for name, value in headers:
            if name == b"origin" and value != self._settings.base_url.encode():
                message = "requests of other origins are not answered"
                raise http_problem("FORBIDDEN", message)


def _check_frame(scope: Scope) -> None:
    """Refuse what another reader on the way may have understood differently.

    Spec: https://www.rfc-editor.org/rfc/rfc9112#section-6.3-2.3
    """
    names = [name for name, _ in scope["headers"]]
    if b"content-length" in names and b"transfer-encoding" in names:
        message = "the body has two lengths"
        raise http_problem("BAD_REQUEST", message, headers=CLOSE)
    if names.count(b"authorization") > 1:
        # A proxy may have looked at the one that is not looked at here.
        message = "more than one Authorization"
        raise http_problem("BAD_REQUEST", message, headers=CLOSE)
    if scope.get("http_version", "1.1") not in {"1.0", "1.1"}:
        message = "not HTTP/1.1"
        raise http_problem("BAD_REQUEST", message, headers=CLOSE)


def respond(problem: Problem, trace: Trace) -> Response:
    """``problem`` as the answer to the request of ``trace``."""
    trace.code = problem.code
    body = problem.as_verdict() if trace.verdict else problem.as_json()
    return Response(
        strict_json.dumps(body),
        status_code=problem.status,
        media_type=PROBLEM,
        headers=dict(problem.headers),
    )


def _request_id(scope: Scope) -> list[tuple[bytes, bytes]]:
    """What a caller calls the request: told back as it came, and not kept.

    Spec: https://openid.net/specs/authorization-api-1_0.html#name-request-identification,
    https://trustoverip.github.io/tswg-trust-registry-protocol/#common-request-headers
    """
    if scope["path"] not in TRACED:
        return []
    return [header for header in scope["headers"] if header[0] == _REQUEST_ID]


def _traced(trace: Trace, send: Send, named: list[tuple[bytes, bytes]]) -> Send:
    async def traced(message: Message) -> None:
        if message["type"] == "http.response.start":
            trace.status = message["status"]
            message["headers"] = [*_hardened(message["headers"]), *named]
        await send(message)

    return traced


def _hardened(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Answers are never guessed at, and kept only where they say so."""
    kept = any(name.lower() == b"cache-control" for name, _ in headers)
    added = [] if kept else [(b"cache-control", b"no-store")]
    return [*headers, *added, (b"x-content-type-options", b"nosniff")]


def _log(scope: Scope, trace: Trace, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    LOG.info(
        "method=%s route=%s status=%d code=%s by=%s ms=%.1f",
        method,
        trace.route,
        trace.status,
        trace.code,
        trace.by,
        seconds * 1000,
    )
