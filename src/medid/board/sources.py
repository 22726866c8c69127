"""How a file of another register is written, and what its rows are.

Nothing about a file is guessed: its form, and where it is not UTF-8 its encoding, are
stated in the mapping.

Spec: https://www.rfc-editor.org/rfc/rfc4180, https://encoding.spec.whatwg.org/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import fields
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject
    from medid.errors import MedidError

FORMATS: Final = ("csv", "tsv", "jsonl", "fixed", "xlsx", "fhir")
RESOURCES: Final = ("Practitioner", "PractitionerRole")
ENCODINGS: Final = ("utf-8", "utf-8-sig", "windows-1252")
DELIMITERS: Final = {"csv": ",", "tsv": "\t"}

MAX_COLUMNS: Final = 512  # columns of a table
MAX_WIDTH: Final = 65_536  # characters of a line of fixed width
_OTHER_DELIMITERS: Final = ",;|\t"
# What a source may state of each format, beside the format itself.
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "csv": ("delimiter", "encoding"),
        "tsv": ("encoding",),
        "jsonl": (),
        "fixed": ("columns", "encoding"),
        "xlsx": ("sheet",),
        "fhir": ("resource",),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a column of fixed width is: so many characters from ``start``, from 1."""

    name: str
    start: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How a file is written.

    Attributes:
        format: ``csv``, ``tsv``, ``jsonl`` (one JSON object a line), ``fixed``,
            ``xlsx`` or ``fhir`` (one resource a line).
        encoding: ``utf-8``; ``utf-8-sig`` where it begins with a byte order mark; or
            ``windows-1252``.
        delimiter: Between the fields of ``csv``.
        spans: The columns of ``fixed``.
        sheet: The name of a sheet of ``xlsx``; empty where there is only one.
        resource: What each line of ``fhir`` is.
    """

    format: str
    encoding: str = "utf-8"
    delimiter: str = ""
    spans: tuple[Span, ...] = ()
    sheet: str = ""
    resource: str = ""

    @classmethod
    def from_json(cls, given: JsonObject) -> Source:
        """The source that a mapping states.

        Raises:
            MalformedValue: It is not known how to read that.
        """
        path = "$.source"
        kind = fields.required_str(given, "format", path)
        if kind not in FORMATS:
            fix = f"it is one of {', '.join(FORMATS)}"
            raise MalformedValue("no such format", path=child(path, "format"), fix=fix)
        fields.no_others(given, ("format", *_ALLOWED[kind]), path)
        encoding = fields.optional_str(given, "encoding", path) or "utf-8"
        if encoding not in ENCODINGS:
            fix = f"it is one of {', '.join(ENCODINGS)}"
            raise MalformedValue(
                "no such encoding", path=child(path, "encoding"), fix=fix
            )
        delimiter = fields.optional_str(given, "delimiter", path)
        if delimiter is not None and not _separates(delimiter):
            message = "fields are separated by a comma, semicolon, bar or tab"
            raise MalformedValue(message, path=child(path, "delimiter"))
        return cls(
            format=kind,
            encoding=encoding,
            delimiter=delimiter or DELIMITERS.get(kind, ""),
            spans=_spans(given, path) if kind == "fixed" else (),
            sheet=fields.optional_str(given, "sheet", path) or "",
            resource=_resource(given, path) if kind == "fhir" else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row of a file, as it was read.

    Attributes:
        line: On which it begins, from 1.
        cells: Its texts by column; of a row that cannot be read, what is known of it.
        error: Why it cannot be read.
    """

    line: int
    cells: Mapping[str, str] = field(repr=False)
    error: MedidError | None = None


def _separates(delimiter: str) -> bool:
    return len(delimiter) == 1 and delimiter in _OTHER_DELIMITERS


def _resource(given: JsonObject, path: str) -> str:
    found = fields.required_str(given, "resource", path)
    if found not in RESOURCES:
        fix = f"it is one of {', '.join(RESOURCES)}"
        raise MalformedValue("no such resource", path=child(path, "resource"), fix=fix)
    return found


def _spans(given: JsonObject, path: str) -> tuple[Span, ...]:
    place = child(path, "columns")
    found: list[Span] = []
    listed = fields.object_list(fields.required(given, "columns", list, path), place)
    for index, one in enumerate(listed):
        here = child(place, index)
        fields.no_others(one, ("name", "start", "width"), here)
        span = Span(
            name=fields.required_str(one, "name", here),
            start=fields.required(one, "start", int, here),
            width=fields.required(one, "width", int, here),
        )
        end = span.start + span.width - 1
        if span.start < 1 or span.width < 1 or end > MAX_WIDTH:
            message = f"a column lies within the characters 1 to {MAX_WIDTH}"
            raise MalformedValue(message, path=here)
        if span.name in {each.name for each in found}:
            raise MalformedValue("another column has this name", path=here)
        found.append(span)
    if len(found) > MAX_COLUMNS:
        message = f"a table has at most {MAX_COLUMNS} columns"
        raise MalformedValue(message, path=place)
    return tuple(found)
