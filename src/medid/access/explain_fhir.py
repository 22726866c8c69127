"""An explanation as a FHIR R4 OperationOutcome.

The first issue is the answer; one for each reason follows. The public form of a refusal
has the first issue only, without a code of medid's: it says that it is forbidden.

Spec: https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.decision import Outcome
from medid.access.explain_sentences import duty, told
from medid.access.explain_words import Kind
from medid.access.explanation import Explanation, PublicAnswer
from medid.core.shown import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.access.consent_types import Obligation
    from medid.access.decision import Finding
    from medid.core.json import JsonObject, JsonValue
    from medid.trust import ToldChain

OUTCOMES_URI: Final = "https://w3id.org/medid/outcomes"
REASONS_URI: Final = "https://w3id.org/medid/reasons"

# http://hl7.org/fhir/issue-type
_TYPES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.GRANTED: "informational",
        Kind.REFUSED: "forbidden",
        Kind.UNCHECKED: "processing",
        Kind.MISUSE: "exception",
    }
)
_OUTCOME_TYPES: Final[Mapping[Outcome, str]] = MappingProxyType(
    {
        Outcome.PERMIT: "informational",
        Outcome.DENY: "forbidden",
        Outcome.NOT_APPLICABLE: "forbidden",
        Outcome.INDETERMINATE: "processing",
    }
)
# Where one of these fails, license and consents are not even asked.
_FIRST: Final = frozenset({"presentation", "request"})


def as_operation_outcome(shown: Explanation | PublicAnswer) -> JsonObject:
    """``shown`` as an OperationOutcome; it always has an issue."""
    if isinstance(shown, PublicAnswer):
        issues = [_public(shown)]
    else:
        answer = _issue(
            _severity(shown.permitted),
            _OUTCOME_TYPES[shown.outcome],
            shown.summary,
            coding=(OUTCOMES_URI, shown.outcome.value),
        )
        issues = [answer, *(_reason(one, shown) for one in shown.findings)]
        issues += [_chain(one) for one in shown.chains]
    issues += [_duty(one) for one in shown.obligations]
    return {"resourceType": "OperationOutcome", "issue": [*issues]}


def _public(shown: PublicAnswer) -> JsonObject:
    kind = "informational" if shown.permitted else "forbidden"
    return _issue(_severity(shown.permitted), kind, shown.summary)


def _severity(permitted: bool) -> str:  # noqa: FBT001 - the answer is the argument
    return "information" if permitted else "error"


def _reason(finding: Finding, shown: Explanation) -> JsonObject:
    said = told(finding.code, permitted=shown.permitted, rule=finding.rule)
    if said.kind is Kind.GRANTED:
        severity = "information"
    elif shown.permitted:
        severity = "warning"
    else:
        severity = "fatal" if finding.about in _FIRST else "error"
    about = " ".join(it for it in (finding.about, finding.credential) if it)
    # No ``expression``: that is FHIRPath into a FHIR resource, and this a JSONPath.
    at = "" if finding.path is None else f" at {finding.path}"
    place = f"({about}{at}; {said.where})"
    return _issue(
        severity,
        _TYPES[said.kind],
        said.found,
        coding=(REASONS_URI, finding.code),
        diagnostics=place if said.change is None else f"{said.change} {place}",
    )


def _chain(chain: ToldChain) -> JsonObject:
    first, *others = chain.sentences()
    return _issue(
        "information", "informational", printable(first), diagnostics=" ".join(others)
    )


def _duty(obligation: Obligation) -> JsonObject:
    return _issue(
        "information",
        "business-rule",
        duty(obligation).duty,
        coding=(obligation.system, obligation.code),
    )


def _issue(
    severity: str,
    kind: str,
    text: str,
    *,
    coding: tuple[str, str] | None = None,
    diagnostics: str | None = None,
) -> JsonObject:
    details: dict[str, JsonValue] = {"text": text}
    if coding is not None:
        system, code = coding
        details = {
            "coding": [{"system": printable(system), "code": printable(code)}],
            **details,
        }
    issue: JsonObject = {"severity": severity, "code": kind, "details": details}
    if diagnostics is not None:
        issue["diagnostics"] = printable(diagnostics)
    return issue
