"""A mapping reads what it states, and refuses everything else."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.board import proposing
from medid.board.day_formats import USUAL, DayFormat, proposed
from medid.board.mapping import Mapping
from medid.board.proposing import propose
from medid.errors import MalformedValue, MedidError, MissingFact, TooLarge
from medid.health.days import UTC_NAME, time_zone
from medid.health.identifiers import DEA, NPI
from tests.board.world import HOLDER

UTC: Final = time_zone(UTC_NAME)
NUCC: Final = "http://nucc.org/provider-taxonomy"
WHOLE: Final[dict[str, Any]] = {
    "source": {"format": "csv", "encoding": "windows-1252", "delimiter": ";"},
    "fields": {
        "licenseNumber": {"column": "No"},
        "name": {"columns": ["First", "Last"]},
        "holder": {"column": "DID", "optional": True},
        "jurisdiction": {"value": "US-OH"},
        "licenseStatus": {"column": "St", "table": {"A": "active", "S": "suspended"}},
        "statusSince": {"column": "Since", "date": "MM/DD/YYYY", "optional": True},
        "issuedOn": {"column": "From", "date": "MM/DD/YYYY"},
        "expiresOn": {
            "column": "To",
            "date": "MM/DD/YYYY",
            "optional": True,
            "table": {"12/31/2099": "12/31/2099", "NEVER": None},
        },
        "registrationType": {"value": "full"},
        "profession": [
            {
                "system": {"value": NUCC},
                "code": {"column": "Type", "table": {"MD": "208D00000X"}},
            }
        ],
        "condition": [
            {
                "kind": {"column": "Cond", "optional": True},
                "site": {"column": "Site", "optional": True},
                "until": {"column": "Until", "date": "YYYYMMDD", "optional": True},
            }
        ],
        "practitionerIdentifier": [
            {"system": {"value": NPI}, "value": {"column": "NPI", "optional": True}}
        ],
    },
}
ROW: Final = {
    "No": " 35.1 ",
    "First": "Ada",
    "Last": "Rowe",
    "DID": HOLDER,
    "St": "A",
    "Since": "07/01/2014",
    "From": "07/01/2014",
    "To": "12/31/2099",
    "Type": "MD",
    "Cond": "siteOnly",
    "Site": "Main hospital",
    "Until": "20300101",
    "NPI": "1234567893",
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The whole mapping with another value, or without one where it is ``...``."""
    made = deepcopy(WHOLE)
    *way, last = path.split(".")
    place: Any = made
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return made


def read(row: dict[str, str], mapping: Any = None) -> Any:
    return Mapping.from_json(mapping or WHOLE).read(row, zone=UTC)


def test_a_row_becomes_an_application() -> None:
    found = read(ROW)
    assert (found.number, found.name, found.status) == ("35.1", "Ada Rowe", "active")
    assert (found.issued_on, found.expires_on) == ("2014-07-01", "2099-12-31")
    assert str(found.effective) == "2014-07-01T00:00:00Z"
    assert (found.holder, found.jurisdiction) == (HOLDER, "US-OH")
    assert dict(found.identifiers) == {NPI: "1234567893"}
    assert found.claims == {
        "registrationType": "full",
        "profession": [{"system": NUCC, "code": "208D00000X"}],
        "condition": [
            {
                "kind": "siteOnly",
                "site": ["Main hospital"],
                "until": "2030-01-02T00:00:00Z",
            }
        ],
    }


def test_what_is_optional_and_empty_is_not_stated() -> None:
    empty = dict.fromkeys(("DID", "Since", "Cond", "Site", "Until", "NPI"), " ")
    found = read({**ROW, **empty, "To": "NEVER"})
    assert (found.holder, found.effective, found.expires_on) == (None, None, None)
    assert found.identifiers == {}
    assert "condition" not in found.claims
    found = read({**ROW, "Site": "", "Until": ""})
    assert found.claims["condition"] == [{"kind": "siteOnly"}]


def test_a_license_without_a_status_is_pending() -> None:
    found = read(ROW, changed("fields.licenseStatus", ...))
    assert found.status == "pending"


