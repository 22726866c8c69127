"""The storage port: what a board asks of the place where its register lies.

A session is one transaction of one board. Everything in it happens or nothing does,
and no session sees another board. A session for reading sees one state of the register
from its first question to its last. Whatever can be asked about many is asked about
many at once: a register of a million licenses is filled and changed by the thousand.

What goes wrong is ``RegisterUnavailable``: the database is locked, full or gone, and
nothing of the session was recorded. Only where it goes away in the moment of the commit
nobody can know; then the register tells, once it is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from medid.board.positions import Decoys
    from medid.board.records import (
        BoardRecord,
        Entry,
        Event,
        IssuedCredential,
        License,
        ListRecord,
        Position,
        Practitioner,
        SealedEvent,
        Totals,
        Withdrawal,
    )
    from medid.core.instant import Instant


class Register(Protocol):
    """A register of any number of boards."""

    def found(self, board: BoardRecord, *, recorded: Instant) -> None:
        """Add a board.

        Raises:
            ConfigurationError: No verifier fetches anything from its site.
            AlreadyInRegister: There is one of this DID, or on this site.
            RegisterUnavailable: The register cannot be used.
        """

    def session(self, board: str, *, writing: bool) -> AbstractContextManager[Session]:
        """One transaction of the board with the DID ``board``.

        Raises:
            NotInRegister: There is no such board.
            RegisterUnavailable: The register cannot be used.
        """


class Session(Protocol):
    """One transaction of one board."""

    board: BoardRecord

    def alone(self) -> None:
        """Be the only session that adds licenses, or seals, until this one ends."""

    def practitioners(
        self, identifiers: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Practitioner]:
        """Who has these numbers, each a system and a value; without those of nobody."""

    def taken(self, numbers: Collection[str]) -> frozenset[str]:
        """Which of these license numbers there are."""

    def add(self, licenses: Collection[License]) -> None:
        """Add licenses with their first version, and whoever is new of their holders.

        Raises:
            AlreadyInRegister: There is one of this number, or an identifier is another
                person's.
        """

    def add_versions(self, licenses: Collection[License]) -> None:
        """Add the last version of each of ``licenses``, which are there."""

    def licenses(self, numbers: Collection[str]) -> Mapping[str, License]:
        """Those of these licenses that there are, by number.

        Nobody else changes them until a writing session ends.
        """

    def find(self, text: str, *, limit: int) -> Sequence[License]:
        """Licenses whose number begins with ``text``, or whose holder's name has it.

        Names that a license was in before count as well.
        """

    def numbers(self, *, after: str = "", limit: int) -> Sequence[str]:
        """The numbers of licenses in their order, behind ``after``."""

    def ending(self, day: str, *, at: Instant, limit: int) -> Sequence[str]:
        """The numbers of licenses that end on ``day`` or earlier, first ones first.

        What holds at ``at`` counts, and only of a license that can still expire.
        """

    def ending_behind(self, day: str, *, after: str = "", limit: int) -> Sequence[str]:
        """Those that end so by what is recorded last, in the order of their numbers.

        Only those behind ``after`` that can still expire.
        """

    def due(
        self, *, at: Instant, day: str, after: str = "", limit: int
    ) -> Sequence[str]:
        """The numbers of licenses on which nothing was issued that says what holds.

        Only those that hold at ``at`` with a status that credentials are issued of,
        whose holder is known, and that do not end before ``day``; in their order,
        behind ``after``.
        """

    def append(self, events: Sequence[Event]) -> Sequence[int]:
        """Add events, and give their numbers, in the same order."""

    def events(self, numbers: Collection[str]) -> Mapping[str, Sequence[Event]]:
        """What happened to each of these licenses, oldest first."""

    def unknown(self, *, limit: int) -> Sequence[str]:
        """Numbers in the log of licenses that are not in the register."""

    def seal(self, *, limit: int | None = None) -> int:
        """Put events that have no place in the chain yet into it; how many.

        Args:
            limit: For how many at most; by default, all of them.
        """

    def waiting(self) -> int:
        """How many events the next seal will put into the chain."""

    def sealed(self, *, after: int = 0) -> Iterator[SealedEvent]:
        """The chain behind the place ``after``."""

    def head(self) -> tuple[int, str]:
        """The last place in the chain and its hash; 0 where there is none."""

    def allocate(self, count: int) -> Sequence[Position]:
        """So many positions that nobody has had, on as many lists as it takes."""

    def dealt(self, places: Iterable[Position]) -> bool:
        """Whether each of these positions was dealt by the list that it is on."""

    def add_credentials(self, issued: Iterable[IssuedCredential]) -> None:
        """Note what was signed, on licenses that this session has asked for."""

    def credentials(
        self, numbers: Collection[str]
    ) -> Mapping[str, Sequence[IssuedCredential]]:
        """What was ever issued on each of these licenses, oldest first."""

    def signed_by(self, key: str, *, after: str = "", limit: int) -> Sequence[str]:
        """The numbers of licenses, behind ``after``, on which ``key`` signed something.

        Args:
            key: The DID URL of a verification method.
            after: The number behind which they are.
            limit: For how many at most.
        """

    def license_of(self, credential_id: str) -> str | None:
        """The number of the license on which this credential was issued."""

    def add_withdrawals(self, withdrawals: Iterable[Withdrawal]) -> None:
        """Note that credentials were taken back."""

    def add_entries(self, entries: Iterable[Entry]) -> None:
        """Note from when positions have a status."""

    def entries(self, numbers: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        """What was ever noted of the positions of each license, oldest first."""

    def totals(self) -> Totals:
        """How many rows there are of the board, whatever they belong to."""

    def lists(self) -> Sequence[ListRecord]:
        """The board's status lists, by number."""

    def set_positions(
        self, list_number: int, purpose: str, *, at: Instant
    ) -> Sequence[int]:
        """The positions of a list that are set at ``at``, without the decoys."""

    def decoys(self, list_number: int) -> Decoys:
        """The positions of a list that are set and that no credential has."""
