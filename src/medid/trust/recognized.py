"""What signed documents say of whom their issuer recognizes.

Two kinds of credential are read: W3C Recognized Entities, and a trust registry in a
credential, of which the accepted boards count and nothing else. Neither is verified
here: that its issuer stands behind it is for whoever calls.

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#data-model
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import as_list, as_object, optional_str, required_str
from medid.credentials import SchemaReference
from medid.credentials.digests import digests_of
from medid.credentials.schema import JSON_SCHEMA
from medid.errors import MalformedValue, child
from medid.trust.boards import read_board
from medid.trust.chains import RecognitionLink
from medid.trust.members import items, window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.instant import Window
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential

RECOGNIZED_TYPE: Final = "RecognizedEntityCredential"
REGISTRY_TYPE: Final = "TrustRegistryCredential"
RECOGNITIONS: Final = frozenset((RECOGNIZED_TYPE, REGISTRY_TYPE))
# Entities and actions in one document: a nation's boards fit.
MAX_ENTITIES: Final = 512
_ENTITY: Final = "RecognizedEntity"
_ACTION: Final = "RecognizedAction"
_ISSUE: Final = "issue"


def read_links(
    credential: Credential, *, span: Window, digest: str, url: str | None = None
) -> tuple[RecognitionLink, ...]:
    """The recognitions in ``credential``, whose schemas are still to be obtained.

    Args:
        credential: Of one of the types ``RECOGNITIONS``, verified by the caller.
        span: When it is valid, by all that it says.
        digest: SHA-256 (hex) of its bytes.
        url: Where it was published; ``None`` if it was presented.

    Raises:
        MalformedValue: It is not of its form, or has too many entities.
    """
    found: list[RecognitionLink] = []
    read = _registry if REGISTRY_TYPE in credential.types else _entities
    for link in read(credential, span, digest, url):
        if len(found) == MAX_ENTITIES:
            message = f"more than {MAX_ENTITIES} recognitions in one document"
            raise MalformedValue(message, path=credential.path)
        found.append(link)
    return tuple(found)


# W3C Recognized Entities.


def _entities(
    credential: Credential, span: Window, digest: str, url: str | None
) -> Iterator[RecognitionLink]:
    place = child(credential.path, "credentialSubject")
    for index, subject in enumerate(credential.subjects):
        path = child(place, index)
        # Who has no name, and what is of another type, is recognized by nobody here.
        if subject.id is None or not _is_a(subject.claims, _ENTITY):
            continue
        at = child(path, "recognizedTo")
        for number, value in enumerate(_several(subject.claims, "recognizedTo")):
            action = as_object(value, child(at, number))
            if not _issues(action, credential.issuer.id, child(at, number)):
                continue
            yield RecognitionLink(
                entity=subject.id,
                recognized_by=credential.issuer.id,
                window=span.intersect(window(action, child(at, number))),
                validation=_validation(action, child(at, number)),
                issued=credential.document,
                digest=digest,
                url=url,
            )


def _issues(action: JsonObject, issuer: str, path: str) -> bool:
    """Whether this is the issuer's own recognition of somebody who issues."""
    if not _is_a(action, _ACTION) or optional_str(action, "action", path) != _ISSUE:
        return False
    by = action.get("recognizedBy", issuer)
    if isinstance(by, dict):
        by = by.get("id")
    return by == issuer  # nobody else has signed it


def _validation(action: JsonObject, path: str) -> tuple[SchemaReference, ...]:
    place = child(path, "outputValidation")
    if "outputValidation" not in action:
        return ()
    found = tuple(
        _schema(as_object(value, child(place, index)), child(place, index))
        for index, value in enumerate(_several(action, "outputValidation"))
    )
    if not found:
        message = "an empty list of schemas stands for none, never for any output"
        raise MalformedValue(message, path=place)
    return found


def _schema(obj: JsonObject, path: str) -> SchemaReference:
    url = required_str(obj, "id", path)
    if not url.startswith("https://"):
        raise MalformedValue("not an https URL", path=child(path, "id"))
    if _several(obj, "type") != [JSON_SCHEMA]:
        raise MalformedValue("not a JsonSchema", path=child(path, "type"))
    digests = digests_of(obj, path)
    if not digests:
        message = "no digest says which schema is meant, so its host could change it"
        raise MalformedValue(message, path=path)
    return SchemaReference(
        id=url, types=(JSON_SCHEMA,), digests=digests, path=path, raw=obj
    )


def _several(obj: JsonObject, name: str) -> list[JsonValue]:
    return list(as_list(obj.get(name, [])))


def _is_a(obj: JsonObject, name: str) -> bool:
    return name in _several(obj, "type")


# A trust registry in a credential.


def _registry(
    credential: Credential, span: Window, digest: str, url: str | None
) -> Iterator[RecognitionLink]:
    path = child(credential.path, "credentialSubject")
    for subject in credential.subjects:
        at = child(path, "trustRegistry")
        registry = as_object(subject.claims.get("trustRegistry"), at)
        for item, place in items(registry, "acceptedBoards", at):
            board = read_board(item, place)
            if board.is_plain:
                yield RecognitionLink(
                    entity=board.did,
                    recognized_by=credential.issuer.id,
                    credential_types=board.credential_types,
                    jurisdictions=board.jurisdictions,
                    professions=board.professions,
                    require_registration=board.require_registration,
                    window=span.intersect(board.window),
                    issued=credential.document,
                    digest=digest,
                    url=url,
                )
