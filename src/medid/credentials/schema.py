"""``credentialSchema``: does a credential meet the schema it names?

The schema is somebody else's program. It runs without any network, over references
within itself, in a bounded number of steps, and with patterns of bounded work
(``bounded_schema``). What is found wrong is told by path, never by value.

Needs the extra ``medid[schema]``.

Spec: https://www.w3.org/TR/vc-json-schema/#jsonschema,
https://www.w3.org/TR/vc-json-schema/#jsonschemacredential
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core import json
from medid.credentials.bounded_schema import Work, first_error
from medid.credentials.digests import check_digests
from medid.credentials.values import as_url
from medid.errors import (
    MalformedValue,
    MethodNotSupported,
    SchemaValidationError,
    child,
    located,
)

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials.model import Credential, SchemaReference

JSON_SCHEMA: Final = "JsonSchema"
JSON_SCHEMA_CREDENTIAL: Final = "JsonSchemaCredential"

MAX_SCHEMA: Final = json.JsonLimits(max_bytes=262_144, max_members=5_000)

_DIALECTS: Final = {
    "https://json-schema.org/draft/2020-12/schema": "Draft202012Validator",
    "https://json-schema.org/draft/2019-09/schema": "Draft201909Validator",
    "http://json-schema.org/draft-07/schema": "Draft7Validator",
    # Its name is with http; many write https, and mean the same.
    "https://json-schema.org/draft-07/schema": "Draft7Validator",
}
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


def check_schema(
    credential: Credential,
    reference: SchemaReference,
    content: bytes,
    *,
    work: Work | None = None,
) -> None:
    """Return if ``credential`` meets the JSON Schema that ``content`` is.

    Args:
        credential: What is judged.
        reference: Which of its ``credentialSchema`` names the schema.
        content: The schema's bytes, from the URL of ``reference``.
        work: What is left to this and to other validations together; used up.

    Raises:
        MethodNotSupported: A type of schema, or a dialect, that medid does not know.
        MalformedValue: The bytes do not have the digest that the issuer stated.
        ParsingError: The schema is not strict JSON, or too large.
        SchemaValidationError: The schema is not usable, or not met.
        MissingExtra: ``medid[schema]`` is not installed.
    """
    _check_type(reference, JSON_SCHEMA)
    if reference.digests:
        check_digests(reference.digests, content, path=reference.path)
    with located(reference.path):
        schema = json.load_object(content, limits=MAX_SCHEMA)
    _check_name(schema, reference.id, reference.path)
    path = reference.path
    _validate(credential.document, schema, path, alike=False, work=work)


def check_schema_credential(
    credential: Credential,
    reference: SchemaReference,
    holding: Credential,
    *,
    work: Work | None = None,
) -> None:
    """Return if ``credential`` meets the schema inside the credential ``holding``.

    Args:
        credential: What is judged.
        reference: Which of its ``credentialSchema`` names the schema.
        holding: A JsonSchemaCredential, already verified and by a trusted issuer.
        work: What is left to this and to other validations together; used up.

    Raises:
        MethodNotSupported: A type of schema, or a dialect, that medid does not know.
        SchemaValidationError: ``holding`` is not the credential that is named or has
            no usable schema, or the schema is not met.
        TooLarge: The schema is too deep, or has too many members.
        MissingExtra: ``medid[schema]`` is not installed.
    """
    _check_type(reference, JSON_SCHEMA_CREDENTIAL)
    path = reference.path
    if holding.id != reference.id or JSON_SCHEMA_CREDENTIAL not in holding.types:
        message = "not the JsonSchemaCredential that is named"
        raise SchemaValidationError(message, path=path)
    if len(holding.subjects) != 1:
        message = "a JsonSchemaCredential has exactly one subject"
        raise SchemaValidationError(message, path=path)
    subject = holding.subjects[0]
    schema = subject.claims.get("jsonSchema")
    if subject.claims.get("type") != JSON_SCHEMA or not isinstance(schema, dict):
        message = "the subject of the JsonSchemaCredential is no JsonSchema"
        raise SchemaValidationError(message, path=path)
    _check_name(schema, subject.id, path)
    _validate(credential.document, schema, path, alike=False, work=work)


def _check_type(reference: SchemaReference, kind: str) -> None:
    if reference.types != (kind,):
        message = f"not a schema of type {kind}"
        raise MethodNotSupported(message, path=child(reference.path, "type"))


def _check_name(schema: JsonObject, expected: str | None, path: str) -> None:
    """Return if the schema's ``$id`` is a URL, and the ``expected`` one if any."""
    named = schema.get("$id")
    try:
        url = as_url(named, path)
    except MalformedValue:
        message = "the schema's $id is missing, or not a URL"
        raise SchemaValidationError(message, path=path) from None
    if expected is not None and url != expected:
        message = "the schema's $id is not the URL that names it"
        raise SchemaValidationError(message, path=path)


