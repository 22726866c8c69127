"""The one strict CBOR reader, and the writer of its deterministic form.

What two readers could take for two things is refused: indefinite lengths, numbers and
lengths that are not in their shortest form, duplicate keys at any depth, text that is
not UTF-8, NaN and infinities, bytes behind the item. Tags, simple values and floats
are read only where the caller asks for them. Lengths are judged before anything is
read or allocated.

Unless ``CborRules.deterministic`` is switched off, what is accepted is exactly what
``dumps`` writes (RFC 8949 section 4.2.1). Knows nothing of COSE or any other format.

Spec: https://www.rfc-editor.org/rfc/rfc8949#section-4.2
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias, cast

from medid.errors import ConfigurationError, ParsingError, TooLarge, child

if TYPE_CHECKING:
    from collections.abc import Mapping

CborKey: TypeAlias = int | str
CborValue: TypeAlias = (
    "int | float | str | bytes | bool | Tag"
    " | list[CborValue] | dict[CborKey, CborValue] | None"
)

# The simple values that have a meaning in Python. "undefined" (23) has none.
FALSE: Final = 20
TRUE: Final = 21
NULL: Final = 22
_SIMPLE: Final[dict[int, bool | None]] = {FALSE: False, TRUE: True, NULL: None}

# Major types, RFC 8949 section 3.1.
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = range(8)
_INDEFINITE: Final = 31
# Below these, the next shorter form of an argument has to be used.
_SHORTEST: Final = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
_FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}
# Labels that registries give out; any other number may be data, and is not shown.
_SHOWN_LABELS: Final = range(-65_536, 65_536)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged item (RFC 8949 section 3.4)."""

    number: int
    content: CborValue


@dataclass(frozen=True, slots=True, kw_only=True)
class CborRules:
    """What one format allows, and how much of it is read before it is refused.

    Attributes:
        max_bytes: Of the whole item.
        max_depth: Arrays, maps and tags inside one another.
        max_members: Array elements and map entries of the whole item.
        tags: The tags that may occur.
        simple_values: Those of ``FALSE``, ``TRUE`` and ``NULL`` that may occur.
        floats: Whether finite floats may occur.
        deterministic: Whether the keys of a map stand in their order and floats have
            their shortest form. Integers and lengths have it in any case.
    """

    max_bytes: int = 1_048_576  # 1 MiB, as any other document
    max_depth: int = 16  # a status list in a CWT nests 3 deep, a COSE header 4
    max_members: int = 10_000  # as of a JSON document
    tags: frozenset[int] = frozenset()
    simple_values: frozenset[int] = frozenset()
    floats: bool = False
    deterministic: bool = True

    def __post_init__(self) -> None:
        """Refuse a simple value that stands for nothing.

        Raises:
            ConfigurationError: It is not ``FALSE``, ``TRUE`` or ``NULL``.
        """
        if not self.simple_values <= _SIMPLE.keys():
            raise ConfigurationError("there is no Python value for a simple value")


ITEM: Final = CborRules()


def loads(data: bytes, *, rules: CborRules = ITEM) -> CborValue:
    """The item that ``data`` encodes.

    Raises:
        TooLarge: More bytes, depth or members than ``rules`` allow, in what is there or
            in what a length announces.
        ParsingError: Not CBOR, or CBOR that ``rules`` do not allow.
    """
    if len(data) > rules.max_bytes:
        raise TooLarge(f"the item has more than {rules.max_bytes} bytes")
    return _Reader(data, rules).read_document()


def dumps(value: CborValue) -> bytes:
    """``value`` in its deterministic form.

    Raises:
        ParsingError: A value of no CBOR type, an integer beyond 64 bits, a number that
            is not finite, or text with a lone surrogate.
    """
    return _encode(value, "$")


