"""``medid issue``, ``medid add-proof``, ``medid present``: sign what medid accepts."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, TypeGuard

import typer

from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.options import Contexts, Documents
from medid.cli.output import escaped, say
from medid.core import base64
from medid.core import json as strict_json
from medid.errors import ConfigurationError, MedidError
from medid.health import contexts
from medid.issuing import (
    DEFAULT_SECURING,
    Controller,
    add_proof,
    derive,
    issue,
    issue_sd_jwt,
    present,
    present_sd_jwt,
)
from medid.keys import PublicKey
from medid.securing import data_integrity
from medid.securing.cose.forms import message_in
from medid.securing.data_integrity import read_proofs

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonObject
    from medid.issuing.credential import Issued

# Whose holder chooses what to show.
SELECTIVE = ("vc+sd-jwt", "dc+sd-jwt")

# The flags of every command that signs.
Key = Annotated[
    str,
    typer.Option(
        "--key", help="The signer's key: a file, or pkcs11:, aws-kms: or https:."
    ),
]
Method = Annotated[
    str | None,
    typer.Option(help="DID URL of the key; by default that of its did:key."),
]
MlDsa = Annotated[
    bool,
    typer.Option(
        "--allow-ml-dsa",
        help="Let an ML-DSA key sign a token; verifiers have to allow it too.",
    ),
]
Now = Annotated[str | None, typer.Option(help="Sign as of this instant.")]
Out = Annotated[
    str | None,
    typer.Option(
        help="Write here, not to the screen; a new file is its owner's alone."
    ),
]
Published = Annotated[str | None, typer.Option(help="Write here, not to the screen.")]


def controller(key: str, access: Access, verification_method: str | None) -> Controller:
    """Who signs, from the flags of a command."""
    opened = access.signer(key)
    if verification_method is None:
        return Controller.did_key(opened)
    return Controller(verification_method=verification_method, signer=opened)


def show(secured: Issued, out: str | None, *, private: bool = True) -> None:
    """Write what was signed to a file, or print it; a COSE message in base64.

    Args:
        secured: A token, a message or a document.
        out: The file.
        private: Whether a new one is its owner's alone.
    """
    if isinstance(secured, bytes) and out is not None:
        files.write(out, secured, private=private)
        return
    if isinstance(secured, bytes):
        secured = base64.encode(secured)
    if out is None:
        say(secured if isinstance(secured, str) else _written(secured, escaped))
    else:
        text = secured if isinstance(secured, str) else _written(secured, str)
        files.write(out, text + "\n", private=private)


def _written(document: JsonObject, spelt: Callable[[str], str]) -> str:
    """``document`` in lines; without any space where that alone can be read again."""
    text = spelt(strict_json.dumps(document, indent=2))
    fits = len(text.encode()) < strict_json.DOCUMENT.max_bytes  # and a line feed
    return text if fits else spelt(strict_json.dumps(document))


@uses_keys
def issue_command(
    draft: Annotated[str, typer.Argument(metavar="DRAFT", help="The unsigned JSON.")],
    key: Key,
    verification_method: Method = None,
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
    context: Contexts = [],  # noqa: B006 - typer copies it
    allow_ml_dsa: MlDsa = False,
    now: Now = None,
    out: Out = None,
    access: Access = NO_ACCESS,
) -> None:
    """Sign a draft as a credential; what medid would refuse is not signed.

    Example:
        medid issue license-draft.json --key board.key --out license.json
    """
    who = controller(key, access, verification_method)
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


@uses_keys
def add_proof_command(
    name: Annotated[
        str, typer.Argument(metavar="FILE", help="A credential or presentation.")
    ],
    key: Key,
    securing: Annotated[
        str, typer.Option(help="A cryptosuite that fits the key: mldsa44-rdfc-2024 ...")
    ],
    verification_method: Method = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    context: Contexts = [],  # noqa: B006 - typer copies it
    now: Now = None,
    out: Out = None,
    access: Access = NO_ACCESS,
) -> None:
    """Sign again what is signed already, with another key of its issuer or holder.

    For verifiers who ask for a classical and an ML-DSA proof. The proofs that are there
    are verified, if their keys follow from a DID or from --document.

    Example:
        medid add-proof license.json --key pq.key --securing mldsa44-rdfc-2024
    """
    at = files.instant(now)
    proven = add_proof(
        files.read_object(name),
        controller(key, access, verification_method),
        securing=securing,
        at=at,
        evidence=files.evidence(document, at),
        contexts=files.with_contexts(contexts(), context),
    )
    show(proven, out)


@uses_keys
def present_command(
    credentials: Annotated[
        list[str], typer.Argument(metavar="CREDENTIAL...", help="Signed credentials.")
    ],
    key: Key,
    verification_method: Method = None,
    challenge: Annotated[
        str | None, typer.Option(help="The verifier's challenge or nonce.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="The verifier's domain or audience.")
    ] = None,
    securing: Annotated[
        str | None,
        typer.Option(
            help=(
                "eddsa-rdfc-2022 (the default), eddsa-jcs-2022, vp+jwt, vp+cose,"
                " vp+sd-jwt, or JWT for version 1.1."
            )
        ),
    ] = None,
    disclose: Annotated[
        list[str],
        typer.Option(
            help="JSON pointer to what is disclosed of each credential that lets its "
            "holder choose."
        ),
    ] = [],  # noqa: B006 - typer copies it
    allow_ml_dsa: MlDsa = False,
    now: Now = None,
    out: Out = None,
    access: Access = NO_ACCESS,
) -> None:
    """Present credentials to one verifier.

    An SD-JWT alone gets a key binding, unless --securing wraps it in a presentation.

    With --disclose, ecdsa-sd-2023 and bbs-2023 credentials and SD-JWTs are derived from
    first, all of them with the same pointers; others are presented as they are. What
    can be kept back of an SD-JWT is, unless --disclose names it.

    Example:
        medid present license.json --key me.key --challenge abc --domain gw.example
    """
    loaded = [credential_of(name) for name in credentials]
    first = loaded[0]
    alone = len(loaded) == 1 and securing is None
    if isinstance(first, str) and "~" in first and alone:
        text = present_sd_jwt(
            first,
            access.signer(key),
            disclose=disclose,
            nonce=challenge,
            audience=domain,
            at=files.instant(now),
            allow_ml_dsa=allow_ml_dsa,
        )
        show(text, out)
        return
    presented = present(
        _disclosed(loaded, disclose),
        controller(key, access, verification_method),
        challenge=challenge,
        domain=domain,
        securing=securing if securing is not None else DEFAULT_SECURING,
        at=files.instant(now),
        allow_ml_dsa=allow_ml_dsa,
    )
    show(presented, out)


def _disclosed(loaded: list[Issued], disclose: list[str]) -> list[Issued]:
    if disclose and not any(map(_lets_choose, loaded)):
        message = "none of the credentials lets its holder choose what is shown"
        raise ConfigurationError(message, path="--disclose")
    # A base proof of which nothing was chosen is refused, with what to do about it.
    return [
        derive(one, disclose)
        if _lets_choose(one) and (disclose or isinstance(one, str))
        else one
        for one in loaded
    ]


def _lets_choose(credential: Issued) -> TypeGuard[JsonObject | str]:
    if isinstance(credential, str):
        # With a key binding at its end its holder has chosen already.
        return credential.endswith("~")
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
