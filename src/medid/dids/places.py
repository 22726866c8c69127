"""Where on the web a DID's files are published, from the DID's own words.

The host is a DNS name in lower-case letters, digits and hyphens, never an address in
any spelling. That the name leads to a public address, over TLS and without redirects,
is the fetcher's to check.

Spec: https://w3c-ccg.github.io/did-method-web/#read-resolve,
https://identity.foundation/didwebvh/v1.0/#the-did-to-https-transformation
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from medid.errors import InvalidDid

if TYPE_CHECKING:
    from collections.abc import Sequence

# RFC 1123 section 2.1. The last label begins with a letter, which no spelling of an
# IP address does: not 127.0.0.1, not 0x7f.1, not 017700000001, not 2130706433.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_LAST_LABEL: Final = r"[a-z](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+{_LAST_LABEL}|localhost")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_MAX_HOST: Final = 253  # characters, RFC 1035 section 2.3.4
_MAX_PORT: Final = 65_535

# What a path segment may not stand for once its percent-encoding is taken off.
_HIDDEN: Final = re.compile(rb"[/\\?#%\x00-\x20\x7f]")

# RFC 3986 section 2.3: what needs no percent-encoding has none. Each path has one
# spelling, and with it one DID.
_NEEDLESS: Final = re.compile(
    r"%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])"
)


def folder_url(authority: str, segments: Sequence[str]) -> str:
    """The URL of the folder that an authority and path segments of a DID lead to.

    Args:
        authority: A host, and a port behind ``%3A`` where there is one.
        segments: The path, percent-encoded as in the DID.

    Raises:
        InvalidDid: Not a DNS name, an optional port, and a plain path.
    """
    for segment in segments:
        check_segment(segment)
    return "/".join([f"https://{_authority(authority)}", *segments])


def _authority(text: str) -> str:
    # The one percent-encoding in an authority is the colon before the port.
    host, encoded, port = text.partition("%3A" if "%3A" in text else "%3a")
    if len(host) > _MAX_HOST or _HOST.fullmatch(host) is None:
        raise InvalidDid("the host of the DID is a DNS name in lower case")
    if not encoded:
        return host
    if _PORT.fullmatch(port) is None or int(port) > _MAX_PORT:
        raise InvalidDid("the port of the DID is a number from 1 to 65535")
    return f"{host}:{port}"


def check_segment(segment: str) -> None:
    """Return if ``segment`` of a path stands for itself, in its one spelling.

    Raises:
        InvalidDid: It is empty, leads upwards, hides something in percent-encoding, or
            has percent-encoding that it does not need.
    """
    if _NEEDLESS.search(segment):
        raise InvalidDid("the path of the DID is percent-encoded without need")
    decoded = unquote_to_bytes(segment)
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidDid("the path of the DID is not UTF-8") from None
    if decoded in {b"", b".", b".."} or _HIDDEN.search(decoded):
        raise InvalidDid("the path of the DID has a misleading segment")
