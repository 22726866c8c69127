"""Histories that are kept: for exact bytes, within a bound, and never what failed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from medid.dids.webvh import history
from medid.dids.webvh.histories import Histories
from medid.errors import InvalidDidLog
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.dids.webvh.entries import LogEntry

ENTRIES = logs.several(4)


@pytest.fixture
def read_entries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the entries that are verified from now on."""
    numbers: list[int] = []
    check = history._check_proofs

    def counted(entry: LogEntry, keys: tuple[str, ...]) -> None:
        numbers.append(entry.number)
        check(entry, keys)

    monkeypatch.setattr(history, "_check_proofs", counted)
    return numbers


def test_a_log_that_grew_costs_what_it_grew_by(read_entries: list[int]) -> None:
    kept = Histories()
    for count in (2, 2, 3, 4):
        found = kept.read("x", logs.lines(ENTRIES[:count]))
        assert found == history.read(logs.lines(ENTRIES[:count]))
        del read_entries[-count:]
    assert read_entries == [1, 2, 3, 4]


def test_a_newline_at_the_end_makes_no_difference(read_entries: list[int]) -> None:
    kept = Histories()
    content = logs.lines(ENTRIES)
    assert kept.read("x", content.rstrip(b"\n")).whole()
    assert kept.read("x", content).whole()
    assert kept.read("x", content.rstrip(b"\n")).whole()
    assert read_entries == [1, 2, 3, 4]


def test_other_bytes_are_verified_anew(read_entries: list[int]) -> None:
    kept = Histories()
    kept.read("x", logs.lines(ENTRIES[:2]))
    assert kept.read("x", logs.lines(logs.several(2, "b"))).whole()
    assert read_entries == [1, 2, 1, 2]
    # Shorter than what is kept, and what is kept with more on its last line.
    assert len(kept.read("x", logs.lines(logs.several(1, "b"))).whole()) == 1
    content = logs.lines(logs.several(1, "b")).rstrip(b"\n")
    with pytest.raises(InvalidDidLog):
        kept.read("x", content + b"x").whole()


def test_one_did_knows_nothing_of_another(read_entries: list[int]) -> None:
    kept = Histories()
    kept.read("x", logs.lines(ENTRIES[:1]))
    kept.read("y", logs.lines(ENTRIES[:1]))
    assert read_entries == [1, 1]


def test_what_failed_is_read_again_and_what_came_before_is_not(
    read_entries: list[int],
) -> None:
    kept = Histories()
    content = logs.lines([*ENTRIES[:2], logs.signed(ENTRIES[2], "thief")])
    for _ in range(2):
        with pytest.raises(InvalidDidLog):
            kept.read("x", content).whole()
    assert read_entries == [1, 2, 3, 3]
    assert kept.read("x", logs.lines(ENTRIES)).whole()
    with pytest.raises(InvalidDidLog):
        kept.read("z", b"{}\n").whole()


def test_the_bound_holds_and_the_oldest_goes_first(read_entries: list[int]) -> None:
    content = logs.lines(ENTRIES[:1])
    kept = Histories(max_bytes=2 * len(content))
    for name in ("x", "y", "x", "z"):
        kept.read(name, content)
    assert read_entries == [1, 1, 1]
    kept.read("x", content)
    kept.read("y", content)
    assert read_entries == [1, 1, 1, 1]
    small = Histories(max_bytes=10)
    small.read("x", content)
    small.read("x", content)
    assert read_entries == [1] * 6


def test_threads_agree() -> None:
    kept = Histories()
    counts: list[int] = []

    def work() -> None:
        counts.extend(
            len(kept.read("x", logs.lines(ENTRIES[:count])).whole())
            for count in (1, 3, 2, 4)
        )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(counts) == sorted([1, 2, 3, 4] * 4)
