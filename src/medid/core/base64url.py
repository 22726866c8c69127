"""base64url without padding, read strictly.

The standard library drops characters outside the alphabet and ignores trailing bits,
so two texts would stand for the same bytes. Here one text stands for one value.

Spec: https://www.rfc-editor.org/rfc/rfc7515#section-2, RFC 4648 section 3.5
"""

from __future__ import annotations

import binascii
from typing import Final

from medid.errors import MalformedValue

# What stands only in the standard alphabet becomes what stands in none.
_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
# By how many characters are left over: the padding, and the last characters after
# which no bit is left over.
_REST: Final = {
    0: (b"", None),
    2: (b"==", frozenset("AQgw")),
    3: (b"=", frozenset("AEIMQUYcgkosw048")),
}


def encode(data: bytes) -> str:
    """``data`` in base64url, without padding."""
    text = binascii.b2a_base64(data, newline=False)
    return text.translate(_TO_URL, b"=").decode("ascii")


def decode(text: str, *, path: str = "$") -> bytes:
    """The bytes that ``text`` spells.

    Raises:
        MalformedValue: Another alphabet, padding, white space, an impossible length,
            or trailing bits that are not zero.
    """
    try:
        padding, last = _REST[len(text) % 4]
        standard = text.encode("ascii").translate(_TO_STANDARD) + padding
        data = binascii.a2b_base64(standard, strict_mode=True)
    except (KeyError, ValueError):
        raise MalformedValue("not base64url without padding", path=path) from None
    if last is not None and text[-1] not in last:
        raise MalformedValue("base64url with trailing bits", path=path)
    return data
