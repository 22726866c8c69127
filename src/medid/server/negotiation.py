"""Which form of an answer the caller accepts.

Spec: https://www.rfc-editor.org/rfc/rfc9110#field.accept,
https://www.rfc-editor.org/rfc/rfc9110#section-5.3
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import Headers

MAX_RANGES: Final = 64  # media ranges of an Accept header; browsers send eight

_QUALITY: Final = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def listed(headers: Headers, name: str) -> str | None:
    """The list in the header ``name``, of however many lines; ``None`` without any."""
    lines = headers.getlist(name)
    return ", ".join(lines) if lines else None


def choose(accept: str | None, offered: Sequence[str]) -> str | None:
    """The media type of ``offered`` that ``accept`` prefers; ``None`` where none fits.

    Args:
        accept: The Accept header; without one, everything is accepted.
        offered: Media types in lower case, the server's favourite first.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [_read(part) for part in accept.split(",", MAX_RANGES)[:MAX_RANGES]]
    best = max(offered, key=lambda one: (_quality(one, ranges), -offered.index(one)))
    return best if _quality(best, ranges) > 0 else None


def _read(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        if match := _QUALITY.fullmatch(parameter):
            quality = float(match[1])
    return name.lower(), quality


def _quality(offered: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The quality of the most specific range that ``offered`` lies in; 0 for none."""
    family = offered.partition("/")[0] + "/*"
    for wanted in (offered, family, "*/*"):
        found = [quality for name, quality in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0
