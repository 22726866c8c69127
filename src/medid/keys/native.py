"""Between medid's bytes and the key objects of cryptography.

A private key lives in such an object only: its bytes are in OpenSSL's memory, or, of
BLS12-381, behind an object of ``bls``, and nothing that prints a Python object can show
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from medid.core.entropy import drawn
from medid.errors import InvalidKey
from medid.keys import bls, ecdsa, mldsa, rsa
from medid.keys.kinds import SHAPES, KeyKind

if TYPE_CHECKING:
    from medid.core.entropy import Entropy

    NativePublic: TypeAlias = (
        ed25519.Ed25519PublicKey
        | x25519.X25519PublicKey
        | ec.EllipticCurvePublicKey
        | RSAPublicKey
        | bls.NativePublic
        | mldsa.NativePublic
    )
    NativePrivate: TypeAlias = (
        ed25519.Ed25519PrivateKey
        | x25519.X25519PrivateKey
        | ec.EllipticCurvePrivateKey
        | bls.NativePrivate
        | mldsa.NativePrivate
    )

_EXTRA: Final = 8  # bytes beyond n, so that the remainder is even: FIPS 186-5 A.2.1


def public_key(kind: KeyKind, raw: bytes) -> NativePublic:
    """The public key of bytes that passed ``points.check_public``."""
    match kind:
        case KeyKind.ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        case KeyKind.X25519:
            return x25519.X25519PublicKey.from_public_bytes(raw)
        case KeyKind.RSA:
            return rsa.load_public(raw)
        case KeyKind.ML_DSA_44 | KeyKind.ML_DSA_65:
            return mldsa.load_public(kind, raw)
        case KeyKind.BLS12381_G2:
            return bls.NativePublic(raw)
        case _:
            return ecdsa.load_public(kind, raw)


def private_key(kind: KeyKind, secret: bytes) -> NativePrivate:
    """The private key of a seed, or of the number d (ECDSA).

    Raises:
        InvalidKey: Wrong length, d is not in [1, n - 1], or an RSA key.
    """
    size = _secret_size(kind)
    if len(secret) != size:
        raise InvalidKey(f"a private key of kind {kind} has {size} bytes")
    match kind:
        case KeyKind.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        case KeyKind.X25519:
            return x25519.X25519PrivateKey.from_private_bytes(secret)
        case KeyKind.ML_DSA_44 | KeyKind.ML_DSA_65:
            return mldsa.load_private(kind, secret)
        case KeyKind.BLS12381_G2:
            return bls.NativePrivate(secret)
    return ecdsa.load_private(kind, int.from_bytes(secret, "big"))


def public_bytes(key: NativePublic) -> bytes:
    """A public key as ``PublicKey.raw`` spells it."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ecdsa.compress(key)
    if isinstance(key, RSAPublicKey):
        return rsa.encode(key)
    return key.public_bytes_raw()


def secret_bytes(key: NativePrivate) -> bytes:
    """The seed, or the number d, of a private key."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        number = key.private_numbers().private_value
        return number.to_bytes((key.key_size + 7) // 8, "big")
    return key.private_bytes_raw()


def new_secret(kind: KeyKind, entropy: Entropy) -> bytes:
    """A fresh seed, or a fresh d without bias.

    Raises:
        InvalidKey: An RSA key.
        SignerError: The entropy source gave another number of bytes than asked.
    """
    size = _secret_size(kind)
    if kind is KeyKind.BLS12381_G2:
        return bls.new_secret(entropy)
    if kind not in ecdsa.CURVES:
        return drawn(size, entropy)
    number = int.from_bytes(drawn(size + _EXTRA, entropy), "big")
    return (number % (ecdsa.ORDERS[kind] - 1) + 1).to_bytes(size, "big")


def _secret_size(kind: KeyKind) -> int:
    size = SHAPES[kind].secret_size
    if size is None:
        raise rsa.no_private_keys()
    return size
