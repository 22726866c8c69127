"""Clerks who work until they are killed, in processes of their own.

``python -m tests.board.worker URL SEED SITE`` reads lines such as ``work NAME PHASE
FILE``. For each of them it forks a clerk, who writes into FILE what was committed, and
tells the clerk's process id. Forked, because loading everything takes a second, and
hundreds of them are killed.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from medid.adapters.register import SqlRegister, open_engine
from medid.board import Change, Issuing, Office
from medid.board.importing import Import
from medid.board.mapping import Mapping
from medid.board.site import HEAD, Publishing
from medid.board.sources import SourceRow
from medid.cli import publishing
from medid.errors import ConfigurationError
from medid.health.days import time_zone
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from tests.board.world import HOLDER, NOON, PROFESSION, SECURING, WHY, application

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATIENT: Final = 120.0  # seconds that a clerk waits for another
LIFE: Final = 240  # seconds after which the system ends a clerk that nobody has killed
_MAPPING: Final[Any] = {
    "source": {"format": "csv"},
    "fields": {
        "licenseNumber": {"column": "no"},
        "name": {"value": "Ada Rowe"},
        "holder": {"value": HOLDER},
        "licenseStatus": {"value": "active"},
        "issuedOn": {"value": "2014-07-01"},
        "expiresOn": {"value": "2027-06-30"},
        "profession": [
            {"system": {"value": PROFESSION["system"]}, "code": {"column": "code"}}
        ],
    },
}


def controller(seed: str) -> Controller:
    key = PrivateKey(KeyKind.ED25519, bytes.fromhex(seed))
    return Controller.did_key(key)


class _Seen:
    def add(self, number: str, line: int) -> int | None:
        return None


@dataclass
class Clerk:
    """One who does everything that a board does, a little at a time."""

    office: Office
    issuing: Issuing
    site: Path
    tell: Callable[..., object]
    numbers: list[str] = field(default_factory=list)

    def enter(self, stem: str) -> None:
        numbers = [f"{stem}-{one}" for one in range(3)]
        self.office.apply([application(one) for one in numbers], reason=WHY)
        self.tell("pending", *numbers)
        approve = [Change(number=one, status="active") for one in numbers]
        done = self.office.change(approve, reason=WHY, issuing=self.issuing)
        self._issued(done)

    def take_over(self, stem: str) -> None:
        numbers = [f"{stem}-{one}" for one in range(3)]
        rows = [
            SourceRow(line=line, cells={"no": one, "code": PROFESSION["code"]})
            for line, one in enumerate(numbers, start=1)
        ]
        how = Import(
            mapping=Mapping.from_json(_MAPPING), zone=time_zone("UTC"), reason=WHY
        )
        for progress in how.run(self.office, rows, _Seen()):
            assert progress.counts == {"entered": 3}, progress
        self.tell("active", *numbers)
        self._issued(self.office.issue(numbers, self.issuing, reason=WHY))

    def _issued(self, outcomes: Sequence[Any]) -> None:
        for outcome in outcomes:
            outcome.done()
            place = outcome.credential.position
            self.tell("issued", outcome.number, place.list_number, place.index)
            self.numbers.append(outcome.number)

    def suspend(self, _: str) -> None:
        for status in ("suspended", "active", "suspended"):
            for number in self.numbers[-2:]:
                change = [Change(number=number, status=status)]
                self.office.change(change, reason=WHY)[0].done()
                self.tell(status, number)

    def publish(self, _: str) -> None:
        try:
            with publishing.changing(self.site):
                made = self.office.site(
                    Publishing(issuing=self.issuing, at=NOON, published=self._read)
                )
                files = [(one.path, one.content) for one in made]
                publishing.publish(self.site, files)
        except ConfigurationError:
            return  # another clerk publishes
        self.tell("published", HEAD)

    def _read(self, path: str) -> bytes | None:
        place = self.site / path
        return place.read_bytes() if place.exists() else None


def work(clerk: Clerk, name: str, phase: int) -> None:
    """Do one thing after the other, beginning with the ``phase``-th."""
    acts = [clerk.enter, clerk.suspend, clerk.take_over, clerk.publish]
    for count in itertools.count(phase):
        acts[count % len(acts)](f"{name}-{count}")


def suspend(clerk: Clerk, name: str, numbers: Sequence[str]) -> None:
    """Suspend each of ``numbers``, whoever else has done it."""
    for number in numbers:
        change = [Change(number=number, status="suspended")]
        clerk.office.change(change, reason=WHY)[0].done()
        clerk.tell(name, number)


def _live(url: str, seed: str, site: str, words: Sequence[str]) -> None:
    """Be a clerk."""
    signal.alarm(LIFE)
    verb, name, file, *rest = words
    who = controller(seed)
    engine = open_engine(url, busy_seconds=PATIENT)
    register = SqlRegister(engine)
    with Path(file).open("a", buffering=1) as told:
        clerk = Clerk(
            office=Office(register, who.did, clock=lambda: NOON),
            issuing=Issuing(controller=who, securing=SECURING),
            site=Path(site),
            tell=lambda *words: told.write(" ".join(map(str, words)) + "\n"),
        )
        if verb == "work":
            work(clerk, name, int(rest[0]))
        else:
            suspend(clerk, name, rest)


def main(url: str, seed: str, site: str) -> None:
    """Fork a clerk for each line."""
    # The system forgets who has died.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        process = os.fork()
        if not process:
            try:
                _live(url, seed, site, line.split())
            finally:
                os._exit(0)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
