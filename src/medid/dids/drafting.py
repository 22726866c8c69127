"""DID documents that are yet to be published: of keys, and with other keys than before.

A fragment names one key for ever. A key that is added to a document gets a fragment
that none of its versions has used, so that a proof of long ago can never be checked
with the key of today.

Spec: https://www.w3.org/TR/did-core/#verification-methods
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.dids import material
from medid.dids.document import KEY_AGREEMENT, RELATIONSHIPS, SIGNING, DidDocument
from medid.dids.syntax import absolute
from medid.errors import ConfigurationError, MedidError
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.dids.syntax import Did
    from medid.keys import PublicKey

CONTEXTS: Final = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
)
_ALIASES: Final = "alsoKnownAs"
_METHODS: Final = "verificationMethod"
_NUMBERED: Final = re.compile(r"key-([1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedKey:
    """A key as it will be listed: its fragment, and what it may be used for."""

    fragment: str
    key: PublicKey
    relationships: Sequence[str] = SIGNING[:1]


def numbered(keys: Sequence[PublicKey], *, used: int = 0) -> list[NamedKey]:
    """``keys`` as ``key-1``, ``key-2`` and so on, each for what its kind is able to.

    Args:
        keys: In the order of their numbers.
        used: The highest number that any version of the document has used.
    """
    return [
        NamedKey(
            fragment=f"key-{number}",
            key=key,
            relationships=SIGNING[:1] if SHAPES[key.kind].vouches else (KEY_AGREEMENT,),
        )
        for number, key in enumerate(keys, start=used + 1)
    ]


def document(did: str, keys: Sequence[NamedKey]) -> JsonObject:
    """The document of ``did`` that lists ``keys``.

    Args:
        did: Its text; that of a DID that is yet to be named may hold a placeholder.
        keys: At least one.

    Raises:
        ConfigurationError: No keys.
    """
    if not keys:
        raise ConfigurationError("a document without keys says nothing")
    return listing(bare(did), did, keys)


def bare(did: str) -> JsonObject:
    """The document of ``did`` that lists nothing yet."""
    return {"@context": [*CONTEXTS], "id": did}


def listing(
    draft: Mapping[str, JsonValue], did: str, keys: Sequence[NamedKey]
) -> JsonObject:
    """A copy of ``draft`` that lists ``keys`` too."""
    result = dict(draft)
    for named in keys:
        url = f"{did}#{named.fragment}"
        method: JsonObject = {
            "id": url,
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": named.key.to_multikey(),
        }
        _append(result, _METHODS, method)
        for name in named.relationships:
            _append(result, name, url)
    return result


def _append(result: JsonObject, name: str, value: JsonValue) -> None:
    listed = result.get(name, [])
    if isinstance(listed, list):
        result[name] = [*listed, value]


def check(did: Did, draft: Mapping[str, JsonValue]) -> DidDocument:
    """``draft`` as medid reads it: what it would refuse, it does not publish.

    Raises:
        ConfigurationError: Not a document of ``did``.
    """
    try:
        return DidDocument.parse(draft, expected=did)
    except MedidError as error:
        message = f"this makes no usable document: {error.message}"
        raise ConfigurationError(message, path=error.path, fix=error.fix) from None


def check_own(did: Did, draft: JsonObject, keys: Sequence[NamedKey]) -> None:
    """Return if medid would use every one of ``keys`` as ``draft`` lists it.

    Raises:
        ConfigurationError: It would not.
    """
    parsed = check(did, draft)
    try:
        for named in keys:
            for name in named.relationships:
                parsed.method_for(f"{did}#{named.fragment}", name)
    except MedidError as error:
        message = f"these keys make no usable document: {error.message}"
        raise ConfigurationError(message) from None


def highest_number(documents: Iterable[Mapping[str, JsonValue]]) -> int:
    """The highest number of a ``key-`` fragment in any of ``documents``; 0 for none."""
    found = 0
    for one in documents:
        for method in _methods(one):
            fragment = str(method.get("id")).rpartition("#")[2]
            match = _NUMBERED.fullmatch(fragment)
            found = max(found, int(match[1]) if match else 0)
    return found


def with_keys(
    draft: Mapping[str, JsonValue], did: str, keys: Sequence[PublicKey], *, used: int
) -> JsonObject:
    """``draft`` with those of ``keys`` added that it does not list yet.

    Args:
        draft: A document of ``did``, of the form of one.
        did: Its DID.
        keys: What it has to list.
        used: The highest number that any version of the document has used.
    """
    known = [key for method in _methods(draft) if (key := _key(method)) is not None]
    return listing(
        draft, did, numbered([key for key in keys if key not in known], used=used)
    )


def with_keys_only(
    draft: Mapping[str, JsonValue], did: str, keys: Sequence[PublicKey], *, used: int
) -> JsonObject:
    """``draft`` with ``keys`` and no others: what it listed before stands no more.

    A key that is listed already keeps its fragment. Arguments are as for ``with_keys``.
    """
    result = dict(draft)
    gone = {
        absolute(str(method.get("id")), did)
        for method in _methods(draft)
        if _key(method) not in keys
    }
    for name in (_METHODS, *RELATIONSHIPS):
        listed = result.get(name)
        if isinstance(listed, list):
            kept = [item for item in listed if _named(item, did) not in gone]
            result[name] = kept
            if not kept:
                del result[name]
    return with_keys(result, did, keys, used=used)


def _methods(draft: Mapping[str, JsonValue]) -> list[JsonObject]:
    """The methods that ``draft`` lists, those within a relationship included."""
    found = []
    for name in (_METHODS, *RELATIONSHIPS):
        listed = draft.get(name)
        items = listed if isinstance(listed, list) else []
        found += [item for item in items if isinstance(item, dict)]
    return found


def _key(method: JsonObject) -> PublicKey | None:
    with suppress(MedidError):  # of a kind that medid does not know
        return material.public_key(method, path="$")
    return None


def _named(item: JsonValue, did: str) -> str:
    name = item.get("id") if isinstance(item, dict) else item
    return absolute(str(name), did)


def with_alias(draft: Mapping[str, JsonValue], name: str) -> JsonObject:
    """``draft`` with ``name`` among what its DID is also known as."""
    result = dict(draft)
    listed = result.get(_ALIASES)
    if not isinstance(listed, list) or name not in listed:
        _append(result, _ALIASES, name)
    return result


def renamed(value: JsonValue, old: str, new: str) -> JsonValue:
    """``value`` in which ``new`` stands wherever ``old``, or a DID URL of it, stood."""
    if isinstance(value, dict):
        return {name: renamed(member, old, new) for name, member in value.items()}
    if isinstance(value, list):
        return [renamed(item, old, new) for item in value]
    if isinstance(value, str) and value.startswith(old):
        rest = value[len(old) :]
        if not rest or rest[0] in "#/?":
            return new + rest
    return value
