"""RDF Dataset Canonicalization, RDFC-1.0: one name for each blank node.

Reads as the Recommendation does: first-degree hashes, then, for blank nodes that
share one, n-degree hashes over the paths that lead away from them. The second part
takes factorial time on graphs made for that purpose ("poison"), so every step of it
is counted, and a dataset that needs more steps than any credential does is refused.

Spec: https://www.w3.org/TR/rdf-canon/#canonicalization
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import chain, permutations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from medid.errors import CanonicalizationError
from medid.jsonld.dataset import DEFAULT_GRAPH

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from medid.jsonld.dataset import Dataset, Triple
    from medid.jsonld.nquads import Quad

    # A path that was hashed, and the names on it, once the paths were that it yields.
    _Steps: TypeAlias = Generator[Any, Any, tuple[str, "_Issuer"]]

Algorithm: TypeAlias = Literal["sha256", "sha384"]

# Terms looked at by Hash N-Degree Quads. The hardest dataset of the W3C suite takes
# 28,296 of them; the limit is reached in about a fifth of a second.
MAX_WORK: Final = 250_000

_HASHES: Final = {"sha256": hashlib.sha256, "sha384": hashlib.sha384}
_NOTHING: Final[Mapping[str, Reading]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonical:
    """A canonical dataset.

    Attributes:
        nquads: The canonical N-Quads document, UTF-8.
        lines: The same, line by line, each with its line feed.
        labels: Each blank node's name before and after, both with ``_:``.
        dataset: What it was made of.
    """

    nquads: bytes
    lines: list[str]
    labels: dict[str, str]
    dataset: Dataset = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the quads of a graph, and of those inside it, give in every dataset.

    Nothing outside names a blank node of theirs, but for the graph's own name.

    Attributes:
        graphs: Their names.
        lines: What the graph's name is hashed by, as far as it stands in these quads.
        first_degree: The first-degree hash of every other blank node.
        written: The lines without a blank node.
        blank: The quads with one.
        heads: As those of ``_Canonicalizer``.
    """

    graphs: frozenset[str]
    lines: list[str]
    first_degree: dict[str, str]
    written: list[str]
    blank: list[Quad]
    heads: list[tuple[str, list[str]]]


def read(name: str, graphs: Dataset, *, algorithm: Algorithm) -> Reading:
    """What ``graphs`` give of which ``name``, a blank node, is the outermost."""
    return _Canonicalizer({}, _HASHES[algorithm]).reading(name, graphs)


def canonicalize(
    dataset: Dataset,
    *,
    algorithm: Algorithm = "sha256",
    known: Mapping[str, Reading] = _NOTHING,
) -> Canonical:
    """The canonical form of ``dataset``.

    Args:
        dataset: Never modified.
        algorithm: The hash inside RDFC-1.0.
        known: What was read of graphs of ``dataset``, by the name of the outermost;
            made with the same hash.

    Raises:
        CanonicalizationError: Its blank nodes take more work than ``MAX_WORK``, or a
            term holds a lone surrogate.
    """
    try:
        return _Canonicalizer(dataset, _HASHES[algorithm]).run(known)
    except UnicodeEncodeError:
        raise CanonicalizationError("a term holds a lone surrogate") from None


