"""Records as FHIR R4: ``AuditEvent`` by IHE BALP, and ``VerificationResult``. Pure.

An ``AuditEvent`` is ``AuthZ-Consent`` where a consent of the patient was on file, and
follows the profile IHE.BasicAudit.AuthZconsent then. Without a consent, which that
profile requires, it is ``AuthZ-Role``. Neither holds which resources were asked for,
the reason of an emergency, a digest or a message: these stay in the record.

Spec: https://profiles.ihe.net/ITI/BALP/StructureDefinition-IHE.BasicAudit.AuthZconsent.html,
https://hl7.org/fhir/R4/auditevent.html, https://hl7.org/fhir/R4/verificationresult.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from medid.access.decision import Outcome
from medid.core.instant import Instant
from medid.errors import ConfigurationError, MissingFact
from medid.health.codes import PARTICIPATION_TYPE, Coding
from medid.health.fhir_values import is_code, is_string
from medid.health.references import unversioned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.access.audit_record import ConsentBasis, DecisionRecord, LicenseBasis
    from medid.core.json import JsonObject, JsonValue

PROFILE: Final = (
    "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.AuthZconsent"
)
_THO: Final = "http://terminology.hl7.org/CodeSystem/"
_DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_SUBTYPES: Final = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"
_BY_CONSENT: Final = Coding(_SUBTYPES, "AuthZ-Consent")
_BY_ROLE: Final = Coding(_SUBTYPES, "AuthZ-Role")
_URI: Final = "urn:ietf:rfc:3986"
_UUID: Final = "urn:uuid:"
_MILLISECOND: Final = 1_000_000  # nanoseconds; as finely as FHIR systems keep time

ALERT: Final = Coding(_DCM, "110113")  # DICOM's "Security Alert"
DECISIONS: Final = frozenset({_BY_CONSENT, _BY_ROLE})
CLAIMED: Final = "as claimed, not proven"
_APPLICATION: Final = Coding(_DCM, "110150")
RECIPIENT: Final = Coding(PARTICIPATION_TYPE, "IRCP")
ORGANIZATION: Final = Coding(_THO + "v3-RoleClass", "PROV")
_AUTHORIZER: Final = Coding(_THO + "extra-security-role-type", "authserver")

_REFERENCE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64}")
_NUMBERED: Final = re.compile(r"kept-[0-9]+")
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+")
# What FHIR takes for an id and a uri. A request may hold anything; an event that a
# server refuses would be missing there, or stop those after it.
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_URI_FORM: Final = re.compile(r"[^\s\x00-\x1f]+")
_NO_CODE: Final = "not a code that FHIR can write"
_NO_NAME: Final = "not a name that FHIR can write"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSite:
    """What the records do not say, and an ``AuditEvent`` has to: who took part in it.

    Attributes:
        observer: The verifier, such as ``Device/gateway`` or a URI.
        client: The application that asks, in the same way.
        client_address: Its IP address or host name.
        organization: That of the users, such as ``Organization/hospital``.
        site: Where the verifier runs, in words of the site's own.
    """

    observer: str
    client: str
    client_address: str
    organization: str
    site: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be referred to.

        Raises:
            ConfigurationError: A member is neither a reference nor a URI, or empty, or
                has characters that FHIR does not take.
        """
        for name in ("observer", "client", "organization"):
            _who(getattr(self, name), path=f"$.{name}")
        if not is_string(self.client_address):
            message = "the client has no address"
            raise ConfigurationError(message, path="$.client_address")
        if self.site is not None and not is_string(self.site):
            message = "no words in which FHIR can write where the verifier runs"
            raise ConfigurationError(message, path="$.site")


def audit_events(
    records: Iterable[DecisionRecord], site: AuditSite
) -> Iterator[JsonObject]:
    """The ``AuditEvent`` of each record; none of a compilation that waits for data."""
    for record in records:
        if record.outcome is not None:
            yield audit_event(record, site)


