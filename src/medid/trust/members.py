"""Strict reading of settings: every member known, every list spelled out.

A misspelt setting must not become a missing one, and ``*`` must not become "anyone".
Errors are ``MalformedValue`` here; the registry reports them as configuration errors.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, as_str, optional, optional_str
from medid.core.instant import Instant, Window
from medid.core.jurisdictions import check_jurisdiction
from medid.dids.syntax import Did
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from medid.core.json import JsonObject, JsonValue

#: Of a trust file: its digest, by RFC 8785, knows no larger ones.
MAX_NUMBER: Final = 2**53 - 1

_DAY: Final = 86_400  # seconds
_NO_WILDCARD: Final = "list what is meant: there are no wildcards"


def known_members(value: JsonValue, names: Collection[str], path: str) -> JsonObject:
    """``value``, which must be an object with no members but ``names``.

    Raises:
        MalformedValue: Not an object, or it has another member.
    """
    obj = as_object(value, path)
    for name in obj:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            fix = f"did you mean {near[0]}?" if near else f"use: {_listed(names)}"
            raise MalformedValue("unknown member", path=child(path, name), fix=fix)
    return obj


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def items(obj: JsonObject, name: str, path: str) -> Iterator[tuple[JsonValue, str]]:
    """The elements of the array ``name``, if it is there, with their paths.

    Raises:
        MalformedValue: It is there, and not an array.
    """
    place = child(path, name)
    found = obj.get(name, [])
    if not isinstance(found, list):
        raise MalformedValue("expected an array", path=place)
    for index, item in enumerate(found):
        yield item, child(place, index)


def words(obj: JsonObject, name: str, path: str) -> tuple[str, ...]:
    """The strings of the array ``name``; none where it is absent.

    Raises:
        MalformedValue: Not an array of strings, or one of them is a wildcard.
    """
    return tuple(check_word(item, place) for item, place in items(obj, name, path))


def check_word(value: JsonValue, path: str) -> str:
    """``value``, which must be a string that stands for itself.

    Raises:
        MalformedValue: Not a string, or with a wildcard or blanks around it.
    """
    text = as_str(value, path)
    if "*" in text:
        raise MalformedValue("a wildcard", path=path, fix=_NO_WILDCARD)
    if text != text.strip():
        raise MalformedValue("blanks around the word", path=path)
    return text


def some_words(obj: JsonObject, name: str, path: str) -> tuple[str, ...]:
    """As ``words``, and at least one.

    Raises:
        MalformedValue: Missing, empty, not an array of strings, or a wildcard.
    """
    found = words(obj, name, path)
    if not found:
        message = "at least one is needed: an empty list stands for none, never for all"
        raise MalformedValue(message, path=child(path, name))
    return found


def choices(
    obj: JsonObject, name: str, path: str, *, allowed: Collection[str]
) -> tuple[str, ...]:
    """As ``words``, each of them one of ``allowed``.

    Raises:
        MalformedValue: Not an array, or a word that is not allowed.
    """
    found = words(obj, name, path)
    for index, word in enumerate(found):
        _check_choice(word, allowed, child(child(path, name), index))
    return found


def choice(
    obj: JsonObject, name: str, path: str, *, allowed: Collection[str]
) -> str | None:
    """The word ``name``, where it is there, one of ``allowed``.

    Raises:
        MalformedValue: Not a string, or a word that is not allowed.
    """
    found = optional_str(obj, name, path)
    if found is not None:
        _check_choice(found, allowed, child(path, name))
    return found


def _check_choice(word: str, allowed: Collection[str], path: str) -> None:
    if word not in allowed:
        fix = f"use one of: {_listed(allowed)}"
        raise MalformedValue("not one of the words allowed here", path=path, fix=fix)


def did(value: JsonValue, path: str) -> str:
    """``value``, which must be a DID: no path, no query, no fragment.

    Raises:
        MalformedValue: Not a string.
        InvalidDid: Not a DID.
    """
    text = as_str(value, path)
    Did.parse(text, path=path)
    return text


def optional_did(obj: JsonObject, name: str, path: str) -> str | None:
    """The DID ``name``, where it is there.

    Raises:
        MalformedValue: Not a string.
        InvalidDid: Not a DID.
    """
    return did(obj[name], child(path, name)) if name in obj else None


def dids(obj: JsonObject, name: str, path: str) -> tuple[str, ...]:
    """The DIDs of the array ``name``; none where it is absent.

    Raises:
        MalformedValue: Not an array of strings.
        InvalidDid: One of them is not a DID.
    """
    return tuple(did(item, place) for item, place in items(obj, name, path))


def jurisdictions(obj: JsonObject, name: str, path: str) -> tuple[str, ...]:
    """As ``words``, each of the form of an ISO 3166 code.

    Raises:
        MalformedValue: Not an array of such codes.
    """
    found = words(obj, name, path)
    for index, code in enumerate(found):
        check_jurisdiction(code, child(child(path, name), index))
    return found


def window(obj: JsonObject, path: str, *, days: bool = False) -> Window:
    """The time from ``validFrom`` to ``validUntil``; an absent side is open.

    Args:
        obj: The object whose members these are.
        path: Where it stands in its document.
        days: Whether days in UTC are welcome beside date-times; the last one counts.

    Raises:
        MalformedValue: Not of that form, or it ends before it begins.
    """
    if days:
        start = moment(obj, "validFrom", path)
        end = moment(obj, "validUntil", path, end=True)
    else:
        start = instant(obj, "validFrom", path)
        end = instant(obj, "validUntil", path)
    if start is not None and end is not None and end <= start:
        raise MalformedValue("ends before it begins", path=child(path, "validUntil"))
    return Window(start, end)


def instant(obj: JsonObject, name: str, path: str) -> Instant | None:
    """The date-time ``name``, where it is there.

    Raises:
        MalformedValue: Not a date-time with an offset.
    """
    found = optional_str(obj, name, path)
    return None if found is None else Instant.parse(found, path=child(path, name))


def moment(
    obj: JsonObject, name: str, path: str, *, end: bool = False
) -> Instant | None:
    """The date-time ``name``, or the day in UTC: its first instant, or its end.

    Raises:
        MalformedValue: Neither a date-time with an offset nor a day.
    """
    found = optional_str(obj, name, path)
    if found is None or "T" in found:
        return instant(obj, name, path)
    first = Instant.from_date(found, path=child(path, name))
    return first.plus(_DAY) if end else first


def whole_number(obj: JsonObject, name: str, path: str, *, default: int) -> int:
    """The number ``name``, not negative; ``default`` where it is absent.

    Raises:
        MalformedValue: Not a whole number, negative, or beyond ``MAX_NUMBER``.
    """
    found = optional(obj, name, int, path)
    if found is not None and found < 0:
        raise MalformedValue("the number is negative", path=child(path, name))
    if found is not None and found > MAX_NUMBER:
        message = "the number is larger than JSON readers agree about"
        raise MalformedValue(message, path=child(path, name))
    return default if found is None else found


def flag(obj: JsonObject, name: str, path: str, *, default: bool) -> bool:
    """The boolean ``name``; ``default`` where it is absent.

    Raises:
        MalformedValue: Neither true nor false.
    """
    found = optional(obj, name, bool, path)
    return default if found is None else found
