"""What the license rules look at: facts about credentials, the request, the finding.

Facts come from verified credentials or from a scenario that states what verification
would have found; the rules cannot tell which, and decide both alike.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, TypeVar

from medid.core.instant import Window
from medid.health.codes import canonical_system
from medid.trust import LICENSE_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.health.license import (
        CompactPrivilege,
        Condition,
        License,
        PrivilegeAction,
    )
    from medid.trust import ToldChain

CredentialStatus: TypeAlias = Literal["valid", "revoked", "suspended", "unknown"]
Decision: TypeAlias = Literal["permit", "deny"]

_T = TypeVar("_T")
IN_PERSON: Final = "in-person"
TELEHEALTH: Final = "telehealth"
AUTHORITY: Final = "authority"  # the check whether the board may license this


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What verification found out about a credential.

    Attributes:
        proof: Whether the proof is valid, by a key of the issuer; ``None`` where that
            could not be checked.
        status: By the issuer's status lists.
        status_checked_at: When those lists were issued or fetched.
    """

    proof: bool | None
    status: CredentialStatus
    status_checked_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescribing:
    """What may be prescribed in one jurisdiction.

    Attributes:
        registration: ``valid``, ``missing`` or ``expired``; ``None`` is not stated.
    """

    jurisdiction: str
    schedules: tuple[str, ...]
    registration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactFacts:
    """What a license says about agreements between states.

    Attributes:
        issued_through: The agreements' ids; ``*`` where it names none of them.
    """

    multistate: bool = False
    primary_residence: str | None = None
    principal_state: str | None = None
    issued_through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseFacts:
    """One credential that was presented, a license or one that supports it.

    Attributes:
        id: What reasons and traces call it.
        professions: Codes, or ``system|code``; the same profession said several ways.
        identifiers: System and value of the holder's numbers in registers.
        support: The members of a supporting credential; empty for a license.
        document: The digest of the credential, where it was one: authority may be for
            this very document.
    """

    id: str
    type: str = LICENSE_TYPE
    issuer: str
    holder: str | None
    verified: Verified
    window: Window = field(default=Window())
    jurisdiction: str | None = None
    professions: tuple[str, ...] = ()
    status: str | None = None
    status_since: Instant | None = None
    registration: str | None = None
    conditions: tuple[Condition, ...] = ()
    specialties: tuple[str, ...] = ()
    prescribing: tuple[Prescribing, ...] = ()
    compact: CompactFacts = field(default=CompactFacts())
    encumbered: bool = False
    privilege_actions: tuple[PrivilegeAction, ...] = ()
    adverse_actions: int = 0
    identifiers: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    document: str | None = None
    support: Mapping[str, object] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, found: License, verified: Verified, *, identifier: str) -> LicenseFacts:
        """The facts of a license read from a verified credential."""
        return cls(
            id=identifier,
            issuer=found.issuer,
            holder=found.holder,
            verified=verified,
            window=found.window,
            jurisdiction=found.jurisdiction,
            professions=tuple(f"{one.system}|{one.code}" for one in found.professions),
            status=found.status,
            status_since=found.status_since,
            registration=found.registration_type,
            conditions=found.conditions,
            specialties=tuple(f"{one.system}|{one.code}" for one in found.specialties),
            prescribing=tuple(
                Prescribing(
                    jurisdiction=one.jurisdiction,
                    schedules=one.schedules,
                    registration="valid" if one.registration_number else None,
                )
                for one in found.prescriptive_authority
            ),
            compact=_compact(found),
            # A board that says nothing about encumbrances has not denied them.
            encumbered=found.encumbered is not False,
            privilege_actions=found.privilege_actions,
            adverse_actions=len(found.adverse_actions),
            identifiers=frozenset(
                (canonical_system(one.system), one.value) for one in found.identifiers
            ),
        )


def _compact(found: License) -> CompactFacts:
    residences = {one.primary_state_of_residence for one in found.compacts}
    principals = {one.state_of_principal_license for one in found.compacts}
    return CompactFacts(
        multistate=_only({one.multistate for one in found.compacts} - {None}) is True,
        primary_residence=_only(residences - {None}),
        principal_state=_only(principals - {None}),
        issued_through=tuple(
            one.name or ANY_COMPACT
            for one in found.compacts
            if _issued_through(one, found)
        ),
    )


ANY_COMPACT: Final = "*"


def _issued_through(privilege: CompactPrivilege, found: License) -> bool:
    # A principal license elsewhere has a meaning only for a license issued through it.
    principal = privilege.state_of_principal_license
    if privilege.issued_through_compact is None:
        return principal not in {None, found.jurisdiction}
    return privilege.issued_through_compact


def _only(values: set[_T]) -> _T | None:
    """The only one; where several contradict each other, none."""
    return next(iter(values)) if len(values) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRequest:
    """Who wants to practise, as what, where and when.

    Attributes:
        presenter: The DID that the presentation was bound to.
        profession: A code or ``system|code``; ``None`` does not ask for one.
        mode: ``in-person``, ``telehealth`` or another word.
        specialty: The specialty that is asked for, if any.
        schedule: The schedule of the drug to be prescribed, if any.
        site: Where, for licenses bound to places.
        supervision: The level of supervision that is in place.
    """

    presenter: str
    time: Instant
    profession: str | None = None
    action: str | None = None
    mode: str = IN_PERSON
    patient_location: str | None = None
    practitioner_location: str | None = None
    specialty: str | None = None
    schedule: str | None = None
    site: str | None = None
    supervision: str | None = None


class Step(NamedTuple):
    """One check of one license: its codes are empty where it passed."""

    license: str
    check: str
    codes: tuple[str, ...]

    def as_json(self) -> JsonObject:
        """For traces: license, check, result and codes."""
        result = "fail" if self.codes else "pass"
        return {
            "license": self.license,
            "check": self.check,
            "result": result,
            "codes": list(self.codes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseFinding:
    """What the license rules found.

    Attributes:
        reasons: Every failure of the license that came nearest; none on a permit.
        decided_by: The license that permits, or that came nearest.
        obligations: What the caller must do with a permit.
        expires: From when the finding no longer holds; ``None`` on a denial.
        license: The license of ``decided_by``. Another credential may bear its id.
        chains: By whose word its board is believed, where no trust entry names the
            board for it.
        supports: The credentials without which it would not count where care takes
            place, each of which would do alone.
    """

    decision: Decision
    reasons: tuple[str, ...]
    decided_by: str | None
    obligations: tuple[str, ...] = ()
    expires: Instant | None = None
    trace: tuple[Step, ...] = ()
    license: LicenseFacts | None = field(default=None, compare=False, repr=False)
    chains: tuple[ToldChain, ...] = field(default=(), compare=False, repr=False)
    supports: tuple[LicenseFacts, ...] = field(default=(), compare=False, repr=False)
