"""A file of rows, opened as a mapping says that it is written."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from medid.adapters.tables.delimited import Delimited
from medid.adapters.tables.fhir import fhir_rows
from medid.adapters.tables.fixed_width import fixed_rows
from medid.adapters.tables.json_lines import json_rows
from medid.adapters.tables.lines import read_lines
from medid.errors import ConfigurationError, MedidError, child

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from medid.adapters.tables.lines import Line
    from medid.board.sources import Source, SourceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An open file.

    Attributes:
        columns: Of its header; ``None`` where each row names its own.
        rows: To be read once.
    """

    columns: Sequence[str] | None
    rows: Iterable[SourceRow] = field(repr=False)

    def check_columns(self, needed: Iterable[str]) -> None:
        """Return if the file has all columns that are ``needed``.

        Raises:
            ConfigurationError: It lacks one.
        """
        if self.columns is None:
            return
        for one in sorted(needed):
            if one not in self.columns:
                message = "the file has no such column"
                fix = "write its name in the mapping as in the header"
                raise ConfigurationError(message, path=child("$", one), fix=fix)


@contextmanager
def open_table(path: str | os.PathLike[str], source: Source) -> Iterator[Table]:
    """The rows of the file at ``path``.

    Raises:
        ConfigurationError: It cannot be opened, or its header cannot be read.
        MissingExtra: It is a workbook, and openpyxl is not installed.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open("rb"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a file name"
            message = f"cannot read the file: {reason}"
            fix = "name a file that you may read"
            raise ConfigurationError(message, path="FILE", fix=fix) from None
        if source.format == "xlsx":
            yield _workbook(file, source)
            return
        lines = read_lines(file, source.encoding)
        if source.format == "jsonl":
            yield Table(columns=None, rows=json_rows(lines))
        elif source.format == "fhir":
            yield Table(columns=None, rows=fhir_rows(lines, source.resource))
        elif source.format == "fixed":
            names = [one.name for one in source.spans]
            yield Table(columns=names, rows=fixed_rows(lines, source.spans))
        else:
            yield _delimited(lines, source)


def _workbook(file: BinaryIO, source: Source) -> Table:
    # Only whoever reads a workbook needs what reads workbooks.
    from medid.adapters.tables.workbook import Workbook

    found = Workbook(file, source.sheet)
    return Table(columns=found.columns, rows=found)


def _delimited(lines: Iterable[Line], source: Source) -> Table:
    try:
        found = Delimited(lines, source.delimiter)
    except MedidError as error:
        message = f"the header: {error.message} ({error.code})"
        raise ConfigurationError(message, path="FILE", fix=error.fix) from None
    return Table(columns=found.columns, rows=found)
