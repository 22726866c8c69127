"""A scenario's ``context`` and ``consents`` -> settings and facts.

Strict: a setting that medid does not know or does not support is refused, never
ignored. Reads; decides nothing.

Spec: https://w3id.org/medid/consent-evaluation/1#scenarios
"""

from __future__ import annotations

from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, cast
from zoneinfo import ZoneInfo

from medid.access.consent_types import (
    POLICIES,
    POLICY_DENY,
    ConsentFacts,
    ConsentSettings,
    CredentialFacts,
    DataUse,
    Representative,
)
from medid.access.overlays.found import overlays
from medid.access.overlays.ga4gh_duo import code_of
from medid.access.visa_requirements import read_requirements
from medid.access.visa_types import AUTHORITIES, Visa, VisaFacts
from medid.core.fields import (
    as_object,
    no_others,
    optional,
    optional_str,
    required_str,
    strings,
)
from medid.errors import MalformedValue, child
from medid.health.codes import CONFIDENTIALITY_ORDER
from medid.health.consent_tree import Span
from medid.health.fhir import VERSIONS
from medid.health.fhir_values import date_time, moment
from medid.trust.visas import VISA_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from medid.access.overlays.port import Overlay
    from medid.core.json import JsonObject, JsonValue

_CONTEXT: Final = frozenset(
    [
        "defaultPolicy",
        "combining",
        "timezone",
        "fhirVersion",
        "unlabelledConfidentiality",
        "patientDids",
        "credentials",
        "acceptedConsentRecorders",
        "representatives",
        "overlays",
        "dataUse",
        "visas",
        "context_unresolvable",
        "requireAllSensitivitiesCovered",
    ]
)
_CREDENTIAL: Final = frozenset(
    [
        "format",
        "proof",
        "status",
        "issuer",
        "consentSubject",
        "signedAt",
        "validFrom",
        "validUntil",
    ]
)
_REPRESENTATIVE: Final = frozenset({"did", "of", "kind", "validFrom", "validUntil"})
_DATA_USE: Final = frozenset({"permission", "modifiers", "disease", "visas"})
_VISA: Final = frozenset({"type", "value", "source", "by"})
_PROOFS: Final = frozenset({"valid", "invalid"})
_STATUSES: Final = frozenset({"valid", "revoked", "suspended", "unknown"})
_HERE: Final = "$.context"


def read_settings(context: JsonObject) -> tuple[ConsentSettings, frozenset[str]]:
    """The settings, and the references whose membership could not be resolved.

    Raises:
        MalformedValue: A member is unknown, not supported, or of another form.
    """
    no_others(context, _CONTEXT, _HERE)
    _one_of(context, "combining", frozenset({"deny-overrides"}), _HERE)
    zone = zone_of(optional_str(context, "timezone", _HERE) or "UTC")
    settings = ConsentSettings(
        default_policy=_one_of(context, "defaultPolicy", POLICIES, _HERE)
        or POLICY_DENY,
        zone=zone,
        fhir_version=_one_of(context, "fhirVersion", VERSIONS, _HERE),
        unlabelled_confidentiality=_one_of(
            context,
            "unlabelledConfidentiality",
            frozenset(CONFIDENTIALITY_ORDER),
            _HERE,
        ),
        patient_dids=_patient_dids(context),
        recorders=_names(context, "acceptedConsentRecorders"),
        representatives=_representatives(context, zone),
        all_labels_covered=optional(
            context, "requireAllSensitivitiesCovered", bool, _HERE
        ),
        overlays=_overlays(context),
        data_use=data_uses(
            optional(context, "dataUse", dict, _HERE) or {}, child(_HERE, "dataUse")
        ),
    )
    return settings, _names(context, "context_unresolvable")


def _overlays(context: JsonObject) -> tuple[Overlay, ...]:
    if context.get("overlays", []) == []:
        return ()
    place = child(_HERE, "overlays")
    return overlays(strings(context["overlays"], place), place)


def data_uses(stated: JsonObject, path: str) -> Mapping[str, DataUse]:
    """What data may be used for in research, by consent id.

    Raises:
        MalformedValue: A member is unknown, missing or of another form.
    """
    return MappingProxyType(
        {
            name: _data_use(as_object(value, child(path, name)), child(path, name))
            for name, value in stated.items()
        }
    )


def _data_use(stated: JsonObject, path: str) -> DataUse:
    no_others(stated, _DATA_USE, path)
    modifiers: tuple[str, ...] = ()
    if stated.get("modifiers", []) != []:
        modifiers = tuple(strings(stated["modifiers"], child(path, "modifiers")))
    return DataUse(
        permission=required_str(stated, "permission", path),
        modifiers=modifiers,
        disease=optional_str(stated, "disease", path),
        visas=read_requirements(stated, path, code_of),
    )


