"""ECDSA over P-256 and secp256k1 with SHA-256, P-384 with SHA-384, P-521 with SHA-512.

Signatures are the two numbers r and s side by side (IEEE P1363), as JOSE and Data
Integrity write them. A high s is not refused: honest signers make them, and no
signature is ever used as an identifier.

Spec: https://www.rfc-editor.org/rfc/rfc7518#section-3.4,
https://www.rfc-editor.org/rfc/rfc8812#section-3.2, https://www.rfc-editor.org/rfc/rfc6979
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature as NotVerified
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from medid.errors import InvalidKey, InvalidSignature
from medid.keys.kinds import SHAPES, KeyKind, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CURVES: Final[Mapping[KeyKind, ec.EllipticCurve]] = MappingProxyType(
    {
        KeyKind.P256: ec.SECP256R1(),
        KeyKind.P384: ec.SECP384R1(),
        KeyKind.P521: ec.SECP521R1(),
        KeyKind.SECP256K1: ec.SECP256K1(),
    }
)
_HASHES: Final[Mapping[KeyKind, HashAlgorithm]] = MappingProxyType(
    {
        KeyKind.P256: SHA256(),
        KeyKind.P384: SHA384(),
        KeyKind.P521: SHA512(),
        KeyKind.SECP256K1: SHA256(),
    }
)
_SCHEMES: Final[Mapping[KeyKind, ec.ECDSA]] = MappingProxyType(
    {kind: ec.ECDSA(algorithm) for kind, algorithm in _HASHES.items()}
)
# The orders n of the base points, SP 800-186 section 3.2.1 and SEC 2 section 2.4.1.
ORDERS: Final[Mapping[KeyKind, int]] = MappingProxyType(
    {
        KeyKind.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFF << 128
        | 0xBCE6FAADA7179E84F3B9CAC2FC632551,
        KeyKind.P384: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF << 192
        | 0xC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        KeyKind.P521: (1 << 521)
        - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
        KeyKind.SECP256K1: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE << 128
        | 0xBAAEDCE6AF48A03BBFD25E8CD0364141,
    }
)

_CACHED_KEYS: Final = 1_024  # decompressing a point costs as much as a check


@lru_cache(maxsize=_CACHED_KEYS)
def load_public(kind: KeyKind, raw: bytes) -> ec.EllipticCurvePublicKey:
    """The key of a point, compressed or not.

    Raises:
        InvalidKey: Not a point of the curve of ``kind``, or not canonical.
        MethodNotSupported: The OpenSSL that is installed leaves this curve out.
    """
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[kind], raw)
    except ValueError:
        raise InvalidKey(f"not a point of the {kind} curve") from None
    except UnsupportedAlgorithm:
        raise unavailable(kind) from None


def load_private(kind: KeyKind, number: int) -> ec.EllipticCurvePrivateKey:
    """The private key of the number d.

    Raises:
        InvalidKey: d is not in [1, n - 1].
        MethodNotSupported: The OpenSSL that is installed leaves this curve out.
    """
    if not 0 < number < ORDERS[kind]:
        raise InvalidKey(f"not a {kind} private key: it is out of range")
    try:
        return ec.derive_private_key(number, CURVES[kind])
    except UnsupportedAlgorithm:
        raise unavailable(kind) from None


def compress(key: ec.EllipticCurvePublicKey) -> bytes:
    """The compressed point of ``key``: the sign of y, and x."""
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def coordinates(key: ec.EllipticCurvePublicKey) -> bytes:
    """The two coordinates of the point of ``key``, side by side."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]


def verify(kind: KeyKind, raw: bytes, signature: bytes, message: bytes) -> None:
    """Return if the key ``raw`` made ``signature`` over ``message``.

    Raises:
        InvalidSignature: Wrong length, r or s outside [1, n - 1], or not its signature.
    """
    sizes = SHAPES[kind].signature_sizes
    if len(signature) not in sizes:
        raise InvalidSignature(f"an ECDSA {kind} signature has {sizes.start} bytes")
    size = sizes.start // 2
    r = int.from_bytes(signature[:size], "big")
    s = int.from_bytes(signature[size:], "big")
    if not (0 < r < ORDERS[kind] and 0 < s < ORDERS[kind]):
        raise InvalidSignature("an ECDSA signature with r or s out of range")
    key = load_public(kind, raw)
    try:
        key.verify(encode_dss_signature(r, s), message, _SCHEMES[kind])
    except NotVerified:
        raise InvalidSignature("the signature does not fit key and content") from None


def sign(kind: KeyKind, key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """The signature of ``key`` over ``message``: r and s, each of the curve's size."""
    return from_der(kind, key.sign(message, _signing_scheme(kind)))


@cache
def _signing_scheme(kind: KeyKind) -> ec.ECDSA:
    return signature_algorithm(_HASHES[kind])


def digest(kind: KeyKind, message: bytes) -> bytes:
    """What is signed of ``message``: its digest by the hash of the curve."""
    return hashlib.new(_HASHES[kind].name, message).digest()


def from_der(kind: KeyKind, signature: bytes) -> bytes:
    """R and s of a ``signature`` in DER, each of the curve's size.

    Raises:
        ValueError: It is no such signature, or of a longer curve.
    """
    r, s = decode_dss_signature(signature)
    size = SHAPES[kind].signature_sizes.start // 2
    if max(r.bit_length(), s.bit_length()) > 8 * size:
        raise ValueError("a signature of a longer curve")
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def signature_algorithm(
    algorithm: HashAlgorithm, make: Callable[..., ec.ECDSA] = ec.ECDSA
) -> ec.ECDSA:
    """Deterministic ECDSA (RFC 6979) where OpenSSL offers it (from 3.2 on)."""
    try:
        return make(algorithm, deterministic_signing=True)
    except UnsupportedAlgorithm:
        return make(algorithm)
