"""Claims of entity statements that have a form, whether or not anything reads them.

A statement in which one of them is not of its form is rejected whole, as the
specification asks: what it says beside would be half of what its issuer meant.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-entity-statement-validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.fields import as_object, as_str, optional, required
from medid.core.json import mismatch
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject, JsonValue


def check_forms(claims: JsonObject, path: str) -> None:
    """Return if addresses among ``claims`` are addresses, and keys stand with owners.

    Which issuers and owners of marks count, ``marks`` says, and only of an anchor.

    Raises:
        MalformedValue: One is not of its form, or a list of hints is empty.
    """
    if "source_endpoint" in claims:
        check_url(claims["source_endpoint"], child(path, "source_endpoint"))
    if "trust_anchor_hints" in claims:
        place = child(path, "trust_anchor_hints")
        if not _check_urls(claims["trust_anchor_hints"], place):
            raise MalformedValue("the array is empty", path=place)
    for issuers, place in _each(claims, "trust_mark_issuers", path):
        _check_urls(issuers, place)
    for value, place in _each(claims, "trust_mark_owners", path):
        owner = as_object(value, place)
        check_url(required(owner, "sub", str, place), child(place, "sub"))
        keys = required(owner, "jwks", dict, place)
        required(keys, "keys", list, child(place, "jwks"))


def check_url(value: JsonValue, path: str) -> None:
    """Return if ``value`` is an https URL without a fragment.

    Raises:
        MalformedValue: It is not.
    """
    text = as_str(value, path)
    if not text.startswith("https://") or "#" in text:
        raise MalformedValue("not an https URL without a fragment", path=path)


def _check_urls(value: JsonValue, path: str) -> int:
    """How many URLs there are in the array ``value``."""
    if not isinstance(value, list):
        raise mismatch("an array", value, path)
    for index, item in enumerate(value):
        check_url(item, child(path, index))
    return len(value)


def _each(claims: JsonObject, name: str, path: str) -> Iterator[tuple[JsonValue, str]]:
    """What the object ``name`` holds for each type of marks, with its path."""
    place = child(path, name)
    for kind, value in (optional(claims, name, dict, path) or {}).items():
        yield value, child(place, kind)
