"""A cell is what it holds, and a workbook is no bomb."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as Written
from openpyxl.cell.cell import TYPE_STRING

from medid.adapters.tables import open_table
from medid.adapters.tables.workbook import (
    MAX_MERGED,
    MAX_PART,
    MAX_PARTS,
    MAX_ROWS,
)
from medid.board.sources import MAX_COLUMNS, Source
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def content(*rows: list[Any], sheets: tuple[str, ...] = ("S",)) -> bytes:
    book = Written()
    for at, name in enumerate(sheets):
        sheet = book.active if at == 0 else book.create_sheet()
        assert sheet is not None
        sheet.title = name
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def changed(raw: bytes, **parts: Callable[[bytes], bytes]) -> bytes:
    """``raw`` with some parts rewritten, by the last part of their names."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(raw)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for one in old.namelist():
            change = parts.get(one.rpartition("/")[2].partition(".")[0])
            text = old.read(one)
            new.writestr(one, change(text) if change else text)
    return file.getvalue()


class File:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "table.xlsx"

    def read(self, raw: bytes, **source: Any) -> list[Any]:
        """Of each row its line, and its cells or the code of its refusal."""
        self.path.write_bytes(raw)
        stated = Source.from_json({"format": "xlsx", **source})
        with open_table(self.path, stated) as table:
            return [
                (one.line, one.error.code if one.error else dict(one.cells))
                for one in table.rows
            ]

    def refusal(self, raw: bytes, **source: Any) -> str:
        with pytest.raises(ConfigurationError) as caught:
            self.read(raw, **source)
        assert caught.value.path == "FILE"
        return f"{caught.value.message} {caught.value.fix}"


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


def test_a_cell_is_the_text_of_what_it_holds(file: File) -> None:
    values: list[tuple[Any, str]] = [
        ("Ada Rowe", "Ada Rowe"),
        (" Å", " Å"),
        ("0042", "0042"),
        (42, "42"),
        (42.0, "42"),
        (4.5, "4.5"),
        (2**53, str(2**53)),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2014, 7, 1), "2014-07-01"),
        (datetime(2014, 7, 1, tzinfo=UTC).replace(tzinfo=None), "2014-07-01"),
        (None, ""),
    ]
    found = file.read(content(["n", " v "], *([1, one] for one, _ in values)))
    texts = [{"n": "1", "v": text} for _, text in values]
    assert found == [(at, one) for at, one in enumerate(texts, start=2)]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("=1+1", "PARSING_ERROR"),
        ('=HYPERLINK("https://evil.example")', "PARSING_ERROR"),
        ("#N/A", "PARSING_ERROR"),
        (datetime(2014, 7, 1, 9, 30), "PARSING_ERROR"),  # noqa: DTZ001 - of a sheet
        (time(9, 30), "PARSING_ERROR"),
        (timedelta(days=2), "PARSING_ERROR"),
        (2.0**60, "PARSING_ERROR"),
    ],
)
def test_what_is_no_value_refuses_its_row_alone(
    file: File, value: Any, code: str
) -> None:
    good = {"a": "8", "b": "9"}
    found = file.read(content(["a", "b"], [8, 9], [value, 1], [value, value], [8, 9]))
    assert found == [(2, good), (3, code), (4, code), (5, good)]


def test_a_text_that_looks_like_a_formula_is_a_text(file: File) -> None:
    book = Written()
    sheet = book.active
    assert sheet is not None
    sheet.append(["a"])
    cell = sheet["A2"]
    cell.value = "x"
    cell.value, cell.data_type = "=1+1", TYPE_STRING  # as a person types '=1+1
    saved = io.BytesIO()
    book.save(saved)
    assert file.read(saved.getvalue()) == [(2, {"a": "=1+1"})]


def test_a_text_that_is_longer_than_a_cell_is_refused(file: File) -> None:
    raw = content(["a"], ["MARK"])
    long = changed(raw, sheet1=lambda one: one.replace(b"MARK", b"x" * 40_000))
    assert file.read(long) == [(2, "TOO_LARGE")]


def test_rows_and_columns_beside_the_table(file: File) -> None:
    raw = content(["a", "b", None], [1], [], [None, 2, None], [1, 2, "x"], ["", None])
    assert file.read(raw) == [
        (2, {"a": "1", "b": ""}),
        (4, {"a": "", "b": "2"}),
        (5, "PARSING_ERROR"),
    ]
    # A sheet may say that it is smaller than it is.
    small = changed(
        content(["a", "b"], [1, 2]),
        sheet1=lambda one: re.sub(rb'ref="[^"]*"', b'ref="A1"', one),
    )
    assert file.read(small) == [(2, {"a": "1", "b": "2"})]


