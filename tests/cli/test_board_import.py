"""A clerk takes over a register from a file, once and again."""

from __future__ import annotations

import csv
import json
import stat
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.tables.export import safe_cell
from tests.adapters.tables.test_workbook import content
from tests.board.world import HOLDER
from tests.cli.test_board import Clerk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command, Told

NUCC = "http://nucc.org/provider-taxonomy"
OPTIONAL = {"optional": True}
MAPPING: dict[str, Any] = {
    "source": {"format": "csv"},
    "fields": {
        "licenseNumber": {"column": "no"},
        "name": {"column": "name"},
        "holder": {"column": "did", **OPTIONAL},
        "licenseStatus": {
            "column": "st",
            "table": {"A": "active", "S": "suspended", "X": "expired"},
        },
        "statusSince": {"column": "since", "date": "MM/DD/YYYY", **OPTIONAL},
        "expiresOn": {"column": "to", "date": "MM/DD/YYYY", **OPTIONAL},
        "profession": [
            {
                "system": {"value": NUCC},
                "code": {"column": "type", "table": {"MD": "208D00000X"}},
            }
        ],
        "practitionerIdentifier": [
            {
                "system": {"value": "http://hl7.org/fhir/sid/us-npi"},
                "value": {"column": "npi", **OPTIONAL},
            }
        ],
    },
}
HEADER = "no,name,did,st,since,to,type,npi\n"
ADA = f"1,Ada,{HOLDER},A,07/01/2014,06/30/2099,MD,1234567893\n"
BO = "2,Bo,,S,01/02/2020,06/30/2099,MD,\n"
CY = "3,Cy,,X,07/01/2020,06/30/2020,MD,\n"


class Importer(Clerk):
    """A clerk with a file and its mapping."""

    def takes(self, *rows: str, more: tuple[Any, ...] = (), file: str = "t") -> Told:
        path = self.folder / file
        path.write_text(HEADER + "".join(rows))
        (self.folder / "map.json").write_text(json.dumps(MAPPING))
        argv = (path, "--mapping", self.folder / "map.json", "--json", *more)
        return self("import", *argv, by="clerk")

    def counts(self, *rows: str, more: tuple[Any, ...] = ()) -> list[int]:
        told = self.takes(*rows, more=more).json()
        return [told[one] for one in ("entered", "changed", "unchanged", "rejected")]

    def rejects(self) -> list[Any]:
        lines = (self.folder / "t.rejects.jsonl").read_text().splitlines()
        return [json.loads(one) for one in lines]

    def state(self, number: str) -> Any:
        return self("status", number, "--json").json()


@pytest.fixture
def clerk(medid: Command, tmp_path: Path, keys: Path) -> Importer:
    made = Importer(medid, tmp_path, keys)
    assert made.init().code == 0
    return made


def test_licenses_are_taken_over_as_they_are(clerk: Importer) -> None:
    assert clerk.counts(ADA, BO, CY) == [3, 0, 0, 0]
    ada = clerk.state("1")
    assert (ada["status"], ada["holder"]) == ("active", HOLDER)
    assert ada["effective"] == "2014-07-01T00:00:00Z"
    assert clerk.state("2")["status"] == "suspended"
    assert "taken over, by clerk" in clerk("history", "1").out
    assert clerk("verify-register").code == 0


def test_the_same_file_again_changes_nothing(clerk: Importer) -> None:
    clerk.takes(ADA, BO, CY)
    before = clerk("history", "1").out
    for more in ((), ("--update",)):
        told = clerk.takes(ADA, BO, CY, more=more)
        assert told.code == 0
        assert told.json()["unchanged"] == 3
    assert clerk("history", "1").out == before


def test_a_taken_over_license_can_be_issued_and_suspended(clerk: Importer) -> None:
    clerk.takes(ADA)
    folder = clerk.folder / "out"
    folder.mkdir()
    assert clerk("issue", "1", *clerk.key, "--out", folder, by="r").code == 0
    assert clerk("suspend", "1", by="panel").code == 0
    # A file that says what was before is not what the board says now.
    assert clerk.counts(ADA) == [0, 0, 0, 1]
    assert clerk.rejects()[0]["code"] == "ALREADY_IN_REGISTER"
    assert clerk.counts(ADA, more=("--update",)) == [0, 0, 0, 1]
    assert clerk.rejects()[0]["code"] == "CHANGE_NOT_ALLOWED"
    undated = ADA.replace("07/01/2014", "")
    assert clerk.counts(undated, more=("--update",)) == [0, 0, 0, 1]
    assert "statusSince" in clerk.rejects()[0]["fix"]
    assert clerk.state("1")["status"] == "suspended"
    assert clerk("verify-register").code == 0


