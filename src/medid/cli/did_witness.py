"""``medid did witness``: approve a version that waits, and publish what is approved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medid.cli import did_webvh, files, publishing
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.did_given import json_file, tell, write_to
from medid.cli.options import AsJson
from medid.cli.output import say, show_json
from medid.core.json import JsonObject
from medid.dids.webvh import approving
from medid.errors import ConfigurationError


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(witness)


@uses_keys
def witness(
    file: Annotated[
        str, typer.Argument(metavar="DRAFT", help="The did.draft.jsonl that waits.")
    ],
    key: Annotated[
        str | None, typer.Option(help="The key of a witness, who approves.")
    ] = None,
    seen: Annotated[
        str | None,
        typer.Option(help="The log as the witness saw it last; of a new DID none."),
    ] = None,
    approval: Annotated[
        list[str], typer.Option(help="An approval to be added; repeatable.")
    ] = [],  # noqa: B006 - typer copies it
    out: Annotated[
        str | None, typer.Option(help="With --key: write the approval here.")
    ] = None,
    now: Annotated[
        str | None, typer.Option(help="When the approval counts as given.")
    ] = None,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Approve a version as a witness, or add approvals, and publish with enough.

    With --key, the draft is checked as every reader will check it, and that it
    continues the log that was seen last; then the witness signs. With --approval,
    did-witness.json is written, and did.jsonl once the threshold is reached.

    Example:
        medid did witness did.draft.jsonl --key a.key --seen did.jsonl --out a.json
    """
    if (key is None) == (not approval):
        message = "a witness approves with --key, and the controller adds --approval"
        raise ConfigurationError(message, path="--key")
    if key is None:
        _add(file, approval, as_json=as_json)
        return
    draft = did_webvh.read_draft(file)
    given = approving.approve(
        draft,
        access.signer(key),
        seen=b"" if seen is None else did_webvh.read(seen).log,
        at=files.instant(now),
    )
    if out is None:
        show_json(given, indent=None if as_json else 2)
        return
    files.write(out, json_file(given))
    if as_json:
        show_json({"file": out, "approval": given})
    else:
        say(f"approved {given['versionId']}")


def _add(file: str, names: list[str], *, as_json: bool) -> None:
    approvals: list[JsonObject] = [files.read_object(name) for name in names]
    folder = Path(file).parent
    with publishing.changing(folder):
        made = did_webvh.approved(file, approvals)
        written = write_to(folder, made)
        if made.complete:
            publishing.remove(Path(file))
    tell(made, written, as_json=as_json)
