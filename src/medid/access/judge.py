"""Steps 6 to 14 of the path: judge a presentation against a request. Pure.

::

    6   verify proofs          verifying.presentation, verifying.credential
    7   check binding          challenge, domain, presenter
    8   check validity         as of ``at``
    9   check status           the status lists in the evidence
    10  check authority        access.license_rules, by the trust registry
    11  answer                 which credentials answer the question
    12  read facts             access.facts
    13  evaluate               access.license_rules, access.consent_rules
    14  conclude               this module

It reads no clock and no network. What it is given is all it knows, so the same
arguments give the same Decision years later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access import consent_rules, license_rules
from medid.access.challenge import answering
from medid.access.check_tree import Questions
from medid.access.consent_standing import IN_FORCE
from medid.access.consent_types import PROFILE_URI, Obligation
from medid.access.decision import Basis, Decision, Finding, Outcome
from medid.access.facts import Facts, at_best, consent_settings, read_facts
from medid.access.license_checks import AUTHORITY_UNKNOWN
from medid.access.license_findings import license_findings
from medid.access.support import MISSING, may_be_supported
from medid.access.visas import NO_PASSPORT, judge_passport
from medid.core.memory import Known
from medid.core.records import replace
from medid.core.version import VERSION
from medid.errors import HolderBindingError, MedidError, Unchecked
from medid.verifying.checks import Check, Result, ask
from medid.verifying.credential import CredentialVerdict, judge_credential
from medid.verifying.opening import Kind, Secured
from medid.verifying.presentation import judge_presentation, key_binding_check
from medid.verifying.recognizing import recognizing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.consent_rules import Prepared
    from medid.access.consent_types import ConsentFinding, Resource
    from medid.access.license_facts import LicenseFinding
    from medid.access.request import AccessRequest
    from medid.access.visas import PassportVerdict
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.trust import TrustRegistry
    from medid.verifying.judging import Judgement

# A gateway asks again after this long even where everything would hold for years.
DECISION_LIFETIME: Final = 300  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that one judgement looks at.

    Attributes:
        presented: The presentation, opened and not yet verified.
        request: What is asked.
        judgement: The evidence, the instant and what is expected.
        trust: Whose word counts, and the settings of the rules.
        kept: Consent credentials that the custodian keeps, opened.
        records: Plain FHIR Consents of the custodian's own record.
        challenge: What the challenge store said; ``None`` where nobody was asked.
        policy: The digest of the site's own policy, where there is one. What it says
            is asked for after the judgement.
        trust_until: When ``trust`` may be another; ``None`` where it does not change.
    """

    presented: Secured = field(repr=False)
    request: AccessRequest
    judgement: Judgement = field(repr=False)
    trust: TrustRegistry = field(repr=False)
    kept: tuple[Secured, ...] = field(default=(), repr=False)
    records: tuple[JsonObject, ...] = field(default=(), repr=False, hash=False)
    challenge: Check | None = None
    policy: str | None = None
    trust_until: Instant | None = None

    @property
    def at(self) -> Instant:
        """The instant as of which is judged."""
        return self.judgement.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Prejudged:
    """A judgement that only waits for the data: verified, and the license decided.

    Attributes:
        expires: From when another answer may be due, whatever the data.
        presenter: Who is proven to present.
        refused: The decision, where the data cannot change it any more.
        facts: What was read, for the record of the decision.
        unsupported: Whether the license would permit, were what supports it not out
            of reach.
        at_best: The consents, were none of them out of reach; ``None`` where none is.
        known: What is the same for every resource and was worked out before.
    """

    case: Case
    checks: tuple[Check, ...]
    questions: Questions = field(repr=False)
    basis: Basis
    expires: Instant
    presenter: str | None = field(default=None, repr=False)
    refused: Decision | None = None
    license: LicenseFinding | None = None
    consents: Prepared | None = field(default=None, repr=False)
    unreadable: tuple[Finding, ...] = ()
    facts: Facts | None = field(default=None, repr=False)
    unsupported: bool = False
    at_best: Prepared | None = field(default=None, repr=False)
    known: Known = field(default_factory=Known, compare=False, repr=False)

    def decision(self) -> Decision:
        """The decision about the resource that the request names."""
        zone = consent_settings(self.case.trust).zone
        return self.check(self.case.request.resource(zone))

    def check(self, resource: Resource | None) -> Decision:
        """The decision about one resource. Pure and synchronous."""
        if self.refused is not None:
            return self.refused
        license_, consents = self.license, self.consents
        if license_ is None or consents is None:
            return _refuse(self, Outcome.INDETERMINATE, ())
        best = self.at_best
        if best is None:
            return self.known.once(
                ("decision", consents.view(resource)),
                lambda: _conclude(self, license_, consents.check(resource)),
            )
        found = consents.check(resource)
        hidden = not found and bool(best.check(resource))
        return _conclude(self, license_, found, hidden=hidden)


def judge(case: Case) -> Decision:
    """The decision about the resource that the request names."""
    return prejudge(case).decision()


