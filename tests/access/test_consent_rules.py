"""The evaluator's own face: two steps, settings, bindings and what it never does."""

from __future__ import annotations

import copy
import dataclasses
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from medid.access import consent_match
from medid.access.consent_rules import PROFILE, evaluate, prepare
from medid.access.consent_scenarios import starter
from medid.access.consent_standing import names_on_file
from medid.access.consent_types import (
    POLICY_ALL_NORMAL,
    POLICY_BREAK_GLASS_ONLY,
    PROFILE_URI,
    BreakGlass,
    ConsentFacts,
    ConsentFinding,
    ConsentRequest,
    ConsentSettings,
    CredentialFacts,
    Requester,
    Resource,
)
from medid.core import json
from medid.core.instant import Instant
from medid.errors import ConfigurationError
from medid.health.codes import (
    ACT_CODE,
    ACT_REASON,
    NPI,
    PARTICIPATION_TYPE,
    Coding,
    falls_under,
)
from medid.health.consent_tree import ALWAYS

STARTER: Any = json.load_object(starter())
CONSENT = STARTER["consents"][0]
FACTS = ConsentFacts(id="c1", resource=CONSENT)
RECIPIENT = {"coding": [{"system": PARTICIPATION_TYPE, "code": "IRCP"}]}
LABEL = Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N")
RESOURCE = Resource(type="Observation", id="Observation/7", labels=frozenset({LABEL}))
REQUEST = ConsentRequest(
    requester=Requester(references=frozenset({"Practitioner/dr-b"})),
    patient="Patient/p-9",
    purposes=frozenset({Coding(ACT_REASON, "TREAT")}),
    time=Instant.parse("2026-06-15T12:00:00Z"),
    action="access",
    resource=RESOURCE,
)


def test_one_step_is_both_steps() -> None:
    prepared = prepare(
        [FACTS], dataclasses.replace(REQUEST, resource=None), ConsentSettings()
    )
    finding = prepared.check(RESOURCE)
    assert finding == evaluate([FACTS], REQUEST, ConsentSettings())
    assert finding
    assert finding.decided_by == "c1#provision"
    assert finding.profile == PROFILE["uri"] == PROFILE_URI


def test_only_permit_is_truthy() -> None:
    finding = evaluate([], REQUEST, ConsentSettings())
    assert not finding
    assert finding.outcome == "not-applicable"
    assert finding.decided_by == "default-policy"


def test_a_default_policy_says_what_a_request_lacks() -> None:
    settings = ConsentSettings(default_policy=POLICY_BREAK_GLASS_ONLY)
    emergency = frozenset({Coding(ACT_REASON, "BTG")})
    declared = BreakGlass(declared=True, authorised=True, reason="unconscious")
    for purposes, break_glass, code in (
        (frozenset[Coding](), declared, "PURPOSE_MISSING"),
        (REQUEST.purposes, declared, "DEFAULT_POLICY_DENY"),
        (emergency, BreakGlass(), "BREAK_GLASS_INCOMPLETE"),
        (emergency, declared, "DEFAULT_POLICY_PERMIT"),
    ):
        asked = dataclasses.replace(REQUEST, purposes=purposes, break_glass=break_glass)
        finding = evaluate([], asked, settings)
        assert [one.code for one in finding.reasons] == [code]
        assert bool(finding) is (code == "DEFAULT_POLICY_PERMIT")


@pytest.mark.parametrize(
    "settings",
    [
        ConsentSettings(default_policy="permit"),
        ConsentSettings(default_policy=""),
        ConsentSettings(unlabelled_confidentiality="X"),
    ],
)
def test_a_setting_that_is_not_known_is_refused(settings: ConsentSettings) -> None:
    with pytest.raises(ConfigurationError):
        evaluate([FACTS], REQUEST, settings)


