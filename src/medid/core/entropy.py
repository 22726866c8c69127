"""Randomness: the only place in medid that asks the system for it.

Spec: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

# Takes a number of bytes and gives that many, unpredictable to anybody else.
Entropy: TypeAlias = Callable[[int], bytes]


def system_entropy(size: int) -> bytes:
    """``size`` bytes of the operating system's cryptographic randomness."""
    return os.urandom(size)


def uuid_urn(entropy: Entropy = system_entropy) -> str:
    """A new ``urn:uuid:`` of version 4, for ids that must not be linkable."""
    raw = bytearray(entropy(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    groups = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
    return "urn:uuid:" + "-".join(groups)
