"""The signing server: signatures for clients that a certificate makes known.

``POST /sign`` takes ``{"key", "algorithm", "payload"}`` and answers ``{"signature"}``;
``GET /keys`` names the keys that the client may use. In this order, for each request:

1. The certificate is of a client on the list.
2. The client has not asked more often than it may.
3. The request is strict JSON of its one form, within its limits.
4. The key is among the client's own, and signs by the algorithm that is named.
5. The use is on record: when, for whom, which key, the SHA-256 of what is signed.
6. The key signs, wherever it is held.

A key that does not exist and one that is not the client's are one answer. What is
signed is kept nowhere. Asking twice gives two signatures, which is no harm.

Spec: https://www.rfc-editor.org/rfc/rfc8705#section-2,
https://www.rfc-editor.org/rfc/rfc6585#section-4
"""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from medid.adapters.signers.logged import LoggedSigner
from medid.adapters.signers.remote import KEYS, SIGN
from medid.core import base64url
from medid.core import json as strict_json
from medid.core.fields import no_others, required, required_str
from medid.core.json import JsonLimits
from medid.errors import MalformedValue, MedidError, TooLarge
from medid.keys import held
from medid.keys.kinds import SHAPES
from medid.server.application import no_route, refused
from medid.server.bodies import check_content, read_body
from medid.server.certified import CLIENT
from medid.server.guard import TRACE, Guard
from medid.server.metrics import Metrics
from medid.server.pool import Pool
from medid.server.problems import HttpProblem, http_problem
from medid.server.signer_settings import BURST_SECONDS, MAX_SIGN_BODY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from medid.core.json import JsonObject
    from medid.keys import Signer
    from medid.server.guard import Trace
    from medid.server.signer_clients import Client
    from medid.server.signer_settings import SignerSettings

PURPOSE: Final = "signer"  # in the log: signed for a client

_LIMITS: Final = JsonLimits(max_bytes=MAX_SIGN_BODY, max_depth=2, max_members=8)


def application(settings: SignerSettings) -> Starlette:
    """The ASGI application of a signing server.

    Who asks is what ``medid.server.certified`` found; anything else in front of it
    serves nobody.

    Raises:
        SignerError: A key cannot be opened, or is not one that signs.
    """
    face = _Face(settings)
    app = Starlette(
        routes=[
            Route(KEYS, face.keys, methods=["GET"]),
            Route(SIGN, face.sign, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, settings=settings, metrics=Metrics())],
        exception_handlers={
            HTTPException: no_route,
            HttpProblem: refused,
            MedidError: refused,
        },
        lifespan=face.lifespan,
    )
    app.router.redirect_slashes = False
    return app


class _Face:
    """The shell around the keys."""

    def __init__(self, settings: SignerSettings) -> None:
        self._settings = settings
        self._rates = {one.sha256: _Rate(settings) for one in settings.clients.entries}
        limits = settings.limits
        self._pool = Pool(workers=limits.workers, places=limits.concurrent)
        # Opened now, not at a request: a key that cannot be used is told to who starts.
        self._described = {
            name: _described(name, signer) for name, signer in settings.keys.items()
        }

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """From start to stop: at the end, signatures under way are waited for."""
        yield
        await asyncio.to_thread(self._pool.close)

    async def keys(self, request: Request) -> Response:
        """Answer ``GET /keys``."""
        client = self._client(request, KEYS)
        own = [self._described[name] for name in self._own(client)]
        return JSONResponse({"keys": own})

    async def sign(self, request: Request) -> Response:
        """Answer ``POST /sign``."""
        client = self._client(request, SIGN)
        check_content(request)
        trace: Trace = request.scope[TRACE]
        body = await read_body(request, self._settings.limits, trace)
        name, algorithm, payload = _asked(body)
        if name not in self._own(client):
            raise http_problem("FORBIDDEN", "no such key for this client", path="$.key")
        signer = self._settings.keys[name]
        if algorithm not in SHAPES[signer.public_key.kind].algorithms:
            message = "the key does not sign by this algorithm"
            raise MalformedValue(message, path="$.algorithm")
        logged = LoggedSigner(
            signer,
            self._settings.log,
            purpose=PURPOSE,
            client=client.sha256,
            clock=self._settings.clock,
            entropy=self._settings.entropy,
        )
        signature = await self._pool.run(partial(logged.sign, payload))
        return JSONResponse({"signature": base64url.encode(signature)})

    def _client(self, request: Request, route: str) -> Client:
        trace: Trace = request.scope[TRACE]
        trace.route = route
        client = self._settings.clients.find(request.scope.get(CLIENT))
        if client is None:
            raise http_problem("FORBIDDEN", "this client is not served")
        trace.by = client.name
        wait = self._rates[client.sha256].wait()
        if wait > 0:
            headers = {"Retry-After": str(math.ceil(wait))}
            message = "this client asks too often"
            raise http_problem("TOO_MANY_REQUESTS", message, headers=headers)
        return client

    def _own(self, client: Client) -> list[str]:
        return [name for name in self._settings.keys if name in client.keys]


class _Rate:
    """How often one client may still ask. Used by the event loop alone."""

    def __init__(self, settings: SignerSettings) -> None:
        self._settings = settings
        self._saved = self._most = max(1.0, settings.rate * BURST_SECONDS)
        self._moment = settings.stopwatch()

    def wait(self) -> float:
        """Seconds until the next request is answered; 0 counts this one."""
        now = self._settings.stopwatch()
        gained = (now - self._moment) * self._settings.rate
        self._saved, self._moment = min(self._most, self._saved + gained), now
        if self._saved < 1:
            return (1 - self._saved) / self._settings.rate
        self._saved -= 1
        return 0


def _described(name: str, signer: Signer) -> JsonObject:
    public_key = signer.public_key
    held.check_signs(public_key)
    return {
        "name": name,
        "algorithms": list(SHAPES[public_key.kind].algorithms),
        "publicKeyMultibase": public_key.to_multikey(),
    }


def _asked(body: bytes) -> tuple[str, str, bytes]:
    """The key, the algorithm and the payload that a request names.

    Raises:
        ParsingError: Not strict JSON.
        MalformedValue: A member that is missing, unknown or of another form.
        TooLarge: More is to be signed than a store is given.
    """
    obj = strict_json.load_object(body, limits=_LIMITS)
    no_others(obj, {"key", "algorithm", "payload"}, "$")
    name = required_str(obj, "key", "$")
    algorithm = required_str(obj, "algorithm", "$")
    text = required(obj, "payload", str, "$")
    payload = base64url.decode(text, path="$.payload")
    if len(payload) > held.MAX_MESSAGE:
        message = f"at most {held.MAX_MESSAGE} bytes are signed"
        raise TooLarge(message, path="$.payload")
    return name, algorithm, payload
