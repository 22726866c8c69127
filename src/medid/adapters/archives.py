"""The archive of what was seen, in an SQLite file that several processes share.

Observations are appended and never changed: the file itself refuses an update or a
deletion of one. A document that was seen often is kept once.

Patients and practitioners may publish documents too: that one was looked up, and when,
is in the file. It can be read and written by its owner only.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from medid.adapters.sqlite_file import BUSY_SECONDS, SqliteFile, SqliteForm, stored
from medid.core.archive import MAX_GAP, held_at
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.errors import ConfigurationError, EvidenceUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from medid.core.fetch import FetchRequest

_CONTENT: Final = (
    "CREATE TABLE IF NOT EXISTS content ("
    "digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID"
)
_OBSERVATION: Final = (
    "CREATE TABLE IF NOT EXISTS observation ("
    "id INTEGER PRIMARY KEY, url TEXT NOT NULL, accept TEXT NOT NULL,"
    " fetched INTEGER NOT NULL, media_type TEXT NOT NULL,"
    " digest TEXT NOT NULL REFERENCES content (digest))"
)
_PLACE: Final = (
    "CREATE INDEX IF NOT EXISTS observation_place ON observation (url, accept, fetched)"
)
_APPEND_ONLY: Final = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {table}_{verb.lower()} BEFORE {verb} ON {table}"
    " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    for table in ("content", "observation")
    for verb in ("UPDATE", "DELETE")
)
# What a cache gives again was seen when it was fetched, and was kept then.
_KEPT: Final = (
    "SELECT 1 FROM observation WHERE url = ? AND accept = ? AND fetched = ?"
    " AND media_type = ? AND digest = ? LIMIT 1"
)
_FORM: Final = SqliteForm(
    name="archive",
    application_id=0x4D444941,  # MDIA
    schema=(_CONTENT, _OBSERVATION, _PLACE, *_APPEND_ONLY),
    # What a decision stood on must be there, even if the power fails.
    durable=True,
)
_BEFORE: Final = (
    "SELECT fetched, media_type, observation.digest, bytes"
    " FROM observation JOIN content USING (digest)"
    " WHERE url = ? AND accept = ? AND fetched <= ?"
    " ORDER BY fetched DESC, id DESC LIMIT 1"
)
_AFTER: Final = (
    "SELECT digest FROM observation WHERE url = ? AND accept = ? AND fetched > ?"
    " ORDER BY fetched, id LIMIT 1"
)


class SqliteArchive:
    """An ``Archive`` in a file that several processes share and restarts keep.

    Any number of threads may share it, and a fork harms nothing.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_gap_seconds: float = MAX_GAP,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        """Open the archive at ``path``, or make it.

        Args:
            path: The database file; its folder must exist.
            max_gap_seconds: How old an observation may be that no later one confirms.
            busy_seconds: How long to wait for another process that writes.

        Raises:
            ConfigurationError: The file is another program's, or of a newer medid; or
                the gap is no length of time.
            EvidenceUnavailable: The file cannot be made, read or written.
        """
        if not 0 <= max_gap_seconds < float("inf"):
            message = "a length of time is a number of seconds from 0"
            raise ConfigurationError(message, path="$.max_gap_seconds")
        self._max_gap = max_gap_seconds
        self._file = SqliteFile(path, _FORM, busy_seconds=busy_seconds)

    def record(self, request: FetchRequest, fetched: Fetched) -> None:
        """Keep ``fetched`` as what ``request`` was answered with; once for each time.

        Raises:
            EvidenceUnavailable: The file cannot be used.
        """
        seen = (
            request.url,
            request.accept,
            stored(fetched.fetched_at),
            fetched.media_type,
            fetched.digest,
        )
        with self._file.reading() as database:
            if database.execute(_KEPT, seen).fetchone() is not None:
                return
        with self._file.writing() as database:
            database.execute(
                "INSERT OR IGNORE INTO content (digest, bytes) VALUES (?, ?)",
                (fetched.digest, fetched.content),
            )
            database.execute(
                "INSERT INTO observation (url, accept, fetched, media_type, digest)"
                " VALUES (?, ?, ?, ?, ?)",
                seen,
            )

    def find(self, request: FetchRequest, *, at: Instant) -> Fetched:
        """What was published at ``at``, with the time at which it was seen.

        Raises:
            HistoryUnknown: Nobody looked near enough to that time.
            EvidenceUnavailable: The file cannot be used, or was altered.
        """
        where = (request.url, request.accept, stored(at))
        with self._file.reading() as database:
            before = database.execute(_BEFORE, where).fetchone()
            after = database.execute(_AFTER, where).fetchone()
        if before is not None:
            self._file.check(before, int, str, str, bytes)
        if after is not None:
            self._file.check(after, str)
        return held_at(
            None if before is None else _observed(request.url, before),
            None if after is None else after[0],
            at=at,
            max_gap_seconds=self._max_gap,
        )


def _observed(url: str, row: tuple[int, str, str, bytes]) -> Fetched:
    microseconds, media_type, digest, content = row
    if hashlib.sha256(content).hexdigest() != digest:
        fix = "restore the archive from a copy"
        raise EvidenceUnavailable("the archive was altered", fix=fix)
    return Fetched(
        url=url,
        content=content,
        media_type=media_type,
        digest=digest,
        fetched_at=Instant(microseconds * 1_000),
    )
