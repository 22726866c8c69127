"""Claims read into who, what, when and where."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from medid.errors import MalformedValue
from medid.health.codes import Coding
from medid.health.fhir_claim import ClaimItem, ClaimRecord, read_claim
from medid.health.fhir_claim_parties import Address, Directory, Party
from tests.access.claim_world import CPT, NPI, US_NPI, Doc, by_npi, claim, coded, item
from tests.support import vectors


def read(asked: Any, **resources: Any) -> ClaimRecord:
    return read_claim(asked, zone=UTC, resources=resources)


def line(asked: Any) -> ClaimItem:
    (found,) = read(asked).items
    return found


def test_a_claim_says_who_did_what_when_and_where() -> None:
    found = read(claim())
    assert (found.kind, found.status, found.use) == ("Claim", "active", "claim")
    (one,) = found.items
    assert one.services == (frozenset({Coding(CPT, "99213")}),)
    assert one.where.facility == Address(state="OH")
    (member,) = one.team
    assert member.party == Party(identifiers=frozenset({(US_NPI, NPI)}))


def test_nothing_of_a_person_is_in_a_representation() -> None:
    shown = repr(read(claim()))
    for value in (NPI, "Patient/p-9", "99213", "OH", "claim-1"):
        assert value not in shown


def test_what_cannot_be_compared_is_left_out() -> None:
    service = {"text": "a visit", "coding": [{"code": "99213"}, {"system": CPT}]}
    assert line(claim(item(productOrService=service))).services == (frozenset(),)
    assert line(claim(item(productOrService=None))).services == (frozenset(),)


def test_labels_are_read_whole_or_not_at_all() -> None:
    assert read(claim(meta={"versionId": "1"})).labels == frozenset()
    label = {"system": "urn:labels", "code": "R"}
    found = read(claim(meta={"security": [label]})).labels
    assert found == {Coding("urn:labels", "R")}
    with pytest.raises(MalformedValue):
        read(claim(meta={"security": [{"system": "urn:labels"}]}))


def test_periods_are_read_to_their_precision() -> None:
    found = line(claim(item(servicedDate="2026-07")))
    assert found.period is not None
    assert (str(found.period.start), str(found.period.end)) == (
        "2026-07-01T00:00:00Z",
        "2026-08-01T00:00:00Z",
    )


def party(reference: Doc, *inside: Doc) -> Party:
    directory = Directory.of({"contained": [*inside]} if inside else {}, {})
    return directory.party(reference, "$")


PERSON: Doc = {
    "resourceType": "Practitioner",
    "id": "a",
    "identifier": [
        {"system": "urn:oid:2.16.840.1.113883.4.6", "value": NPI},
        {"system": US_NPI, "value": "1234567893", "use": "old"},
        {"value": "no system"},
        {"system": "urn:ietf:rfc:3986", "value": "did:example:a"},
        {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"},
    ],
}


def test_a_person_is_known_by_every_identifier_in_use() -> None:
    found = party({"reference": "#a"}, PERSON)
    assert found == Party(
        dids=frozenset({"did:example:a"}), identifiers=frozenset({(US_NPI, NPI)})
    )
    assert not party({"reference": "#b"}, PERSON).known
    assert not party({"reference": "#a"}, {**PERSON, "identifier": [{}]}).known
    bare = {"resourceType": "Practitioner", "id": "a"}
    assert not party({"reference": "#a"}, bare).known


def test_a_role_is_known_by_the_person_who_has_it() -> None:
    role: Doc = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "identifier": [{"system": US_NPI, "value": "1234567893"}],
        "practitioner": {"reference": "#a"},
    }
    assert party({"reference": "#r"}, role, PERSON).identifiers == {(US_NPI, NPI)}
    assert not party({"reference": "#r"}, role).known
    del role["practitioner"]
    assert party({"reference": "#r", **by_npi()}, role, PERSON) == Party()


@pytest.mark.parametrize("kind", ["Organization", "Device", "Patient"])
def test_what_is_no_person_renders_nothing(kind: str) -> None:
    found = party({"reference": "#a"}, {**PERSON, "resourceType": kind})
    assert found.organization
    assert not found.known


def test_an_identifier_that_cannot_be_one_is_told() -> None:
    assert party(by_npi("1679576723")).malformed
    assert not party({"identifier": {"system": "urn:local", "value": "x"}}).malformed


def test_a_location_may_be_handed_in() -> None:
    place = {"resourceType": "Location", "address": {"country": "DE"}}
    asked = claim(facility={"reference": "Location/1"})
    (found,) = read(asked, **{"Location/1": place}).items
    assert found.where.facility == Address(country="DE")


def test_modifiers_without_codes_are_left_out() -> None:
    found = line(claim(item(modifier=[coded(CPT, "25"), {"text": "x"}])))
    assert found.where.modifiers == {"25"}


def test_published_examples_of_other_kinds_are_refused() -> None:
    folder = vectors("hl7-r4-examples")
    found = sorted(folder.glob("*.json"))
    assert found
    for file in found:
        with pytest.raises(MalformedValue) as caught:
            read(file.read_bytes())
        assert caught.value.path == "$.resourceType"
