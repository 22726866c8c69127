"""From a DID URL to what it names: a document, a part of it, or a resource.

As with resolution there are two questions: ``needs`` says what has to be fetched, and
``dereference`` reads it from evidence. A DID URL that this does not know how to follow
names nothing here; nothing is guessed at.

Spec: https://www.w3.org/TR/did-resolution/#dereferencing-algorithm
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core.evidence import Need
from medid.dids import resolver
from medid.dids.document import RELATIONSHIPS, DidDocument
from medid.dids.methods import web
from medid.dids.parameters import Parameters, of_url, read_parameters
from medid.dids.places import check_segment
from medid.dids.syntax import DidUrl, absolute
from medid.errors import (
    DidDeactivated,
    DidNotFound,
    FetchFailed,
    InvalidRelationship,
    InvalidVerificationMethod,
    MedidError,
)
from medid.jsonld import references

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medid.core.evidence import Evidence
    from medid.core.json import JsonObject, JsonValue
    from medid.dids.resolution import Resolution

URI_LIST: Final = "text/uri-list"
WEBVH: Final = "webvh"
MAX_RESOURCE: Final = 1_048_576  # 1 MiB of a resource that a DID URL names

Pairs: TypeAlias = "Iterable[tuple[str, str]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A DID URL that was read, with the options beside it."""

    url: DidUrl
    parameters: Parameters

    @property
    def fragment(self) -> str | None:
        """The fragment: a part of what the rest names."""
        return self.url.fragment


@dataclass(frozen=True, slots=True, kw_only=True)
class Dereferenced:
    """What a DID URL names.

    Attributes:
        content: A document or a part of it as JSON, the URLs of service endpoints as
            an array of strings, or the bytes of a resource.
        content_type: Its media type; of a resource, what its host stated.
        metadata: Of a whole document, the DID document metadata.
    """

    content: JsonValue | bytes
    content_type: str
    metadata: Mapping[str, JsonValue]


def read(text: str, options: Pairs = ()) -> Asked:
    """The DID URL that ``text`` is, and the parameters in it and in ``options``.

    Raises:
        InvalidDid: Not a DID URL.
        MalformedValue: A parameter is given twice, or is not of its form.
        MethodNotSupported: A parameter that medid does not know.
    """
    url = DidUrl.parse(text)
    return Asked(url=url, parameters=read_parameters([*of_url(url), *options]))


def needs(asked: Asked, evidence: Evidence) -> Sequence[Need]:
    """What has to be fetched to dereference ``asked``, with the evidence so far.

    Raises:
        MedidError: As ``resolver.needs`` says.
    """
    found = resolver.needs(asked.url.did, evidence)
    if any(one.url not in evidence for one in found) or not _wants_resource(asked):
        return found
    try:
        (place,) = _places(asked, _resolved(asked, evidence).document)
    except (MedidError, ValueError):
        return found  # what stands in the way is said by ``dereference``
    resource = Need(
        kind="did-resource", url=place, accept="*/*", max_bytes=MAX_RESOURCE
    )
    return (*found, resource)


def _wants_resource(asked: Asked) -> bool:
    return asked.parameters.resource or bool(asked.url.path)


def dereference(
    asked: Asked, evidence: Evidence, *, uri_list: bool = False
) -> Dereferenced:
    """What ``asked`` names.

    Args:
        asked: A DID URL with its parameters.
        evidence: What ``needs`` asked for.
        uri_list: Whether the URLs of selected services are wanted, and not the
            document with these services alone.

    Raises:
        DidDeactivated: The DID was given up.
        DidNotFound: There is no such DID, version, service or part.
        InvalidVerificationMethod: The fragment names none, where a verification
            relationship was asked for.
        InvalidRelationship: The verification method is not allowed for it.
        MedidError: As ``resolver.resolution`` says, or what stood in the way of a
            resource.
    """
    found = _resolved(asked, evidence)
    if asked.parameters.relationship is not None:
        _require_method(asked)
    if _wants_resource(asked):
        return _resource(asked, found.document, evidence)
    if asked.parameters.selects and uri_list:
        return _uri_list(asked, found.document)
    if asked.parameters.relative_ref is not None and not asked.parameters.selects:
        message = "a relative reference without a service leads nowhere"
        raise DidNotFound(message, fix="name the service")
    raw = _asked_for(asked, found.document)
    if asked.fragment is not None:
        return _part(asked, found.document, raw)
    return _document(raw, found)


