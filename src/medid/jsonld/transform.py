"""From compact JSON-LD to RDF: a document is walked once, for all that signs it.

A presentation states what its credentials state, and each of them what its proofs say.
All of these are signed on their own as well. What a part states is found among what the
whole states, because each part stands in a graph of its own.

Spec: https://www.w3.org/TR/vc-data-integrity/#transformations
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import CanonicalizationError, MedidError
from medid.jsonld import rdfc
from medid.jsonld.budget import Budget
from medid.jsonld.dataset import DEFAULT_GRAPH
from medid.jsonld.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.core.memory import Known
    from medid.jsonld.contexts import ContextStore
    from medid.jsonld.dataset import Dataset, Triple
    from medid.jsonld.islands import Island
    from medid.jsonld.rdfc import Algorithm, Canonical, Reading


def to_dataset(
    document: Mapping[str, JsonValue],
    contexts: ContextStore,
    *,
    budget: Budget | None = None,
) -> Dataset:
    """The dataset that ``document`` states.

    Args:
        document: Compact JSON-LD with ``@context``. Never modified.
        contexts: The only contexts that may be used; none is fetched.
        budget: Of what is verified together; None is for ``document`` alone.

    Raises:
        ContextNotTrusted: A context is not in ``contexts``, or is inline.
        DataLoss: A part of the document would not reach the dataset.
        NotCompact: A part of the document has a shorter or plainer spelling.
        MalformedValue: A value that JSON-LD does not allow there.
        CanonicalizationError: No ``@context``, contexts that contradict each other, or
            a construct outside medid's profile.
        TooLarge: Nesting, or new combinations of contexts, beyond the limit.
    """
    return _walked(document, Walk(contexts, budget=budget)).graphs


def _walked(document: Mapping[str, JsonValue], walk: Walk) -> Walk:
    if "@context" not in document:
        raise CanonicalizationError("a document without @context has no RDF")
    walk.document(document)
    return walk


class Statements:
    """What the documents of one verification state, and their parts.

    Make one for each verification and never keep it: it knows documents by identity,
    and relies on nobody changing them meanwhile.
    """

    def __init__(self, contexts: ContextStore) -> None:
        """Use ``contexts`` and no others."""
        self._contexts = contexts
        self._budget = Budget()
        # The walk in which each part was met, by the identity of its object; the
        # documents are held so that no identity is used again.
        self._walks: dict[int, Walk] = {}
        self._parts: dict[int, Known] = {}
        self._refused: set[int] = set()
        self._held: list[object] = []
        self._canonical: dict[object, Canonical] = {}

    @property
    def contexts(self) -> ContextStore:
        """The only contexts that may be used."""
        return self._contexts

    def know(self, part: JsonObject, known: Known) -> None:
        """Take what ``part`` states from what is ``known`` of it, or note it there.

        Args:
            part: A node in a graph container of a document that will be read.
            known: What follows from ``part`` alone.
        """
        self._held.append(part)
        self._parts[id(part)] = known

    def read(self, document: Mapping[str, JsonValue]) -> None:
        """Walk ``document``, unless that was done before, alone or as a part.

        Where the whole is refused, each part is walked when it is asked for, because
        what is wrong with one need not concern another.
        """
        if id(document) in self._walks or id(document) in self._refused:
            return
        self._held.append(document)
        try:
            walk = Walk(self._contexts, parts=self._parts, budget=self._budget)
            _walked(document, walk)
        except MedidError:
            self._refused.add(id(document))
            return
        for part, island in walk.islands.items():
            self._walks[part] = walk
            self._held.append(island.node)

    def may_have_empty_arrays(self, document: Mapping[str, JsonValue]) -> bool:
        """Whether empty arrays were met in ``document``, or it was not walked whole."""
        walk = self._walks.get(id(document))
        return walk is None or walk.has_empty_arrays

    def canonical(
        self,
        part: JsonObject,
        *,
        context: JsonValue,
        without: str,
        but: Sequence[JsonObject] = (),
        algorithm: Algorithm = "sha256",
    ) -> Canonical:
        """The canonical form of what ``part`` states, as if it stood alone.

        Args:
            part: A document, or a node in a graph container of one that was read.
            context: The ``@context`` under which it stands alone.
            without: A member that is left out.
            but: Values of that member, nodes in graphs, which stay.
            algorithm: The hash inside RDFC-1.0.

        Raises:
            MedidError: As ``to_dataset`` does.
            CanonicalizationError: Blank nodes that take too much work.
        """
        key = (id(part), without, tuple(map(id, but)), repr(context), algorithm)
        found = self._canonical.get(key)
        if found is None:
            dataset = self._cut(part, context, without, but)
            if dataset is None:
                alone = {k: v for k, v in part.items() if k != without}
                if but:
                    alone[without] = [*but]
                if context is not None:
                    alone["@context"] = context
                dataset = to_dataset(alone, self._contexts, budget=self._budget)
            known = self._readings(part, dataset, algorithm)
            found = rdfc.canonicalize(dataset, algorithm=algorithm, known=known)
            self._held += (part, *but)
            self._canonical[key] = found
        return found

    def _readings(
        self, part: JsonObject, dataset: Dataset, algorithm: Algorithm
    ) -> dict[str, Reading]:
        """What was read before of graphs in ``dataset``."""
        walk = self._walks.get(id(part))
        taken = walk.taken if walk is not None else {}
        return {
            name: one.reading(algorithm)
            for name, one in taken.items()
            if name in dataset
        }

    def _cut(
        self,
        part: JsonObject,
        context: JsonValue,
        without: str,
        but: Sequence[JsonObject],
    ) -> Dataset | None:
        """What ``part`` states, from a walk; None where that would differ alone."""
        walk = self._walks.get(id(part))
        if walk is None or context is None:
            return None
        island = walk.islands[id(part)]
        if island.active is not self._contexts.initial.kept_local(context):
            return None
        term = island.inner.terms.get(without)
        if term is None or term.iri is None or term.nest is not None:
            return None
        kept = {walk.islands[id(one)].graph for one in but if id(one) in walk.islands}
        if len(island.inner.rivals[term.iri]) > 1 or len(kept) != len(but):
            return None
        return _without(walk, island, term.predicate, kept)


def _without(
    walk: Walk, island: Island, predicate: str, kept: set[str]
) -> Dataset | None:
    triples, met = [], 0
    for triple in walk.graphs[island.graph]:
        if triple[0] != island.subject or triple[1] != predicate:
            triples.append(triple)
        elif triple[2] in kept:
            triples.append(triple)
            met += 1
        elif triple[2][0] != '"' and triple[2] not in walk.graphs:
            return None  # what it leads to stands in the same graph as all the rest
    if not triples or met != len(kept):
        return None  # alone, it would be refused, or hold what is not in it here
    graphs: dict[str, list[Triple]] = {DEFAULT_GRAPH: triples}
    pending = [triples]
    while pending:
        for _, _, object_ in pending.pop():
            if object_ in walk.graphs and object_ not in graphs:
                graphs[object_] = walk.graphs[object_]
                pending.append(graphs[object_])
    return graphs