def validate_schema(
    document: JsonObject, schema: JsonObject, *, path: str = "$"
) -> None:
    """Return if ``document`` meets ``schema``.

    Args:
        document: What is judged; never modified.
        schema: With a ``$schema`` of 2020-12, 2019-09 or draft 7; never modified.
        path: Where the schema is named, for errors of the schema itself.

    Raises:
        ParsingError: The schema holds a value of no JSON type, is too deep, or has
            too many members.
        MethodNotSupported: Another dialect.
        SchemaValidationError: No ``$schema``, not a schema, references to elsewhere,
            too much work, or the document does not meet it.
        MissingExtra: ``medid[schema]`` is not installed.
    """
    _validate(document, schema, path, alike=False)


def validate_every_spelling(
    document: JsonObject, schema: JsonObject, *, work: Work | None = None
) -> None:
    """Return if ``document`` meets ``schema``, however its statements are spelt.

    JSON-LD makes no difference between a value and an array of it, and neither do those
    who read a credential; nor does a signature over RDF, so that whoever presents it
    can change one into the other. JSON Schema does: ``properties`` says nothing about
    an array of objects, and ``contains`` nothing about an object. Here each keyword
    speaks of a value and of an array of it alike, of an empty array as of nothing, and
    the schema has to be met with and without that.

    Args:
        document: What is judged; never modified.
        schema: As of ``validate_schema``.
        work: What is left to this and to other validations together; used up.

    Raises:
        MedidError: As ``validate_schema`` does.
    """
    _validate(document, schema, "$", alike=False, work=work)
    _validate(_stated(document), schema, "$", alike=True, work=work)


def _stated(obj: JsonObject) -> JsonObject:
    """``obj`` without members that are empty arrays, which state nothing."""
    return {name: _spoken(value) for name, value in obj.items() if value != []}


def _spoken(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_spoken(item) for item in value]
    return _stated(value) if isinstance(value, dict) else value


def _validate(
    document: JsonObject,
    schema: JsonObject,
    path: str,
    *,
    alike: bool,
    work: Work | None = None,
) -> None:
    with located(path):
        checked = json.check(schema, limits=MAX_SCHEMA)
    rules = {
        name: value
        for name, value in dict(checked if isinstance(checked, dict) else {}).items()
        if name != "$schema"
    }
    kind = _dialect(schema, path)
    _check_closed(rules, path)
    error = first_error(document, rules, kind=kind, path=path, alike=alike, work=work)
    if error is not None:
        where, keyword = error
        raise SchemaValidationError(
            f"the schema is not met, by its keyword {keyword!r}", path=where
        )


def _dialect(schema: JsonObject, path: str) -> str:
    named = schema.get("$schema")
    if not isinstance(named, str):
        raise SchemaValidationError("the schema has no $schema", path=path)
    kind = _DIALECTS.get(named.removesuffix("#"))
    if kind is None:
        message = "this dialect of JSON Schema cannot be checked"
        fix = f"use one of {', '.join(_DIALECTS)}"
        raise MethodNotSupported(message, path=path, fix=fix)
    return kind


def _check_closed(rules: JsonObject, path: str) -> None:
    """Return if no reference leaves the schema, and no part has its own dialect.

    Nothing is ever fetched for a schema, and a part of another dialect would be
    judged outside the bounds.
    """
    for part in json.every_object(rules):
        targets = [part.get(name) for name in _REFERENCES]
        if any(isinstance(t, str) and not t.startswith("#") for t in targets):
            message = "the schema refers to another document"
            raise SchemaValidationError(message, path=path)
        if isinstance(part.get("$schema"), str):
            message = "a part of the schema has a dialect of its own"
            raise SchemaValidationError(message, path=path)
