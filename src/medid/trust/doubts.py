"""What is legal in a trust file and still looks like a slip.

A verifier takes all of it as it is written. None of it permits more than it says; most
of it permits less than whoever wrote it will have meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.errors import child
from medid.trust.aliases import difference, spoken
from medid.trust.crossing import AUTHORISATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.instant import Instant, Window
    from medid.core.json import JsonValue
    from medid.trust.boards import AcceptedBoard
    from medid.trust.crossing import Recognition
    from medid.trust.registry import TrustRegistry

# Days before the end of an entry within which somebody should renew it.
SOON_DAYS: Final = 30
_DAY: Final = 86_400  # seconds
# A status that was checked longer ago than this says little about today.
_OLD_STATUS: Final = 7 * _DAY
# Under which a board lets nobody practise.
_NOT_PRACTISING: Final = frozenset(
    {"suspended", "revoked", "surrendered", "expired", "deceased", "denied"}
)


class Doubt(StrEnum):
    """What looks like a slip."""

    ENDED = "ended"
    ENDS_SOON = "ends-soon"
    NOT_BEGUN = "not-begun"
    NEVER = "never-in-force"
    TWICE = "twice"
    ALIAS = "alias"
    NO_BOARD = "no-board"
    WILDCARD = "wildcard"
    UNLIMITED = "any-output"
    NEVER_ASKED = "never-asked"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """One such place.

    Attributes:
        doubt: What is doubtful there.
        path: Where, as JSONPath.
        message: The same in words.
        fix: What would make it certain.
    """

    doubt: Doubt
    path: str
    message: str
    fix: str

    def as_json(self) -> dict[str, JsonValue]:
        """All members."""
        return {
            "warning": self.doubt.value,
            "path": self.path,
            "message": self.message,
            "fix": self.fix,
        }


def doubts(trust: TrustRegistry, *, at: Instant) -> tuple[Doubtful, ...]:
    """What is doubtful in ``trust`` at ``at``, in the order of the file's parts."""
    return (
        *_windows(trust, at),
        *_boards(trust),
        *_authorities(trust),
        *_recognitions(trust),
        *_compacts(trust),
        *_statuses(trust),
        *_wildcards(trust.document, "$"),
    )


def _windows(trust: TrustRegistry, at: Instant) -> Iterator[Doubtful]:
    for path, window in _dated(trust):
        start, end = window.start, window.end
        if end is not None and end <= at:
            yield Doubtful(
                doubt=Doubt.ENDED,
                path=path,
                message=f"the entry ended at {end}",
                fix="renew it, or take it out",
            )
        elif start is not None and at < start:
            yield Doubtful(
                doubt=Doubt.NOT_BEGUN,
                path=path,
                message=f"the entry is in force from {start}, and not before",
                fix="nothing, if that is meant",
            )
        elif end is not None and end <= at.plus(SOON_DAYS * _DAY):
            yield Doubtful(
                doubt=Doubt.ENDS_SOON,
                path=path,
                message=f"the entry ends at {end}, within {SOON_DAYS} days",
                fix="renew it in time",
            )


def _dated(trust: TrustRegistry) -> Iterator[tuple[str, Window]]:
    settings = trust.settings
    parts = (
        ("$.acceptedBoards", [one.window for one in settings.boards]),
        ("$.authorities", [one.window for one in settings.authorities]),
        ("$.federations", [one.window for one in settings.federations]),
        ("$.recognition", [one.window for one in settings.recognition]),
        (
            "$.consent.representatives",
            [one.window for one in settings.consent.representatives],
        ),
        (
            "$.visaIssuers",
            [one.signer.window for one in settings.visa_issuers.values()],
        ),
        ("$.brokers", [one.signer.window for one in settings.brokers.values()]),
    )
    for place, windows in parts:
        for index, window in enumerate(windows):
            yield child(place, index), window


def _boards(trust: TrustRegistry) -> Iterator[Doubtful]:
    boards = trust.settings.boards
    first: dict[AcceptedBoard, int] = {}
    spelt: dict[str, int] = {}
    for index, board in enumerate(boards):
        path = child("$.acceptedBoards", index)
        if board in first:
            yield Doubtful(
                doubt=Doubt.TWICE,
                path=path,
                message=f"the same entry as $.acceptedBoards[{first[board]}]",
                fix="take one of them out",
            )
        first.setdefault(board, index)
        other = spelt.setdefault(spoken(board.did), index)
        words = difference(board.did, boards[other].did)
        if words is not None:
            yield Doubtful(
                doubt=Doubt.ALIAS,
                path=path,
                message=f"its name and that of $.acceptedBoards[{other}] differ only "
                f"{words}",
                fix="issuers are compared as exact text: see which name is right",
            )


