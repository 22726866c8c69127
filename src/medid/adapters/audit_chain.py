"""One line of an audit log, and how it is chained to the line before. Pure.

::

    {"number": 7, "record": {...}, "mac": "..."}

The ``mac`` is HMAC-SHA-256, under a key that is never in the file, over the ``mac`` of
the line before and over this line up to its own ``mac``. So no line can be changed,
moved, left out or written twice by whoever has the file and not the key. What is cut
off at the end is missed by whoever kept a ``Head``.

A line is printable ASCII, whatever stands in a record: line breaks, control characters,
ANSI escapes and marks that turn the direction of text are written as JSON escapes.

Spec: https://www.rfc-editor.org/rfc/rfc2104, https://jsonlines.org/
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import as_object, no_others, required, required_str
from medid.core.json import JsonLimits
from medid.errors import (
    AuditLogAltered,
    AuditUnavailable,
    ConfigurationError,
    MalformedValue,
    MedidError,
    child,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

FORMAT: Final = "medid audit log 1"
SIGNING_FORMAT: Final = "medid signing log 1"  # of uses of keys, in place of decisions
MAX_LINE: Final = 1_048_576  # bytes; a record takes 2 kB, one of 1,000 resources 80 kB
KEY_BYTES: Final = 32  # at least, as RFC 2104 section 3 asks for SHA-256

_LIMITS: Final = JsonLimits(max_bytes=MAX_LINE)
_LINE: Final = re.compile(
    rb'(?P<said>\{"number":(?P<number>0|[1-9][0-9]{0,17}),'
    rb'"(?P<kind>header|record|repair)":\{[\x20-\x7e]*\}),"mac":"(?P<mac>[0-9a-f]{64})"\}'
)
_HEAD: Final = re.compile(r"(?P<number>0|[1-9][0-9]{0,17}):(?P<mac>[0-9a-f]{64})")
_KEY_ID: Final = 16  # hexadecimal digits
_written: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: the number and the ``mac`` of its last line.

    It tells nothing about anybody, so it can be kept anywhere but beside the log.
    """

    number: int
    mac: str

    @classmethod
    def parse(cls, text: str) -> Head:
        """The head that ``str`` wrote.

        Raises:
            MalformedValue: It is not of that form.
        """
        match = _HEAD.fullmatch(text)
        if match is None:
            raise MalformedValue("not the head of an audit log", fix=_HEAD_FIX)
        return cls(int(match["number"]), match["mac"])

    def __str__(self) -> str:
        """``number:mac``."""
        return f"{self.number}:{self.mac}"


