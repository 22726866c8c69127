"""RDFC-1.0: the whole W3C suite, and graphs made to take forever."""

from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import CanonicalizationError
from medid.jsonld import nquads, rdfc
from medid.jsonld.dataset import from_quads
from medid.jsonld.terms import RDF
from tests.jsonld.peers import by_pyoxigraph
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from pathlib import Path

_KNOWS = "<urn:knows>"


def _entries() -> list[dict[str, Any]]:
    manifest = vectors("w3c-rdf-canon") / "tests" / "manifest.jsonld"
    entries: list[dict[str, Any]] = json.loads(manifest.read_text())["entries"]
    return entries


def _canonical(entry: dict[str, Any], root: Path) -> rdfc.Canonical:
    quads = nquads.parse((root / entry["action"]).read_text(encoding="utf-8"))
    if entry.get("hashAlgorithm") == "SHA384":
        return rdfc.canonicalize(from_quads(quads), algorithm="sha384")
    return rdfc.canonicalize(from_quads(quads))


def test_w3c_suite_86_of_86() -> None:
    root = vectors("w3c-rdf-canon") / "tests"
    counts = {"eval": 0, "map": 0, "negative": 0}
    for entry in _entries():
        agreed("w3c-rdf-canon", entry["id"])
        if entry["type"] == "rdfc:RDFC10NegativeEvalTest":
            with pytest.raises(CanonicalizationError):
                _canonical(entry, root)
            counts["negative"] += 1
            continue
        found, expected = _canonical(entry, root), (root / entry["result"]).read_bytes()
        if entry["type"] == "rdfc:RDFC10MapTest":
            labels = {old[2:]: new[2:] for old, new in found.labels.items()}
            assert labels == json.loads(expected), entry["id"]
            counts["map"] += 1
        else:
            assert found.nquads == expected, entry["id"]
            counts["eval"] += 1
    assert counts == {"eval": 64, "map": 21, "negative": 1}


def _clique(size: int) -> list[nquads.Quad]:
    names = [f"_:n{i}" for i in range(size)]
    return [(a, _KNOWS, b, "") for a, b in itertools.permutations(names, 2)]


@pytest.mark.parametrize("size", [7, 10, 40, 80])
def test_a_clique_is_refused_long_before_it_is_solved(size: int) -> None:
    start = time.process_time()
    with pytest.raises(CanonicalizationError, match="bounded work"):
        rdfc.canonicalize(from_quads(_clique(size)))
    assert time.process_time() - start < 2


def test_many_equal_siblings_are_refused() -> None:
    quads = [(f"_:r{i % 2}", _KNOWS, f"_:n{i}", "") for i in range(24)]
    with pytest.raises(CanonicalizationError, match="bounded work"):
        rdfc.canonicalize(from_quads(quads))


def test_a_small_clique_is_solved() -> None:
    assert rdfc.canonicalize(from_quads(_clique(4))).nquads.count(b"\n") == 12


def _list(name: str, items: list[int]) -> list[nquads.Quad]:
    quads = []
    for place, item in enumerate(items):
        cell, after = f"_:{name}{place}", f"_:{name}{place + 1}"
        quads += [
            (cell, f"<{RDF}first>", f'"{item}"', ""),
            (cell, f"<{RDF}rest>", after, ""),
        ]
    return quads


def test_a_list_of_equal_items_is_refused_however_long() -> None:
    # Along it, the paths lead deeper than Python's calls may go.
    for size in (300, 400, 3_000):
        with pytest.raises(CanonicalizationError, match="bounded work"):
            rdfc.canonicalize(from_quads(_list("a", [1] * size)))


def test_two_equal_lists_are_named_within_bounded_work() -> None:
    items = list(range(300))
    quads = _list("a", items) + _list("b", items)
    found = rdfc.canonicalize(from_quads(quads)).nquads
    again = _list("y", items)[::-1] + _list("x", items)
    assert rdfc.canonicalize(from_quads(again)).nquads == found
    assert found.count(b"\n") == len(quads)


def test_a_lone_surrogate_is_refused() -> None:
    quad = ("<urn:a>", _KNOWS, nquads.literal("\ud800"), "")
    with pytest.raises(CanonicalizationError, match="surrogate"):
        rdfc.canonicalize(from_quads([quad]))
    with pytest.raises(CanonicalizationError, match="surrogate"):
        rdfc.canonicalize(from_quads([("_:a", *quad[1:])]))


def test_repeated_quads_count_once() -> None:
    quad = ("_:a", _KNOWS, "_:b", "_:g")
    assert rdfc.canonicalize(from_quads([quad, quad])) == rdfc.canonicalize(
        from_quads([quad])
    )


@pytest.mark.parametrize("graph", ["_:g", "_:a", "<urn:g>"])
def test_a_node_in_two_places_of_a_quad(graph: str) -> None:
    quads = [
        ("_:a", _KNOWS, "_:a", graph),
        ("_:a", "<urn:p>", "_:g", graph),
        ("_:g", "<urn:q>", "_:a", graph),
        ("_:g", "<urn:p>", '"x"', graph),
    ]
    found = rdfc.canonicalize(from_quads(quads)).nquads.decode()
    assert found == by_pyoxigraph("".join(map(nquads.line, quads)))


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6))
def test_every_order_is_tried_once(nodes: list[str]) -> None:
    found = list(rdfc._orders(nodes))
    assert len(found) == len(set(found))
    assert set(found) == set(itertools.permutations(nodes))


@given(
    st.lists(
        st.tuples(*[st.integers(0, 5)] * 3),
        max_size=9,
    ),
    st.permutations(range(6)),
    st.randoms(use_true_random=False),
)
def test_names_and_order_do_not_matter(
    edges: list[tuple[int, ...]], names: list[int], random: Any
) -> None:
    def graph(rename: Any) -> list[nquads.Quad]:
        return [
            (f"_:n{rename(a)}", f"<urn:p{p % 2}>", f"_:n{rename(b)}", "")
            for a, p, b in edges
        ]

    try:
        plain = rdfc.canonicalize(from_quads(graph(lambda n: n))).nquads
    except CanonicalizationError:
        return
    other = graph(lambda n: names[n])
    random.shuffle(other)
    assert rdfc.canonicalize(from_quads(other)).nquads == plain
