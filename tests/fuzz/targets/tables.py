"""Files of other registers, and the mappings that say what is in them."""

from __future__ import annotations

import io
import tempfile
import zipfile
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook

from medid.adapters.tables import open_table
from medid.board import orders
from medid.board.mapping import Mapping
from medid.core import json as strict_json
from medid.errors import ConfigurationError, MedidError
from tests.attacks.tokens import compact
from tests.board.world import HOLDER, PROFESSION
from tests.fuzz.forms import form_of, json_text, lines, text
from tests.fuzz.target import CANARY, Target, check_error, check_growth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from medid.adapters.tables import Table
    from tests.fuzz.target import Form
    from tests.fuzz.trees import Chance

_NPI: Final = "http://hl7.org/fhir/sid/us-npi"
_OPTIONAL: Final = {"optional": True}
_FIELDS: Final = {
    "licenseNumber": {"column": "no"},
    "name": {"columns": ["first", "last"], "join": " "},
    "holder": {"column": "did", **_OPTIONAL},
    "licenseStatus": {"column": "st", "table": {"A": "active", "S": "suspended"}},
    "statusSince": {"column": "since", "date": "MM/DD/YYYY", **_OPTIONAL},
    "expiresOn": {"column": "to", "date": "YYYY-MM-DD", **_OPTIONAL},
    "profession": [
        {
            "system": {"value": PROFESSION["system"]},
            "code": {"column": "type", "table": {"MD": PROFESSION["code"]}},
        }
    ],
    "practitionerIdentifier": [
        {"system": {"value": _NPI}, "value": {"column": "npi", **_OPTIONAL}}
    ],
}
_NAMES: Final = ("no", "first", "last", "did", "st", "since", "to", "type", "npi")
_ROWS: Final = (
    ("1", "Ada", CANARY, HOLDER, "A", "07/01/2014", "2099-06-30", "MD", "1234567893"),
    ("2", "Bo", "Lind", "", "S", "", "", "MD", ""),
)
_WIDTHS: Final = (4, 8, 20, 80, 1, 10, 10, 2, 10)
_R4_FIELDS: Final = {
    "licenseNumber": {"column": "qualification.identifier urn:board"},
    "name": {"column": "name"},
    "licenseStatus": {"column": "active", "table": {"true": "active"}},
    "expiresOn": {"column": "qualification.end", "date": "YYYY-MM-DD", **_OPTIONAL},
    "profession": [
        {
            "system": {"value": PROFESSION["system"]},
            "code": {"column": f"qualification.code {PROFESSION['system']}"},
        }
    ],
}
_R4: Final = {
    "resourceType": "Practitioner",
    "active": True,
    "identifier": [{"system": _NPI, "value": "1234567893"}],
    "name": [{"use": "official", "family": CANARY, "given": ["Ada", "M."]}],
    "qualification": [
        {
            "identifier": [{"system": "urn:board", "value": "1"}],
            "code": {"coding": [PROFESSION]},
            "period": {"start": "2014-07-01", "end": "2099-06-30"},
        }
    ],
}


def _mapping(
    source: dict[str, Any], fields: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"source": source, "fields": _FIELDS if fields is None else fields}


@contextmanager
def _opened(file: Path, mapping: Mapping) -> Iterator[Table]:
    try:
        with open_table(file, mapping.source) as table:
            table.check_columns(mapping.columns)
            yield table
    except ConfigurationError as error:
        # It may name the argument of a command.
        error.path = error.path.replace("FILE", "$")
        raise


