"""Names that code would not find are refused in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medid.errors import NotCompact, TooLarge
from medid.jsonld import check_context_form

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
