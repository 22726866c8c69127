"""An explanation as JSON for programs, in the form of its own schema.

Spec: https://w3id.org/medid/schemas/explanation.json
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.access.explain_checks import question
from medid.access.explain_sentences import duty, told
from medid.access.explanation import Explanation, PublicAnswer

if TYPE_CHECKING:
    from medid.access.check_tree import Branch
    from medid.access.consent_types import Obligation
    from medid.access.decision import Finding
    from medid.access.explain_words import Sentence
    from medid.core.json import JsonObject, JsonValue


def as_json(shown: Explanation | PublicAnswer) -> JsonObject:
    """``shown`` as a JSON object; of a refusal, a public one says nothing else."""
    if isinstance(shown, PublicAnswer):
        return _public(shown)
    found: dict[str, JsonValue] = {
        "decision": shown.permitted,
        "outcome": shown.outcome.value,
        "summary": shown.summary,
        "id": shown.id,
        "time": str(shown.at),
        "expires": None if shown.expires is None else str(shown.expires),
        "reasons": [_reason(one, shown) for one in shown.findings],
        "obligations": [_obligation(one) for one in shown.obligations],
        "checks": [_check(one, None) for one in shown.tree],
        "furtherCodes": [
            _told(code, told(code, permitted=shown.permitted))
            for code in shown.further_codes
        ],
        "basis": None if shown.basis is None else shown.basis.as_json(),
    }
    return _there(found)


def _public(shown: PublicAnswer) -> JsonObject:
    found: dict[str, JsonValue] = {
        "decision": shown.permitted,
        "summary": shown.summary,
        "expires": None if shown.expires is None else str(shown.expires),
    }
    if shown.permitted:
        found["obligations"] = [
            {"system": one.system, "code": one.code, "duty": duty(one).duty}
            for one in shown.obligations
        ]
    return _there(found)


def _reason(finding: Finding, shown: Explanation) -> JsonObject:
    said = told(finding.code, permitted=shown.permitted, rule=finding.rule)
    found: dict[str, JsonValue] = {
        **_told(finding.code, said),
        "about": finding.about,
        "message": finding.message or None,
        "credential": finding.credential,
        "path": finding.path,
    }
    return _there(found)


def _told(code: str, said: Sentence) -> JsonObject:
    found: dict[str, JsonValue] = {
        "code": code,
        "kind": said.kind.value,
        "found": said.found,
        "rule": said.rule,
        "see": said.see,
        "change": said.change,
    }
    return _there(found)


def _obligation(obligation: Obligation) -> JsonObject:
    said = duty(obligation)
    found: dict[str, JsonValue] = {
        "system": obligation.system,
        "code": obligation.code,
        "duty": said.duty,
        "found": said.found,
        "rule": said.rule,
        "see": said.see,
        "change": said.change,
    }
    return _there(found)


def _check(branch: Branch, below: str | None) -> JsonObject:
    found = branch.as_json()
    asked = question(branch.check, below=below)
    if asked is not None:
        found["question"] = asked
    if branch.children:
        found["checks"] = [_check(one, branch.check) for one in branch.children]
    return found


def _there(members: dict[str, JsonValue]) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}
