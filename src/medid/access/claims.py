"""Was the service of a claim rendered by somebody licensed for it, on that date?

::

    1  read the claim, and what it refers to        health.fhir_claim
    2  open the credentials; gather what they need,
       and whom the authorities recognize           verifying
    3  read the licenses as they were then          access.claim_licenses
    4  ask the consents about payment, as of now    access.consent_rules
    5  for each item: who, what, when and where     this module
    6  ask the license rules about that time        access.claim_rules
    7  conclude: an item needs all of it, a claim all of its items

Proofs, the present status and the consents are asked as of ``at``; the license rules as
of the date of service. What the status of a license was then is told only as far as it
is known, and never taken to have been what it is now.

Spec: https://hl7.org/fhir/R4/claim.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.access import claim_rules, consent_rules
from medid.access.claim_findings import ClaimFinding, ItemFinding, together
from medid.access.claim_licenses import read_licenses
from medid.access.claim_place import place_of
from medid.access.claim_settings import ClaimSettings
from medid.access.consent_types import (
    PROFILE_URI,
    ConsentRequest,
    Obligation,
    Resource,
)
from medid.access.consents_on_file import open_consents, verified_consents
from medid.access.decision import Outcome
from medid.access.facts import at_best, consent_settings, says_it_is
from medid.core.evidence import Evidence
from medid.core.fetch import NoFetch
from medid.core.instant import Window
from medid.core.memory import Memory
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    TooLarge,
    Unchecked,
    located,
)
from medid.health import contexts as health_contexts
from medid.health.codes import ACT_REASON, Coding
from medid.health.fhir_claim import read_claim
from medid.health.vocabulary import CONSENT_CREDENTIAL
from medid.trust import TrustRegistry
from medid.verifying.admitting import needs_together
from medid.verifying.gathering import gather
from medid.verifying.judging import Expectations, Judgement
from medid.verifying.opening import Kind, open_document
from medid.verifying.recognizing import recognizing

if TYPE_CHECKING:
    from medid.access.claim_licenses import KnownLicense
    from medid.access.consent_rules import Prepared
    from medid.access.consent_types import ConsentFinding
    from medid.core.fetch import Fetch
    from medid.core.instant import Instant
    from medid.core.json import JsonValue
    from medid.health.consent_tree import Span
    from medid.health.fhir_claim import ClaimItem, ClaimRecord, TeamMember
    from medid.verifying.opening import Secured

# A document as it travels, or its decoded JSON.
Document: TypeAlias = bytes | str | Mapping[str, "JsonValue"]

MAX_CREDENTIALS: Final = 256  # beside one claim; a large care team has about 20
MAX_EARLIER: Final = 400  # evidence of other times; one a day for more than a year
_PAYMENT: Final = Coding(ACT_REASON, "HPAYMT")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """What there is to answer from.

    Attributes:
        credentials: Licenses of the practitioners, and consent credentials.
        consents: The patient's consents on file: credentials, or plain FHIR Consents
            of the custodian's own record.
        evidence: What the credentials refer to, as of now.
        earlier: Evidence that was gathered at other times, such as that of decisions
            that were taken when the services were rendered.
        resources: Practitioner, PractitionerRole, Location and Patient resources that
            the claim refers to, by reference; taken as the word of whoever asks.
        fetch: Where evidence comes from that is not at hand; by default, nowhere.
    """

    credentials: Sequence[Document] = field(default=(), repr=False)
    consents: Sequence[Document] = field(default=(), repr=False)
    evidence: Evidence = field(default_factory=Evidence, repr=False)
    earlier: Sequence[Evidence] = field(default=(), repr=False)
    resources: Mapping[str, Mapping[str, JsonValue]] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    fetch: Fetch = field(default_factory=NoFetch, repr=False)


def on_date_of_service(
    claim: Document,
    at_hand: AtHand,
    *,
    trust: TrustRegistry,
    settings: ClaimSettings,
    at: Instant,
) -> ClaimFinding:
    """Was each service of ``claim`` rendered by somebody licensed for it, then?

    Args:
        claim: A Claim or ExplanationOfBenefit of FHIR R4. Never modified.
        at_hand: Credentials, consents and evidence.
        trust: Whose word counts, and the settings of the rules. Days begin and end in
            its time zone, and its default policy says whether payment needs a consent.
        settings: What the payer configured for claims.
        at: The instant as of which proofs, present status and consents are asked.

    Returns:
        One finding for each item, and their sum. Truthy only where all are permitted.

    Raises:
        ConfigurationError: ``trust`` is no registry, or ``settings`` are none.
        MedidError: The claim or a credential is not of a form that can be read.
    """
    registry: object = trust
    if not isinstance(registry, TrustRegistry):
        message = "a claim needs a trust registry: nobody is trusted by itself"
        raise ConfigurationError(message, path="$.trust")
    configured: object = settings
    if not isinstance(configured, ClaimSettings):
        message = "a claim needs settings: no place and no service is known by itself"
        raise ConfigurationError(message, path="$.settings")
    record = read_claim(
        claim, zone=consent_settings(trust).zone, resources=at_hand.resources
    )
    opened = _open(at_hand)
    judgement = Judgement(
        at=at,
        contexts=health_contexts(),
        evidence=at_hand.evidence,
        trust=trust,
        expect=Expectations(status_max_age=trust.settings.status_max_age),
        memory=Memory(),
    )
    case = _Case(record=record, settings=settings, trust=trust, at=at)
    return _find(case, opened, at_hand, judgement)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One claim, and by what it is judged."""

    record: ClaimRecord
    settings: ClaimSettings
    trust: TrustRegistry
    at: Instant


