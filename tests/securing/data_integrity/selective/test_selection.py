"""Selecting parts: what is on the way, what becomes of arrays, what leads nowhere."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import MalformedValue, ProofGenerationError
from medid.securing.data_integrity.selective.selection import Selection

if TYPE_CHECKING:
    from medid.jsonld.places import Place

DOCUMENT: dict[str, Any] = {
    "@context": ["urn:c"],
    "id": "urn:root",
    "type": ["A", "B"],
    "name": "n",
    "a/b": {"m~n": {"x": 1}},
    "0": "zero",
    "subject": {
        "id": "urn:s",
        "type": "S",
        "sails": [
            {"size": 5, "year": 1},
            {"size": 6, "year": 2},
            {"id": "urn:sail", "type": "Sail", "size": 7, "year": 3},
        ],
        "words": ["a", "b", "c"],
    },
}
ROOT = {"@context": ["urn:c"], "id": "urn:root", "type": ["A", "B"]}
SUBJECT = {"id": "urn:s", "type": "S"}


def select(*pointers: str) -> dict[str, Any]:
    return Selection(DOCUMENT, pointers).document


@pytest.mark.parametrize(
    ("pointers", "expected"),
    [
        (["/name"], {"name": "n"}),
        (["/@context"], {}),
        (["/type"], {}),
        (["/type/1"], {}),
        (["/id"], {}),
        (["/0"], {"0": "zero"}),
        (["/a~1b/m~0n/x"], {"a/b": {"m~n": {"x": 1}}}),
        (["/subject/id"], {"subject": SUBJECT}),
        (["/subject/words/1"], {"subject": {**SUBJECT, "words": ["b"]}}),
        (
            ["/subject/words/2", "/subject/words/0"],
            {"subject": {**SUBJECT, "words": ["a", "c"]}},
        ),
        (
            ["/subject/sails/2/year"],
            {
                "subject": {
                    **SUBJECT,
                    "sails": [{"id": "urn:sail", "type": "Sail", "year": 3}],
                }
            },
        ),
        (
            ["/subject/sails/1", "/subject/sails/0/size"],
            {
                "subject": {
                    **SUBJECT,
                    "sails": [{"size": 5}, {"size": 6, "year": 2}],
                }
            },
        ),
        (["/subject"], {"subject": DOCUMENT["subject"]}),
        (["/subject", "/subject/words/0"], {"subject": DOCUMENT["subject"]}),
        (["/subject/words/0", "/subject"], {"subject": DOCUMENT["subject"]}),
        (["/subject/words", "/subject/words/0"], None),
        (["/subject/words/0", "/subject/words"], None),
        (["/name", "/name"], {"name": "n"}),
    ],
)
def test_what_is_selected(pointers: list[str], expected: dict[str, Any] | None) -> None:
    if expected is None:
        expected = {"subject": {**SUBJECT, "words": ["a", "b", "c"]}}
    before = copy.deepcopy(DOCUMENT)
    assert select(*pointers) == {**ROOT, **expected}
    assert before == DOCUMENT


def test_everything() -> None:
    assert select("") == DOCUMENT
    assert select("/name", "", "/subject/words/0") == DOCUMENT


def test_members_stay_in_their_order() -> None:
    found = select("/subject/words/1", "/name", "/subject/sails/0/year")
    assert list(found) == ["@context", "id", "type", "name", "subject"]
    assert list(found["subject"]) == ["id", "type", "sails", "words"]


@pytest.mark.parametrize(
    "pointer",
    [
        "/nothing",
        "/name/0",
        "/name/length",
        "/subject/words/3",
        "/subject/words/-",
        "/subject/words/-1",
        "/subject/words/01",
        "/subject/words/a",
        "/subject/sails/0/nothing",
        "/subject/",
        "/",
        "/proof",
    ],
)
@pytest.mark.parametrize("others", [[], ["/subject"], [""]])
def test_what_leads_to_nothing(pointer: str, others: list[str]) -> None:
    with pytest.raises(ProofGenerationError, match="leads to nothing"):
        select(*others, pointer)


def test_what_is_no_pointer() -> None:
    with pytest.raises(MalformedValue):
        select("subject")


def place(*steps: Any) -> Place:
    found: Place = None
    for step in steps:
        found = (found, step)
    return found


@pytest.mark.parametrize(
    ("pointers", "part", "whole"),
    [
        (["/name"], [], []),
        (["/subject/sails/2"], ["subject"], ["subject"]),
        (["/subject/sails/2"], ["subject", "sails", 0], ["subject", "sails", 2]),
        (
            ["/subject/sails/2/year", "/subject/sails/1"],
            ["subject", "sails", 1],
            ["subject", "sails", 2],
        ),
        (
            ["/subject/sails/2/year", "/subject/sails/1"],
            ["subject", "sails", 0, "x", 7, "y"],
            ["subject", "sails", 1, "x", 7, "y"],
        ),
        (["/subject/sails"], ["subject", "sails", 2], ["subject", "sails", 2]),
        (["/subject"], ["subject", "sails", 1], ["subject", "sails", 1]),
        ([""], ["subject", "sails", 1], ["subject", "sails", 1]),
        # From the map of a term to one of its nodes in one step.
        (["/subject/sails/1"], [("subject", 0)], [("subject", 0)]),
        (["/subject/sails/1"], ["subject", ("sails", 0)], ["subject", ("sails", 1)]),
        (["/subject/sails/2"], ["subject", ("sails", 0)], ["subject", ("sails", 2)]),
        (["/subject"], ["subject", ("sails", 2)], ["subject", ("sails", 2)]),
        # Cells of lists and names of graphs stand below the member itself.
        (["/subject/words/1"], ["subject", "words", "@list0"], None),
        (["/subject/sails/1"], ["subject", "sails", 0, "@graph"], None),
    ],
)
def test_where_a_place_is_in_the_whole(
    pointers: list[str], part: list[Any], whole: list[Any] | None
) -> None:
    found = Selection(DOCUMENT, pointers).place_in_whole(place(*part))
    if whole is None:
        whole = [1 if step == 0 else step for step in part]
    assert found == place(*whole)
