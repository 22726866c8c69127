"""A decision read back from its JSON, or a refusal that shows nothing of it."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from medid.access.decision import Decision, Outcome
from medid.access.explain_reading import (
    MAX_DECISION_BYTES,
    MAX_DECISION_DEPTH,
    MAX_DECISION_MEMBERS,
)
from medid.access.explaining import Explanation, explain, read_decision
from medid.core.json import dumps
from medid.errors import MalformedValue, MedidError, ParsingError, TooLarge
from tests.access.decisions import decision_of, explanations, of_the_world, some
from tests.access.test_verifier_robust import places, with_value, without
from tests.support import examples

SCHEMA = jsonschema.Draft202012Validator(
    json.loads(files("medid.access").joinpath("schemas/decision.json").read_text())
)
CANARY = "Amelia Canaryfeather"


def permit() -> dict[str, Any]:
    """The JSON of a permit that has every member."""
    return {
        "decision": True,
        "context": {
            "id": "urn:uuid:9",
            "outcome": "permit",
            "time": "2026-06-15T12:00:00Z",
            "expires": "2026-06-15T12:05:00Z",
            "reasons": [
                {"code": "LICENSE_OK", "about": "license", "credential": "urn:uuid:1"},
                {
                    "code": "CONSENT_PERMIT",
                    "about": "consent",
                    "message": "a rule of the consent permits",
                    "credential": "urn:uuid:2",
                    "path": "provision",
                    "rule": "E7",
                },
            ],
            "obligations": [
                {
                    "id": f"o{number}",
                    "type": "custom",
                    "properties": {"system": "urn:duties", "code": code},
                }
                for number, code in enumerate(("AUDIT", "NOTIFY"), start=1)
            ],
            "checks": [
                {
                    "check": "credential",
                    "result": "fail",
                    "about": "$",
                    "codes": ["EXPIRED"],
                    "checks": [{"check": "time", "result": "fail"}],
                },
                {"check": "license", "result": "pass"},
            ],
            "basis": {
                "presentation": "p",
                "evidence": "e",
                "trust": "t",
                "profile": "f",
                "library": "0",
            },
        },
    }


def refusal(outcome: str = "deny", **context: Any) -> dict[str, Any]:
    """The JSON of a refusal that has the least members."""
    least = {"outcome": outcome, "time": "2026-06-15T12:00:00Z", "reasons": []}
    return {"decision": False, "context": {**least, "checks": [], **context}}


def test_what_is_read_is_what_was_decided() -> None:
    for decision in some():
        written = dumps(decision.as_json())
        assert read_decision(written) == explain(decision)


def test_every_decision_meets_the_schema() -> None:
    for decision in some()[::4]:
        SCHEMA.validate(decision.as_json())
    SCHEMA.validate(permit())
    SCHEMA.validate(refusal())


@of_hypothesis(max_examples=examples(25))
@given(shown=explanations)
def test_a_decision_of_any_shape_is_read_back(shown: Explanation) -> None:
    written = decision_of(shown).as_json()
    SCHEMA.validate(written)
    assert read_decision(dumps(written).encode()) == shown


def test_bytes_text_and_objects_are_read_alike_and_nothing_is_changed() -> None:
    document = permit()
    before = copy.deepcopy(document)
    found = read_decision(document)
    assert read_decision(json.dumps(document)) == found
    assert read_decision(json.dumps(document).encode()) == found
    assert document == before
    assert found.permitted
    assert [one.code for one in found.obligations] == ["AUDIT", "NOTIFY"]


@pytest.mark.parametrize("outcome", ["deny", "not-applicable", "indeterminate"])
def test_every_refusal_is_read(outcome: str) -> None:
    found = read_decision(refusal(outcome))
    assert (found.outcome, found.permitted) == (Outcome(outcome), False)


WRONG: dict[str, tuple[Any, str]] = {
    "another member": ({"x": 1}, "$.x"),
    "a decision that is a number": ({"decision": 1}, "$.decision"),
    "no context": ({"context": None}, "$.context"),
}
IN_CONTEXT: dict[str, tuple[dict[str, Any], str]] = {
    "another member": ({"subject": CANARY}, "$.context.subject"),
    "no such outcome": ({"outcome": "maybe"}, "$.context.outcome"),
    "no time": ({"time": "soon"}, "$.context.time"),
    "no day": ({"expires": "2026-02-30T00:00:00Z"}, "$.context.expires"),
    "reasons as an object": ({"reasons": {}}, "$.context.reasons"),
    "a reason as text": ({"reasons": [CANARY]}, "$.context.reasons[0]"),
    "a basis that says less": ({"basis": {}}, "$.context.basis.presentation"),
    "an empty id": ({"id": ""}, "$.context.id"),
    "no obligations": ({"obligations": []}, "$.context.obligations"),
    "an obligation as text": ({"obligations": ["AUDIT"]}, "$.context.obligations[0]"),
}
# Each with what replaces one member of the first reason, check, or obligation.
IN_PARTS: dict[str, tuple[str, Any, str]] = {
    "reasons": ("code", CANARY, "$.context.reasons[0].code"),
    "reasons ": ("about", CANARY, "$.context.reasons[0].about"),
    "reasons  ": ("rule", CANARY, "$.context.reasons[0].rule"),
    "reasons   ": ("subject", CANARY, "$.context.reasons[0].subject"),
    "reasons    ": ("path", 7, "$.context.reasons[0].path"),
    "checks": ("check", CANARY, "$.context.checks[0].check"),
    "checks ": ("result", CANARY, "$.context.checks[0].result"),
    "checks  ": ("codes", [CANARY], "$.context.checks[0].codes[0]"),
    "checks   ": ("codes", [7], "$.context.checks[0].codes[0]"),
    "checks    ": ("codes", [], "$.context.checks[0].codes"),
    "checks     ": ("checks", [], "$.context.checks[0].checks"),
    "checks      ": ("checks", [7], "$.context.checks[0].checks[0]"),
    "checks       ": ("name", CANARY, "$.context.checks[0].name"),
    "obligations": ("id", "o2", "$.context.obligations[0].id"),
    "obligations ": ("id", 1, "$.context.obligations[0].id"),
    "obligations  ": ("type", CANARY, "$.context.obligations[0].type"),
    "obligations   ": ("more", CANARY, "$.context.obligations[0].more"),
    "obligations    ": (
        "properties",
        {"system": CANARY, "code": "AUDIT"},
        "$.context.obligations[0].properties.system",
    ),
    "obligations     ": (
        "properties",
        {"system": "urn:x", "code": CANARY},
        "$.context.obligations[0].properties.code",
    ),
    "obligations      ": (
        "properties",
        {"system": "urn:x", "code": "AUDIT", "of": CANARY},
        "$.context.obligations[0].properties.of",
    ),
}


def wrong() -> list[Any]:
    found = []
    for title, (members, path) in WRONG.items():
        found.append(pytest.param({**permit(), **members}, path, id=title))
    for title, (members, path) in IN_CONTEXT.items():
        document = permit()
        document["context"].update(members)
        found.append(pytest.param(document, path, id=f"context: {title}"))
    for part, (name, value, path) in IN_PARTS.items():
        document = permit()
        document["context"][part.strip()][0][name] = value
        found.append(pytest.param(document, path, id=f"{part.strip()}: {path}"))
    basis = permit()
    basis["context"]["basis"]["more"] = CANARY
    found.append(pytest.param(basis, "$.context.basis.more", id="basis"))
    return found


@pytest.mark.parametrize(("document", "path"), wrong())
def test_what_is_no_decision_is_refused_where_it_is_none(
    document: Any, path: str
) -> None:
    assert not SCHEMA.is_valid(document) or "expires" in path or path.endswith(".id")
    with pytest.raises(MalformedValue) as caught:
        read_decision(document)
    assert caught.value.path == path
    assert CANARY not in str(caught.value)


CONTRADICTIONS = {
    "a permit that is none": (refusal("permit"), "$.decision"),
    "a denial that is a permit": ({**permit(), "decision": False}, "$.decision"),
    "an indeterminate permit": (
        {**refusal("indeterminate"), "decision": True},
        "$.decision",
    ),
    "a refusal with an end": (
        refusal(expires="2026-06-15T12:05:00Z"),
        "$.context.expires",
    ),
    "a refusal with duties": (
        refusal(obligations=permit()["context"]["obligations"]),
        "$.context.obligations",
    ),
    "a permit without a reason": (
        with_value(permit(), ("context", "reasons"), []),
        "$.context.reasons",
    ),
    "a permit without a license": (
        with_value(permit(), ("context", "checks", 1, "result"), "fail"),
        "$.context.checks[1].result",
    ),
    "a permit of nobody knows": (
        with_value(
            permit(),
            ("context", "checks", 1),
            {"check": "consent", "result": "unknown"},
        ),
        "$.context.checks[1].result",
    ),
    "a permit for a presentation that does not hold": (
        with_value(
            permit(),
            ("context", "checks", 0),
            {"check": "presentation", "result": "fail"},
        ),
        "$.context.checks[0].result",
    ),
}


@pytest.mark.parametrize("title", CONTRADICTIONS)
def test_a_decision_that_contradicts_itself_is_not_explained(title: str) -> None:
    document, path = CONTRADICTIONS[title]
    assert not SCHEMA.is_valid(document)
    with pytest.raises(MalformedValue) as caught:
        read_decision(document)
    assert caught.value.path == path


def test_the_public_response_is_not_enough() -> None:
    decision: Decision = of_the_world()[0]
    with pytest.raises(MalformedValue) as caught:
        read_decision(decision.as_public_json())
    assert caught.value.path == "$.context.outcome"
    assert "--public" in caught.value.fix


@pytest.mark.parametrize(
    "document", [b"", b"\xff", "{", "[]", "7", '{"a":1,"a":2}', 7, None, [], {"a"}]
)
def test_what_is_no_json_object_is_refused(document: Any) -> None:
    with pytest.raises(ParsingError):
        read_decision(document)


def test_reading_has_limits() -> None:
    long = refusal(id="x" * MAX_DECISION_BYTES)
    with pytest.raises(TooLarge):
        read_decision(json.dumps(long))
    deep: Any = {"check": "time", "result": "pass"}
    for _ in range(MAX_DECISION_DEPTH):
        deep = {"check": "time", "result": "pass", "checks": [deep]}
    many = ["EXPIRED"] * MAX_DECISION_MEMBERS
    wide = {"check": "time", "result": "fail", "codes": many}
    for branch in (deep, wide):
        with pytest.raises(TooLarge):
            read_decision(json.dumps(refusal(checks=[branch])))
    with pytest.raises(TooLarge):
        read_decision(refusal(checks=[deep]))


def verdict(document: Any) -> MedidError | None:
    """Why it was refused."""
    try:
        read_decision(document)
    except MedidError as error:
        return error
    return None


@of_hypothesis(max_examples=examples(60))
@given(data=st.data())
def test_whatever_is_changed_only_a_decision_is_read(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from([permit(), refusal()]))
    place = data.draw(st.sampled_from(places(document)))
    others: list[Any] = [None, 7, "", CANARY, [], {}, "permit", "fail", "urn:x"]
    if data.draw(st.booleans()):
        changed = without(document, place)
    else:
        changed = with_value(document, place, data.draw(st.sampled_from(others)))
    error = verdict(changed)
    if error is None:
        SCHEMA.validate(changed)
        assert changed["decision"] is (changed["context"]["outcome"] == "permit")
    else:
        assert error.path.startswith("$")
        assert CANARY not in str(error)


def test_a_duty_of_a_site_s_own_is_read_as_the_site_names_it() -> None:
    document = permit()
    duty = {"system": "urn:example:ward", "code": "mask-names"}
    document["context"]["obligations"] = [
        {"id": "o1", "type": "custom", "properties": duty}
    ]
    (found,) = read_decision(document).obligations
    assert (found.code, found.system) == ("mask-names", "urn:example:ward")
