"""``medid board publish``: the board's web site, as files for any static host."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast

import typer

from medid.board import Issuing
from medid.board.page import Paging
from medid.board.site import Publishing, SiteFile
from medid.cli import board_given as given
from medid.cli import files, publishing
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.board_given import AsJson, Board, Url
from medid.cli.issue import Key, Method, controller
from medid.cli.options import Documents
from medid.cli.output import complain, printable, say, show_json
from medid.core.evidence import NO_EVIDENCE
from medid.core.fetch import Fetched
from medid.core.instant import system_clock
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, PublishedLater, RegisterUnavailable
from medid.issuing import DEFAULT_SECURING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from medid.board import Office
    from medid.core.fetch import Fetch
    from medid.core.json import JsonValue
    from medid.verifying.verifier import Verifier

#: Of a file of the site; a status list of 131,072 entries has less than 100 kB.
MAX_PUBLISHED: Final = 33_554_432  # bytes
MIN_EVERY: Final = 1  # seconds
#: Between two looks, or two heads of a feed: nobody believes a head for longer.
MAX_EVERY: Final = 86_400  # seconds


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("publish")(publish)


@uses_keys
def publish(
    register: Url,
    board: Board,
    out: Annotated[
        str, typer.Option(help="The folder that a web server shows as the site.")
    ],
    key: Key,
    verification_method: Method = None,
    securing: Annotated[str, typer.Option(help="As for issue.")] = DEFAULT_SECURING,
    profession: Annotated[
        list[str],
        typer.Option(help="A code for the trust entry; without, there is none."),
    ] = [],  # noqa: B006 - typer copies it
    did_document: Annotated[
        str | None,
        typer.Option(help="did.json or did.jsonl of the board, to publish with it."),
    ] = None,
    former_document: Annotated[
        str | None,
        typer.Option(
            help="The board's document or log as it was when the site was last "
            "published, if the key of then is not in it any more."
        ),
    ] = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until told to stop.")
    ] = False,
    every: Annotated[
        int,
        typer.Option(
            min=MIN_EVERY, max=MAX_EVERY, help="Seconds between two looks of --watch."
        ),
    ] = 5,
    feed: Annotated[
        float | None,
        typer.Option(
            min=MIN_EVERY,
            max=MAX_EVERY,
            help="Publish a change feed, signed anew after so many seconds.",
        ),
    ] = None,
    page: Annotated[
        bool, typer.Option("--page", help="Publish the page for people as well.")
    ] = False,
    public_register: Annotated[
        list[str],
        typer.Option(
            help="With --page: tell this of each license, such as status; repeatable."
        ),
    ] = [],  # noqa: B006 - typer copies it
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Write what has changed of the board's web site into a folder.

    Status lists, the signed head of the register, a trust entry, contexts and an index.
    Lists that have not changed are signed anew when half their life is over. Verifiers
    that follow a feed learn of a change within seconds, and rely on its being signed.

    Exit codes: 0 published, 1 refused, 2 wrong call, 3 the register is unavailable.

    Example:
        medid board publish --register URL --board DID --out site --key board.key
    """
    who = controller(key, access, verification_method)
    folder = Path(out)
    with given.office(register, board) as office, publishing.changing(folder):
        site = office.board().site
        former = _given(board, site, former_document)
        if former and watch:
            message = "what is published is of the former key only once"
            fix = "publish without --watch, and then without --former-document"
            raise ConfigurationError(message, path="--former-document", fix=fix)
        published = partial(_read, folder)
        shown = _page(office, page, public_register)

        def once() -> list[str]:
            # Read each time: the board may have changed its keys meanwhile.
            files_given = _given(board, site, did_document)
            _check_goes_on(files_given, published)
            trusting = _verifier(site, document, former or files_given)
            made = office.site(
                Publishing(
                    issuing=Issuing(controller=who, securing=securing),
                    at=system_clock(),
                    published=published,
                    verifier=trusting,
                    professions=profession,
                    given=[*files_given, *shown(published, trusting)],
                    feed_seconds=feed,
                )
            )
            ordered = [
                (one.path, one.content)
                for one in made
                # Another command may have gone on with it since it was read.
                if not _is_file(did_document, folder / one.path)
            ]
            return publishing.publish(folder, ordered)

        if not watch:
            _tell(once(), as_json=as_json)
            return
        with _until_told_to_stop() as wait:
            again(once, wait, every=every, as_json=as_json)


