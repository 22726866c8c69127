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
from medid.trust.asked import recognizers
from medid.trust.crossing import AUTHORISATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.instant import Instant, Window
    from medid.core.json import JsonValue
    from medid.trust.boards import AcceptedBoard
    from medid.trust.crossing import Compact, Member, Recognition
    from medid.trust.registry import TrustRegistry

# Days before the end of an entry within which somebody should renew it.
SOON_DAYS: Final = 30
_DAY: Final = 86_400  # seconds
_AGREEING: Final = 2  # states of which a compact is made, at least
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
    NO_MEMBERS = "no-members"
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
        *_roots(trust, at),
        *_registries(trust),
        *_recognitions(trust),
        *_compacts(trust, at),
        *_statuses(trust),
        *_wildcards(trust.document, "$"),
    )


def _windows(trust: TrustRegistry, at: Instant) -> Iterator[Doubtful]:
    for path, window in _dated(trust):
        yield from _of_window(path, window, at, what="the entry", fix="renew it")


def _of_window(
    path: str, window: Window, at: Instant, *, what: str, fix: str
) -> Iterator[Doubtful]:
    start, end = window.start, window.end
    if end is not None and end <= at:
        yield Doubtful(
            doubt=Doubt.ENDED,
            path=path,
            message=f"{what} ended at {end}",
            fix=f"{fix}, or take it out",
        )
    elif start is not None and at < start:
        yield Doubtful(
            doubt=Doubt.NOT_BEGUN,
            path=path,
            message=f"{what} is in force from {start}, and not before",
            fix="nothing, if that is meant",
        )
    elif end is not None and end <= at.plus(SOON_DAYS * _DAY):
        yield Doubtful(
            doubt=Doubt.ENDS_SOON,
            path=path,
            message=f"{what} ends at {end}, within {SOON_DAYS} days",
            fix=f"{fix} in time",
        )


def _dated(trust: TrustRegistry) -> Iterator[tuple[str, Window]]:
    settings = trust.settings
    parts = (
        ("$.acceptedBoards", [one.window for one in settings.boards]),
        ("$.authorities", [one.window for one in settings.authorities]),
        ("$.federations", [one.window for one in settings.federations]),
        ("$.x509Roots", [one.authority.window for one in settings.roots]),
        ("$.trustRegistries", [one.window for one in settings.registries]),
        ("$.compacts", [one.window for one in settings.compacts]),
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


def _roots(trust: TrustRegistry, at: Instant) -> Iterator[Doubtful]:
    """Roots whose own certificates end, which an entry outlives to no purpose."""
    from medid.keys.certificates import validity

    for index, root in enumerate(trust.settings.roots):
        if root.certificate is None:
            continue
        path = child("$.x509Roots", index)
        window = validity(root.certificate)
        place = child(path, "certificate")
        yield from _of_window(
            place,
            window,
            at,
            what="the certificate of the root",
            fix="name the certificate that follows it",
        )
        if _is_empty(root.authority.window.intersect(window)):
            yield _never(path, "it is in force only while its certificate is not")


def _registries(trust: TrustRegistry) -> Iterator[Doubtful]:
    """Registries whose answers can never count, whatever they are."""
    registries = trust.settings.registries
    useful: set[str] = set()
    for one in registries:
        window, above = one.window, recognizers(one, registries)
        for upper in above:
            window = window.intersect(upper.window)
        if one.askings and not _is_empty(window):
            useful.update((one.authority, *(upper.authority for upper in above)))
    for index, one in enumerate(registries):
        if one.authority not in useful:
            path = child("$.trustRegistries", index)
            if one.askings:
                message = "it is in force only while one that must recognize it is not"
                yield _never(path, message)
            else:
                yield Doubtful(
                    doubt=Doubt.NEVER_ASKED,
                    path=path,
                    message="it may authorize nobody, and whom it recognizes is never "
                    "in force with it",
                    fix="see the dates of both",
                )


def _never(path: str, message: str) -> Doubtful:
    return Doubtful(
        doubt=Doubt.NEVER, path=path, message=message, fix="see the dates of both"
    )


def _is_empty(window: Window) -> bool:
    start, end = window.start, window.end
    return start is not None and end is not None and end <= start


def _recognitions(trust: TrustRegistry) -> Iterator[Doubtful]:
    for index, rule in enumerate(trust.settings.recognition):
        path = child("$.recognition", index)
        boards = _boards_of(rule.origin, trust)
        if not boards:
            yield _no_board(child(path, "from"), "no entry is for this place")
        elif all(_apart(rule, board) for board in boards):
            message = "it is in force only while no board of its place of origin is"
            yield _never(path, message)


def _apart(rule: Recognition, board: AcceptedBoard) -> bool:
    return _is_empty(rule.window.intersect(board.window))


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


def _compacts(trust: TrustRegistry, at: Instant) -> Iterator[Doubtful]:
    for index, compact in enumerate(trust.settings.compacts):
        path = child("$.compacts", index)
        for number, member in enumerate(compact.members):
            place = child(child(path, "members"), number)
            if not _boards_of(member.jurisdiction, trust):
                yield _no_board(place, "no entry is for this member")
            yield from _of_member(member, compact, place, at)
        yield from _of_members(compact, path, at)
        if compact.model == AUTHORISATION and compact.authorisation_issuer is None:
            yield Doubtful(
                doubt=Doubt.NEVER,
                path=path,
                message="nobody is named who issues its authorisations",
                fix="name the authorisationIssuer",
            )


def _of_member(
    member: Member, compact: Compact, path: str, at: Instant
) -> Iterator[Doubtful]:
    if _is_empty(member.window.intersect(compact.window)):
        yield _never(path, "it is a member only while the compact is not in force")
        return
    # That a state was a member and is none is history, and that one will be is known.
    told = _of_window(path, member.window, at, what="the membership", fix="renew it")
    yield from (one for one in told if one.doubt is Doubt.ENDS_SOON)


def _of_members(compact: Compact, path: str, at: Instant) -> Iterator[Doubtful]:
    places = {one.jurisdiction for one in compact.members}
    there = [place for place in places if compact.includes(place, at=at)]
    if compact.window.contains(at) and len(there) < min(len(places), _AGREEING):
        yield Doubtful(
            doubt=Doubt.NO_MEMBERS,
            path=child(path, "members"),
            message="fewer than two states are members at this time, so it lets nobody "
            "cross",
            fix="see the dates of the members",
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
