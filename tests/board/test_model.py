"""The register, its lists and a verifier, against a model that knows no timeline.

The model keeps what was decided as a plain list, and asks it anew for each instant: of
all that takes effect by then, what was recorded last holds.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from medid.adapters.register import make, open_engine
from medid.board.licensing import REVOCATION, SUSPENSION
from medid.errors import ChangeNotAllowed
from tests.board.world import DAY, HOLDER, WHY, Board, claims
from tests.support import examples

if TYPE_CHECKING:
    from medid.board import IssuedCredential, License, Outcome
    from medid.core.instant import Instant

STATUSES = (
    *("active", "probation", "restricted", "suspended", "inactive", "expired"),
    *("revoked", "surrendered", "retired", "deceased", "denied"),
)
FOR_A_WHILE = {"suspended", "inactive", "expired"}
TYPES = (None, "limited", "training")


@dataclass(frozen=True)
class Decided:
    effective: Instant
    status: str
    type: str | None
    holder: str | None
    last: str


@dataclass
class Known:
    """One license of the model, and what was issued on it, stating what."""

    decided: list[Decided] = field(default_factory=list)
    issued: list[tuple[IssuedCredential, Decided]] = field(default_factory=list)

    def held(self, at: Instant) -> Decided:
        return [one for one in self.decided if one.effective <= at][-1]

    def expected(self, stated: Decided, at: Instant) -> tuple[bool, bool]:
        """Whether a credential is revoked, and whether it is suspended."""
        place = self.decided.index(stated)
        times = sorted(
            one.effective
            for one in self.decided[place + 1 :]
            if stated.effective <= one.effective <= at
        )
        revoked = suspended = False
        for time in times:
            now = self.held(time)
            otherwise = (now.type, now.holder) != (stated.type, stated.holder)
            if otherwise or now.last < stated.last:
                revoked = True
                suspended = False
            elif now.status != stated.status:
                suspended = now.status in FOR_A_WHILE
                revoked = revoked or not suspended
            else:
                suspended = False
        return revoked, suspended


class Machine(RuleBasedStateMachine):
    empty: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.empty, self.folder / "register.db")
        self.engine = open_engine(f"sqlite:///{self.folder / 'register.db'}")
        self.board = Board.new(self.engine)
        self.known: dict[str, Known] = {}

    def tick(self, ahead: float = 0) -> Instant:
        """A little later, so that no two things take effect in the same instant."""
        return self.board.wait(1).plus(ahead)

    @property
    def now(self) -> Instant:
        return self.board.now[0]

    @rule(number=st.sampled_from("ab"), holder=st.sampled_from([HOLDER, None]))
    def apply(self, number: str, holder: str | None) -> None:
        self.tick()
        if number in self.known:
            return
        made = self.board.apply(number, holder=holder, expires_on="2026-04-20")
        first = Decided(self.now, "pending", None, holder, "2026-04-20")
        self.known[number] = Known([first])
        self.compare(number, made)

    @precondition(lambda self: self.known)
    @rule(
        number=st.sampled_from("ab"),
        status=st.none() | st.sampled_from(STATUSES),
        type=st.sampled_from([*TYPES, None]),
        holder=st.none() | st.sampled_from([HOLDER, "did:example:other"]),
        last=st.none() | st.sampled_from(["2026-04-10", "2026-04-20", "2027-04-20"]),
        days=st.sampled_from([0, 0, 0, 4, 12, -2]),
        replacing=st.booleans(),
        issue=st.booleans(),
    )
    def change(
        self,
        number: str,
        status: str | None,
        type: str | None,
        holder: str | None,
        last: str | None,
        days: int,
        replacing: bool,
        issue: bool,
    ) -> None:
        if number not in self.known:
            return
        starts = self.tick(days * DAY)
        known = self.known[number]
        outcome = self.board.changed(
            number,
            status,
            claims=None if type is None else claims(registrationType=type),
            holder=holder,
            expires_on=last,
            effective=starts,
            replacing=replacing,
            issue=issue,
        )
        if starts < known.held(self.now).effective or (
            not replacing and any(one.effective > starts for one in known.decided[-1:])
        ):
            assert isinstance(outcome.error, ChangeNotAllowed)
        if outcome.error is not None:
            assert isinstance(outcome.error, ChangeNotAllowed)
            return
        before = known.held(starts)
        made = Decided(
            starts,
            outcome.done().latest.status,
            type or before.type,
            holder or before.holder,
            last or before.last,
        )
        if status is not None:
            assert made.status == status
        known.decided.append(made)
        self.compare(number, outcome.done())
        self.keep(number, outcome)

    @precondition(lambda self: self.known)
    @rule(number=st.sampled_from("ab"))
    def issue(self, number: str) -> None:
        self.tick()
        issuing = self.board.issuing
        (outcome,) = self.board.office.issue([number], issuing, reason=WHY)
        known = self.known.get(number)
        if known is None:
            assert outcome.error is not None
            return
        held = known.held(self.now)
        ended = str(self.now)[:10] > held.last
        good = held.status in {"active", "probation", "restricted"}
        assert (outcome.error is None) == (
            good and held.holder is not None and not ended
        )
        self.keep(number, outcome)

    @rule(days=st.sampled_from([1, 5, 30]))
    def wait(self, days: int) -> None:
        self.board.wait(days * DAY)

    @rule()
    def expire(self) -> None:
        self.tick()
        for outcome in self.board.office.expire(reason=WHY):
            if outcome.error is None:
                latest = outcome.done().latest
                known = self.known[outcome.number]
                assert str(self.now)[:10] > known.decided[-1].last
                before = known.held(latest.effective)
                known.decided.append(
                    Decided(
                        latest.effective,
                        "expired",
                        before.type,
                        before.holder,
                        before.last,
                    )
                )

    @precondition(lambda self: self.known)
    @rule(days=st.sampled_from([0, 3, 8, 40]))
    def publish(self, days: int) -> None:
        at = self.now.plus(days * DAY)
        board = self.board
        with board.register.session(board.record.did, writing=False) as session:
            found = {
                purpose: {
                    (one.number, index)
                    for one in session.lists()
                    for index in session.set_positions(one.number, purpose, at=at)
                }
                for purpose in (REVOCATION, SUSPENSION)
            }
        for known in self.known.values():
            for issued, stated in known.issued:
                place = (issued.position.list_number, issued.position.index)
                revoked, suspended = known.expected(stated, at)
                assert (place in found[REVOCATION]) == revoked
                if not revoked:
                    assert (place in found[SUSPENSION]) == suspended

    def keep(self, number: str, outcome: Outcome) -> None:
        if outcome.credential is not None:
            known = self.known[number]
            held = known.held(self.now)
            assert outcome.credential.states == held.status
            known.issued.append((outcome.credential, held))

    def compare(self, number: str, found: License) -> None:
        assert self.board.office.license(number) == found
        known = self.known[number]
        for days in (0, 1, 5, 13, 40):
            at = self.now.plus(days * DAY)
            version, held = found.as_of(at), known.held(at)
            assert version is not None
            assert (version.status, version.effective) == (held.status, held.effective)

    def teardown(self) -> None:
        if not hasattr(self, "board"):
            return
        try:
            self.board.office.head(self.board.issuing)
            self.board.office.verify()
            for known in self.known.values():
                for issued, stated in known.issued[:3]:
                    codes = self.board.codes(issued, self.now)
                    revoked, suspended = known.expected(stated, self.now)
                    assert ("REVOKED" in codes) or not revoked
                    assert bool(codes - {"EXPIRED"}) == (revoked or suspended)
        finally:
            self.engine.dispose()
            shutil.rmtree(self.folder)


def test_whatever_is_decided_the_lists_say_what_follows_from_it(tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    engine = open_engine(f"sqlite:///{file}")
    make(engine)
    engine.dispose()
    machine: Any = type("OnACopy", (Machine,), {"empty": file})
    many = settings(max_examples=examples(30), stateful_step_count=20)
    run_state_machine_as_test(machine, settings=many)
