"""CBOR: one reading of each item, and nothing beyond what a format asked for."""

from __future__ import annotations

import math
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core import cbor
from medid.core.cbor import FALSE, NULL, TRUE, CborRules, Tag
from medid.errors import ConfigurationError, MedidError, ParsingError, TooLarge
from tests.support import examples

SIMPLE: Final = frozenset({FALSE, TRUE, NULL})
# Everything that can be allowed, in the deterministic order.
ALL: Final = CborRules(
    tags=frozenset({1, 18, 55799}), simple_values=SIMPLE, floats=True
)
LOOSE: Final = CborRules(simple_values=SIMPLE, floats=True, deterministic=False)


def load(text: str, rules: CborRules = cbor.ITEM) -> Any:
    return cbor.loads(bytes.fromhex(text), rules=rules)


# Known answers of RFC 8949 appendix A, where the item is one that medid has.
KNOWN: Final[dict[str, Any]] = {
    "00": 0,
    "17": 23,
    "1818": 24,
    "18ff": 255,
    "190100": 256,
    "1903e8": 1000,
    "1a000f4240": 1_000_000,
    "1b000000e8d4a51000": 1_000_000_000_000,
    "1bffffffffffffffff": 18_446_744_073_709_551_615,
    "3bffffffffffffffff": -18_446_744_073_709_551_616,
    "20": -1,
    "3903e7": -1000,
    "f90000": 0.0,
    "f98000": -0.0,
    "f93e00": 1.5,
    "f97bff": 65_504.0,
    "fa47c35000": 100_000.0,
    "fa7f7fffff": 3.4028234663852886e38,
    "fb7e37e43c8800759c": 1.0e300,
    "f90001": 5.960464477539063e-8,
    "f9c400": -4.0,
    "fbc010666666666666": -4.1,
    "f4": False,
    "f5": True,
    "f6": None,
    "c11a514b67b0": Tag(1, 1_363_896_240),
    "40": b"",
    "4401020304": b"\x01\x02\x03\x04",
    "60": "",
    "6161": "a",
    "62225c": '"\\',
    "62c3bc": "\u00fc",
    "64f0908591": "\U00010151",
    "80": [],
    "8301820203820405": [1, [2, 3], [4, 5]],
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819": [*range(1, 26)],
    "a0": {},
    "a201020304": {1: 2, 3: 4},
    "a26161016162820203": {"a": 1, "b": [2, 3]},
    "826161a161626163": ["a", {"b": "c"}],
}


@pytest.mark.parametrize("text", KNOWN)
def test_a_known_answer_both_ways(text: str) -> None:
    found = load(text, ALL)
    assert found == KNOWN[text]
    assert type(found) is type(KNOWN[text])
    assert cbor.dumps(KNOWN[text]).hex() == text


def test_a_negative_zero_keeps_its_sign() -> None:
    assert math.copysign(1, load("f98000", ALL)) == -1


