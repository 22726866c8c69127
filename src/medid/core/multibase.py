"""Multibase: text whose first character names its base.

medid writes base58btc (``z``) and base64url (``u``), the two that Controlled
Identifiers and Bitstring Status List use, and reads no others.

Spec: https://www.w3.org/TR/cid-1.0/#multibase-0
"""

from __future__ import annotations

import re
from typing import Final

import base58

from medid.core import base64url
from medid.errors import MalformedValue

# More than linear time; no key, digest or signature in base58 is longer.
MAX_BASE58_CHARACTERS: Final = 4_096

# The value of each byte that is a base58 character.
_DIGITS: Final = bytes(
    max(0, base58.BITCOIN_ALPHABET.find(bytes([byte]))) for byte in range(256)
)
# Longer texts are halved down to this many characters, because long arithmetic takes
# quadratic time: an ML-DSA-65 key would take 8 ms.
_BLOCK: Final = 128


def _halvings(digits: int) -> tuple[tuple[int, int, int], ...]:
    """For each width: what every other one covers, the width, what the next counts.

    The widths are 8, 16, 32 bits and so on, until one holds all ``digits``. 58 to the
    power of n takes less than 8 * n bits, so that none grows into its neighbour.
    """
    widths = [8 << step for step in range((digits - 1).bit_length())]
    return tuple(
        (
            sum((1 << bits) - 1 << at for at in range(0, 8 * digits, 2 * bits)),
            bits,
            base,
        )
        for bits, base in ((bits, 58 ** (bits // 8)) for bits in widths)
    )


_HALVINGS: Final = _halvings(_BLOCK // 2)
_ALL_HALVINGS: Final = _halvings(_BLOCK)

_BASE58: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]+")


def to_base58btc(data: bytes) -> str:
    """``data`` as multibase base58btc, beginning with ``z``."""
    zeros = len(data) - len(data.lstrip(b"\0"))
    digits = _digits(int.from_bytes(data, "big"), len(data) * 11 // 8 + 1)
    return "z" + "1" * zeros + digits.decode("ascii").lstrip("1")


def from_base58btc(
    text: str, *, path: str = "$", max_length: int = MAX_BASE58_CHARACTERS
) -> bytes:
    """The bytes of multibase base58btc.

    Args:
        text: Begins with ``z``.
        path: Where the text stands, for the error.
        max_length: In characters; base58 takes more than linear time.

    Raises:
        MalformedValue: Another base or alphabet, nothing behind the ``z``, or too long.
    """
    if not text.startswith("z"):
        raise MalformedValue("not multibase base58btc: it begins with 'z'", path=path)
    return base58_decode(text[1:], path=path, max_length=max_length)


def base58_decode(
    text: str, *, path: str = "$", max_length: int = MAX_BASE58_CHARACTERS
) -> bytes:
    """The bytes of bare base58btc, without a multibase prefix.

    Raises:
        MalformedValue: Another alphabet, an empty text, or too long.
    """
    if len(text) > max_length:
        raise MalformedValue(f"more than {max_length} base58 characters", path=path)
    if not _BASE58.fullmatch(text):
        raise MalformedValue("not base58btc", path=path)
    zeros = len(text) - len(text.lstrip("1"))
    number = _number(text.encode("ascii").translate(_DIGITS))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(digits: bytes) -> int:
    if len(digits) > _BLOCK:
        middle = len(digits) // 2
        scale: int = 58 ** (len(digits) - middle)
        return _number(digits[:middle]) * scale + _number(digits[middle:])
    number = int.from_bytes(digits, "big")
    # Side by side in one long number, each two neighbours become one of double width.
    for lower, bits, base in _HALVINGS if len(digits) <= _BLOCK // 2 else _ALL_HALVINGS:
        number = (number >> bits & lower) * base + (number & lower)
    return number


def _digits(number: int, width: int) -> bytes:
    """The digits of ``number``, filled up with zeros (``1``) to ``width``."""
    if width <= _BLOCK:
        return base58.b58encode_int(number, default_one=False).rjust(width, b"1")
    high, low = divmod(number, 58 ** (width // 2))
    return _digits(high, width - width // 2) + _digits(low, width // 2)


def to_base64url(data: bytes) -> str:
    """``data`` as multibase base64url without padding, beginning with ``u``."""
    return "u" + base64url.encode(data)


def from_multibase(text: str, *, path: str = "$") -> bytes:
    """The bytes of multibase base58btc or base64url.

    Raises:
        MalformedValue: Another base, or text that is not of its base.
    """
    if text.startswith("u"):
        return base64url.decode(text[1:], path=path)
    return from_base58btc(text, path=path)
