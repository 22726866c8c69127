"""The words of a consent decision: what is asked, what is on file, what is answered.

Data only: nothing here decides, reads a clock or checks a signature. The access room
builds a request from an AuthZEN request, the scenario reader from a file; both are
evaluated by the same rules.

Spec: https://w3id.org/medid/consent-evaluation/1
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from medid.access.visa_types import NO_VISAS
from medid.core.memory import Known
from medid.health.codes import ACT_CODE
from medid.health.consent_tree import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from medid.access.overlays.port import Overlay
    from medid.access.visa_types import VisaFacts, VisaRequirement
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.health.codes import Coding
    from medid.health.consent_tree import Span

PROFILE_URI: Final = "https://w3id.org/medid/consent-evaluation/1"
PROFILE_NAME: Final = "medid consent evaluation profile 1"
DEFAULT_POLICY: Final = "default-policy"  # what decided when no consent did
NO_CONSENT: Final = "none"  # whose data use is that of data without a consent

_PCF: Final = "https://profiles.ihe.net/ITI/PCF/Policy-"
POLICY_DENY: Final = _PCF + "deny"
POLICY_ALL_NORMAL: Final = _PCF + "all-normal"
POLICY_BASIC_NORMAL: Final = _PCF + "basic-normal"
POLICY_BREAK_GLASS_ONLY: Final = _PCF + "break-glass-only"
POLICIES: Final = frozenset(
    {POLICY_DENY, POLICY_ALL_NORMAL, POLICY_BASIC_NORMAL, POLICY_BREAK_GLASS_ONLY}
)


# What is asked.


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asks, as far as it was verified."""

    did: str | None = None
    references: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()  # system and value
    member_of: frozenset[str] = frozenset()
    unresolvable: frozenset[str] = (
        frozenset()
    )  # references that may or may not be theirs

    @property
    def names(self) -> frozenset[str]:
        """Every reference and DID that certainly means the requester."""
        own = self.references | self.member_of
        return own if self.did is None else own | {self.did}


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """A declared emergency; all three, or it is none."""

    declared: bool = False
    authorised: bool = False
    reason: str = ""

    @property
    def complete(self) -> bool:
        """Whether it was declared, by somebody who may, for a stated reason.

        A reason that has no letter and no digit, in any script, states nothing: what
        nobody sees is longer than it looks.
        """
        stated = any(map(str.isalnum, self.reason))
        return self.declared and self.authorised and stated


class Resource(NamedTuple):
    """One piece of data, as its custodian describes it.

    A named tuple, because one is made for each resource of a search, and a frozen
    dataclass takes three times as long to make.
    """

    type: str
    id: str | None = None
    labels: frozenset[Coding] = frozenset()
    codes: frozenset[Coding] = frozenset()
    profiles: frozenset[str] = frozenset()
    clinical: Span | None = None  # when it is about
    authored: Span | None = None  # when it was written
    authors: frozenset[str] = frozenset()
    refers_to: frozenset[str] = frozenset()
    referenced_by: frozenset[str] = frozenset()
    custodian: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchPurpose:
    """What research is for, in the words of the Data Use Ontology (DUO).

    Attributes:
        duo: Its kind: the code of the permission that covers just it.
        disease: What it is about, where it is about one disease.
        commercial: Whether it is commercial; ``None`` where nobody said.
        not_for_profit: Whether an organisation not for profit does it; likewise.
        ethics_approval: Whether an ethics committee approved it; likewise.
    """

    duo: str | None = None
    disease: str | None = None
    commercial: bool | None = None
    not_for_profit: bool | None = None
    ethics_approval: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """May ``requester`` do ``action`` with ``resource`` of ``patient`` for this?

    Attributes:
        requester: Who asks.
        patient: The local reference of the patient, or a DID.
        purposes: Why, in v3-ActReason codes or others; every one must be permitted.
        time: As of when. Nothing here reads a clock.
        action: A consentaction code.
        resource: What for; ``None`` in the first step of a two-step decision.
        break_glass: The declaration that purpose BTG needs.
        research: What research is for, where the request says so.
        visas: The GA4GH visas of the requester, as verification left them; never what
            the request says.
    """

    requester: Requester
    patient: str
    purposes: frozenset[Coding]
    time: Instant
    action: str | None = None
    resource: Resource | None = None
    break_glass: BreakGlass = BreakGlass()
    research: ResearchPurpose | None = None
    visas: VisaFacts = NO_VISAS