REFUSED: Final = {
    "nothing": "",
    "an argument that is not there": "18",
    "a text that is not there": "61",
    "bytes that are cut": "4401",
    "an array that is cut": "8301",
    "a map that is cut": "a101",
    "a tag without content": "c1",
    "more behind the item": "0000",
    "the same item twice": "a0a0",
    "0 in two bytes": "1800",
    "23 in two bytes": "1817",
    "255 in three bytes": "1900ff",
    "65535 in five bytes": "1a0000ffff",
    "1 in nine bytes": "1b0000000000000001",
    "2^32-1 in nine bytes": "1b00000000ffffffff",
    "-1 in two bytes": "3800",
    "a long length of bytes": "580161",
    "a long length of a text": "780161",
    "a long length of an array": "980101",
    "a long length of a map": "b8010101",
    "a long tag": "d80101",
    "a long key": "a1180101",
    "indefinite bytes": "5f4101ff",
    "an indefinite text": "7f6161ff",
    "an indefinite array": "9f01ff",
    "an indefinite map": "bf0101ff",
    "a break": "ff",
    "a break in an array": "81ff",
    "reserved 28": "1c",
    "reserved 29": "5d",
    "reserved 30": "9e",
    "reserved of the last type": "fc",
    "reserved 28, and enough bytes": "1c" + "ff" * 16,
    "reserved 30, and enough bytes": "7e" + "00" * 64,
    "reserved of the last type, and enough bytes": "fd" + "00" * 32,
    "a key twice": "a201010102",
    "a text key twice": "a2616101616102",
    "a key twice, inside": "81a201010102",
    "a key twice, in a value": "a101a201010102",
    "keys in another order": "a203040102",
    "keys by length": "a30a002000186400",
    "a float as a key": "a1f93e0001",
    "true as a key": "a1f501",
    "null as a key": "a1f601",
    "bytes as a key": "a1414101",
    "an array as a key": "a18001",
    "a map as a key": "a1a001",
    "a tag as a key": "a1c10001",
    "undefined": "f7",
    "a simple value": "f0",
    "a simple value in two bytes": "f820",
    "true in two bytes": "f815",
    "an impossible simple value": "f818",
    "NaN": "f97e00",
    "NaN in five bytes": "fa7fc00000",
    "NaN in nine bytes": "fb7ff8000000000000",
    "infinity": "f97c00",
    "minus infinity": "f9fc00",
    "infinity in nine bytes": "fb7ff0000000000000",
    "1.5 in five bytes": "fa3fc00000",
    "100000.0 in nine bytes": "fb40f86a0000000000",
    "a bignum": "c249010000000000000000",
    "a negative bignum": "c349010000000000000000",
    "a date": "c074323031332d30332d32315432303a30343a30305a",
    "a decimal": "c48221196ab3",
    "an overlong letter": "62c0af",
    "a surrogate": "63eda080",
    "half a letter": "61c3",
    "beyond Unicode": "64f4908080",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_readers_could_disagree_about_is_refused(name: str) -> None:
    with pytest.raises(ParsingError) as caught:
        load(REFUSED[name], ALL)
    assert caught.value.code == "PARSING_ERROR"


@pytest.mark.parametrize("text", ["f4", "f5", "f6", "f93e00", "c100", "81f6", "a101f4"])
def test_nothing_is_allowed_that_was_not_asked_for(text: str) -> None:
    load(text, ALL)
    with pytest.raises(ParsingError):
        load(text)


def test_each_simple_value_is_asked_for_by_itself() -> None:
    rules = CborRules(simple_values=frozenset({NULL}))
    assert load("f6", rules) is None
    for text in ("f4", "f5"):
        with pytest.raises(ParsingError):
            load(text, rules)


def test_a_simple_value_without_a_meaning_cannot_be_asked_for() -> None:
    with pytest.raises(ConfigurationError):
        CborRules(simple_values=frozenset({23}))


def test_a_format_may_leave_order_and_length_of_floats_open() -> None:
    assert load("a203040102", LOOSE) == {3: 4, 1: 2}
    assert [*load("a203040102", LOOSE)] == [3, 1]
    assert load("fa3fc00000", LOOSE) == load("fb3ff8000000000000", LOOSE) == 1.5
    for text in ("a201010102", "a203040304", "a118010203", "1801", "fa7f800000"):
        with pytest.raises(ParsingError):
            load(text, LOOSE)


def test_the_order_is_that_of_the_encoded_keys() -> None:
    written = cbor.dumps({"b": 1, "aa": 2, -1: 3, 100: 4, 10: 5})
    assert written.hex() == "a50a05186404200361620162616102"
    assert [*cbor.loads(written)] == [10, 100, -1, "b", "aa"]  # type: ignore[misc]


# Limits: judged before anything is read.

TOO_LARGE: Final = {
    "2^60 bytes": "5b1000000000000000",
    "2^60 letters": "7b1000000000000000",
    "2^60 elements": "9b1000000000000000",
    "2^60 entries": "bb1000000000000000",
    "2^64-1 bytes": "5bffffffffffffffff",
    "2^64-1 elements inside": "819bffffffffffffffff",
    "10001 elements": "992711",
    "10001 entries": "b92711",
    "17 arrays": "81" * 17 + "00",
    "17 maps": "a101" * 17 + "00",
    "17 tags": "d2" * 17 + "00",
    "100000 arrays": "81" * 100_000 + "00",
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_length_beyond_a_limit_is_not_read(name: str) -> None:
    with pytest.raises(TooLarge):
        load(TOO_LARGE[name], ALL)


def test_the_limits_hold_what_they_say() -> None:
    rules = CborRules(max_bytes=10, max_depth=2, max_members=3, simple_values=SIMPLE)
    assert load("49000000000000000000", rules) == bytes(9)
    with pytest.raises(TooLarge):
        load("4a00000000000000000000", rules)
    assert load("818100", rules) == [[0]]
    with pytest.raises(TooLarge) as caught:
        load("81818100", rules)
    assert caught.value.path == "$[0][0]"
    assert load("82810000", rules) == [[0], 0]
    with pytest.raises(TooLarge):
        load("8282000000", rules)
    # What is announced within the limit, and is not there, is merely cut.
    with pytest.raises(ParsingError) as cut:
        load("4900", rules)
    assert cut.value.code == "PARSING_ERROR"


def test_an_error_names_the_place_and_no_value() -> None:
    with pytest.raises(ParsingError) as caught:
        load("a1616182001800")
    assert caught.value.path == "$.a[1]"
    assert "byte 7" in caught.value.message
    for key, place in {
        "04": "$[4]",
        "29": "$[-10]",
        "1a05f5e100": "$[?]",
        "3a05f5e100": "$[?]",
        "6a31393730203031203031": "$[?]",
    }.items():
        with pytest.raises(ParsingError) as caught:
            load(f"a1{key}f7")
        assert caught.value.path == place


# Writing.


@pytest.mark.parametrize(
    "value",
    [
        1 << 64,
        -(1 << 64) - 1,
        math.nan,
        math.inf,
        -math.inf,
        "\ud800",
        (1, 2),
        {1.5: 1},
        {True: 1},
        {None: 1},
        {b"a": 1},
        {"a": object()},
        [bytearray(b"a")],
        Tag(1, {2: {3: {"\ud800": 1}}}),
    ],
)
def test_what_cannot_be_read_again_is_not_written(value: Any) -> None:
    with pytest.raises(ParsingError):
        cbor.dumps(value)


def test_a_value_that_cannot_be_written_is_named_by_its_place() -> None:
    with pytest.raises(ParsingError) as caught:
        cbor.dumps({"a": [0, {4: math.nan}]})
    assert caught.value.path == "$.a[1][4]"


def test_true_is_not_one() -> None:
    assert cbor.dumps([True, 1, False, 0]).hex() == "84f501f400"


# Properties.

_scalars = (
    st.integers(min_value=-(1 << 64), max_value=(1 << 64) - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.binary(max_size=300)
    | st.booleans()
    | st.none()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(width=16, allow_nan=False, allow_infinity=False)
)
_keys = st.integers(min_value=-(1 << 64), max_value=(1 << 64) - 1) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
)
values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_keys, inner, max_size=4)
        | st.builds(Tag, st.sampled_from([1, 18, 55799]), inner)
    ),
    max_leaves=12,
)
_plain = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Equal in values and in types: to Python, 1 and 1.0 and true are equal."""
    return repr(one) == repr(other)


@settings(max_examples=examples(150), deadline=None)
@given(values)
def test_what_is_written_is_read_again(value: Any) -> None:
    written = cbor.dumps(value)
    found = cbor.loads(written, rules=ALL)
    assert found == value
    assert cbor.dumps(found) == written


@settings(max_examples=examples(150), deadline=None)
@given(values, st.data())
def test_what_is_accepted_has_one_spelling(value: Any, data: st.DataObject) -> None:
    """Begins with an honest item and changes, drops or adds bytes."""
    raw = bytearray(cbor.dumps(value))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        found = cbor.loads(bytes(raw), rules=ALL)
    except MedidError:
        return
    assert cbor.dumps(found) == raw


@settings(max_examples=examples(150), deadline=None)
@given(st.binary(max_size=40))
def test_no_bytes_bring_anything_but_a_refusal_or_their_one_value(raw: bytes) -> None:
    try:
        found = cbor.loads(raw, rules=ALL)
    except ParsingError:
        return
    assert cbor.dumps(found) == raw


# An independent implementation.


@settings(max_examples=examples(100), deadline=None)
@given(_plain)
def test_another_reader_reads_what_medid_writes(value: Any) -> None:
    assert same(
        cbor2.loads(cbor.dumps(value)), cbor.loads(cbor.dumps(value), rules=ALL)
    )


@settings(max_examples=examples(100), deadline=None)
@given(_plain)
def test_medid_reads_what_another_writer_writes(value: Any) -> None:
    written = cbor2.dumps(value, canonical=True)
    assert same(cbor.loads(written, rules=LOOSE), cbor2.loads(written))


@settings(max_examples=examples(150), deadline=None)
@given(st.binary(max_size=12))
def test_what_medid_accepts_another_reads_the_same(raw: bytes) -> None:
    try:
        found = cbor.loads(raw, rules=LOOSE)
    except ParsingError:
        return
    assert same(found, cbor2.loads(raw, allow_duplicate_keys=False))
