"""The whole life of a license, on both databases, as a verifier sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.register.session import SqlSession
from medid.board import Change, Issuing, Office, Outcome, Reason
from medid.board.site import Publishing
from medid.core.instant import Instant
from medid.errors import (
    AlreadyInRegister,
    ChangeNotAllowed,
    ConfigurationError,
    NotInRegister,
    SignerError,
)
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey, PublicKey
from tests.board.world import (
    DAY,
    HOLDER,
    NOON,
    SECURING,
    WHY,
    Board,
    application,
    claims,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NPI = "http://hl7.org/fhir/sid/us-npi"
GMC = "https://fhir.hl7.org.uk/Id/gmc-number"


def kinds(board: Board, number: str = "35.1") -> list[str]:
    _, events, _ = board.office.history(number)
    return [one.kind for one in events]


def test_a_license_from_its_application_to_the_end(board: Board) -> None:
    made = board.apply()
    assert (made.latest.status, made.jurisdiction) == ("pending", "US-OH")
    board.wait(1)
    board.change("35.1", "active")
    issued = board.issue()
    assert board.verify(issued, board.now[0])
    assert (issued.states, issued.version) == ("active", 2)
    assert str(issued.ends) == "2027-07-01T00:00:00Z"
    for status, code in [
        ("suspended", {"SUSPENDED"}),
        ("active", set()),
        ("suspended", {"SUSPENDED"}),
        ("suspended", {"SUSPENDED"}),
        ("inactive", None),
        ("revoked", {"REVOKED", "SUSPENDED"}),
        ("active", {"REVOKED", "SUSPENDED"}),
    ]:
        board.wait(DAY)
        outcome = board.changed("35.1", status)
        if code is None:
            assert isinstance(outcome.error, ChangeNotAllowed)
            continue
        outcome.done()
        assert board.codes(issued, board.now[0]) & {"REVOKED", "SUSPENDED"} <= code
        assert bool(board.codes(issued, board.now[0])) == bool(code)
    again = board.issue()
    assert board.verify(again, board.now[0])
    assert not board.verify(issued, board.now[0])
    assert kinds(board) == [
        *("applied", "approved", "issued", "suspended", "reinstated", "suspended"),
        *("suspended", "revoked", "reinstated", "issued"),
    ]


@pytest.mark.parametrize(
    "end", ["surrendered", "retired", "revoked", "deceased", "expired"]
)
def test_after_an_end_no_credential_holds_and_none_is_issued(
    board: Board, end: str
) -> None:
    board.active()
    issued = board.issue()
    board.wait(60)
    board.change("35.1", end)
    assert not board.verify(issued, board.now[0])
    with pytest.raises(ChangeNotAllowed):
        board.issue()


def test_no_credential_holds_before_the_first_day(board: Board) -> None:
    # The first day begins at midnight of the board's zone, here UTC.
    board.active(issued_on="2026-03-03")
    issued = board.issue()
    midnight = board.now[0].plus(DAY // 2)
    for at, good in ((NOON, False), (midnight.plus(-1), False), (midnight, True)):
        board.now[0] = at
        assert bool(board.verify(issued, at)) is good
    assert board.codes(issued, NOON) == {"NOT_YET_VALID"}
    # The signature is of the day on which it was made.
    assert json.loads(issued.content)["proof"]["created"] == str(NOON)


def test_a_denied_application_ends_there(board: Board) -> None:
    board.apply()
    board.change("35.1", "denied")
    assert isinstance(board.changed("35.1", "active").error, ChangeNotAllowed)
    with pytest.raises(ChangeNotAllowed):
        board.issue()
    with pytest.raises(AlreadyInRegister):
        board.apply()


def test_a_restriction_is_a_new_credential(board: Board) -> None:
    board.active()
    old = board.issue()
    board.wait(60)
    limited = claims(registrationType="limited")
    outcome = board.changed("35.1", "restricted", claims=limited, issue=True)
    assert outcome.done().latest.claims == limited
    new = outcome.credential
    assert new is not None
    assert b'"restricted"' in new.content
    assert board.codes(old, board.now[0]) == {"REVOKED"}
    assert board.verify(new, board.now[0])
    board.wait(60)
    board.change("35.1", "active")
    assert board.codes(new, board.now[0]) == {"REVOKED"}


def test_an_amendment_revokes_what_says_otherwise_and_issues_anew(board: Board) -> None:
    board.active()
    old = board.issue()
    board.wait(60)
    outcome = board.changed("35.1", holder="did:example:new", issue=True)
    assert outcome.done().latest.holder == "did:example:new"
    assert outcome.credential is not None
    assert b"did:example:new" in outcome.credential.content
    assert board.codes(old, board.now[0]) == {"REVOKED"}
    assert kinds(board)[-2:] == ["amended", "issued"]
    # A name is the register's own: no credential says it.
    board.change("35.1", name="Ada King")
    assert board.verify(outcome.credential, board.now[0])


def test_claims_that_change_during_a_suspension_are_not_believed_after_it(
    board: Board,
) -> None:
    board.active()
    issued = board.issue()
    board.change("35.1", "suspended")
    board.change("35.1", claims=claims(registrationType="limited"))
    board.wait(1)
    board.change("35.1", "active")
    assert board.codes(issued, board.now[0]) == {"REVOKED", "SUSPENDED"}


def test_a_renewal_is_a_new_credential_and_the_old_one_ends_by_itself(
    board: Board,
) -> None:
    board.active()
    old = board.issue()
    board.wait(60)
    outcome = board.changed("35.1", expires_on="2029-06-30", issue=True)
    new = outcome.credential
    assert new is not None
    assert str(new.ends) == "2029-07-01T00:00:00Z"
    assert board.verify(old, board.now[0])
    late = Instant.parse("2028-01-01T00:00:00Z")
    assert board.codes(old, late) == {"EXPIRED"}
    assert board.verify(new, late)
    assert kinds(board)[-2:] == ["renewed", "issued"]


def test_a_shorter_last_day_revokes_what_says_more(board: Board) -> None:
    board.active()
    issued = board.issue()
    board.wait(60)
    board.change("35.1", expires_on="2026-12-31")
    assert board.codes(issued, board.now[0]) == {"REVOKED"}


def test_licenses_expire_when_their_last_day_is_over(board: Board) -> None:
    board.active("1", expires_on="2026-03-02")
    board.active("2", expires_on="2026-03-03")
    board.active("3", expires_on=None)
    board.apply("4", expires_on="2026-03-02")
    issued = board.issue("1")
    assert board.office.expire(reason=WHY) == ()
    board.now[0] = Instant.parse("2026-03-02T23:59:59Z")
    assert board.office.over() == ()
    board.now[0] = Instant.parse("2026-03-03T08:00:00Z")
    (expired,) = board.office.expire(reason=WHY)
    assert expired.number == "1"
    assert str(expired.done().latest.effective) == "2026-03-03T00:00:00Z"
    assert "SUSPENDED" in board.codes(issued, board.now[0])
    assert board.office.expire(reason=WHY) == ()
    board.now[0] = Instant.parse("2026-03-05T00:00:00Z")
    assert [one.number for one in board.office.over(limit=1)] == ["2"]
    with pytest.raises(ChangeNotAllowed):
        board.issue("2")
    renewed = board.changed("1", expires_on="2028-03-02", issue=True)
    assert renewed.done().latest.status == "active"
    assert renewed.credential is not None
    assert board.verify(renewed.credential, board.now[0])


def test_a_license_is_not_renewed_to_a_day_that_is_over(board: Board) -> None:
    board.active(expires_on="2026-03-02")
    board.now[0] = Instant.parse("2026-03-10T12:00:00Z")
    board.office.expire(reason=WHY)
    for day in ("2026-03-01", "2026-03-09"):
        for status in (None, "active"):
            refused = board.changed("35.1", status, expires_on=day)
            assert isinstance(refused.error, ChangeNotAllowed)
            assert refused.error.path == "$.expiresOn"
    assert board.office.license("35.1").latest.status == "expired"
    # What somebody was until a day that is over by now can be recorded.
    then = Instant.parse("2026-03-04T00:00:00Z")
    board.change("35.1", expires_on="2026-03-08", effective=then)
    board.office.expire(reason=WHY)
    board.change("35.1", "suspended", expires_on="2026-03-01")
    board.change("35.1", expires_on="2026-03-10")


def test_no_license_expires_over_what_lies_ahead(board: Board) -> None:
    board.active(expires_on="2026-03-31")
    ahead = Instant.parse("2026-06-01T00:00:00Z")
    board.change("35.1", "suspended", effective=ahead)
    board.now[0] = Instant.parse("2026-04-02T00:00:00Z")
    (refused,) = board.office.expire(reason=WHY)
    assert isinstance(refused.error, ChangeNotAllowed)
    held = board.office.license("35.1").as_of(ahead)
    assert held is not None
    assert held.status == "suspended"
    board.now[0] = ahead
    (expired,) = board.office.expire(reason=WHY)
    assert expired.done().latest.status == "expired"
    (renewed,) = board.office.change(
        [Change(number="35.1", expires_on="2028-03-31")], reason=WHY
    )
    assert renewed.done().latest.status == "suspended"


@pytest.mark.parametrize("ahead", [{"status": "revoked"}, {"expires_on": "2028-03-31"}])
def test_whose_last_day_is_over_is_told_whatever_lies_ahead(
    board: Board, ahead: dict[str, str]
) -> None:
    """What lies ahead may be no status that expires, or have another last day."""
    board.active(expires_on="2026-03-31")
    later = Instant.parse("2026-06-01T00:00:00Z")
    board.change("35.1", effective=later, **ahead)
    board.now[0] = Instant.parse("2026-03-31T23:59:59Z")
    assert board.office.over() == ()
    board.now[0] = Instant.parse("2026-04-01T00:00:00Z")
    (refused,) = board.office.expire(reason=WHY)
    assert isinstance(refused.error, ChangeNotAllowed)
    assert refused.error.path == "$.effective"
    assert len(board.office.license("35.1").versions) == 3
    board.now[0] = later
    assert board.office.over() == ()


def test_an_application_is_approved_before_its_last_day_is_over(board: Board) -> None:
    (refused,) = board.office.apply([application(expires_on="2026-03-01")], reason=WHY)
    assert isinstance(refused.error, ChangeNotAllowed)
    assert refused.error.path == "$.expiresOn"
    board.apply(expires_on="2026-03-02")
    board.now[0] = Instant.parse("2026-03-03T00:00:00Z")
    late = board.changed("35.1", "active")
    assert isinstance(late.error, ChangeNotAllowed)
    assert late.error.path == "$.expiresOn"
    # What was decided in time, and is recorded late, is of that time.
    board.change("35.1", "active", effective=board.now[0].plus(-1))
    # So is what somebody applied for then.
    board.apply("35.2", expires_on="2026-03-02", effective=NOON)
    # An old register says what is so in it.
    board.apply("35.3", expires_on="2020-01-01", status="active")
    board.apply("35.4", expires_on="2026-03-02", effective=NOON)
    board.change("35.4", "active", expires_on="2027-03-02")


def test_who_approves_lifts_no_suspension(board: Board) -> None:
    board.active()
    for status, word in (("suspended", "suspended"), ("revoked", "revoked")):
        board.change("35.1", status)
        refused = board.changed("35.1", "active", applied=True)
        assert isinstance(refused.error, ChangeNotAllowed)
        assert f"that is {word} is no application" in str(refused.error)
        assert refused.error.fix is not None
        assert "reinstate" in refused.error.fix
    board.change("35.1", "active", applied=False)
    board.apply("35.2")
    refused = board.changed("35.2", "active", applied=False)
    assert isinstance(refused.error, ChangeNotAllowed)
    assert "is an application" in str(refused.error)
    board.change("35.2", "active", applied=True)


def test_the_last_day_ends_where_the_board_is(board: Board) -> None:
    office = Office(
        board.register,
        board.record.did,
        clock=lambda: board.now[0],
        timezone="America/New_York",
    )
    board.active("1", expires_on="2026-03-02")
    board.now[0] = Instant.parse("2026-03-03T04:59:59Z")
    assert office.over() == ()
    board.now[0] = Instant.parse("2026-03-03T05:00:00Z")
    (change,) = office.over()
    assert change.effective == board.now[0]
    with pytest.raises(ConfigurationError):
        Office(board.register, board.record.did, timezone="Nowhere/At_All")


# What lies ahead.


def test_a_suspension_from_next_month_is_on_the_lists_from_then_on(
    board: Board,
) -> None:
    board.active()
    before = board.issue()
    ahead = NOON.plus(30 * DAY)
    board.change("35.1", "suspended", effective=ahead)
    after = board.issue()
    for issued in (before, after):
        assert board.verify(issued, ahead.plus(-1))
        assert board.codes(issued, ahead) == {"SUSPENDED"}
    board.change("35.1", "active", effective=ahead.plus(DAY))
    for issued in (before, after, board.issue()):
        assert board.codes(issued, ahead) == {"SUSPENDED"}
        assert board.verify(issued, ahead.plus(DAY))


def test_what_lies_ahead_is_replaced_only_where_that_is_said(board: Board) -> None:
    board.active()
    issued = board.issue()
    ahead = NOON.plus(30 * DAY)
    board.change("35.1", "revoked", effective=ahead)
    board.wait(DAY)
    assert isinstance(board.changed("35.1", name="Ada King").error, ChangeNotAllowed)
    board.change("35.1", "suspended", replacing=True)
    assert board.codes(issued, board.now[0]) == {"SUSPENDED"}
    # The revocation was replaced before it took effect, so it never was.
    assert board.codes(issued, ahead) == {"SUSPENDED"}
    board.wait(DAY)
    board.change("35.1", "active")
    assert board.verify(issued, ahead)
    assert board.verify(board.issue(), ahead)


def test_a_change_that_lies_ahead_is_not_issued_in_the_same_act(board: Board) -> None:
    board.active()
    later = board.now[0].plus(DAY)
    outcome = board.changed(
        "35.1", expires_on="2029-01-01", effective=later, issue=True
    )
    assert isinstance(outcome.error, ChangeNotAllowed)
    found, _, issued = board.office.history("35.1")
    assert (len(found.versions), len(issued)) == (2, 0)


def test_an_order_of_last_week_counts_from_last_week(board: Board) -> None:
    board.active()
    issued = board.issue()
    last_week = board.now[0].plus(3 * DAY)
    board.wait(10 * DAY)
    order = Reason(actor="panel", text="impairment", order_reference="2026-117")
    made = board.change("35.1", "suspended", effective=last_week, reason=order)
    assert made.latest.effective == last_week
    assert board.codes(issued, board.now[0]) == {"SUSPENDED"}
    # What held on that day, and what was said of it then.
    then = last_week.plus(1)
    assert made.as_of(then) == made.latest
    said = made.as_of(then, known=then)
    assert said is not None
    assert said.status == "active"
    _, events, _ = board.office.history("35.1")
    assert events[-1].reason == order


def test_a_history_that_begins_before_the_register_does(board: Board) -> None:
    since = Instant.parse("2014-07-01T00:00:00Z")
    board.apply(effective=since)
    board.change("35.1", "active", effective=since)
    found = board.office.license("35.1")
    held = found.as_of(since.plus(1))
    assert held is not None
    assert held.status == "active"
    assert found.as_of(since.plus(1), known=since.plus(1)) is None
    assert b"2014-07-01T00:00:00Z" in board.issue().content


# People.


def test_one_number_elsewhere_is_one_person(board: Board) -> None:
    person = {NPI: "1234567893", GMC: "1234567"}
    first = board.apply("1", identifiers=person)
    assert board.apply("2", identifiers={NPI: "1234567893"}).practitioner == (
        first.practitioner
    )
    for wrong in (
        {"identifiers": {NPI: "1234567893"}, "name": "Bert Adams"},
        {"identifiers": {NPI: "1234567893", GMC: "7654321"}},
    ):
        with pytest.raises(AlreadyInRegister):
            board.apply("3", **wrong)
    board.apply("4", identifiers={GMC: "7654321"}, name="Bert Adams")
    with pytest.raises(AlreadyInRegister):
        board.apply("5", identifiers={NPI: "1234567893", GMC: "7654321"})
    board.change("1", name="Ada King")
    assert board.apply("6", identifiers=person, name="Ada King").number == "6"


def test_the_numbers_of_a_person_are_in_one_order(board: Board) -> None:
    """Whatever the database gives first: credentials are made of them."""
    systems = [f"https://{name}.example" for name in "zmabq"]
    board.apply(identifiers=dict.fromkeys(systems, "1"))
    found = board.office.license("35.1").practitioner
    assert list(found.identifiers) == sorted(systems)


def test_one_person_within_one_act(board: Board) -> None:
    rows = [
        application("1", identifiers={GMC: "1234567"}),
        application("2", identifiers={GMC: "1234567"}),
        application("3", identifiers={GMC: "1234567"}, name="Bert Adams"),
        application("1"),
    ]
    done = board.office.apply(rows, reason=WHY)
    assert [one.error is None for one in done] == [True, True, False, False]
    assert done[0].done().practitioner == done[1].done().practitioner


# Many at once.


def test_a_refused_row_leaves_the_others_alone(board: Board) -> None:
    rows = [application(str(one)) for one in range(2_500)]
    rows[7] = application("7", expires_on="never")
    done = board.office.apply(rows, reason=WHY)
    assert [one.number for one in done if one.error is not None] == ["7"]
    changes = [Change(number=str(one), status="active") for one in range(2_500)]
    done = board.office.change(changes, reason=WHY)
    assert [one.number for one in done if one.error is not None] == ["7"]
    assert isinstance(done[7].error, NotInRegister)
    with pytest.raises(NotInRegister):
        done[7].done()
    assert board.office.license("2499").latest == done[2499].done().latest


def test_one_license_may_change_twice_in_one_act(board: Board) -> None:
    board.active()
    issued = board.issue()
    done = board.office.change(
        [
            Change(number="35.1", status="suspended"),
            Change(number="35.1", status="suspended", effective=NOON.plus(-1)),
            Change(number="35.1", status="active", effective=NOON.plus(DAY)),
            Change(number="36.1", status="active"),
        ],
        reason=WHY,
    )
    assert [one.error is None for one in done] == [True, False, True, False]
    assert [one.version for one in board.office.license("35.1").versions] == [
        1,
        2,
        3,
        4,
    ]
    assert board.codes(issued, NOON) == {"SUSPENDED"}
    assert board.verify(issued, NOON.plus(DAY))


def test_issuing_many_signs_those_that_can_be(board: Board) -> None:
    board.office.apply([application(str(one)) for one in range(4)], reason=WHY)
    board.apply("4", holder=None)
    for number in ("1", "2", "4"):
        board.change(number, "active")
    asked = ["0", "1", "2", "2", "4", "5"]
    done = board.office.issue(asked, board.issuing, reason=WHY)
    assert [one.error is None for one in done] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert done[2].credential == done[3].credential
    _, _, issued = board.office.history("2")
    assert issued == [done[2].credential]
    positions = {done[1].credential.position, done[2].credential.position}  # type: ignore[union-attr]
    assert len(positions) == 2


def test_an_act_is_bounded(sqlite_board: Board) -> None:
    with pytest.raises(ConfigurationError):
        sqlite_board.office.apply([application()] * 10_001, reason=WHY)


def test_an_act_without_a_row_does_nothing(board: Board) -> None:
    assert board.office.apply([], reason=WHY) == ()
    assert board.office.change([], reason=WHY, issuing=board.issuing) == ()
    assert board.office.issue([], board.issuing, reason=WHY) == ()


def test_what_is_not_there_is_told_so(board: Board) -> None:
    for ask in (board.office.license, board.office.history):
        with pytest.raises(NotInRegister):
            ask("35.1")
        with pytest.raises(NotInRegister):
            ask("\0")
    with pytest.raises(NotInRegister):
        Office(board.register, "did:example:none").find("")
    with pytest.raises(NotInRegister):
        Outcome(number="1").done()


# Keys.


class Failing:
    """A key store that gives up after some signatures."""

    def __init__(self, left: int) -> None:
        self._key = PrivateKey.generate(KeyKind.ED25519)
        self.left = left

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key

    def sign(self, data: bytes) -> bytes:
        if not self.left:
            raise SignerError("the key store is gone")
        self.left -= 1
        return self._key.sign(data)


def test_a_signer_that_fails_half_way_issues_nothing(board: Board) -> None:
    numbers: Sequence[str] = [str(one) for one in range(10)]
    signer = Failing(5)
    controller = Controller.did_key(signer)
    record = board.record
    mine = Board.on(board.engine, board.register)
    other = type(record)(
        did=controller.did, name="B", site="https://failing.example", jurisdiction="GB"
    )
    board.register.found(other, recorded=NOON)
    office = Office(board.register, controller.did, clock=lambda: NOON)
    office.apply([application(one) for one in numbers], reason=WHY)
    office.change([Change(number=one, status="active") for one in numbers], reason=WHY)
    issuing = Issuing(controller=controller, securing=SECURING)
    with pytest.raises(SignerError):
        office.issue(numbers, issuing, reason=WHY)
    change = [Change(number=one, expires_on="2030-01-01") for one in numbers]
    with pytest.raises(SignerError):
        office.change(change, reason=WHY, issuing=issuing)
    for number in numbers:
        license_, events, issued = office.history(number)
        assert [one.kind for one in events] == ["applied", "approved"]
        assert (len(license_.versions), list(issued)) == (2, [])
    signer.left = 10
    done = office.issue(numbers, issuing, reason=WHY)
    assert len({one.credential.position for one in done if one.credential}) == 10
    assert mine.office.find("") == []


def test_a_long_log_is_sealed_in_parts(
    sqlite_board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between them others write: sealing what was imported may take minutes."""
    board = sqlite_board
    monkeypatch.setattr("medid.board.office.SEAL_PART", 2)
    for number in "12345":
        board.apply(number)
    seal = SqlSession.seal
    sealed: list[int] = []

    def part(session: SqlSession, **limits: int) -> int:
        sealed.append(seal(session, **limits))
        return sealed[-1]

    monkeypatch.setattr(SqlSession, "seal", part)
    head, _ = board.office.head(board.issuing)
    assert (head.sequence, sealed) == (5, [2, 2, 1, 0])
    board.apply("6")
    nothing: dict[str, bytes] = {}
    board.office.site(Publishing(issuing=board.issuing, at=NOON, published=nothing.get))
    assert sealed[4:] == [1, 0]
    assert board.office.verify().unsealed == 0


