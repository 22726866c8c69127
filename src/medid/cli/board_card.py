"""``medid board card``: cards and credentials on paper, for practitioners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import board_given as given
from medid.cli import files
from medid.cli.board_given import AsJson, Board, Numbers, Url
from medid.cli.output import printable, say, show_json
from medid.core.instant import system_clock

if TYPE_CHECKING:
    from medid.core.json import JsonValue


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("card")(card)


def card(
    numbers: Numbers,
    register: Url,
    board: Board,
    out: Annotated[str, typer.Option(help="The PDF to write; a new file.")],
    font: Annotated[
        str | None,
        typer.Option(help="A TrueType file, for names beyond Latin-1."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a PDF with a page for each license in force: a card, and the credential.

    The code on the card leads to the page of the board's site. The credential is there
    as a code where it fits into one that a telephone reads.

    Exit codes: 0 written, 1 a license is not in force, 2 wrong call, 3 the register is
    unavailable.

    Example:
        medid board card 35.123456 --out card.pdf --register URL --board DID
    """
    from medid.adapters.cards import pdf
    from medid.board.cards import card as card_of

    at = system_clock()
    with given.office(register, board) as office:
        who = office.board()
        cards = []
        for number in numbers:
            found, _, issued = office.history(number)
            cards.append(card_of(who, found, issued, at=at))
    content = pdf(cards, font=font)
    files.write_private(out, content)
    if as_json:
        printed: list[JsonValue] = [
            {"number": one.number, "url": one.url} for one in cards
        ]
        show_json({"file": out, "cards": printed})
        return
    say(printable(f"wrote {out} (cards: {len(cards)})"))
