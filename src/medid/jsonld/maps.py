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
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.places import Place
    from medid.jsonld.plan import Member


class Nodes(Protocol):
    """Writes what the nodes of a map state."""

    def child(
        self, value: Mapping[str, JsonValue], member: Member, place: Place
    ) -> str:
        """Write the node ``value`` of ``member``; the term of its subject."""

    def typed(
        self, node: Mapping[str, JsonValue], active: ActiveContext
    ) -> ActiveContext:
        """The context inside ``node``, its types' own contexts included."""


def by_language(value: JsonObject, member: Member) -> Iterator[str]:
    """The literals of a map by language.

    Raises:
        DataLoss: It is empty, or a key is no language.
        NotCompact: A key is no language but ``@none``, or two are the same language.
        MalformedValue: It holds anything but strings.
    """
    if not value:
        raise DataLoss("an empty language map is not signed")
    languages = {str(language).lower() for language in value}
    for language, texts in value.items():
        try:
            if type(language) is not str:
                raise MalformedValue("a member's name is a string")
            if iris.is_none(language, member.active):
                raise NotCompact("a string without a language is written as it is")
            if len(languages) != len(value):
                raise NotCompact("two keys of a language map are the same language")
            for text in _items(texts):
                if type(text) is not str:
                    raise MalformedValue("a language map holds strings")
                yield literals.localized(text, language, member.term.direction)
        except MedidError as error:
            raise below(error, language) from None


def by_key(
    value: JsonValue, member: Member, place: Place, nodes: Nodes
) -> Iterator[str]:
    """The nodes of a map by id, by type, or by an index that a property holds.

    A key is signed as a member of its nodes, so it must mean there what it means where
    the map stands.

    Raises:
        NotCompact: Not a map, or a node in it repeats its key.
        DataLoss: It is empty, or its keys would not be signed.
        CanonicalizationError: It holds graphs, or keys that mean two things.
        MedidError: As ``nodes`` does.
    """
    if type(value) is not dict:
        raise NotCompact("the values of this term are written as a map")
    if not value:
        raise DataLoss("an empty map is not signed")
    name = _key_name(member)
    for key, stated in value.items():
        for index, node in enumerate(_items(stated)):
            try:
                if type(node) is not dict or "@value" in node:
                    raise NotCompact("a map holds nodes, written as objects")
                if name in node:
                    message = "the key of the map says this, and says it there only"
                    raise NotCompact(message)
                if iris.is_none(key, member.active):
                    _check_none(key, node, member)
                    yield nodes.child(node, member, (place, (key, index)))
                    continue
                yield nodes.child({name: key, **node}, member, (place, (key, index)))
                _check_meaning(key, node, member, nodes)
            except MedidError as error:
                raise below(error, key) from None


def _check_none(key: str, node: JsonObject, member: Member) -> None:
    if key != member.active.none_alias:
        raise NotCompact("the context has another word for @none")
    by_index = "@index" in member.term.container
    same = iris.is_none(key, member.below) and not (by_index and key != "@none")
    if not same or not _stays(node, member):
        # Implementations differ in what they make of it.
        raise CanonicalizationError("a map with a key for none")


def _stays(node: JsonObject, member: Member) -> bool:
    """Whether it does not matter in which context a map has its nodes.

    Implementations differ in whether a type-scoped context ends in maps by id. Where it
    should, a node may use what means the same with it and without it, and no more.
    """
    if "@context" in node:
        return False
    if "@id" not in member.term.container or member.active.previous is None:
        return True
    one, other = member.inner, member.below
    differing = {
        name
        for name in one.terms.keys() | other.terms.keys()
        # A context of its own may build on terms that differ.
        if (term := one.terms.get(name)) is None
        or term.scope is not None
        or term != other.terms.get(name)
    }
    return one.defaults == other.defaults and differing.isdisjoint(_words(node))


def _words(value: JsonValue) -> Iterator[str]:
    """Every name and string in ``value``."""
    if type(value) is dict:
        for name, inner in value.items():
            yield str(name)
            yield from _words(inner)
    elif type(value) is list:
        for item in value:
            yield from _words(item)
    elif type(value) is str:
        yield value


def _check_meaning(key: str, node: JsonObject, member: Member, nodes: Nodes) -> None:
    """Return if ``key`` meant in ``node`` what it means where the map stands.

    Raises:
        CanonicalizationError: It did not.
        MedidError: It means nothing where the map stands.
    """
    container, active, inner = member.term.container, member.active, member.below
    if "@id" in container:
        iris.identifier(key, active)
        same = nodes.typed(node, inner).id_alias == inner.id_alias
    elif "@type" in container:
        # The context of the type counts before that of the property, which may be
        # another one there (steps 13.8.3.2 and 3).
        again = nodes.typed({str(inner.type_alias): key}, inner).terms.get(member.name)
        same = member.term.scope is None and (again is None or again.scope is None)
        same = same and iris.vocabulary(key, active) == iris.vocabulary(key, inner)
    else:
        inner = nodes.typed(node, inner)
        same = inner is active or _same_index(str(member.term.index), inner, active)
    if not same or not _stays(node, member) or iris.is_none(key, member.below):
        message = "a key of a map means another thing in its node"
        raise CanonicalizationError(message)


def _same_index(name: str, one: ActiveContext, other: ActiveContext) -> bool:
    """Whether a string under ``name`` says the same in both contexts."""
    term = one.terms.get(name)
    if term is None or term.type in {"@id", "@vocab"}:
        return False
    return term == other.terms.get(name)


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
