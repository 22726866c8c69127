"""Rules of contexts and documents that the W3C's suites do not reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pyld.jsonld import JsonLdError

from medid.errors import CanonicalizationError, ContextNotTrusted, MedidError, TooLarge
from medid.jsonld import ContextStore, canonicalize, general, to_nquads
from medid.jsonld.terms import XSD
from tests.jsonld.campaign import BASE
from tests.jsonld.peers import by_pyld
from tests.jsonld.support import NS, TERMS, document, store

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

INLINE = ContextStore.bundled().with_inline_contexts()

WORKS: list[tuple[JsonValue, JsonObject]] = [
    ({"ns:a": {"@type": "@id"}, "ns": NS}, {"ns:a": "urn:x"}),
    ({"ns:a": {"@type": "@id"}, "ns": NS}, {NS + "a": "urn:x"}),
    ({"ns:a/b": {"@type": "@id"}, "ns": NS}, {"ns:a/b": "urn:x"}),
    ({"@vocab": NS, "a/b": {"@type": "@id"}}, {"a/b": "urn:x"}),
    ({"@vocab": NS, "@type": {"@container": "@set"}}, {"@type": "T"}),
    ({"@vocab": ""}, {"a": "x"}),
    ({"@vocab": "relative"}, {"a": "x"}),
    ([{"@vocab": NS}, {"@vocab": None, "a": "urn:a"}], {"a": "x", "b": "y"}),
    (
        {
            "a": {"@id": "ns:a", "@container": "@index", "@index": "k"},
            "k": NS + "k",
            "ns": NS,
        },
        {"a": {"x": {"k": "y"}}},
    ),
]


@pytest.mark.parametrize(("context", "members"), WORKS)
def test_means_what_pyld_finds(context: JsonValue, members: JsonObject) -> None:
    stated: JsonObject = {"@context": context, **members}
    found = to_nquads(stated, INLINE, base=BASE)
    assert found == by_pyld(stated, INLINE, base=BASE)
    assert found


BROKEN: list[JsonValue] = [
    {"a/b": {"@type": "@id"}},
    {"a": {"@id": "urn:a", "@container": [5]}},
    {"a": {"@id": "urn:a", "@container": {}}},
    {"a:b": {"@id": "urn:b", "@prefix": True}, "a": "urn:"},
    {"a": {"@id": "urn:a", "@index": "k"}, "k": "urn:k"},
    {"a": {"@id": "urn:a", "@container": "@index", "@index": "@id"}},
    {"a": {"@id": "urn:a", "@container": "@index", "@index": 5}},
    {"@type": {"@container": "@list"}},
    {"@vocab": 5},
]
# What pyld lets pass.
BROKEN_ALL_THE_SAME: list[JsonValue] = [
    {"a": {"@id": "urn:a", "@container": "@index", "@index": "k"}},
    {"@type": {"@id": "urn:a"}},
    {"a": {"@id": "urn:a", "@type": "@future"}},
    {"@vocab": "relative"},  # to no base
]


@pytest.mark.parametrize("context", [*BROKEN, *BROKEN_ALL_THE_SAME])
def test_breaks_a_rule(context: JsonValue) -> None:
    stated: JsonObject = {"@context": context, "a": "x"}
    with pytest.raises(CanonicalizationError):
        to_nquads(stated, INLINE)
    if context in BROKEN:
        with pytest.raises(JsonLdError):
            by_pyld(stated, INLINE)


def test_contexts_that_name_each_other_end() -> None:
    found = ContextStore.bundled()
    for number in range(20):
        inner: Any = [f"urn:c:{number + 1}", {"a": f"urn:{number}"}]
        found = found.register_context(f"urn:c:{number}", {"@context": inner})
    found = found.register_context("urn:c:20", {"@context": {}})
    with pytest.raises(CanonicalizationError, match="too deeply"):
        canonicalize({"@context": "urn:c:0", "a": "x"}, found)
    assert canonicalize({"@context": "urn:c:9", "a": "x"}, found)


# Documents of any form that break a rule.
WRONG: list[JsonObject] = [
    {"any": {"@set": ["x"], "any": "y"}},
    {"nest": {"@set": ["x"]}},
    {"type": "Renamer", "a": 5},
]


@pytest.mark.parametrize("members", WRONG)
def test_a_document_of_any_form_breaks_a_rule(members: JsonObject) -> None:
    with pytest.raises(CanonicalizationError):
        to_nquads(document(**members), store())


def test_the_depth_of_any_form_is_limited() -> None:
    value: JsonValue = "x"
    for _ in range(70):
        value = {"any": value}
    with pytest.raises(TooLarge):
        to_nquads(document(any=value), store())


def test_a_key_of_a_map_is_a_json_literal_where_its_property_says_so() -> None:
    context: JsonObject = {
        "a": {"@id": "urn:a", "@container": "@index", "@index": "k"},
        "k": {"@id": "urn:k", "@type": "@json"},
    }
    found = to_nquads({"@context": context, "a": {"x": {}}}, INLINE)
    assert b'<urn:k> "\\"x\\""^^<' in found


# What a key or a name means in a map, and what another would make of it.
_MAP: JsonObject = {
    "@version": 1.1,
    "id": "@id",
    "type": "@type",
    "any": "urn:any",
    "byId": {"@id": "urn:byId", "@container": "@id"},
    "byKey": {"@id": "urn:byKey", "@container": "@index", "@index": "key"},
    "byLink": {"@id": "urn:byLink", "@container": "@index", "@index": "link"},
    "key": NS + "key",
    "link": {"@id": "urn:link", "@type": "@id"},
    "box": {"@id": "urn:box", "@context": {"in": "urn:in"}},
    "T": {"@id": "urn:T", "@context": {"own": "urn:own", "any": "urn:other"}},
    "U": {"@id": "urn:U", "@context": {"key": "urn:otherKey"}},
    "L": {"@id": "urn:L", "@context": {"@language": "en"}},
    "none": "@none",
    "byType": {"@id": "urn:byType", "@container": "@type"},
    "inBox": {"@id": "urn:i", "@container": "@type", "@context": {"in": "urn:in"}},
    "again": {"@id": "urn:a", "@container": "@id", "@context": {"none": "urn:none"}},
    "zeros": {
        "@id": "urn:zeros",
        "@container": "@index",
        "@index": "key",
        "@context": {"zero": "@none"},
    },
    "S": {"@id": "urn:S", "@context": {"T": "urn:another"}},
    "A": {
        "@id": "urn:A",
        "@context": {
            "byType": {
                "@id": "urn:byType",
                "@container": "@type",
                "@context": {"any": "urn:other"},
            }
        },
    },
    "V": {"@id": "urn:V", "@context": {"@vocab": NS}},
}
CLEAR: list[JsonObject] = [
    {"type": "T", "byId": {"urn:x": {"key": "y"}}},
    {"type": "T", "byId": {"urn:x": {"key": ["y", 5, {"link": "urn:y"}]}}},
    {"byKey": {"k": {"any": "y"}}},
    {"byKey": {"k": {"type": "T", "own": "y"}}},
    {"byId": {"urn:x": {"box": {"in": "y"}}}},
    {"byType": {"T": {"own": "y"}}},
    {"zeros": {"k": {"any": "y"}}},
]
UNCLEAR: list[JsonObject] = [
    {"type": "T", "byId": {"urn:x": {"any": "y"}}},
    {"type": "T", "byId": {"urn:x": {"key": ["y", {"any": "z"}]}}},
    {"type": "T", "byId": {"urn:x": {"box": {"in": "y"}}}},
    {"type": "L", "byId": {"urn:x": {"key": "y"}}},
    {"byKey": {"k": {"type": "U", "any": "y"}}},
    {"byLink": {"urn:x": {"type": "T", "own": "y"}}},
    {"byId": {"urn:x": {"@context": {"any": "urn:any"}, "any": "y"}}},
    {"inBox": {"U": {"any": "y"}}},
    {"byType": {"A": {"any": "y"}}},
    {"type": "S", "byType": {"T": {"own": "y"}}},
    {"zeros": {"zero": {"any": "y"}}},
    {"type": "V", "byId": {"urn:x": {"key": "y"}}},
]
UNCLEAR_NONE: list[JsonObject] = [
    {"type": "T", "byId": {"none": {"any": "y"}}},
    {"again": {"none": {"any": "y"}}},
]


@pytest.mark.parametrize("members", CLEAR)
def test_accepts_maps_of_which_all_make_the_same(members: JsonObject) -> None:
    stated: JsonObject = {"@context": _MAP, **members}
    found = canonicalize(stated, INLINE)
    assert found == to_nquads(stated, INLINE) == by_pyld(stated, INLINE, base=BASE)


@pytest.mark.parametrize("members", UNCLEAR)
def test_refuses_maps_of_which_implementations_make_different_things(
    members: JsonObject,
) -> None:
    with pytest.raises(CanonicalizationError, match="a key of a map"):
        canonicalize({"@context": _MAP, **members}, INLINE)


@pytest.mark.parametrize("members", UNCLEAR_NONE)
def test_refuses_keys_for_none_that_are_not_that_in_the_map(
    members: JsonObject,
) -> None:
    with pytest.raises(CanonicalizationError, match="a key for none"):
        canonicalize({"@context": _MAP, **members}, INLINE)


@pytest.mark.parametrize(
    ("definition", "match"),
    [
        ({"@container": "@language", "@context": {"b": "urn:b"}}, "map by language"),
        ({"@context": {"a": {"@id": "urn:a", "@type": XSD + "date"}}}, "defined anew"),
    ],
)
def test_refuses_terms_of_which_implementations_make_different_things(
    definition: JsonObject, match: str
) -> None:
    context: JsonObject = {"@version": 1.1, "a": {"@id": "urn:a", **definition}}
    with pytest.raises(CanonicalizationError, match=match):
        canonicalize({"@context": context, "a": "x"}, INLINE)


@pytest.mark.parametrize(
    "rival",
    [
        {"@container": "@index"},
        {"@container": "@language", "@context": {"c": "urn:c"}},
    ],
)
def test_a_term_under_which_nothing_is_accepted_is_no_rival(rival: JsonObject) -> None:
    context: JsonObject = {
        "@version": 1.1,
        "bb": "urn:a",
        "a": {"@id": "urn:a", **rival},
    }
    stated: JsonObject = {"@context": context, "bb": "x"}
    assert canonicalize(stated, INLINE) == to_nquads(stated, INLINE)


def test_a_term_whose_own_context_cannot_be_used_is_no_rival() -> None:
    # Its context needs a vocabulary, which is gone where the term could be used.
    scoped: JsonObject = {"b": {"@id": "urn:b", "@type": "word"}}
    context: JsonValue = [
        {"@vocab": NS, "bb": "urn:a", "a": {"@id": "urn:a", "@context": scoped}},
        {"@vocab": None},
    ]
    stated: JsonObject = {"@context": context, "bb": "x"}
    assert canonicalize(stated, INLINE) == to_nquads(stated, INLINE)
    with pytest.raises(CanonicalizationError):
        canonicalize({"@context": context, "a": "x"}, INLINE)


def test_pyld_is_told_apart_from_the_store() -> None:
    with pytest.raises(ContextNotTrusted):
        general.expand({"@context": "https://unknown.example/", "a": "x"}, INLINE)
    # pyld stumbles over a vocabulary that is cleared and was not set.
    cleared: JsonObject = {"@context": [TERMS, {"@vocab": None}], "any": "x"}
    with pytest.raises(CanonicalizationError, match="cannot be used"):
        general.expand(cleared, store().with_inline_contexts())


def test_names_of_members_are_strings() -> None:
    with pytest.raises(MedidError, match="name is a string"):
        canonicalize(document(words={5: "x"}), store())  # type: ignore[dict-item]


@pytest.mark.parametrize("number", [10**400, -(10**4_000), float("inf"), float("nan")])
def test_a_number_that_no_double_holds_is_refused(number: float) -> None:
    document: JsonObject = {"@id": "urn:a", "urn:b": number}
    with pytest.raises(CanonicalizationError, match="double"):
        to_nquads(document, ContextStore.bundled())
