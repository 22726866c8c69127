"""Rows of another register become licenses of this one, and change nothing twice.

A row whose number is new becomes a license, as it was in the other register. A row
that says what the register says already changes nothing. One that says something else
is refused, unless changes are wanted; and what the register has decided since is never
undone by a file that states no date.

Spec: https://w3id.org/medid/health/v1#licenseStatus
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from medid.board.orders import Change
from medid.board.texts import canonical
from medid.errors import AlreadyInRegister, ChangeNotAllowed, MedidError, child

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from medid.board.mapping import Mapping as FieldMapping
    from medid.board.office import Office
    from medid.board.orders import Application
    from medid.board.records import License, Reason
    from medid.board.sources import SourceRow
    from medid.core.json import JsonObject, JsonValue

BATCH: Final = 1_000  # rows of one act: some 6 MB, and a commit for each

ENTERED: Final = "entered"
CHANGED: Final = "changed"
UNCHANGED: Final = "unchanged"
REJECTED: Final = "rejected"


class Seen(Protocol):
    """The license numbers that a file has had so far, however many they are."""

    def add(self, number: str, line: int) -> int | None:
        """Note a number; the line on which it was before, ``None`` where it is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that was refused, and why.

    Attributes:
        column: Whose text is wrong; empty where it is the whole row.
    """

    row: SourceRow
    column: str
    error: MedidError


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far an import is: how many rows have become what."""

    counts: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """How a file is taken into a register.

    Attributes:
        mapping: How its rows are read.
        zone: In which its days begin.
        reason: Who takes it over.
        update: Whether rows that say something else change licenses.
    """

    mapping: FieldMapping
    zone: tzinfo
    reason: Reason
    update: bool = False

    def run(
        self, office: Office, rows: Iterable[SourceRow], seen: Seen
    ) -> Iterator[Progress]:
        """Take rows over; after each act, what became of its rows.

        Raises:
            RegisterUnavailable: The register cannot be used. What was said before
                was recorded; of the rest, nothing was.
        """
        waiting = iter(rows)
        while some := list(itertools.islice(waiting, BATCH)):
            yield self._batch(office, some, seen)

    def _batch(self, office: Office, rows: Sequence[SourceRow], seen: Seen) -> Progress:
        done = Progress()
        read: dict[str, tuple[SourceRow, Application]] = {}
        for row in rows:
            try:
                read |= self._read(row, seen)
            except MedidError as error:
                self._reject(done, row, error)
        known = office.licenses([*read])
        new = [one for number, (_, one) in read.items() if number not in known]
        different = {}
        for number, license_ in known.items():
            row, stated = read[number]
            try:
                change = self._compare(license_, stated)
            except MedidError as error:
                self._reject(done, row, error)
                continue
            if change is None:
                done.counts[UNCHANGED] += 1
            else:
                different[number] = read[number]
        for one in office.apply(new, reason=self.reason) if new else ():
            if one.error is None:
                done.counts[ENTERED] += 1
            else:
                self._reject(done, read[one.number][0], one.error)
        if different:
            self._change(office, different, done)
        done.rejects.sort(key=lambda one: one.row.line)
        return done

    def _change(
        self,
        office: Office,
        different: Mapping[str, tuple[SourceRow, Application]],
        done: Progress,
    ) -> None:
        """Make licenses what their rows state, all in one act."""
        with office.act(self.reason) as act:
            act.read([*different])
            for number, (row, stated) in different.items():
                try:
                    # Others may have changed it since: what they said must not be lost.
                    change = self._compare(act.licenses[number], stated)
                    if change is not None:
                        act.change(change, issuing=False)
                except MedidError as error:
                    self._reject(done, row, error)
                    continue
                done.counts[UNCHANGED if change is None else CHANGED] += 1
            act.write()

    def _read(
        self, row: SourceRow, seen: Seen
    ) -> dict[str, tuple[SourceRow, Application]]:
        if row.error is not None:
            raise row.error
        stated = self.mapping.read(row.cells, zone=self.zone)
        # A line of FHIR is several rows, which may have one number as well.
        before = seen.add(stated.number, row.line)
        if before is not None:
            message = f"a row of line {before} of the file has this number as well"
            fix = "keep the row that is right"
            raise AlreadyInRegister(message, path="$.number", fix=fix)
        return {stated.number: (row, stated)}

    def _reject(self, done: Progress, row: SourceRow, error: MedidError) -> None:
        done.counts[REJECTED] += 1
        column = self.mapping.column_of(error.path or "$")
        done.rejects.append(Reject(row=row, column=column, error=error))

    def _compare(self, license: License, stated: Application) -> Change | None:  # noqa: A002
        found = differences(license, stated, self.mapping)
        if not found:
            return None
        path = child("$", found[0])
        if not self.update:
            message = f"the register says something else: {', '.join(found)}"
            fix = "correct the file, or import it with --update"
            raise AlreadyInRegister(message, path=path, fix=fix)
        return update(license, stated, found)


