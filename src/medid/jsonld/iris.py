"""From terms and identifiers to IRIs, each in the one spelling that is accepted.

Where an IRI has a term, the term is the spelling; where it has none, the absolute
IRI. Compact IRIs (``prefix:name``) are a third spelling of both and are refused.

Spec: https://www.w3.org/TR/json-ld11-api/#iri-expansion
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from medid.errors import CanonicalizationError, DataLoss, MalformedValue, NotCompact
from medid.jsonld.active import ABSOLUTE_IRI, plain_term
from medid.jsonld.nquads import iri

if TYPE_CHECKING:
    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext, Term

_NODE_RANK: Final = {"@id": 0, "@vocab": 1, None: 2, "@none": 2}


def absolute(value: str) -> str:
    """``value``, if it is an absolute IRI.

    Raises:
        DataLoss: It is relative, and a signed document has no base.
        NotCompact: It is a blank node identifier, a name without meaning outside.
    """
    if value.startswith("_:"):
        raise NotCompact("a blank node needs no name: leave the id out")
    if not ABSOLUTE_IRI.fullmatch(value):
        raise DataLoss("a relative IRI has no meaning in a signed document")
    return value


def identifier(value: JsonValue, active: ActiveContext) -> str:
    """The term for the value of ``id``, or of a member whose type is ``@id``."""
    if type(value) is not str:
        raise MalformedValue("an identifier is a string")
    _no_prefix(value, active)
    return iri(absolute(value))


def vocabulary(value: str, active: ActiveContext) -> str:
    """The term for a type, or for the value of a member whose type is ``@vocab``."""
    term = active.terms.get(value)
    if term is not None and term.plain and len(active.rivals[term.iri]) == 1:
        return term.predicate
    return iri(_vocabulary_iri(value, active))


def datatype(value: JsonValue, active: ActiveContext) -> str:
    """The IRI for the datatype of a value object."""
    if type(value) is not str:
        raise MalformedValue("a datatype is a string")
    return _vocabulary_iri(value, active)


def _vocabulary_iri(value: str, active: ActiveContext) -> str:
    if value in active.terms:
        term = active.terms[value]
        if term is None or term.iri.startswith("@"):
            raise DataLoss("this term stands for nothing here")
        _first_choice(term, [r for r in active.rivals[term.iri] if _alike(r, term)])
        return absolute(term.iri)
    if ":" in value:
        _no_prefix(value, active)
        if active.vocab and value.startswith(active.vocab):
            raise NotCompact("write the short name, not the whole IRI")
        found = value
    elif active.vocab is None or value.startswith("@"):
        raise DataLoss("no context defines this name")
    else:
        found = active.vocab + value
    if found in active.rivals:
        raise NotCompact("a term stands for this IRI: write the term")
    return absolute(found)


def member_term(name: str, value: JsonValue, active: ActiveContext) -> Term:
    """The definition of a member's name.

    Raises:
        DataLoss: No context defines the name.
        NotCompact: The name is a keyword, an alias of one, or an IRI, or another term
            is to be used for this value.
        CanonicalizationError: The definition is outside medid's profile.
    """
    term = active.terms.get(name)
    if term is None:
        return _undefined(name, active)
    if not term.plain:
        _refuse(term)
    if len(active.rivals[term.iri]) > 1:
        _check_choice(term, value, active.rivals[term.iri])
    return term


def _refuse(term: Term) -> NoReturn:
    if term.iri.startswith("@"):
        raise NotCompact("a second alias, or a keyword, where a term belongs")
    absolute(term.iri)
    message = "reverse properties and maps by id, index or type are not supported"
    raise CanonicalizationError(message)


def _undefined(name: object, active: ActiveContext) -> Term:
    if type(name) is not str:
        raise MalformedValue("a member's name is a string")
    if ":" in name or name.startswith("@"):
        raise NotCompact("a member is named by a keyword or an IRI, not by a term")
    if name in active.terms or active.vocab is None:
        raise DataLoss("no context defines this member")
    found = absolute(active.vocab + name)
    if found in active.rivals:
        raise NotCompact("a term stands for this IRI: write the term")
    return plain_term(name, found, active)


def _check_choice(term: Term, value: JsonValue, rivals: tuple[Term, ...]) -> None:
    # Two terms for one IRI are two spellings of one statement; JSON-LD's compaction
    # names the one to use.
    for item in value if type(value) is list else [value]:
        if _makes_node(item, term):
            _choose_for_node(term, rivals)
        else:
            _first_choice(term, [r for r in rivals if _alike(r, term)])


def _makes_node(item: JsonValue, term: Term) -> bool:
    if type(item) is dict:
        return "@value" not in item and term.type != "@json"
    return type(item) is str and term.type in ("@id", "@vocab")


def _choose_for_node(term: Term, rivals: tuple[Term, ...]) -> None:
    able = [r for r in rivals if r.type in _NODE_RANK and r.shape == term.shape]
    able.sort(key=lambda rival: (_NODE_RANK[rival.type], rival.order))
    _first_choice(term, able)


def _alike(rival: Term, term: Term) -> bool:
    return rival.literal_kind == term.literal_kind


def _first_choice(term: Term, candidates: list[Term]) -> None:
    if candidates and candidates[0] is not term:
        raise NotCompact("another term says the same and is the one to use")


def _no_prefix(value: str, active: ActiveContext) -> None:
    prefix, _, suffix = value.partition(":")
    term = active.terms.get(prefix)
    if term is not None and term.prefix and not suffix.startswith("//"):
        raise NotCompact("write the whole IRI, not a prefix and a name")
