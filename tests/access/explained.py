"""Explanations to show, and every form in which they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import settings

from medid.access.decision import Finding, Outcome
from medid.access.explaining import (
    Explanation,
    PublicAnswer,
    as_html_card,
    as_html_page,
    as_json,
    as_operation_outcome,
    as_text,
)
from medid.core.instant import Instant
from medid.core.json import dumps
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Callable

AT = Instant.parse("2026-06-15T12:00:00Z")
Shown = Explanation | PublicAnswer
FORMS: dict[str, Callable[[Shown], str]] = {
    "text": as_text,
    "json": lambda shown: dumps(as_json(shown)),
    "card": as_html_card,
    "page": as_html_page,
    "fhir": lambda shown: dumps(as_operation_outcome(shown)),
}
few = settings(max_examples=examples(15))


def refusal(**members: Any) -> Explanation:
    return Explanation(**{"outcome": Outcome.DENY, "at": AT, **members})


def permit(**members: Any) -> Explanation:
    return Explanation(**{"outcome": Outcome.PERMIT, "at": AT, **members})


def finding(code: str = "EXPIRED", about: str = "presentation", **members: Any) -> Any:
    return Finding(code=code, about=about, **members)
