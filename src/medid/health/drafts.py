"""Drafts of license and consent credentials, and the check before one is signed.

A draft is an unsigned credential. ``check_draft`` refuses what verification or the
reading of facts would refuse, and what a signature would not cover: a board must not
find out from a hospital that its license cannot be used.

Knows no key and no status list; contexts and signing are the issuer's part.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#securing-mechanisms
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from medid.core.json import check
from medid.credentials import CONTEXT_V2, parse_credential
from medid.errors import MalformedValue, child
from medid.health.claims import only_subject
from medid.health.consent import ConsentRecord
from medid.health.identifiers import check_identifier
from medid.health.license import License
from medid.health.nodes import Reader
from medid.health.receipt_vocabulary import RECEIPT_CREDENTIALS
from medid.health.support import Support
from medid.health.support_vocabulary import SUPPORT_CREDENTIALS
from medid.health.vocabulary import (
    CONSENT_CREDENTIAL,
    CONSENT_PROFILE,
    CREDENTIALS,
    LICENSE_CREDENTIAL,
    node_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.instant import Window
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential
    from medid.health.words import CredentialType


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every draft says about itself.

    Attributes:
        id: A new random ``urn:uuid:``; it must not be derived from the subject.
        issuer: A DID, or an object with its ``id``.
        window: When the credential holds.
        status: The entries of its status lists.
    """

    id: str
    issuer: str | JsonObject
    window: Window
    status: Sequence[JsonObject] = field(default=())


def license_credential(
    frame: Frame,
    *,
    holder: str,
    license: Mapping[str, JsonValue],  # noqa: A002  (the vocabulary's word)
    identifiers: Sequence[Mapping[str, JsonValue]] = (),
) -> JsonObject:
    """An unsigned license credential about ``holder``, checked.

    Args:
        frame: What the credential says about itself; a license needs a status entry.
        holder: The DID of the practitioner.
        license: The members of ``PractitionerLicense``; node types may be left out.
        identifiers: ``system`` and ``value`` of numbers in other registers.

    Raises:
        MalformedValue: The draft would be refused once signed.
        MissingFact: The draft does not state what a license needs.
    """
    made = unchecked_license(
        frame, holder=holder, license=license, identifiers=identifiers
    )
    check_draft(made)
    return made


def unchecked_license(
    frame: Frame,
    *,
    holder: str,
    license: Mapping[str, JsonValue],  # noqa: A002  (the vocabulary's word)
    identifiers: Sequence[Mapping[str, JsonValue]] = (),
) -> JsonObject:
    """As ``license_credential``, for a caller who checks the draft before its use."""
    subject: JsonObject = {"id": holder, "license": deepcopy(dict(license))}
    if identifiers:
        subject["practitionerIdentifier"] = [dict(item) for item in identifiers]
    return _assembled(frame, LICENSE_CREDENTIAL, subject)


def consent_credential(
    frame: Frame,
    *,
    patient: str,
    consent: Mapping[str, JsonValue],
    terms: Mapping[str, JsonValue] | None = None,
) -> JsonObject:
    """An unsigned consent credential of ``patient``, checked.

    Args:
        frame: What the credential says about itself.
        patient: The DID of the patient; use another one for every custodian.
        consent: A FHIR Consent resource (R4 or R5), kept as it is.
        terms: Further members of ``ConsentingPatient``, such as ``actorBinding``.

    Raises:
        MalformedValue: The draft would be refused once signed.
        MissingFact: The draft does not state what a consent needs.
    """
    subject: JsonObject = {
        "id": patient,
        "consentStatus": "ConsentGiven",
        "consentProfile": CONSENT_PROFILE,
        **deepcopy(dict(terms or {})),
        "consent": deepcopy(dict(consent)),
    }
    return draft(frame, CONSENT_CREDENTIAL, subject)


