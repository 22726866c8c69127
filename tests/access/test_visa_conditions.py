"""Conditions of visas: an OR of ANDs, each clause met by one visa without any."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access.visa_conditions import (
    MAX_CLAUSES,
    MAX_PATTERN,
    MAX_WORK,
    Work,
    glob,
    met,
    read_conditions,
)
from medid.access.visa_types import Visa
from medid.errors import MedidError, TooLarge
from tests.access.visa_world import (
    BROKER,
    FACULTY,
    HOME,
    REGISTERED,
    SUB,
    UNIVERSITY,
    Doc,
    codes,
    grant,
    home,
    judged,
    linked,
    userinfo,
    visa,
)
from tests.support import examples

ROLE = {"type": "AffiliationAndRole"}
FACULTY_BY_SO: Doc = {
    **ROLE,
    "value": "const:faculty@med.stanford.edu",
    "source": f"const:{UNIVERSITY}",
    "by": "const:so",
}
RESEARCHER: Doc = {"type": "ResearcherStatus", "value": f"const:{REGISTERED}"}
STUDENT: Doc = {**ROLE, "value": "pattern:student@*"}

FACULTY_VISA = visa(FACULTY, HOME)
STATUS_VISA = visa(home("ResearcherStatus", REGISTERED), HOME)


def under(conditions: object, *others: str) -> str | None:
    """What becomes of a grant under ``conditions``, beside ``others``."""
    return codes(judged(userinfo(visa(grant(conditions=conditions)), *others)))[0]


@pytest.mark.parametrize(
    ("conditions", "counts"),
    [
        ([[FACULTY_BY_SO]], True),
        ([[STUDENT], [FACULTY_BY_SO]], True),
        ([[FACULTY_BY_SO, RESEARCHER]], True),
        ([[STUDENT]], False),
        ([[STUDENT, FACULTY_BY_SO]], False),
        ([[STUDENT, FACULTY_BY_SO], [RESEARCHER]], True),
        ([[{**FACULTY_BY_SO, "by": "const:system"}]], False),
        ([[{**FACULTY_BY_SO, "value": "const:faculty@med.stanford.ed"}]], False),
        ([[{**FACULTY_BY_SO, "value": "const:FACULTY@med.stanford.edu"}]], False),
        ([[{**FACULTY_BY_SO, "value": "const:faculty@*"}]], False),
        ([[{**FACULTY_BY_SO, "value": "pattern:faculty@*"}]], True),
        ([[{**FACULTY_BY_SO, "value": "pattern:faculty@med.stanford.ed?"}]], True),
        ([[{**FACULTY_BY_SO, "value": "pattern:aculty@*"}]], False),
        ([[{"type": "Affiliation*", "value": "pattern:*"}]], False),
        ([[{"type": "https://custom.example", "value": "pattern:*"}]], False),
    ],
)
def test_conditions_are_met_by_other_visas(conditions: object, counts: bool) -> None:
    found = under(conditions, FACULTY_VISA, STATUS_VISA)
    assert found == (None if counts else "MISSING_FACT")
    assert under(conditions) == "MISSING_FACT"


def test_all_of_a_clause_holds_for_one_single_visa() -> None:
    clause = {**ROLE, "value": "const:student@a.example", "by": "const:so"}
    student = visa(home("AffiliationAndRole", "student@a.example", "system"), HOME)
    assert under([[clause]], FACULTY_VISA, student) == "MISSING_FACT"
    found = visa(home("AffiliationAndRole", "student@a.example"), HOME)
    assert under([[clause]], FACULTY_VISA, student, found) is None


def test_a_claim_that_is_absent_matches_nothing() -> None:
    nobody = visa(home("AffiliationAndRole", "faculty@a.example", None), HOME)
    assert under([[{**ROLE, "by": "pattern:*"}]], nobody) == "MISSING_FACT"
    assert under([[{**ROLE, "value": "pattern:*"}]], nobody) is None


@pytest.mark.parametrize(
    "other",
    [
        visa(FACULTY, HOME, sub="other"),
        visa(FACULTY, HOME, exp=1),
        visa(FACULTY),
        visa({**FACULTY, "conditions": [[RESEARCHER]]}, HOME),
    ],
    ids=["another's", "expired", "not to be asserted", "with conditions"],
)
def test_what_does_not_count_itself_meets_no_condition(other: str) -> None:
    assert under([[FACULTY_BY_SO]], other, STATUS_VISA) == "MISSING_FACT"


def test_visas_do_not_meet_each_other_s_conditions_in_a_circle() -> None:
    mutual = {
        **FACULTY,
        "conditions": [[{"type": "ControlledAccessGrants", "by": "const:dac"}]],
    }
    handed = userinfo(visa(grant(conditions=[[FACULTY_BY_SO]])), visa(mutual, HOME))
    assert codes(judged(handed)) == ["MISSING_FACT", "MISSING_FACT"]


def test_split_patterns_look_at_each_part() -> None:
    link = linked((HOME.iss, "7"), (HOME.iss, "8"), sub=SUB)
    clause = {"type": "LinkedIdentities", "value": "split_pattern:8,https%3A%2F%2F*"}
    assert under([[clause]], link) is None
    whole = {**clause, "value": "pattern:8,https%3A%2F%2F*"}
    assert under([[whole]], link) == "MISSING_FACT"
    missing = {**clause, "value": "split_pattern:9,*"}
    assert under([[missing]], link) == "MISSING_FACT"
    assert BROKER.iss


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        (None, "MALFORMED_VALUE_ERROR"),
        ([], "MALFORMED_VALUE_ERROR"),
        ([[]], "MALFORMED_VALUE_ERROR"),
        ([[FACULTY_BY_SO], []], "MALFORMED_VALUE_ERROR"),
        ({}, "MALFORMED_VALUE_ERROR"),
        ([FACULTY_BY_SO], "MALFORMED_VALUE_ERROR"),
        ([["x"]], "MALFORMED_VALUE_ERROR"),
        ([[ROLE]], "MALFORMED_VALUE_ERROR"),
        ([[{"value": "pattern:*"}]], "MALFORMED_VALUE_ERROR"),
        ([[{"type": "", "value": "pattern:*"}]], "MALFORMED_VALUE_ERROR"),
        ([[{**ROLE, "value": "regex:.*"}]], "MALFORMED_VALUE_ERROR"),
        ([[{**ROLE, "value": "Const:x"}]], "MALFORMED_VALUE_ERROR"),
        ([[{**ROLE, "value": "faculty@a"}]], "MALFORMED_VALUE_ERROR"),
        ([[{**ROLE, "value": ""}]], "MALFORMED_VALUE_ERROR"),
        ([[{**ROLE, "value": ["const:x"]}]], "MALFORMED_VALUE_ERROR"),
        ([[{**ROLE, "asserted": "const:1"}]], "MALFORMED_VALUE_ERROR"),
        ([[{**ROLE, "conditions": [[FACULTY_BY_SO]]}]], "MALFORMED_VALUE_ERROR"),
        ([[{**FACULTY_BY_SO, "level": "const:x"}]], "MALFORMED_VALUE_ERROR"),
        # One alternative that is not understood spoils the whole.
        ([[FACULTY_BY_SO], [{**ROLE, "value": "regex:x"}]], "MALFORMED_VALUE_ERROR"),
        ([[FACULTY_BY_SO] * (MAX_CLAUSES + 1)], "TOO_LARGE"),
        ([[{**ROLE, "value": "pattern:" + "*" * (MAX_PATTERN + 1)}]], "TOO_LARGE"),
    ],
)
def test_what_is_not_understood_to_the_last_member_counts_for_nothing(
    conditions: object, code: str
) -> None:
    token = visa({**grant(), "conditions": conditions})
    assert codes(judged(userinfo(token, FACULTY_VISA)))[0] == code


def test_so_many_clauses_are_read() -> None:
    assert under([[FACULTY_BY_SO] * MAX_CLAUSES], FACULTY_VISA) is None
    longest = f"pattern:{'*' * MAX_PATTERN}"
    assert under([[{**ROLE, "value": longest}]], FACULTY_VISA) is None


# Patterns.


def reference(pattern: str, text: str) -> bool:
    """The specification's words as a regular expression, for small input."""
    parts = {"?": ".", "*": ".*"}
    made = "".join(parts.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(made, text, re.DOTALL) is not None


@settings(max_examples=examples(120))
@given(st.text("ab?*\n", max_size=7), st.text("ab?*\n", max_size=8))
def test_patterns_match_as_the_specification_says(pattern: str, text: str) -> None:
    assert glob(pattern, text) is reference(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        *(("", "", True), ("", "a", False), ("*", "", True), ("**", "ab", True)),
        *(("?", "", False), ("?", "\u2603", True), ("a*b*c", "aXbYbZc", True)),
        *(("a.c", "abc", False), ("[a]", "a", False), ("\\*", "\\x", True)),
        ("123,https:%2F%2Fexample?.org", "123,https:%2F%2Fexample2.org", True),
    ],
)
def test_these_match_and_these_do_not(pattern: str, text: str, matches: bool) -> None:
    assert glob(pattern, text) is matches


