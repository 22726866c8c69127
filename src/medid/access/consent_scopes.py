"""SMART on FHIR v2 scopes, narrowed to what the consents may permit.

A scope asks for a class of data without naming any: it is granted where some resource
of the class could be permitted, and each resource is still checked when it is read. A
scope that is not of version 2, and any part of it that is not permitted, is left out;
``*`` is never granted where one of the types that the consents name is refused.

Spec: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.consent_match import ANY_TYPE
from medid.access.consent_rules import prepare
from medid.access.consent_types import DEFAULT_POLICY, ConsentFinding, Reason
from medid.core.records import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.access.consent_rules import Prepared
    from medid.access.consent_types import (
        ConsentFacts,
        ConsentRequest,
        ConsentSettings,
    )

MAX_SCOPES: Final = 100  # of one request
_SCOPE: Final = re.compile(
    r"(?P<level>patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]{1,63})"
    r"\.(?P<letters>c?r?u?d?s?)(?P<query>\?[!-~]{1,500})?"
)
_ACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"c": "collect", "r": "access", "u": "correct", "d": "correct", "s": "access"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The scopes that are left, and the finding that stands for them."""

    scope: str
    finding: ConsentFinding


def narrow(
    scope: str,
    consents: Sequence[ConsentFacts],
    request: ConsentRequest,
    settings: ConsentSettings,
    *,
    only: str | None = None,
) -> Granted:
    """What of ``scope`` may be granted; each letter is judged as its own action.

    Args:
        scope: What is asked for.
        consents: What is on file.
        request: By whom, and what for.
        settings: What the verifier configured.
        only: The one action whose letters may be granted; all where it is ``None``.

    Raises:
        ConfigurationError: A setting that the profile does not know.
    """
    prepared = {
        action: prepare(consents, replace(request, action=action), settings)
        for action in sorted(set(_ACTIONS.values()))
    }
    found: list[tuple[str, ConsentFinding]] = []
    for asked in scope.split(" ")[:MAX_SCOPES]:
        if match := _SCOPE.fullmatch(asked):
            found += _granted(match, prepared, only)
    if not found:
        return Granted(
            scope="", finding=_refusal(prepared["access"].check_type(ANY_TYPE))
        )
    texts = dict.fromkeys(text for text, _ in found)
    return Granted(scope=" ".join(texts), finding=found[0][1])


def _refusal(finding: ConsentFinding) -> ConsentFinding:
    """Why nothing is left: what reading is told, or that nothing was asked for."""
    if not finding:
        return finding
    message = "no part of the scope can be granted"
    return ConsentFinding(
        decision="deny",
        outcome="not-applicable",
        decided_by=DEFAULT_POLICY,
        reasons=(Reason(code="SCOPE_NOT_GRANTED", rule="E6", message=message),),
        trace=finding.trace,
    )


def _granted(
    match: re.Match[str], prepared: Mapping[str, Prepared], only: str | None
) -> Iterator[tuple[str, ConsentFinding]]:
    wanted = (only,) if only is not None else tuple(prepared)
    left = "".join(one for one in match["letters"] if _ACTIONS[one] in wanted)
    for kind, tests in _types(match["type"], prepared):
        findings: dict[str, ConsentFinding] = {}
        for letter in left:
            judged = [prepared[_ACTIONS[letter]].check_type(it) for it in tests]
            if all(judged):
                findings[letter] = judged[0]
        if findings:
            letters = "".join(findings)
            text = f"{match['level']}/{kind}.{letters}{match['query'] or ''}"
            yield text, findings[letters[0]]
        if kind == ANY_TYPE:
            left = "".join(letter for letter in left if letter not in findings)


def _types(
    asked: str, prepared: Mapping[str, Prepared]
) -> list[tuple[str, tuple[str, ...]]]:
    """What may be granted, each with the types that all have to be permitted for it."""
    if asked != ANY_TYPE:
        return [(asked, (asked,))]
    named = tuple(sorted(prepared["access"].named_types()))
    return [(ANY_TYPE, (ANY_TYPE, *named)), *((kind, (kind,)) for kind in named)]
