"""What happens where no consent on file applies: the four policies of IHE PCF.

IHE PCF 1.1 section 53.2.1 defines them: *deny* permits nothing; *basic-normal* permits
treatment by clinicians who may use it, and no other purpose; *all-normal* permits every
authorised use; *break-glass-only* permits nothing but a declared emergency. All of
them presume that who the requester is, and which purposes they may claim, was settled
before. None speaks of security labels, so none restricts by them.

Spec: https://profiles.ihe.net/ITI/PCF/volume-1.html#153-privacy-consent-on-fhir
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.consent_types import (
    DEFAULT_POLICY,
    POLICY_ALL_NORMAL,
    POLICY_BASIC_NORMAL,
    POLICY_BREAK_GLASS_ONLY,
    ConsentFinding,
    Obligation,
    Reason,
)
from medid.health.codes import ACT_REASON, Coding, falls_under

if TYPE_CHECKING:
    from medid.access.consent_match import Asked

_BREAK_GLASS: Final = Coding(ACT_REASON, "BTG")
_TREATMENT: Final = Coding(ACT_REASON, "TREAT")


def may_be_permitted(asked: Asked) -> bool:
    """Whether anything may permit this purpose.

    A request without a purpose may not be permitted, and neither may break-glass that
    was not declared, by somebody who may, for a reason.
    """
    if asked.purpose is None:
        return False
    return asked.purpose != _BREAK_GLASS or asked.request.break_glass.complete


def default_policy(asked: Asked, obligations: tuple[Obligation, ...]) -> ConsentFinding:
    """The finding of the configured policy, for one purpose."""
    purpose = asked.purpose
    permits = (
        purpose is not None
        and may_be_permitted(asked)
        and _permits(asked.settings.default_policy, purpose)
    )
    return ConsentFinding(
        decision="permit" if permits else "deny",
        outcome="not-applicable",
        decided_by=DEFAULT_POLICY,
        reasons=(_reason(asked, permits=permits),),
        obligations=obligations if permits else (),
    )


def _permits(policy: str, purpose: Coding) -> bool:
    if policy == POLICY_BASIC_NORMAL:
        return falls_under(purpose, _TREATMENT)
    if policy == POLICY_BREAK_GLASS_ONLY:
        return purpose == _BREAK_GLASS
    return policy == POLICY_ALL_NORMAL


def _reason(asked: Asked, *, permits: bool) -> Reason:
    if asked.purpose is None:
        return Reason(
            code="PURPOSE_MISSING", rule="A12", message="the request states no purpose"
        )
    if not may_be_permitted(asked):
        return Reason(
            code="BREAK_GLASS_INCOMPLETE",
            rule="E10",
            message="break-glass needs a declaration, the right to it, and a reason",
        )
    code = "DEFAULT_POLICY_PERMIT" if permits else "DEFAULT_POLICY_DENY"
    return Reason(
        code=code, rule="E14", message="no consent applies: the default policy decides"
    )
