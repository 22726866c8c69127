"""A resource is a row for each license in it, and nothing of it is chosen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.tables import open_table
from medid.adapters.tables.fhir import fhir_rows
from medid.adapters.tables.lines import Line
from medid.board.sources import MAX_COLUMNS, RESOURCES, Source
from medid.errors import MedidError, ParsingError

if TYPE_CHECKING:
    from pathlib import Path

    from medid.board.sources import SourceRow

NPI = "http://hl7.org/fhir/sid/us-npi"
NUCC = "http://nucc.org/provider-taxonomy"
OURS = "https://board.example/numbers"


def concept(system: str, *codes: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": one} for one in codes]}


PERSON: dict[str, Any] = {
    "resourceType": "Practitioner",
    "id": "p1",
    "active": True,
    "identifier": [{"system": NPI, "value": "1234567893"}],
    "name": [
        {"use": "nickname", "text": "Addie"},
        {"use": "official", "given": ["Ada", "B"], "family": "Rowe"},
    ],
    "birthDate": "1980-01-01",
    "qualification": [
        {
            "identifier": [{"system": OURS, "value": "35.1"}],
            "code": concept(NUCC, "208D00000X"),
            "status": concept("http://x.example", "active"),
            "period": {"start": "2014-07-01", "end": "2030-06-30"},
        },
        {"identifier": [{"value": "36.1"}], "code": {"text": "Nurse"}},
    ],
}
ROLE: dict[str, Any] = {
    "resourceType": "PractitionerRole",
    "id": "r1",
    "active": False,
    "practitioner": {
        "reference": "Practitioner/p1",
        "display": "Ada Rowe",
        "identifier": {"system": NPI, "value": "1234567893"},
    },
    "identifier": [{"system": OURS, "value": "35.1"}],
    "code": [concept("https://r.example", "doctor")],
    "specialty": [concept(NUCC, "207Q00000X")],
    "period": {"start": "2014-07-01"},
}


def rows(*resources: Any, kind: str = "Practitioner") -> list[SourceRow]:
    lines = [
        Line(at, one if isinstance(one, str) else json.dumps(one))
        for at, one in enumerate(resources, start=1)
    ]
    return list(fhir_rows(lines, kind))


def refusals(*resources: Any, kind: str = "Practitioner") -> list[str | None]:
    found = rows(*resources, kind=kind)
    return [None if one.error is None else one.error.code for one in found]


def test_a_practitioner_is_a_row_for_each_qualification() -> None:
    first, second = rows(PERSON)
    person = {
        "id": "p1",
        "active": "true",
        "birthDate": "1980-01-01",
        "name": "Ada B Rowe",
        "family": "Rowe",
        "given": "Ada B",
        f"identifier {NPI}": "1234567893",
    }
    assert first.cells == {
        **person,
        f"qualification.identifier {OURS}": "35.1",
        f"qualification.code {NUCC}": "208D00000X",
        "qualification.status http://x.example": "active",
        "qualification.start": "2014-07-01",
        "qualification.end": "2030-06-30",
    }
    assert second.cells == {**person, "qualification.identifier": "36.1"}
    assert (first.line, second.line) == (1, 1)


def test_a_role_is_a_row() -> None:
    (row,) = rows(ROLE, kind="PractitionerRole")
    assert row.cells == {
        "id": "r1",
        "active": "false",
        "practitioner": "Practitioner/p1",
        "name": "Ada Rowe",
        f"practitioner.identifier {NPI}": "1234567893",
        f"identifier {OURS}": "35.1",
        "code https://r.example": "doctor",
        f"specialty {NUCC}": "207Q00000X",
        "start": "2014-07-01",
    }


def test_a_file_of_resources_is_a_table(tmp_path: Path) -> None:
    file = tmp_path / "roles.ndjson"
    bare = {"resourceType": "PractitionerRole"}
    file.write_text("\n".join(map(json.dumps, [ROLE, bare])))
    with open_table(file, Source(format="fhir", resource="PractitionerRole")) as table:
        assert table.columns is None
        assert [len(one.cells) for one in table.rows] == [9, 0]


def test_what_is_no_such_resource_refuses_its_line_alone() -> None:
    one = {**PERSON, "qualification": PERSON["qualification"][:1]}
    twice = {**one, "identifier": PERSON["identifier"] * 2}
    bad = [
        ("{", "PARSING_ERROR"),
        ("[]", "PARSING_ERROR"),
        (ROLE, "PARSING_ERROR"),
        ({**one, "qualification": []}, "MALFORMED_VALUE_ERROR"),
        ({"resourceType": "Practitioner"}, "MISSING_FACT"),
        ({**one, "qualification": "x"}, "MALFORMED_VALUE_ERROR"),
        ({**one, "active": "true"}, "MALFORMED_VALUE_ERROR"),
        ({**one, "name": [{"text": "A"}, {"text": "B"}]}, "PARSING_ERROR"),
        ({**one, "name": {"given": 1}}, "MALFORMED_VALUE_ERROR"),
        (twice, "PARSING_ERROR"),
    ]
    found = refusals(one, *(line for line, _ in bad), "", one)
    assert found == [None, *(code for _, code in bad), None]
    failed = Line(1, "", ParsingError("x"))
    (row,) = fhir_rows([failed], "Practitioner")
    assert row.error is failed.error


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("modifierExtension", [{"url": "https://x.example/not", "valueBoolean": True}]),
        ("implicitRules", "https://x.example/rules"),
    ],
)
def test_what_may_mean_something_else_is_not_taken(member: str, value: Any) -> None:
    assert refusals({**PERSON, member: value}) == ["MALFORMED_VALUE_ERROR"]
    role = {**ROLE, member: value}
    assert refusals(role, kind="PractitionerRole") == ["MALFORMED_VALUE_ERROR"]
    first, second = PERSON["qualification"]
    not_held = {**PERSON, "qualification": [first, {**second, member: value}]}
    assert refusals(not_held) == ["MALFORMED_VALUE_ERROR"]


def test_a_number_that_is_no_longer_used_is_none() -> None:
    old = {"use": "old", "system": OURS, "value": "12.9"}
    role = {**ROLE, "identifier": [old, *ROLE["identifier"]]}
    (row,) = rows(role, kind="PractitionerRole")
    assert row.cells[f"identifier {OURS}"] == "35.1"
    (row,) = rows({**ROLE, "identifier": [old]}, kind="PractitionerRole")
    assert f"identifier {OURS}" not in row.cells


def test_a_resource_has_no_more_values_than_a_row() -> None:
    many = [{"system": f"https://{at}.example", "value": "1"} for at in range(600)]
    assert MAX_COLUMNS < 600
    assert refusals({**ROLE, "identifier": many}, kind="PractitionerRole") == [
        "TOO_LARGE"
    ]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(one for at, each in inner for one in _places(each, (*path, at)))]


def _put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = _put(value[path[0]], path[1:], new)
    return copied


@given(
    st.sampled_from([PERSON, ROLE]).flatmap(
        lambda one: st.tuples(st.just(one), st.sampled_from(_places(one)))
    ),
    st.sampled_from([None, True, 1, 1.5, "", "x", [], {}, [None], [[]], {"a": 1}]),
)
def test_a_value_of_another_kind_is_a_refusal_and_never_a_fault(
    place: tuple[dict[str, Any], tuple[Any, ...]], new: Any
) -> None:
    resource, path = place
    for kind in RESOURCES:
        for row in rows(_put(resource, path, new), kind=kind):
            assert row.error is None or isinstance(row.error, MedidError)
            assert all(type(one) is str for one in row.cells.values())
