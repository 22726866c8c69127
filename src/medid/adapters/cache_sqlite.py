"""Fetched documents in an SQLite file that the processes of one machine share.

The file, and those that SQLite puts beside it, can be read and written by their owner
only: whoever can write to it decides which keys a board has. Every call opens the file
anew, so that one store serves any number of threads, and a fork harms nothing.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from medid.adapters import cache_store
from medid.adapters.sqlite_file import SqliteFile, SqliteForm
from medid.core.instant import system_clock
from medid.errors import MedidError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path
    from types import TracebackType

    from medid.core.fetch import Fetched
    from medid.core.instant import Clock

MAX_FILE_BYTES: Final = 268_435_456  # 256 MiB of entries, then the oldest go
MAX_ENTRIES: Final = 10_000  # as in memory
BUSY_SECONDS: Final = 0.5  # a cache that is waited for longer is no help

_FORM: Final = SqliteForm(
    name="cache",
    application_id=0x4D444943,  # MDIC
    schema=(
        (
            "CREATE TABLE IF NOT EXISTS entry (name TEXT PRIMARY KEY,"
            " ends INTEGER NOT NULL, put INTEGER NOT NULL, size INTEGER NOT NULL,"
            " entry BLOB NOT NULL)"
        ),
        (
            "CREATE TABLE IF NOT EXISTS claim ("
            "name TEXT PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID"
        ),
    ),
    # What a power failure takes from a cache is fetched again.
    durable=False,
)
_MILLISECOND: Final = 1_000_000  # nanoseconds


class _Counting:
    """What goes wrong inside is counted, and leaves the caller without an entry."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.faults = 0

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, MedidError):
            return False
        with self._lock:
            self.faults += 1
        return True


class SqliteStore:
    """A store in a file. Safe to share between threads and processes."""

    def __init__(
        self,
        path: str | Path,
        *,
        max_bytes: int = MAX_FILE_BYTES,
        busy_seconds: float = BUSY_SECONDS,
        clock: Clock = system_clock,
    ) -> None:
        """Open the store at ``path``, or make it.

        Args:
            path: The database file; its folder must exist.
            max_bytes: Bytes of entries that it holds.
            busy_seconds: How long to wait for another process that writes.
            clock: Says when an entry has ended.

        Raises:
            ConfigurationError: The file is another program's, or of a newer medid.
            EvidenceUnavailable: The file cannot be made, read or written.
        """
        self._file = SqliteFile(path, _FORM, busy_seconds=busy_seconds)
        self._max_bytes = max_bytes
        self._clock = clock
        self._counting = _Counting()

    @property
    def faults(self) -> int:
        """How often it could not be used, or held what nobody may use."""
        return self._counting.faults

    def get(self, name: str) -> Fetched | None:
        """The document that was kept under ``name``; ``None`` where none is."""
        with self._counting, self._file.reading() as database:
            row = database.execute(
                # What is too long is not read, and is none of medid's.
                "SELECT CASE WHEN length(entry) <= ? THEN entry END"
                " FROM entry WHERE name = ? AND ends > ?",
                (cache_store.MAX_ENTRY, cache_store.digest(name), self._now()),
            ).fetchone()
            if row is not None:
                self._file.check(row, bytes)
                return cache_store.read(name, row[0])
        return None

    def put(self, name: str, document: Fetched, *, seconds: float) -> None:
        """Keep ``document`` under ``name`` for so many seconds at most."""
        entry = cache_store.write(name, document)
        if len(entry) > min(cache_store.MAX_ENTRY, self._max_bytes):
            return
        with self._counting, self._file.writing() as database:
            now = self._now()
            database.execute("DELETE FROM entry WHERE ends <= ?", (now,))
            database.execute(
                "INSERT OR REPLACE INTO entry (name, ends, put, size, entry)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    *(cache_store.digest(name), now + round(seconds * 1_000)),
                    *(now, len(entry), entry),
                ),
            )
            self._make_room(database)

    def claim(self, name: str, *, seconds: float) -> bool:
        """Whether the caller is the one to fetch ``name``, for so many seconds."""
        with self._counting, self._file.writing() as database:
            now = self._now()
            database.execute("DELETE FROM claim WHERE ends <= ?", (now,))
            made = database.execute(
                "INSERT OR IGNORE INTO claim (name, ends) VALUES (?, ?)",
                (cache_store.digest(name), now + round(seconds * 1_000)),
            )
            return made.rowcount == 1
        return True

    def release(self, name: str) -> None:
        """Let another fetch ``name``."""
        with self._counting, self._file.writing() as database:
            database.execute(
                "DELETE FROM claim WHERE name = ?", (cache_store.digest(name),)
            )

    def _make_room(self, database: sqlite3.Connection) -> None:
        # By when they were put: to note each use would make every look-up a write.
        database.execute(
            "DELETE FROM entry WHERE name IN (SELECT name FROM ("
            " SELECT name, sum(size) OVER newest AS size,"
            " count(*) OVER newest AS number FROM entry WINDOW newest AS"
            " (ORDER BY put DESC, name ROWS UNBOUNDED PRECEDING))"
            " WHERE size > ? OR number > ?)",
            (self._max_bytes, MAX_ENTRIES),
        )

    def _now(self) -> int:
        return self._clock().nanoseconds // _MILLISECOND
