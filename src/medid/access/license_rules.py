"""Whether one of the licenses permits its holder to practise as requested.

One license must satisfy every check alone: two that are each half right do not add up.
When none does, the one that comes nearest is reported with everything that is wrong
with it. The order in which licenses are presented never matters.

Pure: the facts, the registry and the request decide, and nothing else does.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access.license_checks import CHECKS, Case, alerts_in_force
from medid.access.license_crossing import NOT_COVERED, supporting
from medid.access.license_facts import LicenseFinding, Step
from medid.access.license_place import place_of_service
from medid.trust import LICENSE_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.access.license_facts import LicenseFacts, LicenseRequest
    from medid.core.instant import Instant
    from medid.trust import TrustRegistry

NO_LICENSE: Final = "NO_LICENSE"
SHOW_CONDITIONS: Final = "SHOW_LICENSE_CONDITIONS"
REPORT_ADVERSE_ACTION: Final = "REPORT_ADVERSE_ACTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One license, after all its checks."""

    case: Case
    steps: tuple[Step, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Everything that is wrong with it, each once, in the order of the checks."""
        return tuple(dict.fromkeys(code for step in self.steps for code in step.codes))

    @property
    def rank(self) -> tuple[object, ...]:
        """The smaller, the nearer to a permit; no two different licenses tie."""
        passed = [not step.codes for step in self.steps]
        reached = passed.index(False) if False in passed else len(passed)
        obligations = obligations_of(self.case)
        expires = _expires(self.case)
        last = -expires.nanoseconds if expires else 0
        # Of two that stop at the place, the one that is meant for it comes nearer.
        codes = (len(self.codes), -reached, NOT_COVERED in self.codes)
        return (*codes, len(obligations), last, self.case.license.id, self.codes)


def evaluate(
    licenses: Sequence[LicenseFacts], trust: TrustRegistry, request: LicenseRequest
) -> LicenseFinding:
    """What ``licenses`` permit for ``request``, by the settings of ``trust``.

    Args:
        licenses: Everything that was presented, supporting credentials included.
        trust: Whose word counts, and how licenses count in other places.
        request: Who wants to practise, as what, where and when.
    """
    place = place_of_service(request, trust)
    judged = [
        _judge(
            Case(
                license=found,
                others=[*licenses[:index], *licenses[index + 1 :]],
                request=request,
                trust=trust,
                place=place,
            )
        )
        for index, found in enumerate(licenses)
        if found.type == LICENSE_TYPE
    ]
    if not judged:
        # An identifier, an authorisation or a declaration is not a license.
        return LicenseFinding(decision="deny", reasons=(NO_LICENSE,), decided_by=None)
    ranked = sorted(judged, key=lambda one: one.rank) if len(judged) > 1 else judged
    return _finding(ranked[0], tuple(step for one in ranked for step in one.steps))


def _judge(case: Case) -> _Judged:
    steps = tuple(
        Step(license=case.license.id, check=name, codes=tuple(check(case)))
        for name, check in CHECKS
    )
    return _Judged(case=case, steps=steps)


def _finding(best: _Judged, trace: tuple[Step, ...]) -> LicenseFinding:
    identifier, codes = best.case.license.id, best.codes
    if codes:
        return LicenseFinding(
            decision="deny",
            reasons=codes,
            decided_by=identifier,
            trace=trace,
            license=best.case.license,
            chains=best.case.chains(),
        )
    return LicenseFinding(
        decision="permit",
        reasons=(),
        decided_by=identifier,
        obligations=obligations_of(best.case),
        expires=_expires(best.case),
        trace=trace,
        license=best.case.license,
        chains=best.case.chains(),
        supports=supporting(best.case),
    )


def obligations_of(case: Case) -> tuple[str, ...]:
    """What the caller must do where the license of ``case`` permits."""
    found: list[str] = []
    if case.conditions():
        found.append(SHOW_CONDITIONS)
    if case.license.adverse_actions or alerts_in_force(case):
        found.append(REPORT_ADVERSE_ACTION)
    return tuple(found)


def _expires(case: Case) -> Instant | None:
    """The first instant at which another answer may be due."""
    ends = [end for end in _ends(case) if end is not None and end > case.time]
    return min(ends, default=None)


def _ends(case: Case) -> Iterator[Instant | None]:
    yield case.license.window.end
    settings = case.trust.settings
    for entry in case.entries():
        yield entry.window.end
    # A supporting credential counts as long as its issuer's entry does.
    issuers = {one.issuer for one in case.others}
    for entry in settings.boards:
        if entry.did in issuers:
            yield entry.window.end
    for rule in settings.recognition:
        yield rule.window.end
    for compact in settings.compacts:
        yield from compact.edges()
    for action in case.license.privilege_actions:
        yield action.start
    for alert in settings.alerts:
        yield alert.start
    for credential in (case.license, *case.others):
        yield credential.window.end
        checked = credential.verified.status_checked_at
        if checked is not None:
            yield checked.plus(settings.status_max_age)
