"""``medid did dereference``: what a DID URL names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import files
from medid.cli.options import AsJson, Documents, DocumentsOnly, FetchWith
from medid.cli.output import exit_of, show_json
from medid.cli.sources import Sources
from medid.core.instant import system_clock
from medid.errors import MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence, Need
    from medid.core.json import JsonValue
    from medid.dids.dereferencing import Asked, Dereferenced


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(dereference)


def dereference(
    did_url: Annotated[
        str, typer.Argument(metavar="DID_URL", help="With what behind the DID it has.")
    ],
    document: Documents = [],  # noqa: B006 - typer copies it
    relationship: Annotated[
        str | None, typer.Option(help="What the key named must be allowed for.")
    ] = None,
    urls: Annotated[
        bool, typer.Option("--urls", help="Where the services are, one a line.")
    ] = False,
    out: Annotated[
        str | None, typer.Option(help="Write a resource's bytes to this file.")
    ] = None,
    fetch_with: FetchWith = None,
    offline: DocumentsOnly = False,
    as_json: AsJson = False,
) -> None:
    """Print what a DID URL names: a document, a key, a service or a resource.

    Exit codes: 0 found, 1 no such thing, 3 could not be found out.

    Example:
        medid did dereference did:web:board.example#key-1 --relationship assertionMethod
    """
    from medid.dids import dereferencing
    from medid.verifying.gathering import gather

    sources = Sources(document=document, fetch_with=fetch_with, offline=offline)
    options = (
        [] if relationship is None else [("verificationRelationship", relationship)]
    )
    try:
        asked = dereferencing.read(did_url, options)
        evidence = gather(
            sources.known(system_clock()),
            lambda known: _needs(asked, known),
            sources.fetch(),
            at=asked.parameters.version_time,
        )
        found = dereferencing.dereference(asked, evidence, uri_list=urls)
    except MedidError as error:
        show_json({"error": {**error.as_json()}}, indent=None if as_json else 2)
        raise typer.Exit(exit_of(error)) from None
    _show(found, out=out, indent=None if as_json else 2)


def _needs(asked: Asked, known: Evidence) -> Sequence[Need]:
    from medid.dids import dereferencing

    try:
        return dereferencing.needs(asked, known)
    except MedidError:
        return ()  # said when it is dereferenced


def _show(found: Dereferenced, *, out: str | None, indent: int | None) -> None:
    content: JsonValue | bytes = found.content
    if isinstance(content, bytes):
        if out is None:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            files.write(out, content)
        return
    if isinstance(content, list):
        for one in content:
            typer.echo(str(one))
        return
    show_json(content if isinstance(content, dict) else {}, indent=indent)