def test_a_row_that_is_far_away_is_not_walked_to(file: File) -> None:
    raw = content(["a"], ["x"])
    far = re.compile(rb'<row r="2"')
    number = f'<row r="{10 * MAX_ROWS}"'.encode()
    assert file.read(changed(raw, sheet1=lambda one: far.sub(number, one))) == []


def test_what_stands_where_something_stands_is_refused_and_not_lost(
    file: File,
) -> None:
    raw = content(["a", "b"], [1, "x"], [2, "y"], [3, "z"])
    rows = re.compile(rb'(<row r="2".*?</row>)(<row r="3".*?</row>)')
    turned = changed(raw, sheet1=lambda one: rows.sub(rb"\2\1", one))
    good = {at: {"a": str(at - 1), "b": "xyz"[at - 2]} for at in (2, 3, 4)}
    assert file.read(turned) == [(3, good[3]), (2, "PARSING_ERROR"), (4, good[4])]
    place = re.compile(rb'r="([AB]?)3"')
    twice = changed(raw, sheet1=lambda one: place.sub(rb'r="\g<1>2"', one))
    assert file.read(twice) == [(2, good[2]), (2, "PARSING_ERROR"), (4, good[4])]
    place = re.compile(b'"B2"')
    for other in (b'"A2"', b'"B3"'):
        odd = changed(raw, sheet1=partial(place.sub, other))
        assert file.read(odd) == [(2, "PARSING_ERROR"), (3, good[3]), (4, good[4])]
    header = changed(raw, sheet1=lambda one: one.replace(b'"B1"', b'"A1"'))
    assert "a cell is where" in file.refusal(header)
    # Cells may be in any order: each says where it is.
    cells = re.compile(rb'(<c r="A2".*?</c>)(<c r="B2".*?</c>)')
    whole = changed(raw, sheet1=lambda one: cells.sub(rb"\2\1", one))
    assert file.read(whole) == [*good.items()]


def test_a_day_that_is_none_is_not_told(
    file: File, recwarn: pytest.WarningsRecorder
) -> None:
    raw = content(["a"], [date(2014, 7, 1)], [1])
    wrong = changed(raw, sheet1=lambda one: one.replace(b">41821<", b">418210000<"))
    assert file.read(wrong) == [(2, "PARSING_ERROR"), (3, {"a": "1"})]
    assert not recwarn.list


def test_one_sheet_is_read_and_which_is_said(file: File) -> None:
    two = content(["a"], [1], sheets=("S", "T"))
    assert file.read(two, sheet="T") == [(2, {"a": "1"})]
    assert "several sheets" in file.refusal(two)
    assert "no sheet of that name" in file.refusal(two, sheet="U")
    assert file.read(content(["a"], [1]), sheet="S") == [(2, {"a": "1"})]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ([], "no header"),
        ([None, None], "no header"),
        (["a", "a"], "two columns"),
        (["a", None, "b"], "no name"),
        (["=1+1"], "formula"),
        ([f"c{at}" for at in range(MAX_COLUMNS + 1)], "at most"),
    ],
)
def test_a_header_that_is_none(file: File, header: list[Any], says: str) -> None:
    assert says in file.refusal(content(header, ["x"]))


def test_no_workbook_at_all(file: File) -> None:
    raw = content(["a"], [1])
    for broken in (
        b"",
        b"a,b\n1,2\n",
        raw[:200],
        raw[:-30],
        changed(raw, workbook=lambda _: b"<x"),
        changed(raw, workbook=lambda one: one.replace(b"sheet1", b"sheet9")),
        changed(raw, styles=lambda _: b"\0"),
        changed(raw, sheet1=lambda _: b""),
    ):
        assert "workbook" in file.refusal(broken)


def test_a_sheet_that_breaks_off_says_so(file: File) -> None:
    raw = content(["a"], [1], [2], [3])
    cut = changed(raw, sheet1=lambda one: one[: one.index(b'<row r="4"') + 9])
    assert file.read(cut) == [
        (2, {"a": "1"}),
        (3, {"a": "2"}),
        (4, "PARSING_ERROR"),
    ]
    odd = changed(raw, sheet1=lambda one: one.replace(b"<v>2</v>", b"<v>x</v>"))
    assert file.read(odd)[1] == (3, "PARSING_ERROR")


