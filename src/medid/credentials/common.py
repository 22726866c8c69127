"""The rules that credentials and presentations share: contexts, id, type, proof.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#contexts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import as_list, as_object, item_path
from medid.core.json import mismatch
from medid.credentials.model import CONTEXT_V1, CONTEXT_V2, Version
from medid.credentials.values import (
    as_url,
    check_values,
    is_usual_url,
    typed_objects,
    types_of,
)
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

_VERSIONS: Final[dict[str, Version]] = {CONTEXT_V1: "1.1", CONTEXT_V2: "2.0"}
_BASE_TYPES: Final = ("VerifiableCredential", "VerifiablePresentation")


def checked_document(
    document: JsonObject, path: str, *, strict: bool = False
) -> JsonObject:
    """``document``, which must be an object of JSON values.

    What ``core.json`` has read or copied is one already, within limits that are no
    wider: ``strict`` says so, and nothing is looked at twice.

    Raises:
        MalformedValue: It is not.
        TooLarge: The document is too deep, or has too many members.
    """
    if not strict:
        check_values(document, path)
    return as_object(document, path)


def contexts_of(
    document: JsonObject, path: str
) -> tuple[Version, tuple[JsonValue, ...]]:
    """The data model's version and the contexts, of which the base is the first.

    Raises:
        MalformedValue: No contexts, no base context at the front, both base
            contexts, or an entry that is neither a URL nor an object.
    """
    place = child(path, "@context")
    if "@context" not in document:
        raise MalformedValue("the member '@context' is missing", path=place)
    value = document["@context"]
    entries = as_list(value)
    for index, entry in enumerate(entries):
        if not is_usual_url(entry):
            _check_context(entry, item_path(value, place, index))
    first = entries[0] if entries else None
    if not isinstance(first, str) or first not in _VERSIONS:
        message = "the first context is not the base context of VCDM 2.0 or 1.1"
        raise MalformedValue(message, path=place, fix=f"begin with {CONTEXT_V2}")
    if sum(entry in _VERSIONS for entry in entries if isinstance(entry, str)) > 1:
        message = "there is a second base context"
        raise MalformedValue(message, path=place, fix="keep the first one only")
    return _VERSIONS[first], tuple(entries)


def _check_context(entry: JsonValue, path: str) -> None:
    if isinstance(entry, str):
        as_url(entry, path)
    elif not isinstance(entry, dict):
        raise mismatch("a URL or an object", entry, path)


def base_types(document: JsonObject, name: str, path: str) -> tuple[str, ...]:
    """The document's types, among which ``name`` is the only base type.

    A document that is a credential for one reader and a presentation for the next
    would be judged by the rules of one and used as the other.

    Raises:
        MalformedValue: ``name`` is not there, the other base type is, or ``type``
            is malformed.
    """
    types = types_of(document, path)
    if [kind for kind in types if kind in _BASE_TYPES] != [name]:
        message = f"the type must name {name}, and no other base type"
        raise MalformedValue(message, path=child(path, "type"))
    return types


def check_proof(document: JsonObject, path: str) -> None:
    """Return if ``proof`` is absent, or one typed object or more.

    Raises:
        MalformedValue: It is neither; an empty array proves nothing.
    """
    typed_objects(document, "proof", path)


def agent_id(document: JsonObject, name: str, path: str) -> str:
    """The URL of an issuer or holder: the string itself, or the ``id`` of the object.

    Raises:
        MalformedValue: It is neither, or not one absolute URL.
    """
    value, place = document[name], child(path, name)
    if not isinstance(value, dict):
        return as_url(value, place)
    if "id" not in value:
        raise MalformedValue("the member 'id' is missing", path=child(place, "id"))
    return as_url(value["id"], child(place, "id"))
