"""The types of a node: what they state, and the context that they bring with them.

Spec: https://www.w3.org/TR/json-ld11/#type-scoped-contexts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from medid.errors import (
    CanonicalizationError,
    DataLoss,
    MalformedValue,
    MedidError,
    NotCompact,
    child,
)
from medid.jsonld import iris
from medid.jsonld.active import weight_of
from medid.jsonld.values import below

if TYPE_CHECKING:
    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext


TYPE_WEIGHT: Final = 100  # bytes of one type, beside its name and its IRI


class Typing(NamedTuple):
    """What the types of a node mean: their IRIs, and the context inside the node."""

    objects: tuple[str, ...]
    active: ActiveContext

    @property
    def weight(self) -> int:
        """The bytes that it takes with the names that it was read from."""
        return TYPE_WEIGHT * (1 + len(self.objects)) + 2 * weight_of(self.objects)


def scopes(stated: JsonValue, active: ActiveContext) -> int:
    """How many of the types of a node bring a context with them."""
    names = stated if type(stated) is list else [stated]
    found = (active.terms.get(name) for name in names if type(name) is str)
    return sum(term is not None and term.scope is not None for term in found)


def read_types(stated: JsonValue, active: ActiveContext) -> Typing:
    """What the value of a node's types means in ``active``.

    Raises:
        DataLoss: There is none, or no context defines one.
        NotCompact: One is named twice, or has a plainer spelling.
        MalformedValue: One is no string.
        CanonicalizationError: One changes what types are called.
    """
    alias = str(active.type_alias)
    types = _names(stated, alias)
    objects = []
    for index, name in enumerate(types):
        try:
            objects.append(iris.vocabulary(name, active))
        except MedidError as error:
            raise below(error, alias, index) from None
    inner = _scoped(active, types)
    if inner.type_alias != active.type_alias:
        raise CanonicalizationError("a type's own context renames the type")
    return Typing(tuple(objects), inner)


def _names(value: JsonValue, alias: str) -> list[str]:
    """The types that the member ``alias`` of a node names."""
    path = child("$", alias)
    types = value if type(value) is list else [value]
    if not types:
        raise DataLoss("an empty array is not signed", path=path)
    for name in types:
        if type(name) is not str:
            raise MalformedValue("a type is a string", path=path)
    if len(set(types)) != len(types):
        raise NotCompact("a type is named twice", path=path)
    return types  # type: ignore[return-value]


def _scoped(active: ActiveContext, types: list[str]) -> ActiveContext:
    """The context inside a node of these types."""
    found = (active.terms.get(name) for name in sorted(types))
    scopes = [term.scope for term in found if term is not None and term.scope]
    return active.type_scope(scopes) if scopes else active
