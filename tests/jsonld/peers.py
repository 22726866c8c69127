"""Other implementations as oracles, and what they are known to do differently.

Spec: https://www.w3.org/TR/json-ld11-api/, https://www.w3.org/TR/rdf-canon/
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from medid.errors import MedidError
from medid.jsonld import general, nquads
from tests.jsonld.campaign import BASE, Answer, canonical, contexts_store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.core.json import JsonValue
    from medid.jsonld import ContextStore

# What pyld raises where it does not judge, but stumbles.
_STUMBLES: Final = (AttributeError, KeyError, TypeError)


def by_pyld(document: JsonValue, contexts: ContextStore, *, base: str = "") -> bytes:
    """The canonical N-Quads of what pyld finds in ``document``."""
    found = canonical(
        _pyld_quads(document, {**general._options(contexts), "base": base})
    )
    assert found.nquads is not None, found.reason
    return found.nquads.encode()


@lru_cache(maxsize=1)
def _campaign_options() -> dict[str, Any]:
    # One resolver for all: pyld processes contexts slowly.
    return {**general._options(contexts_store()), "base": BASE}


def _pyld_quads(document: JsonValue, options: dict[str, Any]) -> list[nquads.Quad]:
    from pyld import jsonld

    text = jsonld.to_rdf(
        document,
        {
            **options,
            "rdfDirection": "i18n-datatype",
            "format": "application/n-quads",
        },
    )
    return nquads.parse(text)


def pyld(document: JsonValue) -> Answer:
    """What pyld makes of a document of a campaign."""
    from pyld.jsonld import JsonLdError

    try:
        return canonical(_pyld_quads(document, _campaign_options()))
    except (JsonLdError, MedidError, *_STUMBLES) as error:
        return Answer(None, _reason(error))


def _reason(error: BaseException) -> str:
    while (inner := getattr(error, "cause", None) or error.__cause__) is not None:
        error = inner
    return str(getattr(error, "code", None) or f"stumbled: {type(error).__name__}")


def same(found: Answer, peer: Answer) -> bool:
    """Whether two implementations say the same of a document."""
    if found.nquads is None or peer.nquads is None:
        return found.nquads is peer.nquads
    return found.nquads == peer.nquads


def same_but_for_nothing(found: Answer, peer: Answer) -> bool:
    """The same, once links to nodes of which nothing is said are left out.

    Repeated lines count once.
    """
    if found.nquads is None or peer.nquads is None:
        return False
    try:
        mine, theirs = _without_nothing(found.nquads), _without_nothing(peer.nquads)
    except MedidError:
        return False  # not N-Quads
    return canonical(mine) == canonical(theirs)


def _without_nothing(text: str) -> list[nquads.Quad]:
    quads = nquads.parse(text)
    while True:
        counts = Counter(_blanks(quads))
        kept = [q for q in quads if not (q[2].startswith("_") and counts[q[2]] == 1)]
        if len(kept) == len(quads):
            return quads
        quads = kept


def _blanks(quads: Iterable[nquads.Quad]) -> Iterable[str]:
    for subject, _, object_, graph in quads:
        yield from (t for t in (subject, object_, graph) if t.startswith("_"))