# What is on file.


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialFacts:
    """What verification found out about the credential that carried a consent.

    Attributes:
        signed: When it was signed; else the consent's own date counts.
        unreached: Whether the status is unknown for no other reason than that a key or
            a status list could not be had.
    """

    proof: Literal["valid", "invalid"]
    status: Literal["valid", "revoked", "suspended", "unknown"]
    issuer: str | None = None
    subject: str | None = None
    validity: Span = ALWAYS
    signed: Span | None = None
    unreached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentFacts:
    """One consent on file.

    Attributes:
        id: Names the consent in reasons; unique within one evaluation.
        resource: The FHIR Consent as JSON. Never modified.
        credential: ``None`` for a plain resource from the custodian's own store.
        actor_bindings: Which DID an actor reference of this consent stands for.
        known: What follows from the resource alone and was worked out before.
    """

    id: str
    resource: JsonObject
    credential: CredentialFacts | None = None
    actor_bindings: frozenset[tuple[str, str]] = frozenset()
    known: Known = field(default_factory=Known, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """Somebody who may consent for a patient while ``authority`` lasts."""

    did: str
    of: str
    kind: str = ""
    authority: Span = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class DataUse:
    """What data may be used for in research: codes of the Data Use Ontology (DUO).

    Attributes:
        permission: What it may be used for at all.
        modifiers: What restricts that further.
        disease: Of which disease, where the permission names one.
        visas: The GA4GH visas that its use needs, every one of them.
    """

    permission: str
    modifiers: tuple[str, ...] = ()
    disease: str | None = None
    visas: tuple[VisaRequirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSettings:
    """What a verifier configures; the defaults permit nothing by themselves.

    Attributes:
        default_policy: One of the four IHE PCF policies, for when no consent applies.
        zone: Where a date without a time begins and ends.
        fhir_version: ``4.0.1`` or ``5.0.0``; else each resource shows its own.
        unlabelled_confidentiality: What data without a label is taken for (A10).
        patient_dids: Local patient reference -> the DIDs bound to it.
        recorders: DIDs whose record of a patient's consent is accepted.
        representatives: Who may consent for whom, and when.
        all_labels_covered: Whether a permit must name each label of the data (A11).
            ``None`` asks it of SPI and its kinds, and of every label of data whose
            confidentiality is V.
        break_glass_seconds: How long a break-glass permit lasts at most.
        overlays: What laws ask for beyond the profile, in the order of asking.
        data_use: By consent id: what its data may be used for in research; under
            ``none`` that of data without a consent.
    """

    default_policy: str = POLICY_DENY
    zone: tzinfo = UTC
    fhir_version: str | None = None
    unlabelled_confidentiality: str | None = None
    patient_dids: Mapping[str, frozenset[str]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    recorders: frozenset[str] = frozenset()
    representatives: tuple[Representative, ...] = ()
    all_labels_covered: bool | None = None
    break_glass_seconds: int = 900
    overlays: tuple[Overlay, ...] = ()
    data_use: Mapping[str, DataUse] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def versions(self) -> tuple[str, ...]:
        """The overlays and their versions, as ``name/version``."""
        return tuple(f"{one.name}/{one.version}" for one in self.overlays)


# What is answered.


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that mattered: a stable code, where, and by which rule of the profile.

    The message is fixed text: it never holds a value of the request or a consent.
    """

    code: str
    rule: str
    message: str
    consent: str | None = None
    path: str | None = None

    def as_json(self) -> dict[str, str]:
        """The members that are there."""
        found = {"code": self.code, "rule": self.rule, "message": self.message}
        if self.consent is not None:
            found["consent"] = self.consent
        if self.path is not None:
            found["path"] = self.path
        return found


@dataclass(frozen=True, slots=True, order=True)
class Obligation:
    """What a caller has to do with a permit; who does not understand it, denies."""

    code: str
    system: str = ACT_CODE


_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,63}")
_SYSTEM: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,31}:[!-~]{1,255}")


def is_obligation(value: object) -> bool:
    """Whether ``value``, of rules that medid did not make, is a code of a code system.

    It leaves medid with the permit: free text could carry a patient's data.
    """
    return (
        isinstance(value, Obligation)
        and all(isinstance(one, str) for one in (value.code, value.system))
        and _CODE.fullmatch(value.code) is not None
        and _SYSTEM.fullmatch(value.system) is not None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentFinding:
    """What the consents and the default policy say to one request.

    Attributes:
        decision: What counts.
        outcome: What the consents alone said: ``not-applicable`` where the default
            policy decided, ``indeterminate`` where one could not be understood.
        decided_by: ``<consent id>#<path>`` or ``default-policy``.
        reasons: Why, most decisive first. For the audit record, not for the requester.
        obligations: What a permit obliges to.
        expires: Until when a permit may be relied on; ``None`` for no known end.
        trace: Every consent looked at, and what became of it.
        profile: The evaluation profile that was followed.
    """

    decision: Literal["permit", "deny"]
    outcome: Literal["permit", "deny", "not-applicable", "indeterminate"]
    decided_by: str
    reasons: tuple[Reason, ...]
    obligations: tuple[Obligation, ...] = ()
    expires: Instant | None = None
    trace: tuple[Reason, ...] = ()
    profile: str = PROFILE_URI

    def __bool__(self) -> bool:
        """Whether the decision is permit."""
        return self.decision == "permit"
