"""A mapping for a file that nobody has mapped yet: proposed, and never settled.

What a column is called suggests what it holds, and its first texts may contradict that.
So each column is said to be taken for something, or for nothing, and why; and where it
takes somebody who knows the register, the proposal holds an empty text, which no
mapping can have. It is of use once these are filled in, and not before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.board import day_formats
from medid.board.mapping import DAYS, IDENTIFIER, NODES, REQUIRED
from medid.dids.syntax import Did
from medid.errors import MedidError
from medid.health.identifiers import DEA, NPI, check_identifier
from medid.health.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue

#: Rows that a proposal looks at.
MAX_ROWS: Final = 1_000
MAX_VALUES: Final = 50  # values of a table that is proposed; more are no codes

_CODES: Final = ("licenseStatus", "registrationType")
# How other registers call what a license has, in small letters without anything else.
_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "licenseNumber": (
        *("licensenumber", "licenseno", "licno", "licnum", "licnumber", "license"),
        *("licencenumber", "licenceno", "number", "registrationnumber", "regno"),
    ),
    "name": ("name", "fullname", "practitioner", "practitionername", "licensee"),
    "first": ("firstname", "first", "givenname", "given", "fname", "forename"),
    "last": ("lastname", "last", "familyname", "family", "lname", "surname"),
    "holder": ("did", "holder", "holderdid"),
    "jurisdiction": ("jurisdiction",),
    "licenseStatus": ("licensestatus", "licstatus", "status", "licencestatus"),
    "statusSince": ("statusdate", "statussince", "statuseffectivedate"),
    "issuedOn": (
        *("issuedon", "issuedate", "issued", "dateissued", "originalissuedate"),
        *("licensedate", "firstissued"),
    ),
    "expiresOn": (
        *("expireson", "expirationdate", "expdate", "expires", "expiry"),
        *("expirydate", "expiration", "dateexpires"),
    ),
    "registrationType": ("registrationtype", "regtype"),
    "profession": ("profession", "licensetype", "lictype", "credentialtype", "type"),
    "specialty": ("specialty", "speciality", "specialtycode", "specialties"),
    "condition": ("condition", "conditions", "restriction", "restrictions"),
    "npi": ("npi", "npinumber", "nationalprovideridentifier"),
    "dea": ("dea", "deanumber", "dearegistration"),
}
_SYSTEMS: Final = {"npi": NPI, "dea": DEA}
_FIX_EMPTY: Final = "fill it in"
_OTHERWISE: Final = {
    "licenseStatus": "every license is pending",
    "expiresOn": "no license has a last day",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What one column, or one field, is taken for.

    Attributes:
        column: Its name; empty where a field has none.
        text: What is proposed, and what has to be decided.
        open: Whether something has to be decided.
    """

    column: str
    text: str
    open: bool = False


@dataclass(slots=True)
class Proposal:
    """A mapping that somebody has to look at.

    Attributes:
        fields: Of the mapping.
        remarks: One on each column, and one on each field that is missing.
    """

    fields: JsonObject = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def open(self) -> int:
        """How much of it has to be decided."""
        return sum(one.open for one in self.remarks)


