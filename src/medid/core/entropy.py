"""Randomness: the only place in medid that asks the system for it.

Spec: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

from medid.errors import SignerError

# Takes a number of bytes and gives that many, unpredictable to anybody else.
Entropy: TypeAlias = Callable[[int], bytes]


def system_entropy(size: int) -> bytes:
    """``size`` bytes of the operating system's cryptographic randomness."""
    return os.urandom(size)


def drawn(size: int, entropy: Entropy) -> bytes:
    """``size`` bytes of ``entropy``.

    Fewer would make a salt, a challenge or a key that others can guess.

    Raises:
        SignerError: The source gave something else.
    """
    found: object = entropy(size)
    if not isinstance(found, bytes) or len(found) != size:
        raise SignerError("the entropy source gave too few or too many bytes")
    return found


def uuid_urn(entropy: Entropy = system_entropy) -> str:
    """A new ``urn:uuid:`` of version 4, for ids that must not be linkable.

    Raises:
        SignerError: The source gave too few bytes, or too many.
    """
    raw = bytearray(drawn(16, entropy))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    groups = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
    return "urn:uuid:" + "-".join(groups)