def _asked_for(asked: Asked, document: DidDocument) -> JsonObject:
    """The document as it is asked for: with selected services alone, ids expanded."""
    raw = document.raw
    if asked.parameters.expand_relative_urls:
        raw = expanded(raw)
    if asked.parameters.selects:
        raw["service"] = [*_selected(asked, _with_services(asked, raw))]
    return raw


def _resolved(asked: Asked, evidence: Evidence) -> Resolution:
    options = asked.parameters.resolution_options()
    found = resolver.resolution(asked.url.did, evidence, options)
    if found.deactivated:
        raise DidDeactivated("the DID was deactivated", fix="ask its controller why")
    return found


def _document(raw: JsonObject, found: Resolution) -> Dereferenced:
    return Dereferenced(
        content=raw, content_type=resolver.CONTENT_TYPE, metadata=found.metadata
    )


# The fragment: a part of the document.


def _part(asked: Asked, document: DidDocument, raw: JsonObject) -> Dereferenced:
    name = f"{asked.url.did}#{asked.fragment}"
    relationship = asked.parameters.relationship
    methods = [*_listed(raw, "verificationMethod")]
    for one in RELATIONSHIPS:
        methods += _listed(raw, one)
    method = _named(methods, name, asked)
    if relationship is not None:
        _require_allowed(method, name, document, relationship)
    # Of selected services there are no more than those.
    lent = raw if asked.parameters.selects else _with_services(asked, raw)
    services = _listed(lent, "service")
    part = method if method is not None else _named(services, name, asked)
    if part is None:
        raise DidNotFound("nothing in the DID document has this name")
    content: JsonObject = {"@context": raw["@context"]} if "@context" in raw else {}
    return Dereferenced(
        content={**content, **part},
        content_type=resolver.CONTENT_TYPE,
        metadata=MappingProxyType({}),
    )


def _listed(raw: JsonObject, name: str) -> list[JsonObject]:
    found = raw.get(name)
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, dict)]


def _named(listed: list[JsonObject], name: str, asked: Asked) -> JsonObject | None:
    did = str(asked.url.did)
    return next((one for one in listed if _absolute(did, one.get("id")) == name), None)


def _absolute(did: str, reference: JsonValue) -> str | None:
    return absolute(reference, did) if isinstance(reference, str) else None


def _require_method(asked: Asked) -> None:
    """Return if ``asked`` names what a verification relationship can be asked of.

    Beside a service or a path, the fragment is a part of what these lead to.
    """
    elsewhere = _wants_resource(asked) or asked.parameters.selects
    if asked.fragment is None or elsewhere:
        message = "a verification relationship is asked of no verification method"
        raise InvalidVerificationMethod(message, fix="name it by its fragment alone")


def _require_allowed(
    method: JsonObject | None, name: str, document: DidDocument, relationship: str
) -> None:
    if method is None:
        message = "the DID's document lists no such verification method"
        raise InvalidVerificationMethod(message)
    if name not in document.ids_for(relationship):
        message = f"the DID does not list this key under {relationship}"
        raise InvalidRelationship(message)


# Services.


def _uri_list(asked: Asked, document: DidDocument) -> Dereferenced:
    return Dereferenced(
        content=[*_places(asked, document)],
        content_type=URI_LIST,
        metadata=MappingProxyType({}),
    )


def _with_services(asked: Asked, raw: JsonObject) -> JsonObject:
    """The document, and the services that its method lends to every DID."""
    if asked.url.did.method != WEBVH:
        return raw
    from medid.dids.webvh.services import services

    return {**raw, "service": services(asked.url.did, raw)}


