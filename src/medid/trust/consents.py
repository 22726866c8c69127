"""Settings for consents: the default, who may record them, who stands for whom.

Data only; the rules are in ``medid.access``.

Spec: https://profiles.ihe.net/ITI/PCF/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from medid.core.fields import as_object, as_str, optional, optional_str, required_str
from medid.core.instant import Window
from medid.errors import MalformedValue, child
from medid.trust.members import choice, did, dids, items, known_members, window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

_POLICY: Final = "https://profiles.ihe.net/ITI/PCF/Policy-"
DENY_POLICY: Final = _POLICY + "deny"
DEFAULT_POLICIES: Final = (
    DENY_POLICY,
    _POLICY + "all-normal",
    _POLICY + "basic-normal",
    _POLICY + "break-glass-only",
)
DENY_OVERRIDES: Final = "deny-overrides"
_VERSION: Final = "/_history/"
_CONFIDENTIALITY: Final = ("U", "L", "M", "N", "R", "V")
_MEMBERS: Final = (
    "defaultPolicy",
    "combining",
    "timezone",
    "patientDids",
    "acceptedConsentRecorders",
    "representatives",
    "unlabelledConfidentiality",
    "requireAllSensitivitiesCovered",
    "overlays",
    "dataUse",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """Someone who may sign consents for another, within ``window``."""

    did: str = field(repr=False)
    patient: str = field(repr=False)
    kind: str | None = None
    window: Window = field(default=Window())


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSettings:
    """How consents are combined, and whose signature on one counts.

    Attributes:
        default_policy: One of the four policies of IHE PCF, by its URI.
        timezone: Where days without a time begin and end (IANA name).
        patient_dids: The DIDs of each patient, by local reference.
        unlabelled_confidentiality: What unlabelled data is taken for, if anything.
        all_labels_covered: Whether a permit must name each label of the data; ``None``
            asks it only where the consent profile does by itself.
        overlays: The names of the legal overlays that apply, in the order of asking.
        data_use: By consent id, or ``none``: what data may be used for in research, as
            the GA4GH-DUO overlay reads it. Never modified.
    """

    default_policy: str = DENY_POLICY
    combining: str = DENY_OVERRIDES
    timezone: str = "UTC"
    patient_dids: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({}), repr=False, hash=False
    )
    accepted_recorders: tuple[str, ...] = ()
    representatives: tuple[Representative, ...] = ()
    unlabelled_confidentiality: str | None = None
    all_labels_covered: bool | None = None
    overlays: tuple[str, ...] = ()
    data_use: JsonObject = field(default_factory=dict, hash=False)

    def signers(self) -> frozenset[str]:
        """Every DID whose signature on a consent may count."""
        patients = {one for several in self.patient_dids.values() for one in several}
        proxies = {proxy.did for proxy in self.representatives}
        return frozenset(patients | proxies | set(self.accepted_recorders))


def read_consent_settings(value: JsonValue, path: str) -> ConsentSettings:
    """The settings that ``value`` describes.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
        InvalidDid: A DID is not one.
    """
    obj = known_members(value, _MEMBERS, path)
    policy = choice(obj, "defaultPolicy", path, allowed=DEFAULT_POLICIES)
    combining = choice(obj, "combining", path, allowed=(DENY_OVERRIDES,))
    return ConsentSettings(
        default_policy=policy or DENY_POLICY,
        combining=combining or DENY_OVERRIDES,
        timezone=_timezone(obj, path),
        patient_dids=_patients(obj, path),
        accepted_recorders=dids(obj, "acceptedConsentRecorders", path),
        representatives=tuple(
            _representative(item, place)
            for item, place in items(obj, "representatives", path)
        ),
        unlabelled_confidentiality=choice(
            obj, "unlabelledConfidentiality", path, allowed=_CONFIDENTIALITY
        ),
        all_labels_covered=optional(obj, "requireAllSensitivitiesCovered", bool, path),
        overlays=tuple(
            as_str(item, place) for item, place in items(obj, "overlays", path)
        ),
        data_use=optional(obj, "dataUse", dict, path) or {},
    )


def _timezone(obj: JsonObject, path: str) -> str:
    name = optional_str(obj, "timezone", path) or "UTC"
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        place = child(path, "timezone")
        fix = "use a name of the IANA time zone database, such as UTC or Europe/Berlin"
        raise MalformedValue("no such time zone", path=place, fix=fix) from error
    return name


def _patients(obj: JsonObject, path: str) -> Mapping[str, tuple[str, ...]]:
    place = child(path, "patientDids")
    found: dict[str, tuple[str, ...]] = {}
    for reference, value in as_object(obj.get("patientDids", {}), place).items():
        here = child(place, reference)
        _check_patient(reference, here)
        several = value if isinstance(value, list) else [value]
        found[reference] = tuple(did(item, here) for item in several)
    return MappingProxyType(found)


def _check_patient(reference: str, path: str) -> None:
    """Refuse a version of a patient: whoever asks names none, and would find nothing.

    Raises:
        MalformedValue: It names one.
    """
    if _VERSION in reference:
        message = "a patient is named without a version"
        fix = "leave out /_history/ and what follows"
        raise MalformedValue(message, path=path, fix=fix)


def _representative(value: JsonValue, path: str) -> Representative:
    names = ("did", "of", "kind", "validFrom", "validUntil")
    obj = known_members(value, names, path)
    patient = required_str(obj, "of", path)
    _check_patient(patient, child(path, "of"))
    return Representative(
        did=did(required_str(obj, "did", path), child(path, "did")),
        patient=patient,
        kind=optional_str(obj, "kind", path),
        window=window(obj, path),
    )
