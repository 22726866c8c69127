"""The newest version of each did:webvh that was seen, in a file that restarts keep.

What is in it is public: SCIDs, version numbers and hashes of entries. Who can write to
it can make a log look altered, or make an older one look whole, so only its owner can.

A store that cannot be used refuses with ``EvidenceUnavailable``.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.dids.webvh.seen import Seen, check_same
from medid.errors import ConfigurationError, EvidenceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_SECONDS: Final = 5.0  # how long a writer waits for another process

_PRIVATE: Final = 0o600
# "MDSV" in ASCII. Another program's database is not written to.
_APPLICATION_ID: Final = 0x4D445356
_SCHEMA_VERSION: Final = 1


class SqliteSeenVersions:
    """Seen versions in an SQLite file that several processes share and restarts keep.

    A row takes about 120 bytes; nothing is ever forgotten. Every call opens the file
    anew, so that one store serves any number of threads, and a fork harms nothing.
    """

    def __init__(self, path: str | Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open the store at ``path``, or make it.

        Args:
            path: The database file; its folder must exist.
            busy_seconds: How long to wait for another process that writes.

        Raises:
            ConfigurationError: The file is another program's, or of a newer medid.
            EvidenceUnavailable: The file cannot be made, read or written.
        """
        self._path = Path(path)
        self._busy_seconds = busy_seconds
        self._prepare()

    def newest(self, scid: str) -> Seen | None:
        """The newest version that was noted; ``None`` where none was.

        Raises:
            EvidenceUnavailable: The file cannot be used.
        """
        with self._connected() as database:
            return _newest(database, scid)

    def note(self, scid: str, seen: Seen) -> None:
        """Remember ``seen`` where it is newer than what is remembered.

        Raises:
            DidLogAltered: Another entry of that number is remembered.
            EvidenceUnavailable: The file cannot be used.
        """
        with self._writing() as database:
            before = _newest(database, scid)
            if before is not None and before.number >= seen.number:
                if before.number == seen.number:
                    check_same(before, seen.entry_hash)
                return
            database.execute(
                "INSERT OR REPLACE INTO seen (scid, number, hash) VALUES (?, ?, ?)",
                (scid, seen.number, seen.entry_hash),
            )

    def _prepare(self) -> None:
        try:
            # SQLite gives its side files the mode of the file itself.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, _PRIVATE))
            self._path.chmod(_PRIVATE)
        except OSError:
            raise _unusable() from None
        with self._connected() as database:
            database.execute("PRAGMA journal_mode = WAL")
        with self._writing() as database:
            _check_owner(database)
            database.execute(
                "CREATE TABLE IF NOT EXISTS seen (scid TEXT PRIMARY KEY, "
                "number INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID"
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its beginning to its commit."""
        with self._connected() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(
                # No file is made here: one that has gone is a failure, not a new store.
                f"{self._path.absolute().as_uri()}?mode=rw",
                timeout=self._busy_seconds,
                isolation_level=None,
                uri=True,
            )
            with closing(connection):
                # What was seen must stay seen, even if the power fails.
                connection.execute("PRAGMA synchronous = FULL")
                yield connection
        except (sqlite3.Error, OverflowError):
            raise _unusable() from None


def _newest(database: sqlite3.Connection, scid: str) -> Seen | None:
    row = database.execute(
        "SELECT number, hash FROM seen WHERE scid = ?", (scid,)
    ).fetchone()
    return None if row is None else Seen(number=row[0], entry_hash=row[1])


def _check_owner(database: sqlite3.Connection) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (application, version, tables) == (0, 0, 0):
        database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    elif (application, version) != (_APPLICATION_ID, _SCHEMA_VERSION):
        raise ConfigurationError("the file is no store of seen versions of this medid")


def _unusable() -> EvidenceUnavailable:
    return EvidenceUnavailable(
        "the store of seen versions cannot be used",
        fix="check that its disk has room and that no process holds it locked",
    )
