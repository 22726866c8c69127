"""Makes the JSON-LD contexts and the JSON Schemas from the vocabulary's tables.

Terms are scoped to node types and never to credential types: a type-scoped context
does not reach the nodes below, so terms scoped to the credential would be dropped
from what is signed. Every value of a closed list is a term of its own; a word that is
not on the list has no IRI, and a misspelt status is a data loss, not a new status.

Spec: https://www.w3.org/TR/json-ld11/#type-scoped-contexts,
https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.json import dumps
from medid.health.receipt_vocabulary import (
    RECEIPT_CONTEXT_FILE,
    RECEIPT_CREDENTIALS,
    RECEIPT_NODES,
)
from medid.health.support_vocabulary import (
    SUPPORT_CONTEXT_FILE,
    SUPPORT_CREDENTIALS,
    SUPPORT_NODES,
)
from medid.health.vocabulary import CONTEXT_FILE, CREDENTIALS, NODES, node_type

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from medid.core.json import JsonObject, JsonValue
    from medid.health.words import CredentialType, NodeType, Term

_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_COERCIONS: Final = {
    "iri": "@id",
    "anyURI": _XSD + "anyURI",
    "date": _XSD + "date",
    "dateTime": _XSD + "dateTime",
    "boolean": _XSD + "boolean",
    "integer": _XSD + "nonNegativeInteger",
    "code": "@vocab",
    "json": "@json",
}
_IRI_SCHEMA: Final[JsonObject] = {
    "type": "string",
    "pattern": "^[A-Za-z][A-Za-z0-9+.\\-]*:[!-~]+$",
}
_VALUE_SCHEMAS: Final[dict[str, JsonObject]] = {
    "string": {"type": "string", "minLength": 1},
    "iri": _IRI_SCHEMA,
    "anyURI": _IRI_SCHEMA,
    "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "dateTime": {"type": "string", "format": "date-time", "minLength": 20},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "minimum": 0},
    "json": {"type": "object", "minProperties": 1},
}
# The VC data model defines these for every node (credentials/v2 protects them).
COMMON_MEMBERS: Final = ("id", "type", "name", "description")


def context() -> JsonObject:
    """The JSON-LD context of licenses, consents and trust registries."""
    return _context(CREDENTIALS, NODES)


def support_context() -> JsonObject:
    """The JSON-LD context of credentials that support a license."""
    return _context(SUPPORT_CREDENTIALS, SUPPORT_NODES)


def receipt_context() -> JsonObject:
    """The JSON-LD context of consent receipts."""
    return _context(RECEIPT_CREDENTIALS, RECEIPT_NODES)


def _context(
    credentials: Iterable[CredentialType], nodes: Iterable[NodeType]
) -> JsonObject:
    terms: JsonObject = {
        "@version": 1.1,
        "@protected": True,
        "id": "@id",
        "type": "@type",
    }
    for credential in credentials:
        terms[credential.name] = {"@id": credential.iri}
    for node in nodes:
        scoped: JsonObject = {"@protected": True}
        scoped.update({term.name: _definition(term) for term in node.terms})
        terms[node.name] = {"@id": node.iri, "@context": scoped}
    return {"@context": terms}


def _definition(term: Term) -> JsonObject:
    definition: JsonObject = {"@id": term.iri}
    if term.datatype in _COERCIONS:
        definition["@type"] = _COERCIONS[term.datatype]
    if term.datatype == "code":
        words: JsonObject = {word: term.values_iri + word for word in term.values}
        definition["@context"] = words
    if term.many:
        definition["@container"] = "@set"
    return definition


def schema(credential: CredentialType) -> JsonObject:
    """The JSON Schema of ``credential``, for JSON-LD credentials of either version."""
    required: list[JsonValue] = ["@context", "type", "issuer", "credentialSubject"]
    if credential.status_required:
        required.append("credentialStatus")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{credential.context}/schemas/{credential.name}.json",
        "title": credential.name,
        "description": credential.doc,
        "type": "object",
        "required": required,
        "properties": {
            "@context": {"type": "array", "contains": {"const": credential.context}},
            "type": {"type": "array", "contains": {"const": credential.name}},
            "credentialSubject": _one(_reference(credential.subject)),
            "credentialStatus": {"type": ["object", "array"], "minItems": 1},
        },
        "$defs": {node.name: _node_schema(node) for node in _reachable(credential)},
    }


def _reachable(credential: CredentialType) -> list[NodeType]:
    """The node types below ``credential``, each once, from the subject down."""
    found: dict[str, NodeType] = {}
    waiting = [credential.subject]
    while waiting:
        node = node_type(waiting.pop(0))
        found[node.name] = node
        waiting += [
            term.node for term in node.terms if term.node and term.node not in found
        ]
    return list(found.values())


def _node_schema(node: NodeType) -> JsonObject:
    properties: JsonObject = dict.fromkeys(COMMON_MEMBERS, True)
    properties["type"] = _type_schema(node.name)
    properties.update({term.name: _term_schema(term) for term in node.terms})
    required: list[JsonValue] = ["type"]
    required += [term.name for term in node.terms if term.required]
    found: JsonObject = {
        "description": node.doc,
        "type": "object",
        "required": required,
        "properties": properties,
    }
    if node.closed:
        found["additionalProperties"] = False
    return found


def _type_schema(name: str) -> JsonObject:
    return {"anyOf": [{"const": name}, {"type": "array", "contains": {"const": name}}]}


def _term_schema(term: Term) -> JsonObject:
    one = _value_schema(term)
    found = _several(one) if term.many else dict(one)
    found["description"] = term.doc
    return found


def _value_schema(term: Term) -> JsonObject:
    if term.node:
        return _reference(term.node)
    if term.values:
        return {"enum": list(term.values)}
    return _VALUE_SCHEMAS[term.datatype]


def _reference(name: str) -> JsonObject:
    return {"$ref": f"#/$defs/{name}"}


def _one(item: JsonObject) -> JsonObject:
    array: JsonObject = {"type": "array", "items": item, "minItems": 1, "maxItems": 1}
    return {"if": {"type": "array"}, "then": array, "else": item}


def _several(item: JsonObject) -> JsonObject:
    array: JsonObject = {"type": "array", "items": item, "minItems": 1}
    return {"if": {"type": "array"}, "then": array, "else": item}


def generated_files(folder: Path) -> dict[Path, str]:
    """Every generated file below ``folder`` and the text it must have."""
    files = {
        folder / "contexts" / CONTEXT_FILE.name: context(),
        folder / "contexts" / SUPPORT_CONTEXT_FILE.name: support_context(),
        folder / "contexts" / RECEIPT_CONTEXT_FILE.name: receipt_context(),
    }
    for credential in (*CREDENTIALS, *SUPPORT_CREDENTIALS, *RECEIPT_CREDENTIALS):
        files[folder / "schemas" / f"{credential.name}.json"] = schema(credential)
    return {path: dumps(value, indent=2) + "\n" for path, value in files.items()}


def write_files(folder: Path = CONTEXT_FILE.parents[1]) -> tuple[Path, ...]:
    """Write the generated contexts and schemas below ``folder``, where they differ."""
    found = generated_files(folder)
    for path, text in found.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return tuple(found)


if __name__ == "__main__":
    for written in write_files():
        print(written.name)  # noqa: T201  (this is a command)
