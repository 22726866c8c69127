"""What can become of a license, and what that means for what was issued on it.

A board's decision changes the status of a license. What a practitioner already holds
was signed before, so the decision reaches verifiers through the status lists; where
the credential itself says too much from then on, it is revoked and issued anew.

Spec: https://w3id.org/medid/health/v1#licenseStatus
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import ChangeNotAllowed, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Before anything is decided, and where nothing can follow any more.
FIRST: Final = "pending"
FINAL: Final = frozenset({"denied", "deceased"})

_ENDED: Final = ("revoked", "surrendered", "expired", "retired", "deceased")
_PRACTISING: Final = ("active", "probation", "restricted")

# Who a board takes back after an end holds a new credential: what was revoked stays so.
_NEXT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "pending": ("active", "denied"),
        "active": ("probation", "restricted", "suspended", "inactive", *_ENDED),
        # A further order may say the same once more: a longer suspension, other terms.
        "probation": (*_PRACTISING, "suspended", "inactive", *_ENDED),
        "restricted": (*_PRACTISING, "suspended", "inactive", *_ENDED),
        "suspended": (*_PRACTISING, "suspended", *_ENDED),
        "inactive": (*_PRACTISING, "suspended", *_ENDED),
        # Who is renewed late is again what they were.
        "expired": (*_PRACTISING, "suspended", "inactive", *_ENDED[:2], *_ENDED[3:]),
        "retired": ("active", "revoked", "deceased"),
        "revoked": (*_PRACTISING, "deceased"),
        "surrendered": (*_PRACTISING, "revoked", "deceased"),
        "denied": (),
        "deceased": (),
    }
)


class Effect(StrEnum):
    """What a status means for a credential that says the license is active."""

    HOLDS = "holds"
    # Until the board takes it back: nothing has to be issued anew.
    SUSPENDS = "suspends"
    # For good.
    REVOKES = "revokes"


EFFECTS: Final[Mapping[str, Effect]] = MappingProxyType(
    {
        "active": Effect.HOLDS,
        "probation": Effect.REVOKES,
        "restricted": Effect.REVOKES,
        "suspended": Effect.SUSPENDS,
        "inactive": Effect.SUSPENDS,
        # It states when it ends, and a renewal may come late.
        "expired": Effect.SUSPENDS,
        "retired": Effect.REVOKES,
        "revoked": Effect.REVOKES,
        "surrendered": Effect.REVOKES,
        "deceased": Effect.REVOKES,
        "denied": Effect.REVOKES,
        "pending": Effect.REVOKES,
    }
)
#: Of which a credential can be issued, which then states it.
ISSUED: Final = frozenset(_PRACTISING)
#: Whose claims can change, and whose last day can be over.
OPEN: Final = frozenset({"suspended", "inactive", *_PRACTISING})
#: Whose last day a renewal can put off.
RENEWED: Final = OPEN | {"expired"}

#: The verb of the event that makes a license a status, for the log and for people.
_VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pending": "applied",
        "active": "approved",
        "probation": "put on probation",
        "restricted": "restricted",
        "suspended": "suspended",
        "revoked": "revoked",
        "surrendered": "surrendered",
        "expired": "expired",
        "inactive": "made inactive",
        "retired": "retired",
        "denied": "denied",
        "deceased": "recorded as deceased",
    }
)
APPLIED: Final = _VERBS[FIRST]
TAKEN_OVER: Final = "taken over"


def verb(before: str, after: str) -> str:
    """What was done to a license that was ``before`` and is ``after``."""
    taken_back = before not in {FIRST, "probation", "restricted"}
    if after == "active" and taken_back:
        return "reinstated"
    return "lifted" if after == "active" and before != FIRST else _VERBS[after]


def check_status(status: object) -> str:
    """``status``, if a license can be it.

    Raises:
        ConfigurationError: There is no such status.
    """
    if not isinstance(status, str) or status not in _NEXT:
        message = f"a license is one of {', '.join(_NEXT)}"
        raise ConfigurationError(message, path="$.status")
    return status


def check_change(before: str, after: object) -> None:
    """Return if a license that is ``before`` can become ``after``.

    Raises:
        ConfigurationError: There is no such status.
        ChangeNotAllowed: It cannot.
    """
    if check_status(after) not in _NEXT[before]:
        allowed = ", ".join(_NEXT[before]) or "nothing any more"
        message = f"a license that is {before} does not become {after}"
        fix = f"it can become {allowed}"
        raise ChangeNotAllowed(message, path="$.status", fix=fix)


def effect(stated: str, now: str) -> Effect:
    """What ``now`` means for a credential that states ``stated``.

    A credential that states a restriction holds while exactly that restriction does.
    """
    if stated == now:
        return Effect.HOLDS
    if EFFECTS[now] is Effect.HOLDS:
        # The restriction was lifted: it says too little, which harms its holder only.
        return Effect.REVOKES
    return EFFECTS[now]
