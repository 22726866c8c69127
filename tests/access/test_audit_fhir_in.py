"""AuditEvents of others: what they say of a decision, what is lost, what they count."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.auditevent import AuditEvent as AuditEventR5
from fhir.resources.R4B.auditevent import AuditEvent as AuditEventR4

from medid.access.accounting import accounting
from medid.access.audit_events_in import read_events
from medid.access.audit_fhir import CLAIMED, audit_event
from medid.access.audit_fhir_in import read_event
from medid.access.decision import Outcome
from medid.core.records import replace
from medid.errors import (
    MalformedValue,
    MedidError,
    MissingFact,
    NotADecision,
    ParsingError,
    TooLarge,
)
from medid.health.codes import ACT_REASON, Coding
from tests.access.audit_world import BARE, FULL, recorded
from tests.access.test_audit_fhir import SITE
from tests.access.world import AT, NOTE, World, fhir_consent, on_file
from tests.health.fhir_documents import CANARY, HOSTILE
from tests.health.fhir_round_trip import containers, is_lost, leaves
from tests.support import vectors

if TYPE_CHECKING:
    from medid.access.audit_event import EventRecord
    from medid.access.audit_record import DecisionRecord

THO = "http://terminology.hl7.org/CodeSystem/"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
SUBTYPES = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"
PATIENT = "Patient/ex-patient"


def coding(system: str, code: str) -> dict[str, Any]:
    return {"system": system, "code": code}


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [coding(system, code)]}


def balp(**members: Any) -> dict[str, Any]:
    """The example of IHE BALP, as it stands in the profile's own FSH."""
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": "ex-auditAuthZconsent",
        "type": coding(DCM, "110113"),
        "subtype": [coding(SUBTYPES, "AuthZ-Consent")],
        "action": "E",
        "recorded": "2021-12-27T09:49:00.000Z",
        "outcome": "0",
        "source": {
            "site": "server.example.com",
            "observer": {"reference": "Device/ex-authz"},
            "type": [coding(THO + "security-source-type", "6")],
        },
        "agent": [
            {
                "type": concept(THO + "extra-security-role-type", "authserver"),
                "who": {"reference": "Device/ex-authz"},
                "requestor": False,
            },
            {
                "type": concept(THO + "v3-ParticipationType", "IRCP"),
                "who": {"reference": "Practitioner/ex-practitioner"},
                "requestor": True,
                "purposeOfUse": [concept(ACT_REASON, "PATRQT")],
            },
            {
                "type": concept(THO + "v3-RoleClass", "PROV"),
                "who": {"reference": "Organization/ex-organization"},
                "requestor": False,
            },
        ],
        "entity": [
            {
                "what": {"reference": PATIENT},
                "type": coding(THO + "audit-entity-type", "1"),
                "role": coding(THO + "object-role", "1"),
            },
            {
                "what": {"reference": "Consent/ex-consent"},
                "type": coding("http://hl7.org/fhir/resource-types", "Consent"),
            },
        ],
    }
    return {**event, **members}


def as_r5(event: dict[str, Any]) -> dict[str, Any]:
    """The same event by the elements that HL7 maps those of R4 onto."""
    found = deepcopy(event)
    found["category"] = [{"coding": [found.pop("type")]}]
    found["code"] = {"coding": found.pop("subtype")}
    found["outcome"] = {
        "code": coding(THO + "audit-event-outcome", found.pop("outcome"))
    }
    if "purposeOfEvent" in found:
        found["authorization"] = found.pop("purposeOfEvent")
    source = found["source"]
    source["site"] = {"display": source["site"]}
    source["type"] = [{"coding": [one]} for one in source["type"]]
    for agent in found["agent"]:
        if "purposeOfUse" in agent:
            agent["authorization"] = agent.pop("purposeOfUse")
    for entity in found["entity"]:
        entity.pop("type")
        if "role" in entity:
            entity["role"] = {"coding": [entity["role"]]}
    return found


def user(event: Any) -> Any:
    return event["agent"][1]


def losses_of(event: Any) -> list[str]:
    return [one.path for one in read_event(event).losses]


