"""The strict reader: one answer to one document, and a path for each refusal."""

from __future__ import annotations

import copy
import json
import math
import time
from collections import OrderedDict
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import json as strict_json
from medid.core._strict_json import StrictReader
from medid.core.json import DOCUMENT, JsonLimits
from medid.errors import MedidError, ParsingError, TooLarge

SMALL = JsonLimits(max_bytes=200, max_depth=3, max_members=5)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
    ),
    max_leaves=12,
)


def slow(text: str, limits: JsonLimits = DOCUMENT) -> object:
    return StrictReader(text, limits.max_depth, limits.max_members).read_document()


REFUSED = [
    ('{"a":1,"a":2}', "$.a"),
    ('{"a":[0,{"b":1,"\\u0062":2}]}', "$.a[1].b"),
    ('{"two words":1,"two words":2}', "$[?]"),
    ("[NaN]", "$[0]"),
    ('{"x":Infinity}', "$.x"),
    ('{"x":-Infinity}', "$.x"),
    ("[1e400]", "$[0]"),
    ("[-1e400]", "$[0]"),
    ("1" * 310, "$"),
    ("1" * 500, "$"),
    ("0." + "1" * 500, "$"),
    ('["\\ud800"]', "$[0]"),
    ('["\\udc00\\ud800"]', "$[0]"),
    ('["\\ud800\\u0041"]', "$[0]"),
    ('{"\\ud800":1}', "$"),
    ('["\\u12"]', "$[0]"),
    ('["\\x"]', "$[0]"),
    ('["a\nb"]', "$[0]"),
    ('["open', "$[0]"),
    ("[1,]", "$[1]"),
    ("[1 2]", "$"),
    ("[", "$[0]"),
    ("[,]", "$[0]"),
    ('{"a":1,}', "$"),
    ('{"a" 1}', "$.a"),
    ("{a:1}", "$"),
    ("{", "$"),
    ('{"a":1', "$"),
    ("tru", "$"),
    ("nul", "$"),
    ("", "$"),
    ("  ", "$"),
    ("01", "$"),
    ("+1", "$"),
    (".5", "$"),
    ("1.", "$"),
    ("1 2", "$"),
    ("{} x", "$"),
    ("\ufeff{}", "$"),
    ("'a'", "$"),
]


@pytest.mark.parametrize(("text", "path"), REFUSED)
def test_what_readers_disagree_about_is_refused_where_it_stands(
    text: str, path: str
) -> None:
    for spelling in (text, text.encode("utf-8", "surrogatepass")):
        with pytest.raises(ParsingError) as caught:
            strict_json.loads(spelling)
        assert caught.value.path == path
        assert caught.value.code == "PARSING_ERROR"


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(ParsingError, match="UTF-8"):
        strict_json.loads(b'["\xff"]')
    with pytest.raises(ParsingError):
        strict_json.loads('{"a":1}'.encode("utf-16"))


def test_a_lone_surrogate_in_a_python_string_is_refused() -> None:
    with pytest.raises(ParsingError):
        strict_json.loads('["\ud800"]')


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[[[[1]]]]", "$[0][0][0]"),
        ('{"a":{"b":{"c":{}}}}', "$.a.b.c"),
        ("[1,2,3,4,5,6]", "$[5]"),
        ('{"a":1,"b":2,"c":[4,5,6]}', "$.c[2]"),
        ("[" + " " * 200 + "]", "$"),
    ],
)
def test_each_limit_has_an_edge(text: str, path: str) -> None:
    with pytest.raises(TooLarge) as caught:
        strict_json.loads(text, limits=SMALL)
    assert caught.value.path == path


@pytest.mark.parametrize(
    "text",
    ["[[[1]]]", "[1,2,3,4,5]", '{"a":{"b":{}}}', '["[[[[", "{{{{", ",,,,::::"]'],
)
def test_what_just_fits_is_read(text: str) -> None:
    assert strict_json.loads(text, limits=SMALL) == json.loads(text)


def test_depth_beyond_the_recursion_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        strict_json.loads("[" * 100_000)
    with pytest.raises(TooLarge):
        strict_json.loads('{"a":' * 100_000)


@pytest.mark.parametrize("end", ["", "\\", '"', '\\"x'])
def test_a_text_of_many_quotation_marks_takes_no_more_than_linear_time(
    end: str,
) -> None:
    text = "[" + "[]," * DOCUMENT.max_depth + '"' + '\\"' * 100_000 + end
    begun = time.process_time()
    with pytest.raises(ParsingError):
        strict_json.loads(text)
    assert time.process_time() - begun < 20  # seconds, also under a tracer


def test_a_document_of_another_kind_is_no_object() -> None:
    assert strict_json.load_object('{"a":[]}') == {"a": []}
    with pytest.raises(ParsingError, match="object"):
        strict_json.load_object("[]")


