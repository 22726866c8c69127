"""The Trust Registry Query Protocol: is this entity authorized, or recognized?

What ``action`` and ``resource`` stand for, each authority defines for itself. Here
the action is ``issue`` and the resource is a type of credentials; ``context`` says for
which jurisdiction and profession, and as of when. Nothing is answered about anything
else.

A query may have no member that is not known, because what is passed over could narrow
it. A response may: those that repeat the query have to repeat this one.

Spec: https://trustoverip.github.io/tswg-trust-registry-protocol/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.fields import (
    as_str,
    no_others,
    optional,
    required,
    required_str,
)
from medid.core.instant import Instant
from medid.errors import HistoryUnknown, MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

ISSUE: Final = "issue"
MAX_TEXT: Final = 2_048  # characters of a member; identifiers have some hundred
MAX_CONTEXT: Final = 16  # members of the context
MAX_BEHIND: Final = 60  # seconds by which a registry's clock may be behind

# What an identifier may consist of, RFC 3986 sections 2.1 to 2.3.
IDENTIFIER: Final = r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2}){1,2048}"

_NAMES: Final = ("entity_id", "authority_id", "action", "resource")
_IDENTIFIER: Final = re.compile(IDENTIFIER)
_CONTEXT: Final = "context"
_REQUESTED: Final = "time_requested"
_EVALUATED: Final = "time_evaluated"
TIME: Final = "time"
LOCATOR: Final = "locator"  # helps to find records, and is no condition
JURISDICTION: Final = "jurisdiction"
PROFESSION: Final = "profession"
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Question(StrEnum):
    """The two questions of the protocol, by the path at which they are asked."""

    AUTHORIZATION = "authorization"
    RECOGNITION = "recognition"

    @property
    def answer(self) -> str:
        """The member of the response that holds the answer."""
        return "authorized" if self is Question.AUTHORIZATION else "recognized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked.

    Attributes:
        entity_id: About whom.
        authority_id: On whose word.
        action: To do what.
        resource: With what.
        context: As it was sent; ``time``, ``jurisdiction`` and ``profession`` count.
        time: As of when; ``None`` asks about the present.
    """

    entity_id: str
    authority_id: str
    action: str
    resource: str
    context: JsonObject = field(default_factory=dict, hash=False)
    time: Instant | None = None

    def stated(self, name: str) -> str | None:
        """The text ``name`` of the context."""
        value = self.context.get(name)
        return value if isinstance(value, str) else None

    @property
    def conditions(self) -> frozenset[str]:
        """The members of the context that narrow what is asked, but for the time."""
        return frozenset(self.context) - {TIME, LOCATOR}

    def as_json(self) -> JsonObject:
        """The query as it is sent."""
        query: JsonObject = {name: getattr(self, name) for name in _NAMES}
        return {**query, _CONTEXT: {**self.context}} if self.context else query


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a registry answered.

    Attributes:
        answer: Whether it is so.
        as_of: At which time.
    """

    answer: bool
    as_of: Instant


def query(
    entity_id: str,
    authority_id: str,
    resource: str,
    *,
    action: str = ISSUE,
    conditions: Mapping[str, str] = _NONE,
    time: Instant | None = None,
) -> Query:
    """The query whether ``entity_id`` may issue credentials of type ``resource``.

    Args:
        entity_id: About whom.
        authority_id: On whose word.
        resource: With what.
        action: To do what.
        conditions: What else narrows it, such as ``jurisdiction`` and ``profession``.
        time: As of when; ``None`` asks about the present.

    Raises:
        MalformedValue: A text is empty, too long, or no identifier.
    """
    return read_query(
        {
            "entity_id": entity_id,
            "authority_id": authority_id,
            "action": action,
            "resource": resource,
            _CONTEXT: {**conditions, **({} if time is None else {TIME: str(time)})},
        }
    )


def read_query(obj: JsonObject, *, path: str = "$") -> Query:
    """The query in a request's body.

    Raises:
        MalformedValue: A member is missing, unknown or not of its form.
    """
    no_others(obj, (*_NAMES, _CONTEXT), path)
    texts = {
        name: check_identifier(required_str(obj, name, path), path=child(path, name))
        for name in _NAMES
    }
    place = child(path, _CONTEXT)
    context = _context(obj, path)
    # "If blank, uses current server time."
    stated, at = context.get(TIME) or None, child(place, TIME)
    return Query(
        **texts,
        context=context,
        time=None if stated is None else Instant.parse(as_str(stated, at), path=at),
    )


def check_identifier(text: str, *, path: str = "$") -> str:
    """``text``, which must be an identifier.

    Raises:
        MalformedValue: It is empty, too long, or not what RFC 3986 allows.

    Spec: https://trustoverip.github.io/tswg-trust-registry-protocol/#identifiers
    """
    if _IDENTIFIER.fullmatch(_text(text, path)) is None:
        message = "not an identifier by RFC 3986"
        fix = "write other characters as their bytes, such as %20"
        raise MalformedValue(message, path=path, fix=fix)
    return text


def _context(obj: JsonObject, path: str) -> JsonObject:
    place = child(path, _CONTEXT)
    context = optional(obj, _CONTEXT, dict, path) or {}
    if len(context) > MAX_CONTEXT:
        message = f"a context has at most {MAX_CONTEXT} members"
        raise MalformedValue(message, path=place)
    return {
        name: _stated(value, name, child(place, name))
        for name, value in context.items()
    }


def _stated(value: JsonValue, name: str, path: str) -> str:
    if name == TIME and value == "":
        return ""
    return _text(as_str(value, path), path)


def _text(value: str, path: str) -> str:
    if len(value) > MAX_TEXT:
        message = f"a text has at most {MAX_TEXT} characters"
        raise MalformedValue(message, path=path)
    return value


def response(
    asked: Query, question: Question, *, answer: bool, message: str, at: Instant
) -> JsonObject:
    """The response to ``asked``.

    Args:
        asked: The query; its members are repeated, so that whoever reads the response
            sees what it is about.
        question: Which of the two.
        answer: The answer.
        message: Why, for people.
        at: When it was evaluated.
    """
    found: JsonObject = {name: getattr(asked, name) for name in _NAMES}
    found[question.answer] = answer
    if asked.time is not None:
        found[_REQUESTED] = str(asked.time)
    found |= {_EVALUATED: str(at), "message": message}
    return {**found, _CONTEXT: {**asked.context}} if asked.context else found


def read_response(obj: JsonObject, asked: Query, question: Question) -> Reply:
    """What a registry answers to ``asked``.

    Raises:
        MalformedValue: The response is about another query, or not of its form.
        HistoryUnknown: It does not say that it holds at the time asked about.
    """
    for name in _NAMES:
        if required_str(obj, name, "$") != getattr(asked, name):
            message = "the response is about another query"
            raise MalformedValue(message, path=child("$", name))
    heeded = optional(obj, _CONTEXT, dict, "$") or {}
    _check_conditions(heeded, asked)
    place = child("$", _EVALUATED)
    evaluated = Instant.parse(required_str(obj, _EVALUATED, "$"), path=place)
    return Reply(
        answer=required(obj, question.answer, bool, "$"),
        as_of=_as_of(_requested(obj, heeded), asked, evaluated),
    )


def _check_conditions(heeded: JsonObject, asked: Query) -> None:
    """Refuse an answer that heeded other conditions than those that were stated."""
    place = child("$", _CONTEXT)
    for name in asked.conditions:
        if heeded.get(name) != asked.context[name]:
            message = "the response does not repeat a condition of the query"
            fix = "the registry has to know this condition and to say so"
            raise MalformedValue(message, path=child(place, name), fix=fix)
    for name in heeded:
        # A yes to a narrower question is none to this one.
        if name not in (*asked.conditions, TIME, LOCATOR):
            message = "the response is about a condition that the query has not"
            raise MalformedValue(message, path=child(place, name))


def _requested(obj: JsonObject, heeded: JsonObject) -> Mapping[str, Instant]:
    """As of when the response holds, by the path where it says so; it may be blank."""
    found: dict[str, Instant] = {}
    for holder, name, path in ((obj, _REQUESTED, "$"), (heeded, TIME, f"$.{_CONTEXT}")):
        stated, place = optional(holder, name, str, path), child(path, name)
        if stated:
            found[place] = Instant.parse(stated, path=place)
    return found


def _as_of(
    requested: Mapping[str, Instant], asked: Query, evaluated: Instant
) -> Instant:
    if asked.time is None:
        return min([evaluated, *requested.values()])
    place = child("$", _REQUESTED)
    wrong = [path for path, time in requested.items() if time != asked.time]
    if wrong or place not in requested:
        # What holds at another time is no answer.
        message = "the registry does not say what held at the time asked about"
        raise HistoryUnknown(message, path=wrong[0] if wrong else place)
    if evaluated < asked.time.plus(-MAX_BEHIND):
        message = "the registry looked before the time asked about"
        raise HistoryUnknown(message, path=child("$", _EVALUATED))
    return asked.time
