"""``medid board renew --ending-by``: all licenses that end, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from medid.board import Change
from medid.cli import board_told, files
from medid.cli.output import exit_of, printable, say, show_json, worst
from medid.core.instant import Instant
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from medid.board import Issuing, Office, Outcome, Reason
    from medid.core.json import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What is done with each license.

    Attributes:
        until: The new last day.
        reason: Who renews it.
        issuing: How a new credential is signed; ``None`` for none.
        out: The folder into which it is written.
    """

    until: str
    reason: Reason
    issuing: Issuing | None
    out: str | None


def check_later(until: str, ending_by: str | None) -> None:
    """Return if a license that ends by the one day has more days until the other.

    Raises:
        ConfigurationError: It has not, or one of them is no day.
    """
    with files.argument("--until"):
        end = Instant.from_date(until)
    if ending_by is None:
        return
    with files.argument("--ending-by"):
        latest = Instant.from_date(ending_by)
    if end <= latest:
        message = "some licenses would end earlier than they do"
        fix = "name a day after that of --ending-by"
        raise ConfigurationError(message, path="--until", fix=fix)


def renew_all(
    office: Office, ending_by: str, renewal: Renewal, *, as_json: bool, dry_run: bool
) -> None:
    """Renew all that end by a day; each page is one act.

    Raises:
        Exit: Some were refused.
        MedidError: A page was refused; those before it are renewed.
    """
    total = 0
    refused: list[Outcome] = []
    after = None
    while page := office.ending(ending_by, after=after):
        after = page[-1]
        changes = [
            Change(number=one.number, expires_on=renewal.until, renewing=True)
            for one in page
        ]
        done = office.change(changes, reason=renewal.reason, issuing=renewal.issuing)
        for one in done:
            if one.credential is not None and renewal.out is not None:
                board_told.write(one.credential, renewal.out)
        refused += [one for one in done if one.error is not None]
        total += len(done)
        board_told.progress(f"licenses: {total}")
    _tell(total, refused, as_json=as_json, dry_run=dry_run)


def _tell(total: int, refused: list[Outcome], *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        rows: list[JsonValue] = [board_told.row(one) for one in refused]
        done = total - len(refused)
        counts = {"done": done, "refused": len(refused), "dryRun": dry_run}
        show_json({**counts, "rows": rows})
    else:
        for one in refused:
            say(printable(board_told.line(one)))
        would = "would be renewed" if dry_run else "renewed"
        say(f"{would}: {total - len(refused)}, refused: {len(refused)}")
    if refused:
        errors = [one.error for one in refused if one.error is not None]
        raise typer.Exit(int(worst(map(exit_of, errors))))
