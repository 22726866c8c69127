"""The form of the DID document's other members: kept whole, checked, not used.

Spec: https://www.w3.org/TR/did-core/#did-document-properties
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, as_str, strings
from medid.dids.syntax import Did, DidUrl, absolute
from medid.errors import InvalidDidDocument, child

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

# RFC 3986 section 3: a scheme, a colon, and no white space or control characters.
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*+:[!-~]++")


def items(obj: JsonObject, name: str, path: str) -> list[tuple[JsonValue, str]]:
    """The elements of the array ``name`` with their paths; none where it is absent.

    Raises:
        InvalidDidDocument: It is there and no array.
    """
    value = obj.get(name, [])
    if not isinstance(value, list):
        message = f"{name!r} must be an array"
        raise InvalidDidDocument(message, path=child(path, name))
    place = child(path, name)
    return [(item, child(place, index)) for index, item in enumerate(value)]


def check_members(obj: JsonObject, did: Did) -> None:
    """Return if ``controller``, ``alsoKnownAs`` and ``service`` are well formed.

    Args:
        obj: The document.
        did: What relative ids in it are relative to.

    Raises:
        InvalidDidDocument: One is not of its form, or two services share an id, however
            each of them spells it.
        InvalidDid: A controller is no DID, or a relative id no DID URL.
        MalformedValue: A member is missing or of another kind.
    """
    if "controller" in obj:
        for controller in strings(obj["controller"], "$.controller"):
            Did.parse(controller, path="$.controller")
    for value, path in items(obj, "alsoKnownAs", "$"):
        check_uri(as_str(value, path), path)
    ids = [
        _service(as_object(entry, path), path, did)
        for entry, path in items(obj, "service", "$")
    ]
    if len(set(ids)) != len(ids):
        raise InvalidDidDocument("two services of one id", path="$.service")


def _service(entry: JsonObject, path: str, did: Did) -> str:
    """The id of a service, as it stands alone."""
    place = child(path, "id")
    stated = as_str(entry.get("id"), place)
    name = absolute(stated, did)
    if name != stated:
        DidUrl.parse(name, path=place)
    check_uri(name, place)
    strings(entry.get("type"), child(path, "type"))
    _check_endpoint(entry.get("serviceEndpoint"), child(path, "serviceEndpoint"))
    return name


def _check_endpoint(stated: JsonValue, path: str) -> None:
    """Return if ``stated`` is a URL, a map, or one or more of these."""
    endpoints = stated if isinstance(stated, list) else [stated]
    if not endpoints:
        raise InvalidDidDocument("the array is empty", path=path)
    for endpoint in endpoints:
        if not isinstance(endpoint, dict):
            check_uri(as_str(endpoint, path), path)


def check_uri(text: str, path: str) -> None:
    """Return if ``text`` is an absolute URI.

    Raises:
        InvalidDidDocument: It is not.
    """
    if _URI.fullmatch(text) is None:
        raise InvalidDidDocument("not an absolute URI", path=path)
