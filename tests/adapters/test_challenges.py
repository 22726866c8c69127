"""Challenges: unguessable, good once, across threads, processes and restarts."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from medid.adapters.challenges import MemoryChallenges, SqliteChallenges
from medid.core import base64url
from medid.core.instant import Instant
from medid.errors import ConfigurationError, EvidenceUnavailable, Replayed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from medid.verifying.challenges import ChallengeStore

NOON = Instant.parse("2026-06-01T12:00:00Z")
THREADS = 50


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ChallengeStore:
    if request.param == "memory":
        return MemoryChallenges()
    return SqliteChallenges(tmp_path / "challenges.db")


@pytest.fixture(params=["memory", "sqlite"])
def bounded(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[int], ChallengeStore]:
    def make(max_open: int) -> ChallengeStore:
        if request.param == "memory":
            return MemoryChallenges(max_open=max_open)
        return SqliteChallenges(tmp_path / "challenges.db", max_open=max_open)

    return make


def test_a_challenge_is_good_once(store: ChallengeStore) -> None:
    challenge = store.issue(at=NOON)
    other = store.issue(at=NOON)
    store.consume(challenge, at=NOON)
    with pytest.raises(Replayed):
        store.consume(challenge, at=NOON)
    store.consume(other, at=NOON)


def test_a_challenge_has_256_bits_and_is_text_for_any_format(
    store: ChallengeStore,
) -> None:
    challenge = store.issue(at=NOON)
    assert len(base64url.decode(challenge)) == 32


@pytest.mark.parametrize(
    "challenge",
    ["", "x", "A" * 43, "A" * 10_000, "é", "\x00", "' OR 1=1 --", "\ud800"],
)
def test_what_was_never_issued_is_refused(
    store: ChallengeStore, challenge: str
) -> None:
    good = store.issue(at=NOON)
    with pytest.raises(Replayed) as caught:
        store.consume(challenge, at=NOON)
    assert len(challenge) < 5 or challenge not in str(caught.value)
    store.consume(good, at=NOON)


def test_another_spelling_of_a_challenge_is_refused(store: ChallengeStore) -> None:
    challenge = store.issue(at=NOON)
    for other in (
        challenge + "=",
        challenge + " ",
        challenge.swapcase(),
        challenge[:-1],
    ):
        with pytest.raises(Replayed):
            store.consume(other, at=NOON)


@pytest.mark.parametrize(
    ("seconds", "good"), [(0, True), (299.999, True), (300, False), (10**9, False)]
)
def test_a_challenge_ends_after_its_lifetime(
    store: ChallengeStore, seconds: float, good: bool
) -> None:
    challenge = store.issue(at=NOON)
    if good:
        store.consume(challenge, at=NOON.plus(seconds))
        return
    with pytest.raises(Replayed):
        store.consume(challenge, at=NOON.plus(seconds))


def test_a_lifetime_can_be_chosen_and_must_be_one(store: ChallengeStore) -> None:
    challenge = store.issue(lifetime_seconds=1, at=NOON)
    with pytest.raises(Replayed):
        store.consume(challenge, at=NOON.plus(1))
    for wrong in (0, -1):
        with pytest.raises(ConfigurationError):
            store.issue(lifetime_seconds=wrong, at=NOON)


def test_ten_thousand_challenges_never_repeat() -> None:
    store = MemoryChallenges()
    assert len({store.issue(at=NOON) for _ in range(10_000)}) == 10_000


def test_a_full_store_issues_none_and_keeps_what_it_has(
    bounded: Callable[[int], ChallengeStore],
) -> None:
    store = bounded(3)
    held = [store.issue(at=NOON) for _ in range(3)]
    with pytest.raises(EvidenceUnavailable, match="too many"):
        store.issue(at=NOON)
    store.consume(held[0], at=NOON)
    replacement = store.issue(at=NOON)
    for challenge in (*held[1:], replacement):
        store.consume(challenge, at=NOON)


def test_expired_challenges_make_room(bounded: Callable[[int], ChallengeStore]) -> None:
    store = bounded(2)
    short = store.issue(lifetime_seconds=10, at=NOON)
    long = store.issue(lifetime_seconds=1000, at=NOON)
    later = NOON.plus(10)
    new = store.issue(at=later)
    for challenge in (long, new):
        store.consume(challenge, at=later)
    with pytest.raises(Replayed):
        store.consume(short, at=later)


def test_of_fifty_threads_exactly_one_succeeds(store: ChallengeStore) -> None:
    challenge = store.issue(at=NOON)
    barrier = threading.Barrier(THREADS)

    def consume() -> bool:
        barrier.wait()
        try:
            store.consume(challenge, at=NOON)
        except Replayed:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = [pool.submit(consume) for _ in range(THREADS)]
        assert sum(outcome.result() for outcome in outcomes) == 1


_CONSUME = """
import sys
from pathlib import Path
from medid.adapters.challenges import SqliteChallenges
from medid.core.instant import Instant
from medid.errors import Replayed

store = SqliteChallenges(Path(sys.argv[1]))
sys.stdin.readline()
for challenge in sys.argv[2:]:
    try:
        store.consume(challenge, at=Instant.parse("2026-06-01T12:00:00Z"))
    except Replayed:
        print("replayed")
    else:
        print("consumed")
