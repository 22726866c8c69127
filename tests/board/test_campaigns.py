"""A campaign issues what is due, each of it once, wherever it is broken off."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from medid.board.campaigns import Campaign
from medid.board.office import Office
from medid.board.workshop import Bench
from medid.errors import ProofGenerationError, SignerError
from medid.keys import PrivateKey
from tests.board.world import DAY, NOON, WHY, Board, application

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.board.licensing import Statement
    from medid.board.outcomes import Outcome
    from medid.board.records import IssuedCredential
    from medid.board.workshop import Signing

ACTIVE = {"status": "active", "effective": NOON.plus(-DAY)}


@dataclass
class Faulty:
    """A bench whose key store refuses after so many credentials."""

    bench: Bench
    left: int
    securing: str = field(init=False)
    verification_method: str = field(init=False)
    width: int = 2

    def __post_init__(self) -> None:
        self.securing = self.bench.securing
        self.verification_method = self.bench.verification_method

    def begin(self, statements: Sequence[Statement]) -> Signing:
        self.left -= len(statements)
        if self.left < 0:
            raise SignerError("gone")
        return self.bench.begin(statements)


def bench(board: Board) -> Bench:
    return Bench(board.record, board.issuing)


def enter(board: Board, count: int, **other: object) -> None:
    some = [application(f"35.{one:04}", **{**ACTIVE, **other}) for one in range(count)]
    assert all(one.error is None for one in board.office.apply(some, reason=WHY))


def run(board: Board, workshop: Bench | Faulty, batch: int = 300) -> list[Outcome]:
    campaign = Campaign(workshop=workshop, reason=WHY, batch=batch)
    return [one for done in campaign.run(board.office) for one in done]


def credentials(board: Board) -> Mapping[str, Sequence[IssuedCredential]]:
    """All that was issued, by the number of the license."""
    with board.register.session(board.record.did, writing=False) as session:
        return session.credentials(session.numbers(limit=1_000))


def test_what_is_due_is_issued_once(board: Board) -> None:
    enter(board, 4)
    board.active("36.1", holder=None)
    board.apply("36.2")
    board.apply("36.3", expires_on="2026-02-28", **ACTIVE)
    board.active("36.4", expires_on=None)
    board.active("36.5")
    board.change("36.5", "suspended")
    ahead = board.active("36.6")
    board.change("36.6", "restricted", effective=NOON.plus(DAY))
    done = run(board, bench(board), batch=3)
    issued = {one.number for one in done if one.credential is not None}
    assert issued == {"35.0000", "35.0001", "35.0002", "35.0003", "36.4", "36.6"}
    assert all(one.error is None for one in done)
    assert not board.office.due()
    assert not run(board, bench(board))
    # What has changed since is due again, and nothing else.
    board.wait(2 * DAY)
    board.change("35.0001", name="Ada Lind")
    board.change("36.5", "active")
    again = run(board, bench(board))
    assert {one.number for one in again} == {"35.0001", "36.5", ahead.number}
    assert not run(board, bench(board))
    for one in again:
        assert one.credential is not None
        assert not board.codes(one.credential, board.now[0])
    board.office.verify()


def test_a_license_whose_last_day_is_just_over_says_so_and_stops_nothing(
    sqlite_board: Board,
) -> None:
    enter(sqlite_board, 2)
    # In no zone is the day before yesterday the present; of yesterday the act decides.
    sqlite_board.apply("36.1", expires_on="2026-03-01", **ACTIVE)
    done = run(sqlite_board, bench(sqlite_board), batch=1)
    assert [one.error and one.error.code for one in done] == [
        None,
        None,
        "CHANGE_NOT_ALLOWED",
    ]


def test_a_signer_that_fails_half_way_loses_and_doubles_nothing(
    sqlite_board: Board,
) -> None:
    enter(sqlite_board, 700)
    # One part of the act is signed when the store refuses, and none of it counts.
    faulty = Faulty(bench(sqlite_board), left=400)
    with pytest.raises(SignerError):
        run(sqlite_board, faulty, batch=600)
    assert len(sqlite_board.office.due()) == 700
    faulty.left = 650
    with pytest.raises(SignerError):
        run(sqlite_board, faulty, batch=300)
    assert len(sqlite_board.office.due()) == 100
    assert len(run(sqlite_board, bench(sqlite_board))) == 100
    found = credentials(sqlite_board)
    assert [len(one) for one in found.values()] == [1] * 700
    assert len({one.position for (one,) in found.values()}) == 700
    sqlite_board.office.verify()


def test_what_is_refused_is_told_and_the_rest_is_issued(sqlite_board: Board) -> None:
    enter(sqlite_board, 5)
    plain = bench(sqlite_board)

    class Picky(Faulty):
        def begin(self, statements: Sequence[Statement]) -> Signing:
            answers = self.bench.begin(statements)
            odd = ProofGenerationError("odd")
            return lambda: [
                odd if said.number == "35.0002" else one
                for said, one in zip(statements, answers(), strict=True)
            ]

    done = run(sqlite_board, Picky(plain, left=0))
    assert [one.number for one in done if one.error is not None] == ["35.0002"]
    assert list(sqlite_board.office.due()) == ["35.0002"]
    (one,) = run(sqlite_board, plain)
    assert one.credential is not None
    sqlite_board.office.verify()


def test_an_act_of_all_or_none_issues_nothing_where_one_is_refused(
    sqlite_board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(sqlite_board, 3)
    numbers = list(sqlite_board.office.due())
    sign = Bench.sign

    def picky(self: Bench, one: Statement) -> bytes | ProofGenerationError:
        if one.number == "35.0002":
            return ProofGenerationError("odd")
        return sign(self, one)

    monkeypatch.setattr(Bench, "sign", picky)
    with pytest.raises(ProofGenerationError, match="odd"):
        sqlite_board.office.issue(numbers, sqlite_board.issuing, reason=WHY)
    assert list(sqlite_board.office.due()) == numbers
    assert not any(credentials(sqlite_board).values())
    monkeypatch.undo()
    for one in sqlite_board.office.issue(numbers, sqlite_board.issuing, reason=WHY):
        one.done()
    sqlite_board.office.verify()


def test_two_campaigns_share_the_work(sqlite_board: Board) -> None:
    enter(sqlite_board, 6)
    campaign = Campaign(workshop=bench(sqlite_board), reason=WHY, batch=4)
    office = sqlite_board.office
    numbers = office.due()
    assert len(run(sqlite_board, bench(sqlite_board))) == 6
    # The other one had asked before, and finds in its act that nothing is left.
    assert campaign.take(office, numbers) == ()


def test_a_campaign_that_is_tried_issues_nothing(sqlite_board: Board) -> None:
    enter(sqlite_board, 3)
    trying = Office(
        sqlite_board.register,
        sqlite_board.record.did,
        clock=lambda: NOON,
        recording=False,
    )
    campaign = Campaign(workshop=bench(sqlite_board), reason=WHY, batch=2)
    done = [one for some in campaign.run(trying) for one in some]
    assert [(one.number, one.credential) for one in done] == [
        (f"35.{one:04}", None) for one in range(3)
    ]
    assert len(sqlite_board.office.due()) == 3


KILLED = """
import sys
from medid.adapters.register import SqlRegister, open_engine
from medid.board import Issuing, Office
from medid.board.campaigns import Campaign
from medid.board.workshop import Bench
from tests.board.worker import controller
from tests.board.world import NOON, SECURING, WHY
who = controller(sys.argv[2])
office = Office(SqlRegister(open_engine(sys.argv[1])), who.did, clock=lambda: NOON)
bench = Bench(office.board(), Issuing(controller=who, securing=SECURING))
for done in Campaign(workshop=bench, reason=WHY, batch=20).run(office):
    for one in done:
        print(one.number, one.credential.id, flush=True)
"""


def test_a_campaign_that_is_killed_goes_on_where_it_stopped(
    sqlite_board: Board, sqlite_url: str
) -> None:
    enter(sqlite_board, 400)
    signer = sqlite_board.controller.signer
    assert isinstance(signer, PrivateKey)
    seed = signer._secret().hex()
    argv = [sys.executable, "-c", KILLED, sqlite_url, seed]
    told: list[str] = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told.append(line.strip())
            if len(told) == 50:
                process.kill()
    assert 50 <= len(told) < 400
    rest = run(sqlite_board, bench(sqlite_board))
    found = credentials(sqlite_board)
    assert [len(one) for one in found.values()] == [1] * 400
    assert len({one.position for (one,) in found.values()}) == 400
    # What was told is there, and nothing of it was issued again.
    said = {f"{number} {one.id}" for number, (one,) in found.items()}
    assert set(told) <= said
    assert not {one.number for one in rest} & {one.split()[0] for one in told}
    sqlite_board.office.verify()
