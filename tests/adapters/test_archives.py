"""The archive on disk: appended to, never changed, and its owner's alone."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from medid.adapters.archives import SqliteArchive
from medid.core.fetch import Fetched, FetchRequest
from medid.core.instant import Instant
from medid.errors import ConfigurationError, EvidenceUnavailable, HistoryUnknown

if TYPE_CHECKING:
    from pathlib import Path

NOW = Instant.parse("2026-06-15T12:00:00Z")
URL = "https://board.example/did.json"
ASKED = FetchRequest(url=URL, accept="x", max_bytes=100)


def document(content: bytes, at: Instant) -> Fetched:
    return Fetched.of(URL, content, fetched_at=at, media_type="application/did")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


def test_each_time_is_answered_with_what_was_seen_last(file: Path) -> None:
    archive = SqliteArchive(file)
    old, new = document(b"old", NOW), document(b"new", NOW.plus(3_600))
    for one in (old, new):
        archive.record(ASKED, one)
    again = SqliteArchive(file)

    assert again.find(ASKED, at=NOW) == old
    assert again.find(ASKED, at=NOW.plus(3_599)) == old
    assert again.find(ASKED, at=NOW.plus(3_600)) == new
    with pytest.raises(HistoryUnknown):
        again.find(ASKED, at=NOW.plus(-1))
    with pytest.raises(HistoryUnknown):
        again.find(ASKED, at=NOW.plus(3_601 + 86_400))


def test_what_was_found_unchanged_held_in_between(file: Path) -> None:
    archive = SqliteArchive(file, max_gap_seconds=10)
    for at in (0, 1_000):
        archive.record(ASKED, document(b"same", NOW.plus(at)))
    assert archive.find(ASKED, at=NOW.plus(500)).fetched_at == NOW
    archive.record(ASKED, document(b"other", NOW.plus(2_000)))
    with pytest.raises(HistoryUnknown):
        archive.find(ASKED, at=NOW.plus(1_500))


def test_another_place_or_form_is_another_document(file: Path) -> None:
    archive = SqliteArchive(file)
    archive.record(ASKED, document(b"a", NOW))
    for url, accept in ((URL + "x", "x"), (URL, "y")):
        other = FetchRequest(url=url, accept=accept, max_bytes=9)
        with pytest.raises(HistoryUnknown):
            archive.find(other, at=NOW)


def test_the_file_is_its_owners_and_keeps_each_content_once(file: Path) -> None:
    archive = SqliteArchive(file)
    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(
                lambda n: archive.record(ASKED, document(b"a", NOW.plus(n))), range(8)
            )
        )
    assert file.stat().st_mode & 0o777 == 0o600
    # What a cache gives again was seen once.
    archive.record(ASKED, document(b"a", NOW))
    with sqlite3.connect(file) as database:
        count = "SELECT (SELECT count(*) FROM content), count(*) FROM observation"
        assert database.execute(count).fetchone() == (1, 8)
    database.close()


def test_what_was_recorded_cannot_be_changed_or_taken_away(file: Path) -> None:
    SqliteArchive(file).record(ASKED, document(b"a", NOW))
    database = sqlite3.connect(file)
    for statement in (
        "DELETE FROM observation",
        "DELETE FROM content",
        "UPDATE observation SET fetched = 0",
        "UPDATE content SET bytes = 'x'",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute(statement)
    database.close()


def test_an_altered_content_is_not_given(file: Path) -> None:
    archive = SqliteArchive(file)
    archive.record(ASKED, document(b"a", NOW))
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("DROP TRIGGER content_update")
    database.execute("UPDATE content SET bytes = ?", (b"b",))
    database.close()
    with pytest.raises(EvidenceUnavailable, match="altered"):
        archive.find(ASKED, at=NOW)


def test_a_file_that_cannot_be_used_gives_no_answer(file: Path, tmp_path: Path) -> None:
    archive = SqliteArchive(file)
    file.unlink()
    with pytest.raises(EvidenceUnavailable):
        archive.record(ASKED, document(b"a", NOW))
    with pytest.raises(EvidenceUnavailable):
        archive.find(ASKED, at=NOW)
    with pytest.raises(EvidenceUnavailable):
        SqliteArchive(tmp_path / "no" / "folder")


def test_another_programs_file_is_left_alone(file: Path) -> None:
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE theirs (x)")
    database.commit()
    database.close()
    with pytest.raises(ConfigurationError, match="no archive"):
        SqliteArchive(file)


@pytest.mark.parametrize("gap", [-1, float("inf"), float("nan")])
def test_the_gap_is_a_length_of_time(file: Path, gap: float) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SqliteArchive(file, max_gap_seconds=gap)
    assert caught.value.path == "$.max_gap_seconds"
