"""``medid did resolve``: the DID Resolution result of a DID of any method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import files
from medid.cli.options import AsJson, Documents, DocumentsOnly, FetchWith
from medid.cli.output import Exit, exit_of, show_json
from medid.cli.sources import Sources
from medid.core.instant import Instant, system_clock
from medid.dids import resolver
from medid.dids.resolution import ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence, Need


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(resolve)


def resolve(
    did: Annotated[str, typer.Argument(metavar="DID", help="- reads standard input.")],
    document: Documents = [],  # noqa: B006 - typer copies it
    version_id: Annotated[
        str | None, typer.Option(help="The version by its method's own name.")
    ] = None,
    version_time: Annotated[
        str | None, typer.Option(help="As of this instant; by default the latest.")
    ] = None,
    x5c: Annotated[
        str | None,
        typer.Option(help="did:x509: the chain in PEM, the signer's own first."),
    ] = None,
    fetch_with: FetchWith = None,
    offline: DocumentsOnly = False,
    as_json: AsJson = False,
) -> None:
    """Print the DID Resolution result of a DID, of any method that medid knows.

    Exit codes: 0 resolved, 1 no such or no valid DID, 3 could not be resolved.

    Example:
        medid did resolve did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK
    """
    # Asked for here: the other commands verify nothing.
    from medid.verifying.gathering import gather

    text = _typed(did)
    options = _options(version_id, version_time, x5c)
    sources = Sources(document=document, fetch_with=fetch_with, offline=offline)
    evidence = gather(
        sources.known(system_clock()),
        lambda known: _needs(text, known),
        sources.fetch(),
        at=options.version_time,
    )
    result = resolver.resolution_result(text, evidence, options)
    show_json(result, indent=None if as_json else 2)
    raise typer.Exit(_exit(text, evidence, options))


def _options(
    version_id: str | None, version_time: str | None, x5c: str | None
) -> ResolutionOptions:
    at = None
    if version_time is not None:
        with files.argument("--version-time"):
            at = Instant.parse(version_time)
    chain: tuple[bytes, ...] = ()
    if x5c is not None:
        chain = files.pem_chain(x5c)
        # A certificate counts at a time, so the present is asked about by default.
        at = at or system_clock()
    return ResolutionOptions(version_id=version_id, version_time=at, x509_chain=chain)


def _typed(did: str) -> str:
    if did != "-":
        return did
    return files.read("-").decode("utf-8", "replace").removesuffix("\n")


def _needs(text: str, known: Evidence) -> Sequence[Need]:
    try:
        return resolver.needs(Did.parse(text), known)
    except MedidError:
        return ()


def _exit(text: str, evidence: Evidence, options: ResolutionOptions) -> Exit:
    try:
        resolver.resolve(Did.parse(text), evidence, options)
    except MedidError as error:
        return exit_of(error)
    return Exit.YES
