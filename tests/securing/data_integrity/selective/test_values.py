"""Proof values: one way to write them, and what is refused of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url, cbor
from medid.errors import MalformedProof
from medid.securing.data_integrity.selective import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonValue
    from medid.securing.data_integrity.selective.values import Components

HEADER = b"\xd9\x5d\x01"


def value(body: bytes) -> str:
    return "u" + base64url.encode(HEADER + body)


def components(*items: Any) -> Components:
    return values.read(values.write(HEADER, list(items)))


@given(
    st.recursive(
        st.integers(0, 2**64 - 1) | st.binary() | st.text(),
        lambda inner: st.lists(inner, max_size=4),
        max_leaves=6,
    ).map(lambda item: [item])
)
def test_what_is_written_is_read(items: list[Any]) -> None:
    depth = str(items).count("[")
    if depth <= 2:
        found = values.read(values.write(HEADER, items))
        assert found.header == HEADER
        assert [found.next()] == items


MALFORMED: list[JsonValue] = [
    None,
    7,
    {},
    [],
    "",
    "u",
    "u2V0",
    "u2V0B",
    "z" + base64url.encode(HEADER + b"\x80"),
    base64url.encode(HEADER + b"\x80"),
    value(b"\x80") + "=",
    value(b"\x80") + "A",
    value(b"\x80") + "\n",
    " " + value(b"\x80"),
    value(b"\x80").replace("_", "/").replace("-", "+") + "+",
    value(b""),
    value(b"\x00"),
    value(b"\xa0"),
    value(b"\x40"),
    value(b"\x80\x00"),
    value(b"\xd9\x01\x00\x80"),
    value(b"\x81\xd8\x40\x41\x00"),
    value(b"\x81\xc2\x41\x00"),
    value(b"\x9f\xff"),
    value(b"\x81\x5f\x41\x00\xff"),
    value(b"\x81\x7f\x61\x61\xff"),
    value(b"\x81\xbf\xff"),
    value(b"\x98\x00"),
    value(b"\x81\x18\x01"),
    value(b"\x81\x58\x01\x00"),
    value(b"\x81\xf4"),
    value(b"\x81\xf6"),
    value(b"\x81\xf7"),
    value(b"\x81\xf9\x00\x00"),
    value(b"\x81\xa2\x00\x01\x00\x02"),
    value(b"\x81\xa1\x41\x00\x00"),
    value(b"\x81\x61\xff"),
    value(b"\x81\x81\x81\x00"),
    value(b"\x9a\xff\xff\xff\xff"),
    value(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
    value(b"\x81\x5a\xff\xff\xff\xff"),
    value(b"\x81" + b"\x99\xff\xff" + bytes(0xFFFF)),
    value(cbor.dumps([bytes(values.MAX_VALUE_BYTES)])),
    "u" + "A" * (4 * values.MAX_VALUE_BYTES // 3 + 1),
]


@pytest.mark.parametrize("text", MALFORMED)
def test_what_is_no_proof_value(text: JsonValue) -> None:
    with pytest.raises(MalformedProof) as caught:
        values.read(text)
    assert caught.value.path == "$.proofValue"


def test_a_tag_only_where_it_is_allowed() -> None:
    found = values.read(value(b"\x81\xc2\x41\x00"), tags=frozenset({2}))
    assert found.next() == cbor.Tag(2, b"\0")


def test_a_map_s_keys_may_stand_in_any_order() -> None:
    found = values.read(value(b"\x81\xa2\x01\x41\x01\x00\x41\x00"))
    assert found.label_map(lambda item: item) == [b"\0", b"\1"]


READ: list[tuple[Callable[[Components], object], Any, object]] = [
    (lambda c: c.octets(), b"abc", b"abc"),
    (lambda c: c.octets(3), b"abc", b"abc"),
    (lambda c: c.octet_strings(2), [b"ab", b"cd"], [b"ab", b"cd"]),
    (lambda c: c.texts(), ["/a", ""], ["/a", ""]),
    (lambda c: c.text(), "x", "x"),
    (lambda c: c.count(), 0, 0),
    (lambda c: c.indexes(), [], []),
    (lambda c: c.indexes(), [0, 1, 5, 2**64 - 1], [0, 1, 5, 2**64 - 1]),
    (lambda c: c.label_map(c.number), {}, []),
    (lambda c: c.label_map(c.number), {0: 3, 1: 0}, [3, 0]),
    (lambda c: c.label_map(lambda i: c.sized(i, 1)), {0: b"a"}, [b"a"]),
]


@pytest.mark.parametrize(("read", "item", "expected"), READ)
def test_components(
    read: Callable[[Components], object], item: Any, expected: object
) -> None:
    assert read(components(item)) == expected


WRONG: list[tuple[Callable[[Components], object], Any]] = [
    (lambda c: c.octets(), "abc"),
    (lambda c: c.octets(), 1),
    (lambda c: c.octets(3), b"ab"),
    (lambda c: c.octets(3), b"abcd"),
    (lambda c: c.octet_strings(2), b"ab"),
    (lambda c: c.octet_strings(2), [b"ab", b"a"]),
    (lambda c: c.octet_strings(2), [b"ab", "ab"]),
    (lambda c: c.octet_strings(2), {0: b"ab"}),
    (lambda c: c.texts(), "/a"),
    (lambda c: c.texts(), ["/a", b"/b"]),
    (lambda c: c.text(), b"x"),
    (lambda c: c.count(), -1),
    (lambda c: c.count(), "1"),
    (lambda c: c.count(), [1]),
    (lambda c: c.indexes(), 1),
    (lambda c: c.indexes(), [-1]),
    (lambda c: c.indexes(), [-1, 0]),
    (lambda c: c.indexes(), [0, 0]),
    (lambda c: c.indexes(), [1, 0]),
    (lambda c: c.indexes(), [0, "1"]),
    (lambda c: c.indexes(), [0, b"1"]),
    (lambda c: c.label_map(c.number), [0]),
    (lambda c: c.label_map(c.number), {1: 0}),
    (lambda c: c.label_map(c.number), {0: 1, 2: 3}),
    (lambda c: c.label_map(c.number), {-1: 0}),
    (lambda c: c.label_map(c.number), {"0": 0}),
    (lambda c: c.label_map(c.number), {"c14n0": 0}),
    (lambda c: c.label_map(c.number), {0: 1, 1: 1}),
    (lambda c: c.label_map(c.number), {0: -1}),
    (lambda c: c.label_map(c.number), {0: b"1"}),
    (lambda c: c.label_map(lambda i: c.sized(i, 1)), {0: b"a", 1: b"a"}),
    (lambda c: c.label_map(lambda i: c.sized(i, 1)), {0: b"ab"}),
]


@pytest.mark.parametrize(("read", "item"), WRONG)
def test_components_of_another_form(
    read: Callable[[Components], object], item: Any
) -> None:
    with pytest.raises(MalformedProof, match="component 1 of proofValue"):
        read(components(item))


def test_how_many_components_there_are() -> None:
    assert components(1, 2).expect(2, 3) == 2
    for count in (0, 1, 3):
        with pytest.raises(MalformedProof, match="number of components"):
            components(1, 2).expect(count)


def test_what_a_proof_value_begins_with() -> None:
    assert values.begins_with(value(b""), [HEADER])
    assert not values.begins_with(value(b""), [b"\xd9\x5d\x00", b"\xd9\x5d\x02"])
    for text in (None, 1, "", "u2V0", base64url.encode(HEADER)):
        assert not values.begins_with(text, [HEADER])
