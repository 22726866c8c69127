"""What ``medid fhir import`` makes of a resource, or of each one in a Bundle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.audit_fhir_in import read_event
from medid.cli import fhir_given, files
from medid.cli.fhir_answers import Answer
from medid.core import json as strict_json
from medid.errors import ConfigurationError, MissingFact, NotADecision, located
from medid.health.fhir_bundle import (
    AUDIT_EVENT,
    BUNDLE,
    CONSENT,
    VERIFICATION,
    Bundle,
)
from medid.health.fhir_consent import consent_draft
from medid.health.fhir_joining import practitioners
from medid.health.fhir_practitioner import license_draft
from medid.health.fhir_verification import read_verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from medid.access.audit_fhir_in import ReadEvent
    from medid.cli.fhir_given import Stated
    from medid.core.json import JsonObject, JsonValue
    from medid.health.fhir_bundle import Entry
    from medid.health.fhir_losses import Loss
    from medid.health.fhir_practitioner import Imported

_ONE: Final = "this is so of one resource, and the Bundle has several"
_FIX: Final = "state it for each in a file, with --facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the call states.

    Attributes:
        file: The file that was named.
        person: About a Practitioner.
        patient: About a Consent.
        roles: The files of further PractitionerRoles.
        release: Of FHIR, which a Consent must be of.
        facts: What a file states about resources of a Bundle, by their names.
    """

    file: str
    person: Stated
    patient: Stated
    roles: Sequence[str] = ()
    release: str | None = None
    facts: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class _Found:
    """What was made so far."""

    results: dict[str, list[JsonObject]]
    losses: list[tuple[str | None, Loss]]
    unsaid: dict[str, Loss]

    def draft(self, found: Imported) -> None:
        self.results.setdefault("drafts", []).append(found.draft)
        self.lost(found.losses)
        for lost in found.role_losses:
            self.lost(lost)

    def event(self, found: ReadEvent, losses: Iterable[Loss]) -> None:
        self.results.setdefault("records", []).append(found.record.as_json())
        self.lost(losses)
        self.unsaid.update({one.path: one for one in found.unsaid})

    def lost(self, losses: Iterable[Loss]) -> None:
        self.losses += [(None, one) for one in losses]

    def answer(self, file: str) -> Answer:
        return Answer(
            file=file,
            results=self.results,
            losses=self.losses,
            unsaid=list(self.unsaid.values()),
        )


def _nothing() -> _Found:
    return _Found(results={}, losses=[], unsaid={})


def read_resource(name: str) -> JsonObject:
    """The FHIR resource in a file; a Bundle may be larger than any other.

    Raises:
        ConfigurationError: It cannot be read, or is not a JSON object within limits.
    """
    raw = files.read(name, limit=BUNDLE.max_bytes + 1)
    with files.argument(name):
        found = strict_json.load_object(raw, limits=BUNDLE)
        if found.get("resourceType") != "Bundle":
            return strict_json.load_object(raw)
    return found


def from_consent(call: Call, resource: JsonObject) -> Answer:
    """The draft of a consent credential.

    Raises:
        ConfigurationError: It cannot be made of what is stated.
    """
    found = _nothing()
    with files.argument(call.file):
        found.draft(_consent(resource, call.patient, call.release))
    return found.answer(call.file)


def from_practitioner(call: Call, resource: JsonObject) -> Answer:
    """The draft of a license credential.

    Raises:
        ConfigurationError: It cannot be made of what is stated.
    """
    others = [files.read_object(one) for one in call.roles]
    with files.argument(call.file):
        found = license_draft(
            resource,
            call.person.given(),
            roles=others,
            qualification=call.person.qualification,
        )
    losses: list[tuple[str | None, Loss]] = [(None, one) for one in found.losses]
    for name, lost in zip(call.roles, found.role_losses, strict=True):
        losses += [(name, loss) for loss in lost]
    return Answer(file=call.file, results={"drafts": [found.draft]}, losses=losses)


def from_event(call: Call, resource: JsonObject) -> Answer:
    """What an AuditEvent says of a decision.

    Raises:
        ConfigurationError: It is no decision, or cannot be read.
    """
    found = _nothing()
    with files.argument(call.file):
        event = read_event(resource)
    found.event(event, event.losses)
    return found.answer(call.file)