def test_the_example_of_balp_is_read_in_both_releases() -> None:
    text = (vectors("ihe-balp") / "input/fsh/AuthZ.fsh").read_text("utf-8")
    for part in ("Consent/ex-consent", PATIENT, "Practitioner/ex-practitioner"):
        assert f"Reference({part})" in text
    AuditEventR4.model_validate(balp())
    AuditEventR5.model_validate(as_r5(balp()))
    for event in (balp(), as_r5(balp())):
        found = read_event(event).record
        assert found.outcome is Outcome.PERMIT
        assert found.requester == "Practitioner/ex-practitioner"
        assert found.patients == (PATIENT,)
        assert found.purposes == (Coding(ACT_REASON, "PATRQT"),)
        assert found.consents == ("Consent/ex-consent",)
        assert str(found.recorded) == "2021-12-27T09:49:00Z"
        assert found.resources == ()
        assert not found.unclear
        assert not found.claimed
        assert PATIENT not in repr(found)


def test_what_of_an_event_is_lost_is_told() -> None:
    losses = {one.path: one.reason for one in read_event(balp()).losses}
    assert set(losses) == {"$.source", "$.agent[0]", "$.agent[2]"}
    assert "who else took part" in losses["$.agent[2]"]


@pytest.fixture(scope="module")
def kinds() -> dict[str, DecisionRecord]:
    world = World()
    return {
        "full": FULL,
        "bare": BARE,
        "permit": recorded(world),
        "deny": recorded(world, world.asks("TREAT", NOTE)),
        "on-file": recorded(
            world,
            shown=world.shown(world.license),
            consents=on_file(fhir_consent("deny")),
        ),
        "unproven": recorded(world, shown=world.shown(domain="https://x.example")),
    }


READ = (
    *("$.resourceType", "$.id", "$.type", "$.subtype", "$.action", "$.recorded"),
    *("$.outcome", "$.agent[1]", "$.purposeOfEvent", "$.entity"),
)


def test_what_medid_exports_it_reads_again(kinds: Any) -> None:
    for name, record in kinds.items():
        event: Any = audit_event(record, SITE)
        found = read_event(event)
        read = found.record

        assert record.id in {read.id, f"urn:uuid:{read.id}"}, name
        assert read.recorded == record.recorded
        assert (read.outcome is Outcome.PERMIT) == (record.outcome is Outcome.PERMIT)
        assert read.requester == (record.requester or "not stated")
        assert read.claimed == (record.requester is not None and not record.proven)
        assert read.codes in {record.codes, ()}
        asked = record.asked
        assert read.patients == (() if asked is None else (asked.patient,))
        assert read.purposes == (() if asked is None else asked.purposes)
        assert len(read.consents) == sum(one.of_patient for one in record.consents)
        for path, _, _ in leaves(event):
            said = is_lost(path, found.losses) or path.startswith(READ)
            assert said, path


def test_all_that_a_record_says_is_read_or_told_to_be_unsaid() -> None:
    found = read_event(audit_event(FULL, SITE))
    said = _places(found.record.as_json())
    unsaid = {one.path for one in found.unsaid}
    whole = _places(FULL.as_json()) - {"$.format"}

    for path in whole:
        assert path in said or any(
            path == one or path.startswith((f"{one}.", f"{one}[")) for one in unsaid
        ), path
    # Nothing is told to be unsaid that a record of medid's would not say.
    assert all(any(path.startswith(one) for path in whole) for one in unsaid)
    assert all(one.reason for one in found.unsaid)
    bare = {one.path for one in read_event(audit_event(BARE, SITE)).unsaid}
    assert {"$.request.patient", "$.reasons", "$.request.resources"} <= bare


def _places(value: Any, path: str = "$") -> set[str]:
    if isinstance(value, dict):
        return {
            one
            for name, item in value.items()
            for one in _places(item, f"{path}.{name}")
        }
    if isinstance(value, list):
        return {one for item in value for one in _places(item, f"{path}[*]")}
    return {path}


# What is no decision.


def test_hl7s_examples_are_no_decisions() -> None:
    files = sorted(vectors("hl7-r4-examples").glob("AuditEvent-*.json"))
    for file in files:
        event = json.loads(file.read_text("utf-8"))
        with pytest.raises(NotADecision) as caught:
            read_event(event)
        assert caught.value.code == "NOT_A_DECISION"
        assert caught.value.path == "$.subtype"
        assert "IHE BALP" in caught.value.fix
    assert len(files) == 9


@pytest.mark.parametrize(
    "event",
    [
        balp(subtype=[coding("urn:x", "AuthZ-Consent")]),
        balp(subtype=[coding(SUBTYPES, "AuthZ-Other")]),
        balp(subtype=[{"code": "AuthZ-Consent"}]),
        balp(type=coding(DCM, "110114")),
        as_r5(balp(type=coding(DCM, "110114"))),
        as_r5(balp(subtype=[coding(SUBTYPES, "x")])),
        {name: value for name, value in balp().items() if name != "subtype"},
    ],
)
def test_a_decision_needs_both_codes(event: Any) -> None:
    with pytest.raises(NotADecision):
        read_event(event)


