"""What the commands of a patient open, read and tell."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from medid.adapters.consents import SqliteConsents
from medid.adapters.wallet import Wallet
from medid.cli import files
from medid.cli.access import password
from medid.cli.output import printable, say, show_json
from medid.core import json as strict_json
from medid.core.json import JsonLimits
from medid.errors import ConfigurationError, MedidError, ParsingError
from medid.health.address_book import read_address_book
from medid.health.grant_preview import preview, sentence
from medid.health.grant_reading import read_grant, with_representation
from medid.health.grant_sentences import read_sentence
from medid.health.grant_tokens import pointed
from medid.trust.yaml_text import load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.access.consent_store import KeptConsent
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.health.grants import Grant, Recipient

_LIMITS: Final = JsonLimits(max_bytes=262_144, max_depth=8, max_members=20_000)


def open_wallet(folder: str, password_file: str | None, *, make: bool) -> Wallet:
    """The wallet in ``folder``; a password that opens nothing yet is asked for twice.

    Args:
        folder: Where it is.
        password_file: Holds its password.
        make: Whether a new one is made where there is none.

    Raises:
        ConfigurationError: There is something else in its place, or nothing.
        EvidenceUnavailable: It cannot be made, read or written.
    """
    new = not files.exists(folder)
    if not make and not files.exists(Path(folder) / "consents.db"):
        message = f"there is no wallet at {printable(folder)}"
        raise ConfigurationError(message, fix="name the folder of your wallet")
    return Wallet(folder, password=cache(lambda: password(password_file, confirm=new)))


def open_store(
    folder: str, store: str | None, *, custodian: str | None = None
) -> SqliteConsents:
    """The store named, or that of a wallet; none is made by looking at it.

    Raises:
        ConfigurationError: There is none.
        EvidenceUnavailable: It cannot be read.
    """
    path = Path(folder) / "consents.db" if store is None else Path(store)
    if not files.exists(path):
        message = f"there is no consent store at {printable(str(path))}"
        raise ConfigurationError(message, fix="name the folder of your wallet")
    return SqliteConsents(path, custodian=custodian)


def read_yaml(name: str) -> JsonValue:
    """The value in a YAML or JSON file that the user named.

    Raises:
        ConfigurationError: It cannot be read, or is neither.
    """
    with files.argument(name):
        content = files.read(name, limit=_LIMITS.max_bytes + 1)
        try:
            return strict_json.loads(content, limits=_LIMITS)
        except ParsingError:
            # YAML has other escapes than JSON, and no tabs, so each is read as itself.
            return load_yaml(content, limits=_LIMITS)


def names_in(contacts: str | None) -> Mapping[str, tuple[Recipient, ...]]:
    """Whom each name of an address book means; nobody without one.

    Raises:
        ConfigurationError: It cannot be read, or a name cannot be used.
    """
    if contacts is None:
        return {}
    value = read_yaml(contacts)
    with files.argument(contacts):
        return read_address_book(value)


def grant_of(
    name: str | None,
    text: str | None,
    names: Mapping[str, tuple[Recipient, ...]],
    *,
    today: Instant,
) -> Grant:
    """The grant in a file, or in a sentence whose unknown word is pointed at.

    Raises:
        ConfigurationError: Neither or both are given, or it is not understood.
    """
    if (name is None) is (text is None):
        message = "a grant is a file or a sentence"
        raise ConfigurationError(message, fix="give FILE, or --say, and not both")
    if text is None:
        value = read_yaml(name or "")
        with files.argument(name or ""):
            return read_grant(value, names=names)
    try:
        with files.argument("--say"):
            return read_sentence(text, today=today, names=names)
    except ConfigurationError as error:
        shown = pointed(text, error.path)
        if shown is not None:
            sys.stderr.write(shown + "\n")
        raise


def with_mandate(grant: Grant, name: str | None) -> Grant:
    """``grant``, made by whoever the mandate in a file is of.

    Raises:
        ConfigurationError: It cannot be read, does not fit the grant, or the grant
            has another one already.
    """
    if name is None:
        return grant
    if grant.representation is not None:
        message = "the grant says itself whom you represent"
        fix = "leave one of the two mandates out"
        raise ConfigurationError(message, path="--for", fix=fix)
    value = read_yaml(name)
    with files.argument(name):
        return with_representation(grant, value)


def show_preview(grant: Grant, told: tuple[str, ...], *, as_json: bool) -> None:
    """What would be signed."""
    if as_json:
        lines: list[JsonValue] = [*told]
        show_json({"grant": grant.as_json(), "preview": lines, "dryRun": True})
        return
    for line in told:
        say(printable(line))


def agree(told: tuple[str, ...], *, yes: bool) -> None:
    """Tell what is to be signed, and have the user agree; on standard error.

    Raises:
        ConfigurationError: There is nobody to ask.
        Exit: The user said no.
    """
    for line in told:
        typer.echo(printable(line), err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        message = "there is nobody to ask"
        raise ConfigurationError(message, path="--yes", fix="read it, and give --yes")
    if not typer.confirm("Sign this?", err=True):
        raise typer.Exit(1)


def row(kept: KeptConsent) -> JsonObject:
    """A consent on file for a program."""
    return {
        "number": kept.number,
        "id": kept.credential_id,
        "custodian": kept.custodian,
        "patient": kept.patient,
        "state": _state(kept),
        "given": str(kept.given),
        "withdrawn": None if kept.withdrawn is None else str(kept.withdrawn),
    }


def _state(kept: KeptConsent) -> str:
    return "given" if kept.withdrawn is None else "withdrawn"


def line(kept: KeptConsent, names: Mapping[str, tuple[Recipient, ...]]) -> str:
    """A consent on file in one line."""
    grant = _grant_on_file(kept)
    told = "a consent that was not granted here"
    if kept.grant is not None:
        told = "a consent that cannot be told in words"
    if grant is not None:
        told = sentence(grant, names=names)
    return f"{kept.number}  {_state(kept)}  {kept.custodian}  {told}"


def told_of(
    kept: KeptConsent, names: Mapping[str, tuple[Recipient, ...]]
) -> tuple[str, ...]:
    """A consent on file in sentences."""
    grant = _grant_on_file(kept)
    if kept.grant is None:
        return ("It was not granted here: --credential shows what it says.",)
    if grant is None:
        return ("It cannot be told in words: --credential shows what it says.",)
    return preview(grant, names=names)


def _grant_on_file(kept: KeptConsent) -> Grant | None:
    """What was granted; nothing where that is not known, or has unknown words."""
    if kept.grant is None:
        return None
    try:
        return read_grant(kept.grant)
    except MedidError:
        return None


def tell(kept: KeptConsent, *, as_json: bool, more: JsonObject) -> None:
    """What was done to a consent."""
    if as_json:
        show_json({**row(kept), **more})
        return
    done = "granted" if kept.withdrawn is None else "withdrawn"
    say(printable(f"{done} consent {kept.number} for {kept.custodian}"))
    say(f"  {kept.credential_id}")
    for value in more.values():
        say(printable(f"  {value}"))


def patient_of(kept: KeptConsent) -> JsonObject:
    """By which DID the custodian has to know the patient."""
    subject = credential_of(kept).get("credentialSubject")
    return {"did": subject.get("id") if isinstance(subject, dict) else None}


def credential_of(kept: KeptConsent) -> JsonObject:
    """The signed credential of a consent on file.

    Raises:
        ConfigurationError: It is a token.
    """
    if isinstance(kept.document, str):
        raise ConfigurationError("the consent is a token")
    return kept.document
