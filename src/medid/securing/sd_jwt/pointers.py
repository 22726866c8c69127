"""JSON pointers: how callers say which claims are meant.

Spec: https://www.rfc-editor.org/rfc/rfc6901
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.errors import ProofGenerationError

if TYPE_CHECKING:
    from medid.securing.sd_jwt.processing import Trail

_TOKEN: Final = re.compile(r"(?:[^~/]|~[01])*")


def parse_pointer(text: str) -> tuple[str, ...]:
    """The reference tokens of a pointer to anything but the whole document.

    Raises:
        ProofGenerationError: Not a JSON pointer, or the empty one.
    """
    start, *tokens = text.split("/")
    if start or not tokens or not all(_TOKEN.fullmatch(token) for token in tokens):
        message = "a claim is named by a JSON pointer such as '/given_name'"
        raise ProofGenerationError(message)
    return tuple(t.replace("~1", "/").replace("~0", "~") for t in tokens)


def tokens_of(trail: Trail) -> tuple[str, ...]:
    """The reference tokens of a trail."""
    return tuple(str(step) for step in trail)
