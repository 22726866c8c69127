"""One key takes the place of another, on both databases, as a verifier sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command

from medid.adapters.register import SqlRegister, opening
from medid.board import BoardRecord, Change, Issuing, found_board
from medid.board.replacing import Fate, KeyChange, KeyOffice, Record, _same
from medid.board.workshop import Bench
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.errors import (
    ChangeNotAllowed,
    ConfigurationError,
    MedidError,
    NotInRegister,
    ProofGenerationError,
    SignerError,
)
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from medid.verifying.verifier import Verifier
from tests.board.test_checking import without_triggers
from tests.board.world import DAY, NOON, SECURING, WHY, Board, application, claims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from medid.board import IssuedCredential
    from medid.board.licensing import Statement
    from medid.board.replacing import Replacement
    from medid.core.instant import Instant

DID = "did:web:board.example"
KEYS = {name: PrivateKey.generate(KeyKind.ED25519) for name in ("old", "new", "newer")}
BY = {
    name: Controller(verification_method=f"{DID}#{name}", signer=key)
    for name, key in KEYS.items()
}


class TwoKeys(Board):
    """A board whose DID document lists several keys."""

    @classmethod
    def at(cls, engine: Engine) -> TwoKeys:
        register = SqlRegister(engine)
        record = BoardRecord(
            did=DID, name="Board", site="https://board.example", jurisdiction="US-OH"
        )
        found_board(register, record, clock=lambda: NOON)
        now = [NOON]
        office = KeyOffice(register, DID, clock=lambda: now[0])
        return cls(engine, register, BY["old"], record, office, now)

    @property
    def keys(self) -> KeyOffice:
        assert isinstance(self.office, KeyOffice)
        return self.office

    def replace(self, **other: Any) -> list[Replacement]:
        pages = self.keys.replace(self.swap(**other))
        return [one for page in pages for one in page]

    def swap(self, new: str = "new", **other: Any) -> KeyChange:
        issuing = Issuing(controller=BY[new], securing=SECURING)
        given = {"old": f"{DID}#old", "issuing": issuing, "reason": WHY, **other}
        return KeyChange(**given)

    def current(self, number: str) -> Sequence[IssuedCredential]:
        return self.office.history(number)[2]

    def refusals(
        self,
        issued: IssuedCredential,
        at: Instant,
        keys: Sequence[str] = ("old", "new"),
    ) -> set[str]:
        """Why a verifier refuses that finds these keys in the board's document."""
        document = {
            "id": DID,
            "verificationMethod": [
                {
                    "id": f"{DID}#{name}",
                    "type": "Multikey",
                    "controller": DID,
                    "publicKeyMultibase": KEYS[name].public_key.to_multikey(),
                }
                for name in keys
            ],
            "assertionMethod": [f"{DID}#{name}" for name in keys],
        }
        by = Issuing(controller=BY[keys[-1]], securing=SECURING)
        published: dict[str, Any] = dict(self.office.status_lists(by, at=at))
        published["https://board.example/.well-known/did.json"] = document
        answers = [
            (url, Fetched.of(url, strict_json.dumps(one).encode(), fetched_at=at))
            for url, one in published.items()
        ]
        evidence = Evidence().with_answers(answers)
        found = Verifier().verify(issued.content, at=at, evidence=evidence)
        return {one.error.code for one in found.checks if one.error is not None}


@pytest.fixture
def two(engine: Engine) -> TwoKeys:
    return TwoKeys.at(engine)


@pytest.fixture
def sqlite_two(sqlite_url: str, opened: Any) -> TwoKeys:
    return TwoKeys.at(opened(sqlite_url))


def fates(done: Sequence[Replacement]) -> list[tuple[str, str, bool]]:
    return [(one.credential.license, one.fate.value, one.now) for one in done]


