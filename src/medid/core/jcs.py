"""The JSON Canonicalization Scheme: one byte sequence for each JSON value.

Integers beyond 2**53 are refused unless they are spelled as ECMAScript spells their
double: any other spelling would be rounded by other readers, which would then see a
value that the signature does not cover.

Spec: https://www.rfc-editor.org/rfc/rfc8785
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from medid.core.json import encoder_of
from medid.errors import CanonicalizationError, child

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonValue

_EXACT: Final = 2**53  # up to it every integer is a double (RFC 7493 section 2.2)
_MANY: Final = 100_000  # values; beyond them, perhaps, something contains itself
_PLAIN_EXPONENT: Final = 21  # ECMAScript writes numbers below 10**21 without exponent


def canonicalize(value: JsonValue | Mapping[str, JsonValue]) -> bytes:
    """The canonical bytes of ``value``.

    Raises:
        CanonicalizationError: A number or string that I-JSON cannot carry, or a value
            of no JSON type.
    """
    try:
        return text(value).encode("utf-8")
    except UnicodeEncodeError:
        raise CanonicalizationError("a lone surrogate has no canonical form") from None


def text(value: JsonValue | Mapping[str, JsonValue]) -> str:
    """The canonical text of ``value``, in which lone surrogates are left.

    Raises:
        CanonicalizationError: As ``canonicalize``, but for lone surrogates.
    """
    try:
        parts = _plain_parts(value, 0) if _is_plain(value) else _write(value, "$")
        return "".join(parts)
    except (AttributeError, RecursionError, TypeError, UnicodeEncodeError):
        message = "a name that is no string, a lone surrogate, or endless nesting"
        raise CanonicalizationError(message) from None


# Python's writer, in C, gives the canonical form of what `_is_plain` lets through.
_plain_parts: Final = encoder_of(sort_keys=True)


def _is_plain(value: object) -> bool:
    """Whether nothing in ``value`` is written or ordered differently by Python.

    Those are numbers with a fraction, integers that are not exact, and names beyond
    ASCII, which Python would sort by code points.
    """
    pending = [value]
    for item in pending:  # grows while it is read
        kind = type(item)
        if kind is str:
            continue
        if kind is dict:
            if not "".join(item).isascii():  # type: ignore[arg-type]
                return False
            pending.extend(item.values())  # type: ignore[attr-defined]
        elif kind is list:
            pending.extend(item)  # type: ignore[arg-type]
        elif kind is int:
            if not -_EXACT <= item <= _EXACT:  # type: ignore[operator]
                return False
        elif item is not None and kind is not bool:
            return False
        if len(pending) > _MANY:
            return False
    return True


def _write(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _object(value, path)
    elif isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            yield "," if index else ""
            yield from _write(item, child(path, index))
        yield "]"
    else:
        yield _scalar(value, path)


def _object(members: dict[str, object], path: str) -> Iterator[str]:
    yield "{"
    for index, name in enumerate(sorted(members, key=_utf16)):
        yield "," if index else ""
        yield _string(name)
        yield ":"
        yield from _write(members[name], child(path, name))
    yield "}"


def _utf16(name: str) -> bytes:
    # RFC 8785 section 3.2.3 sorts by UTF-16 code units, not by code points.
    return name.encode("utf-16-be")


def _scalar(value: object, path: str) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case int():
            if abs(value) > _EXACT and not _is_ecmascript(value):
                message = "other readers would round the integer: write it as a string"
                raise CanonicalizationError(message, path=path)
            return str(value)
        case float() if math.isfinite(value):
            return number(value)
    raise CanonicalizationError("the value has no canonical JSON form", path=path)


def _is_ecmascript(value: int) -> bool:
    """Whether ``value`` is spelled as ECMAScript spells its double."""
    try:
        return number(float(value)) == str(value)
    except OverflowError:
        return False  # no double is as large


def _string(text: str) -> str:
    # Without ASCII, Python escapes exactly what RFC 8785 section 3.2.2.2 does.
    return json.dumps(text, ensure_ascii=False)


def number(value: float) -> str:
    """``value`` as ECMAScript writes it (RFC 8785 section 3.2.2.3)."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, point = _shortest(abs(value))
    if point > _PLAIN_EXPONENT or point <= -6:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        power = f"{point - 1:+d}"
        return f"{sign}{digits[0]}{fraction}e{power}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def _shortest(value: float) -> tuple[str, int]:
    """The shortest digits that read back as ``value``, and where the point stands."""
    # Python's repr is the shortest round-trip form too; only its layout differs.
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or "0")
    digits = whole + fraction
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    return stripped.rstrip("0"), point