@pytest.mark.parametrize(
    ("column", "text", "error"),
    [
        ("No", " ", MissingFact),
        ("First", "", None),
        ("St", "X", MalformedValue),
        ("St", "", MissingFact),
        ("From", "2014-07-01", MalformedValue),
        ("From", "02/30/2014", MalformedValue),
        ("To", "01/01/2030", MalformedValue),
        ("Type", "md", MalformedValue),
        ("Until", "203001", MalformedValue),
    ],
)
def test_a_text_that_is_not_stated_refuses_the_row(
    column: str, text: str, error: type[MedidError] | None
) -> None:
    row = {**ROW, column: text}
    if error is None:
        assert read(row).name == "Rowe"
        return
    with pytest.raises(error) as refused:
        read(row)
    mapping = Mapping.from_json(WHOLE)
    assert mapping.column_of(refused.value.path) == column
    assert not text.strip() or text not in str(refused.value)


def test_a_status_that_is_not_one_refuses_the_row() -> None:
    mapping = changed("fields.licenseStatus", {"column": "St"})
    assert read({**ROW, "St": "expired"}, mapping).status == "expired"
    with pytest.raises(MalformedValue, match="no such status"):
        read({**ROW, "St": "A"}, mapping)


def test_a_column_that_a_row_lacks_is_empty() -> None:
    row = {name: text for name, text in ROW.items() if name != "No"}
    with pytest.raises(MissingFact):
        read(row)


def test_spaces_stay_where_the_mapping_says_so() -> None:
    mapping = changed("fields.licenseNumber", {"column": "No", "trim": False})
    assert read(ROW, mapping).number == " 35.1 "


def test_parts_are_joined_as_stated() -> None:
    cell = {"columns": ["Last", "First"], "join": ", "}
    assert read(ROW, changed("fields.name", cell)).name == "Rowe, Ada"


def test_one_register_has_one_number_of_a_person() -> None:
    two = [*WHOLE["fields"]["practitionerIdentifier"]] * 2
    with pytest.raises(MalformedValue, match="one number in each register"):
        read(ROW, changed("fields.practitionerIdentifier", two))


CODE = {"column": "x"}
WRONG = [
    ("more", {}, "$.more"),
    ("source", ..., "$.source"),
    ("source.format", "xls", "$.source.format"),
    ("source", {"format": "fhir"}, "$.source.resource"),
    ("source", {"format": "fhir", "resource": "Patient"}, "$.source.resource"),
    ("source", {"format": "fhir", "encoding": "utf-8"}, "$.source.encoding"),
    ("source", {"format": "xlsx", "delimiter": ","}, "$.source.delimiter"),
    ("source", {"format": "xlsx", "sheet": 1}, "$.source.sheet"),
    ("source.encoding", "utf-16", "$.source.encoding"),
    ("source.delimiter", "ab", "$.source.delimiter"),
    ("source.delimiter", '"', "$.source.delimiter"),
    ("source.columns", [], "$.source.columns"),
    ("fields", [], "$.fields"),
    ("fields.more", {}, "$.fields.more"),
    ("fields.licenseNumber", ..., "$.fields.licenseNumber"),
    ("fields.name", ..., "$.fields.name"),
    ("fields.profession", ..., "$.fields.profession"),
    ("fields.profession", [], "$.fields.profession"),
    ("fields.profession.0.code", ..., "$.fields.profession[0].code"),
    ("fields.profession.0.system", ..., "$.fields.profession[0].system"),
    (
        "fields.profession.0.system",
        {"column": "x", "optional": True},
        "$.fields.profession[0].system",
    ),
    ("fields.profession.0.more", CODE, "$.fields.profession[0].more"),
    ("fields.condition.0.kind", {"value": "no"}, "$.fields.condition[0].kind"),
    ("fields.condition.0.until", CODE, "$.fields.condition[0].until.date"),
    (
        "fields.condition",
        [{"kind": {"value": "other"}}] * 17,
        "$.fields.condition",
    ),
    ("fields.name.optional", True, "$.fields.name"),
    ("fields.name", {}, "$.fields.name"),
    ("fields.name", {"column": "a", "value": "b"}, "$.fields.name"),
    ("fields.name", {"value": ""}, "$.fields.name.value"),
    ("fields.name", {"value": "a", "table": {}}, "$.fields.name.table"),
    ("fields.name", {"column": ""}, "$.fields.name.column"),
    ("fields.name", {"columns": []}, "$.fields.name.columns"),
    ("fields.name", {"columns": ["a"] * 9}, "$.fields.name.columns"),
    ("fields.name", {"column": "a", "more": 1}, "$.fields.name.more"),
    ("fields.name.join", 1, "$.fields.name.join"),
    ("fields.name.trim", "yes", "$.fields.name.trim"),
    ("fields.name.table", {}, "$.fields.name.table"),
    ("fields.name.table", {"a": ""}, "$.fields.name.table.a"),
    ("fields.name.table", {"a": None}, "$.fields.name.table.a"),
    ("fields.issuedOn.date", "MM/DD/YY", "$.fields.issuedOn.date"),
    ("fields.issuedOn.date", ..., "$.fields.issuedOn.date"),
    ("fields.licenseStatus.table.A", "on", "$.fields.licenseStatus"),
    ("fields.registrationType.value", "half", "$.fields.registrationType"),
]


