"""Rows that medid does not write, in its SQLite files: none is used, and it is said.

SQLite keeps a value of any kind in any column. Whoever may write to a file, or what a
broken disk left of it, must not end in an error of Python's.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.adapters import cache_store
from medid.adapters.archives import SqliteArchive
from medid.adapters.cache_sqlite import SqliteStore
from medid.adapters.challenges import SqliteChallenges
from medid.adapters.consents import SqliteConsents
from medid.adapters.identities import Identities
from medid.adapters.seen_versions import SqliteSeenVersions
from medid.core.fetch import Fetched, FetchRequest
from medid.core.instant import Instant
from medid.dids.webvh.seen import Seen
from medid.errors import EvidenceUnavailable, Replayed
from tests.adapters.test_consents import consent
from tests.cli.conftest import CHEAP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON: Final = Instant.parse("2026-06-01T12:00:00Z")
URL: Final = "https://board.example/did.json"
ASKED: Final = FetchRequest(url=URL, accept="*/*", max_bytes=99)
ODD: Final = (7, -1, 2**40, 1.5, float("inf"), "text", b"\xff")


def put(path: Path, table: str, column: str, value: object) -> None:
    """What somebody does who may write to the file."""
    with closing(sqlite3.connect(path)) as database, database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(f"UPDATE {table} SET {column} = ?", (value,))


@pytest.mark.parametrize("value", [*ODD, b"x" * (cache_store.MAX_ENTRY + 1)])
def test_a_cache_counts_it_and_has_nothing(tmp_path: Path, value: object) -> None:
    path = tmp_path / "cache.db"
    store = SqliteStore(path, clock=lambda: NOON)
    store.put("name", Fetched.of(URL, b"x", fetched_at=NOON), seconds=60)
    assert store.get("name") is not None
    put(path, "entry", "entry", value)
    assert (store.get("name"), store.faults) == (None, 1)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        *(("content", "bytes", value) for value in ODD),
        ("observation", "fetched", 1.5),
        ("observation", "media_type", b"text/html"),
    ],
)
def test_an_archive_that_was_altered_says_nothing(
    tmp_path: Path, table: str, column: str, value: object
) -> None:
    path = tmp_path / "archive.db"
    archive = SqliteArchive(path)
    archive.record(ASKED, Fetched.of(URL, b"x", fetched_at=NOON))
    put(path, table, column, value)
    with pytest.raises(EvidenceUnavailable, match="the archive was altered"):
        archive.find(ASKED, at=NOON.plus(1))


def test_a_later_observation_that_was_altered_confirms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    archive = SqliteArchive(path)
    for seconds in (0, 60):
        seen = Fetched.of(URL, b"x", fetched_at=NOON.plus(seconds))
        archive.record(ASKED, seen)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TRIGGER observation_update")
        database.execute("UPDATE observation SET digest = x'ff' WHERE id = 2")
    with pytest.raises(EvidenceUnavailable, match="altered"):
        archive.find(ASKED, at=NOON.plus(1))


@pytest.mark.parametrize(
    ("column", "value"),
    [("number", "text"), ("number", b"1"), ("number", 1.5), ("hash", b"x")],
)
def test_no_version_was_seen_of_what_was_altered(
    tmp_path: Path, column: str, value: object
) -> None:
    path = tmp_path / "seen.db"
    store = SqliteSeenVersions(path)
    seen = Seen(number=3, entry_hash="hash")
    store.note("scid", seen)
    put(path, "seen", column, value)
    calls: list[Callable[[], Any]] = [
        lambda: store.newest("scid"),
        lambda: store.note("scid", seen),
    ]
    for call in calls:
        with pytest.raises(EvidenceUnavailable, match="was altered"):
            call()


@pytest.mark.parametrize("end", ["text", b"x", float("inf"), 0, -1])
def test_a_challenge_ends_at_a_time(tmp_path: Path, end: object) -> None:
    path = tmp_path / "challenges.db"
    store = SqliteChallenges(path)
    challenge = store.issue(at=NOON)
    put(path, "challenge", "ends", end)
    with pytest.raises(Replayed):
        store.consume(challenge, at=NOON.plus(1))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("consent", "id", b"x"),
        ("consent", "patient", b"x"),
        ("consent", "custodian", b"x"),
        ("event", "at", "text"),
        ("event", "at", 1.5),
        ("event", "kind", b"x"),
    ],
)
def test_consents_on_file_are_read_as_they_were_written(
    tmp_path: Path, table: str, column: str, value: object
) -> None:
    path = tmp_path / "consents.db"
    store = SqliteConsents(path)
    kept = store.keep(consent(), at=NOON)
    put(path, table, column, value)
    calls: list[Callable[[], Any]] = [store.kept, store.history]
    refused = 0
    for call in calls:
        try:
            call()
        except EvidenceUnavailable:
            refused += 1
    assert refused
    assert kept.given == NOON


@pytest.mark.parametrize("column", ["custodian", "method", "key_file", "list"])
def test_a_wallet_that_was_altered_signs_nothing(tmp_path: Path, column: str) -> None:
    made = Identities(tmp_path / "w", password=lambda: b"password", protection=CHEAP)
    made.of("Hospital", lists="https://wallet.example")
    put(tmp_path / "w" / "wallet.db", "identity", column, b"x")
    with pytest.raises(EvidenceUnavailable, match="the wallet was altered"):
        made.all()


@pytest.mark.parametrize(
    "statement",
    [
        # By which the store would try to note whom its consents name without an end.
        "CREATE TRIGGER t BEFORE INSERT ON named BEGIN SELECT RAISE(IGNORE); END",
        # And by which withdrawals would not be recorded.
        "CREATE TRIGGER t BEFORE INSERT ON event BEGIN SELECT RAISE(IGNORE); END",
        "CREATE VIEW v AS SELECT * FROM event",
    ],
)
def test_nothing_acts_in_a_file_but_what_medid_made(
    tmp_path: Path, statement: str
) -> None:
    path = tmp_path / "consents.db"
    SqliteConsents(path).keep(consent(), at=NOON)
    SqliteConsents(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)
    with pytest.raises(EvidenceUnavailable, match="the consent store was altered"):
        SqliteConsents(path)
