"""Instants and windows of time, and the clock port.

``datetime`` cannot hold what credentials may say (years beyond 9999, fractions beyond
the microsecond, 24:00), so an instant is a whole number of nanoseconds. A window is
half-open: it holds its start and does not hold its end. This is the only module in
medid that may read the system's clock.

Spec: https://www.rfc-editor.org/rfc/rfc3339,
https://www.w3.org/TR/xmlschema11-2/#dateTimeStamp
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

from medid.core.arguments import check_argument
from medid.errors import ConfigurationError, Expired, MalformedValue, NotYetValid

_SECOND: Final = 1_000_000_000  # nanoseconds
_DAY: Final = 86_400  # seconds
_MAX_OFFSET_MINUTES: Final = 14 * 60  # XML Schema 1.1 part 2, section 3.3.7

_TIMESTAMP: Final = re.compile(
    r"(?P<year>[1-9][0-9]{3,8}|0[0-9]{3})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,64}))?"
    r"(?:Z|(?P<sign>[+-])(?P<offset_hour>[0-9]{2}):(?P<offset_minute>[0-9]{2}))"
)
# The usual form, which the standard library reads alike, and faster.
_USUAL: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
)
_USUAL_LENGTH: Final = 20  # characters
_DATE: Final = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time: ``nanoseconds`` since 1970-01-01T00:00:00Z."""

    nanoseconds: int

    @classmethod
    def parse(cls, text: str, *, path: str = "$") -> Instant:
        """The instant that an RFC 3339 timestamp with an offset names.

        Raises:
            MalformedValue: No offset, no such day or time, a leap second, lower-case
                ``t`` or ``z``, or anything else that is not an xsd:dateTimeStamp.
        """
        if type(text) is not str:
            check_argument("text", text, "str")
        # What is kept is short, whoever wrote it.
        found = _usual(text) if len(text) == _USUAL_LENGTH else None
        if found is not None:
            return found
        match = _TIMESTAMP.fullmatch(text)
        if not match:
            raise MalformedValue("not a date-time with an offset", path=path, fix=_FIX)
        days = days_since_epoch(
            int(match["year"]), int(match["month"]), int(match["day"]), path=path
        )
        seconds = days * _DAY + _seconds_of_day(match, path) - _offset(match, path)
        fraction = (match["fraction"] or "").ljust(9, "0")[:9]
        return cls(seconds * _SECOND + int(fraction))

    @classmethod
    def from_seconds(cls, seconds: float) -> Instant:
        """The instant ``seconds`` after 1970-01-01T00:00:00Z.

        A fraction counts as it is written: 0.1 is a tenth, although no float is.
        """
        if isinstance(seconds, int):
            return cls(seconds * _SECOND)
        check_argument("seconds", seconds, "float")
        return cls(round(Decimal(repr(seconds)) * _SECOND))

    @classmethod
    def from_date(cls, text: str, *, path: str = "$") -> Instant:
        """The first instant, in UTC, of the day ``YYYY-MM-DD``.

        Raises:
            MalformedValue: No such day.
        """
        check_argument("text", text, "str")
        try:
            return _first_of(text)
        except MalformedValue as error:
            error.path = path
            raise

    @property
    def seconds(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z."""
        return self.nanoseconds / _SECOND

    def plus(self, seconds: float) -> Instant:
        """The instant ``seconds`` later; earlier where they are negative."""
        if type(seconds) is not int:
            check_argument("seconds", seconds, "float")
        if not seconds:
            return self
        return Instant(self.nanoseconds + round(seconds * _SECOND))

    def since(self, earlier: Instant) -> float:
        """The seconds from ``earlier`` to this instant."""
        if type(earlier) is not Instant:
            check_argument("earlier", earlier, "Instant")
        return (self.nanoseconds - earlier.nanoseconds) / _SECOND

    def __str__(self) -> str:
        """RFC 3339 in UTC; a fraction only where there is one."""
        return _written(self.nanoseconds)


@lru_cache(maxsize=1_024)  # one is written into each of the rows of an act
def _written(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, _SECOND)
    days, rest = divmod(seconds, _DAY)
    year, month, day = _civil(days)
    tail = f".{fraction:09d}".rstrip("0") if fraction else ""
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{year:04d}-{month:02d}-{day:02d}T{clock}{tail}Z"


@lru_cache(maxsize=1_024)  # the dates of the credentials of a day
def _usual(text: str) -> Instant | None:
    if not _USUAL.fullmatch(text):
        return None
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        return None  # what is wrong with it the other reading says
    return Instant(int(named.timestamp()) * _SECOND)


@lru_cache(maxsize=65_536)  # the days of 180 years
def _first_of(text: str) -> Instant:
    match = _DATE.fullmatch(text)
    if not match:
        raise MalformedValue("not a date (YYYY-MM-DD)", fix=_FIX_DAY)
    year, month, day = map(int, match.groups())
    days = days_since_epoch(year, month, day, fix=_FIX_DAY)
    return Instant(days * _DAY * _SECOND)


_FIX_DAY: Final = "write a day of the calendar, like 2026-01-31"
_FIX: Final = "write it like 2026-01-31T09:00:00Z or 2026-01-31T09:00:00+01:00"


def days_since_epoch(
    year: int, month: int, day: int, *, path: str = "$", fix: str = _FIX
) -> int:
    """Days from 1970-01-01 to a day of the proleptic Gregorian calendar.

    Raises:
        MalformedValue: There is no such day.
    """
    if not (year >= 1 and 1 <= month <= 12 and 1 <= day <= _days_of(year, month)):
        raise MalformedValue("there is no such day", path=path, fix=fix)
    # A year that begins in March puts the leap day last, which makes months regular.
    shifted = year - (month <= 2)
    era, of_era = divmod(shifted, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (
        era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    )


def _days_of(year: int, month: int) -> int:
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in {4, 6, 9, 11} else 31


def _civil(days: int) -> tuple[int, int, int]:
    era, of_era = divmod(days + 719_468, 146_097)
    year_of_era = (
        of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096
    ) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return year_of_era + era * 400 + (month <= 2), month, day


def _seconds_of_day(match: re.Match[str], path: str) -> int:
    hour, minute, second = (int(match[name]) for name in ("hour", "minute", "second"))
    # 24:00:00 is the next day's midnight (XML Schema 1.1 part 2, section 3.3.7).
    midnight = (hour, minute, second) == (24, 0, 0) and not (
        match["fraction"] or ""
    ).strip("0")
    if not midnight and (hour > 23 or minute > 59 or second > 59):
        raise MalformedValue("there is no such time of day", path=path, fix=_FIX)
    return hour * 3600 + minute * 60 + second


def _offset(match: re.Match[str], path: str) -> int:
    if match["sign"] is None:
        return 0
    minutes = int(match["offset_hour"]) * 60 + int(match["offset_minute"])
    if minutes > _MAX_OFFSET_MINUTES or int(match["offset_minute"]) > 59:
        raise MalformedValue("there is no such offset", path=path, fix=_FIX)
    return (-60 if match["sign"] == "-" else 60) * minutes


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open time ``[start, end)``; ``None`` leaves a side unbounded."""

    start: Instant | None = None
    end: Instant | None = None

    def contains(self, at: Instant) -> bool:
        """Whether ``at`` lies inside."""
        after = self.start is None or self.start <= at
        return after and (self.end is None or at < self.end)

    def check(self, at: Instant, *, skew_seconds: float = 0, path: str = "$") -> None:
        """Return if ``at`` lies inside, give or take ``skew_seconds``.

        Raises:
            NotYetValid: ``at`` lies before the start.
            Expired: ``at`` is the end or later.
        """
        if self.start is not None and at.plus(skew_seconds) < self.start:
            raise NotYetValid("the validity period has not begun", path=path)
        if self.end is not None and at.plus(-skew_seconds) >= self.end:
            raise Expired("the validity period has ended", path=path)

    def intersect(self, other: Window) -> Window:
        """The time that lies in both; empty where the end is not after the start."""
        starts = [start for start in (self.start, other.start) if start is not None]
        ends = [end for end in (self.end, other.end) if end is not None]
        return Window(max(starts, default=None), min(ends, default=None))

    def overlaps(self, other: Window) -> bool:
        """Whether any instant lies in both."""
        both = self.intersect(other)
        return both.start is None or both.end is None or both.start < both.end


ALWAYS: Final = Window()

# Gives the present instant. Verification reads it once, at its beginning.
Clock: TypeAlias = Callable[[], Instant]


def system_clock() -> Instant:
    """The present instant by the system's clock."""
    return Instant(time.time_ns())


def read_clock(clock: Clock) -> Instant:
    """The present instant by ``clock``, which a caller may have written.

    Raises:
        ConfigurationError: It gave something else.
    """
    now: object = clock()
    if not isinstance(now, Instant):
        message = f"the clock gave a {type(now).__name__}, and no Instant"
        fix = "pass a function that gives an Instant, such as system_clock"
        raise ConfigurationError(message, path="$.clock", fix=fix)
    return now


def stopwatch() -> float:
    """Seconds that never run backwards, for time limits."""
    return time.monotonic()
