"""What a selective proof covers: the document alone, and its own options.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#base-proof-transformation-ecdsa-sd-2023
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from medid.errors import MalformedProof, TooLarge, located
from medid.jsonld import rdfc
from medid.securing.data_integrity.selective.groups import Statements
from medid.securing.data_integrity.selective.labels import fixed
from medid.securing.data_integrity.selective.values import MAX_STATEMENTS
from medid.securing.data_integrity.transformation import document_quads, options_quads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from medid.securing.data_integrity.cryptosuite import Covered
    from medid.securing.data_integrity.selective.labels import Naming

DERIVE: Final = "derive a proof from it: medid.derive, or medid derive FILE --disclose"


def statements_of(covered: Covered, naming: Naming) -> Statements:
    """The statements of the whole document.

    Raises:
        MalformedProof: The proof continues another one.
        TooLarge: More than ``MAX_STATEMENTS``.
        MedidError: The document has no canonical form.
    """
    _check_alone(covered)
    document = {k: v for k, v in covered.document.items() if k != "proof"}
    found = Statements(document, covered.statements.contexts, naming)
    if len(found.lines) > MAX_STATEMENTS:
        raise TooLarge(f"the document makes more than {MAX_STATEMENTS} statements")
    return found


def lines_of(covered: Covered, labels: Sequence[str]) -> list[str]:
    """The statements of a part, under the names that were signed.

    Args:
        covered: The part and its derived proof.
        labels: The name of each blank node, by its number in the part's canonical form.

    Raises:
        MalformedProof: The proof continues another one, or the labels are not one for
            each blank node.
        MedidError: The document has no canonical form.
    """
    _check_alone(covered)
    canonical = document_quads(covered)
    with located(covered.proof.path):
        named = fixed(labels)(canonical.labels.values())
    names = {blank: named[name] for blank, name in canonical.labels.items()}
    return rdfc.named_lines(canonical.dataset, names)


def _check_alone(covered: Covered) -> None:
    if covered.previous:
        message = "a selective proof covers no other proofs, and continues none"
        raise MalformedProof(message, path=covered.proof.path)


def proof_hash(covered: Covered) -> bytes:
    """The hash of the proof's options.

    Raises:
        MedidError: They have no canonical form.
    """
    with located(covered.proof.path):
        return hashlib.sha256(options_quads(covered).nquads).digest()


def statements_hash(lines: Iterable[str]) -> bytes:
    """The hash of statements that are always shown together."""
    return hashlib.sha256("".join(lines).encode()).digest()


def split(lines: Sequence[str], indexes: Sequence[int]) -> tuple[list[str], list[str]]:
    """The lines at ``indexes``, and the others.

    Args:
        lines: Statements of a document.
        indexes: Ascending.

    Raises:
        MalformedProof: An index beyond the last line.
    """
    if indexes and indexes[-1] >= len(lines):
        raise MalformedProof("an index of a statement that the document does not make")
    chosen = set(indexes)
    rest = [line for index, line in enumerate(lines) if index not in chosen]
    return [lines[index] for index in indexes], rest