def support_credential(
    frame: Frame,
    kind: CredentialType,
    *,
    holder: str,
    states: Mapping[str, JsonValue],
) -> JsonObject:
    """An unsigned credential of ``kind`` that supports a license, checked.

    Args:
        frame: What the credential says about itself; it needs a status entry.
        kind: One of ``medid.health.support_vocabulary.SUPPORT_CREDENTIALS``.
        holder: The DID of the practitioner.
        states: The members of the authorisation or declaration; node types may be
            left out.

    Raises:
        MalformedValue: The draft would be refused once signed.
        MissingFact: The draft does not state what it needs.
    """
    (held,) = node_type(kind.subject).terms
    subject: JsonObject = {"id": holder, held.name: deepcopy(dict(states))}
    return draft(frame, kind, subject)


def draft(frame: Frame, kind: CredentialType, subject: JsonObject) -> JsonObject:
    """An unsigned credential of ``kind`` with the one subject ``subject``, checked.

    Raises:
        MalformedValue: The draft would be refused once signed.
        MissingFact: The draft does not state what its type needs.
    """
    made = _assembled(frame, kind, subject)
    check_draft(made)
    return made


def _assembled(frame: Frame, kind: CredentialType, subject: JsonObject) -> JsonObject:
    made: JsonObject = {
        "@context": [CONTEXT_V2, kind.context],
        "id": frame.id,
        "type": ["VerifiableCredential", kind.name],
        "issuer": deepcopy(frame.issuer),
    }
    if frame.window.start is not None:
        made["validFrom"] = str(frame.window.start)
    if frame.window.end is not None:
        made["validUntil"] = str(frame.window.end)
    if frame.status:
        made["credentialStatus"] = [deepcopy(entry) for entry in frame.status]
    made["credentialSubject"] = _with_types(subject, kind.subject)
    return made


def _with_types(value: JsonValue, name: str) -> JsonValue:
    """``value`` with the type of every node that does not name its own."""
    if isinstance(value, list):
        return [_with_types(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    nodes = {term.name: term.node for term in node_type(name).terms if term.node}
    typed: JsonObject = {"id": value["id"]} if "id" in value else {}
    typed["type"] = value.get("type", name)
    for member, item in value.items():
        typed[member] = _with_types(item, nodes[member]) if member in nodes else item
    return typed


def check_draft(document: JsonObject) -> None:
    """Return if ``document`` may be signed, as far as its claims go.

    A credential of a type that is not of this vocabulary is checked for its shape.

    Raises:
        MalformedValue: It would be refused once signed, or would be signed in part.
        MissingFact: It does not state what its type needs.
        ParsingError: It is not JSON within medid's limits.
    """
    check(document)
    credential = parse_credential(document)
    for kind in (*CREDENTIALS, *SUPPORT_CREDENTIALS, *RECEIPT_CREDENTIALS):
        if kind.name in credential.types:
            _check_kind(credential, kind)


def _check_kind(credential: Credential, kind: CredentialType) -> None:
    if kind.context not in credential.contexts:
        fix = f"add {kind.context} to the contexts"
        message = "the health context is missing"
        raise MalformedValue(message, path=child("$", "@context"), fix=fix)
    if kind.status_required and not credential.status:
        fix = "add an entry of a status list: it must be revocable"
        message = f"a {kind.name} needs a status entry"
        raise MalformedValue(message, path="$.credentialStatus", fix=fix)
    claims, path = only_subject(credential, kind)
    Reader(empty_is_absent=False).node(claims, kind.subject, path)
    if kind is LICENSE_CREDENTIAL:
        _check_license(License.from_credential(credential), path)
    elif kind is CONSENT_CREDENTIAL:
        ConsentRecord.from_credential(credential)
    elif kind in SUPPORT_CREDENTIALS:
        Support.from_credential(credential, kind)


def _check_license(found: License, path: str) -> None:
    identifiers = child(path, "practitionerIdentifier")
    for index, identifier in enumerate(found.identifiers):
        place = child(child(identifiers, index), "value")
        check_identifier(identifier.system, identifier.value, path=place)
    start, end = found.window.start, found.window.end
    if start is not None and end is not None and end <= start:
        message = "the license ends before it begins"
        raise MalformedValue(message, path=child(child(path, "license"), "expiresOn"))