def test_what_a_stolen_key_signed_is_taken_back_and_issued_anew(two: TwoKeys) -> None:
    for number in ("1", "2", "3", "4", "5"):
        two.active(number, expires_on="2026-03-10" if number == "5" else "2027-06-30")
        two.issue(number)
    two.issue("2")  # a practitioner with two of them gets one
    two.change("3", "suspended")
    two.change("4", "revoked")
    at = two.wait(9 * DAY)
    done = two.replace()
    assert fates(done) == [
        *(("1", "replaced", True), ("2", "replaced", True), ("2", "replaced", True)),
        *(("3", "withdrawn", True), ("4", "revoked", False), ("5", "ends", False)),
    ]
    assert done[1].replaced_by == done[2].replaced_by
    assert isinstance(done[3].error, ChangeNotAllowed)
    (old, new) = two.current("1")
    assert done[0].replaced_by == new.id
    assert new.verification_method == f"{DID}#new"
    assert (new.securing, new.version) == (old.securing, old.version)
    assert two.refusals(old, at) == {"REVOKED"}
    assert two.refusals(new, at) == set()
    # Without the old key in the document nothing of it verifies, and the new ones do.
    assert two.refusals(old, at, ["new"]) >= {"INVALID_VERIFICATION_METHOD"}
    assert two.refusals(new, at, ["new"]) == set()
    kinds = [one.kind for one in two.office.history("3")[1]]
    assert kinds == ["applied", "approved", "issued", "suspended", "withdrawn"]
    assert [one.kind for one in two.office.history("2")[1]][-3:] == [
        *("issued", "replaced", "replaced"),
    ]
    found = two.office.verify()
    assert (found.licenses, found.credentials) == (5, 8)


def test_a_run_that_is_started_again_does_nothing_twice(sqlite_two: TwoKeys) -> None:
    two = sqlite_two
    for number in ("1", "2"):
        two.active(number)
        two.issue(number)
    two.change("2", "suspended")
    first = two.replace()
    before = [two.office.history(one) for one in ("1", "2")]
    two.wait(60)
    again = two.replace()
    assert fates(again) == [("1", "replaced", False), ("2", "withdrawn", False)]
    assert [one.effective for one in again] == [one.effective for one in first]
    assert [two.office.history(one) for one in ("1", "2")] == before
    # Who is reinstated meanwhile gets a new one, and by the same command.
    two.wait(60)
    two.change("2", "active")
    third = two.replace()
    assert fates(third) == [("1", "replaced", False), ("2", "replaced", True)]
    assert third[1].effective == first[1].effective
    assert two.refusals(two.current("2")[-1], two.now[0]) == set()
    assert fates(two.replace()) == [("1", "replaced", False), ("2", "replaced", False)]
    two.office.verify()


def test_a_key_is_changed_with_an_overlap(two: TwoKeys) -> None:
    for number in ("1", "2", "3"):
        two.active(number)
    olds = [two.issue(number) for number in ("1", "2")]
    end = NOON.plus(90 * DAY)
    two.active("4", expires_on="2026-04-30")
    two.issue("4")
    # One was renewed with the new key already.
    two.office.issue(
        ["3"], Issuing(controller=BY["old"], securing=SECURING), reason=WHY
    )
    two.office.issue(
        ["3"], Issuing(controller=BY["new"], securing=SECURING), reason=WHY
    )
    start = two.wait(1)
    done = two.replace(effective=end)
    assert fates(done) == [
        *(("1", "replaced", True), ("2", "replaced", True), ("3", "replaced", True)),
        ("4", "ends", False),
    ]
    assert {one.effective for one in done[:3]} == {end}
    assert len(two.current("3")) == 2
    old, new = olds[0], two.current("1")[-1]
    for at, expected in [(start, set()), (end.plus(-1), set()), (end, {"REVOKED"})]:
        assert two.refusals(old, at) == expected
    assert two.refusals(new, end) == set()
    # Meanwhile the old one is suspended and revoked as any other.
    two.wait(DAY)
    two.change("1", "suspended")
    assert two.refusals(olds[0], two.now[0]) == {"SUSPENDED"}
    two.change("1", "active")
    assert two.refusals(olds[0], two.now[0]) == set()
    two.office.verify()
    # And where it is stolen in that time, it ends at once; what stands in its place
    # stays, whichever the next key is.
    two.wait(DAY)
    stolen = two.replace(new="newer")
    assert [one.fate for one in stolen][:3] == [Fate.REPLACED] * 3
    assert [one.replaced_by for one in stolen[:3]] == [
        one.replaced_by for one in done[:3]
    ]
    assert two.refusals(olds[0], two.now[0]) == {"REVOKED"}
    assert two.refusals(two.current("1")[1], two.now[0]) == set()
    two.office.verify()


