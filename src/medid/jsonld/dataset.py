"""An RDF dataset as text: triples by the name of their graph.

Terms are N-Quads terms in canonical spelling, so to compare, sort or hash statements
is to compare, sort or hash text. The default graph has the empty name.

Spec: https://www.w3.org/TR/rdf11-concepts/#section-dataset
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from medid.errors import NotCompact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from medid.jsonld.nquads import Quad

Triple: TypeAlias = tuple[str, str, str]
# Triples of each graph, in no particular order, each once.
Dataset: TypeAlias = "Mapping[str, list[Triple]]"

DEFAULT_GRAPH: Final = ""


class Once(list[Triple]):
    """Triples, each once.

    RDF keeps one copy of a statement made twice, so the second could be removed, or a
    node split in two, without the signature noticing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[Triple] = set()

    def append(self, triple: Triple) -> None:
        """Add a triple.

        Raises:
            NotCompact: It is there already.
        """
        if triple in self._seen:
            raise NotCompact("the same statement is made twice")
        self._seen.add(triple)
        super().append(triple)


def from_quads(quads: Iterable[Quad]) -> Dataset:
    """The dataset that ``quads`` state; what is stated twice counts once."""
    graphs: dict[str, list[Triple]] = {DEFAULT_GRAPH: []}
    for subject, predicate, object_, graph in dict.fromkeys(quads):
        graphs.setdefault(graph, []).append((subject, predicate, object_))
    return graphs


def to_quads(dataset: Dataset) -> list[Quad]:
    """The quads of ``dataset``, graph by graph."""
    return [
        (subject, predicate, object_, graph)
        for graph, triples in dataset.items()
        for subject, predicate, object_ in triples
    ]
