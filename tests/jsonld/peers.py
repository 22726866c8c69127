"""pyld as an oracle: what a document states, and what its blank nodes are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.jsonld import general, nquads, rdfc
from medid.jsonld.dataset import from_quads

if TYPE_CHECKING:
    from medid.core.json import JsonValue
    from medid.jsonld import ContextStore


def by_pyld(document: JsonValue, contexts: ContextStore) -> bytes:
    """The canonical N-Quads of what pyld finds in ``document``."""
    from pyld import jsonld

    options = {
        **general._options(contexts),
        "rdfDirection": "i18n-datatype",
        "format": "application/n-quads",
    }
    text = jsonld.to_rdf(document, options)
    return rdfc.canonicalize(from_quads(nquads.parse(text))).nquads
