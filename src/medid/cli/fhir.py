"""``medid fhir``: credentials from FHIR resources and back, with what gets lost."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from medid.cli import fhir_given, fhir_import, files
from medid.cli.fhir_answers import Answer, give
from medid.cli.fhir_given import Stated
from medid.core.records import replace
from medid.errors import ConfigurationError
from medid.health import fhir, fhir_verification
from medid.health.fhir_export import (
    Exported,
    consent_resource,
    kind_of,
    license_resources,
)
from medid.health.vocabulary import LICENSE_CREDENTIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.cli.fhir_import import Call
    from medid.core.json import JsonObject

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
    str,
    typer.Argument(
        metavar="FILE",
        help="A Practitioner, Consent, AuditEvent, VerificationResult or Bundle.",
    ),
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

Facts = Annotated[
    str | None,
    typer.Option(help="Bundle: a file that says what is so of which resource."),
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
    facts: Facts = None,
    release: Release = None,
    strict: Strict = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Make unsigned drafts of credentials from FHIR resources (R4 or R5).

    Nothing is made up: what a credential needs and FHIR does not say is an option. What
    of the resource is not in the result is told on standard error, by its path.

    An AuditEvent gives a record, and a VerificationResult a summary: neither is a
    credential. Of a Bundle something is made of each of these resources, or nothing.

    Exit codes: 0 done, 1 something would be lost (--strict), 2 cannot be read.

    Example:
        medid fhir import practitioner.json --issuer did:web:board.example --out d.json
    """
    options: dict[str, Any] = {
        "issuer": issuer,
        "validFrom": valid_from,
        "validUntil": valid_until,
        "credentialStatus": credential_status,
        "role": role or None,
        "qualification": qualification,
        "holder": holder,
        "licenseNumber": license_number,
        "jurisdiction": jurisdiction,
        "licenseStatus": license_status,
        "profession": profession,
        "patient": patient,
        "consentStatus": consent_status,
        "bind": bind or None,
        "facts": facts,
    }
    common = Stated(
        issuer=issuer,
        window=fhir_given.window(valid_from, valid_until),
        status=fhir_given.entries(credential_status),
        qualification=qualification,
    )
    call = fhir_import.Call(
        file=file,
        person=replace(common, subject=holder, claims=_license(options)),
        patient=replace(common, subject=patient, claims=_terms(consent_status, bind)),
        roles=role,
        release=_release(release),
        facts=fhir_given.read_facts(facts),
    )
    resource = fhir_import.read_resource(file)
    make, allowed = _MAKERS.get(str(resource.get("resourceType")), _MAKERS[_PERSON])
    _not_for_this({name: options[name] for name in options.keys() - allowed})
    give(make(call, resource), strict=strict, out=out, as_json=as_json)


@app.command("export")
def export_command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A license, a consent, or a summary.")
    ],
    release: Release = None,
    strict: Strict = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Print what a credential says as FHIR resources, one a line.

    A license becomes a Practitioner with a qualification, and a PractitionerRole where
    it has specialties; both are the same in R4 and R5. The credential is not verified.
    The summary of a VerificationResult becomes one again.
    What of it is not in the resources is told on standard error, by its path.

    Exit codes: 0 done, 1 something would be lost (--strict), 2 cannot be read.

    Example:
        medid fhir export license.json
    """
    stated, document = _release(release), files.read_object(file)
    with files.argument(file):
        if document.get("format") == fhir_verification.FORMAT:
            summary = fhir_verification.summary_of(document)
            resource = fhir_verification.verification_resource(summary)
            found = Exported(resources=(resource,), losses=())
        elif kind_of(document) is LICENSE_CREDENTIAL:
            found = license_resources(document)
        else:
            found = consent_resource(document, stated)
    answer = Answer(
        file=file,
        results={"resources": found.resources},
        losses=[(None, loss) for loss in found.losses],
    )
    give(answer, strict=strict, out=out, as_json=as_json)


_PERSON: Final = "Practitioner"
_FRAME: Final = frozenset({"issuer", "validFrom", "validUntil", "credentialStatus"})
# Those that are members of a license.
_MEMBERS: Final = frozenset(
    {"licenseNumber", "jurisdiction", "licenseStatus", "profession"}
)
_OF_LICENSE: Final = _MEMBERS | {"qualification", "holder"}
_OF_CONSENT: Final = frozenset({"patient", "consentStatus", "bind"})
# By the type of the resource: what is made of it, and the options that it may have.
_MAKERS: Final[
    Mapping[str, tuple[Callable[[Call, JsonObject], Answer], frozenset[str]]]
] = MappingProxyType(
    {
        _PERSON: (
            fhir_import.from_practitioner,
            _FRAME | _OF_LICENSE | {"role"},
        ),
        "Consent": (fhir_import.from_consent, _FRAME | _OF_CONSENT),
        "AuditEvent": (fhir_import.from_event, frozenset()),
        "VerificationResult": (fhir_import.from_verification, frozenset()),
        "Bundle": (
            fhir_import.from_bundle,
            _FRAME | _OF_LICENSE | _OF_CONSENT | {"facts"},
        ),
    }
)


def _release(name: str | None) -> str | None:
    if name is None:
        return None
    if name not in _RELEASES:
        raise ConfigurationError("no such release", path="--fhir", fix="R4 or R5")
    return _RELEASES[name]


def _not_for_this(options: Mapping[str, object]) -> None:
    for name in sorted(options):
        if options[name] is not None:
            message = "this option is for another kind of resource"
            raise ConfigurationError(message, path=f"--{_dashed(name)}")


def _dashed(name: str) -> str:
    return "".join(f"-{one.lower()}" if one.isupper() else one for one in name)


def _license(options: Mapping[str, Any]) -> JsonObject:
    return {
        name: [fhir_given.code(value)] if name == "profession" else value
        for name, value in options.items()
        if name in _MEMBERS and value is not None
    }


def _terms(status: str | None, bind: list[str]) -> JsonObject:
    terms: JsonObject = {} if status is None else {"consentStatus": status}
    pairs = fhir_given.bindings(bind)
    return {**terms, "actorBinding": pairs} if pairs else terms
