"""Typed getters: from JSON members to Python values, with the path of what is wrong.

``str`` is refused where an array is meant and ``bool`` where a number is, because
``isinstance`` alone would let both through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from medid.core.json import JsonObject, JsonValue, describe, mismatch
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

T = TypeVar("T", str, bool, int, float, list[JsonValue], JsonObject)

_WORDS: dict[object, str] = {
    str: "a string",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "an object",
}


def required(obj: Mapping[str, JsonValue], name: str, kind: type[T], path: str) -> T:
    """The member ``name``, which must be there and of exactly ``kind``.

    Raises:
        MalformedValue: It is missing, ``null``, or of another kind.
    """
    if name not in obj:
        raise MalformedValue(f"the member {name!r} is missing", path=child(path, name))
    return _exactly(obj[name], kind, child(path, name))


def optional(
    obj: Mapping[str, JsonValue], name: str, kind: type[T], path: str
) -> T | None:
    """The member ``name`` where it is there; it must then be of exactly ``kind``.

    Raises:
        MalformedValue: It is there, and ``null`` or of another kind.
    """
    return _exactly(obj[name], kind, child(path, name)) if name in obj else None


def _exactly(value: JsonValue, kind: type[T], path: str) -> T:
    plain = getattr(kind, "__origin__", kind)
    if type(value) is not plain:
        raise mismatch(_WORDS[plain], value, path)
    return cast("T", value)


def required_str(obj: Mapping[str, JsonValue], name: str, path: str) -> str:
    """The member ``name``, which must be a string that is not empty."""
    value = obj.get(name)
    if type(value) is str and value:
        return value
    return as_str(required(obj, name, str, path), child(path, name))


def optional_str(obj: Mapping[str, JsonValue], name: str, path: str) -> str | None:
    """The member ``name`` where it is there; it must be a string that is not empty."""
    value = obj.get(name)
    if type(value) is str and value:
        return value
    return as_str(obj[name], child(path, name)) if name in obj else None


def as_str(value: JsonValue, path: str) -> str:
    """``value``, which must be a string that is not empty."""
    if not isinstance(value, str):
        raise mismatch("a string", value, path)
    if not value:
        raise MalformedValue("the string is empty", path=path)
    return value


def as_object(value: JsonValue, path: str) -> JsonObject:
    """``value``, which must be an object."""
    if not isinstance(value, dict):
        raise mismatch("an object", value, path)
    return value


def as_list(value: JsonValue) -> list[JsonValue]:
    """``value`` itself where it is an array, else an array of just ``value``."""
    return value if isinstance(value, list) else [value]


def strings(value: JsonValue, path: str) -> list[str]:
    """The strings of a string or of an array of strings; never empty.

    Raises:
        MalformedValue: An empty array, an empty string, or anything else.
    """
    if type(value) is list and {type(item) for item in value} == {str}:
        texts = cast("list[str]", [*value])
        if "" not in texts:
            return texts
    return [as_str(item, place) for item, place in _items(value, path)]


def object_list(value: JsonValue, path: str) -> list[JsonObject]:
    """The objects of an object or of an array of objects; never empty.

    Raises:
        MalformedValue: An empty array, or anything but objects.
    """
    return [as_object(item, place) for item, place in _items(value, path)]


def _items(value: JsonValue, path: str) -> list[tuple[JsonValue, str]]:
    if not isinstance(value, list):
        return [(value, path)]
    if not value:
        raise MalformedValue("the array is empty", path=path)
    return [(item, child(path, index)) for index, item in enumerate(value)]


def item_path(value: JsonValue, path: str, index: int) -> str:
    """The path of element ``index``; ``path`` itself where there is no array."""
    return child(path, index) if isinstance(value, list) else path


def no_others(obj: Mapping[str, JsonValue], names: Collection[str], path: str) -> None:
    """Return if ``obj`` has no members but ``names``.

    A misspelt setting must not become a missing one.

    Raises:
        MalformedValue: There is another member.
    """
    for name in obj:
        if name not in names:
            raise MalformedValue(
                "this member is not known here", path=child(path, name)
            )


__all__ = [
    "as_list",
    "as_object",
    "as_str",
    "describe",
    "item_path",
    "no_others",
    "object_list",
    "optional",
    "optional_str",
    "required",
    "required_str",
    "strings",
]