def _changed(change: Any, r5: bool = False) -> dict[str, Any]:
    event = balp()
    change(event)
    return as_r5(event) if r5 else event


def _agent(name: str, value: Any) -> Any:
    return lambda event: user(event).update({name: value})


def _drop(place: str) -> Any:
    return lambda event: event.pop(place)


REFUSED = [
    (lambda e: e.update(resourceType="Patient"), "$.resourceType"),
    (lambda e: e.update(code=concept("x:y", "z")), "$"),
    (lambda e: e.update(outcome="7"), "$.outcome"),
    (lambda e: e.update(outcome=CANARY), "$.outcome"),
    (_drop("outcome"), "$.outcome"),
    (_drop("recorded"), "$.recorded"),
    (lambda e: e.update(recorded="2021-12-27"), "$.recorded"),
    (lambda e: e.update(recorded="2021-12-27T09:49:00"), "$.recorded"),
    (lambda e: e["agent"].pop(1), "$.agent"),
    (lambda e: e["agent"].append(deepcopy(user(e))), "$.agent"),
    (_agent("requestor", False), "$.agent"),
    (_agent("requestor", "yes"), "$.agent[1].requestor"),
    (_agent("who", {}), "$.entity"),
    (lambda e: user(e).pop("who"), "$.entity"),
    (_agent("who", 5), "$.agent[1].who"),
    (lambda e: e["entity"].pop(0), "$.entity"),
    (lambda e: e["entity"][0].update(what={}), "$.entity"),
    (lambda e: e["entity"][0].pop("what"), "$.entity"),
    (lambda e: e["entity"][0].pop("role"), "$.entity"),
    (
        lambda e: e["entity"].append(
            {**e["entity"][0], "what": {"reference": "Patient/2"}}
        ),
        "$.entity",
    ),
    (
        lambda e: e["entity"][0].update(
            what={"identifier": {"use": "old", "value": "9"}}
        ),
        "$.entity",
    ),
    (
        lambda e: e.update(modifierExtension=[{"url": "x:y"}]),
        "$.modifierExtension",
    ),
    (lambda e: e.update(implicitRules="x:y"), "$.implicitRules"),
]


@pytest.mark.parametrize(("change", "path"), REFUSED)
def test_a_decision_that_cannot_be_read_is_refused(change: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        read_event(_changed(change))
    expected = {"$.entity": {"$.entity", "$.agent"}}.get(path, {path})
    assert caught.value.path in expected
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("system", "code", "outcome"),
    [
        (THO + "audit-event-outcome", "0", Outcome.PERMIT),
        (THO + "audit-event-outcome", "8", Outcome.DENY),
        ("http://hl7.org/fhir/issue-severity", "success", Outcome.PERMIT),
        ("http://hl7.org/fhir/issue-severity", "error", Outcome.DENY),
        ("http://hl7.org/fhir/issue-severity", "fatal", Outcome.DENY),
        ("http://hl7.org/fhir/issue-severity", "warning", None),
        ("urn:x", "0", None),
        (None, "0", None),
    ],
)
def test_r5_tells_the_outcome_by_a_code(
    system: str | None, code: str, outcome: Outcome | None
) -> None:
    event = as_r5(balp())
    event["outcome"]["code"] = {"code": code}
    if system is not None:
        event["outcome"]["code"]["system"] = system
    if outcome is None:
        with pytest.raises(MalformedValue):
            read_event(event)
    else:
        assert read_event(event).record.outcome is outcome
    event["outcome"] = {}
    with pytest.raises(MalformedValue):
        read_event(event)
    event.pop("outcome")
    with pytest.raises(MalformedValue):
        read_event(event)


@pytest.mark.parametrize("code", ["4", "8", "12"])
def test_every_failure_is_a_denial_which_may_name_nobody(code: str) -> None:
    event = balp(outcome=code, outcomeDesc="Consent denied access", entity=[])
    event.pop("entity")
    user(event).pop("who")
    found = read_event(event)
    assert found.record.outcome is Outcome.DENY
    assert found.record.requester == ""
    assert found.record.patients == ()
    assert found.record.codes == ()
    assert "patient" not in str(found.record.as_json())
    assert "$.outcomeDesc" in [one.path for one in found.losses]


