"""Which position of a status list a credential gets: at random, and never twice.

Positions in the order of issue would tell whoever sees two credentials which is older,
and how many there are. Each list has a secret key, under which its positions are dealt
in an order that nobody else can tell: the n-th credential gets the n-th card of a
shuffled deck, and nothing has to be stored of the deck but the key and n.

The deck is shuffled by a Feistel network over an even number of bits, whose round
function is keyed BLAKE2b. What lies beyond the size of the list is walked on from,
so that every position comes exactly once.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#index-assignment-and-decoy-values,
https://eprint.iacr.org/2001/012 (cycle walking)
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from medid.errors import ConfigurationError

KEY_SIZE: Final = 32  # bytes
_ROUNDS: Final = 8  # four are enough for a random look; the rest is margin


def position(key: bytes, size: int, ordinal: int) -> int:
    """The position of the credential that was dealt ``ordinal`` cards before it.

    Args:
        key: ``KEY_SIZE`` secret bytes, of one list only.
        size: How many positions the list has.
        ordinal: From 0, below ``size``.

    Returns:
        A position from 0, below ``size``; another for each ordinal.

    Raises:
        ConfigurationError: The ordinal is beyond the list, or the key is no key.
    """
    if len(key) != KEY_SIZE:
        raise ConfigurationError(f"a list's key has {KEY_SIZE} bytes")
    if not 0 <= ordinal < size:
        raise ConfigurationError("the list has no position left", fix="open a new list")
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    found = ordinal
    while True:
        found = _shuffled(key, half, found)
        if found < size:
            return found


def _shuffled(key: bytes, half: int, value: int) -> int:
    """A permutation of all numbers of twice ``half`` bits."""
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for number in range(_ROUNDS):
        message = bytes([number]) + right.to_bytes(8, "big")
        digest = blake2b(message, key=key, digest_size=8).digest()
        left, right = right, left ^ int.from_bytes(digest, "big") & mask
    return left << half | right
