"""Every mistake of a trust file is told, and a file without one has none."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import ConfigurationError, MedidError
from medid.trust import TrustRegistry
from medid.trust.mistakes import MAX_MISTAKES, mistakes
from medid.trust.settings import read_settings
from tests.keys.authorities import authority
from tests.trust.files import WHOLE, places, whole, with_value, without

PLACES = [*places(WHOLE)]
WRONG: tuple[Any, ...] = (None, 5, -1, True, "", " x ", [], ["*"], {"x": 1}, [[]])


def paths(document: Any) -> list[str]:
    return [one.path for one in mistakes(document)]


def first(document: Any) -> str | None:
    try:
        read_settings(document)
    except MedidError as error:
        return error.path
    return None


def test_a_file_without_a_mistake_has_none() -> None:
    assert mistakes(whole()) == ()
    TrustRegistry.from_json(whole())


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_whatever_the_reader_refuses_is_told_first(wrong: Any) -> None:
    for place in PLACES:
        document = with_value(place, wrong)
        before = copy.deepcopy(document)
        found = paths(document)
        expected = first(document)
        assert found[:1] == ([] if expected is None else [expected]), place
        assert document == before
        assert len(found) == len({*found}), place


def test_what_is_missing_is_told() -> None:
    for place in PLACES:
        document = without(place)
        expected = first(document)
        assert paths(document)[:1] == ([] if expected is None else [expected]), place


def test_one_mistake_hides_no_other() -> None:
    document = whole()
    document["nope"] = 1
    document["acceptedBoards"][0]["did"] = "x"
    document["acceptedBoards"][0]["jurisdictions"] = ["Ohio"]
    document["acceptedBoards"][0]["professions"] = ["*"]
    document["acceptedBoards"][0]["validUntil"] = "2020"
    del document["acceptedBoards"][2]["did"]
    document["acceptedBoards"].append("x")
    document["acceptedBoards"].append({"issuer": "x"})
    document["authorities"][0]["mayRecognize"]["x"] = 1
    document["authorities"][0]["delegable"] = True
    document["unions"]["EU"] = ["x"]
    document["containment"] = 5
    document["consent"]["timezone"] = "Mars"
    document["compacts"][0]["model"] = "x"
    document["recognizedEntities"].append("http://x")
    document["brokers"][0]["issuer"] = 1
    document["acceptStatuses"] = "active"
    assert sorted(paths(document)) == sorted(
        [
            "$.nope",
            "$.acceptedBoards[0].did",
            "$.acceptedBoards[0].jurisdictions[0]",
            "$.acceptedBoards[0].professions[0]",
            "$.acceptedBoards[0].validUntil",
            "$.acceptedBoards[2].did",
            "$.acceptedBoards[3]",
            "$.acceptedBoards[4].issuer",
            "$.acceptedBoards[4].jurisdictions",
            "$.acceptedBoards[4].professions",
            "$.authorities[0].mayRecognize.x",
            "$.authorities[0].delegable",
            "$.unions.EU[0]",
            "$.containment",
            "$.consent.timezone",
            "$.compacts[0].model",
            "$.recognizedEntities[1]",
            "$.brokers[0].issuer",
            "$.acceptStatuses",
        ]
    )


def test_a_file_without_boards_is_read_on() -> None:
    document = {"acceptedBoards": [], "statusMaxAgeSeconds": "x"}
    assert paths(document) == ["$.acceptedBoards", "$.statusMaxAgeSeconds"]
    assert paths({"statusMaxAgeSeconds": "x"}) == [
        "$.acceptedBoards",
        "$.statusMaxAgeSeconds",
    ]


@pytest.mark.parametrize("value", [None, [], "x", 5, [1]])
def test_what_is_no_object_is_one_mistake(value: Any) -> None:
    assert paths(value) == ["$"]


def test_of_very_many_the_first_are_told() -> None:
    many = {"acceptedBoards": [{"did": "x"} for _ in range(MAX_MISTAKES + 9)]}
    found = paths(many)
    assert len(found) == MAX_MISTAKES
    # A member that nobody can tell apart by its path does not go on for ever.
    odd = {**whole(), **{f"odd {number}": 1 for number in range(9)}}
    assert paths(odd) == ["$[?]"]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(WRONG)), max_size=4))
def test_a_file_has_mistakes_exactly_where_no_verifier_starts(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    document: Any = whole()
    for place, wrong in changes:
        inner = document
        try:
            for name in place[:-1]:
                inner = inner[name]
            inner[place[-1]] = copy.deepcopy(wrong)
        except (TypeError, LookupError):
            continue  # an earlier change took it away
    expected = first(document)
    assert paths(document)[:1] == ([] if expected is None else [expected])
    if expected is not None:
        with pytest.raises(ConfigurationError):
            TrustRegistry.from_json(document)


SCOPE: dict[str, Any] = {"jurisdictions": ["US-OH"], "professions": ["x"]}
ROOT: dict[str, Any] = {
    "certificate": authority("root").pem,
    "subjects": [{"san": {"dns": "board.example"}}],
    "crls": ["https://ca.example/root.crl"],
    "revocation": "required",
    **SCOPE,
}
REGISTRY: dict[str, Any] = {
    "url": "https://registry.example/trqp",
    "authorityId": "urn:x:council",
    "mayAuthorize": [SCOPE],
}


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ({"x509Roots": [ROOT], "trustRegistries": [REGISTRY]}, []),
        (
            {
                "x509Roots": [
                    {**ROOT, "certificate": "x"},
                    {**ROOT, "subjects": [], "professions": []},
                    {**ROOT, "crls": ["ftp://x"]},
                ]
            },
            [
                "x509Roots[0].certificate",
                "x509Roots[1].subjects",
                "x509Roots[1].professions",
                "x509Roots[2].crls[0]",
            ],
        ),
        (
            {
                "trustRegistries": [
                    {**REGISTRY, "url": "http://x", "mayAuthorize": [{}]},
                    {**REGISTRY, "authorityId": "urn:x:other", "maxAgeSeconds": 0},
                ]
            },
            [
                "trustRegistries[0].url",
                "trustRegistries[0].mayAuthorize[0].jurisdictions",
                "trustRegistries[1].maxAgeSeconds",
            ],
        ),
        # What others refer to: what is wrong with those is seen when it is mended.
        (
            {
                "trustRegistries": [
                    {**REGISTRY, "authorityId": ""},
                    {**REGISTRY, "recognizedBy": "urn:x:none"},
                ]
            },
            ["trustRegistries[0].authorityId"],
        ),
        ({"trustRegistries": [REGISTRY, REGISTRY]}, ["trustRegistries"]),
        ({"federations": [{}]}, ["federations[0].anchor"]),
    ],
)
def test_what_is_wrong_with_further_sources(document: Any, places: list[str]) -> None:
    assert sorted(paths(document)) == sorted(f"$.{one}" for one in places)