# Names.

WHO_ID = "$.agent[1].who.identifier"


@pytest.mark.parametrize(
    ("who", "name", "lost"),
    [
        ({"reference": "Practitioner/1/_history/2"}, "Practitioner/1", None),
        (
            {"identifier": {"system": "urn:ietf:rfc:3986", "value": "did:web:dr"}},
            "did:web:dr",
            None,
        ),
        (
            {
                "reference": "Practitioner/1",
                "identifier": {"system": "urn:ietf:rfc:3986", "value": "did:web:dr"},
            },
            "did:web:dr",
            "$.agent[1].who.reference",
        ),
        (
            {
                "reference": "Practitioner/1",
                "identifier": {"system": "urn:x", "value": "7"},
            },
            "Practitioner/1",
            WHO_ID,
        ),
        (
            {"identifier": {"system": "urn:x", "value": "7"}, "display": CANARY},
            "urn:x|7",
            "$.agent[1].who.display",
        ),
        ({"identifier": {"value": "7"}, "display": CLAIMED}, "7", None),
        ({"identifier": {"value": "7"}}, "7", None),
        ({"identifier": {"system": "urn:x"}, "display": "Dr X"}, "Dr X", WHO_ID),
        ({"display": "Dr X"}, "Dr X", None),
    ],
)
def test_a_requester_has_one_name(who: Any, name: str, lost: str | None) -> None:
    event = _changed(_agent("who", who))
    found = read_event(event)
    assert found.record.requester == name
    paths = [one.path for one in found.losses if one.path.startswith("$.agent[1]")]
    assert paths == ([lost] if lost else [])


def test_a_patient_has_every_name_that_is_stated() -> None:
    both = {"reference": PATIENT, "identifier": {"system": "urn:x", "value": "9"}}
    found = read_event(_changed(lambda e: e["entity"][0].update(what=both)))
    assert found.record.patients == (PATIENT, "urn:x|9")
    told: Any = found.record.as_json()["request"]
    assert told["patient"] == PATIENT
    assert told["patientIsAlso"] == ["urn:x|9"]
    newer = as_r5(balp())
    newer["patient"] = both
    assert read_event(newer).record.patients == (PATIENT, "urn:x|9")
    newer["patient"] = {"reference": "Patient/2"}
    with pytest.raises(MalformedValue):
        read_event(newer)


def inside(name: str, *values: str) -> dict[str, Any]:
    """A resource that an event contains."""
    found: dict[str, Any] = {"resourceType": "Patient", "id": name}
    if values:
        found["identifier"] = [{"system": "urn:x", "value": one} for one in values]
    return found


def test_whom_an_event_contains_goes_by_identifiers() -> None:
    """Its place in the event is no name, by which nobody would ask for a patient."""
    for made in (balp(), as_r5(balp())):
        made["contained"] = [inside("p", "9", "10"), inside("c", "7"), inside("u", "1")]
        patient, consent = made["entity"]
        patient["what"] = {"reference": "#p"}
        consent["what"] = {"reference": "#c", "type": "Consent"}
        user(made)["who"] = {"reference": "#u"}
        found = read_event(made)
        assert found.record.patients == ("urn:x|9", "urn:x|10")
        assert found.record.consents == ("urn:x|7",)
        assert found.record.requester == "urn:x|1"
        assert accounted(found.record, patient="urn:x|9")
        assert not accounted(found.record, patient="#p")
        paths = [one.path for one in found.losses]
        assert "$.contained[0].resourceType" in paths
        assert not any("identifier" in path for path in paths)
        # What the reference itself says of them is a name as well.
        user(made)["who"]["identifier"] = {"value": "did:example:u"}
        patient["what"]["identifier"] = {"value": "did:example:p"}
        both = read_event(made).record
        assert both.requester == "did:example:u"
        assert both.patients == ("did:example:p", "urn:x|9", "urn:x|10")


@pytest.mark.parametrize("contained", [[], [inside("p")], [inside("q", "9")]])
def test_a_patient_without_a_name_cannot_be_accounted_for(contained: Any) -> None:
    event = _changed(lambda e: e["entity"][0].update(what={"reference": "#p"}))
    if contained:
        event["contained"] = contained
    with pytest.raises(MalformedValue) as caught:
        read_event(event)
    assert caught.value.path == "$.entity"
    # Of a recipient, the words are still told.
    event = _changed(_agent("who", {"reference": "#u", "display": "Dr X"}))
    assert read_event(event).record.requester == "Dr X"