def test_a_bound_did_stands_for_the_actor_it_is_bound_to() -> None:
    asked = dataclasses.replace(REQUEST, requester=Requester(did="did:example:dr-b"))
    assert not evaluate([FACTS], asked, ConsentSettings())
    for did, permitted in (("did:example:dr-b", True), ("did:example:dr-x", False)):
        binding = frozenset({("Practitioner/dr-b", did)})
        bound = dataclasses.replace(FACTS, actor_bindings=binding)
        assert bool(evaluate([bound], asked, ConsentSettings())) is permitted
    elsewhere = frozenset({("Practitioner/dr-x", "did:example:dr-b")})
    bound = dataclasses.replace(FACTS, actor_bindings=elsewhere)
    assert not evaluate([bound], asked, ConsentSettings())


def test_a_custodian_without_a_name_is_not_one_that_is_not_known() -> None:
    role = {"coding": [{"system": PARTICIPATION_TYPE, "code": "CST"}]}
    numbered = {"identifier": {"system": NPI, "value": "1234567893"}}
    named = {"reference": "Organization/clinic-1"}
    for keepers, known in (
        ([numbered], False),
        ([named], True),
        ([numbered, named], True),
    ):
        actors = [{"role": role, "reference": one} for one in keepers]
        provision: Any = {"type": "permit", "actor": actors}
        permit = ConsentFacts(id="c1", resource={**CONSENT, "provision": provision})
        for custodian in (None, "Organization/clinic-1"):
            labels = frozenset({LABEL})
            kept = Resource(type="Observation", labels=labels, custodian=custodian)
            asked = dataclasses.replace(REQUEST, resource=kept)
            permitted = known and custodian is not None
            assert bool(evaluate([permit], asked, ConsentSettings())) is permitted


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({}, True),
        ({"use": "official"}, True),
        ({"period": {"start": "2010"}}, True),
        ({"use": "old"}, False),
        ({"use": "temp"}, False),
        ({"use": ["usual"]}, False),
        ({"_use": {"id": "a"}}, False),
        ({"period": {"end": "2020"}}, False),
        ({"period": {"start": "2010", "_end": {"id": "a"}}}, False),
        ({"period": "2020"}, False),
    ],
)
def test_a_number_that_was_given_up_permits_nobody(
    said: dict[str, Any], *, kept: bool, inside: bool
) -> None:
    number = {"system": NPI, "value": "1234567893", **said}
    practitioner = {"resourceType": "Practitioner", "id": "a", "identifier": [number]}
    named = {"reference": "#a"} if inside else {"identifier": number}
    actor = {"role": RECIPIENT, "reference": named}
    around = {**CONSENT, "contained": [practitioner]} if inside else CONSENT
    permit: Any = {**around, "provision": {"type": "permit", "actor": [actor]}}
    refusal = {"type": "permit", "provision": [{"type": "deny", "actor": [actor]}]}
    deny: Any = {**around, "provision": refusal}

    for value, theirs in (("1234567893", True), ("1245319599", False)):
        requester = Requester(identifiers=frozenset({(NPI, value)}))
        asked = dataclasses.replace(REQUEST, requester=requester)
        permitted, refused = (
            evaluate([ConsentFacts(id="c1", resource=it)], asked, ConsentSettings())
            for it in (permit, deny)
        )
        assert bool(permitted) is (theirs and kept)
        assert bool(refused) is not theirs


@pytest.mark.parametrize("name", ["Practitioner?identifier=1", "dr-x", "Practitioner"])
def test_who_is_named_by_no_reference_may_be_anybody(name: str) -> None:
    actor = {"role": RECIPIENT, "reference": {"reference": name}}
    refusal = {"type": "deny", "actor": [actor]}
    for provision in (
        {"type": "permit", "provision": [refusal]},
        {"type": "permit", "actor": [actor]},
    ):
        resource: Any = {**CONSENT, "provision": provision}
        facts = ConsentFacts(id="c1", resource=resource)
        assert not evaluate([facts], REQUEST, ConsentSettings())


