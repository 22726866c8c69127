"""A file that processes share: private, bounded, and never a reason to fail."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from medid.adapters import cache_sqlite, cache_store
from medid.adapters.cache_sqlite import SqliteStore
from medid.adapters.challenges import SqliteChallenges
from medid.core.fetch import Fetched
from medid.errors import ConfigurationError, EvidenceUnavailable
from tests.adapters.fetchers import NOON, URL, Clock

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = Fetched.of(URL, b"{}", fetched_at=NOON)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


def changed(file: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement, values)


def test_what_is_put_is_there_until_its_time_is_up(file: Path) -> None:
    clock = Clock()
    store = SqliteStore(file, clock=clock)
    assert store.get("n") is None
    store.put("n", DOCUMENT, seconds=10)
    clock.move(9.999)
    assert store.get("n") == DOCUMENT
    assert SqliteStore(file, clock=clock).get("n") == DOCUMENT
    assert store.get("other") is None
    clock.move(0.001)
    assert store.get("n") is None
    assert store.faults == 0


def test_only_the_owner_can_read_and_write_it(file: Path) -> None:
    file.touch(mode=0o666)
    store = SqliteStore(file)
    with store._file.reading() as database:
        database.execute("SELECT * FROM entry").fetchall()
        store.put("n", DOCUMENT, seconds=10)
        beside = list(file.parent.iterdir())
        assert len(beside) == 3
        for one in beside:
            assert stat.S_IMODE(one.stat().st_mode) == 0o600


def test_one_at_a_time_is_to_fetch(file: Path) -> None:
    clock = Clock()
    stores = [SqliteStore(file, clock=clock) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda store: store.claim("n", seconds=5), stores))
    assert sum(claimed) == 1
    assert stores[0].claim("other", seconds=5)
    clock.move(5)
    assert stores[0].claim("n", seconds=5)
    assert not stores[1].claim("n", seconds=5)
    stores[2].release("n")
    assert stores[1].claim("n", seconds=5)


def test_another_process_reads_what_this_one_wrote(file: Path) -> None:
    SqliteStore(file).put("n", DOCUMENT, seconds=1_000)
    code = (
        "import sys; from medid.adapters.cache_sqlite import SqliteStore;"
        "print(SqliteStore(sys.argv[1]).get('n').content)"
    )
    argv = [sys.executable, "-c", code, str(file)]
    shown = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)
    assert shown.stdout == "b'{}'\n"


def test_the_oldest_make_room(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    entry = len(cache_store.write("n", DOCUMENT))
    store = SqliteStore(file, clock=clock, max_bytes=3 * entry)
    for name in "abcd":
        clock.move(1)
        store.put(name, DOCUMENT, seconds=100)
    assert [name for name in "abcd" if store.get(name)] == ["b", "c", "d"]
    monkeypatch.setattr(cache_sqlite, "MAX_ENTRIES", 1)
    clock.move(1)
    store.put("e", DOCUMENT, seconds=100)
    assert [name for name in "abcde" if store.get(name)] == ["e"]


def test_what_is_too_long_is_not_put(file: Path) -> None:
    store = SqliteStore(file, max_bytes=100)
    store.put("n", DOCUMENT, seconds=100)
    assert store.get("n") is None
    assert store.faults == 0


def test_the_file_of_something_else_is_refused(file: Path) -> None:
    SqliteChallenges(file)
    with pytest.raises(ConfigurationError, match="no cache"):
        SqliteStore(file)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE entry (name TEXT)",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 1",
    ],
)
def test_a_foreign_database_is_refused(file: Path, statement: str) -> None:
    changed(file, statement)
    with pytest.raises(ConfigurationError):
        SqliteStore(file)


def test_the_file_of_a_newer_medid_is_refused(file: Path) -> None:
    SqliteStore(file)
    changed(file, "PRAGMA user_version = 2")
    with pytest.raises(ConfigurationError):
        SqliteStore(file)


def test_a_file_that_is_no_database_or_cannot_be_made_is_refused(file: Path) -> None:
    file.write_bytes(b"no database" * 1_000)
    odd = [file.with_name(name) for name in ("a\0b", "\ud800", "x" * 300)]
    for place in (file, file.parent / "absent" / "cache.db", *odd):
        with pytest.raises(EvidenceUnavailable):
            SqliteStore(place)


def test_a_file_that_is_damaged_locked_or_gone_is_no_cache_and_no_error(
    file: Path,
) -> None:
    store = SqliteStore(file, busy_seconds=0.01)
    store.put("n", DOCUMENT, seconds=1_000)
    changed(file, "UPDATE entry SET entry = ?", b"medid cache 1\n-\n{}\n")
    assert store.get("n") is None
    assert store.faults == 1
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.put("m", DOCUMENT, seconds=1_000)
        assert store.claim("m", seconds=1)
        store.release("m")
    assert store.faults == 4
    for one in file.parent.iterdir():
        one.unlink()
    assert store.get("n") is None
    assert store.claim("n", seconds=1)
    assert not file.exists()
    assert store.faults == 6


def test_a_defect_is_not_taken_for_a_fault_of_the_file(file: Path) -> None:
    def broken() -> object:
        raise RuntimeError

    store = SqliteStore(file)
    store._clock = broken  # type: ignore[assignment]
    with pytest.raises(RuntimeError):
        store.claim("n", seconds=1)
    assert store.faults == 0
