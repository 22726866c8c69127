from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.consent import Consent
from fhir.resources.R4B.consent import Consent as ConsentR4

from medid.core.instant import Instant, Window
from medid.errors import InvalidDid, MalformedValue, MissingFact
from medid.health import fhir
from medid.health.drafts import Frame
from medid.health.fhir_consent import consent_draft
from medid.health.fhir_export import consent_resource, license_resources
from tests.health.documents import PATIENT, consent_document
from tests.health.documents import consent_resource as consent
from tests.support import agreed, vectors

FRAME = Frame(
    id="urn:uuid:0d5b7a1c-1d7d-4b3f-8a42-0c5d2d6f7e90",
    issuer=PATIENT,
    window=Window(Instant.parse("2026-01-01T00:00:00Z"), None),
)
TERMS = {"consentStatus": "ConsentGiven"}


@pytest.mark.parametrize(
    ("folder", "release", "model"),
    [
        ("hl7-r4-examples", fhir.R4, ConsentR4),
        ("hl7-r5-examples", fhir.R5, Consent),
    ],
)
def test_every_consent_of_hl7_comes_back_as_it_was(
    folder: str, release: str, model: Any
) -> None:
    files = sorted(vectors(folder).glob("Consent-*.json"))
    assert len(files) > 10
    for file in files:
        resource = json.loads(file.read_text("utf-8"))
        found = consent_draft(
            resource, FRAME, patient=PATIENT, terms=TERMS, release=release
        )
        (back,) = consent_resource(found.draft, release).resources
        assert found.losses == ()
        assert back == resource
        model.model_validate(back)
        agreed(folder, file.name)


def test_policies_of_r5_stay_as_they_are() -> None:
    """They have no certain twin in R4, and no consent changes its release."""
    resource: dict[str, Any] = {
        "resourceType": "Consent",
        "status": "active",
        "subject": {"reference": "Patient/1"},
        "regulatoryBasis": [{"coding": [{"system": "urn:x", "code": "INFA"}]}],
        "policyBasis": {
            "reference": {"reference": "DocumentReference/7"},
            "url": "https://law.example/policy/7",
        },
        "policyText": [{"reference": "DocumentReference/8"}],
        "decision": "deny",
    }
    found = consent_draft(resource, FRAME, patient=PATIENT, terms=TERMS)
    (back,) = consent_resource(found.draft, fhir.R5).resources
    assert found.losses == ()
    assert back == resource
    Consent.model_validate(back)
    with pytest.raises(MalformedValue):
        consent_resource(found.draft, fhir.R4)


def test_what_is_around_the_resource_is_told_as_lost() -> None:
    document = consent_document()
    found = consent_resource(document)
    paths = {loss.path for loss in found.losses}
    assert found.resources == (document["credentialSubject"]["consent"],)
    assert {"$.id", "$.issuer", "$.credentialSubject.consentStatus"} <= paths
    kept = ("$.credentialSubject.consent", "$.credentialSubject.consentProfile")
    assert not {
        path for path in paths if path in kept or path.startswith(kept[0] + ".")
    }
    with pytest.raises(MalformedValue):
        consent_resource(document, fhir.R5)
    with pytest.raises(MalformedValue):
        license_resources(document)


def test_whether_consent_was_given_is_never_made_up() -> None:
    with pytest.raises(MissingFact):
        consent_draft(consent(), FRAME, patient=PATIENT, terms={})
    refused = consent_draft(
        consent(), FRAME, patient=PATIENT, terms={"consentStatus": "ConsentRefused"}
    )
    assert '"ConsentGiven"' not in json.dumps(refused.draft)


@pytest.mark.parametrize(
    "change",
    [
        {"modifierExtension": [{"url": "x:y"}]},
        {"provision": {"modifierExtension": [{"url": "x:y"}]}},
        {"implicitRules": "x:y"},
        {"resourceType": "Practitioner"},
        {"status": "in force"},
        {"subject": {}},
    ],
)
def test_a_consent_that_cannot_be_understood_is_refused(change: Any) -> None:
    with pytest.raises(MalformedValue):
        consent_draft({**consent(), **change}, FRAME, patient=PATIENT, terms=TERMS)


def test_a_patient_is_named_by_a_did_and_the_release_must_be_the_stated_one() -> None:
    with pytest.raises(InvalidDid):
        consent_draft(consent(), FRAME, patient="Patient/1", terms=TERMS)
    with pytest.raises(MalformedValue):
        consent_draft(consent(), FRAME, patient=PATIENT, terms=TERMS, release=fhir.R5)
