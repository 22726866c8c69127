"""An explanation as JSON: what its schema says, and nothing else."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.check_tree import Branch
from medid.access.explaining import (
    Explanation,
    as_html_card,
    as_json,
    explain,
)
from medid.verifying.checks import Result
from tests.access.decisions import (
    explanations,
    some,
)
from tests.access.explained import few, finding, permit, refusal
from tests.access.test_verifier_robust import places, with_value, without
from tests.access.world import AT

SCHEMA = jsonschema.Draft202012Validator(
    json.loads(files("medid.access").joinpath("schemas/explanation.json").read_text())
)


def test_every_explanation_meets_its_schema() -> None:
    for decision in some()[::2]:
        shown = explain(decision)
        SCHEMA.validate(as_json(shown))
        SCHEMA.validate(as_json(shown.public()))


@few
@given(shown=explanations, data=st.data())
def test_what_was_changed_does_not_meet_the_schema(
    shown: Explanation, data: st.DataObject
) -> None:
    form = shown.public() if data.draw(st.booleans()) else shown
    written: Any = as_json(form)
    SCHEMA.validate(written)
    place = data.draw(st.sampled_from(places(written)))
    assert not SCHEMA.is_valid(with_value(written, place, None))
    if isinstance(place[-1], str):
        more = with_value(written, (*place[:-1], "more"), "x")
        assert not SCHEMA.is_valid(more)
    assert not SCHEMA.is_valid({**written, "more": "x"})
    assert not SCHEMA.is_valid({**written, "decision": not written["decision"]})
    for name in ("decision", "summary"):
        assert not SCHEMA.is_valid(without(written, (name,)))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("outcome",), "maybe"),
        (("outcome",), "permit"),
        (("time",), "soon"),
        (("expires",), "2026-06-15T12:00:00Z"),
        (("obligations",), [{"system": "s", "code": "AUDIT"}]),
        (("reasons", 0, "code"), "expired"),
        (("reasons", 0, "kind"), "good"),
        (("reasons", 0, "found"), ""),
        (("reasons", 0, "about"), "patient"),
        (("checks",), [{"check": "Proof", "result": "pass"}]),
        (("checks",), [{"check": "proof", "result": "ok"}]),
        (("checks",), [{"check": "proof", "result": "pass", "checks": []}]),
        (("furtherCodes",), ["EXPIRED"]),
        (("basis",), {}),
    ],
)
def test_the_schema_is_strict(place: tuple[Any, ...], value: Any) -> None:
    written: Any = as_json(refusal(findings=(finding(),)))
    SCHEMA.validate(written)
    assert not SCHEMA.is_valid(with_value(written, place, value))


def test_the_json_of_a_public_refusal_has_two_members() -> None:
    assert as_json(refusal().public()) == {
        "decision": False,
        "summary": "Access is not permitted.",
    }


def test_a_permit_says_until_when_it_counts_and_a_refusal_says_no_time() -> None:
    ends = permit(expires=AT.plus(60))
    for lasting in (ends, ends.public()):
        assert as_json(lasting)["expires"] == str(AT.plus(60))
        assert str(AT.plus(60)) in as_html_card(lasting)
    for shown in (refusal(), refusal().public()):
        assert "expires" not in as_json(shown)
        assert "None" not in as_html_card(shown)


def test_the_questions_of_a_license_are_those_of_a_license() -> None:
    leaf = Branch(check="status", result=Result.PASS)
    one = Branch(check="license", result=Result.PASS, children=(leaf,))
    tree = (
        Branch(check="credential", result=Result.PASS, children=(leaf,)),
        Branch(check="license", result=Result.PASS, children=(one,)),
        Branch(check="later", result=Result.PASS),
    )
    written: Any = as_json(refusal(tree=tree))
    credential, licenses, later = written["checks"]
    assert credential["checks"][0]["question"] == "Is it neither revoked nor suspended?"
    assert licenses["question"] != licenses["checks"][0]["question"]
    assert "board" in licenses["checks"][0]["checks"][0]["question"]
    assert "question" not in later
