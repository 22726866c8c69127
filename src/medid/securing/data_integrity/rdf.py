"""What the suites over canonical RDF share: the whole document, hashed as N-Quads.

Knows JSON and contexts; knows no keys and no particular suite.

Spec: https://www.w3.org/TR/vc-di-eddsa/#transformation-eddsa-rdfc-2022
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.securing.data_integrity.cryptosuite import rdf_hash, rdf_options_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore


def covered(
    document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
) -> JsonObject:
    """All of ``document``: RDF proofs have no context of their own."""
    del options
    return dict(document)


def document_hash(covered: Mapping[str, JsonValue], *, contexts: ContextStore) -> bytes:
    """SHA-256 of the canonical N-Quads (#hashing-eddsa-rdfc-2022).

    Raises:
        MedidError: As ``medid.jsonld.canonicalize`` does.
    """
    return rdf_hash(covered, contexts)


def options_hash(
    options: Mapping[str, JsonValue],
    covered: Mapping[str, JsonValue],
    *,
    contexts: ContextStore,
) -> bytes:
    """SHA-256 of the proof configuration's canonical N-Quads.

    Raises:
        MalformedProof: The proof brings a context of its own.
        MedidError: As ``medid.jsonld.canonicalize`` does.
    """
    return rdf_options_hash(options, covered, contexts)
