"""Between medid's bytes and the key objects of cryptography.

A private key lives in such an object only: its bytes are in OpenSSL's memory, and
nothing that prints a Python object can show them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519

from medid.errors import InvalidKey
from medid.keys import ecdsa
from medid.keys.kinds import SHAPES, KeyKind

if TYPE_CHECKING:
    from medid.core.entropy import Entropy

NativePublic: TypeAlias = (
    ed25519.Ed25519PublicKey | x25519.X25519PublicKey | ec.EllipticCurvePublicKey
)
NativePrivate: TypeAlias = (
    ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey
)

_EXTRA: Final = 8  # bytes beyond n, so that the remainder is even: FIPS 186-5 A.2.1


def public_key(kind: KeyKind, raw: bytes) -> NativePublic:
    """The public key of bytes that passed ``points.check_public``."""
    match kind:
        case KeyKind.ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        case KeyKind.X25519:
            return x25519.X25519PublicKey.from_public_bytes(raw)
        case _:
            return ecdsa.load_public(kind, raw)


def private_key(kind: KeyKind, secret: bytes) -> NativePrivate:
    """The private key of a seed (Ed25519, X25519) or of the number d.

    Raises:
        InvalidKey: Wrong length, or d is not in [1, n - 1].
    """
    size = SHAPES[kind].coordinate_size
    if len(secret) != size:
        raise InvalidKey(f"a {kind} private key has {size} bytes")
    match kind:
        case KeyKind.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        case KeyKind.X25519:
            return x25519.X25519PrivateKey.from_private_bytes(secret)
    number = int.from_bytes(secret, "big")
    if not 0 < number < ecdsa.ORDERS[kind]:
        raise InvalidKey(f"not a {kind} private key: it is out of range")
    return ec.derive_private_key(number, ecdsa.CURVES[kind])


def public_bytes(key: NativePrivate) -> bytes:
    """The public half of a private key, as ``PublicKey.raw`` spells it."""
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        return ecdsa.compress(public)
    return public.public_bytes_raw()


def secret_bytes(kind: KeyKind, key: NativePrivate) -> bytes:
    """The seed, or the number d, of a private key."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        number = key.private_numbers().private_value
        return number.to_bytes(SHAPES[kind].coordinate_size, "big")
    return key.private_bytes_raw()


def new_secret(kind: KeyKind, entropy: Entropy) -> bytes:
    """A fresh seed, or a fresh d without bias."""
    size = SHAPES[kind].coordinate_size
    if kind not in ecdsa.CURVES:
        return entropy(size)
    drawn = int.from_bytes(entropy(size + _EXTRA), "big")
    return (drawn % (ecdsa.ORDERS[kind] - 1) + 1).to_bytes(size, "big")
