"""What names mean in a document of which parts may be lost.

Spec: https://www.w3.org/TR/json-ld11-api/#iri-expansion
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from medid.errors import CanonicalizationError
from medid.jsonld.iris import plain_term
from medid.jsonld.state import expand_iri
from medid.jsonld.terms import KEYWORDS, Term

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.active import ActiveContext


def keywords(element: JsonObject, active: ActiveContext) -> dict[str, JsonValue]:
    """The members of an object whose names are keywords or aliases of them."""
    found: dict[str, JsonValue] = {}
    for name, value in element.items():
        keyword = expand_iri(name, active.state, vocab=True)
        if keyword in KEYWORDS and keyword is not None:
            if keyword in found and keyword not in _REPEATED:
                refuse("a keyword and its alias stand in one object")
            found[keyword] = value
    return found


_REPEATED: Final = frozenset({"@included", "@nest", "@reverse", "@type"})


def stated(element: JsonObject, active: ActiveContext) -> dict[str, JsonValue]:
    """The members of an object that mean something, by keyword or IRI."""
    found = {}
    for name, value in element.items():
        iri = None if name == "@context" or value is None else expanded(name, active)
        if iri is not None:
            found[iri] = value
    return found


# Keyword or IRI, name, value, and the context that counts for the value.
Entry: TypeAlias = "tuple[str, str, JsonValue, ActiveContext]"


def flat(element: JsonObject, active: ActiveContext) -> Iterator[Entry]:
    """The members of a node that mean something, those of nested blocks among them."""
    for name, value in element.items():
        iri = None if name == "@context" else expanded(name, active)
        if iri == "@nest":
            scope = term(name, iri, active).scope
            inner = active if scope is None else active.property_scope(scope)
            for block in listed(value):
                if type(block) is not dict or "@value" in keywords(block, inner):
                    refuse("a nested block is an object, and no value")
                yield from flat(block, inner)
        elif iri is not None:
            yield iri, name, value, active


def has(keyword: str, node: JsonValue, active: ActiveContext) -> bool:
    """Whether ``node`` is an object with ``keyword`` or an alias of it."""
    return type(node) is dict and keyword in keywords(node, active)


def expanded(name: str, active: ActiveContext) -> str | None:
    """The keyword or IRI of a member's name; None where it means nothing."""
    iri = expand_iri(name, active.state, vocab=True)
    return iri if iri is not None and (iri in KEYWORDS or ":" in iri) else None


def term(name: str, iri: str, active: ActiveContext) -> Term:
    """The definition of a name that stands for ``iri``."""
    term = active.terms.get(name)
    return plain_term(name, iri, active) if term is None or term.iri != iri else term


def listed(value: JsonValue) -> list[JsonValue]:
    """``value`` itself where it is an array, else an array of it."""
    return value if type(value) is list else [value]


def tag(keywords: Mapping[str, JsonValue], name: str) -> str | None:
    """The language or direction of a value object."""
    tag = keywords.get(name)
    if tag is None and name not in keywords:
        return None
    if type(tag) is not str or (name == "@direction" and tag not in ("ltr", "rtl")):
        refuse("a language or direction of a value is none")
    return tag


def refuse(message: str) -> NoReturn:
    """Refuse a document."""
    raise CanonicalizationError(message)
