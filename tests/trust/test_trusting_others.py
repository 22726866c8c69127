"""What a registry makes of the word of others: for one document, and while it holds."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import Instant
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    IssuerNotAuthorized,
    IssuerNotTrusted,
    MalformedValue,
)
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.boards import AcceptedBoard, read_board
from medid.trust.recognized import RECOGNITIONS
from medid.trust.settings import read_settings
from tests.trust.federations import ANCHOR, TYPE, anchor

AT = Instant.parse("2026-06-15T12:00:00Z")
BOARD = "did:web:board.example"
STATE = "did:web:state.example"
FOREIGN = "https://foreign.example"
SCOPE: dict[str, Any] = {"jurisdictions": ["US-OH"], "professions": ["RN"]}
OVER = {"validUntil": str(AT)}
TO_COME = {"validFrom": str(AT.plus(1))}


def trust(*boards: dict[str, Any], **members: Any) -> TrustRegistry:
    stated: dict[str, Any] = {
        "acceptedBoards": [{**SCOPE, **one} for one in boards],
        "authorities": [{"did": STATE, "mayRecognize": SCOPE}],
        **members,
    }
    return TrustRegistry.from_json(stated)


def entry(document: str = "a", did: str = BOARD, **members: Any) -> AcceptedBoard:
    """What a chain of recognitions amounts to, for ``document`` alone."""
    board = read_board({"did": did, **SCOPE, **members}, "$")
    return replace(board, documents=frozenset({document}))


def test_who_is_recognized_is_admitted_and_nobody_else() -> None:
    known = trust().recognizing([entry()])
    known.admit(BOARD)
    known.admit(STATE)
    for stranger in (f"{BOARD}.other", "did:web:other.example"):
        with pytest.raises(IssuerNotTrusted):
            known.admit(stranger)
    with pytest.raises(IssuerNotTrusted):
        known.recognizing([]).admit(BOARD)


def test_who_is_recognized_may_issue_the_document_that_was_judged_alone() -> None:
    known = trust().recognizing([entry()])
    (found,) = known.entries(BOARD, LICENSE_TYPE, at=AT, document="a")
    assert found.did == BOARD
    assert known.authorize(
        BOARD, jurisdiction="US-OH", professions=["RN"], at=AT, document="a"
    ) == ("RN",)
    for document in ("b", None):
        with pytest.raises(IssuerNotTrusted, match="names this issuer"):
            known.entries(BOARD, LICENSE_TYPE, at=AT, document=document)


def test_who_is_recognized_for_something_else_is_no_stranger() -> None:
    known = trust().recognizing([], otherwise=[BOARD])
    with pytest.raises(IssuerNotAuthorized, match="not for what this is"):
        known.entries(BOARD, LICENSE_TYPE, at=AT)
    with pytest.raises(IssuerNotTrusted):
        known.entries("did:web:other.example", LICENSE_TYPE, at=AT)


@pytest.mark.parametrize("kind", sorted(RECOGNITIONS))
def test_an_authority_may_say_whom_it_recognizes(kind: str) -> None:
    assert trust().authorize(STATE, kind, at=AT) == ()
    with pytest.raises(IssuerNotTrusted):
        trust().authorize(BOARD, kind, at=AT)
    # And licenses nobody by being one.
    with pytest.raises(IssuerNotTrusted):
        trust().authorize(STATE, at=AT)
    for dates in (OVER, TO_COME):
        past = {"did": STATE, "mayRecognize": SCOPE, **dates}
        with pytest.raises(IssuerNotTrusted):
            trust(authorities=[past]).authorize(STATE, kind, at=AT)


def test_so_may_whom_it_recognizes_in_the_document_that_was_judged() -> None:
    kind = min(RECOGNITIONS)
    known = trust().recognizing([entry()])
    assert known.authorize(BOARD, kind, at=AT, document="a") == ()
    with pytest.raises(IssuerNotTrusted):
        known.authorize(BOARD, kind, at=AT, document="b")
    with pytest.raises(IssuerNotTrusted):
        known.authorize("did:web:other.example", kind, at=AT, document="a")
    for dates in (OVER, TO_COME):
        past = trust().recognizing([entry(**dates)])
        with pytest.raises(IssuerNotTrusted):
            past.authorize(BOARD, kind, at=AT, document="a")


def test_a_federation_is_asked_about_addresses_that_no_entry_names() -> None:
    meaning = {"type": TYPE, "credentialTypes": [LICENSE_TYPE], **SCOPE}
    federation = {"anchor": ANCHOR, "jwks": anchor.jwks, "trustMarks": [meaning]}
    known = trust({"issuer": FOREIGN}, federations=[federation])
    assert known.federations("https://other.example") == known.settings.federations
    assert len(known.settings.federations) == 1
    for issuer in (FOREIGN, BOARD, "http://other.example"):
        assert known.federations(issuer) == ()


def test_whom_the_file_names_and_no_entry_in_force_is_over() -> None:
    assert trust({"did": BOARD}).over(at=AT) == {STATE}
    for dates in (OVER, TO_COME):
        assert trust({"did": BOARD, **dates}).over(at=AT) == {BOARD, STATE}
        again = trust({"did": BOARD, **dates}, {"did": BOARD})
        assert again.over(at=AT) == {STATE}


def test_a_rehearsal_may_leave_out_what_a_verifier_may_not() -> None:
    documents: list[Any] = [{}, {"acceptedBoards": []}, {"acceptStatuses": []}]
    for document in documents:
        found = read_settings(document, rehearsal=True)
        assert found.boards == ()
        with pytest.raises(MalformedValue):
            read_settings(document)
    with pytest.raises(MalformedValue) as refused:
        read_settings(
            {"acceptedBoards": [{"did": BOARD, **SCOPE}], "acceptStatuses": []}
        )
    assert refused.value.path == "$.acceptStatuses"
    assert read_settings({}, rehearsal=True).accept_statuses == ("active",)
    assert read_settings({"acceptStatuses": []}, rehearsal=True).accept_statuses == ()


def test_each_of_those_who_vouch_for_others_makes_a_trust_file() -> None:
    assert trust().settings.boards == ()
    for name in ("authorities", "federations", "x509Roots", "trustRegistries"):
        with pytest.raises(ConfigurationError) as refused:
            TrustRegistry.from_json({name: []})
        assert refused.value.path == "$.acceptedBoards"


def test_a_place_of_service_is_for_a_country_or_a_union_of_the_file() -> None:
    rules = {"Nordic": "provider", "US": "patient"}
    known = trust(unions={"Nordic": ["SE", "NO"]}, placeOfService=rules)
    assert known.settings.place_of_service == rules
    for other in ({"Baltic": "provider"}, {"US": ""}, {"US": "both"}):
        with pytest.raises(ConfigurationError):
            trust(unions={"Nordic": ["SE"]}, placeOfService=other)
