"""``medid signer``: sign for clients elsewhere, and look at what was signed."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from medid.adapters.audit_chain import Head
from medid.cli import files
from medid.cli.access import Access, one_each
from medid.cli.output import printable, say, show_json
from medid.errors import ConfigurationError
from medid.server import signer_app
from medid.server.running import Address, listen
from medid.server.signer_clients import Clients
from medid.server.signer_settings import RATE, SignerSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

app = typer.Typer(help="Sign for clients elsewhere; read the log of uses.")

_SHOWN = 16  # hexadecimal digits of a digest, for people


@app.callback()
def _group() -> None:
    """Sign for clients elsewhere; read the log of uses."""


@app.command()
def serve(
    key: Annotated[
        list[str], typer.Option(help="NAME=KEY: what it signs with; repeatable.")
    ],
    clients: Annotated[str, typer.Option(help="Whom it signs for: a JSON file.")],
    client_ca: Annotated[
        str, typer.Option(help="Authorities that certify clients, PEM.")
    ],
    tls_cert: Annotated[str, typer.Option(help="Its own certificate chain, PEM.")],
    tls_key: Annotated[str, typer.Option(help="Private key of the certificate, PEM.")],
    signing_log: Annotated[
        str, typer.Option(help="Write each use of a key to this log before.")
    ],
    signing_log_key_file: Annotated[
        str, typer.Option(help="Holds the key that the log is chained with.")
    ],
    password_file: Annotated[
        list[str],
        typer.Option(help="Password of the key; one for each --key, or for all."),
    ] = [],  # noqa: B006 - typer copies it
    rate: Annotated[
        float, typer.Option(help="Signatures a second for each client.")
    ] = RATE,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes a free one.")
    ] = 8443,
) -> None:
    """Sign for clients with a certificate on the list, until Ctrl-C.

    A key is what --key is elsewhere: a file, pkcs11: or aws-kms:. Clients name it by
    --key https://HOST:PORT/keys/NAME. Each use is in the log before the key is used,
    with the SHA-256 of what is signed and never the thing itself.

    The clients are {"clients": [{"name": "...", "sha256": "...", "keys": [...]}]},
    each with the SHA-256 of its certificate in DER.
    """
    log = files.signing_log(signing_log, signing_log_key_file)
    found = files.read_object(clients)
    with files.argument(clients):
        known = Clients.from_json(found)
    named = dict(map(_named, key))
    if len(named) != len(key):
        raise ConfigurationError("two keys have the same name", path="--key")
    passwords = one_each(password_file, key, "--password-file", for_all=True)
    settings = SignerSettings(
        keys={
            name: Access(password_file=secret).signer(one)
            for (name, one), secret in zip(named.items(), passwords, strict=True)
        },
        clients=known,
        log=log,
        base_url="",
        rate=rate,
    )
    address = Address(
        host=host, port=port, certificate=tls_cert, key=tls_key, client_ca=client_ca
    )

    def make(base_url: str, _host: str) -> ASGIApp:
        return signer_app(replace(settings, base_url=base_url))

    listen(make, address, ready=_ready)


@app.command("log")
def show_log(
    file: Annotated[str, typer.Argument(metavar="LOG", help="A signing log.")],
    signing_log_key_file: Annotated[
        str, typer.Option(help="Holds the key that the log is chained with.")
    ],
    head: Annotated[
        str | None, typer.Option(help="A head that was kept: the log must hold it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Check a signing log line by line, and print every use.

    Exit codes: 0 it is whole, 1 it was altered, 2 wrong call, 3 it cannot be read.

    Example:
        medid signer log uses.log --signing-log-key-file uses.key
    """
    from medid.adapters.audit_chain import SIGNING_FORMAT
    from medid.adapters.audit_files import AuditFiles
    from medid.adapters.signing_log import uses_in

    chained = AuditFiles(
        file, key=files.audit_key(signing_log_key_file), form=SIGNING_FORMAT
    )
    kept = None
    if head is not None:
        with files.argument("--head"):
            kept = Head.parse(head)
    # The whole is good before the first line of it is shown.
    found = chained.verify(head=kept)
    for use in uses_in(chained):
        if as_json:
            show_json(use.as_json())
            continue
        outcome = "failed" if use.failed else use.purpose
        client = "-" if use.client is None else use.client[:_SHOWN]
        told = (str(use.time), use.key[:_SHOWN], use.sha256, outcome, client)
        say(printable("  ".join(told)))
    if not as_json:
        say(f"head {found.head}")


def _named(pair: str) -> tuple[str, str]:
    name, equals, key = pair.partition("=")
    if not (name and equals and key):
        message = "--key takes NAME=KEY"
        raise ConfigurationError(message, path="--key", fix="for example a=board.key")
    return name, key


def _ready(base_url: str) -> None:
    with suppress(BrokenPipeError):
        say(f"medid signs at {base_url}")
        sys.stdout.flush()
