"""Token status lists: the least significant bit first, bounded, and back again."""

from __future__ import annotations

import json
import resource
import zlib
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core import base64url
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    StatusListLengthError,
    StatusRangeError,
)
from medid.status import TokenStatusList
from medid.status.compressed import MAX_BYTES
from medid.status.token_list import INVALID, SIZES, SUSPENDED, VALID, PackedList
from tests.support import agreed, examples, vectors

# The two lists that section 4.1 spells out, bit by bit.
ONE_BIT: Final = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
TWO_BITS: Final = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


def packed(statuses: bytes = bytes(16_384)) -> bytes:
    return zlib.compress(statuses, 9)


def of(lst: Any, bits: Any = 1) -> TokenStatusList:
    """The list of bytes in CBOR, or of anything else in JSON."""
    stated = {"bits": bits, "lst": lst}
    read: Any = PackedList.of_cbor if isinstance(lst, bytes) else PackedList.of_json
    found: TokenStatusList = read(stated).unpack()
    return found


def naive(statuses: bytes, bits: int) -> list[int]:
    """Every entry, from a string of bits: another way to the same numbers."""
    text = "".join(f"{byte:08b}"[::-1] for byte in statuses)
    return [int(text[at : at + bits][::-1], 2) for at in range(0, len(text), bits)]


@pytest.mark.parametrize(
    ("bits", "values", "statuses"),
    [(1, ONE_BIT, "b9a3"), (2, TWO_BITS, "c944f9")],
)
def test_the_lists_of_the_specification(
    bits: int, values: list[int], statuses: str
) -> None:
    made = TokenStatusList.create(len(values), bits=bits)
    made = made.with_statuses(dict(enumerate(values)))
    assert made.statuses.hex() == statuses
    assert [made.status(index) for index in range(len(values))] == values
    assert naive(made.statuses, bits) == values


# The official lists.


def test_every_list_of_the_drafts_vectors_in_json_and_cbor() -> None:
    cases = json.loads(vectors("ietf-token-status-list/vectors.json").read_text())
    assert sorted(case["bits"] for case in cases) == [1, 1, 2, 2, 4, 8]
    compared = 0
    for number, case in enumerate(cases):
        # The first two have the text before their CBOR along with it.
        encoded = case["cbor_hex"][case["cbor_hex"].index("a26462697473") :]
        in_cbor = cbor2.loads(bytes.fromhex(encoded))
        lists = [
            PackedList.of_json({"bits": case["bits"], "lst": case["lst"]}).unpack(),
            PackedList.of_cbor(in_cbor).unpack(),
        ]
        assert lists[0] == lists[1]
        assert len(lists[0].statuses) == case["size_bytes"]
        for index, value in case["set"]:
            assert lists[0].status(index) == value
            compared += 1
        named = {index for index, value in case["set"] if value}
        each = 8 // case["bits"]
        # A million entries: only the bytes with something in them are looked into.
        assert {
            place * each + index
            for place, byte in enumerate(lists[0].statuses)
            if byte
            for index, value in enumerate(naive(bytes([byte]), case["bits"]))
            if value
        } == named
        made = TokenStatusList.create(lists[0].entries, bits=case["bits"])
        assert made.with_statuses(dict(case["set"])) == lists[0]
        agreed("ietf-token-status-list", number)
    assert compared == 16 + 12 + 11 + 11 + 15 + 256


# Reading and writing entries.


@settings(max_examples=examples(60), deadline=None)
@given(st.sampled_from(SIZES), st.data())
def test_statuses_are_what_they_were_set_to(bits: int, data: st.DataObject) -> None:
    entries = data.draw(st.integers(1, 100))
    made = TokenStatusList.create(entries, bits=bits)
    assert entries <= made.entries < entries + 8
    changes = data.draw(
        st.dictionaries(
            st.integers(0, made.entries - 1), st.integers(0, (1 << bits) - 1)
        )
    )
    changed = made.with_statuses(changes)
    expected = [changes.get(index, 0) for index in range(made.entries)]
    assert naive(changed.statuses, bits) == expected
    assert [changed.status(index) for index in range(made.entries)] == expected
    assert made.statuses == bytes(len(made.statuses))
    again = [
        PackedList.of_json(changed.as_json()).unpack(),
        PackedList.of_cbor(changed.as_cbor()).unpack(),
    ]
    assert again == [changed, changed]


@pytest.mark.parametrize("index", [-1, -8, 16, 10**9, 2**63, -(2**63)])
def test_there_is_no_entry_outside_of_a_list(index: int) -> None:
    made = TokenStatusList.create(16)
    with pytest.raises(StatusRangeError) as caught:
        made.status(index, path="$.status.status_list.idx")
    assert caught.value.path == "$.status.status_list.idx"
    with pytest.raises(StatusRangeError):
        made.with_statuses({index: 1})


def test_an_empty_list_has_no_entry() -> None:
    with pytest.raises(StatusRangeError):
        of(base64url.encode(packed(b""))).status(0)