def differences(
    license: License,  # noqa: A002 - the vocabulary's word
    stated: Application,
    mapping: FieldMapping,
) -> list[str]:
    """The fields that a row states and the register says otherwise.

    What the mapping does not read is not compared.
    """
    latest = license.latest
    people = license.practitioner.identifiers
    pairs: dict[str, tuple[object, object]] = {
        "name": (canonical(latest.name), canonical(stated.name)),
        "holder": (latest.holder, stated.holder),
        "jurisdiction": (license.jurisdiction, stated.jurisdiction),
        "licenseStatus": (latest.status, stated.status),
        "issuedOn": (latest.issued_on, stated.issued_on),
        "expiresOn": (latest.expires_on, stated.expires_on),
        **{
            name: (latest.claims.get(name), stated.claims.get(name))
            for name in sorted(mapping.claims)
        },
    }
    read = mapping.plain.keys() | mapping.nodes.keys()
    found = [name for name, (was, now) in pairs.items() if name in read and was != now]
    if not stated.identifiers.items() <= people.items():
        found.append("practitionerIdentifier")
    since = stated.effective
    same = latest.status == stated.status and since is not None
    if same and license.status_since(latest) != since:
        found.append("statusSince")
    return found


def _undone(
    license: License,  # noqa: A002 - the vocabulary's word
    stated: Application,
    found: Sequence[str],
) -> str | None:
    """What a row that states no later date would take back of the board's decisions.

    A renewal, a condition, or to whom credentials are issued; what was never changed
    since the license was entered is the file's own, and can be corrected by it.
    """
    first, latest = license.versions[0], license.latest
    again = _conditions(stated.claims)
    # A last day of none is later than any.
    last, now = latest.expires_on, stated.expires_on
    sooner = now is not None and (last is None or now < last)
    lifted = any(one not in again for one in _conditions(latest.claims))
    undone = set()
    for one in license.versions:
        if one.holder != first.holder:
            undone.add("holder")
        if sooner and one.expires_on != first.expires_on:
            undone.add("expiresOn")
        if lifted and _conditions(one.claims) != _conditions(first.claims):
            undone.add(_CONDITION)
    return next((name for name in found if name in undone), None)


def _conditions(claims: JsonObject) -> list[JsonValue]:
    found = claims.get(_CONDITION)
    return found if isinstance(found, list) else []


_CONDITION: Final = "condition"
#: What a change of a license cannot say.
_FIXED: Final = ("jurisdiction", "practitionerIdentifier", "statusSince")


def update(
    license: License,  # noqa: A002 - the vocabulary's word
    stated: Application,
    found: Sequence[str],
) -> Change:
    """The change that makes a license what a row states.

    Raises:
        ChangeNotAllowed: A file cannot change that, or the board has decided it since.
    """
    texts: Mapping[str, str | None] = {
        "holder": stated.holder,
        "issuedOn": stated.issued_on,
        "expiresOn": stated.expires_on,
    }
    for name in found:
        if name in _FIXED or (name in texts and texts[name] is None):
            message = "an import does not change or remove this"
            raise ChangeNotAllowed(message, path=child("$", name))
    moved = "licenseStatus" in found
    if not moved and stated.status == "expired" and "expiresOn" in found:
        # A new last day renews, and the row says that the license has ended.
        message = "a license that stays expired has no other last day"
        fix = "state what it became, and since when; or correct the day"
        raise ChangeNotAllowed(message, path="$.expiresOn", fix=fix)
    if moved and stated.effective is None:
        message = "the status is another one, and the row does not say since when"
        fix = "map statusSince: a file never undoes what the board decided since"
        raise ChangeNotAllowed(message, path="$.licenseStatus", fix=fix)
    undone = None if moved else _undone(license, stated, found)
    if undone is not None:
        message = "the board has decided this since it was taken over"
        fix = "correct the row; or, if the row is right: medid board amend"
        raise ChangeNotAllowed(message, path=child("$", undone), fix=fix)
    claims = {
        name: value
        for name, value in license.latest.claims.items()
        if name not in found
    } | {name: value for name, value in stated.claims.items() if name in found}
    return Change(
        number=stated.number,
        status=stated.status if moved else None,
        effective=stated.effective if moved else None,
        name=stated.name if "name" in found else None,
        holder=stated.holder if "holder" in found else None,
        claims=claims if claims != license.latest.claims else None,
        issued_on=stated.issued_on if "issuedOn" in found else None,
        expires_on=stated.expires_on if "expiresOn" in found else None,
    )
