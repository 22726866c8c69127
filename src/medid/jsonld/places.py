"""Where a value stands in its document, as far as that can be signed.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#syntactic-sugar
"""

from __future__ import annotations

from typing import Final, TypeAlias

from medid.errors import NotCompact
from medid.jsonld.values import below

# The step from an object or array to a value in it: a name, a position, or, from the
# map of a term to one of its nodes, the key and the position among the key's nodes.
Step: TypeAlias = str | int | tuple[str, int]

# The place of a value: that of what it stands in, and the last step; None for the root.
# No two values have one place.
Place: TypeAlias = "tuple[Place, Step] | None"

# Where a context may stand: a document, a credential that it presents, their proofs.
CONTEXT_PLACES: Final = frozenset(
    {
        (),
        ("proof",),
        ("verifiableCredential",),
        ("verifiableCredential", "proof"),
    }
)


def names(place: Place) -> tuple[str, ...]:
    """The names of the members that lead to a place, from the root.

    Positions in arrays are left out, because the order of a set is not signed, and so
    are the keys of maps.
    """
    found: list[str] = []
    while place is not None:
        place, step = place
        if type(step) is str:
            found.append(step)
    return tuple(reversed(found))


def _order(place: Place) -> tuple[int, tuple[str, ...]]:
    """Which of two places comes first: nearer to the root, then by names."""
    path = names(place)
    return (len(path), path)


# What may be said of a resource in a second place: nothing that is decided by. Digests
# are among it, because a schema may be pinned by a related resource of the same id, and
# whoever reads either requires its own.
HARMLESS: Final = frozenset(
    {
        "@context",
        "name",
        "description",
        "image",
        "url",
        "digestSRI",
        "digestMultibase",
        "mediaType",
    }
)

# A resource, by the name of a graph and its own.
Resource: TypeAlias = tuple[str, str]


class Register:
    """Where each resource of a document is named, and where it is described.

    RDF joins all that is said about one IRI, so statements could be moved from one
    place that describes it to another: a consent from the subject to the issuer, who
    are one patient. So each is described once, at the first place that names it.

    Attributes:
        named: Every place that names a resource.
    """

    __slots__ = ("_described", "named")

    def __init__(self) -> None:
        """Nothing is named."""
        self.named: list[tuple[Resource, Place]] = []
        self._described: dict[Resource, Place] = {}

    def describe(self, resource: Resource, place: Place) -> None:
        """Note that ``resource`` is described at ``place``.

        Raises:
            NotCompact: It is described at another place already.
        """
        if resource in self._described:
            raise NotCompact("one resource is described in two places")
        self._described[resource] = place

    def check(self) -> None:
        """Return if each resource is described at the first place that names it.

        A description could otherwise change places with a reference to it, whole:
        nearest to the root counts first, then the order of the names.

        Raises:
            NotCompact: One is not.
        """
        described = self._described
        for resource, place in self.named:
            if resource not in described or described[resource] is place:
                continue
            if _order(place) < _order(described[resource]):
                message = "a resource is described where it is only to be named"
                raise below(NotCompact(message), *names(described[resource]))