def test_a_suspension_can_be_lifted_and_a_revocation_cannot() -> None:
    made = TokenStatusList.create(8, bits=2).with_statuses({1: SUSPENDED})
    assert made.with_statuses({1: VALID}).status(1) == VALID
    revoked = made.with_statuses({1: INVALID})
    assert revoked.with_statuses({1: INVALID}) == revoked
    for status in (VALID, SUSPENDED, 3):
        with pytest.raises(ConfigurationError, match="taken back"):
            revoked.with_statuses({1: status})


@pytest.mark.parametrize(("bits", "status"), [(1, 2), (2, 4), (4, 16), (8, 256)])
def test_a_status_fits_its_entry(bits: int, status: int) -> None:
    made = TokenStatusList.create(8, bits=bits)
    made.with_statuses({0: status - 1})
    for wrong in (status, -1):
        with pytest.raises(ConfigurationError, match="does not fit"):
            made.with_statuses({0: wrong})


@pytest.mark.parametrize("bits", [0, 3, 5, 16, -1, True, 1.0])
def test_there_is_no_other_size(bits: Any) -> None:
    with pytest.raises(ConfigurationError):
        TokenStatusList.create(bits=bits)
    with pytest.raises(ConfigurationError):
        TokenStatusList(bits=bits, statuses=b"")


@pytest.mark.parametrize("entries", [0, -8, 8 * MAX_BYTES + 1])
def test_a_list_has_a_size_that_can_be_read(entries: int) -> None:
    with pytest.raises(ConfigurationError):
        TokenStatusList.create(entries)
    with pytest.raises(ConfigurationError):
        TokenStatusList(bits=1, statuses=bytes(MAX_BYTES + 1))
    assert TokenStatusList.create(8 * MAX_BYTES).entries == 8 * MAX_BYTES


# What travels.


@pytest.mark.parametrize("bits", [0, 3, 7, 16, -1, True, 1.0, "1", None, [1], 2**64])
def test_the_number_of_bits_is_one_of_four(bits: Any) -> None:
    with pytest.raises(MalformedValue) as caught:
        of(base64url.encode(packed()), bits)
    assert caught.value.path == "$.bits"


BAD_LISTS: Final[dict[str, Any]] = {
    "no text": 7,
    "nothing": None,
    "an array": [b"a"],
    "another alphabet": base64url.encode(packed()) + "!",
    "padded": base64url.encode(packed()) + "==",
    "multibase": "u" + base64url.encode(packed()),
    "empty": "",
    "empty bytes": b"",
    "GZIP": zlib.compress(bytes(100), wbits=31),
    "bare DEFLATE": zlib.compress(bytes(100), wbits=-15),
    "not compressed": bytes(100),
    "truncated": packed()[:-1],
    "without its checksum": packed()[:-4],
    "another checksum": packed()[:-4] + b"\0\0\0\0",
    "followed by more": packed() + b"\0",
    "twice": packed() * 2,
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_a_list_is_one_stream_and_nothing_else(name: str) -> None:
    with pytest.raises(MalformedValue):
        of(BAD_LISTS[name])


def test_a_list_needs_both_of_its_members() -> None:
    in_text = base64url.encode(packed())
    missing: list[dict[Any, Any]] = [{"bits": 1}, {"lst": packed()}, {"lst": in_text}]
    for stated in [*missing, {}]:
        for read in (PackedList.of_json, PackedList.of_cbor):
            with pytest.raises(MalformedValue):
                read(stated)


def test_json_has_a_text_and_cbor_has_bytes() -> None:
    in_text: dict[Any, Any] = {"bits": 1, "lst": base64url.encode(packed())}
    with pytest.raises(MalformedValue):
        PackedList.of_cbor(in_text)
    in_bytes: dict[Any, Any] = {"bits": 1, "lst": packed()}
    with pytest.raises(MalformedValue):
        PackedList.of_json(in_bytes)


def test_further_members_are_not_read() -> None:
    stated = TokenStatusList.create().as_cbor()
    stated |= {"aggregation_uri": 7, 5: [b"x"]}
    assert PackedList.of_cbor(stated).unpack().entries == 131_072


def test_a_preset_dictionary_is_no_way_in() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, zdict=b"a dictionary")
    with pytest.raises(MalformedValue):
        of(packer.compress(b"a dictionary") + packer.flush())


def test_the_largest_list_is_read_and_no_larger() -> None:
    assert of(packed(bytes(MAX_BYTES))).entries == 8 * MAX_BYTES
    with pytest.raises(StatusListLengthError):
        of(packed(bytes(MAX_BYTES + 1)))


def test_a_bomb_takes_no_more_than_the_limit() -> None:
    packer = zlib.compressobj(9)
    block = bytes(1024 * 1024)
    bomb = b"".join(packer.compress(block) for _ in range(200)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(StatusListLengthError):
        of(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024


def test_a_text_beyond_any_list_is_not_even_decoded() -> None:
    with pytest.raises(StatusListLengthError):
        of("!" * (12 * 1024 * 1024 + 1))


@settings(max_examples=examples(150), deadline=None)
@given(st.integers(0, 40), st.binary(min_size=1, max_size=3))
def test_any_damage_is_refused_or_harmless(place: int, junk: bytes) -> None:
    data = packed()
    try:
        found = of(data[:place] + junk + data[place + len(junk) :])
    except MedidError:
        return
    assert found.statuses == bytes(16_384)