def test_a_change_that_lies_ahead_never_brings_back_what_was_taken(
    sqlite_two: TwoKeys,
) -> None:
    two = sqlite_two
    two.active("1")
    old = two.issue("1")
    end = NOON.plus(30 * DAY)
    two.change("1", "revoked", effective=NOON.plus(60 * DAY))
    two.replace(effective=end)
    two.wait(DAY)
    # It replaces the revocation: the lists clear what they said of that time.
    two.change("1", "suspended", replacing=True)
    assert two.refusals(old, two.now[0]) == {"SUSPENDED"}
    two.wait(DAY)
    two.change("1", "active")
    for days, expected in [(0, set()), (40, {"REVOKED"}), (70, {"REVOKED"})]:
        assert two.refusals(old, two.now[0].plus(days * DAY)) == expected
    two.office.verify()
    # What is taken back after such a change was not taken back before it.
    two.replace()
    assert two.refusals(old, two.now[0]) == {"REVOKED"}
    two.office.verify()


def test_each_way_of_securing_is_kept_or_one_is_chosen(sqlite_two: TwoKeys) -> None:
    two = sqlite_two
    for number in ("1", "2"):
        two.active(number)
        for securing in (SECURING, "vc+jwt"):
            issuing = Issuing(controller=BY["old"], securing=securing)
            two.office.issue([number], issuing, reason=WHY)
    two.wait(1)
    done = two.replace()
    assert [one.fate for one in done] == [Fate.REPLACED] * 4
    assert sorted(one.securing for one in two.current("1")[2:]) == [SECURING, "vc+jwt"]
    two.wait(1)
    again = two.swap("newer", old=f"{DID}#new", securing="vc+jwt")
    list(two.keys.replace(again))
    assert [one.securing for one in two.current("2")[4:]] == ["vc+jwt"]
    two.office.verify()


def test_a_dry_run_tells_the_same_and_changes_nothing(sqlite_two: TwoKeys) -> None:
    two = sqlite_two
    for number in ("1", "2"):
        two.active(number)
        two.issue(number)
    two.change("2", "suspended")
    dry = KeyOffice(two.register, DID, clock=lambda: two.now[0], recording=False)
    told = [one for page in dry.replace(two.swap()) for one in page]
    assert fates(told) == [("1", "replaced", True), ("2", "withdrawn", True)]
    assert {one.replaced_by for one in told} == {None}
    assert len(two.current("1")) == 1
    assert two.refusals(two.current("1")[0], NOON) == set()
    assert fates(two.replace()) == fates(told)


