"""Scenario files: one JSON object, an array of them, or JSON Lines.

What consent and license scenarios have in common. A scenario may carry remarks for
people under names of their author's choice; a name that looks like a misspelt one of
the format is refused, because the restriction it was meant to state would vanish.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from medid.core import json
from medid.core.fields import as_object
from medid.errors import MalformedValue, ParsingError, TooLarge, child, located

if TYPE_CHECKING:
    from collections.abc import Collection

    from medid.core.json import JsonObject, JsonValue

MAX_SCENARIOS: Final = 10_000  # of one file
LIMITS: Final = json.JsonLimits(max_bytes=16_777_216, max_members=1_000_000)

_ALIKE: Final = 0.8  # of difflib: one letter in five may differ


def read(data: bytes | str) -> list[JsonObject]:
    """The scenarios of a file: one JSON object, an array of them, or JSON Lines.

    Raises:
        ParsingError: Neither of the three, or no scenario at all.
        MalformedValue: A scenario is no object.
        TooLarge: More than a scenario file may hold.
    """
    shape = str(data, "utf-8", "replace") if isinstance(data, bytes) else data
    lines = _IS_LINES.match(shape) is not None
    found = _lines(data) if lines else json.loads(data, limits=LIMITS)
    items = found if isinstance(found, list) else [found]
    if not 0 < len(items) <= MAX_SCENARIOS:
        raise ParsingError(f"a file holds 1 to {MAX_SCENARIOS} scenarios")
    return [
        as_object(item, child("$", index) if isinstance(found, list) else "$")
        for index, item in enumerate(items)
    ]


# JSON Lines has a whole object on its first line and another one after it.
_IS_LINES: Final = re.compile(r"\s*\{[^\n]*\}[ \t\r]*\n\s*\{")


def _lines(data: bytes | str) -> JsonValue:
    if len(data) > LIMITS.max_bytes:
        raise TooLarge(f"the file has more than {LIMITS.max_bytes} bytes")
    found: list[JsonValue] = []
    # Bytes stay bytes, so that the one reader sees what is not UTF-8.
    lines: list[bytes | str] = []
    if isinstance(data, bytes):
        lines += data.split(b"\n")
    else:
        lines += data.split("\n")
    for index, line in enumerate(lines):
        if line.strip():
            with located(child("$", index)):
                found.append(json.loads(line))
    return found


def without_remarks(obj: JsonObject, names: Collection[str], path: str) -> JsonObject:
    """The members of ``obj`` that the format knows; others are its author's remarks.

    Raises:
        MalformedValue: A name that is almost one of ``names``.
    """
    for name in obj:
        near = get_close_matches(name, names, n=1, cutoff=_ALIKE)
        if name not in names and near:
            raise MalformedValue(
                "this looks like a misspelt member",
                path=child(path, name),
                fix=f"did you mean {near[0]}?",
            )
    return {name: value for name, value in obj.items() if name in names}
