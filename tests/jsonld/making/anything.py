"""Documents in any form of JSON-LD 1.1, right and wrong, under a small context.

Everything that the checked pass refuses is here: keywords and IRIs for names, compact
IRIs, blank nodes with names, reverse properties, explicit graphs, included blocks,
set, list and index objects, contexts inside, null, relative references.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.jsonld.making import contexts
from tests.jsonld.making.scalars import DIRECTIONS, LANGUAGES, Scalars

if TYPE_CHECKING:
    import random

    from medid.core.json import JsonObject, JsonValue

_KEYWORDS: Final = ("@graph", "@included", "@reverse", "@nest", "@index", "@type")
_ALIASES: Final = ("fold", "none", "kind", "ident", "val", "graph", "within", "back")
_REFERENCES: Final = (
    "relative",
    "../up?x#y",
    "#fragment",
    "",
    "?query",
    "//other.example/path",
    "_:x",
    "_:y",
    "ns:name",
    "a:name",
    "T",
    "a",
    "@id",
    "https://ns.example/#a",
)


class AnyMaker:
    """Makes documents of any form; one for each stream of random numbers."""

    def __init__(self, rng: random.Random, *, size: int = 16) -> None:
        """Make documents of about ``size`` values."""
        self._rng = rng
        self._scalars = Scalars(rng)
        self._left = size

    def document(self, context: JsonValue) -> JsonValue:
        """A document under ``context``: one node, or an array of nodes."""
        made: JsonObject = {"@context": context, **self.node(3)}
        return [made, self.node(1)] if self._rng.random() < 0.04 else made

    def node(self, depth: int) -> JsonObject:
        """A node with nodes in it ``depth`` deep."""
        rng = self._rng
        made: JsonObject = {}
        if rng.random() < 0.35:
            made[rng.choice(["id", "id", "id", "@id", "ident"])] = self._reference()
        if rng.random() < 0.45:
            made[rng.choice(["type", "type", "type", "@type", "kind"])] = self._types()
        if rng.random() < 0.06:
            made["@context"] = self._context()
        for _ in range(rng.randrange(1, 4)):
            self._left -= 1
            name, inner = self._name(), depth if self._left > 0 else 0
            if name == "@type":
                made[name] = self._types()
            elif name in {"@graph", "@included", "graph", "within"}:
                made[name] = self.node(max(inner - 1, 0))
            else:
                made[name] = self._value(inner)
        return made

    def _context(self) -> JsonValue:
        shared: JsonValue = self._rng.choice(list(contexts.SHARED))
        options: tuple[JsonValue, ...] = (
            None,
            {"a": contexts.NS + "inner-a"},
            {"@vocab": contexts.NS},
            {"@base": self._rng.choice([None, "https://other.example/base/"])},
            {"@language": "fr", "@propagate": False},
            {"T": {"@id": contexts.NS + "T", "@context": {"b": contexts.NS + "T-b"}}},
            shared,
            [shared, {"b": None}],
            contexts.context(self._rng, 1),
        )
        return self._rng.choice(options)

    def _name(self) -> str:
        rng = self._rng
        kind = rng.random()
        if kind < 0.75:
            return rng.choice(contexts.PROPERTIES)
        if kind < 0.87:
            return rng.choice(_KEYWORDS)
        if kind < 0.92:
            return rng.choice(_ALIASES)
        names = ("ns:a", contexts.NS + "a", "s", "undefined", "@unknown", "_:p", "r")
        return rng.choice(names)

    def _types(self) -> JsonValue:
        rng = self._rng
        names = [*contexts.TYPES, *contexts.TYPES, "S", "ns:T", "urn:type", "_:t", "a"]
        found: list[JsonValue] = [*rng.sample(names, rng.choice([1, 1, 2]))]
        return found[0] if len(found) == 1 and rng.random() < 0.7 else found

    def _reference(self) -> str:
        if self._rng.random() < 0.6:
            return self._scalars.iri()
        return self._rng.choice(_REFERENCES)

    def _value(self, depth: int) -> JsonValue:
        rng = self._rng
        kind = rng.random()
        if kind < 0.3:
            return self._scalar()
        if kind < 0.45:
            return [self._value(max(depth - 1, 0)) for _ in range(rng.randrange(3))]
        if kind < 0.55 or not depth:
            return self._value_object()
        if kind < 0.65:
            return self._container(depth)
        if kind < 0.78:
            return self._map(depth)
        return self.node(depth - 1)

    def _container(self, depth: int) -> JsonObject:
        """An object of one keyword."""
        keyword = self._rng.choice(["@list", "@set", "@graph", "@list"])
        node: JsonValue = self.node(depth - 1)
        if keyword != "@graph":
            node = [node, self._reference()]
        made: JsonObject = {keyword: node}
        return {**made, "@index": "i"} if self._rng.random() < 0.1 else made

    def _scalar(self) -> JsonValue:
        rng = self._rng
        kind = rng.randrange(8)
        if kind < 2:
            return self._scalars.text()
        if kind < 5:
            return self._reference()
        options: tuple[JsonValue, ...] = (
            None,
            rng.random() < 0.5,
            self._scalars.number(),
        )
        return options[kind - 5]

    def _value_object(self) -> JsonObject:
        rng = self._rng
        made: dict[str, Any] = {rng.choice(["@value", "@value", "val"]): self._scalar()}
        if rng.random() < 0.3:
            made["@language"] = rng.choice(LANGUAGES)
        if rng.random() < 0.2:
            made["@direction"] = rng.choice(DIRECTIONS)
        if rng.random() < 0.25:
            kinds = ["urn:datatype", "@json", "ns:datatype", "T", "relative", "_:d"]
            made[rng.choice(["@type", "type"])] = rng.choice(kinds)
        if rng.random() < 0.08:
            made["@index"] = "i"
        return made

    def _map(self, depth: int) -> JsonObject:
        keys = ["en", "urn:key", "T", "key", "ns:key", "_:key", "rel"]
        chosen = self._rng.sample(keys, self._rng.randrange(1, 3))
        return {key: self._value(depth - 1) for key in chosen}
