"""From calendar days to instants, in the time zone of whoever wrote the day.

A day without a time means the whole day where it was written, so its last instant
differs from zone to zone. Windows are half-open: a day ends where the next begins.

Spec: https://www.w3.org/TR/xmlschema11-2/#date
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from medid.core.instant import Instant
from medid.errors import ConfigurationError, MalformedValue

if TYPE_CHECKING:
    from datetime import tzinfo

UTC_NAME: Final = "UTC"
_DAY: Final = 86_400  # seconds


def time_zone(name: str, *, path: str = "$") -> tzinfo:
    """The IANA time zone called ``name``.

    Raises:
        ConfigurationError: There is no such zone on this machine.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        fix = "use a name of the IANA time zone database, such as UTC or Europe/Berlin"
        raise ConfigurationError("no such time zone", path=path, fix=fix) from error


def start_of_day(text: str, zone: tzinfo, *, path: str = "$") -> Instant:
    """The first instant of the day ``YYYY-MM-DD`` in ``zone``.

    Raises:
        MalformedValue: No such day.
    """
    return _midnight(text, zone, 0, path)


def end_of_day(text: str, zone: tzinfo, *, path: str = "$") -> Instant:
    """The first instant after the day ``YYYY-MM-DD`` in ``zone``.

    Raises:
        MalformedValue: No such day.
    """
    return _midnight(text, zone, 1, path)


def _midnight(text: str, zone: tzinfo, later: int, path: str) -> Instant:
    try:
        return _known_midnight(text, zone, later)
    except MalformedValue as error:
        error.path = path
        raise


@lru_cache(maxsize=4_096)  # a register's licenses begin and end on few days
def _known_midnight(text: str, zone: tzinfo, later: int) -> Instant:
    # The core parser is the strict one; datetime reads more spellings.
    in_utc = Instant.from_date(text).plus(later * _DAY)
    try:
        day = datetime.strptime(text, "%Y-%m-%d") + timedelta(days=later)  # noqa: DTZ007
        offset = day.replace(tzinfo=zone).utcoffset() or timedelta()
    except OverflowError:
        # At either end of the calendar; ``9999-12-31`` is how boards write "never".
        return in_utc
    return in_utc.plus(-offset.total_seconds())
