"""Multikey: a key as one string, base58btc over a multicodec prefix.

Spec: https://www.w3.org/TR/cid-1.0/#Multikey
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from medid.core import multibase, multicodec
from medid.errors import InvalidKey, MalformedValue
from medid.keys.kinds import SHAPES, SUPPORTED, KeyKind

# An ML-DSA-65 key, the longest, has 2,670, and takes a millisecond to read.
MAX_CHARACTERS: Final = 2_688

_PUBLIC: Final = MappingProxyType({s.public_code: kind for kind, s in SHAPES.items()})
_PRIVATE: Final = MappingProxyType({s.private_code: kind for kind, s in SHAPES.items()})
_LEAKED: Final = "treat the key as leaked: replace it, and publish its public key only"


def read_public(text: object, *, path: str = "$") -> tuple[KeyKind, bytes]:
    """The kind and bytes of a ``publicKeyMultibase``.

    Raises:
        InvalidKey: Not base58btc multibase, an unknown code, or a private key.
    """
    code, raw = _split(text, path)
    if code in _PRIVATE:
        message = "a private key stands where a public key belongs"
        raise InvalidKey(message, path=path, fix=_LEAKED)
    if code not in _PUBLIC:
        message = f"this Multikey is of no supported kind; supported are {SUPPORTED}"
        raise InvalidKey(message, path=path)
    return _PUBLIC[code], raw


def read_private(text: object, *, path: str = "$") -> tuple[KeyKind, bytes]:
    """The kind and secret of a ``secretKeyMultibase``.

    Raises:
        InvalidKey: Not base58btc multibase, or an unknown code.
    """
    code, secret = _split(text, path)
    if code not in _PRIVATE:
        raise InvalidKey("not a private key that medid supports", path=path)
    return _PRIVATE[code], secret


def write_public(kind: KeyKind, raw: bytes) -> str:
    """The ``publicKeyMultibase`` of a key."""
    return multibase.to_base58btc(multicodec.add_prefix(SHAPES[kind].public_code, raw))


def write_private(kind: KeyKind, secret: bytes) -> str:
    """The ``secretKeyMultibase`` of a key."""
    code = SHAPES[kind].private_code
    return multibase.to_base58btc(multicodec.add_prefix(code, secret))


def _split(text: object, path: str) -> tuple[int, bytes]:
    if not isinstance(text, str):
        raise InvalidKey("a Multikey is a string", path=path)
    try:
        data = multibase.from_base58btc(text, max_length=MAX_CHARACTERS)
        return multicodec.split_prefix(data)
    except MalformedValue:
        message = "not a Multikey: base58btc ('z...') with a multicodec prefix"
        raise InvalidKey(message, path=path) from None
