"""``medid board approve|suspend|...``: what the board decides about licenses.

Most of these commands differ in one word, so they are made from one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from medid.board import Change
from medid.cli import board_given as given
from medid.cli import board_told
from medid.cli.board_given import (
    Actor,
    AsJson,
    Board,
    DryRun,
    Effective,
    Numbers,
    Order,
    Replace,
    Url,
    Why,
    Zone,
)
from medid.health.days import UTC_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

#: Each command, what it makes of a license, and what that means.
ORDERS: Final = {
    "approve": ("active", "Approve applications: the licenses are active."),
    "deny": ("denied", "Deny applications. Nothing follows."),
    "suspend": (
        "suspended",
        "Suspend licenses: what was issued on them does not count until reinstated.",
    ),
    "reinstate": (
        "active",
        "Make licenses active again. What was revoked stays so: issue anew.",
    ),
    "probation": (
        "probation",
        "Put licenses on probation: what says less is revoked, issue anew.",
    ),
    "restrict": (
        "restricted",
        "Restrict licenses: what says less is revoked, issue anew. Terms: amend.",
    ),
    "revoke": ("revoked", "Revoke licenses, and for good what was issued on them."),
    "surrender": ("surrendered", "Record that licenses were given up to the board."),
    "retire": ("retired", "Record that practitioners have retired."),
    "deactivate": ("inactive", "Make licenses inactive, until reinstated."),
    "deceased": ("deceased", "Record that practitioners have died. Nothing follows."),
}

#: Those that decide applications alone, and those that never do.
_APPLIED: Final = {"approve": True, "reinstate": False}


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for name, (status, text) in ORDERS.items():
        app.command(name)(_order(name, status, text))
    app.command("expire")(expire)


def _order(name: str, status: str, text: str) -> Callable[..., None]:
    def command(
        numbers: Numbers,
        register: Url,
        board: Board,
        actor: Actor,
        reason: Why = "",
        order: Order = "",
        effective: Effective = None,
        timezone: Zone = UTC_NAME,
        replace_ahead: Replace = False,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        starts = given.moment(effective, timezone, "--effective")
        changes = [
            Change(
                number=one,
                status=status,
                effective=starts,
                replacing=replace_ahead,
                applied=_APPLIED.get(name),
            )
            for one in numbers
        ]
        why = given.reason(actor, reason, order)
        with given.office(
            register, board, timezone=timezone, dry_run=dry_run
        ) as office:
            done = office.change(changes, reason=why)
        board_told.outcomes(done, as_json=as_json, dry_run=dry_run)

    command.__doc__ = (
        f"{text}\n\nExample:\n"
        f"    medid board {name} 35.123456 --register URL --board DID --actor registrar"
    )
    return command


def expire(
    register: Url,
    board: Board,
    actor: Actor,
    reason: Why = "",
    timezone: Zone = UTC_NAME,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let all licenses expire whose last day is over, at the end of that day.

    Run it every day, with the board's time zone. One run looks after 10,000 at most.

    Example:
        medid board expire --register URL --board DID --actor cron --timezone US/Eastern
    """
    why = given.reason(actor, reason, "")
    with given.office(register, board, timezone=timezone, dry_run=dry_run) as office:
        done = office.expire(reason=why)
    board_told.outcomes(done, as_json=as_json, dry_run=dry_run)
