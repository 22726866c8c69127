"""The license numbers of a file: in a database of this process, not in its memory.

SQLite keeps it in a temporary file that nobody else can open and that is gone with the
process.

Spec: https://www.sqlite.org/inmemorydb.html#temp_db
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE: Final = "CREATE TABLE seen (number TEXT PRIMARY KEY, line INTEGER)"
_PUT: Final = "INSERT OR IGNORE INTO seen VALUES (?, ?)"
_GET: Final = "SELECT line FROM seen WHERE number = ?"


class SeenNumbers:
    """Implements ``medid.board.importing.Seen``."""

    def __init__(self, database: sqlite3.Connection) -> None:
        database.execute(_TABLE)
        self._database = database

    def add(self, number: str, line: int) -> int | None:
        """Note a number; the line on which it was before, ``None`` where it is new."""
        if self._database.execute(_PUT, (number, line)).rowcount:
            return None
        (first,) = self._database.execute(_GET, (number,)).fetchone()
        return int(first)


@contextmanager
def seen_numbers() -> Iterator[SeenNumbers]:
    """No numbers yet."""
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        yield SeenNumbers(database)
