"""The OpenAPI 3.1 document of what is served, made from the table of operations.

Spec: https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.version import VERSION
from medid.dids.dereferencing import URI_LIST
from medid.dids.document import RELATIONSHIPS
from medid.keys import KeyKind
from medid.server.calls import JSON
from medid.server.decision_schemas import DECISION_ANSWERS, decision_requests
from medid.server.lists import MEDIA_TYPE as VC
from medid.server.metrics import MEDIA_TYPE as METRICS
from medid.server.operations import PREFIXES, TRACED, Served, offered
from medid.server.problems import PROBLEM
from medid.server.resolution import DEREFERENCING, DOCUMENTS, RESOLUTION
from medid.server.schemas import ANSWERS, request_schemas
from medid.server.signing import mechanisms
from medid.server.trust_schemas import TRUST_ANSWERS, trust_requests

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.server.settings import Settings

_SUMMARIES: Final = {
    "issueCredential": "Sign a credential.",
    "deriveCredential": "Disclose a part of a credential.",
    "verifyCredential": "Verify a credential or an SD-JWT VC.",
    "updateStatus": "Set or clear an entry of a hosted status list.",
    "createPresentation": "Sign a presentation of credentials.",
    "verifyPresentation": "Verify a presentation.",
    "resolve": "Resolve a DID, or dereference a DID URL.",
    "statusList": "A hosted status list, as it is published now or was at a time.",
    "createChallenge": "A challenge for one presentation.",
    "accessEvaluation": "May this subject do this with this resource?",
    "accessEvaluations": "The same for many, such as the resources of a search.",
    "resourceSearch": "Which resources of a patient may this subject see?",
    "actionSearch": "What may this subject do with this resource?",
    "decisionPointMetadata": "What an enforcement point needs to know.",
    "trqpAuthorization": "May this entity issue such credentials?",
    "trqpRecognition": "Does this authority's recognition of issuers count?",
}
# Success of each operation: status, schema, media types.
_SUCCESS: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "issueCredential": ("201", "IssuedCredential", (JSON,)),
    "deriveCredential": ("201", "IssuedCredential", (JSON,)),
    "verifyCredential": ("200", "Verification", (JSON,)),
    "updateStatus": ("200", "UpdatedStatus", (JSON,)),
    "createPresentation": ("201", "CreatedPresentation", (JSON,)),
    "verifyPresentation": ("200", "Verification", (JSON,)),
    "resolve": ("200", "DidDocument", DOCUMENTS),
    "statusList": ("200", "StatusList", (VC, "application/ld+json", JSON)),
    "createChallenge": ("200", "Challenge", (JSON,)),
    "accessEvaluation": ("200", "Decision", (JSON,)),
    "accessEvaluations": ("200", "Decisions", (JSON,)),
    "resourceSearch": ("200", "FoundResources", (JSON,)),
    "actionSearch": ("200", "FoundActions", (JSON,)),
    "decisionPointMetadata": ("200", "DecisionPointMetadata", (JSON,)),
    "trqpAuthorization": ("200", "TrqpAuthorization", (JSON,)),
    "trqpRecognition": ("200", "TrqpRecognition", (JSON,)),
}
_ANY_TEXT: Final[JsonObject] = {"type": "string"}
_FLAG: Final[JsonObject] = {"enum": ["true", "false"]}
_INSTANT: Final[JsonObject] = {"type": "string", "format": "date-time"}
# What may stand beside a DID or in its URL: options of a resolution, and parameters of
# DID URLs.
_OF_DIDS: Final[dict[str, JsonObject]] = {
    "versionId": {"type": "string", "minLength": 1},
    "versionNumber": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    "versionTime": _INSTANT,
    "service": {"type": "string", "minLength": 1},
    "serviceType": {"type": "string", "minLength": 1},
    "relativeRef": _ANY_TEXT,
    "resource": _FLAG,
    "verificationRelationship": {"enum": [*RELATIONSHIPS]},
    "expandRelativeUrls": _FLAG,
}
_TOLD: Final = {
    "400": "The request, or what it holds, is refused.",
    "401": "A bearer token is missing or not accepted.",
    "403": "The caller may not ask for this.",
    "404": "There is no such thing here.",
    "406": "The caller accepts no form of the answer.",
    "408": "The body did not arrive in time.",
    "410": "The DID was deactivated.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "431": "The headers are too large.",
    "500": "Something went wrong inside.",
    "501": "Not supported.",
    "503": "Too many requests, or not in time.",
}


def document(settings: Settings) -> JsonObject:
    """The document that ``GET /openapi.json`` answers."""
    paths: dict[str, JsonValue] = {
        "/health": _plain("health", "The server answers.", JSON),
        "/metrics": _plain("metrics", "Counters for Prometheus.", METRICS),
        "/openapi.json": _plain("openapi", "This document.", JSON),
    }
    bodies = request_schemas(measuring=settings.measuring) | decision_requests()
    bodies |= trust_requests()
    for served in offered(settings):
        prefixes = ("", *PREFIXES) if served.prefixed else ("",)
        for number, prefix in enumerate(prefixes):
            operation = _operation(served, number, bodies, settings)
            paths[prefix + served.path] = {served.method.lower(): operation}
    answers = ANSWERS | DECISION_ANSWERS if settings.deciding else ANSWERS
    if settings.trqp_authority is not None:
        answers = answers | TRUST_ANSWERS
    components: JsonObject = {"schemas": dict(answers)}
    if not settings.measuring:
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "medid",
            "version": VERSION,
            "summary": "Verifiable credentials for health care, over HTTP.",
        },
        "servers": [{"url": settings.base_url}],
        "paths": paths,
        "components": components,
    }


def _plain(name: str, summary: str, media_type: str) -> JsonObject:
    content: JsonObject = {media_type.partition(";")[0]: {}}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "responses": {
                "200": {"description": summary, "content": content},
                **_refusals("403", "431"),
            },
        }
    }


def _operation(
    served: Served, depth: int, bodies: dict[str, JsonObject], settings: Settings
) -> JsonObject:
    operation: JsonObject = {
        "operationId": served.name + ("", "With", "WithKey")[depth],
        "summary": _SUMMARIES[served.name],
        "parameters": _parameters(served, depth),
        "responses": _responses(served, settings),
    }
    if served.content and served.method == "POST":
        content: JsonObject = {JSON: {"schema": bodies[served.name]}}
        operation["requestBody"] = {"required": True, "content": content}
    if not settings.measuring and served.method == "POST":
        bearer: JsonObject = {"bearer": []}
        # Without a token a verifier's reasons stay untold; the answer is the same.
        operation["security"] = [bearer] if served.needs else [{}, bearer]
    return operation


def _parameters(served: Served, depth: int) -> list[JsonValue]:
    found: list[JsonValue] = []
    if depth > 0:
        found.append(_parameter("securing", {"enum": [*mechanisms()]}))
    if depth > 1:
        found.append(_parameter("kind", {"enum": [kind.value for kind in KeyKind]}))
    if served.path in TRACED:
        found.append({"name": "X-Request-ID", "in": "header", "schema": _ANY_TEXT})
    if "{did}" in served.path:
        found.append(_parameter("did", {"type": "string", "minLength": 1}))
        found += [_option(name, schema) for name, schema in _OF_DIDS.items()]
    if "{name}" in served.path:
        found.append(_parameter("name", {"type": "string", "minLength": 1}))
        found.append(_option("timestamp", _INSTANT))
        found.append(_option("time", {"type": "integer", "minimum": 0}))
    return found


def _option(name: str, schema: JsonObject) -> JsonObject:
    return {"name": name, "in": "query", "schema": schema}


def _parameter(name: str, schema: JsonObject) -> JsonObject:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _responses(served: Served, settings: Settings) -> JsonObject:
    status, schema, media_types = _SUCCESS[served.name]
    content: JsonObject = {one: _ref(schema) for one in media_types}
    if served.name == "resolve":
        return _resolution(content)
    found: JsonObject = {
        status: {"description": _SUMMARIES[served.name], "content": content}
    }
    codes = ["403", "404", "406", "408", "431", "500", "503"]
    if served.method == "POST":
        codes += ["400", "413", "501"]
        # AuthZEN has 400 for a body of another form.
        codes += [] if served.decides and served.content else ["415"]
    if served.name == "statusList":
        codes += ["400", "501"]
    if served.method == "POST" and not settings.measuring:
        codes += ["401"]
    found |= _refusals(*codes, schema=_refusal_of(served))
    # An address at which nothing is has no answer of the operation.
    found |= _refusals("404")
    if served.verdict:
        refused: JsonObject = {
            JSON: _ref("Verification"),
            PROBLEM: _ref("RefusedVerification"),
        }
        found["400"] = {"description": "It does not verify.", "content": refused}
    if served.name == "statusList":
        found["304"] = {"description": "The caller has it already."}
    return found


def _refusal_of(served: Served) -> str:
    return "RefusedVerification" if served.verdict else "Problem"


def _resolution(content: JsonObject) -> JsonObject:
    """What answers for a DID, for a DID URL, and for neither."""
    result: JsonObject = {
        RESOLUTION: _ref("Resolution"),
        JSON: _ref("Resolution"),
        DEREFERENCING: _ref("Dereferencing"),
    }
    # In plain JSON a whole result of a resolution, or what a DID URL names.
    named: JsonObject = {
        JSON: {"schema": {"type": "object"}},
        URI_LIST: {"schema": _ANY_TEXT},
    }
    found: JsonObject = {
        "200": {"description": "It is known.", "content": content | result | named},
        "303": {"description": "The address of a service, in Location."},
    }
    for status in ("400", "406", "410", "500", "501"):
        found[status] = {"description": _TOLD[status], "content": result}
    # No DID, or nothing at all at this address.
    absent: JsonObject = {**result, PROBLEM: _ref("Problem")}
    found["404"] = {"description": _TOLD["404"], "content": absent}
    return {**found, **_refusals("403", "431", "503")}


def _refusals(*codes: str, schema: str = "Problem") -> JsonObject:
    content: JsonObject = {PROBLEM: _ref(schema)}
    return {
        code: {"description": _TOLD[code], "content": content} for code in sorted(codes)
    }


def _ref(schema: str) -> JsonObject:
    return {"schema": {"$ref": f"#/components/schemas/{schema}"}}