def test_no_pattern_takes_long() -> None:
    pattern = "*a" * (MAX_PATTERN // 2 - 1) + "*b"
    begun = time.process_time()
    assert not glob(pattern, "a" * 30_000)
    assert time.process_time() - begun < 2


def test_patterns_that_cost_too_much_count_for_nothing() -> None:
    clause: Any = {**ROLE, "value": "pattern:" + "*a" * 250 + "*b"}
    parsed = read_conditions([[clause] * MAX_CLAUSES] * 1, "$")
    long = Visa(
        type="AffiliationAndRole", value="a" * 30_000, source=UNIVERSITY, by="so"
    )
    work = Work(left=50_000)
    with pytest.raises(TooLarge) as caught:
        met(parsed, [long, long], work)
    assert isinstance(caught.value, MedidError)
    assert work.left < 0


def test_the_cost_is_counted_over_the_whole_passport() -> None:
    long = visa(home("AffiliationAndRole", f"faculty@{'x' * 20_000}"), HOME)
    conditions = [[{**ROLE, "value": "pattern:faculty@*"}] * 40]
    first = visa(grant(conditions=conditions))
    second = visa(grant(conditions=conditions, value="https://a.example/2"))
    assert 40 * 20_000 < MAX_WORK < 2 * 40 * 20_000
    assert codes(judged(userinfo(first, second, long))) == [None, "TOO_LARGE", None]
