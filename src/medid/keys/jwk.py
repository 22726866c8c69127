"""JSON Web Keys, read strictly: one key has one spelling, and says what it is for.

Every member that matters has its exact length, the point lies on the curve, and
``alg``, ``use`` and ``key_ops`` must allow what medid does with a key. Members that
medid does not know are ignored, as RFC 7517 section 4 asks.

Spec: https://www.rfc-editor.org/rfc/rfc7517#section-4,
https://www.rfc-editor.org/rfc/rfc7518#section-6,
https://www.rfc-editor.org/rfc/rfc8037#section-2,
https://www.rfc-editor.org/rfc/rfc8812#section-3, https://www.rfc-editor.org/rfc/rfc9964,
https://www.rfc-editor.org/rfc/rfc7638
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import base64url
from medid.errors import (
    InvalidKey,
    MalformedValue,
    MedidError,
    WeakCryptography,
    child,
)
from medid.keys import bls, ecdsa, rsa
from medid.keys.kinds import MAX_RSA_BITS, SHAPES, SUPPORTED, KeyKind

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How the keys of one ``kty`` are spelled."""

    named_by: str | None  # the member that says which kind, where there are several
    public: tuple[str, ...]
    private: str


_FORMS: Final[Mapping[str, _Form]] = MappingProxyType(
    {
        "OKP": _Form(named_by="crv", public=("x",), private="d"),
        "EC": _Form(named_by="crv", public=("x", "y"), private="d"),
        "RSA": _Form(named_by=None, public=("n", "e"), private="d"),
        "AKP": _Form(named_by="alg", public=("pub",), private="priv"),
    }
)
_KINDS: Final = MappingProxyType(
    {
        (shape.kty, str(kind) if _FORMS[shape.kty].named_by else None): kind
        for kind, shape in SHAPES.items()
        if shape.kty is not None
    }
)
# Every member of RFC 7518 section 6, RFC 8037 and RFC 9964 that holds a secret.
PRIVATE_MEMBERS: Final = frozenset(
    {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}
)

_LEAKED: Final = "treat the key as leaked: replace it, and publish public members only"


def read_public(jwk: object, *, path: str = "$") -> tuple[KeyKind, bytes, str | None]:
    """The kind and bytes of a public JWK, and the algorithm it restricts an RSA key to.

    Whether it is a safe point is not asked.

    Raises:
        InvalidKey: Not a JWK of a supported kind, a private key, or not for verifying.
        WeakCryptography: A symmetric key, or an RSA key that others can factor.
    """
    members = _members(jwk, path)
    kind = _kind(members, path)
    if not PRIVATE_MEMBERS.isdisjoint(members):
        message = "a private key stands where a public key belongs"
        raise InvalidKey(message, path=path, fix=_LEAKED)
    _check_intent(members, kind, SHAPES[kind].public_operations, path)
    raw = _public_bytes(members, kind, path)
    return kind, raw, _algorithm(members, kind)


def read_private(jwk: object, *, path: str = "$") -> tuple[KeyKind, bytes, bytes]:
    """The kind, secret and public bytes of a private JWK.

    Whether the two halves belong together is for the caller to ask.

    Raises:
        InvalidKey: Not a JWK of a supported kind, without its private member, or not
            for signing.
        WeakCryptography: A symmetric key.
    """
    members = _members(jwk, path)
    kind = _kind(members, path)
    shape = SHAPES[kind]
    if shape.secret_size is None:
        error = rsa.no_private_keys()
        error.path = path
        raise error
    _check_intent(members, kind, shape.private_operations, path)
    secret = _octets(members, _form(kind).private, shape.secret_size, path)
    return kind, secret, _public_bytes(members, kind, path)


def write_public(kind: KeyKind, raw: bytes) -> JsonObject:
    """The public JWK of a key, with its required members only.

    Raises:
        InvalidKey: A BLS12-381 key, which no registered JWK spells.
    """
    form = _form(kind)
    jwk: JsonObject = {"kty": SHAPES[kind].kty}
    if form.named_by is not None:
        jwk[form.named_by] = str(kind)
    for name, value in zip(form.public, _coordinates(kind, raw), strict=True):
        jwk[name] = base64url.encode(value)
    return jwk


def write_private(kind: KeyKind, raw: bytes, secret: bytes) -> JsonObject:
    """The private JWK of a key. Whoever sees it can sign.

    Raises:
        InvalidKey: A BLS12-381 key, which no registered JWK spells.
    """
    name = _form(kind).private
    return {**write_public(kind, raw), name: base64url.encode(secret)}


def required_members(jwk: Mapping[str, JsonValue]) -> JsonObject:
    """The members of ``jwk`` that say which key it is, and none that says what for.

    They are those of RFC 7638 section 3.2; of a ``kty`` that is not known, itself.
    """
    kty = jwk.get("kty")
    form = _FORMS.get(kty) if isinstance(kty, str) else None
    names = {"kty", form.named_by, *form.public} if form else {"kty"}
    return {name: value for name, value in jwk.items() if name in names}


