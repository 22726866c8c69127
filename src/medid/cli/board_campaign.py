"""``medid board issue --all``: a credential for every license that is due."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from medid.board.campaigns import Campaign
from medid.board.workshop import Bench
from medid.cli import board_told
from medid.cli.output import exit_of, printable, say, show_json, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.board import Issuing, Office, Outcome, Reason
    from medid.board.workshop import Workshop
    from medid.cli.access import Access
    from medid.core.json import JsonValue

STORE_THREADS: Final = 8  # that wait for a key store at once; KMS allows hundreds
#: Licenses that are signed before other processes could have begun.
FEW: Final = 500


@contextmanager
def workshop(
    office: Office, issuing: Issuing, key: str, access: Access, jobs: int | None
) -> Iterator[Workshop]:
    """Where many credentials are signed: as the key allows, ``jobs`` at a time.

    Raises:
        ConfigurationError: The key is another DID's, or does not fit the mechanism.
        SignerError: The key store refused.
    """
    from medid.adapters.signers.naming import is_file
    from medid.adapters.workshops import signing_processes, signing_threads

    board = office.board()
    # A signing log is written by one process, use by use.
    alone = is_file(key) and access.signing_log is None
    bench = Bench(board, issuing)
    count = jobs or (_processes(office) if alone else STORE_THREADS)
    if count == 1:
        yield bench
    elif alone:
        order = access.order(key, board, issuing)
        with signing_processes(order, count=count) as made:
            yield made
    else:
        with signing_threads(bench, count=count) as waiting:
            yield waiting


def _processes(office: Office) -> int:
    few = len(office.due(limit=FEW)) < FEW
    return 1 if few else os.cpu_count() or 1


def run(
    campaign: Campaign,
    office: Office,
    *,
    as_json: bool,
    dry_run: bool,
    out: str | None,
) -> None:
    """Issue what is due, and tell: each refusal, and how many were issued.

    Raises:
        MedidError: As the campaign says; what was told is recorded.
        Exit: Some were refused.
    """
    issued = 0
    refused: list[Outcome] = []
    for done in campaign.run(office):
        for one in done:
            if one.error is not None:
                refused.append(one)
                continue
            issued += 1
            if one.credential is not None and out is not None:
                board_told.write(one.credential, out)
        board_told.progress(f"issued: {issued}")
    if as_json:
        rows: list[JsonValue] = [board_told.row(one) for one in refused]
        show_json(
            {
                "done": issued,
                "refused": len(refused),
                "dryRun": dry_run,
                "rows": rows,
            }
        )
    else:
        for one in refused:
            say(printable(board_told.line(one)))
        word = "would be issued" if dry_run else "issued"
        say(f"{word}: {issued}, refused: {len(refused)}")
    errors = [one.error for one in refused if one.error is not None]
    if errors:
        raise typer.Exit(int(worst(map(exit_of, errors))))


def issue_due(
    office: Office,
    issuing: Issuing,
    *,
    reason: Reason,
    key: str,
    access: Access,
    jobs: int | None,
    as_json: bool,
    dry_run: bool,
    out: str | None,
) -> None:
    """As ``run``, in the workshop that the key allows."""
    # Nothing is signed where nothing is recorded.
    with workshop(office, issuing, key, access, 1 if dry_run else jobs) as made:
        campaign = Campaign(workshop=made, reason=reason)
        run(campaign, office, as_json=as_json, dry_run=dry_run, out=out)
