"""The slow JSON reader: the definition of what medid accepts, with paths.

Private to ``core.json``. It reads character by character, never recurses deeper than
the given limit, and names the place of what it refuses.
"""

from __future__ import annotations

import math
import re
from typing import Final, NoReturn

from medid.errors import ParsingError, TooLarge, child

MAX_NUMBER_CHARACTERS: Final = 400  # digits; a double of full precision needs 17

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{4}")
_ESCAPES: Final = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_LITERALS: Final = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}


class StrictReader:
    """One reading of one text."""

    def __init__(self, text: str, max_depth: int, max_members: int) -> None:
        self._text = text
        self._at = 0
        self._max_depth = max_depth
        self._max_members = max_members
        self._members = 0

    def read_document(self) -> object:
        """The one value of the text.

        Raises:
            TooLarge: A limit was passed.
            ParsingError: Anything that this reader does not accept.
        """
        value = self._value("$", 0)
        self._skip_space()
        if self._at != len(self._text):
            self._refuse("there is more text behind the document", "$")
        return value

    def _refuse(self, message: str, path: str) -> NoReturn:
        raise ParsingError(f"{message} (character {self._at})", path=path)

    def _run(self, pattern: re.Pattern[str]) -> str:
        """What ``pattern``, which may match nothing, matches here; moves behind it."""
        match = pattern.match(self._text, self._at)
        found = match.group() if match else ""
        self._at += len(found)
        return found

    def _skip_space(self) -> None:
        self._run(_SPACE)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _value(self, path: str, depth: int) -> object:
        self._skip_space()
        first = self._peek()
        if first == "{":
            return self._object(path, self._deeper(path, depth))
        if first == "[":
            return self._array(path, self._deeper(path, depth))
        if first == '"':
            return self._string(path)
        if first in _LITERALS:
            return self._literal(*_LITERALS[first], path)
        return self._number(path)

    def _deeper(self, path: str, depth: int) -> int:
        if depth >= self._max_depth:
            raise TooLarge(f"nested deeper than {self._max_depth}", path=path)
        return depth + 1

    def _count(self, path: str) -> None:
        self._members += 1
        if self._members > self._max_members:
            raise TooLarge(f"more than {self._max_members} members", path=path)

    def _object(self, path: str, depth: int) -> dict[str, object]:
        members: dict[str, object] = {}
        self._at += 1
        self._skip_space()
        while self._peek() != "}" or members:
            self._skip_space()
            if self._peek() != '"':
                self._refuse("expected a member name in double quotes", path)
            name = self._string(path)
            place = child(path, name)
            self._count(place)
            if name in members:
                self._refuse("the member name occurs twice in its object", place)
            self._skip_space()
            if self._peek() != ":":
                self._refuse("expected a colon behind the member name", place)
            self._at += 1
            members[name] = self._value(place, depth)
            if not self._another("}", path):
                break
        self._at += 1
        return members

    def _array(self, path: str, depth: int) -> list[object]:
        items: list[object] = []
        self._at += 1
        self._skip_space()
        while self._peek() != "]" or items:
            place = child(path, len(items))
            self._count(place)
            items.append(self._value(place, depth))
            if not self._another("]", path):
                break
        self._at += 1
        return items

    def _another(self, closing: str, path: str) -> bool:
        """Whether a comma follows; stays on the closing bracket where none does."""
        self._skip_space()
        if self._peek() == closing:
            return False
        if self._peek() != ",":
            self._refuse(f"expected a comma or {closing}", path)
        self._at += 1
        return True

    def _string(self, path: str) -> str:
        parts: list[str] = []
        self._at += 1
        while True:
            parts.append(self._run(_PLAIN))
            end = self._peek()
            if end == '"':
                break
            if end != "\\":
                self._refuse("the string has a raw control character or no end", path)
            parts.append(self._escape(path))
        self._at += 1
        return self._without_surrogates("".join(parts), path)

    def _escape(self, path: str) -> str:
        letter = self._text[self._at + 1 : self._at + 2]
        if letter in _ESCAPES:
            self._at += 2
            return _ESCAPES[letter]
        if letter != "u":
            self._refuse("the string has an unknown escape", path)
        unit = self._code_unit(path)
        if 0xD800 <= unit <= 0xDBFF and self._text[self._at : self._at + 2] == "\\u":
            low = self._code_unit(path)
            if not 0xDC00 <= low <= 0xDFFF:
                self._refuse("the string has a lone surrogate", path)
            return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        return chr(unit)

    def _code_unit(self, path: str) -> int:
        match = _HEX.match(self._text, self._at + 2)
        if not match:
            self._refuse("the string has an incomplete \\u escape", path)
        self._at = match.end()
        return int(match.group(), 16)

    def _without_surrogates(self, text: str, path: str) -> str:
        if any("\ud800" <= character <= "\udfff" for character in text):
            self._refuse("the string has a lone surrogate", path)
        return text

    def _literal(self, word: str, value: object, path: str) -> object:
        if not self._text.startswith(word, self._at):
            self._refuse("expected a JSON value", path)
        self._at += len(word)
        return value

    def _number(self, path: str) -> int | float:
        match = _NUMBER.match(self._text, self._at)
        if not match:
            self._refuse("expected a JSON value", path)
        text = match.group()
        if len(text) > MAX_NUMBER_CHARACTERS:
            self._refuse("the number has too many digits", path)
        number = float(text)
        if math.isinf(number):
            self._refuse("the number is outside the range of a double", path)
        self._at = match.end()
        is_integer = match.group(1) is None and match.group(2) is None
        return int(text) if is_integer else number
