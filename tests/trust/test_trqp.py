"""Queries of trust registries, and responses that answer them and no others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.errors import HistoryUnknown, MalformedValue
from medid.trust.trqp import (
    IDENTIFIER,
    MAX_BEHIND,
    MAX_CONTEXT,
    MAX_TEXT,
    Query,
    Question,
    Reply,
    query,
    read_query,
    read_response,
    response,
)

AT = Instant.parse("2026-06-15T12:00:00Z")
THEN = Instant.parse("2025-01-01T00:00:00Z")
BOARD = "did:web:board.example"
STATE = "did:web:state.example"
TYPE = "PractitionerLicenseCredential"

ASKED = query(
    BOARD,
    STATE,
    TYPE,
    conditions={"jurisdiction": "US-OH", "profession": "RN"},
    time=THEN,
)


def test_a_query_is_written_and_read() -> None:
    sent = ASKED.as_json()
    assert sent == {
        "entity_id": BOARD,
        "authority_id": STATE,
        "action": "issue",
        "resource": TYPE,
        "context": {
            "time": "2025-01-01T00:00:00Z",
            "jurisdiction": "US-OH",
            "profession": "RN",
        },
    }
    assert read_query(sent) == ASKED
    assert (ASKED.time, ASKED.stated("jurisdiction")) == (THEN, "US-OH")
    assert ASKED.stated("locator") is None
    plain = query(BOARD, STATE, TYPE)
    assert "context" not in plain.as_json()
    assert plain.time is None


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"entity_id": None}, "$.entity_id"),
        ({"authority_id": ""}, "$.authority_id"),
        ({"action": 1}, "$.action"),
        ({"resource": "x" * (MAX_TEXT + 1)}, "$.resource"),
        ({"entity_id": "a b"}, "$.entity_id"),
        ({"entity_id": "did:web:x\n"}, "$.entity_id"),
        ({"authority_id": "did:web:bücher.example"}, "$.authority_id"),
        ({"action": "%2"}, "$.action"),
        ({"resource": "system|code"}, "$.resource"),
        ({"other": "x"}, "$.other"),
        ({"context": []}, "$.context"),
        ({"context": {"time": "2025-01-01"}}, "$.context.time"),
        ({"context": {"time": 1}}, "$.context.time"),
        ({"context": {"time": None}}, "$.context.time"),
        ({"context": {"jurisdiction": ""}}, "$.context.jurisdiction"),
        ({"context": {"locator": {"a": "b"}}}, "$.context.locator"),
        ({"context": {"locator": "x" * (MAX_TEXT + 1)}}, "$.context.locator"),
        ({"context": {f"a{i}": "x" for i in range(MAX_CONTEXT + 1)}}, "$.context"),
    ],
)
def test_a_query_that_is_not_of_its_form_is_refused(
    changes: dict[str, Any], path: str
) -> None:
    sent: Any = {**query(BOARD, STATE, TYPE).as_json(), **changes}
    with pytest.raises(MalformedValue) as refused:
        read_query(sent)
    assert refused.value.path == path


@pytest.mark.parametrize("question", [*Question])
@pytest.mark.parametrize("answer", [True, False])
def test_a_response_repeats_what_it_answers(question: Question, answer: bool) -> None:
    sent = response(ASKED, question, answer=answer, message="so it is", at=AT)
    assert sent["time_requested"] == "2025-01-01T00:00:00Z"
    assert sent["time_evaluated"] == "2026-06-15T12:00:00Z"
    assert sent["context"] == ASKED.context
    assert read_response(sent, ASKED, question) == Reply(answer=answer, as_of=THEN)
    other = (
        Question.AUTHORIZATION if question is Question.RECOGNITION else "recognition"
    )
    with pytest.raises(MalformedValue, match="missing"):
        read_response(sent, ASKED, Question(other))
    plain = query(BOARD, STATE, TYPE)
    sent = response(plain, question, answer=answer, message="so it is", at=AT)
    assert {"time_requested", "context"}.isdisjoint(sent)
    assert read_response(sent, plain, question) == Reply(answer=answer, as_of=AT)


def test_a_context_has_so_many_members_and_no_more() -> None:
    most = {f"a{number}": "x" * MAX_TEXT for number in range(MAX_CONTEXT)}
    sent: Any = {**query(BOARD, STATE, TYPE).as_json(), "context": most}
    assert read_query(sent).conditions == frozenset(most)


def test_a_blank_time_asks_about_the_present() -> None:
    sent: Any = {**query(BOARD, STATE, TYPE).as_json(), "context": {"time": ""}}
    asked = read_query(sent)
    assert asked.time is None
    answer = response(asked, Question.AUTHORIZATION, answer=True, message="-", at=AT)
    assert "time_requested" not in answer
    blank = {**answer, "time_requested": ""}
    assert read_response(blank, asked, Question.AUTHORIZATION).as_of == AT


@pytest.mark.parametrize(
    ("stated", "as_of"), [(THEN, THEN), (AT, AT), (AT.plus(60), AT)]
)
def test_an_answer_about_the_present_is_as_old_as_it_says(
    stated: Instant, as_of: Instant
) -> None:
    asked = query(BOARD, STATE, TYPE)
    sent = response(asked, Question.AUTHORIZATION, answer=True, message="-", at=AT)
    sent["time_requested"] = str(stated)
    assert read_response(sent, asked, Question.AUTHORIZATION).as_of == as_of
    # It may say so among the conditions instead, where queries state the time.
    del sent["time_requested"]
    sent["context"] = {"time": str(stated), "locator": "x"}
    assert read_response(sent, asked, Question.AUTHORIZATION).as_of == as_of


@pytest.mark.parametrize(
    "context",
    [
        None,
        {},
        {"jurisdiction": "US-OH"},
        {"jurisdiction": "US-CA", "profession": "RN"},
        {"jurisdiction": "US-OH", "profession": ["RN"]},
        # Narrower than what was asked.
        {"jurisdiction": "US-OH", "profession": "RN", "employer": "x"},
        [],
    ],
)
def test_a_condition_that_is_not_repeated_was_not_heeded(context: Any) -> None:
    sent: Any = {**GOOD, "context": context}
    if context is None:
        del sent["context"]
    with pytest.raises(MalformedValue):
        read_response(sent, ASKED, Question.AUTHORIZATION)


def test_who_looked_before_a_time_cannot_tell_what_held_then() -> None:
    near = {**GOOD, "time_evaluated": str(THEN.plus(-MAX_BEHIND))}
    assert read_response(near, ASKED, Question.AUTHORIZATION).answer
    early = {**GOOD, "time_evaluated": str(THEN.plus(-MAX_BEHIND - 1))}
    with pytest.raises(HistoryUnknown) as unknown:
        read_response(early, ASKED, Question.AUTHORIZATION)
    assert unknown.value.path == "$.time_evaluated"


@pytest.mark.parametrize("stated", [None, "", "2025-01-01T00:00:01Z"])
def test_an_answer_about_another_time_says_nothing_about_then(stated: Any) -> None:
    sent: Any = {**GOOD, "time_requested": stated}
    if stated is None:
        del sent["time_requested"]
    with pytest.raises(HistoryUnknown):
        read_response(sent, ASKED, Question.AUTHORIZATION)


@pytest.mark.parametrize(
    ("stated", "error"),
    [
        ("2025-01-01T00:00:00+00:00", None),
        ("", None),
        (None, None),
        ("2025-01-01T00:00:01Z", HistoryUnknown),
        (1, MalformedValue),
    ],
)
def test_nor_does_one_that_heeded_another_time(stated: Any, error: Any) -> None:
    context: Any = {**ASKED.context, "time": stated}
    if stated is None:
        del context["time"]
    sent: Any = {**GOOD, "context": context}
    if error is None:
        assert read_response(sent, ASKED, Question.AUTHORIZATION).as_of == THEN
        return
    with pytest.raises(error) as refused:
        read_response(sent, ASKED, Question.AUTHORIZATION)
    assert refused.value.path == "$.context.time"


GOOD = response(ASKED, Question.AUTHORIZATION, answer=True, message="yes", at=AT)


@pytest.mark.parametrize(
    "changes",
    [
        {"entity_id": STATE},
        {"authority_id": BOARD},
        {"action": "recognize"},
        {"resource": "Other"},
        {"authorized": None},
        {"authorized": "true"},
        {"authorized": 1},
        {"time_requested": "then"},
        {"time_requested": 1},
        {"time_evaluated": None},
        {"time_evaluated": "now"},
    ],
)
def test_a_response_to_another_query_answers_nothing(changes: dict[str, Any]) -> None:
    merged = {**GOOD, **changes}
    sent: Any = {name: value for name, value in merged.items() if value is not None}
    with pytest.raises(MalformedValue):
        read_response(sent, ASKED, Question.AUTHORIZATION)


names = st.from_regex(IDENTIFIER, fullmatch=True).filter(lambda one: len(one) < 99)


@given(
    st.builds(Query, entity_id=names, authority_id=names, action=names, resource=names),
    st.booleans(),
)
def test_whatever_is_asked_is_answered_as_it_was_asked(asked: Query, yes: bool) -> None:
    assert read_query(asked.as_json()) == asked
    sent = response(asked, Question.RECOGNITION, answer=yes, message="-", at=AT)
    reply = read_response(sent, asked, Question.RECOGNITION)
    assert reply == Reply(answer=yes, as_of=AT)
