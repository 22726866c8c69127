"""Data that a rule names: a permit has to show it, and a denial that it is other."""

from __future__ import annotations

import time
from typing import Any

import pytest

from medid.access.consent_data import data_matches
from medid.access.consent_types import Resource
from medid.health.consent_tree import DataReference

HOST = "https://h.example/fhir/"
UUID = "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11"
SEARCH = "Observation?identifier=1"


def matches(
    reference: str, meaning: Any, *, permit: bool, id: str | None = None, **members: Any
) -> bool:
    named = [DataReference(meaning=meaning, reference=reference)]
    sets: dict[str, Any] = {name: frozenset(it) for name, it in members.items()}
    resource = Resource(type="Observation", id=id, **sets)
    return data_matches(named, resource, permit=permit)


@pytest.mark.parametrize(
    ("named", "shown", "denied", "permitted"),
    [
        ("Observation/7", "Observation/7", True, True),
        ("Observation/7", "Observation/8", False, False),
        ("Observation/7", None, False, False),
        # AuthZEN states the type beside the id.
        ("Observation/7", "7", True, True),
        ("Observation/7", "8", False, False),
        ("Condition/7", "7", False, False),
        # Each server has ids of its own, and other names tell nothing.
        (HOST + "Observation/7", "Observation/7", True, False),
        (HOST + "Observation/7", "Observation/8", True, False),
        ("Observation/7", HOST + "Observation/7", True, False),
        (HOST + "Observation/7", HOST + "Observation/7", True, True),
        (HOST + "Observation/7", HOST + "Observation/8", False, False),
        (HOST + "Observation/7/_history/1", "Observation/7", True, False),
        (UUID, "Observation/7", True, False),
        (UUID, UUID, True, True),
        (SEARCH, "Observation/7", True, False),
        # What is of another type is other data.
        (HOST + "Condition/7", "Observation/7", False, False),
        (UUID, None, False, False),
    ],
)
def test_a_denial_reaches_data_that_cannot_be_told_apart(
    named: str, shown: str | None, denied: bool, permitted: bool
) -> None:
    for meaning in ("instance", "related", "dependents"):
        assert matches(named, meaning, permit=False, id=shown) is denied
    assert matches(named, "instance", permit=True, id=shown) is permitted


@pytest.mark.parametrize(
    ("named", "shown", "denied"),
    [
        ("Encounter/3", "Encounter/3", True),
        ("Encounter/3", "Encounter/4", False),
        (HOST + "Encounter/3", "Encounter/3", True),
        (HOST + "Encounter/3", "Encounter/4", True),
        (HOST + "Encounter/3", "Patient/p-9", False),
        (HOST + "Encounter/3", HOST + "Encounter/4", False),
        (HOST + "Encounter/3", UUID, True),
        (UUID, "Encounter/3", True),
        # What this server calls so it calls so in its data, too.
        ("Encounter/3", HOST + "Encounter/3", False),
    ],
)
@pytest.mark.parametrize(
    ("meaning", "member"),
    [
        ("related", "referenced_by"),
        ("related", "refers_to"),
        ("dependents", "refers_to"),
        ("authoredby", "authors"),
    ],
)
def test_so_it_does_with_what_data_belong_to(
    named: str, shown: str, denied: bool, meaning: str, member: str
) -> None:
    if named == UUID and member == "refers_to" and meaning == "related":
        denied = False  # nothing says that it is a visit, which its data refer to
    found: dict[str, Any] = {member: [shown, "Organization/1"]}
    assert matches(named, meaning, permit=False, **found) is denied
    assert matches(named, meaning, permit=True, **found) is (named == shown)
    assert not matches(named, meaning, permit=False)


def test_thousands_of_names_are_not_compared_each_with_each() -> None:
    names = [f"https://{one}.example/Encounter/{one}" for one in range(4_000)]
    named = [
        DataReference(meaning="dependents", reference=HOST + f"Procedure/{one}")
        for one in range(4_000)
    ]
    resource = Resource(type="Observation", refers_to=frozenset(names))
    began = time.process_time()
    assert not data_matches(named, resource, permit=False)
    assert time.process_time() - began < 1
