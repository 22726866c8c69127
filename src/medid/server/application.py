"""The Starlette application: from an HTTP request to a Call, and back.

Spec: https://www.rfc-editor.org/rfc/rfc9110
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from medid.core.instant import stopwatch
from medid.errors import MedidError
from medid.keys import KeyKind
from medid.server import negotiation
from medid.server.bodies import check_content, read_body
from medid.server.calls import JSON, Answer, Call
from medid.server.guard import TRACE, Guard, Trace, respond
from medid.server.metrics import MEDIA_TYPE, Metrics
from medid.server.openapi import document
from medid.server.operations import PREFIXES, Served, offered
from medid.server.pool import Pool
from medid.server.problems import (
    PROBLEM,
    HttpProblem,
    http_problem,
    problem_of,
    unauthenticated,
)
from medid.server.service import Service
from medid.server.signing import mechanisms

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from medid.server.settings import Settings
    from medid.server.tokens import Token

# The scheme in any case: RFC 9110 section 11.1.
_BEARER: Final = re.compile(r"(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)")
_IDENTIFIERS: Final = "/1.0/identifiers/"


def application(settings: Settings) -> Starlette:
    """The application that serves under ``settings``.

    Raises:
        ConfigurationError: A hosted status list is not one that a key here may sign.
    """
    face = _Face(settings)
    app = Starlette(
        routes=face.routes(),
        middleware=[Middleware(Guard, settings=settings, metrics=face.metrics)],
        exception_handlers={
            HTTPException: no_route,
            HttpProblem: refused,
            MedidError: refused,
        },
        lifespan=face.lifespan,
    )
    # A redirect would lead to whatever host the request names.
    app.router.redirect_slashes = False
    return app


class _Face:
    """The shell around one service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._service = Service(settings)
        limits = settings.limits
        self._pools = {
            waits: Pool(workers=limits.workers, places=limits.concurrent)
            for waits in (False, True)
        }
        self.metrics = Metrics()
        self._described = document(settings)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """From start to stop: at the end, jobs that run are waited for."""
        yield
        for pool in self._pools.values():
            await asyncio.to_thread(pool.close)
        self._service.lists.close()

    def routes(self) -> list[Route]:
        """Every route; those without a prefix come first."""
        found = offered(self._settings)
        plain = [self._route(served, served.path) for served in found]
        below = [
            self._route(served, prefix + served.path)
            for prefix in PREFIXES
            for served in found
            if served.prefixed
        ]
        return [
            Route("/health", self._seen("/health", self._health)),
            Route("/metrics", self._seen("/metrics", self._metrics)),
            Route("/openapi.json", self._seen("/openapi.json", self._openapi)),
            *plain,
            *below,
        ]

    def _route(self, served: Served, path: str) -> Route:
        endpoint = self._seen(path, partial(self._serve, served))
        pattern = path.replace("{did}", "{did:path}")
        return Route(pattern, endpoint, methods=[served.method], name=served.name)

    @staticmethod
    def _seen(
        path: str, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            trace: Trace = request.scope[TRACE]
            trace.route = path
            return await answer(request)

        return endpoint

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _metrics(self, _request: Request) -> Response:
        found = self.metrics.text(
            trust=self._settings.trust, cache=self._settings.cache
        )
        return PlainTextResponse(found, media_type=MEDIA_TYPE)

    async def _openapi(self, _request: Request) -> Response:
        return JSONResponse(self._described)

    async def _serve(self, served: Served, request: Request) -> Response:
        trace: Trace = request.scope[TRACE]
        trace.verdict = served.verdict
        # 1. Who asks, before anything is read.
        token = self._token(request, served)
        if token is not None:
            trace.by = token.name
        # 2. In which form.
        body = b""
        if served.method == "POST":
            _check_form(request, served)
            body = await read_body(request, self._settings.limits, trace)
        # 3. What, and the answer.
        call = _call(request, body, token)
        answer = await self._answered(served, call)
        trace.code = answer.code
        return _response(answer)

    async def _answered(self, served: Served, call: Call) -> Answer:
        """The answer, once its time tells no more than it does."""
        job = self._pools[served.waits].run(partial(served.answer, self._service, call))
        if not served.evened:
            return await job
        begun, step = stopwatch(), self._settings.limits.search_step
        try:
            answer = await job
        except MedidError:
            # A page that is refused may have been looked for as long as any other.
            await asyncio.sleep(step - (stopwatch() - begun) % step)
            raise
        await asyncio.sleep(step - (stopwatch() - begun) % step)
        return answer

    def _token(self, request: Request, served: Served) -> Token | None:
        if self._settings.measuring:
            return None
        header = request.headers.get("authorization")
        if header is None:
            if served.needs is not None:
                raise unauthenticated("this operation needs a bearer token")
            return None
        match = _BEARER.fullmatch(header)
        token = self._settings.tokens.find(match[1]) if match else None
        if token is None:
            raise unauthenticated("the bearer token is not accepted")
        if served.needs is not None and served.needs not in token.operations:
            message = "the token does not allow this operation"
            raise http_problem("FORBIDDEN", message)
        return token


def _check_form(request: Request, served: Served) -> None:
    if served.content:
        # AuthZEN has 400 for whatever is wrong with the form of a request.
        check_content(request, status=400 if served.decides else None)
    accept = negotiation.listed(request.headers, "accept")
    if negotiation.choose(accept, (JSON, PROBLEM)) is None:
        raise http_problem("NOT_ACCEPTABLE", "the answer is application/json")


def _call(request: Request, body: bytes, token: Token | None) -> Call:
    parameters = request.path_params
    return Call(
        body=body,
        token=token,
        securing=_one_of(parameters.get("securing"), mechanisms()),
        kind=_kind(parameters.get("kind")),
        name=_identifier(request) or parameters.get("name", ""),
        accept=negotiation.listed(request.headers, "accept"),
        if_none_match=negotiation.listed(request.headers, "if-none-match"),
        query=tuple(request.query_params.multi_items()),
    )


def _identifier(request: Request) -> str | None:
    """The DID or DID URL that the path ends in; ``None`` where it ends in none.

    A DID has percent-encoding of its own (the colon before a port), so it is taken as
    it was sent; only one whose first colon is encoded was encoded as a whole.

    Spec: https://www.w3.org/TR/did-resolution/#bindings-https
    """
    decoded: str | None = request.path_params.get("did")
    raw: bytes | None = request.scope.get("raw_path")
    if decoded is None or raw is None:
        return decoded
    sent = raw.decode("ascii", "replace").partition(_IDENTIFIERS)[2].partition("?")[0]
    return sent if sent.startswith("did:") else unquote(sent, errors="replace")


def _one_of(name: str | None, names: tuple[str, ...]) -> str | None:
    if name is None or name in names:
        return name
    raise http_problem("NOT_FOUND", "there is no such mechanism or kind of key")


def _kind(name: str | None) -> KeyKind | None:
    kinds = {kind.value: kind for kind in KeyKind}
    found = _one_of(name, tuple(kinds))
    return kinds[found] if found is not None else None


def _response(answer: Answer) -> Response:
    return Response(
        answer.content,
        status_code=answer.status,
        media_type=answer.media_type,
        headers=dict(answer.headers),
    )


# Starlette calls these for what is raised inside it.


async def refused(request: Request, error: Exception) -> Response:
    """The answer to what a part of medid, or of the server, refused."""
    trace: Trace = request.scope[TRACE]
    if isinstance(error, MedidError):
        return respond(problem_of(error), trace)
    assert isinstance(error, HttpProblem)  # noqa: S101 - registered for these two
    return respond(error.problem, trace)


async def no_route(request: Request, error: Any) -> Response:
    """The answer where nothing is served."""
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
    code = codes.get(error.status_code, "INTERNAL_ERROR")
    refusal = http_problem(
        code, "no operation is served here", headers=error.headers or {}
    )
    return respond(refusal.problem, request.scope[TRACE])
