"""What a guard answers instead of the application. Pure.

There are three answers, and each is the same bytes whatever led to it: not presented,
forbidden, and could not be checked. Why stands in the log of who runs the guard.

Spec: https://hl7.org/fhir/R4/operationoutcome.html,
https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject

UNAUTHENTICATED: Final = 401  # nothing was presented
FORBIDDEN: Final = 403  # checked, and the answer is no
UNAVAILABLE: Final = 503  # could not be checked

NO_STORE: Final = ("cache-control", "no-store")

# Status -> the code of FHIR's issue types, and the phrase of RFC 9110.
_WORDS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        400: ("structure", "Bad Request"),
        UNAUTHENTICATED: ("login", "Unauthorized"),
        FORBIDDEN: ("forbidden", "Forbidden"),
        UNAVAILABLE: ("transient", "Service Unavailable"),
    }
)


class Form(StrEnum):
    """In which words a guard refuses."""

    FHIR = "application/fhir+json"  # an OperationOutcome
    PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent instead of the application's answer.

    Attributes:
        status: The HTTP status.
        body: Of a refusal, the same for every request with this status.
        headers: All of its headers but the length, names in lower case.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


class Stopped(Exception):
    """Stops a request with ``answer``: the application must not see it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


def refusal(status: int, form: Form, *more: tuple[str, str]) -> Answer:
    """The answer of ``status`` in the words of ``form``, with ``more`` headers."""
    issue, phrase = _WORDS[status]
    body: JsonObject = {"type": "about:blank", "title": phrase, "status": status}
    if form is Form.FHIR:
        body = {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": issue}],
        }
    return Answer(
        status=status,
        body=strict_json.dumps(body).encode(),
        headers=(
            ("content-type", form.value),
            NO_STORE,
            ("x-content-type-options", "nosniff"),
            *more,
        ),
    )
