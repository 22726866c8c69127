"""Consent receipts: what a patient keeps of a consent, and an auditor asks for.

Made of a signed consent and of what only the custodian can say: who it is, where the
records are stored and for how long. Nothing is made up: a member that neither states is
left out where the specification lets it be absent, and refused where it does not.
Two forms: the fields of ISO/IEC TS 27560:2023, and Kantara Consent Receipt 1.1.

Spec: https://www.iso.org/standard/80392.html,
https://w3id.org/dpv/guides/consent-27560,
https://kantarainitiative.org/download/7902/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from medid.errors import MalformedValue, MissingFact, child
from medid.health import fhir
from medid.health.codes import ACT_CODE, ACT_REASON, RESOURCE_TYPES
from medid.health.drafts import draft
from medid.health.receipt_vocabulary import ISO_27560, KANTARA, RECEIPT_CREDENTIAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.health.codes import Coding
    from medid.health.consent import ConsentRecord
    from medid.health.consent_tree import Actor, Criteria, DataReference, Rule, Span
    from medid.health.drafts import Frame
    from medid.health.receipt_controller import PiiController

ISO_SCHEMA: Final = "https://w3id.org/medid/health/receipts/v1#iso-27560"
KANTARA_VERSION: Final = "KI-CR-v1.1.0"

_DPV: Final = "https://w3id.org/dpv#"
_EXPLICIT: Final = _DPV + "ExplicitlyExpressedConsent"
_WITHDRAWN: Final = "ConsentWithdrawn"
_HEALTH: Final = "health data"
_UNTIL_WITHDRAWN: Final = "until withdrawn"
_RULES: Final = "$.credentialSubject.consent.provision"
_OPEN: Final = ".."  # the side of an interval that has no end, by ISO 8601-2
_SECOND: Final = 1_000_000_000  # nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """When a consent was given, and withdrawn where it was."""

    given: Instant
    withdrawn: Instant | None = None


def iso_27560(
    record: ConsentRecord,
    controller: PiiController,
    outline: Outline,
    *,
    receipt_id: str,
) -> JsonObject:
    """The receipt with the fields of ISO/IEC TS 27560:2023.

    Args:
        record: What the verified credential says.
        controller: The custodian.
        outline: What happened to the consent.
        receipt_id: A new random ``urn:uuid:``.

    Raises:
        MissingFact: The consent has no id, no rules or no purpose.
        MalformedValue: Its rules cannot be read in full.
    """
    rule = _rule(record)
    recipients = [_named(it) for it in _recipients(rule)]
    purposes: list[JsonValue] = [
        {
            "purpose": one.code,
            "purpose_type": f"{one.system}#{one.code}",
            "lawful_basis": [*(record.legal_bases or (_DPV + "Consent",))],
            "pii_information": _pii(rule),
            "pii_controllers": [controller.id],
            "collection_method": controller.collection_method,
            "storage_locations": [*controller.storage_locations],
            "retention_period": controller.retention_period,
            "service": controller.service,
            "jurisdiction": controller.jurisdiction,
            "recipient_third_parties": [*recipients],
            "withdrawal_method": controller.withdrawal_method,
        }
        for one in _purposes(rule)
    ]
    parties: list[JsonValue] = [_party(controller)]
    parties += [{"party_id": it, "party_role": "recipient"} for it in recipients]
    return {
        "schema_version": ISO_SCHEMA,
        "receipt_id": receipt_id,
        "record_id": _record_id(record),
        "pii_principal_id": record.patient,
        "pii_processing": {
            "privacy_notice": controller.privacy_notice,
            "language": controller.language,
            "purposes": purposes,
        },
        "party_identification": parties,
        "event": [*_events(record, rule, outline)],
    }


def kantara(
    record: ConsentRecord,
    controller: PiiController,
    outline: Outline,
    *,
    receipt_id: str,
) -> JsonObject:
    """The receipt in the form of Kantara Consent Receipt 1.1.

    Takes what ``iso_27560`` takes. A Kantara receipt has no member for a withdrawal: of
    a consent that was withdrawn there is none.

    Raises:
        MissingFact: As ``iso_27560`` does, or the custodian has no email or phone.
        MalformedValue: Its rules cannot be read in full, or it was withdrawn.
    """
    if outline.withdrawn is not None:
        message = "a Kantara receipt cannot tell of a withdrawal"
        raise MalformedValue(message, fix=f"take the form {ISO_27560}")
    rule = _rule(record)
    recipients = [_named(it) for it in _recipients(rule)]
    # It has no member for what is kept back, and must not say that it is not.
    kept = "".join(f", except {one}" for one in _kept_back(rule))
    purposes: list[JsonValue] = [
        {
            "purpose": one.code,
            "purposeCategory": [f"{one.system}#{one.code}"],
            "consentType": "EXPLICIT",
            "piiCategory": [f"{kind}{kept}" for kind in _kinds(rule.criteria)],
            "termination": _ends(record, rule),
            "thirdPartyDisclosure": True,
            "thirdPartyName": ", ".join(recipients),
        }
        for one in _purposes(rule)
    ]
    _record_id(record)
    return {
        "version": KANTARA_VERSION,
        "jurisdiction": controller.jurisdiction,
        "consentTimestamp": outline.given.nanoseconds // _SECOND,
        "collectionMethod": controller.collection_method,
        "consentReceiptID": receipt_id,
        "language": controller.language,
        "piiPrincipalId": record.patient,
        "piiControllers": [_kantara_controller(controller)],
        "policyUrl": controller.privacy_notice,
        "services": [{"service": controller.service, "purposes": purposes}],
        "sensitive": True,
        "spiCat": [_HEALTH],
    }


def receipt_credential(
    frame: Frame, receipt: JsonObject, *, form: str, patient: str
) -> JsonObject:
    """The draft of a credential that holds ``receipt``.

    Args:
        frame: What the credential says about itself.
        receipt: What ``iso_27560`` or ``kantara`` gave.
        form: Which of the two: ``iso-27560`` or ``kantara-1.1``.
        patient: The DID of the patient.

    Raises:
        MalformedValue: It would be refused once signed.
    """
    subject: JsonObject = {
        "id": patient,
        "receiptFormat": form,
        "consentReceipt": receipt,
    }
    return draft(frame, RECEIPT_CREDENTIAL, subject)


#: Each form, by its name.
MAKERS: Final = ((ISO_27560, iso_27560), (KANTARA, kantara))


# What the consent says.


def _rule(record: ConsentRecord) -> Rule:
    # A receipt repeats days as they are written, so no zone changes what it says.
    found = fhir.rule(record.resource, fhir.version(record.resource), UTC)
    if found is None:
        message = "a consent without rules has nothing to confirm"
        raise MissingFact(message, path=_RULES)
    if not found.permit or any(below.permit for below in found.exceptions):
        # A receipt has no words for a refusal, nor for what a refusal lets pass.
        message = "only a permit, and what is kept back from it, can be confirmed"
        raise MalformedValue(message, path=_RULES)
    return found


def _record_id(record: ConsentRecord) -> str:
    if record.credential_id is None:
        raise MissingFact("the consent has no id", path="$.id")
    return record.credential_id


def _purposes(rule: Rule) -> Sequence[Coding]:
    if not rule.criteria.purposes:
        message = "a receipt needs the purposes of the consent"
        raise MissingFact(message, path=child(_RULES, "purpose"))
    return rule.criteria.purposes


def _recipients(rule: Rule) -> Sequence[Actor]:
    if not rule.criteria.recipients:
        message = "a receipt needs the recipients of the consent"
        raise MissingFact(message, path=child(_RULES, "actor"))
    return rule.criteria.recipients


def _named(actor: Actor) -> str:
    numbers = (*actor.identifiers, *actor.former)
    names = [f"{system}|{value}" for system, value in numbers]
    return ", ".join([actor.reference, *names] if actor.reference else names)


def _kinds(criteria: Criteria) -> list[str]:
    """The records of a rule, by their codes; health data where none restricts it.

    Where several attributes do, each of their codes is told: a category may be wider
    than what is allowed of it.
    """
    codes, dated = _attributes(criteria), _dated(criteria.data_period)
    return [f"{one}{dated}" for some in codes for one in some] or [f"{_HEALTH}{dated}"]


def _kept_back(rule: Rule) -> list[str]:
    """What the exceptions keep back, and not more: what must all hold is one text."""
    found: list[str] = []
    for below in rule.exceptions:
        codes, dated = _attributes(below.criteria), _dated(below.criteria.data_period)
        if len(codes) == 1 and not dated:
            found += codes[0]
            continue
        parts = [f"({' or '.join(some)})" if some[1:] else some[0] for some in codes]
        found.append(f"{' and '.join(parts) or _HEALTH}{dated}")
    return found


def _attributes(criteria: Criteria) -> list[list[str]]:
    """The values of each attribute that restricts which records are meant."""
    codings = (
        *(criteria.classes, criteria.document_types),
        *(criteria.labels, criteria.codes),
    )
    found = [[_short(it) for it in some] for some in codings if some]
    if criteria.data:
        found.append([_referred(it) for it in criteria.data])
    return found


def _referred(data: DataReference) -> str:
    itself = data.meaning == "instance"
    return data.reference if itself else f"{data.meaning} {data.reference}"


def _dated(span: Span | None) -> str:
    if span is None:
        return ""
    return f" dated {span.start or _OPEN}/{span.end or _OPEN}"


def _short(coding: Coding) -> str:
    known = coding.system in RESOURCE_TYPES or coding.system in {ACT_CODE, ACT_REASON}
    return coding.code if known else f"{coding.system}|{coding.code}"


def _pii(rule: Rule) -> list[JsonValue]:
    return [
        {
            "pii_type": one,
            "special_pii_category": _HEALTH,
            "pii_excluded": [*_kept_back(rule)],
        }
        for one in _kinds(rule.criteria)
    ]


def _ends(record: ConsentRecord, rule: Rule) -> str:
    period = rule.criteria.period
    ends = [record.window.end, None if period is None else period.end]
    first = min((it for it in ends if it is not None), default=None)
    return _UNTIL_WITHDRAWN if first is None else str(first)


def _events(record: ConsentRecord, rule: Rule, outline: Outline) -> list[JsonObject]:
    given: JsonObject = {
        "event_time": str(outline.given),
        "validity_duration": _ends(record, rule),
        "entity_id": record.grantor or record.issuer,
        "event_type": _EXPLICIT,
        "event_state": record.status,
    }
    if outline.withdrawn is None:
        return [given]
    ended = {"event_time": str(outline.withdrawn), "event_state": _WITHDRAWN}
    return [given, {**given, **ended, "validity_duration": str(outline.withdrawn)}]


# What the custodian says.


def _party(one: PiiController) -> JsonObject:
    found: JsonObject = {
        "party_id": one.id,
        "party_name": one.name,
        "party_address": dict(one.address),
        "party_contact": one.contact,
        "party_role": "PII controller",
        "party_type": "organization",
    }
    for name, value in (("email", one.email), ("phone", one.phone), ("url", one.url)):
        if value is not None:
            found[f"party_{name}"] = value
    return found


def _kantara_controller(one: PiiController) -> JsonObject:
    for name, value in (("email", one.email), ("phone", one.phone)):
        if value is None:
            message = "a Kantara receipt needs it of the custodian"
            raise MissingFact(message, path=child("$", name))
    found: JsonObject = {
        "piiController": one.name,
        "onBehalf": False,
        "contact": one.contact,
        "address": dict(one.address),
        "email": one.email,
        "phone": one.phone,
    }
    if one.url is not None:
        found["piiControllerUrl"] = one.url
    return found