def _table(stated: dict[str, Any]) -> Callable[[bytes], None]:
    """Reads a file of rows as this mapping says, up to the application."""
    mapping = Mapping.from_json(stated)

    def read(data: bytes) -> None:
        refused: list[MedidError] = []
        size, last = 0, 0
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rows"
            file.write_bytes(data)
            with _opened(file, mapping) as table:
                for row in table.rows:
                    assert row.line >= last, "rows in another order than in the file"
                    last = row.line
                    size += sum(map(len, row.cells.values()))
                    try:
                        if row.error is not None:
                            raise row.error
                        applied = mapping.read(row.cells, zone=UTC)
                        orders.check_application(applied)
                    except MedidError as error:
                        refused.append(error)
        if not zipfile.is_zipfile(io.BytesIO(data)):
            # A text of JSON is in each row that is made of its line.
            check_growth("x" * size, data, 64)
        for one in refused:
            check_error(one)
            named = mapping.column_of(one.path)
            assert {*named.split("+")} <= {"", *mapping.columns}
        if refused:
            raise refused[0]

    return read


def _mapping_file(data: bytes) -> None:
    found = Mapping.from_json(strict_json.load_object(data))
    assert found.columns
    assert found.claims


def _delimited(mark: str) -> list[bytes]:
    quoted = [f'"{one}"' if " " in one else one for row in _ROWS for one in row]
    rows = [quoted[: len(_NAMES)], quoted[len(_NAMES) :]]
    found = "\r\n".join(mark.join(row) for row in (_NAMES, *rows))
    return [found.encode(), f"{found}\r\n".replace("Ada", '"A""da"').encode()]


def _fixed() -> list[bytes]:
    rows = [
        "".join(one.ljust(width) for one, width in zip(row, _WIDTHS, strict=True))
        for row in _ROWS
    ]
    return ["\n".join(rows).encode()]


def _spans() -> list[dict[str, Any]]:
    return [
        {"name": name, "start": 1 + sum(_WIDTHS[:at]), "width": _WIDTHS[at]}
        for at, name in enumerate(_NAMES)
    ]


def _json_lines() -> list[bytes]:
    rows = [dict(zip(_NAMES, row, strict=True)) for row in _ROWS]
    return [b"\n".join(map(compact, rows)), compact(rows[0])]


def _workbooks() -> list[bytes]:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in (_NAMES, *_ROWS):
        sheet.append(row)
    file = io.BytesIO()
    made.save(file)
    return [file.getvalue()]


def _part_of_workbook(data: bytes, chance: Chance) -> bytes:
    """Another text in one of its parts, most often in a sheet or its texts."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    sheets = sorted(one for one in parts if "sheet" in one or "Strings" in one)
    some = sorted(parts) if chance.once_in(4) else sheets
    chosen = chance.random.choice(some)
    parts[chosen] = text(parts[chosen], chance)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


_another_workbook: Final = form_of(_part_of_workbook)


def _rows_of_json(data: bytes, chance: Chance) -> bytes:
    """Another document in one of the lines."""
    rows = data.split(b"\n")
    at = chance.random.randrange(len(rows))
    rows[at] = json_text(rows[at], chance)
    return b"\n".join(rows)


def _target(
    name: str, stated: dict[str, Any], seeds: Callable[[], Sequence[bytes]], form: Form
) -> Target:
    return Target(name=f"table-{name}", read=_table(stated), seeds=seeds, change=form)


TARGETS: Final = (
    Target(
        name="board-mapping",
        read=_mapping_file,
        seeds=lambda: [
            compact(_mapping({"format": "fixed", "columns": _spans()})),
            compact(_mapping({"format": "csv", "delimiter": ";"})),
        ],
        change=json_text,
    ),
    _target("csv", _mapping({"format": "csv"}), lambda: _delimited(","), text),
    _target("tsv", _mapping({"format": "tsv"}), lambda: _delimited("\t"), lines),
    _target("fixed", _mapping({"format": "fixed", "columns": _spans()}), _fixed, lines),
    _target("jsonl", _mapping({"format": "jsonl"}), _json_lines, _rows_of_json),
    _target(
        "xlsx", _mapping({"format": "xlsx"}), _workbooks, form_of(_part_of_workbook)
    ),
    _target(
        "fhir",
        _mapping({"format": "fhir", "resource": "Practitioner"}, _R4_FIELDS),
        lambda: [compact(_R4)],
        _rows_of_json,
    ),
)
