"""One SQLite file of medid: opened strictly, written whole, its owner's alone.

The file, and the two that SQLite puts beside it, can be read and written by their owner
only. Every call opens the file anew, so that one store serves any number of threads,
and a fork harms nothing. Another program's database is neither read nor written.

Spec: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError, EvidenceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.instant import Instant

BUSY_SECONDS: Final = 5.0  # how long a writer waits for another process

_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteForm:
    """What files of one kind hold.

    Attributes:
        name: What such a file is called in errors, such as ``archive``.
        application_id: Four characters of ASCII as a number, by which it is known.
        schema: The statements that make its tables where there are none.
        version: Of the schema.
        durable: Whether what was committed must outlast a power failure.
    """

    name: str
    application_id: int
    schema: tuple[str, ...]
    version: int = 1
    durable: bool = True


class SqliteFile:
    """A file of one form."""

    def __init__(
        self, path: str | Path, form: SqliteForm, *, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        """Open the file at ``path``, or make it.

        Args:
            path: The database file; its folder must exist.
            form: What it holds.
            busy_seconds: How long to wait for another process that writes.

        Raises:
            ConfigurationError: The file is another program's, or of a newer medid.
            EvidenceUnavailable: The file cannot be made, read or written.
        """
        self._path = Path(path)
        self._form = form
        self._busy_seconds = busy_seconds
        try:
            # SQLite gives its side files the mode of the file itself.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, _PRIVATE))
            self._path.chmod(_PRIVATE)
        except (OSError, ValueError):  # or a name that no file can have
            raise self._unusable() from None
        with self.reading() as database:
            database.execute("PRAGMA journal_mode = WAL")
        with self.writing() as database:
            self._check_owner(database)
            for statement in form.schema:
                database.execute(statement)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its beginning to its commit.

        Raises:
            EvidenceUnavailable: The file cannot be used.
        """
        with self.reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                # What went wrong first is what is told.
                with suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection; each statement is a transaction of its own.

        Raises:
            EvidenceUnavailable: The file cannot be used.
        """
        try:
            connection = sqlite3.connect(
                # No file is made here: one that has gone is a failure, not a new store.
                f"{self._path.absolute().as_uri()}?mode=rw",
                timeout=self._busy_seconds,
                isolation_level=None,
                uri=True,
            )
            with closing(connection):
                synchronous = "FULL" if self._form.durable else "NORMAL"
                connection.execute(f"PRAGMA synchronous = {synchronous}")
                yield connection
        except (sqlite3.Error, OverflowError):
            raise self._unusable() from None

    def _check_owner(self, database: sqlite3.Connection) -> None:
        form = self._form
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (application, version, tables) == (0, 0, 0):
            database.execute(f"PRAGMA application_id = {form.application_id}")
            database.execute(f"PRAGMA user_version = {form.version}")
        elif (application, version) != (form.application_id, form.version):
            raise ConfigurationError(f"the file is no {form.name} of this medid")

    def _unusable(self) -> EvidenceUnavailable:
        return EvidenceUnavailable(
            f"the {self._form.name} cannot be used",
            fix="check that its folder can be written, that its disk has room and that"
            " no process holds it locked",
        )


def stored(instant: Instant) -> int:
    """In microseconds: SQLite's integers hold nanoseconds until the year 2262 only."""
    return instant.nanoseconds // 1_000