def test_an_event_that_refers_often_to_what_it_contains_is_read_once() -> None:
    event = balp(contained=[inside("c", *map(str, range(2_000)))])
    event["entity"][1:] = [{"what": {"reference": "#c", "type": "Consent"}}] * 800
    started = process_time()
    assert read_event(event).record.consents == ("urn:x|0",) * 800
    assert process_time() - started < 2


def test_a_person_in_another_role_is_not_the_patient() -> None:
    event = balp()
    other = coding(THO + "object-role", "6")
    event["entity"].append({**event["entity"][0], "role": other})
    event["entity"][2]["what"] = {"reference": "Patient/2"}
    assert read_event(event).record.patients == (PATIENT,)


def test_a_decision_may_be_of_several_categories() -> None:
    event = as_r5(balp())
    event["category"].insert(0, concept("urn:x", "other"))
    assert read_event(event).record.patients == (PATIENT,)


def test_a_consent_is_named_or_told_by_its_words() -> None:
    event = balp()
    entity = event["entity"][1]
    for what, names in (
        ({"identifier": {"value": "urn:uuid:7"}, "type": "Consent"}, ("urn:uuid:7",)),
        ({"display": "on paper"}, ("on paper",)),
        ({}, ()),
    ):
        entity["what"] = what
        assert read_event(event).record.consents == names
    entity.pop("what")
    assert read_event(event).record.consents == ()
    event["entity"][1] = {"what": {"type": "Consent", "identifier": {"value": "7"}}}
    assert read_event(event).record.consents == ("7",)


def test_resources_are_named_where_the_event_does() -> None:
    event = balp(subtype=[coding(SUBTYPES, "AuthZ-Role")])
    event["entity"] += [
        {"what": {"reference": "Observation/1"}},
        {"what": {"reference": "https://h.example/fhir/Condition/2/_history/1"}},
        {"what": {"identifier": {"value": "jti"}}},
        {"what": {"reference": "#inside"}},
        {"name": "x"},
    ]
    found = read_event(event)
    assert [(one.type, one.id) for one in found.record.resources] == [
        ("Observation", "Observation/1"),
        ("Condition", "https://h.example/fhir/Condition/2"),
    ]
    assert "$.request.resources" not in [one.path for one in found.unsaid]
    paths = [one.path for one in found.losses]
    assert {"$.entity[4]", "$.entity[5]", "$.entity[6]"} <= set(paths)
    assert not any(path.startswith(("$.entity[2]", "$.entity[3]")) for path in paths)
    many = [{"what": {"reference": f"Observation/{n}"}} for n in range(1_001)]
    most = read_event(balp(entity=[*event["entity"][:2], *many[:-1]]))
    assert len(most.record.resources) == 1_000
    with pytest.raises(TooLarge) as caught:
        read_event(balp(entity=[*event["entity"][:2], *many]))
    assert caught.value.path == "$.entity"


def test_an_event_without_an_id_goes_by_its_name() -> None:
    event = balp()
    event.pop("id")
    assert read_event(event, name="urn:uuid:9").record.id == "urn:uuid:9"
    with pytest.raises(MissingFact) as caught:
        read_event(event)
    assert caught.value.path == "$.id"
    uuid = "5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c22"
    assert read_event(balp(id=uuid)).record.id == f"urn:uuid:{uuid}"


# The accounting.


def accounted(*records: EventRecord, patient: str = PATIENT) -> list[str]:
    start = AT.plus(-10 * 365 * 86_400)
    found = accounting(records, patient, start=start, end=AT)
    return [one.record for one in found]


def purposed(*codes: str, **members: Any) -> EventRecord:
    event = balp(**members)
    user(event)["purposeOfUse"] = [concept(ACT_REASON, code) for code in codes]
    return read_event(event).record


@pytest.mark.parametrize(
    ("codes", "counts"),
    [
        (["TREAT"], False),
        (["HPAYMT", "HOPERAT"], False),
        (["BTG"], False),
        (["TREAT", "HRESCH"], True),
        (["HMARKT"], True),
        (["PATRQT"], True),
        (["whatever"], True),
    ],
)
def test_an_event_counts_unless_its_purposes_are_ordinary(
    codes: list[str], counts: bool
) -> None:
    assert bool(accounted(purposed(*codes))) is counts