def test_nobody_issues_or_publishes_with_anothers_key(sqlite_board: Board) -> None:
    board = sqlite_board
    board.active()
    key = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    issuing = Issuing(controller=key)
    change = Change(number="35.1", expires_on="2030-01-01")
    acts: list[Any] = [
        lambda: board.office.issue(["35.1"], issuing, reason=WHY),
        lambda: board.office.change([change], reason=WHY, issuing=issuing),
        lambda: list(board.office.status_lists(issuing)),
    ]
    for act in acts:
        with pytest.raises(ConfigurationError):
            act()
    assert len(board.office.license("35.1").versions) == 2


@pytest.mark.parametrize("securing", ["vc+jwt", "vc+cose"])
def test_a_credential_is_kept_as_it_is_handed_out(
    sqlite_board: Board, securing: str
) -> None:
    board = sqlite_board
    board.active()
    issuing = Issuing(controller=board.controller, securing=securing)
    (outcome,) = board.office.issue(["35.1"], issuing, reason=WHY)
    issued = outcome.credential
    assert issued is not None
    assert issued.securing == securing
    assert board.verify(issued, NOON)
    _, _, kept = board.office.history("35.1")
    assert list(kept) == [issued]


def test_no_record_shows_a_person_in_its_repr(sqlite_board: Board) -> None:
    board = sqlite_board
    made = board.active(identifiers={GMC: "1234567"})
    shown = repr((made, board.issue(), application(), Change(number="1", name="Ada")))
    for secret in ("Ada", "1234567", HOLDER, "208D00000X"):
        assert secret not in shown