def named_lines(dataset: Dataset, names: Mapping[str, str]) -> list[str]:
    """The canonical N-Quads lines of ``dataset``, sorted, under names of one's own.

    Args:
        dataset: Never modified.
        names: What each blank node is to be called, both with ``_:``.
    """
    found = []
    for graph, triples in dataset.items():
        end = f" {names.get(graph, graph)} .\n" if graph else " .\n"
        for subject, predicate, object_ in triples:
            first, second = names.get(subject, subject), names.get(object_, object_)
            found.append(f"{first} {predicate} {second}{end}")
    found.sort()
    return found


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

    def __init__(
        self, dataset: Dataset, new_hash: Callable[[bytes], hashlib._Hash]
    ) -> None:
        self._dataset = dataset
        self._new_hash = new_hash
        self._canonical = _Issuer("_:c14n")
        self._work = 0
        self._first_degree: dict[str, str] = {}
        # What each blank node is hashed by: the lines it occurs in, itself as _:a and
        # any other as _:z (#hash-1d-quads).
        self._lines: defaultdict[str, list[str]] = defaultdict(list)
        # The quads with a blank node, and those triples of the default graph; what has
        # none is written at once.
        self._blank: list[Quad] = []
        self._default: list[Triple] = []
        # Blank graphs, and of their quads without another blank node all that stands
        # before the graph's name.
        self._heads: list[tuple[str, list[str]]] = []
        self._written: list[str] = []
        # The blank quads of each blank node, once n-degree hashes are needed.
        self._quads: defaultdict[str, list[Quad]] = defaultdict(list)

    def reading(self, name: str, graphs: Dataset) -> Reading:
        """Step 2 of the algorithm, and step 3 as far as it can be known."""
        for graph, triples in graphs.items():
            self._read_graph(graph, triples)
        outermost = self._lines.pop(name)
        return Reading(
            graphs=frozenset(graphs),
            lines=outermost,
            first_degree={node: self._digest(of) for node, of in self._lines.items()},
            written=self._written,
            blank=self._blank,
            heads=self._heads,
        )

    def _take(self, name: str, known: Reading) -> None:
        self._lines[name] += known.lines
        self._first_degree.update(known.first_degree)
        self._written += known.written
        self._blank += known.blank
        self._heads += known.heads

    def run(self, known: Mapping[str, Reading]) -> Canonical:
        """Steps 2 to 7 of the canonicalization algorithm."""
        for name, reading in known.items():
            self._take(name, reading)
        done = {name for reading in known.values() for name in reading.graphs}
        for graph, triples in self._dataset.items():
            if graph == DEFAULT_GRAPH:
                self._read_default(triples)
            elif graph not in done:
                self._read_graph(graph, triples)
        self._name_all()
        labels, written = self._canonical.issued, self._written
        for subject, predicate, object_ in self._default:
            subject = labels.get(subject, subject)  # noqa: PLW2901 - its new name
            written.append(f"{subject} {predicate} {labels.get(object_, object_)} .\n")
        for subject, predicate, object_, graph in self._blank:
            subject = labels.get(subject, subject)  # noqa: PLW2901 - its new name
            object_ = labels.get(object_, object_)  # noqa: PLW2901
            written.append(
                f"{subject} {predicate} {object_} {labels.get(graph, graph)} .\n"
            )
        for graph, heads in self._heads:
            end = f"{labels[graph]} .\n"
            written += [head + end for head in heads]
        written.sort()
        nquads = "".join(written).encode()
        return Canonical(
            nquads=nquads, lines=written, labels=labels, dataset=self._dataset
        )

    def _read_default(self, triples: list[Triple]) -> None:
        lines, written, blank = self._lines, self._written, self._default
        for triple in triples:
            subject, predicate, object_ = triple
            if subject[0] == "_":
                blank.append(triple)
                if object_[0] != "_":
                    lines[subject].append(f"_:a {predicate} {object_} .\n")
                elif object_ == subject:
                    lines[subject].append(f"_:a {predicate} _:a .\n")
                else:
                    lines[subject].append(f"_:a {predicate} _:z .\n")
                    lines[object_].append(f"_:z {predicate} _:a .\n")
            elif object_[0] == "_":
                blank.append(triple)
                lines[object_].append(f"{subject} {predicate} _:a .\n")
            else:
                written.append(f"{subject} {predicate} {object_} .\n")

    def _read_graph(self, graph: str, triples: list[Triple]) -> None:
        is_blank = graph[0] == "_"
        heads: list[str] = []
        others: list[Triple] = []
        for triple in triples:
            subject, predicate, object_ = triple
            if subject[0] == "_" or object_[0] == "_":
                others.append(triple)
            else:
                heads.append(f"{subject} {predicate} {object_} ")
        if is_blank:
            self._lines[graph] += [f"{head}_:a .\n" for head in heads]
            self._heads.append((graph, heads))
        else:
            self._written += [f"{head}{graph} .\n" for head in heads]
        for triple in others:
            self._read_blank(triple, graph, is_blank=is_blank)

    def _read_blank(self, triple: Triple, graph: str, *, is_blank: bool) -> None:
        subject, predicate, object_ = triple
        if graph in (subject, object_) or subject == object_:
            self._read_quad(triple, graph)
            return
        lines, other = self._lines, "_:z" if is_blank else graph
        first = "_:z" if subject[0] == "_" else subject
        second = "_:z" if object_[0] == "_" else object_
        if second == "_:z":
            lines[object_].append(f"{first} {predicate} _:a {other} .\n")
        if first == "_:z":
            lines[subject].append(f"_:a {predicate} {second} {other} .\n")
        if is_blank:
            lines[graph].append(f"{first} {predicate} {second} _:a .\n")
        self._blank.append((subject, predicate, object_, graph))

    def _read_quad(self, triple: Triple, graph: str) -> None:
        """A quad in which one blank node stands in two places."""
        subject, predicate, object_ = triple
        terms = (subject, object_, graph)
        for node in {term for term in terms if term[0] == "_"}:
            marked = (
                "_:a" if t == node else "_:z" if t[0] == "_" else t for t in terms
            )
            first, second, third = marked
            self._lines[node].append(f"{first} {predicate} {second} {third} .\n")
        self._blank.append((subject, predicate, object_, graph))

    def _name_all(self) -> None:
        """Steps 3 to 5 of the canonicalization algorithm."""
        if len(self._lines) == 1 and not self._first_degree:
            # The only blank node there is has the first name, whatever its hash.
            self._canonical.issue(next(iter(self._lines)))
            return
        for node, lines in self._lines.items():
            self._first_degree[node] = self._digest(lines)
        self._lines.clear()  # so that what is written next takes no further memory
        by_hash: defaultdict[str, list[str]] = defaultdict(list)
        for node, digest in self._first_degree.items():
            by_hash[digest].append(node)
        shared, issued = [], self._canonical.issued
        for digest in sorted(by_hash):
            nodes = by_hash[digest]
            if len(nodes) == 1:
                issued[nodes[0]] = f"_:c14n{len(issued)}"
            else:
                shared.append(nodes)
        if shared:
            self._index()
        for nodes in shared:
            self._name_by_n_degree(nodes)

    def _digest(self, lines: list[str]) -> str:
        """https://www.w3.org/TR/rdf-canon/#hash-1d-quads."""
        lines.sort()
        return self._hash("".join(lines))

    def _index(self) -> None:
        default = ((*triple, DEFAULT_GRAPH) for triple in self._default)
        for quad in chain(default, self._blank):
            for node in {quad[0], quad[2], quad[3]}:
                if node in self._first_degree:
                    self._quads[node].append(quad)

    def _name_by_n_degree(self, nodes: list[str]) -> None:
        results = []
        for node in nodes:
            if node in self._canonical.issued:
                continue
            issuer = _Issuer("_:b")
            issuer.issue(node)
            results.append(_taken(self._hash_n_degree(node, issuer)))
        for _, issuer in sorted(results, key=lambda result: result[0]):
            for node in issuer.issued:
                self._canonical.issue(node)

    def _hash(self, text: str) -> str:
        return self._new_hash(text.encode()).hexdigest()

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
                if term in self._first_degree and term != node:
                    digest = self._hash_related(term, quad, issuer, position)
                    related[digest].append(term)
        return related

    def _hash_n_degree(self, node: str, issuer: _Issuer) -> _Steps:
        """https://www.w3.org/TR/rdf-canon/#hash-nd-quads."""
        self._count(3 * len(self._quads[node]))
        data = []
        for digest, nodes in sorted(self._related_by_hash(node, issuer).items()):
            path, issuer = yield self._shortest_path(nodes, issuer)
            data += [digest, path]
        return self._hash("".join(data)), issuer

    def _shortest_path(self, nodes: list[str], issuer: _Issuer) -> _Steps:
        """Step 5 of Hash N-Degree Quads: the least path over all permutations."""
        orders = _orders(nodes)
        chosen, named = yield self._path(next(orders), issuer.copy(), None)
        for order in orders:
            path, others = yield self._path(order, issuer.copy(), chosen)
            if path < chosen:
                chosen, named = path, others
        return chosen, named

    def _path(
        self, order: tuple[str, ...], issuer: _Issuer, shortest: str | None
    ) -> _Steps:
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
            digest, deeper = yield self._hash_n_degree(related, issuer)
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


