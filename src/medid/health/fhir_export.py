"""License credential -> FHIR Practitioner and PractitionerRole; consent -> its Consent.

What comes out is not signed, and verifies nothing: verify the credential first, and
keep it. The elements of a license are the same in R4 and in R5. A consent stays of the
release it was written in, since not every rule of one has a twin in the other.

Spec: https://hl7.org/fhir/R4/practitioner.html, https://hl7.org/fhir/R5/practitionerrole.html
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.credentials import CONTEXT_V2, parse_credential
from medid.errors import MalformedValue, child
from medid.health.consent import ConsentRecord
from medid.health.fhir import version
from medid.health.fhir_extensions import keep_type, write_license
from medid.health.fhir_losses import Loss, Source
from medid.health.fhir_qualification import URI
from medid.health.fhir_values import is_code, is_string
from medid.health.license import License
from medid.health.vocabulary import (
    CONSENT_CREDENTIAL,
    CONSENT_PROFILE,
    LICENSE_CREDENTIAL,
)

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.health.words import CredentialType

_REASONS: Final = MappingProxyType(
    {
        "proof": "a FHIR resource is not signed; keep the credential",
        "id": "the resource is another document than the credential",
        "validFrom": "about the credential, which the resource is not",
        "validUntil": "about the credential, which the resource is not",
        "credentialStatus": "the resource cannot be revoked; keep the credential",
        "issuer": "the resource does not say who signed the credential",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """FHIR resources, and what of the credential is not in them."""

    resources: tuple[JsonObject, ...] = field(repr=False)
    losses: tuple[Loss, ...]


def license_resources(document: JsonObject) -> Exported:
    """A Practitioner with one qualification, and a PractitionerRole for specialties.

    Args:
        document: A license credential of the VC data model, signed or not.

    Raises:
        MalformedValue: Not a license credential of the vocabulary, or it has a text, a
            code or a period that FHIR does not allow.
        MissingFact: What a license needs is not stated.
        ParsingError: Not JSON within medid's limits.
    """
    root = Source.of(document)
    found = License.from_credential(parse_credential(document))
    subject = _subject(root, LICENSE_CREDENTIAL)
    _check_texts(subject)
    (license_node,) = subject.values("license")
    keep_type(license_node, "PractitionerLicense")
    holder: JsonObject = {"system": URI, "value": found.holder}
    subject.keep("id")
    practitioner: JsonObject = {
        "resourceType": "Practitioner",
        "identifier": [holder, *_numbers(subject)],
        "qualification": [
            {
                **write_license(license_node),
                "identifier": [{"value": license_node.take_text("licenseNumber")}],
                "code": {"coding": _codings(license_node, "profession")},
                **_period(license_node),
                "issuer": _issuer(root, found.issuer),
            }
        ],
    }
    resources = [practitioner]
    specialties = _codings(license_node, "specialty")
    if specialties:
        concepts: list[JsonValue] = [{"coding": [code]} for code in specialties]
        role: JsonObject = {
            "resourceType": "PractitionerRole",
            "practitioner": {"type": "Practitioner", "identifier": {**holder}},
            "specialty": concepts,
        }
        resources.append(role)
    return Exported(resources=tuple(resources), losses=root.losses(_REASONS))


def consent_resource(document: JsonObject, release: str | None = None) -> Exported:
    """The Consent that a consent credential holds, untouched.

    Args:
        document: A consent credential of the VC data model, signed or not.
        release: ``medid.health.fhir.R4`` or ``R5``, where it must be that.

    Raises:
        MalformedValue: Not a consent credential, or a consent of another release.
        MissingFact: What a consent needs is not stated.
        ParsingError: Not JSON within medid's limits.
    """
    root = Source.of(document)
    record = ConsentRecord.from_credential(parse_credential(document))
    subject = _subject(root, CONSENT_CREDENTIAL)
    version(record.resource, release)
    # There is one profile, so that a new draft names it as well.
    subject.keep_if("consentProfile", CONSENT_PROFILE)
    subject.keep("consent")
    resource = deepcopy(record.resource)
    return Exported(resources=(resource,), losses=root.losses(_REASONS))


def _subject(root: Source, kind: CredentialType) -> Source:
    """The only subject; what every credential of ``kind`` says is marked."""
    for context in (CONTEXT_V2, kind.context):
        root.keep_if("@context", context)
    for name in ("VerifiableCredential", kind.name):
        root.keep_if("type", name)
    (subject,) = root.values("credentialSubject")
    keep_type(subject, kind.subject)
    return subject


def _numbers(subject: Source) -> list[JsonValue]:
    found: list[JsonValue] = []
    for item in subject.values("practitionerIdentifier"):
        keep_type(item, "PractitionerIdentifier")
        found.append({name: item.take_text(name) for name in ("system", "value")})
    return found


def _codings(license_node: Source, name: str) -> list[JsonValue]:
    found: list[JsonValue] = []
    for item in license_node.values(name):
        keep_type(item, "Code")
        members = ("system", "version", "code", "display")
        if not is_code(item.text("code") or ""):
            message = "not a code that FHIR allows"
            raise MalformedValue(message, path=child(item.path, "code"))
        found.append({name: item.take_text(name) for name in members if item.has(name)})
    return found


def _period(license_node: Source) -> JsonObject:
    ends = {"start": "issuedOn", "end": "expiresOn"}
    period: JsonObject = {
        end: license_node.take_text(name)
        for end, name in ends.items()
        if license_node.has(name)
    }
    if str(period.get("start", "")) > str(period.get("end", "9")):  # days: YYYY-MM-DD
        message = "the license ends before it begins"
        raise MalformedValue(message, path=child(license_node.path, "expiresOn"))
    return {"period": period} if period else {}


def _check_texts(place: Source) -> None:
    """Return if every string is one that FHIR allows: not blank, no control character.

    Raises:
        MalformedValue: One is not.
    """
    text = place.value
    if isinstance(text, str) and not is_string(text):
        raise MalformedValue("not a text that FHIR allows", path=place.path)
    for below in place.below():
        _check_texts(below)


def _issuer(root: Source, did: str) -> JsonObject:
    reference: JsonObject = {"identifier": {"system": URI, "value": did}}
    (issuer,) = root.values("issuer")
    if isinstance(issuer.value, str):
        issuer.take()
        return reference
    issuer.keep("id")
    for name in issuer.values("name"):
        if isinstance(name.value, str) and name.value:
            reference["display"] = name.take()
    return reference


def kind_of(document: JsonObject) -> CredentialType:
    """Whether ``document`` is a license or a consent credential.

    Raises:
        MalformedValue: It is neither.
    """
    types = parse_credential(document).types
    for kind in (LICENSE_CREDENTIAL, CONSENT_CREDENTIAL):
        if kind.name in types:
            return kind
    message = "neither a license nor a consent credential"
    raise MalformedValue(message, path="$.type")
