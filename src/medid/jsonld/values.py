"""Value objects and error paths: what the walk over a document looks up.

Spec: https://www.w3.org/TR/json-ld11/#value-objects
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import MalformedValue, MedidError, NotCompact, child
from medid.jsonld import iris, literals
from medid.jsonld.form import VALUE_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.terms import Term


def value_object(
    value: Mapping[str, JsonValue], term: Term, active: ActiveContext
) -> str:
    """The literal for an object with ``@value``."""
    text = value["@value"]
    if type(text) is not str:
        raise NotCompact("only a string needs a value object", path="$.@value")
    if term.type not in (None, "@none"):
        raise NotCompact("this term needs no value object")
    others = value.keys() - VALUE_KEYWORDS
    if not others:
        return _localized(value, text, term, active)
    alias = active.type_alias
    if others != {alias} or len(value) != 2 or alias is None:
        raise NotCompact("a value object has a value and a language or a type")
    datatype = at(alias, iris.datatype, value[alias], active)
    if any(rival.type == datatype for rival in active.rivals.get(term.iri or "", ())):
        raise NotCompact("another term gives this datatype to a plain string")
    return literals.typed(text, datatype)


def _localized(
    value: Mapping[str, JsonValue], text: str, term: Term, active: ActiveContext
) -> str:
    tags = {}
    for name in ("@language", "@direction"):
        tag = value.get(name)
        if name in value and type(tag) is not str:
            raise MalformedValue("a tag is a string", path=f"$.{name}")
        tags[name] = tag
    language, direction = tags["@language"], tags["@direction"]
    for rival in active.rivals.get(term.iri or "", ()):
        untyped = rival.type in (None, "@none")
        plain = untyped and (rival.language, rival.direction)
        if plain == (language, direction) or "@language" in rival.container:
            raise NotCompact("a plain string says the same")
    return literals.localized(text, language, direction)  # type: ignore[arg-type]


def at(
    name: str,
    read: Callable[[JsonValue, ActiveContext], str],
    value: JsonValue,
    active: ActiveContext,
) -> str:
    """What ``read`` makes of the member ``name``, with its path in errors."""
    try:
        return read(value, active)
    except MedidError as error:
        raise below(error, name) from None


def below(error: MedidError, *names: str | int) -> MedidError:
    """``error``, one or more members further down from the root."""
    path = "$"
    for name in names:
        path = child(path, name)
    error.path = path + error.path.removeprefix("$")
    return error
