"""What of a document got into another one, and what did not.

A converter reads a document through a ``Source`` and marks what it carries over. The
losses are computed from the marks and the document itself, never from a list of what
is known to be dropped, so a member that nobody thought of is reported as well.

Knows JSON; knows neither FHIR's elements nor the vocabulary.

Spec: https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/extensibility.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core.fields import as_object, optional_str, required
from medid.core.json import DOCUMENT, check
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonLimits, JsonObject, JsonValue

Trail: TypeAlias = tuple[str | int, ...]

_UNKNOWN: Final = "there is no place for this in the result"
_EXTENSION: Final = "an extension that medid does not know"
_MODIFIERS: Final = frozenset({"modifierExtension", "implicitRules"})
_EXTENSIONS: Final = frozenset({"extension", "modifierExtension"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A part of a document that is not in the result.

    Attributes:
        path: Where it stands, as a JSONPath. Nothing at or below it was carried over.
        reason: Why, in words; never with a value of the document.
    """

    path: str
    reason: str

    def as_json(self) -> JsonObject:
        """``path`` and ``reason``."""
        return {"path": self.path, "reason": self.reason}


@dataclass(slots=True)
class _Ledger:
    kept: set[Trail] = field(default_factory=set)
    reasons: dict[Trail, str] = field(default_factory=dict)
    left_out: set[Trail] = field(default_factory=set)

    def touched(self) -> set[Trail]:
        """What was carried over, and all that it stands in."""
        return {
            trail[:length] for trail in self.kept for length in range(len(trail) + 1)
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the document that is converted."""

    value: JsonValue = field(repr=False)
    path: str
    trail: Trail
    _ledger: _Ledger = field(repr=False)

    @classmethod
    def of(cls, document: JsonObject, *, limits: JsonLimits = DOCUMENT) -> Source:
        """The root of ``document``, of which nothing was carried over yet.

        Raises:
            MalformedValue: Not a JSON object.
            ParsingError: Not JSON within medid's limits.
        """
        root = as_object(check(document, limits=limits), "$")
        return cls(root, "$", (), _Ledger())

    def has(self, name: str) -> bool:
        """Whether this object has the member ``name``."""
        return name in self._object

    def element(self, name: str) -> Source | None:
        """The object that the member ``name`` holds; ``None`` where it is absent.

        Raises:
            MalformedValue: The member is something else.
        """
        if not self.has(name):
            return None
        found = self._child(name)
        as_object(found.value, found.path)
        return found

    def elements(self, name: str) -> list[Source]:
        """The objects of the array ``name``; none where it is absent.

        Raises:
            MalformedValue: Not an array, an empty one, or one of something else.
        """
        if not self.has(name):
            return []
        found = self._child(name)
        if not isinstance(found.value, list) or not found.value:
            raise MalformedValue("must be an array with elements", path=found.path)
        items = found.values()
        for item in items:
            as_object(item.value, item.path)
        return items

    def values(self, name: str | None = None) -> list[Source]:
        """What the member ``name`` holds, or this place: one value, or an array's."""
        if name is not None:
            return self._child(name).values() if self.has(name) else []
        if isinstance(self.value, list):
            return [self._child(index) for index in range(len(self.value))]
        return [self]

    def text(self, name: str) -> str | None:
        """The string of the member ``name``, not marked; ``None`` where it is absent.

        Raises:
            MalformedValue: It is empty, or no string.
        """
        return optional_str(self._object, name, self.path)

    def take_text(self, name: str) -> str | None:
        """The string of the member ``name``, which is carried over."""
        found = self.text(name)
        if found is not None:
            self.keep(name)
        return found

    def take_flag(self, name: str) -> bool:
        """The boolean of the member ``name``, which is carried over.

        Raises:
            MalformedValue: It is missing, or no boolean.
        """
        found = required(self._object, name, bool, self.path)
        self.keep(name)
        return found

    def keep(self, *names: str) -> None:
        """Mark the members ``names``, and all below them, as carried over."""
        self._ledger.kept.update((*self.trail, name) for name in names)

    def keep_if(self, name: str, value: str) -> None:
        """Mark the member ``name`` where the result says ``value`` in another way."""
        for item in self.values(name):
            if item.value == value:
                item.take()

    def value_of(self, name: str) -> JsonValue:
        """What the member ``name`` holds, not marked; ``None`` where it is absent."""
        return self._child(name).value if self.has(name) else None

    def take(self) -> JsonValue:
        """All of this place, which is carried over whole."""
        self._ledger.kept.add(self.trail)
        return self.value

    def because(self, reason: str) -> None:
        """Say why this place is lost where it is lost."""
        self._ledger.reasons[self.trail] = reason

    def leave_out(self, reason: str) -> None:
        """Say that nothing of this place is converted, whatever stands in it."""
        self._ledger.left_out.add(self.trail)
        self.because(reason)

    def losses(self, reasons: Mapping[str, str]) -> tuple[Loss, ...]:
        """What was not carried over, in the order of the document.

        Args:
            reasons: Why, by the dotted names of the members down from the root.
        """
        touched = self._ledger.touched()
        return tuple(
            Loss(path=place.path, reason=_why(place, self._ledger.reasons, reasons))
            for place in _lost(self, touched)
        )

    def refuse_modifiers(self) -> None:
        """Return if nothing that changes the meaning of the rest was passed over.

        Raises:
            MalformedValue: A modifier extension or implicit rules that were not read.
        """
        _refuse_modifiers(self, self._ledger.touched())

    def below(self) -> Iterator[Source]:
        """Every member of this object, or element of this array."""
        if isinstance(self.value, dict):
            yield from map(self._child, self.value)
        elif isinstance(self.value, list):
            yield from map(self._child, range(len(self.value)))

    @property
    def is_kept(self) -> bool:
        """Whether all of this place is marked as carried over."""
        return self.trail in self._ledger.kept

    @property
    def is_left_out(self) -> bool:
        """Whether the converter said that nothing of this place is converted."""
        return self.trail in self._ledger.left_out

    @property
    def _object(self) -> JsonObject:
        return as_object(self.value, self.path)

    def _child(self, name: str | int) -> Source:
        held = self.value
        found = held[name] if isinstance(held, list) and isinstance(name, int) else None
        if isinstance(held, dict) and isinstance(name, str):
            found = held[name]
        place = child(self.path, name)
        return Source(found, place, (*self.trail, name), self._ledger)


def _lost(place: Source, touched: set[Trail]) -> Iterator[Source]:
    """The highest places at or below ``place`` of which nothing was carried over."""
    if place.is_kept:
        return
    if place.trail not in touched:
        yield place
        return
    for below in place.below():
        yield from _lost(below, touched)


def _refuse_modifiers(place: Source, touched: set[Trail]) -> None:
    if place.is_kept or place.is_left_out:
        return
    # One that is understood in part is not understood.
    if place.trail and place.trail[-1] in _MODIFIERS and any(_lost(place, touched)):
        message = "this changes the meaning of the rest, and medid does not know it"
        fix = "convert it by hand, as whoever wrote it says what it means"
        raise MalformedValue(message, path=place.path, fix=fix)
    for below in place.below():
        _refuse_modifiers(below, touched)


def _why(place: Source, stated: Mapping[Trail, str], reasons: Mapping[str, str]) -> str:
    trail = place.trail
    # What the converter said about the place itself, or about what it stands in.
    for length in range(len(trail), -1, -1):
        if trail[:length] in stated:
            return stated[trail[:length]]
    names = [part for part in trail if isinstance(part, str)]
    if any(name in _EXTENSIONS or name.startswith("_") for name in names):
        return _EXTENSION
    for length in range(len(names), 0, -1):
        found = reasons.get(".".join(names[:length]))
        if found is not None:
            return found
    return _UNKNOWN


__all__ = ["Loss", "Source", "Trail"]
