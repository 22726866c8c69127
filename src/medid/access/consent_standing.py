"""Whether one consent on file counts at all, before its rules are asked.

Steps, in this order: (1) the credential's proof, status and window (CR1), (2) the
patient (E1), (3) who issued it (CR2), (4) FHIR status (E2), (5) when it was signed, by
a representative (CR2), (6) scope (E3), (7) period (E4), (8) its rules can be read in
full (E15). A step says that the consent is not in
force, or that it cannot be understood; the last gives its rules. Knows no default
policy and no other consent.

Spec: https://w3id.org/medid/consent-evaluation/1#standing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, NoReturn

from medid.access.consent_types import Reason
from medid.core import json
from medid.core.fields import as_object
from medid.core.records import replace
from medid.errors import MedidError
from medid.health import fhir
from medid.health.references import may_be_same, namespace, on_this_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.access.consent_types import (
        ConsentFacts,
        ConsentRequest,
        ConsentSettings,
        CredentialFacts,
    )
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.health.consent_tree import Header, Rule, Span

IN_FORCE: Final = "CONSENT_IN_FORCE"
_ROOT: Final = "$"  # shown as the path where the whole consent is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What became of one consent.

    Attributes:
        facts: The consent.
        state: Whether its rules are asked.
        reason: Why it stands so.
        rule: Its rules, where it is in force.
        permits_count: Whether its permits may be relied on, or only its denies.
        bounds: The instants at which this standing, or one of its rules, may change.
        period: When the consent says that it is in force, if it does.
        signed: Whether it says, or its credential shows, when it was given.
    """

    facts: ConsentFacts
    state: Literal["in-force", "not-in-force", "indeterminate"]
    reason: Reason
    rule: Rule | None = None
    permits_count: bool = True
    bounds: tuple[Instant, ...] = ()
    period: Span | None = None
    signed: bool = False


class _Stop(Exception):
    """The consent does not count, which is no error. Never leaves this module."""

    def __init__(self, reason: Reason, bounds: tuple[Instant, ...]) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.bounds = bounds


def stand(
    facts: ConsentFacts, request: ConsentRequest, settings: ConsentSettings
) -> Standing:
    """What becomes of one consent in one request; never raises for a bad consent."""
    try:
        return _stand(facts, request, settings)
    except _Stop as stop:
        return Standing(
            facts=facts,
            state="not-in-force",
            reason=replace(stop.reason, consent=facts.id),
            bounds=stop.bounds,
        )
    except MedidError as error:
        reason = Reason(
            code="CONSENT_INDETERMINATE",
            rule="E15",
            message="a consent that cannot be understood may be a refusal",
            consent=facts.id,
            path=error.path.removeprefix("$.") or _ROOT,
        )
        return Standing(facts=facts, state="indeterminate", reason=reason)


def _stand(
    facts: ConsentFacts, request: ConsentRequest, settings: ConsentSettings
) -> Standing:
    _check_credential(facts.credential, request)
    read = _Reader(facts, settings)
    patient = _patient(read.patient(), facts.credential, request.patient, settings)
    mandates = _mandates(facts.credential, patient.names, settings)
    if read.status() != "active":
        _stop("CONSENT_NOT_ACTIVE", "E2", "the consent's status is not active")
    header = read.header()
    _check_signed(facts.credential, header, mandates)
    if not header.disclosing:
        _stop("CONSENT_SCOPE", "E3", "the consent's scope authorises no disclosure")
    bounds = _edges(header.period)
    if header.period is not None and not header.period.contains(request.time):
        _stop("CONSENT_PERIOD", "E4", "the request is outside its period", bounds)
    rule = read.rule()
    if rule is None:
        _stop("CONSENT_NON_COMPUTABLE", "E15", "non-computable consent on file")
    reason = _in_force(facts, patient)
    edges = (*bounds, *_edges(_window(facts.credential)), *_rule_edges(rule))
    return Standing(
        facts=facts,
        state="in-force",
        reason=reason,
        rule=rule,
        permits_count=reason.code == IN_FORCE,
        bounds=edges,
        period=header.period,
        signed=header.signed is not None or _is_dated(facts.credential),
    )


