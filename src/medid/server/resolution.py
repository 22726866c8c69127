"""``GET /1.0/identifiers/{did}``: a DID resolver over HTTP.

Spec: https://www.w3.org/TR/did-resolution/#bindings-https
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.errors import DidDeactivated, MedidError
from medid.server import negotiation
from medid.server.calls import JSON, Answer, Call
from medid.verifying.gathering import gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.evidence import Need
    from medid.core.fetch import Fetch
    from medid.core.json import JsonObject, JsonValue

RESOLUTION: Final = "application/did-resolution"
_BY_ACCEPT: Final[Mapping[str, str]] = MappingProxyType({"Vary": "Accept"})
# Forms of the document itself.
DOCUMENTS: Final = (
    "application/did",
    "application/did+ld+json",
    "application/did+json",
)

# https://www.w3.org/TR/did-resolution/#bindings-https, table of error types.
_RESOLUTION_STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "INVALID_DID": 400,
        "NOT_FOUND": 404,
        "METHOD_NOT_SUPPORTED": 501,
        "INVALID_DID_DOCUMENT": 500,
        "INTERNAL_ERROR": 500,
    }
)


def resolve(call: Call, fetch: Fetch) -> Answer:
    """The answer to a request for the document of ``call.name``.

    Args:
        call: With the DID, the Accept header and the options that were named.
        fetch: Where a document that is published elsewhere comes from.
    """
    media_type = negotiation.choose(call.accept, (RESOLUTION, *DOCUMENTS, JSON))
    if media_type is None:
        return _refused(406, "REPRESENTATION_NOT_SUPPORTED", "NOT_ACCEPTABLE")
    if call.options:
        return _refused(400, "INVALID_OPTIONS", "MALFORMED_VALUE_ERROR")
    evidence = gather(Evidence(), lambda known: _needs(call.name, known), fetch)
    result = resolver.resolution_result(call.name, evidence)
    status, code = _resolved(call.name, evidence)
    shown: JsonValue = result
    if status == 200 and media_type in DOCUMENTS:
        shown = result["didDocument"]
    elif media_type != JSON:
        media_type = RESOLUTION
    return _answer(status, shown, media_type, code)


def _needs(text: str, known: Evidence) -> Sequence[Need]:
    try:
        return resolver.needs(Did.parse(text), known)
    except MedidError:
        return ()


def _resolved(text: str, evidence: Evidence) -> tuple[int, str]:
    """The HTTP status and the code of a resolution."""
    try:
        resolver.resolve(Did.parse(text), evidence)
    except DidDeactivated as error:
        return 410, error.code
    except MedidError as error:
        return _RESOLUTION_STATUS[resolver.error_type(error)], error.code
    return 200, "OK"


def _refused(status: int, name: str, code: str) -> Answer:
    problem: JsonObject = {
        "type": f"https://www.w3.org/ns/did#{name}",
        "title": code,
        "detail": "the request cannot be answered in the form it asks for",
    }
    result: JsonObject = {
        "@context": resolver.RESULT_CONTEXT,
        "didDocument": None,
        "didResolutionMetadata": {"error": problem},
        "didDocumentMetadata": {},
    }
    return _answer(status, result, RESOLUTION, code)


def _answer(status: int, shown: JsonValue, media_type: str, code: str) -> Answer:
    return Answer(
        status=status,
        content=strict_json.dumps(shown).encode(),
        media_type=media_type,
        headers=_BY_ACCEPT,
        code=code,
    )
