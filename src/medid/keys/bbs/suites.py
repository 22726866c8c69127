"""The two ciphersuites of BBS, and how each of them hashes.

They share the curve and differ in the hash: SHA-256 or SHAKE-256. Nothing signed under
one verifies under the other.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html#name-bls12-381-ciphersuites,
https://www.rfc-editor.org/rfc/rfc9380#section-5.3
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256, shake_256
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.keys.bbs import curve

if TYPE_CHECKING:
    from py_arkworks_bls12381 import G1Point, Scalar

EXPAND_LEN: Final = 48  # bytes: ceil((ceil(log2(r)) + 128) / 8)

_FIELD_LEN: Final = (
    64  # bytes of each of the two field elements, RFC 9380 section 8.8.1
)
_HASH_SIZE: Final = 32  # bytes of a SHA-256 digest
_BLOCK_OF_ZEROS: Final = bytes(64)  # as long as an input block of SHA-256

# Takes octets, a domain separation tag of at most 255 bytes, and a number of bytes.
ExpandMessage: TypeAlias = Callable[[bytes, bytes, int], bytes]


def expand_message_xmd(octets: bytes, dst: bytes, size: int) -> bytes:
    """``size`` bytes that look random, made of SHA-256.

    Spec: https://www.rfc-editor.org/rfc/rfc9380#section-5.3.1
    """
    tag = dst + bytes([len(dst)])
    length = size.to_bytes(2, "big")
    first = sha256(_BLOCK_OF_ZEROS + octets + length + b"\0" + tag).digest()
    blocks = [sha256(first + b"\1" + tag).digest()]
    start = int.from_bytes(first, "big")
    while len(blocks) * _HASH_SIZE < size:
        mixed = start ^ int.from_bytes(blocks[-1], "big")
        count = bytes([len(blocks) + 1])
        mixed_octets = mixed.to_bytes(_HASH_SIZE, "big")
        blocks.append(sha256(mixed_octets + count + tag).digest())
    return b"".join(blocks)[:size]


def expand_message_xof(octets: bytes, dst: bytes, size: int) -> bytes:
    """``size`` bytes that look random, made of SHAKE-256.

    Spec: https://www.rfc-editor.org/rfc/rfc9380#section-5.3.2
    """
    tag = dst + bytes([len(dst)])
    return shake_256(octets + size.to_bytes(2, "big") + tag).digest(size)


@dataclass(frozen=True, slots=True)
class Suite:
    """One ciphersuite.

    Attributes:
        name: As W3C and IETF write it.
        ciphersuite_id: The beginning of every domain separation tag.
        expand_message: The hash.
    """

    name: str
    ciphersuite_id: bytes
    expand_message: ExpandMessage = field(repr=False)

    def hash_to_scalar(self, octets: bytes, dst: bytes) -> Scalar:
        """The scalar of ``octets``."""
        return curve.reduced(self.expand_message(octets, dst, EXPAND_LEN))

    def hash_to_curve_g1(self, octets: bytes, dst: bytes) -> G1Point:
        """The point of G1 to which ``octets`` hash; nobody knows its logarithm.

        Spec: https://www.rfc-editor.org/rfc/rfc9380#section-3
        """
        uniform = self.expand_message(octets, dst, 2 * _FIELD_LEN)
        return curve.mapped(uniform[:_FIELD_LEN]) + curve.mapped(uniform[_FIELD_LEN:])


SHA_256: Final = Suite(
    "BLS12-381-SHA-256",
    b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_",
    expand_message_xmd,
)
SHAKE_256: Final = Suite(
    "BLS12-381-SHAKE-256",
    b"BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_",
    expand_message_xof,
)
