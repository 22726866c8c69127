"""What of a document reaches the signature, what is refused, and where."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest

from medid.errors import (
    CanonicalizationError,
    ContextNotTrusted,
    DataLoss,
    MalformedValue,
    MedidError,
    NotCompact,
    TooLarge,
)
from medid.jsonld import ContextStore, canonicalize, check_compact, expand
from medid.jsonld.terms import RDF
from tests.jsonld.support import NS, TERMS, V2, XSD, credential, document, store
from tests.support import each, vectors

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def _lines(**members: JsonValue) -> str:
    return canonicalize(document(**members), store()).decode().replace(NS, "#")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"any": "x"}, '_:c14n0 <#any> "x" .\n'),
        ({"any": ["x"]}, '_:c14n0 <#any> "x" .\n'),
        ({"any": 1}, f'_:c14n0 <#any> "1"^^<{XSD}integer> .\n'),
        ({"any": 1.0}, f'_:c14n0 <#any> "1"^^<{XSD}integer> .\n'),
        ({"any": 0.5}, f'_:c14n0 <#any> "5.0E-1"^^<{XSD}double> .\n'),
        ({"any": 1e21}, f'_:c14n0 <#any> "1.0E21"^^<{XSD}double> .\n'),
        ({"any": True}, f'_:c14n0 <#any> "true"^^<{XSD}boolean> .\n'),
        ({"flag": False}, f'_:c14n0 <#flag> "false"^^<{XSD}boolean> .\n'),
        ({"flag": "1"}, f'_:c14n0 <#flag> "1"^^<{XSD}boolean> .\n'),
        ({"count": 5}, f'_:c14n0 <#count> "5"^^<{XSD}integer> .\n'),
        ({"ratio": 5}, f'_:c14n0 <#ratio> "5.0E0"^^<{XSD}double> .\n'),
        ({"ratio": 0}, f'_:c14n0 <#ratio> "0.0E0"^^<{XSD}double> .\n'),
        ({"any": "\ufffe"}, '_:c14n0 <#any> "\\uFFFE" .\n'),
        (
            {"data": "\uffff"},
            f'_:c14n0 <#data> "\\"\\uFFFF\\""^^<{RDF}JSON> .\n',
        ),
        ({"any": -0.0}, f'_:c14n0 <#any> "0"^^<{XSD}integer> .\n'),
        ({"size": "1.50"}, f'_:c14n0 <#size> "1.50"^^<{XSD}decimal> .\n'),
        ({"date": "2026-01-01"}, f'_:c14n0 <#date> "2026-01-01"^^<{XSD}date> .\n'),
        ({"text": "x"}, '_:c14n0 <#text> "x" .\n'),
        ({"free": "x"}, '_:c14n0 <#free> "x" .\n'),
        ({"free": 2}, f'_:c14n0 <#free> "2"^^<{XSD}integer> .\n'),
        ({"of": "urn:x"}, "_:c14n0 <#of> <urn:x> .\n"),
        ({"of": {"id": "urn:x"}}, "_:c14n0 <#of> <urn:x> .\n"),
        ({"any": {"id": "urn:x"}}, "_:c14n0 <#any> <urn:x> .\n"),
        ({"any": {}}, "_:c14n0 <#any> _:c14n1 .\n"),
        ({"word": "Twin"}, "_:c14n0 <#word> <#Twin> .\n"),
        ({"word": "urn:x"}, "_:c14n0 <#word> <urn:x> .\n"),
        ({"colour": "red"}, "_:c14n0 <#colour> <#colour/red> .\n"),
        ({"german": "gut"}, '_:c14n0 <#german> "gut"@de .\n'),
        ({"german": {"@value": "x"}}, '_:c14n0 <#german> "x" .\n'),
        (
            {"rtl": "x"},
            '_:c14n0 <#rtl> "x"^^<https://www.w3.org/ns/i18n#ar_rtl> .\n',
        ),
        (
            {"any": {"@value": "x", "@direction": "ltr"}},
            '_:c14n0 <#any> "x"^^<https://www.w3.org/ns/i18n#_ltr> .\n',
        ),
        (
            {"any": {"@value": "x", "@language": "en-US"}},
            '_:c14n0 <#any> "x"@en-us .\n',
        ),
        (
            {"free": {"@value": "x", "@language": "en"}},
            '_:c14n0 <#free> "x"@en .\n',
        ),
        (
            {"any": {"@value": "x", "type": "urn:dt"}},
            '_:c14n0 <#any> "x"^^<urn:dt> .\n',
        ),
        ({"words": {"en": "a", "de": ["b"]}}, ('_:c14n0 <#words> "a"@en .\n'
            '_:c14n0 <#words> "b"@de .\n')),
        ({"words": "plain"}, '_:c14n0 <#words> "plain" .\n'),
        (
            {"list": []},
            "_:c14n0 <#list> <http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .\n",
        ),
        (
            {"data": {"b": [1.0, None], "a": []}},
            ('_:c14n0 <#data> "{\\"a\\":[],\\"b\\":[1,null]}"'
            "^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .\n"),
        ),
        (
            {"data": None},
            ('_:c14n0 <#data> "null"'
            "^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> .\n"),
        ),
        ({"graph": {"any": "x"}}, ("_:c14n0 <#graph> _:c14n1 .\n"
            '_:c14n2 <#any> "x" _:c14n1 .\n')),
        ({"type": "Twin", "set": []}, f"_:c14n0 {TYPE} <#Twin> .\n"),
        ({"type": "Thing", "inner": "x"}, (f"_:c14n0 {TYPE} <#Thing> .\n"
            '_:c14n0 <#inner> "x" .\n')),
        ({"type": "urn:t"}, f"_:c14n0 {TYPE} <urn:t> .\n"),
        ({"box": {"inBox": "x"}}, ("_:c14n0 <#box> _:c14n1 .\n"
            '_:c14n1 <#inBox> "x" .\n')),
        ({"short": "x"}, '_:c14n0 <#twice> "x" .\n'),
        ({"link": "urn:x"}, "_:c14n0 <#linked> <urn:x> .\n"),
        ({"link": {"id": "urn:x", "any": "y"}}, ('<urn:x> <#any> "y" .\n'
            "_:c14n0 <#linked> <urn:x> .\n")),
        ({"linked": "urn:x"}, '_:c14n0 <#linked> "urn:x" .\n'),
        ({"coerced": "2026"}, f'_:c14n0 <#coerced> "2026"^^<{XSD}date> .\n'),
        ({"uncoerced": "x"}, '_:c14n0 <#coerced> "x" .\n'),
        ({"saidAs": "x"}, '_:c14n0 <#said> "x"@en .\n'),
        ({"byId": {"urn:x": {"any": "y"}}}, ('<urn:x> <#any> "y" .\n'
            "_:c14n0 <#byId> <urn:x> .\n")),
        ({"byId": {"urn:x": {}}}, "_:c14n0 <#byId> <urn:x> .\n"),
        ({"byId": {"none": {"any": "y"}}}, ("_:c14n0 <#byId> _:c14n1 .\n"
            '_:c14n1 <#any> "y" .\n')),
        ({"byType": {"Twin": {"any": "y"}}}, (f"_:c14n0 {TYPE} <#Twin> .\n"
            '_:c14n0 <#any> "y" .\n_:c14n1 <#byType> _:c14n0 .\n')),
        ({"byType": {"none": [{"any": "y"}]}}, ("_:c14n0 <#byType> _:c14n1 .\n"
            '_:c14n1 <#any> "y" .\n')),
        ({"byType": {"Thing": {"inner": "y"}}}, (f"_:c14n0 {TYPE} <#Thing> .\n"
            '_:c14n0 <#inner> "y" .\n_:c14n1 <#byType> _:c14n0 .\n')),
        ({"byKey": {"a": {"any": "y"}}}, ("_:c14n0 <#byKey> _:c14n1 .\n"
            '_:c14n1 <#any> "y" .\n_:c14n1 <#key> "a" .\n')),
        ({"fold": {"folded": "x"}}, '_:c14n0 <#folded> "x" .\n'),
    ],
)  # fmt: skip
def test_writes(members: JsonObject, expected: str) -> None:
    before = copy.deepcopy(members)
    assert _lines(**members) == expected
    assert members == before


# members, error, path
REFUSED: list[tuple[JsonObject, type[MedidError], str]] = [
    # What RDF would leave out.
    ({"undefined": "x"}, DataLoss, "$.undefined"),
    ({"any": {"any": {"undefined": "x"}}}, DataLoss, "$.any.any.undefined"),
    ({"any": ["x", {"undefined": "y"}]}, DataLoss, "$.any[1].undefined"),
    ({"nothing": "x"}, DataLoss, "$.nothing"),
    ({"blank": "x"}, NotCompact, "$.blank"),
    ({"type": "Undefined"}, DataLoss, "$.type[0]"),
    ({"type": ["Twin", "Undefined"]}, DataLoss, "$.type[1]"),
    ({"type": "nothing"}, DataLoss, "$.type[0]"),
    ({"type": "@json", "any": "x"}, DataLoss, "$.type[0]"),
    ({"type": "none", "any": "x"}, DataLoss, "$.type[0]"),
    ({"type": []}, DataLoss, "$.type"),
    ({"id": "relative", "any": "x"}, DataLoss, "$.id"),
    ({"id": "", "any": "x"}, DataLoss, "$.id"),
    ({"id": "#x", "any": "x"}, DataLoss, "$.id"),
    ({"id": "urn:a b", "any": "x"}, DataLoss, "$.id"),
    ({"id": "Twin", "any": "x"}, DataLoss, "$.id"),
    ({"of": "relative"}, DataLoss, "$.of"),
    ({"of": ["urn:x", "./y"]}, DataLoss, "$.of[1]"),
    ({"word": "unknown"}, DataLoss, "$.word"),
    ({"colour": "two words"}, DataLoss, "$.colour"),
    ({"any": None}, DataLoss, "$.any"),
    ({"any": ["x", None]}, DataLoss, "$.any[1]"),
    ({"any": []}, DataLoss, "$.any"),
    ({"of": []}, DataLoss, "$.of"),
    ({"words": {}}, DataLoss, "$.words"),
    ({"words": {"en": []}}, DataLoss, "$.words.en"),
    ({"words": {"e n": "x"}}, DataLoss, "$.words[?]"),
    ({"any": {"@value": "x", "@language": "a_b"}}, DataLoss, "$.any"),
    ({"any": {"@value": None}}, NotCompact, "$.any.@value"),
    ({"graph": "urn:x"}, DataLoss, "$.graph"),
    ({"graph": {"id": "urn:x"}}, DataLoss, "$.graph"),
    ({"graph": [{"any": "x"}, {}]}, DataLoss, "$.graph[1]"),
    ({"graph": {"@value": "x"}}, DataLoss, "$.graph"),
    ({}, DataLoss, "$"),
    ({"id": "urn:x"}, DataLoss, "$"),
    ({"any": {"@context": []}}, ContextNotTrusted, "$.any.@context"),
    ({"any": 2**53}, DataLoss, "$.any"),
    ({"any": 10**400}, DataLoss, "$.any"),
    ({"any": 1e17}, DataLoss, "$.any"),
    ({"any": 0.1 + 0.2}, DataLoss, "$.any"),
    ({"ratio": -0.0}, DataLoss, "$.ratio"),
    # Another spelling of something that has one.
    ({NS + "any": "x"}, NotCompact, "$[?]"),
    ({"ns:any": "x"}, NotCompact, "$[?]"),
    ({"@id": "urn:x", "any": "y"}, NotCompact, "$.@id"),
    ({"@type": "Twin"}, NotCompact, "$.@type"),
    ({"kind": "Twin"}, NotCompact, "$.kind"),
    ({"type": "Twin", "kind": "Twin"}, NotCompact, "$.kind"),
    ({"@nest": {"any": "x"}}, NotCompact, "$.@nest"),
    ({"nest": {"any": "x"}}, NotCompact, "$.nest.any"),
    ({"@graph": [{"any": "x"}]}, NotCompact, "$.@graph"),
    ({"@included": [{"any": "x"}]}, NotCompact, "$.@included"),
    ({"within": [{"any": "x"}]}, NotCompact, "$.within"),
    ({"@reverse": {"any": "urn:x"}}, NotCompact, "$.@reverse"),
    ({"@index": "x", "any": "y"}, NotCompact, "$.@index"),
    ({"any": {"@set": ["x"]}}, NotCompact, "$.any.@set"),
    ({"any": {"@list": ["x"]}}, NotCompact, "$.any.@list"),
    ({"list": {"@list": ["x"]}}, NotCompact, "$.list"),
    ({"list": "x"}, NotCompact, "$.list"),
    ({"any": [["x"]]}, NotCompact, "$.any[0]"),
    ({"any": ["x", "x"]}, NotCompact, "$.any[1]"),
    ({"any": [1, 1.0]}, NotCompact, "$.any[1]"),
    ({"type": ["Twin", "Twin"]}, NotCompact, "$.type"),
    (
        {"any": [{"id": "urn:x", "of": "urn:1"}, {"id": "urn:x", "date": "2026"}]},
        NotCompact,
        "$.any[1]",
    ),
    ({"id": "_:x", "any": "y"}, NotCompact, "$.id"),
    ({"of": "_:x"}, NotCompact, "$.of"),
    ({"type": NS + "Twin"}, NotCompact, "$.type[0]"),
    ({"type": "ns:Twin"}, NotCompact, "$.type[0]"),
    ({"type": "ns:NoTerm"}, NotCompact, "$.type[0]"),
    ({"type": "Twins"}, NotCompact, "$.type[0]"),
    ({"word": NS + "Twin"}, NotCompact, "$.word"),
    ({"colour": NS + "colour/red"}, NotCompact, "$.colour"),
    ({"of": "ns:x"}, NotCompact, "$.of"),
    ({"id": "ns:x", "any": "y"}, NotCompact, "$.id"),
    ({"any": {"@value": "x"}}, NotCompact, "$.any"),
    ({"any": {"@value": 1}}, NotCompact, "$.any.@value"),
    ({"free": {"@value": "x"}}, NotCompact, "$.free"),
    ({"date": {"@value": "2026-01-01"}}, NotCompact, "$.date"),
    ({"date": {"@value": "2026-01-01", "type": XSD + "date"}}, NotCompact, "$.date"),
    ({"of": {"@value": "urn:x"}}, NotCompact, "$.of"),
    ({"any": {"@value": "x", "@type": "urn:dt"}}, NotCompact, "$.any"),
    ({"any": {"@value": "x", "any": "y"}}, NotCompact, "$.any"),
    (
        {"any": {"@value": "x", "type": "urn:dt", "@language": "en"}},
        NotCompact,
        "$.any",
    ),
    ({"any": {"@value": "x", "type": XSD + "string"}}, NotCompact, "$.any"),
    ({"any": {"@value": "1", "type": XSD + "integer"}}, NotCompact, "$.any"),
    (
        {"any": {"@value": "x", "type": "https://www.w3.org/ns/i18n#en_ltr"}},
        NotCompact,
        "$.any",
    ),
    ({"uncoerced": {"@value": "x", "type": XSD + "date"}}, NotCompact, "$.uncoerced"),
    ({"german": {"@value": "x", "@language": "de"}}, NotCompact, "$.german"),
    ({"said": {"@value": "x", "@language": "en"}}, NotCompact, "$.said"),
    ({"saidAs": {"@value": "x"}}, NotCompact, "$.saidAs"),
    ({"words": [{"@value": "x", "@language": "en"}]}, NotCompact, "$.words[0]"),
    ({"words": {"@value": "x"}}, DataLoss, "$.words.@value"),
    ({"words": [{"id": "urn:x"}]}, NotCompact, "$.words[0]"),
    ({"words": ["x", {"any": "x"}]}, NotCompact, "$.words[1]"),
    ({"flag": "true"}, NotCompact, "$.flag"),
    ({"flag": 1}, NotCompact, "$.flag"),
    ({"count": "5"}, NotCompact, "$.count"),
    ({"count": True}, NotCompact, "$.count"),
    ({"size": "5"}, NotCompact, "$.size"),
    ({"size": "5.0E0"}, NotCompact, "$.size"),
    ({"ratio": "0.50"}, NotCompact, "$.ratio"),
    ({"date": 2026}, NotCompact, "$.date"),
    ({"text": 5}, NotCompact, "$.text"),
    ({"of": 5}, NotCompact, "$.of"),
    ({"date": {"any": "x"}}, NotCompact, "$.date"),
    ({"longer": "x"}, NotCompact, "$.longer"),
    ({"longer": {"any": "x"}}, NotCompact, "$.longer"),
    ({"linked": {"id": "urn:x"}}, NotCompact, "$.linked"),
    ({"type": "Valued", "any": {"val": "x"}}, NotCompact, "$.any"),
    # What JSON-LD does not allow there.
    ({"id": 5, "any": "x"}, MalformedValue, "$.id"),
    ({"id": ["urn:x"], "any": "x"}, MalformedValue, "$.id"),
    ({"type": 5}, MalformedValue, "$.type"),
    ({"type": ["Twin", None]}, MalformedValue, "$.type"),
    ({"words": {"en": 5}}, MalformedValue, "$.words.en"),
    ({"any": {"@value": "x", "@language": 5}}, MalformedValue, "$.any.@language"),
    ({"any": {"@value": "x", "@direction": None}}, MalformedValue, "$.any.@direction"),
    ({"any": {"@value": "x", "@direction": "up"}}, MalformedValue, "$.any"),
    ({"any": {"@value": "x", "type": 5}}, MalformedValue, "$.any.type"),
    ({"any": float("inf")}, MalformedValue, "$.any"),
    ({"any": float("nan")}, MalformedValue, "$.any"),
    ({"any": ("x",)}, MalformedValue, "$.any"),  # type: ignore[dict-item]
    ({"any": {5: "x"}}, MalformedValue, "$.any[5]"),  # type: ignore[dict-item]
    # Maps whose keys would not be signed.
    ({"byIndex": {"a": "x"}}, DataLoss, "$.byIndex"),
    ({"byIndex": {"a": {"any": "x"}}}, DataLoss, "$.byIndex"),
    ({"graphById": {"urn:x": {"any": "y"}}}, CanonicalizationError, "$.graphById"),
    # Maps and nested blocks are written as their terms ask, and in no other way.
    ({"byId": {}}, DataLoss, "$.byId"),
    ({"byId": []}, NotCompact, "$.byId"),
    ({"byId": [{"id": "urn:x", "any": "y"}]}, NotCompact, "$.byId"),
    ({"byId": {"id": "urn:x", "any": "y"}}, NotCompact, "$.byId.id"),
    ({"byId": {"urn:x": {"id": "urn:x", "any": "y"}}}, NotCompact, "$.byId[?]"),
    ({"byId": {"urn:x": {"id": "urn:y", "any": "y"}}}, NotCompact, "$.byId[?]"),
    ({"byId": {"urn:x": "urn:y"}}, NotCompact, "$.byId[?]"),
    ({"byId": {"urn:x": []}}, DataLoss, "$.byId"),
    ({"byId": {"urn:x": {"@value": "y"}}}, NotCompact, "$.byId[?]"),
    ({"byId": {"x": {"any": "y"}}}, DataLoss, "$.byId.x.id"),
    ({"byId": {"ns:x": {"any": "y"}}}, NotCompact, "$.byId[?].id"),
    ({"byType": {"Twin": {"type": "Thing", "any": "y"}}}, NotCompact, "$.byType.Twin"),
    ({"byType": {"Undefined": {"any": "y"}}}, DataLoss, "$.byType.Undefined.type[0]"),
    ({"byType": {"Twin": "urn:x"}}, NotCompact, "$.byType.Twin"),
    ({"byKey": {"a": {"key": "a", "any": "x"}}}, NotCompact, "$.byKey.a"),
    ({"byKey": {"a": {"key": "b", "any": "x"}}}, NotCompact, "$.byKey.a"),
    ({"byKey": {"a": "x"}}, NotCompact, "$.byKey.a"),
    ({"byKey": {"none": {"any": "x"}}}, CanonicalizationError, "$.byKey.none"),
    ({"byKey": {"@none": {"any": "x"}}}, NotCompact, "$.byKey.@none"),
    ({"byId": {"@none": {"any": "x"}}}, NotCompact, "$.byId.@none"),
    ({"byKey": {"key": "a", "any": "x"}}, NotCompact, "$.byKey.key"),
    ({"folded": "x"}, NotCompact, "$.folded"),
    ({"fold": {"any": "x"}}, NotCompact, "$.fold.any"),
    ({"fold": {"fold": {"folded": "x"}}}, NotCompact, "$.fold.fold"),
    ({"fold": {}, "any": "x"}, DataLoss, "$.fold"),
    ({"fold": [{"folded": "x"}]}, NotCompact, "$.fold"),
    ({"nest": {"folded": "x"}}, NotCompact, "$.nest.folded"),
    ({"fold": {"id": "urn:x", "folded": "x"}}, NotCompact, "$.fold.id"),
    ({"fold": {"folded": "x", "@context": TERMS}}, NotCompact, "$.fold.@context"),
    # Outside the profile.
    ({"back": {"id": "urn:x"}}, CanonicalizationError, "$.back"),
    ({"dataList": [1]}, CanonicalizationError, "$.dataList"),
    ({"type": "Renamer", "a": "Twin"}, CanonicalizationError, "$"),
    # Scopes end where the next node begins.
    ({"type": "Thing", "any": {"inner": "x"}}, DataLoss, "$.any.inner"),
    ({"inner": "x"}, DataLoss, "$.inner"),
    ({"box": {"any": {"inBox": "x"}}, "inBox": "y"}, DataLoss, "$.inBox"),
    ({"any": {"@context": "urn:unknown"}}, ContextNotTrusted, "$.any.@context"),
]


def test_refuses_with_a_path() -> None:
    def check(case: tuple[JsonObject, type[MedidError], str]) -> None:
        members, error, path = case
        with pytest.raises(error) as caught:
            check_compact(document(**members), store())
        assert type(caught.value) is error
        assert caught.value.path == path

    each({f"{number}: {case[0]}": case for number, case in enumerate(REFUSED)}, check)


def test_a_type_of_a_nested_node_has_its_own_scope() -> None:
    found = _lines(type="Thing", inner="x", any={"type": "Other", "inner": "y"})
    assert '<#inner> "x"' in found
    assert '<#otherInner> "y"' in found


def test_the_scope_of_a_type_ends_where_another_node_begins() -> None:
    for node in ({"inner": "x"}, {"id": "urn:y", "inner": "x"}):
        with pytest.raises(DataLoss) as caught:
            _lines(type="Thing", any={**node})
        assert caught.value.path == "$.any.inner"
    # Where a word for @value counts, nodes are written as ever.
    assert '<#any> "x"' in _lines(type="Valued", any={"any": "x"})
    with pytest.raises(NotCompact, match="alias of @value"):
        _lines(type="Valued", any={"val": "x"})


def test_a_null_scope_clears_the_terms() -> None:
    with pytest.raises(DataLoss):
        _lines(open={"any": "x"})


def test_a_node_is_described_in_one_place_only() -> None:
    again: JsonObject = {"id": "urn:x", "type": "Twin", "short": "y"}
    with pytest.raises(NotCompact) as caught:
        _lines(any={"id": "urn:x", "type": "Twin", "any": "x"}, box=again)
    assert caught.value.path == "$.box"
    # The second one in the text may stand first by the order of the names.
    with pytest.raises(NotCompact) as caught:
        _lines(box=again, any={"id": "urn:x", "any": "x"})
    assert caught.value.path == "$.any"


def test_a_node_may_be_named_and_referred_to_anywhere() -> None:
    again: JsonObject = {"id": "urn:x"}
    found = _lines(any={"id": "urn:x", "type": "Twin", "any": "x"}, box=again)
    assert found.count("<urn:x>") == 4


def test_a_description_cannot_change_places_with_a_reference() -> None:
    person: JsonObject = {"id": "urn:x", "any": "y"}
    assert _lines(any=person, of="urn:x") == _lines(any=[person], of={"id": "urn:x"})
    with pytest.raises(NotCompact) as caught:
        _lines(any={"id": "urn:x"}, of=person)
    assert caught.value.path == "$.of"
    # Nearer to the root counts before the order of names.
    assert _lines(of=person, any={"of": "urn:x"})
    with pytest.raises(NotCompact) as caught:
        _lines(of="urn:x", any={"of": person})
    assert caught.value.path == "$.any.of"
    subject: JsonObject = {"id": "did:example:issuer", "any": "a consent"}
    assert canonicalize(credential(credentialSubject=subject), store())
    swapped = credential(issuer=subject, credentialSubject={"id": subject["id"]})
    with pytest.raises(NotCompact):
        canonicalize(swapped, store())


def test_what_leads_back_to_the_root_must_not_pass_for_it() -> None:
    other: JsonObject = {"id": "urn:2", "type": "Twin", "of": "urn:1"}
    assert _lines(id="urn:1", type="urn:t", any=other)
    # Without a name, nothing that the root leads to can lead to it.
    nameless: JsonObject = {"type": "Twin", "of": "urn:1"}
    assert _lines(id="urn:1", type="Twin", any=nameless)
    with pytest.raises(NotCompact, match="leads back"):
        _lines(id="urn:1", type=["urn:t", "Twin"], any=other)
    untyped: JsonObject = {"id": "urn:2", "of": "urn:1"}
    assert _lines(id="urn:1", type="Twin", any=untyped)
    with pytest.raises(NotCompact, match="leads back"):
        _lines(id="urn:1", any=untyped)


def test_a_document_without_context_has_no_rdf() -> None:
    with pytest.raises(CanonicalizationError):
        canonicalize({"any": "x"}, store())


@pytest.mark.parametrize("name", ["any", "list", "graph", "data"])
def test_depth_is_limited_again(name: str) -> None:
    value: JsonValue = "x"
    for _ in range(80):
        value = [value] if name == "list" else {name: value}
    if name == "data":
        assert canonicalize(document(data=value), store())
        return
    if type(value) is dict:
        value = value[name]
    with pytest.raises(TooLarge):
        canonicalize(document(**{name: value}), store())


def test_nested_lists_keep_their_order_and_structure() -> None:
    assert _lines(list=["a", ["b", "c"]]) != _lines(list=["a", ["c", "b"]])
    assert _lines(list=["a", ["b", "c"]]) != _lines(list=["a", "b", "c"])
    with pytest.raises(DataLoss) as caught:
        _lines(list=["a", ["b", None]])
    assert caught.value.path == "$.list[1][1]"


def test_lone_surrogates_are_refused() -> None:
    for members in ({"any": "\ud800"}, {"data": "\ud800"}):
        with pytest.raises(CanonicalizationError):
            _lines(**members)


@pytest.mark.parametrize(
    "vocabulary",
    [
        "https://www.w3.org/ns/credentials/undefined-terms/v2",
        "https://www.w3.org/ns/credentials/examples/v2",
    ],
)
def test_contexts_with_a_vocabulary_define_every_plain_name(vocabulary: str) -> None:
    plain = credential(anything="x", type=["VerifiableCredential", "Anything"])
    plain["@context"] = [V2, vocabulary]
    found = canonicalize(plain, store())
    assert found.count(b"anything") == found.count(b"Anything") == 1
    for name in ("urn:x", "@foo", "an:y"):
        with pytest.raises(NotCompact):
            canonicalize({**plain, name: "x"}, store())


def test_a_whole_iri_of_another_vocabulary_is_its_only_spelling() -> None:
    # "https" is a prefix here, and "https://" does not begin with it.
    terms: JsonObject = {"@vocab": NS, "id": "@id", "type": "@type", "https": "urn:p:"}
    contexts = store().register_context("urn:c", {"@context": terms})
    whole = "https://x.example/a"
    found = canonicalize({"@context": "urn:c", "id": whole, "type": whole}, contexts)
    assert found.decode() == f"<{whole}> {TYPE} <{whole}> .\n"
    for name in ("id", "type"):
        with pytest.raises(NotCompact, match="prefix"):
            canonicalize({"@context": "urn:c", "a": "x", name: "https:a"}, contexts)
    # What has the form of a keyword is nobody's word: JSON-LD passes over it.
    for word in ("@foo", "@id", "id"):
        with pytest.raises(DataLoss):
            canonicalize({"@context": "urn:c", "a": "x", "type": word}, contexts)


def test_a_vocabulary_does_not_give_a_term_a_second_name() -> None:
    terms: JsonObject = {
        "@vocab": NS,
        "type": "@type",
        "short": NS + "long",
        "Short": NS + "Long",
    }
    contexts = store().register_context("urn:c", {"@context": terms})
    with pytest.raises(NotCompact):
        canonicalize({"@context": "urn:c", "long": "x"}, contexts)
    with pytest.raises(NotCompact):
        canonicalize({"@context": "urn:c", "type": "Long"}, contexts)
    with pytest.raises(NotCompact):
        canonicalize({"@context": "urn:c", "type": NS + "Unlisted"}, contexts)


# Legal credentials that a check by re-compaction might refuse.
ACCEPTED: list[JsonObject] = [
    credential(),
    credential(type="VerifiableCredential"),
    credential(name="plain", description={"@value": "x", "@language": "en"}),
    credential(
        name=[
            {"@value": "x", "@language": "en"},
            {"@value": "س", "@language": "ar", "@direction": "rtl"},
        ]
    ),
    credential(issuer={"id": "did:example:issuer", "name": "A board"}),
    credential(issuer={"id": "did:example:issuer"}),
    credential(type=["VerifiableCredential", "https://example.org/Custom"]),
    credential(credentialSubject=[{"id": "urn:a", "any": "x"}, {"any": ["z", "y"]}]),
    credential(credentialSubject={"any": [1.5, 1, True, "x"], "list": [1, 1]}),
    credential(credentialSubject={"data": {"@id": "x", "a:b": [[], None, {}]}}),
    credential(credentialSubject={"set": [], "words": {"en": "x"}}),
    credential(evidence=[{"type": "Thing"}, {"type": "Other"}]),
    credential(
        credentialStatus=[
            {
                "id": f"https://status.example/{n}#5",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "5",
                "statusListCredential": f"https://status.example/{n}",
            }
            for n in (1, 2)
        ]
    ),
    credential(
        relatedResource=[{"id": "https://a.example/x", "digestMultibase": "uEiX"}]
    ),
]


@pytest.mark.parametrize("legal", ACCEPTED)
def test_accepts_legal_credentials(legal: JsonObject) -> None:
    assert canonicalize(legal, store()).endswith(b" .\n")


def test_accepts_every_valid_input_of_the_w3c_data_model_suite() -> None:
    folder = vectors("vcdm2-inputs") / "tests" / "input"
    contexts = store().with_inline_contexts()
    refused = set()
    files = sorted(folder.glob("*-ok.json"))
    for file in files:
        try:
            canonicalize(json.loads(file.read_text()), contexts)
        except MedidError as error:
            refused.add((file.name, error.path))
    assert len(files) >= 40
    # That file's proof has no type that a context would define terms for.
    assert refused == {("credential-proof-ok.json", "$.proof.created")}


def test_expand_refuses_and_expands() -> None:
    assert expand(document(any="x"), store()) == [{NS + "any": [{"@value": "x"}]}]
    with pytest.raises(DataLoss):
        expand(document(undefined="x"), store())


def test_order_and_arrays_of_one_do_not_matter() -> None:
    one: JsonObject = {"@context": TERMS, "any": ["x", "y"], "of": "urn:a"}
    two: JsonObject = {"of": ["urn:a"], "any": ["y", "x"], "@context": [TERMS]}
    assert canonicalize(one, store()) == canonicalize(two, store())


def test_a_schema_may_be_pinned_by_a_related_resource() -> None:
    schema = "https://board.example/schema.json"
    pinned: JsonObject = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:board",
        "credentialSchema": {"id": schema, "type": "JsonSchema"},
        "relatedResource": {
            "id": schema,
            "digestSRI": "sha256-RK9X9kuLcZqvBuzEdCyFgVRZtYbRHb1dbWWYFSnZoFo=",
            "mediaType": "application/schema+json",
        },
        "credentialSubject": {"id": "did:example:physician"},
    }
    text = canonicalize(pinned, ContextStore.bundled()).decode()
    assert sum(line.startswith(f"<{schema}> ") for line in text.splitlines()) == 3
