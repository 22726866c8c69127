"""Which verification method a ``did/pub`` attribute of the registry stands for.

The kinds of key that the method's specification lists are written in the form that it
gives them, whatever encoding the attribute's name hints at; others keep their name as
their type, and follow the hint.

Spec: https://github.com/decentralized-identity/ethr-did-resolver/blob/master/doc/did-method-spec.md#public-keys
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core import base64, base64url, multicodec
from medid.core.multibase import to_base58btc
from medid.errors import InvalidKey
from medid.keys import KeyKind, PublicKey

if TYPE_CHECKING:
    from medid.core.json import JsonObject

MAX_KEY_BYTES: Final = 4_096  # an ML-DSA-87 key, the longest in use, has 2,592
_UNCOMPRESSED: Final = 65  # bytes of a point, SEC 1 section 2.3.3


def members(algorithm: str, encoding: str | None, value: bytes) -> JsonObject | None:
    """The type and the key of a method; ``None`` where ``value`` cannot be its key.

    Args:
        algorithm: As the attribute's name states it.
        encoding: The hint behind the purpose, where there is one.
        value: Of the attribute.
    """
    if len(value) > MAX_KEY_BYTES:
        return None
    if algorithm == "Secp256k1":
        return _secp256k1(value)
    if algorithm == "Ed25519":
        raw = multicodec.add_prefix(multicodec.ED25519_PUB, value)
        return _multibase("Ed25519VerificationKey2020", raw)
    if algorithm == "X25519":
        raw = multicodec.add_prefix(multicodec.X25519_PUB, value)
        return _multibase("X25519KeyAgreementKey2020", raw)
    if algorithm == "Multikey":
        return _multibase("Multikey", value)  # it holds the prefix already
    return _hinted(algorithm, encoding, value)


def _multibase(kind: str, raw: bytes) -> JsonObject:
    return {"type": kind, "publicKeyMultibase": to_base58btc(raw)}


def _secp256k1(value: bytes) -> JsonObject | None:
    try:
        key = secp256k1_key(value)
    except InvalidKey:
        return None
    return secp256k1(key)


def secp256k1(key: PublicKey) -> JsonObject:
    """The type and members of a method of a secp256k1 key."""
    return {"type": "EcdsaSecp256k1VerificationKey2019", "publicKeyJwk": key.to_jwk()}


def secp256k1_key(value: bytes) -> PublicKey:
    """The key whose point ``value`` is, compressed or not.

    Raises:
        InvalidKey: Not a point of the curve.
    """
    if len(value) != _UNCOMPRESSED or value[0] != 4:
        return PublicKey(KeyKind.SECP256K1, value)
    key = PublicKey(KeyKind.SECP256K1, bytes([2 + value[-1] % 2]) + value[1:33])
    if key.to_jwk()["y"] != base64url.encode(value[33:]):
        raise InvalidKey("the point is not on the curve")
    return key


def _hinted(algorithm: str, encoding: str | None, value: bytes) -> JsonObject | None:
    match encoding:
        case None | "hex":
            return {"type": algorithm, "publicKeyHex": value.hex()}
        case "base64":
            return {"type": algorithm, "publicKeyBase64": base64.encode(value)}
        case "base58":
            return {"type": algorithm, "publicKeyBase58": to_base58btc(value)[1:]}
        case "pem":
            return _pem(algorithm, value)
        case _:
            return {"type": algorithm, "value": value.hex()}


def _pem(algorithm: str, value: bytes) -> JsonObject | None:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    # The registered name of the type; the attribute's own would be nobody's.
    kind = "RsaVerificationKey2018" if algorithm == "RSA" else algorithm
    return {"type": kind, "publicKeyPem": text}
