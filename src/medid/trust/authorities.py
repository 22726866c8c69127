"""Authorities: on whose word other boards count, for what, and how far it carries.

An authority licenses nobody by being one. What it recognizes others to issue counts
within what its entry lists, and is not passed on unless the entry says how often.

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#verifying-recognition-chains
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.fields import optional_str, required, required_str
from medid.errors import MalformedValue, child
from medid.trust.boards import LICENSE_TYPE
from medid.trust.members import (
    did,
    flag,
    items,
    jurisdictions,
    known_members,
    some_words,
    window,
    words,
)

if TYPE_CHECKING:
    from medid.core.instant import Window
    from medid.core.json import JsonObject, JsonValue

# More authorities than a federation of states has.
MAX_AUTHORITIES: Final = 64
# Lists that are fetched for one verification beside what it refers to itself.
MAX_LISTS: Final = 8
# Recognitions one after the other: union, country, state, board leave room to spare.
MAX_DEPTH: Final = 8
_MEMBERS: Final = (
    "did",
    "name",
    "mayRecognize",
    "delegable",
    "requireOutputValidation",
    "validFrom",
    "validUntil",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One whose recognition of others counts.

    Attributes:
        did: Compared as exact text.
        credential_types: What those whom it recognizes may issue.
        jurisdictions: For where.
        professions: Codes, or ``system|code``.
        delegable: How often a recognition may be passed on; 0 is not at all.
        require_output_validation: Whether a recognition that does not say by a schema
            what is issued counts for nothing.
        window: When the entry is in force.
    """

    did: str
    name: str | None
    credential_types: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    professions: tuple[str, ...]
    delegable: int
    require_output_validation: bool
    window: Window


def read_authority(value: JsonValue, path: str) -> Authority:
    """The authority that ``value`` describes.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
        InvalidDid: Its DID is not one.
    """
    obj = known_members(value, _MEMBERS, path)
    place = child(path, "mayRecognize")
    names = ("credentialTypes", "jurisdictions", "professions")
    scope = known_members(required(obj, "mayRecognize", dict, path), names, place)
    some_words(scope, "jurisdictions", place)
    types: tuple[str, ...] = (LICENSE_TYPE,)
    if "credentialTypes" in scope:
        types = some_words(scope, "credentialTypes", place)
    return Authority(
        did=did(required_str(obj, "did", path), child(path, "did")),
        name=optional_str(obj, "name", path),
        credential_types=types,
        jurisdictions=jurisdictions(scope, "jurisdictions", place),
        professions=some_words(scope, "professions", place),
        delegable=_delegable(obj, path),
        require_output_validation=flag(
            obj, "requireOutputValidation", path, default=True
        ),
        window=window(obj, path),
    )


def _delegable(obj: JsonObject, path: str) -> int:
    found = obj.get("delegable", False)
    if found is False:
        return 0
    if isinstance(found, int) and found is not True and 0 <= found < MAX_DEPTH:
        return found
    message = f"neither false nor a number of times below {MAX_DEPTH}"
    raise MalformedValue(message, path=child(path, "delegable"))


def read_authorities(obj: JsonObject, path: str) -> tuple[Authority, ...]:
    """The ``authorities`` of a trust file.

    Raises:
        MalformedValue: One is not of its form, or there are too many.
        InvalidDid: The DID of one is not one.
    """
    found = tuple(
        read_authority(item, place) for item, place in items(obj, "authorities", path)
    )
    if len(found) > MAX_AUTHORITIES:
        message = f"more than {MAX_AUTHORITIES} authorities"
        raise MalformedValue(message, path=child(path, "authorities"))
    return found


def read_lists(obj: JsonObject, path: str) -> tuple[str, ...]:
    """The ``recognizedEntities`` of a trust file: where authorities publish.

    Raises:
        MalformedValue: Not an array of https URLs, or of too many.
    """
    found, place = words(obj, "recognizedEntities", path), "recognizedEntities"
    if len(found) > MAX_LISTS:
        message = f"more than {MAX_LISTS} lists"
        raise MalformedValue(message, path=child(path, place))
    for index, url in enumerate(found):
        if not url.startswith("https://"):
            at = child(child(path, place), index)
            raise MalformedValue("not an https URL", path=at)
    return found
