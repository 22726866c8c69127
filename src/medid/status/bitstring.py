"""The compressed bitstring of a status list: written, read within bounds, indexed.

Index 0 is the left-most bit: the most significant bit of the first byte. Knows bytes
only; whose list it is and what a bit means is for the rest of this room.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstring-encoding
"""

from __future__ import annotations

import zlib
from typing import Final

from medid.core import base64, base64url, multibase
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    StatusListLengthError,
    StatusRangeError,
)
from medid.status.compressed import GZIP, MAX_BYTES, unpack

MIN_ENTRIES: Final = (
    131_072  # fewer would single a holder out (#privacy-considerations)
)
MAX_STATUS_SIZE: Final = 32  # bits an entry
# Incompressible bits grow a little in DEFLATE, and by a third in base64url.
MAX_ENCODED_CHARACTERS: Final = 12 * 1024 * 1024

# No name, no time, no operating system: equal bits give equal text.
_GZIP_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def create(entries: int = MIN_ENTRIES, *, size: int = 1) -> bytes:
    """A bitstring of ``entries`` entries of ``size`` bits, all of them 0.

    Raises:
        ConfigurationError: Too few entries, too many, or not a whole byte of bits.
    """
    if not 1 <= size <= MAX_STATUS_SIZE:
        raise ConfigurationError(f"a status has 1 to {MAX_STATUS_SIZE} bits")
    if not MIN_ENTRIES <= entries <= 8 * MAX_BYTES // size or entries * size % 8:
        message = f"a list has {MIN_ENTRIES} to {8 * MAX_BYTES // size} entries"
        raise ConfigurationError(message, fix="choose a multiple of 8 in that range")
    return bytes(entries * size // 8)


def encode(bits: bytes, *, level: int = 9) -> str:
    """``bits`` as an ``encodedList``: GZIP, then multibase base64url.

    Args:
        bits: The bitstring, a whole number of bytes.
        level: Of compression, 1 (fast) to 9 (small).
    """
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(bits) + packer.flush()
    trailer = zlib.crc32(bits).to_bytes(4, "little") + len(bits).to_bytes(4, "little")
    return multibase.to_base64url(_GZIP_HEADER + body + trailer)


def decode(encoded_list: str, *, path: str = "$") -> bytes:
    """The bitstring of an ``encodedList``; never more than 8 MiB are unpacked.

    Raises:
        MalformedValue: Not multibase base64url, not GZIP, truncated, or followed by
            more data.
        StatusListLengthError: The bitstring is longer than the limit.
    """
    _check_encoded(encoded_list, path)
    if not encoded_list.startswith("u"):
        raise MalformedValue("not multibase base64url: it begins with 'u'", path=path)
    return unpack(multibase.from_multibase(encoded_list, path=path), GZIP, path=path)


def decode_2021(encoded_list: str, *, path: str = "$") -> bytes:
    """The bitstring of a StatusList2021: no multibase letter, either base64 alphabet.

    Spec: https://www.w3.org/TR/2023/WD-vc-status-list-20230427/#bitstring-expansion-algorithm

    Raises:
        MalformedValue: Not base64, not GZIP, truncated, or followed by more data.
        StatusListLengthError: The bitstring is longer than the limit.
    """
    _check_encoded(encoded_list, path)
    # Its text says base64, its implementations write base64url without padding.
    standard = not {"+", "/", "="}.isdisjoint(encoded_list)
    alphabet = base64 if standard else base64url
    return unpack(alphabet.decode(encoded_list, path=path), GZIP, path=path)


def _check_encoded(encoded_list: str, path: str) -> None:
    if len(encoded_list) > MAX_ENCODED_CHARACTERS:
        raise StatusListLengthError("the list is longer than the limit", path=path)


def check_length(bits: bytes, size: int, *, path: str = "$") -> None:
    """Return if ``bits`` holds whole entries of ``size`` bits, and enough of them.

    Raises:
        StatusListLengthError: Fewer than 131,072 entries, or a part of one.
    """
    entries, rest = divmod(8 * len(bits), size)
    if entries < MIN_ENTRIES or rest:
        message = f"not {MIN_ENTRIES} or more whole entries"
        raise StatusListLengthError(message, path=path)


def read(bits: bytes | bytearray, index: int, *, size: int = 1, path: str = "$") -> int:
    """The value of entry ``index``.

    Raises:
        StatusRangeError: ``index`` is negative, or beyond the last entry.
    """
    # A negative index would silently read from the end of the list.
    if index < 0 or (index + 1) * size > 8 * len(bits):
        raise StatusRangeError("the index lies outside the status list", path=path)
    first, last = index * size, (index + 1) * size
    window = int.from_bytes(bits[first // 8 : -(-last // 8)], "big")
    return window >> -last % 8 & (1 << size) - 1


def write(bits: bytearray, index: int, value: int, *, size: int = 1) -> None:
    """Set entry ``index`` of ``bits``, in place, to ``value``.

    Raises:
        StatusRangeError: ``index`` is negative, or beyond the last entry.
        ConfigurationError: ``value`` needs more than ``size`` bits.
    """
    change = read(bits, index, size=size) ^ value
    if not 0 <= value < 1 << size:
        raise ConfigurationError(f"the status does not fit {size} bits")
    first, last = index * size, (index + 1) * size
    place = slice(first // 8, -(-last // 8))
    window = int.from_bytes(bits[place], "big") ^ change << -last % 8
    bits[place] = window.to_bytes(place.stop - place.start, "big")
