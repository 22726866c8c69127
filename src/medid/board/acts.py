"""One act of the board: a transaction, from what is read to what is written.

Rows are decided one after the other against what the act knows, and collected. Nothing
is written before all of them are decided, and then everything is written at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from medid.board import digests, licensing, orders, standing
from medid.board.records import (
    Event,
    IssuedCredential,
    Practitioner,
    Withdrawal,
    kept,
)
from medid.board.texts import MAX_NUMBER, askable, canonical, check_line
from medid.core import json as strict_json
from medid.core.entropy import uuid_urn
from medid.core.instant import Window
from medid.core.records import replace
from medid.errors import AlreadyInRegister, ChangeNotAllowed, NotInRegister
from medid.health.days import end_of_day, start_of_day
from medid.issuing.credential import DEFAULT_SECURING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import tzinfo
    from types import TracebackType

    from medid.board.forms import Forms
    from medid.board.licensing import Statement
    from medid.board.orders import Application, Change
    from medid.board.records import Entry, License, LicenseVersion, Position, Reason
    from medid.board.register import Session
    from medid.board.workshop import Signing, Workshop
    from medid.core.entropy import Entropy
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.errors import ProofGenerationError
    from medid.issuing.controller import Controller
    from medid.issuing.credential import Issued

#: The kinds of the events of a credential.
ISSUED: Final = "issued"
REPLACED: Final = "replaced"
WITHDRAWN: Final = "withdrawn"

_PART: Final = 250  # credentials that are begun together


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuing:
    """With which key credentials and lists are signed, and how they are secured."""

    controller: Controller
    securing: str = DEFAULT_SECURING


class _Planned(NamedTuple):
    """What is to be signed, and what the register notes of it."""

    says: Statement
    version: int
    end: Instant | None
    place: Position


class Act:
    """An act that happens when its block ends, or not at all.

    Attributes:
        session: Its transaction.
        licenses: What it knows, by number, with what it has decided.
        issued: What it has signed, by the number of the license.
    """

    session: Session

    def __init__(  # noqa: PLR0913 - what an act needs, each by name
        self,
        session: Callable[[], AbstractContextManager[Session]],
        *,
        recording: bool,
        reason: Reason,
        now: Instant,
        entropy: Entropy,
        zone: tzinfo,
        forms: Forms,
    ) -> None:
        self.licenses: dict[str, License] = {}
        self.issued: dict[str, IssuedCredential] = {}
        self._opened = session()
        self._recording = recording
        self._reason = reason
        self._now = kept(now)
        self._entropy = entropy
        self._zone = zone
        self._forms = forms
        self._people: dict[tuple[str, str], Practitioner] = {}
        self._taken: frozenset[str] = frozenset()
        self._old: Mapping[str, Sequence[IssuedCredential]] = {}
        # Each with the number of its license, in the order of the decisions.
        self._entered: list[str] = []
        self._changed: list[tuple[str, int]] = []
        self._back: list[tuple[IssuedCredential, Withdrawal]] = []

    def __enter__(self) -> Self:
        """Begin the transaction."""
        self.session = self._opened.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """Commit, or where anything failed do nothing."""
        return self._opened.__exit__(kind, error, trace)

    # Applications.

    def know(self, applications: Sequence[Application]) -> None:
        """Ask about the numbers and the people of ``applications``."""
        self._taken = self.session.taken(
            [one.number for one in applications if askable(one.number)]
        )
        asked = {
            pair
            for one in applications
            for pair in _pairs(one.identifiers)
            if all(map(askable, pair))
        }
        self._people = dict(self.session.practitioners(asked))

    def enter(self, application: Application) -> None:
        """Decide an application.

        Raises:
            MedidError: It is refused.
        """
        orders.check_application(application)
        number = application.number
        if number in self._taken or number in self.licenses:
            message = "there is a license of this number"
            raise AlreadyInRegister(message, path="$.number")
        person = self._person(application)
        place = self.session.board.jurisdiction
        made = orders.applied(application, person, jurisdiction=place, at=self._now)
        # What could not be issued later is refused before it is entered.
        self._check(made)
        if application.status == standing.FIRST:
            self._check_not_over(made.latest, at=made.latest.effective)
        self._people |= dict.fromkeys(person.identifiers.items(), person)
        self.licenses[made.number] = made
        self._entered.append(made.number)

    def _person(self, application: Application) -> Practitioner:
        pairs = application.identifiers.items()
        known = {
            one.id: one for pair in pairs if (one := self._people.get(pair)) is not None
        }
        if not known:
            return Practitioner(
                id=uuid_urn(self._entropy),
                identifiers=dict(application.identifiers),
                names=frozenset({application.name}),
            )
        one, *others = known.values()
        same = not others and pairs <= one.identifiers.items()
        names = map(canonical, one.names)
        if not same or canonical(application.name) not in names:
            message = "the person with this identifier is another one"
            raise AlreadyInRegister(message, path="$.identifiers")
        return one

    # Changes.

    def read(self, numbers: Sequence[str]) -> None:
        """Ask for the licenses, and for what was issued on them."""
        asked = sorted({one for one in numbers if askable(one)})
        self.licenses = dict(self.session.licenses(asked))
        self._old = self.session.credentials(asked)

    def change(self, change: Change, *, issuing: bool) -> None:
        """Decide a change, and whether a credential can be issued of it.

        Raises:
            MedidError: It is refused.
        """
        orders.check_change(change)
        made = orders.changed(self._found(change.number), change, now=self._now)
        if orders.begins_to_practise(made):
            self._check_not_over(made.latest, at=made.latest.effective)
        if orders.states_otherwise(made):
            self._check(made)
        if issuing:
            self._check_in_force(made)
            self._check_issuable(made)
        self.licenses[made.number] = made
        self._changed.append((made.number, made.latest.version))

    # Credentials.

    def check_issuable(self, number: str) -> None:
        """Return if a credential can be issued on a license now.

        Raises:
            NotInRegister: There is no such license.
            ChangeNotAllowed: Nothing can be issued on it as it is.
        """
        self._check_issuable(self._found(number))

    def _check_issuable(self, license: License) -> None:  # noqa: A002
        version = license.as_of(self._now)
        if version is None or version.status not in standing.ISSUED:
            message = "no credential is issued on a license that is not in force"
            raise ChangeNotAllowed(message, path="$.status")
        if version.holder is None:
            message = "the DID of the practitioner is not known"
            fix = "note it first: medid board amend --holder"
            raise ChangeNotAllowed(message, path="$.holder", fix=fix)
        self._check_not_over(version, at=self._now)

    def _check_not_over(self, version: LicenseVersion, *, at: Instant) -> None:
        end = self._end(version)
        if end is not None and end <= at:
            message = "the last day of the license is over"
            fix = "renew it, or state a last day that lies ahead"
            raise ChangeNotAllowed(message, path="$.expiresOn", fix=fix)

    def _check_in_force(self, license: License) -> None:  # noqa: A002
        if license.latest.effective > self._now:
            message = "the change takes effect later, and cannot be stated yet"
            fix = "issue the credential when it is in force"
            raise ChangeNotAllowed(message, path="$.effective", fix=fix)

    def has_credential(self, number: str) -> bool:
        """Whether a credential was issued that says what is in force."""
        version = self._found(number).as_of(self._now)
        old = self._old.get(number, ())
        return version is not None and version.version in {one.version for one in old}

    def issue(
        self, numbers: Sequence[str], workshop: Workshop
    ) -> Mapping[str, ProofGenerationError]:
        """Have a credential signed for each of the licenses, which were checked.

        Returns:
            Why nothing is issued on some of them.

        Raises:
            SignerError: The key store refused.
        """
        asked = list(dict.fromkeys(numbers)) if self._recording else []
        places = iter(self.session.allocate(len(asked)))
        refused: dict[str, ProofGenerationError] = {}
        begun: deque[tuple[list[_Planned], Signing]] = deque()
        for start in range(0, len(asked), _PART):
            some = asked[start : start + _PART]
            planned = [self._plan(one, next(places)) for one in some]
            begun.append((planned, workshop.begin([one.says for one in planned])))
            if len(begun) > workshop.width:
                self._take(*begun.popleft(), workshop, refused)
        for one in begun:
            self._take(*one, workshop, refused)
        return refused

    def _plan(self, number: str, place: Position) -> _Planned:
        found = self.licenses[number]
        version = found.as_of(self._now) or found.latest
        end = self._end(version)
        window = Window(start=self._start(version), end=end)
        identity = uuid_urn(self._entropy)
        says = licensing.statement(
            found,
            version,
            id=identity,
            window=window,
            place=place,
            signed_at=self._now,
        )
        return _Planned(says, version.version, end, place)

    def _take(
        self,
        planned: Sequence[_Planned],
        signing: Signing,
        workshop: Workshop,
        refused: dict[str, ProofGenerationError],
    ) -> None:
        for one, content in zip(planned, signing(), strict=True):
            if not isinstance(content, bytes):
                refused[one.says.number] = content
                continue
            self.issued[one.says.number] = IssuedCredential(
                id=one.says.id,
                license=one.says.number,
                version=one.version,
                states=one.says.status,
                issued=self._now,
                ends=one.end,
                securing=workshop.securing,
                verification_method=workshop.verification_method,
                position=one.place,
                content=content,
            )

    @property
    def now(self) -> Instant:
        """When it happens."""
        return self._now

    def before(self, number: str) -> Sequence[IssuedCredential]:
        """What had been issued on a license before this act."""
        return self._old.get(number, ())

    def withdraw(
        self, old: IssuedCredential, replaced_by: str | None, *, effective: Instant
    ) -> None:
        """Take a credential back from ``effective`` on, whatever its license says."""
        found = Withdrawal(
            credential=old.id, effective=kept(effective), replaced_by=replaced_by
        )
        self._back.append((old, found))

    def _check(self, license: License) -> None:  # noqa: A002
        says = licensing.statement(license, license.latest)
        self._forms.draft(self.session.board, says)

    # Everything at once.

    def write(self) -> None:
        """Write what was decided: events first, and then what refers to them."""
        if not self._recording:
            return
        steps = [
            *(self._up_to(number, 1) for number in self._entered),
            *(self._up_to(number, version) for number, version in self._changed),
        ]
        events = [
            *map(self._version_event, steps),
            *map(self._credential_event, self.issued.values()),
            *(self._withdrawal_event(old, one) for old, one in self._back),
        ]
        numbers = self.session.append(events)
        made = [
            _numbered(one, number) for one, number in zip(steps, numbers, strict=False)
        ]
        for one in made:
            self.licenses[one.number] = _put(self.licenses[one.number], one.latest)
        entered = len(self._entered)
        self.session.add(made[:entered])
        self.session.add_versions(made[entered:])
        self.session.add_credentials(self.issued.values())
        entries = [
            entry
            for one in made[entered:]
            for entry in licensing.entries_of(self._old.get(one.number, ()), one)
        ]
        for credential in self.issued.values():
            found = self.licenses[credential.license]
            entries += licensing.entries_ahead(credential, found)
        entries += self._write_back(numbers[len(steps) + len(self.issued) :])
        self.session.add_entries(entries)

    def _write_back(self, numbers: Sequence[int]) -> list[Entry]:
        """Write what is taken back, and give what the lists say of it."""
        made = [
            (old.position, replace(one, event=number))
            for (old, one), number in zip(self._back, numbers, strict=True)
        ]
        self.session.add_withdrawals(one for _, one in made)
        return [
            licensing.withdrawal_entry(place, one, event=one.event)
            for place, one in made
        ]

    def _up_to(self, number: str, version: int) -> License:
        found = self.licenses[number]
        return replace(found, versions=found.versions[:version])

    def _version_event(self, license: License) -> Event:  # noqa: A002
        version = license.latest
        detail: JsonObject = {
            "version": version.version,
            "status": version.status,
            "digest": digests.of_version(license, version),
        }
        kind = orders.verb(license)
        return self._event(kind, license.number, version.effective, detail)

    def _credential_event(self, issued: IssuedCredential) -> Event:
        detail: JsonObject = {
            "credential": issued.id,
            "digest": digests.of_credential(issued),
        }
        return self._event(ISSUED, issued.license, self._now, detail)

    def _withdrawal_event(self, old: IssuedCredential, one: Withdrawal) -> Event:
        detail: JsonObject = {
            "withdrawn": one.credential,
            "replacedBy": one.replaced_by,
            "digest": digests.of_withdrawal(one),
        }
        kind = WITHDRAWN if one.replaced_by is None else REPLACED
        return self._event(kind, old.license, one.effective, detail)

    def _event(
        self, kind: str, number: str, effective: Instant, detail: JsonObject
    ) -> Event:
        return Event(
            kind=kind,
            recorded=self._now,
            effective=effective,
            license=number,
            reason=self._reason,
            detail=detail,
        )

    def _found(self, number: str) -> License:
        check_line(number, MAX_NUMBER, "$.number")
        found = self.licenses.get(number)
        if found is None:
            raise NotInRegister("there is no license of this number", path="$.number")
        return found

    def _start(self, version: LicenseVersion) -> Instant:
        """From when a credential that is signed now holds: not before the first day."""
        if version.issued_on is None:
            return self._now
        first = start_of_day(version.issued_on, self._zone, path="$.issuedOn")
        return max(first, self._now)

    def _end(self, version: LicenseVersion) -> Instant | None:
        if version.expires_on is None:
            return None
        return end_of_day(version.expires_on, self._zone, path="$.expiresOn")


def _numbered(license: License, event: int) -> License:  # noqa: A002
    version = replace(license.latest, event=event)
    return replace(license, versions=(*license.versions[:-1], version))


def _put(license: License, version: LicenseVersion) -> License:  # noqa: A002
    versions = list(license.versions)
    versions[version.version - 1] = version
    return replace(license, versions=tuple(versions))


def _pairs(identifiers: object) -> Iterable[tuple[str, str]]:
    # What is no mapping is refused in its own row.
    return identifiers.items() if isinstance(identifiers, Mapping) else ()


def as_bytes(secured: Issued) -> bytes:
    """What was signed, as it is handed out."""
    if isinstance(secured, bytes):
        return secured
    text = secured if isinstance(secured, str) else strict_json.dumps(secured)
    return text.encode()
