"""The rows that were refused, in two files: JSON lines for programs, CSV for people.

Both hold whole rows, so that they can be corrected, and are their owner's alone.

Spec: https://jsonlines.org/, https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from medid.adapters.tables.export import SafeCsv, private_file, unwritable
from medid.core import json as strict_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from medid.board.importing import Reject

_HEADER: Final = ("line", "column", "code", "message", "fix", "row")


@contextmanager
def writing_rejects(name: str) -> Iterator[Callable[[Reject], None]]:
    """Write rejects into ``NAME.jsonl`` and ``NAME.csv``, in place of what was there.

    Raises:
        ConfigurationError: They cannot be written.
    """
    with ExitStack() as stack:
        try:
            lines = stack.enter_context(private_file(f"{name}.jsonl"))
            table = stack.enter_context(private_file(f"{name}.csv"))
        except (OSError, ValueError) as error:
            raise unwritable(error, "--rejects") from None
        safe = SafeCsv(table, _HEADER)

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
            safe.row([str(one.row.line), *texts, strict_json.dumps({**row})])

        yield write
