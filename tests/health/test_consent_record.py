from __future__ import annotations

import copy
from typing import Any

import pytest

from medid.core.instant import Instant, Window
from medid.credentials import parse_credential
from medid.errors import MalformedValue, MissingFact
from medid.health.consent import ConsentRecord
from medid.health.words import CONSENT_STATUSES
from tests.health.documents import HOLDER, PATIENT, consent_document, license_document


def _read(document: dict[str, Any]) -> ConsentRecord:
    return ConsentRecord.from_credential(parse_credential(document))


def _with(**members: Any) -> dict[str, Any]:
    document = consent_document()
    document["credentialSubject"].update(members)
    return document


def test_reads_everything_that_the_credential_states() -> None:
    document = consent_document()
    before = copy.deepcopy(document)
    found = _read(document)
    assert (found.patient, found.issuer, found.grantor) == (PATIENT, PATIENT, PATIENT)
    assert found.on_behalf_of == PATIENT
    assert found.representation == "urn:uuid:7a1c0d5b-1d7d-4b3f-8a42-0c5d2d6f7e91"
    assert found.profile == "https://w3id.org/medid/consent-evaluation/1"
    assert found.legal_bases == ("https://w3id.org/dpv/legal/eu/gdpr#A9-2-a",)
    assert found.policies == ("http://example.org/policies/basePrivacyConsentPolicy",)
    assert found.did_for("Practitioner/ex-practitioner") == (HOLDER,)
    assert found.did_for("Practitioner/ex-practitioner2") == ()
    assert found.window == Window(
        Instant.parse("2026-01-10T09:00:00Z"), Instant.parse("2026-12-31T23:59:59Z")
    )
    assert found.credential_id == document["id"]
    assert found.resource == before["credentialSubject"]["consent"]
    assert document == before


def test_only_consent_that_was_given_may_permit() -> None:
    permitting = {
        status
        for status in CONSENT_STATUSES
        if _read(_with(consentStatus=status)).may_permit
    }
    assert permitting == {"ConsentGiven"}


def test_repr_does_not_show_whom_it_is_about() -> None:
    shown = repr(_read(consent_document()))
    assert PATIENT not in shown
    assert "ex-practitioner" not in shown


@pytest.mark.parametrize("name", ["consentStatus", "consentProfile", "consent", "id"])
def test_missing_facts_are_named_with_their_path(name: str) -> None:
    document = consent_document()
    del document["credentialSubject"][name]
    with pytest.raises(MissingFact) as caught:
        _read(document)
    assert caught.value.path == f"$.credentialSubject.{name}"


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("consentStatus", "Given", "consentStatus"),
        ("consentProfile", "https://w3id.org/medid/consent-evaluation/2", None),
        ("consentProfile", "", None),
        ("consent", "Consent/1", None),
        ("consent", {}, None),
        ("consent", {"resourceType": "Patient"}, "consent.resourceType"),
        ("consent", {"status": "active"}, "consent.resourceType"),
        ("grantor", "the patient", None),
        ("policy", ["a", "https://example.org/ok"], "policy[0]"),
        ("actorBinding", [{"type": "ActorBinding"}], "actorBinding[0].reference"),
        ("expires", "2026-01-01", None),
    ],
)
def test_values_outside_the_vocabulary_are_refused_with_their_path(
    name: str, value: Any, path: str | None
) -> None:
    with pytest.raises((MalformedValue, MissingFact)) as caught:
        _read(_with(**{name: value}))
    assert caught.value.path == f"$.credentialSubject.{path or name}"


def test_a_license_is_no_consent() -> None:
    with pytest.raises(MalformedValue):
        _read(license_document())
