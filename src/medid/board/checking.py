"""Does a register still say all that it said: its chain, and every row behind it.

What is recomputed here is what the log says of each row, so a row that was altered,
taken away or put in is found, and one that lacks its event as well. What a whole older
copy lacks is found by a head that was kept elsewhere, and by nothing else.

Spec: https://www.rfc-editor.org/rfc/rfc8785
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.board import chain, digests, heads, licensing
from medid.board.heads import Head
from medid.board.records import Totals
from medid.core.records import replace
from medid.errors import CanonicalizationError, ParsingError, RegisterAltered, child

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.board.records import Entry, Event, IssuedCredential, License
    from medid.board.register import Session

_PAGE: Final = 500  # licenses that are looked at together

# What reading or hashing a row gives that has a text or bytes where a number is: SQLite
# takes anything in any column.
_NOT_WRITTEN: Final = (
    ParsingError,
    CanonicalizationError,
    TypeError,
    ValueError,
    AttributeError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A register that is whole, and how much there is of it.

    Attributes:
        events: That have their place in the chain.
        unsealed: That have none yet, so that nothing shows whether they were altered.
        head: Where the chain ends.
    """

    events: int
    unsealed: int
    licenses: int
    credentials: int
    head: Head


def verify_register(session: Session, *, kept: Head | None = None) -> Verified:
    """Return if the register of the session's board is whole; otherwise raise.

    Args:
        session: Of the board, for reading.
        kept: A head that was kept elsewhere: the chain must still go through it.

    Raises:
        RegisterAltered: It is not; the path says where.
        RegisterUnavailable: It cannot be read.
    """
    try:
        # 1. The chain, from its beginning.
        head = _check_chain(session, kept)
        # 2. Each license: its versions, credentials and entries on the lists.
        total, found = _check_licenses(session)
        # 3. What the log knows, and the register does not.
        if session.unknown(limit=1):
            message = "a license in the log is not in the register"
            raise RegisterAltered(message, path="$.licenses")
        # 4. What the register has, and no license that can be asked for.
        if session.totals() != found:
            message = "a row of the register belongs to no license"
            raise RegisterAltered(message, path="$.licenses")
        # 5. Whatever is not in the chain waits for it.
        if session.waiting() != total - head.sequence:
            message = "an event is not sealed, and would never be"
            raise RegisterAltered(message, path="$.events")
    except _NOT_WRITTEN:
        message = "a row of the register is not what medid writes"
        raise RegisterAltered(message) from None
    return Verified(
        events=head.sequence,
        unsealed=total - head.sequence,
        licenses=found.licenses,
        credentials=found.credentials,
        head=head,
    )


def _check_chain(session: Session, kept: Head | None) -> Head:
    before, place = chain.first_link(session.board.did), 0
    for one in session.sealed():
        place += 1
        expected = chain.link(before, place, one.event)
        if (one.sequence, one.hash) != (place, expected):
            message = "an event is not what it was when it was sealed"
            raise RegisterAltered(message, path=child("$.events", place))
        before = expected
        if kept is not None and kept.sequence == place and kept.hash != before:
            message = "the register was another one when its head was signed"
            raise RegisterAltered(message, path="$.head")
    found = Head(sequence=place, hash=before)
    if kept is not None:
        heads.check(kept, found)
    return found


def _check_licenses(session: Session) -> tuple[int, Totals]:
    """How many events the licenses have, and how many other rows, all of them held."""
    total = licenses = credentials = noted = 0
    for page in _pages(session):
        events = session.events(page)
        issued = session.credentials(page)
        entries = session.entries(page)
        if not session.dealt(one.position for each in issued.values() for one in each):
            message = "a credential is on a status list that is gone, or another one"
            raise RegisterAltered(message, path="$.lists")
        for number, one in session.licenses(page).items():
            happened = events.get(number, ())
            mine, listed = issued.get(number, ()), entries.get(number, ())
            _check_license(one, happened, mine)
            _check_entries(one, happened, mine, listed)
            licenses += 1
            total += len(happened)
            credentials += len(mine)
            noted += len(listed)
    found = Totals(licenses=licenses, credentials=credentials, entries=noted)
    return total, found


def _pages(session: Session) -> Iterator[Sequence[str]]:
    after = ""
    while page := session.numbers(after=after, limit=_PAGE):
        yield page
        after = page[-1]


def _check_license(
    license: License,  # noqa: A002 - the vocabulary's word
    events: Sequence[Event],
    issued: Sequence[IssuedCredential],
) -> None:
    """Hold every row of a license against the event that made it."""
    if not license.versions:
        message = "a license of the register says nothing"
        raise RegisterAltered(message, path="$.licenses")
    logged = {one.number: one.detail.get("digest") for one in events}
    rows = {one.event: digests.of_version(license, one) for one in license.versions}
    made = _made(events)
    for one in issued:
        event = made.get(one.id, 0)
        rows[event] = digests.of_credential(one)
    withdrawals = [each for one in issued for each in one.withdrawals]
    rows |= {one.event: digests.of_withdrawal(one) for one in withdrawals}
    if len(rows) != len(license.versions) + len(issued) + len(withdrawals):
        message = "a row of the register is not in the log"
        raise RegisterAltered(message, path="$.licenses")
    for number in sorted(logged.keys() | rows.keys()):
        if logged.get(number) != rows.get(number):
            message = "a row of the register is not what the log says of it"
            raise RegisterAltered(message, path=child("$.events", number))


def _check_entries(
    license: License,  # noqa: A002 - the vocabulary's word
    events: Sequence[Event],
    issued: Sequence[IssuedCredential],
    entries: Sequence[Entry],
) -> None:
    """Hold what the lists say against what they must say.

    Of each position in the order in which it was said: the last that is effective is
    what counts.
    """
    expected = sorted(
        _expected(license, _made(events), issued), key=lambda one: one.event
    )
    if sorted(entries, key=_place) != sorted(expected, key=_place):
        message = "the status lists do not say what became of a license"
        path = child("$.events", events[-1].number)
        raise RegisterAltered(message, path=path)


def _place(one: Entry) -> tuple[int, int, str]:
    return one.position.list_number, one.position.index, one.purpose


def _expected(
    license: License,  # noqa: A002 - the vocabulary's word
    made: Mapping[object, int],
    issued: Sequence[IssuedCredential],
) -> Iterator[Entry]:
    for count, version in enumerate(license.versions, start=1):
        then = replace(license, versions=license.versions[:count])
        known = [one for one in issued if made[one.id] < version.event]
        before = [_until(one, version.event) for one in known]
        yield from licensing.entries_of(before, then)
    for one in issued:
        there = [each for each in license.versions if each.event < made[one.id]]
        then = replace(license, versions=tuple(there))
        yield from licensing.entries_ahead(one, then)
        for each in one.withdrawals:
            yield licensing.withdrawal_entry(one.position, each, event=each.event)


def _until(one: IssuedCredential, event: int) -> IssuedCredential:
    """A credential as it was when ``event`` happened."""
    there = [each for each in one.withdrawals if each.event < event]
    return replace(one, withdrawals=tuple(there))


def _made(events: Sequence[Event]) -> dict[object, int]:
    """The numbers of the events that issued, by the id of the credential."""
    issuing = [one for one in events if "credential" in one.detail]
    return {str(one.detail["credential"]): one.number for one in issuing}