BAD = [
    ("41,Di,,A,,,MD\n", "PARSING_ERROR", ""),
    (",Di,,A,,,MD,\n", "MISSING_FACT", "no"),
    ("42,Di,,Z,,,MD,\n", "MALFORMED_VALUE_ERROR", "st"),
    ("43,Di,,A,2014-07-01,,MD,\n", "MALFORMED_VALUE_ERROR", "since"),
    ("44,Di,,A,01/01/2999,,MD,\n", "CHANGE_NOT_ALLOWED", "since"),
    ("45,Di,x,A,,,MD,\n", "INVALID_DID", "did"),
    ("46,Di,,A,,,MD,1234567892\n", "MALFORMED_VALUE_ERROR", "npi"),
    ("47,Di,,A,,,MD,1234567893\n", "ALREADY_IN_REGISTER", "npi"),
    (f"{'4' * 65},Di,,A,,,MD,\n", "TOO_LARGE", "no"),
    ("1,Di,,A,,,MD,\n", "ALREADY_IN_REGISTER", "no"),
]


def test_a_bad_row_never_stops_the_rest(clerk: Importer) -> None:
    told = clerk.takes(ADA, *(row for row, _, _ in BAD), BO)
    assert told.code == 1
    assert (told.json()["entered"], told.json()["rejected"]) == (2, len(BAD))
    found = clerk.rejects()
    said = [(one["line"], one["code"], one["column"]) for one in found]
    expected = [(3 + at, code, col) for at, (_, code, col) in enumerate(BAD)]
    assert said == expected
    assert found[1]["row"]["name"] == "Di"
    for ending in ("jsonl", "csv"):
        file = clerk.folder / f"t.rejects.{ending}"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with (clerk.folder / "t.rejects.csv").open(newline="") as table:
        assert [one["code"] for one in csv.DictReader(table)] == [
            code for _, code, _ in BAD
        ]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (ADA.replace("06/30/2099", "06/30/2100"), "renewed"),
        (ADA.replace("Ada", "Ada Rowe"), "amended"),
        (ADA.replace(",A,07/01/2014", ",S,03/01/2024"), "suspended"),
    ],
)
def test_rows_change_licenses_only_where_that_is_wanted(
    clerk: Importer, row: str, kind: str
) -> None:
    clerk.takes(ADA)
    assert clerk.counts(row) == [0, 0, 0, 1]
    assert clerk.counts(row, more=("--update", "--dry-run")) == [0, 1, 0, 0]
    assert clerk.counts(row, more=("--update",)) == [0, 1, 0, 0]
    assert f"{kind}, by clerk" in clerk("history", "1").out
    assert clerk.counts(row, more=("--update",)) == [0, 0, 1, 0]


@pytest.mark.parametrize(
    "row",
    [
        ADA.replace("06/30/2099", ""),
        ADA.replace(HOLDER, ""),
        ADA.replace("1234567893", "1245319599"),
        ADA.replace("07/01/2014", "07/02/2014"),
    ],
)
def test_what_a_file_cannot_change_is_refused(clerk: Importer, row: str) -> None:
    clerk.takes(ADA)
    assert clerk.counts(row, more=("--update",)) == [0, 0, 0, 1]
    assert clerk.rejects()[0]["code"] == "CHANGE_NOT_ALLOWED"


def test_claims_that_the_mapping_does_not_state_stay(clerk: Importer) -> None:
    clerk.takes(ADA)
    text = json.loads(clerk.claims.read_text())
    clerk.claims.write_text(json.dumps({**text, "encumbered": False}))
    assert clerk("amend", "1", "--claims", clerk.claims, by="r").code == 0
    assert clerk.counts(ADA) == [0, 0, 1, 0]
    row = ADA.replace("Ada", "Ada Rowe")
    assert clerk.counts(row, more=("--update",)) == [0, 1, 0, 0]
    assert clerk.state("1")["claims"]["encumbered"] is False
    amended = {**text, "profession": [{"system": NUCC, "code": "207Q00000X"}]}
    clerk.claims.write_text(json.dumps({**amended, "encumbered": False}))
    assert clerk("amend", "1", "--claims", clerk.claims, by="r").code == 0
    assert clerk.counts(row, more=("--update",)) == [0, 1, 0, 0]
    claims = clerk.state("1")["claims"]
    assert claims["profession"][0]["code"] == "208D00000X"
    assert claims["encumbered"] is False


