"""The JSON Schemas of requests and answers, for the OpenAPI document.

They say what the readers in ``requests`` accept, no more: a member or option that is
not named here is refused there.

Spec: https://spec.openapis.org/oas/v3.1.0#schema-object
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.server.problems import HTTP_CODES
from medid.server.requests import CONFORMANCE_RULES, DEFAULT_RULES, MAX_POINTERS
from medid.status.list import PURPOSES

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

_TEXT: Final[JsonObject] = {"type": "string", "minLength": 1}
_ANY_TEXT: Final[JsonObject] = {"type": "string"}
_FLAG: Final[JsonObject] = {"type": "boolean"}
_OBJECT: Final[JsonObject] = {"type": "object"}
_POINTERS: Final[JsonObject] = {
    "type": "array",
    "items": {"type": "string"},
    "maxItems": MAX_POINTERS,
    "description": "JSON pointers (RFC 6901).",
}
_TOKEN: Final[JsonObject] = {
    "type": "string",
    "description": "A JWT or an SD-JWT; JSON is not written as a string.",
}

_OPTIONS: Final[dict[str, JsonObject]] = {
    "challenge": {**_ANY_TEXT, "description": "What the presentation must answer."},
    "domain": {**_ANY_TEXT, "description": "For whom it must have been made."},
    "requireHolderBinding": {
        **_FLAG,
        "description": "Every credential must be about its presenter.",
    },
    "requireKeyBinding": {
        **_FLAG,
        "description": "An SD-JWT must come with its holder's key binding.",
    },
    "vct": {**_TEXT, "description": "The type that an SD-JWT VC must have."},
    "checks": {
        "type": "array",
        "description": "Read and not followed: every check runs.",
    },
    "mandatoryPointers": _POINTERS,
    "credentialStatus": {
        "type": "object",
        "properties": {
            "type": {"const": "BitstringStatusListEntry"},
            "statusPurpose": {"enum": [*PURPOSES]},
        },
        "required": ["type", "statusPurpose"],
        "additionalProperties": False,
    },
}


def _closed(properties: dict[str, JsonValue], *required: str) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": [*required],
        "additionalProperties": False,
    }


def _options(names: frozenset[str]) -> JsonObject:
    return _closed({name: _OPTIONS[name] for name in sorted(names)})


def request_schemas(*, measuring: bool) -> dict[str, JsonObject]:
    """The schema of each operation's request body, by ``operationId``."""
    rules = CONFORMANCE_RULES if measuring else DEFAULT_RULES
    secured: JsonObject = {"oneOf": [_OBJECT, _TOKEN]}
    verify = _options(rules.verify)
    entry = _closed(
        {
            "id": _TEXT,
            "type": {"const": "BitstringStatusListEntry"},
            "statusPurpose": _TEXT,
            "statusListIndex": {
                "type": "string",
                "pattern": "^(0|[1-9][0-9]{0,17})$",
            },
            "statusListCredential": _TEXT,
        },
        "type",
        "statusPurpose",
        "statusListIndex",
        "statusListCredential",
    )
    holder: JsonObject = {"oneOf": [_TEXT, _closed({"id": _TEXT}, "id")]}
    credential: JsonObject = {"oneOf": [_OBJECT, _ANY_TEXT]}
    presentation = _closed(
        {
            "@context": {"const": ["https://www.w3.org/ns/credentials/v2"]},
            "type": {"const": ["VerifiablePresentation"]},
            "holder": holder,
            "verifiableCredential": {
                "oneOf": [
                    credential,
                    {"type": "array", "items": credential, "minItems": 1},
                ]
            },
        },
        "holder",
        "verifiableCredential",
    )
    return {
        "issueCredential": _closed(
            {"credential": _OBJECT, "options": _options(rules.issue)}, "credential"
        ),
        "deriveCredential": _closed(
            {
                "verifiableCredential": _OBJECT,
                "options": _closed({"selectivePointers": _POINTERS}),
            },
            "verifiableCredential",
        ),
        "verifyCredential": _closed(
            {"verifiableCredential": secured, "options": verify},
            "verifiableCredential",
        ),
        "verifyPresentation": _closed(
            {"verifiablePresentation": secured, "options": verify},
            "verifiablePresentation",
        ),
        "createPresentation": _closed(
            {
                "presentation": presentation,
                "options": _closed({"challenge": _TEXT, "domain": _TEXT}),
            },
            "presentation",
        ),
        "updateStatus": _closed(
            {"credentialId": _TEXT, "credentialStatus": entry, "status": _FLAG},
            "credentialStatus",
            "status",
        ),
    }


