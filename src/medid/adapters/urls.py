"""What an https URL consists of, read strictly enough to build a request from it.

The host is a DNS name: an IP address in any spelling, a user name, a fragment, white
space or a control character makes the URL one that medid does not fetch.

Spec: https://www.rfc-editor.org/rfc/rfc9110#section-4.2.2
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from medid.errors import FetchBlocked

MAX_URL: Final = 2048  # characters
DEFAULT_PORT: Final = 443
_MAX_PORT: Final = 65_535
_MAX_HOST: Final = 253  # characters, RFC 1035 section 2.3.4
LOCALHOST: Final = "localhost"

# The last label begins with a letter, which no spelling of an IP address does.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_LAST_LABEL: Final = r"[a-z](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+{_LAST_LABEL}")
_URL: Final = re.compile(
    r"https://(?P<host>[A-Za-z0-9.\-]{1,255})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:/[!-~]*)?)"
)
# RFC 3986 has no place for these in a path or query; some servers read them as "/".
_MISLEADING: Final = re.compile(r'["#<>\\^`{|}]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a request goes: the host to connect to, and what to ask it for."""

    host: str
    port: int
    target: str  # path and query, as they stand in the request line

    @property
    def authority(self) -> str:
        """The value of the Host field."""
        return self.host if self.port == DEFAULT_PORT else f"{self.host}:{self.port}"


def parse(url: str, *, allow_localhost: bool = False) -> Place:
    """The place that ``url`` names.

    Any port is allowed: what may be reached is decided by address, and a service that
    does not speak TLS with a valid certificate gets no request.

    Args:
        url: An https URL without a fragment.
        allow_localhost: Accept the name ``localhost``. For tests.

    Raises:
        FetchBlocked: Another scheme, an address in place of a name, a user name, a
            fragment, or a character that does not belong.
    """
    match = _URL.fullmatch(url) if len(url) <= MAX_URL else None
    if match is None or _MISLEADING.search(match["target"]):
        raise FetchBlocked("only plain https URLs of a host by name are fetched")
    host = match["host"].lower()
    if not (allow_localhost and host == LOCALHOST) and (
        len(host) > _MAX_HOST or _HOST.fullmatch(host) is None
    ):
        raise FetchBlocked("the host is not a DNS name")
    port = DEFAULT_PORT if match["port"] is None else int(match["port"])
    if not 1 <= port <= _MAX_PORT:
        raise FetchBlocked("there is no such port")
    return Place(host=host, port=port, target=match["target"] or "/")
