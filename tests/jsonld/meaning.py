"""What code that reads the JSON of an accepted document may learn from it.

Two documents with the same RDF must have the same meaning, if both are accepted. The
meaning forgets what medid documents as equal and nothing else: the order of members and
sets, "x" and ["x"], a reference as text or object, 1 and 1.0, the case of language
tags, empty sets, contexts, and at which of its places a resource bears a harmless text.

Names and values stay as they are spelled, so a second spelling is a second meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from medid.jsonld import iris, places
from medid.jsonld.plan import member_of
from medid.jsonld.types import read_types

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.plan import Member

# Nested tuples and lists of strings: compared as text.
Meaning: TypeAlias = Any


def meaning(document: JsonObject, contexts: ContextStore) -> str:
    """What an accepted ``document`` says, as text to compare."""
    return repr(_Graph().root(document, contexts.initial))


class _Graph:
    """One graph: the document, or the node of a graph container."""

    def __init__(self) -> None:
        self._harmless: set[tuple[str, str, str]] = set()

    def root(self, node: JsonObject, active: ActiveContext) -> Meaning:
        found = self._node(node, active)
        return ("graph", found, sorted(self._harmless))

    def _node(self, node: JsonObject, active: ActiveContext) -> Meaning:
        if "@context" in node:
            active = active.local(node["@context"])
        inner, said = active, []
        if active.type_alias in node:
            alias = str(active.type_alias)
            inner = read_types(node[alias], active).active
            said.append((alias, sorted(map(repr, _listed(node[alias])))))
        identity = str(node.get(str(inner.id_alias), ""))
        aside = {"@context", active.type_alias, inner.id_alias}
        for name, value in node.items():
            if name in aside:
                continue
            harmless = places.holds_texts(name, value, inner)
            if identity and name in places.HARMLESS and harmless:
                self._note(identity, name, value, inner)
            else:
                said += self._member(name, value, inner)
        return (f"node {identity}", sorted(said, key=repr))

    def _note(
        self, identity: str, name: str, value: JsonValue, active: ActiveContext
    ) -> None:
        for found in self._member(name, value, active):
            for item in found[1]:
                self._harmless.add((identity, name, repr(item)))

    def _member(
        self, name: str, value: JsonValue, active: ActiveContext
    ) -> list[tuple[str, Meaning]]:
        term = active.terms.get(name)
        if term is None:  # of the vocabulary
            return [(name, self._set(value, None, active))]
        if term.iri == "@nest":
            assert isinstance(value, dict)
            inner = [f for n, v in value.items() for f in self._member(n, v, active)]
            return [(name, sorted(inner, key=repr))]
        member = member_of(term, active)
        if value == [] and "@set" in term.container and term.type != "@json":
            return []
        return [(name, self._values(value, member, active))]

    def _values(
        self, value: JsonValue, member: Member, active: ActiveContext
    ) -> list[Meaning]:
        term = member.term
        if term.type == "@json":
            return [_json(value)]
        if "@list" in term.container:
            return ["list", self._list(value, member)]
        if isinstance(value, dict) and "@language" in term.container:
            texts = [
                (k.lower(), self._set(v, member, active)) for k, v in value.items()
            ]
            return sorted(texts, key=repr)
        if term.container & {"@id", "@type", "@index"}:
            assert isinstance(value, dict)
            nodes = [(k, self._keyed(k, v, member)) for k, v in value.items()]
            return sorted(nodes, key=repr)
        return self._set(value, member, active)

    def _keyed(self, key: str, value: JsonValue, member: Member) -> list[Meaning]:
        """The nodes under one key of a map, each with what the key says of it."""
        name = member.term.index
        if "@id" in member.term.container:
            name = member.below.id_alias
        elif "@type" in member.term.container:
            name = member.below.type_alias
        said = {} if iris.is_none(key, member.active) else {str(name): key}
        found = [
            self._node({**said, **node}, member.below)
            for node in _listed(value)
            if isinstance(node, dict)
        ]
        return sorted(found, key=repr)

    def _list(self, value: JsonValue, member: Member) -> Meaning:
        return [
            ["list", self._list(item, member)]
            if isinstance(item, list)
            else self._item(item, member, member.active)
            for item in _listed(value)
        ]

    def _set(
        self, value: JsonValue, member: Member | None, active: ActiveContext
    ) -> list[Meaning]:
        found = [self._item(item, member, active) for item in _listed(value)]
        return sorted(found, key=repr)

    def _item(
        self, item: JsonValue, member: Member | None, active: ActiveContext
    ) -> Meaning:
        if not isinstance(item, dict):
            return self._scalar(item, member)
        if "@value" in item:
            tags = ((k, v.lower() if k == "@language" else v) for k, v in item.items())  # type: ignore[union-attr]
            return ("value", sorted(tags))
        below = active if member is None else member.below
        if member is not None and "@graph" in member.term.container:
            return _Graph().root(item, below)
        if member is not None and item.keys() == {member.inner.id_alias}:
            below = member.inner
        found = self._node(item, below)
        linked = member is not None and member.term.type == "@id"
        if linked and not found[1] and found[0] != "node ":
            return ("reference", found[0].removeprefix("node "))
        return found

    @staticmethod
    def _scalar(item: JsonValue, member: Member | None) -> Meaning:
        if isinstance(item, str) and member is not None and member.term.type == "@id":
            return ("reference", item)
        return _json(item)


def _json(value: JsonValue) -> Meaning:
    """A JSON value in which 1 and 1.0 are one number, and booleans are none."""
    if isinstance(value, dict):
        return ("object", sorted((name, _json(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return ("array", [_json(item) for item in value])
    if isinstance(value, float) and value.is_integer():
        return ("int", int(value))
    return (type(value).__name__, value)


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]