@pytest.mark.parametrize("name", ["Practitioner/dr-b", "#dr-b", "urn:uuid:1"])
def test_a_refusal_of_a_bound_actor_is_lifted_by_its_did_alone(name: str) -> None:
    actor = {"role": RECIPIENT, "reference": {"reference": name}}
    refusal = {"type": "deny", "actor": [actor]}
    root = {"type": "permit", "provision": [refusal]}
    resource: Any = {**CONSENT, "provision": root}
    facts = ConsentFacts(id="c1", resource=resource)
    asked = dataclasses.replace(REQUEST, requester=Requester(did="did:example:dr-b"))
    # Unbound, nothing shows that the requester is somebody else.
    assert not evaluate([facts], asked, ConsentSettings())
    for did, permitted in (("did:example:dr-b", False), ("did:example:dr-x", True)):
        binding = frozenset({(name, did)})
        bound = dataclasses.replace(facts, actor_bindings=binding)
        assert bool(evaluate([bound], asked, ConsentSettings())) is permitted
    nobody = dataclasses.replace(REQUEST, requester=Requester(did=None))
    binding = frozenset({(name, "did:example:dr-x")})
    bound = dataclasses.replace(facts, actor_bindings=binding)
    assert not evaluate([bound], nobody, ConsentSettings())


@pytest.mark.parametrize(
    ("name", "denied"),
    [
        ("Practitioner/dr-x", True),
        ("did:example:dr-x", True),
        ("PractitionerRole/r2", True),
        ("Organization/clinic-2", False),
    ],
)
def test_what_somebody_belongs_to_does_not_show_who_they_are(
    name: str, denied: bool
) -> None:
    actor = {"role": RECIPIENT, "reference": {"reference": name}}
    refusal = {"type": "deny", "actor": [actor]}
    resource: Any = {**CONSENT, "provision": {"type": "permit", "provision": [refusal]}}
    facts = ConsentFacts(id="c1", resource=resource)
    requester = Requester(
        identifiers=frozenset({("http://hl7.org/fhir/sid/us-npi", "1234567893")}),
        member_of=frozenset({"Organization/clinic-1", "did:web:clinic.example"}),
    )
    asked = dataclasses.replace(REQUEST, requester=requester)
    assert bool(evaluate([facts], asked, ConsentSettings())) is not denied
    role = frozenset({"PractitionerRole/r1"})
    known = dataclasses.replace(requester, references=role)
    asked = dataclasses.replace(REQUEST, requester=known)
    lifted = not denied or name == "PractitionerRole/r2"
    assert bool(evaluate([facts], asked, ConsentSettings())) is lifted
    own = frozenset({"Practitioner/dr-b", "did:example:dr-b"})
    known = dataclasses.replace(requester, references=own)
    asked = dataclasses.replace(REQUEST, requester=known)
    assert evaluate([facts], asked, ConsentSettings())


HL7 = "http://hl7.org/fhir/StructureDefinition"


@pytest.mark.parametrize(
    ("system", "code", "shown", "permitted", "denied"),
    [
        ("urn:ietf:rfc:3986", f"{HL7}/bp|1", f"{HL7}/bp|1", True, True),
        ("urn:ietf:rfc:3986", f"{HL7}/bp|1", f"{HL7}/bp|2", False, False),
        ("urn:ietf:rfc:3986", f"{HL7}/bp|1", f"{HL7}/bp", False, True),
        ("urn:ietf:rfc:3986", f"{HL7}/bp", f"{HL7}/bp|1", True, True),
        ("urn:ietf:rfc:3986", f"{HL7}/bp", "bp|1", True, True),
        (HL7, "bp", f"{HL7}/bp", True, True),
        (HL7, "bp", "bp", True, True),
        (HL7, "bp", "https://a.example/StructureDefinition/bp", False, True),
        (HL7, f"{HL7}/bp", "https://a.example/StructureDefinition/bp", False, False),
    ],
)
def test_a_profile_is_the_one_that_a_rule_names(
    system: str, code: str, shown: str, permitted: bool, denied: bool
) -> None:
    named = {"class": [{"system": system, "code": code}]}
    data = dataclasses.replace(
        REQUEST, resource=RESOURCE._replace(profiles=frozenset({shown}))
    )
    for provision, expected in (
        ({"type": "permit", **named}, permitted),
        ({"type": "permit", "provision": [{"type": "deny", **named}]}, not denied),
    ):
        resource: Any = {**CONSENT, "provision": provision}
        facts = ConsentFacts(id="c1", resource=resource)
        assert bool(evaluate([facts], data, ConsentSettings())) is expected


