"""What fails beside a board: its server, its signer, its clock. It goes on after it."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.register import open_engine
from medid.adapters.register.store import SqlRegister
from medid.board import BoardRecord, Change, Issuing, Office
from medid.board.site import HEAD, INDEX, Publishing
from medid.errors import (
    ChangeNotAllowed,
    PublishedLater,
    RegisterAltered,
    RegisterUnavailable,
    SignerError,
)
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from tests.board.world import DAY, HOLDER, NOON, SECURING, WHY, Board, application
from tests.server import signing_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from medid.keys import PublicKey, Signer
    from tests.board import postgres
    from tests.board.conftest import Opened

NUMBERS = [str(one) for one in range(10)]
GMC = "https://fhir.hl7.org.uk/Id/gmc-number"


class After:
    """A signer to whose world something happens when it has signed ``left`` times."""

    def __init__(
        self, signer: Signer, left: int, happens: Callable[[], object]
    ) -> None:
        self._signer = signer
        self.left = left
        self._happens = happens

    @property
    def public_key(self) -> PublicKey:
        return self._signer.public_key

    def sign(self, data: bytes) -> bytes:
        if self.left == 0:
            self._happens()
        self.left -= 1
        return self._signer.sign(data)


def approved(engine: Engine, signer: Signer) -> tuple[Office, Issuing]:
    """A board that signs with ``signer``, and ten licenses that are active."""
    who = Controller.did_key(signer)
    register = SqlRegister(engine)
    record = BoardRecord(
        did=who.did, name="B", site="https://faults.example", jurisdiction="GB"
    )
    register.found(record, recorded=NOON)
    office = Office(register, who.did, clock=lambda: NOON)
    office.apply([application(one) for one in NUMBERS], reason=WHY)
    office.change([Change(number=one, status="active") for one in NUMBERS], reason=WHY)
    return office, Issuing(controller=who, securing=SECURING)


def check_nothing_issued(office: Office) -> None:
    for number in NUMBERS:
        license_, events, issued = office.history(number)
        assert [one.kind for one in events] == ["applied", "approved"]
        assert (len(license_.versions), list(issued)) == (2, [])
    office.verify()


def check_all_issued(office: Office, issuing: Issuing) -> None:
    """Once each, when the batch is done again."""
    done = office.issue(NUMBERS, issuing, reason=WHY)
    places = {one.credential.position for one in done if one.credential}
    assert len(places) == len(NUMBERS)
    for number in NUMBERS:
        assert len(office.history(number)[2]) == 1
    office.verify()


@pytest.mark.parametrize("how", ["cut off", "restarted"])
def test_a_batch_that_loses_its_server_is_done_again(
    postgres_url: str, server: postgres.Server, opened: Opened, how: str
) -> None:
    def fails() -> None:
        if how == "restarted":
            server.stop()
            server.start()
            return
        with server.admin() as admin:
            cut = admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s",
                [postgres_url.rpartition("/")[2]],
            )
            assert cut.rowcount > 0

    signer = After(PrivateKey.generate(KeyKind.ED25519), 5, fails)
    office, issuing = approved(opened(postgres_url), signer)
    with pytest.raises(RegisterUnavailable, match="does not answer"):
        office.issue(NUMBERS, issuing, reason=WHY)
    assert signer.left < 0
    check_nothing_issued(office)
    check_all_issued(office, issuing)


def test_a_license_that_another_keeps_locked_is_told_so(
    postgres_url: str, opened: Opened
) -> None:
    board = Board.new(opened(postgres_url))
    board.active("1")
    board.active("2")
    hasty = SqlRegister(opened(postgres_url, busy_seconds=0.05))
    office = Office(hasty, board.record.did, clock=lambda: NOON)
    change = Change(number="1", status="suspended")
    with board.register.session(board.record.did, writing=True) as session:
        session.licenses(["1"])
        with pytest.raises(RegisterUnavailable, match="locked by another writer"):
            office.change([change], reason=WHY)
        # Whoever is about another license does not wait.
        other = Change(number="2", status="suspended")
        office.change([other], reason=WHY)[0].done()
    office.change([change], reason=WHY)[0].done()


def test_a_batch_whose_signing_server_stops_is_done_again(
    sqlite_url: str, opened: Opened, tmp_path: Path
) -> None:
    host = signing_server.Office.make(tmp_path)
    with ExitStack() as running:
        url = running.enter_context(
            signing_server.serving(host, host.settings(rate=1e6))
        )
        signer = After(host.signer(url, host.board), 4, running.close)
        office, issuing = approved(opened(sqlite_url), signer)
        with pytest.raises(SignerError, match="did not answer"):
            office.issue(NUMBERS, issuing, reason=WHY)
        nothing: dict[str, bytes] = {}
        # A publication that cannot be signed is none.
        with pytest.raises(SignerError):
            office.site(Publishing(issuing=issuing, at=NOON, published=nothing.get))
    check_nothing_issued(office)
    with signing_server.serving(host, host.settings(rate=1e6)) as url:
        back = Controller.did_key(host.signer(url, host.board))
        assert back.did == issuing.controller.did
        check_all_issued(office, Issuing(controller=back, securing=SECURING))


def published(board: Board, site: dict[str, bytes]) -> None:
    made = board.office.site(
        Publishing(issuing=board.issuing, at=board.now[0], published=site.get)
    )
    site |= {one.path: one.content for one in made}


def test_a_clock_that_is_set_back_rewrites_nothing(board: Board) -> None:
    board.active("1")
    issued = board.issue("1")
    site: dict[str, bytes] = {}
    published(board, site)
    before = dict(site)
    board.wait(-DAY)
    # What the register has said is not changed behind its time.
    refused = board.changed("1", "suspended").error
    assert isinstance(refused, ChangeNotAllowed)
    assert refused.path == "$.effective"
    (again,) = board.office.issue(["1"], board.issuing, reason=WHY)
    assert isinstance(again.error, ChangeNotAllowed)
    board.apply("2")
    with pytest.raises(PublishedLater):
        published(board, site)
    assert site == before
    # With the right time again, all goes on, and what was recorded meanwhile is there.
    board.wait(DAY + 1)
    board.change("1", "suspended")
    board.change("2", "active")
    published(board, site)
    assert site[INDEX] != before[INDEX]
    assert board.codes(issued, board.now[0]) == {"SUSPENDED"}
    assert board.office.verify(head=site[HEAD]).licenses == 2


def test_a_register_whose_pages_were_overwritten_is_told(
    sqlite_board: Board, tmp_path: Path, opened: Opened
) -> None:
    sqlite_board.active()
    sqlite_board.engine.dispose()
    file = tmp_path / "register.db"
    content = bytearray(file.read_bytes())
    content[4_096:] = b"\xa5" * (len(content) - 4_096)
    file.write_bytes(content)
    for side in ("-wal", "-shm"):
        (tmp_path / f"register.db{side}").unlink(missing_ok=True)
    with pytest.raises((RegisterUnavailable, RegisterAltered)) as told:
        SqlRegister(opened(f"sqlite:///{file}"))
    assert "damaged" in told.value.message


# Nothing of it in logs.


def test_logs_have_neither_people_nor_passwords(
    url: str, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # Whoever wants to see each statement.
    caplog.set_level(logging.INFO, "sqlalchemy")
    board = Board.new(opened(url))
    board.active(identifiers={GMC: "1234567"})
    board.issue()
    board.change("35.1", "suspended")
    assert board.changed("35.1", "denied").error is not None
    wrong = open_engine("postgresql://clerk:canary@127.0.0.1:1/none", busy_seconds=1.0)
    with pytest.raises(RegisterUnavailable) as refused:
        SqlRegister(wrong)
    assert "INSERT INTO" in caplog.text
    shown: list[Any] = [
        caplog.text,
        str(refused.value),
        repr(wrong),
        repr(board.engine),
    ]
    for secret in ("Ada Rowe", HOLDER, "1234567", "canary"):
        assert not any(secret in text for text in shown)
