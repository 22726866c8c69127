"""A grant -> the FHIR R4 Consent that says it, and the draft of its credential.

The consent's root permits; each exception is a rule that denies. By the consent profile
a rule that denies stands alone and reaches everybody it is not restricted to others by,
so each repeats whom, what for and which actions the grant is about: what is kept back
from a cardiologist is not kept back from a psychiatrist.

Spec: https://hl7.org/fhir/R4/consent.html, https://w3id.org/medid/consent-evaluation/1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.instant import Instant, Window
from medid.core.records import replace
from medid.dids.syntax import Did
from medid.errors import MalformedValue
from medid.health.codes import (
    ACT_CODE,
    ACT_REASON,
    CONFIDENTIALITY,
    CONSENT_ACTION,
    CONSENT_SCOPE,
    LOINC,
    PARTICIPATION_TYPE,
)
from medid.health.drafts import consent_credential
from medid.health.grants import Days, check_grant

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.health.drafts import Frame
    from medid.health.grants import Data, Grant, Recipient

_TYPES: Final = "http://hl7.org/fhir/resource-types"
_CONSENT_DOCUMENT: Final = {"system": LOINC, "code": "59284-0"}
_DAY: Final = 86_400  # seconds
_WEST: Final = 12 * 3_600  # seconds by which the last zone on earth is behind UTC
_EAST: Final = 14 * 3_600  # seconds by which the first is ahead


def fhir_consent(
    grant: Grant, *, patient: str, performer: str, at: Instant
) -> JsonObject:
    """The FHIR R4 Consent that states ``grant``.

    Args:
        grant: What is allowed.
        patient: The DID of the patient, or a reference of the custodian's.
        performer: Who grants: the patient, or who represents them.
        at: When it is granted.

    Raises:
        MalformedValue: The grant never holds, or leaves nothing.
    """
    check_grant(grant)
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": _concept(CONSENT_SCOPE, "patient-privacy"),
        "category": [{"coding": [dict(_CONSENT_DOCUMENT)]}],
        "patient": {"reference": patient},
        "dateTime": str(at),
        "performer": [{"reference": performer}],
        "policyRule": _concept(ACT_CODE, "OPTIN"),
        "provision": _provision(grant),
    }


def grant_credential(
    grant: Grant, frame: Frame, *, patient: str, at: Instant
) -> JsonObject:
    """The draft of the consent credential that states ``grant``.

    Args:
        grant: What is allowed.
        frame: Id, issuer and status entries; its window ends with the grant at last.
        patient: The DID of the patient, another one for every custodian.
        at: When it is granted and signed.

    Raises:
        MalformedValue: The grant never holds, is over already, or is signed outside the
            days of the mandate that it is signed by; or the draft would be refused.
        InvalidDid: The patient is not named by a DID.
    """
    Did.parse(patient)
    issuer = frame.issuer if isinstance(frame.issuer, str) else str(frame.issuer["id"])
    check_mandate(grant, patient=patient, at=at)
    terms: JsonObject = {}
    performer = issuer
    if grant.representation is None:
        # Who records for a patient signs what the patient granted.
        performer = patient
        terms["grantor"] = patient
    else:
        terms["grantor"] = issuer
        terms["onBehalfOf"] = patient
        if grant.representation.credential is not None:
            terms["representation"] = grant.representation.credential
    consent = fhir_consent(grant, patient=patient, performer=performer, at=at)
    window = frame.window.intersect(credential_window(grant, at=at))
    return consent_credential(
        replace(frame, window=window), patient=patient, consent=consent, terms=terms
    )


def credential_window(grant: Grant, *, at: Instant) -> Window:
    """When the credential holds: from its signing until the grant's end has passed.

    A day ends at another instant in each zone, and the verifier knows which one counts.
    So the credential lasts until the day is over everywhere, and the period inside it
    decides.

    Raises:
        MalformedValue: The grant is over already, wherever its days are counted.
    """
    if not grant.last_day:
        return Window(at, None)
    end = Instant.from_date(grant.last_day).plus(_DAY + _WEST)
    if at >= end:
        fix = "choose a last day that is to come"
        raise MalformedValue("the grant is over already", path="$.until", fix=fix)
    return Window(at, end)


def check_mandate(grant: Grant, *, patient: str, at: Instant) -> None:
    """Return if who represents the patient may sign for them at ``at``.

    A day counts where it has begun, or not ended, somewhere on earth; verifiers hold
    the signature to the dates that their trust registry states.

    Raises:
        MalformedValue: The mandate is another patient's, has not begun or has ended.
    """
    mandate = grant.representation
    if mandate is None:
        return
    if mandate.of != patient:
        message = "the mandate is for another patient"
        raise MalformedValue(message, path="$.representation.of")
    start, last = mandate.days.start, mandate.last_day
    if start and at < Instant.from_date(start).plus(-_EAST):
        message = "the mandate has not begun"
        raise MalformedValue(message, path="$.representation.from")
    if last and at >= Instant.from_date(last).plus(_DAY + _WEST):
        fix = "the patient, or who represents them now, has to grant"
        message = "the mandate has ended"
        raise MalformedValue(message, path="$.representation.until", fix=fix)


def _provision(grant: Grant) -> JsonObject:
    found: JsonObject = {"type": "permit"}
    days = Days(start=grant.days.start, end=grant.last_day)
    if days != Days():
        found["period"] = _period(days)
    found |= _asking(grant) | _data(grant.what)
    if grant.but_not:
        found["provision"] = [
            {"type": "deny", **_asking(grant), **_data(it)} for it in grant.but_not
        ]
    return found


def _asking(grant: Grant) -> JsonObject:
    """Who, which actions and what for."""
    return {
        "actor": [_actor(it) for it in grant.who],
        "action": [_concept(CONSENT_ACTION, it) for it in grant.actions],
        "purpose": [{"system": ACT_REASON, "code": it} for it in grant.purposes],
    }


def _actor(one: Recipient) -> JsonObject:
    who: JsonObject = {"reference": one.reference}
    if not one.reference:
        who = {"identifier": {"system": one.system, "value": one.value}}
    return {"role": _concept(PARTICIPATION_TYPE, "IRCP"), "reference": who}


def _data(data: Data) -> JsonObject:
    found: JsonObject = {}
    if data.types is not None:
        found["class"] = [{"system": _TYPES, "code": it} for it in data.types]
    labels: list[JsonValue] = [
        {"system": ACT_CODE, "code": it} for it in data.labels or ()
    ]
    if data.confidentiality is not None:
        labels.append({"system": CONFIDENTIALITY, "code": data.confidentiality})
    if labels:
        found["securityLabel"] = labels
    if data.codes is not None:
        found["code"] = [_concept(it.system, it.code) for it in data.codes]
    if data.dated is not None:
        found["dataPeriod"] = _period(data.dated)
    return found


def _period(days: Days) -> JsonObject:
    found: JsonObject = {}
    if days.start:
        found["start"] = days.start
    if days.end:
        found["end"] = days.end
    return found


def _concept(system: str, code: str) -> JsonObject:
    return {"coding": [{"system": system, "code": code}]}
