"""``GET /1.0/identifiers/{did}``: a DID resolver and dereferencer over HTTP.

A DID is resolved and a DID URL is dereferenced. The Accept header says which of them is
wanted, and whether whole results or only what was found; a caller without a preference
resolves, and whatever is no DID is refused.

Resources that services publish are not passed on: what a stranger's host answers does
not go out in this server's name.

Spec: https://www.w3.org/TR/did-resolution/#bindings-https
"""

from __future__ import annotations

import re
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.dids import dereferencing, resolver
from medid.dids.dereferencing import URI_LIST, Asked
from medid.dids.parameters import read_parameters
from medid.dids.syntax import Did, DidUrl
from medid.errors import (
    DidDeactivated,
    InvalidRelationship,
    InvalidVerificationMethod,
    MalformedValue,
    MedidError,
    MethodNotSupported,
)
from medid.server import negotiation
from medid.server.calls import JSON, Answer, Call
from medid.verifying.gathering import gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.evidence import Need
    from medid.core.fetch import Fetch
    from medid.core.json import JsonObject, JsonValue
    from medid.dids.dereferencing import Dereferenced
    from medid.dids.parameters import Parameters

RESOLUTION: Final = "application/did-resolution"
DEREFERENCING: Final = "application/did-url-dereferencing"
# Forms of the document itself.
DOCUMENTS: Final = (
    "application/did",
    "application/did+ld+json",
    "application/did+json",
)
_BY_ACCEPT: Final[Mapping[str, str]] = MappingProxyType({"Vary": "Accept"})
_GONE: Final = 410  # a DID that was deactivated
_SEE_OTHER: Final = 303  # the URL of a service endpoint
_LOCATION: Final = re.compile(r"https://[!-~]{1,2048}")  # what a header may hold
# Parameters that make a DID URL of a DID, wherever they stand in the request.
_SELECTING: Final = frozenset({"service", "serviceType", "relativeRef", "resource"})

# https://www.w3.org/TR/did-resolution/#bindings-https, table of error types.
_STATUSES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "INVALID_DID": 400,
        "INVALID_DID_URL": 400,
        "INVALID_OPTIONS": 400,
        "NOT_FOUND": 404,
        "REPRESENTATION_NOT_SUPPORTED": 406,
        "METHOD_NOT_SUPPORTED": 501,
        "FEATURE_NOT_SUPPORTED": 501,
    }
)
_OF_METHODS: Final = "INVALID_VERIFICATION_METHOD"
_OTHER_STATUS: Final = 500  # the host's document, or something unexpected


def resolve(call: Call, fetch: Fetch) -> Answer:
    """The answer to a request for what ``call.name``, a DID or a DID URL, names.

    Args:
        call: With the DID, the Accept header and the parameters of the query.
        fetch: Where a document that is published elsewhere comes from.
    """
    offered = (RESOLUTION, *DOCUMENTS, JSON, DEREFERENCING, URI_LIST)
    media_type = negotiation.choose(call.accept, offered)
    if media_type is None:
        message = "the request cannot be answered in the form it asks for"
        error = MalformedValue(message)
        shown = resolver.failed_result(
            resolver.problem("REPRESENTATION_NOT_SUPPORTED", error)
        )
        return _answer(406, shown, RESOLUTION, "NOT_ACCEPTABLE")
    if media_type == RESOLUTION or (
        media_type not in {DEREFERENCING, URI_LIST} and _is_bare(call)
    ):
        return _resolution(call, fetch, media_type)
    return _dereferencing(call, fetch, media_type)


def _is_bare(call: Call) -> bool:
    """Whether a DID is asked about, and not what a DID URL leads to."""
    return not any(mark in call.name for mark in "/?#") and not any(
        name in _SELECTING for name, _ in call.query
    )


def _read(call: Call) -> Asked:
    asked = dereferencing.read(call.name, call.query)
    if asked.parameters.resource or asked.url.path:
        message = "this resolver names resources and does not pass them on"
        fix = "ask for text/uri-list, and fetch the resource yourself"
        raise MethodNotSupported(message, fix=fix)
    return asked


def _gathered(asked: Asked, fetch: Fetch) -> Evidence:
    return gather(
        NO_EVIDENCE, partial(_needs, asked), fetch, at=asked.parameters.version_time
    )


def _needs(asked: Asked, known: Evidence) -> Sequence[Need]:
    try:
        return dereferencing.needs(asked, known)
    except MedidError:
        return ()  # said when it is resolved


# Resolution.


def _resolution(call: Call, fetch: Fetch, media_type: str) -> Answer:
    try:
        url = DidUrl(did=Did.parse(call.name))
        resolver.needs(url.did, NO_EVIDENCE)
        parameters = _options(call)
    except MedidError as error:
        kind = _of_options(error)
        shown = resolver.failed_result(resolver.problem(kind, error))
        return _answer(_status(kind), shown, RESOLUTION, error.code)
    evidence = _gathered(Asked(url=url, parameters=parameters), fetch)
    options = parameters.resolution_options()
    result = resolver.resolution_result(call.name, evidence, options)
    status, code = _judged(result)
    document = result["didDocument"]
    if isinstance(document, dict) and parameters.expand_relative_urls:
        document = dereferencing.expanded(document)
        result = {**result, "didDocument": document}
    if status == 200 and media_type in DOCUMENTS:
        return _answer(status, document, media_type, code)
    form = media_type if media_type == JSON else RESOLUTION
    return _answer(status, result, form, code)