def audit_event(record: DecisionRecord, site: AuditSite) -> JsonObject:
    """The ``AuditEvent`` of one decision or release.

    Raises:
        MissingFact: It is of a compilation that waits for data: nothing was decided.
    """
    if record.outcome is None:
        message = "a compilation that waits for data has no outcome"
        raise MissingFact(message, path="$.outcome", fix="use audit_events")
    consents = [one for one in record.consents if one.of_patient]
    event: JsonObject = {"resourceType": "AuditEvent"}
    name = record.id.removeprefix(_UUID)
    if record.id.startswith(_UUID) and _ID.fullmatch(name):
        event["id"] = name
    if consents:
        event["meta"] = {"profile": [PROFILE]}
    event |= {
        "type": _coding(ALERT, "Security Alert"),
        "subtype": [_coding(_BY_CONSENT if consents else _BY_ROLE)],
        "action": "E",
        "recorded": _instant(record.recorded),
        "outcome": "0" if record.outcome is Outcome.PERMIT else "8",
        # Codes only: what a message says is fixed, and where it points may tell more.
        "outcomeDesc": ", ".join(record.codes) or record.outcome.value,
        "agent": _agents(record, site),
        "source": _source(site),
    }
    if record.asked is not None:
        event["purposeOfEvent"] = _purposes(record)
        event["entity"] = [
            _patient(record.asked.patient),
            *(_consent(one) for one in consents),
        ]
    return event


def _agents(record: DecisionRecord, site: AuditSite) -> list[JsonValue]:
    user: JsonObject = {
        "type": _concept(RECIPIENT),
        "who": _requester(record),
        "requestor": True,
    }
    if record.asked is not None:
        user["purposeOfUse"] = _purposes(record)
    return [
        {
            "type": _concept(_APPLICATION),
            "who": _who(site.client),
            "requestor": False,
            "network": _network(site.client_address),
        },
        user,
        {
            "type": _concept(ORGANIZATION),
            "who": _who(site.organization),
            "requestor": False,
        },
        {
            "type": _concept(_AUTHORIZER),
            "who": _who(site.observer),
            "requestor": False,
        },
    ]


def _requester(record: DecisionRecord) -> JsonObject:
    if record.requester is None:
        return {"display": "not stated"}
    if not is_string(record.requester):
        return {"display": _NO_NAME}
    who: JsonObject = {"identifier": _identifier(record.requester)}
    # A forger may name whom he likes: that is not to stand there as a fact.
    return who if record.proven else {**who, "display": CLAIMED}


def _source(site: AuditSite) -> JsonObject:
    server = _coding(Coding(_THO + "security-source-type", "6"), "Security Server")
    source: JsonObject = {"observer": _who(site.observer), "type": [server]}
    return source if site.site is None else {"site": site.site, **source}


def _network(address: str) -> JsonObject:
    try:
        ip_address(address)
    except ValueError:
        return {"address": address, "type": "1"}  # machine name
    return {"address": address, "type": "2"}


def _purposes(record: DecisionRecord) -> list[JsonValue]:
    stated = () if record.asked is None else record.asked.purposes
    return [_concept(one) for one in stated]


def _patient(patient: str) -> JsonObject:
    # A patient is the same in each version, and asked for without one.
    patient = unversioned(patient)
    local = _REFERENCE.fullmatch(patient) is not None
    what: JsonObject = {"reference": patient} if local else {"type": "Patient"}
    if not local and is_string(patient):
        what["identifier"] = _identifier(patient)
    elif not local:
        what["display"] = _NO_NAME
    return {
        "what": what,
        "type": _coding(Coding(_THO + "audit-entity-type", "1"), "Person"),
        "role": _coding(Coding(_THO + "object-role", "1"), "Patient"),
    }


def _consent(consent: ConsentBasis) -> JsonObject:
    what: JsonObject = {"type": "Consent"}
    if _ABSOLUTE.fullmatch(consent.id):
        what["identifier"] = _identifier(consent.id)
    elif not consent.is_credential and _is_fhir_id(consent.id):
        what["reference"] = f"Consent/{consent.id}"
    else:
        what["display"] = "a consent without an id of its own"
    kind = _coding(Coding("http://hl7.org/fhir/resource-types", "Consent"))
    return {"what": what, "type": kind}


def _is_fhir_id(name: str) -> bool:
    """Whether a record of the custodian's has this id; without one it has a number."""
    known = _REFERENCE.fullmatch(f"Consent/{name}") is not None
    return known and _NUMBERED.fullmatch(name) is None


# The license check.

