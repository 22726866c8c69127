"""Select a part of a document by JSON pointers.

Every object on the way to what is selected keeps its ``id`` and ``type``, without which
the part would mean something else. Arrays are made dense in the part; where each of its
elements stood in the whole is remembered, because that names its blank nodes.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#selectjsonld
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, cast

from medid.core import pointers
from medid.core.json import JsonValue
from medid.errors import ProofGenerationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from medid.core.json import JsonObject
    from medid.jsonld.places import Place

# Without its types, what is below a node would be read in another context; without its
# id, it would be another node.
_ALWAYS: Final = ("id", "type")

_Key: TypeAlias = str | int


class Selection:
    """A part of a document.

    Attributes:
        document: The part; what is whole in it is shared with the document.
    """

    def __init__(
        self, source: Mapping[str, JsonValue], selected: Iterable[str]
    ) -> None:
        """Select what the JSON pointers ``selected`` lead to.

        Args:
            source: The document, without proofs. Never modified.
            selected: Pointers; the empty one selects everything.

        Raises:
            MalformedValue: One is no JSON pointer.
            ProofGenerationError: One leads to nothing.
        """
        whole = dict(source)
        self._root: _Node = _Part(whole, (*_ALWAYS, "@context"))
        for pointer in selected:
            self._select(whole, pointers.parse(pointer))
        self.document = cast("JsonObject", _dense(self._root))

    def _select(self, whole: JsonObject, tokens: tuple[str, ...]) -> None:
        steps = list(_resolved(whole, tokens))
        if not steps:
            self._root = whole
            return
        node = self._root
        for key, value in steps[:-1]:
            if isinstance(node, _Part):
                node = node.members.setdefault(key, _Part(value))
        # Otherwise it is selected already, as a part of something whole.
        if isinstance(node, _Part):
            key, value = steps[-1]
            node.members[key] = value

    def place_in_whole(self, place: Place) -> Place:
        """Where in the whole document a place of the part is."""
        return self._trace(place)[0]

    def _trace(self, place: Place) -> tuple[Place, _Node]:
        if place is None:
            return None, self._root
        before, step = place
        around, node = self._trace(before)
        if type(step) is int:
            step, node = _element(node, step)
        elif type(step) is tuple:
            key, position = step
            position, node = _element(_member(node, key), position)
            step = (key, position)
        else:
            node = _member(node, cast("str", step))
        return (around, step), node


class _Part:
    """An object or array of which not everything is selected."""

    __slots__ = ("members", "source")

    def __init__(self, source: JsonValue, always: tuple[str, ...] = _ALWAYS) -> None:
        self.source = source
        self.members: dict[_Key, _Node] = {}
        if type(source) is dict:
            self.members.update({n: source[n] for n in always if n in source})


_Node: TypeAlias = _Part | JsonValue


def _resolved(
    value: JsonValue, tokens: tuple[str, ...]
) -> Iterator[tuple[_Key, JsonValue]]:
    """Each step of a pointer, with the value that it leads to."""
    for token in tokens:
        position = pointers.index(token)
        if type(value) is dict and token in value:
            value = value[token]
            yield token, value
        elif type(value) is list and position is not None and position < len(value):
            value = value[position]
            yield position, value
        else:
            message = "a JSON pointer leads to nothing in the document"
            raise ProofGenerationError(message, fix="point at members that are there")


def _dense(node: _Node) -> JsonValue:
    """What is selected, in the order of the source."""
    if not isinstance(node, _Part):
        return node
    if type(node.source) is dict:
        return {n: _dense(node.members[n]) for n in node.source if n in node.members}
    return [_dense(node.members[position]) for position in sorted(node.members)]


def _member(node: _Node, name: str) -> _Node:
    return node.members.get(name) if isinstance(node, _Part) else None


def _element(node: _Node, position: int) -> tuple[int, _Node]:
    """An element of what may be a dense array: its position in the whole one."""
    if not isinstance(node, _Part):
        return position, None  # whole: everything in it stands where it stood
    if type(node.source) is not list:
        return position, node  # one value, which is written without its array
    position = sorted(node.members)[position]  # type: ignore[assignment]
    return position, node.members[position]
