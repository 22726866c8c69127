"""What a trust file answers to the queries of others, and what it tells nobody."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import Instant
from medid.errors import MalformedValue
from medid.trust import TrustRegistry
from medid.trust.answering import MAX_AHEAD, Answered, answer
from medid.trust.trqp import Query, Question, query, read_query
from tests.keys.authorities import authority

AT = Instant.parse("2026-06-15T12:00:00Z")
BOARD = "did:web:board.example"
STATE = "did:web:state.example"
US = "did:web:hospital.example"
WEB = "https://board.example"
PATIENT = "did:web:patient.example"
TYPE = "PractitionerLicenseCredential"
CONSENT = "PatientConsentCredential"
SYSTEM = "urn:taxonomy"

TRUST = TrustRegistry.from_json(
    {
        "acceptedBoards": [
            {
                "did": BOARD,
                "jurisdictions": ["US-OH"],
                "professions": [f"{SYSTEM}|RN"],
                "validFrom": "2026-01-01T00:00:00Z",
                "validUntil": "2027-01-01T00:00:00Z",
            },
            {
                "did": BOARD,
                "jurisdictions": ["US"],
                "professions": ["MD"],
                "credentialTypes": ["Other"],
            },
            {
                "did": "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
                "jurisdictions": ["US-OH"],
                "professions": ["RN"],
                "requireHybridProofs": True,
            },
            {
                "did": "did:web:strict.example",
                "jurisdictions": ["US-OH"],
                "professions": ["RN"],
                "requireRegistration": "full",
            },
            {
                "issuer": "https://anchored.example",
                "jurisdictions": ["US-OH"],
                "professions": ["RN"],
                "x509Anchors": [authority("root").pem],
            },
        ],
        "authorities": [
            {
                "did": STATE,
                "mayRecognize": {"jurisdictions": ["US-OH"], "professions": ["RN"]},
            }
        ],
        "containment": {"US": ["US-OH"]},
        "consent": {"patientDids": {"Patient/1": PATIENT}},
    }
)


def asked(
    entity: str = BOARD,
    resource: str = TYPE,
    *,
    time: str | None = None,
    **context: Any,
) -> Query:
    found = query(entity, US, resource).as_json()
    found["context"] = {**context, **({} if time is None else {"time": time})}
    return read_query(found)


def said(
    question: Query, which: Question = Question.AUTHORIZATION, at: Instant = AT
) -> Answered:
    return answer(question, which, TRUST, at=at)


@pytest.mark.parametrize(
    ("question", "yes"),
    [
        (asked(), True),
        (asked(jurisdiction="US-OH", profession=f"{SYSTEM}|RN"), True),
        (asked(locator="shelf 9"), True),
        # A bare code would be one of any system.
        (asked(jurisdiction="US-OH", profession="RN"), False),
        (asked(jurisdiction="US-CA"), False),
        (asked(jurisdiction="US"), False),
        (asked(profession="urn:other|RN"), False),
        (asked(resource="Other"), True),
        (
            asked(resource="Other", jurisdiction="US-OH", profession=f"{SYSTEM}|MD"),
            True,
        ),
        # Two entries never add up.
        (asked(resource="Other", profession=f"{SYSTEM}|RN"), False),
        (asked(resource="other"), False),
        (asked(BOARD + "/"), False),
        (asked(STATE), False),
        # An answer could not carry what their entries ask for beside that.
        (asked("did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"), False),
        (asked("did:web:strict.example"), False),
        (asked("https://anchored.example"), False),
    ],
)
def test_who_is_accepted_for_what_is_authorized(question: Query, yes: bool) -> None:
    found = said(question)
    assert found.answer is yes
    assert found.message.startswith("an entry" if yes else "no entry")


def test_what_was_left_out_is_told() -> None:
    assert said(asked()).message.endswith("for any jurisdiction and profession")
    assert said(asked(jurisdiction="US-OH")).message.endswith("for any profession")
    everything = asked(jurisdiction="US-OH", profession=f"{SYSTEM}|RN")
    assert said(everything).message == "an entry in force covers this"


@pytest.mark.parametrize("resource", [CONSENT, TYPE])
@pytest.mark.parametrize("which", [*Question])
def test_nobody_learns_who_is_a_patient(resource: str, which: Question) -> None:
    assert PATIENT in TRUST.settings.consent_signers
    known = said(asked(PATIENT, resource), which)
    unknown = said(asked("did:web:stranger.example", resource), which)
    assert known == unknown
    assert known.answer is False


def test_an_authority_is_recognized_and_no_board() -> None:
    which = Question.RECOGNITION
    assert said(asked(STATE, jurisdiction="US-OH", profession="RN"), which).answer
    assert not said(asked(STATE, jurisdiction="US-CA"), which).answer
    assert not said(asked(STATE, "Other"), which).answer
    assert not said(asked(BOARD), which).answer


@pytest.mark.parametrize(
    ("time", "yes"),
    [
        ("2025-12-31T23:59:59Z", False),
        ("2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:00:00+01:00", False),
        (str(AT.plus(MAX_AHEAD)), True),
    ],
)
def test_it_is_answered_as_of_the_time_asked(time: str, yes: bool) -> None:
    found = said(asked(time=time))
    assert found.answer is yes
    assert found.until is None


def test_a_query_ends_where_its_entries_change() -> None:
    begins, ends = (Instant.parse(f"{year}-01-01T00:00:00Z") for year in (2026, 2027))
    assert said(asked()).until == ends
    assert said(asked(), at=begins.plus(-9)).until == begins
    assert said(asked(), at=ends).until is None
    assert said(asked(), at=ends).answer is False
    assert said(asked("did:web:stranger.example")).until is None


@pytest.mark.parametrize(
    ("question", "path"),
    [
        (asked(registration="full"), "$.context.registration"),
        (asked(Jurisdiction="US-OH"), "$.context.Jurisdiction"),
        (asked(time=str(AT.plus(MAX_AHEAD + 1))), "$.context.time"),
    ],
)
def test_what_would_not_be_heeded_is_refused(question: Query, path: str) -> None:
    for which in Question:
        with pytest.raises(MalformedValue) as refused:
            said(question, which)
        assert refused.value.path == path
