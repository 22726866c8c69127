"""Scalars and value objects of a document of which parts may be lost.

Spec: https://www.w3.org/TR/json-ld11-api/#value-expansion
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.jsonld import literals
from medid.jsonld import loose_names as names
from medid.jsonld.loose_items import Literal, Node, Writer
from medid.jsonld.state import expand_iri, is_iri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.terms import Term


def scalar(
    value: str | float, active: ActiveContext, term: Term, out: Writer
) -> Literal | Node:
    """What a string, number or boolean under ``term`` stands for."""
    if type(value) is str and term.type in ("@id", "@vocab"):
        vocab = term.type == "@vocab"
        found = expand_iri(value, active.state, vocab=vocab, relative=True)
        return Node(out.iri(found))
    if term.type == "@json":
        return Literal(literals.json_literal(value))
    kind = term.type if term.type not in ("@id", "@vocab", "@none") else None
    if kind is None and type(value) is str:
        return out.literal(value, None, term.language, term.direction)
    return out.literal(value, kind, None, None)


def value_object(
    keywords: Mapping[str, JsonValue], active: ActiveContext, out: Writer
) -> Literal | Node | None:
    """What an object with ``@value`` stands for; None for nothing.

    Raises:
        CanonicalizationError: Its members do not go together.
    """
    value = keywords["@value"]
    tags = {"@language", "@direction"} & keywords.keys()
    if "@type" in keywords and tags:
        names.refuse("a value has a type, or a language and a direction")
    kind = _datatype(keywords.get("@type"), active)
    if kind == "@json":
        return Literal(literals.json_literal(value))
    if value is None:
        return None
    if kind is not None and not is_iri(kind):
        names.refuse("the type of a value is an IRI")
    if type(value) in (dict, list) or ("@language" in tags and type(value) is not str):
        names.refuse("a value is a scalar, and a string where it has a language")
    language, direction = (names.tag(keywords, n) for n in ("@language", "@direction"))
    return out.literal(value, kind, language, direction)  # type: ignore[arg-type]


def _datatype(stated: JsonValue, active: ActiveContext) -> str | None:
    if stated is None:
        return None
    if type(stated) is not str:
        names.refuse("the type of a value is a string")
    return expand_iri(stated, active.state, vocab=True, relative=True) or ""
