"""What a part states, under the names of the whole, wherever a node stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import CanonicalizationError
from medid.jsonld import rdfc
from medid.jsonld.dataset import to_quads
from medid.jsonld.parts import Whole
from tests.jsonld.support import document, store

if TYPE_CHECKING:
    from medid.core.json import JsonObject
    from medid.jsonld.places import Place


def same(place: Place) -> Place:
    return place


NODES: list[dict[str, Any]] = [
    {"any": [{"any": "x"}, {"any": "x"}]},
    {"any": {"any": {"any": {"text": "deep"}}}},
    {"byId": {"urn:a": {"any": {"any": 1}}, "urn:b": {"any": {"any": 1}}}},
    {"byType": {"Thing": [{"any": {"any": 1}}, {"text": "y"}], "Other": {"any": 1}}},
    {"byKey": {"one": {"any": {"any": 1}}, "two": {"any": {"any": 1}}}},
    {"list": [{"any": 1}, {"any": 2}, [{"any": 3}, "x"], []]},
    {"graph": [{"any": {"any": 1}}, {"any": {"any": 1}}]},
    {"fold": {"folded": {"any": 1}}, "any": {"any": 1}},
    {"data": {"any": {"any": 1}}, "any": {}},
    {"any": [{"type": "Thing", "scoped": {"any": 1}}, {"id": "urn:x", "any": {}}]},
]


@pytest.mark.parametrize("members", NODES)
def test_the_whole_is_a_part_of_itself(members: JsonObject) -> None:
    whole = Whole(document(**members), store())
    found = whole.part(document(**members), same)
    assert sorted(to_quads(found)) == sorted(to_quads(whole.canonical.dataset))


@pytest.mark.parametrize("members", NODES)
def test_no_two_nodes_share_a_name(members: JsonObject) -> None:
    whole = Whole(document(**members), store())
    plain = rdfc.canonicalize(_plain(document(**members)))
    assert whole.canonical.lines == plain.lines
    assert len(whole.canonical.labels) == len(plain.labels)


def _plain(value: JsonObject) -> Any:
    from medid.jsonld.transform import to_dataset

    return to_dataset(value, store())


def test_a_node_keeps_its_name_where_its_neighbours_are_left_out() -> None:
    whole = Whole(document(any=[{"text": "a"}, {"text": "b"}]), store())

    def second(place: Place) -> Place:
        if place is None or place[1] != 0:
            return place
        return (place[0], 1)

    found = whole.part(document(any=[{"text": "b"}]), second)
    quads = to_quads(found)
    assert len(quads) == 2
    assert set(quads) < set(to_quads(whole.canonical.dataset))
    moved = whole.part(document(any=[{"text": "b"}]), same)
    assert not set(to_quads(moved)) <= set(to_quads(whole.canonical.dataset))


def test_a_document_without_contexts_has_no_parts() -> None:
    with pytest.raises(CanonicalizationError):
        Whole({"any": 1}, store())


def test_lines_under_other_names() -> None:
    whole = Whole(document(graph={"any": {"any": 1}}), store())
    dataset, labels = whole.canonical.dataset, whole.canonical.labels
    assert rdfc.named_lines(dataset, labels) == whole.canonical.lines
    renamed = rdfc.named_lines(dataset, dict.fromkeys(labels, "_:x"))
    assert all(line.startswith("_:x ") for line in renamed)
    assert sum(line.endswith(" _:x .\n") for line in renamed) == 3
