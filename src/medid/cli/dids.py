"""``medid did``: resolve and create DIDs."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import files
from medid.cli.output import Exit, exit_of, show_json
from medid.cli.verify import fetcher
from medid.core.instant import system_clock
from medid.dids import resolver
from medid.dids.methods import jwk as did_jwk
from medid.dids.methods import key as did_key
from medid.dids.methods import web as did_web
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, MedidError
from medid.keys import keyfile
from medid.verifying.gathering import gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence, Need
    from medid.core.json import JsonObject
    from medid.keys import PublicKey

app = typer.Typer(help="Resolve and create DIDs.")


@app.callback()
def _group() -> None:
    """Resolve and create DIDs."""


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
    """Print the DID Resolution result of a DID: did:key, did:jwk or did:web.

    Exit codes: 0 resolved, 1 no such or no valid DID, 3 could not be resolved.

    Example:
        medid did resolve did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK
    """
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


class Method(StrEnum):
    """The methods that a DID can be created with."""

    KEY = "key"
    JWK = "jwk"
    WEB = "web"


@app.command()
def create(
    key: Annotated[
        list[str],
        typer.Option(
            help="Key file, or public key as JWK or PEM; did:web: repeatable."
        ),
    ],
    method: Annotated[Method, typer.Option(help="The DID method.")] = Method.KEY,
    host: Annotated[str | None, typer.Option(help="did:web: the host name.")] = None,
    path: Annotated[
        str | None, typer.Option(help="did:web: the path, like boards/oh.")
    ] = None,
    password_file: Annotated[
        str | None, typer.Option(help="Holds the password in its first line.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One line instead of many.")
    ] = False,
) -> None:
    """Print the DID of a key and its document; a did:web host publishes the document.

    Example:
        medid did create --key board.key --method web --host board.example
    """
    keys = [_public_key(one, password_file) for one in key]
    evidence = files.evidence([], system_clock())
    if method is Method.WEB:
        if host is None:
            message = "did:web needs the name of its host"
            raise ConfigurationError(message, path="--host")
        segments = path.strip("/").split("/") if path else []
        did = did_web.create(host, *segments)
        named = [
            did_web.NamedKey(fragment=f"key-{number}", key=public)
            for number, public in enumerate(keys, start=1)
        ]
        document = did_web.document(did, named)
        show_json(
            {
                "did": str(did),
                "publishAt": did_web.document_url(did),
                "didDocument": document,
            },
            indent=None if as_json else 2,
        )
        return
    if len(keys) > 1:
        raise ConfigurationError("a DID of this method has one key", path="--key")
    (public,) = keys
    did = did_key.create(public) if method is Method.KEY else did_jwk.create(public)
    shown: JsonObject = {
        "did": str(did),
        "didDocument": dict(resolver.resolve(did, evidence).raw),
    }
    show_json(shown, indent=None if as_json else 2)


def _public_key(name: str, password_file: str | None) -> PublicKey:
    """The public key in a file; a private one is opened with its password."""
    from medid.cli.keys import signer

    try:
        return keyfile.load_public(name)
    except MedidError:
        return signer(name, password_file).public_key
