"""CSV for people: every cell in quotes, and none that a spreadsheet would run.

What begins as a formula does, or with an end of a line or a tab, behind which programs
look for one, has an apostrophe before it. The register keeps every text as it is.

Spec: https://owasp.org/www-community/attacks/CSV_Injection,
https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

_PRIVATE: Final = 0o600
_FORMULA: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)


def safe_cell(text: str) -> str:
    """``text``, which no spreadsheet takes for a formula.

    >>> safe_cell("=1+1")
    "'=1+1"
    >>> safe_cell("Ada Rowe")
    'Ada Rowe'
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


class SafeCsv:
    """Writes CSV into a file that is open."""

    def __init__(self, file: TextIO, header: Iterable[str]) -> None:
        self._writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        self._writer.writerow(header)

    def row(self, cells: Iterable[str]) -> None:
        """Write one row, each cell of it safe."""
        self._writer.writerow(map(safe_cell, cells))


def write_csv(
    name: str, header: Iterable[str], rows: Iterable[Iterable[str]], *, option: str
) -> None:
    """Write a table into the file ``name``, for its owner alone.

    Args:
        name: Of the file; what was in it is gone.
        header: The names of the columns.
        rows: Their texts.
        option: What named the file, for the error.

    Raises:
        ConfigurationError: It cannot be written.
    """
    try:
        with private_file(name) as file:
            table = SafeCsv(file, header)
            for one in rows:
                table.row(one)
    except (OSError, ValueError) as error:
        raise unwritable(error, option) from None


def unwritable(error: Exception, option: str) -> ConfigurationError:
    """That a file which ``option`` names cannot be written."""
    reason = getattr(error, "strerror", None) or "not a file name"
    fix = "name a file that you may write"
    return ConfigurationError(f"cannot write it: {reason}", path=option, fix=fix)


def private_file(name: str) -> TextIO:
    """The file ``name``, emptied, for its owner alone from its first byte.

    Raises:
        OSError: It cannot be opened.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    number = os.open(name, flags, _PRIVATE)
    try:
        # A file that was there may be open to others: it is closed before it is filled.
        if os.name == "posix":
            os.fchmod(number, _PRIVATE)
        os.ftruncate(number, 0)
    except OSError:
        os.close(number)
        raise
    return os.fdopen(number, "w", encoding="utf-8", newline="")