def test_a_file_takes_back_nothing_that_was_decided_since(clerk: Importer) -> None:
    clerk.takes(ADA)
    # What nobody has decided since is the file's own to correct.
    corrected = ADA.replace("06/30/2099", "06/30/2098")
    assert clerk.counts(corrected, more=("--update",)) == [0, 1, 0, 0]
    assert clerk("renew", "1", "--until", "2101-06-30", by="r").code == 0
    for row in (corrected, ADA):
        renamed = row.replace("Ada", "Ada Rowe")
        assert clerk.counts(renamed, more=("--update",)) == [0, 0, 0, 1]
        (reject,) = clerk.rejects()
        assert (reject["code"], reject["column"]) == ("CHANGE_NOT_ALLOWED", "to")
    assert clerk.state("1")["expiresOn"] == "2101-06-30"
    later = ADA.replace("06/30/2099", "06/30/2102")
    assert clerk.counts(later, more=("--update",)) == [0, 1, 0, 0]
    assert clerk("amend", "1", "--holder", clerk.did, by="r").code == 0
    assert clerk.counts(later, more=("--update",)) == [0, 0, 0, 1]
    assert clerk.rejects()[0]["column"] == "did"
    assert clerk.state("1")["holder"] == clerk.did


def test_a_row_that_says_expired_renews_nothing(clerk: Importer) -> None:
    clerk.takes(ADA)
    over = ADA.replace(",A,07/01/2014", ",X,03/01/2024")
    assert clerk.counts(over, more=("--update",)) == [0, 1, 0, 0]
    another_day = over.replace("06/30/2099", "06/30/2100")
    assert clerk.counts(another_day, more=("--update",)) == [0, 0, 0, 1]
    (reject,) = clerk.rejects()
    assert (reject["code"], reject["column"]) == ("CHANGE_NOT_ALLOWED", "to")
    assert clerk.state("1")["status"] == "expired"


def test_a_license_that_came_expired_is_not_renewed_to_what_nobody_knows(
    clerk: Importer,
) -> None:
    clerk.takes(CY)
    told = clerk("renew", "3", "--until", "2099-06-30", by="r")
    assert "CHANGE_NOT_ALLOWED" in told.out
    assert clerk("reinstate", "3", by="r").code == 0
    assert clerk("renew", "3", "--until", "2099-06-30", by="r").code == 0


def test_each_refusal_says_what_a_clerk_can_do(clerk: Importer) -> None:
    days = ADA.replace("06/30/2099", "{}")
    told = {
        "as MM/DD/YYYY": (days.format("02/30/2099"), days.format("00/00/0000")),
        "in the mapping": (days.format("2099-06-30"),),
        "UTF-8": (ADA.replace("Ada", "A\0da"),),
    }
    for words, rows in told.items():
        for row in rows:
            assert clerk.counts(row) == [0, 0, 0, 1]
            assert words in clerk.rejects()[0]["fix"]
    (clerk.folder / "empty").write_text("")
    mapped = ("--mapping", clerk.folder / "map.json")
    assert "first line" in clerk("import", clerk.folder / "empty", *mapped, by="r").err


def test_a_letter_with_its_mark_is_one_letter_however_it_is_written(
    clerk: Importer,
) -> None:
    one, two = "Jos\u00e9", "Jose\u0301"
    assert clerk.counts(ADA.replace("Ada", one)) == [1, 0, 0, 0]
    # The same person, in the export of another program.
    apart = ADA.replace("Ada", two)
    assert clerk.counts(apart) == [0, 0, 1, 0]
    assert clerk.counts(apart.replace("1,", "5,", 1)) == [1, 0, 0, 0]
    # No two licenses have numbers that look the same.
    assert clerk.counts(BO.replace("2,", "\u0144,", 1)) == [1, 0, 0, 0]
    assert clerk.counts(CY.replace("3,", "n\u0301,", 1)) == [0, 0, 0, 1]
    (reject,) = clerk.rejects()
    assert (reject["code"], reject["column"]) == ("MALFORMED_VALUE_ERROR", "no")


