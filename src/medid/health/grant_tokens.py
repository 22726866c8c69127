"""The words of a sentence, each with its place, and the days that words spell.

Spec: https://www.w3.org/TR/xmlschema11-2/#date
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.instant import Instant, days_since_epoch
from medid.core.shown import printable
from medid.errors import MalformedValue, MedidError, child

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE: Final = re.compile(r"\$\[([0-9]{1,5})\]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, as it was written, and where it begins in the sentence."""

    text: str
    at: int

    @property
    def plain(self) -> str:
        """In small letters, as words are compared."""
        return self.text.casefold()


def pointed(text: str, path: str) -> str | None:
    """``text`` with a caret below the word at ``path``; ``None`` where it is no place.

    Args:
        text: The sentence that was refused.
        path: Of the error.
    """
    found = _PLACE.fullmatch(path)
    if found is None:
        return None
    at = min(int(found[1]), len(text))
    shown = printable(text)
    return f"{shown}\n{' ' * at}^"


def words(text: str) -> Iterator[Word]:
    """The words of ``text``; a comma at the end of one is a word of its own."""
    found = list(re.finditer(r"\S+", text))
    for number, match in enumerate(found, start=1):
        word, at = match[0], match.start()
        if number == len(found):
            word = word.removesuffix(".")
        body = word.rstrip(",")
        if body:
            yield Word(body, at)
        for place in range(len(body), len(word)):
            yield Word(",", at + place)


class refused_at:  # noqa: N801 - reads as the function that it stands for
    """What is refused inside is refused at ``word``."""

    def __init__(self, word: Word) -> None:
        self._word = word

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, MedidError) and not _PLACE.fullmatch(error.path):
            raise wrong(error.message, self._word, fix=error.fix) from None


def wrong(message: str, word: Word, *, fix: str | None = None) -> MalformedValue:
    """What is wrong at ``word``, whose place is the path. Never the word itself."""
    return MalformedValue(message, path=child("$", word.at), fix=fix)


def whole_day(year: int, month: int, day: int) -> tuple[str, str]:
    """The first and the last day of a day, which is itself, as ``YYYY-MM-DD``.

    Raises:
        MalformedValue: There is no such day.
    """
    text = f"{year:04d}-{month:02d}-{day:02d}"
    Instant.from_date(text)
    return text, text


def whole_month(year: int, month: int) -> tuple[str, str]:
    """The first and the last day of a month, as ``YYYY-MM-DD``.

    Raises:
        MalformedValue: There is no such month.
    """
    days_since_epoch(year, month, 1)
    last = next(day for day in (31, 30, 29, 28) if _is_day(year, month, day))
    return f"{year:04d}-{month:02d}-01", f"{year:04d}-{month:02d}-{last}"


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        days_since_epoch(year, month, day)
    except MalformedValue:
        return False
    return True
