"""What a cache holds is bounded, and never replaced by something older."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.cache_memory import ENTRY_BYTES, Entry, Kept
from medid.core.fetch import Fetched
from medid.errors import ConfigurationError, FetchFailed
from tests.adapters.fetchers import NOON, URL


def entry(size: int = 0, *, later: float = 0) -> Entry:
    at = NOON.plus(later)
    return Entry(Fetched.of(URL, b"x" * size, fetched_at=at), at)


def test_the_least_recently_used_goes_first() -> None:
    kept = Kept(max_entries=2, max_bytes=100_000)
    for name in ("a", "b"):
        kept.put(name, entry())
    kept.get("a")
    kept.put("c", entry())
    assert [kept.get(name) is None for name in "abc"] == [False, True, False]
    assert kept.evicted == 1


def test_an_older_answer_does_not_replace_a_newer_one() -> None:
    kept = Kept()
    newer = entry(1, later=1)
    kept.put("a", newer)
    kept.put("a", entry(2))
    assert kept.get("a") is newer
    same = entry(3, later=1)
    kept.put("a", same)
    assert kept.get("a") is same


def test_what_would_push_out_too_much_is_not_held() -> None:
    kept = Kept(max_bytes=4 * ENTRY_BYTES)
    kept.put("a", entry())
    kept.put("a", entry(1, later=1))
    assert kept.get("a") is None


def test_failures_take_room_too() -> None:
    assert Entry(FetchFailed("down"), NOON).size == ENTRY_BYTES


def test_what_is_dropped_is_gone() -> None:
    kept = Kept()
    kept.put("a", entry())
    kept.drop("a")
    kept.drop("a")
    assert kept.get("a") is None


@pytest.mark.parametrize("bounds", [{"max_bytes": 0}, {"max_entries": -1}])
def test_a_cache_without_room_is_refused(bounds: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        Kept(**bounds)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 900)), max_size=40))
def test_the_bounds_hold_whatever_comes(puts: list[tuple[str, int]]) -> None:
    kept = Kept(max_bytes=8_000, max_entries=3)
    for later, (name, size) in enumerate(puts):
        kept.put(name, entry(size, later=later))
        held = [found for one in "abcdef" if (found := kept.get(one)) is not None]
        assert len(held) <= 3
        assert sum(one.size for one in held) == kept._bytes <= 8_000
