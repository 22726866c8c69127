"""Graphs of a document that stand for themselves: what is stated in each, and by whom.

A presentation's credentials stand in graphs of their own, and so do their proofs.
Nothing outside names a blank node inside, but for the graph itself.

Spec: https://www.w3.org/TR/json-ld11/#graph-containers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from medid.jsonld import rdfc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonValue
    from medid.core.memory import Known
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.dataset import Triple
    from medid.jsonld.rdfc import Algorithm, Reading


# Bytes that one statement of a part takes, with its lines and hashes; of a license 546.
STATEMENT_WEIGHT: Final = 550


class Island(NamedTuple):
    """A node that is the only one named at the top of its graph.

    Attributes:
        node: As it stands in the document.
        graph: The graph's name.
        subject: The node's own term.
        active: The context of the node, before its types are looked at.
        inner: The same with the contexts of its types.
    """

    node: Mapping[str, JsonValue]
    graph: str
    subject: str
    active: ActiveContext
    inner: ActiveContext


class Part(NamedTuple):
    """What the node of a graph container states, wherever it stands.

    Attributes:
        name: Of its graph.
        graphs: That graph, and those inside.
        islands: As those of ``Walk``.
        has_empty_arrays: Whether a member is an empty array.
        known: What follows from that.
    """

    name: str
    graphs: dict[str, list[Triple]]
    islands: dict[int, Island]
    has_empty_arrays: bool
    known: Known

    @property
    def weight(self) -> int:
        """An estimate of the bytes that it takes."""
        return STATEMENT_WEIGHT * sum(map(len, self.graphs.values()))

    def reading(self, algorithm: Algorithm) -> Reading:
        """What its quads give when they are canonicalized."""
        return self.known.once(algorithm, self._read, algorithm)

    def _read(self, algorithm: Algorithm) -> Reading:
        return rdfc.read(self.name, self.graphs, algorithm=algorithm)
