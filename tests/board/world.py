"""A board at work, with a clock that a test sets."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from medid.adapters.register import SqlRegister
from medid.board import (
    Application,
    BoardRecord,
    Change,
    Issuing,
    Office,
    Outcome,
    Reason,
    found_board,
)
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from medid.board import IssuedCredential, License
    from medid.verifying.checks import Verification

NOON: Final = Instant.parse("2026-03-02T12:00:00Z")
DAY: Final = 86_400
WHY: Final = Reason(actor="registrar")
PROFESSION: Final = {
    "system": "http://nucc.org/provider-taxonomy",
    "code": "208D00000X",
}
HOLDER: Final = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
# Quick to make, and to check.
SECURING: Final = "eddsa-jcs-2022"
_SITES = itertools.count()


def claims(**more: Any) -> dict[str, Any]:
    return {"profession": [dict(PROFESSION)], **more}


def application(number: str = "35.1", **other: Any) -> Application:
    given = {
        "name": "Ada Rowe",
        "holder": HOLDER,
        "claims": claims(),
        "issued_on": "2014-07-01",
        "expires_on": "2027-06-30",
        **other,
    }
    return Application(number=number, **given)


@dataclass
class Board:
    engine: Engine
    register: SqlRegister
    controller: Controller
    record: BoardRecord
    office: Office
    now: list[Instant] = field(default_factory=lambda: [NOON])

    @classmethod
    def new(cls, engine: Engine, **settings: Any) -> Board:
        register = SqlRegister(engine, **settings)
        return cls.on(engine, register)

    @classmethod
    def on(cls, engine: Engine, register: SqlRegister) -> Board:
        controller = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
        record = BoardRecord(
            did=controller.did,
            name="Board of Medicine",
            site=f"https://board{next(_SITES)}.example",
            jurisdiction="US-OH",
        )
        found_board(register, record, clock=lambda: NOON)
        now = [NOON]
        office = Office(register, record.did, clock=lambda: now[0])
        return cls(engine, register, controller, record, office, now)

    @property
    def issuing(self) -> Issuing:
        return Issuing(controller=self.controller, securing=SECURING)

    def wait(self, seconds: float) -> Instant:
        self.now[0] = self.now[0].plus(seconds)
        return self.now[0]

    def apply(self, number: str = "35.1", **other: Any) -> License:
        (outcome,) = self.office.apply([application(number, **other)], reason=WHY)
        return outcome.done()

    def change(self, number: str, status: str | None = None, **other: Any) -> License:
        return self.changed(number, status, **other).done()

    def changed(self, number: str, status: str | None = None, **other: Any) -> Outcome:
        issuing = self.issuing if other.pop("issue", False) else None
        reason = other.pop("reason", WHY)
        change = Change(number=number, status=status, **other)
        (outcome,) = self.office.change([change], reason=reason, issuing=issuing)
        return outcome

    def active(self, number: str = "35.1", **other: Any) -> License:
        self.apply(number, **other)
        return self.change(number, "active")

    def issue(self, number: str = "35.1") -> IssuedCredential:
        (outcome,) = self.office.issue([number], self.issuing, reason=WHY)
        outcome.done()
        assert outcome.credential is not None
        return outcome.credential

    def verify(self, issued: IssuedCredential, at: Instant) -> Verification:
        """What a verifier says that fetches what the board publishes at ``at``."""
        lists = self.office.status_lists(self.issuing, at=at)
        answers = [
            (url, Fetched.of(url, strict_json.dumps(one).encode(), fetched_at=at))
            for url, one in lists
            if isinstance(one, dict)
        ]
        evidence = Evidence().with_answers(answers)
        return Verifier().verify(issued.content, at=at, evidence=evidence)

    def codes(self, issued: IssuedCredential, at: Instant) -> set[str]:
        """Why that verifier refuses; nothing where it does not."""
        found = self.verify(issued, at)
        return {one.error.code for one in found.checks if one.error is not None}
