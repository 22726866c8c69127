"""The elements of FHIR R4's Claim and ExplanationOfBenefit, and their codes.

The lists are FHIR's, so that a misspelt element is told from one that exists: a link
to the care team that was misspelt would otherwise be no link at all.

Spec: https://hl7.org/fhir/R4/claim-definitions.html,
https://hl7.org/fhir/R4/explanationofbenefit-definitions.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.fields import optional, optional_str, required, strings
from medid.core.json import every_object, mismatch
from medid.errors import MalformedValue, child
from medid.health.codes import Coding
from medid.health.fhir_values import elements
from medid.health.references import unversioned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonObject


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENT: Final = _names("id extension")
# Without ``implicitRules``, which says that the content follows rules of its own.
_RESOURCE: Final = _ELEMENT | _names(
    "resourceType meta language text contained identifier status type"
    " subType use patient billablePeriod created enterer insurer provider priority"
    " fundsReserve related prescription originalPrescription payee referral facility"
    " careTeam supportingInfo diagnosis procedure insurance accident item"
)
_CLAIM: Final = _RESOURCE | _names("total")
_EXPLANATION: Final = _RESOURCE | _names(
    "fundsReserveRequested claim claimResponse outcome disposition preAuthRef"
    " preAuthRefPeriod precedence addItem adjudication total payment formCode form"
    " processNote benefitPeriod benefitBalance"
)
ELEMENTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"Claim": _CLAIM, "ExplanationOfBenefit": _EXPLANATION}
)
MEMBER: Final = _ELEMENT | _names("sequence provider responsible role qualification")
_LINE: Final = _ELEMENT | _names(
    "productOrService modifier programCode servicedDate servicedPeriod"
    " locationCodeableConcept locationAddress locationReference quantity unitPrice"
    " factor net bodySite subSite detail noteNumber adjudication"
)
ITEM: Final = _LINE | _names(
    "sequence careTeamSequence diagnosisSequence procedureSequence"
    " informationSequence revenue category udi encounter"
)
ITEM_ADDED: Final = _LINE | _names(
    "itemSequence detailSequence subDetailSequence provider"
)
DETAIL: Final = _ELEMENT | _names(
    "sequence revenue category productOrService modifier programCode quantity"
    " unitPrice factor net udi subDetail noteNumber adjudication"
)


def check_elements(obj: JsonObject, names: frozenset[str], path: str) -> None:
    """Return if ``obj`` has no elements but ``names``, each with its own extensions.

    Raises:
        MalformedValue: There is another one, or a modifier extension, which may turn
            the meaning of everything else around.
    """
    for name in obj:
        if name == "modifierExtension":
            message = "a modifier extension that nobody here understands"
            raise MalformedValue(message, path=child(path, name))
        # ``_name`` carries the id and the extensions of a primitive ``name``.
        if name.removeprefix("_") not in names:
            fix = "use the elements of FHIR R4; extensions go into extension"
            message = "not an element of this kind in FHIR R4"
            raise MalformedValue(message, path=child(path, name), fix=fix)


def codes_of(
    concept: JsonObject, path: str, *, every: bool = False
) -> frozenset[Coding]:
    """The codings of a CodeableConcept that can be compared; it may have none.

    Args:
        concept: Its text is not looked at.
        path: Where it stands.
        every: Whether one that cannot be compared is refused: a security label that
            cannot be read may be the one that restricts.

    Raises:
        MalformedValue: Not of that form, or one without system or code.
    """
    found: set[Coding] = set()
    if "coding" not in concept:
        return frozenset()
    for item, place in elements(concept, "coding", path):
        system = optional_str(item, "system", place)
        code = optional_str(item, "code", place)
        if system is not None and code is not None:
            found.add(Coding(system, code))
        elif every:
            raise MalformedValue("a label needs a system and a code", path=place)
    return frozenset(found)


def every_coding(obj: JsonObject) -> frozenset[Coding]:
    """Every coding that stands anywhere in ``obj``, whatever it is said about.

    A rule of a consent about a code is about data in which it is found: the diagnosis
    of a claim, its procedure and its drugs as well as the service.
    """
    stated = ((one.get("system"), one.get("code")) for one in every_object(obj))
    return frozenset(
        Coding(system, code)
        for system, code in stated
        if isinstance(system, str) and isinstance(code, str)
    )


def every_reference(obj: JsonObject) -> frozenset[str]:
    """Every resource that ``obj`` refers to, of whatever version, but its own parts."""
    stated = (one.get("reference") for one in every_object(obj))
    return frozenset(
        unversioned(one)
        for one in stated
        if isinstance(one, str) and not one.startswith("#")
    )


def profiles_of(obj: JsonObject) -> frozenset[str]:
    """The profiles that ``obj`` says to follow.

    Raises:
        MalformedValue: Not an array of strings, or an empty one.
    """
    meta = optional(obj, "meta", dict, "$") or {}
    if "profile" not in meta:
        return frozenset()
    stated = required(meta, "profile", list, "$.meta")
    return frozenset(strings(stated, "$.meta.profile"))


def sequences(obj: JsonObject, name: str, path: str) -> tuple[int, ...] | None:
    """The numbers that link to other elements; ``None`` where there is no such link.

    Raises:
        MalformedValue: Not an array of whole numbers, or an empty one.
    """
    if name not in obj:
        return None
    return tuple(_numbers(obj, name, path))


def _numbers(obj: JsonObject, name: str, path: str) -> Iterator[int]:
    value, place = obj[name], child(path, name)
    if not isinstance(value, list) or not value:
        raise MalformedValue("must be an array with elements", path=place)
    for index, item in enumerate(value):
        if type(item) is not int:
            raise mismatch("a whole number", item, child(place, index))
        yield item
