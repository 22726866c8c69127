"""From a compact JSON-LD document to RDF, losing nothing.

One pass over the document in place of expansion, safe-mode checks, compaction and
deserialization. It accepts exactly one spelling of each statement, the compact form
under the document's own contexts, and refuses what RDF would leave out, so that two
documents with the same RDF say the same to code that reads their JSON. What remains
equal: the order of members and sets, ``"x"`` and ``["x"]``, ``"did:x"`` and
``{"id": "did:x"}`` as a reference, ``1`` and ``1.0``, the case of language tags, and,
under a term declared as ``@set``, an empty array and no member at all.

medid's JSON-LD profile has no ``@id``, ``@type`` or ``@index`` maps, no reverse
properties, no ``@nest`` and no explicit graphs.

Spec: https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm,
https://www.w3.org/TR/vc-data-integrity/#securing-data-losslessly
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from medid.errors import (
    CanonicalizationError,
    ContextNotTrusted,
    DataLoss,
    MalformedValue,
    MedidError,
    NotCompact,
    TooLarge,
    child,
)
from medid.jsonld import iris, literals
from medid.jsonld.form import MAX_DEPTH
from medid.jsonld.nquads import iri, literal
from medid.jsonld.values import at, below, type_scoped, types, value_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext, Term
    from medid.jsonld.contexts import ContextStore
    from medid.jsonld.nquads import Quad

    _PlaceKey: TypeAlias = tuple[int, tuple[str, ...]]

_TYPE: Final = iri(literals.RDF + "type")
_FIRST: Final = iri(literals.RDF + "first")
_REST: Final = iri(literals.RDF + "rest")
_NIL: Final = iri(literals.RDF + "nil")
# What may be said of a resource in a second place: nothing that is decided by. Digests
# are among it, because a schema may be pinned by a related resource of the same id, and
# whoever reads either requires its own.
_HARMLESS: Final = (
    "name",
    "description",
    "image",
    "url",
    "digestSRI",
    "digestMultibase",
    "mediaType",
)


def to_quads(document: Mapping[str, JsonValue], contexts: ContextStore) -> list[Quad]:
    """The dataset that ``document`` states.

    Args:
        document: Compact JSON-LD with ``@context``. Never modified.
        contexts: The only contexts that may be used; none is fetched.

    Raises:
        ContextNotTrusted: A context is not in ``contexts``, or is inline.
        DataLoss: A part of the document would not reach the dataset.
        NotCompact: A part of the document has a shorter or plainer spelling.
        MalformedValue: A value that JSON-LD does not allow there.
        CanonicalizationError: No ``@context``, contexts that contradict each other, or
            a construct outside medid's profile.
        TooLarge: Nesting beyond the limit.
    """
    if "@context" not in document:
        raise CanonicalizationError("a document without @context has no RDF")
    walk = _Walk(contexts)
    walk.node(document, contexts.initial)
    if not walk.quads:
        raise DataLoss("the document states nothing beyond its id")
    walk.check_places()
    return list(walk.quads)


class _Place(NamedTuple):
    """A member's term, and the context of its values."""

    term: Term
    active: ActiveContext


