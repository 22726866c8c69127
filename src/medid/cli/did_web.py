"""did:web on the command line: a document, and the same document with other keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from medid.cli import files, publishing
from medid.cli.did_given import Made, json_file
from medid.dids import drafting
from medid.dids.document import RELATIONSHIPS, DidDocument
from medid.dids.methods import web
from medid.dids.syntax import Did
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.core.json import JsonObject
    from medid.keys import PublicKey


def create(
    host: str | None,
    path: str | None,
    keys: Sequence[PublicKey],
    *,
    document: JsonObject | None,
) -> Made:
    """The did:web of a place, and its document, which lists ``keys``.

    Raises:
        ConfigurationError: No host, no keys, or a document that medid would not use.
        InvalidDid: There is no did:web of such a place.
    """
    did = web.create(*place(host, path))
    if document is None:
        return _made(did, web.document(did, drafting.numbered(keys)))
    used = drafting.highest_number([document])
    return _made(did, _with(drafting.with_keys, document, did, keys, used=used))


def place(host: str | None, path: str | None) -> list[str]:
    """Host and path as a did:web or did:webvh spells them, segment by segment.

    Raises:
        ConfigurationError: No host.
    """
    if host is None:
        message = "this method needs the name of the host that publishes"
        raise ConfigurationError(message, path="--host")
    name, colon, port = host.partition(":")
    segments = path.strip("/").split("/") if path else []
    return [f"{name}%3A{port}" if colon else name, *segments]


def changed(
    name: str,
    keys: Sequence[PublicKey],
    *,
    document: JsonObject | None,
    only: bool,
) -> Made:
    """The document in the file ``name``, with ``keys`` too, or with ``keys`` only.

    Args:
        name: A ``did.json``.
        keys: What it is to list.
        document: Takes the place of the present one before that.
        only: Whether keys that it lists and that are not named are taken out.

    Raises:
        ConfigurationError: Not a document of a did:web, one that is made from a log, or
            one that medid would not use.
    """
    publishing.refuse_other_name(name, publishing.DOCUMENT)
    present = files.read_object(name)
    with files.argument(name):
        did = Did.parse(str(present.get("id")))
        web.document_url(did)
        DidDocument.parse(present, expected=did)
    if files.exists(Path(name).with_name(publishing.LOG)):
        message = "this document is made from the log beside it"
        raise ConfigurationError(message, fix=f"change {publishing.LOG} instead")
    how = drafting.with_keys_only if only else drafting.with_keys
    used = drafting.highest_number([present, document or {}])
    return _made(did, _with(how, document or present, did, keys, used=used))


def _with(
    how: Callable[..., JsonObject],
    document: JsonObject,
    did: Did,
    keys: Sequence[PublicKey],
    *,
    used: int,
) -> JsonObject:
    drafting.check(did, document)
    made = how(document, str(did), keys, used=used)
    parsed = drafting.check(did, made)
    if not any(map(parsed.ids_for, RELATIONSHIPS)):
        raise ConfigurationError("a document without keys says nothing", path="--key")
    return made


def _made(did: Did, document: JsonObject) -> Made:
    return Made(
        did=str(did),
        document=document,
        url=web.document_url(did),
        files=((publishing.DOCUMENT, json_file(document)),),
    )
