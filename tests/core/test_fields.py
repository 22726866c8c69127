"""Typed getters: exact kinds, and the path of what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medid.core import fields
from medid.core.entropy import system_entropy, uuid_urn
from medid.errors import MalformedValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonObject, JsonValue

OBJ: JsonObject = {"s": "x", "e": "", "n": 1, "b": True, "z": None, "l": ["a"], "o": {}}


def test_members_of_the_right_kind_are_given() -> None:
    assert fields.required(OBJ, "s", str, "$") == "x"
    assert fields.required(OBJ, "n", int, "$") == 1
    assert fields.required(OBJ, "l", list, "$") == ["a"]
    assert fields.optional(OBJ, "o", dict, "$") == {}
    assert fields.optional(OBJ, "missing", str, "$") is None
    assert fields.required_str(OBJ, "s", "$") == "x"
    assert fields.optional_str(OBJ, "s", "$") == "x"
    assert fields.optional_str(OBJ, "missing", "$") is None
    assert fields.as_object({}, "$") == {}
    assert fields.as_list("x") == ["x"]
    assert fields.as_list(["x"]) == ["x"]
    assert fields.strings("x", "$") == ["x"]
    assert fields.strings(["x", "y"], "$") == ["x", "y"]
    assert fields.object_list({}, "$") == [{}]
    assert fields.object_list([{}, {}], "$") == [{}, {}]
    assert fields.item_path([1], "$.a", 0) == "$.a[0]"
    assert fields.item_path(1, "$.a", 0) == "$.a"
    fields.no_others(OBJ, OBJ.keys(), "$")


@pytest.mark.parametrize(
    ("read", "path"),
    [
        (lambda: fields.required(OBJ, "missing", str, "$"), "$.missing"),
        (lambda: fields.required(OBJ, "z", str, "$"), "$.z"),
        (lambda: fields.required(OBJ, "b", int, "$"), "$.b"),
        (lambda: fields.required(OBJ, "n", bool, "$"), "$.n"),
        (lambda: fields.required(OBJ, "s", list, "$"), "$.s"),
        (lambda: fields.optional(OBJ, "z", str, "$"), "$.z"),
        (lambda: fields.required_str(OBJ, "e", "$"), "$.e"),
        (lambda: fields.optional_str(OBJ, "n", "$"), "$.n"),
        (lambda: fields.as_object([], "$.x"), "$.x"),
        (lambda: fields.strings([], "$.x"), "$.x"),
        (lambda: fields.strings(["a", ""], "$.x"), "$.x[1]"),
        (lambda: fields.strings(["a", 1], "$.x"), "$.x[1]"),
        (lambda: fields.object_list([], "$.x"), "$.x"),
        (lambda: fields.object_list([{}, "a"], "$.x"), "$.x[1]"),
        (lambda: fields.no_others(OBJ, {"s"}, "$"), "$.e"),
    ],
)
def test_everything_else_is_refused_at_its_path(
    read: Callable[[], JsonValue], path: str
) -> None:
    with pytest.raises(MalformedValue) as caught:
        read()
    assert caught.value.path == path


def test_random_ids_are_version_4_and_take_their_bytes_from_the_port() -> None:
    assert uuid_urn(bytes) == ("urn:uuid:00000000-0000-4000-8000-000000000000")
    assert uuid_urn() != uuid_urn()
    assert len(system_entropy(32)) == 32
