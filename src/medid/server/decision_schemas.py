"""The JSON Schemas of the AuthZEN operations, for the OpenAPI document.

A request has AuthZEN's form, and may have members that no schema names: they are not
refused, and nothing is permitted with them.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-information-model
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.authzen_pages import MAX_RESULTS
from medid.access.authzen_request import MAX_EVALUATIONS, Semantic
from medid.access.catalogue import MAX_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

_TEXT: Final[JsonObject] = {"type": "string"}
_FLAG: Final[JsonObject] = {"type": "boolean"}
_OBJECT: Final[JsonObject] = {"type": "object"}


def _entity(*names: str, about: str) -> JsonObject:
    members: dict[str, JsonValue] = dict.fromkeys(names, _TEXT)
    return {
        "type": "object",
        "properties": {**members, "properties": {**_OBJECT, "description": about}},
        "required": [*names],
    }


_PARTS: Final[Mapping[str, JsonObject]] = MappingProxyType(
    {
        "subject": _entity(
            *("type", "id"),
            about="presentation: what the subject presents, a string or an object; "
            "identifiers, references, memberOf, profession, specialty.",
        ),
        "action": _entity("name", about="purposeOfUse, practice, schedule."),
        "resource": _entity(
            *("type", "id"),
            about="patient: whose data it is; securityLabel, code, profile, "
            "clinicalDate, authoredDate, author, refersTo, referencedBy, custodian.",
        ),
        "context": {
            **_OBJECT,
            "description": "supported_obligations: types of obligations that the "
            "caller carries out; mode, patientLocation, practitionerLocation, site, "
            "supervision, breakGlass, time.",
        },
    }
)
_OPTIONS: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "evaluations_semantic": {"enum": [*Semantic]},
        "reasons": {**_FLAG, "description": "For tokens that allow to explain."},
    },
    "additionalProperties": False,
}


def decision_requests() -> dict[str, JsonObject]:
    """The schema of each operation's request body, by ``operationId``."""
    members: dict[str, JsonValue] = {**_PARTS, "options": _OPTIONS}
    several: JsonObject = {
        "type": "array",
        "items": {**_OBJECT, "description": "Any of the four, in place of a default."},
        "maxItems": MAX_EVALUATIONS,
    }
    return {
        "accessEvaluation": {
            "type": "object",
            "properties": members,
            "required": ["subject", "action", "resource"],
        },
        "accessEvaluations": {
            "type": "object",
            "properties": {**members, "evaluations": several},
            "description": "Without evaluations it is a single evaluation.",
        },
        "resourceSearch": {
            "type": "object",
            "properties": {**_PARTS, "resource": _SOUGHT, "page": _PAGE},
            "required": ["subject", "action", "resource"],
        },
        "actionSearch": {
            "type": "object",
            "properties": {
                name: schema for name, schema in _PARTS.items() if name != "action"
            },
            "required": ["subject", "resource"],
        },
    }


_SOUGHT: Final[JsonObject] = _entity(
    "type", about="patient: whose resources are asked for, and nothing else."
)
_PAGE: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "token": {**_TEXT, "description": "The next_token of the page before."},
        "limit": {
            "type": "integer",
            "minimum": 0,
            "description": f"Results of a page; more than {MAX_RESULTS} are "
            f"{MAX_RESULTS}. It stays the same from page to page.",
        },
    },
}


_OBLIGATION: Final[JsonObject] = {
    "type": "object",
    "properties": {"id": _TEXT, "type": {"const": "custom"}, "properties": _OBJECT},
    "required": ["id", "type", "properties"],
}
_DECISION: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "decision": _FLAG,
        "context": {
            "type": "object",
            "properties": {
                "id": _TEXT,
                "expires": {"type": "string", "format": "date-time"},
                "obligations": {"type": "array", "items": _OBLIGATION},
            },
            "required": ["id"],
        },
    },
    "required": ["decision", "context"],
}
_SEARCH_CONTEXT: Final[JsonObject] = {
    "type": "object",
    "properties": {"id": _TEXT, "expires": {"type": "string", "format": "date-time"}},
    "required": ["id"],
    "additionalProperties": False,
}


def _results(*names: str, properties: JsonObject, most: int) -> JsonObject:
    members: JsonObject = dict.fromkeys(names, _TEXT)
    duties: JsonObject = {"type": "array", "items": _OBLIGATION, "minItems": 1}
    return {
        "type": "array",
        "maxItems": most,
        "items": {
            "type": "object",
            "properties": {**members, **properties, "obligations": duties},
            "required": [*names],
            "additionalProperties": False,
        },
    }


_REF_DECISION: Final[JsonObject] = {"$ref": "#/components/schemas/Decision"}

DECISION_ANSWERS: Final[dict[str, JsonObject]] = {
    "Challenge": {
        "type": "object",
        "properties": {"challenge": _TEXT},
        "required": ["challenge"],
    },
    "Decision": _DECISION,
    "Decisions": {
        "oneOf": [
            _REF_DECISION,
            {
                "type": "object",
                "properties": {
                    "evaluations": {
                        "type": "array",
                        "items": _REF_DECISION,
                        "minItems": 1,
                        "maxItems": MAX_EVALUATIONS,
                    }
                },
                "required": ["evaluations"],
            },
        ]
    },
    "FoundResources": {
        "type": "object",
        "properties": {
            "page": {
                "type": "object",
                "properties": {"next_token": _TEXT},
                "required": ["next_token"],
                "additionalProperties": False,
            },
            "context": _SEARCH_CONTEXT,
            "results": _results("type", "id", properties={}, most=MAX_RESULTS),
        },
        "required": ["page", "context", "results"],
        "additionalProperties": False,
    },
    "FoundActions": {
        "type": "object",
        "properties": {
            "context": _SEARCH_CONTEXT,
            "results": _results(
                "name", properties={"properties": _OBJECT}, most=MAX_ACTIONS
            ),
        },
        "required": ["context", "results"],
        "additionalProperties": False,
    },
    "DecisionPointMetadata": {
        "type": "object",
        "properties": {
            "policy_decision_point": _TEXT,
            "access_evaluation_endpoint": _TEXT,
            "access_evaluations_endpoint": _TEXT,
            "search_resource_endpoint": _TEXT,
            "search_action_endpoint": _TEXT,
            "signed_metadata": _TEXT,
            "supported_obligations": {"type": "array", "items": _TEXT},
        },
        "required": ["policy_decision_point", "access_evaluation_endpoint"],
    },
}
