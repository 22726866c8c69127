"""The tree of errors: stable codes, paths that can be joined, nothing leaked."""

from __future__ import annotations

import re

import pytest

from medid import errors
from medid.errors import MalformedValue, MedidError, Refused, Unchecked, child, located


def every_class(root: type[MedidError] = MedidError) -> list[type[MedidError]]:
    """Of the tree itself; adapters may put more precise ones below."""
    below = [one for one in root.__subclasses__() if one.__module__ == errors.__name__]
    return [root, *(one for sub in below for one in every_class(sub))]


def test_the_docstring_draws_the_whole_tree() -> None:
    drawn = dict(
        re.findall(r"[|`]-- (\w+) +([A-Z_]+)$", errors.__doc__ or "", re.MULTILINE)
    )
    leaves = {one.__name__: one.code for one in every_class() if one.__doc__}
    for name, code in drawn.items():
        assert leaves[name] == code
    undrawn = (
        set(leaves) - set(drawn) - {"MedidError", "Refused", "Unchecked", "Misuse"}
    )
    assert undrawn == set()


def test_every_code_is_found_and_every_class_has_a_fix() -> None:
    codes = errors.codes()
    assert len(codes) >= 40
    for one in every_class():
        assert codes[one.code].code == one.code
        assert one.default_fix
        assert re.fullmatch("[A-Z][A-Z0-9_]+", one.code)


def test_checked_and_false_is_not_could_not_check() -> None:
    for one in every_class(Refused):
        assert not issubclass(one, Unchecked)


def test_an_error_is_one_line_with_code_path_and_fix() -> None:
    error = MalformedValue("no such day", path="$.a", fix="write a day")
    assert str(error) == "MALFORMED_VALUE_ERROR at $.a: no such day (fix: write a day)"
    assert error.as_json() == {
        "code": "MALFORMED_VALUE_ERROR",
        "message": "no such day",
        "path": "$.a",
        "fix": "write a day",
    }


def test_paths_are_joined_from_the_outside_in() -> None:
    with (
        pytest.raises(MalformedValue) as caught,
        located("$.verifiableCredential[1]"),
        located("$.issuer"),
    ):
        raise MalformedValue("x", path="$.id")
    assert caught.value.path == "$.verifiableCredential[1].issuer.id"


def test_located_leaves_other_things_alone() -> None:
    with located("$.a"):
        pass
    with pytest.raises(ZeroDivisionError), located("$.a"):
        _ = 1 / 0


def test_member_names_that_could_be_data_are_not_shown() -> None:
    assert child("$", "issuer") == "$.issuer"
    assert child("$", "@context") == "$.@context"
    assert child("$.a", 3) == "$.a[3]"
    for name in ("Jane Doe", "1970-01-01", "", "a.b", "a" * 80, "x\n"):
        assert child("$", name) == "$[?]"
