"""``medid audit``: is the log whole, what does it hold, and what was disclosed?

Each command checks the whole log before it prints a line of it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medid.access.accounting import accounting
from medid.access.audit_fhir import AuditSite, audit_event, verification_result
from medid.adapters.audit_chain import Head
from medid.adapters.audit_files import AuditFiles, part_name
from medid.cli import audit_events, files
from medid.cli.output import printable, say, show_json
from medid.core.instant import Instant, system_clock
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.access.accounting import Disclosure
    from medid.access.audit_event import EventRecord
    from medid.access.audit_record import DecisionRecord
    from medid.core.json import JsonObject, JsonValue

_DAY: Final = 86_400  # seconds
_FORMATS: Final = ("fhir", "jsonl")
_SOURCES: Final = ("log", "fhir")

File = Annotated[str, typer.Argument(metavar="FILE", help="The audit log.")]
KeyFile = Annotated[
    str, typer.Option("--key-file", help="Holds the key that the log is chained with.")
]
Kept = Annotated[
    str | None,
    typer.Option("--head", help="A head that was kept: the log must still hold it."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and errors too.")]

app = typer.Typer(help="Verify and export the log of decisions.")


@app.callback()
def _group() -> None:
    """Verify and export the log of decisions."""


@app.command("verify")
def verify(
    file: File, key_file: KeyFile, head: Kept = None, as_json: AsJson = False
) -> None:
    """Is the log whole: nothing edited, moved, missing or written twice?

    Lines that were cut off at the end are missed by a head that was kept elsewhere.

    Exit codes: 0 whole, 1 altered, 2 wrong call or another key, 3 could not check.

    Example:
        medid audit verify audit.jsonl --key-file audit.key
    """
    found = _log(file, key_file).verify(head=_head(head))
    if as_json:
        show_json(
            {
                "whole": True,
                "records": found.records,
                "files": found.files,
                "repairs": found.repairs,
                "torn": found.torn,
                "head": str(found.head),
            }
        )
        return
    say(f"whole: records {found.records}, files {found.files}")
    if found.repairs or found.torn:
        cut = found.repairs + bool(found.torn)
        say(f"cut short by a kill or a power failure, and never given: {cut}")
    say(f"head: {found.head}")


@app.command("export")
def export(
    file: File,
    key_file: KeyFile,
    format: Annotated[
        str, typer.Option(help="fhir (AuditEvent) or jsonl (the records themselves).")
    ] = "jsonl",
    observer: Annotated[
        str | None, typer.Option(help="fhir: the verifier, such as Device/gateway.")
    ] = None,
    client: Annotated[
        str | None, typer.Option(help="fhir: the application that asks.")
    ] = None,
    client_address: Annotated[
        str | None, typer.Option(help="fhir: its IP address or host name.")
    ] = None,
    organization: Annotated[
        str | None, typer.Option(help="fhir: that of the users.")
    ] = None,
    site: Annotated[
        str | None, typer.Option(help="fhir: where the verifier runs, in your words.")
    ] = None,
    validator: Annotated[
        str | None,
        typer.Option(
            help="fhir: also a VerificationResult of each license, by this validator."
        ),
    ] = None,
    head: Kept = None,
    as_json: AsJson = False,
) -> None:
    """Print the log, one JSON object a line: as records, or as FHIR R4.

    Example:
        medid audit export audit.jsonl --key-file audit.key --format jsonl
    """
    del as_json  # it prints nothing else; errors are told in JSON, too
    if format not in _FORMATS:
        raise ConfigurationError("no such format", path="--format", fix="fhir or jsonl")
    where = None
    if format == "fhir":
        where = _site(observer, client, client_address, organization, site)
    for record in _records(file, key_file, head):
        for line in _exported(record, where, validator):
            show_json(line)


@app.command("accounting")
def account(
    file: File,
    *,
    key_file: Annotated[
        str | None,
        typer.Option("--key-file", help="log: holds the key that it is chained with."),
    ] = None,
    format: Annotated[
        str, typer.Option(help="log, or fhir: a file of others' AuditEvents.")
    ] = "log",
    patient: Annotated[
        str, typer.Option(help="The reference by which requests name the patient.")
    ],
    start: Annotated[
        str, typer.Option("--from", help="The first day (UTC), or an instant.")
    ],
    end: Annotated[
        str | None,
        typer.Option("--to", help="The last day (UTC), or an instant; else now."),
    ] = None,
    head: Kept = None,
    as_json: AsJson = False,
) -> None:
    """Account for disclosures of one patient (45 CFR 164.528).

    Left out is what was permitted for treatment, payment or operations only, or by a
    consent that the patient signed. What the law leaves to the organisation is in the
    documentation. AuditEvents of others do not show who signed a consent: there, only
    treatment, payment and operations are left out.

    Example:
        medid audit accounting log --key-file key --patient Patient/p --from 2026-01-01
    """
    since = _moment(start, "--from")
    until = system_clock() if end is None else _moment(end, "--to", last=True)
    records, left_out = _recorded(file, format, key_file=key_file, head=head)
    with files.argument("--from"):
        found = accounting(records, patient, start=since, end=until)
    if as_json:
        disclosures: list[JsonValue] = [one.as_json() for one in found]
        show_json(
            {
                "patient": patient,
                "from": str(since),
                "to": str(until),
                "disclosures": disclosures,
                **({} if left_out is None else {"noDecisions": left_out}),
            }
        )
        return
    for one in found:
        say(printable(_told(one)))
    say(f"disclosures that count: {len(found)}")
    if left_out is not None:
        say(f"events that are no decisions about access: {left_out}")


def _log(file: str, key_file: str) -> AuditFiles:
    path, found = Path(file), False
    with suppress(OSError, ValueError):
        found = path.is_file() or part_name(path, 1).is_file()
    if not found:
        message = f"cannot read {printable(file)}: no such file"
        raise ConfigurationError(message, fix="name a file that you may read")
    return AuditFiles(path, key=files.audit_key(key_file))


def _head(head: str | None) -> Head | None:
    if head is None:
        return None
    with files.argument("--head"):
        return Head.parse(head)


def _records(file: str, key_file: str, head: str | None) -> Iterator[DecisionRecord]:
    """The records of a log that was found to be whole."""
    log, kept = _log(file, key_file), _head(head)
    log.verify(head=kept)
    return log.records(head=kept)


def _recorded(
    file: str, format: str, *, key_file: str | None, head: str | None
) -> tuple[Iterable[DecisionRecord | EventRecord], int | None]:
    """What is accounted for; of events, how many are no decisions."""
    if format not in _SOURCES:
        raise ConfigurationError("no such format", path="--format", fix="log or fhir")
    if format == "fhir":
        if key_file is not None or head is not None:
            message = "events of others have no key and no head"
            raise ConfigurationError(message, path="--format")
        return audit_events.read(file)
    if key_file is None:
        message = "a log is read with its key"
        raise ConfigurationError(message, path="--key-file", fix="give --key-file")
    return _records(file, key_file, head), None


def _site(
    observer: str | None,
    client: str | None,
    client_address: str | None,
    organization: str | None,
    site: str | None,
) -> AuditSite:
    if not (observer and client and client_address and organization):
        message = "an AuditEvent needs to know who took part"
        fix = "give --observer, --client, --client-address and --organization"
        raise ConfigurationError(message, path="--format", fix=fix)
    return AuditSite(
        observer=observer,
        client=client,
        client_address=client_address,
        organization=organization,
        site=site,
    )


def _exported(
    record: DecisionRecord, site: AuditSite | None, validator: str | None
) -> Iterator[JsonObject]:
    if site is None:
        yield record.as_json()
        return
    if record.outcome is not None:
        yield audit_event(record, site)
    if validator is not None and record.license is not None:
        yield verification_result(record, validator=validator)


def _moment(text: str, option: str, *, last: bool = False) -> Instant:
    """An instant, or a day: its beginning, or of the last day its end."""
    with files.argument(option):
        if "T" in text:
            return Instant.parse(text)
        return Instant.from_date(text).plus(_DAY if last else 0)


def _told(one: Disclosure) -> str:
    parts = [f"{part.type} {part.id}" for part in one.resources]
    what = ", ".join(parts) or "resources not said"
    why = ", ".join(purpose.code for purpose in one.purposes)
    return f"{one.date}  {one.recipient}  {what}  for {why}"