def propose(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> Proposal:
    """A mapping for a file with these columns.

    Args:
        columns: Of its header.
        rows: Its first ones, ``MAX_ROWS`` at most.
    """
    texts: dict[str, dict[str, None]] = {one: {} for one in columns}
    full = dict.fromkeys(columns, True)
    for row in rows:
        for name in columns:
            text = row.get(name, "").strip()
            full[name] = full[name] and bool(text)
            if text:
                texts[name].setdefault(text)
    made = _Maker(texts, full)
    for name in columns:
        made.take(name)
    made.finish()
    return made.proposal


class _Maker:
    """Takes one column after the other."""

    def __init__(
        self, texts: Mapping[str, Mapping[str, None]], full: Mapping[str, bool]
    ) -> None:
        self.proposal = Proposal()
        self._texts = {name: list(found) for name, found in texts.items()}
        self._full = full
        self._parts: dict[str, str] = {}
        self._identifiers: list[JsonValue] = []

    def take(self, column: str) -> None:
        """Take a column for what it is called."""
        called = re.sub("[^a-z0-9]", "", column.lower())
        field_ = next((one for one, names in _CALLED.items() if called in names), None)
        if field_ is None:
            self._say(column, "is not read: its name is not known")
        elif field_ in self._parts or field_ in self.proposal.fields:
            self._say(column, f"is not read: another column is taken for {field_}")
        else:
            self._parts[field_] = column
            self._put(field_, column)

    def finish(self) -> None:
        """Join the name, and say what is missing."""
        fields = self.proposal.fields
        names = [self._parts[one] for one in ("first", "last") if one in self._parts]
        if names and "name" not in fields:
            columns: list[JsonValue] = [*names]
            fields["name"] = {"columns": columns}
        for name in (*REQUIRED, "profession"):
            if name not in fields:
                missing: JsonObject = {"column": ""}
                fields[name] = missing if name in REQUIRED else [_code(missing)]
                self._ask("", f"{name}: no column is called so; {_FIX_EMPTY}")
        for name, then in _OTHERWISE.items():
            if name not in fields:
                self._say("", f"{name}: no column is called so; {then}")

    def _put(self, name: str, column: str) -> None:
        cell: JsonObject = {"column": column}
        if not self._full[column] and name not in REQUIRED:
            cell["optional"] = True
        fields = self.proposal.fields
        if name in _SYSTEMS:
            self._identifier(name, column, cell)
        elif name in NODES:
            self._node(name, column, cell)
        elif name in DAYS:
            self._day(name, column, cell)
            fields[name] = cell
        elif name in _CODES:
            self._table(column, cell, {one: one for one in STATUSES})
            fields[name] = cell
            self._ask(column, f"{name}: say what each value stands for")
        else:
            if name not in {"first", "last"}:
                fields[name] = cell
            self._say(column, self._plain(name, column))

    def _plain(self, name: str, column: str) -> str:
        if name == "holder" and not all(map(_is_did, self._texts[column])):
            return "holder: some of its texts are no DID, and refuse their rows"
        return name if name not in {"first", "last"} else f"name, the {name} part"

    def _identifier(self, name: str, column: str, cell: JsonObject) -> None:
        system = _SYSTEMS[name]
        self._identifiers.append({"system": {"value": system}, "value": cell})
        self.proposal.fields[IDENTIFIER] = self._identifiers
        wrong = sum(not _is_number(system, one) for one in self._texts[column])
        more = f"; {wrong} of its first texts are none" if wrong else ""
        self._say(column, f"{IDENTIFIER}: {name.upper()}{more}")

    def _node(self, name: str, column: str, cell: JsonObject) -> None:
        self._table(column, cell, {})
        if name == "condition":
            self.proposal.fields[name] = [{"kind": cell}]
        else:
            self.proposal.fields[name] = [_code(cell)]
        self._ask(column, f"{name}: say what each value stands for")

    def _table(self, column: str, cell: JsonObject, known: Mapping[str, str]) -> None:
        texts = self._texts[column]
        if 0 < len(texts) <= MAX_VALUES:
            cell["table"] = {one: known.get(one.lower(), "") for one in texts}

    def _day(self, name: str, column: str, cell: JsonObject) -> None:
        found = day_formats.proposed(self._texts[column])
        cell["date"] = found[0] if len(found) == 1 else ""
        if len(found) == 1:
            self._say(column, f"{name}, written as {found[0]}")
        elif found:
            self._ask(column, f"{name}: written as {' or '.join(found)}")
        else:
            self._ask(column, f"{name}: its texts are not written as one day")

    def _say(self, column: str, text: str) -> None:
        self.proposal.remarks.append(Remark(column=column, text=text))

    def _ask(self, column: str, text: str) -> None:
        self.proposal.remarks.append(Remark(column=column, text=text, open=True))


def _code(cell: JsonObject) -> JsonObject:
    return {"system": {"value": ""}, "code": cell}


def _is_did(text: str) -> bool:
    try:
        Did.parse(text)
    except MedidError:
        return False
    return True


def _is_number(system: str, text: str) -> bool:
    try:
        check_identifier(system, text)
    except MedidError:
        return False
    return True