class _Reader:
    """One reading of one item."""

    def __init__(self, data: bytes, rules: CborRules) -> None:
        self._data = data
        self._rules = rules
        self._at = 0
        self._members = 0

    def read_document(self) -> CborValue:
        value = self._item("$", 0)
        if self._at != len(self._data):
            self._refuse("there are more bytes behind the item", "$")
        return value

    def _refuse(self, message: str, path: str) -> NoReturn:
        raise ParsingError(f"{message} (byte {self._at})", path=path)

    def _take(self, size: int, path: str) -> bytes:
        if size > len(self._data) - self._at:
            if size > self._rules.max_bytes:
                message = f"a length of more than {self._rules.max_bytes} bytes"
                raise TooLarge(message, path=path)
            self._refuse("the item ends too early", path)
        self._at += size
        return self._data[self._at - size : self._at]

    def _head(self, path: str) -> tuple[int, int, int]:
        """The major type, additional information and argument of the next item."""
        first = self._take(1, path)[0]
        major, info = first >> 5, first & 0x1F
        if info < 24:
            return major, info, info
        if info not in _SHORTEST:
            kind = "indefinite" if info == _INDEFINITE else "reserved"
            self._refuse(f"an item of {kind} length", path)
        argument = int.from_bytes(self._take(1 << info - 24, path), "big")
        if major != _OTHER and argument < _SHORTEST[info]:
            self._refuse("a number is not in its shortest form", path)
        return major, info, argument

    def _item(self, path: str, depth: int) -> CborValue:
        major, info, argument = self._head(path)
        if major in {_ARRAY, _MAP, _TAG}:
            return self._container(major, argument, path, self._deeper(path, depth))
        if major == _OTHER:
            return self._other(info, argument, path)
        return self._plain(major, argument, path)

    def _plain(self, major: int, argument: int, path: str) -> int | str | bytes:
        if major == _UNSIGNED:
            return argument
        if major == _NEGATIVE:
            return -1 - argument
        if major == _TEXT:
            return self._text(argument, path)
        return self._take(argument, path)

    def _container(self, major: int, argument: int, path: str, depth: int) -> CborValue:
        if major == _ARRAY:
            return self._array(argument, path, depth)
        if major == _MAP:
            return self._map(argument, path, depth)
        return self._tagged(argument, path, depth)

    def _deeper(self, path: str, depth: int) -> int:
        if depth >= self._rules.max_depth:
            message = f"nested deeper than {self._rules.max_depth}"
            raise TooLarge(message, path=path)
        return depth + 1

    def _count(self, members: int, path: str) -> None:
        self._members += members
        if self._members > self._rules.max_members:
            message = f"more than {self._rules.max_members} members"
            raise TooLarge(message, path=path)

    def _text(self, size: int, path: str) -> str:
        raw = self._take(size, path)
        try:
            return str(raw, "utf-8")
        except UnicodeDecodeError:
            self._refuse("a text is not UTF-8", path)

    def _array(self, size: int, path: str, depth: int) -> list[CborValue]:
        self._count(size, path)
        return [self._item(child(path, index), depth) for index in range(size)]

    def _map(self, size: int, path: str, depth: int) -> dict[CborKey, CborValue]:
        self._count(size, path)
        entries: dict[CborKey, CborValue] = {}
        last = b""
        for _ in range(size):
            start = self._at
            key = self._key(path)
            encoded = self._data[start : self._at]
            if key in entries:
                self._refuse("a key occurs twice in its map", path)
            if self._rules.deterministic and encoded < last:
                self._refuse("the keys of a map are not in their order", path)
            last = encoded
            entries[key] = self._item(below(path, key), depth)
        return entries

    def _key(self, path: str) -> CborKey:
        major, _info, argument = self._head(path)
        # To Python 1, 1.0 and true are one key; to CBOR they are three.
        if major not in {_UNSIGNED, _NEGATIVE, _TEXT}:
            self._refuse("a key is an integer or a text", path)
        return cast("CborKey", self._plain(major, argument, path))

    def _tagged(self, number: int, path: str, depth: int) -> Tag:
        if number not in self._rules.tags:
            self._refuse("a tag that has no place here", path)
        return Tag(number, self._item(path, depth))

    def _other(self, info: int, argument: int, path: str) -> float | bool | None:
        if info in _FLOATS:
            return self._float(info, argument, path)
        if argument not in self._rules.simple_values or info == 24:
            self._refuse("a simple value that has no place here", path)
        return _SIMPLE[argument]

    def _float(self, info: int, argument: int, path: str) -> float:
        if not self._rules.floats:
            self._refuse("a float has no place here", path)
        raw = argument.to_bytes(1 << info - 24, "big")
        value: float = struct.unpack(_FLOATS[info], raw)[0]
        if not math.isfinite(value):
            self._refuse("a number is not finite", path)
        shortest = len(_encode_float(value)) == 1 + len(raw)
        if self._rules.deterministic and not shortest:
            self._refuse("a number is not in its shortest form", path)
        return value