class _Reader:
    """One consent, each part of which is read when it is first asked for."""

    def __init__(self, facts: ConsentFacts, settings: ConsentSettings) -> None:
        self._once = facts.known.once
        self._zone = settings.zone
        stated = settings.fhir_version
        self._resource, self._release = self._once(
            ("fhir", stated), lambda: _checked(facts.resource, stated)
        )

    def patient(self) -> str | None:
        """Whose data it is about."""
        name = ("fhir-patient", self._release)
        return self._once(name, lambda: fhir.patient(self._resource, self._release))

    def status(self) -> str:
        """Its FHIR status."""
        name = ("fhir-status", self._release)
        return self._once(name, lambda: fhir.status(self._resource, self._release))

    def header(self) -> Header:
        """What it says of itself."""
        return self._once(
            ("fhir-header", self._release, self._zone),
            lambda: fhir.header(self._resource, self._release, self._zone),
        )

    def rule(self) -> Rule | None:
        """Its rules; ``None`` where they cannot be computed."""
        return self._once(
            ("fhir-rule", self._release, self._zone),
            lambda: fhir.rule(self._resource, self._release, self._zone),
        )


def _checked(resource: JsonObject, stated: str | None) -> tuple[JsonObject, str]:
    """A copy of the resource, held to the rules of strict JSON, and its release."""
    copied = as_object(json.check(resource), "$")
    return copied, fhir.version(copied, stated)


def patient_names(patient: str, settings: ConsentSettings) -> frozenset[str]:
    """The reference and the DIDs that all mean the requested patient (E1)."""
    local = _local_names(patient, settings)
    # A patient has another DID for each custodian, and may refuse under any of them.
    dids = [settings.patient_dids.get(name, frozenset()) for name in local]
    return frozenset(local).union(*dids)


def names_on_file(patient: str, settings: ConsentSettings) -> tuple[str, ...]:
    """All that the requested patient may be called where consents are kept."""
    names = patient_names(patient, settings) | _names_alike(patient, settings)
    return (patient, *sorted(names - {patient}))


def _local_names(patient: str, settings: ConsentSettings) -> tuple[str, ...]:
    """The requested patient, and every local reference of whom that DID is."""
    bound = settings.patient_dids
    return (patient, *sorted(name for name, dids in bound.items() if patient in dids))


def _names_alike(patient: str, settings: ConsentSettings) -> frozenset[str]:
    """What may mean the requested patient as well, on this server or another one."""
    bound = settings.patient_dids
    local = _local_names(patient, settings)
    ends = tuple(f"/{name}" for name in local)
    alike = {key for key in bound if key.endswith(ends) and _may_be_any(key, local)}
    alike |= {here for name in local if (here := on_this_server(name)) != name}
    return frozenset(alike).union(*(bound.get(name, frozenset()) for name in alike))


def may_be_of_another(
    facts: ConsentFacts, patient: str, settings: ConsentSettings
) -> bool:
    """Whether a consent surely is, or may be, that of somebody else.

    It may be, where only one of it and the request names the server of the patient. One
    whose patient cannot be read is of whom it is on file for.
    """
    try:
        stated = _Reader(facts, settings).patient()
        return not _patient(stated, facts.credential, patient, settings).certain
    except _Stop:
        return True
    except MedidError:
        return False


def _stop(
    code: str, rule: str, message: str, bounds: tuple[Instant, ...] = ()
) -> NoReturn:
    raise _Stop(Reason(code=code, rule=rule, message=message), bounds)


def _check_credential(found: CredentialFacts | None, request: ConsentRequest) -> None:
    if found is None:
        return
    if found.proof != "valid":
        _stop("CONSENT_PROOF_INVALID", "CR1", "the credential's proof is not valid")
    # A revoked deny stops denying. An unknown status or a suspension does not: then
    # the consent's permits do not count, and its denies still do.
    if found.status == "revoked":
        _stop("CONSENT_REVOKED", "CR1", "the credential was revoked")
    if not found.validity.contains(request.time):
        message = "the request is outside the credential's validity"
        _stop("CONSENT_VALIDITY", "CR1", message, _edges(found.validity))


