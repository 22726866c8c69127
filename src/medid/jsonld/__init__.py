"""JSON-LD without surprises: trusted contexts, no loss, one spelling, canonical RDF.

Spec: https://www.w3.org/TR/json-ld11/, https://www.w3.org/TR/rdf-canon/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.jsonld import dataset, general, rdfc, transform
from medid.jsonld.contexts import ContextStore
from medid.jsonld.form import check_context_form, empty_arrays, is_plain
from medid.jsonld.loose import LooseWalk
from medid.jsonld.transform import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.rdfc import Algorithm

__all__ = [
    "ContextStore",
    "Statements",
    "canonicalize",
    "check_compact",
    "check_context_form",
    "empty_arrays",
    "expand",
    "is_plain",
    "to_nquads",
]


def canonicalize(
    document: Mapping[str, JsonValue],
    contexts: ContextStore,
    *,
    algorithm: Algorithm = "sha256",
) -> bytes:
    """The canonical N-Quads of ``document``, which lose and hide nothing of it.

    Args:
        document: Compact JSON-LD with ``@context``. Never modified.
        contexts: The only contexts that may be used; none is fetched.
        algorithm: The hash inside RDFC-1.0; P-384 suites use ``"sha384"``.

    Raises:
        ContextNotTrusted: A context is not in ``contexts``, or is inline.
        DataLoss: A part of the document would not be signed.
        NotCompact: A part of the document has a plainer spelling.
        MalformedValue: A value that JSON-LD does not allow there.
        CanonicalizationError: No ``@context``, a construct outside medid's profile, or
            blank nodes that take too much work.
        TooLarge: Nesting beyond the limit.
    """
    found = transform.to_dataset(document, contexts)
    return rdfc.canonicalize(found, algorithm=algorithm).nquads


def check_compact(document: Mapping[str, JsonValue], contexts: ContextStore) -> None:
    """Return if ``document`` is in compact form and loses nothing; otherwise raise.

    Raises:
        MedidError: As ``canonicalize`` does, but for the blank nodes.
    """
    transform.to_dataset(document, contexts)


def expand(
    document: Mapping[str, JsonValue], contexts: ContextStore
) -> list[JsonValue]:
    """The expanded form of ``document``, which loses and hides nothing of it.

    Raises:
        MedidError: As ``check_compact`` does.
    """
    check_compact(document, contexts)
    return general.expand(document, contexts)


def to_nquads(
    document: JsonValue, contexts: ContextStore, *, base: str | None = None
) -> bytes:
    """The canonical N-Quads of any JSON-LD 1.1 document, of which parts may be lost.

    For conversion only: what a document says beyond them is dropped in silence, so
    nothing may be signed or verified by it.

    Args:
        document: In any form of JSON-LD. Never modified.
        contexts: The only contexts that may be named; inline ones are allowed.
        base: What relative references in the document are relative to.

    Raises:
        ContextNotTrusted: A context is not in ``contexts``.
        CanonicalizationError: The document breaks a rule of JSON-LD 1.1, or its blank
            nodes take too much work.
        TooLarge: Nesting beyond the limit.
    """
    walk = LooseWalk(contexts, base=base)
    walk.document(document)
    quads = dataset.to_quads(walk.graphs)
    return rdfc.canonicalize(dataset.from_quads(quads)).nquads
