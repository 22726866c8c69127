"""From the rows of another register to applications: what a mapping file states.

A mapping says for each field of a license which columns it is read from, and how::

    {
        "source": {"format": "csv"},
        "fields": {
            "licenseNumber": {"column": "LIC_NO"},
            "name": {"columns": ["FIRST", "LAST"]},
            "licenseStatus": {"column": "STATUS", "table": {"A": "active"}},
            "issuedOn": {"column": "ISSUED", "date": "MM/DD/YYYY"},
            "profession": [
                {
                    "system": {"value": "http://nucc.org/provider-taxonomy"},
                    "code": {"column": "TYPE", "table": {"MD": "208D00000X"}},
                }
            ],
        },
    }

Nothing is read that it does not name, and nothing is guessed: a value that is not in
its table, or not written as its date, refuses the row.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.board import standing
from medid.board.cells import Cell, Columns
from medid.board.orders import Application
from medid.board.sources import Source
from medid.core import fields
from medid.errors import MalformedValue, child
from medid.health.days import end_of_day, start_of_day
from medid.health.words import CONDITION_KINDS, REGISTRATION_TYPES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from collections.abc import Sequence
    from datetime import tzinfo

    from medid.core.json import JsonObject, JsonValue

MAX_NODES: Final = 16  # codes, conditions or identifiers of one field

NUMBER: Final = "licenseNumber"
IDENTIFIER: Final = "practitionerIdentifier"
#: Fields of one value each; the first two every license has.
REQUIRED: Final[tuple[str, ...]] = (NUMBER, "name")
DAYS: Final = ("statusSince", "issuedOn", "expiresOn")
PLAIN: Final[tuple[str, ...]] = (
    *REQUIRED,
    *("holder", "jurisdiction", "licenseStatus", "registrationType"),
    *DAYS,
)
#: Fields of several nodes: the member that each has, and those that it may have.
NODES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "profession": ("code", ("system", "display", "version")),
    "specialty": ("code", ("system", "display", "version")),
    "condition": ("kind", ("text", "action", "site", "until", "supervisionLevel")),
    IDENTIFIER: ("value", ("system",)),
}
# Members without which a node means nothing, beside the one that it has.
_WHOSE: Final = "system"
_UNTIL: Final = "until"
_LISTED: Final = frozenset({"action", "site"})
_WORDS: Final = {
    "licenseStatus": STATUSES,
    "registrationType": REGISTRATION_TYPES,
    "kind": CONDITION_KINDS,
}
_CLAIMS: Final = ("registrationType", "profession", "specialty", "condition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """How one node of a field is read: a code, a condition or an identifier.

    Attributes:
        key: The member without which there is none.
    """

    key: str
    members: MappingOf[str, Cell]

    def read(self, cells: Columns, zone: tzinfo) -> JsonObject | None:
        """The node that a row states; ``None`` where it states none."""
        if self.members[self.key].read(cells) is None:
            return None
        found: JsonObject = {}
        for name, cell in self.members.items():
            value = cell.read(cells)
            if value is None:
                continue
            if name == _UNTIL:
                value = str(end_of_day(value, zone))
            found[name] = [value] if name in _LISTED else value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How the rows of one source are read.

    Attributes:
        source: How its file is written.
        plain: The cell of each field that has one value.
        nodes: The nodes of each field that has several.
    """

    source: Source
    plain: MappingOf[str, Cell]
    nodes: MappingOf[str, Sequence[Node]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: JsonValue) -> Mapping:
        """The mapping that a file states.

        Raises:
            MalformedValue: Something in it is unknown, missing, or of another kind.
        """
        given = fields.as_object(value, "$")
        fields.no_others(given, ("source", "fields"), "$")
        source = Source.from_json(fields.required(given, "source", dict, "$"))
        found = fields.required(given, "fields", dict, "$")
        path = "$.fields"
        fields.no_others(found, (*PLAIN, *NODES), path)
        for name in (*REQUIRED, "profession"):
            if name not in found:
                message = f"the field {name} is missing"
                fix = "say which column it is in, or which value it has"
                raise MalformedValue(message, path=child(path, name), fix=fix)
        plain = {
            name: _cell(name, found[name], child(path, name))
            for name in PLAIN
            if name in found
        }
        for name in REQUIRED:
            if not plain[name].required:
                message = "every license has it"
                raise MalformedValue(message, path=child(path, name))
        nodes = {
            name: _nodes(name, found[name], child(path, name))
            for name in NODES
            if name in found
        }
        return cls(source=source, plain=plain, nodes=nodes)

    @property
    def columns(self) -> frozenset[str]:
        """All columns that it reads."""
        return frozenset(column for cell in self._cells() for column in cell.columns)

    @property
    def claims(self) -> frozenset[str]:
        """The claims that it states, there or not, of every license."""
        return frozenset(_CLAIMS) & (self.plain.keys() | self.nodes.keys())

    def read(self, cells: Columns, *, zone: tzinfo) -> Application:
        """The license that a row states.

        Args:
            cells: The texts of the row, by column.
            zone: In which its days begin.

        Raises:
            MalformedValue: A text is not in its table, or not a day of its format.
            MissingFact: A text is missing. Each path names the column.
        """
        texts = {name: cell.read(cells) for name, cell in self.plain.items()}
        nodes = {
            name: [one for each in some if (one := each.read(cells, zone)) is not None]
            for name, some in self.nodes.items()
        }
        claims: JsonObject = {
            name: [*nodes[name]] for name in _CLAIMS if nodes.get(name)
        }
        if texts.get("registrationType") is not None:
            claims["registrationType"] = texts["registrationType"]
        since = texts.get("statusSince")
        status = texts.get("licenseStatus") or standing.FIRST
        if status not in STATUSES:
            fix = f"it is one of {', '.join(STATUSES)}: state a table"
            raise MalformedValue("there is no such status", path="$.status", fix=fix)
        return Application(
            number=str(texts[NUMBER]),
            name=str(texts["name"]),
            claims=claims,
            holder=texts.get("holder"),
            identifiers=_identifiers(nodes.get(IDENTIFIER, ())),
            jurisdiction=texts.get("jurisdiction"),
            issued_on=texts.get("issuedOn"),
            expires_on=texts.get("expiresOn"),
            effective=None if since is None else start_of_day(since, zone),
            status=status,
        )

    def column_of(self, path: str) -> str:
        """The column of what an error's ``path`` names; empty where it is none."""
        for column in self.columns:
            if path == child("$", column):
                return column
        parts = path.replace("[", ".").replace("]", "").split(".")
        for name in reversed(parts):
            for cell in self._cells_of(_FIELDS.get(name, name)):
                return "+".join(cell.columns)
        return ""

    def _cells(self) -> list[Cell]:
        inside = [
            cell
            for some in self.nodes.values()
            for one in some
            for cell in one.members.values()
        ]
        return [*self.plain.values(), *inside]

    def _cells_of(self, name: str) -> list[Cell]:
        if name in self.plain:
            return [self.plain[name]]
        return [one.members[one.key] for one in self.nodes.get(name, ())]


