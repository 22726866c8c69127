"""The compressed bitstring: order of bits, bounds, and damaged or hostile lists."""

from __future__ import annotations

import gzip
import json
import resource
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.multibase import from_multibase, to_base58btc, to_base64url
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    StatusListLengthError,
    StatusRangeError,
)
from medid.status import bitstring, create, decode, encode
from tests.support import agreed, examples, vectors

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN: Final = (
    Path(__file__).parents[1] / "vectors" / "bitstring-status-list" / "lists.json"
)
LARGEST: Final = 8 * 1024 * 1024


def test_the_list_of_the_recommendation() -> None:
    [vector] = json.loads(vectors("bitstring-status-list/vectors.json").read_bytes())
    bits = decode(vector["encodedList"])
    assert len(bits) == vector["bytes"]
    assert bits == create() == bytes(16_384)
    agreed("bitstring-status-list", 0)


def test_lists_that_other_tools_have_written() -> None:
    lists = json.loads(GOLDEN.read_bytes())
    for vector in lists:
        bits, size = decode(vector["encodedList"]), vector["size"]
        if "error" in vector:
            with pytest.raises(StatusListLengthError) as caught:
                bitstring.check_length(bits, size)
            assert caught.value.code == vector["error"]
            continue
        bitstring.check_length(bits, size)
        for index, value in vector["set"].items():
            assert bitstring.read(bits, int(index), size=size) == value
        assert sum(map(int.bit_count, bits)) == sum(
            value.bit_count() for value in vector["set"].values()
        )
    assert len(lists) == 4


def test_the_left_most_bit_is_index_0() -> None:
    bits = bytes([0b1000_0001, 0b0100_0000]) + bytes(16_382)
    assert [n for n in range(16) if bitstring.read(bits, n)] == [0, 7, 9]


def test_a_known_answer_for_entries_of_several_bits() -> None:
    bits = bytes([0b11_01_00_10, 0b0001_1111])
    assert [bitstring.read(bits, n, size=2) for n in range(4)] == [3, 1, 0, 2]
    assert [bitstring.read(bits, n, size=4) for n in range(4)] == [13, 2, 1, 15]
    assert bitstring.read(bits, 1, size=3) == 0b100
    assert bitstring.read(bits, 2, size=3) == 0b100
    assert bitstring.read(bits, 0, size=16) == 0b1101_0010_0001_1111


@pytest.mark.parametrize("index", [-1, -131_072, 131_072, 10**30])
def test_an_index_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(StatusRangeError) as caught:
        bitstring.read(create(), index, path="$.x")
    assert caught.value.path == "$.x"
    with pytest.raises(StatusRangeError):
        bitstring.write(bytearray(create()), index, 1)


def test_the_first_and_last_index_are_inside() -> None:
    bits = b"\x80" + bytes(16_382) + b"\x01"
    assert bitstring.read(bits, 0) == bitstring.read(bits, 131_071) == 1
    assert bitstring.read(create(size=2), 131_071, size=2) == 0
    with pytest.raises(StatusRangeError):
        bitstring.read(create(size=2), 131_072, size=2)


