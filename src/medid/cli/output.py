"""How the command line answers: JSON for programs, short lines for people."""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import TYPE_CHECKING

from medid.core import json as strict_json
from medid.core.shown import printable
from medid.errors import MedidError, Misuse, Unchecked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.core.json import JsonObject

__all__ = [
    "Exit",
    "complain",
    "escaped",
    "exit_of",
    "printable",
    "say",
    "show_json",
    "worst",
]


class Exit(IntEnum):
    """The exit codes of every command."""

    YES = 0  # verified, permitted, done
    NO = 1  # refused, denied
    USAGE = 2  # the call is wrong, or its input cannot be read
    UNKNOWN = 3  # could not be checked


def exit_of(error: MedidError) -> Exit:
    """The exit code that an error means."""
    if isinstance(error, Misuse):
        return Exit.USAGE
    return Exit.UNKNOWN if isinstance(error, Unchecked) else Exit.NO


def worst(codes: Iterable[Exit]) -> Exit:
    """The exit code of several answers: a wrong call, then no, then unknown."""
    found = set(codes)
    for code in (Exit.USAGE, Exit.NO, Exit.UNKNOWN):
        if code in found:
            return code
    return Exit.YES


def say(text: str = "") -> None:
    """One line for the reader; a letter that the terminal has not becomes a ``?``."""
    encoding = sys.stdout.encoding or "utf-8"
    if not _has(encoding, text):
        # What is no text at all stays an error.
        text.encode("utf-8")
        text = text.encode(encoding, "replace").decode(encoding)
    sys.stdout.write(text + "\n")


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def show_json(value: JsonObject, *, indent: int | None = None) -> None:
    """One JSON object; what a terminal would obey is written as an escape."""
    say(escaped(strict_json.dumps(value, indent=indent)))


def escaped(text: str) -> str:
    """JSON ``text``, with an escape for each letter that a terminal would obey.

    And for each that standard output cannot write, as in a locale that is not UTF-8.
    """
    encoding = sys.stdout.encoding or "utf-8"
    every = _has(encoding, text)
    return "".join(
        letter
        if (letter.isprintable() or letter == "\n")
        and (every or _has(encoding, letter))
        else _escape(letter)
        for letter in text
    )


def _escape(letter: str) -> str:
    # Only strings hold such letters. JSON writes those above U+FFFF as a pair.
    units = letter.encode("utf-16-be", "surrogatepass")
    pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    return "".join(f"\\u{pair}" for pair in pairs)


def complain(error: MedidError, *, as_json: bool = False) -> Exit:
    """Tell what is wrong, in one line, and give the exit code that it means."""
    if as_json:
        show_json({"error": dict(error.as_json())})
    else:
        sys.stderr.write(f"error: {printable(str(error))}\n")
    return exit_of(error)
