"""How the commands of ``medid board`` answer: lines that a clerk reads, or JSON."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from medid.cli.output import exit_of, printable, say, show_json, worst
from medid.core.json import dumps
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.board import Event, IssuedCredential, License, LicenseVersion, Outcome
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

_PRIVATE: Final = 0o600
_RETURN: Final = "\r"
_LICENSE_COLUMNS: Final = (
    *("number", "jurisdiction", "name", "status", "statusSince"),
    *("issuedOn", "expiresOn", "holder", "identifiers", "claims"),
)
# The members of ``event_json``, in their order.
_EVENT_COLUMNS: Final = (
    *("event", "kind", "recorded", "effective"),
    *("actor", "reason", "orderReference"),
)
_ENDINGS: Final = {"vc+jwt": "jwt", "JWT": "jwt", "vc+cose": "cose"}


def outcomes(
    done: Sequence[Outcome], *, as_json: bool, dry_run: bool, out: str | None = None
) -> None:
    """Tell what became of each row; the exit code is that of the worst of them.

    Raises:
        ConfigurationError: A credential cannot be written.
        Exit: Some rows were refused.
    """
    errors = [one.error for one in done if one.error is not None]
    written = {
        one.number: write(one.credential, out)
        for one in done
        if one.credential is not None and out is not None
    }
    if as_json:
        rows: list[JsonValue] = [row(one, written.get(one.number)) for one in done]
        refused = len(errors)
        show_json(
            {
                "done": len(done) - refused,
                "refused": refused,
                "dryRun": dry_run,
                "rows": rows,
            }
        )
    else:
        for one in done:
            say(printable(line(one, written.get(one.number))))
        kept = "would be recorded" if dry_run else "recorded"
        say(f"{kept}: {len(done) - len(errors)}, refused: {len(errors)}")
    if errors:
        raise typer.Exit(int(worst(map(exit_of, errors))))


def write(issued: IssuedCredential, folder: str) -> str:
    """Write a credential into ``folder``, for its owner alone, under its own id.

    Raises:
        ConfigurationError: It cannot be written. It is in the register all the same.
    """
    ending = _ENDINGS.get(issued.securing, "json")
    path = Path(folder) / f"{issued.id.rpartition(':')[2]}.{ending}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, _PRIVATE), "wb") as file:
            file.write(issued.content)
    except (OSError, ValueError):
        message = f"cannot write into {printable(folder)}: what was issued is recorded"
        fix = "name a folder, and take it from there: medid board history --out"
        raise ConfigurationError(message, path="--out", fix=fix) from None
    return str(path)


def license_json(license: License, version: LicenseVersion | None) -> JsonObject:  # noqa: A002
    """A license, as it is in one of its versions."""
    found: JsonObject = {
        "number": license.number,
        "jurisdiction": license.jurisdiction,
        "identifiers": dict(license.practitioner.identifiers),
        "status": None,
    }
    if version is not None:
        found |= version_json(version)
    return found


def standing_json(
    license: License,  # noqa: A002
    at: Instant,
    *,
    known: Instant | None = None,
) -> JsonObject:
    """A license as it is at ``at``, and what takes effect later."""
    held = license.as_of(at, known=known)
    ahead: list[JsonValue] = [
        version_json(one) for one in license.timeline(known=known) if one.effective > at
    ]
    return {**license_json(license, held), "ahead": ahead}


def version_json(version: LicenseVersion) -> JsonObject:
    """What holds from one change to the next."""
    return {
        "version": version.version,
        "status": version.status,
        "effective": str(version.effective),
        "recorded": str(version.recorded),
        "name": version.name,
        "holder": version.holder,
        "issuedOn": version.issued_on,
        "expiresOn": version.expires_on,
        "claims": version.claims,
    }


def event_json(event: Event) -> JsonObject:
    """What happened."""
    return {
        "event": event.number,
        "kind": event.kind,
        "recorded": str(event.recorded),
        "effective": str(event.effective),
        "actor": event.reason.actor,
        "reason": event.reason.text,
        "orderReference": event.reason.order_reference,
    }


def credential_json(issued: IssuedCredential) -> JsonObject:
    """What was issued, but for the credential itself."""
    return {
        "id": issued.id,
        "version": issued.version,
        "states": issued.states,
        "issued": str(issued.issued),
        "ends": None if issued.ends is None else str(issued.ends),
        "securing": issued.securing,
        "verificationMethod": issued.verification_method,
        "withdrawals": [
            {"effective": str(one.effective), "replacedBy": one.replaced_by}
            for one in issued.withdrawals
        ],
        "list": issued.position.list_number,
        "index": issued.position.index,
    }


def license_line(license: License, version: LicenseVersion | None) -> str:  # noqa: A002
    """A license on one line."""
    if version is None:
        return f"{license.number}  nothing was in force"
    end = f", last day {version.expires_on}" if version.expires_on else ""
    return (
        f"{license.number}  {version.name}  {version.status}"
        f" since {license.status_since(version)}{end}"
    )


def standing_lines(
    license: License,  # noqa: A002
    at: Instant,
    *,
    known: Instant | None = None,
) -> Iterator[str]:
    """A license as it is at ``at``, and what takes effect later, each on a line."""
    yield license_line(license, license.as_of(at, known=known))
    for one in license.timeline(known=known):
        if one.effective > at:
            yield f"from {one.effective}: {one.status}"


def event_line(event: Event) -> str:
    """What happened, on one line."""
    parts = [f"{event.recorded}  {event.kind}, by {event.reason.actor}"]
    if event.effective != event.recorded:
        parts.append(f"effective {event.effective}")
    if event.reason.order_reference:
        parts.append(f"order {event.reason.order_reference}")
    if event.reason.text:
        parts.append(event.reason.text)
    return ", ".join(parts)


def row(one: Outcome, written: str | None = None) -> JsonObject:
    """What became of a row, for programs."""
    if one.license is None:
        error: JsonObject = {**one.error.as_json()} if one.error is not None else {}
        return {"number": one.number, "error": error}
    found = license_json(one.license, one.license.latest)
    if one.credential is not None:
        found["credential"] = credential_json(one.credential)
    if written is not None:
        found["file"] = written
    return found


def line(one: Outcome, written: str | None = None) -> str:
    """What became of a row, on one line."""
    if one.license is None:
        return f"{one.number}  refused: {one.error}"
    line = license_line(one.license, one.license.latest)
    if one.credential is not None:
        line += f", issued {one.credential.id}"
    return line if written is None else f"{line} to {written}"


def license_table(found: Sequence[License], name: str, at: Instant) -> None:
    """Write licenses, as they are at ``at``, into a CSV file.

    Raises:
        ConfigurationError: It cannot be written.
    """
    from medid.adapters.tables.export import write_csv

    rows = [_license_row(one, one.as_of(at)) for one in found]
    write_csv(name, _LICENSE_COLUMNS, rows, option="--csv")


def _license_row(
    license: License,  # noqa: A002
    held: LicenseVersion | None,
) -> tuple[str, ...]:
    people = dumps(dict(license.practitioner.identifiers))
    if held is None:
        nothing = [""] * (len(_LICENSE_COLUMNS) - 4)
        return (license.number, license.jurisdiction, *nothing, people, "")
    return (
        license.number,
        license.jurisdiction,
        held.name,
        held.status,
        str(license.status_since(held)),
        held.issued_on or "",
        held.expires_on or "",
        held.holder or "",
        people,
        dumps(held.claims),
    )


def event_table(events: Sequence[Event], name: str) -> None:
    """Write what happened to a license into a CSV file.

    Raises:
        ConfigurationError: It cannot be written.
    """
    from medid.adapters.tables.export import write_csv

    rows = [map(str, event_json(one).values()) for one in events]
    write_csv(name, _EVENT_COLUMNS, rows, option="--csv")


def progress(text: str) -> None:
    """Tell a person who waits how far it is, and nobody else."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{_RETURN}{text} ")
        sys.stderr.flush()
