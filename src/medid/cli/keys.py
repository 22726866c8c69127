"""``medid key``: make keys, in files that only a password opens or in tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.adapters.signers.naming import is_file
from medid.cli.access import Access, password
from medid.cli.output import printable, say, show_json
from medid.dids.methods import jwk as did_jwk
from medid.dids.methods import key as did_key
from medid.keys import KeyKind, PrivateKey, keyfile
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from medid.keys import PublicKey

# RSA keys are verified with, and never made.
_KINDS = {str(kind): kind for kind, shape in SHAPES.items() if shape.secret_size}

app = typer.Typer(help="Make keys, in password-protected files or in tokens.")


@app.callback()
def _group() -> None:
    """Make keys, in password-protected files or in tokens."""


def _kind(name: str) -> KeyKind:
    if name not in _KINDS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(_KINDS)}")
    return _KINDS[name]


@app.command()
def generate(
    out: Annotated[
        str,
        typer.Option(
            help="The new key file; never overwritten. Or pkcs11:, for a token."
        ),
    ],
    kind: Annotated[
        KeyKind,
        typer.Option(parser=_kind, metavar="KIND", help=f"One of {', '.join(_KINDS)}."),
    ] = KeyKind.ED25519,
    password_file: Annotated[
        str | None,
        typer.Option(help="Holds the password, or the PIN, in its first line."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Generate a key in a file of mode 0600, or in a token that never gives it out.

    The password comes from --password-file, from the variable MEDID_KEY_PASSWORD, or
    from the terminal; the PIN of a token from its pin-source, or as a password. Only
    the public key is ever printed.

    Example:
        medid key generate --out board.key --password-file board.password
    """
    public = _generate(out, kind, password_file)
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


def _generate(out: str, kind: KeyKind, password_file: str | None) -> PublicKey:
    if not is_file(out):
        return Access(password_file=password_file).generate(out, kind)
    secret = password(password_file, confirm=True)
    key = PrivateKey.generate(kind)
    keyfile.save(out, key, password=secret)
    return key.public_key
