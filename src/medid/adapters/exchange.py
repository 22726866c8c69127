"""One request and one answer over one TLS connection to one checked address.

The connection goes to the address it is given, while the certificate is checked for
the name. Nothing is decoded, nothing followed, nothing remembered. Every read is held
to one deadline for the whole exchange, so a host that sends a byte a second gains
nothing by it, and to a number of bytes, so neither does one that never ends.

Spec: https://www.rfc-editor.org/rfc/rfc9112, https://www.rfc-editor.org/rfc/rfc9525
"""

from __future__ import annotations

import io
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, ClassVar, Final, cast

from medid.adapters import freshness
from medid.core.fetch import NO_VALIDATORS, UNSTATED, Freshness, Validators
from medid.core.instant import stopwatch
from medid.errors import FetchBlocked, FetchFailed, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.adapters.addresses import Address
    from medid.adapters.urls import Place

MAX_HEADER_BYTES: Final = 32_768  # status line and fields; servers send about 1 KiB
_READ_SIZE: Final = 16_384  # bytes asked for at once; the size of a TLS record
_USER_AGENT: Final = "medid"
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_REDIRECTS: Final = range(300, 400)

# RFC 6838 section 4.2; what is not of this form counts as not stated.
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,126}"
_MEDIA_TYPE: Final = re.compile(rf"{_NAME}/{_NAME}")

# RFC 9112 section 6: a length that two readers could understand differently is none.
_LENGTH: Final = re.compile(r"[0-9]{1,15}")


class NotFound(FetchFailed):
    """The host answered 404: it has no such document."""

    status: ClassVar[int] = 404


class Gone(FetchFailed):
    """The host answered 410: it had the document, and withdrew it."""

    status: ClassVar[int] = 410


class NotModified(FetchFailed):
    """The host answered 304: the document is the one that the request knows.

    A failure to whoever knows none. ``freshness`` is what the host says about it now.
    """

    status: ClassVar[int] = _NOT_MODIFIED
    freshness: Freshness = UNSTATED


class Busy(FetchFailed):
    """As much is under way as may be, so that no host was asked: it tells of none."""


def busy() -> Busy:
    """What a caller is told for whom there is no room."""
    return Busy("too many fetches are under way")


_ABSENT: Final = {kind.status: kind for kind in (NotFound, Gone)}


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment, by the stopwatch, when time is up."""

    moment: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline ``seconds`` from now."""
        return cls(stopwatch() + seconds)

    def seconds_left(self) -> float:
        """What remains.

        Raises:
            FetchFailed: Nothing does.
        """
        remaining = self.moment - stopwatch()
        if remaining <= 0:
            raise FetchFailed("the host did not answer in time")
        return remaining


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer with status 200."""

    content: bytes
    media_type: str
    freshness: Freshness = UNSTATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a place, and what is read of its answer at most.

    Attributes:
        known: By what the host can tell that what is at hand is what it would answer.
        body: Makes it a POST that carries this, and whose answer is read as such.
        body_type: The media type of ``body``.
        token: A bearer token; visible ASCII without spaces.
    """

    place: Place
    accept: str
    max_bytes: int
    known: Validators = NO_VALIDATORS
    body: bytes | None = field(default=None, repr=False)
    body_type: str = "application/json"
    token: str | None = field(default=None, repr=False)


