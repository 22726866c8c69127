"""``medid board init|upgrade|backup|head|verify-register``: the register as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.board import BoardRecord, Issuing, found_board
from medid.cli import board_given as given
from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.board_given import AsJson, Board, Url
from medid.cli.issue import Key, Method, Out, controller, show
from medid.cli.options import Documents
from medid.cli.output import printable, say, show_json
from medid.core.instant import system_clock
from medid.issuing import DEFAULT_SECURING

if TYPE_CHECKING:
    from medid.verifying.verifier import Verifier


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("init")(init)
    app.command("upgrade")(upgrade)
    app.command("backup")(copy)
    app.command("head")(head)
    app.command("verify-register")(verify)


def init(
    register: Url,
    board: Board,
    name: Annotated[str, typer.Option(help="The board's name, for people.")],
    site: Annotated[
        str, typer.Option(help="The https URL under which the board publishes.")
    ],
    jurisdiction: Annotated[
        str, typer.Option(help="Where its licenses hold: ISO 3166-1 or 3166-2.")
    ],
    as_json: AsJson = False,
) -> None:
    """Make a register where there is none, and add a board to it.

    A file is made for its owner alone. A register may hold several boards; none of them
    sees another.

    Example:
        medid board init --register sqlite:///register.db --board DID --name Board ...
    """
    from medid.adapters.register import SqlRegister, make

    record = BoardRecord(did=board, name=name, site=site, jurisdiction=jurisdiction)
    with given.engine(register) as engine:
        make(engine)
        found_board(SqlRegister(engine), record)
    if as_json:
        show_json({"board": board, "jurisdiction": jurisdiction, "site": site})
        return
    say(printable(f"the register has a board: {name} ({board})"))


def upgrade(register: Url, as_json: AsJson = False) -> None:
    """Bring the register of an older medid to the form of this one. Back it up first.

    Example:
        medid board upgrade --register sqlite:///register.db
    """
    from medid.adapters.register import make

    with given.engine(register) as engine:
        make(engine, new=False)
    if as_json:
        show_json({"upgraded": True})
        return
    say("the register has the form of this medid")


def copy(
    register: Url,
    out: Annotated[str, typer.Option(help="The new file; never overwritten.")],
    as_json: AsJson = False,
) -> None:
    """Copy a register in SQLite, also while it is used.

    For PostgreSQL use pg_dump.

    Example:
        medid board backup --register sqlite:///register.db --out register-copy.db
    """
    from medid.adapters.register import SqlRegister, backup

    with given.engine(register) as engine:
        SqlRegister(engine)  # nothing else is copied
        backup(engine, out)
    if as_json:
        show_json({"file": out})
        return
    say(f"wrote {printable(out)}")


@uses_keys
def head(
    register: Url,
    board: Board,
    key: Key,
    verification_method: Method = None,
    securing: Annotated[str, typer.Option(help="As for issue.")] = DEFAULT_SECURING,
    out: Out = None,
    access: Access = NO_ACCESS,
) -> None:
    """Seal all that has happened, and sign where the register ends.

    Keep it elsewhere: it shows later whether the register was altered or put back.

    Example:
        medid board head --register URL --board DID --key board.key --out head.json
    """
    who = controller(key, access, verification_method)
    with given.office(register, board) as office:
        _, signed = office.head(Issuing(controller=who, securing=securing))
    show(signed, out)


def verify(
    register: Url,
    board: Board,
    kept: Annotated[
        str | None,
        typer.Option("--head", help="A signed head that was kept elsewhere."),
    ] = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    as_json: AsJson = False,
) -> None:
    """Is the register whole: nothing altered, taken away, put in or put back?

    Only a head that was kept shows that a whole older copy was put back.

    Exit codes: 0 whole, 1 altered, 2 wrong call, 3 could not check.

    Example:
        medid board verify-register --register URL --board DID --head head.json
    """
    signed = None if kept is None else files.read(kept)
    with given.office(register, board) as office:
        found = office.verify(head=signed, verifier=_verifier(document))
    if as_json:
        show_json(
            {
                "whole": True,
                "licenses": found.licenses,
                "credentials": found.credentials,
                "events": found.events,
                "unsealed": found.unsealed,
                "head": {"sequence": found.head.sequence, "hash": found.head.hash},
            }
        )
        return
    say(f"whole: licenses {found.licenses}, credentials {found.credentials}")
    say(f"events in the chain: {found.events}, not sealed yet: {found.unsealed}")
    say(f"head: {found.head.sequence} {found.head.hash}")


def _verifier(documents: list[str]) -> Verifier:
    from medid.adapters.supplied import SuppliedFetch
    from medid.core.fetch import NoFetch
    from medid.verifying.verifier import Verifier

    evidence = files.evidence(documents, system_clock())
    return Verifier(fetch=SuppliedFetch(NoFetch(), evidence))
