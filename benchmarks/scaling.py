"""What grows with the document: canonical quads, and graphs made to take for ever."""

from __future__ import annotations

import time
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

from benchmarks.goals import at_most
from benchmarks.peers import Pyld
from benchmarks.rounds import Here, Race
from benchmarks.work import Document, draft
from medid.errors import CanonicalizationError
from medid.health import contexts as health_contexts
from medid.jsonld import canonicalize
from medid.jsonld.dataset import from_quads
from medid.jsonld.rdfc import canonicalize as canonicalize_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.goals import Report
    from medid.jsonld.nquads import Quad

SIZES: Final = (100, 1_000, 10_000)  # quads
QUADS_OF_A_CODE: Final = 4  # that a license has it, its type, its system, itself
CLIQUE: Final = 10
RING: Final = 8


def quads(report: Report) -> None:
    """Canonical N-Quads of licenses with ever more professions."""
    store, documents = health_contexts(), {size: grown(size) for size in SIZES}
    counts = {
        size: canonicalize(document, store).count(b"\n")
        for size, document in documents.items()
    }
    pyld = Pyld()
    race = Race("canonicalize, by the number of quads")
    names = {size: f"medid, {counts[size]:,} quads" for size in SIZES}
    for size, document in documents.items():
        race.enter(names[size], _canonicalizing(document))
    race.enter(
        f"pyld, {counts[1_000]:,} quads",
        lambda: Here(lambda: pyld.canonicalize(documents[1_000])),
    )
    race.run()
    report.say(race.table())
    each = {
        size: (race.microseconds(names[size]) or 0) / counts[size] for size in SIZES
    }
    for size, figure in each.items():
        report.say(f"  {figure:.2f} us a quad at {counts[size]:,}")
    goal = at_most(1.3, "cost of a quad, at 10,000 / at 1,000 quads")
    report.judge(goal, each[10_000] / each[1_000])
    goal = at_most(1.3, "cost of a quad, at 10,000 / at 100 quads")
    report.judge(goal, each[10_000] / each[100])


def _canonicalizing(document: Document) -> Callable[[], Here]:
    store = health_contexts()
    return lambda: Here(lambda: canonicalize(document, store))


def grown(size: int) -> Document:
    """A license draft of about ``size`` quads, each profession a blank node."""
    document = draft("license", "did:example:board", "did:example:practitioner")
    license_: Any = document["credentialSubject"]["license"]
    [first, *_] = license_["profession"]
    fewer = canonicalize(document, health_contexts()).count(b"\n")
    more = (size - fewer) // QUADS_OF_A_CODE
    license_["profession"] += [{**first, "code": f"c{n}"} for n in range(more)]
    return document


def poison(report: Report) -> None:
    """Graphs whose canonical form would take factorial time: refused, and soon."""
    report.say(f"graphs made to take for ever\n  {'':50}{'CPU ms':>10}")
    for name, graph in {
        f"a clique of {CLIQUE} blank nodes": clique(CLIQUE),
        f"{RING} cliques of 7 in a ring": ring_of_cliques(RING, 7),
    }.items():
        milliseconds, outcome = _refusal(list(graph))
        report.say(f"  {name:50}{milliseconds:10.0f}  {outcome}")
        goal = at_most(1_000, f"{name}, refused", unit="ms")
        report.judge(goal, milliseconds if outcome == "refused" else None)


def _refusal(graph: list[Quad]) -> tuple[float, str]:
    dataset = from_quads(graph)
    start, outcome = time.process_time_ns(), "NOT REFUSED"
    try:
        canonicalize_dataset(dataset)
    except CanonicalizationError:
        outcome = "refused"
    return (time.process_time_ns() - start) / 1_000_000, outcome


def clique(size: int, name: str = "e") -> Iterator[Quad]:
    """Blank nodes that all point to each other, as test074 of the W3C suite."""
    nodes = [f"_:{name}{number}" for number in range(size)]
    for one, other in permutations(nodes, 2):
        yield one, "<https://example.org/p>", other, ""


def ring_of_cliques(count: int, size: int) -> Iterator[Quad]:
    """Cliques, each of whose first nodes points to the next one's."""
    for number in range(count):
        yield from clique(size, f"r{number}n")
        following = (number + 1) % count
        yield f"_:r{number}n0", "<https://example.org/q>", f"_:r{following}n0", ""
