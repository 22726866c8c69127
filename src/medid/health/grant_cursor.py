"""The place in a sentence up to which it was read, and the days that stand there.

Spec: https://www.w3.org/TR/xmlschema11-2/#date
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.health.grant_tokens import (
    Word,
    refused_at,
    whole_day,
    whole_month,
    words,
    wrong,
)
from medid.health.grant_words import MONTHS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant

_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR: Final = re.compile(r"[0-9]{4}")
_DAY_OF_MONTH: Final = re.compile(r"[0-9]{1,2}")


class Cursor:
    """Walks along the words of one sentence.

    Args:
        text: The sentence.
        parts: The words that begin its parts; before one a comma ends a list.
    """

    def __init__(self, text: str, parts: Sequence[str]) -> None:
        self._words = list(words(text))
        self._end = Word("", len(text))
        self._next = 0
        self._beginnings = parts

    # Words.

    @property
    def _word(self) -> Word:
        if self._next < len(self._words):
            return self._words[self._next]
        return self._end

    def _sees(self, *words: str) -> bool:
        found = self._words[self._next : self._next + len(words)]
        return [it.plain for it in found] == list(words)

    def _took(self, *words: str) -> bool:
        if not self._sees(*words):
            return False
        self._next += len(words)
        return True

    def _take(self, *words: str) -> None:
        for word in words:
            if not self._took(word):
                raise wrong(f'"{word}" is expected here', self._word)

    def _any(self, what: str) -> Word:
        word = self._word
        if word is self._end:
            raise wrong(f"the sentence ends where {what} is expected", word)
        self._next += 1
        return word

    def _begins(self, word: str) -> bool:
        """Whether the next part does, which ``word`` begins, maybe after a comma."""
        return self._took(word) or self._took(",", word)

    def _goes_on(self) -> bool:
        """Whether the list that was begun has another element."""
        # "and", or a comma, or both.
        comma = self._comma()
        return self._took("and") or comma

    def _comma(self) -> bool:
        """Take a comma, unless another part begins behind it."""
        if any(self._sees(",", word) for word in self._beginnings):
            return False
        return self._took(",")

    # Days.

    def _date(self) -> tuple[str, str]:
        """As ``_day``, where a month has its year."""
        return self._day(None)

    def _day(self, today: Instant | None) -> tuple[str, str]:
        """The first and the last day of what stands here.

        Args:
            today: A month without a year is the next one that has not ended by then;
                with ``None`` each has its year.
        """
        word = self._any("a day")
        text = word.text
        with refused_at(word):
            if _ISO.fullmatch(text):
                return whole_day(*map(int, text.split("-")))
            if word.plain in MONTHS:
                return self._month(MONTHS.index(word.plain) + 1, today)
            if _DAY_OF_MONTH.fullmatch(text) and self._word.plain in MONTHS:
                month = MONTHS.index(self._any("a month").plain) + 1
                return whole_day(self._year(), month, int(text))
        fix = "write 2027-06-30, 30 June 2027, June 2027 or June"
        raise wrong("not a day", word, fix=fix)

    def _month(self, month: int, today: Instant | None) -> tuple[str, str]:
        if _DAY_OF_MONTH.fullmatch(self._word.text):
            day = int(self._any("a day").text)
            self._took(",")
            return whole_day(self._year(), month, day)
        if _YEAR.fullmatch(self._word.text):
            return whole_month(int(self._any("a year").text), month)
        if today is None:
            fix = "write June 2026: which June is meant is not guessed"
            raise wrong("the month needs a year", self._word, fix=fix)
        now = str(today)
        year = int(now[:4])
        return whole_month(year if month >= int(now[5:7]) else year + 1, month)

    def _year(self) -> int:
        word = self._any("a year")
        if not _YEAR.fullmatch(word.text):
            raise wrong("a year of four digits is expected here", word)
        return int(word.text)