def read_visas(context: JsonObject) -> VisaFacts:
    """The GA4GH visas of the requester that verification would have counted.

    Raises:
        MalformedValue: A member is unknown, missing or of another form.
    """
    place = child(_HERE, "visas")
    items = optional(context, "visas", list, _HERE) or []
    return VisaFacts(
        counted=tuple(
            _visa(as_object(item, child(place, index)), child(place, index))
            for index, item in enumerate(items)
        )
    )


def _visa(stated: JsonObject, path: str) -> Visa:
    no_others(stated, _VISA, path)
    _one_of(stated, "type", frozenset(VISA_TYPES), path)
    _one_of(stated, "by", frozenset(AUTHORITIES), path)
    return Visa(
        type=required_str(stated, "type", path),
        value=required_str(stated, "value", path),
        source=required_str(stated, "source", path),
        by=optional_str(stated, "by", path),
    )


def zone_of(name: str, path: str = "$.context.timezone") -> tzinfo:
    """The time zone with an IANA name.

    Raises:
        MalformedValue: There is no such zone in the system's time zone data.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        message = "no time zone of this name in the system's time zone data"
        raise MalformedValue(message, path=path) from None


def read_facts(
    consents: list[JsonValue], context: JsonObject, settings: ConsentSettings
) -> tuple[ConsentFacts, ...]:
    """The consents on file, each with what its credential's verification found.

    Raises:
        MalformedValue: A consent is not an object, or a finding is not of the format.
    """
    credentials = optional(context, "credentials", dict, _HERE) or {}
    return tuple(
        _facts(as_object(item, path), path, credentials, settings.zone)
        for item, path in (
            (item, child("$.consents", index)) for index, item in enumerate(consents)
        )
    )


def _facts(
    resource: JsonObject, path: str, credentials: JsonObject, zone: tzinfo
) -> ConsentFacts:
    stated = resource.get("id")
    id = stated if isinstance(stated, str) and stated else path.removeprefix("$.")
    credential = None
    if id in credentials:
        place = child("$.context.credentials", id)
        credential = _credential(as_object(credentials[id], place), place, zone)
    return ConsentFacts(id=id, resource=resource, credential=credential)


def _credential(obj: JsonObject, path: str, zone: tzinfo) -> CredentialFacts:
    no_others(obj, _CREDENTIAL, path)
    optional_str(obj, "format", path)
    # What verification did not find valid is not valid.
    proof = _one_of(obj, "proof", _PROOFS, path) or "invalid"
    status = _one_of(obj, "status", _STATUSES, path) or "unknown"
    signed = "signedAt" in obj
    return CredentialFacts(
        proof=cast("Literal['valid', 'invalid']", proof),
        status=cast("Literal['valid', 'revoked', 'suspended', 'unknown']", status),
        issuer=optional_str(obj, "issuer", path),
        subject=optional_str(obj, "consentSubject", path),
        validity=_window(obj, path, zone),
        signed=moment(obj["signedAt"], child(path, "signedAt"), zone)
        if signed
        else None,
    )


def _representatives(context: JsonObject, zone: tzinfo) -> tuple[Representative, ...]:
    found = []
    place = child(_HERE, "representatives")
    stated = optional(context, "representatives", list, _HERE) or []
    for index, item in enumerate(stated):
        path = child(place, index)
        obj = as_object(item, path)
        no_others(obj, _REPRESENTATIVE, path)
        found.append(
            Representative(
                did=required_str(obj, "did", path),
                of=required_str(obj, "of", path),
                kind=optional_str(obj, "kind", path) or "",
                authority=_window(obj, path, zone),
            )
        )
    return tuple(found)


def _window(obj: JsonObject, path: str, zone: tzinfo) -> Span:
    start = optional_str(obj, "validFrom", path)
    end = optional_str(obj, "validUntil", path)
    return Span(
        start=date_time(start, child(path, "validFrom"), zone)[0] if start else None,
        end=date_time(end, child(path, "validUntil"), zone)[1] if end else None,
    )


def _patient_dids(context: JsonObject) -> Mapping[str, frozenset[str]]:
    bound = optional(context, "patientDids", dict, _HERE) or {}
    place = child(_HERE, "patientDids")
    return {
        patient: frozenset(strings(dids, child(place, patient)))
        for patient, dids in bound.items()
    }


def _names(context: JsonObject, name: str) -> frozenset[str]:
    if context.get(name, []) == []:
        return frozenset()
    return frozenset(strings(context[name], child(_HERE, name)))


def _one_of(
    obj: JsonObject, name: str, allowed: frozenset[str], path: str
) -> str | None:
    stated = optional_str(obj, name, path)
    if stated is not None and stated not in allowed:
        raise MalformedValue("not one of the allowed values", path=child(path, name))
    return stated
