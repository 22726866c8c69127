"""The one strict JSON reader, used by every entry point.

Two readers would give two answers to one document, so there is one. It accepts
RFC 8259 in UTF-8 and refuses what readers are known to disagree about: duplicate
member names at any depth, ``NaN`` and ``Infinity``, numbers outside the range of an
IEEE 754 double, lone surrogates, a byte order mark, and anything beyond the limits.

The definition is the slow reader in ``_strict_json``, which knows where it is and can
say so. The C reader of the standard library goes first; when it finds anything to
complain about, the slow one reads again and says what and where.

Spec: https://www.rfc-editor.org/rfc/rfc8259, https://www.rfc-editor.org/rfc/rfc7493
"""

from __future__ import annotations

import json
import marshal
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, cast

from medid.core._strict_json import MAX_NUMBER_CHARACTERS, StrictReader
from medid.errors import MalformedValue, ParsingError, TooLarge, child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

JsonScalar: TypeAlias = str | int | float | bool | None
JsonValue: TypeAlias = JsonScalar | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject: TypeAlias = dict[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLimits:
    """How much of a document is read before it is refused."""

    max_bytes: int = 1_048_576  # 1 MiB: a license is 3 kB, a presentation 20 kB
    max_depth: int = 64  # arrays and objects; a FHIR Consent nests about 12 deep
    max_members: int = 10_000  # members and array elements of the whole document


DOCUMENT: Final = JsonLimits()

_JSON_TYPES: Final = (
    "use text, numbers, True, False, None, lists, and dicts; a date is written as text"
)
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def loads(data: bytes | str, *, limits: JsonLimits = DOCUMENT) -> JsonValue:
    """The value that ``data`` spells.

    Raises:
        TooLarge: More bytes, depth or members than ``limits`` allows.
        ParsingError: Not JSON, not UTF-8, or JSON that readers disagree about.
    """
    text = _text(data, limits)
    try:
        return _fast(text, limits)
    except (ValueError, RecursionError):
        # The second reading knows the path. It also decides: where the two differ,
        # the slow reader is the definition.
        reader = StrictReader(text, limits.max_depth, limits.max_members)
        return cast("JsonValue", reader.read_document())


def load_object(data: bytes | str, *, limits: JsonLimits = DOCUMENT) -> JsonObject:
    """The object that ``data`` spells.

    Raises:
        TooLarge: More bytes, depth or members than ``limits`` allows.
        ParsingError: Not JSON, or JSON that is not an object.
    """
    value = loads(data, limits=limits)
    if not isinstance(value, dict):
        raise ParsingError("the document must be a JSON object")
    return value


def load_spelling(data: str, *, limits: JsonLimits = DOCUMENT) -> JsonObject:
    """As ``load_object``, with each number as the text that spells it.

    Where a number is a name, as that of a license, 35.10 is not 35.1.

    Raises:
        TooLarge: More bytes, depth or members than ``limits`` allows.
        ParsingError: Not JSON, or JSON that is not an object.
    """
    load_object(data, limits=limits)  # which refuses what may not be there
    return cast("JsonObject", _spelling.decode(data))


_spelling: Final = json.JSONDecoder(parse_int=str, parse_float=str)


def check(value: object, *, limits: JsonLimits = DOCUMENT) -> JsonValue:
    """A copy of an already decoded ``value``, held to the same rules as ``loads``.

    Documents that callers hand over as Python objects pass through here, so that a
    tuple, a subclass of ``dict`` or a ``NaN`` cannot enter by that door.

    Raises:
        TooLarge: Deeper, or of more members, than ``limits`` allows.
        ParsingError: A value that JSON cannot spell.
    """
    try:
        return _copied(value, limits.max_depth, [limits.max_members])
    except ValueError:
        # The second copying knows the path, and decides.
        return _Checker(limits).copy(value, "$", 0)


def check_object(value: object, *, limits: JsonLimits = DOCUMENT) -> JsonObject:
    """As ``check``, for what has to be a JSON object.

    Raises:
        MalformedValue: It is none.
        TooLarge: Deeper, or of more members, than ``limits`` allows.
        ParsingError: A value that JSON cannot spell.
    """
    if not isinstance(value, Mapping):
        raise MalformedValue("expected a JSON object")
    return cast("JsonObject", check(dict(value), limits=limits))


def fingerprint(value: object) -> bytes | None:
    """What equal decoded values have in common, and no others; None for most others.

    It tells a list from a tuple and 1 from True, and whoever keeps what he made of a
    value by its fingerprint makes nothing of a value that he would have refused:
    subclasses of the plain types have none, nor has what is nested without end.
    """
    try:
        return marshal.dumps(value, _WITHOUT_REFERENCES)  # type: ignore[arg-type]
    except ValueError:
        return None


# The version of that format in which the bytes depend on the value alone.
_WITHOUT_REFERENCES: Final = 2


def dumps(
    value: JsonValue | Mapping[str, JsonValue], *, indent: int | None = None
) -> str:
    """``value`` as JSON text, in the order of its members."""
    if indent is None:
        return "".join(_encode(value, 0))
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


def encoder_of(*, sort_keys: bool) -> Callable[[object, int], Iterable[str]]:
    """What writes JSON; the standard library makes a new one for each text.

    Args:
        sort_keys: Whether members are written in the order of their names' code points.
    """
    encoder = json.JSONEncoder(
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=sort_keys,
        separators=(",", ":"),
    )
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # a Python without the encoder in C
        return lambda value, _: encoder.iterencode(value)
    write_text, plainly = json.encoder.encode_basestring, (sort_keys, False, False)
    made = make(None, encoder.default, write_text, None, ":", ",", *plainly)
    return cast("Callable[[object, int], Iterable[str]]", made)


_encode: Final = encoder_of(sort_keys=False)


def _text(data: bytes | str, limits: JsonLimits) -> str:
    if len(data) > limits.max_bytes:
        raise TooLarge(f"the document has more than {limits.max_bytes} bytes")
    if isinstance(data, str):
        return data
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        message = f"the document is not UTF-8 (byte {error.start})"
        raise ParsingError(message) from None


def _fast(text: str, limits: JsonLimits) -> JsonValue:
    # These counts are cheap upper bounds: text inside strings counts too, so a pass
    # proves the limits kept, and a miss only sends the text to the slow reader.
    if text.count("[") + text.count("{") > limits.max_depth and _deep(text, limits):
        raise ValueError
    # Each member has a colon, each element follows a bracket or a comma: there are no
    # more of them than characters.
    long = len(text) > limits.max_members
    if long and sum(map(text.count, ",:[")) > limits.max_members:
        raise ValueError
    text = text.strip(" \t\r\n")
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        raise ValueError from None
    if end != len(text):
        raise ValueError
    if ("\\u" in text or not text.isascii()) and _LONE_SURROGATE.search(
        json.dumps(value, ensure_ascii=False)
    ):
        raise ValueError
    return cast("JsonValue", value)


# A string without an end is one up to the end of the text: it must not be looked for
# again from each quotation mark inside of it.
_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.?)*+"?|[\[{]|[\]}]', re.DOTALL)


