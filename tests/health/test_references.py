"""What the text of a reference tells: its version, and what it can be compared with."""

from __future__ import annotations

import pytest

from medid.health.references import (
    is_reference,
    names_person,
    names_role,
    namespace,
    split_version,
    unversioned,
)


@pytest.mark.parametrize(
    ("reference", "resource", "version"),
    [
        ("Patient/1", "Patient/1", ""),
        ("Patient/1/_history/2", "Patient/1", "2"),
        (
            "https://a.example/f/Patient/1/_history/2",
            "https://a.example/f/Patient/1",
            "2",
        ),
        ("Patient/1/_history/", "Patient/1/_history/", ""),
        ("/_history/2", "/_history/2", ""),
        ("Patient/1/_history/2/3", "Patient/1/_history/2/3", ""),
        ("Patient/1/_history", "Patient/1/_history", ""),
    ],
)
def test_a_version_is_told_from_the_resource(
    reference: str, resource: str, version: str
) -> None:
    assert split_version(reference) == (resource, version)
    assert unversioned(reference) == resource


@pytest.mark.parametrize(
    ("reference", "meaning"),
    [
        ("Practitioner/1", ""),
        ("did:example:dr-b", "did"),
        ("https://a.example/fhir/Practitioner/1", "https://a.example/fhir"),
        ("https://a.example/people", "https://a.example/people"),
        ("did:example:dr-b#key-1", "did:example:dr-b#key-1"),
        ("urn:uuid:0b6e0e4e-94ad-4d7e-8d27-2a1a5d7c2c10",) * 2,
        ("#x", "#x"),
        ("Practitioner?identifier=1",) * 2,
        ("Practitioner/1/2",) * 2,
        ("dr-b", "dr-b"),
        ("*", "*"),
    ],
)
def test_only_references_of_one_namespace_can_be_compared(
    reference: str, meaning: str
) -> None:
    assert namespace(reference) == meaning


@pytest.mark.parametrize(
    ("reference", "person"),
    [
        ("Practitioner/1", True),
        ("https://a.example/fhir/Practitioner/1/_history/2", True),
        ("did:example:dr-b", True),
        ("did:example:dr-b#key-1", False),
        ("PractitionerRole/1", False),
        ("Organization/1", False),
        ("urn:uuid:0b6e0e4e-94ad-4d7e-8d27-2a1a5d7c2c10", False),
        ("Practitioner", False),
        ("", False),
    ],
)
def test_a_person_is_named_and_not_what_they_belong_to(
    reference: str, person: bool
) -> None:
    assert names_person(reference) is person


@pytest.mark.parametrize(
    ("reference", "role"),
    [
        ("PractitionerRole/1", True),
        ("https://a.example/fhir/PractitionerRole/1", True),
        ("Practitioner/1", False),
        ("PractitionerRole", False),
        ("did:example:dr-b", False),
    ],
)
def test_a_role_is_named_by_its_type(reference: str, role: bool) -> None:
    assert names_role(reference) is role


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient/7", True),
        ("https://a.example/fhir/Patient/7", True),
        ("did:web:a.example", True),
        ("urn:uuid:0b8f4f7e-93b0-4d0f-8a0c-2f6f3f9b8f21", True),
        ("7", False),
        ("patient/7", False),
        ("Patient/7/", False),
        ("Patient/7 ", False),
        ("Patient/7\n", False),
        ("Patient/", False),
        ("fhir/Patient/7", False),
        ("Patient?_id=7", False),
        ("#patient", False),
        ("", False),
    ],
)
def test_what_is_no_reference_is_told(text: str, *, expected: bool) -> None:
    assert is_reference(text) is expected
