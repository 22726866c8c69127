"""What is in a Bundle, which entry a reference means, and whose a role is."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from fhir.resources.bundle import Bundle as BundleR5
from fhir.resources.R4B.bundle import Bundle as BundleR4
from hypothesis import given
from hypothesis import strategies as st

from medid.core.records import replace
from medid.errors import MalformedValue, MedidError, MissingFact, TooLarge
from medid.health.fhir_bundle import (
    CONSENT,
    MAX_ENTRIES,
    PRACTITIONER,
    ROLE,
    Bundle,
)
from medid.health.fhir_export import license_resources
from medid.health.fhir_joining import practitioners
from medid.health.fhir_ndh import ROLE_QUALIFICATIONS
from tests.health.fhir_bundles import BASE, URN, bundle, directory, entry
from tests.health.fhir_documents import CANARY, HOSTILE, practitioner, role
from tests.health.fhir_round_trip import assert_accounted, containers
from tests.health.test_fhir_ndh import (
    license_of,
    listed,
    place,
    role_qualification,
    scope,
)
from tests.health.test_fhir_practitioner import GIVEN, paths
from tests.support import vectors

OTHER = "https://elsewhere.example/fhir"


def person(id: str = "p1", **members: Any) -> dict[str, Any]:
    return {**practitioner(), "id": id, **members}


def of(reference: Any, **members: Any) -> dict[str, Any]:
    """A role whose practitioner is meant by ``reference``."""
    return {**role(), "practitioner": reference, **members}


def roles_of(document: Any) -> list[int]:
    """How many roles each practitioner has."""
    return [len(one.roles) for one in practitioners(Bundle.read(document))]


@pytest.mark.parametrize(
    "kind", ["collection", "searchset", "document", "transaction", "batch"]
)
def test_each_kind_of_bundle_that_holds_resources_is_read(kind: str) -> None:
    request = {"method": "PUT", "url": "Practitioner/p1"}
    members: dict[str, Any] = (
        {"request": request} if kind in {"transaction", "batch"} else {}
    )
    document = bundle(entry(practitioner(), **members), kind=kind)
    found = Bundle.read(document)

    assert [one.index for one in found.of(PRACTITIONER)] == [0]
    for model in (BundleR4, BundleR5):
        plain = {"resourceType": "Practitioner", "id": "p1"}
        model.model_validate(
            bundle(entry(plain, **members), kind=kind, timestamp="2026-01-01T00:00:00Z")
        )


@pytest.mark.parametrize(
    "kind", ["history", "message", "transaction-response", "batch-response", CANARY]
)
def test_other_kinds_are_refused(kind: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        Bundle.read(bundle(entry(practitioner()), kind=kind))
    assert caught.value.path == "$.type"
    assert CANARY not in str(caught.value)


def test_a_role_is_joined_by_its_reference_and_gives_its_specialty() -> None:
    document = directory()
    found = Bundle.read(document)
    (joined,) = practitioners(found)
    draft = joined.draft(GIVEN)
    subject: Any = draft.draft["credentialSubject"]

    assert subject["license"]["specialty"][0]["code"] == "207R00000X"
    assert "$.entry[0].resource.name" in paths(draft.losses)
    assert [paths(one) for one in draft.role_losses] == [
        [f"$.entry[1].resource.{name}" for name in ("active", "practitioner", "id")]
    ]
    assert len(found.of(CONSENT)) == 1


def test_what_is_in_no_result_is_told() -> None:
    document = directory()
    found = Bundle.read(document)
    (joined,) = practitioners(found)
    draft = joined.draft(GIVEN)
    found.keep(found.of(CONSENT)[0])
    losses = found.losses()

    assert paths(losses) == [
        "$.type",
        "$.id",
        "$.entry[0].fullUrl",
        "$.entry[1].fullUrl",
        "$.entry[2].fullUrl",
        "$.entry[3]",
    ]
    assert all(one.reason for one in losses)
    lost = (
        *losses,
        *draft.losses,
        *(one for some in draft.role_losses for one in some),
    )
    consent = document["entry"][2]["resource"]
    inside = [{"entry": [{"resource": one}]} for one in _back(draft)]
    kept = {"resourceType": "Bundle", "entry": [{"resource": consent}]}
    assert_accounted(document, [*inside, kept], lost)


def _back(draft: Any) -> list[Any]:
    return list(license_resources(draft.draft).resources)


REFERENCES = [
    # By a relative reference, read against the base of the entry it stands in.
    ({"reference": "Practitioner/p1"}, None, None, True),
    ({"reference": "Practitioner/p1"}, None, f"{OTHER}/PractitionerRole/r1", False),
    ({"reference": "Practitioner/p1"}, None, URN, False),
    ({"reference": "Practitioner/p2"}, None, None, False),
    ({"reference": "PractitionerRole/r1"}, None, None, False),
    # By an absolute one.
    ({"reference": f"{BASE}/Practitioner/p1"}, None, None, True),
    ({"reference": f"{BASE}/Practitioner/p1"}, None, URN, True),
    ({"reference": f"{OTHER}/Practitioner/p1"}, None, None, False),
    ({"reference": "urn:uuid:1"}, "urn:uuid:1", None, True),
    ({"reference": "urn:uuid:1"}, "urn:uuid:1", URN, True),
    ({"reference": "urn:uuid:2"}, "urn:uuid:1", None, False),
    ({"reference": "Practitioner/p1"}, "urn:uuid:1", None, False),
    # By a version, which must be the one that is there.
    ({"reference": "Practitioner/p1/_history/3"}, None, None, True),
    ({"reference": "Practitioner/p1/_history/4"}, None, None, False),
    # Inside the role itself, by nothing, or by what is no reference.
    ({"reference": "#p1"}, None, None, False),
    ({"display": "Dr X"}, None, None, False),
    ({"reference": "p1"}, None, None, False),
    ({"reference": f"{BASE}/Practitioner/p1?x=1"}, None, None, False),
]


@pytest.mark.parametrize(("named", "person_url", "role_url", "joined"), REFERENCES)
def test_references_are_followed_as_fhir_says(
    named: Any, person_url: str | None, role_url: str | None, joined: bool
) -> None:
    who = person(meta={"versionId": "3"})
    document = bundle(
        entry(who, person_url), entry(of(named, id="r1"), role_url), kind="searchset"
    )
    found = Bundle.read(document)
    (one,) = practitioners(found)

    assert bool(one.roles) is joined
    assert ("$.entry[1]" in paths(found.losses())) is not joined
    if joined:
        one.draft(GIVEN)


def test_a_version_that_is_not_stated_is_not_the_one_meant() -> None:
    role_ = of({"reference": "Practitioner/p1/_history/3"}, id="r1")
    assert roles_of(bundle(entry(person()), entry(role_))) == [0]


def test_a_role_may_name_its_practitioner_by_an_identifier() -> None:
    named = {"identifier": {"system": "urn:oid:1.2.3", "value": "77"}}
    other = person("p2", identifier=[{"system": "urn:oid:1.2.3", "value": "78"}])
    people = [entry(person()), entry(other)]
    assert roles_of(bundle(*people, entry(of(named, id="r1")))) == [1, 0]
    both = [entry(person()), entry(person("p2"))]
    assert roles_of(bundle(*both, entry(of(named, id="r1")))) == [0, 0]
    for lacking in (
        {"identifier": {"system": "urn:oid:1.2.3"}},
        {"identifier": {"value": "77"}},
        {"identifier": {**named["identifier"], "use": "old"}},
        {"reference": "Practitioner/absent", **named},
    ):
        assert roles_of(bundle(*people, entry(of(lacking, id="r1")))) == [0, 0]
    nobody = role()
    nobody.pop("practitioner")
    assert roles_of(bundle(*people, entry({**nobody, "id": "r1"}))) == [0, 0]
    for half in ({"system": "urn:oid:1.2.3"}, {"value": "77"}):
        alike = [entry(person(identifier=[half]))]
        named = {"identifier": half}
        assert roles_of(bundle(*alike, entry(of(named, id="r1")))) == [0]
    named = {"identifier": {"system": "urn:oid:1.2.3", "value": "77"}}
    # A number that was the practitioner's once is another's by now, maybe.
    old = person(identifier=[{**named["identifier"], "use": "old"}])
    assert roles_of(bundle(entry(old), entry(of(named, id="r1")))) == [0]


def test_a_role_without_a_practitioner_in_the_bundle_is_left_out() -> None:
    other = entry({**role(), "id": "r1"})
    found = Bundle.read(bundle(other, entry(person("p2"))))
    assert [len(one.roles) for one in practitioners(found)] == [0]
    (lost,) = [one for one in found.losses() if one.path == "$.entry[0]"]
    assert "known" in lost.reason


def test_a_location_of_the_bundle_says_where_a_license_is_valid() -> None:
    where = place(valueReference={"reference": "Location/l1"})
    site = {
        "resourceType": "Location",
        "id": "l1",
        "address": {"country": "US", "state": "CT"},
    }
    asked = replace(GIVEN, license={})
    document = bundle(entry(listed(scope("active", where))), entry(site))
    (joined,) = practitioners(Bundle.read(document))
    assert license_of(joined.draft(asked))["jurisdiction"] == "US-CT"
    document["entry"][1]["fullUrl"] = f"{OTHER}/Location/l1"
    (joined,) = practitioners(Bundle.read(document))
    with pytest.raises(MissingFact) as caught:
        joined.draft(asked)
    assert caught.value.path == "$.entry[0].resource.qualification[0]"


def test_a_location_of_the_bundle_says_where_that_of_a_role_is_valid() -> None:
    held = role_qualification(min(ROLE_QUALIFICATIONS))
    held["extension"][5] = place(valueReference={"reference": "Location/l1"})
    site = {
        "resourceType": "Location",
        "id": "l1",
        "address": {"country": "US", "state": "NY"},
    }
    theirs = of({"reference": "Practitioner/p1"}, id="r1", extension=[held])
    document = bundle(entry(person()), entry(theirs), entry(site))
    (joined,) = practitioners(Bundle.read(document))
    found = joined.draft(replace(GIVEN, license={}), qualification=1)
    assert license_of(found)["jurisdiction"] == "US-NY"


# Entries of one name.


@pytest.mark.parametrize(
    "entries",
    [
        [entry(person()), entry(person())],
        [entry(person(), URN), entry(person("p2"), URN)],
        [
            entry(person(meta={"versionId": "1"})),
            entry(person(meta={"versionId": "2"})),
        ],
        [{"resource": person()}, {"resource": person()}],
    ],
)
def test_two_entries_of_one_name_are_refused(entries: Any) -> None:
    with pytest.raises(MalformedValue) as caught:
        Bundle.read(bundle(*entries))
    assert caught.value.path == "$.entry[1]"


def test_entries_without_a_name_may_be_several() -> None:
    bare = [{"resource": person("p1")}, {"resource": person("p2")}]
    unnamed = deepcopy(practitioner())
    unnamed.pop("id")
    more = [{"resource": unnamed}, {"resource": unnamed}]
    assert len(Bundle.read(bundle(*bare, *more)).of(PRACTITIONER)) == 4
    # What has a name is another than what has none, and no word is a missing id.
    others = [{"resource": person("None")}, {"resource": unnamed}, entry(person())]
    assert len(Bundle.read(bundle(*bare, *others)).of(PRACTITIONER)) == 5


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}/Practitioner/p2",
        f"{BASE}/Patient/p1",
        f"{BASE}/Practitioner/p1/_history/1",
        "Practitioner/p1",
        "#p1",
        "p1",
    ],
)
def test_a_full_url_at_odds_with_its_resource_is_refused(url: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        Bundle.read(bundle(entry(person(), url)))
    assert caught.value.path == "$.entry[0].fullUrl"


def test_a_resource_without_an_id_has_the_one_of_its_url() -> None:
    unnamed = person()
    unnamed.pop("id")
    document = bundle(
        entry(unnamed, f"{BASE}/Practitioner/p1"), entry({**role(), "id": "r1"})
    )
    assert roles_of(document) == [1]


# Entries of which nothing is made.


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        ("batch", {"request": {"method": "DELETE", "url": "Practitioner/p9"}}),
        ("batch", {"request": {"method": "GET", "url": "Practitioner/p9"}}),
        ("transaction", entry(person("p9"))),
        (
            "transaction",
            entry(person("p9"), request={"method": "PATCH", "url": "Practitioner/p9"}),
        ),
        ("searchset", entry(person("p9"), search={"mode": "outcome"})),
        ("document", entry({"resourceType": "Composition", "id": "x"})),
        ("collection", entry(directory() | {"id": "inner"})),
        ("collection", {"link": [{"relation": "self", "url": "x"}]}),
    ],
)
def test_an_entry_of_which_nothing_is_made_is_one_loss(kind: str, other: Any) -> None:
    stored: dict[str, Any] = {"request": {"method": "POST", "url": "Practitioner"}}
    members = stored if kind in {"batch", "transaction"} else {}
    found = Bundle.read(bundle(entry(person(), **members), other, kind=kind))

    assert [one.entry.index for one in practitioners(found)] == [0]
    (lost,) = [one for one in found.losses() if one.path.startswith("$.entry[1]")]
    assert lost.path == "$.entry[1]"
    assert "no place" not in lost.reason


def test_a_contained_practitioner_is_nobody_of_the_bundle() -> None:
    holder = of({"reference": "#p1"}, id="r1", contained=[person()])
    found = Bundle.read(bundle(entry(holder), entry(person("p2"))))
    assert [len(one.roles) for one in practitioners(found)] == [0]
    assert found.of(ROLE)[0].resource["contained"]


@pytest.mark.parametrize(
    "document",
    [
        {"resourceType": "Bundle", "type": "collection"},
        bundle(entry({"resourceType": "Organization", "id": "o"})),
    ],
)
def test_a_bundle_with_nothing_to_read_is_refused(document: Any) -> None:
    with pytest.raises(MissingFact):
        Bundle.read(document)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (practitioner(), "$.resourceType"),
        ({"resourceType": "Bundle"}, "$.type"),
        (bundle(entry(person())) | {"entry": {}}, "$.entry"),
        (bundle(None), "$.entry[0]"),
        (bundle({"resource": CANARY}), "$.entry[0].resource"),
        (bundle({"resource": {}}), "$.entry[0].resource.resourceType"),
        (bundle({"fullUrl": 5, "resource": person()}), "$.entry[0].fullUrl"),
        (
            bundle(entry(person()), implicitRules="https://rules.example"),
            "$.implicitRules",
        ),
        (
            bundle(entry(person(), modifierExtension=[{"url": "x:y"}])),
            "$.entry[0].modifierExtension",
        ),
        (
            bundle(entry(person()), entry(of([]))),
            "$.entry[1].resource.practitioner",
        ),
        (bundle(entry(person(identifier=[5]))), "$.entry[0].resource.identifier[0]"),
    ],
)
def test_a_malformed_bundle_is_refused(document: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        practitioners(Bundle.read(document))
    assert caught.value.path == path
    assert CANARY not in str(caught.value)


def test_a_modifier_inside_a_resource_is_for_whoever_reads_that_resource() -> None:
    limited = {"resourceType": "Consent", "id": "c1", "modifierExtension": [{}]}
    found = Bundle.read(bundle(entry(person()), entry(limited)))
    (joined,) = practitioners(found)
    assert joined.draft(GIVEN).draft
    assert found.of(CONSENT)[0].resource == limited


def test_bundles_are_bounded() -> None:
    many = [entry({"resourceType": "Basic", "id": str(n)}) for n in range(MAX_ENTRIES)]
    first = entry(person())
    assert Bundle.read(bundle(first, *many[1:])).entries
    with pytest.raises(TooLarge) as caught:
        Bundle.read(bundle(first, *many))
    assert caught.value.path == "$.entry"
    deep: Any = {"resourceType": "Bundle"}
    for _ in range(70):
        deep = {"resourceType": "Bundle", "entry": [{"resource": deep}]}
    with pytest.raises(TooLarge):
        Bundle.read(bundle(entry(person()), {"resource": deep}))
    # Each resource is held to the limits of any document.
    huge = person(name=[{"given": ["x"] * 10_000}])
    with pytest.raises(TooLarge) as caught:
        practitioners(Bundle.read(bundle(entry(huge))))
    assert caught.value.path.startswith("$.entry[0].resource")


def test_hl7s_examples_join_in_a_bundle() -> None:
    for folder in ("hl7-r4-examples", "hl7-r5-examples"):
        found = [
            json.loads((vectors(folder) / f"{name}-example.json").read_text("utf-8"))
            for name in ("Practitioner", "PractitionerRole")
        ]
        assert roles_of(bundle(*(entry(one) for one in found))) == [1]


@given(data=st.data())
def test_whatever_a_bundle_holds_it_is_read_or_refused(data: Any) -> None:
    document = directory()
    for _ in range(data.draw(st.integers(1, 2))):
        places = list(containers(document))
        target = places[data.draw(st.integers(0, len(places) - 1))]
        value = deepcopy(data.draw(st.sampled_from(HOSTILE)))
        if isinstance(target, list):
            target[data.draw(st.integers(0, len(target) - 1))] = value
        else:
            target[data.draw(st.sampled_from(sorted(target)))] = value
    kept = deepcopy(document)
    try:
        found = Bundle.read(document)
        people = practitioners(found)
        told = str([found.losses(), [one.entry.path for one in people]])
    except MedidError as error:
        told = str(error)
    assert CANARY not in told
    assert document == kept
