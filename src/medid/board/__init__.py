"""The licensing board's office: its register, its licenses and what becomes of them.

``Office`` acts on a ``Register``, the storage port; ``medid.adapters.register`` keeps
one in SQLite or PostgreSQL. What can become of a license is decided without either:

>>> from medid.board.standing import check_change, effect
>>> check_change("suspended", "active")
>>> effect("active", "suspended")
<Effect.SUSPENDS: 'suspends'>
>>> effect("active", "revoked")
<Effect.REVOKES: 'revokes'>
"""

from medid.board.acts import Issuing
from medid.board.office import Office, found_board
from medid.board.orders import Application, Change
from medid.board.outcomes import Outcome
from medid.board.records import (
    BoardRecord,
    Event,
    IssuedCredential,
    License,
    LicenseVersion,
    Position,
    Practitioner,
    Reason,
    SealedEvent,
    Withdrawal,
)
from medid.board.register import Register, Session

__all__ = [
    "Application",
    "BoardRecord",
    "Change",
    "Event",
    "IssuedCredential",
    "Issuing",
    "License",
    "LicenseVersion",
    "Office",
    "Outcome",
    "Position",
    "Practitioner",
    "Reason",
    "Register",
    "SealedEvent",
    "Session",
    "Withdrawal",
    "found_board",
]
