"""JSON pointers: RFC 6901, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import pointers
from medid.errors import MalformedValue

# Section 5 of the RFC.
EXAMPLES = [
    ("", ()),
    ("/foo", ("foo",)),
    ("/foo/0", ("foo", "0")),
    ("/", ("",)),
    ("/a~1b", ("a/b",)),
    ("/c%d", ("c%d",)),
    ('/k"l', ('k"l',)),
    ("/ ", (" ",)),
    ("/m~0n", ("m~n",)),
    ("/~01", ("~1",)),
    ("//", ("", "")),
]


@pytest.mark.parametrize(("text", "tokens"), EXAMPLES)
def test_the_rfc_s_examples(text: str, tokens: tuple[str, ...]) -> None:
    assert pointers.parse(text) == tokens


@pytest.mark.parametrize("text", ["foo", "foo/bar", " /foo", "/~", "/~2", "/a~", "~0"])
def test_what_is_no_pointer(text: str) -> None:
    with pytest.raises(MalformedValue, match="not a JSON pointer"):
        pointers.parse(text)


@given(st.lists(st.text()))
def test_any_names_can_be_written(names: list[str]) -> None:
    escaped = (name.replace("~", "~0").replace("/", "~1") for name in names)
    text = "".join(f"/{name}" for name in escaped)
    assert pointers.parse(text) == tuple(names)


@pytest.mark.parametrize(
    ("token", "found"), [("0", 0), ("7", 7), ("10", 10), ("999999999", 999999999)]
)
def test_an_index(token: str, found: int) -> None:
    assert pointers.index(token) == found


@pytest.mark.parametrize(
    "token", ["", "-", "-1", "01", "1.0", "1e3", "+1", " 1", "1\n", "٣", "1000000000"]
)
def test_what_is_no_index(token: str) -> None:
    assert pointers.index(token) is None
