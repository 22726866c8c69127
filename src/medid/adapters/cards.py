"""Cards for practitioners as PDF: a page each, with a card to cut out.

Below the card stands the credential itself as a large QR code, where it fits into one
that a telephone reads from paper; else the page says that it comes as a file. Codes are
drawn as squares, not as an image, so that they are sharp at any size.

Needs ``pip install 'medid[cards]'``.

Spec: ISO/IEC 18004 (QR code), ISO/IEC 7810 (ID-1, the size of a card)
"""

from __future__ import annotations

from importlib.util import find_spec
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.board.cards import MAX_CARDS
from medid.errors import ConfigurationError, MissingExtra

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from fpdf import FPDF
    from segno import QRCode

    from medid.board.cards import Card

#: Of the code with the credential: 149 squares a side, of 0.76 mm each.
MAX_VERSION: Final = 33
MAX_FONT: Final = 33_554_432  # bytes of a font file; those of all scripts have 20 MB

_WIDTH: Final = 85.6  # mm, of a card
_HEIGHT: Final = 53.98
_PAGE: Final = 210.0  # mm, the width of A4
_LEFT: Final = (_PAGE - _WIDTH) / 2
_TOP: Final = 30.0
_SMALL: Final = 28.0  # mm, of the code with the URL, its quiet zone included
_LARGE: Final = 120.0  # of the code with the credential
_QUIET: Final = 4  # squares around a code (ISO/IEC 18004, 5.3.8)
_PACKAGES: Final = ("fpdf", "segno")
_FAMILY: Final = "medid"
_CORE: Final = "Helvetica"
_LATIN: Final = 255  # the last letter of Latin-1
_BASELINE: Final = 0.35  # mm below the top of a line, for each point of its letters
_FONTS: Final = frozenset({b"\0\1\0\0", b"true", b"OTTO"})  # how such files begin


def pdf(cards: Sequence[Card], *, font: str | os.PathLike[str] | None = None) -> bytes:
    """A document with a page for each of ``cards``.

    Args:
        cards: What is printed.
        font: A TrueType file for names beyond Latin-1; by default Helvetica, which
            every reader of PDF has.

    Raises:
        MissingExtra: The packages for it are not installed.
        ConfigurationError: There are none or too many, the font cannot be used, or it
            has not all letters of a name.
    """
    if not 1 <= len(cards) <= MAX_CARDS:
        message = f"a document has 1 to {MAX_CARDS} cards"
        raise ConfigurationError(message, path="$.cards")
    if any(find_spec(one) is None for one in _PACKAGES):
        raise MissingExtra("cards need: pip install 'medid[cards]'")
    from fpdf import FPDF

    made = FPDF(format="A4")
    made.set_auto_page_break(auto=False)
    made.set_title("License cards")
    sheet = _Sheet(made, _CORE if font is None else _font(made, Path(font)))
    for one in cards:
        sheet.draw(one)
    return bytes(made.output())


def _font(made: FPDF, file: Path) -> str:
    _check_font(file)
    try:
        made.add_font(_FAMILY, fname=str(file))
    except Exception as error:  # a parser of fonts raises what it likes
        raise _no_font() from error
    return _FAMILY


def _check_font(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            start, size = opened.read(4), opened.seek(0, SEEK_END)
    except OSError:
        raise _no_font() from None
    if start not in _FONTS or size > MAX_FONT:
        raise _no_font()


def _no_font() -> ConfigurationError:
    message = "the font cannot be used"
    fix = f"name a TrueType file of at most {MAX_FONT} bytes that you may read"
    return ConfigurationError(message, path="$.font", fix=fix)


class _Sheet:
    """The pages of a document, in one font."""

    def __init__(self, made: FPDF, family: str) -> None:
        self._made = made
        self._family = family

    def draw(self, card: Card) -> None:
        """Add the page of ``card``."""
        self._check_letters(card)
        self._made.add_page()
        self._card(card)
        self._credential(card)

    def _check_letters(self, card: Card) -> None:
        written = f"{card.name}{card.board}{card.number}{card.jurisdiction}"
        if self._family == _CORE:
            missing = any(ord(one) > _LATIN for one in written)
        else:
            has = self._made.fonts[self._family].cmap  # type: ignore[union-attr]
            missing = any(ord(one) not in has for one in written)
        if missing:
            message = "the font does not have all letters of a card"
            fix = "give a TrueType font that has them"
            raise ConfigurationError(message, path="$.font", fix=fix)

    def _card(self, card: Card) -> None:
        made = self._made
        made.set_draw_color(120)
        made.set_line_width(0.2)
        made.rect(_LEFT, _TOP, _WIDTH, _HEIGHT, round_corners=True, corner_radius=3)
        for words, size, down in (
            (card.board, 11, 5.0),
            (card.name, 12, 13.0),
            (f"License {card.number}", 10, 26.0),
            (f"{card.jurisdiction}, {card.status}", 10, 31.0),
            (f"until {card.ends}" if card.ends else "without an end", 10, 36.0),
            ("Scan the code to see what holds today.", 7, 45.0),
            ("This card by itself proves nothing.", 7, 48.5),
        ):
            box = (_LEFT + 4, _TOP + down, _WIDTH - _SMALL - 10)
            self._write(words, box, size)
        place = (_LEFT + _WIDTH - _SMALL - 3, _TOP + (_HEIGHT - _SMALL) / 2)
        self._code(_small(card.url), place, _SMALL)

    def _credential(self, card: Card) -> None:
        left, down = (_PAGE - _LARGE) / 2, _TOP + _HEIGHT + 20
        code = None if card.credential is None else _large(card.credential)
        if code is None:
            self._write("Your credential comes as a file.", (left, down, _LARGE), 10)
            return
        words = "Your credential. Whoever scans it has it: keep this page."
        self._write(words, (left, down, _LARGE), 10)
        self._code(code, (left, down + 8), _LARGE)

    def _write(self, words: str, box: tuple[float, float, float], size: float) -> None:
        """Write one line into a box (left, top and width in mm), in points or less."""
        left, top, width = box
        self._made.set_font(self._family, size=size)
        needed = self._made.get_string_width(words)
        if needed:  # marks alone, without a letter, have no width
            size = min(size, size * width / needed)
        self._made.set_font_size(size)
        self._made.text(left, top + size * _BASELINE, words)

    def _code(self, code: QRCode, place: tuple[float, float], side: float) -> None:
        """Draw a code into the square at ``place`` (left and top in mm)."""
        square = side / (len(code.matrix) + 2 * _QUIET)
        self._made.set_fill_color(0)
        for row, line in enumerate(code.matrix):
            top = place[1] + (row + _QUIET) * square
            for start, length in _runs(line):
                left = place[0] + (start + _QUIET) * square
                self._made.rect(left, top, length * square, square, style="F")


def _small(url: str) -> QRCode:
    import segno

    return segno.make_qr(url, error="m", encoding="utf-8")


def _large(credential: str) -> QRCode | None:
    """The code with a credential; ``None`` where no telephone would read it."""
    import segno

    try:
        made = segno.make_qr(credential, error="l", encoding="utf-8")
    except segno.DataOverflowError:
        return None
    return made if int(made.version) <= MAX_VERSION else None


def _runs(line: Sequence[int]) -> list[tuple[int, int]]:
    """Where dark squares begin, and how many follow each other."""
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(line):
        if not dark:
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return found
