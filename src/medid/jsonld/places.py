"""Where a value stands in its document, as far as that can be signed.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#syntactic-sugar
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from medid.errors import ContextNotTrusted, DataLoss, NotCompact
from medid.jsonld.values import below

if TYPE_CHECKING:
    from medid.core.json import JsonValue
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.contexts import ContextStore
    from medid.jsonld.terms import Term

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


def check_context(value: JsonValue, place: Place, contexts: ContextStore) -> None:
    """Return if a node at ``place`` may have the ``@context`` ``value``.

    Raises:
        ContextNotTrusted: Not there, or an entry is not in ``contexts``.
        DataLoss: There is no entry.
    """
    inline = contexts.allow_inline
    if place is not None and not inline and names(place) not in CONTEXT_PLACES:
        raise ContextNotTrusted(
            "a context inside a document could give its words another meaning",
            path="$.@context",
            fix="state every context at the root of the document",
        )
    entries = value if type(value) is list else [value]
    if not entries:
        raise DataLoss("an empty @context says nothing", path="$.@context")
    for index, entry in enumerate(entries):
        path = f"$.@context[{index}]" if entries is value else "$.@context"
        if type(entry) is str:
            # Compared exactly, before any URL resolution could make them equal.
            contexts.content(entry, path=path)
        elif not inline or type(entry) is not dict:
            message = "a document must not define or reset terms itself"
            raise ContextNotTrusted(message, path=path)


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


# What may be said of a resource in a second place: plain texts that nothing is decided
# by. Digests are among them, because a schema may be pinned by a related resource of
# the same id, and whoever reads either requires its own.
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


def holds_texts(name: str, value: JsonValue, active: ActiveContext) -> bool:
    """Whether a harmless member of a node holds texts and nothing else.

    A link or a node under it would name another resource, whose own description could
    then be moved as well.
    """
    term = active.terms.get(name)
    if term is not None and not _is_of_texts(term):
        return False
    items = value if type(value) is list else [value]
    return name == "@context" or all(
        type(item) is not dict or "@value" in item for item in items
    )


def _is_of_texts(term: Term) -> bool:
    keyword = (term.iri or "@").startswith("@")
    special = term.type in {"@id", "@vocab", "@json"} or term.container - {"@set"}
    return not (keyword or special)


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

    def check(self) -> set[Resource]:
        """The resources that are described, and named elsewhere as well.

        A description could otherwise change places with a reference to it, whole:
        nearest to the root counts first, then the order of the names. Of two places
        that are equal in both, neither is the first.

        Raises:
            NotCompact: One is not described at the first place that names it.
        """
        described = self._described
        again = set()
        for resource, place in self.named:
            if resource not in described or described[resource] is place:
                continue
            if _order(place) <= _order(described[resource]):
                message = "a resource is described where it is only to be named"
                raise below(NotCompact(message), *names(described[resource]))
            again.add(resource)
        return again
