"""``medid board status|find|history``: what the register says, and what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import board_given as given
from medid.cli import board_told
from medid.cli.board_given import AsJson, Board, Csv, Number, Out, Url, Zone
from medid.cli.output import printable, say, show_json
from medid.core.instant import system_clock
from medid.health.days import UTC_NAME

if TYPE_CHECKING:
    from medid.core.json import JsonValue


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("status")(status)
    app.command("find")(find)
    app.command("history")(history)


def status(
    number: Number,
    register: Url,
    board: Board,
    as_of: Annotated[
        str | None, typer.Option(help="What held then: an instant, or a day.")
    ] = None,
    known: Annotated[
        str | None, typer.Option(help="By what the register knew then; else now.")
    ] = None,
    timezone: Zone = UTC_NAME,
    as_json: AsJson = False,
) -> None:
    """What holds of a license, or held on a day, or was said of it on a day.

    Example:
        medid board status 35.123456 --as-of 2026-03-01 --register URL --board DID
    """
    at = given.now_or(as_of, timezone, "--as-of")
    said = given.moment(known, timezone, "--known")
    with given.office(register, board) as office:
        found = office.license(number)
    if as_json:
        show_json(board_told.standing_json(found, at, known=said))
        return
    for line in board_told.standing_lines(found, at, known=said):
        say(printable(line))


def find(
    text: Annotated[str, typer.Argument(help="The start of a number, or of a name.")],
    register: Url,
    board: Board,
    limit: Annotated[int, typer.Option(help="For how many at most.")] = 50,
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    """Find licenses by the start of their number, or by any part of a name.

    Example:
        medid board find rowe --register URL --board DID
    """
    with given.office(register, board) as office:
        found = office.find(text, limit=limit)
    at = system_clock()
    if csv is not None:
        board_told.license_table(found, csv, at)
    if as_json:
        rows: list[JsonValue] = [board_told.standing_json(one, at) for one in found]
        show_json({"licenses": rows})
        return
    for one in found:
        for line in board_told.standing_lines(one, at):
            say(printable(line))
    say(f"licenses found: {len(found)}")


def history(
    number: Number,
    register: Url,
    board: Board,
    out: Out = None,
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    """All that happened to a license, in the order of recording.

    Example:
        medid board history 35.123456 --register URL --board DID
    """
    with given.office(register, board) as office:
        found, events, issued = office.history(number)
    at = system_clock()
    written = [] if out is None else [board_told.write(one, out) for one in issued]
    if csv is not None:
        board_told.event_table(events, csv)
    if as_json:
        show_json(
            {
                **board_told.standing_json(found, at),
                "events": [board_told.event_json(one) for one in events],
                "credentials": [board_told.credential_json(one) for one in issued],
                "files": list(written),
            }
        )
        return
    for line in board_told.standing_lines(found, at):
        say(printable(line))
    for event in events:
        say(printable(f"  {board_told.event_line(event)}"))
    for name in written:
        say(printable(f"wrote {name}"))