def below(path: str, key: CborKey) -> str:
    """The JSONPath of the entry ``key``: ``[4]`` for a label that registries give out.

    Any other key that is no plain name is shown as ``[?]``, as ``errors.child`` does.
    """
    if isinstance(key, int) and key not in _SHOWN_LABELS:
        return f"{path}[?]"
    return child(path, key)


def _encode(value: object, path: str) -> bytes:
    if isinstance(value, list):
        items = [_encode(item, child(path, n)) for n, item in enumerate(value)]
        return _encode_head(_ARRAY, len(items)) + b"".join(items)
    if isinstance(value, dict):
        return _encode_map(value, path)
    if isinstance(value, Tag):
        return _encode_head(_TAG, value.number) + _encode(value.content, path)
    return _encode_scalar(value, path)


def _encode_scalar(value: object, path: str) -> bytes:
    if isinstance(value, str):
        return _encode_text(value, path)
    if isinstance(value, bytes):
        return _encode_head(_BYTES, len(value)) + value
    if isinstance(value, float) and math.isfinite(value):
        return _encode_float(value)
    for simple, meaning in _SIMPLE.items():
        if value is meaning:
            return _encode_head(_OTHER, simple)
    if isinstance(value, int):
        return _encode_integer(value, path)
    raise ParsingError("the value is of no CBOR type", path=path)


def _encode_head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    info = 24 + next(n for n in range(4) if argument < 1 << (8 << n))
    return bytes([major << 5 | info]) + argument.to_bytes(1 << info - 24, "big")


def _encode_integer(number: int, path: str) -> bytes:
    major, argument = (_UNSIGNED, number) if number >= 0 else (_NEGATIVE, -1 - number)
    if argument >= 1 << 64:
        raise ParsingError("the integer has more than 64 bits", path=path)
    return _encode_head(major, argument)


def _encode_text(text: str, path: str) -> bytes:
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError:
        raise ParsingError("the text has a lone surrogate", path=path) from None
    return _encode_head(_TEXT, len(raw)) + raw


def _encode_float(value: float) -> bytes:
    info = next(info for info, form in _FLOATS.items() if _holds(form, value))
    return bytes([_OTHER << 5 | info]) + struct.pack(_FLOATS[info], value)


def _holds(form: str, value: float) -> bool:
    try:
        return bool(struct.unpack(form, struct.pack(form, value))[0] == value)
    except OverflowError:
        return False


def _encode_map(entries: Mapping[object, object], path: str) -> bytes:
    encoded: list[tuple[bytes, bytes]] = []
    for key, value in entries.items():
        if type(key) is not int and type(key) is not str:  # True is an int to Python
            raise ParsingError("a key is an integer or a text", path=path)
        encoded.append((_encode(key, path), _encode(value, below(path, key))))
    # Bytewise by the encoded keys, RFC 8949 section 4.2.1.
    body = b"".join(key + value for key, value in sorted(encoded))
    return _encode_head(_MAP, len(encoded)) + body
