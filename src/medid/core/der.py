"""The one strict reader of DER, and a writer of what medid asks in it.

One reading: lengths are definite and in their shortest form, tags are single octets,
and nothing stands behind a value. What is inside a value is read when it is asked for,
so nothing here calls itself and no document makes it go deep.

Certificates are read elsewhere, by cryptography; this is for what it cannot read.

Spec: https://www.itu.int/rec/T-REC-X.690 clauses 8 and 10
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.instant import Instant
from medid.errors import MalformedValue, ParsingError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES: Final = 1_048_576  # 1 MiB, as any other document
MAX_MEMBERS: Final = 64  # of one value; those of a time-stamp have ten
MAX_INTEGER_BYTES: Final = 64  # serial numbers have 20, nonces 8

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
IA5_STRING: Final = 0x16
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

_END: Final = 0x00  # closes a value of indefinite length, of which DER has none
_MANY: Final = 0x1F  # the low bits of a tag that goes on in further octets
_LONG: Final = 0x80  # a length that is written in further octets
_MAX_LENGTH_OCTETS: Final = 4
_MAX_OID_BYTES: Final = 32  # those in use have up to 12
_TEXTS: Final = {UTF8_STRING: "utf-8", PRINTABLE_STRING: "ascii", IA5_STRING: "ascii"}
_TIME: Final = re.compile(
    rb"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})"
    rb"(\.[0-9]{0,8}[1-9])?Z"
)


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag, and its content, which has not been looked at.

    Every method raises ``ParsingError`` where the value is of another kind.

    Attributes:
        tag: The identifier octet, with class and form.
        content: What stands behind the length.
        encoded: All of its octets.
    """

    tag: int
    content: bytes = field(repr=False)
    encoded: bytes = field(repr=False)

    def members(self, tag: int = SEQUENCE) -> list[Value]:
        """The values in this one, which has the tag ``tag``.

        Raises:
            TooLarge: More than ``MAX_MEMBERS``.
            ParsingError: Another tag, or not values one behind the other.
        """
        self._check(tag)
        found: list[Value] = []
        rest = self.content
        while rest:
            if len(found) == MAX_MEMBERS:
                raise TooLarge(f"a value in DER has at most {MAX_MEMBERS} members")
            one = _first(rest)
            found.append(one)
            rest = rest[len(one.encoded) :]
        return found

    def only(self, tag: int) -> Value:
        """The one value in this one, which has the tag ``tag``."""
        found = self.members(tag)
        if len(found) != 1:
            raise _malformed()
        return found[0]

    @property
    def present(self) -> bool:
        """Whether it is there, where it might not be."""
        return self.tag != _END

    def fields(self, *tags: int) -> list[Value]:
        """The fields of a SEQUENCE, in their order.

        One that is absent is not ``present``, and is of no kind that could be read.

        Args:
            tags: Of each field; a negative one may be absent.
        """
        rest = self.members()[::-1]
        found: list[Value] = []
        for tag in tags:
            if rest and rest[-1].tag == abs(tag):
                found.append(rest.pop())
            elif tag < 0:
                found.append(_ABSENT)
            else:
                raise _malformed()
        if rest:
            raise _malformed()
        return found

    def octets(self, tag: int = OCTET_STRING) -> bytes:
        """The content of an octet string, or of what is tagged in its place."""
        self._check(tag)
        return self.content

    def integer(self, tag: int = INTEGER) -> int:
        """The number that an INTEGER is, or what is tagged in its place."""
        self._check(tag)
        number = int.from_bytes(self.content, "big", signed=True)
        if not 0 < len(self.content) <= MAX_INTEGER_BYTES:
            raise _malformed()
        if self.content != integer(number)[2:]:
            raise _malformed()  # not in its shortest form
        return number

    def boolean(self) -> bool:
        """What a BOOLEAN says."""
        self._check(BOOLEAN)
        if self.content not in {b"\x00", b"\xff"}:
            raise _malformed()
        return self.content == b"\xff"

    def oid(self) -> str:
        """The object identifier, in dots."""
        self._check(OBJECT_IDENTIFIER)
        octets = self.content
        if not 0 < len(octets) <= _MAX_OID_BYTES or octets[-1] & _LONG:
            raise _malformed()
        arcs = [0]
        for octet in octets:
            if arcs[-1] == 0 and octet == _LONG:
                raise _malformed()  # a number that begins with nothing
            arcs[-1] = arcs[-1] << 7 | octet & 0x7F
            if not octet & _LONG:
                arcs.append(0)
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:-1])))

    def text(self) -> str:
        """The characters of a UTF8String, PrintableString or IA5String."""
        encoding = _TEXTS.get(self.tag)
        if encoding is None:
            raise _malformed()
        try:
            return self.content.decode(encoding)
        except UnicodeDecodeError:
            raise _malformed() from None

    def instant(self) -> Instant:
        """The point in time of a GeneralizedTime, in UTC."""
        self._check(GENERALIZED_TIME)
        match = _TIME.fullmatch(self.content)
        if match is None:
            raise _malformed()
        year, month, day, hour, minute, second = (
            part.decode() for part in match.groups()[:6]
        )
        fraction = (match[7] or b"").decode()
        stated = f"{year}-{month}-{day}T{hour}:{minute}:{second}{fraction}Z"
        try:
            return Instant.parse(stated)
        except MalformedValue:
            raise _malformed() from None

    def _check(self, tag: int) -> None:
        if self.tag != tag:
            raise _malformed()


_ABSENT: Final = Value(_END, b"", b"")


def read(data: bytes) -> Value:
    """The one value that ``data`` holds.

    Raises:
        TooLarge: More than ``MAX_BYTES``.
        ParsingError: Not one value in DER.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(f"a value in DER has at most {MAX_BYTES} bytes")
    found = _first(data)
    if len(found.encoded) != len(data):
        raise _malformed()
    return found


def _first(data: bytes) -> Value:
    """The value that ``data`` begins with."""
    if len(data) < 2 or data[0] == _END or data[0] & _MANY == _MANY:
        raise _malformed()
    start, length = 2, data[1]
    if length & _LONG:
        start += length & ~_LONG
        octets = data[2:start]
        length = int.from_bytes(octets, "big")
        if len(octets) > _MAX_LENGTH_OCTETS or _length(length) != data[1:start]:
            raise _malformed()
    content = data[start : start + length]
    if len(content) != length:
        raise _malformed()
    return Value(data[0], content, data[: start + length])


def _malformed() -> ParsingError:
    return ParsingError("not the value in DER that stands here by its format")


# Writing.


def write(tag: int, *contents: bytes) -> bytes:
    """The value with the tag ``tag`` and ``contents``."""
    content = b"".join(contents)
    return bytes([tag]) + _length(len(content)) + content


def integer(number: int) -> bytes:
    """``number`` as an INTEGER."""
    size = (number + (number < 0)).bit_length() // 8 + 1
    return write(INTEGER, number.to_bytes(size, "big", signed=True))


def oid(dotted: str) -> bytes:
    """The OBJECT IDENTIFIER that ``dotted`` spells."""
    first, second, *others = map(int, dotted.split("."))
    arcs = [40 * first + second, *others]
    return write(OBJECT_IDENTIFIER, *(bytes(_base128(arc)) for arc in arcs))


def _base128(number: int) -> Iterable[int]:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | _LONG)
    return reversed(octets)


def _length(size: int) -> bytes:
    if size < _LONG:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([_LONG | len(octets)]) + octets
