"""Where pyld, jsonld.js and pyoxigraph are known to differ from the specifications.

A rule is as narrow as it can be: it holds for one cause, which it looks for in the
document, and for the answers that this cause leads to. Whatever no rule explains fails
the campaign.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.jsonld import nquads
from medid.jsonld.terms import RDF, XSD
from tests.jsonld import peers
from tests.jsonld.campaign import Answer, Made, checked, loose
from tests.jsonld.making.contexts import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from medid.core.json import JsonObject, JsonValue

EQUAL: Final = "equal"
REFUSED: Final = "refused by both"
ONLY: Final = "refused by medid only: "
RULE: Final = "rule: "
DIFFERENT: Final = "different"


class Rule(NamedTuple):
    """One known difference.

    Attributes:
        anchor: What the specification says.
        holds: Whether it explains the answers of medid and of the peer.
    """

    name: str
    anchor: str
    holds: Callable[[Made, Answer, Answer], bool]


def _clears_what_is_not_set(made: Made, mine: Answer, peer: Answer) -> bool:
    """pyld raises KeyError for a null @vocab or @language where there was none."""
    nulls = (
        one[name] is None
        for one in objects(made.document)
        for name in ("@vocab", "@language")
        if name in one
    )
    return (
        mine.nquads is not None and peer.reason == "stumbled: KeyError" and any(nulls)
    )


def _escapes(made: Made, mine: Answer, peer: Answer) -> bool:
    """pyld canonicalizes as URDNA2015 did, which wrote control characters raw."""
    del made
    if mine.nquads is None or peer.nquads is None:
        return False
    written = re.search(r"\\[bf]|\\u00[0-9A-F]{2}", mine.nquads)
    return written is not None and peers.renamed(peer.stated) == mine.nquads.encode()


def _says_that_it_protects_nothing(made: Made, mine: Answer, peer: Answer) -> bool:
    """It takes a context's "@protected": false for a term that is being defined."""
    del mine
    stated = (one for one in objects(made.document["@context"]) if "@id" not in one)
    cyclic = peer.reason in {"cyclic IRI mapping", "invalid scoped context"}
    return cyclic and any(one.get("@protected") is False for one in stated)


def _named_context_redefines(made: Made, mine: Answer, peer: Answer) -> bool:
    """It lets a context that a scoped context names redefine protected terms."""
    named = (one.get("@context") for one in objects(made.document["@context"]))
    return (
        mine.reason == "a protected term is redefined"
        and peer.nquads is not None
        and any(type(one) is str and one in SHARED for one in named)
    )


def _takes_words_away(made: Made, mine: Answer, peer: Answer) -> bool:
    """It reads ids and types in spite of a type whose own context clears both words."""
    missing, extra = _beyond(mine, peer)
    clears = (one.get("@context", "") is None for one in objects(made.document))
    types = [
        line for line in extra.elements() if f" {nquads.iri(RDF + 'type')} " in line
    ]
    # Beside the types, links to a node that has its id, in place of one that has none.
    links = extra.total() - len(types)
    return bool(types) and links == missing.total() and any(clears)


def _reads_a_scalar_as_an_id(made: Made, mine: Answer, peer: Answer) -> bool:
    """It takes a boolean or number for an id, where a scoped context says @id."""
    defined_anew = "a property is defined anew by its own context"
    stumbles = {"stumbled: TypeError", "id.startsWith is not a function"}
    return (
        mine.nquads is not None
        and peer.reason in stumbles
        and checked(made).reason == defined_anew
    )


def _writes_what_is_no_iri(made: Made, mine: Answer, peer: Answer) -> bool:
    """It writes references with characters that no IRI has."""
    del made
    missing, extra = _beyond(mine, peer)
    no_iris = all(re.search(r"<[^>]*\\[^>]*>", line) for line in extra)
    return bool(extra) and no_iris and not missing


def _drops_what_is_no_property(made: Made, mine: Answer, peer: Answer) -> bool:
    """It drops members whose IRI has white space, and the nodes below them too."""
    missing, extra = _beyond(mine, peer)
    names = (name for one in objects(made.document) for name in one)
    return bool(missing) and not extra and any(re.search(r"\s", name) for name in names)


def _makes_numbers_of_strings(made: Made, mine: Answer, peer: Answer) -> bool:
    """It writes every string of type double as a number, and as NaN if it is none."""
    del made
    missing, extra = _beyond(mine, peer)
    doubles = all(f"^^<{XSD}double>" in line for line in missing | extra)
    return bool(missing) and doubles and missing.total() >= extra.total()


def _loses_empty_graphs(made: Made, mine: Answer, peer: Answer) -> bool:
    """It leaves out links to graphs that hold values, and so nothing in RDF."""
    del made
    missing, extra = _beyond(mine, peer)
    links = all(line.endswith((" _: .", " _: _: .")) for line in missing)
    return bool(missing) and links and not extra


