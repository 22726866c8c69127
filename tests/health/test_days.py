from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.health.days import end_of_day, start_of_day, time_zone


@given(st.dates(min_value=date(1, 1, 2), max_value=date(9999, 12, 30)))
def test_a_day_in_utc_lasts_86400_seconds(day: date) -> None:
    zone = time_zone("UTC")
    start, end = start_of_day(day.isoformat(), zone), end_of_day(day.isoformat(), zone)
    assert end.since(start) == 86_400
    assert str(start).startswith(day.isoformat())


def test_days_of_a_zone_follow_its_offset_and_its_summer_time() -> None:
    zone = time_zone("Australia/Sydney")
    start, end = start_of_day("2026-04-05", zone), end_of_day("2026-04-05", zone)
    assert start == Instant.parse("2026-04-05T00:00:00+11:00")
    assert end == Instant.parse("2026-04-06T00:00:00+10:00")


def test_both_ends_of_the_calendar_have_days() -> None:
    zone = time_zone("Pacific/Auckland")
    assert start_of_day("0001-01-01", zone) <= Instant.from_date("0001-01-01")
    assert end_of_day("9999-12-31", zone).since(Instant.from_date("9999-12-31")) > 0
