"""``medid did``: resolve DIDs, create them, and change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import files
from medid.cli.did_change import deactivate, rotate, update
from medid.cli.did_create import create
from medid.cli.did_log import log
from medid.cli.did_witness import witness
from medid.cli.output import Exit, exit_of, show_json
from medid.core.instant import system_clock
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.errors import MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence, Need

app = typer.Typer(help="Resolve, create and change DIDs.")


@app.callback()
def _group() -> None:
    """Resolve, create and change DIDs."""


@app.command()
def resolve(
    did: Annotated[str, typer.Argument(metavar="DID", help="- reads standard input.")],
    document: Annotated[
        list[str], typer.Option(help="URL=FILE: evidence supplied offline.")
    ] = [],  # noqa: B006 - typer copies it
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch nothing; use --document only.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One line instead of many.")
    ] = False,
) -> None:
    """Print the DID Resolution result of a DID, of any method that medid knows.

    Exit codes: 0 resolved, 1 no such or no valid DID, 3 could not be resolved.

    Example:
        medid did resolve did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK
    """
    # Asked for here: the other commands verify nothing.
    from medid.cli.fetching import fetcher
    from medid.verifying.gathering import gather

    text = _typed(did)
    evidence = files.evidence(document, system_clock())
    evidence = gather(
        evidence, lambda known: _needs(text, known), fetcher(offline=offline)
    )
    show_json(resolver.resolution_result(text, evidence), indent=None if as_json else 2)
    raise typer.Exit(_exit(text, evidence))


def _typed(did: str) -> str:
    if did != "-":
        return did
    return files.read("-").decode("utf-8", "replace").removesuffix("\n")


def _needs(text: str, known: Evidence) -> Sequence[Need]:
    try:
        return resolver.needs(Did.parse(text), known)
    except MedidError:
        return ()


def _exit(text: str, evidence: Evidence) -> Exit:
    try:
        resolver.resolve(Did.parse(text), evidence)
    except MedidError as error:
        return exit_of(error)
    return Exit.YES


app.command()(create)
app.command()(update)
app.command()(rotate)
app.command()(deactivate)
app.command()(log)
app.command()(witness)
