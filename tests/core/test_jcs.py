"""RFC 8785: one byte sequence for each JSON value."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import jcs
from medid.core import json as strict_json
from medid.errors import CanonicalizationError
from tests.core.test_json import values
from tests.support import agreed, vectors

NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", NAMES)
def test_official_vector(name: str) -> None:
    folder = vectors("jcs") / "testdata"
    assert sorted(path.stem for path in (folder / "input").glob("*.json")) == NAMES
    value = json.loads((folder / "input" / f"{name}.json").read_bytes())
    expected = (folder / "output" / f"{name}.json").read_bytes()
    assert jcs.canonicalize(value) == expected.rstrip(b"\n")
    hexadecimal = (folder / "outhex" / f"{name}.txt").read_text()
    assert jcs.canonicalize(value) == bytes.fromhex(hexadecimal)
    agreed("jcs", name)


# RFC 8785 appendix B.
@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_of_appendix_b(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert jcs.canonicalize(value) == text.encode()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([math.nan], "$[0]"),
        ({"a": math.inf}, "$.a"),
        ({"a": 2**53 + 1}, "$.a"),
        ([-(2**53) - 1], "$[0]"),
        ({"a": [10**400]}, "$.a[0]"),
        (-(10**4_000), "$"),
        ({"a": (1,)}, "$.a"),
    ],
)
def test_what_i_json_cannot_carry_is_refused(value: object, path: str) -> None:
    with pytest.raises(CanonicalizationError) as caught:
        jcs.canonicalize(value)  # type: ignore[arg-type]
    assert caught.value.path == path


def test_lone_surrogates_and_endless_nesting_are_refused() -> None:
    with pytest.raises(CanonicalizationError):
        jcs.canonicalize(["\ud800"])
    with pytest.raises(CanonicalizationError):
        jcs.canonicalize({"\ud800": 1})
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(CanonicalizationError):
        jcs.canonicalize(deep)  # type: ignore[arg-type]


def test_names_are_sorted_by_utf16_code_units() -> None:
    # U+1F600 sorts before U+FB33 in UTF-16 and behind it by code point.
    assert jcs.canonicalize({"\ufb33": 1, "\U0001f600": 2}) == (
        '{"\U0001f600":2,"\ufb33":1}'.encode()
    )


@given(values)
def test_canonical_text_reads_back_and_is_canonical_again(value: object) -> None:
    try:
        text = jcs.canonicalize(value)  # type: ignore[arg-type]
    except CanonicalizationError:
        return  # an integer without an exact double
    assert jcs.canonicalize(strict_json.loads(text)) == text


def test_beyond_53_bits_only_the_spelling_of_ecmascript_is_an_integer() -> None:
    assert jcs.canonicalize([2**53, 1152921504606847000]) == (
        b"[9007199254740992,1152921504606847000]"
    )
    for rounded in (2**60, 2**53 + 1, 10**21):
        with pytest.raises(CanonicalizationError):
            jcs.canonicalize([rounded])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_survives(value: float) -> None:
    assert float(jcs.number(value)) == value


def test_what_has_very_many_values_is_written_the_careful_way() -> None:
    numbers: strict_json.JsonValue = [*range(100_001)]
    assert (
        jcs.canonicalize(numbers) == json.dumps(numbers, separators=(",", ":")).encode()
    )
