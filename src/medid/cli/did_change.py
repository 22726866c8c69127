"""``medid did update``, ``rotate`` and ``deactivate``: what a DID says from now on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medid.cli import did_web, did_webvh, publishing
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.did_given import (
    draft_of,
    folder_of,
    public_keys,
    tell,
    write_to,
)
from medid.cli.did_webvh import (
    NextKey,
    Settings,
    Threshold,
    Ttl,
    UpdateKey,
    Watcher,
    Witness,
)
from medid.cli.options import AsJson
from medid.errors import ConfigurationError

File = Annotated[
    str, typer.Argument(metavar="FILE", help="The did.jsonl, or a did:web's did.json.")
]
NoNextKey = Annotated[
    bool,
    typer.Option(
        "--no-next-key", help="did:webvh: end pre-rotation with this version."
    ),
]
Now = Annotated[
    str | None,
    typer.Option(help="did:webvh: when the version begins; now, if nothing is said."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(update)
    app.command()(rotate)
    app.command()(deactivate)


@uses_keys
def update(
    file: File,
    key: Annotated[
        list[str], typer.Option(help="A key that the document lists too; repeatable.")
    ] = [],  # noqa: B006 - typer copies it
    document: Annotated[
        str | None,
        typer.Option(help="The document that takes the present one's place."),
    ] = None,
    update_key: UpdateKey = None,
    next_key: NextKey = [],  # noqa: B006 - typer copies it
    no_next_key: NoNextKey = False,
    witness: Witness = [],  # noqa: B006 - typer copies it
    threshold: Threshold = None,
    no_witness: Annotated[
        bool,
        typer.Option("--no-witness", help="did:webvh: have no witnesses any more."),
    ] = False,
    watcher: Watcher = [],  # noqa: B006 - typer copies it
    ttl: Ttl = None,
    not_portable: Annotated[
        bool, typer.Option("--not-portable", help="did:webvh: never move it again.")
    ] = False,
    host: Annotated[
        str | None, typer.Option(help="did:webvh: the host that it moves to.")
    ] = None,
    path: Annotated[
        str | None, typer.Option(help="did:webvh: the path on that host.")
    ] = None,
    out: Annotated[
        str | None, typer.Option(help="The root of that host's web site.")
    ] = None,
    now: Now = None,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Change a document, and for did:webvh who may change, witness and watch it.

    The files beside FILE are written, each whole or not at all: for did:webvh
    did.draft.jsonl where witnesses have to approve first. With pre-rotation, each
    version is signed by a key that the one before committed to, and names --next-key.

    Example:
        medid did update did.jsonl --update-key 2.key --next-key 3.key --key board.key
    """
    settings = Settings(
        update_key=update_key,
        next_keys=next_key,
        no_next_keys=no_next_key,
        witnesses=witness,
        threshold=threshold,
        no_witnesses=no_witness,
        watchers=watcher,
        ttl=ttl,
        portable=False if not_portable else None,
        now=now,
        access=access,
    )
    if host is not None or path is not None:
        _move(file, settings, place=did_web.place(host, path), out=out, as_json=as_json)
        return
    if out is not None:
        message = "the files of a DID are written where they are"
        raise ConfigurationError(message, path="--out", fix="--host moves the DID")
    _change(file, settings, key, document=document, only=False, as_json=as_json)


@uses_keys
def rotate(
    file: File,
    key: Annotated[
        list[str],
        typer.Option(help="A key for the document, in the place of all; repeatable."),
    ] = [],  # noqa: B006 - typer copies it
    update_key: UpdateKey = None,
    to: Annotated[
        list[str],
        typer.Option(
            help="did:webvh: who may change it from now on; repeatable. With "
            "pre-rotation it is the key that signs, if nothing is said."
        ),
    ] = [],  # noqa: B006 - typer copies it
    next_key: NextKey = [],  # noqa: B006 - typer copies it
    no_next_key: NoNextKey = False,
    now: Now = None,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Put new keys in the place of the old ones.

    --key is for the document: what the keys that are gone have signed verifies as of
    the time in which they stood there, for did:webvh by its log, for did:web by whoever
    kept the old document. --to is for who may change a did:webvh.

    Example:
        medid did rotate did.jsonl --update-key 2.key --next-key 3.key --key board.key
    """
    if not (key or to or next_key or no_next_key):
        message = "which keys take the place of the old ones?"
        raise ConfigurationError(message, path="--key")
    settings = Settings(
        update_key=update_key,
        to=to,
        next_keys=next_key,
        no_next_keys=no_next_key,
        now=now,
        access=access,
    )
    _change(file, settings, key, document=None, only=True, as_json=as_json)


@uses_keys
def deactivate(
    file: File,
    update_key: UpdateKey = None,
    now: Now = None,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Give a did:webvh up for good: none of its keys may be used from then on.

    What they signed before still verifies as of then.

    Example:
        medid did deactivate did.jsonl --update-key update.key
    """
    if not _is_log(file):
        message = "a did:web is given up by taking its did.json off the web server"
        raise ConfigurationError(
            message, fix=f"name the {publishing.LOG} of a did:webvh"
        )
    settings = Settings(update_key=update_key, now=now, access=access)
    folder = Path(file).parent
    with publishing.changing(folder):
        made = did_webvh.deactivate(file, settings)
        written = write_to(folder, made)
    tell(made, written, as_json=as_json)


def _change(
    file: str,
    settings: Settings,
    key: list[str],
    *,
    document: str | None,
    only: bool,
    as_json: bool,
) -> None:
    folder = Path(file).parent
    keys = public_keys(key, settings.access)
    draft = draft_of(document)
    with publishing.changing(folder):
        if _is_log(file):
            made = did_webvh.change(file, settings, keys, document=draft, only=only)
        else:
            settings.refuse_for("web")
            made = did_web.changed(file, keys, document=draft, only=only)
        written = write_to(folder, made)
    tell(made, written, as_json=as_json)


def _move(
    file: str, settings: Settings, *, place: list[str], out: str | None, as_json: bool
) -> None:
    if out is None:
        message = "a DID that moves is written for another web site"
        raise ConfigurationError(message, path="--out")
    if not _is_log(file):
        message = "a did:web cannot move: its place is its name"
        raise ConfigurationError(message, path="--host")
    with publishing.changing(Path(file).parent):
        made = did_webvh.move(file, settings, place)
        folder = folder_of(out, made.url or "")
        with publishing.changing(folder):
            publishing.refuse_existing(
                [folder / name for name, _ in made.files], fix="name another --out"
            )
            written = write_to(folder, made)
    tell(made, written, as_json=as_json)


def _is_log(file: str) -> bool:
    return file.endswith(".jsonl")
