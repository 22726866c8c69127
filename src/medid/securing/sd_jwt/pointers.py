"""JSON pointers: how callers say which claims are meant.

Spec: https://www.rfc-editor.org/rfc/rfc6901
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core import pointers
from medid.errors import MalformedValue, ProofGenerationError

if TYPE_CHECKING:
    from medid.securing.sd_jwt.processing import Trail


def parse_pointer(text: str) -> tuple[str, ...]:
    """The reference tokens of a pointer to anything but the whole document.

    Raises:
        ProofGenerationError: Not a JSON pointer, or the empty one.
    """
    try:
        tokens = pointers.parse(text)
    except MalformedValue:
        tokens = ()
    if not tokens:
        message = "a claim is named by a JSON pointer such as '/given_name'"
        fix = "write a slash, and then the name"
        raise ProofGenerationError(message, fix=fix)
    return tokens


def tokens_of(trail: Trail) -> tuple[str, ...]:
    """The reference tokens of a trail."""
    return tuple(map(str, trail))