def _selected(asked: Asked, raw: JsonObject) -> list[JsonObject]:
    did, wanted = str(asked.url.did), asked.parameters
    names = {f"{did}#{wanted.service}", _absolute(did, wanted.service)}
    found = [
        one
        for one in _listed(raw, "service")
        if (wanted.service is None or _absolute(did, one.get("id")) in names)
        and (wanted.service_type is None or _is_of(one, wanted.service_type))
    ]
    if not found:
        raise DidNotFound("the DID document has no such service")
    return found


def _is_of(service: JsonObject, kind: str) -> bool:
    types = service.get("type")
    return kind in types if isinstance(types, list) else types == kind


def _places(asked: Asked, document: DidDocument) -> list[str]:
    """The URLs that the endpoints of the selected services lead to, at least one."""
    raw = _with_services(asked, document.raw)
    endpoints = _path_endpoints(asked, raw)
    if endpoints is None:
        endpoints = [
            text
            for service in _selected(asked, raw)
            for text in _texts(service.get("serviceEndpoint"))
        ]
    found = [_place(one, asked) for one in endpoints]
    if not found:
        raise DidNotFound("no selected service has an endpoint that is a URL")
    return found


def _path_endpoints(asked: Asked, raw: JsonObject) -> list[str] | None:
    """Where the path of the DID URL leads; ``None`` where it has none.

    Spec: https://identity.foundation/didwebvh/v1.0/#did-url-path-resolution
    """
    path = asked.url.path
    if not path:
        return None
    if asked.url.did.method != WEBVH:
        raise DidNotFound("DIDs of this method have no paths")
    for segment in path.removeprefix("/").split("/"):
        check_segment(segment)
    name = "whois" if path == "/whois" else "files"
    listed = _listed(raw, "service")
    service = _named(listed, f"{asked.url.did}#{name}", asked) or {}
    endpoints = _texts(service.get("serviceEndpoint"))
    if name == "whois":
        return endpoints
    return [f"{endpoint.removesuffix('/')}{path}" for endpoint in endpoints]


def _texts(endpoint: JsonValue) -> list[str]:
    # A map says more than a URL: what it means is for whoever defined the service.
    listed = endpoint if isinstance(endpoint, list) else [endpoint]
    return [one for one in listed if isinstance(one, str)]


def _place(endpoint: str, asked: Asked) -> str:
    if asked.parameters.relative_ref is not None:
        endpoint = references.resolve(endpoint, asked.parameters.relative_ref)
    if asked.fragment is None:
        return endpoint
    if "#" in endpoint:
        raise DidNotFound("the service endpoint has a fragment of its own")
    return f"{endpoint}#{asked.fragment}"


def _resource(asked: Asked, document: DidDocument, evidence: Evidence) -> Dereferenced:
    places = _places(asked, document)
    if len(places) != 1:
        message = "the DID URL leads to more than one place"
        raise DidNotFound(message, fix="name one service with one endpoint")
    try:
        fetched = evidence.get(places[0], at=asked.parameters.version_time)
    except FetchFailed as error:
        raise web.settled(error) from None
    return Dereferenced(
        content=fetched.content,
        content_type=fetched.media_type or "application/octet-stream",
        metadata=MappingProxyType({}),
    )


def expanded(raw: JsonObject) -> JsonObject:
    """``raw`` with the ids of methods and services as absolute DID URLs.

    Spec: https://www.w3.org/TR/did-resolution/#did-resolution-options
    """
    did = raw["id"]
    assert isinstance(did, str)  # noqa: S101 - as every DidDocument has it

    def made(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {**value, "id": _absolute(did, value.get("id")) or value.get("id")}
        return _absolute(did, value) or value

    names = ("verificationMethod", *RELATIONSHIPS, "service")
    return {
        name: [made(one) for one in value]
        if name in names and isinstance(value, list)
        else value
        for name, value in raw.items()
    }
