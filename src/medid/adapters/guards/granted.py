"""A permit as a handler holds it, and what makes a decision one or none. Pure.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-decision
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from medid.access.decision import Decision, Finding, Outcome
from medid.core.records import replace
from medid.verifying.checks import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.access.compiled import CompiledDecision
    from medid.core.instant import Clock
    from medid.core.json import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A permit, and what a handler needs to stay within it.

    Attributes:
        decision: The permit for what the request asked for.
        request: The AuthZEN request that it answers.
        compiled: The same, for further resources of the same patient.
        fulfils: The codes of the obligations that the application carries out.
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


def carried_out(decision: Decision, fulfils: frozenset[str]) -> Decision:
    """The decision; a denial where it obliges to what nobody fulfils."""
    if not decision or {one.code for one in decision.obligations} <= fulfils:
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

    Beside the outcome, only what was presented counts. Whether a consent that the
    custodian keeps could be checked would tell that there is one.
    """
    if decision.outcome is Outcome.INDETERMINATE:
        return True
    missed = [
        check.result is Result.UNKNOWN
        for check in decision.checks
        if "verifiableCredential" in check.path and check.error and not check.advisory
    ]
    return not decision and bool(missed) and all(missed)
