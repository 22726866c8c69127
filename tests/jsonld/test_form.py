"""Names that code would not find are refused in every format."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from medid.errors import ContextNotTrusted, MedidError, NotCompact, TooLarge
from medid.jsonld import ContextStore, check_context_form, empty_arrays, form

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"@id": "urn:x"}, "$.@id"),
        ({"a": [{"@type": "x"}]}, "$.a[0].@type"),
        ({"a": {"b": {"urn:x": 1}}}, "$.a.b[?]"),
        ({"a": [[{"schema:name": 1}]]}, "$.a[0][0][?]"),
        ({"@language": "en"}, "$.@language"),
        ({"a": {"@type": "y", "@value": "x"}}, "$.a.@type"),
        ({"@nest": {}}, "$.@nest"),
    ],
)
def test_refuses_keywords_and_iris_as_names(document: JsonObject, path: str) -> None:
    with pytest.raises(NotCompact) as caught:
        check_context_form(document)
    assert caught.value.path == path


def test_allows_contexts_value_objects_and_plain_names() -> None:
    document: JsonObject = {
        "@context": ["urn:x", {"a:b": "urn:y", "@vocab": "urn:z"}],
        "name": [{"@value": "x", "@language": "en", "@direction": "ltr"}, "urn:x", [1]],
        "": {"$ref": 1, "a b": None},
    }
    assert check_context_form(document) is None  # type: ignore[func-returns-value]


def test_depth_is_limited() -> None:
    value: JsonValue = "x"
    for _ in range(66):
        value = [value]
    with pytest.raises(TooLarge):
        check_context_form({"a": value})


CONTEXT: JsonObject = {
    "@context": [
        {"plain": "urn:plain", "free": {"@id": "urn:free", "@type": "@json"}},
        {
            "Box": {
                "@id": "urn:Box",
                "@context": {"inner": {"@id": "urn:inner", "@type": "@json"}},
            }
        },
        None,
    ]
}
URL = "https://example.org/context"
STORE = ContextStore.bundled().register_context(URL, CONTEXT)
FHIR: JsonObject = {"a:b": 1, "@id": "x", "given": ["A", None], "empty": []}


def test_a_json_literal_has_names_of_its_own() -> None:
    for name in ("free", "inner"):
        document: JsonObject = {"@context": [URL], name: FHIR}
        check_context_form(document, STORE)
        assert empty_arrays(document, STORE) == ()
        with pytest.raises(NotCompact):
            check_context_form(document)


def test_only_the_documents_own_contexts_say_what_a_literal_is() -> None:
    for stated in ("https://example.org/unknown", None):
        with pytest.raises(NotCompact) as caught:
            check_context_form({"@context": stated, "free": FHIR}, STORE)
        assert caught.value.path == "$.free[?]"


def test_a_literal_of_one_credential_is_none_in_another() -> None:
    first: JsonObject = {"@context": URL, "free": FHIR}
    second: JsonObject = {"@context": "https://www.w3.org/ns/credentials/v2"}
    check_context_form({"verifiableCredential": [first, second]}, STORE)
    with pytest.raises(NotCompact) as caught:
        check_context_form(
            {"verifiableCredential": [first, {**second, "free": FHIR}]}, STORE
        )
    assert caught.value.path == "$.verifiableCredential[1].free[?]"


@pytest.mark.parametrize(
    "path",
    [
        "$.@context",
        "$.proof.@context",
        "$.proof[1].@context",
        "$.verifiableCredential.@context",
        "$.verifiableCredential[0].@context",
        "$.verifiableCredential[0].proof.@context",
    ],
)
def test_a_context_may_stand_at_a_root(path: str) -> None:
    check_context_form(_with_context(path), STORE)


@pytest.mark.parametrize(
    "path",
    [
        "$.credentialSubject.@context",
        "$.issuer.@context",
        "$.verifiableCredential[0].issuer.@context",
        "$.proof.proof.@context",
    ],
)
def test_a_context_elsewhere_could_give_words_another_meaning(path: str) -> None:
    with pytest.raises(ContextNotTrusted) as caught:
        check_context_form(_with_context(path), STORE)
    assert caught.value.path == path
    check_context_form(_with_context(path), STORE.with_inline_contexts())


def test_an_inline_context_says_what_a_literal_is() -> None:
    document: JsonObject = {"@context": CONTEXT["@context"], "free": FHIR}
    check_context_form(document, STORE.with_inline_contexts())


def _with_context(path: str) -> JsonObject:
    value: JsonValue = {"@context": URL}
    for part in reversed(path.split(".")[1:-1]):
        name, bracket, index = part.partition("[")
        if bracket:
            value = [*[{}] * int(index.rstrip("]")), value]
        value = {name: value}
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    "value",
    [
        {"@value": "x", "name": "y"},
        {"@language": "en"},
        {"@value": "x", "@type": "urn:t"},
        {"@value": "x", "urn:a": 1},
    ],
)
def test_value_keywords_stand_in_value_objects_only(value: JsonObject) -> None:
    with pytest.raises(NotCompact):
        check_context_form({"name": value}, STORE)


def test_empty_arrays_are_found_with_their_paths() -> None:
    document: JsonObject = {"@context": URL, "a": [], "b": [{"c": []}], "d": ["x"]}
    assert empty_arrays(document, STORE) == ("$.a", "$.b[0].c")


# The quick look against the look that knows every place.

_NAMES = st.sampled_from(
    ["a", "proof", "verifiableCredential", "@context", "@id", "@value", "urn:x", ""]
)
_DOCUMENTS = st.dictionaries(
    _NAMES,
    st.recursive(
        st.sampled_from(["x", 1, 0.5, True, None]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


def _deep(levels: int, inner: dict[str, Any] | None = None) -> dict[str, Any]:
    document: dict[str, Any] = inner or {}
    for _ in range(levels):
        document = {"a": document}
    return document


def _thoroughly(document: Any, store: ContextStore | None) -> str | tuple[str, ...]:
    looked = form._Form(store)
    try:
        looked.check(document, "$", 0, frozenset())
    except MedidError as error:
        return f"{error.code} {error.path}"
    return tuple(looked.empty)


def _quickly(document: Any, store: ContextStore | None) -> str | tuple[str, ...]:
    try:
        check_context_form(document, store)
    except MedidError as error:
        return f"{error.code} {error.path}"
    return empty_arrays(document, store or ContextStore.bundled())


@given(_DOCUMENTS)
@example({"verifiableCredential": [{"proof": [{"@context": "x"}]}]})
@example({"verifiableCredential": {"a": {"@context": "x"}}})
@example({"proof": {"proof": {"@context": "x"}}})
@example(_deep(64))
@example(_deep(65))
@example(_deep(63, {"a": "x"}))
@example(_deep(64, {"a": "x"}))
def test_a_quick_look_finds_what_a_thorough_one_finds(document: Any) -> None:
    for store in (None, ContextStore.bundled()):
        assert _quickly(document, store) == _thoroughly(document, store)


@pytest.mark.parametrize("name", ["@id", "urn:x"])
def test_names_are_found_in_any_kind_of_mapping(name: str) -> None:
    inner = MappingProxyType({name: "y"})
    for document in (inner, {"a": inner}, {"a": [inner]}):
        with pytest.raises(NotCompact):
            check_context_form(document)  # type: ignore[arg-type]


def test_empty_arrays_are_found_in_any_kind_of_mapping() -> None:
    inner: MappingProxyType[str, JsonValue] = MappingProxyType({"b": []})
    store = ContextStore.bundled()
    assert empty_arrays(inner, store) == ("$.b",)
    assert empty_arrays({"a": inner}, store) == ("$.a.b",)  # type: ignore[dict-item]