def test_numbers_can_be_read_as_they_are_written() -> None:
    text = ' {"a":35.10,"b":[-0,1E5,true,null,"x"]}\n'
    found = strict_json.load_spelling(text)
    assert found == {"a": "35.10", "b": ["-0", "1E5", True, None, "x"]}
    for refused in ("[1]", '{"a":1,"a":2}', '{"a":01}', '{"a":1e999}', '{"a":NaN}'):
        with pytest.raises(ParsingError):
            strict_json.load_spelling(refused)


@given(values)
def test_both_readers_agree_with_the_value_that_was_written(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert strict_json.loads(text) == value
        assert slow(text) == value
    assert strict_json.check(value) == value


@given(values, st.data())
def test_damaged_text_gets_the_same_answer_from_both_readers(
    value: object, data: st.DataObject
) -> None:
    text = json.dumps(value)
    place = data.draw(st.integers(0, len(text)))
    piece = data.draw(
        st.sampled_from(['"', ",", "}", "]", "{", "[", "\\", "0", "e9", " "])
    )
    damaged = text[:place] + piece + text[place + data.draw(st.integers(0, 2)) :]
    outcomes = []
    for reader in (strict_json.loads, slow):
        try:
            outcomes.append(("read", reader(damaged)))
        except MedidError as error:
            outcomes.append((error.code, error.path))
    assert outcomes[0] == outcomes[1]


@given(st.text(max_size=30))
def test_only_medid_errors_escape(text: str) -> None:
    try:
        assert strict_json.loads(text) == json.loads(text)
    except MedidError as error:
        refused = error
    else:
        return
    assert refused.path.startswith("$")


class Sneaky(dict):  # type: ignore[type-arg]
    """A dict that could answer differently each time it is asked."""


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": (1,)}, "$.a"),
        ({"a": Sneaky()}, "$.a"),
        ({"a": math.nan}, "$.a"),
        ([math.inf], "$[0]"),
        ({1: 2}, "$"),
        ({"a": "\ud800"}, "$.a"),
        ({"\ud800": 1}, "$"),
        ([10**400], "$[0]"),
        (b"bytes", "$"),
        ({"a": {1, 2}}, "$.a"),
    ],
)
def test_python_values_that_json_cannot_spell_are_refused(
    value: object, path: str
) -> None:
    with pytest.raises(ParsingError) as caught:
        strict_json.check(value)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([[[[1]]]], "$[0][0][0]"),
        ([1, 2, 3, 4, 5, 6], "$"),
        ([[1, 2, 3], [4, 5]], "$[1]"),
    ],
)
def test_python_values_are_held_to_the_same_limits(value: object, path: str) -> None:
    with pytest.raises(TooLarge) as caught:
        strict_json.check(value, limits=SMALL)
    assert caught.value.path == path


def test_check_gives_a_copy_that_shares_nothing() -> None:
    original: dict[str, object] = {"a": [1, {"b": None}], "c": 1.5, "d": True}
    copy = strict_json.check(original)
    assert copy == original
    assert isinstance(copy, dict)
    copy["a"] = "changed"
    assert original["a"] == [1, {"b": None}]


def test_dumps_keeps_order_and_refuses_nan() -> None:
    assert strict_json.dumps({"b": 1, "a": "é"}) == '{"b":1,"a":"é"}'
    assert strict_json.dumps({"b": 1}, indent=2) == '{\n  "b": 1\n}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        strict_json.dumps({"a": math.nan})


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (1.5, "a number"),
        ("x", "a string"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_values_are_described_by_kind_only(value: object, word: str) -> None:
    assert strict_json.describe(value) == word
    assert strict_json.mismatch("a string", value, "$.x").message.endswith(word)


# Fingerprints.

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(PLAIN, PLAIN)
def test_equal_fingerprints_are_of_equal_values(one: object, other: object) -> None:
    first = strict_json.fingerprint(one)
    assert first is not None
    assert first == strict_json.fingerprint(copy.deepcopy(one))
    if first == strict_json.fingerprint(other):
        # NaN is like itself here, and 1 is not like True or 1.0.
        assert repr(one) == repr(other)


def test_what_is_almost_equal_has_another_fingerprint() -> None:
    values: list[object] = [1, True, 1.0, "1", [1], (1,), {"1": 1}, {1: 1}, None, 0]
    values += [0.0, -0.0, False, "", [], (), {}]
    assert len({strict_json.fingerprint(value) for value in values}) == len(values)


def test_what_is_not_plain_has_none() -> None:
    loop: list[object] = []
    loop.append(loop)
    for value in (
        OrderedDict(a=1),
        [OrderedDict()],
        object(),
        next(iter(StrEnum("E", ["A"]))),
    ):
        assert strict_json.fingerprint(value) is None
    assert strict_json.fingerprint(loop) is None


def test_another_python_writes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    value: strict_json.JsonObject = {"a": [1, 1.5, None, True, '\u00e9"\\'], "b": {}}
    expected = strict_json.dumps(value)
    monkeypatch.setattr("json.encoder.c_make_encoder", None)
    assert "".join(strict_json.encoder_of(sort_keys=False)(value, 0)) == expected
    with pytest.raises(ValueError, match="not JSON compliant"):
        list(strict_json.encoder_of(sort_keys=False)(float("nan"), 0))