@pytest.mark.parametrize(("path", "value", "said"), WRONG)
def test_a_mapping_that_is_wrong_says_where(path: str, value: Any, said: str) -> None:
    with pytest.raises(MedidError) as refused:
        Mapping.from_json(changed(path, value))
    assert refused.value.path == said


@pytest.mark.parametrize("value", [None, 1, "x", [], True])
def test_a_member_of_another_kind_is_refused(value: Any) -> None:
    for path in ("source", "fields", "fields.name", "fields.profession"):
        with pytest.raises(MedidError):
            Mapping.from_json(changed(path, value))
    with pytest.raises(MedidError):
        Mapping.from_json(value)


def fixed(*columns: Any) -> Any:
    made = deepcopy(WHOLE)
    made["source"] = {"format": "fixed", "columns": [*columns]}
    return Mapping.from_json(made).source


def span(name: str = "a", start: Any = 1, width: Any = 3) -> dict[str, Any]:
    return {"name": name, "start": start, "width": width}


def test_columns_of_fixed_width_are_stated() -> None:
    assert [one.name for one in fixed(span(), span("b", 4, 1)).spans] == ["a", "b"]


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [span(start=0)],
        [span(width=0)],
        [span(start=65_535)],
        [span(start=True)],
        [span(), span()],
        [{**span(), "more": 1}],
        [span(str(one)) for one in range(513)],
    ],
)
def test_columns_that_cannot_be_are_refused(columns: Any) -> None:
    with pytest.raises(MedidError):
        fixed(*columns)


@pytest.mark.parametrize("resource", ["Practitioner", "PractitionerRole"])
def test_resources_of_fhir_are_stated(resource: str) -> None:
    stated = changed("source", {"format": "fhir", "resource": resource})
    source = Mapping.from_json(stated).source
    assert (source.format, source.resource) == ("fhir", resource)


def test_a_table_has_an_end() -> None:
    table = {str(one): "x" for one in range(4_097)}
    with pytest.raises(MalformedValue, match="4096 values"):
        Mapping.from_json(changed("fields.name.table", table))
    with pytest.raises(TooLarge):
        Mapping.from_json(changed("fields.name", {"columns": ["a"] * 9}))


def test_a_path_that_is_no_column_has_none() -> None:
    mapping = Mapping.from_json(WHOLE)
    assert mapping.column_of("$") == ""
    assert mapping.column_of("$.number") == "No"
    assert mapping.column_of("$.credentialSubject.license.expiresOn") == "To"
    assert mapping.column_of("$.identifiers[0].value") == "NPI"
    assert mapping.claims == {"registrationType", "profession", "condition"}


# Days.


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("YYYY-MM-DD", "2026-04-05", "2026-04-05"),
        ("MM/DD/YYYY", "04/05/2026", "2026-04-05"),
        ("D.M.YYYY", "5.4.2026", "2026-04-05"),
        ("YYYYMMDD", "20260405", "2026-04-05"),
        ("DD-MMM-YYYY", "05-APR-2026", "2026-04-05"),
        ("DMMMYYYY", "5apr2026", "2026-04-05"),
        ("MDDYYYY", "4052026", "2026-04-05"),
    ],
)
def test_a_day_is_read_by_its_format(form: str, text: str, day: str) -> None:
    assert DayFormat.parse(form).read(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "YYYY",
        "YYYY-MM",
        "YYYY-MM-DD-DD",
        "YY-MM-DD",
        "YYYY-MM-M",
        "%Y",
        "YYYY-M-Dx",
        "MDYYYY",
        "YYYYDM",
        "DYYYYM",
    ],
)
def test_a_format_that_says_not_everything_is_refused(text: str) -> None:
    with pytest.raises(MalformedValue):
        DayFormat.parse(text)


