from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.practitioner import Practitioner
from fhir.resources.practitionerrole import PractitionerRole
from fhir.resources.R4B.practitioner import Practitioner as PractitionerR4
from fhir.resources.R4B.practitionerrole import PractitionerRole as PractitionerRoleR4

from medid.core.instant import Instant, Window
from medid.core.records import replace
from medid.errors import (
    InvalidDid,
    MalformedValue,
    MedidError,
    MissingFact,
    TooLarge,
    child,
)
from medid.health.fhir_export import license_resources
from medid.health.fhir_losses import Source
from medid.health.fhir_ndh import SCOPE, USPS
from medid.health.fhir_practitioner import URI, Given, license_draft
from medid.health.words import NAMESPACE
from tests.health.documents import BOARD, HOLDER, license_document, status_entry
from tests.health.fhir_documents import CANARY, HOSTILE, NUCC, practitioner, role
from tests.health.fhir_round_trip import (
    assert_accounted,
    assert_nothing_invented,
    containers,
    is_lost,
    leaves,
)
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from pathlib import Path

ID = "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11"
GIVEN = Given(
    id=ID,
    holder=HOLDER,
    issuer=BOARD,
    window=Window(Instant.parse("2026-01-01T00:00:00Z"), None),
    status=(status_entry(),),
    license={"jurisdiction": "US-OH", "licenseStatus": "active"},
)


def paths(losses: Any) -> list[str]:
    return [loss.path for loss in losses]


def test_what_a_qualification_says_is_a_draft() -> None:
    found = license_draft(practitioner(), GIVEN, roles=[role()])

    subject: Any = found.draft["credentialSubject"]
    assert found.draft["issuer"] == {"id": BOARD, "name": "Example Board"}
    assert subject["id"] == HOLDER
    assert [one["value"] for one in subject["practitionerIdentifier"]] == [
        "1234567893",
        "77",
    ]
    assert subject["license"]["licenseNumber"] == "35.123456"
    assert subject["license"]["issuedOn"] == "2014-07-01"
    assert subject["license"]["expiresOn"] == "2027-12-31"
    assert subject["license"]["profession"][0]["code"] == "208D00000X"
    assert subject["license"]["specialty"][0]["code"] == "207R00000X"
    assert paths(found.losses) == [
        "$.id",
        "$.identifier[1].use",
        "$.name",
        "$.birthDate",
        "$._birthDate",
    ]
    assert [paths(one) for one in found.role_losses] == [["$.active", "$.practitioner"]]
    assert CANARY not in str(found.losses)


@pytest.mark.parametrize(
    ("name", "value"), [("deceasedBoolean", True), ("deceasedDateTime", "2026-01-01")]
)
def test_who_died_has_the_license_of_a_deceased(name: str, value: Any) -> None:
    died = {**practitioner(), name: value}
    with pytest.raises(MalformedValue) as caught:
        license_draft(died, GIVEN)
    assert caught.value.path == f"$.{name}"
    given = replace(GIVEN, license={**GIVEN.license, "licenseStatus": "deceased"})
    assert f"$.{name}" in paths(license_draft(died, given).losses)
    lives = {**practitioner(), "deceasedBoolean": False}
    assert license_draft(lives, GIVEN).draft


def examples() -> list[Path]:
    folders = ("hl7-r4-examples", "hl7-r5-examples")
    return [
        file
        for folder in folders
        for file in sorted(vectors(folder).glob("Practitioner-*.json"))
    ]


def test_every_example_of_hl7_round_trips_up_to_its_losses() -> None:
    license_facts = {
        **GIVEN.license,
        "licenseNumber": "12345",
        "profession": [{"system": NUCC, "code": "208D00000X"}],
    }
    for file in examples():
        resource = json.loads(file.read_text("utf-8"))
        stated = {"licenseNumber", "profession"} if "qualification" in resource else ()
        facts = {k: v for k, v in license_facts.items() if k not in stated}
        if stated and "identifier" not in resource["qualification"][0]:
            facts["licenseNumber"] = "12345"
        if "deceasedDateTime" in resource:
            facts["licenseStatus"] = "deceased"
        found = license_draft(resource, replace(GIVEN, license=facts))
        back = license_resources(found.draft).resources
        assert_accounted(resource, back, found.losses)
        assert_nothing_invented(resource, back, _given_values())
        agreed(file.parent.name, file.name)
    assert len(examples()) > 20


