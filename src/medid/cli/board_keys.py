"""``medid board rotate-key|compromise``: a new key takes the place of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from medid.board import Issuing
from medid.board.replacing import KeyChange
from medid.cli import board_given as given
from medid.cli import board_key_report as told_of
from medid.cli import board_told, files
from medid.cli.access import NO_ACCESS, Access, uses_keys
from medid.cli.board_given import (
    Actor,
    AsJson,
    Board,
    DryRun,
    Order,
    Out,
    Url,
    Why,
    Zone,
)
from medid.cli.issue import Method, controller
from medid.cli.options import Documents
from medid.core.fetch import Fetched
from medid.core.instant import system_clock
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, MedidError, Unchecked
from medid.health.days import UTC_NAME
from medid.issuing.credential import ASSERTION

if TYPE_CHECKING:
    from medid.board.replacing import KeyOffice
    from medid.dids.document import DidDocument

Document = Annotated[
    str | None,
    typer.Option(
        "--did-document", help="did.json or did.jsonl of the board, as it is."
    ),
]
Securing = Annotated[
    str | None,
    typer.Option(help="Secure everything in this way; else as it was secured before."),
]
Report = Annotated[
    str | None,
    typer.Option(help="Write what became of each credential here: JSON lines."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("rotate-key")(rotate_key)
    app.command("compromise")(compromise)


@uses_keys
def rotate_key(
    register: Url,
    board: Board,
    actor: Actor,
    old: Annotated[str, typer.Option(help="DID URL of the key that is given up.")],
    old_until: Annotated[
        str,
        typer.Option(help="Until when what it signed counts: an instant, or a day."),
    ],
    key: Annotated[
        str, typer.Option("--key", help="The new key, as for medid board issue.")
    ],
    verification_method: Method = None,
    did_document: Document = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    securing: Securing = None,
    out: Out = None,
    report: Report = None,
    reason: Why = "",
    order: Order = "",
    timezone: Zone = UTC_NAME,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """Issue everything anew with a new key, while what the old one signed still counts.

    Both keys are in the board's DID document for that time: medid did update adds one.
    Each credential of the old key gets another beside it, and is revoked when the time
    is over. A run that was broken off is run again, and goes on where it was.

    Example:
        medid board rotate-key --old DID#KEY --old-until 2026-12-31 --key new.key ...
    """
    names = _Names(board, old, did_document, document)
    issuing = names.issuing(key, access, verification_method)
    if not names.listed(issuing):
        message = "the old key is not in the board's DID document"
        fix = "leave it there until then; if it was stolen: medid board compromise"
        raise ConfigurationError(message, path="--old", fix=fix)
    change = KeyChange(
        old=old,
        issuing=issuing,
        securing=securing,
        effective=given.moment(old_until, timezone, "--old-until"),
        reason=given.reason(actor, reason, order),
    )
    told = told_of.Told(change, dry_run=dry_run, listed=True)
    with given.key_office(
        register, board, timezone=timezone, dry_run=dry_run
    ) as office:
        _run(office, change, told, out=out, report=report)
    told.tell(as_json=as_json)


@uses_keys
def compromise(
    register: Url,
    board: Board,
    actor: Actor,
    key: Annotated[str, typer.Option("--key", help="DID URL of the key, not the key.")],
    since: Annotated[
        str,
        typer.Option(help="Since when others may have it: an instant, or a day."),
    ],
    new_key: Annotated[
        str, typer.Option(help="The new key, as --key of medid board issue.")
    ],
    verification_method: Method = None,
    did_document: Document = None,
    document: Documents = [],  # noqa: B006 - typer copies it
    found: Annotated[
        list[str],
        typer.Option(help="A credential that turned up: is it on record? Repeatable."),
    ] = [],  # noqa: B006 - typer copies it
    securing: Securing = None,
    out: Out = None,
    report: Report = None,
    reason: Why = "",
    order: Order = "",
    timezone: Zone = UTC_NAME,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    access: Access = NO_ACCESS,
) -> None:
    """A key was stolen: take back at once what it signed, and issue it anew.

    Every credential of the key that the register knows is the board's own, also since
    then: it is issued anew with the new key, and the old one is revoked. What the
    register does not know is the thief's. A run that was broken off is run again, and
    goes on where it was.

    Exit codes: 0 done, 1 refused, or something that turned up is not on record.

    Example:
        medid board compromise --key DID#KEY --since 2026-03-02 --new-key new.key ...
    """
    names = _Names(board, key, did_document, document)
    issuing = names.issuing(new_key, access, verification_method)
    start = given.now_or(since, timezone, "--since")
    if start > system_clock():
        message = "a key that is stolen is so already"
        raise ConfigurationError(
            message, path="--since", fix="name the first sign of it"
        )
    change = KeyChange(
        old=key,
        issuing=issuing,
        securing=securing,
        reason=given.reason(actor, reason, order),
    )
    told = told_of.Told(
        change, dry_run=dry_run, listed=names.listed(issuing), since=start
    )
    with given.key_office(
        register, board, timezone=timezone, dry_run=dry_run
    ) as office:
        for name in found:
            with files.argument(name):
                told.add_found(name, office.on_record(files.read(name)))
        _run(office, change, told, out=out, report=report)
    told.tell(as_json=as_json)


def _run(
    office: KeyOffice,
    change: KeyChange,
    told: told_of.Told,
    *,
    out: str | None,
    report: str | None,
) -> None:
    with told_of.writing(report, told) as write:
        for page in office.replace(change):
            made = {one.issued.id: one.issued for one in page if one.issued is not None}
            if out is not None:
                for issued in made.values():
                    board_told.write(issued, out)
            for done in page:
                told.add(done)
                write(done)
            told.show_progress()


@dataclass(frozen=True, slots=True)
class _Names:
    """What is said of a board's keys, held against its DID document."""

    board: str
    old: str
    did_document: str | None
    documents: list[str]

    def issuing(self, key: str, access: Access, method: str | None) -> Issuing:
        """The new key, which the document allows to sign credentials.

        Raises:
            ConfigurationError: It does not, or it is not at hand.
        """
        who = controller(key, access, method)
        with files.argument("--verification-method"):
            listed = self._document().method_for(
                who.verification_method, ASSERTION, at=system_clock()
            )
        if listed.key != who.signer.public_key:
            message = "the DID document has another key of this name"
            raise ConfigurationError(message, path="--verification-method")
        return Issuing(controller=who)

    def listed(self, issuing: Issuing) -> bool:
        """Whether the old key is in the document still.

        Raises:
            ConfigurationError: It is the new one, by another name.
        """
        try:
            listed = self._document().method_for(self.old, ASSERTION, at=system_clock())
        except MedidError:
            return False
        if listed.key == issuing.controller.signer.public_key:
            message = "the new key is the old one, by another name"
            raise ConfigurationError(message, fix="make another key")
        return True

    def _document(self) -> DidDocument:
        now = system_clock()
        did = Did.parse(self.board, path="--board")
        evidence = files.evidence(self.documents, now)
        if self.did_document is not None:
            needed = resolver.needs(did, evidence)
            content = files.supplied(self.did_document)
            own = [
                (one.url, Fetched.of(one.url, content, fetched_at=now))
                for one in needed[:1]
            ]
            evidence = evidence.with_answers(own)
        try:
            return resolver.resolve(did, evidence)
        except Unchecked:
            message = "the board's DID document is not at hand"
            fix = "name it with --did-document"
            raise ConfigurationError(message, path="--did-document", fix=fix) from None
