"""Of two accepted documents with the same RDF, code that reads JSON learns the same.

The documents are made under contexts in which few IRIs have many names, and re-spelt,
moved, wrapped and split in every way that could leave their RDF as it is.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import pytest

from medid.errors import MedidError
from medid.jsonld import canonicalize
from tests.jsonld.campaign import contexts_store
from tests.jsonld.making import contexts
from tests.jsonld.making.documents import Maker
from tests.jsonld.making.rewriting import Rewriter, synonyms
from tests.jsonld.making.scalars import FewScalars
from tests.jsonld.meaning import meaning
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject

CONTEXTS: Final = 25
DOCUMENTS: Final = 3  # under each context
REWRITTEN: Final = 25  # of each document


def _family(rng: random.Random) -> Iterator[JsonObject]:
    """Documents under one context, many of which have the same RDF."""
    context = contexts.tiny(rng)
    try:
        active = contexts_store().initial.local(context)
    except MedidError:
        return  # a context that cannot be used at all
    by = Rewriter(rng, synonyms(contexts_store(), context))
    for _ in range(DOCUMENTS):
        maker = Maker(rng, size=6, scalars=FewScalars(rng))
        first = maker.document(context, active)
        yield first
        for _ in range(REWRITTEN):
            yield by.rewritten(first, rng.choice([1, 1, 2, 3]))


def _accepted(document: JsonObject) -> str | None:
    try:
        return canonicalize(document, contexts_store()).decode()
    except MedidError:
        return None


@pytest.mark.hypothesis  # `make soak` runs what has this mark
def test_the_same_rdf_has_one_meaning() -> None:
    counts: Counter[str] = Counter()
    for seed in range(examples(CONTEXTS)):
        meanings: defaultdict[object, dict[str, JsonObject]] = defaultdict(dict)
        spelt: defaultdict[object, set[str]] = defaultdict(set)
        for document in _family(random.Random(f"meaning {seed}")):
            found = _accepted(document)
            if found is None:
                counts["refused"] += 1
                continue
            # Readers take a document by its types, so it is another one if those of
            # its root are others (``medid.jsonld.roots``).
            types = document.get("type")
            key = (found, repr(sorted(types) if isinstance(types, list) else [types]))  # type: ignore[type-var]
            meanings[key].setdefault(meaning(document, contexts_store()), document)
            spelt[key].add(repr(document))
            assert len(meanings[key]) == 1, (seed, *meanings[key].values())
        counts["same"] += sum(len(documents) - 1 for documents in spelt.values())
    # Nothing would be shown by documents that are all refused, or all different.
    assert counts["same"] > examples(CONTEXTS) / 2
    assert counts["refused"] > 20 * examples(CONTEXTS)
