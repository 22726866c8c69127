"""Which specialties lie within which: a table, and nothing guessed from codes.

Code systems of specialties nest, and regulators disagree on how: whoever deploys medid
says whose word includes whose. What a specialty includes includes further ones in turn.

Spec: https://www.hl7.org/fhir/R4/practitionerrole-definitions.html#PractitionerRole.specialty
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from medid.core.fields import as_object
from medid.errors import MalformedValue, child
from medid.trust.boards import names_profession
from medid.trust.members import check_word, some_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject


def read_specialties(obj: JsonObject, path: str) -> Mapping[str, tuple[str, ...]]:
    """Per specialty all that lie within it, whichever level they stand on.

    Raises:
        MalformedValue: Not a table of words, or a specialty lies within itself.
    """
    place = child(path, "specialties")
    table = as_object(obj.get("specialties", {}), place)
    stated = {
        check_word(word, child(place, word)): some_words(table, word, place)
        for word in table
    }
    return MappingProxyType(
        {word: _within(word, stated, child(place, word)) for word in stated}
    )


def _within(
    word: str, stated: Mapping[str, tuple[str, ...]], path: str
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    ahead = [word]
    while ahead:
        current = ahead.pop()
        for broad, narrower in stated.items():
            if same_specialty(broad, current):
                ahead += [one for one in narrower if one not in found]
                found.update(dict.fromkeys(narrower))
    if any(same_specialty(one, word) for one in found):
        raise MalformedValue("a specialty that lies within itself", path=path)
    return tuple(found)


def same_specialty(one: str, other: str) -> bool:
    """Whether two words can be the same: a bare code is that code in any system."""
    return names_profession(one, other) or names_profession(other, one)