def thumbprint(kind: KeyKind, raw: bytes) -> str:
    """The SHA-256 thumbprint of RFC 7638, in base64url.

    Raises:
        InvalidKey: A BLS12-381 key, which no registered JWK spells.
    """
    members = sorted(write_public(kind, raw).items())
    # No member needs escaping: they are base64url and fixed words.
    text = ",".join(f'"{name}":"{value}"' for name, value in members)
    return base64url.encode(hashlib.sha256(f"{{{text}}}".encode()).digest())


def _form(kind: KeyKind) -> _Form:
    kty = SHAPES[kind].kty
    if kty is None:
        raise bls.multikey_only()
    return _FORMS[kty]


def _members(jwk: object, path: str) -> Mapping[str, object]:
    if not isinstance(jwk, Mapping):
        raise InvalidKey("a JWK is a JSON object", path=path)
    return jwk


def _kind(members: Mapping[str, object], path: str) -> KeyKind:
    kty = members.get("kty")
    if kty == "oct":
        message = "a symmetric key cannot show who signed"
        raise WeakCryptography(message, path=child(path, "kty"))
    form = _FORMS.get(kty) if isinstance(kty, str) else None
    place = "kty" if form is None or form.named_by is None else form.named_by
    name = None if place == "kty" else members.get(place)
    # A list of items, because a document can put a value here that has no hash.
    for (known, named), kind in _KINDS.items():
        if (kty, name) == (known, named):
            return kind
    message = f"this JWK is of no supported kind; supported are {SUPPORTED}"
    raise InvalidKey(message, path=child(path, place))


def _check_intent(
    members: Mapping[str, object],
    kind: KeyKind,
    operations: frozenset[str],
    path: str,
) -> None:
    shape = SHAPES[kind]
    if "alg" in members and members["alg"] not in shape.algorithms:
        message = f"the JWK's alg does not fit a key of kind {kind}"
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


def _algorithm(members: Mapping[str, object], kind: KeyKind) -> str | None:
    """The one of several algorithms; the two names of EdDSA are one."""
    algorithm = members.get("alg") if kind is KeyKind.RSA else None
    return algorithm if isinstance(algorithm, str) else None


def _public_bytes(members: Mapping[str, object], kind: KeyKind, path: str) -> bytes:
    shape = SHAPES[kind]
    if shape.coordinate_size is None:
        return _rsa_bytes(members, path)
    parts = [
        _octets(members, name, shape.coordinate_size, path)
        for name in _form(kind).public
    ]
    if kind not in ecdsa.CURVES:
        return parts[0]
    try:
        ecdsa.load_public(kind, b"\x04" + b"".join(parts))
    except MedidError as error:
        error.path = path
        raise
    x, y = parts
    # The compressed point: whether y is odd, and x (SEC 1 section 2.3.3).
    return bytes([2 | y[-1] & 1]) + x


def _rsa_bytes(members: Mapping[str, object], path: str) -> bytes:
    modulus, exponent = (_number(members, name, path) for name in _FORMS["RSA"].public)
    try:
        return rsa.from_numbers(modulus, exponent)
    except MedidError as error:
        error.path = path
        raise


def _coordinates(kind: KeyKind, raw: bytes) -> tuple[bytes, ...]:
    """What the public members of a JWK spell, in their order."""
    if kind is KeyKind.RSA:
        numbers = rsa.load_public(raw).public_numbers()
        return _unsigned(numbers.n), _unsigned(numbers.e)
    if kind in ecdsa.CURVES:
        x_and_y = ecdsa.coordinates(ecdsa.load_public(kind, raw))
        return x_and_y[: len(x_and_y) // 2], x_and_y[len(x_and_y) // 2 :]
    return (raw,)


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _octets(members: Mapping[str, object], name: str, size: int, path: str) -> bytes:
    data = _decoded(members, name, size, path)
    if len(data) != size:
        message = f"the JWK's {name} must have {size} bytes"
        raise InvalidKey(message, path=child(path, name))
    return data


def _number(members: Mapping[str, object], name: str, path: str) -> int:
    """The number of a Base64urlUInt (RFC 7518 section 2), in its shortest form."""
    data = _decoded(members, name, MAX_RSA_BITS // 8, path)
    if not data or data[0] == 0:
        message = f"the JWK's {name} is empty or begins with an octet of zeros"
        raise InvalidKey(message, path=child(path, name))
    return int.from_bytes(data, "big")


def _decoded(
    members: Mapping[str, object], name: str, max_size: int, path: str
) -> bytes:
    path = child(path, name)
    text = members.get(name)
    if not isinstance(text, str):
        raise InvalidKey(f"the JWK's {name} is missing or not a string", path=path)
    # Four characters carry three bytes; judged before anything is decoded.
    if len(text) > (max_size + 2) // 3 * 4:
        raise InvalidKey(f"the JWK's {name} has more than {max_size} bytes", path=path)
    try:
        return base64url.decode(text)
    except MalformedValue:
        message = f"the JWK's {name} is not base64url without padding"
        raise InvalidKey(message, path=path) from None
