"""Step 12 of the path: from verified credentials to facts the rules can read.

The rules are told what verification found, good or bad, and decide; so a revoked
license is reported as revoked and not as absent. A credential that cannot be read as
what it says it is becomes a finding of its own and never a fact.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from operator import is_
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from medid.access.consent_context import data_uses
from medid.access.consent_types import (
    ConsentFacts,
    ConsentSettings,
    CredentialFacts,
    Representative,
)
from medid.access.decision import Finding
from medid.access.license_facts import LicenseFacts
from medid.access.overlays.found import overlays
from medid.access.support import read_support
from medid.access.verified import (
    UNVERIFIED,
    check_not_left_to_holder,
    credential_of,
    disproved,
    for_others,
    in_its_vocabulary,
    is_unreached,
    signing_time,
    status_of,
    verified_of,
    window_of,
)
from medid.access.visa_types import NO_VISAS, VisaFacts
from medid.core import jcs
from medid.core.instant import Instant
from medid.core.records import replace
from medid.errors import (
    CanonicalizationError,
    IssuerNotAuthorized,
    IssuerNotTrusted,
    MedidError,
    Unchecked,
    child,
    located,
)
from medid.health.claims import check_nothing_withheld, check_shown_whole
from medid.health.consent import ConsentRecord
from medid.health.consent_tree import Span
from medid.health.license import License
from medid.health.references import unversioned
from medid.health.support_vocabulary import SUPPORT_CREDENTIALS
from medid.health.vocabulary import CONSENT_CREDENTIAL, LICENSE_CREDENTIAL
from medid.trust import LICENSE_TYPE
from medid.verifying.checks import Result
from medid.verifying.credential import CredentialVerdict, validity_of
from medid.verifying.opening import Kind, Secured, Securing
from medid.verifying.presentation import is_bound_elsewhere
from medid.verifying.proofs import issued_later

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from medid.access.license_facts import CredentialStatus
    from medid.core.instant import Window
    from medid.core.json import JsonObject
    from medid.health.words import CredentialType
    from medid.trust import TrustRegistry
    from medid.verifying.judging import Judgement

# As what a document is read that says it is several things: the first of them. What may
# be a refusal comes first: a license that cannot be read is passed over.
_KINDS: Final = (CONSENT_CREDENTIAL, LICENSE_CREDENTIAL, *SUPPORT_CREDENTIALS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the credentials at hand say.

    Attributes:
        licenses: One for each license credential that could be read.
        consents: One for each consent, presented or kept by the custodian.
        unreadable: What could not be read, and why.
        visas: The presenter's GA4GH visas.
        supports: One for each credential that could be read and supports a license.
        licensed: What verification found about each of ``licenses``, in their order.
        supported: The same of ``supports``.
        consented: The same of ``consents``; ``None`` for the custodian's own records.
    """

    licenses: tuple[LicenseFacts, ...] = ()
    consents: tuple[ConsentFacts, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    visas: VisaFacts = NO_VISAS
    supports: tuple[LicenseFacts, ...] = ()
    licensed: tuple[CredentialVerdict, ...] = field(default=(), repr=False)
    consented: tuple[CredentialVerdict | None, ...] = field(default=(), repr=False)
    supported: tuple[CredentialVerdict, ...] = field(default=(), repr=False)

    def identifiers_of(
        self, holder: str, *, trust: TrustRegistry, at: Instant
    ) -> frozenset[tuple[str, str]]:
        """System and value of what valid licenses of ``holder`` state.

        Whoever presents somebody else's license beside their own is not that person.

        Args:
            holder: Who presents.
            trust: Which boards count, for which places and professions.
            at: As of when.
        """
        return frozenset(
            identifier
            for license_, verdict in zip(self.licenses, self.licensed, strict=True)
            if verdict.verified and license_.holder == holder
            if _may_issue(license_, trust, at)
            for identifier in license_.identifiers
        )


def at_best(consents: Sequence[ConsentFacts]) -> tuple[ConsentFacts, ...] | None:
    """``consents``, as they were if what could not be had were all good.

    ``None`` where nothing is out of reach.
    """
    best = tuple(
        replace(one, credential=replace(one.credential, status="valid"))
        if one.credential is not None and one.credential.unreached
        else one
        for one in consents
    )
    return None if all(map(is_, best, consents)) else best


def _may_issue(license_: LicenseFacts, trust: TrustRegistry, at: Instant) -> bool:
    """Whether the board is believed about such a license, and so about the person."""
    try:
        trust.authorize(
            license_.issuer,
            LICENSE_TYPE,
            jurisdiction=license_.jurisdiction,
            professions=license_.professions,
            at=at,
            document=license_.document,
        )
    except (IssuerNotAuthorized, IssuerNotTrusted, Unchecked):
        return False
    return True


def read_facts(
    verdicts: Iterable[CredentialVerdict],
    *,
    kept: Iterable[JsonObject],
    trust: TrustRegistry,
    judgement: Judgement,
    presenter: str | None = None,
) -> Facts:
    """The facts in presented credentials and in consents that the custodian keeps.

    Args:
        verdicts: What verification found about each credential.
        kept: Plain FHIR Consents from the custodian's own store.
        trust: For the time zone of dates.
        judgement: The evidence that the verdicts stand on.
        presenter: Who presented them all, and has to hold the keys that they are
            bound to; ``None`` where nobody did, or where one presented itself.
    """
    zone = trust.settings.consent.timezone
    reading = _Reading(zone=zone, judgement=judgement, presenter=presenter)
    for number, resource in enumerate(kept, start=1):
        reading.consents.append(_kept(number, resource))
        reading.consented.append(None)
    for number, verdict in enumerate(_distinct(verdicts), start=1):
        try:
            with located(verdict.secured.path):
                reading.take(verdict, number)
        except MedidError as error:
            reading.unreadable.append(_unreadable(verdict, error))
    return Facts(
        licenses=tuple(reading.licenses),
        consents=tuple(_with_own_ids(reading.consents)),
        unreadable=tuple(reading.unreadable),
        licensed=tuple(reading.licensed),
        consented=tuple(reading.consented),
        supports=tuple(reading.supports),
        supported=tuple(reading.supported),
    )


class _Reading:
    """One reading: what was found so far."""

    def __init__(
        self, *, zone: str, judgement: Judgement, presenter: str | None
    ) -> None:
        self.licenses: list[LicenseFacts] = []
        self.consents: list[ConsentFacts] = []
        self.unreadable: list[Finding] = []
        self.licensed: list[CredentialVerdict] = []
        self.consented: list[CredentialVerdict | None] = []
        self.supports: list[LicenseFacts] = []
        self.supported: list[CredentialVerdict] = []
        self._zone = zone
        self._judgement = judgement
        self._presenter = presenter

    def take(self, verdict: CredentialVerdict, number: int) -> None:
        """Read one credential; types that the decision does not use are left."""
        kind = in_its_vocabulary(verdict, _kind_of(verdict.secured))
        if kind is LICENSE_CREDENTIAL:
            self._take_license(verdict, number)
        elif kind is CONSENT_CREDENTIAL:
            self.consents.append(_consent(verdict, number, self._judgement))
            self.consented.append(verdict)
        elif kind is not None:
            self._take_support(verdict, number, kind)

    def _take_support(
        self, verdict: CredentialVerdict, number: int, kind: CredentialType
    ) -> None:
        facts = read_support(verdict, kind, number=number, judgement=self._judgement)
        self.supports.append(self._bound(facts, verdict))
        self.supported.append(verdict)

    def _bound(self, facts: LicenseFacts, verdict: CredentialVerdict) -> LicenseFacts:
        """The facts, about nobody where they are bound to another key."""
        if is_bound_elsewhere(verdict.secured, self._presenter, self._judgement):
            return replace(facts, holder=None)
        return facts

    def _take_license(self, verdict: CredentialVerdict, number: int) -> None:
        found = _read_license(verdict, self._zone, self._judgement)
        identifier = found.credential_id or f"license-{number}"
        stated = verdict.secured.known.once(
            ("license-facts", self._zone, identifier),
            lambda: LicenseFacts.of(found, UNVERIFIED, identifier=identifier),
        )
        facts = replace(
            stated,
            verified=verified_of(verdict, self._judgement),
            window=window_of(found.window, verdict, self._judgement),
            document=verdict.secured.digest,
        )
        self.licenses.append(self._bound(facts, verdict))
        self.licensed.append(verdict)


def _distinct(verdicts: Iterable[CredentialVerdict]) -> list[CredentialVerdict]:
    """Each document once: a consent may be both presented and kept."""
    return list({_identity(one.secured): one for one in verdicts}.values())


def _identity(secured: Secured) -> bytes:
    """What tells documents apart: not how their JSON happens to be written."""
    return secured.known.once("identity", partial(_identity_of, secured))


def _identity_of(secured: Secured) -> bytes:
    if secured.securing is Securing.DATA_INTEGRITY:
        # What has no canonical form is told apart by its bytes.
        with suppress(CanonicalizationError):
            return jcs.canonicalize(secured.document)
    return secured.digest.encode()


def _with_own_ids(consents: Iterable[ConsentFacts]) -> Iterator[ConsentFacts]:
    """The consents, each with an id of its own, since reasons name them by it."""
    seen: set[str] = set()
    for number, consent in enumerate(consents, start=1):
        name = f"{consent.id}~{number}" if consent.id in seen else consent.id
        seen.add(name)
        yield consent if name == consent.id else replace(consent, id=name)


def _unreadable(verdict: CredentialVerdict, error: MedidError) -> Finding:
    kind = _kind_of(verdict.secured)
    return Finding(
        code=error.code,
        # What is no support for a license is no refusal of a patient's either.
        about="consent" if kind is CONSENT_CREDENTIAL else "license",
        message=error.message,
        path=error.path,
    )


def _kind_of(secured: Secured) -> CredentialType | None:
    return next((kind for kind in _KINDS if says_it_is(secured, kind)), None)


def says_it_is(secured: Secured, kind: CredentialType) -> bool:
    """Whether the document says that it is a credential of ``kind``."""
    if secured.kind is Kind.SD_JWT:
        return secured.document.get("vct") == kind.iri
    credential = secured.credential
    return credential is not None and kind.name in credential.types


def _read_license(
    verdict: CredentialVerdict, zone: str, judgement: Judgement
) -> License:
    secured = verdict.secured
    if secured.sd_jwt is not None:
        check_nothing_withheld(secured.sd_jwt, LICENSE_CREDENTIAL)
    if secured.kind is Kind.SD_JWT:
        return License.from_claims(secured.document, timezone=zone)
    found = secured.known.once(
        ("license", zone),
        lambda: License.from_credential(credential_of(secured), timezone=zone),
    )
    check_not_left_to_holder(verdict, judgement)
    return found


def _span(window: Window) -> Span:
    return Span(start=window.start, end=window.end)


def _consent(
    verdict: CredentialVerdict, number: int, judgement: Judgement
) -> ConsentFacts:
    secured = verdict.secured
    if secured.sd_jwt is not None:
        check_shown_whole(secured.sd_jwt)
    record = secured.known.once(
        "consent", lambda: ConsentRecord.from_credential(credential_of(secured))
    )
    check_not_left_to_holder(verdict, judgement)
    status = _consent_status(verdict, record, judgement)
    return ConsentFacts(
        id=record.credential_id or f"consent-{number}",
        resource=record.resource,
        credential=CredentialFacts(
            proof="invalid" if disproved(verdict) else "valid",
            status=status,
            issuer=record.issuer,
            subject=record.patient,
            validity=_span(validity_of(secured)),
            signed=_signed(secured),
            unreached=status == "unknown"
            and is_unreached(verdict)
            and _own_word(verdict, record, judgement) == "valid",
        ),
        known=secured.known,
        actor_bindings=frozenset(
            (unversioned(binding.reference), binding.did)
            for binding in record.actor_bindings
        ),
    )


def _signed(secured: Secured) -> Span | None:
    """When the credential was signed, which need not be when the consent is dated."""
    at = signing_time(secured)
    # Just that instant: a mandate that ended with it does not cover it.
    return None if at is None else Span(start=at, end=Instant(at.nanoseconds + 1))


def _consent_status(
    verdict: CredentialVerdict, record: ConsentRecord, judgement: Judgement
) -> CredentialStatus:
    status = status_of(verdict, absent="valid")
    if status != "valid":
        return status
    if verdict.result_of("proof") is not Result.PASS:
        # It may be a refusal whose key cannot be fetched just now: its permits do not
        # count, its denies do.
        return "unknown"
    return _own_word(verdict, record, judgement)


def _own_word(
    verdict: CredentialVerdict, record: ConsentRecord, judgement: Judgement
) -> CredentialStatus:
    """What a consent says itself of whether it counts, and for whom."""
    if issued_later(verdict.secured, judgement) is not None or for_others(verdict):
        return "unknown"  # by its own word nobody has said it yet, or not to us
    # Any other word than "given" permits nothing, and what it denies stays denied. The
    # same where the document contradicts itself about who gave it, or for whom.
    given = record.grantor in {None, record.issuer, record.patient}
    theirs = record.on_behalf_of in {None, record.patient}
    return "valid" if given and theirs and record.may_permit else "suspended"


def _kept(number: int, resource: JsonObject) -> ConsentFacts:
    name = resource.get("id")
    return ConsentFacts(
        id=name if isinstance(name, str) and name else f"kept-{number}",
        resource=resource,
    )


def consent_settings(trust: TrustRegistry) -> ConsentSettings:
    """The consent rules' settings, as the trust registry states them."""
    return trust.known.once("consent-settings", _consent_settings, trust)


def _consent_settings(trust: TrustRegistry) -> ConsentSettings:
    stated, path = trust.settings.consent, "$.consent"
    return ConsentSettings(
        default_policy=stated.default_policy,
        zone=ZoneInfo(stated.timezone),
        unlabelled_confidentiality=stated.unlabelled_confidentiality,
        all_labels_covered=stated.all_labels_covered,
        patient_dids={
            patient: frozenset(dids) for patient, dids in stated.patient_dids.items()
        },
        recorders=frozenset(stated.accepted_recorders),
        representatives=tuple(
            Representative(
                did=one.did,
                of=one.patient,
                kind=one.kind or "",
                authority=_span(one.window),
            )
            for one in stated.representatives
        ),
        overlays=overlays(stated.overlays, child(path, "overlays")),
        data_use=data_uses(stated.data_use, child(path, "dataUse")),
    )
