"""base64 in the standard alphabet, read strictly: the text form of a COSE message.

Padded as RFC 4648 writes it, or not padded at all; nothing in between, no other
characters, no trailing bits.

Spec: https://www.rfc-editor.org/rfc/rfc4648#section-4,
https://www.rfc-editor.org/rfc/rfc2397#section-2
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from medid.core import base64url
from medid.errors import MalformedValue

_ALPHABET: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_TO_URL: Final = str.maketrans("+/", "-_")


def encode(data: bytes) -> str:
    """``data`` in base64, padded."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode(text: str, *, path: str = "$") -> bytes:
    """The bytes that ``text`` spells.

    Raises:
        MalformedValue: Another alphabet, white space, padding or a length that is not
            right, or trailing bits that are not zero.
    """
    bare = text.rstrip("=")
    if not _ALPHABET.fullmatch(text) or (bare != text and len(text) % 4):
        raise MalformedValue("not base64", path=path)
    return base64url.decode(bare.translate(_TO_URL), path=path)
