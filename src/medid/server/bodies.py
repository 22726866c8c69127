"""The body of a request: in the one form that is read, within bytes and seconds.

Spec: https://www.rfc-editor.org/rfc/rfc9110#section-8.3
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect

from medid.server.negotiation import listed
from medid.server.problems import body_too_large, http_problem

if TYPE_CHECKING:
    from starlette.requests import Request

    from medid.server.guard import Trace
    from medid.server.settings import Limits

# Read and thrown away before a body is refused, so that the caller hears the answer.
_DRAINED: Final = 8  # times the limit
_CONTENT: Final = re.compile(
    r'application/(?:ld\+)?json(?: *; *charset="?utf-8"?)?', re.IGNORECASE
)


async def read_body(request: Request, limits: Limits, trace: Trace) -> bytes:
    """The body of ``request``; ``trace`` tells meanwhile that it is on the way.

    Raises:
        HttpProblem: It is too long, or ended before its end.
        TimeoutError: It did not arrive in time.
    """
    declared = request.headers.get("content-length", "")
    # A length in other letters than these has no server let through.
    digits = declared.isascii() and declared.isdigit()
    if digits and int(declared) > limits.body_bytes * _DRAINED:
        raise body_too_large(limits.body_bytes)
    trace.arriving = True
    async with asyncio.timeout(limits.body_seconds):
        body = await _read(request, limits.body_bytes)
    trace.arriving = False
    return body


async def _read(request: Request, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size <= limit:
                pieces.append(piece)
            elif size > limit * _DRAINED:
                break
    except ClientDisconnect:
        message = "the body ended before its end"
        raise http_problem("REQUEST_TIMEOUT", message) from None
    if size > limit:
        raise body_too_large(limit)
    return b"".join(pieces)


def check_content(request: Request, *, status: int | None = None) -> None:
    """Return if the body is JSON as it stands.

    Args:
        request: Whose headers are looked at.
        status: In place of 415, where a protocol asks for it.

    Raises:
        HttpProblem: It is not.
    """
    headers = request.headers
    encoded = listed(headers, "content-encoding")
    if encoded is not None and encoded.lower() != "identity":
        message = "an encoded body is not read"
        raise http_problem("UNSUPPORTED_MEDIA_TYPE", message, status=status)
    if len(headers.getlist("content-type")) != 1 or not _CONTENT.fullmatch(
        headers["content-type"].strip()
    ):
        message = "the content type is not application/json"
        raise http_problem("UNSUPPORTED_MEDIA_TYPE", message, status=status)
