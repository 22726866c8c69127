"""FHIR VerificationResult -> what somebody says to have verified, and back.

A VerificationResult is somebody's word. It has no number, no jurisdiction, no
profession and no status of a license, so that no license credential can be made of it,
not even a draft; and a signature in it covers something that is not there. What is
read is a summary, for the people of a board to look at: it is no credential, and
nothing that decides takes it.

Reads R4 and R5, which have the same elements. Verifies nothing.

Spec: https://hl7.org/fhir/R4/verificationresult.html, https://hl7.org/fhir/R5/verificationresult.html
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.fields import no_others, required
from medid.errors import MalformedValue, child, located
from medid.health.fhir_losses import Loss, Source
from medid.health.fhir_qualification import in_use
from medid.health.fhir_values import date_time
from medid.health.vocabulary import node_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonObject, JsonValue

    _Read = Callable[[Source, str], JsonValue]

FORMAT: Final = "medid verification summary 1"
_KIND: Final = "VerificationResult"
# Whether the validator says that what was verified is so; ``None`` says neither.
_STATUSES: Final[Mapping[str, bool | None]] = MappingProxyType(
    {
        "attested": None,  # only the one that it is about says it
        "validated": True,
        "in-process": None,
        "req-revalid": None,
        "val-fail": False,
        "reval-fail": False,
    }
)
_SIGNATURE: Final = "a signature over something that is not in the resource"
_REASONS: Final = MappingProxyType(
    {
        "id": "the summary is another document than the resource",
        "text": "a narrative for people",
        "meta": "about the resource on its server",
        "frequency": "what is planned says nothing about what was verified",
        "attestation.sourceSignature": _SIGNATURE,
        "attestation.proxySignature": _SIGNATURE,
        "validator.attestationSignature": _SIGNATURE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a VerificationResult says, by FHIR's own names.

    Attributes:
        members: The elements that were read, each as FHIR writes it.
    """

    members: JsonObject = field(repr=False)

    @property
    def says(self) -> bool | None:
        """Whether its validator says that it is so; ``None`` where that is open."""
        return _STATUSES[str(self.members["status"])]

    @property
    def unsaid(self) -> tuple[str, ...]:
        """What a license needs, and no VerificationResult says."""
        terms = node_type("PractitionerLicense").terms
        return tuple(term.name for term in terms if term.required)

    def as_json(self) -> JsonObject:
        """The summary: no credential, and nothing that a decision would take."""
        unsaid: list[JsonValue] = [*self.unsaid]
        said = deepcopy(self.members)
        return {"format": FORMAT, "verification": said, "notSaid": unsaid}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadVerification:
    """A summary, and what of the resource is not in it."""

    summary: Verification
    losses: tuple[Loss, ...]


def read_verification(resource: JsonObject) -> ReadVerification:
    """The summary of a VerificationResult.

    Args:
        resource: A FHIR R4 or R5 ``VerificationResult``.

    Raises:
        MalformedValue: Another resource, malformed in what is read, with a status that
            FHIR does not have, or with a modifier that medid does not know.
        ParsingError: Not JSON within medid's limits.
    """
    root = Source.of(resource)
    if root.text("resourceType") != _KIND:
        raise MalformedValue(f"not a FHIR {_KIND}", path="$.resourceType")
    root.keep("resourceType")
    if root.text("status") not in _STATUSES:
        message = "not a status of a VerificationResult"
        raise MalformedValue(message, path="$.status")
    members = _members(root, _ELEMENTS)
    root.refuse_modifiers()
    return ReadVerification(
        summary=Verification(members=members), losses=root.losses(_REASONS)
    )


def summary_of(document: JsonObject) -> Verification:
    """The summary that ``Verification.as_json`` wrote.

    Raises:
        MalformedValue: It is not one, or holds more than one does.
        ParsingError: Not JSON within medid's limits.
    """
    no_others(document, {"format", "verification", "notSaid"}, "$")
    if document.get("format") != FORMAT:
        message = f"the format is not {FORMAT!r}"
        raise MalformedValue(message, path="$.format")
    members = required(document, "verification", dict, "$")
    with located("$.verification"):
        found = read_verification({"resourceType": _KIND, **members})
        if found.losses:
            message = "a summary does not hold this"
            raise MalformedValue(message, path=found.losses[0].path)
    return found.summary


def verification_resource(summary: Verification) -> JsonObject:
    """The VerificationResult that says what ``summary`` says."""
    return {"resourceType": _KIND, **deepcopy(summary.members)}


def _members(source: Source, shape: Mapping[str, _Read]) -> JsonObject:
    read = {name: of(source, name) for name, of in shape.items() if source.has(name)}
    return {name: value for name, value in read.items() if value not in (None, [], {})}


def _text(source: Source, name: str) -> JsonValue:
    return source.take_text(name)


def _time(source: Source, name: str) -> JsonValue:
    text = source.take_text(name)
    date_time(text or "", child(source.path, name), UTC)
    return text


def _texts(source: Source, name: str) -> JsonValue:
    items = source.values(name)
    for item in items:
        if not isinstance(item.value, str) or not item.value:
            raise MalformedValue("must be a string", path=item.path)
    return [item.take() for item in items]


def _one(shape: Mapping[str, _Read]) -> _Read:
    def read(source: Source, name: str) -> JsonValue:
        found = source.element(name)
        return None if found is None else _members(found, shape)

    return read


def _many(shape: Mapping[str, _Read]) -> _Read:
    def read(source: Source, name: str) -> JsonValue:
        found = [_members(item, shape) for item in source.elements(name)]
        return [one for one in found if one]

    return read


def _identifier(source: Source, name: str) -> JsonValue:
    found = source.element(name)
    if found is None or not in_use(found):
        return None
    return _members(found, {"system": _text, "value": _text})


_CODING: Final[Mapping[str, _Read]] = dict.fromkeys(
    ("system", "version", "code", "display"), _text
)
_CONCEPT: Final[Mapping[str, _Read]] = {"coding": _many(_CODING), "text": _text}
_REFERENCE: Final[Mapping[str, _Read]] = {
    "reference": _text,
    "type": _text,
    "identifier": _identifier,
    "display": _text,
}
_concept: Final = _one(_CONCEPT)
_concepts: Final = _many(_CONCEPT)
_reference: Final = _one(_REFERENCE)
_ELEMENTS: Final[Mapping[str, _Read]] = MappingProxyType(
    {
        "target": _many(_REFERENCE),
        "targetLocation": _texts,
        "need": _concept,
        "status": _text,
        "statusDate": _time,
        "validationType": _concept,
        "validationProcess": _concepts,
        "lastPerformed": _time,
        "nextScheduled": _time,
        "failureAction": _concept,
        "primarySource": _many(
            {
                "who": _reference,
                "type": _concepts,
                "communicationMethod": _concepts,
                "validationStatus": _concept,
                "validationDate": _time,
                "canPushUpdates": _concept,
                "pushTypeAvailable": _concepts,
            }
        ),
        "attestation": _one(
            {
                "who": _reference,
                "onBehalfOf": _reference,
                "communicationMethod": _concept,
                "date": _time,
                "sourceIdentityCertificate": _text,
                "proxyIdentityCertificate": _text,
            }
        ),
        "validator": _many({"organization": _reference, "identityCertificate": _text}),
    }
)
