"""``medid board import``: the file of another register is taken over."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medid.board.importing import CHANGED, ENTERED, REJECTED, UNCHANGED, Import
from medid.cli import board_given as given
from medid.cli import board_told
from medid.cli.board_given import Actor, AsJson, Board, DryRun, Order, Url, Why, Zone
from medid.cli.board_map import read_mapping
from medid.cli.output import Exit, printable, say, show_json
from medid.errors import ConfigurationError
from medid.health.days import UTC_NAME, time_zone

if TYPE_CHECKING:
    from medid.board import Office

_WORDS: Final = (ENTERED, CHANGED, UNCHANGED, REJECTED)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[str, typer.Argument(help="The file of the other register.")],
    mapping: Annotated[str, typer.Option(help="How it is read: YAML or JSON.")],
    register: Url,
    board: Board,
    actor: Actor,
    rejects: Annotated[
        str | None,
        typer.Option(help="Write rejected rows into NAME.jsonl and NAME.csv."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Let rows change licenses that are there.")
    ] = False,
    reason: Why = "",
    order: Order = "",
    timezone: Zone = UTC_NAME,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take over licenses from a file, as they are in it.

    A row that is refused says why, and the others are taken. Importing the same file
    again changes nothing, so an import that was broken off is run again.

    Example:
        medid board import export.csv --mapping mapping.yaml --rejects rejected ...
    """
    how = Import(
        mapping=read_mapping(mapping),
        zone=time_zone(timezone, path="--timezone"),
        reason=given.reason(actor, reason, order),
        update=update,
    )
    name = rejects if rejects is not None else f"{file}.rejects"
    if any(_same(file, f"{name}.{ending}") for ending in ("csv", "jsonl")):
        message = "the rejects would be written over the file itself"
        raise ConfigurationError(message, path="--rejects", fix="give another name")
    with given.office(register, board, timezone=timezone, dry_run=dry_run) as office:
        counts = _run(how, office, file, name)
    found = {word: counts[word] for word in _WORDS}
    if as_json:
        show_json({**found, "dryRun": dry_run, "rejects": f"{name}.jsonl"})
    else:
        would = "would be " if dry_run else ""
        say(f"rows: {counts.total()}")
        say(f"{would}{ENTERED}: {found[ENTERED]}, {would}{CHANGED}: {found[CHANGED]}")
        say(f"{UNCHANGED}: {found[UNCHANGED]}, {REJECTED}: {found[REJECTED]}")
        if found[REJECTED]:
            say(printable(f"why, row by row: {name}.csv"))
    if found[REJECTED]:
        raise typer.Exit(int(Exit.NO))


def _run(how: Import, office: Office, file: str, name: str) -> Counter[str]:
    from medid.adapters.tables import open_table
    from medid.adapters.tables.rejects import writing_rejects
    from medid.adapters.tables.seen_numbers import seen_numbers

    counts: Counter[str] = Counter()
    with (
        open_table(file, how.mapping.source) as table,
        seen_numbers() as seen,
    ):
        table.check_columns(how.mapping.columns)
        with writing_rejects(name) as reject:
            for done in how.run(office, table.rows, seen):
                counts += done.counts
                for one in done.rejects:
                    reject(one)
                board_told.progress(f"rows: {counts.total()}")
    return counts


def _same(file: str, other: str) -> bool:
    return os.path.realpath(file) == os.path.realpath(other)