def _find(
    case: _Case, opened: Sequence[Secured], at_hand: AtHand, judgement: Judgement
) -> ClaimFinding:
    consents = _Consents.open(case.record.patient, opened, at_hand.consents)
    opened = [one for one in opened if not says_it_is(one, CONSENT_CREDENTIAL)]
    documents = (*opened, *consents.credentials)
    gathered = gather(
        at_hand.evidence,
        # Each day that is claimed is asked about.
        lambda known: needs_together(
            documents, judgement.knowing(known), at_any_time=True
        ),
        at_hand.fetch,
    )
    judgement = recognizing(documents, judgement.knowing(gathered))
    case = replace(case, trust=judgement.trust or case.trust)
    licenses, unreadable = read_licenses(
        opened, judgement=judgement, earlier=at_hand.earlier, trust=case.trust
    )
    prepared = consents.prepared(case, judgement)
    items = tuple(
        _item(case, item, licenses=licenses, prepared=prepared)
        for item in case.record.items
    )
    return ClaimFinding(
        decision=together(one.decision for one in items),
        at=case.at,
        items=items,
        unreadable=unreadable,
        evidence=gathered.digest(),
        trust=case.trust.digest(),
    )


def _open(at_hand: AtHand) -> list[Secured]:
    if len(at_hand.credentials) > MAX_CREDENTIALS:
        message = f"more than {MAX_CREDENTIALS} credentials beside one claim"
        raise TooLarge(message, path="$.credentials")
    if len(at_hand.earlier) > MAX_EARLIER:
        message = f"evidence of more than {MAX_EARLIER} other times"
        raise TooLarge(message, path="$.earlier")
    found = []
    for number, document in enumerate(at_hand.credentials):
        with located(f"$.credentials[{number}]"):
            secured = open_document(document)
            if secured.kind not in {Kind.CREDENTIAL, Kind.SD_JWT}:
                raise MalformedValue("a credential has to stand here")
            found.append(secured)
    return found


