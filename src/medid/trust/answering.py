"""What a trust registry answers to the queries of others, by what its file says.

An authorization is an accepted board, a recognition an authority whose recognition of
others counts. Nobody else is told about: whether somebody may sign consents would tell
who is a patient here. Chains and federations are not followed either, because an answer
is given from the file alone and asks nobody.

Spec: https://trustoverip.github.io/tswg-trust-registry-protocol/#api
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from medid.errors import MalformedValue, child
from medid.trust.boards import names_profession
from medid.trust.trqp import JURISDICTION, PROFESSION, TIME, Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.core.instant import Instant, Window
    from medid.trust.registry import TrustRegistry
    from medid.trust.trqp import Query

MAX_AHEAD: Final = 60  # seconds by which the clock of whoever asks may be ahead

_KNOWN: Final = frozenset({JURISDICTION, PROFESSION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, why, and until when it is the same by what the file says now.

    Attributes:
        answer: Whether it is so.
        message: Why, for people.
        until: ``None`` where no date of the file changes it.
    """

    answer: bool
    message: str
    until: Instant | None


class Scope(Protocol):
    """An entry of the file: for what, where, for whom and when."""

    @property
    def credential_types(self) -> tuple[str, ...]:
        """Which credentials."""

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """For where."""

    @property
    def professions(self) -> tuple[str, ...]:
        """For whom."""

    @property
    def window(self) -> Window:
        """When it is in force."""


def answer(
    asked: Query, question: Question, trust: TrustRegistry, *, at: Instant
) -> Answered:
    """What the file says to ``asked``, whose authority and action are the caller's.

    One entry has to cover type, jurisdiction and profession together. A query that
    leaves one out asks whether there is any.

    Args:
        asked: The query.
        question: Which of the two.
        trust: The registry of this very moment.
        at: The present.

    Raises:
        MalformedValue: It has a condition that is not known here, or asks about a time
            that has not come.
    """
    for name in sorted(asked.conditions - _KNOWN):
        message = "this condition is not known here, and would not be heeded"
        fix = f"use {JURISDICTION}, {PROFESSION} and {TIME}"
        raise MalformedValue(message, path=child("$.context", name), fix=fix)
    time = at if asked.time is None else asked.time
    if time > at.plus(MAX_AHEAD):
        message = "the time asked about has not come"
        raise MalformedValue(message, path="$.context.time")
    entries = tuple(_entries(asked.entity_id, question, trust))
    yes = any(_covers(one, asked, trust, time) for one in entries)
    return Answered(
        answer=yes,
        message=_message(asked, yes=yes),
        until=None if asked.time is not None else _next_change(entries, at),
    )


def _entries(entity: str, question: Question, trust: TrustRegistry) -> Iterator[Scope]:
    settings = trust.settings
    if question is Question.RECOGNITION:
        yield from (one for one in settings.authorities if one.did == entity)
    else:
        boards = (one for one in settings.boards if one.did == entity)
        # A yes could not say which registrations count: it would count for all.
        yield from (
            one for one in boards if one.is_plain and one.require_registration is None
        )


def _covers(entry: Scope, asked: Query, trust: TrustRegistry, time: Instant) -> bool:
    place, profession = asked.stated(JURISDICTION), asked.stated(PROFESSION)
    return (
        entry.window.contains(time)
        and asked.resource in entry.credential_types
        and (
            place is None
            or any(trust.covers(own, place) for own in entry.jurisdictions)
        )
        and (
            profession is None
            or any(names_profession(own, profession) for own in entry.professions)
        )
    )


def _message(asked: Query, *, yes: bool) -> str:
    """What was found, with nothing of the query and nothing of the file."""
    found = f"{'an' if yes else 'no'} entry in force covers this"
    left = sorted(_KNOWN - asked.conditions)
    return found if not left else f"{found}, for any {' and '.join(left)}"


def _next_change(entries: Sequence[Scope], at: Instant) -> Instant | None:
    """The first instant after ``at`` at which an entry begins or ends."""
    moments = [
        moment
        for one in entries
        for moment in (one.window.start, one.window.end)
        if moment is not None and moment > at
    ]
    return min(moments, default=None)
