"""FHIR's data types, as far as a consent's rules use them.

Strict on purpose: what medid does not understand inside a rule could be what makes it
a refusal, so an unknown member, an empty array or a coding without a system is
refused, and the consent with it. Knows no consent and no decision.

Spec: https://hl7.org/fhir/R4/datatypes.html
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, as_str, no_others, optional_str, required_str
from medid.core.instant import Instant, days_since_epoch
from medid.errors import MalformedValue, child, located
from medid.health.codes import Coding, canonical_system
from medid.health.consent_tree import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from medid.core.json import JsonObject, JsonValue

_NANOSECONDS: Final = 1_000_000_000  # in a second
_DAY: Final = 86_400  # seconds
_DAY_ZERO: Final = date(1970, 1, 1).toordinal()
_LAST_DAY: Final = date.max.toordinal() - _DAY_ZERO  # of ``datetime`` and of FHIR
_DATE: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?"
)
_FRACTION: Final = re.compile(r"\.([0-9]+)")

_CODE: Final = re.compile(r"[^\s\x00-\x1f]+( [^\s\x00-\x1f]+)*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_ELEMENT: Final = frozenset({"id", "extension"})
_CODING: Final = _ELEMENT | {"system", "version", "code", "display", "userSelected"}
_CONCEPT: Final = _ELEMENT | {"coding", "text"}
_PERIOD: Final = _ELEMENT | {"start", "end"}
_REFERENCE: Final = _ELEMENT | {"reference", "type", "identifier", "display"}


def is_code(text: str) -> bool:
    """Whether FHIR takes ``text`` for a code (datatypes.html#code)."""
    return _CODE.fullmatch(text) is not None


def is_string(text: str) -> bool:
    """Whether FHIR takes ``text`` for a string (datatypes.html#string)."""
    return bool(text.strip()) and _CONTROL.search(text) is None


def elements(
    obj: Mapping[str, JsonValue], name: str, path: str
) -> Iterator[tuple[JsonObject, str]]:
    """The objects of a repeating element that is there, each with its path.

    Raises:
        MalformedValue: Not an array, an empty one, or an array of something else.
    """
    value = obj[name]
    place = child(path, name)
    if not isinstance(value, list) or not value:
        raise MalformedValue("must be an array with elements", path=place)
    for index, item in enumerate(value):
        yield as_object(item, child(place, index)), child(place, index)


def coding(obj: JsonObject, path: str) -> Coding:
    """A ``Coding`` that can be compared: with a system and a code.

    Raises:
        MalformedValue: No system, no code, or a member FHIR does not have.
    """
    no_others(obj, _CODING, path)
    return Coding(required_str(obj, "system", path), required_str(obj, "code", path))


def concept(obj: JsonObject, path: str) -> tuple[Coding, ...]:
    """The codings of a ``CodeableConcept``; at least one.

    Raises:
        MalformedValue: Text without a coding, or a malformed coding.
    """
    no_others(obj, _CONCEPT, path)
    if "coding" not in obj:
        raise MalformedValue("text without a coding cannot be compared", path=path)
    return tuple(coding(item, place) for item, place in elements(obj, "coding", path))


def identifier(obj: JsonObject, path: str) -> tuple[str, str] | None:
    """System and value of an ``Identifier``; ``None`` where one is missing."""
    system = optional_str(obj, "system", path)
    value = optional_str(obj, "value", path)
    if system is None or value is None:
        return None
    return canonical_system(system), value


def reference(obj: JsonObject, path: str) -> tuple[str | None, tuple[str, str] | None]:
    """The literal and the logical part of a ``Reference``.

    Raises:
        MalformedValue: A member FHIR does not have, or one of another type.
    """
    no_others(obj, _REFERENCE, path)
    logical = None
    if "identifier" in obj:
        place = child(path, "identifier")
        logical = identifier(as_object(obj["identifier"], place), place)
    return optional_str(obj, "reference", path), logical


def period(obj: JsonObject, path: str, zone: tzinfo) -> Span:
    """A ``Period``; both of its ends belong to it, to the precision they are given in.

    Raises:
        MalformedValue: No end at all, an end before the start, or no such time.
    """
    no_others(obj, _PERIOD, path)
    start, end = optional_str(obj, "start", path), optional_str(obj, "end", path)
    if start is None and end is None:
        raise MalformedValue("a period without start and end", path=path)
    span = Span(
        start=None
        if start is None
        else date_time(start, child(path, "start"), zone)[0],
        end=None if end is None else date_time(end, child(path, "end"), zone)[1],
    )
    if span.start is not None and span.end is not None and span.end <= span.start:
        raise MalformedValue("the period ends before it starts", path=path)
    return span


def moment(value: JsonValue, path: str, zone: tzinfo) -> Span:
    """The time that a FHIR ``dateTime`` of whatever precision covers."""
    start, end = date_time(as_str(value, path), path, zone)
    return Span(start=start, end=end)


def date_time(text: str, path: str, zone: tzinfo) -> tuple[Instant, Instant]:
    """The half-open time that a year, month, day or date-time covers.

    Args:
        text: A FHIR ``dateTime``. One with a time has its own offset.
        path: Where it stands.
        zone: In which zone a year, month or day begins and ends.

    Raises:
        MalformedValue: There is no such time, or a time without an offset.
    """
    if _DATE.fullmatch(text):
        with located(path):
            return _of_date(text, zone)
    start = Instant.parse(text, path=path)
    fraction = _FRACTION.search(text)
    # A time is as wide as its last digit: 12:00:00 lasts until 12:00:01.
    digits = min(len(fraction[1]), 9) if fraction else 0
    return start, Instant(start.nanoseconds + 10 ** (9 - digits))


@lru_cache(maxsize=1_024)  # the days that the data of some patients are from
def _of_date(text: str, zone: tzinfo) -> tuple[Instant, Instant]:
    """The time that a year, a month or a day of ``_DATE`` covers."""
    year, *rest = map(int, text.split("-"))
    month, day = (*rest, None, None)[:2]
    first = days_since_epoch(
        year, 1 if month is None else month, 1 if day is None else day
    )
    last = first + 1 if day is not None else _next_month(year, month)
    return _midnight(first, zone), _midnight(last, zone)


def _midnight(days: int, zone: tzinfo) -> Instant:
    # In the hour that a clock change skips, the offset before the change counts; the
    # day then begins with the change itself, and no moment belongs to no day.
    # ``datetime`` ends with 9999-12-31, which is how many systems write "no end".
    day = date.fromordinal(min(days, _LAST_DAY) + _DAY_ZERO)
    offset = datetime.combine(day, time.min, zone).utcoffset()
    seconds = 0 if offset is None else round(offset.total_seconds())
    return Instant((days * _DAY - seconds) * _NANOSECONDS)


def _next_month(year: int, month: int | None) -> int:
    """The day, since 1970, on which the next month begins; or the next year."""
    if month is None or month == 12:
        return days_since_epoch(year + 1, 1, 1)
    return days_since_epoch(year, month + 1, 1)
