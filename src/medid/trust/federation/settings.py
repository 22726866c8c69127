"""Federations in a trust file: which anchors count, and what their marks mean.

A federation says who an entity is and who has accredited it. What an accreditation
allows in this field, only the trust file says: a mark that it gives no meaning to
means nothing.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-trust-marks
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.fields import required, required_str
from medid.errors import MalformedValue, child
from medid.trust.federation.chains import Anchor
from medid.trust.federation.statements import check_entity, read_keys
from medid.trust.members import (
    check_word,
    items,
    jurisdictions,
    known_members,
    some_words,
    window,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Window
    from medid.core.json import JsonObject, JsonValue
    from medid.keys import PublicKey

# Each anchor is asked about an issuer that the file does not name.
MAX_FEDERATIONS: Final = 4
# Each is asked about the issuer too, beside the anchor.
MAX_INTERMEDIATES: Final = 8
MAX_MEANINGS: Final = 64  # types of marks of one federation: professions by places
ISSUER: Final = "openid_credential_issuer"
_MEMBERS: Final = (
    "anchor",
    "jwks",
    "intermediates",
    "entityType",
    "trustMarks",
    "validFrom",
    "validUntil",
)
_SCOPE: Final = ("type", "credentialTypes", "jurisdictions", "professions")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkMeaning:
    """What whoever has a trust mark may issue.

    Attributes:
        type: The mark's, compared as exact text.
        credential_types: Which credentials.
        jurisdictions: For where.
        professions: Codes, or ``system|code``.
    """

    type: str
    credential_types: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    professions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """One federation whose marks count.

    Attributes:
        anchor: Its trust anchor, with the keys that the file states.
        intermediates: Those right below the anchor who are asked about an issuer too.
        entity_type: Under which type of entity an issuer states its signing keys.
        meanings: What its marks mean.
        window: When the entry is in force.
    """

    anchor: Anchor
    intermediates: tuple[str, ...]
    entity_type: str
    meanings: tuple[MarkMeaning, ...]
    window: Window

    def meaning(self, kind: str) -> MarkMeaning | None:
        """What marks of the type ``kind`` mean; ``None`` is nothing."""
        return next((one for one in self.meanings if one.type == kind), None)


def read_federations(obj: JsonObject, path: str) -> tuple[Federation, ...]:
    """The ``federations`` of a trust file.

    Raises:
        MalformedValue: One is not of its form, there are too many, or two have the
            same anchor.
        InvalidKey: A private key is stated.
    """
    found = tuple(_read(item, place) for item, place in items(obj, "federations", path))
    place = child(path, "federations")
    if len(found) > MAX_FEDERATIONS:
        message = f"more than {MAX_FEDERATIONS} federations"
        raise MalformedValue(message, path=place)
    if len({one.anchor.entity for one in found}) != len(found):
        raise MalformedValue("two federations have the same anchor", path=place)
    return found


def _read(value: JsonValue, path: str) -> Federation:
    obj = known_members(value, _MEMBERS, path)
    entity = check_entity(required_str(obj, "anchor", path), path=child(path, "anchor"))
    kind = check_word(obj.get("entityType", ISSUER), child(path, "entityType"))
    return Federation(
        anchor=Anchor(entity=entity, keys=_keys(obj, path)),
        intermediates=_intermediates(obj, path),
        entity_type=kind,
        meanings=_meanings(obj, path),
        window=window(obj, path),
    )


def _keys(obj: JsonObject, path: str) -> Mapping[str, PublicKey]:
    place = child(path, "jwks")
    keys = read_keys(required(obj, "jwks", dict, path), place)
    if not keys:
        message = "none of the anchor's keys is of a kind that medid has"
        raise MalformedValue(message, path=place)
    return keys


def _intermediates(obj: JsonObject, path: str) -> tuple[str, ...]:
    found, place = words(obj, "intermediates", path), child(path, "intermediates")
    if len(found) > MAX_INTERMEDIATES:
        message = f"more than {MAX_INTERMEDIATES} intermediates"
        raise MalformedValue(message, path=place)
    return tuple(
        check_entity(name, path=child(place, index)) for index, name in enumerate(found)
    )


def _meanings(obj: JsonObject, path: str) -> tuple[MarkMeaning, ...]:
    place = child(path, "trustMarks")
    found = tuple(_meaning(item, at) for item, at in items(obj, "trustMarks", path))
    if not found:
        message = (
            "no trust mark has a meaning, so the federation allows nobody anything"
        )
        raise MalformedValue(message, path=place)
    if len(found) > MAX_MEANINGS:
        message = f"more than {MAX_MEANINGS} types of marks"
        raise MalformedValue(message, path=place)
    if len({one.type for one in found}) != len(found):
        raise MalformedValue("two meanings for marks of one type", path=place)
    return found


def _meaning(value: JsonValue, path: str) -> MarkMeaning:
    obj = known_members(value, _SCOPE, path)
    kind = required_str(obj, "type", path)
    some_words(obj, "jurisdictions", path)
    return MarkMeaning(
        type=check_word(kind, child(path, "type")),
        credential_types=some_words(obj, "credentialTypes", path),
        jurisdictions=jurisdictions(obj, "jurisdictions", path),
        professions=some_words(obj, "professions", path),
    )