_ERROR: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "code": _TEXT,
        "message": _TEXT,
        "path": {"type": "string", "pattern": r"^\$"},
        "fix": _TEXT,
    },
    "required": ["code", "message", "path", "fix"],
}
_REF_ERROR: Final[JsonObject] = {"$ref": "#/components/schemas/Error"}
_PROBLEM_MEMBERS: Final[dict[str, JsonValue]] = {
    "type": {"type": "string", "format": "uri"},
    "title": _TEXT,
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": _TEXT,
    "code": {
        **_TEXT,
        "description": "A code of docs/errors.md, or one of HTTP alone: "
        + ", ".join(HTTP_CODES),
    },
    "path": {"type": "string", "pattern": r"^\$"},
    "fix": _TEXT,
}

ANSWERS: Final[dict[str, JsonObject]] = {
    "Error": _ERROR,
    "Problem": {
        "type": "object",
        "properties": _PROBLEM_MEMBERS,
        "required": [*_PROBLEM_MEMBERS],
    },
    "RefusedVerification": {
        "type": "object",
        "properties": {
            **_PROBLEM_MEMBERS,
            "verified": {"const": False},
            "errors": {"type": "array", "items": _REF_ERROR, "minItems": 1},
        },
        "required": [*_PROBLEM_MEMBERS, "verified", "errors"],
    },
    "Verification": {
        "type": "object",
        "properties": {
            "kind": {
                "enum": ["credential", "presentation", "sd-jwt", "unknown"],
            },
            "verified": _FLAG,
            "outcome": {"enum": ["verified", "refused", "undecided"]},
            "errors": {"type": "array", "items": _REF_ERROR},
            "warnings": {"type": "array", "items": _TEXT},
            "checks": {"type": "array", "items": _OBJECT},
        },
        "required": ["kind", "verified", "outcome", "errors", "warnings", "checks"],
    },
    "IssuedCredential": {
        "type": "object",
        "properties": {"verifiableCredential": _OBJECT},
        "required": ["verifiableCredential"],
    },
    "CreatedPresentation": {
        "type": "object",
        "properties": {"verifiablePresentation": _OBJECT},
        "required": ["verifiablePresentation"],
    },
    "UpdatedStatus": {
        "type": "object",
        "properties": {"status": _FLAG},
        "required": ["status"],
    },
    "StatusList": {
        "type": "object",
        "required": ["@context", "id", "type", "issuer", "credentialSubject", "proof"],
    },
    "DidDocument": {"type": "object", "required": ["id"]},
    "Resolution": {
        "type": "object",
        "properties": {
            "@context": _TEXT,
            "didDocument": {"type": ["object", "null"]},
            "didResolutionMetadata": _OBJECT,
            "didDocumentMetadata": _OBJECT,
        },
        "required": [
            "didDocument",
            "didResolutionMetadata",
            "didDocumentMetadata",
        ],
    },
    "Dereferencing": {
        "type": "object",
        "properties": {
            "dereferencingMetadata": _OBJECT,
            "contentStream": {"type": ["object", "array", "null"]},
            "contentMetadata": _OBJECT,
        },
        "required": ["dereferencingMetadata", "contentStream", "contentMetadata"],
    },
}
