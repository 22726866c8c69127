"""Receipts say what the consent and the custodian say, and make nothing up."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.core.instant import Window
from medid.credentials import parse_credential
from medid.errors import MalformedValue, MissingFact
from medid.health.consent import ConsentRecord
from medid.health.drafts import Frame
from medid.health.grant_fhir import grant_credential
from medid.health.grant_reading import read_grant
from medid.health.receipt_controller import read_controller
from medid.health.receipts import (
    ISO_SCHEMA,
    MAKERS,
    Outline,
    iso_27560,
    kantara,
    receipt_credential,
)
from tests.health.grants import CARDIOLOGIST, NPI, PATIENT, TODAY

if TYPE_CHECKING:
    from collections.abc import Callable

FACTS: Final[dict[str, Any]] = {
    "id": "did:web:hospital.example",
    "name": "Example Hospital",
    "address": {"streetAddress": "1 Main Street", "addressCountry": "US"},
    "contact": "Privacy Office",
    "email": "privacy@hospital.example",
    "phone": "+1 555 0100",
    "url": "https://hospital.example",
    "privacyNotice": "https://hospital.example/privacy",
    "language": "en",
    "jurisdiction": "US-OH",
    "storageLocations": ["US"],
    "retentionPeriod": "P10Y",
    "withdrawalMethod": "medid consent withdraw",
    "collectionMethod": "the patient's wallet",
    "service": "medical records",
}
RECEIPT: Final = "urn:uuid:00000000-0000-4000-8000-000000000001"
CONSENT: Final = "urn:uuid:00000000-0000-4000-8000-000000000002"
OUTLINE: Final = Outline(given=TODAY)


def record(change: Any = None, **members: Any) -> ConsentRecord:
    stated = {"who": {"did": CARDIOLOGIST}, "what": "everything", **members}
    frame = Frame(id=CONSENT, issuer=PATIENT, window=Window())
    draft: Any = grant_credential(read_grant(stated), frame, patient=PATIENT, at=TODAY)
    if change is not None:
        change(draft)
    return ConsentRecord.from_credential(parse_credential(draft))


def facts(**members: Any) -> Any:
    return read_controller({**copy.deepcopy(FACTS), **members})


def without(*names: str) -> Any:
    return {name: value for name, value in FACTS.items() if name not in names}


def made(make: Any, found: ConsentRecord, outline: Outline = OUTLINE) -> Any:
    return make(found, facts(), outline, receipt_id=RECEIPT)


def test_every_field_of_27560_has_its_source() -> None:
    receipt = made(
        iso_27560,
        record(
            what={"types": ["Observation"], "labels": ["HIV"]},
            butNot={"confidentiality": "R"},
            purposes=["TREAT", "HRESCH"],
            until="2027-06-30",
        ),
    )
    assert receipt["schema_version"] == ISO_SCHEMA
    assert receipt["receipt_id"] == RECEIPT
    assert receipt["record_id"] == CONSENT
    assert receipt["pii_principal_id"] == PATIENT
    processing = receipt["pii_processing"]
    assert processing["privacy_notice"] == FACTS["privacyNotice"]
    assert processing["language"] == "en"
    one, two = processing["purposes"]
    assert (one["purpose"], two["purpose"]) == ("HRESCH", "TREAT")
    assert one["purpose_type"].endswith("v3-ActReason#HRESCH")
    assert one["lawful_basis"] == ["https://w3id.org/dpv#Consent"]
    assert [it["pii_type"] for it in one["pii_information"]] == ["Observation", "HIV"]
    excluded = one["pii_information"][0]["pii_excluded"]
    assert excluded == ["http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R"]
    assert one["pii_controllers"] == [FACTS["id"]]
    assert one["recipient_third_parties"] == [CARDIOLOGIST]
    for name, source in (
        ("collection_method", "collectionMethod"),
        ("storage_locations", "storageLocations"),
        ("retention_period", "retentionPeriod"),
        ("withdrawal_method", "withdrawalMethod"),
        ("jurisdiction", "jurisdiction"),
        ("service", "service"),
    ):
        assert one[name] == FACTS[source]
    party, recipient = receipt["party_identification"]
    assert party["party_name"] == FACTS["name"]
    assert party["party_address"] == FACTS["address"]
    assert party["party_email"] == FACTS["email"]
    assert recipient == {"party_id": CARDIOLOGIST, "party_role": "recipient"}
    (event,) = receipt["event"]
    assert event["event_time"] == str(TODAY)
    assert event["validity_duration"] == "2027-07-01T00:00:00Z"
    assert event["entity_id"] == PATIENT
    assert event["event_state"] == "ConsentGiven"


def refer(*meanings: str) -> Callable[[Any], None]:
    """Name an observation in each rule, once for each meaning."""

    def change(draft: Any) -> None:
        root = draft["credentialSubject"]["consent"]["provision"]
        for rule in (root, *root["provision"]):
            del rule["class"]
            rule["data"] = [
                {"meaning": one, "reference": {"reference": "Observation/1"}}
                for one in meanings
            ]

    return change


def test_no_more_is_told_to_be_kept_back_than_is() -> None:
    kept = [
        {"types": ["Encounter", "Task"], "labels": ["HIV"]},
        {"dated": {"from": "2020-01-01"}},
        {"labels": ["PSY"], "dated": {"until": "2020-01-01"}},
        {"labels": ["MH", "SPI"]},
    ]
    told = {
        *("MH", "SPI", "health data dated 2020-01-01T00:00:00Z/.."),
        "(Encounter or Task) and HIV",
        "PSY dated ../2020-01-02T00:00:00Z",
    }
    found = record(butNot=kept, what={"dated": {"from": "2019-01-01"}})
    for make in (iso_27560, kantara):
        receipt = made(make, found)
        if make is kantara:
            ((one,),) = [it["purposes"] for it in receipt["services"]]
            (category,) = one["piiCategory"]
            kind, *excluded = category.split(", except ")
        else:
            (one,) = receipt["pii_processing"]["purposes"]
            (pii,) = one["pii_information"]
            kind, excluded = pii["pii_type"], pii["pii_excluded"]
        assert kind == "health data dated 2019-01-01T00:00:00Z/.."
        assert set(excluded) == told
    types = {"types": ["Observation"]}
    named = record(refer("instance", "related"), what=types, butNot=types)
    (one,) = made(iso_27560, named)["pii_processing"]["purposes"]
    first, second = one["pii_information"]
    kinds = ["Observation/1", "related Observation/1"]
    assert [first["pii_type"], second["pii_type"]] == kinds
    assert first["pii_excluded"] == kinds


def test_a_withdrawal_is_a_second_event() -> None:
    outline = Outline(given=TODAY, withdrawn=TODAY.plus(60))
    first, second = made(iso_27560, record(), outline)["event"]
    assert first["validity_duration"] == "until withdrawn"
    assert second["event_state"] == "ConsentWithdrawn"
    assert second["event_time"] == str(TODAY.plus(60))


def test_kantara() -> None:
    receipt = made(kantara, record(who={"system": NPI, "value": "1679576722"}))
    assert receipt["version"] == "KI-CR-v1.1.0"
    assert receipt["consentTimestamp"] == TODAY.seconds
    assert receipt["consentReceiptID"] == RECEIPT
    assert receipt["piiPrincipalId"] == PATIENT
    assert receipt["policyUrl"] == FACTS["privacyNotice"]
    (controller,) = receipt["piiControllers"]
    assert controller["piiControllerUrl"] == FACTS["url"]
    (service,) = receipt["services"]
    (purpose,) = service["purposes"]
    assert purpose["piiCategory"] == ["health data"]
    assert purpose["consentType"] == "EXPLICIT"
    assert purpose["thirdPartyName"] == f"{NPI}|1679576722"
    assert purpose["termination"] == "until withdrawn"
    assert (receipt["sensitive"], receipt["spiCat"]) == (True, ["health data"])


def test_kantara_has_no_word_for_a_withdrawal() -> None:
    with pytest.raises(MalformedValue):
        made(kantara, record(), Outline(given=TODAY, withdrawn=TODAY))


@pytest.mark.parametrize("name", ["email", "phone"])
def test_kantara_needs_more_of_the_custodian(name: str) -> None:
    less = read_controller(without(name, "url"))
    with pytest.raises(MissingFact) as refused:
        kantara(record(), less, OUTLINE, receipt_id=RECEIPT)
    assert refused.value.path == f"$.{name}"
    receipt: Any = iso_27560(record(), less, OUTLINE, receipt_id=RECEIPT)
    assert f"party_{name}" not in receipt["party_identification"][0]


def test_without_a_web_site_kantara_names_none() -> None:
    less = read_controller(without("url"))
    receipt: Any = kantara(record(), less, OUTLINE, receipt_id=RECEIPT)
    assert "piiControllerUrl" not in receipt["piiControllers"][0]


@pytest.mark.parametrize("name", sorted(FACTS.keys() - {"email", "phone", "url"}))
def test_what_a_custodian_has_to_say_is_not_made_up(name: str) -> None:
    with pytest.raises(MalformedValue) as refused:
        read_controller(without(name))
    assert refused.value.path == f"$.{name}"


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"address": {}}, "$.address"),
        ({"address": {"street": "x"}}, "$.address.street"),
        ({"address": {"postalCode": 7}}, "$.address.postalCode"),
        ({"storageLocations": []}, "$.storageLocations"),
        ({"storageLocations": "US"}, "$.storageLocations"),
        ({"telephone": "x"}, "$.telephone"),
        ({"email": ""}, "$.email"),
    ],
)
def test_a_custodian_is_read_strictly(members: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedValue) as refused:
        facts(**members)
    assert refused.value.path == path


def rule(document: Any) -> Any:
    return document["credentialSubject"]["consent"]["provision"]


@pytest.mark.parametrize("make", [make for _, make in MAKERS])
@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda it: it["credentialSubject"]["consent"].pop("provision"), "provision"),
        (lambda it: rule(it).pop("purpose"), "purpose"),
        (lambda it: rule(it).pop("actor"), "actor"),
        (lambda it: it.pop("id"), "id"),
    ],
)
def test_a_consent_that_says_too_little_has_no_receipt(
    make: Any, change: Any, path: str
) -> None:
    with pytest.raises(MissingFact) as refused:
        made(make, record(change))
    assert refused.value.path.endswith(f".{path}")


@pytest.mark.parametrize(
    "change",
    [
        lambda it: rule(it).update(type="deny"),
        lambda it: rule(it).update(provision=[{"type": "permit"}]),
    ],
)
def test_a_refusal_is_not_told_as_a_consent(change: Any) -> None:
    for _, make in MAKERS:
        with pytest.raises(MalformedValue):
            made(make, record(change))


def test_a_code_of_another_system_is_told_with_it() -> None:
    found = record(what={"codes": [{"system": "http://loinc.org", "code": "1-1"}]})
    (purpose,) = made(iso_27560, found)["pii_processing"]["purposes"]
    assert purpose["pii_information"][0]["pii_type"] == "http://loinc.org|1-1"


def test_the_draft_holds_the_receipt_as_it_is() -> None:
    for form, make in MAKERS:
        receipt = made(make, record())
        frame = Frame(id=RECEIPT, issuer=PATIENT, window=Window(TODAY, None))
        draft: Any = receipt_credential(frame, receipt, form=form, patient=PATIENT)
        assert draft["credentialSubject"]["consentReceipt"] == receipt
    with pytest.raises(MalformedValue):
        receipt_credential(frame, receipt, form="other", patient=PATIENT)
