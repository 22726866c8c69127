"""BLS12-381: points, scalars and the pairing. The only module that knows the engine.

The engine is arkworks, through ``py-arkworks-bls12381`` (the extra ``medid[bbs]``); it
is loaded at the first computation. What comes from outside is decoded here and nowhere
else, and each decoder is the whole check: canonical encoding, on the curve, in the
subgroup of prime order, not the identity; a scalar is in [1, r - 1].

Neither the engine nor Python's integers take constant time. Somebody who can measure
the time of a signature, or of a proof, on the same machine may learn about the secret.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html#name-the-bls12-381-curve
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.errors import InvalidKey, MalformedProof, MissingExtra, WeakCryptography

if TYPE_CHECKING:
    from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

POINT_SIZE: Final = 48  # bytes of a compressed point of G1
SCALAR_SIZE: Final = 32  # bytes
PUBLIC_SIZE: Final = 96  # bytes of a compressed point of G2

# The order of the field of G1's coordinates.
_P: Final = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF << 192 | (
    0x6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
)
_I_BIT: Final = 0x40  # of the first byte: the point is the identity
_KEY_FIX: Final = "use a BLS12-381 G2 key in its compressed canonical encoding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The classes of ``py_arkworks_bls12381``."""

    g1: type[G1Point]
    g2: type[G2Point]
    gt: type[GT]
    scalar: type[Scalar]


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine, loaded at its first use.

    Raises:
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    try:
        from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar
    except ImportError:
        message = "BBS signatures are computed by medid[bbs]"
        raise MissingExtra(message, fix="run: pip install 'medid[bbs]'") from None
    return Engine(g1=G1Point, g2=G2Point, gt=GT, scalar=Scalar)


def point(octets: bytes) -> G1Point:
    """The point of G1 that ``octets`` spell, which is not the identity.

    Raises:
        MalformedProof: Anything else, a second spelling included.
    """
    if _says_identity(octets):
        raise MalformedProof("the identity stands where a point of G1 belongs")
    try:
        return engine().g1.from_compressed_bytes(octets)
    except ValueError:
        raise MalformedProof("not a point of G1 in its canonical encoding") from None


def public_point(octets: bytes) -> G2Point:
    """The point of G2 that a public key spells.

    Raises:
        WeakCryptography: The identity: anybody can sign for it.
        InvalidKey: Not a point of G2, or not in its canonical encoding.
    """
    if octets == b"\xc0" + bytes(PUBLIC_SIZE - 1):
        message = "a BLS12-381 key that is the identity: anybody can sign for it"
        raise WeakCryptography(message, fix=_KEY_FIX)
    malformed = InvalidKey("not a point of G2 in its canonical encoding", fix=_KEY_FIX)
    if _says_identity(octets):
        raise malformed
    try:
        return engine().g2.from_compressed_bytes(octets)
    except ValueError:
        raise malformed from None


def scalar(octets: bytes) -> Scalar:
    """The number in [1, r - 1] that 32 bytes spell.

    Raises:
        MalformedProof: Another length, zero, or r and above.
    """
    try:
        found = engine().scalar.from_be_bytes(octets)
    except ValueError:
        raise MalformedProof("not a scalar in [1, r - 1]") from None
    if found.is_zero():
        raise MalformedProof("zero stands where a scalar belongs")
    return found


def reduced(octets: bytes) -> Scalar:
    """The scalar of ``octets``, modulo r; 48 of them leave no bias."""
    return engine().scalar.from_be_bytes_mod_order(octets)


def number(value: int) -> Scalar:
    """The scalar of a small number."""
    return engine().scalar(value)


def mapped(octets: bytes) -> G1Point:
    """The point of G1 to which a field element (modulo p) maps, cofactor cleared.

    Spec: https://www.rfc-editor.org/rfc/rfc9380#section-6.6.3
    """
    element = int.from_bytes(octets, "big") % _P
    return engine().g1.map_from_fp_be(element.to_bytes(POINT_SIZE, "big"))


def combined(*terms: tuple[G1Point, Scalar]) -> G1Point:
    """The sum of points, each times its scalar."""
    # Given two lists of different lengths the engine would leave out the rest: pairs
    # cannot differ.
    points, scalars = zip(*terms, strict=True)
    return engine().g1.multiexp_unchecked(list(points), list(scalars))


def is_identity(candidate: G1Point) -> bool:
    """Whether a computed point is the identity."""
    return candidate == engine().g1.identity()


def base_point() -> G1Point:
    """BP1, the base point of G1."""
    return engine().g1()


def paired(left: G1Point, key: G2Point, right: G1Point) -> bool:
    """Whether h(left, key) = h(right, BP2): ``right`` is the secret times ``left``."""
    bls = engine()
    return bls.gt.pairing_check([left, -right], [key, bls.g2()])


def public_octets(secret: Scalar) -> bytes:
    """SkToPk: the secret times BP2, compressed."""
    return (engine().g2() * secret).to_compressed_bytes()


def _says_identity(octets: bytes) -> bool:
    # The engine takes whatever has this bit for the identity, and ignores the rest.
    return octets != b"" and octets[0] & _I_BIT != 0
