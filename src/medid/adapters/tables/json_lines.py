"""JSON lines: one object a line, read by the one strict reader.

What is nested has a name of several parts, as in ``name.0.family``. A number is taken
as it is written: 35.10 is the number of another license than 35.1.

Spec: https://jsonlines.org/, https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.board.sources import MAX_COLUMNS, SourceRow
from medid.core import json as strict_json
from medid.errors import MedidError, ParsingError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.adapters.tables.lines import Line
    from medid.core.json import JsonValue


def json_rows(lines: Iterable[Line]) -> Iterator[SourceRow]:
    """Every row; lines without a character are left out."""
    for line in lines:
        if line.error is not None:
            yield SourceRow(line=line.number, cells={}, error=line.error)
        elif line.text:
            yield _row(line)


def _row(line: Line) -> SourceRow:
    cells: dict[str, str] = {}
    try:
        for name, value in strict_json.load_spelling(line.text).items():
            _put(cells, name, value)
    except MedidError as error:
        return SourceRow(line=line.number, cells={}, error=error)
    return SourceRow(line=line.number, cells=cells)


def _put(cells: dict[str, str], name: str, value: JsonValue) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _put(cells, f"{name}.{key}", inner)
        return
    if isinstance(value, list):
        for index, inner in enumerate(value):
            _put(cells, f"{name}.{index}", inner)
        return
    if name in cells:
        fix = "give each another name; what is nested has one with dots"
        raise ParsingError("two members of the row have one name", fix=fix)
    if len(cells) == MAX_COLUMNS:
        raise TooLarge(f"a row has more than {MAX_COLUMNS} values")
    cells[name] = _text(value)


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    # Numbers are texts already; of what is left, null is nothing.
    return "" if value is None else strict_json.dumps(value)
