"""A document and its parts: which statements of the whole a part of it makes.

A part is the document with members and elements left out. Its blank nodes are those of
the whole: each is known by the place where it stands there, so a statement of the part
is one of the whole exactly if both are the same text.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#canonicalizeandgroup
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import CanonicalizationError
from medid.jsonld import rdfc
from medid.jsonld.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.contexts import ContextStore
    from medid.jsonld.dataset import Dataset
    from medid.jsonld.places import Place
    from medid.jsonld.rdfc import Canonical


class Whole:
    """What a whole document states.

    Attributes:
        canonical: Its canonical dataset. The names that it gives to blank nodes are
            those for every part, too.
    """

    def __init__(
        self, document: Mapping[str, JsonValue], contexts: ContextStore
    ) -> None:
        """Work out what ``document`` states.

        Raises:
            MedidError: As ``medid.jsonld.canonicalize`` does.
        """
        if "@context" not in document:
            raise CanonicalizationError("a document without @context has no RDF")
        self._contexts = contexts
        self._names: dict[Place, str] = {}
        walk = _PlacedWalk(contexts, self._name)
        walk.document(document)
        self.canonical: Canonical = rdfc.canonicalize(walk.graphs)

    def part(
        self,
        document: Mapping[str, JsonValue],
        place_in_whole: Callable[[Place], Place],
    ) -> Dataset:
        """What a part of the document states.

        Args:
            document: The part, under the contexts of the whole.
            place_in_whole: Where in the whole document a place of the part is.

        Raises:
            MedidError: As ``medid.jsonld.canonicalize`` does.
        """
        walk = _PlacedWalk(
            self._contexts, lambda place: self._name(place_in_whole(place))
        )
        walk.document(document)
        return walk.graphs

    def _name(self, place: Place) -> str:
        return self._names.setdefault(place, f"_:b{len(self._names)}")


class _PlacedWalk(Walk):
    """A walk that names each blank node after its place."""

    __slots__ = ("_name",)

    def __init__(self, contexts: ContextStore, name: Callable[[Place], str]) -> None:
        super().__init__(contexts)
        self._name = name

    def new_blank(self, place: Place) -> str:
        """The name of the blank node at ``place``."""
        return self._name(place)
