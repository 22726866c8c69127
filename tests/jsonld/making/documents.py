"""Documents under a context, in the form in which medid accepts them, or nearly.

A document is made top down, with the same active contexts that a reader of it would
have, so that names and values fit. Nothing depends on that fitting: what medid refuses
counts as refused, and what it accepts is judged by others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medid.errors import MedidError
from medid.jsonld.plan import Member, member_of
from medid.jsonld.terms import XSD
from tests.jsonld.making.scalars import DIRECTIONS, Scalars

if TYPE_CHECKING:
    import random

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.terms import Term

_INTEGERS: Final = frozenset(
    XSD + name
    for name in ("integer", "nonNegativeInteger", "positiveInteger", "long", "int")
)
_TEXTS_OF: Final = {
    XSD + "date": "2026-01-0{}",
    XSD + "dateTime": "2026-01-0{}T00:00:00Z",
    XSD + "decimal": "{}.50",
    XSD + "boolean": "{}",
}


class Maker:
    """Makes documents; one for each stream of random numbers."""

    def __init__(
        self, rng: random.Random, *, size: int = 12, scalars: Scalars | None = None
    ) -> None:
        """Make documents of about ``size`` values, which are ``scalars``."""
        self._rng = rng
        self._scalars = Scalars(rng) if scalars is None else scalars
        self._left = size
        self._ids: list[str] = []

    def document(self, context: JsonValue, active: ActiveContext) -> JsonObject:
        """A document that begins with ``context``, which leads to ``active``."""
        made: JsonObject = {}
        for _ in range(16):
            if not made.keys() - {active.id_alias}:
                made = self.node(active, self._rng.randrange(1, 5))
        return {"@context": context, **made}

    def node(self, active: ActiveContext, depth: int, *, least: int = 1) -> JsonObject:
        """A node with ``least`` members or more, and nodes in it ``depth`` deep."""
        made: JsonObject = {}
        if active.id_alias and self._rng.random() < 0.4:
            made[active.id_alias] = self._new_id()
        inner = active
        if active.type_alias and self._rng.random() < 0.6:
            inner = self._typed(made, active)
        names = [name for name in inner.terms if self._is_usable(name, inner)]
        few = self._rng.randrange(least, 5)
        for name in self._rng.sample(names, min(few, len(names))):
            try:
                member = member_of(inner.terms[name], inner)
            except MedidError:
                continue  # its scoped context cannot be used here
            self._put(made, member, inner, depth)
        if inner.vocab and self._rng.random() < 0.3:
            made[f"word{self._rng.randrange(4)}"] = self._literal()
        return made

    def _new_id(self) -> str:
        if self._ids and self._rng.random() < 0.05:
            return self._rng.choice(self._ids)
        found = self._scalars.iri()
        self._ids.append(found)
        return found

    def _reference(self) -> str:
        if self._ids and self._rng.random() < 0.1:
            return self._rng.choice(self._ids)
        return self._scalars.iri()

    def _typed(self, made: JsonObject, active: ActiveContext) -> ActiveContext:
        """Give the node types; the context inside it."""
        words = [name for name in active.terms if _is_word(name, active)]
        scoped = [name for name in words if active.terms[name].scope]
        pool = scoped if scoped and self._rng.random() < 0.5 else words
        if not pool:
            return active
        chosen = self._rng.sample(pool, min(len(pool), self._rng.choice([1, 1, 2])))
        chosen = [name for name in chosen if _is_preferred(name, active)]
        if self._rng.random() < 0.1:
            chosen.append("https://types.example/" + str(self._rng.randrange(9)))
        if not chosen:
            return active
        made[str(active.type_alias)] = self._one_or_all(chosen)
        scopes = [
            term.scope
            for name in sorted(chosen)
            if (term := active.terms.get(name)) and term.scope
        ]
        try:
            return active.type_scope(scopes) if scopes else active
        except MedidError:
            del made[str(active.type_alias)]
            return active

    def _is_usable(self, name: str, active: ActiveContext) -> bool:
        """Whether a member may have this name; seldom one that is to be refused."""
        term = active.terms[name]
        iri = term.iri or "@"
        if iri.startswith("@") or term.reverse or not name[:1].islower():
            return False
        kept = term.container
        lost = "@index" in kept and term.index is None
        strange = (
            iri.startswith("_:")
            or (term.type == "@json" and bool(kept - {"@set"}))
            or ("@graph" in kept and bool(kept & {"@id", "@index"}))
            or active.rivals[iri][0] is not term
        )
        return not (lost or strange) or self._rng.random() < 0.05

    def _put(
        self, made: JsonObject, member: Member, active: ActiveContext, depth: int
    ) -> None:
        term = member.term
        if term.iri == "@nest":
            return
        self._left -= 1
        value = self._value(member, depth if self._left > 0 else 0)
        if value is None and term.type != "@json":
            return
        if term.nest is None:
            made[term.name] = value
        elif active.terms.get(term.nest) and term.nest not in made:
            made[term.nest] = {term.name: value}

    def _value(self, member: Member, depth: int) -> JsonValue:
        term, rng = member.term, self._rng
        if term.type == "@json":
            return self._scalars.json_value()
        if "@list" in term.container:
            return [self._item(member, depth) for _ in range(rng.randrange(4))]
        if term.container & {"@graph", "@id", "@type", "@index"}:
            return self._nodes(member, depth - 1) if depth else None
        if "@language" in term.container and rng.random() < 0.8:
            tags = [self._scalars.language() for _ in range(rng.choice([1, 1, 2]))]
            return {tag: self._one_or_all([self._scalars.text()]) for tag in tags}
        many = rng.choice([1, 1, 1, 2, 3])
        return self._one_or_all(
            _distinct([self._item(member, depth) for _ in range(many)])
        )

    def _one_or_all(self, items: list[Any]) -> JsonValue:
        return items[0] if len(items) == 1 and self._rng.random() < 0.7 else items

    def _nodes(self, member: Member, depth: int) -> JsonValue:
        """A map, or graphs."""
        container = member.term.container
        many = self._rng.choice([1, 1, 2])
        if "@id" in container and member.active.previous is not None:
            return None  # peers differ in whether the types' contexts end there
        if "@type" in container:
            return self._by_type(member, depth)
        nodes = [self.node(member.below, depth) for _ in range(many)]
        if "@graph" in container:
            # A graph that states nothing is lost; peers lose the link to it as well.
            nodes = [node for node in nodes if node.keys() - {member.below.id_alias}]
        if not container & {"@id", "@index"}:
            return self._one_or_all(nodes) if nodes else None
        return self._by_key(nodes, member) or None

    def _by_key(self, nodes: list[JsonObject], member: Member) -> JsonObject:
        made: JsonObject = {}
        for node in nodes:
            key, name = self._scalars.text(), member.term.index
            if "@id" in member.term.container:
                key, name = self._new_id(), member.below.id_alias
            if name is not None:
                node.pop(name, None)
            if self._rng.random() < 0.1 and member.term.index is None:
                key = member.active.none_alias
            made[key] = self._one_or_all([node])
        return made

    def _by_type(self, member: Member, depth: int) -> JsonObject:
        # Peers take the context of one type with them to the next key.
        key = self._rng.choice(_shared_words(member) or ["urn:type"])
        term = member.below.terms.get(key)
        scopes = [] if term is None or term.scope is None else [term.scope]
        try:
            node = self.node(member.below.type_scope(scopes), depth)
        except MedidError:
            return {"urn:type": {}}
        node.pop(str(member.below.type_alias), None)
        if self._rng.random() < 0.1 and member.active is member.below:
            key = member.active.none_alias
        return {key: self._one_or_all([node])}

    def _item(self, member: Member, depth: int) -> JsonValue:
        term, rng = member.term, self._rng
        if term.type in {"@id", "@vocab", None, "@none"}:
            if depth and rng.random() < 0.3 and "@language" not in term.container:
                return self.node(member.below, depth - 1, least=0)
            if term.type == "@id":
                found = self._reference()
                alias = member.inner.id_alias
                return {alias: found} if alias and rng.random() < 0.1 else found
            if term.type == "@vocab":
                words = [
                    n for n in member.inner.terms if _is_preferred(n, member.inner)
                ]
                return rng.choice(words) if words else self._scalars.iri()
            return self._plain(member)
        return self._typed_text(term)

    def _plain(self, member: Member) -> JsonValue:
        rng = self._rng
        if rng.random() < 0.15 and "@language" not in member.term.container:
            return self._value_object(member)
        return self._literal()

    def _literal(self) -> JsonValue:
        rng = self._rng
        kind = rng.random()
        if kind < 0.15:
            return self._scalars.number()
        return rng.random() < 0.5 if kind < 0.25 else self._scalars.text()

    def _value_object(self, member: Member) -> JsonObject:
        rng = self._rng
        made: JsonObject = {"@value": self._scalars.text()}
        alias = member.inner.type_alias
        if alias and rng.random() < 0.3:
            return {**made, alias: rng.choice(["urn:datatype", XSD + "gYear"])}
        if rng.random() < 0.8:
            made["@language"] = self._scalars.language()
        # Peers leave a type's context for value objects of three members.
        if len(made) == 1 or (member.active.previous is None and rng.random() < 0.4):
            made["@direction"] = rng.choice(DIRECTIONS)
            made["@value"] = self._scalars.fresh()
        return made

    def _typed_text(self, term: Term) -> JsonValue:
        rng = self._rng
        if term.type in _INTEGERS:
            return int(self._scalars.number())
        if term.type == XSD + "double":
            return self._scalars.number()
        if term.type == XSD + "boolean":
            return rng.random() < 0.5
        found = _TEXTS_OF.get(str(term.type))
        return (
            self._scalars.text() if found is None else found.format(rng.randrange(1, 9))
        )


def _distinct(items: list[JsonValue]) -> list[JsonValue]:
    found: list[JsonValue] = []
    for item in items:
        if not any(item == other for other in found):
            found.append(item)
    return found


def _is_word(name: str, active: ActiveContext) -> bool:
    iri = active.terms[name].iri
    return iri is not None and ":" in iri and name[:1].isupper()


def _shared_words(member: Member) -> list[str]:
    """Words for types that mean the same where a map stands and inside it."""
    return [
        name
        for name, term in member.active.terms.items()
        if _is_word(name, member.active) and member.below.terms.get(name) == term
    ]


def _is_preferred(name: str, active: ActiveContext) -> bool:
    term = active.terms.get(name)
    if term is None or term.iri is None or ":" not in term.iri:
        return False
    return active.rivals[term.iri][0] is term
