"""Credentials of the Verifiable Credentials Data Model 2.0 and 1.1, read strictly.

The shape rules that plain JSON can show. Which terms the contexts define is for the
JSON-LD room to say, whether a proof holds for ``medid.securing``, and whether a
validity period has begun or ended for ``medid.verifying``.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#verifiable-credentials,
https://www.w3.org/TR/vc-data-model-1.1/#credentials
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, optional_str
from medid.core.instant import Window
from medid.credentials.common import (
    agent_id,
    base_types,
    check_proof,
    checked_document,
    contexts_of,
)
from medid.credentials.digests import digests_of
from medid.credentials.model import (
    Credential,
    Issuer,
    RelatedResource,
    SchemaReference,
    Subject,
    Version,
)
from medid.credentials.status_entry import status_entries
from medid.credentials.values import (
    language_values,
    located_objects,
    optional_instant,
    optional_url,
    required_url,
    typed_objects,
    types_of,
)
from medid.errors import MalformedValue, NotCompact, child

if TYPE_CHECKING:
    from medid.core.json import JsonObject

# What an issuer who is also the subject may say about itself as the issuer.
_ISSUER_MEMBERS: Final = frozenset({"id", "name", "description", "image", "url"})

_VALIDITY: Final[dict[Version, tuple[str, str]]] = {
    "1.1": ("issuanceDate", "expirationDate"),
    "2.0": ("validFrom", "validUntil"),
}


def parse_credential(
    document: JsonObject, *, path: str = "$", strict: bool = False
) -> Credential:
    """The credential that ``document`` is.

    Args:
        document: The decoded JSON; kept as it is, never modified.
        path: Where it stands in the document it was found in.
        strict: Whether ``core.json`` has read it: its values are not looked at again.

    Raises:
        MalformedValue: A member is missing, or not as its specification requires.
        TooLarge: The document is too deep, or has too many members.
        StatusRangeError: A status index beyond any list.
        NotCompact: Claims about an issuer who is the subject stand at the issuer.
    """
    document = checked_document(document, path, strict=strict)
    version, contexts = contexts_of(document, path)
    named = document if version == "2.0" else {}
    credential = Credential(
        version=version,
        contexts=contexts,
        types=base_types(document, "VerifiableCredential", path),
        id=optional_url(document, "id", path),
        issuer=_issuer(document, version, path),
        subjects=_subjects(document, path),
        validity=_validity(document, version, path),
        names=language_values(named, "name", path),
        descriptions=language_values(named, "description", path),
        status=status_entries(document, path),
        schemas=_schemas(document, path),
        related_resources=_related(document, path),
        evidence=typed_objects(document, "evidence", path),
        terms_of_use=typed_objects(document, "termsOfUse", path),
        refresh_service=typed_objects(document, "refreshService", path),
        path=path,
        document=document,
    )
    check_proof(document, path)
    _check_self_issued(document, path)
    return credential


def _issuer(document: JsonObject, version: Version, path: str) -> Issuer:
    place = child(path, "issuer")
    if "issuer" not in document:
        raise MalformedValue("the member 'issuer' is missing", path=place)
    identifier, value = agent_id(document, "issuer", path), document["issuer"]
    # VCDM 1.1 gives an issuer's name no form, so it is not judged and not read.
    if not isinstance(value, dict) or version == "1.1":
        return Issuer(id=identifier)
    return Issuer(
        id=identifier,
        names=language_values(value, "name", place),
        descriptions=language_values(value, "description", place),
    )


def _check_self_issued(document: JsonObject, path: str) -> None:
    """Return if an issuer who is also the subject has no claims of its own.

    To RDF the two are one resource, so a signature over RDF would still hold after
    claims were moved from the subject, where they are read, to the issuer.
    """
    issuer = document["issuer"]
    if not isinstance(issuer, dict) or issuer.keys() <= _ISSUER_MEMBERS:
        return
    for claims, _ in located_objects(document, "credentialSubject", path):
        if claims.get("id") == issuer.get("id"):
            raise NotCompact(
                "the claims about an issuer who is the subject belong to the subject",
                path=child(path, "issuer"),
            )


def _subjects(document: JsonObject, path: str) -> tuple[Subject, ...]:
    found = located_objects(document, "credentialSubject", path)
    if not found:
        place = child(path, "credentialSubject")
        raise MalformedValue("the member 'credentialSubject' is missing", path=place)
    for claims, place in found:
        if not claims:
            raise MalformedValue("the subject has no claims", path=place)
    return tuple(
        Subject(id=optional_url(claims, "id", place), claims=claims)
        for claims, place in found
    )


def _validity(document: JsonObject, version: Version, path: str) -> Window:
    """The validity period, in the words of the document's own version only.

    The other version's words are undefined under this base context, or mean
    something else: a reader that skipped them would take an expired credential for
    one that never expires.
    """
    start_name, end_name = _VALIDITY[version]
    for name in _VALIDITY["1.1" if version == "2.0" else "2.0"]:
        if name in document:
            message = f"not a member of version {version} of the data model"
            fix = f"use {start_name} and {end_name}"
            raise MalformedValue(message, path=child(path, name), fix=fix)
    start = optional_instant(document, start_name, path)
    end = optional_instant(document, end_name, path)
    if start is None and version == "1.1":
        place = child(path, start_name)
        raise MalformedValue("the member 'issuanceDate' is missing", path=place)
    if start is not None and end is not None and end < start:
        raise MalformedValue("ends before it begins", path=child(path, end_name))
    return Window(start, end)


def _schemas(document: JsonObject, path: str) -> tuple[SchemaReference, ...]:
    return tuple(
        SchemaReference(
            id=required_url(item, "id", place),
            types=types_of(item, place),
            digests=digests_of(item, place),
            path=place,
            raw=item,
        )
        for item, place in located_objects(document, "credentialSchema", path)
    )


def _related(document: JsonObject, path: str) -> tuple[RelatedResource, ...]:
    found: dict[str, RelatedResource] = {}
    for item, place in located_objects(document, "relatedResource", path):
        resource = _resource(as_object(item, place), place)
        if resource.id in found:
            raise MalformedValue("the resource is repeated", path=child(place, "id"))
        found[resource.id] = resource
    return tuple(found.values())


def _resource(item: JsonObject, path: str) -> RelatedResource:
    digests = digests_of(item, path)
    if not digests:
        message = "neither digestSRI nor digestMultibase is there"
        raise MalformedValue(message, path=path)
    return RelatedResource(
        id=required_url(item, "id", path),
        digests=digests,
        media_type=optional_str(item, "mediaType", path),
        path=path,
    )
