"""Between rows of the database and the records of the board.

Spec: https://docs.sqlalchemy.org/en/20/core/connections.html#sqlalchemy.engine.Row
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from medid.adapters.register.checked import altered
from medid.board import standing
from medid.board.records import (
    BoardRecord,
    Entry,
    Event,
    IssuedCredential,
    LicenseVersion,
    Position,
    Reason,
    Withdrawal,
)
from medid.core import json as strict_json
from medid.core.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row

_MICROSECOND: Final = 1_000  # nanoseconds


def stored(instant: Instant) -> int:
    """In microseconds since 1970."""
    return instant.nanoseconds // _MICROSECOND


def board(row: Row[Any]) -> BoardRecord:
    """A board."""
    return BoardRecord(
        did=row.did, name=row.name, site=row.site, jurisdiction=row.jurisdiction
    )


def from_version(one: LicenseVersion, license_id: int) -> dict[str, object]:
    """The row of a version."""
    return {
        "license_id": license_id,
        "version": one.version,
        "status": one.status,
        "effective": stored(one.effective),
        "recorded": stored(one.recorded),
        "name": one.name,
        "holder": one.holder,
        "claims": strict_json.dumps(one.claims),
        "issued_on": one.issued_on,
        "expires_on": one.expires_on,
        "event_id": one.event,
    }


def version(row: Row[Any]) -> LicenseVersion:
    """A version of a license.

    Raises:
        RegisterAltered: No license can be what it says.
    """
    if row.status not in standing.EFFECTS:
        raise altered()
    return LicenseVersion(
        version=row.version,
        status=row.status,
        effective=_instant(row.effective),
        recorded=_instant(row.recorded),
        name=row.name,
        holder=row.holder,
        claims=strict_json.load_object(row.claims),
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        event=row.event_id,
    )


def from_event(one: Event, board_id: int) -> dict[str, object]:
    """The row of an event."""
    return {
        "board_id": board_id,
        "kind": one.kind,
        "recorded": stored(one.recorded),
        "effective": stored(one.effective),
        "license": one.license,
        "actor": one.reason.actor,
        "reason": one.reason.text,
        "order_reference": one.reason.order_reference,
        "detail": strict_json.dumps(one.detail),
    }


def event(row: Row[Any]) -> Event:
    """An event."""
    return Event(
        number=row.id,
        kind=row.kind,
        recorded=_instant(row.recorded),
        effective=_instant(row.effective),
        license=row.license,
        reason=Reason(
            actor=row.actor, text=row.reason, order_reference=row.order_reference
        ),
        detail=strict_json.load_object(row.detail),
    )


def from_credential(
    one: IssuedCredential, *, board_id: int, license_id: int
) -> dict[str, object]:
    """The row of a credential."""
    return {
        "id": one.id,
        "board_id": board_id,
        "license_id": license_id,
        "version": one.version,
        "states": one.states,
        "issued": stored(one.issued),
        "ends": None if one.ends is None else stored(one.ends),
        "securing": one.securing,
        "verification_method": one.verification_method,
        "list_number": one.position.list_number,
        "position": one.position.index,
        "content": one.content,
    }


def credential(
    row: Row[Any], withdrawals: Iterable[Withdrawal] = ()
) -> IssuedCredential:
    """A credential, of a row with the number of its license."""
    return IssuedCredential(
        id=row.id,
        license=row.number,
        version=row.version,
        states=row.states,
        issued=_instant(row.issued),
        ends=None if row.ends is None else _instant(row.ends),
        securing=row.securing,
        verification_method=row.verification_method,
        position=Position(list_number=row.list_number, index=row.position),
        content=bytes(row.content),
        withdrawals=tuple(withdrawals),
    )


def from_withdrawal(one: Withdrawal) -> dict[str, object]:
    """The row of a withdrawal."""
    return {
        "event_id": one.event,
        "credential_id": one.credential,
        "effective": stored(one.effective),
        "replaced_by": one.replaced_by,
    }


def withdrawal(row: Row[Any]) -> Withdrawal:
    """That a credential was taken back."""
    return Withdrawal(
        credential=row.credential_id,
        effective=_instant(row.effective),
        replaced_by=row.replaced_by,
        event=row.event_id,
    )


def from_entry(one: Entry, board_id: int) -> dict[str, object]:
    """The row of an entry."""
    return {
        "board_id": board_id,
        "list_number": one.position.list_number,
        "position": one.position.index,
        "purpose": one.purpose,
        "value": one.value,
        "effective": stored(one.effective),
        "event_id": one.event,
    }


def entry(row: Row[Any]) -> Entry:
    """An entry."""
    return Entry(
        position=Position(list_number=row.list_number, index=row.position),
        purpose=row.purpose,
        value=bool(row.value),
        effective=_instant(row.effective),
        event=row.event_id,
    )


def _instant(microseconds: int) -> Instant:
    return Instant(microseconds * _MICROSECOND)
