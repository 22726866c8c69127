"""Compacts and their members have dates, and a question is asked as of its time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.license_facts import CompactFacts
from medid.access.license_rules import evaluate
from medid.errors import ConfigurationError, IssuerNotTrusted
from tests.access.license_world import NOW, facts, registry, request

YESTERDAY: Final = "2026-06-14"
TODAY: Final = "2026-06-15"
TOMORROW: Final = "2026-06-16"
COMMISSION: Final = "did:example:commission"
OUTSIDE: Final = "JURISDICTION_NOT_COVERED"


def nlc(*members: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "NLC",
        "model": "mutual-recognition",
        "professions": ["MD"],
        "members": [*members],
        **more,
    }


def member(state: str, **window: str) -> dict[str, str]:
    return {"jurisdiction": state, **window}


MULTISTATE: Final = facts(
    compact=CompactFacts(multistate=True, primary_residence="US-OH")
)


def decided(*compacts: Any, licenses: Any = (MULTISTATE,), days: float = 0) -> Any:
    """What counts in Indiana, some days from now."""
    at = NOW.plus(days * 86_400)
    moved = [
        replace(one, verified=replace(one.verified, status_checked_at=at))
        for one in licenses
    ]
    asked = request(patient_location="US-IN", time=at)
    return evaluate(moved, registry(compacts=[*compacts]), asked)


OHIO: Final = facts().jurisdiction


@pytest.mark.parametrize(
    ("window", "permits"),
    [
        ({}, True),
        ({"validFrom": TODAY}, True),
        ({"validFrom": str(NOW)}, True),
        ({"validFrom": str(NOW.plus(1))}, False),  # joins later
        ({"validFrom": TOMORROW}, False),
        ({"validUntil": TODAY}, True),  # its last day
        ({"validUntil": str(NOW.plus(1))}, True),
        ({"validUntil": str(NOW)}, False),  # has left before
        ({"validUntil": YESTERDAY}, False),
    ],
)
@pytest.mark.parametrize("state", ["US-OH", "US-IN"])
def test_both_states_are_members_at_the_time(
    state: str, window: dict[str, str], permits: bool
) -> None:
    other = "US-IN" if state == "US-OH" else "US-OH"
    found = decided(nlc(other, member(state, **window)))
    assert bool(found.decision == "permit") is permits
    assert found.reasons == (() if permits else (OUTSIDE,))
    whole = decided(nlc("US-OH", "US-IN", **window))
    assert bool(whole.decision == "permit") is permits


def test_who_left_yesterday_was_a_member_the_day_before() -> None:
    """N-tr-expired-recog: deny now, and permit as of before."""
    left = nlc("US-OH", member("US-IN", validUntil=YESTERDAY))
    long = replace(MULTISTATE, window=replace(MULTISTATE.window, start=None))
    assert decided(left, licenses=[long]).reasons == (OUTSIDE,)
    assert decided(left, licenses=[long], days=-1).decision == "permit"
    assert decided(left, licenses=[long], days=-0.49).decision == "deny"


def test_who_came_back_is_a_member_twice() -> None:
    twice = nlc(
        "US-OH",
        member("US-IN", validUntil="2026-06-10"),
        member("US-IN", validFrom=TODAY),
    )
    long = replace(MULTISTATE, window=replace(MULTISTATE.window, start=None))
    permits = [
        decided(twice, licenses=[long], days=days).decision == "permit"
        for days in (-5, -4, -1, 0)
    ]
    assert permits == [True, False, False, True]
    seamless = nlc(
        "US-OH",
        member("US-IN", validUntil=YESTERDAY),
        member("US-IN", validFrom=TODAY),
    )
    for days in (-1, -0.5, -0.50001, 0):
        found = decided(seamless, licenses=[long], days=days)
        assert found.decision == "permit"


@pytest.mark.parametrize(
    ("members", "path"),
    [
        (["US-IN", "US-IN"], "[1]"),
        (["US-IN", member("US-IN", validFrom=TODAY)], "[1]"),
        ([member("US-IN", validUntil=TODAY), "US-OH", "US-IN"], "[2]"),
        (
            [
                member("US-IN", validUntil=TODAY),
                member("US-IN", validFrom=TODAY),
            ],
            "[1]",
        ),
        (
            [
                member("US-IN", validFrom=TODAY, validUntil=TODAY),
                member("US-IN", validFrom=YESTERDAY, validUntil=TOMORROW),
            ],
            "[1]",
        ),
        ([member("US-IN", validFrom=TODAY, validUntil=YESTERDAY)], "[0].validUntil"),
        ([member("US-IN", from_=TODAY)], "[0].from_"),
        ([member("Indiana")], "[0].jurisdiction"),
        (["Indiana"], "[0]"),
        (["*"], "[0]"),
        ([{}], "[0].jurisdiction"),
        ([7], "[0]"),
        ([None], "[0]"),
        ([["US-IN"]], "[0]"),
        ([member("US-IN", validFrom="soon")], "[0].validFrom"),
    ],
)
def test_contradictory_and_malformed_members(members: Any, path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry(compacts=[nlc(*members)])
    assert caught.value.path == f"$.compacts[0].members{path}"


def test_a_compact_that_ends_before_it_begins() -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry(compacts=[nlc(validFrom=TODAY, validUntil=YESTERDAY)])
    assert caught.value.path == "$.compacts[0].validUntil"


def test_a_permit_ends_with_a_membership_and_with_the_compact() -> None:
    soon = str(NOW.plus(60))
    for compact in (
        nlc("US-OH", member("US-IN", validUntil=soon)),
        nlc("US-IN", member("US-OH", validUntil=soon)),
        nlc("US-IN", "US-OH", validUntil=soon),
        # Who joins may pull licenses down.
        nlc("US-IN", "US-OH", member("US-KY", validFrom=soon)),
    ):
        assert decided(compact).expires == NOW.plus(60)


# Authorisations.


def psypact(*members: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "PSYPACT",
        "model": "authorisation",
        "professions": ["MD"],
        "members": [*members],
        "authorisationIssuer": COMMISSION,
        "inPerson": {"authorisation": "TAP", "maxDaysPerYear": 30},
        **more,
    }


TAP: Final = facts(
    id="A1",
    type="CompactAuthorisation",
    issuer=COMMISSION,
    support={"compact": "PSYPACT", "kind": "TAP", "homeState": "US-OH"},
)


@pytest.mark.parametrize("state", ["US-OH", "US-IN"])
def test_an_authorisation_counts_while_both_are_members(state: str) -> None:
    other = "US-IN" if state == "US-OH" else "US-OH"
    both = (facts(), TAP)
    inside = psypact(other, member(state, validUntil=TODAY))
    assert decided(inside, licenses=both).decision == "permit"
    for window in ({"validUntil": YESTERDAY}, {"validFrom": TOMORROW}):
        outside = psypact(other, member(state, **window))
        assert decided(outside, licenses=both).reasons == (OUTSIDE,)
        ended = psypact("US-OH", "US-IN", **window)
        assert decided(ended, licenses=both).reasons == (OUTSIDE,)


def test_a_commission_issues_while_its_compact_is_in_force() -> None:
    kind = "CompactAuthorisation"
    for window, authorized in (
        ({}, True),
        ({"validUntil": TODAY}, True),
        ({"validUntil": YESTERDAY}, False),
        ({"validFrom": TOMORROW}, False),
    ):
        trust = registry(compacts=[psypact("US-OH", **window)])
        trust.admit(COMMISSION)
        if authorized:
            assert trust.authorize(COMMISSION, kind, at=NOW) == ()
            continue
        with pytest.raises(IssuerNotTrusted):
            trust.authorize(COMMISSION, kind, at=NOW)


# Cascades.


def imlc(*members: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "IMLC",
        "model": "expedited-licensure",
        "professions": ["MD"],
        "members": [*members],
        **more,
    }


THROUGH: Final = CompactFacts(principal_state="US-OH", issued_through=("IMLC",))
# His own license there, and the one of Ohio on which it stands.
OWN: Final = facts(jurisdiction="US-IN", professions=("RN", "MD"), compact=THROUGH)
LOST: Final = facts(id="L2", status="revoked", status_since=NOW.plus(-10 * 86_400))
FELL: Final = "COMPACT_CASCADE"


def fell(*members: Any, lost: Any = LOST, **more: Any) -> bool:
    asked = request(patient_location="US-IN", profession="RN")
    compact = imlc(*members, **more)
    trust = registry(compacts=[{**compact, "professions": ["RN", "MD"]}])
    return FELL in evaluate([OWN, lost], trust, asked).reasons


def test_what_a_member_took_away_stays_away_when_it_leaves() -> None:
    assert fell("US-IN", "US-OH")
    # It left after it had revoked; that it left changes nothing.
    assert fell("US-IN", member("US-OH", validUntil="2026-06-10"))
    assert not fell("US-IN", member("US-OH", validUntil="2026-06-01"))
    # It joined after it had revoked, and a member's revocation counts.
    assert fell("US-IN", member("US-OH", validFrom=TODAY))
    assert not fell("US-IN", member("US-OH", validFrom=TOMORROW))
    assert not fell("US-IN")


def test_where_nobody_said_since_when_it_may_have_been_then() -> None:
    for lost in (
        replace(LOST, status_since=None),
        # Lost by the list of the credential; since when, that does not say.
        replace(
            LOST,
            status="active",
            verified=replace(LOST.verified, status="revoked"),
        ),
    ):
        assert fell("US-IN", member("US-OH", validUntil="2020-01-01"), lost=lost)
        assert not fell("US-IN", member("US-OH", validFrom=TOMORROW), lost=lost)
        assert not fell("US-IN", member("US-KY"), lost=lost)


def test_a_compact_that_has_ended_ties_nothing() -> None:
    assert not fell("US-IN", "US-OH", validUntil=YESTERDAY)
    assert not fell("US-IN", "US-OH", validFrom=TOMORROW)
    # Nobody was a member of it before it began, or is one after its end.
    begun = {"validFrom": "2026-06-10"}
    assert not fell("US-IN", member("US-OH", validUntil="2026-06-12"), **begun)
    trust = registry(compacts=[nlc("US-IN", validFrom=TODAY, validUntil=TODAY)])
    (compact,) = trust.settings.compacts
    found = [
        compact.includes("US-IN", at=NOW.plus(days * 86_400)) for days in (-1, 0, 1)
    ]
    assert found == [False, True, False]


# What is true of every timeline.


@given(cuts=st.sets(st.integers(-20, 20), min_size=2, max_size=8), day=st.integers())
def test_a_timeline_of_memberships_is_what_its_parts_say(
    cuts: set[int], day: int
) -> None:
    edges = sorted(cuts)
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    members = [
        member(
            "US-IN",
            validFrom=str(NOW.plus(start * 86_400)),
            validUntil=str(NOW.plus(end * 86_400)),
        )
        for start, end in spans
    ]
    trust = registry(compacts=[nlc(*members)])
    (compact,) = trust.settings.compacts
    day %= 41
    at = NOW.plus((day - 20) * 86_400)
    inside = any(start <= day - 20 < end for start, end in spans)
    assert compact.includes("US-IN", at=at) is inside
    assert not compact.includes("US-OH", at=at)
    begun = bool(spans) and edges[0] <= day - 20
    assert compact.has_included("US-IN", by=at) is begun
    assert not compact.includes(None, at=at)
