"""RDF Dataset Canonicalization, RDFC-1.0: one name for each blank node.

Reads as the Recommendation does: first-degree hashes, then, for blank nodes that
share one, n-degree hashes over the paths that lead away from them. The second part
takes factorial time on graphs made for that purpose ("poison"), so every step of it
is counted, and a dataset that needs more steps than any credential does is refused.

Spec: https://www.w3.org/TR/rdf-canon/#canonicalization
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from medid.errors import CanonicalizationError
from medid.jsonld.nquads import line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from medid.jsonld.nquads import Quad

Algorithm: TypeAlias = Literal["sha256", "sha384"]

# Terms looked at by Hash N-Degree Quads. The hardest dataset of the W3C suite takes
# 28,296 of them; the limit is reached in about a fifth of a second.
MAX_WORK: Final = 250_000

_BLANK: Final = "_:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonical:
    """A canonical dataset.

    Attributes:
        nquads: The canonical N-Quads document, UTF-8.
        labels: Each blank node's name before and after, both with ``_:``.
    """

    nquads: bytes
    labels: dict[str, str]


def canonicalize(
    quads: Iterable[Quad], *, algorithm: Algorithm = "sha256"
) -> Canonical:
    """The canonical form of the dataset ``quads``.

    Raises:
        CanonicalizationError: Its blank nodes take more work than ``MAX_WORK``, or a
            term holds a lone surrogate.
    """
    unique = list(dict.fromkeys(quads))
    try:
        labels = _Canonicalizer(unique, algorithm).run()
        lines = sorted({_relabelled_line(quad, labels) for quad in unique})
        return Canonical(nquads="".join(lines).encode(), labels=labels)
    except UnicodeEncodeError:
        raise CanonicalizationError("a term holds a lone surrogate") from None


def _relabelled_line(quad: Quad, labels: dict[str, str]) -> str:
    subject, predicate, object_, graph = quad
    if subject.startswith(_BLANK):
        subject = labels[subject]
    if object_.startswith(_BLANK):
        object_ = labels[object_]
    if graph.startswith(_BLANK):
        graph = labels[graph]
    return line((subject, predicate, object_, graph))


@dataclass(slots=True)
class _Issuer:
    """The Issue Identifier algorithm; insertion order is the order of issue."""

    prefix: str
    issued: dict[str, str] = field(default_factory=dict)

    def issue(self, node: str) -> str:
        if node not in self.issued:
            self.issued[node] = f"{self.prefix}{len(self.issued)}"
        return self.issued[node]

    def copy(self) -> _Issuer:
        return _Issuer(self.prefix, dict(self.issued))


class _Canonicalizer:
    """The canonicalization state of one dataset."""

    def __init__(self, quads: Collection[Quad], algorithm: Algorithm) -> None:
        self._algorithm = algorithm
        self._canonical = _Issuer("_:c14n")
        self._work = 0
        self._first_degree: dict[str, str] = {}
        self._quads: defaultdict[str, list[Quad]] = defaultdict(list)
        for quad in quads:
            subject, _, object_, graph = quad
            if subject.startswith(_BLANK):
                self._quads[subject].append(quad)
            if object_.startswith(_BLANK) and object_ != subject:
                self._quads[object_].append(quad)
            if graph.startswith(_BLANK) and graph not in (subject, object_):
                self._quads[graph].append(quad)

    def run(self) -> dict[str, str]:
        """Steps 3 to 5 of the canonicalization algorithm."""
        by_hash: defaultdict[str, list[str]] = defaultdict(list)
        for node in self._quads:
            by_hash[self._hash_first_degree(node)].append(node)
        shared = []
        for _, nodes in sorted(by_hash.items()):
            if len(nodes) == 1:
                self._canonical.issue(nodes[0])
            else:
                shared.append(nodes)
        for nodes in shared:
            self._name_by_n_degree(nodes)
        return self._canonical.issued

    def _name_by_n_degree(self, nodes: list[str]) -> None:
        results = []
        for node in nodes:
            if node in self._canonical.issued:
                continue
            issuer = _Issuer("_:b")
            issuer.issue(node)
            results.append(self._hash_n_degree(node, issuer))
        for _, issuer in sorted(results, key=lambda result: result[0]):
            for node in issuer.issued:
                self._canonical.issue(node)

    def _hash(self, text: str) -> str:
        return hashlib.new(self._algorithm, text.encode()).hexdigest()

    def _hash_first_degree(self, node: str) -> str:
        """https://www.w3.org/TR/rdf-canon/#hash-1d-quads."""
        lines = []
        for subject, predicate, object_, graph in self._quads[node]:
            marked = (
                _mark(subject, node),
                predicate,
                _mark(object_, node),
                _mark(graph, node),
            )
            lines.append(line(marked))
        lines.sort()
        digest = self._hash("".join(lines))
        self._first_degree[node] = digest
        return digest

    def _hash_related(
        self, related: str, quad: Quad, issuer: _Issuer, position: str
    ) -> str:
        """https://www.w3.org/TR/rdf-canon/#hash-related-blank-node."""
        name = self._canonical.issued.get(related) or issuer.issued.get(related)
        if name is None:
            name = self._first_degree[related]
        predicate = quad[1] if position != "g" else ""
        return self._hash(f"{position}{predicate}{name}")

    def _related_by_hash(self, node: str, issuer: _Issuer) -> dict[str, list[str]]:
        related: defaultdict[str, list[str]] = defaultdict(list)
        for quad in self._quads[node]:
            subject, _, object_, graph = quad
            for term, position in ((subject, "s"), (object_, "o"), (graph, "g")):
                if term.startswith(_BLANK) and term != node:
                    digest = self._hash_related(term, quad, issuer, position)
                    related[digest].append(term)
        return related

    def _hash_n_degree(self, node: str, issuer: _Issuer) -> tuple[str, _Issuer]:
        """https://www.w3.org/TR/rdf-canon/#hash-nd-quads."""
        self._count(3 * len(self._quads[node]))
        data = []
        for digest, nodes in sorted(self._related_by_hash(node, issuer).items()):
            path, issuer = self._shortest_path(nodes, issuer)
            data += [digest, path]
        return self._hash("".join(data)), issuer

    def _shortest_path(self, nodes: list[str], issuer: _Issuer) -> tuple[str, _Issuer]:
        """Step 5 of Hash N-Degree Quads: the least path over all permutations."""
        orders = permutations(nodes)
        chosen = self._path(next(orders), issuer.copy(), None)
        for order in orders:
            found = self._path(order, issuer.copy(), chosen[0])
            if found[0] < chosen[0]:
                chosen = found
        return chosen

    def _path(
        self, order: tuple[str, ...], issuer: _Issuer, shortest: str | None
    ) -> tuple[str, _Issuer]:
        """The path of one permutation, cut off once it cannot be the least."""
        self._count(len(order) + len(issuer.issued))
        path = ""
        recursion = []
        for related in order:
            canonical = self._canonical.issued.get(related)
            if canonical is None and related not in issuer.issued:
                recursion.append(related)
            path += canonical or issuer.issue(related)
            if _too_long(path, shortest):
                return path, issuer
        for related in recursion:
            digest, deeper = self._hash_n_degree(related, issuer)
            path += f"{issuer.issue(related)}<{digest}>"
            issuer = deeper
            if _too_long(path, shortest):
                return path, issuer
        return path, issuer

    def _count(self, work: int) -> None:
        self._work += work
        if self._work > MAX_WORK:
            message = "the blank nodes are too alike to be told apart in bounded work"
            raise CanonicalizationError(message, fix="give the nodes an id each")


def _mark(term: str, node: str) -> str:
    if not term.startswith(_BLANK):
        return term
    return "_:a" if term == node else "_:z"


def _too_long(path: str, shortest: str | None) -> bool:
    return shortest is not None and len(path) >= len(shortest) and path > shortest
