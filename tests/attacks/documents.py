"""Drafts of what honest parties sign: credentials, presentations, DID documents."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.honest import Party, signed
from tests.attacks.worlds import DATA_INTEGRITY, EXAMPLES_V2, HEALTH, V1, V2

if TYPE_CHECKING:
    from tests.attacks.case import Doc

BOARD: Final = Party("medical board")
PATIENT: Final = Party("patient")
DOCTOR: Final = Party("practitioner")
STRANGER: Final = Party("stranger")
BOARD_256: Final = Party("medical board, P-256", "P-256")
BOARD_384: Final = Party("medical board, P-384", "P-384")

# Claims that no message may ever repeat.
NAME: Final = "Amelia Canaryfeather"
NUMBER: Final = "35.CANARY.98231"
NONCE: Final = "canary-nonce-7f3a91c2d4e8"
CANARIES: Final = (NAME, NUMBER, NONCE, "Canaryfeather", "CANARY")


def plain(issuer: Any = None, **members: Any) -> Doc:
    """A small VCDM 2.0 credential; ``None`` removes a member."""
    draft = {
        "@context": [V2],
        "id": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
        "type": ["VerifiableCredential"],
        "issuer": BOARD.did if issuer is None else issuer,
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-12-31T23:59:59Z",
        "credentialSubject": {"id": DOCTOR.did, "name": NAME},
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def example(issuer: Any = None, claims: Doc | None = None, **members: Any) -> Doc:
    """A credential whose claims the examples vocabulary defines."""
    subject = {"id": DOCTOR.did, "ward": NAME, **(claims or {})}
    return plain(
        issuer,
        **{"@context": [V2, EXAMPLES_V2], "credentialSubject": subject, **members},
    )


def legacy(issuer: Any = None, **members: Any) -> Doc:
    """A VCDM 1.1 credential with the Data Integrity context."""
    draft = {
        "@context": [V1, DATA_INTEGRITY],
        "id": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c12",
        "type": ["VerifiableCredential"],
        "issuer": BOARD.did if issuer is None else issuer,
        "issuanceDate": "2026-01-01T00:00:00Z",
        "expirationDate": "2027-12-31T23:59:59Z",
        "credentialSubject": {"id": DOCTOR.did},
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def license_draft(issuer: Any = None, **members: Any) -> Doc:
    """A practitioner's license without status entries."""
    code = {
        "type": "Code",
        "system": "http://nucc.org/provider-taxonomy",
        "code": "208D00000X",
        "display": "General Practice Physician",
    }
    license_node = {
        "id": "urn:uuid:8c0b3d0e-1f7c-4f7e-8f52-f2b6a0b2f0a1",
        "type": "PractitionerLicense",
        "licenseNumber": NUMBER,
        "jurisdiction": "US-OH",
        "profession": [code],
        "registrationType": "full",
        "licenseStatus": "active",
        "statusSince": "2026-01-01T00:00:00Z",
        "issuedOn": "2014-07-01",
        "expiresOn": "2027-12-31",
    }
    identifier = {
        "type": "PractitionerIdentifier",
        "system": "http://hl7.org/fhir/sid/us-npi",
        "value": "1234567893",
    }
    subject = {
        "id": DOCTOR.did,
        "type": "LicensedPractitioner",
        "practitionerIdentifier": [identifier],
        "license": license_node,
    }
    return plain(
        issuer or {"id": BOARD.did, "name": "Example State Medical Board"},
        **{
            "@context": [V2, HEALTH],
            "type": ["VerifiableCredential", "PractitionerLicenseCredential"],
            "credentialSubject": subject,
            **members,
        },
    )


def fhir_consent() -> Doc:
    """A FHIR R4 consent with one nested provision."""
    reason = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    secrecy = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    scope = "http://terminology.hl7.org/CodeSystem/consentscope"
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": scope, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": PATIENT.did, "display": NAME},
        "dateTime": "2026-01-10T09:00:00Z",
        "policy": [{"uri": "http://example.org/policies/basePrivacyConsentPolicy"}],
        "provision": {
            "type": "permit",
            "period": {"start": "2026-01-10", "end": "2026-12-31"},
            "purpose": [{"system": reason, "code": "TREAT"}],
            "securityLabel": [{"system": secrecy, "code": "N"}],
        },
    }


def consent_draft(content: Any = None, **members: Any) -> Doc:
    """A patient's consent; ``content`` replaces the FHIR resource in it."""
    binding = {
        "type": "ActorBinding",
        "reference": "Practitioner/example",
        "did": DOCTOR.did,
    }
    subject = {
        "id": PATIENT.did,
        "type": "ConsentingPatient",
        "consentStatus": "ConsentGiven",
        "consentProfile": "https://w3id.org/medid/consent-evaluation/1",
        "grantor": PATIENT.did,
        "legalBasis": ["https://w3id.org/dpv/legal/eu/gdpr#A9-2-a"],
        "policy": ["http://example.org/policies/basePrivacyConsentPolicy"],
        "actorBinding": [binding],
        "consent": fhir_consent() if content is None else content,
    }
    return plain(
        PATIENT.did,
        **{
            "@context": [V2, HEALTH],
            "id": "urn:uuid:0d5b7a1c-1d7d-4b3f-8a42-0c5d2d6f7e90",
            "type": ["VerifiableCredential", "PatientConsentCredential"],
            "validUntil": "2026-12-31T23:59:59Z",
            "credentialSubject": subject,
            **members,
        },
    )


def presentation(*credentials: Any, holder: Any = None, **members: Any) -> Doc:
    """An unsigned presentation by the practitioner."""
    draft = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": DOCTOR.did if holder is None else holder,
        "verifiableCredential": list(credentials),
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def presented(*credentials: Any, party: Party = DOCTOR, **members: Any) -> Doc:
    """A presentation with a proof of ``party`` for the canary challenge."""
    options = {
        "proofPurpose": "authentication",
        "challenge": NONCE,
        "domain": "hospital.example",
        **members,
    }
    return signed(presentation(*credentials, holder=party.did), party, **options)


def enveloped(token: str, media_type: str = "application/vc+jwt") -> Doc:
    """A token as a member of ``verifiableCredential``."""
    return {
        "@context": V2,
        "id": f"data:{media_type},{token}",
        "type": "EnvelopedVerifiableCredential",
    }


def did_document(did: str, party: Party, **members: Any) -> Doc:
    """A DID document with one Multikey for assertion and authentication."""
    method = {
        "id": f"{did}#key-1",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": party.multikey,
    }
    draft = {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": did,
        "verificationMethod": [method],
        "assertionMethod": [f"{did}#key-1"],
        "authentication": [f"{did}#key-1"],
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def edited(document: Doc, *path: Any, value: Any = None) -> Doc:
    """A copy with the member at ``path`` replaced, or removed for ``None``."""
    result = copy.deepcopy(document)
    node: Any = result
    for step in path[:-1]:
        node = node[step]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return result


def same_proof(document: Doc, proof: Doc) -> Doc:
    """``document`` carrying the proof of another document."""
    return {**document, "proof": proof}
