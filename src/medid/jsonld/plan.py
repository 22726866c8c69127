"""What a node's members are, worked out once for each set of names in a context.

Nodes of one kind have members of the same names, document after document. What a name
means, and whether it may be used, depends on names and contexts alone, so it is looked
up here once and kept with the context; values are for the walk.

Spec: https://www.w3.org/TR/json-ld11-api/#expansion-algorithm, step 13
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.errors import CanonicalizationError, DataLoss, MedidError, NotCompact
from medid.jsonld import iris, literals
from medid.jsonld.active import weight_of
from medid.jsonld.values import below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.terms import Term

_PLAIN: Final = frozenset({"@set"})
MEMBER_WEIGHT: Final = 600  # bytes of one member, beside its name
_OF_NODES: Final = frozenset({"@id", "@none", "@vocab", None})


# How the values of a member are read. Plain numbers: they are compared for each member
# of each document.
LINK: Final = 1  # a string is an IRI, an object a node
TEXT: Final = 2  # a string is a literal, always of one kind, an object a node
TYPED: Final = 3  # a string is a literal, always of one kind
PROPERTY: Final = 4  # anything else


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member:
    """What one name means in one context.

    Attributes:
        term: The term's definition.
        inner: The context for values of the property.
        below: The context for nodes that are values of the property.
        rivals: All terms for the same IRI, where there are others; checked by value.
        active: The context of the node itself.
    """

    name: str
    term: Term
    active: ActiveContext
    inner: ActiveContext
    below: ActiveContext
    rivals: tuple[Term, ...] = ()

    def check_holds_nodes(self, value: Mapping[str, JsonValue]) -> None:
        """Return if an object without ``@value`` may be a value of the member.

        Raises:
            NotCompact: It may not, or a string says the same.
        """
        term = self.term
        if term.type not in _OF_NODES or "@language" in term.container:
            raise NotCompact("this term holds a value, not a node")
        if term.type == "@vocab" and value.keys() == {self.inner.id_alias}:
            raise NotCompact("a word of the vocabulary is written as a string")


# Name, kind, predicate, what follows the closing quotation mark of a literal, member.
Entry: TypeAlias = tuple[str, int, str, str, Member]
Plan: TypeAlias = tuple[Entry, ...]


def plan(names: tuple[str, ...], active: ActiveContext, *, nest: str | None) -> Plan:
    """The members with ``names`` of a node in ``active``, without its id and types.

    Args:
        names: All names of the node, in their order.
        active: The context of the node, its types' contexts included.
        nest: The member in which they stand, where it is not the node itself.

    Raises:
        DataLoss: No context defines the name.
        NotCompact: The name is a keyword, an alias of one, or an IRI, or stands in
            another member than its term asks for.
        CanonicalizationError: A reverse property, or a term of a kind for which
            nothing is accepted.
    """
    aside = ("@context", active.id_alias, active.type_alias) if nest is None else ()
    found = tuple(_entry(name, active, nest) for name in names if name not in aside)
    if nest is None:
        weight = MEMBER_WEIGHT * (1 + len(names)) + weight_of(names)
        active.keep(active.plans, names, found, weight=weight)
    return found


def _entry(name: str, active: ActiveContext, nest: str | None) -> Entry:
    try:
        term = _named(name, active, nest)
        member = member_of(term, active)
        _check_scope(term, member)
    except MedidError as error:
        raise below(error, name) from None
    kind, suffix = _kind(member)
    return (name, kind, member.term.predicate, suffix, member)


def _named(name: str, active: ActiveContext, nest: str | None) -> Term:
    term = active.terms.get(name) if type(name) is str else None
    if term is None:
        term = iris.undefined(name, active)
    if term.iri is None:
        raise DataLoss("no context defines this member")
    if term.iri == "@nest" and nest is None and not name.startswith("@"):
        return _block(term)
    if term.nest != nest:
        raise NotCompact("the member stands where its term does not ask for it")
    if term.iri.startswith("@"):
        raise NotCompact("a second alias, or a keyword, where a term belongs")
    iris.property_iri(term.iri)
    if term.reverse:
        message = "a reverse property says of another node what belongs there"
        raise CanonicalizationError(message)
    if literals.is_reserved(term.type):
        message = "values of this datatype are not written as plain strings"
        raise CanonicalizationError(message)
    return term


def _check_scope(term: Term, member: Member) -> None:
    if term.scope is None:
        return
    if "@language" in term.container:
        raise CanonicalizationError("a map by language with a context of its own")
    again = member.inner.state.definitions.get(term.name)
    if again not in (None, member.active.state.definitions.get(term.name)):
        # Implementations differ in which of the two definitions counts for what.
        raise CanonicalizationError("a property is defined anew by its own context")


def _block(term: Term) -> Term:
    if term.scope is not None:
        # Its members would have names of which the node's own terms know nothing.
        raise CanonicalizationError("a nested block with a context of its own")
    return term


def member_of(term: Term, active: ActiveContext) -> Member:
    """What ``term`` means for a member of a node in ``active``."""
    inner = active if term.scope is None else active.property_scope(term.scope)
    # A type-scoped context ends where another node begins (step 7), unless that stands
    # in a map by index; the property's own context counts there too (step 8).
    outer = active if "@index" in term.container else active.previous or active
    rivals = active.rivals.get(term.iri or "", ())
    own = iris.in_scope(term, inner)
    return Member(
        name=term.name,
        term=own,
        active=active,
        inner=inner,
        below=outer if term.scope is None else outer.property_scope(term.scope),
        rivals=_in_scopes(rivals, active, term, own) if len(rivals) > 1 else (),
    )


def _in_scopes(
    rivals: tuple[Term, ...], active: ActiveContext, term: Term, own: Term
) -> tuple[Term, ...]:
    """The rivals of a term, itself among them, as they are for scalars."""
    found = []
    for rival in rivals:
        if rival is term:
            found.append(own)
            continue
        try:
            scope = rival.scope
            inner = active if scope is None else active.property_scope(scope)
            found.append(iris.in_scope(rival, inner))
        except MedidError:
            continue  # a term that cannot be used at all
    return tuple(found)


def _kind(member: Member) -> tuple[int, str]:
    term = member.term
    if member.rivals or term.container - _PLAIN or term.iri == "@nest":
        return PROPERTY, ""
    if term.type == "@id":
        return LINK, ""
    suffix = literals.suffix(term)
    if suffix is None:
        return PROPERTY, ""
    return (TEXT if term.type in (None, "@none") else TYPED), suffix
