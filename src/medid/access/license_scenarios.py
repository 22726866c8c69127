"""License scenarios: a situation and the expected decision, as a plain file.

Dry-runs the very rules that decide. No signature is checked: ``proof``,
``credentialStatus`` and ``statusCheckedAt`` state what verification would have found,
and what is not stated counts as not found. The format is strict: a misspelt member
would silently weaken the situation that its author had in mind.

Spec: https://w3id.org/medid/health/v1/schemas/license-scenario.json
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access.license_reading import read_license, read_request
from medid.access.license_rules import evaluate as decide
from medid.access.scenario_files import without_remarks
from medid.core.fields import as_object, optional_str, required, required_str
from medid.core.json import check
from medid.errors import MalformedValue
from medid.trust import TrustRegistry, read_settings
from medid.trust.members import choice, items, words

if TYPE_CHECKING:
    from medid.access.license_facts import LicenseFacts, LicenseFinding, LicenseRequest
    from medid.core.json import JsonObject, JsonValue

_MEMBERS: Final = frozenset({"id", "licenses", "trust", "request", "expected"})
_EXPECTED: Final = (
    "decision",
    "reasons",
    "decidedBy",
    "obligations",
    "obligationsMustInclude",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scenario:
    """A scenario, read; ``expected`` is still as it was written."""

    id: str
    licenses: tuple[LicenseFacts, ...]
    trust: TrustRegistry
    request: LicenseRequest
    expected: JsonObject | None


def evaluate(scenario: JsonObject) -> JsonObject:
    """The decision of the rules on ``scenario``; what it expects is not looked at.

    Returns:
        ``id``, ``decision``, ``decidedBy``, ``reasons``, ``obligations``, ``trace``.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
        InvalidDid: A DID of the trust settings is not one.
    """
    read = _read(scenario)
    return _result(read, decide(read.licenses, read.trust, read.request))


def test(scenario: JsonObject) -> JsonObject:
    """As ``evaluate``, with ``passed`` and the ``differences`` from ``expected``.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
        InvalidDid: A DID of the trust settings is not one.
    """
    read = _read(scenario)
    if read.expected is None:
        message = "the scenario expects nothing, so nothing can be compared"
        raise MalformedValue(message, path="$.expected")
    result = _result(read, decide(read.licenses, read.trust, read.request))
    differences = _differences(read.expected, result)
    return {**result, "passed": not differences, "differences": differences}


def _read(scenario: JsonObject) -> _Scenario:
    obj = without_remarks(as_object(check(scenario), "$"), _MEMBERS, "$")
    request, checked_at = read_request(required(obj, "request", dict, "$"), "$.request")
    trust = required(obj, "trust", dict, "$")
    settings = read_settings(trust, "$.trust", rehearsal=True)
    required(obj, "licenses", list, "$")
    return _Scenario(
        id=optional_str(obj, "id", "$") or "scenario",
        licenses=tuple(
            read_license(item, place, checked_at)
            for item, place in items(obj, "licenses", "$")
        ),
        trust=TrustRegistry(settings=settings, document=trust),
        request=request,
        expected=_expected(obj),
    )


def _expected(obj: JsonObject) -> JsonObject | None:
    if "expected" not in obj:
        return None
    place = "$.expected"
    found = without_remarks(as_object(obj["expected"], place), _EXPECTED, place)
    required_str(found, "decision", place)
    choice(found, "decision", place, allowed=("permit", "deny"))
    optional_str(found, "decidedBy", place)
    for name in ("reasons", "obligations", "obligationsMustInclude"):
        words(found, name, place)
    return found


def _result(read: _Scenario, finding: LicenseFinding) -> JsonObject:
    return {
        "id": read.id,
        "decision": finding.decision,
        "decidedBy": finding.decided_by,
        "reasons": list(finding.reasons),
        "obligations": list(finding.obligations),
        "trace": [step.as_json() for step in finding.trace],
    }


def _differences(expected: JsonObject, result: JsonObject) -> list[JsonValue]:
    """The names of the expectations that are not met."""
    same = {
        "decision": expected["decision"] == result["decision"],
        "decidedBy": expected.get("decidedBy") in {None, result["decidedBy"]},
        "reasons": _same_words(expected, result, "reasons"),
        "obligations": _same_words(expected, result, "obligations"),
        "obligationsMustInclude": set(words(expected, "obligationsMustInclude", "$"))
        <= set(words(result, "obligations", "$")),
    }
    return [name for name, met in same.items() if not met]


def _same_words(expected: JsonObject, result: JsonObject, name: str) -> bool:
    wanted, found = words(expected, name, "$"), words(result, name, "$")
    return name not in expected or set(wanted) == set(found)
