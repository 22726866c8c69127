"""The rows that were refused, in two files: JSON lines for programs, CSV for people.

Both hold whole rows, so that they can be corrected, and are their owner's alone. A cell
that a spreadsheet would take for a formula has an apostrophe before it.

Spec: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from medid.board.importing import Reject

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
_HEADER: Final = ("line", "column", "code", "message", "fix", "row")


def safe_cell(text: str) -> str:
    """``text``, which no spreadsheet takes for a formula.

    >>> safe_cell("=1+1")
    "'=1+1"
    >>> safe_cell("Ada Rowe")
    'Ada Rowe'
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


@contextmanager
def writing_rejects(name: str) -> Iterator[Callable[[Reject], None]]:
    """Write rejects into ``NAME.jsonl`` and ``NAME.csv``, in place of what was there.

    Raises:
        ConfigurationError: They cannot be written.
    """
    with ExitStack() as stack:
        try:
            lines = stack.enter_context(_private(f"{name}.jsonl"))
            table = stack.enter_context(_private(f"{name}.csv"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a file name"
            message = f"cannot write the rejects: {reason}"
            fix = "name files that you may write"
            raise ConfigurationError(message, path="--rejects", fix=fix) from None
        writer = csv.writer(table, quoting=csv.QUOTE_ALL)
        writer.writerow(_HEADER)

        def write(one: Reject) -> None:
            row = {str(key): value for key, value in one.row.cells.items()}
            lines.write(
                strict_json.dumps(
                    {
                        "line": one.row.line,
                        "column": one.column,
                        **one.error.as_json(),
                        "row": {**row},
                    }
                )
                + "\n"
            )
            texts = (one.column, one.error.code, one.error.message, one.error.fix or "")
            cells = [*texts, strict_json.dumps({**row})]
            writer.writerow([str(one.row.line), *map(safe_cell, cells)])

        yield write


def _private(name: str) -> TextIO:
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
