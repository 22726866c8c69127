"""One transaction of one board: ``medid.board.Session`` in a database of SQL.

Spec: https://docs.sqlalchemy.org/en/20/core/connections.html
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exc

from medid.adapters.register import checked, rows, statements
from medid.board import chain, positions
from medid.board.records import (
    License,
    ListRecord,
    Position,
    Practitioner,
    SealedEvent,
    Totals,
)
from medid.board.texts import MAX_NAME, askable
from medid.core.shown import is_printable
from medid.errors import AlreadyInRegister

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row, Select
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.dml import ReturningInsert

    from medid.board.positions import Decoys
    from medid.board.records import (
        Entry,
        Event,
        IssuedCredential,
        LicenseVersion,
        Withdrawal,
    )
    from medid.core.entropy import Entropy
    from medid.core.instant import Instant

_BATCH: Final = 1_000  # rows that are asked for at a time


class SqlSession:
    """One transaction of one board. Everything it asks names the board."""

    def __init__(
        self,
        connection: Connection,
        board: Row[Any],
        *,
        writing: bool,
        list_size: int,
        entropy: Entropy,
    ) -> None:
        """Speak for ``board``, a row of it, in the transaction of ``connection``."""
        self._connection = connection
        self._id: int = board.id
        self._writing = writing
        self._list_size = list_size
        self._entropy = entropy
        # Of the licenses that were asked for or added.
        self._ids: dict[str, int] = {}
        self.board = rows.board(board)
        #: The number of the last event that this session added; 0 where it added none.
        self.recorded = 0

    def alone(self) -> None:
        """Be the only session that adds licenses, or seals, until this one ends."""
        self._ask(statements.BOARD_ALONE)

    # People.

    def practitioners(
        self, identifiers: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Practitioner]:
        """Who has these numbers, each a system and a value; without those of nobody."""
        values: dict[str, list[str]] = defaultdict(list)
        for system, value in identifiers:
            values[system].append(value)
        people = {
            row.practitioner_id
            for system in values
            for some in _batches(values[system])
            for row in self._ask(
                statements.PEOPLE_BY_NUMBER, system=system, values=some
            )
        }
        wanted = set(identifiers)
        return {
            pair: one
            for one in self._people(people).values()
            for pair in one.identifiers.items()
            if pair in wanted
        }

    def _people(self, ids: Collection[str]) -> dict[str, Practitioner]:
        identifiers: dict[str, dict[str, str]] = defaultdict(dict)
        names: dict[str, set[str]] = defaultdict(set)
        for some in _batches(ids):
            found = self._ask(statements.IDENTIFIERS, ids=some)
            for row in sorted(found, key=lambda row: row.system):
                identifiers[row.practitioner_id][row.system] = row.value
            for row in self._ask(statements.NAMES, ids=some):
                names[row.practitioner_id].add(row.name)
        return {
            one: Practitioner(
                id=one, identifiers=identifiers[one], names=frozenset(names[one])
            )
            for one in ids
        }

    # Licenses.

    def taken(self, numbers: Collection[str]) -> frozenset[str]:
        """Which of these license numbers there are."""
        return frozenset(
            row.number
            for some in _batches(numbers)
            for row in self._ask(statements.TAKEN, numbers=some)
        )

    def add(self, licenses: Collection[License]) -> None:
        """Add licenses with their first version, and whoever is new of their holders.

        Raises:
            AlreadyInRegister: There is one of this number, or an identifier is another
                person's.
        """
        people = {one.practitioner.id: one.practitioner for one in licenses}
        known = {one.id for one in self._known(people.values())}
        new = [one for one in people.values() if one.id not in known]
        try:
            self._add(
                statements.ADD_PRACTITIONERS,
                [{"board_id": self._id, "id": one.id} for one in new],
            )
            self._add(
                statements.ADD_IDENTIFIERS,
                [
                    {
                        "board_id": self._id,
                        "system": system,
                        "value": value,
                        "practitioner_id": one.id,
                    }
                    for one in new
                    for system, value in one.identifiers.items()
                ],
            )
            ids = self._add_numbered(
                statements.ADD_LICENSES,
                [
                    {
                        "board_id": self._id,
                        "number": one.number,
                        "jurisdiction": one.jurisdiction,
                        "practitioner_id": one.practitioner.id,
                    }
                    for one in licenses
                ],
            )
        except exc.IntegrityError:
            message = "a license of this number, or a person with this identifier"
            raise AlreadyInRegister(f"there is {message}") from None
        self._ids |= dict(zip((one.number for one in licenses), ids, strict=True))
        self.add_versions(licenses)

    def _known(self, people: Iterable[Practitioner]) -> Iterable[Practitioner]:
        pairs = {pair for one in people for pair in one.identifiers.items()}
        return self.practitioners(pairs).values()

    def add_versions(self, licenses: Collection[License]) -> None:
        """Add the last version of each of ``licenses``, which are there."""
        self._add(
            statements.ADD_VERSIONS,
            [rows.from_version(one.latest, self._ids[one.number]) for one in licenses],
        )

    def licenses(self, numbers: Collection[str]) -> Mapping[str, License]:
        """Those of these licenses that there are, by number.

        Nobody else changes them until a writing session ends.
        """
        asked = statements.LICENSES_ALONE if self._writing else statements.LICENSES
        found = [
            row
            for some in _batches(sorted(filter(askable, numbers)))
            for row in self._ask(asked, numbers=some)
        ]
        self._ids |= {row.number: row.id for row in found}
        versions: dict[int, list[LicenseVersion]] = defaultdict(list)
        for some in _batches([row.id for row in found]):
            for row in self._ask(statements.VERSIONS, ids=some):
                versions[row.license_id].append(rows.version(row))
        people = self._people({row.practitioner_id for row in found})
        return {
            row.number: License(
                number=row.number,
                jurisdiction=row.jurisdiction,
                practitioner=people[row.practitioner_id],
                versions=tuple(versions[row.id]),
            )
            for row in found
        }

    def find(self, text: str, *, limit: int) -> Sequence[License]:
        """Licenses whose number begins with ``text``, or whose holder's name has it.

        Names that a license was in before count as well.
        """
        # Nothing is longer than a name, and SQLite refuses patterns of 50,000 bytes.
        if not is_printable(text) or len(text) > MAX_NAME:
            return ()
        plain = _escaped(text)
        asked = {"prefix": f"{plain}%", "part": f"%{plain}%", "limit": limit}
        found = self._ask(statements.FIND, **asked)
        licenses = self.licenses([row.number for row in found])
        return [licenses[number] for number in sorted(licenses)]

    def numbers(self, *, after: str = "", limit: int) -> Sequence[str]:
        """The numbers of licenses in their order, behind ``after``."""
        found = self._ask(statements.NUMBERS, after=after, limit=limit)
        return [row.number for row in found]

    def ending(self, day: str, *, at: Instant, limit: int) -> Sequence[str]:
        """The numbers of licenses that end on ``day`` or earlier, first ones first."""
        asked = {"day": day, "at": rows.stored(at), "limit": limit}
        return [row.number for row in self._ask(statements.ENDING, **asked)]

    def ending_behind(self, day: str, *, after: str = "", limit: int) -> Sequence[str]:
        """Those whose last version ends so, in the order of the numbers."""
        asked = {"day": day, "after": after, "limit": limit}
        return [row.number for row in self._ask(statements.ENDING_BEHIND, **asked)]

    def due(
        self, *, at: Instant, day: str, after: str = "", limit: int
    ) -> Sequence[str]:
        """The numbers of licenses on which nothing was issued that says what holds."""
        asked = {"at": rows.stored(at), "day": day, "after": after, "limit": limit}
        return [row.number for row in self._ask(statements.DUE, **asked)]

    # The log.

    def append(self, events: Sequence[Event]) -> Sequence[int]:
        """Add events, and give their numbers, in the same order."""
        numbers = self._add_numbered(
            statements.ADD_EVENTS, [rows.from_event(one, self._id) for one in events]
        )
        self.recorded = max(numbers, default=self.recorded)
        return numbers

    def events(self, numbers: Collection[str]) -> Mapping[str, Sequence[Event]]:
        """What happened to each of these licenses, oldest first."""
        found: dict[str, list[Event]] = defaultdict(list)
        for some in _batches(numbers):
            for row in self._ask(statements.EVENTS, numbers=some):
                found[row.license].append(rows.event(row))
        return found

    def unknown(self, *, limit: int) -> Sequence[str]:
        """Numbers in the log of licenses that are not in the register."""
        return [row.license for row in self._ask(statements.UNKNOWN, limit=limit)]

    def seal(self, *, limit: int | None = None) -> int:
        """Put events that have no place in the chain yet into it; how many."""
        # Two that seal at once would find the same events.
        self.alone()
        after, before = self.head()
        count, most = 0, math.inf if limit is None else limit
        while some := self._ask(
            statements.WITHOUT_SEAL, limit=min(_BATCH, most - count)
        ):
            links = list(chain.sealed(before, after, map(rows.event, some)))
            self._add(
                statements.ADD_SEALED,
                [
                    {
                        "board_id": self._id,
                        "sequence": one.sequence,
                        "event_id": one.event.number,
                        "hash": one.hash,
                    }
                    for one in links
                ],
            )
            done = {"board": self._id, "events": [one.id for one in some]}
            self._connection.execute(statements.DONE, done)
            after, before = links[-1].sequence, links[-1].hash
            count += len(links)
        return count

    def waiting(self) -> int:
        """How many events the next seal will put into the chain."""
        (row,) = self._ask(statements.WAITING)
        return int(row.events)

    def sealed(self, *, after: int = 0) -> Iterator[SealedEvent]:
        """The chain behind the place ``after``."""
        while some := self._ask(statements.CHAIN, after=after, limit=_BATCH):
            for row in some:
                after = row.sequence
                yield SealedEvent(sequence=after, event=rows.event(row), hash=row.hash)

    def head(self) -> tuple[int, str]:
        """The last place in the chain and its hash; 0 where there is none."""
        for row in self._ask(statements.HEAD):
            return row.sequence, row.hash
        return 0, chain.first_link(self.board.did)

    # Credentials and their places on the lists.

    def allocate(self, count: int) -> Sequence[Position]:
        """So many positions that nobody has had, on as many lists as it takes."""
        dealt: list[Position] = []
        while len(dealt) < count:
            row = self._open_list()
            some = min(count - len(dealt), row.room - row.dealt)
            now = row.dealt + some
            asked = {"board": self._id, "list": row.number, "dealt_now": now}
            self._connection.execute(statements.DEAL, asked)
            places = positions.dealt(row.key, row.size, range(row.dealt, now))
            dealt += [Position(list_number=row.number, index=one) for one in places]
        return dealt

    def _open_list(self) -> Row[Any]:
        """The newest list, locked, with room for one position at least."""
        for row in map(checked.a_list, self._ask(statements.NEWEST_LIST)):
            if row.dealt < row.room:
                return row
        # Somebody else may have opened the next one while this session waited.
        self.alone()
        number = 1
        for row in map(checked.a_list, self._ask(statements.NEWEST_LIST)):
            if row.dealt < row.room:
                return row
            number = row.number + 1
        made = {
            "board_id": self._id,
            "number": number,
            "size": self._list_size,
            "room": positions.room_of(self._list_size),
            "dealt": 0,
            "key": self._entropy(positions.KEY_SIZE),
        }
        self._connection.execute(statements.ADD_LIST, made)
        return self._ask(statements.NEWEST_LIST)[0]

    def dealt(self, places: Iterable[Position]) -> bool:
        """Whether each of these positions was dealt by the list that it is on."""
        asked: dict[int, list[int]] = defaultdict(list)
        for one in places:
            asked[one.list_number].append(one.index)
        decks = {
            row.number: positions.Deck(row.key, row.size, row.room, row.dealt)
            for row in self._ask(statements.DECKS)
            # A list of another size may deal a few cards alike.
            if row.room == positions.room_of(row.size)
        }
        return all(
            number in decks and positions.are_dealt(decks[number], some)
            for number, some in asked.items()
        )

    def add_credentials(self, issued: Iterable[IssuedCredential]) -> None:
        """Note what was signed, on licenses that this session has asked for."""
        self._add(
            statements.ADD_CREDENTIALS,
            [
                rows.from_credential(
                    one, board_id=self._id, license_id=self._ids[one.license]
                )
                for one in issued
            ],
        )

    def credentials(
        self, numbers: Collection[str]
    ) -> Mapping[str, Sequence[IssuedCredential]]:
        """What was ever issued on each of these licenses, oldest first."""
        found: dict[str, list[IssuedCredential]] = defaultdict(list)
        for some in _batches(numbers):
            back: dict[str, list[Withdrawal]] = defaultdict(list)
            for row in self._ask(statements.WITHDRAWALS, numbers=some):
                back[row.credential_id].append(rows.withdrawal(row))
            for row in self._ask(statements.CREDENTIALS, numbers=some):
                found[row.number].append(rows.credential(row, back[row.id]))
        return found

    def signed_by(self, key: str, *, after: str = "", limit: int) -> Sequence[str]:
        """The numbers of licenses, behind ``after``, on which ``key`` signed something.

        It walks along the licenses: an index by key would cost each credential a
        hundred bytes, for a question that is asked once in some years.
        """
        found = self._ask(statements.SIGNED_BY, key=key, after=after, limit=limit)
        return [row.number for row in found]

    def license_of(self, credential_id: str) -> str | None:
        """The number of the license on which this credential was issued."""
        for row in self._ask(statements.LICENSE_OF, credential=credential_id):
            return str(row.number)
        return None

    def add_withdrawals(self, withdrawals: Iterable[Withdrawal]) -> None:
        """Note that credentials were taken back."""
        made = map(rows.from_withdrawal, withdrawals)
        self._add(statements.ADD_WITHDRAWALS, list(made))

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Note from when positions have a status."""
        self._add(
            statements.ADD_ENTRIES, [rows.from_entry(one, self._id) for one in entries]
        )

    def entries(self, numbers: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        """What was ever noted of the positions of each license, oldest first."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for some in _batches(numbers):
            for row in self._ask(statements.ENTRIES, numbers=some):
                # What the lists are made of, and nothing else. It is not asked for in
                # the statement: a database would seek the entries by their board.
                if row.board_id == self._id:
                    found[row.of_license].append(rows.entry(row))
        return found

    def totals(self) -> Totals:
        """How many rows there are of the board, whatever they belong to."""
        (row,) = self._ask(statements.TOTALS)
        return Totals(
            licenses=row.licenses, credentials=row.credentials, entries=row.entries
        )

    def lists(self) -> Sequence[ListRecord]:
        """The board's status lists, by number."""
        found = map(checked.a_list, self._ask(statements.LISTS))
        return [
            ListRecord(
                number=row.number,
                size=row.size,
                decoys=positions.decoy_count(row.size, row.room),
            )
            for row in found
        ]

    def set_positions(
        self, list_number: int, purpose: str, *, at: Instant
    ) -> Sequence[int]:
        """The positions of a list that are set at ``at``, without the decoys."""
        asked = {"list": list_number, "purpose": purpose, "at": rows.stored(at)}
        return [row.position for row in self._ask(statements.SET_POSITIONS, **asked)]

    def decoys(self, list_number: int) -> Decoys:
        """The positions of a list that are set and that no credential has."""
        for row in map(checked.a_list, self._ask(statements.DECK, list=list_number)):
            return positions.decoys(row.key, row.size, row.room)
        return positions.Decoys((), ())

    def _ask(
        self, statement: Select[*tuple[Any, ...]], **values: object
    ) -> Sequence[Row[Any]]:
        asked = {"board": self._id, **values}
        return checked.asked(self._connection, statement, asked)

    def _add(self, statement: Executable, made: Sequence[dict[str, Any]]) -> None:
        if made:
            self._connection.execute(statement, made)

    def _add_numbered(
        self, statement: ReturningInsert[Any], made: Sequence[dict[str, Any]]
    ) -> Sequence[int]:
        if not made:
            return ()
        if self._connection.dialect.name != "sqlite":
            return self._connection.execute(statement, made).scalars().all()
        insert, last = statements.COUNTED[statement]
        after = self._connection.execute(last).scalar_one()
        numbers = range(after + 1, after + 1 + len(made))
        numbered = [{**one, "id": at} for one, at in zip(made, numbers, strict=True)]
        self._connection.execute(insert, numbered)
        return numbers


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, _BATCH)):
        yield some


def _escaped(text: str) -> str:
    """``text`` as a pattern of LIKE that is that text and nothing else."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")