"""


def test_of_several_processes_exactly_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "challenges.db"
    store = SqliteChallenges(path)
    challenges = [store.issue(at=NOON) for _ in range(20)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _CONSUME, str(path), *challenges],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    outputs = [process.communicate("go\n", timeout=60)[0] for process in processes]
    rounds = [output.split() for output in outputs]
    assert [len(round_) for round_ in rounds] == [20] * 4
    for outcomes in zip(*rounds, strict=True):
        assert sorted(outcomes) == ["consumed", "replayed", "replayed", "replayed"]


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "challenges.db"
    before = SqliteChallenges(path)
    used, unused = before.issue(at=NOON), before.issue(at=NOON)
    before.consume(used, at=NOON)
    after = SqliteChallenges(path)
    with pytest.raises(Replayed):
        after.consume(used, at=NOON)
    after.consume(unused, at=NOON)
    with pytest.raises(Replayed):
        SqliteChallenges(path).consume(unused, at=NOON)


def test_memory_starts_empty() -> None:
    challenge = MemoryChallenges().issue(at=NOON)
    with pytest.raises(Replayed):
        MemoryChallenges().consume(challenge, at=NOON)


def test_the_file_holds_no_challenge_and_nobody_else_can_read_it(
    tmp_path: Path,
) -> None:
    mask = os.umask(0)
    try:
        path = tmp_path / "challenges.db"
        store = SqliteChallenges(path)
        challenge = store.issue(at=NOON)
        # A reader keeps SQLite's side files in place while they are looked at.
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("SELECT * FROM challenge").fetchall()
            store.issue(at=NOON)
            files = sorted(tmp_path.iterdir())
            assert [file.name for file in files] == [
                "challenges.db",
                "challenges.db-shm",
                "challenges.db-wal",
            ]
            for file in files:
                assert stat.S_IMODE(file.stat().st_mode) == 0o600
                assert challenge.encode() not in file.read_bytes()
                assert base64url.decode(challenge) not in file.read_bytes()
    finally:
        os.umask(mask)


def test_an_existing_file_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "challenges.db"
    path.touch(0o644)
    SqliteChallenges(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_locked_store_refuses(tmp_path: Path) -> None:
    path = tmp_path / "challenges.db"
    store = SqliteChallenges(path, busy_seconds=0.05)
    challenge = store.issue(at=NOON)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EvidenceUnavailable, match="cannot be used"):
            store.consume(challenge, at=NOON)
        with pytest.raises(EvidenceUnavailable):
            store.issue(at=NOON)
        other.execute("ROLLBACK")
    store.consume(challenge, at=NOON)


def test_a_file_that_has_gone_refuses_and_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "challenges.db"
    store = SqliteChallenges(path)
    challenge = store.issue(at=NOON)
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(EvidenceUnavailable):
        store.consume(challenge, at=NOON)
    assert list(tmp_path.iterdir()) == []


_FILL = """
import resource, sys
from medid.adapters.challenges import SqliteChallenges
from medid.core.instant import Instant
from medid.errors import EvidenceUnavailable

noon = Instant.parse("2026-06-01T12:00:00Z")
store = SqliteChallenges(sys.argv[1])
challenge = store.issue(at=noon)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
try:
    for _ in range(2_000):
        store.issue(at=noon)
except EvidenceUnavailable:
    print("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
store.consume(challenge, at=noon)
print("kept")
"""


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _FILL, str(tmp_path / "challenges.db")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout.split() == ["refused", "kept"]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    content = b"not a database, but long enough" * 100
    path = tmp_path / "challenges.db"
    path.write_bytes(content)
    with pytest.raises(EvidenceUnavailable):
        SqliteChallenges(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE patient (name TEXT)",
        "PRAGMA application_id = 7",
        "PRAGMA user_version = 7",
    ],
)
def test_another_programs_database_is_left_alone(
    tmp_path: Path, statement: str
) -> None:
    path = tmp_path / "challenges.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()
    with pytest.raises(ConfigurationError, match="no challenge store"):
        SqliteChallenges(path)
    with closing(sqlite3.connect(path)) as database:
        names = database.execute("SELECT name FROM sqlite_master").fetchall()
    assert ("challenge",) not in names


def test_a_store_of_a_newer_medid_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "challenges.db"
    SqliteChallenges(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 2")
    with pytest.raises(ConfigurationError):
        SqliteChallenges(path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "challenges.db"):
        with pytest.raises(EvidenceUnavailable):
            SqliteChallenges(path)


def test_a_path_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=memory#%41.db"
    store = SqliteChallenges(path)
    store.consume(store.issue(at=NOON), at=NOON)
    assert path.exists()


def test_years_beyond_reason_are_an_answer_too(tmp_path: Path) -> None:
    store = SqliteChallenges(tmp_path / "challenges.db")
    far = Instant.parse("9999-12-31T23:59:59Z")
    store.consume(store.issue(at=far), at=far)
    with pytest.raises(EvidenceUnavailable):
        store.issue(at=Instant.parse("999999999-01-01T00:00:00Z"))


def test_expired_challenges_do_not_pile_up_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "challenges.db"
    store = SqliteChallenges(path)
    for minute in range(10):
        store.issue(lifetime_seconds=60, at=NOON.plus(60 * minute))
    with closing(sqlite3.connect(path)) as database:
        (count,) = database.execute("SELECT count(*) FROM challenge").fetchone()
    assert count == 1
