"""Where the patient and the practitioner were, by what a claim says of the place.

In person, both were where the service was provided. In telehealth the practitioner was
at the facility, and the patient at home only where the claim says so: of any other
place nobody knows where it was, and nothing is assumed.

Spec: https://www.cms.gov/medicare/coding-billing/place-of-service-codes/code-sets
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access.claim_settings import PLACE_OF_SERVICE
from medid.access.license_facts import IN_PERSON, TELEHEALTH

if TYPE_CHECKING:
    from medid.access.claim_settings import ClaimSettings
    from medid.health.fhir_claim import Where

_TELEHEALTH_ELSEWHERE: Final = "02"
_TELEHEALTH_AT_HOME: Final = "10"
_HOME: Final = "12"
# Places that do not move: there, the facility of the claim is the place. The others
# (an ambulance, a mobile unit, a street) say nothing of where they were.
_FIXED: Final = (
    "01 03 04 05 06 07 08 09 11 13 14 17 18 19 20 21 22 23 24 25 26 31 32 33 34 49 50"
    " 51 52 53 54 55 56 57 58 61 62 65 66 71 72 81"
)
_AT_FACILITY: Final = frozenset(_FIXED.split())
# Of CPT and of HCPCS; no other modifier has one of these codes.
_TELEHEALTH_MODIFIERS: Final = frozenset({"93", "95", "FQ", "FR", "G0", "GQ", "GT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How and where one service was rendered; ``None`` is not known."""

    mode: str
    patient: str | None
    practitioner: str | None


def place_of(where: Where, settings: ClaimSettings) -> Place:
    """The place that ``where`` states, in the jurisdictions of ``settings``."""
    kinds = _kinds(where)
    facility = settings.jurisdiction(where.address or where.facility)
    home = settings.jurisdiction(where.home)
    modified = any(one.upper() in _TELEHEALTH_MODIFIERS for one in where.modifiers)
    if modified or kinds & {_TELEHEALTH_ELSEWHERE, _TELEHEALTH_AT_HOME}:
        at_home = kinds == {_TELEHEALTH_AT_HOME}
        return Place(
            mode=TELEHEALTH, patient=home if at_home else None, practitioner=facility
        )
    if kinds == {_HOME}:
        return Place(mode=IN_PERSON, patient=home, practitioner=home)
    fixed = where.codes is None or (bool(kinds) and kinds <= _AT_FACILITY)
    there = facility if fixed else None
    return Place(mode=IN_PERSON, patient=there, practitioner=there)


def _kinds(where: Where) -> frozenset[str]:
    """The place of service codes; an empty set for none that is known here."""
    return frozenset(
        one.code for one in where.codes or () if one.system == PLACE_OF_SERVICE
    )
