"""A pass for any JSON-LD 1.1 document, of which parts may be lost.

It reads what a signed document must not have as well: keywords and compact IRIs for
names, reverse properties, included blocks, explicit graphs, maps whose keys are lost,
values without meaning. Nothing is signed or verified that was read so.

Spec: https://www.w3.org/TR/json-ld11-api/#expansion-algorithm,
https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.records import replace
from medid.errors import TooLarge
from medid.jsonld import literals, nquads
from medid.jsonld import loose_names as names
from medid.jsonld.form import MAX_DEPTH
from medid.jsonld.iris import is_none, of_scalars
from medid.jsonld.loose_items import Given, Item, List, Literal, Node, Writer
from medid.jsonld.loose_values import scalar, value_object
from medid.jsonld.state import expand_iri
from medid.jsonld.terms import KEYWORDS, RDF, Term

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.contexts import ContextStore
    from medid.jsonld.dataset import Dataset

_TYPE: Final = nquads.iri(RDF + "type")

_VALUE_MEMBERS: Final = frozenset(
    {"@context", "@direction", "@index", "@language", "@type", "@value"}
)
_NO_NODE: Final = frozenset({"@list", "@set", "@value"})
_MAPS: Final = frozenset({"@id", "@index", "@type"})


class LooseWalk:
    """One pass over one document."""

    def __init__(
        self,
        contexts: ContextStore,
        *,
        base: str | None = None,
        direction: literals.Direction = "i18n-datatype",
    ) -> None:
        """Use ``contexts`` and no others.

        Args:
            contexts: Inline contexts are allowed, whatever it says.
            base: What relative references are relative to.
            direction: How base directions are written; None leaves them out.
        """
        self._base = base
        self._initial = contexts.initial.based(base)
        self._depth = 0
        self._out = Writer(direction)

    def document(self, document: JsonValue) -> None:
        """Write what a whole document states.

        Raises:
            CanonicalizationError: The document breaks a rule of JSON-LD 1.1.
            ContextNotTrusted: A context is not in the store.
            TooLarge: Nesting beyond the limit.
        """
        if type(document) is dict and self._only_graph(document):
            return
        list(self._expand(document, self._initial, None))

    def _only_graph(self, item: JsonObject) -> bool:
        """Write the graph that is all of a document, where it is."""
        active = self._initial
        if "@context" in item:
            active = self._local(active, item["@context"])
        inner = self._typed(item, active)
        found = names.stated(item, inner)
        if found.keys() != {"@graph"}:
            return False
        list(self._expand(found["@graph"], inner, None))
        return True

    @property
    def graphs(self) -> Dataset:
        """What was written; statements may be there twice."""
        return self._out.graphs

    # Contexts

    def _local(self, active: ActiveContext, context: JsonValue) -> ActiveContext:
        return active.local(context, base_url=self._base)

    @staticmethod
    def _typed(node: JsonObject, active: ActiveContext) -> ActiveContext:
        """The context in a node of its types (step 11)."""
        inner = active
        for name in sorted(node):
            if expand_iri(name, active.state, vocab=True) != "@type":
                continue
            found = []
            for one in names.listed(node[name]):
                if type(one) is not str:
                    names.refuse("a type is a string")
                found.append(one)
            terms = [active.terms[one] for one in sorted(found) if one in active.terms]
            scopes = [term.scope for term in terms if term.scope is not None]
            inner = inner.type_scope(scopes) if scopes else inner
        return inner

    # Values

    def _expand(
        self,
        element: JsonValue,
        active: ActiveContext,
        term: Term | None,
        given: Given | None = None,
    ) -> Iterator[Item]:
        """https://www.w3.org/TR/json-ld11-api/#expansion-algorithm."""
        if element is None:
            return
        if type(element) is list:
            for item in element:
                found = self._expand(item, active, term, given)
                in_list = term is not None and "@list" in term.container
                if in_list and type(item) is list:
                    yield List(tuple(found))
                else:
                    yield from found
        elif type(element) is dict:
            yield from self._map(element, active, term, given)
        elif term is not None and isinstance(element, str | int | float):
            scoped = active if term.scope is None else active.property_scope(term.scope)
            yield scalar(element, scoped, of_scalars(term, scoped), self._out)

    def _map(
        self,
        element: JsonObject,
        active: ActiveContext,
        term: Term | None,
        given: Given | None,
    ) -> Iterator[Item]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f"nesting beyond {MAX_DEPTH} levels")
        active = self._entered(element, active, term, given)
        inner = self._typed(element, active)
        keywords = names.keywords(element, inner)
        if type(keywords.get("@index", "")) is not str:
            names.refuse("an index is a string")
        stated = names.stated(element, inner).keys()
        if "@value" in keywords:
            if not stated <= _VALUE_MEMBERS:
                names.refuse("a value object has another member")
            found = value_object(keywords, active, self._out)
            yield from () if found is None or term is None else (found,)
        elif "@list" in keywords or "@set" in keywords:
            yield from self._container(element, keywords, inner, term)
        elif stated != {"@language"}:
            yield self._node(element, (active, inner, given))
        self._depth -= 1

    def _entered(
        self,
        element: JsonObject,
        active: ActiveContext,
        term: Term | None,
        given: Given | None,
    ) -> ActiveContext:
        """The context in an object, before its types are looked at (steps 7 to 9)."""
        if active.previous is not None and given is None:
            kinds = [expand_iri(name, active.state, vocab=True) for name in element]
            if "@value" not in kinds and kinds != ["@id"]:
                active = active.previous
        if term is not None and term.scope is not None:
            active = active.property_scope(term.scope)
        if "@context" in element:
            active = self._local(active, element["@context"])
        return active

    def _container(
        self,
        element: JsonObject,
        keywords: Mapping[str, JsonValue],
        active: ActiveContext,
        term: Term | None,
    ) -> Iterator[Item]:
        """A list or set object."""
        allowed = {"@list", "@set", "@index", "@context"}
        if not keywords.keys() <= allowed or {"@list", "@set"} <= keywords.keys():
            names.refuse("a list or set stands alone in its object")
        others = [names.expanded(name, active) for name in element]
        if not {one for one in others if one is not None} <= allowed:
            names.refuse("a list or set stands alone in its object")
        if "@set" in keywords:
            yield from self._expand(keywords["@set"], active, term)
        elif term is not None:
            yield List(tuple(self._expand(keywords["@list"], active, term)))

    # Nodes

    def _node(
        self,
        element: JsonObject,
        place: tuple[ActiveContext, ActiveContext, Given | None],
    ) -> Node:
        outer, active, given = place
        entries = list(names.flat(element, active))
        if not _NO_NODE.isdisjoint(iri for iri, _, _, _ in entries):
            names.refuse("a value, list or set stands alone in its object")
        ids = [value for iri, _, value, _ in entries if iri == "@id"]
        if len(ids) > 1 or (ids and type(ids[0]) is not str):
            names.refuse("an id is one string")
        if ids:
            named = expand_iri(str(ids[0]), active.state, relative=True)
            subject = self._out.iri(named)
        elif given is not None and given.has_id:
            subject = given.id
        else:
            subject = self._out.blank()
        for _, _, value, _ in (entry for entry in entries if entry[0] == "@type"):
            for name in names.listed(value):
                if type(name) is not str:
                    names.refuse("a type is a string")
                found = expand_iri(name, outer.state, vocab=True, relative=True)
                self._out.emit(subject, _TYPE, Node(self._out.iri(found)))
        for iri, name, value, inner in entries:
            if iri in KEYWORDS:
                self._keyword(subject, iri, value, inner)
            else:
                self._property(subject, names.term(name, iri, inner), value, inner)
        return Node(subject)

    def _keyword(
        self,
        subject: str | None,
        keyword: str,
        value: JsonValue,
        active: ActiveContext,
    ) -> None:
        if keyword == "@graph":
            self._in_graph(subject, value, (active, None, None))
        elif keyword == "@reverse":
            self._reverse(subject, value, active)
        elif keyword == "@included":
            self._included(value, active)

    def _included(self, value: JsonValue, active: ActiveContext) -> None:
        items = value if type(value) is list else [value]
        for item in items:
            keywords = names.keywords(item, active) if type(item) is dict else {}
            # Scalars among others leave nothing that could be judged.
            if not keywords.keys().isdisjoint({"@value", "@list"}) or (
                type(item) is not dict and items is not value
            ):
                names.refuse("what is included are nodes")
            list(self._expand(item, active, None))

    def _in_graph(
        self,
        name: str | None,
        value: JsonValue,
        place: tuple[ActiveContext, Term | None, Given | None],
    ) -> None:
        active, term, given = place
        out = self._out
        outer, out.graph = out.graph, name
        if name is not None:
            out.graphs.setdefault(name, [])
        list(self._expand(value, active, term, given))
        out.graph = outer

    def _reverse(
        self, subject: str | None, value: JsonValue, active: ActiveContext
    ) -> None:
        if type(value) is not dict:
            names.refuse("reverse properties are members of one object")
        for name, inner in value.items():
            iri = names.expanded(name, active)
            if iri is None:
                continue
            if iri in KEYWORDS:
                names.refuse("a keyword is no reverse property")
            term = names.term(name, iri, active)
            self._property(subject, term, inner, active, reverse=not term.reverse)

    def _property(
        self,
        subject: str | None,
        term: Term,
        value: JsonValue,
        active: ActiveContext,
        *,
        reverse: bool | None = None,
    ) -> None:
        turned = term.reverse if reverse is None else reverse
        for item in self._items(term, value, active):
            if type(item) is not Node and (turned or reverse is not None):
                names.refuse("the value of a reverse property is a node")
            if turned:
                self._out.emit(item.term, term.predicate, Node(subject))  # type: ignore[union-attr]
            else:
                self._out.emit(subject, term.predicate, item)

    def _items(self, term: Term, value: JsonValue, active: ActiveContext) -> list[Item]:
        container = term.container
        if term.type == "@json":
            found: list[Item] = [Literal(literals.json_literal(value))]
            if "@graph" in container and not container & _MAPS:
                # A literal in a graph of its own leaves the graph, with nothing in it.
                found = list(self._graphs_of(iter(found)))
        elif "@language" in container and type(value) is dict:
            found = list(self._language_map(value, term, active))
        elif container & _MAPS and type(value) is dict:
            found = list(self._keyed(value, term, active))
        elif "@graph" in container and not container & _MAPS:
            found = list(self._graphs_of(self._expand(value, active, term)))
        else:
            found = list(self._expand(value, active, term))
        if "@list" not in container or (value is None and term.type != "@json"):
            return found
        is_list = type(value) is dict and [type(item) for item in found] == [List]
        return found if is_list else [List(tuple(found))]

    def _graphs_of(self, values: Iterator[Item]) -> Iterator[Item]:
        """A graph for each value, which is written before it is given."""
        outer, graph = self._out.graph, self._out.new_graph()
        for _ in values:
            yield graph
            graph = self._out.new_graph()
        self._out.graph = outer

    def _language_map(
        self, value: JsonObject, term: Term, active: ActiveContext
    ) -> Iterator[Item]:
        for language, texts in value.items():
            for text in names.listed(texts):
                if text is None:
                    continue
                if type(text) is not str:
                    names.refuse("a language map holds strings")
                tag = None if is_none(language, active) else language
                yield self._out.literal(text, None, tag, term.direction)

    # Maps by id, type or index

    def _keyed(
        self, value: JsonObject, term: Term, active: ActiveContext
    ) -> Iterator[Item]:
        # Peers return to the previous context in maps by type, and in no others.
        base = active
        if "@type" in term.container:
            base = active.previous or active
        for key, nodes in value.items():
            inner, property_ = base, term
            if "@type" in term.container:
                scope = base.terms[key].scope if key in base.terms else None
                inner = base if scope is None else base.type_scope([scope])
                found = inner.terms.get(term.name)
                property_ = replace(term, scope=None if found is None else found.scope)
            for node in names.listed(nodes):
                if node is not None:
                    yield from self._entry(key, node, property_, (active, inner))

    def _entry(
        self,
        key: str,
        node: JsonValue,
        term: Term,
        contexts: tuple[ActiveContext, ActiveContext],
    ) -> Iterator[Item]:
        active, inner = contexts
        given, named = Given(), not is_none(key, active)
        if named and "@id" in term.container:
            named_by = expand_iri(key, active.state, relative=True)
            given = Given(self._out.iri(named_by), has_id=True)
        if "@graph" in term.container and not names.has("@graph", node, inner):
            graph = Node(given.id if given.has_id else self._out.blank())
            self._in_graph(graph.term, node, (inner, term, Given()))
            found: tuple[Item, ...] = (graph,)
        else:
            found = tuple(self._expand(node, inner, term, given))
        for item in found:
            if named and "@type" in term.container and type(item) is Node:
                types = expand_iri(key, active.state, vocab=True)
                self._out.emit(item.term, _TYPE, Node(self._out.iri(types)))
            elif named and term.index is not None:
                self._indexed(item, term.index, key, active)
        yield from found

    def _indexed(self, item: Item, name: str, key: str, active: ActiveContext) -> None:
        if type(item) is not Node:
            names.refuse("only nodes have a property for their index")
        term = names.term(name, names.expanded(name, active) or "", active)
        self._out.emit(item.term, term.predicate, scalar(key, active, term, self._out))