def prejudge(case: Case) -> Prejudged:
    """Everything about ``case`` that does not depend on the resource."""
    known = recognizing((case.presented, *case.kept), case.judgement)
    case = replace(case, judgement=known, trust=known.trust or case.trust)
    begun = replace(case, judgement=case.judgement.begun(case.presented))
    presenter, checks, verdicts = _verify(begun)
    passport = _passport(begun, presenter)
    checks += passport.checks
    prejudged = Prejudged(
        case=case,
        checks=(
            *checks,
            *(check for one in verdicts for check in one.checks),
            *passport.visas,
        ),
        questions=Questions(
            presentation=tuple(checks),
            credentials=tuple((one.secured.path, one.checks) for one in verdicts),
            visas=passport.visas,
        ),
        basis=_basis(case, passport.digests),
        expires=_earliest(_expires(case, verdicts), passport.expires),
    )
    failed = [check for check in checks if check.error is not None]
    if presenter is None or failed:
        return replace(prejudged, refused=_not_presented(prejudged, failed))
    facts = read_facts(
        verdicts,
        kept=case.records,
        trust=case.trust,
        judgement=case.judgement,
        # Who presents an SD-JWT that is its own presentation has shown that key.
        presenter=presenter if case.presented.kind is Kind.PRESENTATION else None,
    )
    facts = replace(facts, visas=passport.facts)
    prejudged = replace(prejudged, presenter=presenter, facts=facts)
    if any(_may_be_refusal(finding) for finding in facts.unreadable):
        refused = _refuse(prejudged, Outcome.INDETERMINATE, facts.unreadable)
        return replace(prejudged, refused=refused)
    return _evaluate(prejudged, facts, presenter)


def _may_be_refusal(finding: Finding) -> bool:
    return finding.about == "consent"


def _evaluate(prejudged: Prejudged, facts: Facts, presenter: str) -> Prejudged:
    case, settings = prejudged.case, consent_settings(prejudged.case.trust)
    asked = case.request.for_license(presenter=presenter, at=case.at)
    presented = (*facts.licenses, *facts.supports)
    found = license_rules.evaluate(presented, case.trust, asked)
    unsupported = not MISSING.isdisjoint(found.reasons)
    request = case.request.for_consents(
        presenter=presenter, at=case.at, zone=settings.zone
    )
    own = facts.identifiers_of(presenter, trust=case.trust, at=case.at)
    known = request.requester.identifiers | own
    requester = replace(request.requester, identifiers=known)
    request = replace(request, requester=requester, visas=facts.visas)
    consents = consent_rules.prepare(facts.consents, request, settings)
    best = at_best(facts.consents)
    return replace(
        prejudged,
        license=found,
        consents=consents,
        at_best=None
        if best is None
        else consent_rules.prepare(best, request, settings),
        unreadable=facts.unreadable,
        unsupported=unsupported and may_be_supported(presented, case.trust, asked),
        expires=_earliest(prejudged.expires, found.expires, consents.expires),
    )


# Verify.


def _verify(
    case: Case,
) -> tuple[str | None, list[Check], list[CredentialVerdict]]:
    if case.presented.kind is Kind.PRESENTATION:
        verdict = judge_presentation(case.presented, answering(case))
        presenter, checks = verdict.presenter, list(verdict.checks)
        verdicts = list(verdict.credentials)
    else:
        presenter, checks, verdicts = _verify_alone(case)
    if case.challenge is not None:
        checks.append(case.challenge)
    if presenter is not None:
        question = ask(
            "holder", "$.holder", lambda: _check_subject(case.request, presenter)
        )
        checks.append(question)
    verdicts += [judge_credential(one, case.judgement) for one in case.kept]
    return presenter, checks, verdicts


def _verify_alone(
    case: Case,
) -> tuple[str | None, list[Check], list[CredentialVerdict]]:
    """An SD-JWT presents itself: whoever signed its key binding presents."""
    verdict = judge_credential(case.presented, case.judgement)
    binding = key_binding_check(case.presented, case.judgement)
    subject = _subject_of(case.presented)
    if binding.result is Result.PASS and subject is not None:
        return subject, [binding], [verdict]
    unbound = ask("holder", "$", _nobody_presents)
    return None, [binding, unbound], [verdict]


def _subject_of(presented: Secured) -> str | None:
    """Whom an SD-JWT is about, where it is about one."""
    if presented.credential is not None:
        subjects = presented.credential.subjects
        return subjects[0].id if len(subjects) == 1 else None
    subject = presented.document.get("sub")
    return subject if isinstance(subject, str) else None


def _passport(case: Case, presenter: str | None) -> PassportVerdict:
    """What became of the passport; nothing where nobody is proven to present."""
    passport = case.request.passport
    if passport is None or presenter is None:
        return NO_PASSPORT
    return judge_passport(passport, presenter, case.judgement, case.trust)