def _taken(steps: _Steps) -> tuple[str, _Issuer]:
    """What ``steps`` lead to.

    Paths lead as deep as ``MAX_WORK`` lets them, along a list of equal items for
    instance, and Python's own calls end before that.
    """
    waiting: list[_Steps] = [steps]
    found: Any = None
    while waiting:
        try:
            waiting.append(waiting[-1].send(found))
            found = None
        except StopIteration as last:
            waiting.pop()
            found = last.value
    path, issuer = found
    return path, issuer


def _orders(nodes: list[str]) -> Iterator[tuple[str, ...]]:
    """Every permutation of ``nodes``, each once.

    A graph is related to each node in it by as many quads as that node has, all of
    one hash, so the same node often stands in a list several times.
    """
    counts = Counter(nodes)
    names, size = list(counts), len(nodes)
    if len(names) == size:
        yield from permutations(nodes)
        return
    order: list[str] = []
    # The place in ``names`` from which each position of ``order`` is tried next.
    tried = [0]
    while tried:
        if len(order) == size:
            yield tuple(order)
        elif (position := _next(names, counts, tried[-1])) is not None:
            tried[-1] = position + 1
            tried.append(0)
            order.append(names[position])
            counts[names[position]] -= 1
            continue
        tried.pop()
        if order:
            counts[order.pop()] += 1


def _next(names: list[str], counts: Counter[str], start: int) -> int | None:
    for position in range(start, len(names)):
        if counts[names[position]]:
            return position
    return None


def _too_long(path: str, shortest: str | None) -> bool:
    return shortest is not None and len(path) >= len(shortest) and path > shortest
