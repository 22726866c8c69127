"""Maps: values of one member, named by a language, an id, a type or an index.

The walk over a checked document asks here what the entries of a map are; what a node in
it states, the walk writes itself. A map whose keys would not be signed is refused.

Spec: https://www.w3.org/TR/json-ld11/#indexed-values
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from medid.errors import (
    CanonicalizationError,
    DataLoss,
    MalformedValue,
    MedidError,
    NotCompact,
)
from medid.jsonld import iris, literals
from medid.jsonld.values import below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.places import Place
    from medid.jsonld.plan import Member
    from medid.jsonld.terms import Term


class Child(Protocol):
    """Writes what a node states, and gives its subject."""

    def __call__(
        self, value: Mapping[str, JsonValue], member: Member, place: Place
    ) -> str:
        """The term of the node ``value`` of ``member``."""


def by_language(value: JsonObject, term: Term) -> Iterator[str]:
    """The literals of a map by language.

    Raises:
        DataLoss: It is empty, or a key is no language.
        MalformedValue: It holds anything but strings.
    """
    if not value:
        raise DataLoss("an empty language map is not signed")
    for language, texts in value.items():
        try:
            for text in _items(texts):
                if type(text) is not str:
                    raise MalformedValue("a language map holds strings")
                yield literals.localized(text, language, term.direction)
        except MedidError as error:
            raise below(error, language) from None


def by_key(
    value: JsonValue, member: Member, place: Place, child: Child
) -> Iterator[str]:
    """The nodes of a map by id, by type, or by an index that a property holds.

    Raises:
        NotCompact: Not a map, or a node in it repeats its key.
        DataLoss: It is empty, or its keys would not be signed.
        CanonicalizationError: It holds graphs.
        MedidError: As ``child`` does.
    """
    if type(value) is not dict:
        raise NotCompact("the values of this term are written as a map")
    if not value:
        raise DataLoss("an empty map is not signed")
    name = _key_name(member)
    for key, nodes in value.items():
        for index, node in enumerate(_items(nodes)):
            try:
                if type(node) is not dict or "@value" in node:
                    raise NotCompact("a map holds nodes, written as objects")
                if name in node:
                    message = "the key of the map says this, and says it there only"
                    raise NotCompact(message)
                named = node if iris.is_none(key, member.inner) else {name: key, **node}
                yield child(named, member, (place, (key, index)))
            except MedidError as error:
                raise below(error, key) from None


def _key_name(member: Member) -> str:
    """The member of each node for which a key of the map stands."""
    container = member.term.container
    if "@graph" in container:
        raise CanonicalizationError("graphs in maps are not supported")
    name = member.term.index
    if "@id" in container:
        name = member.below.id_alias
    elif "@type" in container:
        name = member.below.type_alias
    if name is None:
        raise DataLoss("the keys of the map are not signed: no property holds them")
    return name


def _items(value: JsonValue) -> list[JsonValue]:
    items = value if type(value) is list else [value]
    if not items:
        raise DataLoss("an empty array is not signed")
    return items
