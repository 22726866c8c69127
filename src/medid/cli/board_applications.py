"""``medid board apply``: enter an application."""

from __future__ import annotations

from typing import Annotated

import typer

from medid.board import Application
from medid.cli import board_given as given
from medid.cli import board_told, files
from medid.cli.board_given import (
    Actor,
    AsJson,
    Board,
    DryRun,
    Number,
    Order,
    Url,
    Why,
    Zone,
)
from medid.health.days import UTC_NAME


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("apply")(apply)


def apply(
    number: Number,
    register: Url,
    board: Board,
    actor: Actor,
    name: Annotated[str, typer.Option(help="The practitioner's, as the board has it.")],
    claims: Annotated[
        str, typer.Option(help="JSON file: profession, specialty, conditions, ...")
    ],
    holder: Annotated[
        str | None, typer.Option(help="The practitioner's DID, where it is known.")
    ] = None,
    identifier: Annotated[
        list[str], typer.Option(help="SYSTEM=VALUE: a number in another register.")
    ] = [],  # noqa: B006 - typer copies it
    jurisdiction: Annotated[
        str | None, typer.Option(help="Of the license; else the board's own.")
    ] = None,
    issued_on: Annotated[str | None, typer.Option(help="The first day.")] = None,
    expires_on: Annotated[str | None, typer.Option(help="The last day.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Since when; else now. Never later.")
    ] = None,
    reason: Why = "",
    order: Order = "",
    timezone: Zone = UTC_NAME,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Enter an application: a license that is pending until the board decides.

    What could not be issued later is refused now.

    Example:
        medid board apply 35.123456 --name 'Ada Rowe' --claims claims.json ...
    """
    row = Application(
        number=number,
        name=name,
        claims=files.read_object(claims),
        holder=holder,
        identifiers=given.identifiers(identifier),
        jurisdiction=jurisdiction,
        issued_on=issued_on,
        expires_on=expires_on,
        effective=given.moment(since, timezone, "--since"),
    )
    with given.office(register, board, timezone=timezone, dry_run=dry_run) as office:
        done = office.apply([row], reason=given.reason(actor, reason, order))
    board_told.outcomes(done, as_json=as_json, dry_run=dry_run)