def again(
    once: Callable[[], list[str]],
    wait: Callable[[float], bool],
    *,
    every: float,
    as_json: bool,
) -> None:
    """Publish, wait and publish, until ``wait`` says to stop.

    A register that is unavailable is asked again the next time: what is published stays
    as it is meanwhile. Whatever else is refused ends it, because a person has to look.

    Raises:
        MedidError: It was refused.
    """
    stop = False
    while not stop:
        try:
            written = once()
        except RegisterUnavailable as error:
            complain(error, as_json=as_json)
        else:
            if written:
                _tell(written, as_json=as_json)
        stop = wait(every)


@contextmanager
def _until_told_to_stop() -> Iterator[Callable[[float], bool]]:
    """Waits so many seconds, or until SIGTERM or SIGINT; whether one has come."""
    told = threading.Event()
    asked = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: told.set()) for number in asked]
    try:
        yield told.wait
    finally:
        for number, handler in zip(asked, before, strict=True):
            signal.signal(number, handler)


def _given(board: str, site: str, name: str | None) -> tuple[SiteFile, ...]:
    """The DID document or log, at the path where the board's DID says that it is."""
    if name is None:
        return ()
    needed = resolver.needs(Did.parse(board, path="--board"), NO_EVIDENCE)
    start = f"{site}/"
    if not needed or not needed[0].url.startswith(start):
        message = "the board's DID is not published on its site"
        fix = "publish its document where the DID says, and leave out --did-document"
        raise ConfigurationError(message, path="--did-document", fix=fix)
    return (SiteFile(path=needed[0].url[len(start) :], content=files.supplied(name)),)


def _page(
    office: Office, wanted: bool, fields: list[str]
) -> Callable[[Callable[[str], bytes | None], Verifier], Sequence[SiteFile]]:
    """Makes the files of the page for people; none where it is not wanted."""
    if not wanted:
        if fields:
            message = "the register is public by way of the page"
            raise ConfigurationError(
                message, path="--public-register", fix="add --page"
            )
        return lambda _published, _verifier: ()

    def make(
        published: Callable[[str], bytes | None], verifier: Verifier
    ) -> Sequence[SiteFile]:
        with files.argument("--public-register"):
            paging = Paging(
                at=system_clock(),
                published=published,
                fields=fields,
                fetch=cast("Fetch", verifier.fetch),
            )
        return office.page(paging)

    return make


def _check_goes_on(
    files_given: Sequence[SiteFile], published: Callable[[str], bytes | None]
) -> None:
    """Return if a log that is to be published has all versions that are published.

    Raises:
        PublishedLater: It is an older copy, or goes on otherwise.
    """
    for one in files_given:
        before = published(one.path)
        if before is None or not one.path.endswith(publishing.LOG):
            continue
        there = before.splitlines()
        if one.content.splitlines()[: len(there)] != there:
            message = "the DID log that is published has other versions"
            fix = "give the log as it is published, or goes on behind that"
            raise PublishedLater(message, path="--did-document", fix=fix)


def _is_file(name: str | None, place: Path) -> bool:
    """Whether a name is that of the file at ``place``."""
    with suppress(OSError, ValueError):
        return name is not None and Path(name).samefile(place)
    return False


def _verifier(
    site: str, documents: list[str], given_files: Sequence[SiteFile]
) -> Verifier:
    """A verifier that knows the board's DID document as of the present."""
    from medid.adapters.supplied import SuppliedFetch
    from medid.core.fetch import NoFetch
    from medid.verifying.verifier import Verifier

    now = system_clock()
    own = [
        (url, Fetched.of(url, one.content, fetched_at=now))
        for one in given_files
        for url in (f"{site}/{one.path}",)
    ]
    evidence = files.evidence(documents, now).with_answers(own)
    return Verifier(fetch=SuppliedFetch(NoFetch(), evidence))


def _read(folder: Path, path: str) -> bytes | None:
    place = folder / path
    if not files.exists(place):
        return None
    return files.read(str(place), limit=MAX_PUBLISHED)


def _tell(written: list[str], *, as_json: bool) -> None:
    if as_json:
        paths: list[JsonValue] = [*written]
        show_json({"written": paths})
        return
    for one in written:
        say(printable(f"wrote {one}"))
    say(f"files written: {len(written)}" if written else "the site is up to date")
