"""The office of a licensing board: applications, licenses, and what becomes of them.

Each act is one transaction: what it needs is read, checked, signed where something is
issued, recorded with its event, and committed. Where anything of it fails, the signer
included, nothing of it happened. Nothing is ever overwritten: a change adds a version,
a withdrawal adds an entry, and the log keeps both.

Many rows are one act as well. A row that is refused says why and leaves no trace, and
the others happen.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense,
https://www.w3.org/TR/vc-bitstring-status-list/
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from medid.board import heads, lists, texts
from medid.board.acts import Act, Issuing
from medid.board.checking import Verified, verify_register
from medid.board.forms import Forms
from medid.board.heads import Head
from medid.board.orders import Change
from medid.board.outcomes import Outcome, outcomes, row
from medid.core.entropy import Entropy, system_entropy
from medid.core.instant import Instant, system_clock
from medid.core.jurisdictions import check_jurisdiction
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, MedidError, NotInRegister
from medid.health.days import UTC_NAME, end_of_day, time_zone
from medid.health.drafts import check_draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.board.orders import Application
    from medid.board.page import Paging
    from medid.board.records import (
        BoardRecord,
        Event,
        IssuedCredential,
        License,
        Reason,
    )
    from medid.board.register import Register
    from medid.board.site import Publishing, SiteFile
    from medid.core.instant import Clock
    from medid.issuing.credential import Issued
    from medid.verifying.verifier import Verifier

MAX_FOUND: Final = 1_000  # licenses that one search gives
MAX_ROWS: Final = 10_000  # rows of one act: about 60 MB, until it is committed
#: Events that are sealed in one transaction: a second, in which nobody else writes.
SEAL_PART: Final = 10_000

_HTTPS: Final = "https://"
_PAGE: Final = 500  # licenses that are given together


class Office:
    """What one board does with its register. Safe to share between threads."""

    def __init__(
        self,
        register: Register,
        board: str,
        *,
        clock: Clock = system_clock,
        entropy: Entropy = system_entropy,
        timezone: str = UTC_NAME,
        recording: bool = True,
    ) -> None:
        """Sit down at the register of ``board``.

        Args:
            register: Where it is kept.
            board: The board's DID.
            clock: When things are recorded.
            entropy: Where ids come from.
            timezone: In which the days of licenses begin and end (IANA name).
            recording: Whether acts happen. Else they say what would become of each
                row, and nothing is signed or recorded.

        Raises:
            ConfigurationError: There is no such time zone.
        """
        self._recording = recording
        self._register = register
        self._board = board
        self._clock = clock
        self._entropy = entropy
        self._zone = time_zone(timezone)
        self._forms = Forms(check_draft)

    # What the board decides.

    def apply(
        self, applications: Sequence[Application], *, reason: Reason
    ) -> tuple[Outcome, ...]:
        """Enter applications: licenses that are pending.

        Returns:
            What became of each of them, in their order. Refused is one whose number is
            taken or whose identifiers are those of somebody else (ALREADY_IN_REGISTER),
            or that could not be issued as it is.

        Raises:
            ConfigurationError: There are too many of them.
            RegisterUnavailable: The register cannot be used, and nothing was entered.
        """
        _check_rows(applications)
        with self.act(reason) as act:
            act.session.alone()
            act.know(applications)
            made = [row(one.number, partial(act.enter, one)) for one in applications]
            act.write()
        return outcomes(made, act)

    def change(
        self,
        changes: Sequence[Change],
        *,
        reason: Reason,
        issuing: Issuing | None = None,
    ) -> tuple[Outcome, ...]:
        """Change licenses, as orders of the board say.

        What was issued on them and says too much from then on is suspended or revoked
        on the status lists, from the moment at which the change is effective.

        Args:
            changes: What becomes of which license, in their order.
            reason: Who decided, why, and by which order.
            issuing: Issue a credential that says what holds now, in the same act.

        Returns:
            What became of each of them, in their order. Refused is what is not there
            (NOT_IN_REGISTER), what cannot become that (CHANGE_NOT_ALLOWED), or what
            could not be issued as it would be.

        Raises:
            ConfigurationError: There are too many, or the key is another DID's.
            SignerError: The key store refused; nothing was changed.
            RegisterUnavailable: The register cannot be used, and nothing was changed.
        """
        _check_rows(changes)
        self._check_key(issuing)
        with self.act(reason) as act:
            act.read([one.number for one in changes])
            decide = partial(act.change, issuing=issuing is not None)
            made = [row(one.number, partial(decide, one)) for one in changes]
            if issuing is not None:
                _issue(act, made, issuing)
            act.write()
        return outcomes(made, act)

    def issue(
        self, numbers: Sequence[str], issuing: Issuing, *, reason: Reason
    ) -> tuple[Outcome, ...]:
        """Sign a credential for each license, which states what is in force.

        A credential that was issued before and still holds stays valid beside it. What
        takes effect later is not stated ahead of time: it reaches the credential
        through the status lists, as it reaches all others.

        Args:
            numbers: Of licenses that are active, on probation or restricted.
            issuing: With which key, and how it is secured.
            reason: Who issues them.

        Returns:
            What became of each of them, in their order.

        Raises:
            ConfigurationError: There are too many, or the key is another DID's.
            SignerError: The key store refused; nothing was issued.
            RegisterUnavailable: The register cannot be used, and nothing was issued.
        """
        _check_rows(numbers)
        self._check_key(issuing)
        with self.act(reason) as act:
            act.read(numbers)
            ready = [row(one, partial(act.check_issuable, one)) for one in numbers]
            _issue(act, ready, issuing)
            act.write()
        return outcomes(ready, act)

    def expire(self, *, reason: Reason, limit: int = MAX_ROWS) -> tuple[Outcome, ...]:
        """Let licenses expire whose last day is over, at the end of that day.

        Args:
            reason: Who looks after it.
            limit: For how many at most; call it again until none is left.

        Returns:
            What became of each of them. Refused is one for which a change is recorded
            that takes effect later: what is to become of that, somebody has to say.

        Raises:
            RegisterUnavailable: The register cannot be used, and nothing has expired.
        """
        return self.change(self.over(limit=limit), reason=reason)

    def over(self, *, limit: int = MAX_ROWS) -> tuple[Change, ...]:
        """What ``expire`` will do.

        Raises:
            RegisterUnavailable: The register cannot be used.
        """
        now = self._clock()
        # No zone is further than a day from UTC; the exact end is judged below.
        day = str(now.plus(86_400))[:10]
        with self._register.session(self._board, writing=False) as session:
            found = session.licenses(session.ending(day, at=now, limit=limit))
        changes = []
        for number, one in sorted(found.items()):
            in_force = one.as_of(now) or one.latest
            end = end_of_day(str(in_force.expires_on), self._zone)
            if end <= now:
                # From before what lies ahead, so that the row is refused: to let it
                # expire at that time would put off the one, and drop the other.
                starts = max(end, in_force.effective)
                changes.append(
                    Change(number=number, status="expired", effective=starts)
                )
        return tuple(changes)

    # What the board knows.

    def ending(self, day: str, *, after: License | None = None) -> Sequence[License]:
        """Licenses that can expire and whose last day is ``day`` or earlier.

        Args:
            day: ``YYYY-MM-DD``.
            after: The license behind which they are, of those given before.

        Returns:
            The next of them, by number; empty where there are no more.

        Raises:
            MalformedValue: It is no day.
            RegisterUnavailable: The register cannot be used.
        """
        Instant.from_date(day, path="$.day")
        behind = "" if after is None else after.number
        with self._register.session(self._board, writing=False) as session:
            numbers = session.ending_behind(day, after=behind, limit=_PAGE)
            found = session.licenses(numbers)
        return [found[number] for number in numbers]

    def board(self) -> BoardRecord:
        """The board itself.

        Raises:
            NotInRegister: There is none of this DID.
            RegisterUnavailable: The register cannot be used.
        """
        with self._register.session(self._board, writing=False) as session:
            return session.board

    def license(self, number: str) -> License:
        """A license with its history.

        Raises:
            NotInRegister: There is no such license.
            RegisterUnavailable: The register cannot be used.
        """
        with self._register.session(self._board, writing=False) as session:
            return _found(session.licenses([number]).get(number))

    def licenses(self, numbers: Sequence[str]) -> Mapping[str, License]:
        """Those of these licenses that there are, by number.

        Raises:
            ConfigurationError: There are too many of them.
            RegisterUnavailable: The register cannot be used.
        """
        _check_rows(numbers)
        asked = [one for one in numbers if texts.askable(one)]
        with self._register.session(self._board, writing=False) as session:
            return session.licenses(asked)

    def history(
        self, number: str
    ) -> tuple[License, Sequence[Event], Sequence[IssuedCredential]]:
        """A license, all that happened to it, and all that was issued on it.

        Raises:
            NotInRegister: There is no such license.
            RegisterUnavailable: The register cannot be used.
        """
        with self._register.session(self._board, writing=False) as session:
            found = _found(session.licenses([number]).get(number))
            events = session.events([number]).get(number, ())
            return found, events, session.credentials([number]).get(number, ())

    def find(self, text: str, *, limit: int = 50) -> Sequence[License]:
        """Licenses whose number begins with ``text``, or that were in a name with it.

        Raises:
            ConfigurationError: More than ``MAX_FOUND`` are asked for.
            RegisterUnavailable: The register cannot be used.
        """
        if not 1 <= limit <= MAX_FOUND:
            message = f"a search gives 1 to {MAX_FOUND} licenses"
            raise ConfigurationError(message, path="$.limit")
        with self._register.session(self._board, writing=False) as session:
            return session.find(text, limit=limit)

    def due(self, *, after: str = "", limit: int = MAX_ROWS) -> Sequence[str]:
        """Licenses in force on which no credential says what is in force.

        Args:
            after: Only those whose numbers come after it.
            limit: How many at most.

        Returns:
            Their numbers, in the order of the register.

        Raises:
            RegisterUnavailable: The register cannot be used.
        """
        now = self._clock()
        # No zone is further than a day from UTC; the exact end is judged in the act.
        day = str(now.plus(-86_400))[:10]
        with self._register.session(self._board, writing=False) as session:
            return session.due(at=now, day=day, after=after, limit=limit)

    def status_lists(
        self, issuing: Issuing, *, at: Instant | None = None
    ) -> Iterator[tuple[str, Issued]]:
        """Each status list of the board, signed anew, with its URL.

        Args:
            issuing: With which key, and how the lists are secured.
            at: As of when; the present by default. What lies ahead then is not said.

        Raises:
            ConfigurationError: The key is another DID's, or cannot secure a list.
            SignerError: The key store refused.
            RegisterUnavailable: The register cannot be used.
        """
        self._check_key(issuing)
        now = at if at is not None else self._clock()
        with self._register.session(self._board, writing=False) as session:
            yield from lists.signed(session, issuing, at=now)

    def site(self, publishing: Publishing) -> tuple[SiteFile, ...]:
        """What has to be written to bring the board's site up to date; see ``files``.

        Raises:
            MedidError: As ``medid.board.site.files`` says; nothing is to be written.
        """
        # Asked for here, because the rest of the office verifies nothing.
        from medid.board.site import files

        self._check_key(publishing.issuing)
        self._seal()
        with self._register.session(self._board, writing=True) as session:
            return files(session, publishing)

    def page(self, paging: Paging) -> tuple[SiteFile, ...]:
        """The board's page for people, as files of its site; see ``page.page``.

        Raises:
            MedidError: As it says.
        """
        from medid.board.page import page
        from medid.board.site import SiteFile

        # By a session for reading: nobody waits until all licenses have been read.
        with self._register.session(self._board, writing=False) as session:
            made = page(session, paging)
            return tuple(SiteFile(path=path, content=one) for path, one in made)

    def head(self, issuing: Issuing) -> tuple[Head, Issued]:
        """Seal all that has happened, and sign where the log ends.

        Keep what is signed elsewhere, or publish it: it shows whether a register was
        put back or altered.

        Raises:
            ConfigurationError: The key is another DID's, or cannot sign it.
            SignerError: The key store refused.
            RegisterUnavailable: The register cannot be used.
        """
        self._check_key(issuing)
        self._seal()
        with self._register.session(self._board, writing=True) as session:
            session.seal()
            sequence, found = session.head()
            head = Head(sequence=sequence, hash=found)
            series = heads.of_register(session.board)
            return head, heads.sign(series, head, issuing, at=self._clock())

    def verify(
        self, *, head: bytes | None = None, verifier: Verifier | None = None
    ) -> Verified:
        """Return if the register is whole; see ``verify_register``.

        Args:
            head: A signed head that was kept elsewhere: the register must still hold
                all that it held then.
            verifier: Of its signature; by default one that fetches nothing.

        Raises:
            RegisterAltered: It is not whole.
            MedidError: The head is not verified, or is another board's.
            RegisterUnavailable: It cannot be read.
        """
        with self._register.session(self._board, writing=False) as session:
            kept = None
            if head is not None:
                from medid.verifying.verifier import Verifier

                trusting = verifier if verifier is not None else Verifier()
                series = heads.of_register(session.board)
                kept = heads.read(head, series, trusting, at=self._clock())
            return verify_register(session, kept=kept)

    def _seal(self) -> None:
        """Seal what waits, in parts: after a large import others would wait long."""
        sealed = SEAL_PART
        while sealed == SEAL_PART:
            with self._register.session(self._board, writing=True) as session:
                sealed = session.seal(limit=SEAL_PART)

    def act(self, reason: Reason) -> Act:
        """An act of the board that begins now; nothing happens before its block.

        Raises:
            MalformedValue: The reason cannot be kept.
            TooLarge: It is too long.
        """
        texts.check_reason(reason)
        return Act(
            partial(self._register.session, self._board, writing=self._recording),
            recording=self._recording,
            reason=reason,
            now=self._clock(),
            entropy=self._entropy,
            zone=self._zone,
            forms=self._forms,
        )

    def _check_key(self, issuing: Issuing | None) -> None:
        if issuing is not None and issuing.controller.did != self._board:
            message = "the key signs under another DID than the board's"
            raise ConfigurationError(message, path="$.verificationMethod")


def found_board(
    register: Register, board: BoardRecord, *, clock: Clock = system_clock
) -> None:
    """Add a board to a register.

    Raises:
        MalformedValue: One of its texts cannot be kept, or it is of no jurisdiction.
        InvalidDid: It has no DID.
        ConfigurationError: Its site is no https URL without a slash at its end, or is
            one from which nobody fetches.
        AlreadyInRegister: There is one of this DID, or on this site.
        RegisterUnavailable: The register cannot be used.
    """
    texts.check_line(board.did, texts.MAX_DID, "$.did")
    Did.parse(board.did, path="$.did")
    texts.check_name(board.name, "$.name")
    check_jurisdiction(board.jurisdiction, "$.jurisdiction")
    texts.check_line(board.site, texts.MAX_DID, "$.site")
    plain = not set(board.site) & set("?# ") and not board.site.endswith("/")
    if not (board.site.startswith(_HTTPS) and plain):
        message = "a site is an https URL without a slash at its end"
        raise ConfigurationError(message, path="$.site")
    register.found(board, recorded=clock())


def _issue(
    act: Act, rows: Sequence[tuple[str, MedidError | None]], issuing: Issuing
) -> None:
    # Only who signs needs what signs.
    from medid.board.workshop import Bench

    ready = [number for number, error in rows if error is None]
    for error in act.issue(ready, Bench(act.session.board, issuing)).values():
        raise error


def _check_rows(rows: Sequence[object]) -> None:
    if len(rows) > MAX_ROWS:
        message = f"one act has at most {MAX_ROWS} rows"
        raise ConfigurationError(message, fix="do it in parts")


def _found(license: License | None) -> License:  # noqa: A002 - the vocabulary's word
    if license is None:
        raise NotInRegister("there is no license of this number", path="$.number")
    return license