def dial(found: Sequence[Address], port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first of the checked addresses ``found`` that takes one.

    Raises:
        FetchFailed: None does, or not in time.
    """
    for left, address in zip(range(len(found), 0, -1), found, strict=True):
        # An address that does not answer leaves time for the others.
        share = deadline.seconds_left() / left
        with suppress(OSError):
            return _dialled(address, port, share)
    raise FetchFailed("there is no connection to the host")


def _dialled(address: Address, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect((str(address), port))
    except OSError:
        connection.close()
        raise
    return connection


def exchange(
    request: Request, plain: socket.socket, tls: ssl.SSLContext, deadline: Deadline
) -> Answer:
    """Ask over ``plain`` for what ``request`` names, and read the answer.

    Args:
        request: What to ask for, and the name the certificate must be valid for.
        plain: A connection to the host. It is closed in any case.
        tls: Which certificates and versions are accepted.
        deadline: For all of it.

    Raises:
        FetchBlocked: A redirect, or a content coding.
        TooLarge: A longer answer than asked for.
        NotFound: The host answered 404.
        Gone: The host answered 410.
        NotModified: The host answered 304, and a document is known.
        FetchFailed: No valid certificate, not in time, not HTTP, cut short, or
            another status than 200.
    """
    host = request.place.host
    try:
        with plain:
            plain.settimeout(deadline.seconds_left())
            with tls.wrap_socket(
                plain, server_hostname=host, suppress_ragged_eofs=False
            ) as connection:
                connection.settimeout(deadline.seconds_left())
                connection.sendall(_request(request))
                return _read(request, _Wire(connection, deadline))
    except (OSError, HTTPException, ValueError) as error:
        raise FetchFailed(_explained(error)) from None


def _request(request: Request) -> bytes:
    sent, method, more = request.body, "GET", []
    if sent is not None:
        method = "POST"
        more = [f"Content-Type: {request.body_type}", f"Content-Length: {len(sent)}"]
    if request.token is not None:
        more.append(f"Authorization: Bearer {request.token}")
    more += freshness.conditions(request.known)
    lines = (
        f"{method} {request.place.target} HTTP/1.1",
        f"Host: {request.place.authority}",
        f"Accept: {request.accept}",
        "Accept-Encoding: identity",
        f"User-Agent: {_USER_AGENT}",
        "Connection: close",
        *more,
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii") + (sent or b"")


class _Wire(io.RawIOBase):
    """The connection as a file, with a deadline and a number of bytes for all of it."""

    def __init__(self, connection: ssl.SSLSocket, deadline: Deadline) -> None:
        super().__init__()
        self._connection = connection
        self._deadline = deadline
        # One read may bring the beginning of the body together with the fields.
        self._left = MAX_HEADER_BYTES + _READ_SIZE

    def allow(self, size: int) -> None:
        """Let ``size`` more bytes in."""
        self._left += size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        if self._left <= 0:
            raise TooLarge("the host sends more than was asked for")
        view = memoryview(cast("bytearray", buffer))[: self._left]
        self._connection.settimeout(self._deadline.seconds_left())
        size = self._connection.recv_into(view)
        self._left -= size
        return size

    def makefile(self, mode: str) -> io.BufferedReader:
        """What ``HTTPResponse`` asks of a socket."""
        del mode
        return io.BufferedReader(self, _READ_SIZE)


def _read(request: Request, wire: _Wire) -> Answer:
    method = "GET" if request.body is None else "POST"
    answered = HTTPResponse(cast("socket.socket", wire), method=method)
    # One that is refused before its end would be closed by whoever collects it later,
    # after what it reads from.
    with answered as response:
        response.begin()
        _check_framing(response)
        _check_head(response, request)
        # Chunked framing can double what is sent; more overhead is no document.
        wire.allow(2 * request.max_bytes)
        content = _body(response, request.max_bytes)
    stated = (response.getheader("Content-Type") or "").partition(";")[0].strip()
    known = _MEDIA_TYPE.fullmatch(stated)
    return Answer(
        content=content,
        media_type=stated.lower() if known else "",
        freshness=freshness.stated(response.headers),
    )


def _check_framing(response: HTTPResponse) -> None:
    """Refuse what leaves open where the fields or the body end.

    http.client takes the first of two lengths, reads "1_0" as ten, and takes a coding
    that it does not know for none. Fields behind a line that is none would be lost.
    """
    fields = response.headers
    lengths = fields.get_all("Content-Length", [])
    codings = [one.strip().lower() for one in fields.get_all("Transfer-Encoding", [])]
    sound = all(_LENGTH.fullmatch(one.strip()) for one in lengths)
    if fields.defects or not sound or len(lengths) > 1:
        raise FetchFailed("the host's answer is not sound HTTP")
    if codings not in ([], ["chunked"]) or (codings and lengths):
        raise FetchFailed("the host's answer is not sound HTTP")


def _check_head(response: HTTPResponse, request: Request) -> None:
    status = response.status
    if status == _NOT_MODIFIED and request.known:
        unchanged = NotModified("the host says that the document has not changed")
        unchanged.freshness = freshness.stated(response.headers)
        raise unchanged
    if status in _REDIRECTS:
        raise FetchBlocked("the host redirects, and redirects are not followed")
    if status != _OK:
        message = f"the host answered with status {status}"
        raise _ABSENT.get(status, FetchFailed)(message)
    coding = response.getheader("Content-Encoding", "identity")
    if coding.strip().lower() != "identity":
        raise FetchBlocked("the host compresses its answer, although asked not to")


def _body(response: HTTPResponse, max_bytes: int) -> bytes:
    content = bytearray()
    while piece := response.read(_READ_SIZE):
        content += piece
        if len(content) > max_bytes:
            raise TooLarge("the host sends more than was asked for")
    if response.length:
        # http.client reports a body that is cut short by stopping early only.
        raise FetchFailed("the host's answer is cut short")
    return bytes(content)


def _explained(error: Exception) -> str:
    """What went wrong, in words of our own: those of others may quote the document."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the host's certificate is not valid for it"
    if isinstance(error, TimeoutError):
        return "the host did not answer in time"
    if isinstance(error, ssl.SSLError):
        return "there is no sound TLS connection to the host"
    if isinstance(error, OSError):
        return "there is no connection to the host"
    return "the host's answer is not sound HTTP"
