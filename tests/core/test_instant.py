"""Instants and windows: exact, half-open, and without a hidden clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import ALWAYS, Instant, Window, stopwatch, system_clock
from medid.errors import Expired, MalformedValue, NotYetValid


def at(text: str) -> Instant:
    return Instant.parse(text)


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_agrees_with_datetime_where_datetime_can_follow(
    moment: datetime, offset: int
) -> None:
    sign = "-" if offset < 0 else "+"
    zone = f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    text = f"{moment.isoformat(timespec='microseconds').rjust(26, '0')}{zone}"
    utc = moment.replace(tzinfo=UTC) - timedelta(minutes=offset)
    expected = (utc - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert at(text).nanoseconds == expected * 1_000


@given(st.integers(-(6 * 10**19), 10**22))
def test_writing_and_reading_give_the_same_instant(nanoseconds: int) -> None:
    instant = Instant(nanoseconds)
    assert at(str(instant)) == instant


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"),
        ("2026-01-01T00:00:00Z", "2025-12-31T24:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00Z", "2025-12-31T10:00:00-14:00"),
        ("12026-01-01T00:00:00Z", "12026-01-01T00:00:00-00:00"),
    ],
)
def test_one_instant_has_several_spellings(text: str, same: str) -> None:
    assert at(text) == at(same)


def test_fractions_are_kept_to_the_nanosecond() -> None:
    assert (
        str(at("2026-01-01T00:00:00.1234567899Z")) == "2026-01-01T00:00:00.123456789Z"
    )
    assert at("2026-01-01T00:00:00.5Z").seconds == 1767225600.5


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00",
        "2026-01-01",
        "2026-01-01T00:00Z",
        "2026-01-01t00:00:00Z",
        "2026-01-01T00:00:00z",
        "2026-01-01 00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "02026-01-01T00:00:00Z",
        "2026-01-01T24:00:01Z",
        "2026-01-01T24:00:00.5Z",
        "2026-01-01T25:00:00Z",
        "2026-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-01-01T00:00:00+25:00",
        "2026-01-01T00:00:00+14:01",
        "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00Z\n",
        " 2026-01-01T00:00:00Z",
        "２０２６-01-01T00:00:00Z",  # noqa: RUF001
        "-2026-01-01T00:00:00Z",
        "9999999999-01-01T00:00:00Z",
        "",
    ],
)
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        Instant.parse(text, path="$.validFrom")
    assert caught.value.path == "$.validFrom"
    assert text == "" or text not in caught.value.message


def test_dates_begin_at_midnight_in_utc() -> None:
    assert Instant.from_date("2026-03-01") == at("2026-03-01T00:00:00Z")
    for text in ("2026-3-1", "2026-02-30", "2026-03-01Z"):
        with pytest.raises(MalformedValue) as caught:
            Instant.from_date(text)
        # What is told to do, is taken.
        told = caught.value.fix.rpartition(" ")[2]
        assert str(Instant.from_date(told)).startswith(told)


def test_windows_are_half_open() -> None:
    window = Window(at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"))
    window.check(at("2026-01-01T00:00:00Z"))
    window.check(at("2026-01-31T23:59:59.999999999Z"))
    with pytest.raises(NotYetValid):
        window.check(at("2025-12-31T23:59:59.999999999Z"))
    with pytest.raises(Expired):
        window.check(at("2026-02-01T00:00:00Z"))
    assert window.contains(at("2026-01-01T00:00:00Z"))
    assert not window.contains(at("2026-02-01T00:00:00Z"))
    assert not window.contains(at("2025-12-31T23:59:59Z"))


def test_skew_widens_a_window_by_no_more_than_configured() -> None:
    window = Window(at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"))
    window.check(at("2025-12-31T23:59:00Z"), skew_seconds=60)
    window.check(at("2026-02-01T00:00:59Z"), skew_seconds=60)
    with pytest.raises(NotYetValid):
        window.check(at("2025-12-31T23:58:59Z"), skew_seconds=60)
    with pytest.raises(Expired):
        window.check(at("2026-02-01T00:01:00Z"), skew_seconds=60)


def test_an_open_window_holds_every_instant() -> None:
    ALWAYS.check(Instant(-(10**30)))
    assert ALWAYS.contains(Instant(10**30))


def test_intersection_takes_the_later_start_and_the_earlier_end() -> None:
    early, late = Instant(1), Instant(5)
    assert Window(early, late).intersect(Window(Instant(2), None)) == Window(
        Instant(2), late
    )
    assert ALWAYS.intersect(ALWAYS) == ALWAYS


def test_windows_overlap_where_an_instant_lies_in_both() -> None:
    one = Window(Instant(1), Instant(5))
    for other in (ALWAYS, one, Window(Instant(4), None), Window(None, Instant(2))):
        assert one.overlaps(other)
        assert other.overlaps(one)
    for other in (Window(Instant(5), None), Window(None, Instant(1))):
        assert not one.overlaps(other)
        assert not other.overlaps(one)


def test_arithmetic_is_in_seconds() -> None:
    start = at("2026-01-01T00:00:00Z")
    assert start.plus(1.5).since(start) == 1.5
    assert start.plus(-1) < start
    assert Instant.from_seconds(1767225600) == start


def test_the_system_clock_is_now() -> None:
    before, now, after = time.time_ns(), system_clock(), time.time_ns()
    assert before <= now.nanoseconds <= after
    assert stopwatch() <= stopwatch()
