"""Credentials that the tests of this room start from: whole, and valid as drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medid.core.json import JsonObject

HOLDER = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
PATIENT = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
BOARD = "did:web:board.example.gov"
CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://w3id.org/medid/health/v1",
]


def status_entry(purpose: str = "revocation") -> JsonObject:
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": "94567",
        "statusListCredential": "https://board.example.gov/status/3",
    }


def license_members() -> dict[str, Any]:
    """Every member of a license that the vocabulary has, with node types."""
    nucc = "http://nucc.org/provider-taxonomy"
    return {
        "id": "urn:uuid:8c0b3d0e-1f7c-4f7e-8f52-f2b6a0b2f0a1",
        "type": "PractitionerLicense",
        "licenseNumber": "35.123456",
        "jurisdiction": "US-OH",
        "profession": [
            {
                "type": "Code",
                "system": nucc,
                "code": "208D00000X",
                "display": "General Practice Physician",
                "version": "25.0",
            },
            {
                "type": "Code",
                "system": "http://www.ilo.org/public/english/bureau/stat/isco/isco08",
                "code": "2211",
            },
        ],
        "specialty": [{"type": "Code", "system": nucc, "code": "207R00000X"}],
        "registrationType": "full",
        "licenseStatus": "active",
        "statusSince": "2026-01-01T00:00:00Z",
        "issuedOn": "2014-07-01",
        "expiresOn": "2027-12-31",
        "condition": [
            {
                "type": "LicenseCondition",
                "kind": "actionProhibited",
                "action": ["prescribe-schedule-2"],
                "until": "2026-12-31T23:59:59Z",
                "text": "No Schedule II prescribing until 31 Dec 2026.",
            },
            {
                "type": "LicenseCondition",
                "kind": "supervision",
                "supervisionLevel": "direct",
            },
            {"type": "LicenseCondition", "kind": "siteOnly", "site": ["ward-7"]},
        ],
        "prescriptiveAuthority": [
            {
                "type": "PrescriptiveAuthority",
                "jurisdiction": "US-OH",
                "schedule": ["3", "3N", "4", "5"],
                "scheduleSystem": "https://www.ecfr.gov/current/title-21/part-1308",
                "registrationNumber": "withheld",
            }
        ],
        "compact": [
            {
                "type": "CompactPrivilege",
                "multistate": False,
                "primaryStateOfResidence": "US-OH",
                "stateOfPrincipalLicense": "US-OH",
                "issuedThroughCompact": False,
                "compactName": "IMLC",
            }
        ],
        "encumbered": False,
        "privilegeAction": [
            {
                "type": "PrivilegeAction",
                "jurisdiction": "US-IN",
                "action": "privilege-revoked",
                "from": "2026-03-01T00:00:00Z",
            }
        ],
        "adverseAction": [
            {
                "type": "AdverseAction",
                "action": "reprimand",
                "orderedOn": "2019-02-01",
                "effectiveOn": "2019-03-01",
                "order": "https://board.example.gov/orders/2019-17",
            }
        ],
        "noAdverseActionAsOf": "2026-01-01",
    }


def license_document() -> dict[str, Any]:
    """An unsigned license credential."""
    return {
        "@context": list(CONTEXTS),
        "id": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
        "type": ["VerifiableCredential", "PractitionerLicenseCredential"],
        "issuer": {"id": BOARD, "name": "Example State Medical Board"},
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-12-31T23:59:59Z",
        "credentialStatus": [status_entry(), status_entry("suspension")],
        "credentialSubject": {
            "id": HOLDER,
            "type": "LicensedPractitioner",
            "practitionerIdentifier": [
                {
                    "type": "PractitionerIdentifier",
                    "system": "http://hl7.org/fhir/sid/us-npi",
                    "value": "1234567893",
                }
            ],
            "license": license_members(),
        },
    }


def consent_resource() -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "status": "active",
        "patient": {"reference": PATIENT},
        "provision": {"type": "permit"},
    }


def consent_document() -> dict[str, Any]:
    """An unsigned consent credential with every term of the vocabulary."""
    return {
        "@context": list(CONTEXTS),
        "id": "urn:uuid:0d5b7a1c-1d7d-4b3f-8a42-0c5d2d6f7e90",
        "type": ["VerifiableCredential", "PatientConsentCredential"],
        "issuer": PATIENT,
        "validFrom": "2026-01-10T09:00:00Z",
        "validUntil": "2026-12-31T23:59:59Z",
        "credentialSubject": {
            "id": PATIENT,
            "type": "ConsentingPatient",
            "consentStatus": "ConsentGiven",
            "consentProfile": "https://w3id.org/medid/consent-evaluation/1",
            "grantor": PATIENT,
            "onBehalfOf": PATIENT,
            "representation": "urn:uuid:7a1c0d5b-1d7d-4b3f-8a42-0c5d2d6f7e91",
            "legalBasis": ["https://w3id.org/dpv/legal/eu/gdpr#A9-2-a"],
            "policy": ["http://example.org/policies/basePrivacyConsentPolicy"],
            "actorBinding": [
                {
                    "type": "ActorBinding",
                    "reference": "Practitioner/ex-practitioner",
                    "did": HOLDER,
                }
            ],
            "consent": consent_resource(),
        },
    }


def trust_document() -> dict[str, Any]:
    """An unsigned trust registry credential."""
    return {
        "@context": list(CONTEXTS),
        "type": ["VerifiableCredential", "TrustRegistryCredential"],
        "issuer": BOARD,
        "credentialSubject": {
            "type": "TrustRegistry",
            "trustRegistry": {
                "acceptedBoards": [
                    {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["MD"]}
                ]
            },
        },
    }


SUPPORT_CONTEXTS = [CONTEXTS[0], "https://w3id.org/medid/health/support/v1"]


def _support(kind: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {
        "@context": list(SUPPORT_CONTEXTS),
        "id": "urn:uuid:2b0c1a5e-1d7d-4b3f-8a42-0c5d2d6f7e92",
        "type": ["VerifiableCredential", kind],
        "issuer": "did:web:commission.example.org",
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2026-12-31T23:59:59Z",
        "credentialStatus": [status_entry()],
        "credentialSubject": {"id": HOLDER, **subject},
    }


def authorisation_document() -> dict[str, Any]:
    """An unsigned authorisation with every term of the vocabulary."""
    return _support(
        "CompactAuthorisation",
        {
            "type": "AuthorisedPractitioner",
            "authorisation": {
                "type": "PracticeAuthorisation",
                "compact": "PSYPACT",
                "kind": "TAP",
                "homeState": "US-OH",
                "daysUsedThisYear": [
                    {"type": "DaysUsed", "state": "US-IN", "days": 29},
                    {"type": "DaysUsed", "state": "US-KY", "days": 0},
                ],
            },
        },
    )


def declaration_document() -> dict[str, Any]:
    """An unsigned declaration with every term of the vocabulary."""
    return _support(
        "ServiceProvisionDeclaration",
        {
            "type": "DeclaringPractitioner",
            "declaration": {
                "type": "ServiceDeclaration",
                "homeState": "DE",
                "hostState": "FR",
            },
        },
    )


def receipt_document() -> dict[str, Any]:
    """An unsigned receipt with every term of the vocabulary."""
    return {
        "@context": [CONTEXTS[0], "https://w3id.org/medid/health/receipts/v1"],
        "id": "urn:uuid:2b0c1a5e-1d7d-4b3f-8a42-0c5d2d6f7e93",
        "type": ["VerifiableCredential", "ConsentReceiptCredential"],
        "issuer": "did:web:hospital.example",
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": HOLDER,
            "type": "ReceiptHolder",
            "receiptFormat": "iso-27560",
            "consentReceipt": {"receipt_id": "urn:uuid:1"},
        },
    }
