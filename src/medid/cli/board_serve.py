"""``medid board serve``: the published folder, for a board without a static host."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli.output import say

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("serve")(serve)


def serve(
    folder: Annotated[str, typer.Argument(help="What medid board publish writes.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes a free one.")
    ] = 8080,
    tls_cert: Annotated[
        str | None, typer.Option(help="Certificate chain, PEM: serve https.")
    ] = None,
    tls_key: Annotated[
        str | None, typer.Option(help="Private key of the certificate, PEM.")
    ] = None,
) -> None:
    """Serve a published folder until Ctrl-C: read-only, and nothing is listed.

    Only files that everybody may read are served, and never one whose name begins with
    a dot or that a link leads to. Verifiers ask for https: give --tls-cert, or put
    a proxy in front that speaks it.

    Example:
        medid board serve site --port 8443 --tls-cert board.pem --tls-key board-key.pem
    """
    from medid.server import site_app
    from medid.server.running import Address, listen

    def make(base_url: str, _host: str) -> ASGIApp:
        return site_app(Path(folder), base_url=base_url)

    address = Address(host=host, port=port, certificate=tls_cert, key=tls_key)
    listen(make, address, ready=_ready)


def _ready(base_url: str) -> None:
    with suppress(BrokenPipeError):
        say(f"medid serves the site at {base_url}")
        sys.stdout.flush()
