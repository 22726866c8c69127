"""One SQLite file of medid: opened strictly, written whole, its owner's alone.

The file, and the two that SQLite puts beside it, can be read and written by their owner
only. Every call opens the file anew, so that one store serves any number of threads,
and a fork harms nothing. Another program's database is neither read nor written.

Spec: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html,
https://www.sqlite.org/fileformat.html#the_database_header
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError, EvidenceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.core.instant import Instant

BUSY_SECONDS: Final = 5.0  # how long a writer waits for another process

_PRIVATE: Final = 0o600
_TRIGGER: Final = re.compile(r"CREATE TRIGGER IF NOT EXISTS (\w+)")
_APPLICATION: Final = slice(68, 72)  # where the header of a database names its program


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
        self._look()
        try:
            # SQLite gives its side files the mode of the file itself.
            self._path.chmod(_PRIVATE)
        except OSError:
            raise self._unusable() from None
        with self.reading() as database:
            database.execute("PRAGMA journal_mode = WAL")
        with self.writing() as database:
            if self._is_new(database):
                database.execute(f"PRAGMA application_id = {form.application_id}")
                database.execute(f"PRAGMA user_version = {form.version}")
            for statement in form.schema:
                database.execute(statement)
            self._check_acts(database)

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
            # No file is made here: one that has gone is a failure, not a new store.
            connection = self._connect("mode=rw")
            with closing(connection):
                synchronous = "FULL" if self._form.durable else "NORMAL"
                connection.execute(f"PRAGMA synchronous = {synchronous}")
                yield connection
        except (sqlite3.Error, OverflowError):
            raise self._unusable() from None

    def check(self, row: Sequence[object], *kinds: type) -> None:
        """Return if the columns of ``row`` are of the kinds that medid writes.

        SQLite keeps a value of any kind in any column, for whoever may write to the
        file. A column that may be empty is left out where it is.

        Raises:
            EvidenceUnavailable: One is of another kind.
        """
        if any(type(one) is not kind for one, kind in zip(row, kinds, strict=True)):
            raise self._altered()

    def _look(self) -> None:
        """Return if the file is of this form, or is made, or yet to become one.

        It is asked for as it stands, without a lock: one that is another program's is
        left as it is, its mode included, and nothing is put beside it.

        Raises:
            ConfigurationError: It is another program's, or of a newer medid.
            EvidenceUnavailable: It cannot be made or read, or is no database.
        """
        try:
            opened = os.open(self._path, os.O_RDWR | os.O_CREAT, _PRIVATE)
            try:
                head = os.pread(opened, _APPLICATION.stop, 0)
            finally:
                os.close(opened)
            known = self._form.application_id.to_bytes(4, "big")
            if head and head[_APPLICATION] != known:
                with closing(self._connect("immutable=1")) as database:
                    self._is_new(database)
        except (OSError, ValueError, sqlite3.Error):  # or a name that no file can have
            raise self._unusable() from None

    def _connect(self, query: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?{query}",
            timeout=self._busy_seconds,
            isolation_level=None,
            uri=True,
        )

    def _is_new(self, database: sqlite3.Connection) -> bool:
        """Whether nothing is in it yet.

        Raises:
            ConfigurationError: It is another program's, or of a newer medid.
        """
        form = self._form
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (application, version, tables) == (0, 0, 0):
            return True
        if (application, version) != (form.application_id, form.version):
            raise ConfigurationError(f"the file is no {form.name} of this medid")
        return False

    def _check_acts(self, database: sqlite3.Connection) -> None:
        """Return if nothing acts in the file but what its form has made.

        Whoever could write to it once may have left a trigger, which passes over what
        is recorded later.

        Raises:
            EvidenceUnavailable: Something else does.
        """
        query = "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')"
        found = {name for (name,) in database.execute(query)}
        if not found <= set(_TRIGGER.findall("\n".join(self._form.schema))):
            raise self._altered()

    def _altered(self) -> EvidenceUnavailable:
        message = f"the {self._form.name} was altered"
        return EvidenceUnavailable(message, fix="restore it from a copy")

    def _unusable(self) -> EvidenceUnavailable:
        return EvidenceUnavailable(
            f"the {self._form.name} cannot be used",
            fix="check that its folder can be written, that its disk has room and that"
            " no process holds it locked",
        )


def stored(instant: Instant) -> int:
    """In microseconds: SQLite's integers hold nanoseconds until the year 2262 only."""
    return instant.nanoseconds // 1_000
