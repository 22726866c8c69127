"""FHIR Consent JSON -> what medid evaluates, whatever its release.

The release is told by the caller or from the resource's own members. A consent whose
release cannot be told cannot be read: whoever evaluates it has
to treat it as a possible refusal. Decides nothing, and reads no clock.

Spec: https://hl7.org/fhir/R4/consent.html, https://hl7.org/fhir/R5/consent.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from medid.core.fields import required_str
from medid.errors import MalformedValue, child
from medid.health import fhir_r4, fhir_r5
from medid.health.references import unversioned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from medid.core.json import JsonObject, JsonValue
    from medid.health.consent_tree import Header, Rule

R4: Final = "4.0.1"
R5: Final = "5.0.0"
VERSIONS: Final = frozenset({R4, R5})

# Members that only one of the two releases has.
_ONLY_R4: Final = frozenset(
    [
        "scope",
        "patient",
        "dateTime",
        "performer",
        "organization",
        "policy",
        "policyRule",
    ]
)
_ONLY_R5: Final = frozenset(
    [
        "subject",
        "date",
        "grantor",
        "grantee",
        "manager",
        "controller",
        "regulatoryBasis",
        "policyBasis",
        "policyText",
        "decision",
        "period",
    ]
)


def version(resource: JsonObject, stated: str | None = None) -> str:
    """The FHIR release of a Consent, as its members show and as it is stated.

    Raises:
        MalformedValue: Not a Consent, or a Consent of no release or of two.
    """
    if required_str(resource, "resourceType", "$") != "Consent":
        raise MalformedValue("not a FHIR Consent", path="$.resourceType")
    older, newer = _ONLY_R4 & resource.keys(), _ONLY_R5 & resource.keys()
    if bool(older) == bool(newer):
        raise MalformedValue("the FHIR release cannot be told from the resource")
    shown = R4 if older else R5
    if stated is not None and stated != shown:
        raise MalformedValue("not a consent of the stated FHIR release")
    return shown


def patient(resource: JsonObject, release: str) -> str | None:
    """The reference to whom the consent is about, of whatever version.

    ``None`` where it has none.

    Raises:
        MalformedValue: The reference is not one, or the release is not known.
    """
    named = _reader(release).patient(resource)
    return None if named is None else unversioned(named)


def status(resource: JsonObject, release: str) -> str:
    """The status code.

    Raises:
        MalformedValue: Not a status of the release.
    """
    code = required_str(resource, "status", "$")
    if code not in _reader(release).STATUSES:
        raise MalformedValue("not a status of this FHIR release", path="$.status")
    return code


def header(resource: JsonObject, release: str, zone: tzinfo) -> Header:
    """What decides whether an active consent is in force.

    Raises:
        MalformedValue: No known scope, or a malformed time.
    """
    return _reader(release).header(resource, zone)


def rule(resource: JsonObject, release: str, zone: tzinfo) -> Rule | None:
    """The consent's rules; ``None`` where it states none.

    Raises:
        MalformedValue: Something in it cannot be read, understood or computed.
        TooLarge: Deeper nested, or of more rules, than any real consent.
    """
    _refuse_modifiers(resource, "$")
    return _reader(release).rule(resource, zone)


def _refuse_modifiers(value: JsonValue, path: str) -> None:
    """Return if nothing in the consent, at whatever depth, changes what it means."""
    if isinstance(value, dict):
        if "modifierExtension" in value:
            message = "a modifier extension that medid does not know"
            raise MalformedValue(message, path=child(path, "modifierExtension"))
        for name, inner in value.items():
            _refuse_modifiers(inner, child(path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_modifiers(inner, child(path, index))


class _Release(Protocol):
    """What each release's module offers."""

    STATUSES: frozenset[str]

    def patient(self, resource: JsonObject) -> str | None: ...
    def header(self, resource: JsonObject, zone: tzinfo) -> Header: ...
    def rule(self, resource: JsonObject, zone: tzinfo) -> Rule | None: ...


def _reader(release: str) -> _Release:
    readers: Mapping[str, _Release] = {R4: fhir_r4, R5: fhir_r5}
    if release not in readers:
        raise MalformedValue("not a FHIR release that medid reads consents of")
    return readers[release]
