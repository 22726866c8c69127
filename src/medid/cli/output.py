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
    """One line for the reader."""
    sys.stdout.write(text + "\n")


def show_json(value: JsonObject, *, indent: int | None = None) -> None:
    """One JSON object; what a terminal would obey is written as an escape."""
    say(escaped(strict_json.dumps(value, indent=indent)))


def escaped(text: str) -> str:
    """JSON ``text``, with an escape for each letter that a terminal would obey."""
    return "".join(map(_escaped, text))


def _escaped(letter: str) -> str:
    if letter.isprintable() or letter == "\n":
        return letter
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
