"""Credentials that support a license: their facts, and what an outage hides of them.

What cannot be read supports nothing, and takes no license down that does not need it.

Spec: https://w3id.org/medid/health/support/v1
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from medid.access import license_rules
from medid.access.license_facts import LicenseFacts, Verified
from medid.access.verified import (
    check_not_left_to_holder,
    credential_of,
    verified_of,
    window_of,
)
from medid.core.records import replace
from medid.health.claims import check_nothing_withheld
from medid.health.support import Authorisation, Support
from medid.verifying.opening import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.access.license_facts import LicenseRequest
    from medid.health.words import CredentialType
    from medid.trust import TrustRegistry
    from medid.verifying.credential import CredentialVerdict
    from medid.verifying.judging import Judgement
    from medid.verifying.opening import Secured

# What the rules find where nothing that supports the license is in order.
MISSING: Final = frozenset(
    {"COMPACT_AUTHORISATION_MISSING", "RECOGNITION_REQUIREMENT_MISSING"}
)


def read_support(
    verdict: CredentialVerdict,
    kind: CredentialType,
    *,
    number: int,
    judgement: Judgement,
) -> LicenseFacts:
    """The facts of one credential of ``kind``.

    Args:
        verdict: What verification found about it.
        kind: As what it is read.
        number: Names it where it has no id of its own.
        judgement: The evidence that the verdict stands on.

    Raises:
        MissingFact: Something is not stated, or was kept back.
        MalformedValue: It is not of its type.
    """
    secured = verdict.secured
    if secured.sd_jwt is not None:
        check_nothing_withheld(secured.sd_jwt, kind)
    found = secured.known.once(
        ("support", kind.name), partial(_read, secured, kind=kind)
    )
    check_not_left_to_holder(verdict, judgement)
    return LicenseFacts(
        id=found.credential_id or f"support-{number}",
        type=found.type,
        issuer=found.issuer,
        holder=found.holder,
        verified=verified_of(verdict, judgement),
        window=window_of(found.window, verdict, judgement),
        support=_members(found),
    )


def _read(secured: Secured, *, kind: CredentialType) -> Support:
    if secured.kind is Kind.SD_JWT:
        return Support.from_claims(secured.document, kind)
    return Support.from_credential(credential_of(secured), kind)


def _members(found: Support) -> Mapping[str, object]:
    states = found.states
    if isinstance(states, Authorisation):
        return {
            "compact": states.compact,
            "kind": states.kind,
            "homeState": states.home_state,
            "daysUsedThisYear": dict(states.days_used),
        }
    return {"homeState": states.home_state, "hostState": states.host_state}


def may_be_supported(
    presented: Sequence[LicenseFacts],
    trust: TrustRegistry,
    request: LicenseRequest,
) -> bool:
    """Whether a license would permit, were all good that could not be checked.

    A key or a status list that is out of reach is no denial.

    Args:
        presented: The licenses, and what supports them.
        trust: Whose word counts, and how licenses count in other places.
        request: Who wants to practise, as what, where and when.
    """
    best = [_at_best(one, request) for one in presented]
    return license_rules.evaluate(best, trust, request).decision == "permit"


def _at_best(facts: LicenseFacts, request: LicenseRequest) -> LicenseFacts:
    found = facts.verified
    if found.proof is False or (found.proof and found.status != "unknown"):
        return facts
    good = Verified(proof=True, status="valid", status_checked_at=request.time)
    return replace(facts, verified=good)
