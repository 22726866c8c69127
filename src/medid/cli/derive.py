"""``medid derive``: show a part of a credential, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.cli import files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.issue import credential_of, show
from medid.cli.options import Contexts, Documents, DocumentsOnly, FetchWith
from medid.cli.sources import Sources
from medid.errors import MedidError
from medid.health import contexts
from medid.issuing import derive
from medid.verifying.gathering import gather
from medid.verifying.needs import needs_of
from medid.verifying.opening import open_document

if TYPE_CHECKING:
    from medid.core.evidence import Evidence, Need
    from medid.core.fetch import Fetch
    from medid.issuing.credential import Issued
    from medid.jsonld import ContextStore


@uses_keys
def derive_command(
    credential: Annotated[
        str, typer.Argument(metavar="FILE", help="The credential as it was issued.")
    ],
    disclose: Annotated[
        list[str], typer.Option(help="JSON pointer to what is shown; repeatable.")
    ] = [],  # noqa: B006 - typer copies it
    nonce: Annotated[
        str | None, typer.Option(help="bbs-2023, SD-JWT: the verifier's nonce.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option(help="SD-JWT: the verifier's audience.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="SD-JWT: the holder's key.")
    ] = None,
    proof: Annotated[
        str | None, typer.Option(help="The id of the proof, where there are several.")
    ] = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    context: Contexts = [],  # noqa: B006 - typer copies it
    now: Annotated[str | None, typer.Option(help="Derive as of this instant.")] = None,
    fetch_with: FetchWith = None,
    offline: DocumentsOnly = False,
    out: Annotated[
        str | None, typer.Option(help="Write here, not to the screen.")
    ] = None,
    access: Access = NO_ACCESS,
) -> None:
    """Derive a credential that shows only what is mandatory, and what you name.

    From an ecdsa-sd-2023 or bbs-2023 credential, or an SD-JWT. Whoever asked for a
    presentation needs one around it: see medid present --disclose.

    Example:
        medid derive license.json --disclose /credentialSubject/license/profession
    """
    at = files.instant(now)
    sources = Sources(document=document, fetch_with=fetch_with, offline=offline)
    store = files.with_contexts(contexts(), context)
    loaded = credential_of(credential)
    derived = derive(
        loaded,
        disclose,
        nonce=nonce,
        audience=audience,
        holder=access.signer(key) if key is not None else None,
        proof=proof,
        at=at,
        evidence=_issuer(
            loaded,
            sources.known(at),
            store,
            sources.fetch(),
        ),
        contexts=store,
    )
    show(derived, out)


def _issuer(
    credential: Issued, known: Evidence, store: ContextStore, fetch: Fetch
) -> Evidence:
    """``known``, and the DID document of the issuer where it has to be fetched."""
    try:
        opened = open_document(credential)
    except MedidError:
        return known  # whoever derives from it says what is wrong with it

    def wanted(_known: Evidence) -> list[Need]:
        found = needs_of(opened, contexts=store, status=False)
        return [need for need in found if need.kind == "did-document"]

    return gather(known, wanted, fetch)