def _nobody_presents() -> None:
    message = "nobody is proven to present this document"
    raise HolderBindingError(
        message, fix="send a presentation, or an SD-JWT with key binding"
    )


def _check_subject(request: AccessRequest, presenter: str) -> None:
    # A local name would say nothing about who presents, so it may not stand there.
    if request.subject != presenter:
        raise HolderBindingError(
            "the request is about another subject than the presenter",
            path="$.holder",
            fix="name the presenter's DID as subject.id of the request",
        )


# Conclude.

# What the license rules find where nothing could be fetched.
_OUTAGE: Final = frozenset({AUTHORITY_UNKNOWN, "PROOF_UNKNOWN", "STATUS_UNKNOWN"})
# What the default policy denies although a consent would permit is still a denial.
_REFUSALS: Final = {
    "permit": Outcome.DENY,
    "deny": Outcome.DENY,
    "not-applicable": Outcome.NOT_APPLICABLE,
    "indeterminate": Outcome.INDETERMINATE,
}


def _not_presented(prejudged: Prejudged, failed: Sequence[Check]) -> Decision:
    errors = [check.error for check in failed if check.error is not None]
    outcome = Outcome.DENY
    # Without an error, too: then nobody knows who presents.
    if all(isinstance(error, Unchecked) for error in errors):
        outcome = Outcome.INDETERMINATE
    return _refuse(prejudged, outcome, [error_finding(error) for error in errors])


def error_finding(error: MedidError) -> Finding:
    """An error of the presentation as a finding."""
    return Finding(
        code=error.code, about="presentation", message=error.message, path=error.path
    )


def _refuse(
    prejudged: Prejudged,
    outcome: Outcome,
    findings: Sequence[Finding],
    questions: Questions | None = None,
) -> Decision:
    return Decision(
        outcome=outcome,
        at=prejudged.case.at,
        findings=tuple(findings),
        checks=prejudged.checks,
        questions=questions or prejudged.questions,
        basis=prejudged.basis,
    )


def _consent_findings(found: ConsentFinding) -> tuple[Finding, ...]:
    reasons = [*found.reasons]
    if not found:
        # Why no consent permits: also those that count no more, with what ended them.
        reasons += [one for one in found.trace if one.code != IN_FORCE]
    return tuple(
        Finding(
            code=reason.code,
            about="consent",
            message=reason.message,
            credential=reason.consent,
            path=reason.path,
            rule=reason.rule,
        )
        for reason in dict.fromkeys(reasons)
    )


def _conclude(
    prejudged: Prejudged,
    license_: LicenseFinding,
    consent: ConsentFinding,
    *,
    hidden: bool = False,
) -> Decision:
    findings = (
        *license_findings(license_),
        *_consent_findings(consent),
        *prejudged.unreadable,
    )
    questions = replace(prejudged.questions, license=license_, consent=consent)
    if license_.decision != "permit":
        return _refuse(prejudged, _unlicensed(prejudged, license_), findings, questions)
    if not consent:
        # A consent that could not be checked and would permit is no denial, either.
        outcome = Outcome.INDETERMINATE if hidden else _REFUSALS[consent.outcome]
        return _refuse(prejudged, outcome, findings, questions)
    licensed = tuple(Obligation(code, PROFILE_URI) for code in license_.obligations)
    return Decision(
        outcome=Outcome.PERMIT,
        at=prejudged.case.at,
        findings=findings,
        obligations=(*consent.obligations, *licensed),
        expires=prejudged.expires,
        checks=prejudged.checks,
        questions=questions,
        basis=prejudged.basis,
    )


def _unlicensed(prejudged: Prejudged, license_: LicenseFinding) -> Outcome:
    """An outage is no denial: key or status was out of reach, and all else is well."""
    missed = [
        isinstance(check.error, Unchecked)
        for _, checks in prejudged.questions.credentials
        for check in checks
        if check.error is not None and not check.advisory
    ]
    hidden = prejudged.unsupported or _OUTAGE.issuperset(license_.reasons)
    # For which place and profession an issuer counts, the license rules alone ask.
    outage = bool(missed) or AUTHORITY_UNKNOWN in license_.reasons
    if hidden and outage and all(missed):
        return Outcome.INDETERMINATE
    return Outcome.DENY


def _expires(case: Case, verdicts: Sequence[CredentialVerdict]) -> Instant:
    latest = case.at.plus(DECISION_LIFETIME)
    known = (verdict.fresh_until for verdict in verdicts)
    return _earliest(latest, case.trust_until, *known)


def _earliest(first: Instant, *others: Instant | None) -> Instant:
    return min([first, *(other for other in others if other is not None)])


def _basis(case: Case, visas: tuple[str, ...]) -> Basis:
    return Basis(
        presentation=case.presented.digest,
        evidence=case.judgement.evidence.digest(),
        trust=case.trust.digest(),
        policy=case.policy,
        overlays=consent_settings(case.trust).versions(),
        visas=visas,
        profile=PROFILE_URI,
        library=VERSION,
    )