def from_verification(call: Call, resource: JsonObject) -> Answer:
    """The summary of a VerificationResult.

    Raises:
        ConfigurationError: It cannot be read.
    """
    with files.argument(call.file):
        read = read_verification(resource)
    return Answer(
        file=call.file,
        results={"summaries": [read.summary.as_json()]},
        losses=[(None, one) for one in read.losses],
    )


def from_bundle(call: Call, document: JsonObject) -> Answer:
    """What is made of each resource of a Bundle; all of it, or nothing.

    Raises:
        ConfigurationError: One cannot be read, or be made of what is stated.
    """
    with files.argument(call.file):
        bundle = Bundle.read(document)
        people, patients = practitioners(bundle), bundle.of(CONSENT)
        _check_shared(call, people=len(people), patients=len(patients))
        _check_names(call.facts, [*(one.entry for one in people), *patients])
        found = _nothing()
        for person in people:
            stated = _of(
                call, person.entry, read=fhir_given.of_practitioner, common=call.person
            )
            found.draft(
                person.draft(stated.given(), qualification=stated.qualification)
            )
        for entry in patients:
            _take_consent(bundle, entry, call=call, found=found)
        for entry in bundle.of(AUDIT_EVENT):
            _take_event(bundle, entry, found)
        for entry in bundle.of(VERIFICATION):
            _take_verification(bundle, entry, found)
        if not found.results:
            message = "the Bundle has nothing that anything can be made of"
            raise MissingFact(message, path="$.entry")
        found.lost(bundle.losses())
    return found.answer(call.file)


def _take_consent(bundle: Bundle, entry: Entry, *, call: Call, found: _Found) -> None:
    stated = _of(call, entry, read=fhir_given.of_consent, common=call.patient)
    with located(entry.path):
        found.draft(_consent(entry.resource, stated, call.release))
    bundle.keep(entry)


def _take_event(bundle: Bundle, entry: Entry, found: _Found) -> None:
    try:
        with located(entry.path):
            read = read_event(entry.resource, name=entry.full_url)
    except NotADecision as error:
        bundle.leave_out(entry, error.message)
        return
    bundle.keep(entry)
    found.event(read, entry.inside(read.losses))


def _take_verification(bundle: Bundle, entry: Entry, found: _Found) -> None:
    with located(entry.path):
        read = read_verification(entry.resource)
    bundle.keep(entry)
    found.results.setdefault("summaries", []).append(read.summary.as_json())
    found.lost(entry.inside(read.losses))


def _consent(resource: JsonObject, stated: Stated, release: str | None) -> Imported:
    if "consentStatus" not in stated.claims:
        fhir_given.needed(None, "--consent-status")
    return consent_draft(
        resource,
        stated.frame(),
        patient=fhir_given.needed(stated.subject, "--patient"),
        terms=stated.claims,
        release=release,
    )


def _of(
    call: Call,
    entry: Entry,
    *,
    read: Callable[[Mapping[str, JsonValue], Stated], Stated],
    common: Stated,
) -> Stated:
    name = next((one for one in _names(entry) if one in call.facts), None)
    return common if name is None else read(call.facts[name], common)


def _names(entry: Entry) -> list[str]:
    """By what a file of facts may name a resource."""
    own = entry.resource.get("id")
    return [
        one
        for one in (entry.full_url, f"{entry.kind}/{own}" if own is not None else None)
        if one is not None
    ]


def _check_names(facts: Mapping[str, JsonObject], entries: Sequence[Entry]) -> None:
    """Return if every name in ``facts`` means exactly one resource.

    Raises:
        ConfigurationError: One means none, or several.
    """
    meant = [name for entry in entries for name in _names(entry)]
    for index, name in enumerate(facts):
        if meant.count(name) != 1:
            message = f"name {index} of the facts does not mean exactly one resource"
            fix = "name each by its fullUrl"
            raise ConfigurationError(message, path="--facts", fix=fix)


def _check_shared(call: Call, *, people: int, patients: int) -> None:
    """Return if nothing is stated of several that can be so of one only.

    Raises:
        ConfigurationError: Something is.
    """
    person, patient = call.person, call.patient
    own = person.subject or person.claims or person.qualification is not None
    if people > 1 and own:
        raise ConfigurationError(_ONE, path="--holder", fix=_FIX)
    if patients > 1 and (patient.subject or patient.claims):
        raise ConfigurationError(_ONE, path="--patient", fix=_FIX)
    # Two credentials with one entry would be revoked together.
    if people + patients > 1 and person.status:
        raise ConfigurationError(_ONE, path="--credential-status", fix=_FIX)
