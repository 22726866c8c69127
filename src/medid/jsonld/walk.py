"""The pass over a compact document that writes its RDF and loses nothing.

It stands in place of expansion, safe-mode checks, compaction and deserialization. It
accepts exactly one spelling of each statement, the compact form under the document's
own contexts, and refuses what RDF would leave out, so that two documents with the same
RDF say the same to code that reads their JSON. What remains equal: the order of members
and sets, ``"x"`` and ``["x"]``, ``"did:x"`` and ``{"id": "did:x"}`` as a reference,
``1`` and ``1.0``, the case of language tags, under a term declared as ``@set`` an
empty array and no member at all, and at which of its places a resource bears a name or
another of the plain texts that nothing is decided by (``places.HARMLESS``). Contexts
are not signed; a store holds trusted ones only.

Refused beside that, because code that reads JSON could be led past a statement: compact
IRIs, blank node identifiers, reverse properties, explicit graphs and included blocks.

Spec: https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm,
https://www.w3.org/TR/vc-data-integrity/#securing-data-losslessly
"""

from __future__ import annotations

from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.memory import Known
from medid.errors import (
    CanonicalizationError,
    DataLoss,
    MedidError,
    NotCompact,
    TooLarge,
)
from medid.jsonld import choice, iris, literals, maps, places, roots
from medid.jsonld.budget import Budget
from medid.jsonld.dataset import DEFAULT_GRAPH, Once, Triple
from medid.jsonld.form import MAX_DEPTH
from medid.jsonld.islands import Island, Part
from medid.jsonld.nquads import escaped, iri
from medid.jsonld.plan import LINK, PROPERTY, TEXT, Member, plan
from medid.jsonld.terms import RDF
from medid.jsonld.types import Typing, read_types, scopes
from medid.jsonld.values import below, native, value_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.contexts import ContextStore
    from medid.jsonld.places import Place

_TYPE: Final = iri(RDF + "type")
_FIRST: Final = iri(RDF + "first")
_REST: Final = iri(RDF + "rest")
_NIL: Final = iri(RDF + "nil")

_NOTHING: Final[Mapping[int, Known]] = MappingProxyType({})
# What tells the blank nodes of one part from those of every other.
_serials: Final = count()


