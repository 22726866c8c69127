"""One value of a license, from the columns of a row: by a table, a date, or as it is.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.board.day_formats import DayFormat
from medid.core import fields
from medid.errors import MalformedValue, MissingFact, TooLarge, child

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

#: The texts of a row, by column.
Columns: TypeAlias = Mapping[str, str]

MAX_JOINED: Final = 8  # columns of one value; a name has four parts or so
MAX_TABLE: Final = 4_096  # values of one table; NUCC has some 900 taxonomy codes

_MEMBERS: Final = (
    *("column", "columns", "join", "value"),
    *("table", "date", "optional", "trim"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How one value is read.

    Attributes:
        columns: Where it stands; several are joined.
        join: What is put between them.
        value: What it always is, where there is no column.
        table: What each text stands for; ``None`` as a value where it stands for
            nothing.
        date: How it is written, where it is a day.
        required: Whether a row without it is refused.
        trim: Whether spaces around the text are left out.
    """

    columns: tuple[str, ...] = ()
    join: str = " "
    value: str | None = None
    table: Mapping[str, str | None] | None = None
    date: DayFormat | None = None
    required: bool = True
    trim: bool = True

    @classmethod
    def from_json(cls, value: JsonValue, path: str) -> Cell:
        """The cell that a mapping states.

        Raises:
            MalformedValue: It does not say where the value is, or says it twice.
        """
        given = fields.as_object(value, path)
        fields.no_others(given, _MEMBERS, path)
        places = [one for one in ("column", "columns", "value") if one in given]
        if len(places) != 1:
            message = "expected one of column, columns and value"
            raise MalformedValue(message, path=path)
        optional = fields.optional(given, "optional", bool, path) or False
        if places == ["value"]:
            fields.no_others(given, ("value",), path)
            return cls(value=fields.required_str(given, "value", path))
        date = fields.optional_str(given, "date", path)
        join = fields.optional(given, "join", str, path)
        trim = fields.optional(given, "trim", bool, path)
        return cls(
            columns=_columns(given, path),
            join=" " if join is None else join,
            table=_table(given, path, optional=optional),
            date=None
            if date is None
            else DayFormat.parse(date, path=child(path, "date")),
            required=not optional,
            trim=trim is not False,
        )

    def read(self, cells: Columns) -> str | None:
        """The value in a row; ``None`` where there is none.

        Raises:
            MissingFact: There is none, and every row needs one.
            MalformedValue: Not in the table, or not a day of the format.
        """
        if self.value is not None:
            return self.value
        path = child("$", self.columns[0])
        found: str | None = self._text(cells)
        if self.table is not None and found:
            if found not in self.table:
                message = "the value is not in its table"
                fix = "correct the row, or add the value to the mapping"
                raise MalformedValue(message, path=path, fix=fix)
            found = self.table[found]
        if not found:
            if self.required:
                raise MissingFact("the column is empty", path=path, fix="fill it in")
            return None
        return found if self.date is None else self.date.read(found, path=path)

    def stated(self) -> frozenset[str]:
        """The values that it can have, as far as the mapping says them."""
        if self.value is not None:
            return frozenset({self.value})
        return frozenset(one for one in (self.table or {}).values() if one is not None)

    def _text(self, cells: Columns) -> str:
        texts = [cells.get(one, "") for one in self.columns]
        if self.trim:
            texts = [one.strip() for one in texts]
        if len(texts) == 1:
            return texts[0]
        return self.join.join(one for one in texts if one)


def _columns(given: JsonObject, path: str) -> tuple[str, ...]:
    if "column" in given:
        return (fields.required_str(given, "column", path),)
    place = child(path, "columns")
    found = fields.strings(given["columns"], place)
    if len(found) > MAX_JOINED:
        raise TooLarge(f"at most {MAX_JOINED} columns are joined", path=place)
    return tuple(found)


def _table(
    given: JsonObject, path: str, *, optional: bool
) -> Mapping[str, str | None] | None:
    table = fields.optional(given, "table", dict, path)
    if table is None:
        return None
    place = child(path, "table")
    if not 0 < len(table) <= MAX_TABLE:
        raise MalformedValue(f"a table has 1 to {MAX_TABLE} values", path=place)
    found: dict[str, str | None] = {}
    for text, meant in table.items():
        if meant is None and optional:
            found[text] = None
            continue
        found[text] = fields.as_str(meant, child(place, text))
    return MappingProxyType(found)