# The patient's consents, about payment.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Consents:
    """The consents on file, opened; ``readable`` where each of them could be."""

    credentials: tuple[Secured, ...] = ()
    records: tuple[Mapping[str, JsonValue], ...] = ()
    readable: bool = True

    @classmethod
    def open(
        cls, patient: str | None, opened: Sequence[Secured], kept: Sequence[Document]
    ) -> _Consents:
        """What was presented and what is kept."""
        own = tuple(one for one in opened if says_it_is(one, CONSENT_CREDENTIAL))
        try:
            credentials, records = open_consents(patient or "", kept)
        except Unchecked:
            return cls(readable=False)
        return cls(credentials=(*own, *credentials), records=records)

    def prepared(self, case: _Case, judgement: Judgement) -> _Prepared | None:
        """The consents, asked about payment; ``None`` where one cannot be read."""
        if not self.readable:
            return None
        try:
            facts = verified_consents(
                self.credentials, self.records, judgement=judgement, trust=case.trust
            )
        except Unchecked:
            return None
        request = ConsentRequest(
            requester=case.settings.payer,
            patient=case.record.patient or "",
            purposes=frozenset({_PAYMENT}),
            time=case.at,
            action=case.settings.consent_action,
        )
        best, settings = at_best(facts), consent_settings(case.trust)
        return _Prepared(
            consents=consent_rules.prepare(facts, request, settings),
            at_best=None
            if best is None
            else consent_rules.prepare(best, request, settings),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """The consents as they were found, and as if none were out of reach."""

    consents: Prepared
    at_best: Prepared | None


def _consented(
    case: _Case, item: ClaimItem, prepared: _Prepared | None
) -> tuple[Outcome, str, tuple[Obligation, ...]]:
    if prepared is None:
        return Outcome.INDETERMINATE, "CONSENT_UNREADABLE", ()
    record = case.record
    resource = Resource(
        type=record.kind,
        id=None if record.id is None else f"{record.kind}/{record.id}",
        labels=record.labels,
        codes=frozenset(code for service in item.services for code in service),
        profiles=record.profiles,
        clinical=item.period,
        refers_to=record.references,
    )
    finding = _asked(prepared.consents, record, resource)
    if finding:
        return Outcome.PERMIT, finding.reasons[0].code, finding.obligations
    if finding.outcome == "indeterminate":
        return Outcome.INDETERMINATE, "CONSENT_INDETERMINATE", ()
    if prepared.at_best and _asked(prepared.at_best, record, resource):
        return Outcome.INDETERMINATE, "CONSENT_UNREADABLE", ()
    if finding.outcome == "not-applicable":
        return Outcome.DENY, "CONSENT_REQUIRED_FOR_PAYMENT", ()
    return Outcome.DENY, "CONSENT_DENIES_PAYMENT", ()


def _asked(
    prepared: Prepared, record: ClaimRecord, resource: Resource
) -> ConsentFinding:
    finding = prepared.check(resource)
    if not finding:
        return finding
    # What is permitted for its service is paid for by a claim that tells all else,
    # such as the diagnosis, which a rule may deny, as it may what somebody wrote
    # who is named in it. None permits by that alone.
    told = resource._replace(
        codes=record.codes, authors=record.references - {record.patient or ""}
    )
    found = prepared.check(told)
    return finding if found else found


# One item.


def _item(
    case: _Case,
    item: ClaimItem,
    *,
    licenses: tuple[KnownLicense, ...],
    prepared: _Prepared | None,
) -> ItemFinding:
    outcome, consent, duties = _consented(case, item, prepared)
    rendering = _rendering(item, case.settings)
    wrong = [*_wrong_with_claim(case.record), *_wrong_with_item(case, item, rendering)]
    answers: list[claim_rules.Answer] = []
    period = _whole(item.period)
    if not wrong and period is not None:
        question = _question(case, item, period, licenses)
        answers = [claim_rules.judge(member, question) for member in rendering]
    decision = together(
        [outcome, *(one.decision for one in answers), *(Outcome.DENY for _ in wrong)]
    )
    permitted = decision is Outcome.PERMIT
    codes = [(Outcome.DENY, code) for code in wrong]
    codes += [(one.decision, code) for one in answers for code in one.reasons]
    codes.append((outcome, consent))
    reasons = [code for kind in _GRAVITY for found, code in codes if found is kind]
    licensed = [
        Obligation(code, PROFILE_URI) for a in answers for code in a.obligations
    ]
    return ItemFinding(
        item=item.path,
        decision=decision,
        reasons=tuple(dict.fromkeys(reasons)),
        licenses=tuple(one.license for one in answers if one.license is not None),
        supports=tuple(dict.fromkeys(name for one in answers for name in one.supports)),
        obligations=tuple(dict.fromkeys([*duties, *licensed])) if permitted else (),
    )


# What refuses is told before what could not be told, and that before what is good.
_GRAVITY: Final = (Outcome.DENY, Outcome.INDETERMINATE, Outcome.PERMIT)


def _question(
    case: _Case,
    item: ClaimItem,
    whole: tuple[Instant, Instant],
    licenses: tuple[KnownLicense, ...],
) -> claim_rules.Question:
    start, end = whole
    services = [case.settings.service(codes) for codes in item.services]
    return claim_rules.Question(
        start=start,
        end=end,
        passed=Window(start, min(end, case.at)),
        services=tuple(one for one in services if one is not None),
        place=place_of(item.where, case.settings),
        licenses=licenses,
        trust=case.trust,
    )


def _whole(period: Span | None) -> tuple[Instant, Instant] | None:
    """The time of the service, where it begins and ends."""
    if period is None or period.start is None or period.end is None:
        return None
    return period.start, period.end


def _wrong_with_claim(record: ClaimRecord) -> list[str]:
    found = []
    if record.status != "active":
        found.append("CLAIM_NOT_ACTIVE")
    if record.use != "claim":
        found.append("CLAIM_NOT_FOR_SERVICE")
    if record.patient is None:
        found.append("PATIENT_UNKNOWN")
    return found


def _wrong_with_item(
    case: _Case, item: ClaimItem, rendering: Sequence[TeamMember]
) -> list[str]:
    found, period = [], item.period
    if item.unlinked:
        found.append("CARE_TEAM_UNKNOWN")
    if not rendering:
        found.append("RENDERING_PROVIDER_UNKNOWN")
    if any(case.settings.service(codes) is None for codes in item.services):
        found.append("SERVICE_UNKNOWN")
    if period is None:
        found.append("SERVICE_DATE_MISSING")
    elif period.start is None or period.end is None:
        found.append("SERVICE_PERIOD_OPEN")
    elif period.start >= case.at:
        found.append("SERVICE_DATE_IN_FUTURE")
    return found


def _rendering(item: ClaimItem, settings: ClaimSettings) -> list[TeamMember]:
    """Who rendered the service: by role, or the only one who states none."""
    if len(item.team) == 1 and item.team[0].roles is None:
        return list(item.team)
    return [one for one in item.team if (one.roles or set()) & settings.rendering_roles]
