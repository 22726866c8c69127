"""Other implementations as oracles: pyld as a whole, pyoxigraph for canonical names.

Neither is changed in any way. What they are known to do differently stands in
``differences``.

Spec: https://www.w3.org/TR/json-ld11-api/, https://www.w3.org/TR/rdf-canon/
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyoxigraph
from pyld import jsonld
from pyld.canon import URDNA2015
from pyld.jsonld import JsonLdError

from medid.jsonld import dataset, general, nquads, rdfc
from tests.jsonld.campaign import BASE, Answer, contexts_store

if TYPE_CHECKING:
    from medid.core.json import JsonValue
    from medid.jsonld import ContextStore

_N_QUADS = pyoxigraph.RdfFormat.N_QUADS


def by_pyld(document: JsonValue, contexts: ContextStore, *, base: str = "") -> bytes:
    """The canonical N-Quads of what pyld finds in ``document``."""
    options = {**general._options(contexts), "base": base}
    return renamed(jsonld.JsonLdProcessor.to_nquads(_dataset(document, options)))


def renamed(text: str) -> bytes:
    """N-Quads in canonical form, as medid makes it."""
    return rdfc.canonicalize(dataset.from_quads(nquads.parse(text))).nquads


def _dataset(document: JsonValue, options: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = jsonld.to_rdf(
        document, {**options, "rdfDirection": "i18n-datatype"}
    )
    return found


@lru_cache(maxsize=1)
def _campaign_options() -> dict[str, Any]:
    # One resolver for all: pyld processes contexts slowly.
    return {**general._options(contexts_store()), "base": BASE}


def pyld(document: JsonValue) -> Answer:
    """What pyld makes of a document of a campaign, by its own canonicalization."""
    try:
        found = _dataset(document, _campaign_options())
    except JsonLdError as error:
        return Answer(None, _reason(error))
    except (AttributeError, KeyError, TypeError) as error:
        # Here it does not judge, but stumbles.
        return Answer(None, f"stumbled: {type(error).__name__}")
    stated = jsonld.JsonLdProcessor.to_nquads(found)
    return Answer(
        URDNA2015().main(found, {"format": "application/n-quads"}), stated=stated
    )


def _reason(error: BaseException) -> str:
    while (inner := getattr(error, "cause", None) or error.__cause__) is not None:
        error = inner
    if isinstance(error, JsonLdError):
        return str(error.code)
    return f"stumbled: {type(error).__name__}"


def by_pyoxigraph(text: str) -> str:
    """N-Quads in canonical form, as pyoxigraph makes it."""
    found = pyoxigraph.Dataset(pyoxigraph.parse(text, format=_N_QUADS))
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    written = pyoxigraph.serialize(found, format=_N_QUADS) or b""
    lines = written.decode().split("\n")
    return "".join(sorted(f"{line}\n" for line in lines if line))
