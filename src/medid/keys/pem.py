"""PEM: SubjectPublicKeyInfo for public keys, PKCS#8 for private ones.

Spec: https://www.rfc-editor.org/rfc/rfc7468, https://www.rfc-editor.org/rfc/rfc8410,
https://www.rfc-editor.org/rfc/rfc3279#section-2.3.1, https://www.rfc-editor.org/rfc/rfc9881
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning

from medid.errors import InvalidKey, SignerError
from medid.keys import bls, ecdsa, mldsa, native, rsa
from medid.keys.kinds import SUPPORTED, KeyKind

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import (
        PrivateKeyTypes,
        PublicKeyTypes,
    )

MAX_PEM_BYTES: Final = 65_536  # an ML-DSA-65 key has 2,800; comments may stand around
MAX_PASSWORD_BYTES: Final = 1_023  # OpenSSL takes no more

_CURVE_KINDS: Final = {curve.name: kind for kind, curve in ecdsa.CURVES.items()}
_PLAIN: Final = b"-----BEGIN PRIVATE KEY-----"
_RSA: Final = b"-----BEGIN RSA PRIVATE KEY-----"
_ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
# The last is raised where warnings are errors, for kinds that are refused in any case.
_UNREADABLE: Final = (ValueError, UnsupportedAlgorithm, CryptographyDeprecationWarning)
_LEAKED: Final = "treat the key as leaked if it was published; use its public key"


def read_public(data: bytes) -> tuple[KeyKind, bytes]:
    """The kind and bytes of a public key in PEM.

    Raises:
        InvalidKey: Not PEM, a private key, or of no supported kind.
    """
    _bounded(data)
    if b"PRIVATE KEY-----" in data:
        message = "a private key stands where a public key belongs"
        raise InvalidKey(message, fix=_LEAKED)
    try:
        key = serialization.load_pem_public_key(data)
    except _UNREADABLE:
        raise InvalidKey("not a public key in PEM") from None
    kind = _kind_of(key)
    if kind is KeyKind.RSA and not _is_written_as(data, key):
        # RFC 4055 has keys for PSS alone, which would come out as keys for anything.
        raise InvalidKey("an RSA key in PEM is one of rsaEncryption, for any padding")
    return kind, native.public_bytes(cast("native.NativePublic", key))


def read_private(data: bytes, password: bytes | None) -> tuple[KeyKind, bytes]:
    """The kind and secret of a private key in PKCS#8 PEM.

    Raises:
        InvalidKey: Not PKCS#8 PEM, or of no supported kind.
        SignerError: It is encrypted, and the password is missing or wrong.
    """
    _bounded(data)
    if _ENCRYPTED in data:
        return _private_parts(_decrypt(data, password))
    if _RSA in data:
        raise rsa.no_private_keys()
    if _PLAIN not in data:
        fix = "convert it with: openssl pkcs8 -topk8 -in KEY"
        raise InvalidKey("not a private key in PKCS#8 PEM", fix=fix)
    try:
        return _private_parts(serialization.load_pem_private_key(data, None))
    except _UNREADABLE:
        # The cause is cut off: nothing about a private key goes into a traceback.
        raise InvalidKey("not a private key in PKCS#8 PEM") from None


def write_private(key: native.NativePrivate, password: bytes | None) -> str:
    """The PKCS#8 PEM of a private key, encrypted where there is a password.

    Raises:
        InvalidKey: A BLS12-381 key, which PEM has no form for.
        SignerError: The password is empty, or longer than OpenSSL takes.
    """
    if isinstance(key, bls.NativePrivate):
        raise bls.multikey_only()
    encryption: serialization.KeySerializationEncryption
    encryption = serialization.NoEncryption()
    if password is not None:
        if not 0 < len(password) <= MAX_PASSWORD_BYTES:
            message = f"a password has 1 to {MAX_PASSWORD_BYTES} bytes"
            raise SignerError(message, fix="choose another password")
        encryption = serialization.BestAvailableEncryption(password)
    pem = serialization.Encoding.PEM
    pkcs8 = serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, pkcs8, encryption).decode("ascii")


def write_public(kind: KeyKind, raw: bytes) -> str:
    """The SubjectPublicKeyInfo PEM of a public key.

    Raises:
        InvalidKey: A BLS12-381 key, which PEM has no form for.
    """
    return _spki(native.public_key(kind, raw)).decode("ascii")


def as_bytes(data: bytes | str) -> bytes:
    """PEM as bytes; text that is not ASCII is left to be refused as no PEM."""
    return data.encode("utf-8", "replace") if isinstance(data, str) else data


def is_encrypted(data: bytes) -> bool:
    """Whether ``data`` is a PEM whose private key a password protects."""
    return _ENCRYPTED in data


def _bounded(data: bytes) -> None:
    if len(data) > MAX_PEM_BYTES:
        raise InvalidKey(f"a PEM file has at most {MAX_PEM_BYTES} bytes")


def _decrypt(data: bytes, password: bytes | None) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(data, password or b"")
    except (TypeError, *_UNREADABLE):
        # One answer to every failure, so that it tells nothing about the password.
        raise SignerError("the private key cannot be opened") from None


def _private_parts(key: PrivateKeyTypes) -> tuple[KeyKind, bytes]:
    if isinstance(key, RSAPrivateKey):
        raise rsa.no_private_keys()
    kind = _kind_of(key)
    return kind, native.secret_bytes(cast("native.NativePrivate", key))


def _kind_of(key: PublicKeyTypes | PrivateKeyTypes) -> KeyKind:
    if isinstance(key, ed25519.Ed25519PublicKey | ed25519.Ed25519PrivateKey):
        return KeyKind.ED25519
    if isinstance(key, x25519.X25519PublicKey | x25519.X25519PrivateKey):
        return KeyKind.X25519
    if isinstance(key, RSAPublicKey):
        return KeyKind.RSA
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        kind = _CURVE_KINDS.get(key.curve.name)
    else:
        kind = mldsa.kind_of(key)
    if kind is None:
        message = f"this key is of no supported kind; supported are {SUPPORTED}"
        raise InvalidKey(message)
    return kind


def _spki(key: native.NativePublic) -> bytes:
    if isinstance(key, bls.NativePublic):
        raise bls.multikey_only()
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _is_written_as(data: bytes, key: PublicKeyTypes) -> bool:
    """Whether ``data`` holds ``key`` in the spelling that ``write_public`` gives it."""
    return b"".join(_spki(cast("RSAPublicKey", key)).split()) in b"".join(data.split())
