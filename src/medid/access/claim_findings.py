"""What is answered about a claim: one finding for each item, and their sum.

The reasons are stable codes. Those of the license rules keep their names; these are
about claims:

=========================================  ============================================
``LICENSE_OK``                             the license that is named satisfies it all
``CLAIM_NOT_ACTIVE``                       the claim was cancelled, a draft, or an error
``CLAIM_NOT_FOR_SERVICE``                  its use is a request made before the service
``PATIENT_UNKNOWN``                        it names its patient by no local reference
``CARE_TEAM_UNKNOWN``                      an item links to no member of the care team
``RENDERING_PROVIDER_UNKNOWN``             nobody is named who rendered the service
``PROVIDER_IDENTIFIER_INVALID``            an identifier cannot be one of its register's
``QUALIFICATION_UNKNOWN``                  the stated qualification cannot be compared
``SERVICE_UNKNOWN``                        the settings do not say what the service asks
``SERVICE_DATE_MISSING``                   neither the item nor the claim says when
``SERVICE_PERIOD_OPEN``                    the period has no start, or no end
``SERVICE_DATE_IN_FUTURE``                 the service begins after the instant asked at
``SERVICE_PERIOD_CROSSES_LICENSE_CHANGE``  a part of the period is good, not the whole
``STATUS_THEN_UNKNOWN``                    what the status was then cannot be told
``PROOF_UNKNOWN``                          the license's proof cannot be checked now
``CONSENT_REQUIRED_FOR_PAYMENT``           no consent applies, and the default denies
``CONSENT_DENIES_PAYMENT``                 a consent on file denies
``CONSENT_INDETERMINATE``                  a consent on file cannot be understood
``CONSENT_UNREADABLE``                     the consents cannot be read or checked
=========================================  ============================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access.decision import Finding, Outcome
from medid.core.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.access.consent_types import Obligation
    from medid.core.instant import Instant
    from medid.core.json import JsonObject

LICENSE_OK: Final = "LICENSE_OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFinding:
    """What was found about one item of a claim.

    Attributes:
        item: Its path in the claim.
        decision: Permit, deny or indeterminate.
        reasons: Why; what refuses stands before what could not be told.
        licenses: The ids of those that decided, one for each who rendered the service:
            the license that permits, or that came nearest.
        obligations: What the caller must do with a permit.
        supports: The ids of the credentials without which these licenses would not
            count where the service took place.
    """

    item: str
    decision: Outcome
    reasons: tuple[str, ...]
    licenses: tuple[str, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    supports: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether the decision is permit."""
        return self.decision is Outcome.PERMIT

    def as_json(self) -> JsonObject:
        """All members; ``supports`` where there are any."""
        members: JsonObject = {
            "item": self.item,
            "decision": self.decision.value,
            "reasons": [*self.reasons],
            "licenses": [*self.licenses],
            "obligations": [
                {"system": one.system, "code": one.code} for one in self.obligations
            ],
        }
        if self.supports:
            members["supports"] = [*self.supports]
        return members


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFinding:
    """What was found about a claim; truthy only where every item is permitted.

    Attributes:
        decision: Permit only where there is an item and each is permitted; deny where
            one is denied; else indeterminate.
        at: The instant as of which proofs and present status were asked.
        items: One for each item.
        unreadable: The credentials that could not be read, and why.
        evidence: SHA-256 (hex) over every document that was used.
        trust: SHA-256 (hex) of the trust registry.
    """

    decision: Outcome
    at: Instant
    items: tuple[ItemFinding, ...]
    unreadable: tuple[Finding, ...]
    evidence: str
    trust: str

    def __bool__(self) -> bool:
        """Whether the decision is permit."""
        return self.decision is Outcome.PERMIT

    def as_json(self) -> JsonObject:
        """All members, and the version of medid that decided."""
        return {
            "decision": self.decision.value,
            "time": str(self.at),
            "items": [one.as_json() for one in self.items],
            "unreadable": [one.as_json() for one in self.unreadable],
            "basis": {
                "evidence": self.evidence,
                "trust": self.trust,
                "library": VERSION,
            },
        }


def together(decisions: Iterable[Outcome]) -> Outcome:
    """One decision of several, all of which are needed; none at all is a denial."""
    found = set(decisions)
    if not found or Outcome.DENY in found:
        return Outcome.DENY
    if found == {Outcome.PERMIT}:
        return Outcome.PERMIT
    return Outcome.INDETERMINATE
