"""What a token request asks for is read strictly, and its claims prove nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.tokens_in import CONSENTED_ACCESS, TokenRequest, token_request
from medid.errors import MalformedValue, MedidError, ParsingError
from medid.health.codes import ACT_REASON, Coding

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
CANARY = "canary-7f3a"
BASE = "https://fhir.example/r4"
TREAT = {"system": ACT_REASON, "code": "TREAT"}
RESEARCH = {"system": ACT_REASON, "code": "HRESCH"}
NPI = "http://hl7.org/fhir/sid/us-npi"
OID = "urn:oid:2.16.840.1.113883.5.8"
STATED: Json = {
    "subject": {"type": "practitioner", "id": "did:example:chen"},
    "action": {"name": "access"},
    "resource": {"type": "Observation", "id": "Observation/1"},
}
B2B: Json = {
    "version": "1",
    "subject_name": "Dr. Chen",
    "subject_id": "1234567893",
    "subject_role": "http://nucc.org/provider-taxonomy#207QA0505X",
    "organization_name": "Clinic",
    "organization_id": f"{BASE}/Organization/clinic-1",
    "purpose_of_use": [f"{OID}#TREAT"],
    "consent_policy": ["https://clinic.example/policy"],
    "consent_reference": [f"{BASE}/Consent/c1"],
}
IUA: Json = {
    "subject_name": "Dr. Chen",
    "subject_organization": ["Clinic"],
    "subject_organization_id": "urn:oid:1.2.3",
    "subject_role": [{"system": "http://snomed.info/sct", "code": "158965000"}],
    "purpose_of_use": [TREAT],
    "home_community_id": "urn:oid:1.2.3.4",
    "national_provider_identifier": "1234567893",
    "person_id": f"{BASE}/Patient/p-9",
}
PCF: Json = {
    "patient_id": f"{BASE}/Patient/p-9",
    "doc_id": [f"{BASE}/Consent/c1", "urn:uuid:2"],
    "acp": ["https://clinic.example/policy"],
}
DETAILS: Json = {
    "type": CONSENTED_ACCESS,
    "actions": ["access"],
    "datatypes": ["Observation"],
    "identifier": "Observation/1",
    "patient": "Patient/p-9",
    "purpose_of_use": [TREAT],
}


def everything() -> Json:
    return deepcopy(
        {
            "iss": "https://client.example",
            "scope": "patient/Observation.rs",
            "extensions": {
                "hl7-b2b": B2B,
                "ihe_iua": IUA,
                "ihe_pcf": PCF,
                "ihe_bppc": {**PCF, "acp": ["https://clinic.example/policy"]},
            },
            "authorization_details": [DETAILS],
        }
    )


def read(claims: Json, stated: Json | None = None, base: str | None = BASE) -> Any:
    return token_request(claims, deepcopy(stated or STATED), base=base)


def refused(claims: Json, stated: Json | None = None) -> str:
    with pytest.raises(MalformedValue) as caught:
        read(claims, stated)
    assert CANARY not in f"{caught.value}{caught.value.as_json()}"
    return caught.value.path


def test_every_claim_is_read() -> None:
    found = read(everything())
    assert isinstance(found, TokenRequest)
    assert found.request.purposes == {Coding(ACT_REASON, "TREAT")}
    assert found.request.patient == "Patient/p-9"
    assert found.scope == "patient/Observation.rs"
    assert found.organizations == ("Organization/clinic-1", "urn:oid:1.2.3")
    assert found.persons == ("1234567893",)
    assert found.provider == "1234567893"
    assert found.documents == ("Consent/c1", "urn:uuid:2")
    assert found.policies == ("https://clinic.example/policy",)
    assert (found.datatypes, found.identifiers) == (
        ("Observation",),
        ("Observation/1",),
    )


def test_a_claim_adds_nothing_to_the_subject() -> None:
    found = read(everything())
    assert found.request.document["subject"] == {**STATED["subject"], "properties": {}}


def test_what_is_given_is_not_changed() -> None:
    claims, stated = everything(), deepcopy(STATED)
    token_request(claims, stated, base=BASE)
    assert (claims, stated) == (everything(), STATED)


def test_the_claims_fill_what_the_server_leaves_out() -> None:
    found = read({"authorization_details": [DETAILS]}, {"subject": STATED["subject"]})
    assert found.request.document == {
        "subject": {**STATED["subject"], "properties": {}},
        "action": {"name": "access", "properties": {"purposeOfUse": [TREAT]}},
        "resource": {
            "type": "Observation",
            "id": "Observation/1",
            "properties": {"patient": "Patient/p-9"},
        },
    }


def test_claims_that_say_nothing_leave_what_the_server_states() -> None:
    whole = read(everything()).request.document
    found = read({"sub": "somebody", "extensions": {}}, whole)
    assert found.request.document == whole
    assert found.scope is found.provider is None
    # The least of each extension.
    least: Json = {"hl7-b2b": {}, "ihe_iua": {}}
    for name in ("version", "organization_id", "purpose_of_use"):
        least["hl7-b2b"][name] = B2B[name]
    assert read({"extensions": least}, whole).organizations


def test_without_a_base_references_stay_as_they_are() -> None:
    found = read({"extensions": {"ihe_pcf": PCF, "ihe_iua": IUA}}, base=None)
    assert found.request.patient == f"{BASE}/Patient/p-9"


def test_several_purposes_are_all_asked_for() -> None:
    claims: Json = {"extensions": {"ihe_iua": {"purpose_of_use": [TREAT, RESEARCH]}}}
    claims["extensions"]["ihe_pcf"] = PCF
    assert len(read(claims).request.purposes) == 2


def test_a_purpose_of_another_code_system_is_read() -> None:
    own = {"system": "http://example.org/purposes", "code": "FooBar"}
    claims = {"extensions": {"ihe_iua": {"purpose_of_use": [own]}, "ihe_pcf": PCF}}
    assert read(claims).request.purposes == {Coding(own["system"], "FooBar")}


def test_a_purpose_that_hl7_does_not_define_refuses_those_beside_it() -> None:
    made_up = {"system": ACT_REASON, "code": CANARY}
    claims: Json = {"extensions": {"ihe_iua": {"purpose_of_use": [TREAT, made_up]}}}
    claims["extensions"]["ihe_pcf"] = PCF
    assert refused(claims) == "$.extensions.ihe_iua.purpose_of_use"


def test_without_a_purpose_nothing_is_asked() -> None:
    assert refused({"extensions": {"ihe_pcf": PCF}}) == (
        "$.action.properties.purposeOfUse"
    )


@pytest.mark.parametrize("claims", ["[]", "{", 1, None])
def test_what_is_no_object_is_refused(claims: Any) -> None:
    with pytest.raises((ParsingError, MalformedValue)):
        read(claims)


# Contradictions.


def with_stated(change: Callable[[Json], Any]) -> Json:
    stated = deepcopy(read(everything()).request.document)
    change(stated)
    return dict(stated)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (
            lambda it: it["action"].update(name="use"),
            "$.authorization_details[0].actions",
        ),
        (
            lambda it: it["resource"].update(type="Flag"),
            "$.authorization_details[0].datatypes",
        ),
        (
            lambda it: it["resource"].update(id=7),
            "$.authorization_details[0].identifier",
        ),
        (
            lambda it: it["resource"]["properties"].update(patient=CANARY),
            "$.extensions.ihe_pcf.patient_id",
        ),
        (
            lambda it: it["action"]["properties"].update(purposeOfUse=[RESEARCH]),
            "$.extensions.hl7-b2b.purpose_of_use",
        ),
        (
            lambda it: it["action"]["properties"].update(
                purposeOfUse=[TREAT, RESEARCH]
            ),
            "$.extensions.hl7-b2b.purpose_of_use",
        ),
        (
            lambda it: it["subject"]["properties"].update(memberOf=[CANARY]),
            "$.extensions.hl7-b2b.organization_id",
        ),
        (
            lambda it: it["subject"]["properties"].update(memberOf=[]),
            "$.extensions.hl7-b2b.organization_id",
        ),
        (
            lambda it: it["subject"]["properties"].update(
                identifiers=[{"system": NPI, "value": CANARY}]
            ),
            "$.extensions.ihe_iua.national_provider_identifier",
        ),
        (
            # The number that is claimed, in another system, is another number.
            lambda it: it["subject"]["properties"].update(
                identifiers=[
                    {"system": "http://example.org/staff", "value": "1234567893"},
                    {"system": NPI, "value": CANARY},
                ]
            ),
            "$.extensions.ihe_iua.national_provider_identifier",
        ),
    ],
)
def test_a_contradiction_of_the_server_is_refused(
    change: Callable[[Json], Any], path: str
) -> None:
    assert refused(everything(), with_stated(change)) == path


def test_what_agrees_with_the_server_is_read() -> None:
    def agreeing(it: Json) -> None:
        it["subject"]["properties"] = {
            "memberOf": ["Organization/clinic-1", "urn:oid:1.2.3"],
            "identifiers": [
                {"system": "urn:oid:2.16.840.1.113883.4.6", "value": "1234567893"},
                {"system": "http://example.org/staff", "value": "7"},
            ],
        }

    assert read(everything(), with_stated(agreeing)).provider == "1234567893"


def test_a_provider_that_is_stated_need_not_be_claimed() -> None:
    def stated(it: Json) -> None:
        identifiers = [{"system": NPI, "value": "1234567893"}]
        it["subject"]["properties"] = {"identifiers": identifiers}

    claims = everything()
    del claims["extensions"]["ihe_iua"]["national_provider_identifier"]
    assert read(claims, with_stated(stated)).provider is None


def test_claims_that_contradict_each_other_are_refused() -> None:
    claims = everything()
    claims["extensions"]["ihe_bppc"]["patient_id"] = CANARY
    assert refused(claims) == "$.extensions.ihe_bppc.patient_id"
    claims = everything()
    claims["extensions"]["ihe_iua"]["purpose_of_use"] = [RESEARCH]
    assert refused(claims) == "$.extensions.ihe_iua.purpose_of_use"
    claims = everything()
    claims["authorization_details"][0]["patient"] = CANARY
    assert refused(claims) == "$.authorization_details[0].patient"


def test_the_person_of_iua_is_the_patient_and_not_who_asks() -> None:
    spid = "761337610411265304^^^SPID&2.16.756.5.30.1.127.3.10.3&ISO"
    claims = everything()
    claims["extensions"]["ihe_iua"]["person_id"] = spid
    assert refused(claims) == "$.extensions.ihe_iua.person_id"
    for names in ((f"{spid}1",), spid):  # another, and a string for a list of them
        with pytest.raises(MalformedValue):
            token_request(claims, STATED, base=BASE, patient_identifiers=names)
    found = token_request(claims, STATED, base=BASE, patient_identifiers=(spid,))
    assert spid not in found.persons
    assert found.request.patient == "Patient/p-9"
    claims["extensions"]["ihe_iua"]["person_id"] = f"{BASE}/Patient/p-10"
    assert refused(claims) == "$.extensions.ihe_iua.person_id"


# Hostile claims.

HOSTILE = [None, 7, True, "", [], {}, [""], [7], [None], {CANARY: CANARY}, [[CANARY]]]


@pytest.mark.parametrize(
    ("extension", "name"),
    [
        (extension, name)
        for extension, members in (
            ("hl7-b2b", B2B),
            ("ihe_iua", IUA),
            ("ihe_pcf", PCF),
            ("ihe_bppc", PCF),
        )
        for name in members
    ],
)
def test_a_member_of_another_form_is_refused(extension: str, name: str) -> None:
    for value in HOSTILE:
        claims = everything()
        claims["extensions"][extension][name] = value
        assert refused(claims).startswith(f"$.extensions.{extension}.{name}")


@pytest.mark.parametrize("name", DETAILS)
def test_authorization_details_of_another_form_are_refused(name: str) -> None:
    for value in HOSTILE:
        claims = everything()
        claims["authorization_details"][0][name] = value
        assert refused(claims).startswith(f"$.authorization_details[0].{name}")


@pytest.mark.parametrize("value", [None, 7, "", [CANARY], CANARY])
@pytest.mark.parametrize("name", ["hl7-b2b", "ihe_iua", "ihe_pcf", "ihe_bppc"])
def test_an_extension_that_is_no_object_is_refused(name: str, value: Any) -> None:
    assert refused({"extensions": {name: value}}) == f"$.extensions.{name}"
    assert refused({"extensions": value}) == "$.extensions"


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (("extensions", "hl7-b2b"), "$.extensions.hl7-b2b"),
        (("extensions", "ihe_iua"), "$.extensions.ihe_iua"),
        (("extensions", "ihe_pcf"), "$.extensions.ihe_pcf"),
        (("extensions", "ihe_bppc"), "$.extensions.ihe_bppc"),
        (("extensions",), "$.extensions"),
        (("authorization_details", 0), "$.authorization_details[0]"),
    ],
)
@pytest.mark.parametrize("name", ["residual", "privileges", "locations", "x y"])
def test_an_unknown_member_may_restrict_and_is_refused(
    place: tuple[Any, ...], path: str, name: str
) -> None:
    claims = everything()
    part: Any = claims
    for step in place:
        part = part[step]
    part[name] = [CANARY]
    assert refused(claims) == (f"{path}[?]" if " " in name else f"{path}.{name}")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], "$.authorization_details"),
        ([DETAILS, DETAILS], "$.authorization_details"),
        (DETAILS, "$.authorization_details"),
        ([CANARY], "$.authorization_details[0]"),
        ([{"type": CANARY}], "$.authorization_details[0].type"),
        ([{"actions": ["access"]}], "$.authorization_details[0].type"),
        (
            [{**DETAILS, "actions": ["access", CANARY]}],
            "$.authorization_details[0].actions",
        ),
        (
            [{**DETAILS, "datatypes": ["Observation", CANARY]}],
            "$.authorization_details[0].datatypes",
        ),
    ],
)
def test_other_authorization_details_are_refused(value: Any, path: str) -> None:
    assert refused({"authorization_details": value}) == path


@pytest.mark.parametrize("purpose", ["TREAT", "#TREAT", f"{OID}#", "#", OID])
def test_a_purpose_without_system_or_code_is_refused(purpose: str) -> None:
    claims = everything()
    claims["extensions"]["hl7-b2b"]["purpose_of_use"] = [purpose]
    assert refused(claims) == "$.extensions.hl7-b2b.purpose_of_use[0]"


@pytest.mark.parametrize("code", [CANARY, "treat", "PurposeOfUse", "TREAT "])
def test_a_purpose_that_hl7_does_not_define_is_refused(code: str) -> None:
    claims = everything()
    claims["extensions"]["hl7-b2b"]["purpose_of_use"] = [f"{OID}#{code}"]
    assert refused(claims) == "$.extensions.hl7-b2b.purpose_of_use"
    claims = everything()
    claims["extensions"]["ihe_iua"]["purpose_of_use"] = [{**TREAT, "code": code}]
    assert refused(claims) == "$.extensions.ihe_iua.purpose_of_use"


def test_another_version_is_refused() -> None:
    claims = everything()
    claims["extensions"]["hl7-b2b"]["version"] = "2"
    assert refused(claims) == "$.extensions.hl7-b2b.version"


def test_an_organization_without_a_uri_is_refused() -> None:
    claims = everything()
    claims["extensions"]["hl7-b2b"]["organization_id"] = CANARY
    assert refused(claims) == "$.extensions.hl7-b2b.organization_id"


@pytest.mark.parametrize(
    ("extension", "name"),
    [
        ("hl7-b2b", "version"),
        ("hl7-b2b", "organization_id"),
        ("hl7-b2b", "purpose_of_use"),
        ("ihe_pcf", "patient_id"),
        ("ihe_pcf", "doc_id"),
    ],
)
def test_what_has_to_be_there_is_missed(extension: str, name: str) -> None:
    claims = everything()
    del claims["extensions"][extension][name]
    assert refused(claims) == f"$.extensions.{extension}.{name}"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("subject", 7),
        ("subject", {"properties": CANARY}),
        ("subject", {"properties": {"memberOf": 7}}),
        ("subject", {"properties": {"identifiers": [CANARY]}}),
        ("subject", {"properties": {"identifiers": [{"system": 7}]}}),
        ("action", []),
        ("resource", {"properties": []}),
    ],
)
def test_what_the_server_states_has_its_form(part: str, value: Any) -> None:
    with pytest.raises(MedidError) as caught:
        read(everything(), {**STATED, part: value})
    assert caught.value.path.startswith(f"$.{part}")
    assert CANARY not in str(caught.value)


def test_authorization_details_need_no_more_than_their_type() -> None:
    claims = everything()
    claims["authorization_details"] = [{"type": CONSENTED_ACCESS}]
    assert read(claims).request.document == read(everything()).request.document
