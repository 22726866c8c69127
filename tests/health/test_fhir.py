"""FHIR Consent -> rule tree: R4 and R5, and everything that cannot be read in full."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest

from medid.errors import MalformedValue, TooLarge
from medid.health import fhir
from medid.health.codes import ACT_REASON, Coding
from medid.health.consent_tree import Actor, Criteria, DataReference, Rule
from medid.health.fhir_provision import MAX_DEPTH, MAX_RULES
from tests.support import agreed, vectors

Json = dict[str, Any]
THO = "http://terminology.hl7.org/CodeSystem/"
SCOPE = {"coding": [{"system": THO + "consentscope", "code": "patient-privacy"}]}
TREAT = {"system": ACT_REASON, "code": "TREAT"}


def r4(provision: Any = None, **members: Any) -> Json:
    consent: Json = {
        "resourceType": "Consent",
        "status": "active",
        "scope": SCOPE,
        "patient": {"reference": "Patient/1"},
    }
    if provision is not None:
        consent["provision"] = provision
    return {**consent, **members}


def r5(**members: Any) -> Json:
    subject = {"reference": "Patient/1"}
    return {
        "resourceType": "Consent",
        "status": "active",
        "subject": subject,
        **members,
    }


def rule(consent: Json) -> Rule | None:
    return fhir.rule(consent, fhir.version(consent), UTC)


def refused(consent: Json) -> str:
    with pytest.raises(MalformedValue) as caught:
        rule(consent)
    return caught.value.path


def role(*codes: str) -> Json:
    system = THO + "v3-ParticipationType"
    return {"coding": [{"system": system, "code": code} for code in codes]}


def test_the_release_is_told_by_the_members_of_one_release_only() -> None:
    assert fhir.version(r4()) == fhir.version(r4(), "4.0.1") == fhir.R4
    assert fhir.version(r5()) == fhir.version(r5(), "5.0.0") == fhir.R5
    wrong: list[tuple[Any, str | None]] = [
        (r4(decision="deny"), None),
        ({"resourceType": "Consent", "status": "active"}, None),
        (r4(), "5.0.0"),
        (r5(), "4.0.1"),
        (r4(resourceType="Permission"), None),
        ({}, None),
    ]
    for consent, stated in wrong:
        with pytest.raises(MalformedValue):
            fhir.version(consent, stated)
    with pytest.raises(MalformedValue):
        fhir.status(r4(), "6.0.0")


@pytest.mark.parametrize(
    ("consent", "release", "good", "bad"),
    [
        (r4(), fhir.R4, "rejected", "not-done"),
        (r5(), fhir.R5, "not-done", "rejected"),
    ],
)
def test_each_release_has_its_own_statuses(
    consent: Json, release: str, good: str, bad: str
) -> None:
    assert fhir.status({**consent, "status": good}, release) == good
    for status in (bad, "Active", "", None, 1):
        with pytest.raises(MalformedValue):
            fhir.status({**consent, "status": status}, release)


def test_the_patient_is_a_reference_or_nobody() -> None:
    assert fhir.patient(r4(), fhir.R4) == fhir.patient(r5(), fhir.R5) == "Patient/1"
    assert fhir.patient({}, fhir.R4) is fhir.patient({}, fhir.R5) is None
    assert fhir.patient({"patient": {"display": "P"}}, fhir.R4) is None
    for consent, release in (
        (r4(patient="Patient/1"), fhir.R4),
        (r5(subject=[]), fhir.R5),
    ):
        with pytest.raises(MalformedValue):
            fhir.patient(consent, release)


def test_headers_tell_scope_date_and_period() -> None:
    found = fhir.header(r4({"period": {"end": "2026"}}, dateTime="2026"), fhir.R4, UTC)
    assert found.disclosing
    assert found.signed is not None
    assert found.period is not None
    bare = fhir.header(r4({"type": "permit"}), fhir.R4, UTC)
    assert bare.signed is bare.period is None
    other = {"coding": [{"system": THO + "consentscope", "code": "adr"}]}
    assert not fhir.header(r4(scope=other), fhir.R4, UTC).disclosing
    newer = fhir.header(r5(date="2026-01-01", period={"start": "2026"}), fhir.R5, UTC)
    assert newer.disclosing
    assert newer.signed is not None
    assert newer.period is not None
    assert fhir.header(r5(), fhir.R5, UTC).period is None


@pytest.mark.parametrize(
    "consent",
    [
        {"resourceType": "Consent", "status": "active", "patient": {}},
        r4(scope={"coding": [{"system": "http://example.org", "code": "adr"}]}),
        r4(scope={"text": "privacy"}),
        r4(scope=None),
        r4(dateTime="yesterday"),
        r4({"period": {}}),
        r4({"period": "2026"}),
        r4([]),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(consent: Json) -> None:
    with pytest.raises(MalformedValue):
        fhir.header(consent, fhir.R4, UTC)


def test_every_criterion_is_read() -> None:
    found = rule(
        r4(
            {
                "type": "permit",
                "purpose": [TREAT],
                "action": [
                    {"coding": [{"system": THO + "consentaction", "code": "access"}]}
                ],
                "class": [{"system": "http://example.org", "code": "x"}],
                "code": [{"coding": [{"system": "http://loinc.org", "code": "1-1"}]}],
                "securityLabel": [{"system": THO + "v3-Confidentiality", "code": "N"}],
                "actor": [
                    {
                        "role": role("IRCP"),
                        "reference": {"reference": "Practitioner/1"},
                    },
                    {"role": role("CST"), "reference": {"reference": "Organization/1"}},
                    {"role": role("AUT"), "reference": {"reference": "Practitioner/2"}},
                    {"role": role("SBJ", "PRCP"), "reference": {"display": "Somebody"}},
                ],
                "data": [{"meaning": "instance", "reference": {"reference": "Task/1"}}],
            }
        )
    )
    assert found == Rule(
        path="provision",
        permit=True,
        criteria=Criteria(
            recipients=(Actor(reference="Practitioner/1"), Actor()),
            custodians=(Actor(reference="Organization/1"),),
            other_actors=(Actor(reference="Practitioner/2"),),
            actions=(Coding(THO + "consentaction", "access"),),
            labels=(Coding(THO + "v3-Confidentiality", "N"),),
            purposes=(Coding(ACT_REASON, "TREAT"),),
            classes=(Coding("http://example.org", "x"),),
            codes=(Coding("http://loinc.org", "1-1"),),
            data=(DataReference(meaning="instance", reference="Task/1"),),
        ),
    )


@pytest.mark.parametrize(
    ("provision", "path"),
    [
        ({"type": "Permit"}, "$.provision.type"),
        ({"type": ""}, "$.provision.type"),
        ({"type": "permit", "purpose": []}, "$.provision.purpose"),
        ({"type": "permit", "purpose": TREAT}, "$.provision.purpose"),
        (
            {"type": "permit", "purpose": [{"code": "TREAT"}]},
            "$.provision.purpose[0].system",
        ),
        ({"type": "permit", "action": [{"text": "x"}]}, "$.provision.action[0]"),
        ({"type": "permit", "_type": {}}, "$.provision._type"),
        ({"type": "permit", "modifierExtension": []}, "$.provision.modifierExtension"),
        ({"type": "permit", "actor": [{}, {"who": 1}]}, "$.provision.actor[1].who"),
        ({"type": "permit", "actor": [{"role": "IRCP"}]}, "$.provision.actor[0].role"),
        (
            {"type": "permit", "provision": [{"type": "x"}]},
            "$.provision.provision[0].type",
        ),
        (
            {
                "type": "deny",
                "securityLabel": [{"system": THO + "v3-Confidentiality", "code": "r"}],
            },
            "$.provision.securityLabel",
        ),
        (
            {"type": "deny", "data": [{"meaning": "about", "reference": {}}]},
            "$.provision.data[0].meaning",
        ),
        (
            {
                "type": "deny",
                "data": [{"meaning": "instance", "reference": {"display": "x"}}],
            },
            "$.provision.data[0].reference",
        ),
        (
            {"type": "deny", "data": [{"meaning": "instance"}]},
            "$.provision.data[0].reference",
        ),
        (
            {
                "type": "deny",
                "data": [{"meaning": "instance", "reference": {"reference": "#x"}}],
            },
            "$.provision.data[0].reference",
        ),
        (
            {"type": "deny", "data": [{"meaning": "instance", "not": True}]},
            "$.provision.data[0].not",
        ),
        ({"type": "deny", "dataPeriod": {}}, "$.provision.dataPeriod"),
    ],
)
def test_what_is_not_understood_in_a_rule_is_refused_with_its_path(
    provision: Json, path: str
) -> None:
    assert refused(r4(provision)) == path


def test_an_r5_actor_without_a_role_is_who_the_provision_controls() -> None:
    someone = {"reference": {"reference": "Practitioner/1"}}
    found = rule(r5(decision="deny", provision=[{"actor": [someone, {}]}]))
    assert found is not None
    criteria = found.exceptions[0].criteria
    assert criteria.recipients == (Actor(reference="Practitioner/1"), Actor())
    assert criteria.other_actors is None


def test_an_r4_actor_without_a_role_can_be_compared_with_nobody() -> None:
    someone = {"reference": {"reference": "Practitioner/1"}}
    found = rule(r4({"type": "permit", "actor": [someone]}))
    assert found is not None
    assert found.criteria.recipients is None
    assert found.criteria.other_actors == (Actor(reference="Practitioner/1"),)


def test_a_role_of_another_code_system_is_no_recipient_and_no_custodian() -> None:
    for code in ("IRCP", "CST"):
        other = {"coding": [{"system": "http://example.org", "code": code}]}
        someone = {"role": other, "reference": {"reference": "Practitioner/1"}}
        found = rule(r4({"type": "permit", "actor": [someone]}))
        assert found is not None
        assert found.criteria.other_actors == (Actor(reference="Practitioner/1"),)


NPI = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}
OTHER = {"system": "urn:oid:2.16.840.1.113883.4.6", "value": "1245319599"}


@pytest.mark.parametrize(
    ("contained", "named", "collective"),
    [
        (
            {"resourceType": "Practitioner", "id": "x", "identifier": [NPI]},
            [NPI],
            False,
        ),
        ({"resourceType": "Group", "id": "x", "identifier": [NPI]}, [NPI], True),
        (
            {"resourceType": "Device", "id": "x", "identifier": [NPI, OTHER, {}]},
            [NPI, OTHER],
            False,
        ),
        ({"resourceType": "Practitioner", "id": "x"}, [], False),
        ({"resourceType": "Practitioner", "id": "y", "identifier": [NPI]}, [], False),
        ({"resourceType": "Practitioner", "identifier": [NPI]}, [], False),
    ],
)
def test_a_contained_actor_is_named_by_its_identifiers(
    contained: Json, named: list[Json], collective: bool
) -> None:
    actor = {"role": role("IRCP"), "reference": {"reference": "#x"}}
    found = rule(r4({"type": "permit", "actor": [actor]}, contained=[contained]))
    assert found is not None
    values = [it["value"] for it in named]
    known = tuple((NPI["system"], value) for value in values)
    expected = Actor(reference="#x", identifiers=known, collective=collective)
    assert found.criteria.recipients == (expected,)


def test_contained_resources_that_are_malformed_are_refused() -> None:
    permit = {"type": "permit"}
    assert refused(r4(permit, contained=[])) == "$.contained"
    nameless = {"id": "x", "identifier": [NPI]}
    assert refused(r4(permit, contained=[nameless])) == "$.contained[0].resourceType"


def test_two_contained_resources_of_one_id_could_both_be_meant() -> None:
    first = {"resourceType": "Practitioner", "id": "x", "identifier": [NPI]}
    for second in ({**first, "identifier": [OTHER]}, {"id": "x"}):
        for contained in ([first, second], [second, first]):
            consent = r4({"type": "permit"}, contained=contained)
            assert refused(consent) == "$.contained[1].id"


@pytest.mark.parametrize(
    "odd", [{"Period": {"end": "2020"}}, {"_value": {"id": "v"}}, {"used": "old"}]
)
def test_what_an_identifier_of_an_actor_may_say_is_not_passed_over(odd: Json) -> None:
    number = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}
    known = {"id": "n", "type": {}, "use": "official", "period": {}, "assigner": {}}

    def naming(identifier: Json) -> Json:
        actor = {"reference": {"identifier": identifier}}
        return r4({"type": "permit", "actor": [actor]})

    assert rule(naming({**number, **known}))
    place = "$.provision.actor[0].reference.identifier"
    assert refused(naming({**number, **odd})) == f"{place}.{next(iter(odd))}"


@pytest.mark.parametrize("kind", ["Group", "Organization", "http://x.org/CareTeam"])
def test_an_identifier_of_a_collective_is_not_that_of_a_person(kind: str) -> None:
    who = {"type": kind, "identifier": NPI}
    actor = {"role": role("IRCP"), "reference": who}
    found = rule(r4({"type": "permit", "actor": [actor]}))
    assert found is not None
    assert found.criteria.recipients == (
        Actor(identifiers=((NPI["system"], NPI["value"]),), collective=True),
    )


def policy(*codes: str) -> Json:
    return {"coding": [{"system": THO + "v3-ActCode", "code": code} for code in codes]}


@pytest.mark.parametrize(
    ("provision", "codes", "permit"),
    [
        ({"type": "permit"}, (), True),
        ({"type": "permit"}, ("OPTIN",), True),
        ({"type": "deny"}, ("OPTIN",), False),
        ({"type": "deny"}, ("OPTOUT",), False),
        ({"purpose": [TREAT]}, ("OPTIN",), True),
        ({"purpose": [TREAT]}, ("OPTOUT", "OTHER"), False),
    ],
)
def test_the_base_decision(
    provision: Json, codes: tuple[str, ...], permit: bool
) -> None:
    members = {"policyRule": policy(*codes)} if codes else {}
    found = rule(r4(provision, **members))
    assert found is not None
    assert found.permit is permit


@pytest.mark.parametrize(
    ("provision", "members"),
    [
        ({"purpose": [TREAT]}, {}),
        ({"purpose": [TREAT]}, {"policyRule": policy("OTHER")}),
        ({"purpose": [TREAT]}, {"policyRule": policy("OPTIN", "OPTOUT")}),
        ({"purpose": [TREAT]}, {"policyRule": {"text": "opt in"}}),
        ({"type": "permit"}, {"policyRule": policy("OPTOUT")}),
        ({"type": "permit"}, {"policyRule": policy("OPTIN", "OPTOUT")}),
    ],
)
def test_no_determinable_base_is_refused(provision: Json, members: Json) -> None:
    assert refused(r4(provision, **members)) == "$.provision.type"


def test_no_provision_carries_no_rule_but_an_opt_out() -> None:
    assert rule(r4()) is None
    assert rule(r4(policyRule=policy("OPTIN"))) is None
    for codes in (("OPTOUT",), ("OTHER", "OPTOUT")):
        found = rule(r4(policyRule=policy(*codes)))
        assert found == Rule(path="policyRule", permit=False, criteria=Criteria())


def test_opting_in_and_out_at_once_may_be_a_refusal() -> None:
    assert refused(r4(policyRule=policy("OPTIN", "OPTOUT"))) == "$.policyRule"


@pytest.mark.parametrize("empty", [{}, {"id": "p1"}])
def test_a_provision_that_says_nothing_is_refused(empty: Json) -> None:
    """FHIR has no empty elements: it would permit, or deny, everything."""
    opted_in = policy("OPTIN")
    assert refused(r4(empty, policyRule=opted_in)) == "$.provision"
    nested = r4({"type": "deny", "provision": [empty]})
    assert refused(nested) == "$.provision.provision[0]"
    assert refused(r5(decision="deny", provision=[empty])) == "$.provision[0]"


@pytest.mark.parametrize("member", ["modifierExtension", "implicitRules", "provisions"])
def test_an_unknown_member_of_the_consent_is_refused(member: str) -> None:
    assert refused(r4({"type": "permit"}, **{member: []})) == f"$.{member}"
    assert refused(r5(decision="permit", **{member: []})) == f"$.{member}"


def test_nested_types_are_explicit_or_the_opposite() -> None:
    found = rule(
        r4({"type": "permit", "provision": [{"purpose": [TREAT]}, {"type": "permit"}]})
    )
    assert found is not None
    assert [(it.path, it.permit) for it in found.exceptions] == [
        ("provision.provision[0]", False),
        ("provision.provision[1]", True),
    ]


def test_r5_bases_and_provisions() -> None:
    found = rule(
        r5(
            decision="deny",
            provision=[
                {
                    "resourceType": [
                        {"system": "http://hl7.org/fhir/fhir-types", "code": "Flag"}
                    ],
                    "provision": [
                        {
                            "documentType": [
                                {"system": "http://loinc.org", "code": "1-1"}
                            ]
                        }
                    ],
                }
            ],
        )
    )
    assert found is not None
    (first,) = found.exceptions
    (second,) = first.exceptions
    assert [(it.path, it.permit, it.base) for it in (found, first, second)] == [
        ("decision", False, True),
        ("provision[0]", True, False),
        ("provision[0].provision[0]", False, False),
    ]
    assert rule(r5()) is None
    assert rule(r5(decision="permit")) == Rule(
        path="decision", permit=True, criteria=Criteria(), base=True
    )


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"provision": [{"purpose": [TREAT]}]}, "$.decision"),
        ({"decision": "maybe"}, "$.decision"),
        ({"decision": "deny", "provision": []}, "$.provision"),
        (
            {"decision": "deny", "provision": [{"expression": {}}]},
            "$.provision[0].expression",
        ),
        (
            {"decision": "deny", "provision": [{"type": "permit"}]},
            "$.provision[0].type",
        ),
        (
            {"decision": "deny", "provision": [{"documentType": []}]},
            "$.provision[0].documentType",
        ),
        (
            {"decision": "deny", "policyBasis": {"modifierExtension": []}},
            "$.policyBasis.modifierExtension",
        ),
        (
            {"decision": "deny", "verification": [{"modifierExtension": [{}]}]},
            "$.verification[0].modifierExtension",
        ),
    ],
)
def test_an_r5_consent_that_cannot_be_computed_is_refused(
    members: Json, path: str
) -> None:
    assert refused(r5(**members)) == path


def test_more_rules_than_any_real_consent_are_refused() -> None:
    nested = [{"type": "deny"}] * (MAX_RULES - 1)
    assert rule(r4({"type": "permit", "provision": nested})) is not None
    with pytest.raises(TooLarge):
        rule(r4({"type": "permit", "provision": [*nested, {"type": "deny"}]}))


def test_rules_nested_deeper_than_in_any_real_consent_are_refused() -> None:
    deepest: Json = {"type": "deny"}
    for _ in range(MAX_DEPTH - 1):
        deepest = {"type": "deny", "provision": [deepest]}
    assert rule(r4(deepest)) is not None
    with pytest.raises(TooLarge):
        rule(r4({"type": "deny", "provision": [deepest]}))


@pytest.mark.parametrize(
    ("release", "folder"), [("4.0.1", "hl7-r4-examples"), ("5.0.0", "hl7-r5-examples")]
)
def test_hl7s_own_examples_are_read(release: str, folder: str) -> None:
    files = sorted(vectors(folder).glob("Consent-*.json"))
    assert len(files) > 8
    for file in files:
        consent = json.loads(file.read_text())
        assert fhir.version(consent) == release
        assert fhir.patient(consent, release)
        assert fhir.status(consent, release) == "active"
        assert fhir.header(consent, release, UTC).disclosing
        assert fhir.rule(consent, release, UTC) is not None, file.name
        agreed(folder, file.name)
