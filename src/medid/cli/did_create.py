"""``medid did create``: a new DID, and the files that its host publishes."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medid.cli import did_web, did_webvh, publishing
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.did_given import (
    Made,
    draft_of,
    folder_of,
    public_keys,
    show,
    write_to,
)
from medid.cli.did_webvh import (
    NextKey,
    Portable,
    Threshold,
    Ttl,
    UpdateKey,
    Watcher,
    Witness,
)
from medid.cli.options import AsJson
from medid.core.evidence import NO_EVIDENCE
from medid.core.instant import Instant
from medid.dids import resolver
from medid.dids.document import KEY_AGREEMENT
from medid.dids.ethr import document as ethr_document
from medid.dids.ethr import identifier as ethr_identifier
from medid.dids.methods import jwk as did_jwk
from medid.dids.methods import key as did_key
from medid.dids.methods import peer as did_peer
from medid.dids.methods.peer import PeerKey
from medid.errors import ConfigurationError
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from medid.core.json import JsonObject
    from medid.dids.syntax import Did
    from medid.keys import PublicKey


class Method(StrEnum):
    """The methods that a DID can be created with."""

    KEY = "key"
    JWK = "jwk"
    WEB = "web"
    WEBVH = "webvh"
    PEER = "peer"
    ETHR = "ethr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a DID is to be made of; each method takes what it has a use for."""

    keys: Sequence[PublicKey]
    host: str | None
    path: str | None
    document: JsonObject | None
    chain: int | None
    log: did_webvh.Settings


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(create)


