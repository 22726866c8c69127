"""A register of very many licenses, as if each had been taken over and issued on.

The office decides, signs and records each row, which takes minutes for a hundred
thousand. Here it does so for one license, and the rows of that one are copied under
other numbers: the same tables, columns and digests, so that ``verify`` holds. What is
not made anew is the signature on each credential.
"""

from __future__ import annotations

import hashlib
import operator
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from sqlalchemy import func, insert, select

from medid.adapters.register import tables
from medid.board import digests
from medid.core import jcs
from medid.core.entropy import uuid_urn
from tests.board.world import WHY, application

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Table

    from medid.board import Position
    from tests.board.world import Board

BATCH: Final = 20_000  # licenses that are written together
_SYSTEM: Final = "https://numbers.example"
# What refers to something comes after it.
_TABLES: Final = (
    *(tables.PRACTITIONER, tables.IDENTIFIER, tables.EVENT, tables.LICENSE),
    *(tables.LICENSE_VERSION, tables.CREDENTIAL),
)


def number(ordinal: int) -> str:
    """The number of a license, from 0."""
    return f"L{ordinal:07d}"


def fill(board: Board, count: int) -> None:
    """Give ``board``, whose register is empty, so many licenses with a credential.

    Nothing of it is sealed: the next head, or the next publication, does that.
    """
    copies = _Copies(board)
    for start in range(1, count, BATCH):
        some = range(start, min(start + BATCH, count))
        did = board.record.did
        with board.register.session(did, writing=True) as session:
            places = session.allocate(len(some))
        copies.write(some, places)


class _Copies:
    """What the office wrote of one license, to be written of others."""

    def __init__(self, board: Board) -> None:
        self._engine = board.engine
        self._name = name = number(0)
        taken = application(name, status="active", identifiers={_SYSTEM: name})
        board.office.apply([taken], reason=WHY)[0].done()
        issued = board.issue(name)
        made = board.office.license(name)
        self._person = made.practitioner.id
        self._issued = issued
        self._version = _hashed(lambda: digests.of_version(made, made.latest))
        self._credential = _hashed(lambda: digests.of_credential(issued))
        with board.engine.connect() as connection:
            self._rows = {
                table: list(map(dict, connection.execute(select(table)).mappings()))
                for table in _TABLES
            }

    def write(self, ordinals: range, places: Sequence[Position]) -> None:
        """Write licenses of these ordinals, with the places of their credentials."""
        with self._engine.begin() as connection:
            license_id, event_id = (
                connection.execute(select(func.max(table.c.id))).scalar_one()
                for table in (tables.LICENSE, tables.EVENT)
            )
            made: dict[Table, list[dict[str, Any]]] = defaultdict(list)
            for ordinal, place in zip(ordinals, places, strict=True):
                license_id, event_id = license_id + 1, event_id + 2
                other = self._other(number(ordinal), place, license_id, event_id)
                for table, rows in other.items():
                    before = self._rows[table]
                    made[table] += map(operator.or_, before, rows)
            for table in _TABLES:
                connection.execute(insert(table), made[table])
            if connection.dialect.name != "sqlite":
                for table in (tables.LICENSE, tables.EVENT):
                    sequence = func.pg_get_serial_sequence(table.name, "id")
                    last = func.max(table.c.id)
                    connection.execute(select(func.setval(sequence, last)))

    def _other(
        self, name: str, place: Position, license_id: int, event_id: int
    ) -> dict[Table, list[dict[str, Any]]]:
        """What the rows of the license ``name`` say otherwise."""
        was = self._issued
        person, issued = uuid_urn(), uuid_urn()
        content = _replaced(
            was.content,
            (was.id, issued),
            (self._name, name),
            (f"/{was.position.list_number}/", f"/{place.list_number}/"),
            (f"#{was.position.index}", f"#{place.index}"),
            (f'"{was.position.index}"', f'"{place.index}"'),
        )
        version = _replaced(self._version, (self._name, name), (self._person, person))
        credential = _replaced(
            self._credential,
            (was.id, issued),
            (self._name, name),
            (f'"index":{was.position.index},', f'"index":{place.index},'),
            (f'"list":{was.position.list_number},', f'"list":{place.list_number},'),
            (_digest(was.content), _digest(content)),
        )
        taken, signed = (row["detail"] for row in self._rows[tables.EVENT])
        taken = taken.replace(_digest(self._version), _digest(version))
        signed = signed.replace(_digest(self._credential), _digest(credential))
        signed = signed.replace(was.id, issued)
        row = {"license_id": license_id}
        return {
            tables.PRACTITIONER: [{"id": person}],
            tables.IDENTIFIER: [{"value": name, "practitioner_id": person}],
            tables.EVENT: [
                {"id": event_id, "license": name, "detail": taken},
                {"id": event_id + 1, "license": name, "detail": signed},
            ],
            tables.LICENSE: [
                {"id": license_id, "number": name, "practitioner_id": person}
            ],
            tables.LICENSE_VERSION: [{**row, "event_id": event_id}],
            tables.CREDENTIAL: [
                {
                    **row,
                    "id": issued,
                    "list_number": place.list_number,
                    "position": place.index,
                    "content": content,
                }
            ],
        }


def _hashed(digest: Callable[[], str]) -> bytes:
    """What ``digest`` is the digest of."""
    with mock.patch.object(jcs, "canonicalize", wraps=jcs.canonicalize) as asked:
        found = digest()
    (call,) = asked.call_args_list
    content = jcs.canonicalize(*call.args)
    assert _digest(content) == found
    return content


def _replaced(content: bytes, *pairs: tuple[str, str]) -> bytes:
    for before, after in pairs:
        content = content.replace(before.encode(), after.encode())
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
