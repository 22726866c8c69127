"""The JSON Schemas of the Trust Registry Query Protocol, for the OpenAPI document.

They are those of the protocol, with what this server asks beyond it: no other members,
and no condition that it does not know.

Spec: https://trustoverip.github.io/tswg-trust-registry-protocol/#api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.trust.trqp import (
    IDENTIFIER,
    ISSUE,
    JURISDICTION,
    LOCATOR,
    MAX_TEXT,
    PROFESSION,
    TIME,
    Question,
)

if TYPE_CHECKING:
    from medid.core.json import JsonObject

_TEXT: Final[JsonObject] = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
_IDENTIFIER: Final[JsonObject] = {**_TEXT, "pattern": f"^{IDENTIFIER}$"}
_TIME: Final[JsonObject] = {"type": "string", "format": "date-time"}
_CONTEXT: Final[JsonObject] = {
    "type": "object",
    "properties": {
        TIME: {**_TIME, "description": "As of when; without it, now."},
        LOCATOR: _TEXT,
        JURISDICTION: {**_TEXT, "description": "ISO 3166-1 alpha-2 or ISO 3166-2."},
        PROFESSION: {**_TEXT, "description": "A code, or system|code."},
    },
    "additionalProperties": False,
}
_QUERY: Final[JsonObject] = {
    "entity_id": {**_IDENTIFIER, "description": "About whom."},
    "authority_id": {**_IDENTIFIER, "description": "For which this registry speaks."},
    "action": {**_IDENTIFIER, "description": ISSUE},
    "resource": {**_IDENTIFIER, "description": "A type of credentials."},
}


def trust_requests() -> dict[str, JsonObject]:
    """The schema of each operation's request body, by ``operationId``."""
    body: JsonObject = {
        "type": "object",
        "properties": {**_QUERY, "context": _CONTEXT},
        "required": [*_QUERY],
        "additionalProperties": False,
    }
    return {"trqpAuthorization": body, "trqpRecognition": body}


def _response(question: Question) -> JsonObject:
    return {
        "type": "object",
        "properties": {
            **_QUERY,
            question.answer: {"type": "boolean"},
            "time_requested": _TIME,
            "time_evaluated": _TIME,
            "message": {"type": "string"},
            "context": _CONTEXT,
        },
        "required": [*_QUERY, "time_evaluated", question.answer],
        "additionalProperties": False,
    }


TRUST_ANSWERS: Final[dict[str, JsonObject]] = {
    "TrqpAuthorization": _response(Question.AUTHORIZATION),
    "TrqpRecognition": _response(Question.RECOGNITION),
}
