"""CWT claims under the names that JWT gives them, so that one code judges both.

Spec: https://www.rfc-editor.org/rfc/rfc8392#section-3,
https://www.rfc-editor.org/rfc/rfc9597#section-2,
https://www.rfc-editor.org/rfc/rfc9711#section-4.1 (whose lengths bind its tokens only),
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-6.3
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.json import check_object
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.cbor import CborKey, CborValue
    from medid.core.json import JsonObject, JsonValue

_NONCE: Final = "nonce"
_STATUS: Final = "status"
NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "iss",
        2: "sub",
        3: "aud",
        4: "exp",
        5: "nbf",
        6: "iat",
        10: _NONCE,
        65535: _STATUS,
    }
)
_LABELS: Final = MappingProxyType({name: label for label, name in NAMES.items()})


def as_jwt(claims: CborValue, *, path: str = "$") -> JsonObject:
    """The registered claims of a CWT claims set, named as in JWT; others are left out.

    Raises:
        MalformedValue: Not a map, a claim under both of its names, a nonce that is no
            text, a status that is no map, or a claim of a type that JSON does not have.
    """
    if not isinstance(claims, dict):
        raise MalformedValue("a CWT claims set is a map", path=path)
    if not _LABELS.keys().isdisjoint(claims):
        message = "a claim whose key is a number is spelled out"
        raise MalformedValue(message, path=path)
    return {
        name: _as_json(name, claims[label], child(path, label))
        for label, name in NAMES.items()
        if label in claims
    }


def as_cwt(claims: Mapping[str, str]) -> dict[CborKey, CborValue]:
    """Registered claims that are texts, named as in JWT, as those of a CWT.

    Raises:
        MalformedValue: A claim that has no number.
        ParsingError: A text that is none in UTF-8.
    """
    for name in check_object(claims):
        if name not in _LABELS:
            message = "not a claim that a CWT can carry"
            raise MalformedValue(message, path=child("$", name))
    return {
        _LABELS[name]: text.encode() if name == _NONCE else text
        for name, text in claims.items()
    }


def _as_json(name: str, value: CborValue, path: str) -> JsonValue:
    if name == _STATUS:
        if not isinstance(value, dict):
            # What names no list must not pass for a credential that has none.
            raise MalformedValue("a status claim is a map", path=path)
        return _status(value, path)
    if name == _NONCE and isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedValue("the nonce is no text", path=path) from None
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        if len(texts) == len(value):
            return [*texts]
    if isinstance(value, str | int | float) and name != _NONCE:
        return value
    raise MalformedValue("a claim is not of its type", path=path)


def _status(value: CborValue, path: str) -> JsonValue:
    """A status claim, which is a map of maps; what JSON cannot hold is left out."""
    if isinstance(value, dict):
        return {
            name: _status(member, child(path, name))
            for name, member in value.items()
            if isinstance(name, str)
        }
    return value if isinstance(value, str | int | float) else None
