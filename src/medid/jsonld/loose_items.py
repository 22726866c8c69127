"""What a pass over any JSON-LD document finds, and the dataset it is written to.

Spec: https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from medid.jsonld import literals, nquads
from medid.jsonld.dataset import DEFAULT_GRAPH, Triple
from medid.jsonld.terms import ABSOLUTE_IRI, RDF

_FIRST: Final = nquads.iri(RDF + "first")
_REST: Final = nquads.iri(RDF + "rest")
_NIL: Final = nquads.iri(RDF + "nil")


@dataclass(frozen=True, slots=True)
class Node:
    """A node; None where its id is no IRI, so that nothing can be said of it."""

    term: str | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal; None where its datatype or language is none."""

    term: str | None


@dataclass(frozen=True, slots=True)
class List:
    """An ordered list."""

    items: tuple[Item, ...]


Item: TypeAlias = "Node | Literal | List"


@dataclass(frozen=True, slots=True)
class Given:
    """That a value stands in a map, and the id that the map gives it.

    Attributes:
        id: None where it is no IRI.
        has_id: Whether the map gives one.
    """

    id: str | None = None
    has_id: bool = False


class Writer:
    """Writes statements, graph by graph, under new names for blank nodes.

    Attributes:
        graphs: What was written, by graph; statements may be there twice.
        graph: The name of the graph that is written now; None where it has none that
            is an IRI, and is lost.
    """

    def __init__(self, direction: literals.Direction) -> None:
        """Write base directions in this way; None leaves them out."""
        self._direction = direction
        self._blanks: dict[str, str] = {}
        self.graph: str | None = DEFAULT_GRAPH
        self.graphs: dict[str, list[Triple]] = {DEFAULT_GRAPH: []}

    def blank(self, label: str | None = None) -> str:
        """A new blank node, or the one for a label of the document."""
        name = f"_:b{len(self._blanks)}"
        return self._blanks.setdefault(label or f" {name}", name)

    def new_graph(self) -> Node:
        """Write to a graph with a new name, which is given."""
        self.graph = name = self.blank()
        self.graphs[name] = []
        return Node(name)

    def iri(self, value: str | None) -> str | None:
        """The N-Quads term of an IRI or blank node; None for anything else."""
        if value is None:
            return None
        if value.startswith("_:"):
            return self.blank(value)
        return nquads.iri(value) if ABSOLUTE_IRI.fullmatch(value) else None

    def emit(self, subject: str | None, predicate: str, item: Item) -> None:
        """Write a statement, unless one of its terms has no meaning in RDF."""
        if (
            self.graph is None
            or subject is None
            or not ABSOLUTE_IRI.fullmatch(predicate[1:-1])
        ):
            return
        object_ = self._head(item.items) if type(item) is List else item.term  # type: ignore[union-attr]
        if object_ is not None:
            self.graphs[self.graph].append((subject, predicate, object_))

    def _head(self, items: tuple[Item, ...]) -> str:
        head = _NIL
        for item in reversed(items):
            cell = self.blank()
            self.emit(cell, _FIRST, item)
            self.emit(cell, _REST, Node(head))
            head = cell
        return head

    def literal(
        self,
        value: str | float,
        kind: str | None,
        language: str | None,
        direction: str | None,
    ) -> Literal | Node:
        """The literal of a scalar; a node where a direction is written as one."""
        if direction is None or self._direction != "compound-literal":
            direction = None if self._direction is None else direction
            return Literal(literals.any_literal(value, kind, language, direction))
        node = Node(self.blank())
        said = {"value": str(value), "language": language, "direction": direction}
        for name, text in said.items():
            if text is not None:
                written = nquads.literal(text.lower() if name == "language" else text)
                self.emit(node.term, nquads.iri(RDF + name), Literal(written))
        return node
