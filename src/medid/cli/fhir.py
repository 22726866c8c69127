"""``medid fhir``: credentials from FHIR resources and back, with what gets lost."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medid.cli import files
from medid.cli.output import printable, show_json
from medid.core import json as strict_json
from medid.core.entropy import uuid_urn
from medid.core.instant import Instant, Window
from medid.errors import ConfigurationError, DataLoss
from medid.health import fhir
from medid.health.drafts import Frame
from medid.health.fhir_consent import consent_draft
from medid.health.fhir_export import consent_resource, kind_of, license_resources
from medid.health.fhir_practitioner import Given, license_draft
from medid.health.vocabulary import LICENSE_CREDENTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.health.fhir_losses import Loss
    from medid.health.fhir_practitioner import Imported

_RELEASES: Final = {"R4": fhir.R4, "R5": fhir.R5}

Release = Annotated[
    str | None, typer.Option("--fhir", help="R4 or R5: refuse a consent of the other.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse if anything would be lost.")
]
Out = Annotated[str | None, typer.Option(help="Write here, not to the screen.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON with the losses, and errors too.")
]

Resource = Annotated[
    str, typer.Argument(metavar="FILE", help="A Practitioner or a Consent.")
]
Issuer = Annotated[str | None, typer.Option(help="The DID of who will sign.")]
ValidFrom = Annotated[
    str | None, typer.Option(help="The credential holds from this instant.")
]
ValidUntil = Annotated[
    str | None, typer.Option(help="The credential holds until this instant.")
]
Status = Annotated[
    str | None, typer.Option(help="A file with its status entry, or an array of them.")
]
Roles = Annotated[
    list[str],
    typer.Option(help="Practitioner: a file with a PractitionerRole, for specialties."),
]
Qualification = Annotated[
    int | None, typer.Option(help="Practitioner: which of several, from 0.")
]
Holder = Annotated[
    str | None,
    typer.Option(help="Practitioner: their DID, where the resource has not just one."),
]
Number = Annotated[str | None, typer.Option(help="Practitioner: the license number.")]
Jurisdiction = Annotated[
    str | None, typer.Option(help="Practitioner: where, such as GB or US-OH.")
]
LicenseStatus = Annotated[
    str | None, typer.Option(help="Practitioner: what the board says, such as active.")
]
Profession = Annotated[
    str | None, typer.Option(help="Practitioner: the profession, as SYSTEM|CODE.")
]
Patient = Annotated[str | None, typer.Option(help="Consent: the DID of the patient.")]
ConsentStatus = Annotated[
    str | None, typer.Option(help="Consent: the answer, such as ConsentGiven.")
]
Bindings = Annotated[
    list[str], typer.Option(help="Consent: REFERENCE=DID, whom a reference means.")
]

app = typer.Typer(help="Credentials from FHIR resources, and back.")


@app.callback()
def _group() -> None:
    """Credentials from FHIR resources, and back."""


@app.command("import")
def import_command(
    file: Resource,
    issuer: Issuer = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    credential_status: Status = None,
    role: Roles = [],  # noqa: B006 - typer copies it
    qualification: Qualification = None,
    holder: Holder = None,
    license_number: Number = None,
    jurisdiction: Jurisdiction = None,
    license_status: LicenseStatus = None,
    profession: Profession = None,
    patient: Patient = None,
    consent_status: ConsentStatus = None,
    bind: Bindings = [],  # noqa: B006 - typer copies it
    release: Release = None,
    strict: Strict = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Make the unsigned draft of a credential from a FHIR resource (R4 or R5).

    Nothing is made up: what a credential needs and FHIR does not say is an option.
    What of the resource is not in the draft is told on standard error, by its path.

    Exit codes: 0 done, 1 something would be lost (--strict), 2 cannot be read.

    Example:
        medid fhir import practitioner.json --issuer did:web:board.example --out d.json
    """
    about = _Credential(
        issuer=issuer,
        window=_window(valid_from, valid_until),
        status=_entries(credential_status),
    )
    stated, resource = _release(release), files.read_object(file)
    facts = {
        "holder": holder,
        "licenseNumber": license_number,
        "jurisdiction": jurisdiction,
        "licenseStatus": license_status,
        "profession": profession,
    }
    answer = {"patient": patient, "consentStatus": consent_status}
    if resource.get("resourceType") == "Consent":
        _not_for_this({**facts, "role": role or None, "qualification": qualification})
        found = _from_consent((file, resource), about, answer, bind, stated)
    else:
        _not_for_this({**answer, "bind": bind or None})
        found = _from_practitioner((file, resource), about, facts, role, qualification)
    _answer(
        Answer(file=file, kind="drafts", results=[found.draft]),
        _located(found, role),
        strict=strict,
        out=out,
        as_json=as_json,
    )


