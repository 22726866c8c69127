"""What can become of a license, and what that means, without a database."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.board import (
    Change,
    License,
    LicenseVersion,
    Practitioner,
    licensing,
    orders,
    standing,
)
from medid.board.positions import KEY_SIZE, Deck, are_dealt, dealt
from medid.board.records import kept
from medid.core.instant import Instant
from medid.core.records import replace
from medid.errors import ChangeNotAllowed, ConfigurationError, MedidError
from medid.health.vocabulary import LICENSE_CREDENTIAL
from tests.board.world import DAY, HOLDER, NOON, claims

# The closed vocabulary of health.md section 1.2.
STATUSES = (
    *("active", "probation", "restricted", "suspended", "revoked", "surrendered"),
    *("expired", "inactive", "retired", "pending", "denied", "deceased"),
)
ENDED = {"revoked", "surrendered", "retired", "deceased", "denied"}


def version(number: int, status: str, **other: Any) -> LicenseVersion:
    given = {
        "effective": NOON.plus(number * DAY),
        "recorded": NOON.plus(number * DAY),
        "name": "Ada Rowe",
        "holder": HOLDER,
        "claims": claims(),
        "issued_on": "2014-07-01",
        "expires_on": "2027-06-30",
        **other,
    }
    return LicenseVersion(version=number, status=status, **given)


def license_of(*statuses: str, **other: Any) -> License:
    """Each status a day after the one before it, from the first day on."""
    return License(
        number="35.1",
        jurisdiction="US-OH",
        practitioner=Practitioner(id="urn:uuid:1"),
        versions=tuple(
            version(number, status, **other)
            for number, status in enumerate(statuses, start=1)
        ),
    )


def test_every_status_of_the_vocabulary_has_its_rules_and_no_other() -> None:
    assert set(standing._NEXT) == set(standing.EFFECTS) == set(STATUSES)
    assert set(standing._VERBS) == set(STATUSES)
    assert {one for after in standing._NEXT.values() for one in after} < set(STATUSES)
    assert LICENSE_CREDENTIAL.name == "PractitionerLicenseCredential"


@pytest.mark.parametrize("final", sorted(standing.FINAL))
@pytest.mark.parametrize("after", STATUSES)
def test_nothing_follows_what_is_final(final: str, after: str) -> None:
    with pytest.raises(ChangeNotAllowed, match="nothing any more"):
        standing.check_change(final, after)


@pytest.mark.parametrize("before", STATUSES)
def test_nothing_becomes_pending_and_only_applications_are_denied(before: str) -> None:
    with pytest.raises(ChangeNotAllowed):
        standing.check_change(before, "pending")
    if before != "pending":
        with pytest.raises(ChangeNotAllowed):
            standing.check_change(before, "denied")


@pytest.mark.parametrize("wrong", ["", "ACTIVE", "cancelled", None, 1, ["active"], {}])
def test_what_is_no_status_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="is one of"):
        standing.check_change("active", wrong)


@pytest.mark.parametrize("now", STATUSES)
@pytest.mark.parametrize("stated", sorted(standing.ISSUED))
def test_a_credential_holds_only_where_the_license_is_what_it_states(
    stated: str, now: str
) -> None:
    found = standing.effect(stated, now)
    assert (found is standing.Effect.HOLDS) == (stated == now)
    if now in ENDED:
        assert found is standing.Effect.REVOKES
    if now == "suspended":
        assert found is standing.Effect.SUSPENDS


@pytest.mark.parametrize(
    "other",
    [
        {"claims": claims(registrationType="limited")},
        {"holder": "did:example:other"},
        {"holder": None},
        {"issued_on": "2015-07-01"},
        {"expires_on": "2027-06-29"},
    ],
)
def test_a_credential_that_says_something_else_is_revoked(other: Any) -> None:
    stated, now = version(1, "active"), version(2, "active", **other)
    assert licensing.effect(stated, now) is standing.Effect.REVOKES


@pytest.mark.parametrize("last", ["2027-07-01", "2027-06-30", None])
def test_a_credential_that_ends_earlier_than_the_license_holds(last: Any) -> None:
    now = version(2, "active", expires_on=last)
    assert licensing.effect(version(1, "active"), now) is standing.Effect.HOLDS


def test_a_credential_without_a_last_day_is_revoked_when_there_is_one() -> None:
    stated = version(1, "active", expires_on=None)
    found = licensing.effect(stated, version(2, "active"))
    assert found is standing.Effect.REVOKES


@given(st.lists(st.sampled_from(STATUSES), max_size=6), st.sampled_from(STATUSES))
def test_what_was_revoked_stays_revoked(before: list[str], after: str) -> None:
    stated = version(1, "active")
    later = [version(place, one) for place, one in enumerate(before, start=2)]
    last = version(9, after)
    if licensing.bits(stated, later).revoked:
        assert licensing.bits(stated, [*later, last]).revoked


# The timeline.


def test_what_is_recorded_later_and_holds_earlier_replaces_what_lay_ahead() -> None:
    first = license_of("active", "suspended", "active")
    ahead = replace(
        first,
        versions=(
            *first.versions,
            version(4, "revoked", effective=NOON.plus(1.5 * DAY)),
        ),
    )
    assert [one.status for one in ahead.timeline()] == ["active", "revoked"]
    known = NOON.plus(3 * DAY)
    assert [one.version for one in ahead.timeline(known=known)] == [1, 2, 3]
    assert ahead.as_of(NOON) is None
    assert ahead.as_of(NOON.plus(9 * DAY)) == ahead.latest
    was = ahead.as_of(NOON.plus(2 * DAY), known=known)
    assert was is not None
    assert was.status == "suspended"


def test_since_when_a_status_holds_looks_through_amendments() -> None:
    found = license_of("pending", "active", "active", "suspended", "active", "active")
    since = [found.status_since(one) for one in found.versions]
    assert [one.effective for one in found.versions][1:2] == since[1:2] == since[2:3]
    assert since[5] == found.versions[4].effective


@given(st.integers(-(10**15), 10**18))
def test_an_instant_is_kept_in_microseconds(nanoseconds: int) -> None:
    found = kept(Instant(nanoseconds))
    assert found.nanoseconds % 1_000 == 0
    assert 0 <= nanoseconds - found.nanoseconds < 1_000


# Orders.

LATER = NOON.plus(10 * DAY)


def changed(license_: License, status: str | None = None, **other: Any) -> License:
    change = Change(number="35.1", status=status, **other)
    orders.check_change(change)
    return orders.changed(license_, change, now=LATER)


def verb(license_: License, status: str | None = None, **other: Any) -> str:
    return orders.verb(changed(license_, status, **other))


def test_what_is_in_force_is_not_changed_behind_its_time() -> None:
    found = license_of("pending", "active")
    assert changed(found, "suspended", effective=NOON.plus(2 * DAY)) != found
    with pytest.raises(ChangeNotAllowed, match="took effect later"):
        changed(found, "suspended", effective=NOON.plus(2 * DAY - 1))


def test_nothing_is_changed_before_anything_is_in_force() -> None:
    found = license_of("pending", effective=LATER.plus(1))
    with pytest.raises(ChangeNotAllowed, match="took effect later"):
        changed(found, "active", effective=LATER.plus(2))


def test_a_change_does_not_drop_one_that_lies_ahead() -> None:
    """A suspension from next month must survive an amendment of today."""
    found = changed(
        license_of("pending", "active"), "suspended", effective=LATER.plus(9)
    )
    with pytest.raises(ChangeNotAllowed, match="takes effect later"):
        changed(found, name="Ada King")
    after = changed(found, "active", effective=LATER.plus(10))
    assert [one.status for one in after.timeline()][1:] == [
        "active",
        "suspended",
        "active",
    ]
    instead = changed(found, "revoked", replacing=True)
    assert [one.status for one in instead.timeline()] == [
        "pending",
        "active",
        "revoked",
    ]


def test_a_change_follows_what_holds_by_then_and_not_what_it_replaces() -> None:
    found = changed(license_of("pending", "active"), "revoked", effective=LATER.plus(9))
    with pytest.raises(ChangeNotAllowed, match="revoked does not become suspended"):
        changed(found, "suspended", effective=LATER.plus(10))
    assert changed(found, "suspended", replacing=True).latest.status == "suspended"


@pytest.mark.parametrize(
    "status", sorted(set(STATUSES) - standing.RENEWED - {"pending"})
)
def test_what_has_ended_is_not_amended_or_renewed(status: str) -> None:
    path = ("pending", status) if status == "denied" else ("pending", "active", status)
    with pytest.raises(ChangeNotAllowed, match="not amended or renewed"):
        changed(license_of(*path), name="Ada King")
    with pytest.raises(ChangeNotAllowed, match="not amended or renewed"):
        changed(license_of(*path), expires_on="2030-01-01")


@pytest.mark.parametrize("status", ["active", "restricted", "probation", "suspended"])
def test_who_is_renewed_late_is_what_they_were(status: str) -> None:
    """A renewal must not lift a restriction that nobody has lifted."""
    found = license_of("pending", "active", status, "expired")
    renewed = changed(found, expires_on="2030-01-01")
    assert renewed.latest.status == status
    assert orders.verb(renewed) == "renewed"
    with pytest.raises(ChangeNotAllowed, match="not amended"):
        changed(found, name="Ada King")


def test_a_change_that_changes_nothing_is_refused() -> None:
    found = license_of("pending", "active")
    for same in ({}, {"name": "Ada Rowe"}, {"claims": claims()}):
        with pytest.raises(ChangeNotAllowed, match="says that already"):
            changed(found, **same)


def test_each_change_has_its_verb() -> None:
    pending, active = license_of("pending"), license_of("pending", "active")
    suspended = license_of("pending", "active", "suspended")
    assert orders.verb(pending) == "applied"
    assert verb(pending, "active") == "approved"
    assert verb(pending, "denied") == "denied"
    assert verb(active, "suspended") == "suspended"
    assert verb(suspended, "active") == "reinstated"
    assert verb(suspended, "suspended") == "suspended"
    assert verb(license_of("pending", "active", "restricted"), "active") == "lifted"
    assert verb(active, expires_on="2030-01-01") == "renewed"
    assert verb(active, expires_on="2030-01-01", name="Ada King") == "amended"
    assert verb(license_of("pending", "active", "expired"), "active") == "reinstated"


@pytest.mark.parametrize(
    ("other", "checked"),
    [({"name": "Ada King"}, True), ({"expires_on": "2030-01-01"}, True), ({}, False)],
)
def test_what_states_more_than_a_status_is_seen_to_be_signable(
    other: Any, checked: bool
) -> None:
    found = changed(license_of("pending", "active"), "restricted", **other)
    assert orders.states_otherwise(found) is checked
    assert orders.states_otherwise(license_of("pending"))


@given(st.data())
def test_only_medid_errors_come_of_any_sequence_of_orders(data: st.DataObject) -> None:
    found = license_of("pending")
    for _ in range(data.draw(st.integers(1, 8))):
        status = data.draw(st.none() | st.sampled_from(STATUSES))
        other: dict[str, Any] = {
            "effective": data.draw(
                st.none()
                | st.integers(-20, 20).map(lambda days: LATER.plus(days * DAY))
            ),
            "replacing": data.draw(st.booleans()),
            "expires_on": data.draw(st.none() | st.just("2031-01-01")),
        }
        before = found
        try:
            found = changed(found, status, **other)
        except MedidError:
            continue
        # The past that anybody could have asked about is as it was.
        assert found.as_of(NOON.plus(5 * DAY)) == before.as_of(NOON.plus(5 * DAY)) or (
            found.latest.effective <= LATER
        )
        line = found.timeline()
        assert [one.effective for one in line] == sorted(one.effective for one in line)
        for one, after in pairwise(line):
            if one.status != after.status:
                standing.check_change(one.status, after.status)


# Positions on a list.


@given(st.binary(min_size=KEY_SIZE, max_size=KEY_SIZE), st.integers(1, 300))
def test_every_position_of_a_list_is_dealt_once(key: bytes, size: int) -> None:
    assert sorted(dealt(key, size, range(size))) == list(range(size))


@given(
    st.binary(min_size=KEY_SIZE, max_size=KEY_SIZE),
    st.integers(1, 300),
    st.integers(0, 300),
)
def test_what_was_dealt_is_known_by_the_key(key: bytes, size: int, count: int) -> None:
    count = min(count, size)
    deck = Deck(key, size, room=size, dealt=count)
    given = dealt(key, size, range(size))
    assert are_dealt(deck, given[:count])
    assert not any(are_dealt(deck, [one]) for one in [*given[count:], -1, size])
    assert not are_dealt(deck._replace(room=count - 1), [])


def test_another_key_deals_otherwise() -> None:
    decks = [dealt(bytes([key]) * KEY_SIZE, 131_072, range(50)) for key in range(2)]
    assert decks[0] != decks[1]
    assert decks[0] != sorted(decks[0])
    assert len({*decks[0]}) == 50


def test_what_was_dealt_by_an_earlier_medid_is_not_dealt_again() -> None:
    """A register keeps how many cards were dealt, and not which."""
    key = bytes(range(KEY_SIZE))
    assert dealt(key, 131_072, range(5)) == [76318, 124144, 93044, 105380, 40615]
    assert dealt(key, 300, range(5)) == [283, 176, 158, 78, 79]


@pytest.mark.parametrize(("key", "ordinal"), [(31, 0), (33, 0), (32, 8), (32, -1)])
def test_no_position_is_dealt_beyond_a_list_or_without_its_key(
    key: int, ordinal: int
) -> None:
    with pytest.raises(ConfigurationError):
        dealt(bytes(key), 8, [ordinal])
