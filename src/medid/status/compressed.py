"""Compressed lists, unpacked within bounds.

Spec: https://www.rfc-editor.org/rfc/rfc1950, https://www.rfc-editor.org/rfc/rfc1952
"""

from __future__ import annotations

import zlib
from typing import Final

from medid.errors import MalformedValue, StatusListLengthError

MAX_BYTES: Final = 8 * 1024 * 1024  # decompressed, 2^26 bits, docs/limits.md

# What tells zlib which wrapper to expect around the DEFLATE data.
ZLIB: Final = zlib.MAX_WBITS
GZIP: Final = 16 + zlib.MAX_WBITS


def unpack(packed: bytes, wrapper: int, *, path: str = "$") -> bytes:
    """What ``packed`` holds; never more than 8 MiB are unpacked.

    Args:
        packed: One compressed stream and nothing else.
        wrapper: ``ZLIB`` or ``GZIP``.
        path: Where it stands, for the error.

    Raises:
        MalformedValue: Not of this wrapper, truncated, or followed by more data.
        StatusListLengthError: It holds more than the limit.
    """
    name = "GZIP" if wrapper == GZIP else "ZLIB"
    unpacker = zlib.decompressobj(wrapper)
    try:
        found = unpacker.decompress(packed, MAX_BYTES + 1)
    except zlib.error:
        raise MalformedValue(f"not {name} data, or damaged", path=path) from None
    if len(found) > MAX_BYTES:
        raise StatusListLengthError("the list is longer than the limit", path=path)
    if not unpacker.eof:
        raise MalformedValue(f"the {name} data is truncated", path=path)
    if unpacker.unused_data:
        raise MalformedValue(f"there is data behind the {name} data", path=path)
    return found
