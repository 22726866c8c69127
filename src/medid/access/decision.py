"""The answer: a Decision, its reasons, and how it is written as AuthZEN JSON.

Four outcomes are possible inside, and only permit is truthy. Reasons are codes and
places in documents; they never carry a claim's value.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-access-evaluation-response
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from medid.access.check_tree import Branch, Questions
    from medid.access.consent_types import Obligation
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.verifying.checks import Check

# The profile in which obligations travel; not understood means deny.
CUSTOM: Final = "custom"


class Outcome(StrEnum):
    """What a decision is, before it becomes yes or no at the edge."""

    PERMIT = "permit"
    DENY = "deny"
    NOT_APPLICABLE = "not-applicable"  # no consent speaks to the request
    INDETERMINATE = "indeterminate"  # something could not be checked or understood


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that mattered.

    Attributes:
        code: A stable code: an error's, a license rule's or a consent rule's.
        about: ``presentation``, ``request``, ``license``, ``consent`` or ``policy``.
        message: Fixed text, without any value of a document.
        credential: Which credential or consent, by its id.
        path: Where in it, or in the presentation.
        rule: The clause of the consent evaluation profile, or the name of a rule of
            the site's own policy.
    """

    code: str
    about: str
    message: str = ""
    credential: str | None = None
    path: str | None = None
    rule: str | None = None

    def as_json(self) -> JsonObject:
        """The members that are there."""
        members = {
            "code": self.code,
            "about": self.about,
            "message": self.message or None,
            "credential": self.credential,
            "path": self.path,
            "rule": self.rule,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a decision stands on, so that it can be repeated and compared.

    Attributes:
        presentation: SHA-256 (hex) of the presentation's bytes; ``None`` in the record
            of what has no bytes to digest.
        evidence: SHA-256 (hex) over every document that was used; ``None`` in the
            record of what was not opened.
        trust: SHA-256 (hex) of the trust registry; ``None`` in the record of what was
            not judged because it was not known whom to believe.
        policy: SHA-256 (hex) that the site's own policy goes by; ``None`` for none.
        overlays: The legal overlays that were asked, as ``name/version``.
        visas: SHA-256 (hex) of each GA4GH visa that counted.
        profile: The consent evaluation profile.
        library: The version of medid.
    """

    presentation: str | None
    evidence: str | None
    trust: str | None
    profile: str
    library: str
    policy: str | None = None
    overlays: tuple[str, ...] = ()
    visas: tuple[str, ...] = ()

    def as_json(self) -> JsonObject:
        """The members that are there."""
        members: JsonObject = {
            "presentation": self.presentation,
            "evidence": self.evidence,
            "trust": self.trust,
            "policy": self.policy,
            "overlays": list(self.overlays) or None,
            "visas": list(self.visas) or None,
            "profile": self.profile,
            "library": self.library,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """May this person, for this purpose, see this patient's data now?

    Attributes:
        outcome: Permit, deny, not-applicable or indeterminate.
        at: As of when.
        findings: Why, most decisive first.
        obligations: What the caller must do with a permit; one that is not
            understood turns it into a denial.
        expires: From when it must be asked again; ``None`` where nothing is permitted.
        checks: Every question of the verification and its answer, in one row.
        questions: The same and those of the rules, of which ``tree`` grows.
        basis: What it stands on.
        id: Names the decision in audit records.
    """

    outcome: Outcome
    at: Instant
    findings: tuple[Finding, ...]
    obligations: tuple[Obligation, ...] = ()
    expires: Instant | None = None
    checks: tuple[Check, ...] = ()
    questions: Questions | None = None
    basis: Basis | None = None
    id: str | None = None

    @property
    def permitted(self) -> bool:
        """Whether the outcome is permit."""
        return self.outcome is Outcome.PERMIT

    def __bool__(self) -> bool:
        """Whether the outcome is permit."""
        return self.permitted

    @property
    def tree(self) -> tuple[Branch, ...]:
        """Every question and its answer, each under the question it serves."""
        return () if self.questions is None else self.questions.tree()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings, in their order."""
        return tuple(finding.code for finding in self.findings)

    def as_json(self) -> JsonObject:
        """The decision as an AuthZEN response, with every reason.

        Reasons can tell that a restriction exists. Whoever is not entitled to know
        gets ``as_public_json``.
        """
        context: JsonObject = {
            "outcome": self.outcome.value,
            "time": str(self.at),
            "reasons": [finding.as_json() for finding in self.findings],
            **self._common(),
            "checks": [branch.as_json() for branch in self.tree],
        }
        if self.basis is not None:
            context["basis"] = self.basis.as_json()
        return {"decision": self.permitted, "context": context}

    def as_public_json(self) -> JsonObject:
        """The decision without its reasons, for whoever asked from outside.

        A denial looks the same whatever its reason, so that nobody learns from it
        that a patient exists, or withholds something.
        """
        return {"decision": self.permitted, "context": self._common()}

    def _common(self) -> JsonObject:
        common: JsonObject = {}
        if self.id is not None:
            common["id"] = self.id
        if self.expires is not None:
            common["expires"] = str(self.expires)
        if self.obligations:
            common["obligations"] = self.duties()
        return common

    def duties(self) -> list[JsonValue]:
        """The obligations, as the AuthZEN obligations profile writes them."""
        return [
            {
                "id": f"o{number}",
                "type": CUSTOM,
                "properties": {"system": one.system, "code": one.code},
            }
            for number, one in enumerate(self.obligations, start=1)
        ]