class _Walk:
    """One pass over one document."""

    __slots__ = (
        "_blank",
        "_contexts",
        "_depth",
        "_described",
        "_graph",
        "_named",
        "_trail",
        "quads",
    )

    def __init__(self, contexts: ContextStore) -> None:
        self._contexts = contexts
        self._graph = ""
        self._blank = 0
        self._depth = 0
        # Where each resource of each graph is described, and the first place, nearest
        # to the root, that names it.
        self._described: dict[tuple[str, str], _PlaceKey] = {}
        self._named: dict[tuple[str, str], _PlaceKey] = {}
        self._trail: list[str] = []
        # A dict, because order matters to readers of tests and membership to us.
        self.quads: dict[Quad, None] = {}

    def _new_blank(self) -> str:
        self._blank += 1
        return f"_:b{self._blank - 1}"

    def _emit(self, subject: str, predicate: str, object_: str) -> None:
        quad = (subject, predicate, object_, self._graph)
        # RDF keeps one copy of a statement made twice, so the second could be removed,
        # or a node split in two, without the signature noticing. Types may repeat:
        # one resource described in two places has its type in both.
        if quad in self.quads and predicate != _TYPE:
            raise NotCompact("the same statement is made twice")
        self.quads[quad] = None

    # Nodes

    def node(self, node: Mapping[str, JsonValue], active: ActiveContext) -> str:
        """Write what ``node`` states; return its subject term."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f"nesting beyond {MAX_DEPTH} levels")
        if "@context" in node:
            active = self._local_context(active, node["@context"])
        names = types(node, active)
        outer, active = active, type_scoped(active, names)
        if active.type_alias != outer.type_alias:
            raise CanonicalizationError("a type's own context renames the type")
        subject = self._subject(node, active)
        self._describe(subject, node, active)
        for index, name in enumerate(names):
            self._type(subject, name, outer, index)
        aside = ("@context", active.id_alias, active.type_alias)
        for name, value in node.items():
            if name not in aside:
                self._trail.append(name)
                try:
                    self._member(subject, name, value, active)
                except MedidError as error:
                    raise below(error, name) from None
                self._trail.pop()
        self._depth -= 1
        return subject

    def _local_context(self, active: ActiveContext, value: JsonValue) -> ActiveContext:
        entries = value if type(value) is list else [value]
        cached = True
        for index, entry in enumerate(entries):
            path = "$.@context" if entries is not value else f"$.@context[{index}]"
            if type(entry) is str:
                # Compared exactly, before any URL resolution could make them equal.
                self._contexts.content(entry, path=path)
            elif self._contexts.allow_inline and type(entry) is dict:
                cached = False
            else:
                message = "a document must not define or reset terms itself"
                raise ContextNotTrusted(message, path=path)
        if not entries:
            raise DataLoss("an empty @context says nothing", path="$.@context")
        return active.local(entries, cached=cached)

    def _subject(self, node: Mapping[str, JsonValue], active: ActiveContext) -> str:
        alias = active.id_alias
        if alias is None or alias not in node:
            return self._new_blank()
        return at(alias, iris.identifier, node[alias], active)

    def _describe(
        self, subject: str, node: Mapping[str, JsonValue], active: ActiveContext
    ) -> None:
        # RDF joins all that is said about one IRI, so statements could be moved from
        # one place that describes it to another: a consent from the subject to the
        # issuer, who are one patient. A name or description may be said anywhere.
        if subject.startswith("_:"):
            return
        self._name(subject)
        if node.keys() <= {"@context", active.id_alias, *_HARMLESS}:
            return
        if (self._graph, subject) in self._described:
            raise NotCompact("one resource is described in two places")
        self._described[self._graph, subject] = (len(self._trail), tuple(self._trail))

    def _name(self, resource: str) -> str:
        place = (len(self._trail), tuple(self._trail))
        key = (self._graph, resource)
        self._named[key] = min(self._named.get(key, place), place)
        return resource

    def check_places(self) -> None:
        """Return if each resource is described at the first place that names it.

        A description could otherwise change places with a reference to it, whole:
        nearest to the root counts first, then the order of the names.
        """
        for key, place in self._described.items():
            if self._named[key] < place:
                message = "a resource is described where it is only to be named"
                raise below(NotCompact(message), *place[1])

    def _type(self, subject: str, name: str, active: ActiveContext, index: int) -> None:
        try:
            self._emit(subject, _TYPE, iris.vocabulary(name, active))
        except MedidError as error:
            raise below(error, active.type_alias or "type", index) from None

    # Members

    def _member(
        self, subject: str, name: str, value: JsonValue, active: ActiveContext
    ) -> None:
        term = iris.member_term(name, value, active)
        if term.simple and type(value) is str:
            self._emit(subject, term.predicate, literal(value))
            return
        inner = active if term.scope_key is None else active.property_scope(term)
        place = _Place(term, inner)
        if term.type == "@json":
            if not term.container.isdisjoint(("@list", "@graph", "@language")):
                raise CanonicalizationError("JSON literals in lists, graphs or maps")
            self._emit(subject, term.predicate, literals.json_literal(value))
        elif "@list" in term.container:
            if type(value) is not list:
                raise NotCompact("the values of this term are written as an array")
            self._emit(subject, term.predicate, self._list(value, place))
        elif "@language" in term.container and type(value) is dict:
            self._language_map(subject, value, term)
        elif type(value) is list:
            self._set(subject, value, place)
        else:
            self._value(subject, value, place)

    def _set(self, subject: str, items: list[JsonValue], place: _Place) -> None:
        if not items and "@set" not in place.term.container:
            # RDF has no empty set: the member could be added or removed unnoticed.
            # Only a term that its context declares as @set may say "none" that way,
            # and readers treat it as absent.
            raise DataLoss("an empty array is not signed: leave the member out")
        for index, item in enumerate(items):
            try:
                self._value(subject, item, place)
            except MedidError as error:
                raise below(error, index) from None

    def _value(self, subject: str, value: JsonValue, place: _Place) -> None:
        in_graph = "@graph" in place.term.container
        read = self._in_graph if in_graph else self._object
        self._emit(subject, place.term.predicate, read(value, place))

    def _in_graph(self, value: JsonValue, place: _Place) -> str:
        if type(value) is not dict or "@value" in value:
            raise DataLoss("a graph holds nodes: anything else in it is not signed")
        outer, before = self._graph, len(self.quads)
        self._graph = name = self._new_blank()
        self._child_node(value, place)
        self._graph = outer
        if len(self.quads) == before:
            raise DataLoss("a graph with nothing but an id is not signed")
        return name

    def _list(self, items: list[JsonValue], place: _Place) -> str:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f"nesting beyond {MAX_DEPTH} levels")
        head = _NIL
        for index, item in reversed(list(enumerate(items))):
            try:
                if type(item) is list:
                    object_ = self._list(item, place)
                else:
                    object_ = self._object(item, place)
            except MedidError as error:
                raise below(error, index) from None
            cell = self._new_blank()
            self._emit(cell, _FIRST, object_)
            self._emit(cell, _REST, head)
            head = cell
        self._depth -= 1
        return head

    def _language_map(
        self, subject: str, value: dict[str, JsonValue], term: Term
    ) -> None:
        if not value:
            raise DataLoss("an empty language map is not signed")
        for language, texts in value.items():
            path = child("$", language)
            items = texts if type(texts) is list else [texts]
            if not items:
                raise DataLoss("an empty array is not signed", path=path)
            for item in items:
                if type(item) is not str:
                    raise MalformedValue("a language map holds strings", path=path)
                object_ = literals.localized(item, language, term.direction)
                self._emit(subject, term.predicate, object_)

    # Values

    def _object(self, value: JsonValue, place: _Place) -> str:
        term, inner = place
        match value:
            case str():
                if term.type == "@id":
                    return self._name(iris.identifier(value, inner))
                if term.type == "@vocab":
                    return self._name(iris.vocabulary(value, inner))
                return literals.text(value, term)
            case dict():
                if "@value" in value:
                    return value_object(value, term, inner)
                if term.type not in (None, "@none", "@id", "@vocab"):
                    raise NotCompact("this term holds a value, not a node")
                return self._child_node(value, place)
            case bool() | int() | float():
                return literals.native(value, term)
            case None:
                raise DataLoss("null is not signed: leave the member out")
            case list():
                raise NotCompact("arrays inside sets say nothing: write one array")
        raise MalformedValue("not a JSON value")

    def _child_node(self, value: Mapping[str, JsonValue], place: _Place) -> str:
        term, inner = place
        if not inner.value_aliases.isdisjoint(value):
            raise NotCompact("an alias of @value: write @value, or the plain value")
        active = inner
        # A type-scoped context ends where another node begins, but a bare reference
        # is not another node (JSON-LD API, Expansion Algorithm, step 7).
        bare = len(value) == 1 and inner.id_alias in value
        if active.previous is not None and not bare:
            active = active.previous
        again = inner.terms.get(term.name)
        if again is not None and again.scope_key is not None:
            active = active.property_scope(again)
        return self.node(value, active)
