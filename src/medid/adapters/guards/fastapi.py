"""A guard as a dependency of FastAPI, shown in its OpenAPI. Needs ``medid[fastapi]``.

::

    require = GuardDependency(guard)
    require.install(app)


    @app.get("/Patient/{id}")
    def patient(id: str, granted: Annotated[Granted, Depends(require)]): ...

FastAPI reads a request's body before it asks any dependency. Where a stranger must not
even be read, put ``asgi.GuardMiddleware`` around the application.

Spec: https://fastapi.tiangolo.com/reference/dependencies/
"""
# Without "from __future__ import annotations": FastAPI reads these of an instance.

from medid.adapters.guards.answer import NO_STORE, Answer, Stopped
from medid.adapters.guards.asgi import STATE, incoming
from medid.adapters.guards.granted import Granted
from medid.adapters.guards.guard import Guard
from medid.core import json as strict_json
from medid.errors import MissingExtra

try:
    from fastapi import FastAPI, HTTPException, Request, Response, WebSocketException
    from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBase
    from fastapi.security.base import SecurityBase
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import HTTPConnection
except ModuleNotFoundError as error:
    needed = "the guard for FastAPI needs: pip install 'medid[fastapi]'"
    raise MissingExtra(needed) from error

_POLICY_VIOLATION = 1008  # RFC 6455 section 7.4.1


class GuardDenied(HTTPException):
    """A refusal on its way to the handler that ``install`` adds.

    Without that handler FastAPI answers with the same status and headers, and with the
    same words inside of its own ``detail``.
    """

    def __init__(self, answer: Answer) -> None:
        headers = dict(answer.headers)
        headers.pop("content-type")
        super().__init__(answer.status, strict_json.loads(answer.body), headers)
        self.answer = answer


class GuardDependency(SecurityBase):
    """Gives the ``Granted`` of a request, or stops it.

    Args:
        guard: What decides.
        scheme_name: The name of the security scheme in OpenAPI.
    """

    def __init__(self, guard: Guard, *, scheme_name: str = "medid") -> None:
        self._guard = guard
        self.scheme_name = scheme_name
        scheme, header = guard.source.scheme, guard.source.header
        words = "A verifiable presentation that answers the challenge of a 401."
        if scheme is None:
            self.model = APIKey.model_validate(
                {"in": APIKeyIn.header, "name": header, "description": words}
            )
        else:
            self.model = HTTPBase(scheme=scheme.lower(), description=words)

    async def __call__(
        self, connection: HTTPConnection, response: Response
    ) -> Granted | None:
        """The permit; ``None`` where the route is set up as not guarded.

        What the route returns as data is kept by no cache; a ``Response`` of its own
        has to say so itself.

        Raises:
            GuardDenied: The request may have nothing.
            WebSocketException: The websocket may not be accepted.
        """
        try:
            granted = await self._guard.aadmit(
                incoming(connection.scope), run=run_in_threadpool
            )
        except Stopped as stopped:
            if connection.scope["type"] == "websocket":
                raise WebSocketException(_POLICY_VIOLATION) from None
            raise GuardDenied(stopped.answer) from None
        setattr(connection.state, STATE, granted)
        if granted is not None:
            response.headers.setdefault(*NO_STORE)
            response.headers.add_vary_header(self._guard.source.header)
        return granted

    @staticmethod
    def install(app: FastAPI) -> None:
        """Have ``app`` send refusals in the guard's own words."""
        app.add_exception_handler(GuardDenied, _answered)


def _answered(_request: Request, denied: Exception) -> Response:
    """The refusal, byte for byte."""
    if not isinstance(denied, GuardDenied):
        raise denied
    answer = denied.answer
    return Response(answer.body, answer.status, dict(answer.headers))
