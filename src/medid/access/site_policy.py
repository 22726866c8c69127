"""Site policy: a site's own rules see what medid would permit, and may take it back.

medid's rules come first and cannot be replaced. Where they permit, the policy is asked
the same question, with the facts that were verified beside it; it denies, adds
obligations, or leaves the permit as it is. It can widen nothing: a denial is never
shown to it, and what it says beyond that is not understood, which is a denial too.

::

    judge -> permit -> policy -> permit, with more obligations
                              -> deny            SITE_POLICY_DENIED
                              -> indeterminate   SITE_POLICY_UNAVAILABLE

Spec: https://openid.net/specs/authorization-api-1_0.html#name-access-evaluation-api
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, cast, runtime_checkable

from medid.access.consent_types import is_obligation
from medid.access.decision import Finding, Outcome
from medid.core import json as strict_json
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    MedidError,
    SitePolicyDenied,
    SitePolicyUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.access.consent_types import Obligation
    from medid.access.decision import Decision
    from medid.access.judge import Prejudged
    from medid.access.license_facts import LicenseFacts
    from medid.core.json import JsonObject, JsonValue

# Where the verified facts stand in the question's context.
FACTS: Final = "medid"
MAX_REASONS: Final = 32
MAX_OBLIGATIONS: Final = 32

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# A name of the site's own. Free text could carry a patient's data into a record.
_REASON: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a policy does to a permit.

    Attributes:
        denied: Whether it takes the permit back.
        reasons: Names of the site's rules that decided; for the record, not for
            whoever asked.
        obligations: What the permit obliges to as well.

    Raises:
        ConfigurationError: Anything of another type or form.
    """

    denied: bool = False
    reasons: tuple[str, ...] = ()
    obligations: tuple[Obligation, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what a reader could understand in two ways."""
        denied: object = self.denied
        if not isinstance(denied, bool):
            raise ConfigurationError("denied is True or False", path="$.denied")
        if len(self.reasons) > MAX_REASONS or not all(map(_is_reason, self.reasons)):
            message = "the reasons of a policy are names of its rules"
            fix = f"at most {MAX_REASONS}, of letters, digits and . _ : -"
            raise ConfigurationError(message, path="$.reasons", fix=fix)
        few = len(self.obligations) <= MAX_OBLIGATIONS
        if not few or not all(map(is_obligation, self.obligations)):
            message = "the obligations of a policy are codes of a code system"
            raise ConfigurationError(message, path="$.obligations")


def _is_reason(value: object) -> bool:
    return isinstance(value, str) and _REASON.fullmatch(value) is not None


@runtime_checkable
class SitePolicy(Protocol):
    """A site's own rules.

    Attributes:
        digest: SHA-256 (hex) over all that it decides by. It is in every decision.
        pure: Whether ``narrow`` neither waits for anything nor looks at anything but
            the question. Only such a policy may stand behind a compiled decision.
    """

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all that it decides by."""

    @property
    def pure(self) -> bool:
        """Whether the question alone decides, at once."""

    def narrow(self, question: JsonObject) -> Narrowing:
        """What becomes of a permit.

        Args:
            question: The AuthZEN request, of the policy's own to keep. In its context
                ``medid`` holds what was verified: ``time``, ``presenter``, ``license``
                and ``obligations``.

        Raises:
            Exception: Whatever it raises, nothing is permitted.
        """


@runtime_checkable
class AsyncSitePolicy(SitePolicy, Protocol):
    """A policy that can be asked without blocking an event loop."""

    async def anarrow(self, question: JsonObject) -> Narrowing:
        """As ``narrow``."""


class RulePolicy:
    """A policy of one plain function.

    Args:
        rule: From the question to what becomes of the permit. It looks at nothing but
            its argument.
        version: Names the rule as it is now; another one has another version. The
            digest is made of it.

    Raises:
        ConfigurationError: The rule is no function, or has no version.
    """

    pure: Final = True

    def __init__(
        self, rule: Callable[[JsonObject], Narrowing], *, version: str
    ) -> None:
        named: object = version
        if not (isinstance(named, str) and named):
            message = "a policy without a version cannot be told from its next one"
            raise ConfigurationError(message, path="$.version")
        if not callable(rule):
            raise ConfigurationError("the rule is no function", path="$.rule")
        self._rule: Final = rule
        self.digest: Final = hashlib.sha256(version.encode()).hexdigest()

    def narrow(self, question: JsonObject) -> Narrowing:
        """What the rule says."""
        return self._rule(question)


def check_policy(policy: object) -> None:
    """Return if ``policy`` can be asked, and says what it decides by.

    Raises:
        ConfigurationError: It is no site policy, or its digest is none.
    """
    fix = "pass an object with digest, pure and narrow: see SitePolicy"
    if not isinstance(policy, SitePolicy) or not isinstance(policy.pure, bool):
        raise ConfigurationError("no site policy", path="$.policy", fix=fix)
    digest: object = policy.digest
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        message = "the digest of a policy is a SHA-256 in hexadecimal"
        raise ConfigurationError(message, path="$.policy.digest", fix=fix)


def question(
    prejudged: Prejudged, decision: Decision, resource: JsonObject | None = None
) -> JsonObject:
    """The request that was permitted, with the verified facts in its context.

    Args:
        prejudged: The judgement behind the permit.
        decision: The permit.
        resource: The resource, where it is not the request's own.
    """
    asked = cast("JsonObject", strict_json.check(prejudged.case.request.document))
    if resource is not None:
        asked["resource"] = strict_json.check(resource)
    context = cast("JsonObject", asked.setdefault("context", {}))
    context[FACTS] = _facts(prejudged, decision)
    return asked


def _facts(prejudged: Prejudged, decision: Decision) -> JsonObject:
    obligations: list[JsonValue] = [
        {"system": one.system, "code": one.code} for one in decision.obligations
    ]
    found = None if prejudged.license is None else prejudged.license.license
    facts: JsonObject = {
        "time": str(decision.at),
        "presenter": prejudged.presenter,
        "license": None if found is None else _license(found),
        "obligations": obligations,
    }
    return facts


def _license(found: LicenseFacts) -> JsonObject:
    """What the license that decided says; nothing where it says nothing."""
    stated: JsonObject = {
        "id": found.id,
        "issuer": found.issuer,
        "jurisdiction": found.jurisdiction,
        "status": found.status,
        "registration": found.registration,
        "professions": list(found.professions),
        "specialties": list(found.specialties),
        "conditions": [one.kind for one in found.conditions],
    }
    return {name: value for name, value in stated.items() if value is not None}


def concluded(prejudged: Prejudged, policy: SitePolicy | None) -> Decision:
    """The judgement, and what the site's own policy makes of a permit."""
    decision = prejudged.decision()
    if policy is None or not decision:
        return decision
    asked = question(prejudged, decision)
    return narrowed(decision, lambda: policy.narrow(asked))


async def aconcluded(prejudged: Prejudged, policy: SitePolicy | None) -> Decision:
    """As ``concluded``, without blocking an event loop where the policy can do so."""
    if not isinstance(policy, AsyncSitePolicy):
        return concluded(prejudged, policy)
    decision = prejudged.decision()
    if not decision:
        return decision
    try:
        answer: object = await policy.anarrow(question(prejudged, decision))
    except Exception:  # noqa: BLE001 - whatever it raises, nothing is permitted
        answer = None
    return apply(decision, answer)


def narrowed(decision: Decision, ask: Callable[[], Narrowing]) -> Decision:
    """``decision`` after the policy was asked; a permit at most as wide as before."""
    if not decision:
        return decision
    try:
        answer = ask()
    except Exception:  # noqa: BLE001 - whatever a site's rules raise, nothing is permitted
        return _refused(decision, Outcome.INDETERMINATE, _unavailable())
    return apply(decision, answer)


def apply(decision: Decision, answer: object) -> Decision:
    """The permit ``decision`` with what a policy answered."""
    if type(answer) is not Narrowing:
        return _refused(decision, Outcome.INDETERMINATE, _unavailable())
    if answer.denied:
        error = SitePolicyDenied("the site's own policy denies what was permitted")
        return _refused(decision, Outcome.DENY, error, answer.reasons)
    obligations = dict.fromkeys((*decision.obligations, *answer.obligations))
    return replace(decision, obligations=tuple(obligations))


def _unavailable() -> MedidError:
    return SitePolicyUnavailable("the site's own policy gave no answer")


def _refused(
    decision: Decision, outcome: Outcome, error: MedidError, rules: tuple[str, ...] = ()
) -> Decision:
    findings = tuple(
        Finding(code=error.code, about="policy", message=error.message, rule=rule)
        for rule in rules or (None,)
    )
    return replace(
        decision, outcome=outcome, findings=findings, obligations=(), expires=None
    )