def test_an_event_that_says_less_counts() -> None:
    event = balp()
    user(event).pop("purposeOfUse")
    assert accounted(read_event(event).record)
    codeless = {"coding": [{"system": ACT_REASON}]}
    for unclear in ({"text": "care"}, {"coding": [{"code": "TREAT"}]}, codeless):
        user(event)["purposeOfUse"] = [concept(ACT_REASON, "TREAT"), unclear]
        found = read_event(event)
        assert found.record.unclear
        assert accounted(found.record)
        reasons = {one.path: one.reason for one in found.losses}
        assert reasons["$.agent[1].purposeOfUse[1]"] == "a purpose without a code"
    # A consent that the event names may be anybody's.
    assert accounted(purposed("HRESCH"))
    # What the organization or the event itself says is a purpose as well.
    event = balp(purposeOfEvent=[concept(ACT_REASON, "HRESCH")])
    user(event)["purposeOfUse"] = [concept(ACT_REASON, "TREAT")]
    assert accounted(read_event(event).record)
    event.pop("purposeOfEvent")
    event["agent"][2]["purposeOfUse"] = [concept(ACT_REASON, "HRESCH")]
    assert accounted(read_event(event).record)
    # So is that of whoever else took part, beside the user's own and not in its place.
    event["agent"][2].pop("purposeOfUse")
    event["agent"][0]["purposeOfUse"] = [concept(ACT_REASON, "HRESCH")]
    assert accounted(read_event(event).record)
    event["agent"][0]["purposeOfUse"] = [concept(ACT_REASON, "TREAT")]
    assert not accounted(read_event(event).record)
    user(event).pop("purposeOfUse")
    assert accounted(read_event(event).record)


def test_an_event_counts_for_its_patient_its_permit_and_its_time() -> None:
    record = purposed("HMARKT")
    assert accounted(record, patient="Patient/other") == []
    assert accounted(replace(record, outcome=Outcome.DENY)) == []
    assert accounted(replace(record, recorded=AT)) == []
    assert accounted(replace(record, patients=("x", PATIENT))) == [record.id]
    (one,) = accounting([record, FULL], PATIENT, start=AT.plus(-(10**9)), end=AT)
    assert one.recipient == "Practitioner/ex-practitioner"
    assert one.resources == ()


def test_events_come_alone_or_in_a_bundle() -> None:
    assert [one.id for one in read_events(balp()).records] == ["ex-auditAuthZconsent"]
    unnamed = balp()
    unnamed.pop("id")
    login = balp(id="login", type=coding(DCM, "110114"))
    document: Any = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {"resource": balp()},
            {"fullUrl": "urn:uuid:8", "resource": unnamed},
            {"resource": login},
        ],
    }
    found = read_events(document)
    assert [one.id for one in found.records] == ["ex-auditAuthZconsent", "urn:uuid:8"]
    assert found.left_out == 1
    assert read_events(login).left_out == 1
    # One that cannot be read takes all with it: an accounting must not fall short.
    unnamed.pop("recorded")
    with pytest.raises(MalformedValue) as caught:
        read_events(document)
    assert caught.value.path == "$.entry[1].resource.recorded"


@pytest.mark.parametrize(
    ("link", "goes_on"),
    [
        ([{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}], True),
        ([{"relation": "self", "url": "x"}], False),
        (None, False),
    ],
)
def test_a_page_of_a_search_says_whether_there_is_a_next(
    link: Any, goes_on: bool
) -> None:
    document: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": balp()}],
    }
    if link is not None:
        document["link"] = link
    assert read_events(document).goes_on is goes_on
    with pytest.raises(MalformedValue) as caught:
        read_events({**document, "link": "next"})
    assert caught.value.path == "$.link"


def test_a_mutant_is_refused_or_accounted_for() -> None:
    source, outcomes, told = random.Random(11), set(), list[str]()
    for number in range(150):
        event = as_r5(balp()) if number % 3 == 0 else balp()
        target = source.choice(list(containers(event)))
        name = (
            source.randrange(len(target))
            if isinstance(target, list)
            else source.choice([*target, "modifierExtension", "use"])
        )
        target[name] = deepcopy(source.choice(HOSTILE))
        kept = deepcopy(event)
        try:
            found = read_event(event)
        except MedidError as error:
            outcomes.add(error.code)
            told.append(str(error))
        else:
            outcomes.add("read")
            told.append(str(found.losses))
        assert event == kept
    assert {"read", "MALFORMED_VALUE_ERROR", "NOT_A_DECISION"} <= outcomes
    assert CANARY not in "".join(told)
    with pytest.raises(ParsingError):
        read_event({"resourceType": "AuditEvent", "x": {1}})  # type: ignore[dict-item]
