"""FHIR Consent JSON -> what medid evaluates, whatever its release.

The release is told by the caller or from the resource's own members. A consent whose
release cannot be told, or is not supported, cannot be read: whoever evaluates it has
to treat it as a possible refusal. Decides nothing, and reads no clock.

Spec: https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import required_str
from medid.errors import MalformedValue
from medid.health import fhir_r4

if TYPE_CHECKING:
    from datetime import tzinfo

    from medid.core.json import JsonObject
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
    """The FHIR release of a Consent: as stated, else as its members show.

    Raises:
        MalformedValue: Not a Consent, or a Consent of no release or of two.
    """
    if required_str(resource, "resourceType", "$") != "Consent":
        raise MalformedValue("not a FHIR Consent", path="$.resourceType")
    if stated is not None:
        return stated
    older, newer = _ONLY_R4 & resource.keys(), _ONLY_R5 & resource.keys()
    if bool(older) == bool(newer):
        raise MalformedValue("the FHIR release cannot be told from the resource")
    return R4 if older else R5


def patient(resource: JsonObject, release: str) -> str | None:
    """The reference to whom the consent is about; ``None`` where it has none.

    Raises:
        MalformedValue: The reference is not one, or the release is not supported.
    """
    _supported(release)
    return fhir_r4.patient(resource)


def status(resource: JsonObject, release: str) -> str:
    """The status code.

    Raises:
        MalformedValue: Not a status of the release.
    """
    _supported(release)
    code = required_str(resource, "status", "$")
    if code not in fhir_r4.STATUSES:
        raise MalformedValue("not a status of this FHIR release", path="$.status")
    return code


def header(resource: JsonObject, release: str, zone: tzinfo) -> Header:
    """What decides whether an active consent is in force.

    Raises:
        MalformedValue: No known scope, or a malformed time.
    """
    _supported(release)
    return fhir_r4.header(resource, zone)


def rule(resource: JsonObject, release: str, zone: tzinfo) -> Rule | None:
    """The consent's rules; ``None`` where it states none.

    Raises:
        MalformedValue: Something in it cannot be read, understood or computed.
        TooLarge: Deeper nested, or of more rules, than any real consent.
    """
    _supported(release)
    return fhir_r4.rule(resource, zone)


def _supported(release: str) -> None:
    if release != R4:
        raise MalformedValue("this FHIR release is not supported for consents")