def test_a_signer_that_fails_half_way_doubles_and_loses_nothing(
    two: TwoKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medid.board.replacing._PAGE", 2)
    numbers = [str(one) for one in range(5)]
    two.office.apply([application(one) for one in numbers], reason=WHY)
    changes = [Change(number=one, status="active") for one in numbers]
    two.office.change(changes, reason=WHY)
    two.office.issue(numbers, two.issuing, reason=WHY)

    class Failing:
        left = 3
        public_key = KEYS["new"].public_key

        def sign(self, message: bytes) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise SignerError("gone")
            return KEYS["new"].sign(message)

    who = Controller(verification_method=f"{DID}#new", signer=Failing())
    swap = two.swap(issuing=Issuing(controller=who, securing=SECURING))
    done: list[Replacement] = []

    def run() -> None:
        for page in two.keys.replace(swap):
            done.extend(page)

    with pytest.raises(SignerError):
        run()
    assert fates(done) == [("0", "replaced", True), ("1", "replaced", True)]
    assert [len(two.current(one)) for one in numbers] == [2, 2, 1, 1, 1]
    rest = two.replace()
    assert [now for _, _, now in fates(rest)] == [False, False, True, True, True]
    assert [len(two.current(one)) for one in numbers] == [2] * 5
    two.office.verify()


def test_somebody_who_was_quicker_is_not_done_again(
    sqlite_two: TwoKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = sqlite_two
    two.active("1")
    two.issue("1")
    page = KeyOffice._replace

    def late(self: KeyOffice, *given: Any) -> Any:
        monkeypatch.setattr(KeyOffice, "_replace", page)
        assert fates(two.replace()) == [("1", "replaced", True)]
        return page(self, *given)

    monkeypatch.setattr(KeyOffice, "_replace", late)
    assert fates(two.replace()) == [("1", "replaced", False)]
    assert len(two.current("1")) == 2


def test_a_change_of_keys_that_is_none_is_refused(sqlite_two: TwoKeys) -> None:
    two = sqlite_two
    two.active("1")
    two.issue("1")
    foreign = Controller.did_key(KEYS["new"])
    wrong: list[tuple[type[MedidError], KeyChange]] = [
        (ConfigurationError, two.swap("old")),
        (ConfigurationError, two.swap(issuing=Issuing(controller=foreign))),
        (ConfigurationError, two.swap(securing="none")),
        (ChangeNotAllowed, two.swap(effective=NOON)),
        (NotInRegister, two.swap(old=f"{DID}#other")),
        (NotInRegister, two.swap(old="%")),
        (NotInRegister, two.swap(old="")),
    ]
    for error, change in wrong:
        with pytest.raises(error):
            list(two.keys.replace(change))
    assert len(two.current("1")) == 1


def test_what_turned_up_is_held_against_the_register(sqlite_two: TwoKeys) -> None:
    two = sqlite_two
    two.active("1")
    issued = two.issue("1")
    jwt = Issuing(controller=BY["old"], securing="vc+jwt")
    (token,) = two.office.issue(["1"], jwt, reason=WHY)
    assert token.credential is not None
    document = strict_json.load_object(issued.content)
    assert two.keys.on_record(issued.content) is Record.ISSUED
    spaced = strict_json.dumps(document, indent=2).encode()
    assert two.keys.on_record(spaced) is Record.ISSUED
    assert two.keys.on_record(token.credential.content + b"\n") is Record.ISSUED
    # The thief signs with the same key what the board never said.
    draft = {name: value for name, value in document.items() if name != "proof"}
    again = issue(draft, BY["old"], securing=SECURING, at=NOON.plus(1))
    other = issue(draft, BY["old"], securing="vc+jwt", at=NOON)
    assert isinstance(again, dict)
    assert isinstance(other, str)
    for differs in (strict_json.dumps(again), other):
        assert two.keys.on_record(differs.encode()) is Record.DIFFERS
    forged = {**draft, "id": "urn:uuid:00000000-0000-4000-8000-000000000000"}
    nameless = {name: value for name, value in draft.items() if name != "id"}
    for unknown in (forged, nameless):
        content = strict_json.dumps(unknown).encode()
        assert two.keys.on_record(content) is Record.UNKNOWN
    with pytest.raises(MedidError):
        two.keys.on_record(b"no credential")


def test_one_and_true_are_two_things_on_record() -> None:
    for other, same in [
        ('{"a": 1}', True),
        ('{"a":true}', False),
        ('{"a":"1"}', False),
    ]:
        assert _same(b'{"a":1}', other.encode()) is same


def test_what_is_over_itself_stands_in_no_other_ones_place(
    sqlite_two: TwoKeys,
) -> None:
    two = sqlite_two
    new = Issuing(controller=BY["new"], securing=SECURING)
    for number in ("1", "2"):
        two.active(number)
        two.office.issue([number], new, reason=WHY)
    # What the new key signed is revoked by an amendment, or taken back itself.
    two.wait(1)
    two.change("1", name="Ada King", claims=claims(registrationType="limited"))
    two.change("2", "suspended")
    list(two.keys.replace(two.swap("newer", old=f"{DID}#new")))
    two.wait(1)
    two.change("2", "active")
    for number in ("1", "2"):
        two.wait(1)
        two.issue(number)
    two.wait(1)
    done = two.replace()
    assert fates(done) == [("1", "replaced", True), ("2", "replaced", True)]
    for number, one in zip(("1", "2"), done, strict=True):
        assert one.replaced_by == two.current(number)[-1].id
        assert two.refusals(two.current(number)[-1], two.now[0]) == set()
    two.office.verify()


def test_what_ends_before_the_license_stands_in_no_other_ones_place(
    sqlite_two: TwoKeys,
) -> None:
    two = sqlite_two
    two.active("1")
    two.office.issue(
        ["1"], Issuing(controller=BY["new"], securing=SECURING), reason=WHY
    )
    two.wait(1)
    renewed = two.changed("1", expires_on="2029-06-30", issue=True).credential
    assert renewed is not None
    two.wait(1)
    (done,) = two.replace()
    (*_, newest) = two.current("1")
    assert (done.fate.value, done.replaced_by) == ("replaced", newest.id)
    assert (newest.ends, newest.version) == (renewed.ends, renewed.version)
    assert two.replace()[0].replaced_by == newest.id


def test_one_license_that_cannot_be_stated_keeps_no_other_with_a_stolen_key(
    sqlite_two: TwoKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = sqlite_two
    for number in ("1", "2", "3"):
        two.active(number)
        two.issue(number)
    sign = Bench.sign

    def picky(self: Bench, one: Statement) -> bytes | ProofGenerationError:
        return ProofGenerationError("odd") if one.number == "2" else sign(self, one)

    monkeypatch.setattr(Bench, "sign", picky)
    two.wait(1)
    # Where nothing was stolen there is time to look, and nothing is taken back.
    with pytest.raises(ProofGenerationError, match="odd"):
        two.replace(effective=NOON.plus(DAY))
    assert [len(two.current(one)) for one in ("1", "2", "3")] == [1, 1, 1]
    done = two.replace()
    assert fates(done) == [
        *(("1", "replaced", True), ("2", "withdrawn", True), ("3", "replaced", True)),
    ]
    assert isinstance(done[1].error, ProofGenerationError)
    assert two.refusals(two.current("2")[0], two.now[0]) == {"REVOKED"}
    # It is taken back once, and replaced when it can be.
    two.wait(1)
    assert [now for *_, now in fates(two.replace())] == [False] * 3
    assert len(two.current("2")[0].withdrawals) == 1
    monkeypatch.undo()
    two.wait(1)
    assert fates(two.replace())[1] == ("2", "replaced", True)
    two.office.verify()


def test_the_register_of_a_medid_without_withdrawals_is_upgraded(two: TwoKeys) -> None:
    two.active("1")
    old = two.issue("1")
    with opening.transaction(two.engine, writing=True) as connection:
        command.downgrade(opening._config(connection), "0001")
    with pytest.raises(ConfigurationError, match="older medid"):
        SqlRegister(two.engine)
    opening.make(two.engine, new=False)
    two.wait(1)
    assert fates(two.replace()) == [("1", "replaced", True)]
    assert two.refusals(old, two.now[0]) == {"REVOKED"}
    # Back to the older one: what was taken back stays so on the lists.
    with opening.transaction(two.engine, writing=True) as connection:
        command.downgrade(opening._config(connection), "0001")
        tables = sa.inspect(connection).get_table_names()
    assert "withdrawal" not in tables
    with two.register.session(DID, writing=False) as session:
        assert session.set_positions(1, "revocation", at=two.now[0]) == [
            old.position.index
        ]


ALTERED = [
    "UPDATE withdrawal SET effective = effective + 1",
    "UPDATE withdrawal SET replaced_by = NULL",
    "UPDATE withdrawal SET credential_id = replaced_by",
    "DELETE FROM withdrawal",
    "UPDATE event SET detail = '{}' WHERE kind = 'replaced'",
    "DELETE FROM entry WHERE purpose = 'revocation'",
]


@pytest.mark.parametrize("statement", ALTERED)
def test_a_withdrawal_that_was_altered_is_found(
    sqlite_two: TwoKeys, statement: str
) -> None:
    two = sqlite_two
    two.active("1")
    two.issue("1")
    two.replace()
    two.office.verify()
    without_triggers(two, statement)
    with pytest.raises(MedidError) as caught:
        two.office.verify()
    assert caught.value.code == "REGISTER_ALTERED"


def test_a_withdrawal_is_of_its_own_board(two: TwoKeys) -> None:
    two.active("1")
    two.issue("1")
    other = Board.on(two.engine, two.register)
    other.active("1")
    theirs = other.issue("1")
    two.replace()
    assert not other.codes(theirs, NOON)
    assert list(other.office.history("1")[2]) == [theirs]
    office = KeyOffice(two.register, other.record.did)
    assert office.on_record(two.current("1")[0].content) is Record.UNKNOWN
