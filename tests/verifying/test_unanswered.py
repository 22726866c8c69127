"""Sources that do not answer leave it open whom to believe; a no does not."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from medid.adapters.exchange import NotFound
from medid.core.json import dumps
from medid.errors import EvidenceUnavailable, FetchFailed, IssuerNotTrusted
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.federation.statements import configuration_url
from medid.trust.unanswered import Unanswered
from medid.verifying.checks import Outcome, Verification
from medid.verifying.verifier import Verifier
from tests.trust.federations import ANCHOR, BOARD, STATE, state
from tests.verifying import test_federating as federated
from tests.verifying import test_recognizing as recognizing
from tests.verifying import world
from tests.verifying.test_recognizing import (
    LICENSE,
    LISTED,
    OWN_LIST,
    RULES,
    SCHEMA,
    recognition,
)
from tests.verifying.world import NOW, STRANGER, entry, status_list

OTHER = "https://other.example/recognized.json"


def trusted(answer: Verification) -> tuple[str, str | None]:
    (check,) = world.check(answer, "trust")
    return check.result.value, check.code


def proven(answer: Verification) -> tuple[str, str | None]:
    """Of an issuer of a federation, which says whose his keys are."""
    (check,) = world.check(answer, "proof")
    return check.result.value, check.code


def asked(trust: TrustRegistry, pages: Any, document: Any = LICENSE) -> Verification:
    web = world.Web({**world.lists(), **pages}, at=NOW)
    return Verifier(trust=trust, fetch=web, clock=world.refuse_clock).verify(
        document, at=NOW
    )


NOT_TRUSTED = ("fail", "ISSUER_NOT_TRUSTED")
DOWN = FetchFailed("down")


# Lists of recognitions.


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ({LISTED: recognition()}, ("pass", None)),
        ({LISTED: DOWN}, ("unknown", "FETCH_FAILED")),
        ({LISTED: NotFound("404")}, ("unknown", "FETCH_FAILED")),
        ({LISTED: b"x"}, ("unknown", "EVIDENCE_UNAVAILABLE")),
        (
            {LISTED: {**recognition(), "name": "changed"}},
            ("unknown", "EVIDENCE_UNAVAILABLE"),
        ),
        (
            {LISTED: recognition(validUntil=str(NOW))},
            ("unknown", "EVIDENCE_UNAVAILABLE"),
        ),
        # Answers, each of them a no.
        ({LISTED: recognition(recognizing.entity(STRANGER))}, NOT_TRUSTED),
        ({LISTED: recognition(by=STRANGER)}, NOT_TRUSTED),
        (
            {
                LISTED: recognition(
                    recognizing.entity(
                        world.BOARD, recognizing.action(validUntil=str(NOW))
                    )
                )
            },
            NOT_TRUSTED,
        ),
        (
            {
                LISTED: recognition(credentialStatus=entry(OWN_LIST)),
                OWN_LIST: status_list(
                    world.INDEX, url=OWN_LIST, controller=recognizing.STATE
                ),
            },
            NOT_TRUSTED,
        ),
    ],
)
def test_what_a_list_says_and_when_it_says_nothing(pages: Any, found: Any) -> None:
    trust = recognizing.registry(lists=[LISTED])
    assert trusted(asked(trust, {SCHEMA: RULES, **pages})) == found


def test_one_list_is_enough_whatever_became_of_the_other() -> None:
    trust = recognizing.registry(lists=[OTHER, LISTED])
    pages = {SCHEMA: RULES, LISTED: recognition(), OTHER: DOWN}
    assert asked(trust, pages)
    stranger = recognition(recognizing.entity(STRANGER))
    assert trusted(asked(trust, {**pages, LISTED: stranger}))[0] == "unknown"


@pytest.mark.parametrize(
    "authority",
    [
        {"validUntil": str(NOW)},
        {"validFrom": str(NOW.plus(1))},
        {
            "mayRecognize": {
                "credentialTypes": ["Other"],
                "jurisdictions": ["US-OH"],
                "professions": ["208D00000X"],
            }
        },
        {
            "mayRecognize": {
                "jurisdictions": ["US-KY"],
                "professions": ["208D00000X"],
            }
        },
        {
            "mayRecognize": {
                "jurisdictions": ["US-OH"],
                "professions": ["163W00000X"],
            }
        },
    ],
)
def test_nobody_waits_for_who_could_not_speak_for_it(authority: Any) -> None:
    trust = recognizing.registry(lists=[LISTED], **authority)
    assert trusted(asked(trust, {LISTED: DOWN})) == NOT_TRUSTED


def test_who_is_recognized_for_something_else_waits_as_well() -> None:
    document: Any = json.loads(dumps(recognizing.registry(lists=[LISTED]).document))
    (state,) = document["authorities"]
    document["authorities"] = [
        {**state, "mayRecognize": {**state["mayRecognize"], "jurisdictions": ["DE"]}},
        {**state, "did": recognizing.UNION.did},
    ]
    document["recognizedEntities"].append(OTHER)
    trust = TrustRegistry.from_json(document)
    pages = {SCHEMA: RULES, LISTED: recognition(), OTHER: DOWN}
    assert trusted(asked(trust, pages)) == ("unknown", "FETCH_FAILED")
    answered = recognition(recognizing.entity(STRANGER))
    found = trusted(asked(trust, {**pages, OTHER: answered}))
    assert found == ("fail", "ISSUER_NOT_AUTHORIZED_FOR_TYPE")


def test_nobody_waits_about_an_issuer_that_the_file_names() -> None:
    board = {"did": world.BOARD.did, "jurisdictions": ["DE"], "professions": ["x"]}
    document: Any = json.loads(dumps(recognizing.registry(lists=[LISTED]).document))
    document["acceptedBoards"] = [{**board, "credentialTypes": ["Other"]}]
    answer = asked(TrustRegistry.from_json(document), {LISTED: DOWN})
    assert trusted(answer) == ("fail", "ISSUER_NOT_AUTHORIZED_FOR_TYPE")


# Federations.

STATEMENT = federated.statement(federated.BY_ANCHOR, federated.TOP)
PAGES: dict[str, Any] = federated.pages_of(federated.BY_ANCHOR)
ASKED = int(NOW.seconds)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ("pass", None)),
        ({configuration_url(ANCHOR): DOWN}, ("unknown", "FETCH_FAILED")),
        ({configuration_url(ANCHOR): NotFound("404")}, ("unknown", "FETCH_FAILED")),
        ({configuration_url(ANCHOR): "x"}, ("unknown", "EVIDENCE_UNAVAILABLE")),
        ({STATEMENT: DOWN}, ("unknown", "FETCH_FAILED")),
        ({STATEMENT: "x"}, ("unknown", "EVIDENCE_UNAVAILABLE")),
        ({configuration_url(BOARD): DOWN}, ("unknown", "FETCH_FAILED")),
        # Answers, each of them a no.
        ({STATEMENT: NotFound("404")}, NOT_TRUSTED),
        (federated.pages_of(federated.board_of()), NOT_TRUSTED),
        # What has expired tells nothing; what is of a time to come is a no until then.
        (
            {STATEMENT: federated.TOP.about(federated.BY_ANCHOR, exp=ASKED)},
            ("unknown", "EVIDENCE_UNAVAILABLE"),
        ),
        (
            {STATEMENT: federated.TOP.about(federated.BY_ANCHOR, iat=ASKED + 1)},
            NOT_TRUSTED,
        ),
    ],
)
def test_what_a_federation_says_and_when_it_says_nothing(
    changes: Any, found: Any
) -> None:
    pages = {**PAGES, **changes}
    answer = asked(federated.trust_of(), pages, federated.sd_jwt())
    assert proven(answer) == found


def test_a_stranger_is_refused_where_every_superior_knows_nothing_of_him() -> None:
    trust = federated.trust_of(federated.federation(intermediates=[STATE]))
    absent = {
        STATEMENT: NotFound("404"),
        federated.statement(federated.BY_ANCHOR, state): NotFound("404"),
    }
    answer = asked(trust, {**PAGES, **absent}, federated.sd_jwt())
    assert proven(answer) == NOT_TRUSTED
    assert answer.outcome is Outcome.REFUSED
    one_down = {**absent, [*absent][1]: DOWN}
    answer = asked(trust, {**PAGES, **one_down}, federated.sd_jwt())
    assert proven(answer) == ("unknown", "FETCH_FAILED")


@pytest.mark.parametrize(
    "members", [{"validUntil": str(NOW)}, {"validFrom": str(NOW.plus(1))}]
)
def test_nobody_waits_for_a_federation_that_is_not_in_force(members: Any) -> None:
    trust = federated.trust_of(federated.federation(**members))
    assert proven(asked(trust, {}, federated.sd_jwt())) == NOT_TRUSTED


def test_of_two_federations_one_that_is_silent_does_not_undo_the_other() -> None:
    silent = federated.federation(anchor="https://elsewhere.example")
    trust = federated.trust_of(silent, federated.federation())
    assert asked(trust, PAGES, federated.sd_jwt())
    none = {**PAGES, STATEMENT: NotFound("404")}
    assert proven(asked(trust, none, federated.sd_jwt()))[0] == "unknown"


def test_long_lists_of_professions_are_not_compared_each_with_each() -> None:
    board, many = "did:web:board.example", range(2_000)
    silent = [
        Unanswered(
            issuer=board,
            credential_types=(LICENSE_TYPE,),
            jurisdictions=("US-OH",),
            professions=(*(f"a{number}" for number in many), last),
            documents=frozenset({"document"}),
            error=EvidenceUnavailable("down"),
        )
        for last in ("other", "RN")
    ]
    codings = [*(f"urn:x|b{number}" for number in many), "urn:x|RN"]
    begun = time.process_time()
    for one, error in zip(silent, (IssuerNotTrusted, EvidenceUnavailable), strict=True):
        trust = federated.trust_of().recognizing((), unanswered=[one])
        with pytest.raises(error):
            trust.authorize(
                board,
                jurisdiction="US-OH",
                professions=codings,
                at=NOW,
                document="document",
            )
    assert time.process_time() - begun < 1
