"""Value objects and error paths: what the walk over a document looks up.

Spec: https://www.w3.org/TR/json-ld11/#value-objects
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import DataLoss, MalformedValue, MedidError, NotCompact, child
from medid.jsonld import choice, iris, literals
from medid.jsonld.form import VALUE_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.plan import Member
    from medid.jsonld.terms import Term


def value_object(value: Mapping[str, JsonValue], member: Member) -> str:
    """The literal for an object with ``@value``.

    Raises:
        NotCompact: The value has a plainer spelling, or another object is meant.
        MalformedValue: A tag or datatype is no string.
        DataLoss: A language is none, or no context defines the datatype.
    """
    term, active = member.term, member.inner
    text = value["@value"]
    if type(text) is not str:
        raise NotCompact("only a string needs a value object", path="$.@value")
    if term.type not in (None, "@none"):
        raise NotCompact("this term needs no value object")
    rivals = choice.same_kind(term, member.rivals or (term,))
    others = value.keys() - VALUE_KEYWORDS
    if not others:
        if any("@language" in rival.container for rival in rivals):
            raise NotCompact("a plain string or a map by language says the same")
        found = _localized(value, text)
    else:
        alias = active.type_alias
        if others != {alias} or len(value) != 2 or alias is None:
            raise NotCompact("a value object has a value and a language or a type")
        found = literals.typed(text, at(alias, iris.datatype, value[alias], active))
    choice.check_boxed(term, text, found, rivals)
    return found


def native(value: JsonValue, term: Term) -> str:
    """The literal for a number or boolean.

    Raises:
        DataLoss: It is null, or a number that is not exact.
        NotCompact: It is an array, or the term holds something else.
        MalformedValue: It is of no JSON type.
    """
    match value:
        case bool() | int() | float():
            return literals.native(value, term)
        case None:
            raise DataLoss("null is not signed: leave the member out")
        case list():
            raise NotCompact("arrays inside sets say nothing: write one array")
    raise MalformedValue("not a JSON value")


def _localized(value: Mapping[str, JsonValue], text: str) -> str:
    tags = {}
    for name in ("@language", "@direction"):
        tag = value.get(name)
        if name in value and type(tag) is not str:
            raise MalformedValue("a tag is a string", path=f"$.{name}")
        tags[name] = tag
    return literals.localized(text, tags["@language"], tags["@direction"])  # type: ignore[arg-type]


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
