"""The lines of a file, bounded: what is longer is refused, and the next one is read.

Spec: https://encoding.spec.whatwg.org/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from medid.errors import MedidError, ParsingError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ROW: Final = 65_536  # bytes of one row; a license takes some 300
BOM: Final = "\ufeff"
_CODECS: Final = {"windows-1252": "cp1252"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end, or why it cannot be read.

    Attributes:
        number: From 1.
        text: Empty where it cannot be read.
    """

    number: int
    text: str
    error: MedidError | None = None


def read_lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """Every line of ``file``, which ends with a line feed, a return before it or not.

    Args:
        file: At its beginning.
        encoding: One of ``medid.board.sources.ENCODINGS``.
    """
    number = 0
    while raw := file.readline(MAX_ROW + 1):
        number += 1
        if len(raw) > MAX_ROW:
            _skip(file, raw)
            message = f"a row has more than {MAX_ROW} bytes"
            yield Line(number, "", TooLarge(message))
            continue
        if number == 1 and encoding == "utf-8-sig":
            raw = raw.removeprefix(BOM.encode())
        yield _line(number, raw, encoding)


def _line(number: int, raw: bytes, encoding: str) -> Line:
    codec = _CODECS.get(encoding, "utf-8")
    try:
        text = raw.removesuffix(b"\n").removesuffix(b"\r").decode(codec)
    except UnicodeDecodeError:
        message = f"the row is not {encoding}"
        fix = "state the encoding of the file in the mapping"
        return Line(number, "", ParsingError(message, fix=fix))
    if "\0" in text:
        fix = "save the file as UTF-8, or remove the character"
        error = ParsingError("the row has a NUL character", fix=fix)
        return Line(number, "", error)
    return Line(number, text)


def _skip(file: BinaryIO, raw: bytes) -> None:
    """Read on to the end of the line that began with ``raw``."""
    while raw and not raw.endswith(b"\n"):
        raw = file.readline(MAX_ROW)