def _options(call: Call) -> Parameters:
    """The options of a resolution; parameters of DID URLs are none.

    Raises:
        _Unsupported: A name that is no option.
        MalformedValue: A name twice, or a value that is not of its form.
    """
    try:
        parameters = read_parameters(call.query)
    except MethodNotSupported as error:
        raise _Unsupported(error.message, fix=error.fix) from None
    if not _is_bare(call) or parameters.relationship is not None:
        message = "this is a parameter of DID URLs, and no option of a resolution"
        raise _Unsupported(message, fix=f"ask for {DEREFERENCING}")
    return parameters


class _Unsupported(MethodNotSupported):
    """What is asked for beside a DID is not done here."""


def _of_options(error: MedidError) -> str:
    """What DID Resolution calls ``error``, raised while the request was read."""
    if isinstance(error, _Unsupported):
        return "FEATURE_NOT_SUPPORTED"
    if isinstance(error, MalformedValue):
        return "INVALID_OPTIONS"
    return resolver.error_type(error)


def _judged(result: JsonObject) -> tuple[int, str]:
    """The HTTP status and the code of a resolution's result."""
    metadata = result["didResolutionMetadata"]
    error = metadata.get("error") if isinstance(metadata, dict) else None
    if isinstance(error, dict):
        kind = str(error["type"]).partition("#")[2]
        return _status(kind), str(error["title"])
    if result["didDocument"] is None:
        return _GONE, DidDeactivated.code
    return 200, "OK"


def _status(kind: str) -> int:
    return _STATUSES.get(kind, _OTHER_STATUS)


# Dereferencing.


def _dereferencing(call: Call, fetch: Fetch, media_type: str) -> Answer:
    try:
        asked = _read(call)
    except MethodNotSupported as error:
        return _refused("FEATURE_NOT_SUPPORTED", error)
    except MedidError as error:
        invalid_options = isinstance(error, MalformedValue) and "?" not in call.name
        kind = "INVALID_OPTIONS" if invalid_options else "INVALID_DID_URL"
        return _refused(kind, error)
    evidence = _gathered(asked, fetch)
    uri_list = media_type == URI_LIST
    try:
        found = dereferencing.dereference(asked, evidence, uri_list=uri_list)
    except DidDeactivated as error:
        shown = _result(None, {}, {"deactivated": True})
        return _answer(_GONE, shown, DEREFERENCING, error.code)
    except MedidError as error:
        return _refused(_kind_of(error), error)
    return _uri_list(found) if uri_list else _found(found, media_type)


def _found(found: Dereferenced, media_type: str) -> Answer:
    shown = _json(found)
    if media_type == DEREFERENCING:
        about: JsonObject = {"contentType": found.content_type}
        shown = _result(shown, about, dict(found.metadata))
    return _answer(200, shown, media_type, "OK")


def _kind_of(error: MedidError) -> str:
    if isinstance(error, InvalidRelationship):
        return "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
    kind = resolver.error_type(error)
    if kind == "INVALID_DID":
        # That of a key which cannot be used, such as a did:key, as well.
        return "INVALID_DID_URL"
    return _OF_METHODS if isinstance(error, InvalidVerificationMethod) else kind


def _json(found: Dereferenced) -> JsonValue:
    # Bytes are what resources consist of, and those are not passed on.
    assert not isinstance(found.content, bytes)  # noqa: S101
    return found.content


def _uri_list(found: Dereferenced) -> Answer:
    """A single place is where to go; several are a list to choose from.

    A document or a part of it has no URLs: that form does not exist of it.
    """
    content = _json(found)
    if found.content_type != URI_LIST or not isinstance(content, list):
        message = "a list of URLs exists of services alone"
        error = MalformedValue(message, fix="ask for application/did")
        return _refused("REPRESENTATION_NOT_SUPPORTED", error)
    places = [str(one) for one in content]
    if len(places) == 1 and _LOCATION.fullmatch(places[0]):
        return Answer(
            status=_SEE_OTHER,
            content=b"",
            media_type=URI_LIST,
            headers={**_BY_ACCEPT, "Location": places[0]},
        )
    text = "".join(f"{one}\r\n" for one in places)
    return Answer(
        status=200, content=text.encode(), media_type=URI_LIST, headers=_BY_ACCEPT
    )


def _refused(kind: str, error: MedidError) -> Answer:
    shown = _result(None, {"error": resolver.problem(kind, error)}, {})
    return _answer(_status(kind), shown, DEREFERENCING, error.code)


def _result(
    content: JsonValue, dereferencing_metadata: JsonObject, metadata: JsonObject
) -> JsonObject:
    """The result of dereferencing, by the names of the function that gives it."""
    return {
        "dereferencingMetadata": dereferencing_metadata,
        "contentStream": content,
        "contentMetadata": metadata,
    }


def _answer(status: int, shown: JsonValue, media_type: str, code: str) -> Answer:
    return Answer(
        status=status,
        content=strict_json.dumps(shown).encode(),
        media_type=media_type,
        headers=_BY_ACCEPT,
        code=code,
    )
