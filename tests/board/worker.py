"""A clerk who works until killed, in a process of its own.

``python -m tests.board.worker URL SEED NAME`` applies, approves, issues, suspends and
reinstates without an end, and prints a line for whatever was committed.
"""

from __future__ import annotations

import itertools
import sys
from typing import Final

from medid.adapters.register import SqlRegister, open_engine
from medid.board import Change, Issuing, Office
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from tests.board.world import NOON, SECURING, WHY, application

PATIENT: Final = 120.0  # seconds


def controller(seed: str) -> Controller:
    key = PrivateKey(KeyKind.ED25519, bytes.fromhex(seed))
    return Controller.did_key(key)


def main(url: str, seed: str, name: str) -> None:
    """Work."""
    who = controller(seed)
    # Eight of them share a machine that may be busy with other tests.
    engine = open_engine(url, busy_seconds=PATIENT)
    office = Office(SqlRegister(engine), who.did, clock=lambda: NOON)
    issuing = Issuing(controller=who, securing=SECURING)

    def told(*words: object) -> None:
        sys.stdout.write(" ".join(map(str, words)) + "\n")
        sys.stdout.flush()

    for count in itertools.count():
        numbers = [f"{name}-{count}-{one}" for one in range(3)]
        office.apply([application(one) for one in numbers], reason=WHY)
        told("pending", *numbers)
        approve = [Change(number=one, status="active") for one in numbers]
        for outcome in office.change(approve, reason=WHY, issuing=issuing):
            outcome.done()
            assert outcome.credential is not None
            place = outcome.credential.position
            told("issued", outcome.number, place.list_number, place.index)
        for status in ("suspended", "active"):
            (one, *_) = numbers
            change = [Change(number=one, status=status)]
            office.change(change, reason=WHY)[0].done()
            told(status, one)


if __name__ == "__main__":
    main(*sys.argv[1:])
