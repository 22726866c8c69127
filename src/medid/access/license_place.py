"""Where care happens, and whether a license counts there.

Place of service is a rule of the region, and regions disagree: most say where the
patient is, the European Union says where the provider is established. A license counts
where its jurisdiction is the place or contains it by configuration, and elsewhere only
by one of the agreements in ``medid.access.license_crossing``.

Sources: Interstate Medical Licensure Compact, section 1; Directive 2011/24/EU,
Article 3(d).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.license_facts import IN_PERSON, TELEHEALTH
from medid.trust.settings import PROVIDER

if TYPE_CHECKING:
    from medid.access.license_facts import LicenseRequest
    from medid.trust import TrustRegistry

LOCATION_UNKNOWN: Final = "LOCATION_UNKNOWN"


def place_of_service(request: LicenseRequest, trust: TrustRegistry) -> str | None:
    """Where care happens by the rule of the patient's region; ``None`` if unknown.

    The provider's place counts only for telehealth inside one region with that rule.
    Where nothing is configured, and across regions, the patient's place counts. A mode
    that is neither telehealth nor care in person may be either, so that under that
    rule its place is known only where both are in one.
    """
    patient, provider = request.patient_location, request.practitioner_location
    if patient is None or request.mode == IN_PERSON:
        return patient
    region = _region(patient, trust)
    if region is None or trust.settings.place_of_service[region] != PROVIDER:
        return patient
    if provider is not None and not _lies_in(provider, region, trust):
        return patient
    return provider if request.mode == TELEHEALTH or provider == patient else None


def _region(place: str, trust: TrustRegistry) -> str | None:
    """The configured region that ``place`` lies in, the smallest first."""
    rules = trust.settings.place_of_service
    own = (place, _country(place))
    unions = (name for name in sorted(rules) if _lies_in(place, name, trust))
    return next((name for name in (*own, *unions) if name in rules), None)


def _country(place: str) -> str:
    """The ISO 3166-1 code with which an ISO 3166-2 code begins."""
    return place.partition("-")[0]


def _lies_in(place: str, region: str, trust: TrustRegistry) -> bool:
    """Whether ``place`` is in ``region``: a union, a country, or the place itself."""
    members = (region, *trust.settings.unions.get(region, ()))
    return place in members or _country(place) in members
