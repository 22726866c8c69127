"""Groups beside an oracle that does as the specification says: skolemize, and select.

The oracle gives each node without an id a URN, selects with sparse arrays, and turns
the URNs back into blank nodes. Nothing of it is used by medid.
"""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import (
    MalformedProof,
    MalformedValue,
    MedidError,
    ProofGenerationError,
)
from medid.jsonld import ContextStore, rdfc
from medid.jsonld.dataset import from_quads, to_quads
from medid.jsonld.transform import to_dataset
from medid.securing.data_integrity.selective import labels
from medid.securing.data_integrity.selective.covering import split
from medid.securing.data_integrity.selective.groups import Statements
from tests.jsonld.support import TERMS, store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject

KEY = bytes(32)
VOCABULARY = "https://words.example/v1"
STORE = ContextStore.bundled().register_context(
    VOCABULARY,
    {
        "@context": {
            "@vocab": "https://words.example/#",
            "id": "@id",
            "type": "@type",
            "Scoped": {
                "@id": "https://words.example/#Scoped",
                "@context": {"c": "urn:c"},
            },
        }
    },
)


class Oracle:
    """canonicalizeAndGroup, as it is written."""

    def __init__(self, document: JsonObject) -> None:
        self._numbers = itertools.count()
        self.skolemized = self._skolemize(copy.deepcopy(document))
        canonical = rdfc.canonicalize(self._deskolemized(self.skolemized))
        named = labels.by_hmac(KEY)(canonical.labels.values())
        self._names = {blank: named[c14n] for blank, c14n in canonical.labels.items()}
        self.lines = rdfc.named_lines(canonical.dataset, self._names)

    def matching(self, pointers: list[str]) -> list[int]:
        selected = select_json_ld(self.skolemized, pointers)
        if selected is None:
            return []
        found = rdfc.named_lines(self._deskolemized(selected), self._names)
        return [index for index, line in enumerate(self.lines) if line in found]

    def _skolemize(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._skolemize(item) for item in value]
        if not isinstance(value, dict):
            return value
        found = {
            name: item if name == "@context" else self._skolemize(item)
            for name, item in value.items()
        }
        found.setdefault("id", f"urn:sk:{next(self._numbers)}")
        return found

    @staticmethod
    def _deskolemized(document: JsonObject) -> Any:
        def term(text: str) -> str:
            return (
                text.replace("<urn:sk:", "_:").removesuffix(">")
                if (text.startswith("<urn:sk:"))
                else text
            )

        quads = to_quads(to_dataset(document, STORE))
        return from_quads((term(s), p, term(o), term(g)) for s, p, o, g in quads)


HOLE = object()


def select_json_ld(document: Any, pointers: list[str]) -> Any:
    """selectJsonLd, with sparse arrays that are made dense at the end."""
    if not pointers:
        return None
    arrays: list[list[Any]] = []
    selection: Any = {"@context": document["@context"], **_initial(document)}
    for pointer in pointers:
        paths = [int(p) if p.isdigit() else p for p in pointer.split("/")[1:]]
        value, selected, parent = document, selection, None
        for path in paths:
            parent, value = selected, value[path]
            selected = _get(parent, path)
            if selected is HOLE:
                selected = [] if isinstance(value, list) else _initial(value)
                if isinstance(value, list):
                    arrays.append(selected)
                _set(parent, path, selected)
        if isinstance(value, dict):
            selected = {**selected, **copy.deepcopy(value)}
        else:
            selected = copy.deepcopy(value)
        _set(parent, paths[-1], selected)
    for array in arrays:
        array[:] = [item for item in array if item is not HOLE]
    return selection


def _initial(source: Any) -> Any:
    if not isinstance(source, dict):
        return {}
    return {name: source[name] for name in ("id", "type") if name in source}


def _get(parent: Any, path: Any) -> Any:
    if isinstance(parent, dict):
        return parent.get(path, HOLE)
    return parent[path] if path < len(parent) else HOLE


def _set(parent: Any, path: Any, value: Any) -> None:
    if isinstance(parent, list):
        parent += [HOLE] * (path + 1 - len(parent))
    parent[path] = value


LITERALS = st.integers(-3, 30) | st.text('xyz\u00e9\\" ', max_size=4)
NAMES = st.sampled_from("abcde")


def _nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    values = st.lists(inner, min_size=1, max_size=3, unique_by=repr)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["T", "Scoped", ["T", "U"]]),
            "a": inner,
            "b": values,
            "c": values,
            "d": inner,
        },
    )


TREES = st.recursive(LITERALS, _nodes, max_leaves=12)
DOCUMENTS = st.fixed_dictionaries(
    {"@context": st.just(VOCABULARY), "type": st.just("Root"), "e": LITERALS},
    optional={
        "id": st.just("urn:root"),
        "a": TREES,
        "b": st.lists(TREES, min_size=1, max_size=3, unique_by=repr),
    },
)


def pointers_of(value: Any, path: str = "") -> Iterator[str]:
    """A pointer to each value below ``value``."""
    steps: Any = ()
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, item in steps:
        if step != "@context":
            yield f"{path}/{step}"
            yield from pointers_of(item, f"{path}/{step}")


