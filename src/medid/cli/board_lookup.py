"""``medid board status|find|history``: what the register says, and what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import board_given as given
from medid.cli import board_told
from medid.cli.board_given import AsJson, Board, Csv, Number, Out, Url, Zone
from medid.cli.output import printable, say, show_json
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
    held = found.as_of(at, known=said)
    ahead = [one for one in found.timeline(known=said) if one.effective > at]
    if as_json:
        later: list[JsonValue] = [board_told.version_json(one) for one in ahead]
        show_json({**board_told.license_json(found, held), "ahead": later})
        return
    say(printable(board_told.license_line(found, held)))
    for one in ahead:
        say(f"from {one.effective}: {one.status}")


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
    if csv is not None:
        board_told.license_table(found, csv)
    if as_json:
        rows: list[JsonValue] = [
            board_told.license_json(one, one.latest) for one in found
        ]
        show_json({"licenses": rows})
        return
    for one in found:
        say(printable(board_told.license_line(one, one.latest)))
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
    written = [] if out is None else [board_told.write(one, out) for one in issued]
    if csv is not None:
        board_told.event_table(events, csv)
    if as_json:
        show_json(
            {
                **board_told.license_json(found, found.latest),
                "events": [board_told.event_json(one) for one in events],
                "credentials": [board_told.credential_json(one) for one in issued],
                "files": list(written),
            }
        )
        return
    say(printable(board_told.license_line(found, found.latest)))
    for event in events:
        say(printable(f"  {board_told.event_line(event)}"))
    for name in written:
        say(printable(f"wrote {name}"))
