"""One who rendered a service, and the licenses: over time, in both worlds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access.claim_licenses import KnownLicense, Sighting
from medid.access.claim_place import Place
from medid.access.claim_rules import Answer, Question, judge
from medid.access.claim_settings import Service
from medid.access.decision import Outcome
from medid.access.license_facts import CompactFacts, Verified
from medid.core.instant import ALWAYS, Instant, Window
from medid.health.codes import Coding
from medid.health.fhir_claim import TeamMember
from medid.health.fhir_claim_parties import Party
from medid.health.license import Condition, PrivilegeAction
from tests.access.license_world import BOARD, HOLDER, NOW, facts, licenses, registry
from tests.support import examples

if TYPE_CHECKING:
    from medid.access.license_facts import LicenseFacts

DAY = 86_400
START = NOW.plus(-3_600)
CLEAR = (Sighting(status="valid", window=ALWAYS),)
NPI = "http://hl7.org/fhir/sid/us-npi"
ASKED_AT = NOW.plus(30 * DAY)


def known(*, sightings: Any = CLEAR, **changes: Any) -> KnownLicense:
    return KnownLicense(facts=facts(**changes), sightings=sightings)


def question(*found: KnownLicense, **members: Any) -> Question:
    period = members.pop("period", Window(START, START.plus(DAY)))
    base: dict[str, Any] = {
        "start": period.start,
        "end": period.end,
        "passed": period.intersect(Window(None, ASKED_AT)),
        "services": (Service(professions=("MD",), action="treat"),),
        "place": Place(mode="in-person", patient="US-OH", practitioner="US-OH"),
        "licenses": found,
        "trust": registry(),
    }
    return Question(**{**base, **members})


def member(**changes: Any) -> TeamMember:
    base: dict[str, Any] = {
        "party": Party(dids=frozenset({HOLDER})),
        "roles": None,
        "qualification": None,
        "path": "$.careTeam[0]",
    }
    return TeamMember(**{**base, **changes})


def ask(*found: KnownLicense, **members: Any) -> Answer:
    return judge(member(), question(*found, **members))


LASTING = Window(NOW.plus(-400 * DAY), NOW.plus(400 * DAY))


def test_a_license_that_satisfies_everything_permits() -> None:
    found = ask(known(window=LASTING))
    assert found == Answer(
        decision=Outcome.PERMIT, reasons=("LICENSE_OK",), license="L1"
    )


def test_what_a_license_obliges_to_goes_with_the_permit() -> None:
    watched = known(window=LASTING, conditions=(Condition(kind="monitoring"),))
    assert ask(watched).obligations == ("SHOW_LICENSE_CONDITIONS",)
    # The one that obliges to less comes first.
    assert ask(watched, known(id="L2", window=LASTING)).license == "L2"


# Who it is.


@pytest.mark.parametrize(
    ("party", "reason"),
    [
        (Party(), "RENDERING_PROVIDER_UNKNOWN"),
        (
            Party(dids=frozenset({HOLDER}), organization=True),
            "RENDERING_PROVIDER_UNKNOWN",
        ),
        (
            Party(dids=frozenset({HOLDER}), malformed=True),
            "PROVIDER_IDENTIFIER_INVALID",
        ),
        (Party(dids=frozenset({"did:example:dr-2"})), "NO_LICENSE"),
        (Party(identifiers=frozenset({(NPI, "1234567893")})), "NO_LICENSE"),
    ],
)
def test_nobody_is_permitted_who_is_not_the_holder(party: Party, reason: str) -> None:
    found = judge(member(party=party), question(known(window=LASTING)))
    assert (found.decision, found.reasons) == (Outcome.DENY, (reason,))


def test_an_identifier_links_only_to_a_license_that_states_it_itself() -> None:
    own = known(window=LASTING, identifiers=frozenset({(NPI, "1234567893")}))
    party = Party(identifiers=frozenset({(NPI, "1234567893")}))
    assert judge(member(party=party), question(own)).decision is Outcome.PERMIT
    # Another license of the same holder, which does not state it, is not linked.
    other = known(id="L2", window=LASTING)
    spoilt = replace(own, facts=replace(own.facts, issuer="did:example:forger"))
    found = judge(member(party=party), question(spoilt, other))
    assert found.decision is Outcome.DENY
    assert "ISSUER_NOT_TRUSTED" in found.reasons


def test_nothing_that_both_state_may_differ() -> None:
    own = known(window=LASTING, identifiers=frozenset({(NPI, "1234567893")}))
    party = Party(
        dids=frozenset({HOLDER}), identifiers=frozenset({(NPI, "1679576722")})
    )
    assert judge(member(party=party), question(own)).reasons == ("NO_LICENSE",)
    # Of another register the license says nothing.
    party = Party(dids=frozenset({HOLDER}), identifiers=frozenset({("urn:x", "1")}))
    assert judge(member(party=party), question(own)).decision is Outcome.PERMIT


@pytest.mark.parametrize(
    ("qualification", "reason"),
    [
        (Coding("urn:codes", "MD"), "LICENSE_OK"),
        (Coding("urn:codes", "surgery"), "LICENSE_OK"),
        (Coding("urn:codes", "RN"), "SPECIALTY_MISSING"),
        (None, "QUALIFICATION_UNKNOWN"),
    ],
)
def test_a_stated_qualification_has_to_be_the_license_s(
    qualification: Coding | None, reason: str
) -> None:
    own = known(
        window=LASTING,
        professions=("urn:codes|MD",),
        specialties=("urn:codes|surgery",),
    )
    stated = frozenset() if qualification is None else frozenset({qualification})
    found = judge(member(qualification=stated), question(own))
    assert found.reasons == (reason,)


# All the time.


def test_a_period_is_good_only_where_the_whole_of_it_is() -> None:
    ends = known(window=Window(LASTING.start, START.plus(60)))
    found = ask(ends)
    assert found.decision is Outcome.DENY
    assert found.reasons == ("SERVICE_PERIOD_CROSSES_LICENSE_CHANGE", "LICENSE_EXPIRED")
    begins = known(window=Window(START.plus(60), LASTING.end))
    assert ask(begins).reasons == (
        "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE",
        "LICENSE_NOT_YET_VALID",
    )


def test_a_license_to_the_end_of_the_period_is_enough() -> None:
    period = Window(START, START.plus(DAY))
    assert ask(known(window=period)).decision is Outcome.PERMIT
    short = Window(START, Instant(START.plus(DAY).nanoseconds - 1))
    assert ask(known(window=short)).decision is Outcome.DENY


def test_two_licenses_that_follow_each_other_do_not_add_up() -> None:
    first = known(window=Window(LASTING.start, START.plus(60)))
    second = known(id="L2", window=Window(START.plus(60), LASTING.end))
    found = ask(first, second)
    assert found.decision is Outcome.DENY
    assert found.reasons[0] == "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE"


@pytest.mark.parametrize(
    "changes",
    [
        {
            "privilege_actions": (
                PrivilegeAction(jurisdiction="US-OH", start=START.plus(60)),
            )
        },
        {"conditions": (Condition(kind="odd", until=START.plus(60)),)},
    ],
    ids=["privilege", "condition"],
)
def test_a_change_of_the_license_within_the_period_is_seen(changes: Any) -> None:
    found = ask(known(window=LASTING, **changes))
    assert found.reasons[0] == "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE"


@pytest.mark.parametrize(
    "members",
    [
        {"alerts": [{"holder": HOLDER, "from": str(START.plus(60))}]},
        {
            "acceptedBoards": [
                {
                    "did": BOARD,
                    "jurisdictions": ["US-OH"],
                    "professions": ["MD"],
                    "validUntil": str(START.plus(60)),
                }
            ]
        },
    ],
    ids=["alert", "board"],
)
def test_a_change_of_the_registry_within_the_period_is_seen(members: Any) -> None:
    found = ask(known(window=LASTING), trust=registry(**members))
    assert found.reasons[0] == "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE"


def test_a_recognition_that_ends_within_the_period_is_seen() -> None:
    rule = {
        "from": "US-OH",
        "to": "US-MI",
        "professions": ["MD"],
        "modes": ["in-person"],
        "validUntil": str(START.plus(60)),
    }
    there = Place(mode="in-person", patient="US-MI", practitioner="US-MI")
    trust = registry(recognition=[rule])
    found = ask(known(window=LASTING), trust=trust, place=there)
    assert found.reasons == (
        "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE",
        "JURISDICTION_NOT_COVERED",
    )


@pytest.mark.parametrize("dated", ["member", "compact"])
def test_a_membership_that_ends_within_the_period_is_seen(dated: str) -> None:
    window = {"validUntil": str(START.plus(60))}
    there: Any = {"jurisdiction": "US-MI"}
    compact: dict[str, Any] = {
        "id": "NLC",
        "model": "mutual-recognition",
        "professions": ["MD"],
        "members": ["US-OH", {**there, **(window if dated == "member" else {})}],
        "requires": {"multistate": False, "homeStateIsPrimaryResidence": False},
        **(window if dated == "compact" else {}),
    }
    place = Place(mode="in-person", patient="US-MI", practitioner="US-MI")
    trust = registry(compacts=[compact])
    found = ask(known(window=LASTING), trust=trust, place=place)
    assert found.reasons == (
        "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE",
        "JURISDICTION_NOT_COVERED",
    )


def test_what_changes_outside_of_the_period_does_not_matter() -> None:
    edges = Window(START, START.plus(DAY))
    other = known(id="L2", holder="did:example:dr-2", window=edges)
    board = {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["MD"]}
    ending = {**board, "did": "did:example:else", "validUntil": str(START.plus(60))}
    trust = registry(
        acceptedBoards=[board, ending],
        alerts=[{"holder": "did:example:dr-2", "from": str(START)}],
    )
    assert ask(known(window=LASTING), other, trust=trust).decision is Outcome.PERMIT


def test_each_service_of_an_item_is_asked_for() -> None:
    good = Service(professions=("RN", "MD"))
    surgery = Service(professions=("MD",), specialty="surgery")
    assert ask(known(window=LASTING), services=(good,)).decision is Outcome.PERMIT
    found = ask(known(window=LASTING), services=(good, surgery))
    assert found.reasons == ("SPECIALTY_MISSING",)
    drug = Service(professions=("MD",), schedule="2")
    found = ask(known(window=LASTING), services=(drug,))
    assert found.reasons == ("PRESCRIPTIVE_AUTHORITY",)


@pytest.mark.parametrize(
    "services",
    [
        (),
        (Service(professions=()),),
        (Service(professions=("MD",)), Service(professions=())),
    ],
)
def test_where_nothing_is_asked_nothing_is_permitted(services: Any) -> None:
    found = ask(known(window=LASTING), services=services)
    assert (found.decision, found.reasons) == (Outcome.DENY, ("SERVICE_UNKNOWN",))


# Then and now.


def seen(status: Any, start: float | None, end: float | None) -> Sighting:
    return Sighting(
        status=status,
        window=Window(
            None if start is None else START.plus(start),
            None if end is None else START.plus(end),
        ),
    )


@pytest.mark.parametrize(
    ("sightings", "decision", "reason"),
    [
        ([], Outcome.INDETERMINATE, "STATUS_THEN_UNKNOWN"),
        ([seen("valid", None, DAY)], Outcome.PERMIT, "LICENSE_OK"),
        ([seen("valid", 0, DAY)], Outcome.PERMIT, "LICENSE_OK"),
        ([seen("valid", 0, None)], Outcome.PERMIT, "LICENSE_OK"),
        ([seen("valid", 1, None)], Outcome.INDETERMINATE, "STATUS_THEN_UNKNOWN"),
        ([seen("valid", None, DAY - 1)], Outcome.INDETERMINATE, "STATUS_THEN_UNKNOWN"),
        # Two looks of one license may follow each other; a gap between them may not.
        (
            [seen("valid", 60, DAY), seen("valid", None, 60)],
            Outcome.PERMIT,
            "LICENSE_OK",
        ),
        (
            [seen("valid", 61, DAY), seen("valid", None, 60)],
            Outcome.INDETERMINATE,
            "STATUS_THEN_UNKNOWN",
        ),
        # Revoked before, or during, is certain; revoked afterwards is another thing.
        ([seen("revoked", -DAY, None)], Outcome.DENY, "CREDENTIAL_REVOKED"),
        ([seen("revoked", 60, None)], Outcome.DENY, "CREDENTIAL_REVOKED"),
        ([seen("revoked", DAY, None)], Outcome.INDETERMINATE, "STATUS_THEN_UNKNOWN"),
        (
            [seen("revoked", DAY, None), seen("valid", None, DAY)],
            Outcome.PERMIT,
            "LICENSE_OK",
        ),
        ([seen("suspended", 5, 6)], Outcome.DENY, "CREDENTIAL_SUSPENDED"),
        (
            [seen("suspended", -9, 0), seen("valid", 0, DAY)],
            Outcome.PERMIT,
            "LICENSE_OK",
        ),
        # Bad news counts, whatever else was seen.
        (
            [seen("valid", None, None), seen("revoked", 5, None)],
            Outcome.DENY,
            "CREDENTIAL_REVOKED",
        ),
    ],
)
def test_what_the_lists_told_about_then(
    sightings: list[Sighting], decision: Outcome, reason: str
) -> None:
    found = ask(known(window=LASTING, sightings=sightings))
    assert (found.decision, found.reasons) == (decision, (reason,))


def test_a_status_is_asked_of_the_time_that_has_passed_only() -> None:
    # Asked in the middle of the day of service.
    noon = START.plus(DAY / 2)
    sightings = [seen("valid", 0, DAY / 2)]
    found = ask(known(window=LASTING, sightings=sightings), passed=Window(START, noon))
    assert found.decision is Outcome.PERMIT


def test_a_license_that_names_no_list_is_as_little_relied_on_as_now() -> None:
    own = KnownLicense(facts=facts(window=LASTING), listed=False, sightings=())
    assert ask(own).reasons == ("STATUS_UNKNOWN",)


def test_a_proof_that_cannot_be_checked_is_not_a_proof_that_is_wrong() -> None:
    unproven = Verified(proof=False, status="unknown", status_checked_at=None)
    wrong = KnownLicense(facts=facts(window=LASTING, verified=unproven))
    found = ask(wrong)
    assert (found.decision, found.reasons) == (Outcome.DENY, ("PROOF_INVALID",))
    missing = replace(unproven, proof=None)
    unchecked = replace(wrong, facts=replace(wrong.facts, verified=missing))
    found = ask(unchecked)
    assert found.decision is Outcome.INDETERMINATE
    assert found.reasons == ("PROOF_UNKNOWN", "STATUS_THEN_UNKNOWN")


@pytest.mark.parametrize(
    ("status", "since", "decision", "reason"),
    [
        ("active", -DAY, Outcome.PERMIT, "LICENSE_OK"),
        ("active", 0, Outcome.PERMIT, "LICENSE_OK"),
        ("active", 60, Outcome.INDETERMINATE, "STATUS_THEN_UNKNOWN"),
        ("active", 2 * DAY, Outcome.INDETERMINATE, "STATUS_THEN_UNKNOWN"),
        ("revoked", -DAY, Outcome.DENY, "LICENSE_STATUS_REVOKED"),
        ("revoked", 60, Outcome.DENY, "LICENSE_STATUS_REVOKED"),
        ("revoked", DAY, Outcome.INDETERMINATE, "STATUS_THEN_UNKNOWN"),
    ],
)
def test_since_when_the_license_has_its_status_counts(
    status: str, since: float, decision: Outcome, reason: str
) -> None:
    own = known(window=LASTING, status=status, status_since=START.plus(since))
    found = ask(own)
    assert (found.decision, found.reasons) == (decision, (reason,))


def test_what_is_wrong_anyway_is_told_where_the_status_is_not_known() -> None:
    found = ask(known(window=LASTING, sightings=(), jurisdiction="AU"))
    assert found.decision is Outcome.DENY
    assert found.reasons == ("JURISDICTION_NOT_COVERED",)


IMLC: dict[str, Any] = {
    "id": "IMLC",
    "model": "expedited-licensure",
    "professions": ["MD"],
    "members": ["US-OH", "AU"],
}


def test_another_license_that_may_have_been_lost_leaves_it_open() -> None:
    own = known(window=LASTING, compact=CompactFacts(issued_through=("IMLC",)))
    lost = known(
        id="L2",
        jurisdiction="AU",
        window=LASTING,
        sightings=[seen("revoked", 20 * DAY, None)],
    )
    found = ask(own, lost, trust=registry(compacts=[IMLC]))
    assert found.decision is Outcome.INDETERMINATE
    assert (found.reasons, found.license) == (("STATUS_THEN_UNKNOWN",), "L1")


def test_a_cascade_that_ends_within_the_period_is_seen() -> None:
    compact = CompactFacts(issued_through=("IMLC",), principal_state="US-OH")
    own = known(window=LASTING, compact=compact)
    since = START.plus(-89.5 * DAY)
    lost = known(
        id="L2",
        jurisdiction="AU",
        window=LASTING,
        status="suspended",
        status_since=since,
    )
    found = ask(own, lost, trust=registry(compacts=[IMLC]))
    assert found.reasons == (
        "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE",
        "COMPACT_CASCADE",
    )
    period = Window(START.plus(DAY), START.plus(2 * DAY))
    later = ask(own, lost, trust=registry(compacts=[IMLC]), period=period)
    assert later.decision is Outcome.PERMIT


# Laws.

spans = st.sampled_from([(0, 1), (-3_600, DAY), (-DAY, 3 * DAY), (0, DAY)])
looks = st.lists(
    st.builds(
        seen,
        st.sampled_from(["valid", "valid", "valid", "revoked", "suspended"]),
        st.sampled_from([None, -9, 0, 60]),
        st.sampled_from([None, DAY, 2 * DAY]),
    ),
    max_size=2,
)


def unproven(one: LicenseFacts) -> LicenseFacts:
    return replace(one, verified=replace(one.verified, proof=None))


@st.composite
def some_known(draw: Any) -> list[KnownLicense]:
    found = draw(st.lists(licenses, min_size=1, max_size=3))
    return [
        KnownLicense(
            facts=replace(
                draw(st.sampled_from([one, one, unproven(one)])), id=str(number)
            ),
            sightings=draw(st.sampled_from([CLEAR, CLEAR, None])) or tuple(draw(looks)),
        )
        for number, one in enumerate(found)
    ]


def asked(found: list[KnownLicense], span: tuple[float, float]) -> Answer:
    period = Window(NOW.plus(span[0]), NOW.plus(span[1]))
    return ask(*found, period=period)


@given(some_known(), spans)
@settings(max_examples=examples(25), deadline=None)
def test_only_a_license_that_permits_alone_permits(
    found: list[KnownLicense], span: tuple[float, float]
) -> None:
    together = asked(found, span)
    if together.decision is Outcome.PERMIT:
        alone = [one for one in found if asked([one], span).decision is Outcome.PERMIT]
        assert together.license in {one.facts.id for one in alone}


@given(some_known(), spans, st.randoms(use_true_random=False))
@settings(max_examples=examples(12), deadline=None)
def test_the_order_of_licenses_never_matters(
    found: list[KnownLicense], span: tuple[float, float], random: Any
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert asked(found, span) == asked(shuffled, span)


def moved(value: Any, seconds: float) -> Any:
    """``value`` with every instant in it moved."""
    parts = {
        Window: ("start", "end"),
        Condition: ("until",),
        PrivilegeAction: ("start",),
        Sighting: ("window",),
    }
    if isinstance(value, Instant):
        return value.plus(seconds)
    if isinstance(value, tuple):
        return tuple(moved(one, seconds) for one in value)
    names = parts.get(type(value), ())
    changes = {name: moved(getattr(value, name), seconds) for name in names}
    return replace(value, **changes) if names else value


def moved_license(one: LicenseFacts, seconds: float) -> LicenseFacts:
    names = ("window", "status_since", "conditions", "privilege_actions")
    return replace(one, **{name: moved(getattr(one, name), seconds) for name in names})


@given(some_known(), spans, st.integers(-2_000, 2_000))
@settings(max_examples=examples(12), deadline=None)
def test_moving_all_dates_together_changes_nothing(
    found: list[KnownLicense], span: tuple[float, float], days: int
) -> None:
    seconds = days * DAY
    period = Window(NOW.plus(span[0]), NOW.plus(span[1]))
    later = [
        replace(
            one,
            facts=moved_license(one.facts, seconds),
            sightings=moved(tuple(one.sightings), seconds),
        )
        for one in found
    ]
    here = ask(*found, period=period, passed=period)
    there = moved(period, seconds)
    assert here == ask(*later, period=there, passed=there)


@given(some_known(), spans)
@settings(max_examples=examples(12), deadline=None)
def test_knowing_less_of_the_status_never_permits_more(
    found: list[KnownLicense], span: tuple[float, float]
) -> None:
    blind = [replace(one, sightings=()) for one in found]
    assert asked(blind, span).decision is not Outcome.PERMIT
