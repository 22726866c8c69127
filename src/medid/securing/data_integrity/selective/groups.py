"""A document as statements that are signed one by one, and groups of them.

A group is what a selection of the document states. Everything in it has to be among the
statements of the whole: a part of a list or of a JSON literal is not, and cannot be
disclosed on its own.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#canonicalizeandgroup
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from medid.errors import ProofGenerationError
from medid.jsonld import rdfc
from medid.jsonld.parts import Whole
from medid.securing.data_integrity.selective.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore
    from medid.jsonld.dataset import Dataset
    from medid.securing.data_integrity.selective.labels import Naming


class Group(NamedTuple):
    """What a selection states.

    Attributes:
        document: The selected part.
        dataset: What the part states.
        indexes: Where its statements stand among those of the whole, ascending.
    """

    document: JsonObject
    dataset: Dataset
    indexes: list[int]


class Statements:
    """The statements of a whole document, under the names that are signed.

    Attributes:
        lines: Canonical N-Quads, sorted.
    """

    def __init__(
        self,
        document: Mapping[str, JsonValue],
        contexts: ContextStore,
        naming: Naming,
    ) -> None:
        """Work out what ``document``, without its proofs, states.

        Raises:
            MedidError: As ``medid.jsonld.canonicalize`` does.
        """
        self._document = document
        self._whole = Whole(document, contexts)
        canonical = self._whole.canonical
        named = naming(canonical.labels.values())
        self._names = {blank: named[name] for blank, name in canonical.labels.items()}
        self.lines = rdfc.named_lines(canonical.dataset, self._names)
        self._places = {line: index for index, line in enumerate(self.lines)}

    def group(self, pointers: Sequence[str]) -> Group:
        """What the pointers select; nothing at all for no pointers.

        Raises:
            MalformedValue: One is no JSON pointer.
            ProofGenerationError: One leads to nothing, or what they lead to cannot be
                disclosed without the rest.
        """
        if not pointers:
            return Group({}, {}, [])
        selection = Selection(self._document, pointers)
        dataset = self._whole.part(selection.document, selection.place_in_whole)
        lines = rdfc.named_lines(dataset, self._names)
        if not self._places.keys() >= set(lines):
            message = "a JSON pointer leads into a list or literal that is signed whole"
            raise ProofGenerationError(message, fix="point at all of it, or at none")
        indexes = [self._places[line] for line in lines]
        return Group(selection.document, dataset, indexes)

    def shown(self, pointers: Sequence[str]) -> Group:
        """What the pointers select, which must be something.

        Raises:
            ProofGenerationError: Nothing would be disclosed, or as ``group``.
            MalformedValue: A pointer is no JSON pointer.
        """
        found = self.group(pointers)
        if not found.indexes:
            message = "nothing is disclosed: neither is anything mandatory, nor chosen"
            raise ProofGenerationError(message, fix="point at what is to be shown")
        return found

    def labels(self, group: Group) -> list[str]:
        """The names that are signed for the blank nodes of a group.

        They stand in the order of the names that a verifier gives, who canonicalizes
        the part alone.
        """
        canonical = rdfc.canonicalize(group.dataset)
        return [self._names[blank] for blank in canonical.labels]
