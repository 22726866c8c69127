"""``medid issue``, ``medid present``, ``medid status``: sign what medid accepts."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, TypeGuard

import typer

from medid.cli import files
from medid.cli.keys import signer
from medid.cli.output import say
from medid.core import base64
from medid.core import json as strict_json
from medid.errors import ConfigurationError, MedidError
from medid.health import contexts
from medid.issuing import (
    DEFAULT_SECURING,
    Controller,
    derive,
    issue,
    issue_sd_jwt,
    new_list,
    present,
    present_sd_jwt,
    set_status,
)
from medid.keys import PublicKey
from medid.securing import data_integrity
from medid.securing.cose.forms import message_in
from medid.securing.data_integrity import read_proofs

if TYPE_CHECKING:
    from medid.core.json import JsonObject
    from medid.issuing.credential import Issued

# Whose holder chooses what to show.
SELECTIVE = ("vc+sd-jwt", "dc+sd-jwt")

_Key = Annotated[str, typer.Option("--key", help="The signer's key file.")]
_Password = Annotated[
    str | None, typer.Option(help="Holds the key's password in its first line.")
]
_Method = Annotated[
    str | None,
    typer.Option(help="DID URL of the key; by default that of its did:key."),
]
_MlDsa = Annotated[
    bool,
    typer.Option(
        "--allow-ml-dsa",
        help="Let an ML-DSA key sign a token; verifiers have to allow it too.",
    ),
]
_Now = Annotated[str | None, typer.Option(help="Sign as of this instant.")]
_Out = Annotated[str | None, typer.Option(help="Write here, not to the screen.")]


def controller(
    key: str, password_file: str | None, verification_method: str | None
) -> Controller:
    """Who signs, from the flags of a command."""
    opened = signer(key, password_file)
    if verification_method is None:
        return Controller.did_key(opened)
    return Controller(verification_method=verification_method, signer=opened)


def show(secured: Issued, out: str | None) -> None:
    """Write what was signed to a file, or print it; a COSE message in base64."""
    if isinstance(secured, bytes) and out is not None:
        files.write(out, secured)
        return
    if isinstance(secured, bytes):
        secured = base64.encode(secured)
    text = secured if isinstance(secured, str) else strict_json.dumps(secured, indent=2)
    if out is None:
        say(text)
    else:
        files.write(out, text + "\n")


def issue_command(
    draft: Annotated[str, typer.Argument(metavar="DRAFT", help="The unsigned JSON.")],
    key: _Key,
    password_file: _Password = None,
    verification_method: _Method = None,
    securing: Annotated[
        str,
        typer.Option(
            help=(
                "A cryptosuite (eddsa-rdfc-2022, ecdsa-sd-2023, bbs-2023 ...), vc+jwt,"
                " vc+cose, vc+sd-jwt, dc+sd-jwt, or JWT for version 1.1."
            ),
        ),
    ] = DEFAULT_SECURING,
    mandatory: Annotated[
        list[str],
        typer.Option(
            help="ecdsa-sd-2023, bbs-2023: JSON pointer to what is always shown, "
            "beside what verifiers decide by.",
        ),
    ] = [],  # noqa: B006 - typer copies it
    disclosable: Annotated[
        list[str], typer.Option(help="SD-JWT: JSON pointer to what may be withheld.")
    ] = [],  # noqa: B006 - typer copies it
    holder_key: Annotated[
        str | None, typer.Option(help="SD-JWT: the holder's key as Multikey.")
    ] = None,
    context: Annotated[
        list[str], typer.Option(help="URL=FILE: a JSON-LD context you trust.")
    ] = [],  # noqa: B006 - typer copies it
    allow_ml_dsa: _MlDsa = False,
    now: _Now = None,
    out: _Out = None,
) -> None:
    """Sign a draft as a credential; what medid would refuse is not signed.

    Example:
        medid issue license-draft.json --key board.key --out license.json
    """
    who = controller(key, password_file, verification_method)
    document = files.read_object(draft)
    store = files.with_contexts(contexts(), context)
    if securing in SELECTIVE:
        _check_content(document, securing)
        with files.argument("--holder-key"):
            bound = PublicKey.from_multikey(holder_key) if holder_key else None
        secured: Issued = issue_sd_jwt(
            document,
            who,
            disclosable=disclosable,
            holder_key=bound,
            at=files.instant(now),
            allow_ml_dsa=allow_ml_dsa,
            contexts=store,
        )
    else:
        secured = issue(
            document,
            who,
            securing=securing,
            mandatory_pointers=mandatory,
            at=files.instant(now),
            contexts=store,
            allow_ml_dsa=allow_ml_dsa,
        )
    show(secured, out)


def _check_content(document: JsonObject, securing: str) -> None:
    """Return if the draft is what ``--securing`` says: what is signed shows it."""
    if ("@context" in document) is not (securing == SELECTIVE[0]):
        message = "vc+sd-jwt is for drafts with @context, dc+sd-jwt for claims with vct"
        raise ConfigurationError(message, path="--securing")


def present_command(
    credentials: Annotated[
        list[str], typer.Argument(metavar="CREDENTIAL...", help="Signed credentials.")
    ],
    key: _Key,
    password_file: _Password = None,
    verification_method: _Method = None,
    challenge: Annotated[
        str | None, typer.Option(help="The verifier's challenge or nonce.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="The verifier's domain or audience.")
    ] = None,
    securing: Annotated[
        str,
        typer.Option(
            help=(
                "eddsa-rdfc-2022, eddsa-jcs-2022, vp+jwt, vp+cose, vp+sd-jwt,"
                " or JWT for version 1.1."
            )
        ),
    ] = DEFAULT_SECURING,
    disclose: Annotated[
        list[str],
        typer.Option(
            help="JSON pointer to what is disclosed of each credential that lets its "
            "holder choose."
        ),
    ] = [],  # noqa: B006 - typer copies it
    allow_ml_dsa: _MlDsa = False,
    now: _Now = None,
    out: _Out = None,
) -> None:
    """Present credentials to one verifier. An SD-JWT alone gets a key binding.

    With --disclose, ecdsa-sd-2023 and bbs-2023 credentials and SD-JWTs are derived from
    first, all of them with the same pointers; others are presented as they are.

    Example:
        medid present license.json --key me.key --challenge abc --domain gw.example
    """
    loaded = [credential_of(name) for name in credentials]
    first = loaded[0]
    if isinstance(first, str) and "~" in first and len(loaded) == 1:
        text = present_sd_jwt(
            first,
            signer(key, password_file),
            disclose=disclose,
            nonce=challenge,
            audience=domain,
            at=files.instant(now),
            allow_ml_dsa=allow_ml_dsa,
        )
        show(text, out)
        return
    presented = present(
        _disclosed(loaded, disclose) if disclose else loaded,
        controller(key, password_file, verification_method),
        challenge=challenge,
        domain=domain,
        securing=securing,
        at=files.instant(now),
        allow_ml_dsa=allow_ml_dsa,
    )
    show(presented, out)


def _disclosed(loaded: list[Issued], disclose: list[str]) -> list[Issued]:
    if not any(map(_lets_choose, loaded)):
        message = "none of the credentials lets its holder choose what is shown"
        raise ConfigurationError(message, path="--disclose")
    return [derive(one, disclose) if _lets_choose(one) else one for one in loaded]


def _lets_choose(credential: Issued) -> TypeGuard[JsonObject | str]:
    if isinstance(credential, str):
        return "~" in credential
    if isinstance(credential, bytes):
        return False
    with suppress(MedidError):  # what is wrong with it, presenting it says
        return any(map(data_integrity.is_base, read_proofs(credential)))
    return False


def credential_of(name: str) -> Issued:
    """The credential in a file: a JSON object, a token, or a COSE message."""
    raw = files.read(name)
    with files.argument(name):
        message = message_in(raw)
    if message is not None:
        return message
    raw = raw.strip()
    if raw[:1] != b"{":
        return raw.decode("ascii", "replace")
    with files.argument(name):
        return strict_json.load_object(raw)


status_app = typer.Typer(help="Make and change status lists.")


@status_app.callback()
def _status_group() -> None:
    """Make and change status lists."""


@status_app.command("create")
def status_create(
    url: Annotated[str, typer.Option(help="Where the list will be published.")],
    key: _Key,
    purpose: Annotated[
        str, typer.Option(help="revocation, suspension, message or refresh.")
    ] = "revocation",
    securing: Annotated[
        str, typer.Option(help="As for issue; or statuslist+jwt, statuslist+cwt.")
    ] = DEFAULT_SECURING,
    password_file: _Password = None,
    verification_method: _Method = None,
    now: _Now = None,
    out: _Out = None,
) -> None:
    """Sign a new status list of 131,072 entries in which nothing is set.

    SD-JWTs name token status lists (statuslist+jwt, statuslist+cwt), credentials name
    lists that are credentials.

    Example:
        medid status create --url https://board.example/status/1 --key board.key
    """
    who = controller(key, password_file, verification_method)
    show(new_list(url, purpose, who, at=files.instant(now), securing=securing), out)


@status_app.command("set")
def status_set(
    status_list: Annotated[
        str, typer.Argument(metavar="LIST", help="The signed list.")
    ],
    index: Annotated[int, typer.Option(help="Position in the list, from 0.")],
    key: _Key,
    clear: Annotated[bool, typer.Option("--clear", help="Clear, do not set.")] = False,
    value: Annotated[
        int, typer.Option(help="The new status: 1; in a token list 2 is suspended.")
    ] = 1,
    password_file: _Password = None,
    verification_method: _Method = None,
    now: _Now = None,
    out: _Out = None,
) -> None:
    """Sign the list anew with one entry changed: a suspension, a withdrawal.

    Example:
        medid status set list.json --index 94567 --key board.key --out list.json
    """
    who = controller(key, password_file, verification_method)
    changed = set_status(
        credential_of(status_list),
        index,
        who,
        value=0 if clear else value,
        at=files.instant(now),
    )
    show(changed, out)
