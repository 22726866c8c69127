"""What a register holds, as values: immutable, and read in one piece.

Two times stand beside everything that happened. *Recorded* is when the register learnt
it, and nobody can choose that. *Effective* is from when it holds, as an order says it.
"What did we say on that date" asks about the first, "what held on that date" about the
second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.instant import Instant
from medid.errors import RegisterAltered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject

_MICROSECOND: Final = 1_000  # nanoseconds


def kept(instant: Instant) -> Instant:
    """``instant`` as a register keeps it: in microseconds.

    64 bits hold nanoseconds until the year 2262 only.
    """
    return Instant(instant.nanoseconds // _MICROSECOND * _MICROSECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRecord:
    """A licensing board.

    Attributes:
        did: Under which it signs.
        name: For people.
        site: The https URL under which it publishes, without a slash at its end.
        jurisdiction: Where its licenses hold: ISO 3166-1 alpha-2, or 3166-2.
    """

    did: str
    name: str
    site: str
    jurisdiction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Practitioner:
    """A person on the register.

    Attributes:
        id: A random ``urn:uuid:``, of this register only.
        identifiers: Numbers in other registers, by system. One number is one person.
        names: Every name that a license of this person was ever in.
    """

    id: str
    identifiers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    names: frozenset[str] = field(default_factory=frozenset, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseVersion:
    """What holds of a license from one change to the next.

    Attributes:
        version: From 1; each change makes one more.
        status: One of the vocabulary.
        effective: From when it holds.
        recorded: When the register learnt it.
        name: Of the practitioner, as the board writes it.
        holder: The DID to which credentials are issued; ``None`` until it is known.
        claims: The members of ``PractitionerLicense`` but for number, jurisdiction,
            status and the days of its beginning and end.
        issued_on: The first day of the license, ``YYYY-MM-DD``.
        expires_on: Its last day; ``None`` where it has none.
        event: The number of the event that made it.
    """

    version: int
    status: str
    effective: Instant
    recorded: Instant
    name: str = field(repr=False)
    holder: str | None = field(repr=False)
    claims: JsonObject = field(repr=False, hash=False)
    issued_on: str | None
    expires_on: str | None
    event: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """A license, with all that was ever recorded of it, in the order of recording."""

    number: str
    jurisdiction: str
    practitioner: Practitioner
    versions: tuple[LicenseVersion, ...]

    @property
    def latest(self) -> LicenseVersion:
        """What was recorded last, effective or not yet."""
        return self.versions[-1]

    def numbered(self, number: int) -> LicenseVersion:
        """The version with this number, of which a credential was made.

        Raises:
            RegisterAltered: There is none.
        """
        if not 1 <= number <= len(self.versions):
            message = "a credential is of a version that its license does not have"
            raise RegisterAltered(message, path="$.licenses")
        return self.versions[number - 1]

    def timeline(self, *, known: Instant | None = None) -> tuple[LicenseVersion, ...]:
        """What counts of all that was recorded, in the order in which it takes effect.

        A version that was recorded later and takes effect earlier stands in place of
        those ahead of it.

        Args:
            known: By what the register knew then; by default, all that it knows now.
        """
        counting: list[LicenseVersion] = []
        for one in self.versions:
            if known is not None and one.recorded > known:
                continue
            while counting and counting[-1].effective > one.effective:
                counting.pop()
            counting.append(one)
        return tuple(counting)

    def as_of(
        self, at: Instant, *, known: Instant | None = None
    ) -> LicenseVersion | None:
        """What held at ``at``; ``None`` where nothing did yet.

        Args:
            at: The time asked about.
            known: By what the register knew then; by default, all that it knows now.
        """
        held = [one for one in self.timeline(known=known) if one.effective <= at]
        return held[-1] if held else None

    def ahead(self, at: Instant) -> tuple[LicenseVersion, ...]:
        """What takes effect after ``at``."""
        return tuple(one for one in self.timeline() if one.effective > at)

    def status_since(self, version: LicenseVersion) -> Instant:
        """Since when the license has the status that it has in ``version``."""
        since = version.effective
        for one in reversed(self.timeline()):
            if one.version > version.version:
                continue
            if one.status != version.status:
                break
            since = one.effective
        return since


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something was changed, and who answers for it.

    Attributes:
        actor: Who did it: a name or a role of the board's own.
        text: Why, in the board's words; empty where the kind of change says it all.
        order_reference: The order behind it, as the board files it.
    """

    actor: str
    text: str = field(default="", repr=False)
    order_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change, as the log keeps it.

    Attributes:
        kind: A verb: ``applied``, ``approved``, ``issued``, ``suspended`` and so on.
        license: Its number.
        detail: What else belongs to it: digests of the rows that it made.
        number: Which the register gives it; later events have higher ones, and some
            numbers are left out.
    """

    kind: str
    recorded: Instant
    effective: Instant
    license: str
    reason: Reason
    detail: JsonObject = field(repr=False, hash=False)
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEvent:
    """An event in its place in the chain, which says all that came before it.

    Attributes:
        sequence: From 1, without a gap.
        hash: SHA-256 (hex) over the event and the hash before it.
    """

    sequence: int
    event: Event
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place on the board's status lists: the same on each list of one number."""

    list_number: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """That a credential was taken back, whatever becomes of its license.

    Attributes:
        credential: Its id.
        effective: From when it is revoked.
        replaced_by: The id of the credential that was issued in its place.
        event: The number of the event that did it.
    """

    credential: str
    effective: Instant
    replaced_by: str | None
    event: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCredential:
    """A credential that was signed, and what it says that changes can contradict.

    Attributes:
        id: A random ``urn:uuid:``.
        states: The status that it states.
        version: Of the license, that it was made of.
        securing: How it is protected.
        verification_method: Of the key that signed it.
        content: The document, token or message, as it is handed out.
        ends: When it ends by itself.
        withdrawals: That it was taken back; a later one may be effective earlier.
    """

    id: str
    license: str
    version: int
    states: str
    issued: Instant
    ends: Instant | None
    securing: str
    verification_method: str
    position: Position
    content: bytes = field(repr=False)
    withdrawals: tuple[Withdrawal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """From when a position of a list has a status.

    Attributes:
        purpose: ``revocation`` or ``suspension``.
        value: Whether it is set.
        event: The number of the event that made it so.
    """

    position: Position
    purpose: str
    value: bool
    effective: Instant
    event: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRecord:
    """A pair of status lists, one for each purpose, with the same positions.

    Attributes:
        size: How many positions each of them has.
        decoys: How many positions are set on each of them that no credential has.
    """

    number: int
    size: int
    decoys: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many rows a register has of a board, whether a license has them or not."""

    licenses: int
    credentials: int
    entries: int