def _deep(text: str, limits: JsonLimits) -> bool:
    depth = 0
    for match in _BRACKETS.finditer(text):
        bracket = match.group()
        if bracket in "[{":
            depth += 1
            if depth > limits.max_depth:
                return True
        elif bracket in "]}":
            depth -= 1
    return False


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number) or len(text) > MAX_NUMBER_CHARACTERS:
        raise ValueError
    return number


def _in_range(text: str) -> int:
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise ValueError
    number = int(text)
    try:
        float(number)
    except OverflowError:
        raise ValueError from None
    return number


def _no_constant(_name: str) -> NoReturn:
    raise ValueError


_decoder: Final[Any] = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=_finite,
    parse_int=_in_range,
    parse_constant=_no_constant,
)
_scan: Final[Callable[[str, int], tuple[object, int]]] = _decoder.scan_once


def _copied(value: object, depth: int, left: list[int]) -> JsonValue:
    """A copy of plain ``value``; ``ValueError`` for whatever has to be looked at.

    Args:
        value: A decoded value.
        depth: How many more levels there may be.
        left: How many more members there may be; counted down.
    """
    kind = type(value)
    if kind is dict or kind is list:
        items = cast("dict[object, object] | list[object]", value)
        left[0] -= len(items)
        if depth == 0 or left[0] < 0:
            raise ValueError
        if isinstance(items, list):
            return [_copied(item, depth - 1, left) for item in items]
        copy: dict[str, JsonValue] = {}
        for name, member in items.items():
            if type(name) is not str or not name.isascii():
                raise ValueError
            # Most members are plain text.
            if type(member) is str and member.isascii():
                copy[name] = member
            else:
                copy[name] = _copied(member, depth - 1, left)
        return copy
    return _copied_scalar(value)