@given(DOCUMENTS, st.data())
def test_any_selection_states_what_the_oracle_finds(
    document: JsonObject, data: st.DataObject
) -> None:
    try:
        found = Statements(document, STORE, labels.by_hmac(KEY))
    except MedidError:
        return  # two statements that are one
    oracle = Oracle(document)
    assert found.lines == oracle.lines
    chosen = data.draw(
        st.lists(st.sampled_from(list(pointers_of(document))), max_size=5)
    )
    group = found.group(chosen)
    assert group.indexes == oracle.matching(chosen)
    if chosen:
        # What a verifier computes from the part alone, under the labels of the group.
        names = dict(zip(*_relabel(group.document, found.labels(group)), strict=True))
        lines = rdfc.named_lines(to_dataset(group.document, STORE), names)
        assert lines == [found.lines[index] for index in group.indexes]


def _relabel(part: JsonObject, names: list[str]) -> tuple[list[str], list[str]]:
    return list(rdfc.canonicalize(to_dataset(part, STORE)).labels), names


def statements(**members: Any) -> Statements:
    return Statements(
        {"@context": TERMS, "type": "Thing", **members}, store(), labels.by_hmac(KEY)
    )


def test_nothing_selected() -> None:
    found = statements(text="x")
    assert found.group([]) == ({}, {}, [])
    assert found.labels(found.group([])) == []


@pytest.mark.parametrize("pointer", ["", "/list"])
def test_a_whole_list(pointer: str) -> None:
    found = statements(list=["a", "a", {"text": "b"}])
    assert len(found.group([pointer]).indexes) == len(found.lines)


@pytest.mark.parametrize(
    "pointers",
    [
        ["/list/0"],
        ["/list/1"],
        ["/list/0", "/list/1"],
        ["/list/0", "/list/2/text"],
        ["/list/1", "/list/2"],
    ],
)
def test_a_part_of_a_list(pointers: list[str]) -> None:
    found = statements(list=["a", "a", {"text": "b"}])
    with pytest.raises(ProofGenerationError, match="signed whole"):
        found.group(pointers)


def test_all_elements_of_a_list_are_the_whole_list() -> None:
    found = statements(list=["a", "a", {"text": "b"}])
    indexes = found.group(["/list/2/text", "/list/0", "/list/1"]).indexes
    assert len(indexes) == len(found.lines)


@pytest.mark.parametrize("pointer", ["/data/a", "/data/b/0", "/data/b/1/c"])
def test_a_part_of_a_json_literal(pointer: str) -> None:
    found = statements(data={"a": 1, "b": [2, {"c": 3}]})
    with pytest.raises(ProofGenerationError, match="signed whole"):
        found.group([pointer])
    assert len(found.group(["/data"]).indexes) == 2


@pytest.mark.parametrize("pointer", ["/any/@value", "/any/@language"])
def test_a_part_of_a_value_object(pointer: str) -> None:
    found = statements(any={"@value": "x", "@language": "fr"})
    with pytest.raises(MedidError):
        found.group([pointer])
    assert len(found.group(["/any"]).indexes) == 2


def test_a_part_of_a_language_map() -> None:
    found = statements(words={"fr": "x", "nl": ["y", "z"]})
    assert len(found.group(["/words/nl/1"]).indexes) == 2
    assert len(found.group(["/words/nl"]).indexes) == 3


@pytest.mark.parametrize("name", ["byId", "byKey"])
def test_one_node_of_a_map(name: str) -> None:
    nodes: dict[str, Any] = {"urn:a": {"any": {"text": "x"}}, "urn:b": {"any": {}}}
    nodes["urn:b"]["any"]["text"] = "y"
    found = statements(**{name: nodes})
    group = found.group([f"/{name}/urn:b/any"])
    told = [found.lines[index] for index in group.indexes]
    assert sum("<https://terms.example/#text>" in line for line in told) == 1
    assert any('"y"' in line for line in told)
    other = found.group([f"/{name}/urn:a"]).indexes
    assert set(group.indexes) & set(other) == set(found.group(["/type"]).indexes)


def test_a_node_further_back_in_a_map() -> None:
    found = statements(byKey={"k": [{"text": "x"}, {"text": "y"}, {"text": "z"}]})
    group = found.group(["/byKey/k/2"])
    told = [found.lines[index] for index in group.indexes]
    assert any('"z"' in line for line in told)
    assert not any('"x"' in line or '"y"' in line for line in told)


def test_a_node_in_a_graph() -> None:
    found = statements(graph=[{"text": "x", "any": {"text": "w"}}, {"text": "y"}])
    group = found.group(["/graph/1/text"])
    assert len(group.indexes) == 3
    assert sum('"y"' in found.lines[index] for index in group.indexes) == 1


def test_what_is_no_pointer() -> None:
    with pytest.raises(MalformedValue):
        statements(text="x").group(["text"])


def test_an_index_is_that_of_a_statement() -> None:
    assert split(["a", "b", "c"], [0, 2]) == (["a", "c"], ["b"])
    assert split(["a"], []) == ([], ["a"])
    for indexes in ([1], [0, 1], [7]):
        with pytest.raises(MalformedProof):
            split(["a"], indexes)
