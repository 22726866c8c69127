"""From terms and identifiers to IRIs, each in the one spelling that is accepted.

Where an IRI has a term, the term is the spelling; where it has none, the absolute
IRI. Compact IRIs (``prefix:name``) are a third spelling of both and are refused.

Spec: https://www.w3.org/TR/json-ld11-api/#iri-expansion
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core.records import replace
from medid.errors import DataLoss, MalformedValue, NotCompact
from medid.jsonld import choice
from medid.jsonld.active import weight_of
from medid.jsonld.nquads import iri
from medid.jsonld.terms import ABSOLUTE_IRI, RDF, Term

if TYPE_CHECKING:
    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext

_NIL: Final = RDF + "nil"
# What these state, types and lists state; a term for one would be a second spelling.
_FORMS: Final = frozenset({RDF + "type", RDF + "first", RDF + "rest"})

_ABSOLUTE: Final = "write an absolute IRI, or a name that a context defines"

# An absolute IRI of characters that N-Quads writes as they are.
_SAFE: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:[!$-;=?-\[\]_a-z~]*(?:#[!$-;=?-\[\]_a-z~]*)?"
)


def absolute(value: str) -> str:
    """``value``, if it is an absolute IRI.

    Raises:
        DataLoss: It is relative, and a signed document has no base.
        NotCompact: It is a blank node identifier, a name without meaning outside.
    """
    if value.startswith("_:"):
        raise NotCompact("a blank node needs no name: leave the id out")
    if not ABSOLUTE_IRI.fullmatch(value):
        message = "a relative IRI has no meaning in a signed document"
        raise DataLoss(message, fix=_ABSOLUTE)
    if value == _NIL:
        raise NotCompact("the empty list is written as an empty array")
    return value


def property_iri(value: str) -> str:
    """``value``, if it is the IRI of a property that members may state.

    Raises:
        MedidError: As ``absolute``.
        NotCompact: JSON-LD has a form of its own for what it states.
    """
    if value in _FORMS:
        raise NotCompact("types and lists have forms of their own")
    return absolute(value)


def identifier(value: JsonValue, active: ActiveContext) -> str:
    """The term for the value of ``id``, or of a member whose type is ``@id``."""
    if type(value) is not str:
        raise MalformedValue("an identifier is a string")
    if (
        _SAFE.fullmatch(value)
        and value.partition(":")[0] not in active.prefixes
        and value != _NIL
    ):
        return f"<{value}>"
    _no_prefix(value, active)
    return iri(absolute(value))


def vocabulary(value: str, active: ActiveContext) -> str:
    """The term for a type, or for the value of a member whose type is ``@vocab``."""
    found = active.words.get(value)
    if found is None:
        found = iri(_vocabulary_iri(value, active))
        active.keep(active.words, value, found, weight=weight_of((value, found)))
    return found


def datatype(value: JsonValue, active: ActiveContext) -> str:
    """The IRI for the datatype of a value object."""
    if type(value) is not str:
        raise MalformedValue("a datatype is a string")
    return _vocabulary_iri(value, active)


def _vocabulary_iri(value: str, active: ActiveContext) -> str:
    if value in active.terms:
        term = active.terms[value]
        if term.iri is None or term.iri.startswith("@"):
            raise DataLoss("this term stands for nothing here")
        choice.check_word(term, active.rivals[term.iri])
        return absolute(term.iri)
    if ":" in value:
        _no_prefix(value, active)
        if active.vocab and value.startswith(active.vocab):
            raise NotCompact("write the short name, not the whole IRI")
        found = value
    elif active.vocab is None or value.startswith("@"):
        raise DataLoss("no context defines this name", fix=_ABSOLUTE)
    else:
        found = active.vocab + value
    if found in active.rivals:
        raise NotCompact("a term stands for this IRI: write the term")
    return absolute(found)


def is_none(name: str, active: ActiveContext) -> bool:
    """Whether ``name`` is ``@none`` or an alias of it."""
    term = active.terms.get(name)
    return name == "@none" or (term is not None and term.iri == "@none")


def undefined(name: object, active: ActiveContext) -> Term:
    """The definition of a name without a term: the vocabulary's, where there is one.

    Raises:
        DataLoss: No context defines the name.
        NotCompact: The name is a keyword or an IRI, or a term stands for its IRI.
        MalformedValue: It is no string.
    """
    if type(name) is not str:
        raise MalformedValue("a member's name is a string")
    if ":" in name or name.startswith("@"):
        raise NotCompact("a member is named by a keyword or an IRI, not by a term")
    if active.vocab is None:
        raise DataLoss("no context defines this member")
    found = property_iri(active.vocab + name)
    if found in active.rivals:
        raise NotCompact("a term stands for this IRI: write the term")
    return plain_term(name, found, active)


def in_scope(term: Term, inner: ActiveContext) -> Term:
    """``term`` as it is for the scalars among its values, for which ``inner`` counts.

    A context that is scoped to a property may define the property itself again: for
    its strings, numbers and booleans, but for nothing that arranges them.

    Spec: https://www.w3.org/TR/json-ld11-api/#expansion-algorithm, step 4.2
    """
    if term.scope is None or term.type == "@json":
        return term
    return of_scalars(term, inner)


def of_scalars(term: Term, active: ActiveContext) -> Term:
    """``term`` for a scalar that stands in ``active``, wherever the term was found."""
    found = active.terms.get(term.name) or plain_term(term.name, "", active)
    return replace(
        term, type=found.type, language=found.language, direction=found.direction
    )


def plain_term(name: str, stated: str, active: ActiveContext) -> Term:
    """The definition of a member that no term, but the context's rules define."""
    return Term(
        name=name,
        iri=stated,
        predicate=iri(stated),
        language=active.language,
        direction=active.direction,
    )


def _no_prefix(value: str, active: ActiveContext) -> None:
    prefix, _, suffix = value.partition(":")
    if prefix in active.prefixes and not suffix.startswith("//"):
        raise NotCompact("write the whole IRI, not a prefix and a name")
