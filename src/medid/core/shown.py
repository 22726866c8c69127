"""Text of others, made fit to be shown: on a terminal, on a page, in a report.

Names of people have letters that nobody sees: in Persian and in scripts of India and
Sri Lanka a joiner says how its neighbours are written. Elsewhere it says nothing, and
would make two names of what is one to every reader.

Spec: https://www.unicode.org/reports/tr31/tr31-37.html#Layout_and_Format_Control_Characters
"""

from __future__ import annotations

import unicodedata
from typing import Final

_APART: Final = "\u200c"  # zero width non-joiner
_JOINED: Final = "\u200d"  # zero width joiner
_VIRAMA: Final = 9  # the combining class of what takes a letter its vowel
_ARABIC: Final = "AL"


def printable(text: str) -> str:
    """``text`` without control characters, which could rewrite a terminal's lines.

    What turns the direction of writing, breaks a line or is seen nowhere goes as well,
    but for a joiner that belongs to the spelling of a word.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or _spells(text, place) else "?"
        for place, letter in enumerate(text)
    )


def is_printable(text: str) -> bool:
    """Whether ``printable`` has nothing to take from ``text``."""
    return text.isprintable() or printable(text) == text


def _spells(text: str, place: int) -> bool:
    """Whether the letter at ``place`` is a joiner that its neighbours need."""
    letter = text[place]
    if letter not in {_APART, _JOINED} or place == 0:
        return False
    before, after = text[place - 1], text[place + 1 : place + 2]
    if unicodedata.combining(before) == _VIRAMA:
        # In Malayalam it may end a word: the letter before it has a form of its own.
        return letter == _JOINED or after.isalpha()
    sides = [unicodedata.bidirectional(one) for one in before + after]
    return letter == _APART and sides == [_ARABIC, _ARABIC]