@pytest.mark.parametrize(
    "text", ["\u0660\u0665-APR-2026", "05-XYZ-2026", "05-APR-2026\n"]
)
def test_a_day_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedValue):
        DayFormat.parse("DD-MMM-YYYY").read(text)


@given(st.dates().filter(lambda day: day.year >= 1000))
def test_each_usual_format_reads_what_it_writes(day: Any) -> None:
    parts = {
        "YYYY": f"{day.year}",
        "MMM": f"{day:%b}",
        "MM": f"{day.month:02}",
        "M": f"{day.month}",
        "DD": f"{day.day:02}",
        "D": f"{day.day}",
    }
    for form in USUAL:
        text = re.sub("Y+|M+|D+", lambda found: parts[found[0]], form)
        assert DayFormat.parse(form).read(text) == day.isoformat()


def test_days_that_two_formats_read_are_of_both() -> None:
    assert proposed(["04/05/2026"]) == ["MM/DD/YYYY", "DD/MM/YYYY"]
    assert proposed(["4/5/2026"]) == ["M/D/YYYY", "D/M/YYYY"]
    assert proposed(["2026-04-05"]) == ["YYYY-MM-DD"]
    assert proposed([]) == []


# Proposals.

HEADER = (
    *("LIC_NO", "First Name", "Last Name", "DID", "NPI", "DEA", "Status"),
    *("Issue Date", "Exp Date", "License Type", "Restrictions", "Shoe", "Lic#No"),
)


def rows(**more: str) -> list[dict[str, str]]:
    return [
        {
            "LIC_NO": "35.1",
            "First Name": "Ada",
            "Last Name": "Rowe",
            "NPI": "1234567893",
            "Status": "Active",
            "Issue Date": "07/01/2014",
            "Exp Date": "30.06.2099",
            "License Type": "MD",
            **more,
        }
    ]


def test_a_proposal_says_something_of_every_column() -> None:
    found = propose(HEADER, rows())
    assert {one.column for one in found.remarks} >= {*HEADER}
    assert found.fields["licenseNumber"] == {"column": "LIC_NO"}
    assert found.fields["name"] == {"columns": ["First Name", "Last Name"]}
    assert found.fields["licenseStatus"] == {
        "column": "Status",
        "table": {"Active": "active"},
    }
    assert found.fields["issuedOn"] == {"column": "Issue Date", "date": ""}
    said = {one.column: one.text for one in found.remarks}
    assert "MM/DD/YYYY or DD/MM/YYYY" in said["Issue Date"]
    assert said["Shoe"].startswith("is not read")
    assert "another column" in said["Lic#No"]
    systems = [
        one["system"]["value"]  # type: ignore[index, call-overload]
        for one in found.fields["practitionerIdentifier"]  # type: ignore[union-attr]
    ]
    assert systems == [NPI, DEA]


def test_a_proposal_is_no_mapping_before_it_is_decided() -> None:
    source: Any = {"format": "csv"}
    found = propose(HEADER, rows())
    assert found.open > 0
    with pytest.raises(MedidError):
        Mapping.from_json({"source": source, "fields": found.fields})
    nothing = propose(["Shoe"], [])
    assert {"licenseNumber", "name", "profession"} <= nothing.fields.keys()
    with pytest.raises(MedidError):
        Mapping.from_json({"source": source, "fields": nothing.fields})


def test_a_proposal_says_what_contradicts_a_name() -> None:
    found = propose(HEADER, rows(NPI="1234567890", DID="x", **{"Exp Date": "soon"}))
    said = {one.column: one.text for one in found.remarks}
    assert "1 of its first texts are none" in said["NPI"]
    assert "no DID" in said["DID"]
    assert "not written as one day" in said["Exp Date"]
    good = propose(HEADER, rows(DID=HOLDER))
    assert {one.column: one.text for one in good.remarks}["DID"] == "holder"


def test_a_column_with_many_texts_is_no_table() -> None:
    many = [rows(**{"License Type": str(one)})[0] for one in range(51)]
    found = propose(HEADER, many)
    assert proposing.MAX_VALUES == 50
    assert "table" not in str(found.fields["profession"])


def test_a_name_of_its_own_column_is_taken() -> None:
    found = propose(["Name", "First Name", "License Number"], [{"Name": "Ada"}])
    assert found.fields["name"] == {"column": "Name"}
