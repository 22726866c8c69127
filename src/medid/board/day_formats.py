"""Days as other registers write them, read by a format that is stated.

``04/05/2026`` is in April or in May, and only whoever wrote it knows. So a format is
always named, and text of any other form is refused. Years have four digits: a board
that writes two of them has to say in which century its licenses end.

>>> DayFormat.parse("MM/DD/YYYY").read("04/05/2026")
'2026-04-05'

Spec: https://www.w3.org/TR/xmlschema11-2/#date
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.instant import Instant
from medid.errors import MalformedValue

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARTS: Final = {
    "YYYY": "(?P<year>[0-9]{4})",
    "MMM": "(?P<name>[A-Za-z]{3})",
    "MM": "(?P<month>[0-9]{2})",
    "DD": "(?P<day>[0-9]{2})",
    "M": "(?P<month>[0-9]{1,2})",
    "D": "(?P<day>[0-9]{1,2})",
}
_TOKEN: Final = re.compile("YYYY|MMM|MM|DD|M|D|[-/. ]")
_BETWEEN: Final = re.compile("MMM|[-/. ]")
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
#: What ``proposed`` tries.
USUAL: Final = (
    "YYYY-MM-DD",
    "YYYYMMDD",
    "YYYY/MM/DD",
    "MM/DD/YYYY",
    "DD/MM/YYYY",
    "M/D/YYYY",
    "D/M/YYYY",
    "DD.MM.YYYY",
    "D.M.YYYY",
    "MM-DD-YYYY",
    "DD-MM-YYYY",
    "DD-MMM-YYYY",
    "D MMM YYYY",
)


@dataclass(frozen=True, slots=True)
class DayFormat:
    """How days are written: year, month and day in some order.

    Attributes:
        text: As it is stated: ``YYYY``, one of ``MM``, ``M`` and ``MMM`` (English, of
            three letters), one of ``DD`` and ``D``, and ``-``, ``/``, ``.`` or a space
            between them. Of one run of digits ``M`` and ``D`` are not both.
    """

    text: str
    _pattern: re.Pattern[str]

    @classmethod
    def parse(cls, text: str, *, path: str = "$") -> DayFormat:
        """The format that ``text`` states.

        Raises:
            MalformedValue: It does not say where the year, the month and the day are.
        """
        tokens = _TOKEN.findall(text)
        kinds = sorted(one[0] for one in tokens if one in _PARTS)
        if "".join(tokens) != text or kinds != ["D", "M", "Y"]:
            fix = "write it as in YYYY-MM-DD, MM/DD/YYYY or D MMM YYYY"
            raise MalformedValue("not a format of days", path=path, fix=fix)
        if any({"M", "D"} <= {*_TOKEN.findall(run)} for run in _BETWEEN.split(text)):
            message = "the format does not say where the month ends: 111 may be 1/11"
            fix = "have both written with two digits, or with a sign between them"
            raise MalformedValue(message, path=path, fix=fix)
        pattern = "".join(_PARTS.get(one, re.escape(one)) for one in tokens)
        return cls(text, re.compile(pattern))

    def read(self, text: str, *, path: str = "$") -> str:
        """The day that ``text`` writes, as ``YYYY-MM-DD``.

        Raises:
            MalformedValue: It is written otherwise, or there is no such day.
        """
        found = self._pattern.fullmatch(text)
        if found is None:
            message = f"the day is not written as {self.text}"
            fix = "write it so, or state another format in the mapping"
            raise MalformedValue(message, path=path, fix=fix)
        parts = found.groupdict()
        month = parts.get("month") or _month(parts["name"], path)
        day = f"{parts['year']}-{month:0>2}-{parts['day']:0>2}"
        try:
            Instant.from_date(day)
        except MalformedValue:
            fix = f"correct it; days are written as {self.text}"
            raise MalformedValue("there is no such day", path=path, fix=fix) from None
        return day


def proposed(texts: Iterable[str]) -> list[str]:
    """The usual formats that every one of ``texts`` can be in; none where none is.

    Of two that differ in leading zeros only, it is the one that has them.
    """
    given = list(texts)
    found = [one for one in USUAL if given and _reads(DayFormat.parse(one), given)]
    return [
        one for one in found if one.replace("M", "MM").replace("D", "DD") not in found
    ]


def _reads(form: DayFormat, texts: Iterable[str]) -> bool:
    try:
        for one in texts:
            form.read(one)
    except MalformedValue:
        return False
    return True


def _month(name: str, path: str) -> str:
    if name.lower() not in _MONTHS:
        fix = "write jan, feb and so on"
        raise MalformedValue("there is no such month", path=path, fix=fix)
    return str(_MONTHS.index(name.lower()) + 1)
