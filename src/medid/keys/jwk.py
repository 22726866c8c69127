"""JSON Web Keys, read strictly: one key has one spelling, and says what it is for.

Every member that matters has its exact length, the point lies on the curve, and
``alg``, ``use`` and ``key_ops`` must allow what medid does with a key. Members that
medid does not know are ignored, as RFC 7517 section 4 asks.

Spec: https://www.rfc-editor.org/rfc/rfc7517#section-4,
https://www.rfc-editor.org/rfc/rfc8037#section-2, https://www.rfc-editor.org/rfc/rfc7638
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import base64url
from medid.errors import InvalidKey, MalformedValue, WeakCryptography, child
from medid.keys import ecdsa
from medid.keys.kinds import SHAPES, SUPPORTED, KeyKind

if TYPE_CHECKING:
    from medid.core.json import JsonObject

# Every member of RFC 7518 section 6 and RFC 8037 that holds a secret.
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

_KINDS: Final = MappingProxyType(
    {(shape.kty, str(kind)): kind for kind, shape in SHAPES.items()}
)
_LEAKED: Final = "treat the key as leaked: replace it, and publish public members only"


def read_public(jwk: object, *, path: str = "$") -> tuple[KeyKind, bytes]:
    """The kind and bytes of a public JWK; whether it is a safe point is not asked.

    Raises:
        InvalidKey: Not a JWK of a supported kind, a private key, or not for verifying.
        WeakCryptography: A symmetric key.
    """
    members = _members(jwk, path)
    kind = _kind(members, path)
    if not PRIVATE_MEMBERS.isdisjoint(members):
        message = "a private key stands where a public key belongs"
        raise InvalidKey(message, path=path, fix=_LEAKED)
    _check_intent(members, kind, SHAPES[kind].public_operations, path)
    return kind, _public_bytes(members, kind, path)


def read_private(jwk: object, *, path: str = "$") -> tuple[KeyKind, bytes, bytes]:
    """The kind, secret and public bytes of a private JWK.

    Whether the two halves belong together is for the caller to ask.

    Raises:
        InvalidKey: Not a JWK of a supported kind, without ``d``, or not for signing.
        WeakCryptography: A symmetric key.
    """
    members = _members(jwk, path)
    kind = _kind(members, path)
    _check_intent(members, kind, SHAPES[kind].private_operations, path)
    secret = _coordinate(members, "d", kind, path)
    return kind, secret, _public_bytes(members, kind, path)


def write_public(kind: KeyKind, raw: bytes) -> JsonObject:
    """The public JWK of a key, with its required members only."""
    jwk: JsonObject = {"kty": SHAPES[kind].kty, "crv": str(kind)}
    if kind not in ecdsa.CURVES:
        return {**jwk, "x": base64url.encode(raw)}
    size = SHAPES[kind].coordinate_size
    point = ecdsa.load_public(kind, raw).public_numbers()
    for name, number in (("x", point.x), ("y", point.y)):
        jwk[name] = base64url.encode(number.to_bytes(size, "big"))
    return jwk


def thumbprint(kind: KeyKind, raw: bytes) -> str:
    """The SHA-256 thumbprint of RFC 7638, in base64url."""
    members = sorted(write_public(kind, raw).items())
    # No member needs escaping: they are base64url and fixed words.
    text = ",".join(f'"{name}":"{value}"' for name, value in members)
    return base64url.encode(hashlib.sha256(f"{{{text}}}".encode()).digest())


def _members(jwk: object, path: str) -> Mapping[str, object]:
    if not isinstance(jwk, Mapping):
        raise InvalidKey("a JWK is a JSON object", path=path)
    return jwk


def _kind(members: Mapping[str, object], path: str) -> KeyKind:
    kty, crv = members.get("kty"), members.get("crv")
    if kty == "oct":
        message = "a symmetric key cannot show who signed"
        raise WeakCryptography(message, path=child(path, "kty"))
    if isinstance(kty, str) and isinstance(crv, str) and (kty, crv) in _KINDS:
        return _KINDS[kty, crv]
    # A tuple, not a set: a document can put a value here that has no hash.
    name = "crv" if kty in ("OKP", "EC") else "kty"
    message = f"this JWK is of no supported kind; supported are {SUPPORTED}"
    raise InvalidKey(message, path=child(path, name))


def _check_intent(
    members: Mapping[str, object],
    kind: KeyKind,
    operations: frozenset[str],
    path: str,
) -> None:
    shape = SHAPES[kind]
    if "alg" in members and members["alg"] not in list(shape.algorithms):
        message = f"the JWK's alg does not fit a {kind} key that medid can use"
        raise InvalidKey(message, path=child(path, "alg"))
    if "use" in members and members["use"] != shape.use:
        message = f"the JWK's use is not {shape.use!r}"
        raise InvalidKey(message, path=child(path, "use"))
    if "key_ops" in members:
        _check_operations(members["key_ops"], operations, child(path, "key_ops"))


def _check_operations(value: object, wanted: frozenset[str], path: str) -> None:
    if not isinstance(value, list) or not all(isinstance(op, str) for op in value):
        raise InvalidKey("key_ops is an array of strings", path=path)
    if len(set(value)) != len(value):
        raise InvalidKey("key_ops names an operation twice", path=path)
    if wanted and wanted.isdisjoint(value):
        raise InvalidKey("the JWK's key_ops do not allow this use", path=path)


def _public_bytes(members: Mapping[str, object], kind: KeyKind, path: str) -> bytes:
    x = _coordinate(members, "x", kind, path)
    if kind not in ecdsa.CURVES:
        return x
    y = _coordinate(members, "y", kind, path)
    try:
        return ecdsa.compress(ecdsa.load_public(kind, b"\x04" + x + y))
    except InvalidKey as error:
        error.path = path
        raise


def _coordinate(
    members: Mapping[str, object], name: str, kind: KeyKind, path: str
) -> bytes:
    path = child(path, name)
    text = members.get(name)
    if not isinstance(text, str):
        raise InvalidKey(f"the JWK's {name} is missing or not a string", path=path)
    size = SHAPES[kind].coordinate_size
    try:
        data = base64url.decode(text)
    except MalformedValue:
        message = f"the JWK's {name} is not base64url without padding"
        raise InvalidKey(message, path=path) from None
    if len(data) != size:
        raise InvalidKey(f"the JWK's {name} must have {size} bytes", path=path)
    return data
