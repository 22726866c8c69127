"""What the commands that make and change DIDs are given: keys, places, files."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from medid.adapters.signers.naming import is_file
from medid.cli import files, publishing
from medid.cli.output import printable, say, show_json
from medid.core import json as strict_json
from medid.errors import ConfigurationError, MedidError
from medid.keys import keyfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.cli.access import Access
    from medid.core.json import JsonObject
    from medid.keys import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A DID, or a new state of one, and what has to be published for it.

    Attributes:
        did: The DID.
        document: Its document.
        url: Where the document or log is published; ``None``: the DID says it all.
        files: Name and content of each, in the order in which they are written.
        facts: What else is to tell, in JSON.
        gone: Names of files that are taken away before the others are written.
        complete: Whether it may be published; a version that waits for its witnesses
            may not.
    """

    did: str
    document: JsonObject
    url: str | None = None
    files: Sequence[tuple[str, bytes]] = ()
    gone: Sequence[str] = ()
    facts: JsonObject | None = None
    complete: bool = True


def public_key(name: str, access: Access) -> PublicKey:
    """The public key in a file or a store; a private file is opened with its password.

    Raises:
        MedidError: It holds no key, or cannot be opened.
    """
    if is_file(name):
        with suppress(MedidError):
            return keyfile.load_public(name)
    return access.signer(name).public_key


def public_keys(names: Sequence[str], access: Access) -> list[PublicKey]:
    """The public keys in files and stores, in their order."""
    return [public_key(name, access) for name in names]


def folder_of(root: str, url: str) -> Path:
    """The folder of the web site at ``root`` that ``url`` is served from."""
    segments = urlsplit(url).path.strip("/").split("/")[:-1]
    return Path(root, *map(unquote, segments))


def json_file(document: JsonObject) -> bytes:
    """``document`` as a file for people and programs."""
    return f"{strict_json.dumps(document, indent=2)}\n".encode()


def draft_of(name: str | None) -> JsonObject | None:
    """The DID document in a file that the user named, if one was named.

    Raises:
        ConfigurationError: It cannot be read, or is not a strict JSON object.
    """
    return None if name is None else files.read_object(name)


def write_to(folder: Path, made: Made) -> list[str]:
    """Write the files of ``made``; the caller is ``changing`` the folder."""
    if not made.files:
        message = "the identifier says it all: there is nothing to publish"
        raise ConfigurationError(message, path="--out", fix="leave --out out")
    for name in made.gone:
        publishing.remove(folder / name)
    return publishing.publish(folder, made.files)


def show(made: Made, written: Sequence[str], *, as_json: bool) -> None:
    """Tell what was made, and where its files are."""
    shown: JsonObject = {"did": made.did}
    if made.url is not None:
        shown["publishAt"] = made.url
    shown |= {"didDocument": made.document, **(made.facts or {})}
    if written:
        shown["files"] = [*written]
    show_json(shown, indent=None if as_json else 2)


def tell(made: Made, written: Sequence[str], *, as_json: bool) -> None:
    """As ``show``; for people, in short."""
    if as_json:
        show(made, written, as_json=True)
        return
    say(made.did)
    for name in written:
        say(f"  wrote {printable(name)}")
    if not made.complete:
        say("  it waits for its witnesses: medid did witness")
    elif made.url is not None:
        say(f"  publish it at {printable(made.url)}")
