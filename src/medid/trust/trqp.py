"""The Trust Registry Query Protocol: is this entity authorized, or recognized?

The four members that every query has are defined by each authority for itself. Here
the action is ``issue`` and the resource is a type of credentials; ``context`` says for
which jurisdiction and profession, and as of when. Nothing is answered about anything
else.

Spec: https://trustoverip.github.io/tswg-trust-registry-protocol/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_str, optional, required, required_str
from medid.core.instant import Instant
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from medid.core.json import JsonObject

ISSUE: Final = "issue"
MAX_TEXT: Final = 2_048  # characters of a member; identifiers have some hundred
MAX_CONTEXT: Final = 16  # members of the context

_NAMES: Final = ("entity_id", "authority_id", "action", "resource")
TIME: Final = "time"
JURISDICTION: Final = "jurisdiction"
PROFESSION: Final = "profession"


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

    def as_json(self) -> JsonObject:
        """The query as it is sent."""
        query: JsonObject = {name: getattr(self, name) for name in _NAMES}
        return {**query, "context": {**self.context}} if self.context else query


def query(
    entity_id: str,
    authority_id: str,
    resource: str,
    *,
    time: Instant | None = None,
    jurisdiction: str | None = None,
    profession: str | None = None,
) -> Query:
    """The query whether ``entity_id`` may issue credentials of type ``resource``.

    Raises:
        MalformedValue: A text is empty or too long.
    """
    context = {
        TIME: None if time is None else str(time),
        JURISDICTION: jurisdiction,
        PROFESSION: profession,
    }
    return read_query(
        {
            "entity_id": entity_id,
            "authority_id": authority_id,
            "action": ISSUE,
            "resource": resource,
            "context": {
                name: value for name, value in context.items() if value is not None
            },
        }
    )


def read_query(obj: JsonObject, *, path: str = "$") -> Query:
    """The query in a request's body.

    Raises:
        MalformedValue: A member is missing, unknown or not of its form.
    """
    for name in obj:
        if name not in (*_NAMES, "context"):
            message = "this member is not known here"
            raise MalformedValue(message, path=child(path, name))
    texts = {name: _text(required_str(obj, name, path), path, name) for name in _NAMES}
    context = _context(obj, path)
    place = child(child(path, "context"), TIME)
    time = context.get(TIME)
    return Query(
        **texts,
        context=context,
        time=None if time is None else Instant.parse(as_str(time, place), path=place),
    )


def _context(obj: JsonObject, path: str) -> JsonObject:
    place = child(path, "context")
    context = optional(obj, "context", dict, path) or {}
    if len(context) > MAX_CONTEXT:
        message = f"a context has at most {MAX_CONTEXT} members"
        raise MalformedValue(message, path=place)
    return {
        name: _text(as_str(value, child(place, name)), place, name)
        for name, value in context.items()
    }


def _text(value: str, path: str, name: str) -> str:
    if len(value) > MAX_TEXT:
        message = f"a text has at most {MAX_TEXT} characters"
        raise MalformedValue(message, path=child(path, name))
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
        found["time_requested"] = str(asked.time)
    found |= {"time_evaluated": str(at), "message": message}
    return {**found, "context": {**asked.context}} if asked.context else found


def read_response(obj: JsonObject, asked: Query, question: Question) -> bool:
    """What a registry answers to ``asked``.

    Members that are not known are passed over; those that repeat the query have to
    repeat this one.

    Raises:
        MalformedValue: The response is about another query, or not of its form.
    """
    for name in _NAMES:
        if required_str(obj, name, "$") != getattr(asked, name):
            message = "the response is about another query"
            raise MalformedValue(message, path=child("$", name))
    if asked.time is not None:
        # What holds at another time is no answer.
        stated = optional(obj, "time_requested", str, "$")
        place = "$.time_requested"
        if stated is None or Instant.parse(stated, path=place) != asked.time:
            message = "the response is about another time"
            raise MalformedValue(message, path=place)
    Instant.parse(required_str(obj, "time_evaluated", "$"), path="$.time_evaluated")
    return required(obj, question.answer, bool, "$")
