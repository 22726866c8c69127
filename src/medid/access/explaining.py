"""Why a decision is as it is: told to an officer, a program and a browser.

::

    explain(decision)          what a decision says, with nothing added
    read_decision(document)    the same, from the full JSON of a decision
    as_text                    lines for a terminal: why, what to change, the checks
    as_json                    an object with a schema of its own
    as_html_card, as_html_page HTML without scripts, that loads nothing
    as_operation_outcome       a FHIR R4 OperationOutcome

Reasons can tell that a restriction exists. Each of the last four takes an
``Explanation``, with every reason, or its ``public()``, which has none: there one
refusal is byte by byte like another.

    >>> from medid.access.explaining import as_text, read_decision
    >>> found = read_decision(
    ...     '{"decision": false, "context": {"outcome": "deny", "time": '
    ...     '"2026-06-15T12:00:00Z", "reasons": [{"code": "EXPIRED", "about": '
    ...     '"presentation"}], "checks": []}}'
    ... )
    >>> print(as_text(found.public()))
    Access is not permitted.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-access-evaluation-response
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.access.explain_fhir import as_operation_outcome
from medid.access.explain_html import as_html_card, as_html_page
from medid.access.explain_json import as_json
from medid.access.explain_reading import read_decision
from medid.access.explain_text import as_text
from medid.access.explanation import Explanation, PublicAnswer

if TYPE_CHECKING:
    from medid.access.decision import Decision

__all__ = [
    "Explanation",
    "PublicAnswer",
    "as_html_card",
    "as_html_page",
    "as_json",
    "as_operation_outcome",
    "as_text",
    "explain",
    "read_decision",
]


def explain(decision: Decision) -> Explanation:
    """What ``decision`` says, to be shown in one of the forms."""
    return Explanation.of(decision)
