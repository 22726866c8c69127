"""What can be searched: resources in memory, in their order, and actions."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access import catalogue
from medid.access.catalogue import MAX_ACTIONS, MAX_ID, Actions, MemoryCatalogue
from medid.errors import ConfigurationError, MalformedValue, MedidError, TooLarge
from tests.support import examples

REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


def resource(name: str, patient: str = "Patient/1", kind: str = "Observation") -> Any:
    return {"type": kind, "id": name, "properties": {"patient": patient}}


def action(code: str = "TREAT", name: str = "access") -> Any:
    purposes = [{"system": REASON, "code": code}]
    return {"name": name, "properties": {"purposeOfUse": purposes}}


def names(found: MemoryCatalogue, *asked: str, after: str | None = None) -> list[Any]:
    return [one["id"] for one in found.resources(*asked, after=after)]


# Resources.


def test_a_patient_s_resources_of_a_type_come_in_order() -> None:
    found = MemoryCatalogue(
        [
            *(resource(name) for name in "cab"),
            resource("d", "Patient/2"),
            resource("e", kind="Condition"),
        ]
    )
    assert names(found, "Patient/1", "Observation") == ["a", "b", "c"]
    assert names(found, "Patient/2", "Observation") == ["d"]
    assert names(found, "Patient/1", "Condition") == ["e"]


@pytest.mark.parametrize(
    ("patient", "kind"),
    [("Patient/3", "Observation"), ("Patient/1", "Flag"), ("", ""), ("*", "*")],
)
def test_what_is_not_known_has_nothing(patient: str, kind: str) -> None:
    assert names(MemoryCatalogue([resource("a")]), patient, kind) == []
    assert names(MemoryCatalogue(), patient, kind) == []


@given(
    known=st.sets(st.text("abc", min_size=1, max_size=3)),
    after=st.text("abc", max_size=3),
)
@settings(max_examples=examples(30), deadline=None)
def test_it_goes_on_after_an_id_that_may_be_gone(known: set[str], after: str) -> None:
    found = MemoryCatalogue([resource(name) for name in known])
    rest = names(found, "Patient/1", "Observation", after=after)
    assert rest == sorted(name for name in known if name > after)


def test_what_was_handed_in_may_change_afterwards() -> None:
    one = resource("a")
    found = MemoryCatalogue([one])
    one["properties"]["securityLabel"] = "changed"
    (kept,) = found.resources("Patient/1", "Observation", after=None)
    assert kept == resource("a")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": 1}, "$[1].resource.type"),
        ({"id": ""}, "$[1].resource.id"),
        ({"id": "x" * (MAX_ID + 1)}, "$[1].resource.id"),
        ({"id": "é" * (MAX_ID // 2 + 1)}, "$[1].resource.id"),
        ({"properties": {}}, "$[1].resource.properties.patient"),
        ({"properties": []}, "$[1].resource.properties"),
        ({"securityLabel": []}, "$[1].resource.securityLabel"),
        (
            {"properties": {"patient": "Patient/1", "securitylabel": []}},
            "$[1].resource.properties.securitylabel",
        ),
        (
            {"properties": {"patient": "Patient/1", "clinicalDate": "soon"}},
            "$[1].resource.properties.clinicalDate",
        ),
        ({"id": "a"}, "$[1].resource.id"),
    ],
)
def test_what_is_no_resource_of_a_patient_is_refused(
    change: dict[str, Any], path: str
) -> None:
    with pytest.raises(MedidError) as refused:
        MemoryCatalogue([resource("a"), {**resource("b"), **change}])
    assert refused.value.path == path
    assert "Patient/1" not in str(refused.value)


def test_there_are_as_many_as_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MAX_RESOURCES", 2)
    assert names(MemoryCatalogue(map(resource, "ab")), "Patient/1", "Observation")
    with pytest.raises(TooLarge):
        MemoryCatalogue(map(resource, "abc"))


# Actions.


def test_actions_are_read() -> None:
    found = Actions.from_json({"actions": [action(), action("HRESCH", "use")]})
    assert found.entries == (action(), action("HRESCH", "use"))


def changed(**members: Any) -> Any:
    found = copy.deepcopy(action())
    found.update(members)
    return found


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        ({}, "$.actions"),
        ({"actions": []}, "$.actions"),
        ({"actions": [1]}, "$.actions[0]"),
        ({"actions": [action()], "all": True}, "$.all"),
        ({"actions": [action(), {"name": "access"}]}, "$.actions[1].properties"),
        ({"actions": [changed(name="")]}, "$.actions[0].name"),
        ({"actions": [changed(name="*")]}, "$.actions[0].name"),
        ({"actions": [changed(purpose="TREAT")]}, "$.actions[0].purpose"),
        (
            {"actions": [changed(properties={"purposeOfUse": []})]},
            "$.actions[0].properties.purposeOfUse",
        ),
        (
            {"actions": [changed(properties={"scope": "x"})]},
            "$.actions[0].properties.scope",
        ),
    ],
)
def test_what_no_request_could_ask_for_is_refused(
    obj: dict[str, Any], path: str
) -> None:
    with pytest.raises(MalformedValue) as refused:
        Actions.from_json(obj)
    assert refused.value.path.startswith(path)


@pytest.mark.parametrize("many", [0, MAX_ACTIONS + 1])
def test_there_are_some_actions_and_not_too_many(many: int) -> None:
    with pytest.raises(ConfigurationError):
        Actions((action(),) * many)
    assert len(Actions((action(),) * MAX_ACTIONS).entries) == MAX_ACTIONS
