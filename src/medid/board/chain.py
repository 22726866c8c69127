"""The event log as a chain: each event is hashed together with all before it.

Whoever holds one published head can tell whether a register still says all that it
said then. A copy that was put back, or a row that was changed, has another chain.

Spec: https://www.rfc-editor.org/rfc/rfc8785 (what is hashed)
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from medid.board.records import SealedEvent
from medid.core import jcs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.board.records import Event
    from medid.core.json import JsonObject

#: What the first event is chained to: the hash of the board's own DID.
FORMAT: Final = "medid-register-1"


def first_link(board: str, form: str = FORMAT) -> str:
    """The hash before the first event of ``board``, in a chain of this format."""
    return hashlib.sha256(f"{form}\n{board}".encode()).hexdigest()


def link(before: str, sequence: int, event: Event) -> str:
    """The hash of ``event`` at the place ``sequence``, after ``before``."""
    return linked(before, sequence, as_json(event))


def linked(before: str, sequence: int, event: JsonObject) -> str:
    """As ``link``, of an event of any chain as it is hashed."""
    hashed: JsonObject = {"before": before, "sequence": sequence, "event": event}
    return hashlib.sha256(jcs.canonicalize(hashed)).hexdigest()


def sealed(before: str, after: int, events: Iterable[Event]) -> Iterator[SealedEvent]:
    """``events``, in their order, behind the place ``after`` and its hash."""
    for sequence, event in enumerate(events, start=after + 1):
        before = link(before, sequence, event)
        yield SealedEvent(sequence=sequence, event=event, hash=before)


def as_json(event: Event) -> JsonObject:
    """An event as it is hashed, and shown."""
    return {
        "number": event.number,
        "kind": event.kind,
        "recorded": str(event.recorded),
        "effective": str(event.effective),
        "license": event.license,
        "actor": event.reason.actor,
        "reason": event.reason.text,
        "orderReference": event.reason.order_reference,
        "detail": event.detail,
    }
