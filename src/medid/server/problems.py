"""Every refusal of a request: one problem+json form, one table of HTTP statuses.

What medid raises keeps its stable code. What only HTTP can be wrong about has a code
of its own, listed here. Nothing of the request is repeated.

Spec: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import MedidError, MissingExtra, SignerError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject

PROBLEM: Final = "application/problem+json"
TYPES: Final = "https://w3id.org/medid/problems#"  # a code makes it a problem's type

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
CLOSE: Final[Mapping[str, str]] = MappingProxyType({"Connection": "close"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal, as problem+json tells it.

    Attributes:
        status: The HTTP status.
        code: The stable, machine-readable name.
        title: What the code means; the same for every occurrence.
        detail: What is wrong here, without anything of the request.
        fix: What the caller can do next.
        path: Where in the request body, as a JSONPath.
        headers: What goes with it.
    """

    status: int
    code: str
    title: str
    detail: str
    fix: str
    path: str = "$"
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)

    def as_json(self) -> JsonObject:
        """The body."""
        return {
            "type": TYPES + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "path": self.path,
            "fix": self.fix,
        }

    def as_verdict(self) -> JsonObject:
        """The body where a verification was asked for: it says that nothing verified.

        Raises nothing: whoever reads only ``verified`` is told no.
        """
        error: JsonObject = {
            "code": self.code,
            "message": self.detail,
            "path": self.path,
            "fix": self.fix,
        }
        return {**self.as_json(), "verified": False, "errors": [error]}


class HttpProblem(Exception):
    """Stops a request with ``problem`` as its answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


# What only HTTP can be wrong about: code -> (status, title, fix).
HTTP_CODES: Final[Mapping[str, tuple[int, str, str]]] = MappingProxyType(
    {
        "BAD_REQUEST": (
            400,
            "The request is not framed as HTTP/1.1 requires.",
            "send one length, and HTTP/1.1",
        ),
        "UNAUTHENTICATED": (
            401,
            "The request carries no token that is accepted.",
            "send Authorization: Bearer with a token of this server",
        ),
        "FORBIDDEN": (
            403,
            "The caller may not ask for this.",
            "ask with a token that allows this operation under this DID",
        ),
        "NOT_FOUND": (
            404,
            "There is nothing at this address.",
            "see /openapi.json for what is served",
        ),
        "METHOD_NOT_ALLOWED": (
            405,
            "The address does not take this HTTP method.",
            "use a method that the Allow header names",
        ),
        "NOT_ACCEPTABLE": (
            406,
            "No form of the answer is one that the caller accepts.",
            "accept the media types that /openapi.json names",
        ),
        "REQUEST_TIMEOUT": (
            408,
            "The request did not arrive in time.",
            "send the whole request at once",
        ),
        "UNSUPPORTED_MEDIA_TYPE": (
            415,
            "The body is not in a form that is read here.",
            "send application/json in UTF-8, without content encoding",
        ),
        "HEADERS_TOO_LARGE": (
            431,
            "The headers of the request are too large or too many.",
            "send fewer headers",
        ),
        "TOO_MANY_REQUESTS": (
            429,
            "The caller asks more often than it may.",
            "try again after the seconds that Retry-After names",
        ),
        "INTERNAL_ERROR": (
            500,
            "Something went wrong inside the server.",
            "report it, with the time of the request",
        ),
        "NOT_IMPLEMENTED": (
            501,
            "The server does not do what a parameter of the query asks for.",
            "leave the parameter out",
        ),
        "BUSY": (
            503,
            "The server works on as many requests as it admits.",
            "try again after the seconds that Retry-After names",
        ),
        "TIMEOUT": (
            503,
            "The answer was not ready in time.",
            "try again later, or send less at once",
        ),
    }
)


def http_problem(
    code: str,
    detail: str,
    *,
    path: str = "$",
    headers: Mapping[str, str] = _NO_HEADERS,
    status: int | None = None,
) -> HttpProblem:
    """The refusal ``code`` of ``HTTP_CODES``, to be raised.

    Args:
        code: Its stable name.
        detail: What is wrong here.
        path: Where in the request body.
        headers: What goes with it.
        status: In place of the one that the code has, where a protocol asks for it.
    """
    usual, title, fix = HTTP_CODES[code]
    return HttpProblem(
        Problem(
            status=usual if status is None else status,
            code=code,
            title=title,
            detail=detail,
            fix=fix,
            path=path,
            headers=headers,
        )
    )


def body_too_large(limit: int) -> HttpProblem:
    """The refusal of a body beyond ``limit`` bytes, to be raised."""
    error = TooLarge(f"the body has more than {limit} bytes")
    return HttpProblem(_problem(413, error, error.message, headers=CLOSE))


def unauthenticated(detail: str) -> HttpProblem:
    """The refusal of a caller whose token is missing or unknown, to be raised."""
    headers = {"WWW-Authenticate": 'Bearer realm="medid"'}
    return http_problem("UNAUTHENTICATED", detail, headers=headers)


def problem_of(error: MedidError) -> Problem:
    """The problem that an error of medid is to a caller: his, as a rule."""
    if isinstance(error, SignerError):
        # The key is the server's own; why it fails is told to nobody outside.
        return _problem(503, error, "the signing key cannot be used at present")
    if isinstance(error, MissingExtra):
        return _problem(501, error, "the server lacks a package that this needs")
    return _problem(400, error, error.message)


def _problem(
    status: int,
    error: MedidError,
    detail: str,
    *,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Problem:
    title = (type(error).__doc__ or error.code).partition("\n")[0]
    own = status >= 500
    return Problem(
        status=status,
        code=error.code,
        title=title,
        detail=detail,
        fix="try again later, or tell who runs this server" if own else error.fix,
        path="$" if own else error.path,
        headers=headers,
    )