def _given_values() -> set[Any]:
    terms = {NAMESPACE + "jurisdiction", NAMESPACE + "licenseStatus"}
    codes = {NUCC, "208D00000X", "12345", "US-OH", "active", "deceased"}
    # What the extension of US directories says of the same two facts.
    directory = {SCOPE, USPS, "status", "whereValid", "OH"}
    return {URI, HOLDER, BOARD, "Practitioner", *terms, *codes, *directory}


def test_the_roles_of_hl7_have_an_end_and_give_no_specialty() -> None:
    for folder in ("hl7-r4-examples", "hl7-r5-examples"):
        place = vectors(folder)
        one = json.loads((place / "Practitioner-example.json").read_text("utf-8"))
        other = json.loads((place / "PractitionerRole-example.json").read_text("utf-8"))
        found = license_draft(one, GIVEN, roles=[other])
        (lost,) = found.role_losses
        assert paths(lost) == ["$"]
        assert "specialty" not in json.dumps(found.draft)
        other.pop("period")
        found = license_draft(one, GIVEN, roles=[other])
        back = license_resources(found.draft).resources
        assert_accounted(other, back, found.role_losses[0])
        assert "408443003" in json.dumps(back[1])
        agreed(folder, "PractitionerRole-example.json")


def test_a_whole_license_goes_to_fhir_and_back() -> None:
    """Every term of the vocabulary, and both releases judge what is made of it."""
    document = license_document()
    found = license_resources(document)
    judges: list[Any] = [
        (PractitionerR4, Practitioner),
        (PractitionerRoleR4, PractitionerRole),
    ]
    for resource, models in zip(found.resources, judges, strict=True):
        for model in models:
            model.model_validate(resource)
    person: Any
    place: Any
    person, place = deepcopy(found.resources)
    back = license_draft(
        person, Given(id=ID, status=GIVEN.status, window=GIVEN.window), roles=[place]
    )
    assert back.losses == ()
    assert back.role_losses == ((),)
    assert_accounted(document, [back.draft], found.losses)
    assert paths(found.losses) == [
        "$.id",
        "$.validFrom",
        "$.validUntil",
        "$.credentialStatus",
        "$.credentialSubject.license.id",
    ]
    (qualification,) = person["qualification"]
    limiting = {one["url"] for one in qualification["modifierExtension"]}
    assert NAMESPACE + "condition" in limiting
    assert NAMESPACE + "licenseStatus" not in limiting
    assert license_resources(back.draft).resources == found.resources


def _changed(change: Any) -> dict[str, Any]:
    resource = practitioner()
    change(resource, resource["qualification"][0])
    return resource


def test_a_practitioner_without_a_period_has_no_days() -> None:
    resource = practitioner()
    resource["qualification"][0].pop("period")
    found = license_draft(resource, GIVEN)
    assert "expiresOn" not in json.dumps(found.draft)
    assert "issuedOn" not in json.dumps(found.draft)


@pytest.mark.parametrize(
    ("start", "since", "taken"),
    [
        ("2025", "2026-01-01T12:00:00Z", True),
        ("2025", "2026-01-01T11:59:59Z", False),
        ("2025-12", "2026-01-01T12:00:00Z", True),
        ("2030", "2026-01-01T12:00:00Z", False),
        ("2030-07-01T08:00:00Z", "2026-01-01T12:00:00Z", False),
        ("2025", None, False),
        ("soon", "2026-01-01T12:00:00Z", False),
    ],
)
def test_no_license_holds_before_it_begins(
    start: str, since: str | None, *, taken: bool
) -> None:
    resource = practitioner()
    resource["qualification"][0]["period"] = {"start": start}
    window = Window(None if since is None else Instant.parse(since), None)
    if not taken:
        with pytest.raises(MalformedValue) as caught:
            license_draft(resource, replace(GIVEN, window=window))
        assert caught.value.path == "$.qualification[0].period.start"
        return
    found = license_draft(resource, replace(GIVEN, window=window))
    assert "issuedOn" not in found.draft["credentialSubject"]["license"]  # type: ignore[index,operator,call-overload]
    assert "$.qualification[0].period" in paths(found.losses)


