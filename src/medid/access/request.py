"""The access request: an OpenID AuthZEN request, read strictly.

AuthZEN says how the four parts are named; what stands in their ``properties`` and in
``context`` is medid's own, and listed here. An unknown member of them is refused: a
misspelt security label must not become a missing one.

::

    subject    id, type; properties: identifiers, references, memberOf, profession,
               specialty
    action     name (a consentaction code); properties: purposeOfUse, practice,
               schedule
    resource   id, type; properties: patient, securityLabel, code, profile,
               clinicalDate, authoredDate, author, refersTo, referencedBy, custodian
    context    time, mode, patientLocation, practitionerLocation, site, supervision,
               breakGlass, researchPurpose

Spec: https://openid.net/specs/authorization-api-1_0.html
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Final

from medid.access.consent_request import codings, read_request, read_resource
from medid.access.license_facts import IN_PERSON, LicenseRequest
from medid.core import json as strict_json
from medid.core.fields import (
    as_object,
    no_others,
    optional_str,
    required,
    required_str,
)
from medid.core.instant import Instant
from medid.core.json import DOCUMENT
from medid.core.memory import Known
from medid.core.records import replace
from medid.errors import MalformedValue, MedidError, ParsingError, child, located
from medid.health.references import is_reference, unversioned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from medid.access.consent_types import ConsentRequest, Resource
    from medid.access.passport import Passport
    from medid.core.json import JsonLimits, JsonObject, JsonValue
    from medid.core.memory import Memory
    from medid.health.codes import Coding

_SUBJECT: Final = frozenset(
    {"identifiers", "references", "memberOf", "profession", "specialty"}
)
_ACTION: Final = frozenset({"purposeOfUse", "practice", "schedule"})
_CONTEXT: Final = frozenset(
    {
        "time",
        "mode",
        "patientLocation",
        "practitionerLocation",
        "site",
        "supervision",
        "breakGlass",
        "researchPurpose",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """May this subject do this with this resource, for this purpose?

    Make one with ``from_json``. What the request states about the subject comes from
    the system that asks, and is taken as that system's word; who presents, and with
    which license, only the presentation shows.

    Attributes:
        subject: The DID of who asks; it has to be the presenter's.
        action: A consentaction code: access, use, disclose, collect or correct.
        purposes: v3-ActReason codes; every one of them must be permitted.
        patient: Whose data it is, as a local reference such as ``Patient/p-9``, of
            whatever version.
        time: As of when, where the request says so; ``decide`` takes ``at``.
        document: The request as it was read. Never modified.
        passport: The GA4GH visas of the subject, where the deployer's code handed any
            in; see ``with_passport``.
        known: What follows from the document alone and was worked out before.
    """

    subject: str = field(repr=False)
    action: str
    purposes: frozenset[Coding]
    patient: str = field(repr=False)
    time: Instant | None
    document: JsonObject = field(repr=False, hash=False)
    passport: Passport | None = field(default=None, repr=False)
    known: Known = field(default_factory=Known, compare=False, repr=False)

    @classmethod
    def from_json(cls, value: bytes | str | Mapping[str, JsonValue]) -> AccessRequest:
        """Read an AuthZEN request.

        Raises:
            ParsingError: Not strict JSON.
            MalformedValue: A member is unknown, missing or of another form.
        """
        document = read_document(value)
        _check_members(document)
        action, properties = _part(document, "action")
        purposes = codings(properties, "purposeOfUse", "$.action.properties")
        if not purposes:
            message = "the request states no purpose of use"
            raise MalformedValue(message, path="$.action.properties.purposeOfUse")
        context = _member(document, "context")
        time = optional_str(context, "time", "$.context")
        request = cls(
            subject=required_str(_member(document, "subject"), "id", "$.subject"),
            action=required_str(action, "name", "$.action"),
            purposes=purposes,
            patient=stated_patient(_part(document, "resource")[1]),
            time=Instant.parse(time, path="$.context.time") if time else None,
            document=document,
        )
        # Read both parts now, so that what is wrong is told before anything is decided.
        request.for_consents(presenter=None, at=Instant(0), zone=UTC)
        request.for_license(presenter="", at=Instant(0))
        return request

    def with_passport(self, passport: Passport) -> AccessRequest:
        """This request, decided with the visas of ``passport`` beside it.

        JSON has no place for a passport: whom it belongs to is for the deployer's own
        code to say, and never for whoever asks.
        """
        return replace(self, passport=passport)

    def for_consents(
        self, *, presenter: str | None, at: Instant, zone: tzinfo
    ) -> ConsentRequest:
        """The request as the consent rules read it.

        Args:
            presenter: The DID that is proven to present; never the request's word.
            at: As of when.
            zone: Where a date without a time begins and ends.

        Raises:
            MalformedValue: A member is unknown, missing or of another form.
        """
        stated = self.known.once(("stated", zone), lambda: self._stated(zone))
        requester = replace(stated.requester, did=presenter)
        return replace(stated, requester=requester, time=at)

    def _stated(self, zone: tzinfo) -> ConsentRequest:
        """The request by nobody in particular, at no time in particular."""
        _, properties = _part(self.document, "subject")
        names = ("identifiers", "references", "memberOf")
        actor: JsonObject = {
            name: properties[name] for name in names if name in properties
        }
        context = _member(self.document, "context")
        plain: JsonObject = {
            "actor": actor,
            "patient": self.patient,
            "action": self.action,
            "purpose": _part(self.document, "action")[1]["purposeOfUse"],
            "time": str(Instant(0)),
        }
        for name in ("breakGlass", "researchPurpose"):
            if name in context:
                plain[name] = context[name]
        with _placed():
            request = read_request(plain, zone, path="$")
        return replace(request, resource=self.resource(zone))

    def resource(self, zone: tzinfo) -> Resource:
        """The resource as the consent rules read it.

        Raises:
            MalformedValue: A member is unknown, missing or of another form.
        """
        return self.known.once(
            ("resource", zone),
            lambda: read_resource_part(_member(self.document, "resource"), zone),
        )

    def for_license(self, *, presenter: str, at: Instant) -> LicenseRequest:
        """The request as the license rules read it.

        Args:
            presenter: The DID that is proven to present; never the request's word.
            at: As of when.

        Raises:
            MalformedValue: A member is of another form.
        """
        stated = self.known.once("practice", self._practice)
        return replace(stated, presenter=presenter, time=at)

    def _practice(self) -> LicenseRequest:
        """The request by nobody in particular, at no time in particular."""
        _, subject = _part(self.document, "subject")
        _, action = _part(self.document, "action")
        context, path = _member(self.document, "context"), "$.context"
        return LicenseRequest(
            presenter="",
            time=Instant(0),
            profession=optional_str(subject, "profession", "$.subject.properties"),
            specialty=optional_str(subject, "specialty", "$.subject.properties"),
            # What a license forbids is compared with the practice that is asked for;
            # a request that names none asks for the action on the data itself.
            action=optional_str(action, "practice", "$.action.properties")
            or self.action,
            schedule=optional_str(action, "schedule", "$.action.properties"),
            mode=optional_str(context, "mode", path) or IN_PERSON,
            patient_location=optional_str(context, "patientLocation", path),
            practitioner_location=optional_str(context, "practitionerLocation", path),
            site=optional_str(context, "site", path),
            supervision=optional_str(context, "supervision", path),
        )


def remembered(
    request: AccessRequest | Mapping[str, JsonValue], memory: Memory
) -> AccessRequest:
    """``request``, read unless it is, or ``memory`` holds it.

    Raises:
        ParsingError: Not strict JSON.
        MalformedValue: A member is unknown, missing or of another form.
    """
    if isinstance(request, AccessRequest):
        return request
    known = strict_json.fingerprint(request) if type(request) is dict else None
    if known is None:
        return AccessRequest.from_json(read_document(request))
    return memory.read(
        "request", known, lambda: AccessRequest.from_json(read_document(request))
    )


def stated_patient(properties: JsonObject, path: str = "$.resource.properties") -> str:
    """Whose data a resource with these ``properties`` is, of whatever version.

    Raises:
        MalformedValue: They do not say, or by no reference.
    """
    # Consents are on file for the patient, and not for one version of the patient.
    patient = unversioned(required_str(properties, "patient", path))
    if not is_reference(patient):
        # No refusal on file has such a name, and a default policy might permit.
        message = "the patient is named by no reference"
        fix = "name the patient by a reference such as Patient/7, or by a DID"
        raise MalformedValue(message, path=child(path, "patient"), fix=fix)
    return patient


def read_resource_part(part: JsonObject, zone: tzinfo) -> Resource:
    """The ``resource`` of an AuthZEN request as the consent rules read it.

    Raises:
        MalformedValue: A member is unknown, missing or of another form.
    """
    no_others(part, {"type", "id", "properties"}, "$.resource")
    properties = required(part, "properties", dict, "$.resource")
    named = {name: value for name, value in properties.items() if name != "patient"}
    for name in ("type", "id"):
        if name in named:
            message = "it belongs to the resource itself"
            raise MalformedValue(message, path=child("$.resource.properties", name))
        named[name] = required_str(part, name, "$.resource")
    with located("$.resource"):
        return read_resource(named, zone, path="$.properties")


def read_document(value: object, *, limits: JsonLimits = DOCUMENT) -> JsonObject:
    """The JSON object that ``value`` is or spells: a copy, strictly read.

    Raises:
        TooLarge: It is beyond ``limits``.
        ParsingError: Neither JSON text nor a JSON object.
        MalformedValue: Another kind of JSON value.
    """
    if isinstance(value, bytes | str):
        return strict_json.load_object(value, limits=limits)
    if not isinstance(value, Mapping):
        raise ParsingError("the request is neither JSON text nor a JSON object")
    return as_object(strict_json.check(dict(value), limits=limits), "$")


# What the consent rules call these parts, and where AuthZEN has them.
_PLACES: Final = {
    "$.actor": "$.subject.properties",
    "$.action": "$.action.name",
    "$.breakGlass": "$.context.breakGlass",
    "$.researchPurpose": "$.context.researchPurpose",
}


@contextmanager
def _placed() -> Iterator[None]:
    """Say where the AuthZEN request has what the consent rules refused."""
    try:
        yield
    except MedidError as error:
        plain = next((one for one in _PLACES if error.path.startswith(one)), "$")
        error.path = _PLACES.get(plain, "$") + error.path.removeprefix(plain)
        raise


def _member(document: JsonObject, name: str) -> JsonObject:
    return required(document, name, dict, "$") if name in document else {}


def _part(document: JsonObject, name: str) -> tuple[JsonObject, JsonObject]:
    part, path = _member(document, name), child("$", name)
    properties: JsonObject = {}
    if "properties" in part:
        properties = required(part, "properties", dict, path)
    return part, properties


def _check_members(document: JsonObject) -> None:
    no_others(document, {"subject", "action", "resource", "context"}, "$")
    for name in ("subject", "action", "resource"):
        required(document, name, dict, "$")
    subject, subject_properties = _part(document, "subject")
    no_others(subject, {"type", "id", "properties"}, "$.subject")
    required_str(subject, "type", "$.subject")
    no_others(subject_properties, _SUBJECT, "$.subject.properties")
    action, action_properties = _part(document, "action")
    no_others(action, {"name", "properties"}, "$.action")
    no_others(action_properties, _ACTION, "$.action.properties")
    no_others(_member(document, "context"), _CONTEXT, "$.context")