@pytest.mark.parametrize("kind", ["permit", "deny"])
@pytest.mark.parametrize(
    ("label", "matched"),
    [
        (Coding(ACT_CODE, "ETHUD"), True),
        (Coding(ACT_CODE, "SPI"), False),
        (Coding("urn:x", "c7"), True),
        (Coding("urn:x", "c"), False),
    ],
)
def test_many_labels_of_a_rule_are_not_each_compared_with_each_of_the_data(
    kind: str, label: Coding, *, matched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[Coding] = []

    def counted(coding: Coding, rule: Coding) -> bool:
        compared.append(coding)
        return falls_under(coding, rule)

    monkeypatch.setattr(consent_match, "falls_under", counted)
    many = [{"system": "urn:x", "code": f"c{number}"} for number in range(2_000)]
    stated = [*many, {"system": ACT_CODE, "code": "SUD"}]
    root = {"type": kind, "securityLabel": stated}
    resource: Any = {**CONSENT, "provision": root}
    others = {Coding("urn:y", f"d{number}") for number in range(20)}
    data = RESOURCE._replace(labels=frozenset({label, *others}))

    found = evaluate(
        [ConsentFacts(id="c1", resource=resource)],
        dataclasses.replace(REQUEST, resource=data),
        ConsentSettings(),
    )

    assert (found.decided_by != "default-policy") is matched
    assert len(compared) < 200


def test_one_consents_bindings_do_not_serve_another() -> None:
    binding = frozenset({("Practitioner/dr-b", "did:example:dr-b")})
    other = ConsentFacts(
        id="c2", resource={**CONSENT, "status": "inactive"}, actor_bindings=binding
    )
    asked = dataclasses.replace(REQUEST, requester=Requester(did="did:example:dr-b"))
    assert not evaluate([FACTS, other], asked, ConsentSettings())


def test_a_patient_may_be_asked_for_by_did() -> None:
    dids = {"Patient/p-9": frozenset({"did:example:pat"})}
    asked = dataclasses.replace(REQUEST, patient="did:example:pat")
    assert not evaluate([FACTS], asked, ConsentSettings())
    assert evaluate([FACTS], asked, ConsentSettings(patient_dids=dids, zone=UTC))


@pytest.mark.parametrize("name", ["Patient/p-9", "did:example:a", "did:example:b"])
def test_a_refusal_under_any_name_of_the_patient_counts(name: str) -> None:
    dids = {
        "Patient/p-9": frozenset({"did:example:a", "did:example:b"}),
        "Patient/q": frozenset({"did:example:q"}),
    }
    settings = ConsentSettings(patient_dids=dids, zone=UTC)
    asked = dataclasses.replace(REQUEST, patient=name)
    for other, permitted in (("did:example:a", False), ("did:example:q", True)):
        resource: Any = {
            **CONSENT,
            "patient": {"reference": other},
            "provision": {"type": "deny"},
        }
        refusal = ConsentFacts(id="c2", resource=resource)
        assert bool(evaluate([FACTS, refusal], asked, settings)) is permitted


ELSEWHERE = "https://server.example/fhir/Patient/p-9"
DENIAL = {**CONSENT, "provision": {"type": "deny"}}
BOUND = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"


def named(document: Any, patient: str, **credential: Any) -> ConsentFacts:
    resource = {**document, "patient": {"reference": patient}}
    return ConsentFacts(id="c1", resource=resource, **credential)


def found(facts: ConsentFacts, asked: str, **settings: Any) -> ConsentFinding:
    """What one consent says beside a default policy that permits."""
    given = ConsentSettings(default_policy=POLICY_ALL_NORMAL, **settings)
    return evaluate([facts], dataclasses.replace(REQUEST, patient=asked), given)


@pytest.mark.parametrize(
    ("stated", "asked"),
    [(ELSEWHERE, "Patient/p-9"), ("Patient/p-9", ELSEWHERE)],
)
def test_an_id_whose_server_is_told_once_may_be_a_refusal(
    stated: str, asked: str
) -> None:
    denied = found(named(DENIAL, stated), asked)
    assert denied.outcome == "deny"
    assert denied.decided_by == "c1#provision"
    assert [one.code for one in denied.trace] == ["CONSENT_PATIENT_UNKNOWN"]
    # Nor is it a permission: that is left to the default policy.
    permitted = found(named(CONSENT, stated), asked)
    assert permitted.decided_by == "default-policy"
    assert [one.code for one in permitted.trace] == ["CONSENT_PATIENT_UNKNOWN"]


@pytest.mark.parametrize(
    ("stated", "asked"),
    [
        (ELSEWHERE, "https://other.example/fhir/Patient/p-9"),
        (ELSEWHERE, "Patient/p-8"),
        ("Patient/p-8", ELSEWHERE),
        (ELSEWHERE, "p-9"),
        (ELSEWHERE, "fhir/Patient/p-9"),
        (f"urn:x:{BOUND}/Patient/p-9", "Patient/p-9"),
        ("urn:uuid:0b8f4f7e-93b0-4d0f-8a0c-2f6f3f9b8f21", "Patient/p-9"),
    ],
)
def test_who_is_told_apart_is_another_patient(stated: str, asked: str) -> None:
    answer = found(named(DENIAL, stated), asked)
    assert answer.decided_by == "default-policy"
    assert [one.code for one in answer.trace] == ["CONSENT_OTHER_PATIENT"]


@pytest.mark.parametrize("key", ["Patient/p-9", ELSEWHERE])
@pytest.mark.parametrize("asked", ["Patient/p-9", ELSEWHERE])
@pytest.mark.parametrize("stated", [BOUND, "Patient/p-9", ELSEWHERE])
def test_a_refusal_under_a_did_is_one_of_whoever_may_have_it(
    key: str, asked: str, stated: str
) -> None:
    """The registry, the consent and the request may each name the server or not."""
    own = CredentialFacts(
        issuer=BOUND, subject=BOUND, proof="valid", status="valid", validity=ALWAYS
    )
    bound = {key: frozenset({BOUND})}
    denied = found(named(DENIAL, stated, credential=own), asked, patient_dids=bound)
    assert denied.outcome == "deny"
    (said,) = denied.trace
    certain = key == asked and stated in {BOUND, asked}
    assert said.code == ("CONSENT_IN_FORCE" if certain else "CONSENT_PATIENT_UNKNOWN")
    # Another one's is not.
    for subject in ("did:web:other.example", ""):
        other = named(
            DENIAL, stated, credential=dataclasses.replace(own, subject=subject)
        )
        answer = found(other, asked, patient_dids=bound)
        assert [one.code for one in answer.trace] == ["CONSENT_OTHER_SUBJECT"]


@pytest.mark.parametrize(
    "stated",
    [
        {"identifier": {"system": "urn:oid:1.2.3", "value": "42"}},
        {"reference": "urn:uuid:0b8f4f7e-93b0-4d0f-8a0c-2f6f3f9b8f21"},
        {"reference": "#patient"},
        None,
    ],
)
def test_a_refusal_of_the_patients_own_counts_however_it_names_them(
    stated: dict[str, Any] | None,
) -> None:
    own = CredentialFacts(
        issuer=BOUND, subject=BOUND, proof="valid", status="valid", validity=ALWAYS
    )
    bound = {"Patient/p-9": frozenset({BOUND})}

    def about(consent: dict[str, Any], credential: CredentialFacts | None) -> Any:
        members = {**consent, "patient": stated}
        if stated is None:
            del members["patient"]
        facts = ConsentFacts(id="c1", resource=members, credential=credential)
        return found(facts, "Patient/p-9", patient_dids=bound)

    denied, permitted = about(DENIAL, own), about(CONSENT, own)
    assert (denied.outcome, denied.decided_by) == ("deny", "c1#provision")
    assert permitted.decided_by == "default-policy"
    for answer in (denied, permitted):
        assert [one.code for one in answer.trace] == ["CONSENT_PATIENT_UNKNOWN"]
    # Of whom nobody has said that they are the patient, it says nothing.
    other = dataclasses.replace(own, subject="did:web:other.example")
    for credential in (other, None):
        answer = about(DENIAL, credential)
        assert [one.code for one in answer.trace] == ["CONSENT_OTHER_PATIENT"]


@pytest.mark.parametrize("asked", ["Patient/p-9", ELSEWHERE])
def test_all_names_of_the_patient_are_asked_for(asked: str) -> None:
    bound = {"Patient/p-9": frozenset({BOUND}), "Patient/p-8": frozenset({"did:x:y"})}
    given = ConsentSettings(patient_dids=bound)
    names = {asked, "Patient/p-9", BOUND}
    assert set(names_on_file(asked, given)) == names
    far = ConsentSettings(patient_dids={ELSEWHERE: frozenset({BOUND})})
    assert set(names_on_file("Patient/p-9", far)) == {"Patient/p-9", ELSEWHERE, BOUND}


def test_nothing_that_is_given_is_changed() -> None:
    before = json.dumps(CONSENT)
    evaluate([FACTS], REQUEST, ConsentSettings())
    assert json.dumps(CONSENT) == before


def test_reasons_are_told_as_json_with_what_is_there() -> None:
    (reason,) = evaluate([FACTS], REQUEST, ConsentSettings()).reasons
    assert reason.as_json() == {
        "code": "CONSENT_PERMIT",
        "rule": "E7",
        "message": "a rule of the consent permits",
        "consent": "c1",
        "path": "provision",
    }
    (default,) = evaluate([], REQUEST, ConsentSettings()).reasons
    assert default.as_json().keys() == {"code", "rule", "message"}


def test_what_is_known_of_a_consent_goes_with_the_settings() -> None:
    resource = copy.deepcopy(CONSENT)
    resource["provision"]["period"]["end"] = "2026-06-15"
    facts = ConsentFacts(id="c1", resource=resource)
    # In Tokyo, where the 15th ends nine hours earlier, it is over.
    late = dataclasses.replace(REQUEST, time=Instant.parse("2026-06-15T16:00:00Z"))
    tokyo = ConsentSettings(zone=ZoneInfo("Asia/Tokyo"))
    for _ in range(2):
        assert evaluate([facts], late, ConsentSettings())
        over = evaluate([facts], late, tokyo)
        assert [one.code for one in over.trace] == ["CONSENT_PERIOD"]
        other = ConsentSettings(fhir_version="5.0.0")
        assert evaluate([facts], late, other).outcome == "indeterminate"


def test_a_rule_s_own_time_goes_with_the_zone() -> None:
    resource = copy.deepcopy(CONSENT)
    refusal = {"type": "deny", "period": {"end": "2026-06-15"}}
    resource["provision"]["provision"] = [refusal]
    facts = ConsentFacts(id="c1", resource=resource)
    late = dataclasses.replace(REQUEST, time=Instant.parse("2026-06-15T16:00:00Z"))
    tokyo = ConsentSettings(zone=ZoneInfo("Asia/Tokyo"))
    for _ in range(2):
        assert not evaluate([facts], late, ConsentSettings())
        assert evaluate([facts], late, tokyo)
