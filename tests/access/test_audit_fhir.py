"""Exports are valid FHIR R4, hold to the profile of IHE BALP, and tell no more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.verificationresult import VerificationResult

from medid.access.audit_fhir import (
    PROFILE,
    AuditSite,
    audit_event,
    audit_events,
    verification_result,
)
from medid.access.audit_record import Kind
from medid.access.decision import Finding, Outcome
from medid.adapters.audit import MemoryAuditLog
from medid.core.json import dumps
from medid.core.records import replace
from medid.errors import ConfigurationError, MissingFact
from medid.health.codes import Coding
from tests.access.audit_world import BARE, FULL, break_glass, recorded
from tests.access.world import AT, NOTE, World, fhir_consent, on_file
from tests.support import vectors

if TYPE_CHECKING:
    from medid.access.audit_record import DecisionRecord

SITE = AuditSite(
    observer="Device/gateway",
    client="https://ehr.example/client-7",
    client_address="2001:db8::7334",
    organization="Organization/hospital",
    site="gateway.example",
)
VALIDATOR = "Organization/hospital"


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def kinds(world: World) -> dict[str, DecisionRecord]:
    """One record for each way in which a decision can go."""
    alone = world.shown(world.license)
    return {
        "permit": recorded(world),
        "emergency": recorded(world, break_glass(world)),
        "deny": recorded(world, world.asks("TREAT", NOTE)),
        "not-applicable": recorded(world, world.asks("HRESCH")),
        "on-file": recorded(world, shown=alone, consents=on_file(fhir_consent("deny"))),
        "no-consent": recorded(world, shown=alone),
        "unproven": recorded(world, shown=world.shown(domain="https://x.example")),
        "unreadable": recorded(world, shown=b"\xff"),
        "nobody": BARE,
    }


def exported(record: DecisionRecord) -> Any:
    """The event, which FHIR accepts and writes back as it was."""
    event = audit_event(record, SITE)
    model = AuditEvent.model_validate(event)
    again: dict[str, Any] = AuditEvent.model_validate_json(
        model.model_dump_json()
    ).model_dump(mode="json")
    assert again["agent"] == event["agent"]
    assert again.get("entity") == event.get("entity")
    return event


def code_of(part: Any) -> tuple[str, str]:
    coding = part["coding"][0] if "coding" in part else part
    return coding["system"], coding["code"]


THO = "http://terminology.hl7.org/CodeSystem/"
SLICES = {
    "client": ("http://dicom.nema.org/resources/ontology/DCM", "110150"),
    "user": (THO + "v3-ParticipationType", "IRCP"),
    "userorg": (THO + "v3-RoleClass", "PROV"),
    "authorizer": (THO + "extra-security-role-type", "authserver"),
}
NOT_OF = {
    "client": {"role", "altId", "name", "location", "media", "purposeOfUse"},
    "user": {"altId", "location", "media", "network"},
    "userorg": {"role", "altId", "name", "location", "policy", "media", "network"},
    "authorizer": {"role", "altId", "name", "location", "policy", "media", "network"},
}


def check_profile(event: Any) -> None:
    """The cardinalities and fixed values of IHE.BasicAudit.AuthZconsent."""
    assert "modifierExtension" not in event
    assert code_of(event["type"]) == (
        "http://dicom.nema.org/resources/ontology/DCM",
        "110113",
    )
    assert event["action"] == "E"
    assert event["outcome"] in {"0", "8"}
    assert event["recorded"]
    agents = {code_of(one["type"]): one for one in event["agent"]}
    assert len(event["agent"]) == 4
    for name, code in SLICES.items():
        agent = agents[code]
        assert agent["who"]
        assert agent["requestor"] is (name == "user")
        assert not NOT_OF[name] & set(agent)
    assert agents[SLICES["client"]]["network"]["address"]
    kinds = [code_of(one["type"]) for one in event["entity"]]
    assert kinds[0] == (THO + "audit-entity-type", "1")
    assert code_of(event["entity"][0]["role"]) == (THO + "object-role", "1")
    assert len(kinds) >= 2
    assert set(kinds[1:]) == {("http://hl7.org/fhir/resource-types", "Consent")}
    assert all(one["what"] for one in event["entity"])


def test_every_kind_of_decision_is_an_audit_event(kinds: Any) -> None:
    for name, record in kinds.items():
        event = exported(record)
        subtype = event["subtype"][0]
        consents = [one for one in record.consents if one.of_patient]

        assert subtype["code"] == ("AuthZ-Consent" if consents else "AuthZ-Role"), name
        assert event["outcome"] == ("0" if record.outcome is Outcome.PERMIT else "8")
        assert ("meta" in event) is bool(consents)
        if consents:
            assert event["meta"]["profile"] == [PROFILE]
            check_profile(event)
    assert {name for name, one in kinds.items() if one.consents} == {
        "permit",
        "emergency",
        "deny",
        "not-applicable",
        "on-file",
    }


def test_codes_and_systems_are_those_of_the_profile() -> None:
    text = (vectors("ihe-balp") / "input/fsh/AuthZ.fsh").read_text("utf-8")
    stated = dict(re.findall(r"^\* agent\[(\w+)\]\.type = (\S+)", text, re.MULTILINE))
    event: Any = audit_event(FULL, SITE)
    types = {f"{system}#{code}" for system, code in SLICES.values()}

    assert set(stated.values()) <= types
    for name in ("AuthZ-Consent", "AuthZ-Role"):
        assert f"* #{name} " in text
    for part in event["entity"]:
        system, code = code_of(part["type"])
        assert f"= {system}#{code}" in text


def test_an_event_says_who_asked_why_and_about_whom(kinds: Any) -> None:
    record = kinds["permit"]
    event = exported(record)
    user = event["agent"][1]
    did = {"system": "urn:ietf:rfc:3986", "value": record.requester}

    assert event["id"] == record.id.removeprefix("urn:uuid:")
    assert event["type"]["display"] == "Security Alert"
    assert event["recorded"] == "2026-06-15T12:01:00Z"
    assert event["outcomeDesc"] == "LICENSE_OK, CONSENT_PERMIT"
    assert user["who"] == {"identifier": did}
    assert code_of(user["purposeOfUse"][0])[1] == "TREAT"
    assert code_of(event["purposeOfEvent"][0])[1] == "TREAT"
    patient, consent = event["entity"]
    assert patient["what"] == {"reference": "Patient/p-9"}
    assert consent["what"]["identifier"]["value"] == record.consents[0].id
    assert event["source"]["site"] == "gateway.example"
    assert event["source"]["observer"] == {"reference": "Device/gateway"}
    assert event["agent"][0]["network"] == {"address": "2001:db8::7334", "type": "2"}


def test_a_requester_who_is_not_proven_is_marked(kinds: Any) -> None:
    assert exported(kinds["unproven"])["agent"][1]["who"]["display"] == (
        "as claimed, not proven"
    )
    assert exported(kinds["nobody"])["agent"][1]["who"] == {"display": "not stated"}
    assert "entity" not in exported(kinds["nobody"])


def test_an_event_tells_neither_resource_nor_reason_nor_digest(kinds: Any) -> None:
    for record in kinds.values():
        text = dumps(exported(record))
        assert "Observation" not in text
        assert "unconscious" not in text
        assert not re.search(r"[0-9a-f]{64}", text)


def test_a_consent_of_another_patient_is_not_in_the_event() -> None:
    (own,) = FULL.consents
    foreign = replace(own, id="urn:uuid:of-somebody-else", of_patient=False)
    event = exported(replace(FULL, consents=(own, foreign)))
    assert event == exported(replace(FULL, consents=(own,)))
    alone = exported(replace(FULL, consents=(foreign,)))
    assert alone == exported(replace(FULL, consents=()))


def test_a_consent_is_named_as_far_as_it_has_a_name() -> None:
    (credential,) = FULL.consents
    names = {
        "on-file-1": {"reference": "Consent/on-file-1"},
        "kept-1": {"display": "a consent without an id of its own"},
        "a~2": {"display": "a consent without an id of its own"},
    }
    for name, what in names.items():
        kept = replace(credential, id=name, is_credential=False)
        event = exported(replace(FULL, consents=(kept,)))
        assert event["entity"][1]["what"] == {"type": "Consent", **what}
    unnamed = exported(replace(FULL, consents=(replace(credential, id="consent-1"),)))
    assert "display" in unnamed["entity"][1]["what"]


def test_a_patient_may_be_named_by_a_did_or_anyhow() -> None:
    assert FULL.asked is not None
    for name, identifier in (
        (
            "did:example:p",
            {"system": "urn:ietf:rfc:3986", "value": "did:example:p"},
        ),
        ("9", {"value": "9"}),
    ):
        record = replace(FULL, asked=replace(FULL.asked, patient=name))
        what = exported(record)["entity"][0]["what"]
        assert what == {"type": "Patient", "identifier": identifier}


def test_a_version_of_the_patient_is_exported_as_the_patient() -> None:
    """Of records that name one: by a version, an accounting would not find it."""
    assert FULL.asked is not None
    asked = replace(FULL.asked, patient="Patient/p-9/_history/2")
    what = exported(replace(FULL, asked=asked))["entity"][0]["what"]
    assert what == {"reference": "Patient/p-9"}


@pytest.mark.parametrize("odd", [" TREAT", "a  b", "a\nb", "\x00x", " ", "\u2003", "é"])
def test_whatever_a_request_says_its_event_is_valid(odd: str) -> None:
    asked = FULL.asked
    assert asked is not None
    asked = replace(asked, patient=odd, purposes=(Coding("http://x.example", odd),))
    license_ = FULL.license
    assert license_ is not None
    license_ = replace(license_, key=odd, issuer=odd)
    record = replace(
        FULL, asked=asked, requester=odd, id=f"urn:uuid:{odd}", license=license_
    )
    event = exported(record)
    (purpose,) = event["purposeOfEvent"]
    assert (purpose.keys() == {"coding"}) is (odd == "é")
    assert odd == "é" or "\x00" not in dumps(event)
    for one in (replace(record, requester=FULL.requester), record):
        try:
            found = verification_result(one, validator=VALIDATOR)
        except MissingFact:
            assert one is record
        else:
            VerificationResult.model_validate(found)
    asked = replace(asked, purposes=(Coding(odd, "TREAT"),))
    exported(replace(record, asked=asked))


def test_an_event_without_codes_tells_the_outcome() -> None:
    record = replace(FULL, findings=(), id="local-1")
    event = exported(record)

    assert event["outcomeDesc"] == "permit"
    assert "id" not in event


def test_times_are_exported_to_the_millisecond() -> None:
    record = replace(FULL, recorded=AT.plus(0.123456789))

    assert exported(record)["recorded"] == "2026-06-15T12:01:00.123Z"


def test_a_compilation_that_waits_for_data_is_no_event(world: World) -> None:
    log = MemoryAuditLog()
    compiled = world.verifier(audit=log).compile(world.shown(), world.asks())
    compiled.record([world.asks()["resource"]])
    (event,) = audit_events(log.records, SITE)

    assert event["outcome"] == "0"
    with pytest.raises(MissingFact):
        audit_event(log.records[0], SITE)


def test_a_refused_compilation_is_an_event() -> None:
    record = replace(
        FULL, kind=Kind.COMPILATION, compilation=None, outcome=Outcome.DENY
    )

    assert len(list(audit_events([record], SITE))) == 1


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("observer", ""),
        ("observer", "gateway"),
        ("client", "x y"),
        ("organization", "Organization/"),
        ("client_address", " "),
        ("client_address", "a\x00b"),
        ("site", ""),
        ("site", " "),
        ("site", "a\x1bb"),
    ],
)
def test_a_site_names_what_can_be_referred_to(member: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        replace(SITE, **{member: value})
    assert caught.value.path == f"$.{member}"


def test_a_client_may_have_a_host_name_and_a_site_need_no_name() -> None:
    site = replace(SITE, client_address="ehr.example", site=None)
    event: Any = audit_event(FULL, site)

    assert event["agent"][0]["network"] == {"address": "ehr.example", "type": "1"}
    assert "site" not in event["source"]
    AuditEvent.model_validate(event)


# The license check.


def result(record: DecisionRecord) -> Any:
    found = verification_result(record, validator=VALIDATOR)
    VerificationResult.model_validate(found)
    return found


def test_a_good_license_is_validated(world: World) -> None:
    record = recorded(world)
    found = result(record)
    (source,) = found["primarySource"]

    assert found["status"] == "validated"
    assert found["target"][0]["identifier"]["value"] == record.requester
    assert found["targetLocation"] == ["Practitioner.qualification[0]"]
    assert found["statusDate"] == found["lastPerformed"] == "2026-06-15T12:01:00Z"
    assert found["validator"] == [{"organization": {"reference": VALIDATOR}}]
    assert source["who"]["identifier"]["value"] == world.board.did
    assert code_of(source["type"][0])[1] == "lic-board"
    assert code_of(source["validationStatus"])[1] == "successful"
    assert code_of(source["canPushUpdates"])[1] == "yes"
    assert source["communicationMethod"] == [{"text": "presentation"}]
    assert found["attestation"]["sourceIdentityCertificate"] == (
        world.board.verification_method
    )


@pytest.mark.parametrize(
    ("codes", "status", "validation"),
    [
        (["LICENSE_OK"], "validated", "successful"),
        (["PROFESSION_MISMATCH", "LOCATION_UNKNOWN"], "validated", "successful"),
        (["CREDENTIAL_REVOKED"], "val-fail", "failed"),
        (["LICENSE_EXPIRED", "STATUS_STALE"], "val-fail", "failed"),
        (["LICENSE_STATUS_SUSPENDED"], "val-fail", "failed"),
        (["PROOF_INVALID"], "val-fail", "failed"),
        (["ISSUER_NOT_TRUSTED"], "val-fail", "failed"),
        (["STATUS_UNKNOWN"], "req-revalid", "unknown"),
        (["PROOF_UNKNOWN"], "req-revalid", "unknown"),
        (["STATUS_STALE", "PROFESSION_MISMATCH"], "req-revalid", "unknown"),
        ([], "req-revalid", "unknown"),
    ],
)
def test_a_license_is_judged_by_what_speaks_against_it(
    codes: list[str], status: str, validation: str
) -> None:
    others = (
        Finding(code="PROOF_INVALID", about="license", credential="another"),
        Finding(code="CREDENTIAL_REVOKED", about="consent", credential="L"),
    )
    findings = [Finding(code=one, about="license", credential="L") for one in codes]
    found = result(replace(FULL, findings=(*findings, *others)))

    assert found["status"] == status
    (source,) = found["primarySource"]
    assert code_of(source["validationStatus"])[1] == validation


def test_a_suspended_license_fails_its_validation() -> None:
    scene = World()
    scene.suspend(AT.plus(-30))
    found = result(recorded(scene))

    assert found["status"] == "val-fail"


def test_what_a_license_does_not_name_is_left_out() -> None:
    assert FULL.license is not None
    bare = replace(FULL.license, issuer=None, key=None, status_lists=())
    found = result(replace(FULL, license=bare))
    (source,) = found["primarySource"]

    assert "who" not in source
    assert code_of(source["canPushUpdates"])[1] == "no"
    assert set(found["attestation"]) == {"who"}


@pytest.mark.parametrize("member", ["license", "requester"])
def test_without_a_license_there_is_nothing_to_validate(member: str) -> None:
    with pytest.raises(MissingFact):
        verification_result(replace(FULL, **{member: None}), validator=VALIDATOR)


def test_a_validator_has_to_be_named() -> None:
    with pytest.raises(ConfigurationError) as caught:
        verification_result(FULL, validator="hospital")
    assert caught.value.path == "$.validator"
