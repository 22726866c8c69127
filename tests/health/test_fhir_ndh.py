"""Status and place of a qualification, as US directories write them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from fhir.resources.practitioner import Practitioner
from fhir.resources.practitionerrole import PractitionerRole
from fhir.resources.R4B.practitioner import Practitioner as PractitionerR4
from fhir.resources.R4B.practitionerrole import PractitionerRole as PractitionerRoleR4
from hypothesis import given
from hypothesis import strategies as st

from medid.core.records import replace
from medid.errors import MalformedValue, MissingFact
from medid.health.fhir_export import license_resources
from medid.health.fhir_losses import Source
from medid.health.fhir_ndh import (
    ROLE_QUALIFICATIONS,
    SCOPE,
    SCOPES,
    USPS,
    contained,
    read_scope,
    write_scope,
)
from medid.health.fhir_practitioner import Imported, license_draft
from medid.health.words import NAMESPACE, STATUSES
from tests.health.documents import BOARD, license_document
from tests.health.fhir_documents import CANARY, NUCC, practitioner, role
from tests.health.fhir_round_trip import assert_accounted
from tests.health.test_fhir_practitioner import GIVEN, paths

NOTHING = replace(GIVEN, license={})
ISO = "urn:iso:std:iso:3166"
Q = "$.qualification[0].extension[0]"


def usps(state: str) -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": USPS, "code": state}]}}


def place(**value: Any) -> dict[str, Any]:
    return {"url": "whereValid", **value}


def scope(
    status: str | None = "active", *places: Any, url: str = SCOPE
) -> dict[str, Any]:
    parts = [] if status is None else [{"url": "status", "valueCode": status}]
    return {"url": url, "extension": [*parts, *places]}


def in_ohio(status: str | None = "active", url: str = SCOPE) -> dict[str, Any]:
    return scope(status, place(**usps("OH")), url=url)


def listed(*extensions: Any, **members: Any) -> dict[str, Any]:
    """A practitioner whose qualification has these extensions."""
    resource = practitioner()
    resource["qualification"][0]["extension"] = [*extensions]
    return {**resource, **members}


def license_of(found: Imported) -> Any:
    subject: Any = found.draft["credentialSubject"]
    return subject["license"]


@pytest.mark.parametrize("url", sorted(SCOPES))
def test_a_directory_says_status_and_place(url: str) -> None:
    found = license_draft(listed(in_ohio(url=url)), NOTHING)

    assert license_of(found)["licenseStatus"] == "active"
    assert license_of(found)["jurisdiction"] == "US-OH"
    assert not [one for one in paths(found.losses) if "extension" in one and Q in one]


@pytest.mark.parametrize("status", ["expired", "pending", "revoked"])
def test_a_status_that_is_certain_is_that_of_the_license(status: str) -> None:
    found = license_draft(listed(in_ohio(status)), NOTHING)

    assert license_of(found)["licenseStatus"] == status
    with pytest.raises(MalformedValue) as caught:
        license_draft(listed(in_ohio(status)), GIVEN)
    assert caught.value.path == Q


DOUBTFUL = ["inactive", "issued-in-error", "provisional", "unknown", "Active", CANARY]


@pytest.mark.parametrize("status", DOUBTFUL)
def test_a_status_that_is_not_understood_never_becomes_active(status: str) -> None:
    resource = listed(in_ohio(status))
    with pytest.raises(MissingFact):
        license_draft(resource, NOTHING)
    with pytest.raises(MalformedValue) as caught:
        license_draft(resource, GIVEN)
    assert CANARY not in str(caught.value)
    stated = replace(GIVEN, license={"licenseStatus": "suspended"})
    found = license_draft(resource, stated)
    assert license_of(found)["licenseStatus"] == "suspended"
    assert f"{Q}.extension[0]" in paths(found.losses)


@given(st.text(min_size=1))
def test_no_other_word_is_active(word: str) -> None:
    part = Source.of({"extension": [{"url": "status", "valueCode": word}]})
    found = read_scope(part.elements("extension"), contained(part), path="$")
    assert (found.status == "active") == (word == "active")
    assert found.status in {None, word}
    assert found.doubtful == (found.status is None)
    if word != "active":
        with pytest.raises(MalformedValue):
            found.merge({}, "active", place=None)


def test_medids_own_extension_must_agree() -> None:
    for own, told in (
        ("suspended", "active"),
        ("active", "revoked"),
        ("active", "unknown"),
    ):
        resource = listed(in_ohio(told))
        resource["qualification"][0]["modifierExtension"] = [
            {"url": NAMESPACE + "licenseStatus", "valueCode": own}
        ]
        with pytest.raises(MalformedValue):
            license_draft(resource, NOTHING)
    resource["qualification"][0]["modifierExtension"][0]["valueCode"] = "suspended"
    found = license_draft(resource, NOTHING)
    assert license_of(found)["licenseStatus"] == "suspended"


@pytest.mark.parametrize(
    "broken", [scope(None, place()), scope(None, place(**usps("OH")))]
)
def test_a_scope_without_a_status_says_none(broken: Any) -> None:
    with pytest.raises(MissingFact) as caught:
        license_draft(listed(broken), NOTHING)
    assert "licenseStatus" in str(caught.value)
    assert license_of(license_draft(listed(broken), GIVEN))["licenseStatus"] == "active"


def test_a_status_without_a_value_is_not_understood() -> None:
    bare = {"url": SCOPE, "extension": [{"url": "status"}]}
    with pytest.raises(MalformedValue):
        license_draft(listed(bare), GIVEN)


def test_two_statuses_are_refused() -> None:
    for extensions in (
        [in_ohio("active"), in_ohio("inactive", SCOPE + "-scope")],
        [{"url": SCOPE, "extension": [*in_ohio()["extension"], {"url": "status"}]}],
    ):
        with pytest.raises(MalformedValue) as caught:
            license_draft(listed(*extensions), GIVEN)
        assert caught.value.path == Q
    both = [in_ohio("active"), in_ohio("expired", SCOPE + "-scope")]
    with pytest.raises(MalformedValue):
        license_draft(listed(*both), NOTHING)
    same = [in_ohio("active"), in_ohio("active", SCOPE + "-scope")]
    assert license_draft(listed(*same), GIVEN).draft


def test_a_scope_that_modifies_is_not_one() -> None:
    resource = practitioner()
    resource["qualification"][0]["modifierExtension"] = [in_ohio()]
    with pytest.raises(MalformedValue):
        license_draft(resource, GIVEN)


# Where it is valid.


def concept(system: str, code: str) -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": system, "code": code}]}}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (usps("CT"), "US-CT"),
        (usps("DC"), "US-DC"),
        (concept(ISO + ":-2", "AU-NSW"), "AU-NSW"),
        (concept(ISO, "GB"), "GB"),
        (
            {
                "valueCodeableConcept": {
                    "coding": [
                        {"system": "urn:local", "code": "7"},
                        {"system": USPS, "code": "CT"},
                        {"system": ISO + ":-2", "code": "US-CT"},
                    ]
                }
            },
            "US-CT",
        ),
    ],
)
def test_a_place_is_the_iso_code_that_its_code_says(value: Any, code: str) -> None:
    found = license_draft(listed(scope("active", place(**value))), NOTHING)
    assert license_of(found)["jurisdiction"] == code


def test_a_code_that_says_no_place_is_lost_beside_one_that_does() -> None:
    coding = [{"system": "urn:local", "code": "7"}, {"system": USPS, "code": "CT"}]
    resource = listed(scope("active", place(valueCodeableConcept={"coding": coding})))
    lost = paths(license_draft(resource, NOTHING).losses)
    value = f"{Q}.extension[1].valueCodeableConcept"
    assert [one for one in lost if one.startswith(value)] == [f"{value}.coding[0]"]


UNCLEAR = [
    usps("PR"),  # PR or US-PR
    usps("AE"),  # the armed forces
    usps("FM"),  # a state of its own
    usps("ct"),
    concept(ISO, "GBR"),
    concept(ISO, "826"),
    concept(ISO + ":-2", "OH"),
    concept("urn:x", "US-OH"),
    {"valueCodeableConcept": {"text": "Ohio"}},
    {"valueCodeableConcept": {"coding": [{"code": "OH"}, {"system": USPS}]}},
    {
        "valueCodeableConcept": {
            "coding": [
                {"system": USPS, "code": "CT"},
                {"system": USPS, "code": "OH"},
            ]
        }
    },
    {"valueReference": {"reference": "Location/1"}},
    {"valueReference": {"display": "Ohio"}},
    {},
]


@pytest.mark.parametrize("value", UNCLEAR)
def test_a_place_that_is_not_certain_is_lost(value: Any) -> None:
    resource = listed(scope("active", place(**value)))
    with pytest.raises(MissingFact) as caught:
        license_draft(resource, NOTHING)
    assert "jurisdiction" in str(caught.value)
    found = license_draft(resource, GIVEN)
    assert f"{Q}.extension[1]" in paths(found.losses)
    assert license_of(found)["jurisdiction"] == "US-OH"


def test_of_several_places_one_is_stated() -> None:
    resource = listed(scope("active", place(**usps("CT")), place(**usps("OH"))))
    with pytest.raises(MalformedValue) as caught:
        license_draft(resource, NOTHING)
    assert caught.value.path == Q
    found = license_draft(resource, GIVEN)
    assert license_of(found)["jurisdiction"] == "US-OH"
    assert f"{Q}.extension[1]" in paths(found.losses)
    elsewhere = replace(GIVEN, license={"jurisdiction": "US-NY"})
    with pytest.raises(MalformedValue) as caught:
        license_draft(resource, elsewhere)
    assert caught.value.path == Q


def located(address: Any, **members: Any) -> dict[str, Any]:
    inside = {"resourceType": "Location", "id": "l", "address": address, **members}
    return listed(
        scope("active", place(valueReference={"reference": "#l"})), contained=[inside]
    )


def test_a_location_says_the_place_by_country_and_state() -> None:
    for country in ("US", "USA"):
        resource = located({"country": country, "state": "CT"})
        found = license_draft(resource, NOTHING)
        assert license_of(found)["jurisdiction"] == "US-CT"
        inside = f"{Q}.extension[1]"
        assert not [one for one in paths(found.losses) if one.startswith(inside)]


def test_a_code_is_enough_where_the_location_says_less() -> None:
    resource = located({"state": "CT"})
    scope_ = resource["qualification"][0]["extension"][0]
    scope_["extension"][1] |= usps("OH")
    assert license_of(license_draft(resource, NOTHING))["jurisdiction"] == "US-OH"


def test_only_where_it_is_valid_is_a_place() -> None:
    elsewhere = {"url": "whereIssued", **usps("CT")}
    resource = listed(scope("active", elsewhere, place(**usps("OH"))))
    assert license_of(license_draft(resource, NOTHING))["jurisdiction"] == "US-OH"
    with pytest.raises(MissingFact):
        license_draft(listed(scope("active", elsewhere)), NOTHING)


def test_why_a_status_or_a_place_is_lost_is_told() -> None:
    resource = listed(
        scope("inactive", place(**usps("CT")), place(**usps("OH")), place(**usps("PR")))
    )
    stated = {"licenseStatus": "suspended", "jurisdiction": "US-OH"}
    found = license_draft(resource, replace(GIVEN, license=stated))
    told = {one.path: one.reason for one in found.losses}
    assert "no certain twin" in told[f"{Q}.extension[0]"]
    assert "another place" in told[f"{Q}.extension[1]"]
    assert "not a place" in told[f"{Q}.extension[3]"]


@pytest.mark.parametrize(
    "resource",
    [
        located({"state": "CT"}),
        located({"country": "US"}),
        located({"country": "US", "state": "Connecticut"}),
        located({"country": "CA", "state": "ON"}),
        located({"country": "US", "state": "CT"}, resourceType="Organization"),
        located({"country": "US", "state": "CT"}, id="m"),
    ],
)
def test_a_location_that_says_less_says_no_place(resource: Any) -> None:
    with pytest.raises(MissingFact):
        license_draft(resource, NOTHING)


def test_two_contained_resources_of_one_id_are_none() -> None:
    resource = located({"country": "US", "state": "CT"})
    resource["contained"] *= 2
    with pytest.raises(MissingFact):
        license_draft(resource, NOTHING)
    resource["contained"][0] = {"resourceType": "Location", "id": "l"}
    resource["contained"].pop()
    with pytest.raises(MissingFact):
        license_draft(resource, NOTHING)


# Qualifications of a role.


def role_qualification(url: str, *parts: Any) -> dict[str, Any]:
    return {
        "url": url,
        "extension": [
            {"url": "identifier", "valueIdentifier": {"value": "CS-9"}},
            {
                "url": "code",
                "valueCodeableConcept": {
                    "coding": [{"system": NUCC, "code": "363L00000X"}]
                },
            },
            {
                "url": "issuer",
                "valueReference": {
                    "identifier": {"system": "urn:ietf:rfc:3986", "value": BOARD}
                },
            },
            {"url": "status", "valueCode": "active"},
            {
                "url": "period",
                "valuePeriod": {"start": "2020-01-01", "end": "2028-12-31"},
            },
            place(**usps("CT")),
            *parts,
        ],
    }


@pytest.mark.parametrize("url", sorted(ROLE_QUALIFICATIONS))
def test_a_role_may_hold_a_qualification_of_its_own(url: str) -> None:
    other = {**role(), "extension": [role_qualification(url)]}
    with pytest.raises(MalformedValue) as caught:
        license_draft(practitioner(), GIVEN, roles=[other])
    assert caught.value.path == "$.qualification"
    found = license_draft(practitioner(), NOTHING, roles=[other], qualification=1)
    stated = license_of(found)
    assert stated["licenseNumber"] == "CS-9"
    assert stated["jurisdiction"] == "US-CT"
    assert stated["expiresOn"] == "2028-12-31"
    assert stated["profession"][0]["code"] == "363L00000X"
    assert "$.qualification" in paths(found.losses)
    (lost,) = found.role_losses
    assert not [one for one in paths(lost) if "extension" in one]
    for model in (PractitionerRole, PractitionerRoleR4):
        model.model_validate({"code": [{"text": "x"}], **other})
    first = license_draft(practitioner(), GIVEN, roles=[other], qualification=0)
    assert license_of(first)["licenseNumber"] == "35.123456"
    assert "$.extension" in paths(first.role_losses[0])


def test_a_role_that_may_be_over_gives_no_qualification() -> None:
    url = min(ROLE_QUALIFICATIONS)
    other = {**role(), "active": False, "extension": [role_qualification(url)]}
    found = license_draft(practitioner(), GIVEN, roles=[other])
    assert license_of(found)["licenseNumber"] == "35.123456"
    assert [paths(one) for one in found.role_losses] == [["$"]]
    with pytest.raises(MalformedValue):
        license_draft(practitioner(), GIVEN, roles=[other], qualification=1)


def test_another_extension_of_a_role_is_no_qualification() -> None:
    other = {**role(), "extension": [{"url": "x:y", "extension": []}]}
    found = license_draft(practitioner(), GIVEN, roles=[other])
    assert "$.extension" in paths(found.role_losses[0])


def test_a_qualification_of_an_ended_role_may_hold_a_modifier() -> None:
    url = min(ROLE_QUALIFICATIONS)
    limited = {**role_qualification(url), "modifierExtension": [{"url": "x:y"}]}
    other = {**role(), "extension": [limited]}
    with pytest.raises(MalformedValue):
        license_draft(practitioner(), GIVEN, roles=[other], qualification=1)
    ended = {**other, "period": {"end": "2020"}}
    assert license_draft(practitioner(), GIVEN, roles=[ended]).draft


def test_a_qualification_of_a_role_may_be_valid_in_several_places() -> None:
    url = min(ROLE_QUALIFICATIONS)
    other = {
        **role(),
        "extension": [role_qualification(url, place(**usps("OH")))],
    }
    found = license_draft(practitioner(), GIVEN, roles=[other], qualification=1)
    assert license_of(found)["jurisdiction"] == "US-OH"
    assert "$.extension[0].extension[5]" in paths(found.role_losses[0])


def test_a_part_of_a_roles_qualification_is_stated_once() -> None:
    url = min(ROLE_QUALIFICATIONS)
    for part in role_qualification(url)["extension"][1:5]:
        other = {**role(), "extension": [role_qualification(url, part)]}
        with pytest.raises(MalformedValue) as caught:
            license_draft(practitioner(), NOTHING, roles=[other], qualification=1)
        assert caught.value.path == "$.extension[0].extension[6]"


def test_a_roles_contained_location_is_the_roles_own() -> None:
    url = min(ROLE_QUALIFICATIONS)
    part = role_qualification(url)
    part["extension"][5] = place(valueReference={"reference": "#l"})
    inside = {
        "resourceType": "Location",
        "id": "l",
        "address": {"country": "US", "state": "NY"},
    }
    other = {**role(), "extension": [part], "contained": [inside]}
    found = license_draft(practitioner(), NOTHING, roles=[other], qualification=1)
    assert license_of(found)["jurisdiction"] == "US-NY"
    elsewhere = {**role(), "extension": [part]}
    person = practitioner() | {"contained": [inside]}
    with pytest.raises(MissingFact):
        license_draft(person, NOTHING, roles=[elsewhere], qualification=1)


def test_a_bare_qualification_of_a_role_states_nothing() -> None:
    bare = {"url": min(ROLE_QUALIFICATIONS), "extension": [{"url": "code"}]}
    other = {**role(), "extension": [bare]}
    with pytest.raises(MissingFact):
        license_draft(practitioner(), GIVEN, roles=[other], qualification=1)


# Out again.


def plain(**members: Any) -> dict[str, Any]:
    """A license of a state of the US that nothing limits."""
    document = license_document()
    stated = document["credentialSubject"]["license"]
    for name in ("condition", "privilegeAction", "adverseAction"):
        stated.pop(name, None)
    stated.pop("encumbered", None)
    stated.update(members)
    return document


def scopes_of(document: Any) -> list[Any]:
    person: Any = license_resources(document).resources[0]
    (qualification,) = person["qualification"]
    return [one for one in qualification["extension"] if one["url"] in SCOPES]


def test_a_license_says_both_to_us_directories_and_reads_them_again() -> None:
    document = plain()
    assert scopes_of(document) == [in_ohio()]
    found = license_resources(document)
    person: Any = found.resources[0]
    for model in (Practitioner, PractitionerR4):
        model.model_validate(person)
    # Without medid's own extensions, the directory's still say it.
    bare = deepcopy(person)
    bare["qualification"][0]["extension"] = scopes_of(document)
    back = license_draft(bare, NOTHING)
    assert license_of(back)["licenseStatus"] == "active"
    assert license_of(back)["jurisdiction"] == "US-OH"
    assert_accounted(bare, license_resources(back.draft).resources, back.losses)


@pytest.mark.parametrize(
    "members",
    [
        *({"licenseStatus": status} for status in STATUSES if status != "active"),
        {"encumbered": True},
        {"registrationType": "non-practising"},
        {"jurisdiction": "GB"},
        {"jurisdiction": "US"},
        {"jurisdiction": "US-PR"},
        {"jurisdiction": "AU-WA"},
    ],
)
def test_what_a_directory_could_only_say_wrongly_it_is_not_told(members: Any) -> None:
    assert scopes_of(plain(**members)) == []
    stated = {"licenseStatus": "active", "jurisdiction": "US-OH", **members}
    if stated["licenseStatus"] != "active" or stated["jurisdiction"] != "US-OH":
        assert write_scope(stated["licenseStatus"], stated["jurisdiction"]) is None