def test_a_dry_run_records_nothing(clerk: Importer) -> None:
    assert clerk.counts(ADA, BO, more=("--dry-run",)) == [2, 0, 0, 0]
    assert clerk("status", "1").code == 1


def test_a_clerk_reads_a_summary(clerk: Importer) -> None:
    clerk.takes(ADA, "x\n")
    argv = (clerk.folder / "t", "--mapping", clerk.folder / "map.json")
    told = clerk("import", *argv, by="clerk")
    assert "rows: 2" in told.out
    assert "unchanged: 1, rejected: 1" in told.out
    assert "t.rejects.csv" in told.out
    assert told.err == ""


def test_what_means_something_to_a_database_is_stored_as_it_is(clerk: Importer) -> None:
    name = "Robert'); DROP TABLE licenses;-- %_\\"
    assert clerk.counts(ADA.replace("Ada", name)) == [1, 0, 0, 0]
    assert clerk.state("1")["name"] == name


def test_a_formula_is_written_as_text(clerk: Importer) -> None:
    clerk.takes("4,Di,,A,,,MD,\n", file="t")
    path = clerk.folder / "t"
    path.write_text("=x(),name,did,st,since,to,type,npi\n4,Di,,Z,,,MD,\n")
    text = json.dumps(MAPPING).replace('"no"', '"=x()"')
    (clerk.folder / "map.json").write_text(text.replace('{"A": "active"', '{"A": "x"'))
    argv = (path, "--mapping", clerk.folder / "map.json")
    assert clerk("import", *argv, by="clerk").code == 2
    path.write_text("=x(),name,did,st,since,to,type,npi\n,Di,,A,,,MD,\n")
    (clerk.folder / "map.json").write_text(text)
    assert clerk("import", *argv, by="clerk").code == 1
    with (clerk.folder / "t.rejects.csv").open(newline="") as table:
        (row,) = csv.DictReader(table)
    assert row["column"] == "'=x()"


@given(st.text(max_size=20))
def test_no_cell_begins_as_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(tuple("=+-@\t\r\n"))
    assert cell in {text, f"'{text}"}


@pytest.mark.parametrize(
    ("header", "more"),
    [
        ("no,name\n", ()),
        (HEADER, ("--rejects", "missing/x")),
        (HEADER, ("--timezone", "Nowhere")),
    ],
)
def test_a_wrong_call_takes_nothing(
    clerk: Importer, header: str, more: tuple[str, ...]
) -> None:
    clerk.takes()
    (clerk.folder / "t").write_text(header + ADA)
    argv = (clerk.folder / "t", "--mapping", clerk.folder / "map.json", *more)
    assert clerk("import", *argv, by="clerk").code == 2
    assert clerk("status", "1").code == 1


def test_the_file_itself_is_not_written_over(clerk: Importer) -> None:
    more = ("--rejects", clerk.folder / "t")
    assert clerk.takes(ADA, file="t.csv", more=more).code == 2
    assert (clerk.folder / "t.csv").read_text() == HEADER + ADA


def test_a_workbook_is_taken_over_as_any_table(clerk: Importer) -> None:
    file = clerk.folder / "register.xlsx"
    rows: list[list[Any]] = [
        ["no", "name", "since", "to", "npi"],
        ["1", "Ada", date(2014, 7, 1), date(2099, 6, 30), 1234567893],
        ["2", "=1+1", date(2014, 7, 1), None, None],
    ]
    file.write_bytes(content(*rows))
    mapped = clerk.medid("board", "map", file, "--json").json()
    assert mapped["mapping"]["source"] == {"format": "xlsx"}
    fields = {**MAPPING["fields"], "licenseStatus": {"value": "active"}}
    fields["profession"] = [
        {"system": {"value": "https://x.example"}, "code": {"value": "MD"}}
    ]
    del fields["holder"]
    for name, column in (("statusSince", "since"), ("expiresOn", "to")):
        fields[name] = {"column": column, "date": "YYYY-MM-DD", "optional": True}
    mapping = clerk.folder / "mapping.json"
    mapping.write_text(json.dumps({"source": {"format": "xlsx"}, "fields": fields}))
    told = clerk("import", file, "--mapping", mapping, "--json", by="clerk").json()
    assert (told["entered"], told["rejected"]) == (1, 1)
    ada = clerk.state("1")
    assert (ada["status"], ada["expiresOn"]) == ("active", "2099-06-30")
    assert list(ada["identifiers"].values()) == ["1234567893"]