@app.command("export")
def export_command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A license or consent credential.")
    ],
    release: Release = None,
    strict: Strict = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Print what a credential says as FHIR resources, one a line.

    A license becomes a Practitioner with a qualification, and a PractitionerRole where
    it has specialties; both are the same in R4 and R5. The credential is not verified.
    What of it is not in the resources is told on standard error, by its path.

    Exit codes: 0 done, 1 something would be lost (--strict), 2 cannot be read.

    Example:
        medid fhir export license.json
    """
    stated, document = _release(release), files.read_object(file)
    with files.argument(file):
        if kind_of(document) is LICENSE_CREDENTIAL:
            found = license_resources(document)
        else:
            found = consent_resource(document, stated)
    losses = [(None, loss) for loss in found.losses]
    _answer(
        Answer(file=file, kind="resources", results=found.resources),
        losses,
        strict=strict,
        out=out,
        as_json=as_json,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Credential:
    """What the call says about the credential around the claims."""

    issuer: str | None
    window: Window
    status: list[JsonObject]


def _from_consent(
    named: tuple[str, JsonObject],
    about: _Credential,
    answer: Mapping[str, str | None],
    bind: Sequence[str],
    release: str | None,
) -> Imported:
    file, resource = named
    frame = Frame(
        id=uuid_urn(),
        issuer=_needed(about.issuer, "--issuer"),
        window=about.window,
        status=about.status,
    )
    patient = _needed(answer["patient"], "--patient")
    terms = _terms(answer["consentStatus"], bind)
    with files.argument(file):
        return consent_draft(
            resource, frame, patient=patient, terms=terms, release=release
        )


def _from_practitioner(
    named: tuple[str, JsonObject],
    about: _Credential,
    facts: Mapping[str, str | None],
    roles: Sequence[str],
    qualification: int | None,
) -> Imported:
    file, resource = named
    given = Given(
        id=uuid_urn(),
        holder=facts["holder"],
        issuer=about.issuer,
        window=about.window,
        status=about.status,
        license=_facts(facts),
    )
    others = [files.read_object(one) for one in roles]
    with files.argument(file):
        return license_draft(resource, given, roles=others, qualification=qualification)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a file: drafts or resources."""

    file: str
    kind: str
    results: Sequence[JsonObject]


def _release(name: str | None) -> str | None:
    if name is None:
        return None
    if name not in _RELEASES:
        raise ConfigurationError("no such release", path="--fhir", fix="R4 or R5")
    return _RELEASES[name]


def _window(start: str | None, end: str | None) -> Window:
    with files.argument("--valid-from"):
        first = None if start is None else Instant.parse(start)
    with files.argument("--valid-until"):
        last = None if end is None else Instant.parse(end)
    return Window(first, last)


def _entries(name: str | None) -> list[JsonObject]:
    if name is None:
        return []
    found = files.read_json(name)
    entries = found if isinstance(found, list) else [found]
    objects = [entry for entry in entries if isinstance(entry, dict)]
    if len(objects) < len(entries):
        message = f"{printable(name)} does not hold status entries"
        raise ConfigurationError(message, path="--credential-status")
    return objects


def _needed(value: str | None, option: str) -> str:
    if value is None:
        message = "FHIR does not state this, and nothing is made up"
        raise ConfigurationError(message, path=option, fix=f"give {option}")
    return value


def _not_for_this(options: Mapping[str, object]) -> None:
    for name, value in options.items():
        if value is not None:
            message = "this option is for another kind of resource"
            raise ConfigurationError(message, path=f"--{_dashed(name)}")


def _dashed(name: str) -> str:
    return "".join(f"-{one.lower()}" if one.isupper() else one for one in name)


def _facts(options: Mapping[str, str | None]) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for name, value in options.items():
        if value is not None and name != "holder":
            found[name] = [_code(value)] if name == "profession" else value
    return found


def _code(text: str) -> JsonObject:
    system, bar, code = text.rpartition("|")
    if not (system and bar and code):
        raise ConfigurationError("expected SYSTEM|CODE", path="--profession")
    return {"system": system, "code": code}


def _terms(status: str | None, bindings: Sequence[str]) -> JsonObject:
    found: JsonObject = {"consentStatus": _needed(status, "--consent-status")}
    pairs: list[JsonValue] = []
    for text in bindings:
        reference, equals, did = text.rpartition("=")
        if not (reference and equals and did):
            raise ConfigurationError("expected REFERENCE=DID", path="--bind")
        pairs.append({"reference": reference, "did": did})
    if pairs:
        found["actorBinding"] = pairs
    return found


def _located(found: Imported, roles: Sequence[str]) -> list[tuple[str | None, Loss]]:
    """Every loss, with the file of a role that it is from."""
    losses: list[tuple[str | None, Loss]] = [(None, loss) for loss in found.losses]
    for name, lost in zip(roles, found.role_losses, strict=True):
        losses += [(name, loss) for loss in lost]
    return losses


def _answer(
    answer: Answer,
    losses: Sequence[tuple[str | None, Loss]],
    *,
    strict: bool,
    out: str | None,
    as_json: bool,
) -> None:
    if strict and losses:
        place, loss = losses[0]
        where = printable(place or answer.file)
        message = f"lost in {where}, one of {len(losses)}: {loss.reason}"
        fix = "remove it from the input, or call without --strict"
        raise DataLoss(message, path=loss.path, fix=fix)
    if out is not None:
        lines = [strict_json.dumps(one) + "\n" for one in answer.results]
        files.write(out, "".join(lines))
    if as_json:
        told: list[JsonValue] = [
            loss.as_json() if name is None else {"file": name, **loss.as_json()}
            for name, loss in losses
        ]
        found: list[JsonValue] = [*answer.results]
        show_json({"file": answer.file, answer.kind: found, "losses": told})
        return
    for name, loss in losses:
        where = loss.path if name is None else f"{name} {loss.path}"
        sys.stderr.write(f"lost: {printable(where)}: {loss.reason}\n")
    if out is None:
        for one in answer.results:
            show_json(one)
