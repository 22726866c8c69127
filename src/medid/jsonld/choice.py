"""Which of several terms for one IRI is the one to use.

Two terms for one IRI are two spellings of one statement, whatever their types,
languages and containers are. For each statement that a node can make, exactly one of
its terms is accepted: of those that can say it, the one that JSON-LD's compaction would
choose, or the first by length and name where compaction would look at more than the
statement. Which ones can say it is asked of the statement, never of the term in use.

Spec: https://www.w3.org/TR/json-ld11-api/#term-selection
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.errors import MedidError, NotCompact
from medid.jsonld import literals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonValue
    from medid.jsonld.terms import Term

_NODE_RANK: Final = {"@id": 0, "@vocab": 1, None: 2, "@none": 2}
_PLAIN: Final = frozenset({None, "@none"})
_MAPS: Final = frozenset({"@id", "@index", "@type"})


def check_choice(term: Term, value: JsonValue, rivals: Sequence[Term]) -> None:
    """Return if ``term`` is the one of ``rivals`` to use for ``value``.

    Value objects are left to ``check_boxed``.

    Args:
        term: One of ``rivals``.
        value: Of the whole member.
        rivals: All terms for the IRI, in the order of JSON-LD compaction.

    Raises:
        NotCompact: Another term for the same IRI is.
    """
    able = same_kind(term, rivals)
    if term.type == "@json" or "@graph" in term.container:
        _first_choice(term, able)
    elif type(value) is dict and "@language" in term.container:
        _first_choice(term, _maps_by_language(able, term.direction))
    elif type(value) is dict and _by_key(term):
        _first_choice(term, _for_nodes(able))
    else:
        _check_items(term, value, able)


def same_kind(term: Term, rivals: Sequence[Term]) -> list[Term]:
    """Those of ``rivals`` that lead to objects of the kind that ``term`` leads to.

    A list, a graph, a JSON literal and all the rest differ in RDF.
    """
    kind = _kind(term)
    return [rival for rival in rivals if _kind(rival) == kind and not rival.reverse]


def check_boxed(term: Term, text: str, literal: str, rivals: Sequence[Term]) -> None:
    """Return if a value object under ``term`` is how ``literal`` is written.

    Args:
        term: Of neither type nor map.
        text: The value of the object.
        literal: What it stands for.
        rivals: ``term`` and the others of its kind for the IRI.

    Raises:
        NotCompact: A plain string, another term or a map by language says the same.
    """
    if any(_plainly(rival, text) == literal for rival in rivals):
        raise NotCompact("a plain string says the same")
    _first_choice(term, [r for r in rivals if r.type in _PLAIN and not _by_key(r)])


def check_word(term: Term, rivals: Sequence[Term]) -> None:
    """Return if ``term`` is the word to use for its IRI as a type or value.

    Raises:
        NotCompact: Another term for the same IRI is.
    """
    plain = [rival for rival in rivals if rival.is_plain]
    _first_choice(term, plain or rivals)


def _kind(term: Term) -> str | None:
    """What kind of object values become; None where no value is accepted."""
    if term.type == "@json":
        return "@json" if term.container <= {"@set"} else None
    if "@graph" in term.container:
        return "@graph" if term.container <= {"@graph", "@set"} else None
    by_index = "@index" in term.container and term.index is None
    if by_index or ("@language" in term.container and term.scope is not None):
        return None
    return "@list" if "@list" in term.container else ""


def _by_key(term: Term) -> bool:
    return not _MAPS.isdisjoint(term.container)


def _check_items(term: Term, value: JsonValue, able: list[Term]) -> None:
    items = value if type(value) is list else [value]
    if not items and "@list" in term.container:
        _first_choice(term, able)
    for item in items:
        if type(item) is list:
            _check_items(term, item, able)
        elif _makes_node(item, term):
            _first_choice(term, _for_nodes(able))
        elif type(item) is not dict:
            _check_scalar(term, item, able)


def _makes_node(item: JsonValue, term: Term) -> bool:
    if type(item) is dict:
        return "@value" not in item
    return type(item) is str and term.type in {"@id", "@vocab"}


def _check_scalar(term: Term, value: JsonValue, able: list[Term]) -> None:
    literal = _plainly(term, value)
    if literal is not None:  # what is wrong with the value, the walk finds and tells
        _first_choice(term, [r for r in able if _plainly(r, value) == literal])
        if term.type in _PLAIN and term.language is not None:
            _first_choice(term, _maps_by_language(able, term.direction))


def _plainly(term: Term, value: JsonValue) -> str | None:
    """The literal for a scalar under ``term``; None where it is no literal there."""
    if value is None or _by_key(term):
        return None
    try:
        if type(value) is not str:
            return literals.native(value, term)  # type: ignore[arg-type]
        linked = term.type in {"@id", "@vocab"}
        return None if linked else literals.text(value, term)
    except MedidError:
        return None


def _for_nodes(able: list[Term]) -> list[Term]:
    found = [
        term
        for term in able
        if _by_key(term)
        or (term.type in _NODE_RANK and "@language" not in term.container)
    ]
    return sorted(found, key=_node_rank)


def _node_rank(term: Term) -> tuple[int, int, tuple[int, str]]:
    # Compaction looks for maps by id and by type first, for maps by index last.
    by_index = 2 if "@index" in term.container else 1
    container = 0 if term.container & {"@id", "@type"} else by_index
    return (container, _NODE_RANK.get(term.type, len(_NODE_RANK)), term.order)


def _maps_by_language(able: list[Term], direction: str | None) -> list[Term]:
    return [
        term
        for term in able
        if "@language" in term.container and term.direction == direction
    ]


def _first_choice(term: Term, candidates: Sequence[Term]) -> None:
    if candidates and candidates[0] is not term:
        raise NotCompact("another term says the same and is the one to use")