@given(
    st.integers(1, 32).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.binary(min_size=16, max_size=16),
            st.integers(0, 128 // size - 1),
            st.integers(0, 2**size - 1),
        )
    )
)
def test_writing_changes_one_entry_only(case: tuple[int, bytes, int, int]) -> None:
    size, before, index, value = case
    after = bytearray(before)
    bitstring.write(after, index, value, size=size)
    for n in range(128 // size):
        expected = value if n == index else bitstring.read(before, n, size=size)
        assert bitstring.read(after, n, size=size) == expected
    rest = 128 % size
    assert int.from_bytes(after, "big") % 2**rest == (
        int.from_bytes(before, "big") % 2**rest
    )


@pytest.mark.parametrize("value", [2, -1])
def test_a_value_that_does_not_fit_is_refused(value: int) -> None:
    bits = bytearray(create())
    with pytest.raises(ConfigurationError):
        bitstring.write(bits, 0, value)
    assert bits == create()


@settings(max_examples=examples(30))
@given(st.binary(max_size=2_000), st.sampled_from([1, 6, 9]))
def test_what_is_written_is_read(bits: bytes, level: int) -> None:
    assert decode(encode(bits, level=level)) == bits
    assert encode(bits, level=level) == encode(bits, level=level)


def test_what_is_written_is_plain_gzip() -> None:
    packed = from_multibase(encode(b"status" * 99))
    assert gzip.decompress(packed) == b"status" * 99
    assert packed[4:8] == bytes(4)  # no time, so that equal lists give equal text


@pytest.mark.parametrize(
    ("entries", "size"),
    [(131_071, 1), (131_073, 1), (0, 1), (-8, 1), (2**26 + 8, 1), (2**26, 2)],
)
def test_a_list_of_another_length_is_not_created(entries: int, size: int) -> None:
    with pytest.raises(ConfigurationError):
        create(entries, size=size)


@pytest.mark.parametrize("size", [0, 33, -1])
def test_a_status_of_no_or_too_many_bits_is_not_created(size: int) -> None:
    with pytest.raises(ConfigurationError):
        create(size=size)


def test_the_smallest_and_largest_list() -> None:
    assert len(create(131_072)) == 16_384
    assert len(create(2**26)) == LARGEST


@pytest.mark.parametrize(
    ("count", "size", "accepted"),
    [
        (16_384, 1, True),
        (16_383, 1, False),
        (0, 1, False),
        (16_384, 2, False),
        (49_152, 3, True),
        (49_153, 3, False),
    ],
)
def test_the_length_counts_whole_entries(count: int, size: int, accepted: bool) -> None:
    if accepted:
        bitstring.check_length(bytes(count), size)
        return
    with pytest.raises(StatusListLengthError) as caught:
        bitstring.check_length(bytes(count), size, path="$.x")
    assert caught.value.path == "$.x"


def packed(bits: bytes = bytes(16_384)) -> bytes:
    return gzip.compress(bits, mtime=0)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data[:-8],
        lambda data: data[:20],
        lambda data: data[:5],
        lambda _: b"",
        lambda data: data + b"\0",
        lambda data: data + data,
        lambda data: data[:-8] + bytes(8),
        lambda data: b"\x1f\x8c" + data[2:],
        lambda _: zlib.compress(bytes(16_384)),
        lambda _: bytes(16_384),
    ],
)
def test_damaged_data_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(MalformedValue) as caught:
        decode(to_base64url(change(packed())), path="$.encodedList")
    assert caught.value.path == "$.encodedList"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[1:],
        lambda text: "z" + text[1:],
        lambda text: "U" + text[1:],
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace("A", "+", 1),
        lambda _: "",
        lambda _: "u",
        lambda _: to_base58btc(packed(b"short")),
    ],
)
def test_another_encoding_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(MalformedValue):
        decode(change(to_base64url(packed())))


def test_the_largest_list_is_read_and_one_byte_more_is_not() -> None:
    assert len(decode(to_base64url(packed(bytes(LARGEST))))) == LARGEST
    with pytest.raises(StatusListLengthError):
        decode(to_base64url(packed(bytes(LARGEST + 1))))


def test_a_bomb_takes_no_more_than_the_limit() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1024 * 1024)
    bomb = b"".join(packer.compress(block) for _ in range(200)) + packer.flush()
    assert len(bomb) < 210_000
    text = to_base64url(bomb)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(StatusListLengthError) as caught:
        decode(text, path="$.encodedList")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 40 * 1024  # kilobytes
    assert caught.value.path == "$.encodedList"


def test_a_text_beyond_any_list_is_not_even_decoded() -> None:
    with pytest.raises(StatusListLengthError):
        decode("u" + "!" * (12 * 1024 * 1024))


@settings(max_examples=examples(200))
@given(st.integers(0, 60), st.binary(min_size=1, max_size=3))
def test_any_damage_is_refused_or_harmless(place: int, junk: bytes) -> None:
    data = packed()
    damaged = data[:place] + junk + data[place + len(junk) :]
    try:
        found = decode(to_base64url(damaged))
    except MedidError:
        return
    assert found == bytes(16_384)


@given(st.text(max_size=60))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(MedidError):
        decode(text)
