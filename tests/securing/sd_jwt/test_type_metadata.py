"""Type metadata: read strictly, put together, held against what was issued."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core import json as strict_json
from medid.errors import (
    MalformedValue,
    MedidError,
    ParsingError,
    SchemaValidationError,
    TooLarge,
)
from medid.securing.sd_jwt import parse
from medid.securing.sd_jwt.type_metadata import (
    MAX_CLAIMS,
    MAX_METADATA_BYTES,
    check_rules,
    combined,
    read_type_metadata,
)
from tests.securing.sd_jwt.tokens import claims, digest, disclosure, sd_jwt
from tests.support import examples

VCT: Final = "https://credentials.example/license"
BASE: Final = "https://credentials.example/base"

GIVEN: Final = disclosure("given_name", "Ada")
CITY: Final = disclosure("city", "London")
DEGREE: Final = disclosure({"name": "MD"})
HIDDEN_NAME: Final = disclosure("name", "MD")


def metadata(*rules: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"vct": VCT, "claims": list(rules), **members}


def read(document: Any, vct: str = VCT) -> Any:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_type_metadata(content, vct=vct)


def rule(*path: Any, **members: Any) -> dict[str, Any]:
    return {"path": list(path), **members}


def check(text: str, *rules: dict[str, Any]) -> None:
    check_rules(combined([read(metadata(*rules))]), parse(text))


def refused(text: str, *rules: dict[str, Any]) -> str:
    with pytest.raises(SchemaValidationError) as caught:
        check(text, *rules)
    return caught.value.path


# Reading


def test_what_a_type_says_is_read() -> None:
    found = read(
        {
            "vct": VCT,
            "name": "License",
            "extends": BASE,
            "extends#integrity": "sha256-x",
            "display": [{"locale": "en", "name": "License"}],
            "unknown": {"to": "us"},
            "claims": [
                rule("a", None, 0, "b", mandatory=True, sd="always", svg_id="a_b"),
                rule("c", display=[{"locale": "en", "label": "C", "description": "c"}]),
            ],
        }
    )
    assert (found.vct, found.extends) == (VCT, BASE)
    assert found.extends_integrity == "sha256-x"
    first, second = found.claims
    assert (first.path, first.mandatory, first.sd) == (
        ("a", None, 0, "b"),
        True,
        "always",
    )
    assert (second.path, second.mandatory, second.sd) == (("c",), None, None)
    assert read({"vct": VCT}).claims == ()


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"vct": BASE}, "$.vct"),
        ({"vct": f"{VCT}/"}, "$.vct"),
        ({}, "$.vct"),
        (metadata(extends=7), "$.extends"),
        (metadata(extends=""), "$.extends"),
        ({"vct": VCT, "claims": {}}, "$.claims"),
        ({"vct": VCT, "claims": ["x"]}, "$.claims[0]"),
        (metadata({}), "$.claims[0].path"),
        (metadata(rule()), "$.claims[0].path"),
        (metadata({"path": "a"}), "$.claims[0].path"),
        (metadata(rule("a", True)), "$.claims[0].path[1]"),
        (metadata(rule(1.0)), "$.claims[0].path[0]"),
        (metadata(rule(["a"])), "$.claims[0].path[0]"),
        (metadata(rule("a", -1)), "$.claims[0].path[1]"),
        (metadata(rule(*["a"] * 65)), "$.claims[0].path"),
        (metadata(rule("a", mandatory="true")), "$.claims[0].mandatory"),
        (metadata(rule("a", mandatory=None)), "$.claims[0].mandatory"),
        (metadata(rule("a", sd="sometimes")), "$.claims[0].sd"),
        (metadata(rule("a", sd="ALWAYS")), "$.claims[0].sd"),
        (metadata(rule("a", sd=True)), "$.claims[0].sd"),
        (metadata(rule("a", display={})), "$.claims[0].display"),
        (metadata(rule("a", display=[7])), "$.claims[0].display[0]"),
        (
            metadata(rule("a", display=[{"locale": "en"}])),
            "$.claims[0].display[0].label",
        ),
        (
            metadata(rule("a", display=[{"label": "A"}])),
            "$.claims[0].display[0].locale",
        ),
        (
            metadata(
                rule("a", display=[{"locale": "en", "label": "A", "description": 7}])
            ),
            "$.claims[0].display[0].description",
        ),
        (metadata(rule("a", svg_id="1a")), "$.claims[0].svg_id"),
        (metadata(rule("a", svg_id="a-b")), "$.claims[0].svg_id"),
        (metadata(rule("a", svg_id=7)), "$.claims[0].svg_id"),
        (
            metadata(rule("a", svg_id="a"), rule("b", svg_id="a")),
            "$.claims[1].svg_id",
        ),
    ],
)
def test_what_is_not_of_its_form(document: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        read(document)
    assert caught.value.path == path


@pytest.mark.parametrize("content", [b"", b"[]", b"<html>", b'{"vct":1,"vct":2}'])
def test_what_is_no_strict_json_object(content: bytes) -> None:
    with pytest.raises(ParsingError):
        read(content)


def test_what_is_too_large() -> None:
    rules = [rule(f"a{number}") for number in range(MAX_CLAIMS + 1)]
    with pytest.raises(TooLarge):
        read(metadata(*rules))
    assert len(read(metadata(*rules[1:])).claims) == MAX_CLAIMS
    with pytest.raises(TooLarge):
        read({"vct": VCT, "name": "x" * MAX_METADATA_BYTES})
    assert len(combined([read(metadata(*rules[1:]))])) == MAX_CLAIMS
    deepest = ["a"] * strict_json.DOCUMENT.max_depth
    assert read(metadata(rule(*deepest))).claims[0].path == tuple(deepest)
    with pytest.raises(MalformedValue):
        read(metadata(rule(*deepest, "a")))
    chain = [read(metadata(*rules[half : half + 150])) for half in (0, 60)]
    with pytest.raises(TooLarge):
        combined(chain)


# Putting together


def extended(child: dict[str, Any], base: dict[str, Any]) -> Any:
    return combined([read(metadata(child)), read(metadata(base))])


def test_rules_are_inherited_and_narrowed() -> None:
    [found] = extended(rule("a", sd="never"), rule("a", mandatory=True))
    assert (found.mandatory, found.sd) == (True, "never")
    [found] = extended(rule("a", mandatory=True), rule("a", sd="always"))
    assert (found.mandatory, found.sd) == (True, "always")
    [found] = extended(rule("a", sd="always"), rule("a", sd="allowed", mandatory=False))
    assert (found.mandatory, found.sd) == (False, "always")
    [found] = extended(rule("a", sd="never"), rule("a", sd="never"))
    assert found.sd == "never"
    [found] = extended(rule("a", mandatory=False), rule("a", mandatory=False))
    assert found.mandatory is False
    both = extended(rule("a"), rule("b"))
    assert [one.path for one in both] == [("b",), ("a",)]


@pytest.mark.parametrize(
    ("child", "base"),
    [
        (rule("a", sd="never"), rule("a", sd="always")),
        (rule("a", sd="always"), rule("a", sd="never")),
        (rule("a", sd="allowed"), rule("a", sd="always")),
        (rule("a", sd="allowed"), rule("a", sd="never")),
        (rule("a", mandatory=False), rule("a", mandatory=True)),
    ],
)
def test_what_a_type_demands_is_not_taken_back(
    child: dict[str, Any], base: dict[str, Any]
) -> None:
    with pytest.raises(MalformedValue) as caught:
        extended(child, base)
    assert caught.value.path == "$.a"
    # Nor by the same document.
    with pytest.raises(MalformedValue):
        combined([read(metadata(base, child))])


def test_nor_by_way_of_a_third() -> None:
    middle = read(metadata(rule("b")))
    base, child = (
        read(metadata(rule("a", sd="never"))),
        read(metadata(rule("a", sd="always"))),
    )
    with pytest.raises(MalformedValue):
        combined([child, middle, base])


# Selective disclosure

OPEN: Final = sd_jwt(claims(given_name="Ada"))
SHOWN: Final = sd_jwt(claims(GIVEN), GIVEN)
WITHHELD: Final = sd_jwt(claims(GIVEN))


@pytest.mark.parametrize(
    ("text", "sd", "is_fine"),
    [
        (OPEN, "always", False),
        (OPEN, "allowed", True),
        (OPEN, "never", True),
        (OPEN, None, True),
        (SHOWN, "always", True),
        (SHOWN, "allowed", True),
        (SHOWN, "never", False),
        (WITHHELD, "always", True),
        (WITHHELD, "never", True),
    ],
)
def test_whether_a_claim_may_be_withheld(
    text: str, sd: str | None, *, is_fine: bool
) -> None:
    one = rule("given_name", **({} if sd is None else {"sd": sd}))
    if is_fine:
        check(text, one)
    else:
        assert refused(text, one) == "$.given_name"


def test_a_claim_is_not_disclosable_by_what_is_around_it() -> None:
    address = disclosure("address", {"street": "A", "_sd": [digest(CITY)]})
    text = sd_jwt(claims(address), address, CITY)
    check(text, rule("address", sd="always"), rule("address", "city", sd="always"))
    check(text, rule("address", "street", sd="never"))
    assert refused(text, rule("address", "street", sd="always")) == "$.address.street"
    assert refused(text, rule("address", "city", sd="never")) == "$.address.city"


def test_elements_of_arrays() -> None:
    degrees = [{"...": digest(DEGREE)}, {"name": "MA"}]
    shown = sd_jwt(claims(degrees=degrees), DEGREE)
    hidden = sd_jwt(claims(degrees=degrees))
    for text in (shown, hidden):
        check(text, rule("degrees", 0, sd="always"), rule("degrees", 1, sd="never"))
        check(text, rule("degrees", 2, sd="always"))
        assert refused(text, rule("degrees", 1, sd="always")) == "$.degrees[1]"
        assert refused(text, rule("degrees", None, sd="never")) == "$.degrees[*]"
        check(text, rule("degrees", None, "name", sd="never"))
    inner = disclosure({"_sd": [digest(HIDDEN_NAME)]})
    text = sd_jwt(claims(degrees=[{"...": digest(inner)}]), inner, HIDDEN_NAME)
    check(text, rule("degrees", None, "name", sd="always"))


def test_names_that_carry_digests_are_no_claims() -> None:
    text = sd_jwt(claims(GIVEN, _sd_alg="sha-256"), GIVEN)
    for name in ("_sd", "_sd_alg", "..."):
        check(text, rule(name, sd="always"))
        assert refused(text, rule(name, mandatory=True)) == f"$.{name}".replace(
            "$....", "$[?]"
        )


@pytest.mark.parametrize(
    "path", [("vct", "x"), ("vct", 0), ("vct", None), ("cnf", 0), ("cnf", None)]
)
def test_a_path_into_something_else_than_the_type_expects(path: tuple[Any]) -> None:
    assert refused(OPEN, rule(*path)).startswith(f"$.{path[0]}")
    numbers = sd_jwt(claims(numbers=[1]))
    assert refused(numbers, rule("numbers", "x")) == "$.numbers.x"
    assert refused(numbers, rule("numbers", None, None)) == "$.numbers[*][*]"


# Mandatory


def test_a_mandatory_claim_that_is_there() -> None:
    for text in (OPEN, SHOWN):
        check(text, rule("given_name", mandatory=True))
    check(OPEN, rule("other", mandatory=False), rule("other"))


def test_a_mandatory_claim_that_is_missing() -> None:
    assert refused(OPEN, rule("other", mandatory=True)) == "$.other"
    assert refused(SHOWN, rule("other", mandatory=True)) == "$.other"
    assert refused(OPEN, rule("a", "b", mandatory=True)) == "$.a.b"
    empty = sd_jwt(claims(degrees=[]))
    assert refused(empty, rule("degrees", None, mandatory=True)) == "$.degrees[*]"
    assert refused(empty, rule("degrees", 0, mandatory=True)) == "$.degrees[0]"


def test_a_mandatory_claim_that_may_be_withheld_is_not_missing() -> None:
    check(WITHHELD, rule("given_name", mandatory=True))
    check(WITHHELD, rule("anything", "deeper", mandatory=True))
    address = {"street": "A", "_sd": [digest(CITY)]}
    check(sd_jwt(claims(address=address)), rule("address", "city", mandatory=True))
    degrees = sd_jwt(claims(degrees=[{"...": digest(DEGREE)}]))
    check(degrees, rule("degrees", None, mandatory=True))
    check(degrees, rule("degrees", None, "name", mandatory=True))
    check(degrees, rule("degrees", 0, "name", mandatory=True))
    assert refused(degrees, rule("degrees", 1, mandatory=True)) == "$.degrees[1]"
    # What is kept back beside a claim that is shown is nothing inside of it.
    beside = sd_jwt(claims(GIVEN, address={"street": "A"}))
    city = rule("address", "city", mandatory=True)
    assert refused(beside, city) == "$.address.city"


def test_a_claim_that_must_not_be_withheld_is_missing_when_it_is_not_there() -> None:
    demanded = {"mandatory": True, "sd": "never"}
    assert refused(WITHHELD, rule("given_name", **demanded)) == "$.given_name"
    # What is around it may be withheld all the same.
    check(WITHHELD, rule("address", "city", **demanded))


def test_errors_show_no_names_of_the_document() -> None:
    name = "a name with blanks"
    assert refused(OPEN, rule(name, mandatory=True)) == "$[?]"


# Properties

_STEPS: Final = st.sampled_from(["a", "b", "vct", "cnf", "_sd", 0, 1, None])
_RULES: Final = st.builds(
    lambda path, mandatory, sd: {"path": path, "mandatory": mandatory, "sd": sd},
    st.lists(_STEPS, min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from(["always", "allowed", "never"]),
)


@settings(max_examples=examples(200))
@given(st.lists(_RULES, max_size=4), st.data())
def test_what_passes_when_all_is_shown_passes_when_less_is(
    rules: list[dict[str, Any]], data: st.DataObject
) -> None:
    """A holder's choice is never taken for an issuer's mistake."""
    inner = disclosure("b", [1, {"a": 2}])
    element = disclosure({"a": 1, "_sd": [digest(inner)]})
    outer = disclosure("a", [{"...": digest(element)}, {"b": 1}])
    payload = claims(outer, b={"a": {"_sd": []}})
    try:
        check(sd_jwt(payload, outer, element, inner), *rules)
    except MedidError:
        return
    # A part can only be shown together with what is around it.
    depth = data.draw(st.integers(0, 3))
    check(sd_jwt(payload, *[outer, element, inner][:depth]), *rules)
