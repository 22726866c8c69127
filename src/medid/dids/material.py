"""The key inside a verification method, in the ways documents write it down.

One row of ``_TYPES`` a method type: the members it may carry its key in, and the one
kind of key it is for, where its specification names one. A type that is not in the
table is not guessed at.

Spec: https://www.w3.org/TR/cid-1.0/#verification-material
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from medid.core.fields import as_object, as_str
from medid.core.multibase import base58_decode
from medid.errors import (
    InvalidDidDocument,
    InvalidKey,
    InvalidVerificationMethod,
    MalformedValue,
    child,
    located,
)
from medid.keys import KeyKind, PublicKey
from medid.keys.jwk import PRIVATE_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

_JWK: Final = "publicKeyJwk"
_MULTIBASE: Final = "publicKeyMultibase"
_BASE58: Final = "publicKeyBase58"
_PEM: Final = "publicKeyPem"

# Where more than one member is named, registries and practice differ; a method that
# carries two of them is refused all the same.
_TYPES: Final[Mapping[str, tuple[tuple[str, ...], KeyKind | None]]] = MappingProxyType(
    {
        "Multikey": ((_MULTIBASE,), None),
        "JsonWebKey": ((_JWK,), None),
        "JsonWebKey2020": ((_JWK,), None),
        "Ed25519VerificationKey2020": ((_MULTIBASE,), KeyKind.ED25519),
        "Ed25519VerificationKey2018": ((_BASE58, _JWK), KeyKind.ED25519),
        "X25519KeyAgreementKey2020": ((_MULTIBASE,), KeyKind.X25519),
        "X25519KeyAgreementKey2019": ((_BASE58,), KeyKind.X25519),
        "EcdsaSecp256r1VerificationKey2019": ((_JWK, _MULTIBASE), KeyKind.P256),
        "EcdsaSecp256k1VerificationKey2019": (
            (_JWK, _MULTIBASE, _BASE58),
            KeyKind.SECP256K1,
        ),
        "RsaVerificationKey2018": ((_JWK, _PEM), KeyKind.RSA),
    }
)

_CONTAINERS: Final = (dict, list)


def refuse_private_keys(value: JsonValue, path: str) -> None:
    """Return if nothing at any depth looks like a published private key.

    Raises:
        InvalidDidDocument: Something does. The key is lost and must be replaced.
    """
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, _CONTAINERS):
                refuse_private_keys(item, child(path, index))
    if isinstance(value, dict):
        private_jwk = "kty" in value and not PRIVATE_MEMBERS.isdisjoint(value)
        for name, member in value.items():
            if private_jwk or name.startswith(("privateKey", "secretKey")):
                raise InvalidDidDocument(
                    "the document publishes a private key",
                    path=path,
                    fix="tell the controller: this key is lost and must be replaced",
                )
            if isinstance(member, _CONTAINERS):
                refuse_private_keys(member, child(path, name))


def check_single(method: JsonObject, path: str) -> None:
    """Return if ``method`` shows its key at most once.

    Raises:
        InvalidDidDocument: Two representations, which could be two keys.
    """
    if sum(name.startswith("publicKey") for name in method) > 1:
        message = "the verification method shows its key in two ways"
        raise InvalidDidDocument(message, path=path)


def public_key(method: JsonObject, *, path: str) -> PublicKey:
    """The key of a verification method.

    Raises:
        InvalidVerificationMethod: Of an unknown type, or without the key in the
            member that the type puts it in, or for another kind of key.
        InvalidKey: The key material is not a key medid accepts.
        WeakCryptography: The key proves nothing.
    """
    members, kind = _TYPES.get(as_str(method.get("type"), path), ((), None))
    found = [name for name in members if name in method]
    if len(found) != 1:
        message = "the verification method's type is unknown, or its key is missing"
        raise InvalidVerificationMethod(message, path=path)
    key = _decoded(found[0], method[found[0]], kind, path)
    if kind is not None and key.kind is not kind:
        message = "the verification method's type is for another kind of key"
        raise InvalidVerificationMethod(message, path=path)
    return key


def _decoded(
    member: str, value: JsonValue, kind: KeyKind | None, path: str
) -> PublicKey:
    try:
        if member == _JWK:
            return PublicKey.from_jwk(as_object(value, path), path=path)
        text = as_str(value, path)
        if member == _MULTIBASE:
            return PublicKey.from_multikey(text, path=path)
        if member == _PEM:
            with located(path):
                return PublicKey.from_pem(text)
        # Only types of one kind of key write it down in bare base58.
        return PublicKey.from_raw(cast("KeyKind", kind), base58_decode(text), path=path)
    except MalformedValue as error:
        raise InvalidKey(error.message, path=path) from None
