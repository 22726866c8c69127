"""The form of the DID document's other members: kept whole, checked, not used.

Spec: https://www.w3.org/TR/did-core/#did-document-properties
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, as_str, strings
from medid.dids.syntax import Did
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


def check_members(obj: JsonObject) -> None:
    """Return if ``controller``, ``alsoKnownAs`` and ``service`` are well formed.

    Raises:
        InvalidDidDocument: One is not of its form, or two services share an id.
        InvalidDid: A controller is no DID.
        MalformedValue: A member is missing or of another kind.
    """
    if "controller" in obj:
        for controller in strings(obj["controller"], "$.controller"):
            Did.parse(controller, path="$.controller")
    for value, path in items(obj, "alsoKnownAs", "$"):
        _uri(as_str(value, path), path)
    ids = [
        _service(as_object(entry, path), path)
        for entry, path in items(obj, "service", "$")
    ]
    if len(set(ids)) != len(ids):
        raise InvalidDidDocument("two services of one id", path="$.service")


def _service(entry: JsonObject, path: str) -> str:
    name = as_str(entry.get("id"), child(path, "id"))
    if not name.startswith("#"):
        _uri(name, child(path, "id"))
    strings(entry.get("type"), child(path, "type"))
    place = child(path, "serviceEndpoint")
    endpoints = entry.get("serviceEndpoint")
    for endpoint in endpoints if isinstance(endpoints, list) else [endpoints]:
        if not isinstance(endpoint, dict):
            _uri(as_str(endpoint, place), place)
    return name


def _uri(text: str, path: str) -> None:
    if _URI.fullmatch(text) is None:
        raise InvalidDidDocument("not an absolute URI", path=path)
