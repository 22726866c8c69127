"""``medid key``: make keys, kept in files that only a password opens."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from medid.cli import files
from medid.cli.output import printable, say, show_json
from medid.dids.methods import jwk as did_jwk
from medid.dids.methods import key as did_key
from medid.errors import ConfigurationError
from medid.keys import KeyKind, PrivateKey, keyfile
from medid.keys.keyfile import FileSigner
from medid.keys.kinds import SHAPES

PASSWORD_VARIABLE = "MEDID_KEY_PASSWORD"  # noqa: S105 - the variable's name

# RSA keys are verified with, and never made.
_KINDS = {str(kind): kind for kind, shape in SHAPES.items() if shape.secret_size}

app = typer.Typer(help="Make keys, kept in password-protected files.")


@app.callback()
def _group() -> None:
    """Make keys, kept in password-protected files."""


def _kind(name: str) -> KeyKind:
    if name not in _KINDS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(_KINDS)}")
    return _KINDS[name]


@app.command()
def generate(
    out: Annotated[str, typer.Option(help="The new key file; never overwritten.")],
    kind: Annotated[
        KeyKind,
        typer.Option(parser=_kind, metavar="KIND", help=f"One of {', '.join(_KINDS)}."),
    ] = KeyKind.ED25519,
    password_file: Annotated[
        str | None, typer.Option(help="Holds the password in its first line.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Generate a key and write it to a file of mode 0600.

    The password comes from --password-file, from the variable MEDID_KEY_PASSWORD, or
    from the terminal. Only the public key is ever printed.

    Example:
        medid key generate --out board.key --password-file board.password
    """
    secret = password(password_file, confirm=True)
    key = PrivateKey.generate(kind)
    keyfile.save(out, key, password=secret)
    public = key.public_key
    dids = [str(did_key.create(public))]
    jwk = {}
    if SHAPES[kind].kty is not None:
        dids.append(str(did_jwk.create(public)))
        jwk["publicKeyJwk"] = public.to_jwk()
    if as_json:
        show_json(
            {
                "file": out,
                "kind": kind.value,
                "publicKeyMultibase": public.to_multikey(),
                **jwk,
                "dids": list(dids),
            }
        )
        return
    say(f"wrote {printable(out)} ({kind.value})")
    for did in dids:
        say(f"  {did}")


def password(name: str | None, *, confirm: bool = False) -> bytes:
    """The password of a key file: from a file, the environment or the terminal.

    Raises:
        ConfigurationError: It is empty, or there is nobody to ask.
    """
    if name is not None:
        found = files.read(name).split(b"\n", 1)[0].rstrip(b"\r")
    elif PASSWORD_VARIABLE in os.environ:
        found = os.environ[PASSWORD_VARIABLE].encode("utf-8")
    else:
        found = _ask(confirm=confirm)
    if not found:
        raise ConfigurationError("the password is empty", path="--password-file")
    return found


def _ask(*, confirm: bool) -> bytes:
    if not sys.stdin.isatty():
        message = f"no password: --password-file, {PASSWORD_VARIABLE} or a terminal"
        raise ConfigurationError(message, path="--password-file")
    answer: str = typer.prompt(
        "Password of the key file",
        hide_input=True,
        confirmation_prompt=confirm,
        err=True,
    )
    return answer.encode("utf-8")


def signer(key: str, password_file: str | None) -> FileSigner:
    """The signer behind a key file; its password is asked for when it is first used."""
    return FileSigner(key, password=lambda: password(password_file))
