"""The kinds of value that credentials are made of: URLs, instants, words, types.

Knows JSON shapes only: no JSON-LD terms, no cryptography, no clock and no network.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#basic-concepts
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, cast

from medid.core.fields import (
    as_list,
    as_object,
    as_str,
    item_path,
    no_others,
    object_list,
    optional_str,
    required_str,
    strings,
)
from medid.core.instant import Instant
from medid.core.json import DOCUMENT, mismatch
from medid.credentials.model import LanguageValue, TypedObject
from medid.errors import MalformedValue, TooLarge, child

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

# What is read strictly need not be looked at again, so these are the same limits.
MAX_DEPTH: Final = DOCUMENT.max_depth  # levels
MAX_MEMBERS: Final = DOCUMENT.max_members  # members and elements

_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_STRINGS: Final = frozenset({str})

# RFC 3986 section 3.1: a scheme, a colon and no character that no URL may hold.
_URL: Final = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\s"<>\\^`{|}]+')
# The usual ones, in which nothing has to be looked at twice.
_USUAL_URL: Final = re.compile(
    r"(?:https://[a-z0-9.\-]+(?:[/?#][!#$&-;=?-Z_a-z~]*)?"
    r"|urn:[!$&-.0-;=A-Z_a-z~]+|did:[a-z0-9]+:[!#$&-.0-;=?-Z_a-z~]+)"
)
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_WEB: Final = re.compile(r"(?i:https?):(?!//[^/?#]+)")
_DID: Final = re.compile(r"did:(?![a-z0-9]+:[^/?#]+)")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def as_url(value: JsonValue, path: str) -> str:
    """``value``, which must be one absolute URL.

    Raises:
        MalformedValue: Another kind of value, a relative reference, or a string
            with characters that no URL may hold.
    """
    text = as_str(value, path)
    if _USUAL_URL.fullmatch(text):
        return text
    if not (_URL.fullmatch(text) and text.isprintable()):
        raise MalformedValue("not an absolute URL", path=path)
    if _BROKEN_ESCAPE.search(text) or _WEB.match(text) or _DID.match(text):
        raise MalformedValue("the URL is not well formed", path=path)
    return text


def is_usual_url(value: JsonValue) -> bool:
    """Whether ``value`` is one absolute URL at first sight; others may be one too."""
    return type(value) is str and _USUAL_URL.fullmatch(value) is not None


def required_url(obj: JsonObject, name: str, path: str) -> str:
    """The member ``name``, which must be one absolute URL."""
    text = required_str(obj, name, path)
    return text if _USUAL_URL.fullmatch(text) else as_url(text, child(path, name))


def optional_url(obj: JsonObject, name: str, path: str) -> str | None:
    """The member ``name`` where it is there; it must be one absolute URL."""
    text = obj.get(name)
    if type(text) is str and _USUAL_URL.fullmatch(text):
        return text
    return as_url(obj[name], child(path, name)) if name in obj else None


def optional_instant(obj: JsonObject, name: str, path: str) -> Instant | None:
    """The member ``name`` where it is there, an xsd:dateTimeStamp with its offset."""
    text = optional_str(obj, name, path)
    return None if text is None else Instant.parse(text, path=child(path, name))


def types_of(obj: JsonObject, path: str) -> tuple[str, ...]:
    """The member ``type``: one string or more, none empty, none twice.

    Whether each is a term of the contexts or a URL is for JSON-LD to say.

    Raises:
        MalformedValue: Missing, empty, repeated, or not strings.
    """
    stated = obj.get("type")
    if type(stated) is str and _is_word(stated):
        return (stated,)
    place = child(path, "type")
    if "type" not in obj:
        raise MalformedValue("the member 'type' is missing", path=place)
    found = tuple(strings(stated, place))
    before: set[str] = set()
    for index, name in enumerate(found):
        if name in before:
            where = item_path(obj["type"], place, index)
            raise MalformedValue("the type is repeated", path=where)
        if not _is_word(name):
            where = item_path(obj["type"], place, index)
            raise MalformedValue("not a term and not a URL", path=where)
        before.add(name)
    return found


def _is_word(name: str) -> bool:
    return name != "" and name == name.strip() and name.isprintable()


def typed_objects(obj: JsonObject, name: str, path: str) -> tuple[TypedObject, ...]:
    """The object or objects of ``name``, each with a ``type``; () where it is absent.

    Raises:
        MalformedValue: An empty array, anything but objects, an object without a
            ``type``, or an ``id`` that is not one URL.
    """
    if name not in obj:
        return ()
    return tuple(
        TypedObject(id=optional_url(item, "id", at), types=types_of(item, at), raw=item)
        for item, at in located_objects(obj, name, path)
    )


def located_objects(
    obj: JsonObject, name: str, path: str
) -> list[tuple[JsonObject, str]]:
    """Each object of the member ``name`` with its path; none where it is absent."""
    if name not in obj:
        return []
    value, place = obj[name], child(path, name)
    return [
        (item, item_path(value, place, index))
        for index, item in enumerate(object_list(value, place))
    ]


def language_values(obj: JsonObject, name: str, path: str) -> tuple[LanguageValue, ...]:
    """A name or description: a string, a language value object, or several of these.

    Raises:
        MalformedValue: Anything else; several must all be objects.
    """
    if name not in obj:
        return ()
    value, place = obj[name], child(path, name)
    if isinstance(value, str):
        return (LanguageValue(value=value, language=None, direction=None),)
    if not as_list(value):
        raise MalformedValue("the array is empty", path=place)
    return tuple(
        _language_value(as_object(item, where), where)
        for index, item in enumerate(as_list(value))
        for where in (item_path(value, place, index),)
    )


def _language_value(obj: JsonObject, path: str) -> LanguageValue:
    no_others(obj, ("@value", "@language", "@direction"), path)
    text = obj.get("@value")
    if not isinstance(text, str):
        raise mismatch("a string", text, child(path, "@value"))
    language = optional_str(obj, "@language", path)
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise MalformedValue("not a language tag", path=child(path, "@language"))
    direction = optional_str(obj, "@direction", path)
    if direction not in {None, "ltr", "rtl"}:
        raise MalformedValue("not 'ltr' or 'rtl'", path=child(path, "@direction"))
    return LanguageValue(
        value=text,
        language=language,
        direction=cast("Literal['ltr', 'rtl'] | None", direction),
    )


def check_values(document: object, path: str) -> None:
    """Return if everything outside ``@context`` is a JSON value.

    ``null`` is one: a FHIR resource carried as a JSON literal has it. Where a member
    of the data model must not be ``null`` its own reader says so, and what JSON-LD
    would drop the JSON-LD room refuses.

    Raises:
        MalformedValue: There is a value of no JSON type.
        TooLarge: The document is too deep, or has too many members.
    """
    if not _is_plain(document):
        _find_fault(document, path)


def _is_plain(document: object) -> bool:
    """Whether there is nothing to find; quick, because it builds no paths."""
    level, members = [document], 0
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for value in level:
            kind = type(value)
            if kind is dict:
                obj = cast("dict[object, object]", value)
                if not _STRINGS.issuperset(map(type, obj)):
                    return False
                if "@context" in obj:
                    below += [obj[name] for name in obj if name != "@context"]
                else:
                    below += obj.values()
            elif kind is list:
                below += cast("list[object]", value)
            elif kind not in _SCALARS:
                return False
        members += len(below)
        if not below or members > MAX_MEMBERS:
            return members <= MAX_MEMBERS
        level = below
    return False


def _find_fault(document: object, path: str) -> None:
    """Raise for what ``_is_plain`` has found, with its path."""
    pending: list[tuple[object, str, int]] = [(document, path, 0)]
    members = 0
    while pending:
        value, where, depth = pending.pop()
        parts = _parts(value, where)
        members += len(parts)
        if depth > MAX_DEPTH or members > MAX_MEMBERS:
            raise TooLarge("too deep, or too many members", path=where)
        pending += [(part, name, depth + 1) for part, name in parts]


def _parts(value: object, path: str) -> list[tuple[object, str]]:
    kind = type(value)
    if kind in _SCALARS:
        return []
    if kind is list:
        items = cast("list[object]", value)
        return [(item, child(path, index)) for index, item in enumerate(items)]
    if kind is not dict:
        raise MalformedValue("a value of no JSON type", path=path)
    members = cast("dict[object, object]", value)
    if not all(type(name) is str for name in members):
        raise MalformedValue("a member name is not a string", path=path)
    return [
        (member, child(path, str(name)))
        for name, member in members.items()
        if name != "@context"
    ]
