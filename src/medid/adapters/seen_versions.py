"""The newest version of each did:webvh that was seen, in a file that restarts keep.

What is in it is public: SCIDs, version numbers and hashes of entries. Who can write to
it can make a log look altered, or make an older one look whole, so only its owner can.

A store that cannot be used refuses with ``EvidenceUnavailable``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.adapters.sqlite_file import BUSY_SECONDS, SqliteFile, SqliteForm
from medid.dids.webvh.seen import Seen, check_same

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

_FORM: Final = SqliteForm(
    name="store of seen versions",
    application_id=0x4D445356,  # MDSV
    schema=(
        (
            "CREATE TABLE IF NOT EXISTS seen (scid TEXT PRIMARY KEY, "
            "number INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID"
        ),
    ),
    # What was seen must stay seen, even if the power fails.
    durable=True,
)


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
        self._file = SqliteFile(path, _FORM, busy_seconds=busy_seconds)

    def newest(self, scid: str) -> Seen | None:
        """The newest version that was noted; ``None`` where none was.

        Raises:
            EvidenceUnavailable: The file cannot be used, or was altered.
        """
        with self._file.reading() as database:
            return self._newest(database, scid)

    def note(self, scid: str, seen: Seen) -> None:
        """Remember ``seen`` where it is newer than what is remembered.

        Raises:
            DidLogAltered: Another entry of that number is remembered.
            EvidenceUnavailable: The file cannot be used, or was altered.
        """
        with self._file.writing() as database:
            before = self._newest(database, scid)
            if before is not None and before.number >= seen.number:
                if before.number == seen.number:
                    check_same(before, seen.entry_hash)
                return
            database.execute(
                "INSERT OR REPLACE INTO seen (scid, number, hash) VALUES (?, ?, ?)",
                (scid, seen.number, seen.entry_hash),
            )

    def _newest(self, database: sqlite3.Connection, scid: str) -> Seen | None:
        row = database.execute(
            "SELECT number, hash FROM seen WHERE scid = ?", (scid,)
        ).fetchone()
        if row is None:
            return None
        self._file.check(row, int, str)
        return Seen(number=row[0], entry_hash=row[1])
