"""XLSX: one sheet of a workbook, row by row.

A cell is what it holds, not what it looks like: a number has no leading zeros, and a
day is ``YYYY-MM-DD`` however it is shown. A formula refuses its row: what it comes to
is a copy that may be old, or another program's. So does an error, or a time of day, and
a row or a cell that says that it stands where another one is already: programs choose
one of the two. A row with merged cells is refused as well: all of them but the first
are empty, and look as if they held what it holds.

A workbook is a ZIP archive. What it says that its parts come to is bounded before one
of them is unpacked, and no more of a part is unpacked than it says.

Spec: https://ecma-international.org/publications-and-standards/standards/ecma-376/
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_left
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias
from xml.parsers.expat import ParserCreate
from zipfile import ZipFile

from medid.adapters.tables.delimited import check_names
from medid.board.sources import SourceRow
from medid.errors import (
    ConfigurationError,
    MedidError,
    MissingExtra,
    ParsingError,
    TooLarge,
)

try:
    from openpyxl import load_workbook
    from openpyxl.utils.cell import range_boundaries
    from openpyxl.worksheet._reader import WorkSheetParser
except ImportError:
    _NEEDS = "an XLSX file needs openpyxl"
    raise MissingExtra(_NEEDS, fix="pip install 'medid[xlsx]'") from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_PARTS: Final = 1_000  # of the archive; a workbook has some 10, and one for a sheet
MAX_SHEET: Final = 1_073_741_824  # bytes of a sheet, which is read row by row
MAX_PART: Final = 67_108_864  # bytes of any other part, which is read as a whole
MAX_ROWS: Final = 1_048_576  # of a sheet, as spreadsheet programs have it
MAX_TEXT: Final = 32_767  # characters of a cell, likewise
MAX_MERGED: Final = 10_000  # areas of merged cells of a sheet; a form has some hundred

_SHEETS: Final = "xl/worksheets/"
_CHUNK: Final = 1_048_576  # bytes of a sheet that are looked through at a time
_MERGED: Final = "mergeCell"
# In each encoding of XML that there is in workbooks; both of UTF-16 have the second.
_MERGED_BYTES: Final = (_MERGED.encode(), _MERGED.encode("utf-16-le")[:-1])
_WHOLE: Final = 2**53  # above it a spreadsheet has rounded
_SAVE_AGAIN: Final = "save it anew with a spreadsheet program"
_FORMULA: Final = "f"
_ERROR: Final = "e"

#: The value and the kind of each cell, by its column, from 0.
_Cells: TypeAlias = "Mapping[int, tuple[object, str]]"


class Workbook:
    """The rows of a sheet below its header."""

    def __init__(self, file: BinaryIO, sheet: str) -> None:
        """Read the header.

        Args:
            file: At its beginning; open until the last row is read.
            sheet: Its name; empty for the only one.

        Raises:
            ConfigurationError: No workbook, too large, without that sheet, or with a
                header that is none.
        """
        try:
            _check_archive(file)
            # Links to other workbooks are not followed, and macros not looked at.
            with warnings.catch_warnings(action="ignore"):
                opened = load_workbook(file, read_only=True, keep_links=False)
            names = opened.sheetnames
            self._rows = _read(opened[_chosen(names, sheet)])
            self.columns = self._header()
        except MedidError as error:
            message = f"the workbook: {error.message} ({error.code})"
            raise ConfigurationError(message, path="FILE", fix=error.fix) from None
        except Exception:  # noqa: BLE001 - whatever the package raises, it is none
            message = "the file is no workbook that can be read"
            fix = "save it as .xlsx, without a password"
            raise ConfigurationError(message, path="FILE", fix=fix) from None

    def __iter__(self) -> Iterator[SourceRow]:
        """Every row; those without a text are left out."""
        line = 1
        try:
            for line, cells, error in self._rows:
                row = self._row(line, cells, error)
                if row is not None:
                    yield row
        except Exception:  # noqa: BLE001 - whatever the package raises, it ends here
            message = "the sheet cannot be read from here on"
            error = ParsingError(message, fix=_SAVE_AGAIN)
            yield SourceRow(line=line + 1, cells={}, error=error)

    def _header(self) -> Sequence[str]:
        for line, cells, error in self._rows:
            if line != 1:
                break
            if error is not None:
                raise error
            texts = {at: _text(*cell).strip() for at, cell in cells.items()}
            names = [texts.get(at, "") for at in range(max(texts, default=-1) + 1)]
            while names and not names[-1]:
                del names[-1]
            check_names(names)
            if names:
                return names
            break
        fix = "put the names of its columns into the first row"
        raise ParsingError("the sheet has no header in its first row", fix=fix)

    def _row(
        self, line: int, cells: _Cells, error: MedidError | None
    ) -> SourceRow | None:
        # A row may be without some of its columns, where they are empty.
        found = dict.fromkeys(self.columns, "")
        for at, cell in cells.items():
            try:
                text = _text(*cell)
                if text and at >= len(self.columns):
                    message = "a text stands beside the columns of the header"
                    raise ParsingError(message, fix="name its column, or remove it")
            except MedidError as caught:
                error = error or caught
                continue
            if at < len(self.columns):
                found[self.columns[at]] = text
        if error is None and not any(found.values()):
            return None
        return SourceRow(line=line, cells=found, error=error)


def _check_archive(file: BinaryIO) -> None:
    with ZipFile(file) as archive:
        parts = archive.infolist()
    file.seek(0)
    if len(parts) > MAX_PARTS:
        raise TooLarge(f"it has more than {MAX_PARTS} parts")
    for one in parts:
        most = MAX_SHEET if one.filename.startswith(_SHEETS) else MAX_PART
        if one.file_size > most:
            raise TooLarge(f"a part of it has more than {most} bytes")


def _chosen(names: Sequence[str], sheet: str) -> str:
    if sheet in names:
        return sheet
    if sheet or len(names) != 1:
        message = "it has no sheet of that name" if sheet else "it has several sheets"
        fix = "state the sheet in the source of the mapping"
        raise ParsingError(message, fix=fix)
    return names[0]


def _read(
    sheet: ReadOnlyWorksheet,
) -> Iterator[tuple[int, _Cells, MedidError | None]]:
    """The number of each row that has cells, its cells, and why it cannot be read."""
    # By the package's own walk, a row that stands too early would be passed over, and
    # of two cells in one place the last one taken.
    book = sheet.parent
    merged = _merged_rows(sheet)
    with sheet._get_source() as source:  # noqa: SLF001 - it is given to nobody else
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,  # noqa: SLF001
            epoch=book.epoch,
            date_formats=book._date_formats,  # noqa: SLF001
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )
        last = 0
        for line, row in _quietly(parser.parse()):
            if not row:
                continue
            if line > MAX_ROWS:
                return
            cells = {
                one["column"] - 1: (one["value"], str(one["data_type"])) for one in row
            }
            error: MedidError | None = None
            if line <= last:
                message = "the row is not below the one before it"
                error = ParsingError(message, fix=_SAVE_AGAIN)
            elif len(cells) < len(row) or any(one["row"] != line for one in row):
                message = "a cell is where another is, or in another row"
                error = ParsingError(message, fix=_SAVE_AGAIN)
            elif _is_in(merged, line):
                fix = "separate the merged cells, and fill in each of them"
                error = ParsingError("a cell of the row is merged with others", fix=fix)
            last = max(last, line)
            yield line, cells, error


def _merged_rows(sheet: ReadOnlyWorksheet) -> Sequence[tuple[int, int]]:
    """The first and the last row of each area of merged cells, joined where they meet.

    A sheet says so behind its rows, so it is looked through before they are read.

    Raises:
        TooLarge: There are too many.
    """
    with sheet._get_source() as source:  # noqa: SLF001 - as above
        tail, found = b"", False
        while not found and (chunk := source.read(_CHUNK)):
            found = any(one in tail + chunk for one in _MERGED_BYTES)
            tail = chunk[-len(_MERGED_BYTES[1]) :]
    if not found:
        return ()
    areas: list[tuple[int, int]] = []

    def begin(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == _MERGED and len(areas) <= MAX_MERGED:
            _, first, _, last = range_boundaries(attributes["ref"])
            areas.append((first, last))

    parser = ParserCreate()
    parser.StartElementHandler = begin
    with sheet._get_source() as source:  # noqa: SLF001
        parser.ParseFile(source)
    if len(areas) > MAX_MERGED:
        raise TooLarge(f"it has more than {MAX_MERGED} areas of merged cells")
    return _joined(areas)


def _joined(areas: list[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, last in sorted(areas):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _is_in(areas: Sequence[tuple[int, int]], line: int) -> bool:
    at = bisect_left(areas, (line + 1,)) - 1
    return at >= 0 and line <= areas[at][1]


def _quietly(rows: Iterator[Any]) -> Iterator[Any]:
    """``rows``, without what the package has to say of them: it tells their values."""
    while True:
        with warnings.catch_warnings(action="ignore"):
            row = next(rows, None)
        if row is None:
            return
        yield row


def _text(value: object, kind: str) -> str:
    """What a cell holds, as a text.

    Raises:
        ParsingError: It holds a formula, an error, or no text, number, day or flag.
        TooLarge: It is longer than a cell can be.
    """
    if kind == _FORMULA:
        message = "a cell holds a formula"
        fix = "put values in place of formulas: copy, and paste values only"
        raise ParsingError(message, fix=fix)
    if kind == _ERROR:
        raise ParsingError("a cell holds an error", fix="correct it, or empty it")
    match value:
        case None:
            return ""
        case str():
            if len(value) > MAX_TEXT:
                raise TooLarge(f"a cell has more than {MAX_TEXT} characters")
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() if not isinstance(value, datetime):
            return value.isoformat()
    message = "a cell holds a time of day, or what is no text"
    raise ParsingError(message, fix="write it as a text, or as a day")


def _number(value: float) -> str:
    if not math.isfinite(value) or abs(value) > _WHOLE:
        fix = "write numbers of more than 15 digits as texts"
        raise ParsingError("a number was rounded by the spreadsheet", fix=fix)
    return str(int(value)) if value == int(value) else repr(value)
