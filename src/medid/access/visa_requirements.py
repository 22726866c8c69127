"""Which visas the use of data needs, and whether those that count are enough.

Every one that is stated is needed, and each is met by one single visa. None is met by a
visa without ``by``: an unknown authority is nobody's.

Spec: https://ga4gh.github.io/data-security/ga4gh-passport#encoding-use-cases
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.visa_reading import is_of
from medid.access.visa_types import VisaRequirement
from medid.core.fields import (
    as_object,
    no_others,
    optional,
    optional_str,
    required_str,
    strings,
)
from medid.errors import EvidenceUnavailable, MalformedValue, child
from medid.trust.visas import (
    ACCEPTED_TERMS,
    AFFILIATION_AND_ROLE,
    CONTROLLED_ACCESS,
    RESEARCHER_STATUS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from medid.access.visa_types import Visa, VisaFacts
    from medid.core.json import JsonObject

_MEMBERS: Final = frozenset({"type", "value", "affiliation", "source", "by", "proves"})
# On whose authority each type is good enough where nothing narrower is stated.
_BY: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        AFFILIATION_AND_ROLE: frozenset({"system", "so"}),
        ACCEPTED_TERMS: frozenset({"self", "peer", "system", "so", "dac"}),
        RESEARCHER_STATUS: frozenset({"peer", "system", "so", "dac"}),
        CONTROLLED_ACCESS: frozenset({"system", "so", "dac"}),
    }
)
# What a visa of each type can prove: COL, IS, US.
_PROVES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        ACCEPTED_TERMS: frozenset({"0000020"}),
        AFFILIATION_AND_ROLE: frozenset({"0000028"}),
        CONTROLLED_ACCESS: frozenset({"0000026"}),
    }
)


def read_requirements(
    stated: JsonObject, path: str, code_of: Callable[[str], str]
) -> tuple[VisaRequirement, ...]:
    """The visas that the member ``visas`` of a data use asks for; may be absent.

    Args:
        stated: The data use.
        path: Where it stands.
        code_of: The digits of a modifier, in whichever way it is written.

    Raises:
        MalformedValue: A member is unknown, missing or of another form; a type that
            nothing can be asked of, an authority that is not good enough for it, or a
            modifier that it cannot prove.
    """
    items, place = optional(stated, "visas", list, path), child(path, "visas")
    if items is None:
        return ()
    if not items:
        raise MalformedValue("the array is empty", path=place)
    found = []
    for index, item in enumerate(items):
        here = child(place, index)
        found.append(_requirement(as_object(item, here), here, code_of))
    return tuple(found)


def _requirement(
    stated: JsonObject, path: str, code_of: Callable[[str], str]
) -> VisaRequirement:
    no_others(stated, _MEMBERS, path)
    kind = required_str(stated, "type", path)
    if kind not in _BY:
        message = "not a type of visa that data can ask for"
        raise MalformedValue(message, path=child(path, "type"))
    value, affiliation = _asked(stated, kind, path)
    source = optional_str(stated, "source", path)
    if kind == CONTROLLED_ACCESS and source is None:
        message = "who grants access to this data has to be said"
        raise MalformedValue(message, path=child(path, "source"))
    return VisaRequirement(
        type=kind,
        by=frozenset(_some(stated, "by", path, allowed=_BY[kind]) or _BY[kind]),
        value=value,
        affiliation=affiliation,
        source=source,
        proves=_proves(stated, kind, path, code_of),
    )


def _asked(stated: JsonObject, kind: str, path: str) -> tuple[str | None, str | None]:
    value = optional_str(stated, "value", path)
    affiliation = optional_str(stated, "affiliation", path)
    if (value is None) is (affiliation is None):
        message = "states either value or, of an AffiliationAndRole, affiliation"
        raise MalformedValue(message, path=path)
    if affiliation is not None and kind != AFFILIATION_AND_ROLE:
        message = "only an AffiliationAndRole has an affiliation"
        raise MalformedValue(message, path=child(path, "affiliation"))
    return value, affiliation


def _proves(
    stated: JsonObject, kind: str, path: str, code_of: Callable[[str], str]
) -> tuple[str, ...]:
    if "proves" not in stated:
        return ()
    place = child(path, "proves")
    codes = tuple(map(code_of, strings(stated["proves"], place)))
    if not _PROVES.get(kind, frozenset()).issuperset(codes):
        message = "a visa of this type does not prove this modifier"
        raise MalformedValue(message, path=place)
    return codes


def _some(
    stated: JsonObject, name: str, path: str, *, allowed: Iterable[str]
) -> list[str]:
    if name not in stated:
        return []
    place = child(path, name)
    found = strings(stated[name], place)
    if not set(found) <= set(allowed):
        message = "an authority that is not good enough for a visa of this type"
        raise MalformedValue(message, path=place)
    return found


def unmet(needed: Iterable[VisaRequirement], visas: VisaFacts) -> str | None:
    """The clause by which the use is denied; ``None`` where every visa is there.

    Raises:
        EvidenceUnavailable: One is missing, and there is one that could not be checked.
    """
    for requirement in needed:
        if any(_meets(visa, requirement) for visa in visas.counted):
            continue
        if visas.unchecked:
            raise EvidenceUnavailable("a visa could not be checked now")
        if requirement.proves:
            return f"DUO:{requirement.proves[0]}"
        return f"visa:{requirement.type}"
    return None


def _meets(visa: Visa, requirement: VisaRequirement) -> bool:
    if visa.type != requirement.type or visa.by not in requirement.by:
        return False
    if requirement.source is not None and visa.source != requirement.source:
        return False
    if requirement.affiliation is not None:
        return is_of(requirement.affiliation, visa.value)
    return visa.value == requirement.value