_HEAD_FIX: Final = "write it as medid audit verify prints it: number:mac"
# What the first line of a log is chained to.
NOTHING: Final = Head(-1, "0" * 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line whose form is right; whether it continues a log is another question.

    Attributes:
        said: The bytes that the ``mac`` covers.
        head: Its own number and ``mac``.
        kind: ``header``, ``record`` or ``repair``.
    """

    said: bytes = field(repr=False)
    head: Head
    kind: str

    @property
    def content(self) -> JsonObject:
        """The header, record or repair.

        Raises:
            ParsingError: It is not strict JSON.
        """
        whole = strict_json.load_object(self.said + b"}", limits=_LIMITS)
        return as_object(whole[self.kind], child("$", self.kind))


class Chain:
    """Makes and checks the lines of a log under one key."""

    __slots__ = ("_form", "_key")

    def __init__(self, key: bytes, form: str = FORMAT) -> None:
        """Keep ``key``, which never appears in a line, a message or a ``repr``.

        Args:
            key: With which the lines are chained.
            form: What the log is of; a line of one kind of log fits no other.

        Raises:
            ConfigurationError: It is too short to keep anybody from guessing it.
        """
        if len(key) < KEY_BYTES:
            message = f"an audit key has at least {KEY_BYTES} bytes"
            fix = "draw it at random, and keep it where the log is not"
            raise ConfigurationError(message, path="$.key", fix=fix)
        self._key = key
        self._form = form

    @property
    def key_id(self) -> str:
        """What tells this key from others, without telling it."""
        return self._digest(b"key")[:_KEY_ID]

    def line(
        self, before: Head, kind: str, content: Mapping[str, JsonValue]
    ) -> tuple[bytes, Head]:
        """The line after ``before``, with its line feed, and the head that it makes.

        Raises:
            AuditUnavailable: It is longer than a line may be, or is no strict JSON.
        """
        number = before.number + 1
        try:
            checked = strict_json.check(dict(content), limits=_LIMITS)
            text = _written({"number": number, kind: checked})
        except MedidError as error:
            message = f"this cannot be written to an audit log ({error.code})"
            raise AuditUnavailable(message) from None
        # Only strings hold a DEL, which Python does not escape.
        said = text.removesuffix("}").replace("\x7f", "\\u007f").encode("ascii")
        mac = self._mac(before, said)
        line = said + b',"mac":"' + mac.encode() + b'"}\n'
        if len(line) > MAX_LINE:
            message = f"the record takes more than {MAX_LINE} bytes"
            raise AuditUnavailable(message, fix="record fewer resources at a time")
        return line, Head(number, mac)

    def header(self, before: Head, *, log: str, part: int) -> tuple[bytes, Head]:
        """The first line of a file, as ``line``.

        Args:
            before: Where the file before it ends, or ``NOTHING``.
            log: Names the log, so that no line fits another one.
            part: The number of the file, from 1.
        """
        previous = None if before == NOTHING else str(before)
        content: JsonObject = {
            "format": self._form,
            "log": log,
            "part": part,
            "key": self.key_id,
            "previous": previous,
        }
        return self.line(before, "header", content)

    def check(self, before: Head, line: Line) -> None:
        """Return if ``line`` is the one that was written after ``before``.

        Raises:
            AuditLogAltered: It is not.
        """
        good = hmac.compare_digest(self._mac(before, line.said), line.head.mac)
        if line.head.number != before.number + 1 or not good:
            message = "this line is not the one that was written after the one before"
            raise AuditLogAltered(message)

    def _mac(self, before: Head, said: bytes) -> str:
        return self._digest(b"line", bytes.fromhex(before.mac), said)

    def _digest(self, purpose: bytes, *parts: bytes) -> str:
        # The purposes are of one length or end in parts that are: no two are alike.
        message = b"\0".join((self._form.encode(), purpose, b"".join(parts)))
        return hmac.digest(self._key, message, "sha256").hex()


def read_line(raw: bytes) -> Line:
    """The line that ``raw``, without its line feed, is.

    Raises:
        AuditLogAltered: It is not of the form that every line has.
    """
    match = _LINE.fullmatch(raw)
    if match is None or len(raw) >= MAX_LINE:
        raise AuditLogAltered("this is not a line of an audit log")
    return Line(
        said=match["said"],
        head=Head(int(match["number"]), match["mac"].decode()),
        kind=match["kind"].decode(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the first line of a file says.

    Attributes:
        log: Names the log.
        part: The number of the file, from 1.
        key: The id of the key.
        previous: Where the file before it ends.
    """

    log: str
    part: int
    key: str
    previous: Head


def read_header(line: Line) -> Header:
    """The header that ``line`` is.

    Raises:
        AuditLogAltered: It is none, or of another form.
    """
    try:
        content = line.content if line.kind == "header" else {}
        no_others(content, {"format", "log", "part", "key", "previous"}, "$")
        if required_str(content, "format", "$") not in {FORMAT, SIGNING_FORMAT}:
            raise MalformedValue("another format", path="$.format")
        previous = content.get("previous")
        return Header(
            log=required_str(content, "log", "$"),
            part=required(content, "part", int, "$"),
            key=required_str(content, "key", "$"),
            previous=NOTHING if previous is None else Head.parse(str(previous)),
        )
    except MedidError:
        message = "the file does not begin as an audit log does"
        raise AuditLogAltered(message) from None