def _beyond(mine: Answer, peer: Answer) -> tuple[Counter[str], Counter[str]]:
    """What only the one states, and what only the other does, but for blank names."""
    if mine.nquads is None or peer.nquads is None:
        return Counter(), Counter()
    one, other = (
        Counter(re.sub(r"_:c14n[0-9]+", "_:", answer.nquads or "").split("\n"))
        for answer in (mine, peer)
    )
    return one - other, other - one


# What holds for pyld and npm's jsonld, which share their ancestry.
_BOTH: Final = (
    Rule(
        "a context that says that it protects nothing is taken for a circle",
        "https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm, 5.13",
        _says_that_it_protects_nothing,
    ),
    Rule(
        "a named context redefines protected terms",
        "https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm, 5.2.6",
        _named_context_redefines,
    ),
    Rule(
        "a scalar is taken for an id",
        "https://www.w3.org/TR/json-ld11-api/#value-expansion, 1",
        _reads_a_scalar_as_an_id,
    ),
    Rule(
        "what is no IRI is written as one",
        "https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion, 2",
        _writes_what_is_no_iri,
    ),
    Rule(
        "what stands under a property that is no IRI is lost",
        "https://www.w3.org/TR/json-ld11-api/#expansion-algorithm, 13.3",
        _drops_what_is_no_property,
    ),
)
JSONLD_JS: Final = (
    *_BOTH,
    Rule(
        "strings of type double are written as numbers",
        "https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion, 10",
        _makes_numbers_of_strings,
    ),
    Rule(
        "links to graphs with nothing in them are lost",
        "https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion",
        _loses_empty_graphs,
    ),
)
PYLD: Final = (
    *_BOTH,
    Rule(
        "a default is cleared that was not set",
        "https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm, 5.8-5.9",
        _clears_what_is_not_set,
    ),
    Rule(
        "control characters are written as URDNA2015 did",
        "https://www.w3.org/TR/rdf-canon/#canonical-quads",
        _escapes,
    ),
    Rule(
        "ids and types are stated that no word stands for",
        "https://www.w3.org/TR/json-ld11-api/#expansion-algorithm, 13",
        _takes_words_away,
    ),
)


def objects(value: JsonValue) -> Iterator[JsonObject]:
    """Every object in ``value``."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def verdict(made: Made, mine: Answer, peer: Answer, rules: tuple[Rule, ...]) -> str:
    """What the comparison of two answers is counted as."""
    if mine.nquads == peer.nquads:
        return REFUSED if mine.nquads is None else EQUAL
    for rule in rules:
        if rule.holds(made, mine, peer):
            return RULE + rule.name
    return DIFFERENT if mine.nquads is not None else ONLY + mine.reason


class Verdicts(NamedTuple):
    """What the comparisons of one document are counted as.

    Attributes:
        checked: The checked pass, and the peer.
        loose: The pass for any JSON-LD, and the peer.
    """

    checked: str
    loose: str


def verdicts(made: Made, peer: Answer, rules: tuple[Rule, ...]) -> Verdicts:
    """Both passes against a peer.

    The pass for any JSON-LD refuses nothing that is legal.
    """
    found = verdict(made, checked(made), peer, rules)
    by_loose = verdict(made, loose(made), peer, rules)
    return Verdicts(found, DIFFERENT if by_loose.startswith(ONLY) else by_loose)


def third(mine: Answer, peer: Answer) -> str:
    """What pyoxigraph says of the statements that medid and pyld found."""
    assert mine.nquads is not None
    found = peers.by_pyoxigraph(mine.nquads)
    if peer.nquads is not None and found != peers.by_pyoxigraph(peer.stated):
        return DIFFERENT
    if found == mine.nquads:
        return EQUAL
    # pyoxigraph names blank nodes in another order than the W3C's suite, pyld and
    # jsonld.js do, where graphs are alike (https://www.w3.org/TR/rdf-canon/#hash-nd-quads).
    return RULE + "n-degree" if _some_are_alike(mine.nquads) else DIFFERENT


def _some_are_alike(text: str) -> bool:
    """Whether two blank nodes have equal quads, once blank nodes have no names."""
    quads: defaultdict[str, list[str]] = defaultdict(list)
    for quad in nquads.parse(text):
        for node in {term for term in quad if term.startswith("_:")}:
            names = [_anonymous(term, node) for term in quad]
            quads[node].append(" ".join(names))
    alike = Counter(tuple(sorted(lines)) for lines in quads.values())
    return max(alike.values()) > 1


def _anonymous(term: str, node: str) -> str:
    if not term.startswith("_:"):
        return term
    return "_:a" if term == node else "_:z"