def test_a_bomb_is_refused_before_it_is_unpacked(file: File) -> None:
    raw = content(["a"], ["x"])
    bomb = changed(raw, styles=lambda _: b" " * (MAX_PART + 1))
    assert len(bomb) < 200_000
    assert "bytes" in file.refusal(bomb)
    many = io.BytesIO(raw)
    with ZipFile(many, "a") as archive:
        for at in range(MAX_PARTS):
            archive.writestr(str(at), b"")
    assert "parts" in file.refusal(many.getvalue())


def test_entities_that_grow_are_refused(file: File) -> None:
    levels = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 12))
    head = f'<!DOCTYPE x [<!ENTITY e0 "xxxxxxxxxx">{levels}]>'.encode()
    raw = changed(
        content(["MARK"]),
        sheet1=lambda one: head + one.replace(b"MARK", b"&e11;"),
    )
    assert "workbook" in file.refusal(raw)


WHOLE = content(["a", "b"], ["x", 1], [date(2014, 7, 1), True], [None, 4.5])
PARTS = ("sheet1", "workbook", "styles", "[Content_Types]")
XML = [b"", b"<", b">", b'"', b"/", b"&", b"-1", b"99999999999", b"\0", b"\xff", b"e+9"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_a_workbook_that_is_damaged_is_refused_or_read(
    file: File, data: st.DataObject
) -> None:
    """In the archive, or in a part of it, which is then a whole archive again."""
    put = data.draw(st.sampled_from(XML))

    def damaged(raw: bytes) -> bytes:
        at = data.draw(st.integers(0, len(raw) - 1))
        return raw[:at] + put + raw[at + data.draw(st.integers(0, 9)) :]

    part = data.draw(st.sampled_from([None, *PARTS]))
    raw = damaged(WHOLE) if part is None else changed(WHOLE, **{part: damaged})
    try:
        found = file.read(raw)
    except ConfigurationError:
        return
    assert all(isinstance(one, str | dict) for _, one in found)


def test_without_openpyxl_it_is_said_what_to_install(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    file.write_bytes(content(["a"], [1]))
    text = (
        "import sys\n"
        "sys.modules['openpyxl'] = None\n"
        "from medid.adapters.tables import open_table\n"
        "from medid.board.sources import Source\n"
        "from medid.errors import MissingExtra\n"
        "try:\n"
        f"    open_table({str(file)!r}, Source(format='xlsx')).__enter__()\n"
        "except MissingExtra as error:\n"
        "    print(error.fix)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=True
    )
    assert done.stdout == "pip install 'medid[xlsx]'\n"


def merged(*areas: str) -> Callable[[bytes], bytes]:
    """A sheet with areas of merged cells, as programs write them behind its rows."""
    cells = "".join(f'<mergeCell ref="{one}"/>' for one in areas)
    return lambda text: text.replace(
        b"</sheetData>", f"</sheetData><mergeCells>{cells}</mergeCells>".encode()
    )


def test_merged_cells_say_nothing_of_those_below(file: File) -> None:
    rows = [["no", "condition"], ["1", "supervision"], ["2"], ["3"], ["4"], ["5", ""]]
    whole = content(*rows)
    # One area below another, one beside them, and one of a single row.
    raw = changed(whole, sheet1=merged("B4:C4", "B2:B3", "A2:A2", "B6:C6"))
    assert file.read(raw) == [
        *((line, "PARSING_ERROR") for line in (2, 3, 4)),
        (5, {"no": "4", "condition": ""}),
        (6, "PARSING_ERROR"),
    ]
    # A text is no area.
    told = content(["no"], ["mergeCell"])
    assert file.read(told) == [(2, {"no": "mergeCell"})]
    wide = changed(
        whole, sheet1=lambda text: merged("B2:B3")(text).decode().encode("utf-16")
    )
    assert [line for line, one in file.read(wide) if one == "PARSING_ERROR"] == [2, 3]
    many = [f"B{at}:C{at}" for at in range(2, MAX_MERGED + 3)]
    assert len(file.read(changed(whole, sheet1=merged(*many[:-1])))) == len(rows) - 1
    assert "TOO_LARGE" in file.refusal(changed(whole, sheet1=merged(*many)))
    assert "no workbook" in file.refusal(changed(whole, sheet1=merged("B2:?")))
