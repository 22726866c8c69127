"""Reads one node of verified claims by the vocabulary's table.

A node is checked whole before any of it is used: an unknown member of a closed node,
a value outside its list or a missing required member refuses the node.

Knows the table; knows no credential, no clock and no rule.

Spec: https://w3id.org/medid/health/v1
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, as_str
from medid.core.instant import Instant
from medid.core.jurisdictions import check_jurisdiction
from medid.errors import MalformedValue, MissingFact, child
from medid.health.generate import COMMON_MEMBERS
from medid.health.vocabulary import node_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.health.words import NodeType, Term

_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-~]+")
_MAX_ITEMS: Final = 1_000  # values of one member; a license with more is not a license


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node that meets its type; ``members`` hold what the table describes."""

    members: Mapping[str, tuple[JsonValue, ...]] = field(repr=False)
    path: str
    id: str | None

    def text(self, name: str) -> str | None:
        """The only string of the member ``name``, where there is one."""
        return next(iter(self.texts(name)), None)

    def texts(self, name: str) -> tuple[str, ...]:
        """Every string of the member ``name``."""
        return tuple(item for item in self._values(name) if isinstance(item, str))

    def needed(self, name: str) -> str:
        """The only string of the member ``name``, which must be there.

        Raises:
            MissingFact: It is not.
        """
        found = self.text(name)
        if found is None:
            raise _missing(name, self.path)
        return found

    def instant(self, name: str) -> Instant | None:
        """The date-time of the member ``name``, where there is one."""
        found = self.text(name)
        return None if found is None else Instant.parse(found)

    def flag(self, name: str) -> bool | None:
        """The boolean of the member ``name``, where there is one."""
        found = next(iter(self._values(name)), None)
        return found if isinstance(found, bool) else None

    def number(self, name: str) -> int:
        """The only whole number of the member ``name``, which must be there.

        Raises:
            MissingFact: It is not.
        """
        found = next(iter(self._values(name)), None)
        if not isinstance(found, int):
            raise _missing(name, self.path)
        return found

    def jurisdiction(self, name: str) -> str:
        """The jurisdiction code of the member ``name``, which must be there.

        Raises:
            MissingFact: It is not.
            MalformedValue: Not of the form of such a code.
        """
        found = self.needed(name)
        check_jurisdiction(found, child(self.path, name))
        return found

    def json(self, name: str) -> JsonObject:
        """The JSON object of the member ``name``, untouched."""
        return as_object(next(iter(self._values(name)), None), child(self.path, name))

    def _values(self, name: str) -> tuple[JsonValue, ...]:
        return self.members.get(name, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How strictly nodes are read.

    Attributes:
        typed: Whether a node must name its type, as JSON-LD needs for its terms.
        empty_is_absent: Whether an empty array counts as no member. A draft may not
            have one: its signature would not cover it.
    """

    typed: bool = True
    empty_is_absent: bool = True

    def node(self, value: JsonValue, name: str, path: str) -> Node:
        """``value`` as a node of the type ``name``.

        Raises:
            MalformedValue: Not of that type, or a member is unknown or malformed.
            MissingFact: A required member is missing.
        """
        kind, obj = node_type(name), as_object(value, path)
        self._check_type(obj, kind, path)
        _check_members(obj, kind, path)
        members = {
            term.name: self._items(obj[term.name], term, child(path, term.name))
            for term in kind.terms
            if term.name in obj
        }
        for term in kind.terms:
            if term.required and not members.get(term.name):
                raise _missing(term.name, path)
        return Node(members=members, path=path, id=_identifier(obj, path))

    def nodes(self, node: Node, term: str, name: str) -> tuple[Node, ...]:
        """The nodes of the type ``name`` that the member ``term`` of ``node`` holds."""
        place = child(node.path, term)
        return tuple(
            self.node(item, name, place) for item in node.members.get(term, ())
        )

    def _check_type(self, obj: JsonObject, kind: NodeType, path: str) -> None:
        place = child(path, "type")
        if "type" not in obj:
            if self.typed:
                raise MissingFact("the node does not name its type", path=place)
            return
        types = obj["type"]
        if kind.name not in (types if isinstance(types, list) else [types]):
            raise MalformedValue(f"the node is not a {kind.name}", path=place)

    def _items(self, value: JsonValue, term: Term, path: str) -> tuple[JsonValue, ...]:
        if not term.many or not isinstance(value, list):
            self._check(value, term, path)
            return (value,)
        if not value and not self.empty_is_absent:
            fix = "leave the member out: no signature covers an empty array"
            raise MalformedValue("the array is empty", path=path, fix=fix)
        if len(value) > _MAX_ITEMS:
            raise MalformedValue(f"more than {_MAX_ITEMS} values", path=path)
        for index, item in enumerate(value):
            self._check(item, term, child(path, index))
        return tuple(value)

    def _check(self, value: JsonValue, term: Term, path: str) -> None:
        match term.datatype:
            case "node":
                self.node(value, term.node, path)
            case "json":
                _check_json(value, path)
            case "boolean":
                _check_flag(value, path)
            case "integer":
                _check_integer(value, path)
            case _:
                _check_text(as_str(value, path), term, path)


def _check_flag(value: JsonValue, path: str) -> None:
    if not isinstance(value, bool):
        raise MalformedValue("expected true or false", path=path)


def _check_integer(value: JsonValue, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise MalformedValue("expected a whole number from 0", path=path)


def _check_json(value: JsonValue, path: str) -> None:
    if not as_object(value, path):
        raise MalformedValue("the object is empty", path=path)


def _check_text(text: str, term: Term, path: str) -> None:
    if term.values and text not in term.values:
        fix = f"use one of: {', '.join(term.values)}"
        raise MalformedValue("not a value of the vocabulary", path=path, fix=fix)
    if term.datatype in {"iri", "anyURI"} and not _IRI.fullmatch(text):
        raise MalformedValue("not an absolute IRI", path=path)
    if term.datatype == "date":
        Instant.from_date(text, path=path)
    if term.datatype == "dateTime":
        Instant.parse(text, path=path)


def _check_members(obj: JsonObject, kind: NodeType, path: str) -> None:
    known = _members_of(kind.name)
    if not kind.closed or obj.keys() <= known:
        return
    name = next(name for name in obj if name not in known)
    fix = f"a {kind.name} has these members: {', '.join(sorted(known))}"
    message = "this member is not of the vocabulary"
    raise MalformedValue(message, path=child(path, name), fix=fix)


@cache
def _members_of(name: str) -> frozenset[str]:
    return frozenset({*COMMON_MEMBERS, *(term.name for term in node_type(name).terms)})


def _identifier(obj: JsonObject, path: str) -> str | None:
    return as_str(obj["id"], child(path, "id")) if "id" in obj else None


def _missing(name: str, path: str) -> MissingFact:
    return MissingFact("the credential does not state this", path=child(path, name))