# What the parts of an application are called where they are refused.
_FIELDS: Final = {
    "number": NUMBER,
    "status": "licenseStatus",
    "effective": "statusSince",
    "identifiers": IDENTIFIER,
}


def _identifiers(nodes: Sequence[JsonObject]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in nodes:
        system = str(one[_WHOSE])
        if system in found:
            message = "a person has one number in each register"
            raise MalformedValue(message, path="$.identifiers")
        found[system] = str(one["value"])
    return found


def _cell(name: str, value: JsonValue, path: str) -> Cell:
    made = Cell.from_json(value, path)
    if name in {*DAYS, _UNTIL} and made.date is None and made.columns:
        message = "it is not said how its days are written"
        fix = 'add "date", such as "YYYY-MM-DD"'
        raise MalformedValue(message, path=child(path, "date"), fix=fix)
    known = _WORDS.get(name)
    stated = made.stated()
    if known is not None and not stated <= {*known}:
        fix = f"it is one of {', '.join(known)}"
        raise MalformedValue("there is no such value", path=path, fix=fix)
    return made


def _nodes(name: str, value: JsonValue, path: str) -> list[Node]:
    key, others = NODES[name]
    needed = [key, _WHOSE] if _WHOSE in others else [key]
    found = []
    for index, one in enumerate(fields.object_list(value, path)):
        place = fields.item_path(value, path, index)
        fields.no_others(one, (key, *others), place)
        for member in needed:
            if member not in one:
                message = f"the member {member} is missing"
                raise MalformedValue(message, path=child(place, member))
        members = {
            member: _cell(member, given, child(place, member))
            for member, given in one.items()
        }
        if not members.get(_WHOSE, members[key]).required and _WHOSE in others:
            message = "a number or a code means nothing without its system"
            raise MalformedValue(message, path=child(place, _WHOSE))
        found.append(Node(key=key, members=members))
    if len(found) > MAX_NODES:
        message = f"a field has at most {MAX_NODES} of them"
        raise MalformedValue(message, path=path)
    return found
