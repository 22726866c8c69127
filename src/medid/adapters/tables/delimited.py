"""CSV and TSV, as RFC 4180 writes them, and not as a program might have meant.

A quote within a field that is not quoted, text behind a closing quote, a row with more
or fewer fields than the header: readers disagree about what they mean, so each refuses
its row. A quote that is never closed refuses the line on which it stands, and the next
line is a row again.

Spec: https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from typing import TYPE_CHECKING, Final

from medid.adapters.tables.lines import BOM, MAX_ROW
from medid.board.sources import MAX_COLUMNS, SourceRow
from medid.errors import ParsingError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from medid.adapters.tables.lines import Line
    from medid.errors import MedidError

MAX_LINES: Final = 64  # lines of one row, within quotes

_QUOTE: Final = '"'


class Delimited:
    """The rows of a file below its header."""

    def __init__(self, lines: Iterable[Line], delimiter: str) -> None:
        """Read the header.

        Raises:
            ParsingError: It cannot be read, or a column has no name or another's.
            TooLarge: It has too many columns.
        """
        self._lines = iter(lines)
        self._again: deque[Line] = deque()
        self._delimiter = delimiter
        cut = re.escape(delimiter)
        one = f'(?:"[^"]*(?:""[^"]*)*"|[^"{cut}\r\n]*)'
        self._form = re.compile(f"{one}(?:{cut}{one})*")
        self.columns = self._header()

    def __iter__(self) -> Iterator[SourceRow]:
        """Every row; lines without a character are left out."""
        while (line := self._next()) is not None:
            if line.error is not None:
                yield SourceRow(line=line.number, cells={}, error=line.error)
            elif line.text:
                yield self._row(line)

    def _header(self) -> Sequence[str]:
        line = self._next()
        if line is None:
            fix = "put the names of its columns into the first line"
            raise ParsingError("the file has no header", fix=fix)
        if line.error is not None:
            raise line.error
        if line.text.startswith(BOM):
            fix = "state the encoding utf-8-sig in the mapping"
            raise ParsingError("the file begins with a byte order mark", fix=fix)
        names = self._fields(self._whole(line)[0])
        if isinstance(names, list):
            names = [one.strip() for one in names]
            check_names(names)
            return names
        raise names

    def _next(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _row(self, line: Line) -> SourceRow:
        text, rest = self._whole(line)
        found = self._fields(text)
        if isinstance(found, list) and len(found) != len(self.columns):
            message = f"the row has {len(found)} fields, the header {len(self.columns)}"
            fix = "put fields with the delimiter or a line feed in quotes"
            found = ParsingError(message, fix=fix)
        if isinstance(found, list):
            cells = dict(zip(self.columns, found, strict=True))
            return SourceRow(line=line.number, cells=cells)
        # Only its first line is lost: what follows is read again, as rows.
        self._again.extendleft(reversed(rest))
        return SourceRow(line=line.number, cells={}, error=found)

    def _whole(self, line: Line) -> tuple[str, list[Line]]:
        """The text up to the line that closes what a quote opened, and those lines."""
        text = line.text
        rest: list[Line] = []
        while text.count(_QUOTE) % 2 and len(rest) < MAX_LINES and len(text) < MAX_ROW:
            another = self._next()
            if another is None:
                break
            rest.append(another)
            if another.error is not None:
                break
            text += "\n" + another.text
        return text, rest

    def _fields(self, text: str) -> list[str] | MedidError:
        if text.count(_QUOTE) % 2:
            fix = "close it, or write a quote within quotes twice"
            return ParsingError("a quote is not closed", fix=fix)
        if len(text) > MAX_ROW:
            return TooLarge(f"a row has more than {MAX_ROW} characters")
        if self._form.fullmatch(text) is None:
            message = "a quote or an end of a line stands where none can"
            fix = "put the whole field in quotes, and write a quote in it twice"
            return ParsingError(message, fix=fix)
        if _QUOTE not in text:
            return text.split(self._delimiter)
        # What is a row by the form above is one row to the reader as well.
        lines = io.StringIO(text, newline="")
        (found,) = csv.reader(lines, delimiter=self._delimiter, strict=True)
        return found


def check_names(names: Sequence[str]) -> None:
    """Return if ``names`` can be those of columns.

    Raises:
        ParsingError: One is empty, or there twice.
        TooLarge: There are too many.
    """
    if len(names) > MAX_COLUMNS:
        raise TooLarge(f"a table has at most {MAX_COLUMNS} columns")
    if not all(names):
        raise ParsingError("a column has no name", fix="name each in the header")
    if len(set(names)) < len(names):
        fix = "name each once in the header"
        raise ParsingError("two columns have one name", fix=fix)
