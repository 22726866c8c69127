"""The request as a guard reads it: its form, its path, its presentation. Pure.

Frameworks differ in what they make of a path or of a header that comes twice. What two
readers could understand differently is refused here, before anybody is asked what the
request is for: a path has one spelling, a header that carries a proof comes once.

Spec: https://www.rfc-editor.org/rfc/rfc9110,
https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from medid.core import base64url
from medid.errors import ConfigurationError, MalformedValue, TooLarge

MAX_HEADERS: Final = 100  # headers of a request; browsers send 20
MAX_HEADER_BYTES: Final = 65_536  # names and values of a request's headers
MAX_PRESENTATION: Final = 49_152  # characters; license and consent take 7,000
MAX_PATH: Final = 2_048  # characters; the longest of FHIR have some 200
MAX_QUERY: Final = 8_192  # characters of a query
MAX_PARAMETERS: Final = 100  # parameters of a query

AUTHORIZATION: Final = "authorization"

_METHOD: Final = re.compile(r"[A-Z][A-Z\-]{0,31}")
# What a path can be written in without percent-encoding; FHIR's ids use less.
_SEGMENT: Final = re.compile(
    r"[A-Za-z0-9\-_.~!$&'()*+,=:@|]*[A-Za-z0-9\-_~!$&'()*+,=:@|]"
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-]{1,64}")  # of a header's name, or a scheme
# RFC 9110 section 5.1. The pseudo-headers of HTTP/2 (":path") are no names.
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
# Bytes beyond ASCII are one text in UTF-8 and another in Latin-1; what follows a "#"
# or a ";" is a part of the value to some, and to others none of it.
_QUERY: Final = re.compile(r"[!-~]*")
_QUERY_ENDS: Final = frozenset("#;")
# base64url, JWT and SD-JWT.
_PRESENTED: Final = re.compile(r"[A-Za-z0-9\-_.~]+")
# With one of these, an application may act on another method than the guard saw.
_OVERRIDES: Final = frozenset(
    {"x-http-method", "x-http-method-override", "x-method-override"}
)

Query: TypeAlias = Mapping[str, tuple[str, ...]]
Headers: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request, as every framework's guard hands it in.

    Attributes:
        method: As it was sent; ``WEBSOCKET`` for a websocket's handshake.
        path: As the application routes by it: decoded, with what it is mounted under.
        query: The query as it was sent, without the question mark.
        headers: In their order, names in lower case.
        raw_path: The path as it was sent, where the framework still knows.
    """

    method: str
    path: str = field(repr=False)
    query: str = field(repr=False, default="")
    headers: tuple[tuple[str, str], ...] = field(repr=False, default=())
    raw_path: str | None = field(repr=False, default=None)

    def check(self) -> None:
        """Return if no two readers could understand this request differently.

        Raises:
            TooLarge: Too many headers, or a part that is too long.
            MalformedValue: A method, path or header that has more than one reading.
        """
        if not _METHOD.fullmatch(self.method):
            raise MalformedValue("not a method of HTTP", path="$.method")
        check_path(self.path)
        if self.raw_path is not None:
            check_path(self.raw_path)
        size = sum(len(name) + len(value) for name, value in self.headers)
        if size > MAX_HEADER_BYTES or len(self.headers) > MAX_HEADERS:
            message = f"more than {MAX_HEADER_BYTES} bytes or {MAX_HEADERS} headers"
            raise TooLarge(message, path="$.headers")
        if len(self.values(AUTHORIZATION)) > 1:
            raise MalformedValue("more than one Authorization", path="$.headers")
        names = [name for name, _ in self.headers]
        if not all(map(_NAME.fullmatch, names)):
            raise MalformedValue("not the name of a header", path="$.headers")
        # CGI and WSGI read an underscore as a hyphen.
        if not _OVERRIDES.isdisjoint(name.replace("_", "-") for name in names):
            raise MalformedValue("a header names another method", path="$.headers")

    def values(self, name: str) -> tuple[str, ...]:
        """The values of every header ``name``, which is in lower case."""
        return tuple(value for found, value in self.headers if found == name)

    def parameters(self) -> Query:
        """The parameters of the query, each with its values in their order.

        Raises:
            TooLarge: The query is too long, or has too many parameters.
            MalformedValue: It is not UTF-8, or has more than one reading: with bytes
                beyond ASCII, ``;`` or ``#`` that are not percent-encoded.
        """
        if len(self.query) > MAX_QUERY or self.query.count("&") >= MAX_PARAMETERS:
            message = f"more than {MAX_QUERY} characters or {MAX_PARAMETERS} parameters"
            raise TooLarge(message, path="$.query")
        if not _QUERY.fullmatch(self.query) or not _QUERY_ENDS.isdisjoint(self.query):
            message = "the query has more than one reading"
            fix = "percent-encode what is not ASCII, and ; and #"
            raise MalformedValue(message, path="$.query", fix=fix)
        found: dict[str, tuple[str, ...]] = {}
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, errors="strict")
        except ValueError:
            raise MalformedValue("the query is not UTF-8", path="$.query") from None
        for name, value in pairs:
            found[name] = (*found.get(name, ()), value)
        return found

    def shown(self, *, without: str) -> Headers:
        """The headers by name; one that comes several times has its values joined.

        Args:
            without: The header with the presentation, which is for the verifier only.
        """
        found: dict[str, str] = {}
        for name, value in self.headers:
            if name != without:
                found[name] = f"{found[name]}, {value}" if name in found else value
        return found


