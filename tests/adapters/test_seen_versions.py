"""Seen versions: only ever newer, across threads, processes and restarts."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from medid.adapters.seen_versions import SqliteSeenVersions
from medid.dids.webvh.seen import MemorySeenVersions, Seen
from medid.errors import ConfigurationError, DidLogAltered, EvidenceUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from medid.dids.webvh.seen import SeenVersions


def version(number: int, entry_hash: str = "Qm") -> Seen:
    return Seen(number=number, entry_hash=f"{entry_hash}{number}")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SeenVersions:
    if request.param == "memory":
        return MemorySeenVersions()
    return SqliteSeenVersions(tmp_path / "seen.db")


def test_what_was_noted_is_there(store: SeenVersions) -> None:
    assert store.newest("x") is None
    store.note("x", version(2))
    assert store.newest("x") == version(2)
    assert store.newest("y") is None


def test_only_what_is_newer_replaces_it(store: SeenVersions) -> None:
    for number in (2, 1, 2, 5, 3):
        store.note("x", version(number))
    assert store.newest("x") == version(5)


def test_another_entry_of_that_number_is_refused(store: SeenVersions) -> None:
    store.note("x", version(2))
    with pytest.raises(DidLogAltered):
        store.note("x", version(2, "other"))
    assert store.newest("x") == version(2)


def test_threads_that_note_at_once_leave_the_newest(store: SeenVersions) -> None:
    def work(start: int) -> None:
        for number in range(start, start + 20):
            store.note("x", version(number))

    threads = [threading.Thread(target=work, args=(n,)) for n in (1, 5, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert store.newest("x") == version(28)


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    SqliteSeenVersions(path).note("x", version(2))
    assert SqliteSeenVersions(path).newest("x") == version(2)


def test_nobody_else_can_read_or_write_the_file(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    path.touch(mode=0o666)
    SqliteSeenVersions(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_locked_store_refuses(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    store = SqliteSeenVersions(path, busy_seconds=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EvidenceUnavailable):
            store.note("x", version(1))
        other.execute("ROLLBACK")
    store.note("x", version(1))


def test_a_file_that_has_gone_refuses_and_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    store = SqliteSeenVersions(path)
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(EvidenceUnavailable):
        store.newest("x")
    with pytest.raises(EvidenceUnavailable):
        store.note("x", version(1))
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(EvidenceUnavailable):
        SqliteSeenVersions(path)
    with pytest.raises(EvidenceUnavailable):
        SqliteSeenVersions(tmp_path / "no folder" / "seen.db")


@pytest.mark.parametrize(
    "change", ["CREATE TABLE theirs (x)", "PRAGMA user_version = 2"]
)
def test_another_programs_database_is_left_alone(tmp_path: Path, change: str) -> None:
    path = tmp_path / "seen.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(change)
        database.commit()
    with pytest.raises(ConfigurationError):
        SqliteSeenVersions(path)
    with closing(sqlite3.connect(path)) as database:
        names = database.execute("SELECT name FROM sqlite_master").fetchall()
    assert ("seen",) not in names


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_another_programs_database_stays_as_it_is(tmp_path: Path, mode: str) -> None:
    # Who else uses it may be another user, and may not know of write-ahead logs.
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA journal_mode = {mode}")
        database.execute("CREATE TABLE theirs (x)")
        database.commit()
    path.chmod(0o664)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError):
        SqliteSeenVersions(path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o664
    assert [one.name for one in tmp_path.iterdir()] == ["theirs.db"]


def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    path.chmod(0o664)
    with pytest.raises(EvidenceUnavailable):
        SqliteSeenVersions(path)
    assert path.read_text() == "notes"
    assert path.stat().st_mode & 0o777 == 0o664


def test_a_pipe_is_no_database_and_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(EvidenceUnavailable):
        SqliteSeenVersions(path)


def test_a_store_that_was_begun_and_not_finished_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    assert SqliteSeenVersions(path).newest("x") is None


def test_a_version_beyond_reason_is_refused(tmp_path: Path) -> None:
    store = SqliteSeenVersions(tmp_path / "seen.db")
    with pytest.raises(EvidenceUnavailable):
        store.note("x", version(2**70))
    store.note("x", version(1))
