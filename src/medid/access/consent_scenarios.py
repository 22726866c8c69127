"""Consent scenarios: a situation, the decision it should have, and the dry run.

The same rules that ``decide`` uses are run on a plain file. No signature is checked:
``credentials`` states what verification would have found. Reading is strict, because
a scenario whose restriction was misspelt would prove nothing.

Spec: https://w3id.org/medid/consent-evaluation/1#scenarios
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from medid.access.consent_context import read_facts, read_settings, read_visas
from medid.access.consent_request import read_candidates, read_request
from medid.access.consent_rules import prepare
from medid.access.consent_scopes import Granted, narrow
from medid.access.scenario_files import without_remarks
from medid.core import json
from medid.core.fields import (
    as_object,
    optional,
    optional_str,
    required,
    required_str,
    strings,
)
from medid.core.records import replace
from medid.errors import MalformedValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.consent_rules import Prepared
    from medid.access.consent_types import ConsentFinding, ConsentRequest, Resource
    from medid.core.json import JsonObject, JsonValue

_FOLDER: Final = Path(__file__).parent / "schemas"
SCHEMA_FILE: Final = _FOLDER / "consent-scenario.json"
STARTER_FILE: Final = _FOLDER / "consent-scenario-starter.json"
_SCENARIO: Final = frozenset({"id", "context", "consents", "request", "expected"})
_EXPECTED: Final = frozenset(
    ["decision", "decidedBy", "obligationsMustInclude", "results", "grantedScope"]
)
_DECISIONS: Final = frozenset({"permit", "deny"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Situation:
    id: str
    prepared: Prepared
    request: ConsentRequest
    candidates: Sequence[Resource] | None
    granted: Granted | None


def evaluate(scenario: JsonObject) -> JsonObject:
    """What the rules say to ``scenario``; its ``expected`` is not looked at.

    Returns:
        ``id``, ``decision``, ``decidedBy``, ``outcome``, ``reasons``,
        ``obligations`` (codes), ``expires`` where there is one, ``trace`` and
        ``profile``; for a Bundle also ``results``, for a scope ``grantedScope``.

    Raises:
        MedidError: The scenario is not of the format; the path says where.
    """
    situation = _situation(as_object(json.check(scenario), "$"))
    if situation.granted is not None:
        answer = _answer(situation.id, situation.granted.finding)
        return {**answer, "grantedScope": situation.granted.scope}
    if situation.candidates is None:
        finding = situation.prepared.check(situation.request.resource)
        return _answer(situation.id, finding)
    return _filtered(situation, situation.candidates)


def test(scenario: JsonObject) -> JsonObject:
    """``evaluate``, compared with what the scenario expects.

    Returns:
        What ``evaluate`` returns, with ``passed`` and ``differences``: an array of
        the names of the expected members that differ.

    Raises:
        MedidError: The scenario is not of the format, or expects nothing.
    """
    expected = _expected(scenario)
    answer = evaluate(scenario)
    differences: list[JsonValue] = [
        name for name, value in expected.items() if not _met(name, value, answer)
    ]
    return {**answer, "passed": not differences, "differences": differences}


# ``test`` is a public verb of the format and no test of this module.
test.__test__ = False  # type: ignore[attr-defined]


def _met(name: str, value: JsonValue, answer: JsonObject) -> bool:
    if name == "obligationsMustInclude":
        found = cast("list[JsonValue]", answer["obligations"])
        return all(code in found for code in cast("list[JsonValue]", value))
    return answer.get(name) == value


def _expected(scenario: JsonObject) -> JsonObject:
    stated = required(scenario, "expected", dict, "$")
    expected = without_remarks(stated, _EXPECTED, "$.expected")
    # A search expects results and a scope what is left of it; the decision may follow.
    instead = {"results", "grantedScope"} & expected.keys()
    stated_one = optional_str if instead else required_str
    decision = stated_one(expected, "decision", "$.expected")
    if decision is not None and decision not in _DECISIONS:
        raise MalformedValue("neither permit nor deny", path="$.expected.decision")
    for name in ("decidedBy", "grantedScope"):
        optional(expected, name, str, "$.expected")
    optional(expected, "results", dict, "$.expected")
    if expected.get("obligationsMustInclude", []) != []:
        place = "$.expected.obligationsMustInclude"
        codes = strings(expected["obligationsMustInclude"], place)
        return {**expected, "obligationsMustInclude": [*codes]}
    return expected


def _situation(scenario: JsonObject) -> _Situation:
    scenario = without_remarks(scenario, _SCENARIO, "$")
    context = optional(scenario, "context", dict, "$") or {}
    settings, unresolvable = read_settings(context)
    facts = read_facts(required(scenario, "consents", list, "$"), context, settings)
    stated = required(scenario, "request", dict, "$")
    _check_supported(stated)
    request = read_request(stated, settings.zone, unresolvable=unresolvable)
    request = replace(request, visas=read_visas(context))
    candidates = None
    if "resource" in stated and request.resource is None:
        bundle = required(stated, "resource", dict, "$.request")
        candidates = read_candidates(bundle, settings.zone, path="$.request.resource")
    granted = None
    if (scope := optional(stated, "scope", str, "$.request")) is not None:
        granted = narrow(scope, facts, request, settings)
    return _Situation(
        granted=granted,
        id=optional_str(scenario, "id", "$") or "",
        prepared=prepare(facts, request, settings),
        request=request,
        candidates=candidates,
    )


def _check_supported(request: JsonObject) -> None:
    if "scope" in request and "resource" in request:
        message = "a scope stands instead of a resource"
        raise MalformedValue(message, path="$.request.scope")


def _filtered(situation: _Situation, candidates: Sequence[Resource]) -> JsonObject:
    findings = {cast("str", it.id): situation.prepared.check(it) for it in candidates}
    shown = [finding for finding in findings.values() if finding]
    # A search that shows nothing is refused; one that hides something says so.
    finding = shown[0] if shown else next(iter(findings.values()))
    answer = _answer(situation.id, finding)
    results: JsonObject = {id: it.decision for id, it in findings.items()}
    codes = {duty.code for it in shown for duty in it.obligations}
    if shown and len(shown) < len(findings):
        codes.add("REDACT")
    return {**answer, "obligations": [*sorted(codes)], "results": results}


def _answer(id: str, finding: ConsentFinding) -> JsonObject:
    answer: JsonObject = {
        "id": id,
        "decision": finding.decision,
        "decidedBy": finding.decided_by,
        "outcome": finding.outcome,
        "reasons": [{**reason.as_json()} for reason in finding.reasons],
        "obligations": [duty.code for duty in finding.obligations],
        "trace": [{**reason.as_json()} for reason in finding.trace],
        "profile": finding.profile,
    }
    if finding.expires is not None:
        answer["expires"] = str(finding.expires)
    return answer


def starter() -> str:
    """A scenario to start from, as JSON text; its comments are members."""
    return STARTER_FILE.read_text(encoding="utf-8")