def _copied_scalar(value: object) -> JsonScalar:
    match value:
        case None | bool():
            return value
        case str() if type(value) is str:
            if not value.isascii() and _LONE_SURROGATE.search(value):
                raise ValueError
            return value
        case int() if type(value) is int and value.bit_length() < _EXACT_BITS:
            return value
        case float() if type(value) is float and math.isfinite(value):
            return value
    raise ValueError


_EXACT_BITS: Final = 54  # what every reader takes for one number (RFC 8259 section 6)


class _Checker:
    """Copies a decoded value, counting members over the whole document."""

    def __init__(self, limits: JsonLimits) -> None:
        self._limits = limits
        self._members = 0

    def copy(self, value: object, path: str, depth: int) -> JsonValue:
        """A copy in which every value has exactly a JSON type."""
        kind = type(value)
        if kind is dict or kind is list:
            return self._container(value, path, depth + 1)
        if kind is str:
            return self._string(cast("str", value), path)
        if kind is float and not math.isfinite(cast("float", value)):
            raise ParsingError("the number is not finite", path=path)
        if kind is int:
            return self._integer(cast("int", value), path)
        if value is None or kind is bool or kind is float:
            return cast("JsonScalar", value)
        raise ParsingError("the value is of no JSON type", path=path, fix=_JSON_TYPES)

    def _container(self, value: object, path: str, depth: int) -> JsonValue:
        if depth > self._limits.max_depth:
            raise TooLarge(f"nested deeper than {self._limits.max_depth}", path=path)
        items = cast("dict[object, object] | list[object]", value)
        self._members += len(items)
        if self._members > self._limits.max_members:
            message = f"more than {self._limits.max_members} members"
            raise TooLarge(message, path=path)
        if isinstance(items, dict):
            return {
                self._name(name, path): self.copy(member, child(path, str(name)), depth)
                for name, member in items.items()
            }
        return [
            self.copy(item, child(path, index), depth)
            for index, item in enumerate(items)
        ]

    def _name(self, name: object, path: str) -> str:
        if type(name) is not str:
            raise ParsingError("a member name is not a string", path=path)
        return self._string(name, path)

    @staticmethod
    def _string(text: str, path: str) -> str:
        if _LONE_SURROGATE.search(text):
            raise ParsingError("the string has a lone surrogate", path=path)
        return text

    @staticmethod
    def _integer(number: int, path: str) -> int:
        try:
            float(number)
        except OverflowError:
            message = "the number is outside the range of a double"
            raise ParsingError(message, path=path) from None
        return number


def every_object(value: JsonValue) -> Iterator[JsonObject]:
    """Every object that stands anywhere in ``value``, itself included, in any order."""
    ahead = [value]
    while ahead:
        found = ahead.pop()
        if isinstance(found, list):
            ahead += found
        elif isinstance(found, dict):
            ahead += found.values()
            yield found


def describe(value: object) -> str:
    """What kind of JSON value this is, in words; never the value itself."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def mismatch(expected: str, found: object, path: str) -> MalformedValue:
    """The error for a value of another kind than its specification requires."""
    return MalformedValue(f"expected {expected}, found {describe(found)}", path=path)