@pytest.mark.parametrize(("start", "good"), [("2030", True), ("2031", False)])
def test_the_first_day_may_be_stated(start: str, *, good: bool) -> None:
    resource = practitioner()
    resource["qualification"][0]["period"] = {"start": start}
    stated = replace(GIVEN, license={**GIVEN.license, "issuedOn": "2030-07-01"})
    if good:
        assert "2030-07-01" in json.dumps(license_draft(resource, stated).draft)
        return
    with pytest.raises(MalformedValue):
        license_draft(resource, stated)


def _set(place: str, value: Any) -> Any:
    """A change that sets a member of the resource, or ``q.`` of its qualification."""

    def change(root: Any, qualification: Any) -> None:
        target = qualification if place.startswith("q.") else root
        target[place.removeprefix("q.")] = value

    return change


REFUSED = [
    (_set("resourceType", "Patient"), MalformedValue, "$.resourceType"),
    (_set("implicitRules", "x:y"), MalformedValue, "$.implicitRules"),
    (_set("modifierExtension", []), MalformedValue, "$.modifierExtension"),
    (
        _set("q.modifierExtension", [{"url": "x:y", "valueCode": CANARY}]),
        MalformedValue,
        "$.qualification[0].modifierExtension",
    ),
    (
        _set("contained", [{"id": "a", "modifierExtension": [{"url": "x:y"}]}]),
        MalformedValue,
        "$.contained[0].modifierExtension",
    ),
    (_set("identifier", []), MalformedValue, "$.identifier"),
    (_set("identifier", [None]), MalformedValue, "$.identifier[0]"),
    (_set("identifier", {"value": CANARY}), MalformedValue, "$.identifier"),
    (
        _set("identifier", [{"system": URI, "value": 5}]),
        MalformedValue,
        "$.identifier[0].value",
    ),
    (
        _set(
            "identifier",
            [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567890"}],
        ),
        MalformedValue,
        "$.identifier[0].value",
    ),
    (_set("qualification", {}), MalformedValue, "$.qualification"),
    (_set("q.code", CANARY), MalformedValue, "$.qualification[0].code"),
    (_set("q.code", {"text": CANARY}), MissingFact, "$.qualification[0]"),
    (
        _set("q.period", {"end": "2027-12"}),
        MalformedValue,
        "$.qualification[0].period.end",
    ),
    (
        _set("q.period", {"_end": {"extension": [{"url": "x:unknown"}]}}),
        MalformedValue,
        "$.qualification[0].period.end",
    ),
    (
        _set(
            "q.modifierExtension",
            [
                {
                    "url": NAMESPACE + "condition",
                    "extension": [
                        {"url": NAMESPACE + "conditionKind", "valueCode": "monitoring"},
                        {"url": "x:on-weekends", "valueBoolean": True},
                    ],
                }
            ],
        ),
        MalformedValue,
        "$.qualification[0].modifierExtension",
    ),
    (
        _set("q.identifier", [{"value": "1"}, {"value": "2"}]),
        MalformedValue,
        "$.qualification[0].identifier",
    ),
    (
        _set("q.issuer", {"identifier": {"system": URI, "value": "did:web:o.example"}}),
        MalformedValue,
        "$.qualification[0].issuer.identifier",
    ),
    (
        _set(
            "q.extension",
            [{"url": NAMESPACE + "jurisdiction", "valueString": "US-IN"}],
        ),
        MalformedValue,
        "$.qualification[0]",
    ),
    (
        _set("q.extension", [{"url": NAMESPACE + "jurisdiction"}]),
        MalformedValue,
        "$.qualification[0].extension[0].valueString",
    ),
    (
        _set("q.extension", [{"url": NAMESPACE + "encumbered", "valueBoolean": "no"}]),
        MalformedValue,
        "$.qualification[0].extension[0].valueBoolean",
    ),
    (
        _set(
            "q.extension", [{"url": NAMESPACE + "encumbered", "valueBoolean": True}] * 2
        ),
        MalformedValue,
        "$.qualification[0].extension[1]",
    ),
]


@pytest.mark.parametrize(("change", "error", "path"), REFUSED)
def test_what_cannot_be_read_is_refused(
    change: Any, error: type[MedidError], path: str
) -> None:
    with pytest.raises(error) as caught:
        license_draft(_changed(change), GIVEN)
    assert caught.value.path == path
    assert CANARY not in str(caught.value)


LOST = [
    (
        _set("identifier", [{"use": "old", "system": "x:y", "value": "1"}]),
        "$.identifier",
    ),
    (
        _set("identifier", [{"system": "x:y", "value": "1", "period": {}}]),
        "$.identifier",
    ),
    (
        _set("identifier", [{"system": "x:y", "value": "1", "_use": {"id": "u"}}]),
        "$.identifier",
    ),
    (
        _set("q.issuer", {"identifier": {"system": "x:y", "value": "1"}}),
        "$.qualification[0].issuer",
    ),
    (_set("identifier", [{"system": "no uri", "value": "1"}]), "$.identifier"),
    (_set("identifier", [{"value": "1"}]), "$.identifier"),
    (_set("identifier", [{"system": "x:y"}]), "$.identifier"),
    (
        _set("identifier", [{"system": URI, "value": HOLDER}] * 2),
        "$.identifier[1]",
    ),
    (
        _set("identifier", [{"system": "x:y", "value": "1"}] * 2),
        "$.identifier[1]",
    ),
    (_set("q.extension", [{"url": "x:y"}]), "$.qualification[0].extension"),
    (_set("q.period", {"start": "1995"}), "$.qualification[0].period"),
    (
        _set("q.issuer", {"identifier": {"system": URI, "value": BOARD, "id": "i"}}),
        "$.qualification[0].issuer.identifier.id",
    ),
    (
        _set("q.issuer", {"display": "A board"}),
        "$.qualification[0].issuer",
    ),
    (
        _set(
            "q.code",
            {"coding": [{"system": NUCC, "code": "1"}, {"code": "2"}]},
        ),
        "$.qualification[0].code.coding[1]",
    ),
    *(
        (
            _set("q.code", {"coding": [{"system": NUCC, "code": "1"}, half]}),
            "$.qualification[0].code.coding[1]",
        )
        for half in ({"system": NUCC}, {"system": "no uri", "code": "2"})
    ),
    (_set("unknown member", CANARY), "$[?]"),
    (_set("contained", [{"resourceType": "Bundle"}]), "$.contained"),
]


@pytest.mark.parametrize(("change", "path"), LOST)
def test_what_has_no_place_is_told(change: Any, path: str) -> None:
    resource = _changed(change)
    found = license_draft(resource, GIVEN)
    assert path in paths(found.losses)
    assert CANARY not in str(found.losses)
    assert_accounted(resource, license_resources(found.draft).resources, found.losses)


def test_why_a_number_or_a_code_is_lost_is_told() -> None:
    resource = practitioner()
    resource["identifier"] = [
        {"system": "x:y"},
        *[{"system": "x:y", "value": "1"}] * 2,
        {"system": "x:y", "value": "2", "use": "old"},
        {"system": "x:y", "value": "3", "period": {"start": "2020"}},
    ]
    resource["qualification"][0]["code"]["coding"].append({"code": "2"})
    resource["extension"] = [{"url": "x:y"}]
    resource["qualification"][0]["extension"] = [{"url": "x:y"}]
    told = {one.path: one.reason for one in license_draft(resource, GIVEN).losses}
    expected = {
        "$.identifier[0]": "a number needs a system",
        "$.identifier[2]": "stated twice",
        "$.identifier[3]": "not known to be in use",
        "$.identifier[4]": "has a period",
        "$.qualification[0].code.coding[1]": "a code needs a system",
        "$.extension": "an extension that medid does not know",
        "$.qualification[0].extension": "an extension that medid does not know",
        "$._birthDate": "an extension that medid does not know",
    }
    for path, reason in expected.items():
        assert reason in told[path]


def test_one_of_several_qualifications_is_named() -> None:
    resource = practitioner()
    other = deepcopy(resource["qualification"][0])
    other["modifierExtension"] = [{"url": "x:y"}]
    resource["qualification"].append(other)
    with pytest.raises(MalformedValue) as caught:
        license_draft(resource, GIVEN)
    assert caught.value.path == "$.qualification"
    for index in (-1, 2):
        with pytest.raises(MalformedValue):
            license_draft(resource, GIVEN, qualification=index)
    found = license_draft(resource, GIVEN, qualification=0)
    assert "$.qualification[1]" in paths(found.losses)
    # What changes the meaning of the other one does not concern this one.
    with pytest.raises(MalformedValue):
        license_draft(resource, GIVEN, qualification=1)


def test_nothing_that_a_license_needs_is_made_up() -> None:
    bare: dict[str, Any] = {"resourceType": "Practitioner"}
    with pytest.raises(MissingFact) as caught:
        license_draft(bare, replace(GIVEN, license={}))
    for name in ("licenseNumber", "jurisdiction", "profession", "licenseStatus"):
        assert name in str(caught.value)
    with pytest.raises(MissingFact):
        license_draft(bare, replace(GIVEN, holder=None))
    with pytest.raises(MissingFact):
        license_draft(bare, replace(GIVEN, issuer=None))
    with pytest.raises(InvalidDid):
        license_draft(bare, replace(GIVEN, issuer="did"))
    with pytest.raises(InvalidDid):
        license_draft(bare, replace(GIVEN, holder="did"))


def test_the_holder_may_be_the_only_did_of_the_resource() -> None:
    resource = practitioner()
    mine = {"system": URI, "value": HOLDER}
    resource["identifier"] += [mine]
    found = license_draft(resource, replace(GIVEN, holder=None))
    assert found.draft["credentialSubject"]["id"] == HOLDER  # type: ignore[index, call-overload]
    resource["identifier"] += [{"system": URI, "value": "did:web:me.example"}]
    with pytest.raises(MissingFact):
        license_draft(resource, replace(GIVEN, holder=None))
    both = license_draft(resource, GIVEN)
    assert "did:web:me.example" in json.dumps(both.draft)
    assert_accounted(resource, license_resources(both.draft).resources, both.losses)
    resource["identifier"].reverse()
    again = license_draft(resource, GIVEN)
    assert "did:web:me.example" in json.dumps(again.draft)
    lost = [path for path in paths(again.losses) if path.startswith("$.identifier")]
    assert lost == ["$.identifier[2].use"]
    old = {"identifier": {**mine, "use": "old"}}
    resource["qualification"][0]["issuer"] = old
    assert license_draft(resource, GIVEN).draft["issuer"] == BOARD


def test_a_license_is_not_drafted_for_somebody_else() -> None:
    resource = practitioner()
    resource["identifier"] += [{"system": URI, "value": "did:web:me.example"}]
    with pytest.raises(MalformedValue) as caught:
        license_draft(resource, GIVEN)
    assert caught.value.path == f"$.identifier[{len(resource['identifier']) - 1}]"
    resource["identifier"][-1]["use"] = "old"
    subject = license_draft(resource, GIVEN).draft["credentialSubject"]
    assert subject["id"] == HOLDER  # type: ignore[index, call-overload]


def test_a_did_is_a_uri_of_its_own_kind() -> None:
    resource = practitioner()
    other: list[Any] = [
        {"system": "x:y", "value": "did:web:me.example"},
        {"system": URI, "value": "https://me.example"},
    ]
    resource["identifier"] = other
    with pytest.raises(MissingFact):
        license_draft(resource, replace(GIVEN, holder=None))
    resource["identifier"] = [*other, {"system": URI, "value": HOLDER}]
    found = license_draft(resource, replace(GIVEN, holder=None))
    assert json.loads(json.dumps(found.draft))["credentialSubject"]["id"] == HOLDER
    named = {"identifier": {"system": "x:y", "value": BOARD}}
    resource["qualification"][0]["issuer"] = named
    with pytest.raises(MissingFact):
        license_draft(resource, replace(GIVEN, issuer=None))


@pytest.mark.parametrize("useless", [{"value": "1", "use": "old"}, {"system": "x:y"}])
def test_what_is_no_number_in_use_is_no_license_number(useless: Any) -> None:
    resource = practitioner()
    resource["qualification"][0]["identifier"] = [useless, {"value": "2"}]
    assert '"licenseNumber": "2"' in json.dumps(license_draft(resource, GIVEN).draft)
    resource["qualification"][0]["identifier"] = [useless]
    facts = {**GIVEN.license, "licenseNumber": "1"}
    found = license_draft(resource, replace(GIVEN, license=facts))
    assert '"licenseNumber": "1"' in json.dumps(found.draft)
    assert "$.qualification[0].identifier" in paths(found.losses)


def test_a_profession_in_words_leaves_room_for_the_given_one() -> None:
    resource = practitioner()
    resource["qualification"][0]["code"] = {"text": CANARY}
    facts = {**GIVEN.license, "profession": [{"system": NUCC, "code": "1"}]}
    found = license_draft(resource, replace(GIVEN, license=facts))
    assert '"code": "1"' in json.dumps(found.draft)


def test_a_given_number_chooses_among_several_and_must_be_one_of_them() -> None:
    resource = practitioner()
    resource["qualification"][0]["identifier"] = [{"value": "1"}, {"value": "2"}]
    facts = {**GIVEN.license, "licenseNumber": "2"}
    found = license_draft(resource, replace(GIVEN, license=facts))
    assert "$.qualification[0].identifier[0]" in paths(found.losses)
    facts["licenseNumber"] = "3"
    with pytest.raises(MalformedValue):
        license_draft(resource, replace(GIVEN, license=facts))


def test_a_given_profession_must_agree_with_the_stated_one() -> None:
    facts = dict(GIVEN.license)
    facts["profession"] = [{"system": NUCC, "code": "208D00000X"}]
    assert license_draft(practitioner(), replace(GIVEN, license=facts)).draft
    for other in ([{"system": NUCC, "code": "1"}], ["x"], "x"):
        facts["profession"] = other  # type: ignore[assignment]
        with pytest.raises(MalformedValue):
            license_draft(practitioner(), replace(GIVEN, license=facts))


def _limited(kind: str) -> dict[str, Any]:
    """A practitioner whose qualification has some facts as extensions of medid's."""
    resource = practitioner()
    resource["qualification"][0]["modifierExtension"] = [
        {
            "url": NAMESPACE + "condition",
            "extension": [{"url": NAMESPACE + "conditionKind", "valueCode": kind}],
        },
        {"url": NAMESPACE + "encumbered", "valueBoolean": True},
        {"url": NAMESPACE + "jurisdiction", "valueString": "US-IN"},
    ]
    return resource


@pytest.mark.parametrize(
    "stated",
    [
        {"jurisdiction": "US-NI"},
        {"jurisdiction": []},
        {"jurisdiction": ["US-IN"]},
        {"profession": ""},
        {
            "profession": [
                {"system": NUCC, "code": "208D00000X"},
                {"system": NUCC, "code": "1"},
            ]
        },
        {"encumbered": False},
        {"condition": [{"kind": "supervision"}]},
    ],
)
def test_what_is_given_must_be_what_is_stated(stated: Any) -> None:
    known: dict[str, Any] = {
        "licenseStatus": "active",
        "jurisdiction": "US-IN",
        "encumbered": True,
        "condition": [{"kind": "monitoring"}],
    }
    resource = _limited("monitoring")
    assert license_draft(resource, replace(GIVEN, license=known)).draft
    with pytest.raises(MalformedValue) as caught:
        license_draft(resource, replace(GIVEN, license={**known, **stated}))
    assert caught.value.path == "$.qualification[0]"


@pytest.mark.parametrize(
    "named",
    [
        None,
        {},
        {"reference": "Practitioner/other"},
        {"reference": "Organization/p1"},
        {"identifier": {"system": "urn:oid:1.2.3"}},
        {"identifier": {"system": "urn:oid:1.2.3", "value": "78"}},
        {"identifier": {"system": "urn:oid:1.2.3", "value": "77", "use": "old"}},
    ],
)
def test_a_role_of_somebody_else_is_refused(named: Any) -> None:
    other = role()
    other["practitioner"] = named
    if named is None:
        other.pop("practitioner")
    with pytest.raises(MalformedValue):
        license_draft(practitioner(), GIVEN, roles=[other])


def test_half_a_number_and_a_former_one_name_nobody() -> None:
    number = {"system": "urn:oid:1.2.3", "value": "77"}
    half = {"system": "urn:oid:1.2.3"}
    for mine, named in (
        (half, half),
        ({"value": "77"}, {"value": "77"}),
        ({**number, "use": "old"}, number),
    ):
        person = {**practitioner(), "identifier": [mine]}
        other = {**role(), "practitioner": {"identifier": named}}
        with pytest.raises(MalformedValue) as caught:
            license_draft(person, GIVEN, roles=[other])
        assert caught.value.path == "$.practitioner"


def test_a_stated_did_is_one() -> None:
    resource = practitioner()
    issuer = {"identifier": {"system": URI, "value": "did:nothing"}}
    resource["qualification"][0]["issuer"] = issuer
    with pytest.raises(InvalidDid):
        license_draft(resource, replace(GIVEN, issuer=None))


@pytest.mark.parametrize(
    "named",
    [
        {"reference": "https://fhir.example/Practitioner/p1"},
        {"reference": "Practitioner/p1/_history/3"},
        {"identifier": {"system": "urn:oid:1.2.3", "value": "77"}},
        {"identifier": {"system": URI, "value": "did:web:me.example"}},
        {"type": "Practitioner", "identifier": {"system": URI, "value": HOLDER}},
    ],
)
def test_a_role_may_name_its_practitioner_in_several_ways(named: Any) -> None:
    other = {**role(), "practitioner": named}
    resource = practitioner()
    for did in ("did:web:me.example", HOLDER):
        resource["identifier"].append({"system": URI, "value": did})
    found = license_draft(resource, GIVEN, roles=[other])
    back = license_resources(found.draft).resources
    assert_accounted(other, back, found.role_losses[0])


@pytest.mark.parametrize(
    "change",
    [{"active": False}, {"_active": {"id": "a"}}, {"period": {"start": "2020"}}],
)
def test_a_role_that_may_be_over_gives_no_specialty(change: Any) -> None:
    found = license_draft(practitioner(), GIVEN, roles=[{**role(), **change}])
    assert [paths(one) for one in found.role_losses] == [["$"]]
    assert "not active, or has a period" in found.role_losses[0][0].reason


def test_a_role_with_an_unknown_modifier_is_refused() -> None:
    other = {**role(), "modifierExtension": [{"url": "x:y"}]}
    with pytest.raises(MalformedValue):
        license_draft(practitioner(), GIVEN, roles=[other])


def test_what_is_too_large_or_refers_to_itself_is_refused() -> None:
    resource = practitioner()
    resource["contained"] = [resource]
    with pytest.raises(TooLarge):
        license_draft(resource, GIVEN)
    resource["contained"] = [{}] * 20_000
    with pytest.raises(TooLarge):
        license_draft(resource, GIVEN)


def _mutant(source: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A practitioner and a role, one of them changed in one or two places."""
    person = license_resources(license_document()).resources[0]
    base = source.choice([practitioner(), person])
    documents = deepcopy(base), role()
    if "id" not in documents[0]:
        documents[1]["practitioner"] = {"identifier": documents[0]["identifier"][0]}
    for _ in range(source.randint(1, 2)):
        places = list(containers(documents[source.random() < 0.3]))
        target = source.choice(places)
        value = deepcopy(source.choice(HOSTILE))
        if isinstance(target, list):
            target[source.randrange(len(target))] = value
            continue
        names = [*target, "modifierExtension", "extension", "_birthDate", "use"]
        target[source.choice(names)] = value
    return documents


def test_a_mutant_is_refused_without_its_values_or_accounted_for() -> None:
    source = random.Random(7)
    outcomes, told = set(), list[str]()
    for _ in range(200):
        person, other = _mutant(source)
        kept = deepcopy((person, other))
        try:
            found = license_draft(person, GIVEN, roles=[other])
        except MedidError as error:
            told.append(str(error))
            outcomes.add(type(error).__name__)
        else:
            outcomes.add("read")
            back = license_resources(found.draft).resources
            assert_accounted(person, back, found.losses)
            assert_accounted(other, back, found.role_losses[0])
            told.append(str((found.losses, found.role_losses)))
        assert (person, other) == kept
    assert {"read", "MalformedValue"} <= outcomes
    assert CANARY not in "".join(told)


def test_a_source_reads_objects_and_trusts_what_is_kept_whole() -> None:
    source = Source.of({"a": 1, "b": [{}, 2], "c": {"modifierExtension": [{}]}})
    with pytest.raises(MalformedValue, match=r"\$\.a"):
        source.element("a")
    with pytest.raises(MalformedValue, match=r"\$\.b\[1\]"):
        source.elements("b")
    with pytest.raises(MalformedValue):
        source.refuse_modifiers()
    source.keep("c")
    source.refuse_modifiers()


def test_leaves_know_their_losses() -> None:
    found = license_draft(practitioner(), GIVEN)
    lost = [
        path for path, _, _ in leaves(practitioner()) if is_lost(path, found.losses)
    ]
    assert child("$", "birthDate") in lost
    assert "$.qualification[0].identifier[0].value" not in lost