def check_path(path: str) -> None:
    """Return if ``path`` has just this one spelling.

    No empty part, ``.`` or ``..``, nothing that ends with a dot, nothing encoded, no
    backslash, semicolon or letter outside of ASCII. A slash may end it.

    Raises:
        TooLarge: It is too long.
        MalformedValue: It has another spelling.
    """
    if len(path) > MAX_PATH:
        raise TooLarge(f"more than {MAX_PATH} characters", path="$.path")
    first, *parts = path.split("/")
    if parts and parts[-1] == "":
        parts.pop()
    if first or "/" not in path or not all(map(_SEGMENT.fullmatch, parts)):
        raise MalformedValue("the path has another spelling", path="$.path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the presentation stands in a request: in one header, once.

    Attributes:
        header: The header's name.
        scheme: The scheme before it, in Authorization; ``None`` in a header of its own.

    Spec: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.2
    """

    header: str = AUTHORIZATION
    scheme: str | None = "Presentation"

    def __post_init__(self) -> None:
        """Refuse a place that no request can have.

        Raises:
            ConfigurationError: Not the name of a header or of a scheme, or
                Authorization without a scheme.
        """
        if not _TOKEN.fullmatch(self.header):
            raise ConfigurationError("not a header's name", path="$.source.header")
        if self.scheme is not None and not _TOKEN.fullmatch(self.scheme):
            raise ConfigurationError("not a scheme's name", path="$.source.scheme")
        if (self.name == AUTHORIZATION) != (self.scheme is not None):
            message = "Authorization has a scheme, and a header of its own has none"
            raise ConfigurationError(message, path="$.source.scheme")

    @property
    def name(self) -> str:
        """The header's name in lower case."""
        return self.header.lower()

    def read(self, incoming: Incoming) -> str | None:
        """What the request presents, as it travels; ``None`` where it presents nothing.

        Raises:
            MalformedValue: More than one, or nothing that a presentation looks like.
            TooLarge: It is too long.
        """
        values = incoming.values(self.name)
        if not values:
            return None
        if len(values) > 1:
            raise MalformedValue("more than one presentation", path="$.headers")
        text = values[0].strip(" \t")
        if self.scheme is not None:
            scheme, _, text = text.partition(" ")
            if scheme.lower() != self.scheme.lower():
                return None
        text = text.strip(" ")
        if len(text) > MAX_PRESENTATION:
            message = f"the presentation has more than {MAX_PRESENTATION} characters"
            raise TooLarge(message, path="$.headers")
        if not _PRESENTED.fullmatch(text):
            raise MalformedValue("not a presentation in a header", path="$.headers")
        return text


def carried(text: str) -> bytes | str:
    """The presentation that ``text`` carries: a JWT, an SD-JWT, or base64url of it.

    Raises:
        MalformedValue: It is none of these.
    """
    return text if "." in text else base64url.decode(text, path="$.headers")
