"""Multikey: a key as one string, multibase over a multicodec prefix.

Each kind of key has one base, so that each key has one spelling: base58btc. The long
keys of ML-DSA are written in base64url and read in both, because did:key knows no other
base than base58btc; two DIDs of one key are two identities of its owner.

Spec: https://www.w3.org/TR/cid-1.0/#Multikey,
https://www.w3.org/TR/vc-di-quantum-resistant-1.0/#multikey
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from medid.core import multibase, multicodec
from medid.errors import InvalidKey, MalformedValue
from medid.keys.kinds import SHAPES, SUPPORTED, KeyKind

MAX_CHARACTERS: Final = 2_688  # an ML-DSA-65 key, the longest, has 2,606

_PUBLIC: Final = MappingProxyType({s.public_code: kind for kind, s in SHAPES.items()})
_PRIVATE: Final = MappingProxyType({s.private_code: kind for kind, s in SHAPES.items()})
_LEAKED: Final = "treat the key as leaked: replace it, and publish its public key only"


def read_public(text: object, *, path: str = "$") -> tuple[KeyKind, bytes]:
    """The kind and bytes of a ``publicKeyMultibase``.

    Raises:
        InvalidKey: Not multibase, an unknown code, another base, or a private key.
    """
    code, raw, base = _split(text, path)
    if code in _PRIVATE:
        message = "a private key stands where a public key belongs"
        raise InvalidKey(message, path=path, fix=_LEAKED)
    if code not in _PUBLIC:
        message = f"this Multikey is of no supported kind; supported are {SUPPORTED}"
        raise InvalidKey(message, path=path)
    return _based(_PUBLIC[code], base, path), raw


def read_private(text: object, *, path: str = "$") -> tuple[KeyKind, bytes]:
    """The kind and secret of a ``secretKeyMultibase``.

    Raises:
        InvalidKey: Not multibase, an unknown code, or another base.
    """
    code, secret, base = _split(text, path)
    if code not in _PRIVATE:
        raise InvalidKey("not a private key that medid supports", path=path)
    return _based(_PRIVATE[code], base, path), secret


def write_public(kind: KeyKind, raw: bytes) -> str:
    """The ``publicKeyMultibase`` of a key."""
    return _write(kind, SHAPES[kind].public_code, raw)


def write_private(kind: KeyKind, secret: bytes) -> str:
    """The ``secretKeyMultibase`` of a key."""
    return _write(kind, SHAPES[kind].private_code, secret)


def _write(kind: KeyKind, code: int, raw: bytes) -> str:
    data = multicodec.add_prefix(code, raw)
    if SHAPES[kind].multibases[0] == "u":
        return multibase.to_base64url(data)
    return multibase.to_base58btc(data)


def _split(text: object, path: str) -> tuple[int, bytes, str]:
    if not isinstance(text, str):
        raise InvalidKey("a Multikey is a string", path=path)
    if len(text) > MAX_CHARACTERS:
        message = f"a Multikey has at most {MAX_CHARACTERS} characters"
        raise InvalidKey(message, path=path)
    try:
        return *multicodec.split_prefix(multibase.from_multibase(text)), text[0]
    except MalformedValue:
        message = "not a Multikey: base58btc ('z...') with a multicodec prefix"
        raise InvalidKey(message, path=path) from None


def _based(kind: KeyKind, base: str, path: str) -> KeyKind:
    bases = SHAPES[kind].multibases
    if base not in bases:
        message = f"the Multikey of a {kind} key begins with {' or '.join(bases)}"
        raise InvalidKey(message, path=path)
    return kind
