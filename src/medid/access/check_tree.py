"""The check tree: every question behind a decision, under the question it serves.

::

    presentation
    |-- proof, time, challenge, domain, holder, replay
    credential $.verifiableCredential[0]
    |-- proof, time, status, schema, trust
    visas
    |-- one leaf for each GA4GH visa that was handed in
    license
    |-- one branch for each license, one leaf for each check of it
    |-- one leaf for each credential that makes the license count elsewhere
    consent
    |-- one leaf for each consent on file, and what became of it

A branch is as good as the worst of what it holds. The tree explains; it decides
nothing, and holds codes and places, never a claim's value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access.consent_standing import IN_FORCE
from medid.access.license_facts import AUTHORITY
from medid.core.records import replace
from medid.verifying.checks import Check, Result, told_chains

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.consent_types import ConsentFinding, Reason
    from medid.access.license_facts import LicenseFinding, Step
    from medid.core.json import JsonObject
    from medid.trust import ToldChain

_UNCERTAIN: Final = frozenset(
    {"CONSENT_INDETERMINATE", "CONSENT_PATIENT_UNKNOWN", "CONSENT_STATUS_UNKNOWN"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One question, its answer, and the questions that it was made of.

    Attributes:
        check: What was asked.
        result: The answer; of a branch with children, the worst of theirs.
        about: Which document, license or consent, by its path or id.
        codes: Why, where the answer is not a pass.
        chains: By whose word the issuer is believed, where no trust entry names it.
        children: The questions below it.
    """

    check: str
    result: Result
    about: str | None = None
    codes: tuple[str, ...] = ()
    chains: tuple[ToldChain, ...] = ()
    children: tuple[Branch, ...] = ()

    def as_json(self) -> JsonObject:
        """The members that are there; children as ``checks``."""
        members: JsonObject = {"check": self.check, "result": self.result.value}
        if self.about is not None:
            members["about"] = self.about
        if self.codes:
            members["codes"] = list(self.codes)
        members |= told_chains(self.chains)
        if self.children:
            members["checks"] = [one.as_json() for one in self.children]
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What was asked for a decision; a tree grows of it for whoever looks.

    Attributes:
        presentation: About the presentation.
        credentials: About each credential, with its path.
        visas: About each GA4GH visa.
        license: What the license rules found, where they were asked.
        consent: What the consent rules found, where they were asked.
    """

    presentation: tuple[Check, ...] = ()
    credentials: tuple[tuple[str, tuple[Check, ...]], ...] = ()
    visas: tuple[Check, ...] = ()
    license: LicenseFinding | None = None
    consent: ConsentFinding | None = None

    def tree(self) -> tuple[Branch, ...]:
        """The branches of what was verified, then those of the rules."""
        rules = []
        if self.visas:
            leaves = [_leaf(check) for check in self.visas]
            rules.append(_branch("visas", None, leaves))
        if self.license is not None:
            rules.append(_license_branch(self.license))
        if self.consent is not None:
            rules.append(_consent_branch(self.consent))
        return (
            _branch("presentation", "$", [_leaf(check) for check in self.presentation]),
            *(
                _branch("credential", path, [_leaf(check) for check in checks])
                for path, checks in self.credentials
            ),
            *rules,
        )


def _license_branch(found: LicenseFinding) -> Branch:
    """The branch of the license rules: each license, and each check of it."""
    groups = _of_each(found.trace)
    # The nearest comes first, and another one may bear its id.
    decided = next((it for it in groups if it[0].license == found.decided_by), None)
    licenses = [
        _branch(
            "license",
            steps[0].license,
            [_step(one, found.chains if steps is decided else ()) for one in steps],
        )
        for steps in groups
    ]
    result = Result.PASS if found.decision == "permit" else Result.FAIL
    supports = [
        Branch(check="support", result=Result.PASS, about=one.id)
        for one in found.supports
    ]
    # One good license is enough, so the rules' own answer stands above the parts.
    whole = _branch("license", found.decided_by, [*licenses, *supports])
    return replace(whole, result=result, codes=found.reasons)


def _of_each(trace: Sequence[Step]) -> list[list[Step]]:
    """The steps of each license; of two that bear one id, each has its own."""
    found: list[list[Step]] = []
    for step in trace:
        steps = found[-1] if found else []
        again = any(one.check == step.check for one in steps)
        if not steps or again or steps[0].license != step.license:
            steps = []
            found.append(steps)
        steps.append(step)
    return found


def _consent_branch(found: ConsentFinding) -> Branch:
    """The branch of the consent rules: each consent on file, and what became of it."""
    result = Result.PASS if found else Result.FAIL
    if found.outcome == "indeterminate":
        result = Result.UNKNOWN
    codes = tuple(dict.fromkeys(reason.code for reason in found.reasons))
    whole = _branch("consent", found.decided_by, [_on_file(r) for r in found.trace])
    return replace(whole, result=result, codes=codes)


def _branch(check: str, about: str | None, children: Sequence[Branch]) -> Branch:
    found = {one.result for one in children}
    order = (Result.FAIL, Result.UNKNOWN, Result.PASS)
    worst = next((one for one in order if one in found), Result.NOT_ASKED)
    return Branch(check=check, result=worst, about=about, children=tuple(children))


def _leaf(check: Check) -> Branch:
    codes = (check.code,) if check.code is not None else ()
    return Branch(
        check=check.check,
        result=check.result,
        about=check.path,
        codes=codes,
        chains=check.chains,
    )


def _step(step: Step, chains: tuple[ToldChain, ...]) -> Branch:
    return Branch(
        check=step.check,
        result=Result.FAIL if step.codes else Result.PASS,
        codes=step.codes,
        # Only of the license that decided is it known by which entry it counts.
        chains=chains if step.check == AUTHORITY else (),
    )


def _on_file(reason: Reason) -> Branch:
    result = Result.UNKNOWN if reason.code in _UNCERTAIN else Result.FAIL
    if reason.code == IN_FORCE:
        result = Result.PASS
    return Branch(
        check="on-file", result=result, about=reason.consent, codes=(reason.code,)
    )
