"""``medid status``: make, change and renew status lists."""

from __future__ import annotations

from typing import Annotated

import typer

from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.issue import (
    Key,
    Method,
    MlDsa,
    Now,
    Published,
    controller,
    credential_of,
    show,
)
from medid.issuing import DEFAULT_SECURING, new_list, renew_list, set_status

Securing = Annotated[
    str, typer.Option(help="As for issue; a token list stays what it is.")
]

app = typer.Typer(help="Make, change and renew status lists.")


@app.callback()
def _group() -> None:
    """Make, change and renew status lists."""


@app.command("create")
@uses_keys
def create(
    url: Annotated[str, typer.Option(help="Where the list will be published.")],
    key: Key,
    purpose: Annotated[
        str, typer.Option(help="revocation, suspension, message or refresh.")
    ] = "revocation",
    securing: Annotated[
        str, typer.Option(help="As for issue; or statuslist+jwt, statuslist+cwt.")
    ] = DEFAULT_SECURING,
    verification_method: Method = None,
    allow_ml_dsa: MlDsa = False,
    now: Now = None,
    out: Published = None,
    access: Access = NO_ACCESS,
) -> None:
    """Sign a new status list of 131,072 entries in which nothing is set.

    SD-JWTs name token status lists (statuslist+jwt), credentials in COSE may name those
    in CBOR (statuslist+cwt), and other credentials name lists that are credentials.

    Example:
        medid status create --url https://board.example/status/1 --key board.key
    """
    who = controller(key, access, verification_method)
    made = new_list(
        url,
        purpose,
        who,
        at=files.instant(now),
        securing=securing,
        allow_ml_dsa=allow_ml_dsa,
    )
    show(made, out, private=False)


@app.command("set")
@uses_keys
def set_one(
    status_list: Annotated[
        str, typer.Argument(metavar="LIST", help="The signed list.")
    ],
    index: Annotated[int, typer.Option(help="Position in the list, from 0.")],
    key: Key,
    clear: Annotated[bool, typer.Option("--clear", help="Clear, do not set.")] = False,
    value: Annotated[
        int, typer.Option(help="The new status: 1; in a token list 2 is suspended.")
    ] = 1,
    securing: Securing = DEFAULT_SECURING,
    verification_method: Method = None,
    allow_ml_dsa: MlDsa = False,
    now: Now = None,
    out: Published = None,
    access: Access = NO_ACCESS,
) -> None:
    """Sign the list anew with one entry changed: a suspension, a withdrawal.

    Example:
        medid status set list.json --index 94567 --key board.key --out list.json
    """
    who = controller(key, access, verification_method)
    changed = set_status(
        credential_of(status_list),
        index,
        who,
        value=0 if clear else value,
        at=files.instant(now),
        securing=securing,
        allow_ml_dsa=allow_ml_dsa,
    )
    show(changed, out, private=False)


@app.command("renew")
@uses_keys
def renew(
    status_list: Annotated[
        str, typer.Argument(metavar="LIST", help="The signed list.")
    ],
    key: Key,
    securing: Securing = DEFAULT_SECURING,
    verification_method: Method = None,
    allow_ml_dsa: MlDsa = False,
    now: Now = None,
    out: Published = None,
    access: Access = NO_ACCESS,
) -> None:
    """Sign the list anew with nothing changed, before verifiers take it for stale.

    Example:
        medid status renew list.json --key board.key --out list.json
    """
    renewed = renew_list(
        credential_of(status_list),
        controller(key, access, verification_method),
        at=files.instant(now),
        securing=securing,
        allow_ml_dsa=allow_ml_dsa,
    )
    show(renewed, out, private=False)
