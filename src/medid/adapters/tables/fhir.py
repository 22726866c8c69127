"""FHIR in bulk: one Practitioner or PractitionerRole a line, R4 or R5.

A Practitioner is one row for each qualification, a PractitionerRole is one row. Their
columns have short names; a number and a code has its system behind its name, as in
``identifier http://hl7.org/fhir/sid/us-npi``, so that a mapping names the system that
it means. Two values of one column refuse the row: nothing is chosen. So does what may
change the meaning of the rest: rules or a modifier extension that medid does not know.
A number that is no longer used is not read.

Spec: https://hl7.org/fhir/R4/practitioner.html,
https://hl7.org/fhir/R4/extensibility.html#modifierExtension,
https://hl7.org/fhir/uv/bulkdata/export.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.board.sources import MAX_COLUMNS, SourceRow
from medid.core import fields
from medid.core import json as strict_json
from medid.errors import (
    MalformedValue,
    MedidError,
    MissingFact,
    ParsingError,
    TooLarge,
    child,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from medid.adapters.tables.lines import Line
    from medid.core.json import JsonObject

_QUALIFICATION: Final = "qualification"
_MODIFIERS: Final = ("implicitRules", "modifierExtension")


def fhir_rows(lines: Iterable[Line], resource: str) -> Iterator[SourceRow]:
    """Every row; lines without a character are left out.

    Args:
        lines: Of the file.
        resource: The type that each of them must be of.
    """
    for line in lines:
        if line.error is not None:
            yield SourceRow(line=line.number, cells={}, error=line.error)
        elif line.text:
            yield from _rows(line, resource)


def _rows(line: Line, resource: str) -> Iterator[SourceRow]:
    try:
        found = strict_json.load_object(line.text)
        if found.get("resourceType") != resource:
            message = f"the line is no {resource}"
            fix = "leave it out, or state another resource in the mapping"
            raise ParsingError(message, path="$.resourceType", fix=fix)
        _refuse_modifiers(found)
        whole = [*_READERS[resource](found)]
    except MedidError as error:
        yield SourceRow(line=line.number, cells={}, error=error)
        return
    for one in whole:
        yield SourceRow(line=line.number, cells=one)


class _Cells(dict[str, str]):
    """The texts of a row, each of which is there once."""

    def put(self, name: str, text: str | None) -> None:
        """Put a text, where there is one."""
        if not text:
            return
        if name in self:
            message = "two values have one column"
            fix = "correct the resource, so that it has one of them"
            raise ParsingError(message, path=child("$", name), fix=fix)
        if len(self) == MAX_COLUMNS:
            raise TooLarge(f"a row has more than {MAX_COLUMNS} values")
        self[name] = text

    def texts(self, obj: JsonObject, names: Sequence[str], prefix: str = "") -> None:
        """Put members that are texts."""
        for name in names:
            self.put(prefix + name, fields.optional_str(obj, name, "$"))

    def active(self, obj: JsonObject) -> None:
        """Put whether the record is in use."""
        found = fields.optional(obj, "active", bool, "$")
        if found is not None:
            self.put("active", strict_json.dumps(found))

    def numbers(self, obj: JsonObject, prefix: str = "") -> None:
        """Put each identifier under its system."""
        for one in _objects(obj, "identifier"):
            if one.get("use") != "old":
                self._of_system(f"{prefix}identifier", one, "value")

    def codes(self, obj: JsonObject, name: str, prefix: str = "") -> None:
        """Put each coding of a CodeableConcept, or of several, under its system."""
        for concept in _objects(obj, name):
            for one in _objects(concept, "coding"):
                self._of_system(f"{prefix}{name}", one, "code")

    def period(self, obj: JsonObject, prefix: str = "") -> None:
        """Put the first and the last time, as they are written."""
        for period in _objects(obj, "period"):
            self.texts(period, ("start", "end"), prefix)

    def _of_system(self, name: str, obj: JsonObject, member: str) -> None:
        system = fields.optional_str(obj, "system", "$")
        value = fields.optional_str(obj, member, "$")
        self.put(name if system is None else f"{name} {system}", value)


def _practitioner(resource: JsonObject) -> Iterator[_Cells]:
    qualifications = _objects(resource, _QUALIFICATION)
    if not qualifications:
        message = "the Practitioner has no qualification"
        raise MissingFact(message, path=child("$", _QUALIFICATION))
    prefix = f"{_QUALIFICATION}."
    for one in qualifications:
        _refuse_modifiers(one)
        cells = _Cells()
        cells.texts(resource, ("id", "gender", "birthDate"))
        cells.active(resource)
        _name(cells, resource)
        cells.numbers(resource)
        cells.numbers(one, prefix)
        cells.codes(one, "code", prefix)
        cells.codes(one, "status", prefix)  # of R5
        cells.period(one, prefix)
        yield cells


def _role(resource: JsonObject) -> Iterator[_Cells]:
    cells = _Cells()
    cells.texts(resource, ("id",))
    cells.active(resource)
    for person in _objects(resource, "practitioner"):
        cells.put("practitioner", fields.optional_str(person, "reference", "$"))
        cells.put("name", fields.optional_str(person, "display", "$"))
        cells.numbers(person, "practitioner.")
    cells.numbers(resource)
    cells.codes(resource, "code")
    cells.codes(resource, "specialty")
    cells.period(resource)
    yield cells


_READERS: Final = {"Practitioner": _practitioner, "PractitionerRole": _role}


def _refuse_modifiers(obj: JsonObject) -> None:
    for name in _MODIFIERS:
        if name in obj:
            message = "what it says may mean something else, which medid does not know"
            raise MalformedValue(message, path=child("$", name))


def _name(cells: _Cells, resource: JsonObject) -> None:
    """Put the official name, or the only one that there is."""
    names = _objects(resource, "name")
    official = [one for one in names if one.get("use") == "official"]
    for one in official or names:
        given = fields.strings(one["given"], "$.name") if "given" in one else []
        family = fields.optional_str(one, "family", "$")
        text = fields.optional_str(one, "text", "$")
        parts = [*given, *([family] if family else [])]
        cells.put("name", text or " ".join(parts))
        cells.put("family", family)
        cells.put("given", " ".join(given))


def _objects(obj: JsonObject, name: str) -> list[JsonObject]:
    """The objects of a member; none where it is absent."""
    return fields.object_list(obj[name], child("$", name)) if name in obj else []
