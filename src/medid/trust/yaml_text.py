"""Trust files in YAML, read as the JSON they stand for.

YAML reads ``NO`` as false and ``2026-01-01`` as a date; a country must not become a
boolean. So plain words stay text except true, false, null and whole numbers (the core
schema), a repeated key is an error, and there are no anchors, tags or second documents.

Spec: https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core.json import check
from medid.errors import MissingExtra, ParsingError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonLimits, JsonValue

_WORDS: Final = {"true": True, "false": False, "null": None, "": None, "~": None}
_WHOLE_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_FIX: Final = "write plain YAML: mappings, sequences and scalars; quote what is text"


def load_yaml(text: bytes | str, *, limits: JsonLimits) -> JsonValue:
    """The JSON value that ``text`` spells.

    Raises:
        TooLarge: More bytes, depth or members than ``limits`` allows.
        ParsingError: Not YAML, not one document, or beyond plain YAML.
        MissingExtra: PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        fix = "run: pip install 'medid[yaml]', or write the file as JSON"
        raise MissingExtra("YAML needs the package PyYAML", fix=fix) from error
    if len(text) > limits.max_bytes:
        raise TooLarge(f"the document has more than {limits.max_bytes} bytes")
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        value = _Builder(events, limits.max_depth).document()
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The latter two of bytes, of escapes of no character, and of a huge version.
        raise ParsingError("not YAML", fix=_FIX) from error
    return check(value, limits=limits)


class _Builder:
    """Builds a value from parser events, and refuses what JSON has no word for."""

    def __init__(self, events: Iterator[object], max_depth: int) -> None:
        self._events = events
        self._max_depth = max_depth

    def document(self) -> JsonValue:
        """The value of the only document."""
        self._skip("StreamStartEvent")
        self._skip("DocumentStartEvent")
        value = self._value(next(self._events), 0)
        self._skip("DocumentEndEvent")
        self._skip("StreamEndEvent")
        return value

    def _skip(self, name: str) -> None:
        if type(next(self._events)).__name__ != name:
            raise ParsingError("not exactly one YAML document", fix=_FIX)

    def _value(self, event: object, depth: int) -> JsonValue:
        if getattr(event, "anchor", None) is not None:
            raise ParsingError("anchors and aliases are not read", fix=_FIX)
        if getattr(event, "tag", None) is not None:
            raise ParsingError("tags are not read", fix=_FIX)
        if depth > self._max_depth:
            raise TooLarge("the document nests too deep")
        match type(event).__name__:
            case "MappingStartEvent":
                return self._mapping(depth)
            case "SequenceStartEvent":
                return self._sequence(depth)
            case _:
                return _scalar(event)

    def _mapping(self, depth: int) -> JsonValue:
        found: dict[str, JsonValue] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._value(event, depth + 1)
            if not isinstance(key, str):
                raise ParsingError("a key is not text", fix=_FIX)
            if key in found:
                raise ParsingError("a key is repeated", fix=_FIX)
            found[key] = self._value(next(self._events), depth + 1)
        return found

    def _sequence(self, depth: int) -> JsonValue:
        found: list[JsonValue] = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            found.append(self._value(event, depth + 1))
        return found


def _scalar(event: object) -> JsonValue:
    text = str(getattr(event, "value", ""))
    if getattr(event, "style", None) is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text
