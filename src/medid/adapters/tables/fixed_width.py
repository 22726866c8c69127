"""Fixed width: each column so many characters from a place that the mapping states.

A line that is longer than its columns is of another file, and refused. Spaces at
its end may be missing, as editors take them away. A byte order mark is no character of
a line: whatever stands behind one would be in the wrong columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.adapters.tables.lines import BOM
from medid.board.sources import SourceRow
from medid.errors import ParsingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from medid.adapters.tables.lines import Line
    from medid.board.sources import Span


def fixed_rows(lines: Iterable[Line], spans: Sequence[Span]) -> Iterator[SourceRow]:
    """Every row; lines without a character are left out."""
    width = max(one.start + one.width - 1 for one in spans)
    for line in lines:
        if line.error is not None:
            yield SourceRow(line=line.number, cells={}, error=line.error)
        elif not line.text:
            continue
        elif line.text.startswith(BOM):
            fix = "state the encoding utf-8-sig in the mapping; join files without it"
            error = ParsingError("the line begins with a byte order mark", fix=fix)
            yield SourceRow(line=line.number, cells={}, error=error)
        elif len(line.text) > width:
            message = f"the line has more than {width} characters"
            fix = "state all columns of the file, those that are not read as well"
            error = ParsingError(message, fix=fix)
            yield SourceRow(line=line.number, cells={}, error=error)
        else:
            cells = {one.name: _cut(line.text, one) for one in spans}
            yield SourceRow(line=line.number, cells=cells)


def _cut(text: str, span: Span) -> str:
    return text[span.start - 1 : span.start - 1 + span.width].strip(" ")
