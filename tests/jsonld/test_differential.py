"""The one-pass transform against pyld's general algorithms, and the W3C vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medid.errors import MedidError
from medid.jsonld import canonicalize, to_nquads
from tests.jsonld.peers import by_pyld
from tests.jsonld.support import NS, TERMS, document, store
from tests.support import examples

if TYPE_CHECKING:
    from medid.core.json import JsonValue


# Values and names that reach past the refusals; the rest of the documents are refused,
# and then there is nothing to compare.
_IRIS = st.sampled_from(["urn:a", "urn:b", "https://a.example/x", "did:example:c"])
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_LITERALS: st.SearchStrategy[Any] = st.one_of(
    _TEXTS,
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(-1e3, 1e3).map(lambda x: round(x, 3) + 0.0),
    st.builds(
        lambda v, lang, way: {"@value": v, "@language": lang, "@direction": way},
        _TEXTS,
        st.sampled_from(["en", "de-AT"]),
        st.sampled_from(["ltr", "rtl"]),
    ),
)


def _nodes(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.one_of(children, st.lists(children, min_size=1, max_size=3))
    return st.fixed_dictionaries(
        {},
        optional={
            "id": _IRIS,
            "type": st.sampled_from(["Thing", "Other", "Twin", "urn:t"]),
            "any": st.one_of(several, _LITERALS),
            "set": several,
            "list": st.lists(st.one_of(children, _LITERALS), max_size=3),
            "graph": several,
            "of": st.one_of(_IRIS, children),
            "word": st.sampled_from(["Twin", "Thing", "urn:w"]),
            "colour": st.sampled_from(["red", "blue"]),
            "date": st.just("2026-01-01"),
            "count": st.integers(-5, 5),
            "ratio": st.floats(-9, 9).map(lambda x: round(x, 2) + 0.0),
            "flag": st.booleans(),
            "words": st.dictionaries(st.sampled_from(["en", "de"]), _TEXTS, min_size=1),
            "german": _TEXTS,
            "rtl": _TEXTS,
            "inner": _TEXTS,
            "box": st.fixed_dictionaries({"inBox": _TEXTS}),
            "data": st.recursive(
                st.one_of(st.none(), st.booleans(), st.integers(-9, 9), _TEXTS),
                lambda inner: st.lists(inner, max_size=2),
                max_leaves=4,
            ),
        },
    )


_DOCUMENTS = _nodes(_nodes(_IRIS.map(lambda iri: {"id": iri})))


@settings(
    max_examples=examples(150), suppress_health_check=list(HealthCheck), deadline=None
)
@given(_DOCUMENTS)
def test_equals_pyld_on_what_is_accepted(members: dict[str, JsonValue]) -> None:
    plain = document(**members)
    try:
        found = canonicalize(plain, store())
    except MedidError:
        return
    assert found == by_pyld(plain, store())


@pytest.mark.parametrize("name", ["any", "inner"])
def test_the_oracle_itself_sees_a_difference(name: str) -> None:
    plain = document(type="Thing", **{name: "x"})
    assert by_pyld(plain, store()) != by_pyld({**plain, name: "y"}, store())
    assert NS.encode() in by_pyld(plain, store())
    assert plain["@context"] == TERMS


@pytest.mark.parametrize(
    "stated",
    [
        {"@context": TERMS, "@graph": [{"any": "x"}, {"any": "y"}]},
        [{"@context": TERMS, "@graph": [{"any": "x"}]}],
        [{"@context": TERMS, "any": "x"}, {"@context": TERMS, "any": "y"}],
        document(graph=[[], {"any": "x"}, [[{"any": "y"}, {"any": "z"}]]]),
        document(graph={"@set": [{"any": "x"}, {"any": "y"}, None]}),
        document(graph=[{"@graph": [{"any": "x"}]}, {"@graph": {"any": "y"}}]),
        document(list=[["x"], [], [["y"], "z"]]),
        *(
            {"@context": {"a": {"@id": "urn:a", "@type": "@json", **container}}, "a": x}
            for container in ({"@container": "@graph"}, {"@container": "@list"}, {})
            for x in (False, {"@id": 0.5, "b": [1]}, ["x"], None)
        ),
    ],
)
def test_any_form_says_what_pyld_finds(stated: JsonValue) -> None:
    found = to_nquads(stated, store())
    assert found
    assert found == by_pyld(stated, store())
