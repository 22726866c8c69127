"""A register that was altered or put back is found, and a whole one is whole."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from medid.adapters.register import backup
from medid.adapters.register.tables import APPEND_ONLY
from medid.board import Change, Issuing, Office
from medid.board.site import Publishing
from medid.core import json as strict_json
from medid.core.multibase import to_base58btc
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    RegisterAltered,
    RegisterUnavailable,
)
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from tests.board.world import DAY, HOLDER, NOON, SECURING, WHY, Board, application

if TYPE_CHECKING:
    from pathlib import Path

    from medid.board import IssuedCredential
    from tests.board.conftest import Opened


def written(signed: Any) -> bytes:
    if isinstance(signed, bytes):
        return signed
    return (signed if isinstance(signed, str) else strict_json.dumps(signed)).encode()


def live(board: Board) -> None:
    """Some licenses with all that can happen to them, what lies ahead included."""
    for number in ("1", "2", "3"):
        board.active(number, identifiers={"https://n.example": number})
        board.issue(number)
    board.change("1", "suspended", effective=NOON.plus(DAY))
    board.issue("1")
    board.change("1", "revoked", replacing=True)
    board.changed("2", expires_on="2030-01-01", issue=True).done()
    board.change("2", "restricted")
    board.apply("4")


def test_a_whole_register_is_whole(board: Board) -> None:
    live(board)
    before = board.office.verify()
    assert (before.events, before.unsealed) == (0, 16)
    head, signed = board.office.head(board.issuing)
    found = board.office.verify(head=written(signed))
    assert (found.events, found.unsealed, found.head) == (16, 0, head)
    assert (found.licenses, found.credentials) == (4, 5)
    board.change("3", "suspended")
    after = board.office.verify(head=written(signed))
    assert (after.events, after.unsealed) == (16, 1)


def test_an_empty_register_is_whole_and_has_a_head(board: Board) -> None:
    head, signed = board.office.head(board.issuing)
    assert head.sequence == 0
    assert board.office.verify(head=written(signed)).head == head


@pytest.mark.parametrize("securing", ["eddsa-rdfc-2022", "vc+jwt"])
def test_a_head_is_signed_as_the_board_signs(
    sqlite_board: Board, securing: str
) -> None:
    sqlite_board.active()
    issuing = Issuing(controller=sqlite_board.controller, securing=securing)
    head, signed = sqlite_board.office.head(issuing)
    assert sqlite_board.office.verify(head=written(signed)).head == head


def without_triggers(board: Board, *statements: str) -> None:
    """Change rows as somebody can who controls the database."""
    with board.engine.begin() as connection:
        for table in APPEND_ONLY:
            if board.engine.dialect.name == "sqlite":
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER {table.name}_{verb}")
            else:
                connection.exec_driver_sql(
                    f"ALTER TABLE {table.name} DISABLE TRIGGER ALL"
                )
        for statement in statements:
            done = connection.execute(sa.text(statement))
            assert done.rowcount > 0, statement


ALTERED = {
    "reason": "UPDATE event SET reason = 'none' WHERE kind = 'revoked'",
    "actor": "UPDATE event SET actor = 'other' WHERE kind = 'issued'",
    "digest": "UPDATE event SET detail = '{}' WHERE kind = 'revoked'",
    "recorded": "UPDATE event SET recorded = recorded + 1 WHERE license = '3'",
    "hash": f"UPDATE sealed SET hash = '{'0' * 64}' WHERE sequence = 3",
    "gap": "DELETE FROM sealed WHERE sequence = 3",
    "status": "UPDATE license_version SET status = 'active' WHERE status = 'revoked'",
    "effective": "UPDATE license_version SET effective = effective + 1",
    "claims": "UPDATE license_version SET claims = '{}' WHERE version = 1",
    "no json": "UPDATE license_version SET claims = '{' WHERE version = 1",
    "holder": "UPDATE license_version SET holder = 'did:example:x' WHERE version = 2",
    "name": "UPDATE license_version SET name = 'Eve' WHERE version = 2",
    "last day": "UPDATE license_version SET expires_on = '2099-01-01'",
    "version gone": "DELETE FROM license_version WHERE status = 'revoked'",
    "jurisdiction": "UPDATE license SET jurisdiction = 'US-KY'",
    "number": "UPDATE license SET number = '9' WHERE number = '4'",
    "person": "UPDATE identifier SET value = '9' WHERE value = '1'",
    "content": "UPDATE credential SET content = securing_bytes WHERE version = 2",
    "states": "UPDATE credential SET states = 'restricted'",
    "credential gone": "DELETE FROM credential WHERE version > 2",
    "entry gone": "DELETE FROM entry WHERE purpose = 'revocation'",
    "entry cleared": "UPDATE entry SET value = :no WHERE purpose = 'revocation'",
    "entry later": "UPDATE entry SET effective = effective + 1",
    "entry moved": "UPDATE entry SET position = (position + 1) % 131072",
}


@pytest.mark.parametrize("name", sorted(ALTERED))
def test_a_row_that_was_altered_is_found(board: Board, name: str) -> None:
    live(board)
    board.office.head(board.issuing)
    no = "0" if board.engine.dialect.name == "sqlite" else "false"
    raw = "X'00'" if board.engine.dialect.name == "sqlite" else "'\\x00'::bytea"
    statement = ALTERED[name].replace(":no", no).replace("securing_bytes", raw)
    without_triggers(board, statement)
    with pytest.raises(RegisterAltered) as caught:
        board.office.verify()
    assert "Eve" not in str(caught.value)


def test_a_license_that_was_taken_away_whole_is_found(board: Board) -> None:
    live(board)
    gone = "(SELECT id FROM license WHERE number = '4')"
    without_triggers(
        board,
        f"DELETE FROM license_version WHERE license_id IN {gone}",
        "DELETE FROM license WHERE number = '4'",
    )
    with pytest.raises(RegisterAltered, match="not in the register"):
        board.office.verify()


def test_a_row_that_was_put_in_is_found(board: Board) -> None:
    live(board)
    without_triggers(
        board,
        "INSERT INTO license_version SELECT license_id, 3, status, effective, recorded,"
        " name, holder, claims, issued_on, expires_on, event_id FROM license_version"
        " WHERE version = 2 AND license_id IN"
        " (SELECT id FROM license WHERE number = '3')",
    )
    with pytest.raises(RegisterAltered, match="not in the log"):
        board.office.verify()


@pytest.mark.parametrize("number", ["''", "'1' || char(10)"])
def test_a_license_that_nobody_can_ask_for_is_found(
    sqlite_board: Board, number: str
) -> None:
    live(sqlite_board)
    theirs = "urn:uuid:thief"
    without_triggers(
        sqlite_board,
        # With a list of its own, on which the position was dealt.
        "INSERT INTO status_list SELECT board_id, 2, size, room, dealt, key"
        " FROM status_list",
        f"INSERT INTO license SELECT 900, board_id, {number}, jurisdiction,"
        " practitioner_id FROM license WHERE number = '1'",
        "INSERT INTO license_version SELECT 900, version, status, effective, recorded,"
        " name, holder, claims, issued_on, expires_on, event_id FROM license_version"
        " WHERE version = 1 LIMIT 1",
        f"INSERT INTO credential SELECT '{theirs}', board_id, 900, version, states,"
        " issued, ends, securing, verification_method, 2, position, content"
        " FROM credential LIMIT 1",
    )
    # Else what a thief has signed would be on record.
    with sqlite_board.register.session(
        sqlite_board.record.did, writing=False
    ) as session:
        assert session.license_of(theirs) is not None
    with pytest.raises(RegisterAltered, match="no license"):
        sqlite_board.office.verify()


def test_an_entry_that_is_no_credentials_is_found(board: Board) -> None:
    live(board)
    without_triggers(
        board,
        "INSERT INTO entry SELECT 900, board_id, list_number, purpose, -1, value,"
        " effective, event_id FROM entry WHERE id = 1",
    )
    with pytest.raises(RegisterAltered, match="no license"):
        board.office.verify()


def test_a_license_that_says_nothing_is_found(board: Board) -> None:
    live(board)
    without_triggers(
        board,
        "INSERT INTO license SELECT 900, board_id, '9', jurisdiction, practitioner_id"
        " FROM license WHERE number = '1'",
    )
    with pytest.raises(RegisterAltered, match="says nothing"):
        board.office.verify()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM status_list",
        "UPDATE status_list SET number = 2",
        "UPDATE status_list SET key = zeroblob(32)",
        "UPDATE status_list SET key = zeroblob(31)",
        "UPDATE status_list SET size = size * 2",
        "UPDATE status_list SET size = room - 1",
        "UPDATE status_list SET dealt = dealt - 1",
        "UPDATE status_list SET room = dealt - 1",
    ],
)
def test_a_status_list_that_is_gone_or_another_one_is_found(
    sqlite_board: Board, change: str
) -> None:
    """Also by the first credential, whose place another size might give as well."""
    sqlite_board.active()
    sqlite_board.issue()
    sqlite_board.office.verify()
    # By another program, which does not look at foreign keys.
    raw = sqlite3.connect(str(sqlite_board.engine.url.database))
    with raw:
        raw.execute(change)
    raw.close()
    with pytest.raises(RegisterAltered, match="status list"):
        sqlite_board.office.verify()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET recorded = 'zzz'",
        "UPDATE event SET effective = effective + 0.5",
        "UPDATE event SET actor = X'00'",
        "UPDATE identifier SET system = X'00'",
        "UPDATE license_version SET effective = X'00'",
        "UPDATE license_version SET name = X'00'",
        "UPDATE credential SET issued = issued + 0.5",
        "UPDATE credential SET content = 'text'",
        "UPDATE credential SET ends = 'text'",
        "UPDATE withdrawal SET effective = 'text'",
        "UPDATE status_list SET dealt = 'text'",
        "UPDATE status_list SET size = size + 0.5",
    ],
)
def test_a_row_of_another_type_is_found(sqlite_board: Board, change: str) -> None:
    live(sqlite_board)
    with sqlite_board.office.act(WHY) as act:
        act.read(["2"])
        act.withdraw(act.before("2")[0], None, effective=act.now)
        act.write()
    sqlite_board.office.head(sqlite_board.issuing)
    sqlite_board.office.verify()
    without_triggers(sqlite_board, change)
    with pytest.raises(RegisterAltered) as caught:
        sqlite_board.office.verify()
    assert "zzz" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET recorded = 'zzz'",
        "UPDATE event SET effective = 9e999",
        "UPDATE event SET actor = X'00'",
        "UPDATE license_version SET effective = 'zzz'",
        "UPDATE license_version SET holder = X'00'",
        "UPDATE license_version SET status = 'zzz'",
        "UPDATE credential SET issued = 'zzz'",
        "UPDATE credential SET content = 4611686018427387904",
        "UPDATE entry SET position = 'zzz'",
        "UPDATE sealed SET sequence = 'zzz' WHERE sequence = 3",
        "UPDATE status_list SET size = 'zzz'",
        "UPDATE status_list SET key = 'zzz'",
        # From these a page would be made until the end of days.
        "UPDATE status_list SET size = 4611686018427387904",
        "UPDATE status_list SET room = -4611686018427387904",
        "UPDATE board SET site = X'00'",
    ],
)
def test_nothing_is_told_or_published_of_a_row_of_another_type(
    sqlite_board: Board, change: str
) -> None:
    live(sqlite_board)
    sqlite_board.office.head(sqlite_board.issuing)
    with sqlite3.connect(str(sqlite_board.engine.url.database)) as raw:
        for (name,) in raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(change)
    raw.close()
    office, issuing = sqlite_board.office, sqlite_board.issuing
    publishing = Publishing(issuing=issuing, at=NOON, published=lambda _path: None)
    found = []
    for read in (
        lambda: office.history("1"),
        lambda: office.head(issuing),
        lambda: office.site(publishing),
    ):
        try:
            read()
        except MedidError as error:
            found.append(error)
    assert any(isinstance(error, RegisterAltered) for error in found)
    assert "zzz" not in "".join(map(str, found))


@pytest.mark.parametrize("version", [0, -1, 9])
def test_a_credential_of_a_version_that_there_is_not_is_told(
    sqlite_board: Board, version: int
) -> None:
    sqlite_board.active()
    sqlite_board.issue()
    without_triggers(sqlite_board, f"UPDATE credential SET version = {version}")
    with pytest.raises(RegisterAltered, match="does not have"):
        sqlite_board.change("35.1", "suspended")
    with pytest.raises(RegisterAltered):
        sqlite_board.office.verify()


def suspended_again(board: Board) -> IssuedCredential:
    """Something on a license that was suspended, reinstated and suspended."""
    board.active()
    issued = board.issue()
    for status in ("suspended", "active", "suspended"):
        board.change("35.1", status)
    return issued


def test_entries_of_a_list_in_another_order_are_found(board: Board) -> None:
    issued = suspended_again(board)
    assert board.codes(issued, NOON) == {"SUSPENDED"}
    no = "0" if board.engine.dialect.name == "sqlite" else "false"
    without_triggers(board, f"UPDATE entry SET id = id + 100 WHERE value = {no}")
    assert not board.codes(issued, NOON)  # what was recorded last is not any more
    with pytest.raises(RegisterAltered, match="do not say"):
        board.office.verify()


def test_entries_that_were_given_to_another_board_are_found(board: Board) -> None:
    issued = suspended_again(board)
    other = Board.on(board.engine, board.register)
    other.active()
    other.issue()
    theirs = f"(SELECT id FROM board WHERE did = '{other.record.did}')"
    mine = f"(SELECT id FROM board WHERE did = '{board.record.did}')"
    without_triggers(
        board,
        f"UPDATE entry SET board_id = {theirs}",
        f"UPDATE credential SET board_id = {theirs} WHERE board_id = {mine}",
    )
    assert not board.codes(issued, NOON)
    with pytest.raises(RegisterAltered, match="do not say"):
        board.office.verify()


def test_what_is_neither_set_nor_clear_is_set(sqlite_board: Board) -> None:
    issued = suspended_again(sqlite_board)
    without_triggers(sqlite_board, "UPDATE entry SET value = 2 WHERE value = 1")
    sqlite_board.office.verify()
    assert sqlite_board.codes(issued, NOON) == {"SUSPENDED"}


@pytest.mark.parametrize("noted", ["none", "no event", "sealed"])
def test_an_event_that_would_never_be_sealed_is_found(board: Board, noted: str) -> None:
    live(board)
    board.office.head(board.issuing)
    board.change("3", "suspended")
    assert board.office.verify().unsealed == 1
    another = {
        "none": "DELETE FROM unsealed",
        "no event": "UPDATE unsealed SET event_id = 999999",
        "sealed": "UPDATE unsealed SET event_id = (SELECT min(event_id) FROM sealed)",
    }[noted]
    with board.engine.begin() as connection:
        connection.exec_driver_sql(another)
    with pytest.raises(RegisterAltered, match="never be"):
        board.office.verify()


def test_an_older_copy_that_was_put_back_is_found(
    sqlite_board: Board, tmp_path: Path, opened: Opened
) -> None:
    board = sqlite_board
    board.active()
    issued = board.issue()
    board.office.head(board.issuing)
    backup(board.engine, tmp_path / "copy.db")
    board.change("35.1", "revoked")
    _, signed = board.office.head(board.issuing)
    assert board.codes(issued, NOON) == {"REVOKED"}
    old = type(board.register)(opened(f"sqlite:///{tmp_path / 'copy.db'}"))
    office = Office(old, board.record.did, clock=lambda: NOON)
    office.verify()  # by itself it is whole
    with pytest.raises(RegisterAltered, match="shorter than it was"):
        office.verify(head=written(signed))
    # Even where it has gone on since, to the same length or beyond.
    change = [Change(number="35.1", expires_on=f"2030-01-0{day}") for day in (1, 2)]
    for one in change:
        office.change([one], reason=WHY)
    office.head(board.issuing)
    with pytest.raises(RegisterAltered, match="another one"):
        office.verify(head=written(signed))


def test_a_head_that_is_not_this_boards_is_refused(sqlite_board: Board) -> None:
    board = sqlite_board
    board.active()
    issued = board.issue()
    other = Board.on(board.engine, board.register)
    _, theirs = other.office.head(other.issuing)
    _, mine = board.office.head(board.issuing)
    assert isinstance(mine, dict)
    resource = [{"id": "https://other.example/register/1", "digestMultibase": "z1"}]
    for wrong in (
        written(theirs),
        issued.content,
        written({**mine, "validFrom": "2020-01-01T00:00:00Z"}),
        written({**mine, "relatedResource": resource}),
        b"",
        b"{}",
        written(board.office.head(Issuing(controller=board.controller))[1])[:-9],
    ):
        with pytest.raises(MedidError) as caught:
            board.office.verify(head=wrong)
        assert not isinstance(caught.value, RegisterAltered)
    key = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    with pytest.raises(ConfigurationError):
        board.office.head(Issuing(controller=key, securing=SECURING))


@pytest.mark.parametrize(
    "resources",
    [
        [],
        [{"id": "https://other.example/register/1"}],
        [{"id": "SITE/register/one"}],
        [{"id": "SITE/register/1", "digestSRI": ["sha256-" + "A" * 43 + "="]}],
    ],
)
def test_what_the_board_signed_and_is_no_head_is_refused(
    sqlite_board: Board, resources: list[dict[str, Any]]
) -> None:
    board = sqlite_board
    draft: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": board.record.did,
        "validFrom": str(NOON),
        "credentialSubject": {"id": board.record.did},
    }
    for one in resources:
        one["id"] = one["id"].replace("SITE", board.record.site)
        one.setdefault("digestMultibase", to_base58btc(b"\x12\x20" + bytes(31) + b"\1"))
    if resources:
        draft["relatedResource"] = resources
    signed = issue(draft, board.controller, securing=SECURING, at=NOON)
    with pytest.raises(MalformedValue, match="no head"):
        board.office.verify(head=written(signed))


# Copies.


def test_a_copy_is_whole_private_and_never_written_over(
    sqlite_board: Board, tmp_path: Path, opened: Opened
) -> None:
    board = sqlite_board
    live(board)
    target = tmp_path / "copy.db"
    with board.register.session(board.record.did, writing=True) as session:
        session.allocate(1)  # a writer in the middle of an act
        backup(board.engine, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = type(board.register)(opened(f"sqlite:///{target}"))
    office = Office(copy, board.record.did)
    assert office.verify().licenses == 4
    office.apply([application("5", holder=HOLDER)], reason=WHY)
    with pytest.raises(ConfigurationError, match="file of this name"):
        backup(board.engine, target)
    assert not list(tmp_path.glob(".*"))


def test_a_copy_that_is_put_back_deals_no_position_of_what_was_issued_since(
    sqlite_board: Board, tmp_path: Path, opened: Opened
) -> None:
    board = sqlite_board
    for number in ("1", "2", "3"):
        board.active(number)
    first = board.issue("1")
    target = tmp_path / "copy.db"
    backup(board.engine, target)
    lost = board.issue("2")  # somebody has it, and the copy knows nothing of it
    copy = type(board.register)(opened(f"sqlite:///{target}"))
    office = Office(copy, board.record.did, clock=lambda: NOON)
    (outcome,) = office.issue(["3"], board.issuing, reason=WHY)
    made = outcome.credential
    assert made is not None
    assert made.position.list_number == 2
    # What becomes of the one says nothing of the other.
    office.change([Change(number="3", status="revoked")], reason=WHY)
    with copy.session(board.record.did, writing=False) as session:
        shown = session.set_positions(lost.position.list_number, "revocation", at=NOON)
    assert lost.position.index not in shown
    office.verify()
    # The register itself goes on as it was.
    board.office.issue(["3"], board.issuing, reason=WHY)
    assert first.position.list_number == lost.position.list_number == 1
    _, _, (again,) = board.office.history("3")
    assert again.position.list_number == 1


def test_of_two_copies_to_one_name_at_once_one_is_made(
    sqlite_board: Board,
    tmp_path: Path,
    opened: Opened,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live(sqlite_board)
    target = tmp_path / "copy.db"
    name, linked = "pathlib.Path.hardlink_to", type(target).hardlink_to

    def second(path: Path, draft: Path) -> None:
        # Somebody else begins and ends while this copy has no name yet.
        monkeypatch.setattr(name, linked)
        backup(sqlite_board.engine, target)
        linked(path, draft)

    monkeypatch.setattr(name, second)
    with pytest.raises(ConfigurationError, match="file of this name"):
        backup(sqlite_board.engine, target)
    copy = type(sqlite_board.register)(opened(f"sqlite:///{target}"))
    assert Office(copy, sqlite_board.record.did).verify().licenses == 4
    assert not list(tmp_path.glob(".*"))


def test_a_copy_that_cannot_be_made_leaves_nothing(
    sqlite_board: Board, tmp_path: Path
) -> None:
    with pytest.raises(RegisterUnavailable):
        backup(sqlite_board.engine, tmp_path / "none" / "copy.db")
    with pytest.raises(RegisterUnavailable):
        backup(sqlite_board.engine, tmp_path / "a\0b")
    shutil.move(str(sqlite_board.engine.url.database), tmp_path / "elsewhere")
    with pytest.raises(RegisterUnavailable):
        backup(sqlite_board.engine, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_register_in_postgresql_is_copied_by_its_own_tools(board: Board) -> None:
    if board.engine.dialect.name == "sqlite":
        return  # it is copied by medid
    with pytest.raises(ConfigurationError, match="not in SQLite"):
        backup(board.engine, "copy.db")
