"""What the commands of ``medid board`` are given: one set of options for all."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from medid.board import Issuing, Office, Reason
from medid.cli import files
from medid.cli.issue import controller
from medid.core.instant import Instant, system_clock
from medid.errors import ConfigurationError
from medid.health.days import UTC_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from medid.board.register import Register
    from medid.board.replacing import KeyOffice
    from medid.cli.access import Access

Url = Annotated[
    str,
    typer.Option(
        "--register",
        help="sqlite:///FILE or postgresql://USER@HOST/DATABASE.",
    ),
]
Board = Annotated[str, typer.Option("--board", help="The board's DID.")]
Numbers = Annotated[
    list[str], typer.Argument(metavar="NUMBER...", help="License numbers.")
]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="A license number.")]
Actor = Annotated[str, typer.Option(help="Who answers for it: a name, or a role.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in the board's words.")]
Order = Annotated[str, typer.Option("--order", help="The order behind it, as filed.")]
Effective = Annotated[
    str | None,
    typer.Option(help="From when: an instant, or a day in the time zone; else now."),
]
Zone = Annotated[
    str,
    typer.Option("--timezone", help="In which days begin and end (IANA name)."),
]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace-ahead",
        help="Stand in place of what is recorded and takes effect later.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would happen, and record nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and errors too.")]
Key = Annotated[
    str | None,
    typer.Option("--key", help="Issue a new credential with this key, as for issue."),
]
Out = Annotated[
    str | None,
    typer.Option(help="Write the credentials into this folder, one file each."),
]
Csv = Annotated[
    str | None,
    typer.Option("--csv", help="Write it into this CSV file, safe for spreadsheets."),
]


@contextmanager
def engine(url: str) -> Iterator[Engine]:
    """The engine of the register at ``url``, for as long as the command needs it.

    Raises:
        MissingExtra: SQLAlchemy, or the driver, is not installed.
        ConfigurationError: Not the URL of a database.
    """
    from medid.adapters.register import open_engine

    opened = open_engine(url)
    try:
        yield opened
    finally:
        opened.dispose()


@contextmanager
def register(url: str) -> Iterator[Register]:
    """The register at ``url``, which is there.

    Raises:
        ConfigurationError: There is none of this medid.
        RegisterUnavailable: It cannot be used.
    """
    from medid.adapters.register import SqlRegister

    with engine(url) as opened:
        yield SqlRegister(opened)


@contextmanager
def office(
    url: str, board: str, *, timezone: str = UTC_NAME, dry_run: bool = False
) -> Iterator[Office]:
    """The office of a board, at its register.

    Raises:
        ConfigurationError: There is no register, or no such time zone.
        RegisterUnavailable: It cannot be used.
    """
    with register(url) as opened:
        yield Office(opened, board, timezone=timezone, recording=not dry_run)


@contextmanager
def key_office(
    url: str, board: str, *, timezone: str = UTC_NAME, dry_run: bool = False
) -> Iterator[KeyOffice]:
    """The office of a board that changes its keys.

    Raises:
        ConfigurationError: There is no register, or no such time zone.
        RegisterUnavailable: It cannot be used.
    """
    from medid.board.replacing import KeyOffice

    with register(url) as opened:
        yield KeyOffice(opened, board, timezone=timezone, recording=not dry_run)


def reason(actor: str, text: str, order: str) -> Reason:
    """Who answers for a change, and why."""
    return Reason(actor=actor, text=text, order_reference=order)


def moment(text: str | None, timezone: str, option: str) -> Instant | None:
    """An instant, or the first one of a day in ``timezone``.

    Raises:
        ConfigurationError: It is neither.
    """
    if text is None:
        return None
    from medid.health.days import start_of_day, time_zone

    with files.argument(option):
        if "T" in text:
            return Instant.parse(text)
        return start_of_day(text, time_zone(timezone))


def now_or(text: str | None, timezone: str, option: str) -> Instant:
    """As ``moment``; the present where nothing is given."""
    return moment(text, timezone, option) or system_clock()


def issuing(
    key: str | None,
    access: Access,
    verification_method: str | None,
    securing: str,
) -> Issuing | None:
    """How credentials are signed; ``None`` where no key is given.

    Raises:
        ConfigurationError: The key file cannot be used.
    """
    if key is None:
        return None
    who = controller(key, access, verification_method)
    return Issuing(controller=who, securing=securing)


def identifiers(given: list[str]) -> dict[str, str]:
    """Numbers in other registers, from ``SYSTEM=VALUE``.

    Raises:
        ConfigurationError: Not of that form, or of one system twice.
    """
    found: dict[str, str] = {}
    for pair in given:
        system, equals, value = pair.rpartition("=")
        if not (equals and system and value) or system in found:
            message = "--identifier takes SYSTEM=VALUE, once for each system"
            fix = "for example http://hl7.org/fhir/sid/us-npi=1234567893"
            raise ConfigurationError(message, path="--identifier", fix=fix)
        found[system] = value
    return found
