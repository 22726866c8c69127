"""One rule for what callers hand over: the annotations say it, the call holds to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.arguments import check_argument, check_fields, checked_arguments
from medid.core.fetch import NoFetch
from medid.core.instant import Instant
from medid.errors import ConfigurationError
from tests.support import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from medid.core.fetch import Fetch
    from medid.core.json import JsonValue

AT = Instant(0)


class Subclass(NoFetch):
    pass


GOOD: dict[str, tuple[Any, ...]] = {
    "str": ("", "text"),
    "bytes": (b"",),
    "bool": (True, False),
    "int": (0, -1, 10**30),
    "bool | int": (True, 3),
    "float": (0, 1.5, 10**30),
    "str | None": (None, "text"),
    "str | Path": ("text", Path("file")),
    "Instant | None": (None, AT),
    "NoFetch": (NoFetch(), Subclass()),
    "Fetch": (NoFetch(), Subclass()),
    "Clock": (lambda: AT,),
    "Sequence[str]": ([], ["a"], ("a",), {"a"}, {"a": 1}.keys()),
    "Iterable[str]": ([], iter(["a"])),
    "frozenset[int]": (frozenset(), frozenset({3}), {3}),
    "tuple[bytes, ...]": ((), (b"a",), [b"a"]),
    "Mapping[str, bytes]": ({}, {"a": b"b"}),
    "Mapping[str, Sequence[str | bytes]]": ({}, {"a": ["b", b"c"]}),
    # What a document is, its reader says.
    "Mapping[str, JsonValue]": ({}, None, 7),
    "JsonValue": (None, 7),
    "Sequence[Mapping[str, JsonValue] | str]": ([], [{}, "a", 7]),
}
BAD: dict[str, tuple[Any, ...]] = {
    "str": (None, b"", 1, ["a"], Path("file")),
    "bytes": (None, "", bytearray(b"a")),
    "bool": (None, 0, 1, "true"),
    "int": (None, True, 1.0, "1"),
    "float": (None, True, "1", float("nan"), float("inf")),
    "str | None": (b"", 0),
    "str | Path": (b"file", None, 1),
    "Instant | None": (0, "2026-06-15T12:00:00Z", Instant, type("Instant", (), {})()),
    "Fetch": (None, object(), NoFetch),
    "Clock": (None, AT),
    "Sequence[str]": ("text", b"text", {"a": 1}, [1], [None], iter(["a"]), None, 7),
    "Iterable[str]": ("text", None),
    "frozenset[int]": ([3], {True}, {"3"}, None),
    "Mapping[str, bytes]": (None, [], {"a": "b"}, {1: b"a"}),
    "Mapping[str, Sequence[str | bytes]]": ({"a": "b"}, {"a": {"b": 1}}, {"a": [1]}),
    "Sequence[Mapping[str, JsonValue] | str]": ("a", {"a": 1}, None),
}


def test_what_is_annotated_is_let_through() -> None:
    def check(case: tuple[str, Any]) -> None:
        annotation, value = case
        check_argument("given", value, annotation)
        check_argument("given", value, annotation)  # now by its type alone

    each(_cases(GOOD), check)


def test_nothing_else_is_let_through() -> None:
    def check(case: tuple[str, Any]) -> None:
        annotation, value = case
        with pytest.raises(ConfigurationError) as caught:
            check_argument("given", value, annotation)
        assert caught.value.path == "$.given"

    each(_cases(BAD), check)


def _cases(table: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[str, Any]]:
    return {
        f"{annotation} {number}": (annotation, value)
        for annotation, values in table.items()
        for number, value in enumerate(values)
    }


def test_the_error_says_what_was_meant_and_what_to_pass() -> None:
    with pytest.raises(ConfigurationError) as one:
        check_argument("at", 5, "Instant | None")
    with pytest.raises(ConfigurationError) as other:
        check_argument("disclose", "/name", "Sequence[str]")
    with pytest.raises(ConfigurationError) as third:
        check_argument("number", "1", "int | None")

    assert one.value.message == "at has to be an Instant or None; this is of type int"
    assert "Instant.parse" in one.value.fix
    assert "a list of text" in other.value.message
    assert other.value.fix == "pass a list, also for a single one"
    assert third.value.fix == "pass a whole number or None"


def test_a_value_is_never_told() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_argument("at", "Ada Lovelace", "Instant")

    assert "Ada" not in str(caught.value)


class Called:
    @checked_arguments
    def method(self, first: str, *, second: int = 2, third: Any = None) -> str:
        return f"{first} {second}"

    @classmethod
    @checked_arguments
    def made(cls, fetch: Fetch, call: Callable[[], int]) -> type:
        return cls


def test_a_function_is_called_with_what_it_says() -> None:
    assert Called().method("a") == "a 2"
    assert Called().method(first="a", second=3) == "a 3"
    assert Called.made(NoFetch(), int) is Called


def test_a_function_is_not_called_with_anything_else() -> None:
    for call in (
        lambda: Called().method(1),  # type: ignore[arg-type]
        lambda: Called().method("a", second="3"),  # type: ignore[arg-type]
        lambda: Called.made(int, int),  # type: ignore[arg-type]
    ):
        with pytest.raises(ConfigurationError):
            call()


def test_a_call_of_another_shape_is_pythons_own_error() -> None:
    with pytest.raises(TypeError):
        Called().method("a", "b")  # type: ignore[arg-type,call-arg]
    with pytest.raises(TypeError):
        Called().method("a", fourth=1)  # type: ignore[call-arg]


@dataclass(frozen=True)
class Record:
    name: str
    parts: Sequence[str] = ()
    more: Iterable[JsonValue] | None = None

    def __post_init__(self) -> None:
        check_fields(self)


def test_the_fields_of_a_record_are_what_they_say() -> None:
    assert Record("a", ["b"]).parts == ["b"]
    with pytest.raises(ConfigurationError) as caught:
        Record("a", "b")

    assert caught.value.path == "$.parts"
