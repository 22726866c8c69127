"""Which entry of which list speaks about it: ``credentialStatus`` and ``status``.

Entries of Bitstring Status Lists, StatusList2021 and Token Status Lists are typed.
Other types keep their JSON only, and ``medid.status`` refuses what it does not know.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistentry,
https://www.w3.org/TR/2023/WD-vc-status-list-20230427/#statuslist2021entry,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-6
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, item_path, optional, required, required_str
from medid.credentials.model import StatusEntry, StatusMessage
from medid.credentials.values import (
    as_url,
    located_objects,
    optional_url,
    required_url,
    types_of,
)
from medid.errors import MalformedValue, StatusRangeError, child

if TYPE_CHECKING:
    from medid.core.json import JsonObject

BITSTRING_ENTRY: Final = "BitstringStatusListEntry"
STATUS_LIST_2021_ENTRY: Final = "StatusList2021Entry"
# The name that the mechanism has in the status claim of a token.
STATUS_LIST_CLAIM: Final = "status_list"
_KNOWN: Final = (BITSTRING_ENTRY, STATUS_LIST_2021_ENTRY)

MAX_STATUS_SIZE: Final = 32  # bits an entry; no list of the largest size has more codes
_MAX_INDEX_DIGITS: Final = 18  # decimal digits, far beyond the 2^26 bits of any list

_INDEX: Final = re.compile(r"0|[1-9][0-9]*")
_STATUS_CODE: Final = re.compile(r"0x([0-9A-Fa-f]{1,8})")


def status_entries(document: JsonObject, path: str) -> tuple[StatusEntry, ...]:
    """Every ``credentialStatus`` of a credential; () where it is absent.

    Raises:
        MalformedValue: One is not of the form that its type requires.
        StatusRangeError: An index beyond any list.
    """
    return tuple(
        _entry(item, place)
        for item, place in located_objects(document, "credentialStatus", path)
    )


def _entry(obj: JsonObject, path: str) -> StatusEntry:
    types = types_of(obj, path)
    identifier = optional_url(obj, "id", path)
    known = next((kind for kind in _KNOWN if kind in types), None)
    if known == STATUS_LIST_2021_ENTRY and "statusListCredential" not in obj:
        # A draft is not this specification: what names no list just cannot be judged.
        known = None
    if known is None:
        return StatusEntry(
            type=types[0], types=types, id=identifier, path=path, raw=obj
        )
    if len(types) > 1:
        # Another type's rules could give the same bit another meaning.
        message = f"{known} must be the only type"
        raise MalformedValue(message, path=child(path, "type"))
    list_url = required_url(obj, "statusListCredential", path)
    if identifier == list_url:
        message = "the entry's id must not be the URL of its list"
        raise MalformedValue(message, path=child(path, "id"))
    # One entry of a StatusList2021 is one bit, and has no messages.
    size = _size(obj, path) if known == BITSTRING_ENTRY else 1
    return StatusEntry(
        type=known,
        types=types,
        id=identifier,
        purpose=required_str(obj, "statusPurpose", path),
        index=_index(obj, path),
        list_url=list_url,
        size=size,
        messages=_messages(obj, size, path) if known == BITSTRING_ENTRY else (),
        references=_references(obj, path),
        path=path,
        raw=obj,
    )


def token_entries(status: JsonObject, *, path: str = "$") -> tuple[StatusEntry, ...]:
    """The entry that a ``status`` claim names; () where it names another mechanism.

    Raises:
        MalformedValue: ``status_list`` is not of the form that it has to be.
    """
    reference = optional(status, STATUS_LIST_CLAIM, dict, path)
    if reference is None:
        return ()
    place = child(path, STATUS_LIST_CLAIM)
    index = required(reference, "idx", int, place)
    if index < 0:
        raise MalformedValue("the index is negative", path=child(place, "idx"))
    entry = StatusEntry(
        type=STATUS_LIST_CLAIM,
        types=(STATUS_LIST_CLAIM,),
        path=place,
        index=index,
        list_url=required_url(reference, "uri", place),
        raw=reference,
    )
    return (entry,)


def _index(obj: JsonObject, path: str) -> int:
    text, place = required_str(obj, "statusListIndex", path), "statusListIndex"
    if not _INDEX.fullmatch(text):
        message = "not a whole number in decimal digits, written as a string"
        raise MalformedValue(message, path=child(path, place))
    if len(text) > _MAX_INDEX_DIGITS:
        raise StatusRangeError("the index is beyond any list", path=child(path, place))
    return int(text)


def _size(obj: JsonObject, path: str) -> int:
    size = optional(obj, "statusSize", int, path)
    if size is None:
        return 1
    if not 1 <= size <= MAX_STATUS_SIZE:
        message = f"not between 1 and {MAX_STATUS_SIZE}"
        raise MalformedValue(message, path=child(path, "statusSize"))
    return size


def _messages(obj: JsonObject, size: int, path: str) -> tuple[StatusMessage, ...]:
    """The text of each status code, which must be complete and in order."""
    place = child(path, "statusMessage")
    if "statusMessage" not in obj:
        if size > 1:
            message = "a status of more than one bit needs its messages"
            raise MalformedValue(message, path=place)
        return ()
    items = required(obj, "statusMessage", list, path)
    if len(items) != 1 << size:
        raise MalformedValue("not one message for each status code", path=place)
    found = tuple(
        _message(as_object(item, where), where)
        for index, item in enumerate(items)
        for where in (item_path(items, place, index),)
    )
    if sorted(message.status for message in found) != list(range(1 << size)):
        raise MalformedValue("a status code is missing or repeated", path=place)
    return tuple(sorted(found, key=lambda message: message.status))


def _message(obj: JsonObject, path: str) -> StatusMessage:
    match = _STATUS_CODE.fullmatch(required_str(obj, "status", path))
    if not match:
        message = "not a hexadecimal status code like 0x1"
        raise MalformedValue(message, path=child(path, "status"))
    return StatusMessage(
        status=int(match[1], 16), message=required_str(obj, "message", path)
    )


def _references(obj: JsonObject, path: str) -> tuple[str, ...]:
    if "statusReference" not in obj:
        return ()
    value, place = obj["statusReference"], child(path, "statusReference")
    if not isinstance(value, list):
        return (as_url(value, place),)
    if not value:
        raise MalformedValue("the array is empty", path=place)
    return tuple(as_url(item, child(place, n)) for n, item in enumerate(value))
