"""``medid board issue|renew|amend``: what is signed, and what is signed anew."""

from __future__ import annotations

from typing import Annotated

import typer

from medid.adapters.signers.naming import is_file
from medid.board import Change, Issuing
from medid.cli import board_given as given
from medid.cli import board_told, files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.board_given import (
    Actor,
    AsJson,
    Board,
    DryRun,
    Effective,
    Key,
    Number,
    Order,
    Out,
    Replace,
    Url,
    Why,
    Zone,
)
from medid.cli.board_renewals import Renewal, check_later, renew_all
from medid.cli.issue import Key as SigningKey
from medid.cli.issue import Method, controller
from medid.errors import ConfigurationError
from medid.health.days import UTC_NAME
from medid.issuing import DEFAULT_SECURING

Securing = Annotated[
    str, typer.Option(help="A cryptosuite, vc+jwt or vc+cose, as for medid issue.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("issue")(issue)
    app.command("renew")(renew)
    app.command("amend")(amend)


@uses_keys
def issue(
    register: Url,
    board: Board,
    actor: Actor,
    key: SigningKey,
    numbers: Annotated[
        list[str], typer.Argument(metavar="[NUMBER...]", help="License numbers.")
    ] = [],  # noqa: B006 - typer copies it
    all_due: Annotated[
        bool,
        typer.Option("--all", help="Every license in force that has none as it is."),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="With --all: signatures at a time; else one for each core, for many.",
        ),
    ] = None,
    out: Out = None,
    securing: Securing = DEFAULT_SECURING,
    verification_method: Method = None,
    reason: Why = "",
    timezone: Zone = UTC_NAME,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Sign a credential for each license that is in force, and record it.

    With --all, for every license in force on which no credential says what is in force.
    If it is broken off, run it again: it goes on where it stopped.

    Example:
        medid board issue 35.123456 --key board.key --out licenses --actor registrar ...
    """
    if all_due == bool(numbers):
        message = "it is not said which licenses"
        fix = "give their numbers, or --all"
        raise ConfigurationError(message, path="NUMBER", fix=fix)
    opened = access.once() if all_due and is_file(key) else access
    who = controller(key, opened, verification_method)
    how = Issuing(controller=who, securing=securing)
    why = given.reason(actor, reason, "")
    with given.office(register, board, timezone=timezone, dry_run=dry_run) as office:
        if all_due:
            from medid.cli.board_campaign import issue_due

            issue_due(
                office,
                how,
                reason=why,
                key=key,
                access=opened,
                jobs=jobs,
                as_json=as_json,
                dry_run=dry_run,
                out=out,
            )
            return
        done = office.issue(numbers, how, reason=why)
    board_told.outcomes(done, as_json=as_json, dry_run=dry_run, out=out)


@uses_keys
def renew(
    register: Url,
    board: Board,
    actor: Actor,
    until: Annotated[str, typer.Option(help="The new last day, YYYY-MM-DD.")],
    numbers: Annotated[
        list[str], typer.Argument(metavar="[NUMBER...]", help="License numbers.")
    ] = [],  # noqa: B006 - typer copies it
    ending_by: Annotated[
        str | None,
        typer.Option(help="Instead of numbers: all whose last day is this or earlier."),
    ] = None,
    key: Key = None,
    out: Out = None,
    securing: Securing = DEFAULT_SECURING,
    verification_method: Method = None,
    reason: Why = "",
    order: Order = "",
    timezone: Zone = UTC_NAME,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Give licenses a new last day, and with a key a new credential.

    Who has expired is again what they were before: a restriction stays. With
    --ending-by all are renewed that can expire and end by then, some hundred at a time;
    a run that was broken off is run again, and goes on where it was.

    Example:
        medid board renew 35.123456 --until 2029-06-30 --key board.key --actor clerk ...
    """
    if bool(numbers) is (ending_by is not None):
        message = "renew takes license numbers, or --ending-by"
        raise ConfigurationError(message, path="--ending-by", fix="give one of them")
    check_later(until, ending_by)
    how = given.issuing(key, access, verification_method, securing)
    why = given.reason(actor, reason, order)
    with given.office(register, board, timezone=timezone, dry_run=dry_run) as office:
        if ending_by is not None:
            renewal = Renewal(until=until, reason=why, issuing=how, out=out)
            renew_all(office, ending_by, renewal, as_json=as_json, dry_run=dry_run)
            return
        changes = [
            Change(number=one, expires_on=until, renewing=True) for one in numbers
        ]
        done = office.change(changes, reason=why, issuing=how)
    board_told.outcomes(done, as_json=as_json, dry_run=dry_run, out=out)


@uses_keys
def amend(
    number: Number,
    register: Url,
    board: Board,
    actor: Actor,
    name: Annotated[str | None, typer.Option(help="The name from then on.")] = None,
    holder: Annotated[
        str | None, typer.Option(help="The practitioner's DID from then on.")
    ] = None,
    claims: Annotated[
        str | None, typer.Option(help="JSON file: the claims from then on.")
    ] = None,
    issued_on: Annotated[str | None, typer.Option(help="The first day.")] = None,
    expires_on: Annotated[str | None, typer.Option(help="The last day.")] = None,
    key: Key = None,
    out: Out = None,
    securing: Securing = DEFAULT_SECURING,
    verification_method: Method = None,
    reason: Why = "",
    order: Order = "",
    effective: Effective = None,
    timezone: Zone = UTC_NAME,
    replace_ahead: Replace = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Change what a license states. What says otherwise is revoked; a key issues anew.

    Example:
        medid board amend 35.123456 --claims claims.json --key board.key ...
    """
    how = given.issuing(key, access, verification_method, securing)
    change = Change(
        number=number,
        name=name,
        holder=holder,
        claims=None if claims is None else files.read_object(claims),
        issued_on=issued_on,
        expires_on=expires_on,
        effective=given.moment(effective, timezone, "--effective"),
        replacing=replace_ahead,
    )
    why = given.reason(actor, reason, order)
    with given.office(register, board, timezone=timezone, dry_run=dry_run) as office:
        done = office.change([change], reason=why, issuing=how)
    board_told.outcomes(done, as_json=as_json, dry_run=dry_run, out=out)