@uses_keys
def create(
    key: Annotated[
        list[str],
        typer.Option(
            help="Key file, or public key as JWK or PEM; web, webvh, peer: repeatable."
        ),
    ],
    method: Annotated[Method, typer.Option(help="The DID method.")] = Method.KEY,
    host: Annotated[
        str | None,
        typer.Option(
            help="did:web, did:webvh: the host name, and a port if it has one."
        ),
    ] = None,
    path: Annotated[
        str | None, typer.Option(help="did:web, did:webvh: the path, like boards/oh.")
    ] = None,
    document: Annotated[
        str | None,
        typer.Option(help="did:web, did:webvh: a draft of the document, without keys."),
    ] = None,
    update_key: UpdateKey = None,
    next_key: NextKey = [],  # noqa: B006 - typer copies it
    witness: Witness = [],  # noqa: B006 - typer copies it
    threshold: Threshold = None,
    watcher: Watcher = [],  # noqa: B006 - typer copies it
    ttl: Ttl = None,
    portable: Portable = False,
    web: Annotated[
        bool, typer.Option("--web", help="did:webvh: publish a did:web beside it.")
    ] = False,
    chain: Annotated[
        int | None,
        typer.Option(help="did:ethr: the chain's number; 1, Ethereum, by default."),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(help="The root of the web site: write the files below it."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a did.json that is there.")
    ] = False,
    now: Annotated[
        str | None, typer.Option(help="did:webvh: when the first version begins.")
    ] = None,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Print the DID of a key and its document; a did:web host publishes the document.

    With --out, write what a static web server publishes: did.json for did:web; for
    did:webvh did.jsonl, or did.draft.jsonl as long as its witnesses have not signed.
    A log that is there is never replaced.

    Example:
        medid did create --key board.key --method web --host board.example --out site
    """
    settings = did_webvh.Settings(
        update_key=update_key,
        next_keys=next_key,
        witnesses=witness,
        threshold=threshold,
        watchers=watcher,
        ttl=ttl,
        portable=portable or None,
        web=web,
        now=now,
        access=access,
    )
    wanted = Wanted(
        keys=public_keys(key, access),
        host=host,
        path=path,
        document=draft_of(document),
        chain=chain,
        log=settings,
    )
    _refuse_unused(method, wanted)
    made = _MAKERS[method](wanted)
    if out is None:
        if method is Method.WEBVH:
            message = "the log of a did:webvh has to be kept"
            raise ConfigurationError(message, path="--out")
        show(made, [], as_json=as_json)
        return
    folder = folder_of(out, made.url or "")
    with publishing.changing(folder) if made.files else nullcontext():
        _refuse_existing(made, folder, overwrite=overwrite)
        written = write_to(folder, made)
    show(made, written, as_json=as_json)


def _refuse_unused(method: Method, wanted: Wanted) -> None:
    """Return if ``method`` has a use for everything that was given."""
    given: dict[str, object] = {}
    if method not in _PUBLISHED:
        given |= {"--host": wanted.host, "--path": wanted.path}
        given["--document"] = wanted.document
        if len(wanted.keys) > 1 and method is not Method.PEER:
            raise ConfigurationError("a DID of this method has one key", path="--key")
    if method is not Method.ETHR:
        given["--chain"] = None if wanted.chain is None else str(wanted.chain)
    if method is not Method.WEBVH:
        given |= wanted.log.given()
    for name, value in given.items():
        if value:
            message = f"did:{method} has no use for this option"
            raise ConfigurationError(message, path=name)


def _refuse_existing(made: Made, folder: Path, *, overwrite: bool) -> None:
    names = [name for name, _ in made.files]
    if publishing.DRAFT in names:
        names.append(publishing.LOG)
    kept = [name for name in names if name != publishing.DOCUMENT or not overwrite]
    publishing.refuse_existing(
        [folder / name for name in kept],
        fix="name another folder, or change the DID that is there: medid did update",
    )


def _generated(wanted: Wanted, name: Callable[[PublicKey], Did]) -> Made:
    (key,) = wanted.keys
    return _made(name(key))


def _made(did: Did) -> Made:
    return Made(did=str(did), document=resolver.resolve(did, NO_EVIDENCE).raw)


def _key(wanted: Wanted) -> Made:
    return _generated(wanted, did_key.create)


def _jwk(wanted: Wanted) -> Made:
    return _generated(wanted, did_jwk.create)


def _web(wanted: Wanted) -> Made:
    return did_web.create(
        wanted.host, wanted.path, wanted.keys, document=wanted.document
    )


def _webvh(wanted: Wanted) -> Made:
    return did_webvh.create(
        did_web.place(wanted.host, wanted.path),
        wanted.keys,
        wanted.log,
        document=wanted.document,
    )


def _peer(wanted: Wanted) -> Made:
    """Of one key numalgo 0, which holds nothing else; of several numalgo 2."""
    if len(wanted.keys) == 1:
        return _generated(wanted, did_peer.create)
    listed = [
        PeerKey(key=key, relationship=relationship)
        for key in wanted.keys
        for relationship in _PEER_USES[SHAPES[key.kind].vouches]
    ]
    return _made(did_peer.create_list(listed))


def _ethr(wanted: Wanted) -> Made:
    (key,) = wanted.keys
    chain = ethr_identifier.MAINNET if wanted.chain is None else wanted.chain
    did = ethr_identifier.create(key, chain)
    # Nothing is logged of a new account, whatever the time.
    document = ethr_document.document(
        did, ethr_identifier.parse(did), [], Instant.from_seconds(0)
    )
    return Made(did=str(did), document=document)


# What a key of a did:peer is listed for, by whether its owner can vouch with it.
_PEER_USES: Final = MappingProxyType(
    {True: ("authentication", "assertionMethod"), False: (KEY_AGREEMENT,)}
)

# Whose document or log a host publishes.
_PUBLISHED: Final = frozenset({Method.WEB, Method.WEBVH})

_MAKERS: Final[Mapping[Method, Callable[[Wanted], Made]]] = MappingProxyType(
    {
        Method.KEY: _key,
        Method.JWK: _jwk,
        Method.WEB: _web,
        Method.WEBVH: _webvh,
        Method.PEER: _peer,
        Method.ETHR: _ethr,
    }
)