# What speaks against the license itself. Other codes say that it does not cover what
# was asked: the wrong place, another profession, a condition.
_AGAINST: Final = (
    "CREDENTIAL_",
    "HOLDER_",
    "ISSUER_",
    "LICENSE_",
    "NO_LICENSE_",
    "PROOF_INVALID",
)
_UNCERTAIN: Final = frozenset(
    {"AUTHORITY_UNKNOWN", "PROOF_UNKNOWN", "STATUS_STALE", "STATUS_UNKNOWN"}
)
_WORDS: Final = {
    True: ("validated", "successful"),
    False: ("val-fail", "failed"),
    None: ("req-revalid", "unknown"),
}


def verification_result(record: DecisionRecord, *, validator: str) -> JsonObject:
    """The ``VerificationResult`` of the license that decided.

    The proof itself is not in a record, so ``attestation.sourceSignature`` is left out;
    ``sourceIdentityCertificate`` names the key that made it.

    Args:
        record: Of a decision, a compilation or a release.
        validator: Who verifies, such as ``Organization/hospital``.

    Raises:
        MissingFact: No license was looked at.
        ConfigurationError: ``validator`` is neither a reference nor a URI.
    """
    found = record.license
    if found is None or record.requester is None or not is_string(record.requester):
        message = "no license was looked at for this decision"
        raise MissingFact(message, path="$.license")
    status, result = _WORDS[_holds(record, found)]
    holder: JsonObject = {
        "type": "Practitioner",
        "identifier": _identifier(record.requester),
    }
    attestation: JsonObject = {"who": holder}
    if found.key is not None and is_string(found.key):
        attestation["sourceIdentityCertificate"] = found.key
    return {
        "resourceType": "VerificationResult",
        "target": [holder],
        "targetLocation": ["Practitioner.qualification[0]"],
        "status": status,
        "statusDate": _instant(record.time),
        "validationType": _concept(Coding(_THO + "validation-type", "primary")),
        "lastPerformed": _instant(record.time),
        "primarySource": [_primary(found, result)],
        "attestation": attestation,
        "validator": [{"organization": _who(validator, path="$.validator")}],
    }


def _holds(record: DecisionRecord, found: LicenseBasis) -> bool | None:
    """Whether the license is good; None where that could not be checked."""
    codes = {
        one.code
        for one in record.findings
        if one.about == "license" and one.credential == found.id
    }
    if "LICENSE_OK" in codes:
        return True
    if any(code.startswith(_AGAINST) for code in codes):
        return False
    return None if codes & _UNCERTAIN or not codes else True


def _primary(found: LicenseBasis, result: str) -> JsonObject:
    updates = "yes" if found.status_lists else "no"
    source: JsonObject = {
        "type": [_concept(Coding(_THO + "primary-source-type", "lic-board"))],
        "communicationMethod": [{"text": "presentation"}],
        "validationStatus": _concept(Coding(_THO + "validation-status", result)),
        "canPushUpdates": _concept(Coding(_THO + "can-push-updates", updates)),
    }
    if found.issuer is None or not is_string(found.issuer):
        return source
    board: JsonObject = {
        "type": "Organization",
        "identifier": _identifier(found.issuer),
    }
    return {"who": board, **source}


# Data types of FHIR.


def _coding(coding: Coding, display: str | None = None) -> JsonObject:
    found: JsonObject = {"system": coding.system, "code": coding.code}
    return found if display is None else {**found, "display": display}


def _concept(coding: Coding) -> JsonObject:
    if not (_URI_FORM.fullmatch(coding.system) and is_code(coding.code)):
        return {"text": _NO_CODE}
    return {"coding": [_coding(coding)]}


def _identifier(name: str) -> JsonObject:
    known: JsonObject = {"system": _URI} if _ABSOLUTE.fullmatch(name) else {}
    return {**known, "value": name}


def _who(name: str, *, path: str = "$") -> JsonObject:
    if _REFERENCE.fullmatch(name):
        return {"reference": name}
    if _ABSOLUTE.fullmatch(name):
        return {"identifier": _identifier(name)}
    message = "neither a reference such as Device/gateway nor a URI"
    raise ConfigurationError(message, path=path)


def _instant(at: Instant) -> str:
    return str(Instant(at.nanoseconds // _MILLISECOND * _MILLISECOND))