class _Patient(NamedTuple):
    """What a consent calls its patient, and whether that surely is the requested."""

    names: frozenset[str]
    certain: bool


def _patient(
    stated: str | None,
    credential: CredentialFacts | None,
    requested: str,
    settings: ConsentSettings,
) -> _Patient:
    subject = stated
    if credential is not None and credential.subject is not None:
        subject = credential.subject
    names = patient_names(requested, settings)
    if stated in names and subject in names:
        return _Patient(names, certain=True)
    # Whether an id of this server is that of a server that is named cannot be told. So
    # such a consent may be the patient's refusal, and is nobody's permission.
    local = _local_names(requested, settings)
    named = {it for it in (stated, subject) if it and _may_be_any(it, local)}
    wider = names | _names_alike(requested, settings) | named
    # A number, or a name of a Bundle's own, does not say that it is somebody else than
    # whom the credential is about.
    unnamed = stated is None or namespace(stated) == stated
    if stated not in wider and not (unnamed and subject in names):
        _stop("CONSENT_OTHER_PATIENT", "E1", "not about the requested patient")
    if subject not in wider:
        message = "the credential's subject is not the requested patient"
        _stop("CONSENT_OTHER_SUBJECT", "E1", message)
    dids = (settings.patient_dids.get(name, frozenset()) for name in named)
    return _Patient(wider.union(*dids), certain=False)


def _may_be_any(reference: str, names: Sequence[str]) -> bool:
    return any(may_be_same(reference, name) for name in names)


def _mandates(
    credential: CredentialFacts | None,
    patient: frozenset[str],
    settings: ConsentSettings,
) -> tuple[Span, ...] | None:
    """When its issuer could consent for the patient; ``None`` is at any time."""
    if credential is None:
        return None
    issuer = credential.issuer
    if issuer is not None and (issuer in patient or issuer in settings.recorders):
        return None
    found = tuple(
        it.authority
        for it in settings.representatives
        if it.did == issuer and it.of in patient
    )
    if not found:
        # What a stranger wrote is nobody's refusal, whether or not it can be read.
        _not_entitled()
    return found


def _check_signed(
    credential: CredentialFacts | None,
    header: Header,
    mandates: tuple[Span, ...] | None,
) -> None:
    if credential is None or mandates is None:
        return
    signed = credential.signed or header.signed
    if signed is None or not any(span.covers(signed) for span in mandates):
        _not_entitled()


def _not_entitled() -> NoReturn:
    message = "not issued by the patient, a recorder or an entitled representative"
    _stop("CONSENT_ISSUER", "CR2", message)


def _in_force(facts: ConsentFacts, patient: _Patient) -> Reason:
    if not patient.certain:
        code, rule = "CONSENT_PATIENT_UNKNOWN", "E1"
        message = "who its patient is cannot be told: only its denies count"
    elif facts.credential is None or facts.credential.status == "valid":
        code, rule, message = "CONSENT_IN_FORCE", "E4", "the consent is in force"
    else:
        code, rule = "CONSENT_STATUS_UNKNOWN", "CR1"
        message = "its status is not known to be valid: only its denies count"
    return Reason(code=code, rule=rule, message=message, consent=facts.id)


def _is_dated(credential: CredentialFacts | None) -> bool:
    return credential is not None and credential.signed is not None


def _window(credential: CredentialFacts | None) -> Span | None:
    return None if credential is None else credential.validity


def _edges(span: Span | None) -> tuple[Instant, ...]:
    if span is None:
        return ()
    return tuple(edge for edge in (span.start, span.end) if edge is not None)


def _rule_edges(rule: Rule) -> Iterator[Instant]:
    yield from _edges(rule.criteria.period)
    for exception in rule.exceptions:
        yield from _rule_edges(exception)
