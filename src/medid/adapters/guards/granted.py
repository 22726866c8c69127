"""A permit as a handler holds it, and what makes a decision one or none. Pure.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-decision
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.consent_types import PROFILE_URI, Obligation, is_obligation
from medid.access.decision import Decision, Finding, Outcome
from medid.core.records import replace
from medid.health.codes import ACT_CODE, OBO
from medid.verifying.checks import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.access.compiled import CompiledDecision
    from medid.core.instant import Clock
    from medid.core.json import JsonObject, JsonValue

_CODE: Final = re.compile(r"[A-Z0-9_\-]{1,64}")  # of an obligation of medid's own
# The code systems of medid's own obligations. No code stands in two of them.
_OWN: Final = frozenset({ACT_CODE, PROFILE_URI, OBO})
# What tells of a single consent, wherever it comes from.
_ABOUT_ONE: Final = frozenset({"CONSENT_INDETERMINATE", "CONSENT_STATUS_UNKNOWN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A permit, and what a handler needs to stay within it.

    Attributes:
        decision: The permit for what the request asked for.
        request: The AuthZEN request that it answers.
        compiled: The same, for further resources of the same patient.
        fulfils: The obligations that the application carries out, as ``called``.
        clock: What says whether the permit still holds.
    """

    decision: Decision
    request: JsonObject = field(repr=False)
    compiled: CompiledDecision = field(repr=False)
    fulfils: frozenset[str] = field(repr=False)
    clock: Clock = field(repr=False)

    def check(self, resource: Mapping[str, JsonValue]) -> Decision:
        """The decision about one more resource, as of now.

        As ``CompiledDecision.check``; a permit with an obligation that nobody fulfils
        is a denial.

        Args:
            resource: The ``resource`` of an AuthZEN request, about the same patient.
        """
        found = self.compiled.check(resource, at=self.clock())
        return carried_out(found, self.fulfils)

    def record(self, resources: Sequence[Mapping[str, JsonValue]]) -> str | None:
        """Put further resources on record before they leave; ``None`` without a log.

        What the request asked for is on record already.

        Args:
            resources: Those that ``check`` permits and that are about to be released.

        Raises:
            AuditUnavailable: It was not written: release nothing.
            ConfigurationError: One is not permitted (any more), or there are more than
                1,000.
        """
        if self.compiled.id is None:
            return None
        return self.compiled.record(resources, at=self.clock())


def called(duty: Obligation) -> str:
    """What ``fulfils`` calls an obligation: its code, or ``system|CODE``.

    A site or an overlay may take a code of medid's for something else; in another
    system it is another obligation.
    """
    return duty.code if duty.system in _OWN else f"{duty.system}|{duty.code}"


def is_called(name: str) -> bool:
    """Whether an obligation may be ``called`` so."""
    system, mark, code = name.rpartition("|")
    if mark:
        return is_obligation(Obligation(code, system))
    return _CODE.fullmatch(name) is not None


def carried_out(decision: Decision, fulfils: frozenset[str]) -> Decision:
    """The decision; a denial where it obliges to what nobody fulfils."""
    if not decision or fulfils.issuperset(map(called, decision.obligations)):
        return decision
    finding = Finding(
        code="OBLIGATION_NOT_FULFILLED",
        about="request",
        message="the permit obliges to what the application does not carry out",
    )
    return replace(
        decision,
        outcome=Outcome.DENY,
        findings=(finding, *decision.findings),
        obligations=(),
        expires=None,
    )


def is_open(decision: Decision) -> bool:
    """Whether it denies only because something could not be checked.

    Only what was presented counts. Whether a consent that the custodian keeps could be
    read, understood or checked would tell that there is one.
    """
    missed = [
        check.result is Result.UNKNOWN
        for check in decision.checks
        if "verifiableCredential" in check.path and check.error and not check.advisory
    ]
    if missed and all(missed):
        return not decision
    return decision.outcome is Outcome.INDETERMINATE and not any(
        map(_may_be_kept, decision.findings)
    )


def _may_be_kept(finding: Finding) -> bool:
    """Whether it tells of a single consent, and so that one is on file."""
    single = (finding.path or "").startswith("$.consents[")
    return single or finding.code in _ABOUT_ONE
