"""Two spellings of one statement: at most one of them is accepted.

Each pair has the same RDF, as pyld and the pass for any JSON-LD say; what is signed by
one would be verified for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from medid.errors import CanonicalizationError, NotCompact
from medid.jsonld import ContextStore, canonicalize, to_nquads
from medid.jsonld.terms import RDF
from tests.jsonld.peers import by_pyld
from tests.jsonld.support import CONTEXT, NS, XSD

if TYPE_CHECKING:
    from medid.core.json import JsonObject

URL = "https://pairs.example/v1"


class Pair(NamedTuple):
    """Two documents without their context, the first of which may be accepted.

    Attributes:
        terms: The context of both; None for that of the other tests.
        legal: Whether the first is accepted.
        pyld: Whether pyld finds the same; it loses indexes that are held by a term.
    """

    one: JsonObject
    other: JsonObject
    terms: JsonObject | None = None
    legal: bool = True
    pyld: bool = True


def _terms(**terms: object) -> JsonObject:
    return {"@version": 1.1, "id": "@id", "type": "@type", "q": "urn:q", **terms}  # type: ignore[dict-item]


def _of(**definition: object) -> JsonObject:
    """A term for the IRI for which all the rivals below stand."""
    return {"@id": "urn:p", **{f"@{k}": v for k, v in definition.items()}}  # type: ignore[misc]


X: JsonObject = {"id": "urn:x", "date": "2026-01-01"}

PAIRS: dict[str, Pair] = {
    # A word of the vocabulary, as a reference to what it stands for.
    "word": Pair({"word": "Twin"}, {"word": {"id": NS + "Twin"}}),
    "words in a set": Pair({"word": ["Twin"]}, {"word": [{"id": NS + "Twin"}]}),
    # A description changes places with a reference.
    "siblings": Pair(
        {"any": [{"id": "urn:1", "of": X}, {"id": "urn:2", "of": "urn:x"}]},
        {"any": [{"id": "urn:1", "of": "urn:x"}, {"id": "urn:2", "of": X}]},
        legal=False,
    ),
    "entries of a map": Pair(
        {"byId": {"urn:1": {"of": X}, "urn:2": {"of": "urn:x"}}},
        {"byId": {"urn:1": {"of": "urn:x"}, "urn:2": {"of": X}}},
        legal=False,
    ),
    "deeper": Pair(
        {"of": X, "any": {"of": "urn:x"}}, {"of": "urn:x", "any": {"of": X}}
    ),
    # ... or its name leads somewhere else.
    "linked by an image": Pair(
        {
            "box": {"id": "urn:1", "date": "2026-01-01", "image": X},
            "any": {"of": {"box": {"id": "urn:1"}}},
            "set": {"of": "urn:x"},
        },
        {
            "box": {"id": "urn:1", "date": "2026-01-01"},
            "any": {"of": {"box": {"id": "urn:1", "image": "urn:x"}}},
            "set": {"of": X},
        },
        {
            **CONTEXT,
            "box": "ns:box",
            "image": {"@id": "ns:image", "@type": "@id"},
        },
    ),
    "described by a name": Pair(
        {"any": {"id": "urn:1", "name": {"of": X}}, "box": {"id": "urn:1"}},
        {"any": {"id": "urn:1"}, "box": {"id": "urn:1", "name": {"of": X}}},
        {**CONTEXT, "box": "ns:box", "name": "ns:name"},
    ),
    # Another node of a circle takes the place of the root.
    "another root": Pair(
        {"id": "urn:1", "any": {"id": "urn:2", "of": "urn:1"}},
        {"id": "urn:2", "of": {"id": "urn:1", "any": {"id": "urn:2"}}},
        legal=False,
    ),
    "another root of the same type": Pair(
        {"id": "urn:1", "type": "Twin", "of": {"type": "Twin", "id": "urn:2", "any":
            {"of": {"id": "urn:3", "of": "urn:1"}}}},
        {"id": "urn:2", "type": "Twin", "any": {"of": {"id": "urn:3", "of":
            {"type": "Twin", "id": "urn:1", "of": "urn:2"}}}},
        legal=False,
    ),
    "another root of a graph": Pair(
        {"graph": {"id": "urn:1", "any": {"id": "urn:2", "of": "urn:1"}}},
        {"graph": {"id": "urn:2", "of": {"id": "urn:1", "any": {"id": "urn:2"}}}},
        legal=False,
    ),
    # Languages are one, whatever their case.
    "language": Pair(
        {"german": "x"}, {"german": {"@value": "x", "@language": "DE"}}
    ),
    "languages of a map": Pair(
        {"words": {"en": ["x", "y"]}}, {"words": {"en": "x", "EN": "y"}}
    ),
    "languages of terms": Pair(
        {"a": "x"}, {"b": "x"}, _terms(a=_of(language="en"), b=_of(language="EN"))
    ),
    "none in a map": Pair({"words": "x"}, {"words": {"none": "x"}}),
    "none and its alias": Pair(
        {"byId": {"none": {"any": "x"}}}, {"byId": {"@none": {"any": "x"}}}
    ),
    "none and another alias": Pair(
        {"byId": {"none": {"any": "x"}}},
        {"byId": {"neither": {"any": "x"}}},
        {**CONTEXT, "neither": "@none"},
    ),
    "the default language": Pair(
        {"a": {"en": "x"}},
        {"a": "x"},
        _terms(a=_of(container="@language"), **{"@language": "en"}),
    ),
    "a value object with a language": Pair(
        {"said": {"@value": "x", "@language": "de"}},
        {"saidAs": {"@value": "x", "@language": "de"}},
    ),
    "a value object with a type": Pair(
        {"said": {"@value": "x", "type": "urn:t"}},
        {"saidAs": {"@value": "x", "type": "urn:t"}},
    ),
    # Two terms for one IRI.
    "a boolean": Pair(
        {"a": True}, {"b": True}, _terms(a=_of(), b=_of(type=XSD + "boolean"))
    ),
    "an integer": Pair(
        {"a": 5}, {"b": 5}, _terms(a=_of(), b=_of(type=XSD + "integer"))
    ),
    "a double": Pair(
        {"a": 5.5}, {"b": 5.5}, _terms(a=_of(), b=_of(type=XSD + "double"))
    ),
    "a string": Pair(
        {"a": "x"}, {"b": "x"}, _terms(a=_of(), b=_of(type=XSD + "string"))
    ),
    "a string in a list of lists": Pair(
        {"a": [["x"]]},
        {"b": [["x"]]},
        _terms(a=_of(container="@list"), b=_of(container="@list", type="@none")),
    ),
    "an empty list": Pair(
        {"a": []},
        {"b": []},
        _terms(a=_of(container="@list"), b=_of(container="@list", type="@id")),
    ),
    "an empty list in a list": Pair(
        {"a": [[]]},
        {"b": [[]]},
        _terms(a=_of(container="@list"), b=_of(container="@list", type="@id")),
    ),
    "a JSON literal": Pair(
        {"a": {"x": 1}}, {"b": {"x": 1}}, _terms(a=_of(type="@json"),
            b=_of(type="@json", container="@set"))
    ),
    "a graph": Pair(
        {"a": {"q": "x"}},
        {"b": {"q": "x"}},
        _terms(a=_of(container="@graph"), b=_of(container=["@graph", "@set"])),
    ),
    "a typed value": Pair(
        {"b": "2026"},
        {"a": {"@value": "2026", "type": XSD + "date"}},
        _terms(a=_of(context={"b": None}), b=_of(type=XSD + "date")),
    ),
    "a map by language": Pair(
        {"b": {"en": "x"}},
        {"a": "x"},
        _terms(a=_of(language="en"), b=_of(container="@language")),
    ),
    "two maps by language": Pair(
        {"a": {"en": "x"}},
        {"b": {"en": "x"}},
        _terms(a=_of(container="@language"), b=_of(container=["@language", "@set"])),
    ),
    "a map by id": Pair(
        {"b": {"urn:x": {"q": "y"}}},
        {"a": {"id": "urn:x", "q": "y"}},
        _terms(a=_of(), b=_of(container="@id")),
    ),
    "a map by type": Pair(
        {"b": {"T": {"q": "y"}}},
        {"a": {"type": "T", "q": "y"}},
        _terms(a=_of(), b=_of(container="@type"), T="urn:T"),
    ),
    "a map by index": Pair(
        {"a": {"q": "y"}},
        {"b": {"y": {}}},
        _terms(a=_of(), b=_of(container="@index", index="q")),
        pyld=False,
    ),
    "a nested block": Pair(
        {"a": "x"}, {"fold": {"b": "x"}}, _terms(a=_of(), b=_of(nest="fold"),
            fold="@nest")
    ),
    "two nested blocks": Pair(
        {"fold": {"a": "x"}},
        {"wrap": {"b": "x"}},
        _terms(a=_of(nest="fold"), b=_of(nest="wrap"), fold="@nest", wrap="@nest"),
    ),
    "a nested block with its own words": Pair(
        {"a": "x"},
        {"fold": {"b": "x"}},
        _terms(a=_of(), fold={"@id": "@nest", "@context": {"a": None,
            "b": _of(nest="fold")}}),
    ),
    "a word of the vocabulary in a nested block": Pair(
        {"a": "x"}, {"fold": {"a": "x"}}, _terms(fold="@nest", **{"@vocab": NS})
    ),
    # What JSON-LD has other forms for.
    "a type": Pair(
        {"type": "T"}, {"a": "urn:T"}, _terms(a={"@id": RDF + "type", "@type": "@id"},
            T="urn:T")
    ),
    "a type by a vocabulary": Pair(
        {"kind": "Z"}, {"type": {"id": RDF + "Z"}},
        {"@vocab": RDF, "kind": "@type", "id": "@id"},
    ),
    "two words for a type": Pair(
        {"type": "T"}, {"type": "a"}, _terms(T="urn:p", a=_of(type="@id"))
    ),
    "the empty list": Pair(
        {"a": []},
        {"b": RDF + "nil"},
        _terms(a=_of(container="@list"), b=_of(type="@id")),
    ),
    "the empty list as a word": Pair(
        {"a": []}, {"b": "nil"}, _terms(a=_of(container="@list"), b=_of(type="@vocab"),
            nil=RDF + "nil")
    ),
    "a list": Pair(
        {"a": ["x"]},
        {"b": {"first": "x", "rest": {"id": RDF + "nil"}}},
        _terms(a=_of(container="@list"), b=_of(), first=RDF + "first",
            rest=RDF + "rest"),
    ),
    "JSON as a string": Pair(
        {"a": {"x": 1}}, {"b": '{"x":1}'}, _terms(a=_of(type="@json"),
            b=_of(type=RDF + "JSON"))
    ),
    "a direction as a type": Pair(
        {"a": "x"},
        {"b": "x"},
        _terms(a=_of(language="en", direction="ltr"),
            b=_of(type="https://www.w3.org/ns/i18n#en_ltr")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_of_two_spellings_at_most_one_is_accepted(name: str) -> None:
    pair = PAIRS[name]
    terms = CONTEXT if pair.terms is None else pair.terms
    store = ContextStore.bundled().register_context(URL, {"@context": terms})
    one: JsonObject = {"@context": URL, **pair.one}
    other: JsonObject = {"@context": URL, **pair.other}
    assert to_nquads(one, store) == to_nquads(other, store)
    assert not pair.pyld or by_pyld(one, store) == by_pyld(other, store)
    with pytest.raises((NotCompact, CanonicalizationError)):
        canonicalize(other, store)
    if pair.legal:
        assert canonicalize(one, store) == to_nquads(one, store)
        return
    with pytest.raises(NotCompact):
        canonicalize(one, store)
