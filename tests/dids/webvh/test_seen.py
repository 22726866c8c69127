"""A log continues what was seen of it, or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.dids.webvh import history, seen
from medid.dids.webvh.seen import MemorySeenVersions, Seen
from medid.errors import DidLogAltered, InvalidDidLog, MedidError
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject

ENTRIES = logs.several(4)
# Parts from it at the third version.
FORK = [*ENTRIES[:2], logs.after(ENTRIES[1], at="2026-07-01T00:00:00Z")]
FORK = [*FORK, logs.after(FORK[2])]


def read(count: int, entries: list[JsonObject] = ENTRIES) -> history.History:
    return history.read(logs.lines(entries[:count]))


def test_the_newest_version_is_what_is_seen() -> None:
    found = seen.newest_of(read(3))
    assert found == Seen(number=3, entry_hash=str(ENTRIES[2]["versionId"])[2:])
    with pytest.raises(MedidError):
        seen.newest_of(history.read(b""))


def test_the_same_log_and_a_longer_one_continue_it() -> None:
    for count in (3, 4):
        seen.check(read(count), seen.newest_of(read(3)))
        seen.check(read(count), None)


def test_a_shorter_log_is_refused() -> None:
    # N-vh-truncate.
    with pytest.raises(DidLogAltered, match="shorter"):
        seen.check(read(2), seen.newest_of(read(3)))


@pytest.mark.parametrize("count", [3, 4])
def test_a_log_that_parts_from_what_was_seen_is_refused(count: int) -> None:
    # N-vh-fork: both logs are good in themselves.
    assert read(4, FORK).whole()
    with pytest.raises(DidLogAltered, match="another entry"):
        seen.check(read(count, FORK), seen.newest_of(read(3)))
    seen.check(read(count, FORK), seen.newest_of(read(2)))


def test_a_log_of_which_a_part_does_not_count_says_why() -> None:
    broken = history.read(logs.lines(ENTRIES[:3]) + b"{}\n")
    with pytest.raises(InvalidDidLog) as caught:
        seen.check(broken, seen.newest_of(read(4)))
    assert type(caught.value) is InvalidDidLog


@given(first=st.integers(1, 4), second=st.integers(1, 4), fork=st.booleans())
def test_only_a_continuation_is_accepted(
    first: int, second: int, *, fork: bool
) -> None:
    now = read(second, FORK if fork else ENTRIES)
    good = second >= first and (not fork or first <= 2)
    if good:
        seen.check(now, seen.newest_of(read(first)))
    else:
        with pytest.raises(DidLogAltered):
            seen.check(now, seen.newest_of(read(first)))


def test_memory_forgets_the_one_noted_longest_ago() -> None:
    kept = MemorySeenVersions(max_dids=2)
    for name in ("x", "y", "x", "z"):
        kept.note(name, Seen(number=1, entry_hash=name))
    assert kept.newest("y") is None
    assert kept.newest("x") == Seen(number=1, entry_hash="x")
    assert kept.newest("z") == Seen(number=1, entry_hash="z")
