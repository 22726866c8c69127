"""base64url without padding, read strictly.

The standard library drops characters outside the alphabet and ignores trailing bits,
so two texts would stand for the same bytes. Here one text stands for one value.

Spec: https://www.rfc-editor.org/rfc/rfc7515#section-2, RFC 4648 section 3.5
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from medid.errors import MalformedValue

_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*")
_TO_STANDARD: Final = str.maketrans("-_", "+/")


def encode(data: bytes) -> str:
    """``data`` in base64url, without padding."""
    text = binascii.b2a_base64(data, newline=False).decode("ascii")
    return text.rstrip("=").replace("+", "-").replace("/", "_")


def decode(text: str, *, path: str = "$") -> bytes:
    """The bytes that ``text`` spells.

    Raises:
        MalformedValue: Another alphabet, padding, white space, an impossible length,
            or trailing bits that are not zero.
    """
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise MalformedValue("not base64url without padding", path=path)
    padded = text.translate(_TO_STANDARD) + "=" * (-len(text) % 4)
    data = binascii.a2b_base64(padded)
    if len(text) % 4 and encode(data[-(len(data) % 3) :])[-1] != text[-1]:
        raise MalformedValue("base64url with trailing bits", path=path)
    return data
