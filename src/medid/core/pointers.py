"""JSON pointers, read strictly: how callers say which part of a document is meant.

Spec: https://www.rfc-editor.org/rfc/rfc6901
"""

from __future__ import annotations

import re
from typing import Final

from medid.errors import MalformedValue

_TOKEN: Final = re.compile(r"(?:[^~/]|~[01])*")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")  # beyond that, no array is read


def parse(text: str) -> tuple[str, ...]:
    """The reference tokens of a pointer; none for the whole document.

    Raises:
        MalformedValue: Not a JSON pointer.
    """
    if text.startswith("/") and "~" not in text:
        return tuple(text[1:].split("/"))
    start, *tokens = text.split("/")
    if start or not all(_TOKEN.fullmatch(token) for token in tokens):
        raise MalformedValue(
            "not a JSON pointer", fix="a pointer is written like '/given_name'"
        )
    return tuple(t.replace("~1", "/").replace("~0", "~") for t in tokens)


def index(token: str) -> int | None:
    """The array index that a reference token spells, where it spells one."""
    return int(token) if _INDEX.fullmatch(token) else None