def _authorities(trust: TrustRegistry) -> Iterator[Doubtful]:
    settings = trust.settings
    for index, one in enumerate(settings.authorities):
        if not one.require_output_validation:
            yield Doubtful(
                doubt=Doubt.UNLIMITED,
                path=f"$.authorities[{index}].requireOutputValidation",
                message="its recognitions need not say what may be issued",
                fix="leave requireOutputValidation out, so that a schema is needed",
            )
    if settings.lists and not settings.authorities:
        yield Doubtful(
            doubt=Doubt.NEVER_ASKED,
            path="$.recognizedEntities",
            message="no authority is named, so these lists are never fetched",
            fix="name the authorities who sign them",
        )


def _recognitions(trust: TrustRegistry) -> Iterator[Doubtful]:
    for index, rule in enumerate(trust.settings.recognition):
        path = child("$.recognition", index)
        boards = _boards_of(rule.origin, trust)
        if not boards:
            yield _no_board(child(path, "from"), "no entry is for this place")
        elif all(_apart(rule, board) for board in boards):
            yield Doubtful(
                doubt=Doubt.NEVER,
                path=path,
                message="it is in force only while no board of its place of origin is",
                fix="see the dates of both",
            )


def _apart(rule: Recognition, board: AcceptedBoard) -> bool:
    both = rule.window.intersect(board.window)
    return both.start is not None and both.end is not None and both.end <= both.start


def _boards_of(place: str, trust: TrustRegistry) -> tuple[AcceptedBoard, ...]:
    places = (place, *trust.settings.unions.get(place, ()))
    return tuple(
        board
        for board in trust.settings.boards
        if any(
            trust.covers(one, own) or trust.covers(own, one)
            for one in places
            for own in board.jurisdictions
        )
    )


def _compacts(trust: TrustRegistry) -> Iterator[Doubtful]:
    for index, compact in enumerate(trust.settings.compacts):
        path = child("$.compacts", index)
        for number, member in enumerate(compact.members):
            if not _boards_of(member.jurisdiction, trust):
                place = child(child(path, "members"), number)
                yield _no_board(place, "no entry is for this member")
        if compact.model == AUTHORISATION and compact.authorisation_issuer is None:
            yield Doubtful(
                doubt=Doubt.NEVER,
                path=path,
                message="nobody is named who issues its authorisations",
                fix="name the authorisationIssuer",
            )


def _no_board(path: str, message: str) -> Doubtful:
    # Boards may also come from authorities and federations, which the file cannot tell.
    return Doubtful(
        doubt=Doubt.NO_BOARD,
        path=path,
        message=message,
        fix="list the board whose licenses this is about, if nobody recognizes it",
    )


def _statuses(trust: TrustRegistry) -> Iterator[Doubtful]:
    settings = trust.settings
    for index, status in enumerate(settings.accept_statuses):
        if status in _NOT_PRACTISING:
            yield Doubtful(
                doubt=Doubt.STATUS,
                path=f"$.acceptStatuses[{index}]",
                message=f"a license that is {status} is accepted",
                fix="take it out, unless that is meant",
            )
    if settings.status_max_age > _OLD_STATUS:
        yield Doubtful(
            doubt=Doubt.STATUS,
            path="$.statusMaxAgeSeconds",
            message="a license may have been suspended for more than a week",
            fix="a day is 86400 seconds",
        )
    elif settings.status_max_age == 0:
        yield Doubtful(
            doubt=Doubt.STATUS,
            path="$.statusMaxAgeSeconds",
            message="no status is ever new enough, so nothing is permitted",
            fix="a day is 86400 seconds",
        )


def _wildcards(value: JsonValue, path: str) -> Iterator[Doubtful]:
    """Every ``*``: where the format lets one stand it means itself, and not all."""
    if isinstance(value, dict):
        for name, item in value.items():
            place = child(path, name)
            if "*" in name:
                yield _wildcard(place)
            yield from _wildcards(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _wildcards(item, child(path, index))
    elif isinstance(value, str) and "*" in value and path not in _PROSE:
        yield _wildcard(path)


_PROSE: Final = ("$.name", "$.description")


def _wildcard(path: str) -> Doubtful:
    return Doubtful(
        doubt=Doubt.WILDCARD,
        path=path,
        message="a wildcard stands for itself here, and matches nothing else",
        fix="list what is meant: there are no wildcards",
    )
