"""Which node of a graph is its root: RDF does not say, so its readers must know.

A document is a tree, and its statements a graph. Where a circle of links leads through
the root, a document that begins at another node of the circle has the same statements.
Readers take a document by its types, so no other node of the circle may have one of
them: the license that a renewed one replaces could be shown in its place.

Spec: https://www.w3.org/TR/vc-data-integrity/#securing-data-losslessly
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from medid.errors import NotCompact
from medid.jsonld.nquads import iri
from medid.jsonld.terms import RDF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.jsonld.dataset import Triple

_TYPE: Final = iri(RDF + "type")


def check(triples: Iterable[Triple], root: str) -> None:
    """Return if no other node could be taken for ``root``.

    Args:
        triples: Of the graph.
        root: The term of its root.

    Raises:
        NotCompact: A node that leads to the root has one of its types, or neither has
            a type.
    """
    types: defaultdict[str, set[str]] = defaultdict(set)
    named_by: defaultdict[str, set[str]] = defaultdict(set)
    for subject, predicate, object_ in triples:
        if predicate == _TYPE:
            types[subject].add(object_)
        else:
            named_by[object_].add(subject)
    own = types[root]
    for node in _leading_to(root, named_by):
        # A blank node has no name by which the root could lead back to it.
        if node.startswith("<") and (types[node] & own or not (types[node] or own)):
            message = "a resource that leads back to the document may be taken for it"
            raise NotCompact(message)


def _leading_to(root: str, named_by: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = [root]
    while pending:
        more = named_by.get(pending.pop(), set()) - found
        found |= more
        pending.extend(more)
    return found - {root}
