"""Keccak-256, the hash of Ethereum: SHA-3 with the padding it had before FIPS 202.

Neither the standard library nor ``cryptography`` offers it. The permutation below is
that of SHA-3, so the tests hold it to the standard library's SHA3-256, by giving it
the padding of FIPS 202. What is hashed here is public, so nothing depends on how long
it takes.

Spec: https://keccak.team/keccak_specs_summary.html,
https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.202.pdf
"""

from __future__ import annotations

from struct import pack, unpack
from typing import Final

KECCAK: Final = 0x01  # the first byte of the padding
SHA3: Final = 0x06  # FIPS 202, section 6.1: two bits more in front of it

_RATE: Final = 136  # bytes that a permutation takes in, for a digest of 256 bits
_LANES: Final = _RATE // 8
_MASK: Final = 2**64 - 1

# FIPS 202, sections 3.2.2 and 3.2.3: where each lane goes, and how far it is turned,
# as (from, to, bits); lane (x, y) stands at x + 5 * y.
_MOVES: Final = (
    *((0, 0, 0), (1, 10, 1), (2, 20, 62), (3, 5, 28), (4, 15, 27)),
    *((5, 16, 36), (6, 1, 44), (7, 11, 6), (8, 21, 55), (9, 6, 20)),
    *((10, 7, 3), (11, 17, 10), (12, 2, 43), (13, 12, 25), (14, 22, 39)),
    *((15, 23, 41), (16, 8, 45), (17, 18, 15), (18, 3, 21), (19, 13, 8)),
    *((20, 14, 18), (21, 24, 2), (22, 9, 61), (23, 19, 56), (24, 4, 14)),
)


def _round_constants() -> tuple[int, ...]:
    """FIPS 202, algorithms 5 and 6: bits of a shift register, spread over a lane."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << ((1 << power) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


_ROUNDS: Final = _round_constants()


def keccak256(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256 of ``data``."""
    return sponge(data, KECCAK)


def sponge(data: bytes, padding: int) -> bytes:
    """The digest of 32 bytes under the padding that begins with ``padding``."""
    padded = bytearray(data) + bytes(_RATE - len(data) % _RATE)
    padded[len(data)] = padding
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        block = unpack(f"<{_LANES}Q", padded[start : start + _RATE])
        for lane, word in enumerate(block):
            state[lane] ^= word
        state = _permuted(state)
    return pack("<4Q", *state[:4])


def _permuted(state: list[int]) -> list[int]:
    """Keccak-f[1600], FIPS 202 section 3.4."""
    moved = [0] * 25
    for constant in _ROUNDS:
        columns = [
            state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
            for x in range(5)
        ]
        mixed = [columns[x - 1] ^ _turned(columns[(x + 1) % 5], 1) for x in range(5)]
        for source, target, bits in _MOVES:
            moved[target] = _turned(state[source] ^ mixed[source % 5], bits)
        state = [
            moved[row + x] ^ (~moved[row + (x + 1) % 5] & moved[row + (x + 2) % 5])
            for row in (0, 5, 10, 15, 20)
            for x in range(5)
        ]
        state[0] ^= constant
    return state


def _turned(lane: int, bits: int) -> int:
    return (lane << bits | lane >> (64 - bits)) & _MASK
