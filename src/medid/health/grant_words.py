"""The words in which a patient says what may be seen, and the codes they stand for.

A closed list: a word that is not here is refused, never guessed. Words for sensitive
records are wide on purpose. Whoever keeps back mental health keeps back each label
under which it is filed, and whoever shows it shows the same.

Spec: https://terminology.hl7.org/7.0.1/CodeSystem-v3-ActCode.html,
https://terminology.hl7.org/7.0.1/CodeSystem-v3-ActReason.html,
https://hl7.org/fhir/R4/resourcelist.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: What may be done: consentaction codes. What is not said is not granted.
ACTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "see": ("access",),
        "use": ("use",),
        "share": ("disclose",),
        "collect": ("collect",),
        "correct": ("correct",),
    }
)

#: What for: v3-ActReason codes, each with all that lies below it.
PURPOSES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "any purpose": ("PurposeOfUse",),
        "treatment": ("TREAT",),
        "emergencies": ("ETREAT",),
        "payment": ("HPAYMT",),
        "operations": ("HOPERAT",),
        "research": ("HRESCH",),
        "public health": ("PUBHLTH",),
        "family requests": ("FAMRQT",),
        "marketing": ("HMARKT",),
    }
)

#: Kinds of records: FHIR resource types.
TYPES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "allergies": ("AllergyIntolerance",),
        "appointments": ("Appointment",),
        "care plans": ("CarePlan",),
        "diagnoses": ("Condition",),
        "documents": ("DocumentReference",),
        "family history": ("FamilyMemberHistory",),
        "images": ("ImagingStudy",),
        "immunizations": ("Immunization",),
        "medications": (
            "MedicationAdministration",
            "MedicationDispense",
            "MedicationRequest",
            "MedicationStatement",
        ),
        "observations": ("Observation",),
        "procedures": ("Procedure",),
        "referrals": ("ServiceRequest",),
        "reports": ("DiagnosticReport",),
        "visits": ("Encounter",),
    }
)

#: What records are about: v3-ActCode sensitivities, each with all that lies below it.
TOPICS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "mental health": ("BH", "MH", "PSY", "PSYTHPN"),
        "psychotherapy notes": ("PSYTHPN",),
        # ETH is no parent of SUD, although both are about substances.
        "substance use": ("ETH", "SUD"),
        "alcohol use": ("ETHUD",),
        "opioid use": ("OPIOIDUD",),
        "hiv": ("HIV",),
        "genetics": ("GDIS",),
        "sexual health": ("SEX", "STD"),
        "pregnancy": ("PREGNANT",),
        "violence": ("DVD", "MST", "SDV", "VIO"),
        "sickle cell": ("SCA", "SICKLE"),
        "taboo topics": ("TBOO",),
    }
)

#: How confidential records are, least to most: v3-Confidentiality.
LEVELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "unrestricted": ("U",),
        "low": ("L",),
        "moderate": ("M",),
        "normal": ("N",),
        "restricted": ("R",),
        "very restricted": ("V",),
    }
)

MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def spelled(
    codes: Iterable[str], table: Mapping[str, tuple[str, ...]]
) -> tuple[list[str], list[str]]:
    """``codes`` in words of ``table`` that stand for just them, and those without one.

    Reading the words gives the same codes: a word is used only where all it stands for
    is meant.
    """
    wanted = set(codes)
    covered: set[str] = set()
    words: list[str] = []
    for word, meant in table.items():
        if wanted.issuperset(meant) and not covered.issuperset(meant):
            words.append(word)
            covered.update(meant)
    return words, sorted(wanted - covered)