class Walk:
    """One pass over one document.

    Attributes:
        graphs: What was written, by graph.
        islands: The root and each node of a graph container, by ``id()``.
        has_empty_arrays: Whether a member is an empty array, which is not signed.
        taken: The parts that were met in other documents as well, by their graph.
    """

    __slots__ = (
        "_blank",
        "_budget",
        "_contexts",
        "_depth",
        "_graph",
        "_parts",
        "_prefix",
        "_register",
        "_triples",
        "graphs",
        "has_empty_arrays",
        "islands",
        "taken",
    )

    def __init__(
        self,
        contexts: ContextStore,
        *,
        parts: Mapping[int, Known] = _NOTHING,
        prefix: str = "_:b",
        budget: Budget | None = None,
    ) -> None:
        """Walk under ``contexts`` and no others.

        Args:
            contexts: None is fetched.
            parts: Nodes of graph containers, by ``id()``, that other documents have as
                well, each with what follows from it alone.
            prefix: How the names of blank nodes begin.
            budget: Shared with other walks; None has one of its own.
        """
        self._contexts = contexts
        self._budget = Budget() if budget is None else budget
        self._parts = parts
        self._prefix = prefix
        self._blank = 0
        self._depth = 0
        self._graph = DEFAULT_GRAPH
        self._triples = self._new_graph()
        self.graphs: dict[str, list[Triple]] = {DEFAULT_GRAPH: self._triples}
        self.islands: dict[int, Island] = {}
        self.taken: dict[str, Part] = {}
        self.has_empty_arrays = False
        self._register = places.Register()

    def document(self, document: Mapping[str, JsonValue]) -> None:
        """Write what a whole document states.

        Raises:
            MedidError: As ``medid.jsonld.canonicalize`` does, but for blank nodes.
        """
        self.node(document, self._contexts.initial, None, top=True)
        if not self._triples:
            raise DataLoss("the document states nothing beyond its id")
        if self._says_twice():
            _Again(self._contexts, budget=self._budget).document(document)
        self._check_places()

    def _says_twice(self) -> bool:
        return any(len(set(one)) != len(one) for one in self._own_graphs())

    def _own_graphs(self) -> list[list[Triple]]:
        """The graphs that were not taken over from a part: that one was checked."""
        taken = {name for part in self.taken.values() for name in part.graphs}
        return [one for name, one in self.graphs.items() if name not in taken]

    def _check_places(self) -> None:
        """Return if each resource is described where it has to be.

        Raises:
            NotCompact: One is not.
        """
        again = self._register.check()
        for island in self.islands.values() if again else ():
            if (island.graph, island.subject) in again:
                roots.check(self.graphs[island.graph], island.subject)

    @staticmethod
    def _new_graph() -> list[Triple]:
        return []

    def new_blank(self, place: Place) -> str:
        """A new blank node identifier."""
        del place
        self._blank += 1
        return f"{self._prefix}{self._blank - 1}"

    # Nodes

    def node(
        self,
        node: Mapping[str, JsonValue],
        active: ActiveContext,
        place: Place,
        *,
        top: bool = False,
    ) -> str:
        """Write what ``node`` states; return its subject term.

        Args:
            node: Never modified.
            active: The context in which it stands.
            place: Where it stands.
            top: Whether it is the root or the node of a graph container.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f"nesting beyond {MAX_DEPTH} levels")
        if "@context" in node:
            active = self._entered(active, node["@context"], place)
        inner = active
        objects: tuple[str, ...] = ()
        if active.type_alias in node:
            objects, inner = self._typing(node[str(active.type_alias)], active)
        if inner.id_alias in node:
            subject = self._subject(node, inner, place)
        else:
            subject = self.new_blank(place)
        if top:
            self.islands[id(node)] = Island(node, self._graph, subject, active, inner)
        for type_iri in objects:
            self._triples.append((subject, _TYPE, type_iri))
        self._members(subject, node, inner, place)
        self._depth -= 1
        return subject

    def _members(  # noqa: PLR0917 - the inner loop, called for each node
        self,
        subject: str,
        node: Mapping[str, JsonValue],
        active: ActiveContext,
        place: Place,
        nest: str | None = None,
    ) -> None:
        names = tuple(node)
        members = active.plans.get(names) if nest is None else None
        if members is None:
            members = plan(names, active, nest=nest)
            self._budget.take(sum(entry[4].term.scope is not None for entry in members))
        name, add = "", self._triples.append
        try:
            for name, kind, predicate, suffix, member in members:
                value = node[name]
                if type(value) is str and kind < PROPERTY:
                    if kind == LINK:
                        found = iris.identifier(value, member.inner)
                        self._register.named.append(
                            ((self._graph, found), (place, name))
                        )
                        add((subject, predicate, found))
                        continue
                    # Printable text without these two is written as it is.
                    if not value.isprintable() or '"' in value or "\\" in value:
                        value = escaped(value)
                    add((subject, predicate, f'"{value}{suffix}'))
                    continue
                if kind <= TEXT and type(value) is dict and "@value" not in value:
                    child = self.child(value, member, (place, name))
                    add((subject, predicate, child))
                    continue
                if kind <= TEXT and type(value) is list:
                    self._set(subject, value, member, (place, name))
                    continue
                self._member(subject, value, member, (place, name))
        except MedidError as error:
            raise below(error, name) from None

    def _entered(
        self, active: ActiveContext, context: JsonValue, place: Place
    ) -> ActiveContext:
        found = active.kept_local(context)
        # What was kept for a root was checked when it was made.
        if found is None or place is not None:
            places.check_context(context, place, self._contexts)
        if found is not None:
            return found
        count = len(context) if type(context) is list else 1
        self._budget.take(count, path="$.@context")
        if type(context) is list:
            return active.local([_unwrapped(entry) for entry in context])
        return active.local(_unwrapped(context))

    def _typing(self, stated: JsonValue, active: ActiveContext) -> Typing:
        key = tuple(stated) if type(stated) is list else stated
        try:
            found = active.typings.get(key)
        except TypeError:
            found = None  # a value without a hash is no type, and is refused below
        if found is None:
            self._budget.take(scopes(stated, active), path=f"$.{active.type_alias}")
            found = read_types(stated, active)
            active.keep(active.typings, key, found, weight=found.weight)
        return found

    def _subject(
        self, node: Mapping[str, JsonValue], active: ActiveContext, place: Place
    ) -> str:
        alias = str(active.id_alias)
        try:
            subject = iris.identifier(node[alias], active)
        except MedidError as error:
            raise below(error, alias) from None
        key = (self._graph, subject)
        self._register.named.append((key, place))
        for name in node:
            if name != alias and (
                name not in places.HARMLESS
                or not places.holds_texts(name, node[name], active)
            ):
                self._register.describe(key, place)
                break
        return subject

    def link(self, value: str, active: ActiveContext, place: Place) -> str:
        """The term for a reference to a resource."""
        found = iris.identifier(value, active)
        self._register.named.append(((self._graph, found), place))
        return found

    # Members

    def _member(  # noqa: C901 - one branch for each kind of container
        self, subject: str, value: JsonValue, member: Member, place: Place
    ) -> None:
        term = member.term
        if term.iri == "@nest":
            self._nest(subject, value, member, place)
            return
        if member.rivals:
            choice.check_choice(term, value, member.rivals)
        container = term.container
        if term.type == "@json":
            if not container <= {"@set"}:
                raise CanonicalizationError("JSON literals in lists, graphs or maps")
            self._triples.append(
                (subject, term.predicate, literals.json_literal(value))
            )
        elif "@list" in container:
            if type(value) is not list:
                raise NotCompact("the values of this term are written as an array")
            head = self._list(value, member, place)
            self._triples.append((subject, term.predicate, head))
        elif "@language" in container and type(value) is dict:
            for found in maps.by_language(value, member):
                self._triples.append((subject, term.predicate, found))
        elif container <= {"@set", "@graph", "@language"}:
            self._set(subject, value, member, place)
        else:
            for found in maps.by_key(value, member, place, self):
                self._triples.append((subject, term.predicate, found))

    def _nest(
        self, subject: str, value: JsonValue, member: Member, place: Place
    ) -> None:
        if type(value) is not dict:
            raise NotCompact("the members of a nested block are one object")
        if not value:
            raise DataLoss("an empty nested block is not signed")
        self._members(subject, value, member.inner, place, nest=member.name)

    def _set(
        self, subject: str, value: JsonValue, member: Member, place: Place
    ) -> None:
        predicate, read = member.term.predicate, self.object
        if "@graph" in member.term.container:
            read = self._graph_object
        if type(value) is not list:
            self._triples.append((subject, predicate, read(value, member, place)))
            return
        if not value:
            self._empty(member)
        for index, item in enumerate(value):
            try:
                found = read(item, member, (place, index))
                self._triples.append((subject, predicate, found))
            except MedidError as error:
                raise below(error, index) from None

    def _empty(self, member: Member) -> None:
        if "@set" not in member.term.container:
            # RDF has no empty set: the member could be added or removed unnoticed.
            # Only a term that its context declares as @set may say "none" that way,
            # and readers treat it as absent.
            raise DataLoss("an empty array is not signed: leave the member out")
        self.has_empty_arrays = True

    def _graph_object(self, value: JsonValue, member: Member, place: Place) -> str:
        if type(value) is not dict or "@value" in value:
            raise DataLoss("a graph holds nodes: anything else in it is not signed")
        known, initial = self._parts.get(id(value)), self._contexts.initial
        # Under a scope of null it means what it means alone.
        if known is not None and member.below is initial and known.met_again():
            name = ("graph", initial, self._depth)
            part = known.once(name, self._apart, value, member, place, known.room)
            if part is not None and part.name not in self.graphs:
                return self._take(part)
        return self._inline(value, member, place)

    def _inline(
        self, value: Mapping[str, JsonValue], member: Member, place: Place
    ) -> str:
        outer, triples = self._graph, self._triples
        self._graph = name = self.new_blank((place, "@graph"))
        self._triples = self.graphs[name] = self._new_graph()
        self.child(value, member, place, top=True)
        if not self._triples:
            raise DataLoss("a graph with nothing but an id is not signed")
        self._graph, self._triples = outer, triples
        return name

    def _apart(
        self, value: Mapping[str, JsonValue], member: Member, place: Place, room: int
    ) -> Part | None:
        """What a graph's node states, under names that no other document gives.

        None where something is wrong with it that the whole document has to tell, or
        where it takes more bytes than there is ``room``.
        """
        prefix = f"_:p{next(_serials)}b"
        walk = Walk(self._contexts, prefix=prefix, budget=self._budget)
        walk._depth = self._depth
        name = walk._inline(value, member, place)
        del walk.graphs[DEFAULT_GRAPH]
        try:
            if walk._says_twice():
                return None
            walk._check_places()
        except MedidError:
            return None
        part = Part(name, walk.graphs, walk.islands, walk.has_empty_arrays, Known())
        return part if part.weight <= room else None

    def _take(self, part: Part) -> str:
        self.graphs.update(part.graphs)
        self.islands.update(part.islands)
        self.taken[part.name] = part
        self.has_empty_arrays = self.has_empty_arrays or part.has_empty_arrays
        return part.name

    def _list(self, items: list[JsonValue], member: Member, place: Place) -> str:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f"nesting beyond {MAX_DEPTH} levels")
        objects = []
        for index, item in enumerate(items):
            try:
                read = self._list if type(item) is list else self.object
                objects.append(read(item, member, (place, index)))  # type: ignore[arg-type]
            except MedidError as error:
                raise below(error, index) from None
        self._depth -= 1
        return self._cells(objects, place)

    def _cells(self, objects: list[str], place: Place) -> str:
        head = _NIL
        for index in range(len(objects) - 1, -1, -1):
            cell = self.new_blank((place, f"@list{index}"))
            self._triples.append((cell, _FIRST, objects[index]))
            self._triples.append((cell, _REST, head))
            head = cell
        return head

    # Values

    def object(self, value: JsonValue, member: Member, place: Place) -> str:
        """The term for one value, once what it states was written."""
        term = member.term
        match value:
            case str():
                if term.type == "@id":
                    return self.link(value, member.inner, place)
                if term.type == "@vocab":
                    found = iris.vocabulary(value, member.inner)
                    self._register.named.append(((self._graph, found), place))
                    return found
                return literals.text(value, term)
            case dict():
                if "@value" in value:
                    return value_object(value, member)
                if term.type is not None or term.container:
                    member.check_holds_nodes(value)
                return self.child(value, member, place)
        return native(value, term)

    def child(
        self,
        value: Mapping[str, JsonValue],
        member: Member,
        place: Place,
        *,
        top: bool = False,
    ) -> str:
        """Write what a node states that is a value of ``member``."""
        aliases = member.inner.value_aliases
        if aliases and not aliases.isdisjoint(value):
            raise NotCompact("an alias of @value: write @value, or the plain value")
        # A bare reference is not another node: a type's context still counts (JSON-LD
        # API, Expansion Algorithm, step 7).
        bare = len(value) == 1 and member.inner.id_alias in value
        active = member.inner if bare else member.below
        return self.node(value, active, place, top=top)

    def typed(
        self, node: Mapping[str, JsonValue], active: ActiveContext
    ) -> ActiveContext:
        """The context inside ``node``, its types' own contexts included."""
        if active.type_alias not in node:
            return active
        return self._typing(node[str(active.type_alias)], active).active


def _unwrapped(entry: JsonValue) -> JsonValue:
    """An inline context, also where a whole context document stands in its place.

    Only contexts that documents define themselves get here as objects. JSON-LD 1.1 has
    no such entry, and its processors in use read it as this does.
    """
    if type(entry) is dict and entry.keys() == {"@context"}:
        inner = entry["@context"]
        return inner if type(inner) is dict else entry
    return entry


class _Again(Walk):
    """A second walk, over a document that makes a statement twice: it finds where."""

    __slots__ = ()

    @staticmethod
    def _new_graph() -> list[Triple]:
        return Once()
