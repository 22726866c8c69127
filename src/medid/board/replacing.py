"""One key takes the place of another: what the old one signed is issued anew.

A key is changed when its time has come, and when it was stolen. Both times everything
that the old one signed and that still holds is signed again with the new one, and taken
back: from a day on that lies ahead, so that everybody has the time to fetch what is
new, or at once. What a license has come to mean meanwhile is decided as for every
credential, so whoever is suspended gets nothing in its place.

It happens page by page, each of which is one act. A run that was broken off is started
again, finds what is done already, and goes on.

Spec: https://www.w3.org/TR/vc-data-integrity/#key-compromise (what a stolen key means),
https://www.w3.org/TR/vc-bitstring-status-list/
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.board import licensing, standing
from medid.board.office import Office
from medid.board.workshop import Bench
from medid.core import jcs
from medid.core import json as strict_json
from medid.core.records import replace
from medid.errors import ChangeNotAllowed, ConfigurationError, MedidError, NotInRegister
from medid.verifying.opening import open_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.board.acts import Act, Issuing
    from medid.board.records import IssuedCredential, License, Reason
    from medid.core.instant import Instant

_PAGE: Final = 500  # licenses of one act: what a run that is killed does again


class Fate(StrEnum):
    """What becomes of a credential whose key is not used any more."""

    #: Another one, of the new key, stands in its place.
    REPLACED = "replaced"
    #: It is taken back, and the license is not one on which another could be issued.
    WITHDRAWN = "withdrawn"
    #: It was revoked before, because of what became of the license.
    REVOKED = "revoked"
    #: It ends by itself before it would be taken back.
    ENDS = "ends"


class Record(StrEnum):
    """What the register knows of a credential that was found somewhere."""

    #: It was issued, and says what it said then.
    ISSUED = "on record"
    #: One of its id was issued, and said something else, or it was in another form.
    DIFFERS = "differs"
    #: The board has not issued it: whoever signed it was not the board.
    UNKNOWN = "not on record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What became of one credential.

    Attributes:
        credential: The old one, as it was before.
        fate: What has become of it, or would.
        replaced_by: The id of the one in its place.
        effective: From when it does not count; ``None`` where it ends by itself.
        now: Whether this run did it, or one before.
        issued: What this run issued in its place.
        error: Why nothing was issued in its place.
    """

    credential: IssuedCredential
    fate: Fate
    replaced_by: str | None = None
    effective: Instant | None = None
    now: bool = False
    issued: IssuedCredential | None = None
    error: MedidError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """Which key takes the place of which.

    Attributes:
        old: The DID URL of the old key, as credentials have it.
        issuing: The new key.
        securing: How everything is secured; by default, as what it stands in place of.
        effective: From when what the old one signed does not count; ``None`` is at
            once.
        reason: Who changes it, and why.
    """

    old: str
    issuing: Issuing
    reason: Reason
    securing: str | None = None
    effective: Instant | None = None


class KeyOffice(Office):
    """The office of a board that changes its keys."""

    def replace(self, change: KeyChange) -> Iterator[tuple[Replacement, ...]]:
        """Issue anew, and take back, what the old key signed.

        Args:
            change: Which key, by which, and from when.

        Returns:
            What became of every credential of the old key, license by license in the
            order of their numbers: what an earlier run did, or what ended long ago, is
            told as well. Each page is recorded when it is given.

        Raises:
            ConfigurationError: The new key is another DID's or the old one, or cannot
                secure a credential as the old one did.
            ChangeNotAllowed: The time is over already.
            NotInRegister: The old key signed nothing that the register knows.
            ProofGenerationError: medid would refuse what stands in the place of one;
                where the key was stolen, that is taken back all the same.
            SignerError: The key store refused; the pages before are recorded.
            RegisterUnavailable: The register cannot be used; as well.
        """
        self._check_key(change.issuing)
        if change.issuing.controller.verification_method == change.old:
            message = "the new key is the old one"
            raise ConfigurationError(message, path="$.verificationMethod")
        if change.effective is not None and change.effective <= self._clock():
            message = "what is signed cannot be taken back as of a time that is over"
            raise ChangeNotAllowed(message, path="$.effective")
        after = ""
        while numbers := self._signed_by(change.old, after):
            after = numbers[-1]
            yield self._replace_page(numbers, change)
        if not after:
            message = "no credential in the register was signed with this key"
            fix = "name the DID URL of the key: medid board history --json shows it"
            raise NotInRegister(message, path="$.key", fix=fix)

    def on_record(self, found: bytes) -> Record:
        """What the register knows of a credential that turned up somewhere.

        Args:
            found: The document, token or message.

        Raises:
            MedidError: It is no credential.
            RegisterUnavailable: The register cannot be used.
        """
        opened = open_document(found)
        name = None if opened.credential is None else opened.credential.id
        if name is None:
            return Record.UNKNOWN  # what the board issues has an id
        with self._register.session(self._board, writing=False) as session:
            number = session.license_of(name)
            if number is None:
                return Record.UNKNOWN
            issued = session.credentials([number])[number]
        same = [one for one in issued if one.id == name and _same(one.content, found)]
        return Record.ISSUED if same else Record.DIFFERS

    def _signed_by(self, key: str, after: str) -> Sequence[str]:
        with self._register.session(self._board, writing=False) as session:
            return session.signed_by(key, after=after, limit=_PAGE)

    def _replace_page(
        self, numbers: Sequence[str], change: KeyChange
    ) -> tuple[Replacement, ...]:
        """The fates of what the old key signed on these licenses, in their order."""
        with self._register.session(self._board, writing=False) as session:
            licenses = session.licenses(numbers)
            issued = session.credentials(numbers)
        olds = [
            one
            for number in numbers
            for one in issued[number]
            if one.verification_method == change.old
        ]
        now = self._clock()
        found = {
            one.id: _settled(one, licenses[one.license], change, now) for one in olds
        }
        due = [one for one in olds if found[one.id] is None]
        # An act issues one credential on a license: one act for each way to secure it.
        for securing in sorted({change.securing or one.securing for one in due}):
            chosen = [
                one for one in due if (change.securing or one.securing) == securing
            ]
            for done in self._replace(chosen, securing, change):
                found[done.credential.id] = done
        return tuple(one for one in found.values() if one is not None)

    def _replace(
        self, chosen: Sequence[IssuedCredential], securing: str, change: KeyChange
    ) -> list[Replacement]:
        """One act, which decides anew: somebody may have been quicker."""
        numbers = list(dict.fromkeys(one.license for one in chosen))
        ids = {one.id for one in chosen}
        with self.act(change.reason) as act:
            act.read(numbers)
            olds = [
                one for number in numbers for one in act.before(number) if one.id in ids
            ]
            settled = [
                _settled(one, act.licenses[one.license], change, act.now)
                for one in olds
            ]
            # 1. What is done already, and what may stand in place of the rest.
            done = [one for one in settled if one is not None]
            due = [old for old, one in zip(olds, settled, strict=True) if one is None]
            there = _successors(act, [one.license for one in due], securing, change)
            # 2. Issue where nothing stands yet, and something may.
            missing = [one.license for one in due if one.license not in there]
            refused = _refused(act, missing)
            issuing = replace(change.issuing, securing=securing)
            ready = [one for one in missing if one not in refused]
            unsigned = act.issue(ready, Bench(act.session.board, issuing))
            if change.effective is not None:
                for failed in unsigned.values():
                    raise failed
            # What a stolen key signed is taken back also where medid refuses to say
            # it again: one license must not keep it on all that come after.
            refused |= unsigned
            # 3. Take the old ones back.
            done += [
                _taken(
                    act,
                    old,
                    change,
                    there=there.get(old.license),
                    error=refused.get(old.license),
                )
                for old in due
            ]
            act.write()
        return done


def _settled(
    old: IssuedCredential,
    license: License,  # noqa: A002 - the vocabulary's word
    change: KeyChange,
    now: Instant,
) -> Replacement | None:
    """What has become of a credential already; ``None`` where it has to be replaced."""
    by = change.effective or now
    back = [one for one in old.withdrawals if one.effective <= by]
    replaced = [one.replaced_by for one in back if one.replaced_by is not None]
    revoked = licensing.revoked_at(old, license, now)
    over = old.ends is not None and old.ends <= by
    gone = revoked or over or not _in_force(license, now)
    if replaced or (back and gone):
        return Replacement(
            credential=old,
            fate=Fate.REPLACED if replaced else Fate.WITHDRAWN,
            replaced_by=replaced[-1] if replaced else None,
            effective=min(one.effective for one in back),
        )
    if revoked:
        return Replacement(credential=old, fate=Fate.REVOKED)
    return Replacement(credential=old, fate=Fate.ENDS) if over else None


def _in_force(license: License, now: Instant) -> bool:  # noqa: A002
    held = license.as_of(now)
    return held is not None and held.status in standing.ISSUED


def _successors(
    act: Act, numbers: Sequence[str], securing: str, change: KeyChange
) -> dict[str, str]:
    """What stands already in place of what the old key signed, by license."""
    return {
        number: one.id
        for number in numbers
        for one in act.before(number)
        if one.securing == securing
        and _stands(one, act.before(number), change)
        and _settled(one, act.licenses[number], change, act.now) is None
        and _lasts(one, act.licenses[number], act.now)
    }


def _lasts(
    one: IssuedCredential,
    license: License,  # noqa: A002 - the vocabulary's word
    now: Instant,
) -> bool:
    """Whether a credential is for as long as the license: it may have been renewed."""
    held = license.as_of(now)
    stated = license.numbered(one.version)
    return held is not None and stated.expires_on == held.expires_on


def _stands(
    one: IssuedCredential, issued: Sequence[IssuedCredential], change: KeyChange
) -> bool:
    """Whether a credential is of the new key, or was issued in place of another."""
    method = one.verification_method
    named = {each.replaced_by for old in issued for each in old.withdrawals}
    new = method == change.issuing.controller.verification_method
    return not one.withdrawals and (new or (one.id in named and method != change.old))


def _refused(act: Act, numbers: Sequence[str]) -> dict[str, MedidError]:
    """On which of these licenses nothing can be issued, and why."""
    found: dict[str, MedidError] = {}
    for number in numbers:
        try:
            act.check_issuable(number)
        except MedidError as error:
            found[number] = error
    return found


def _taken(
    act: Act,
    old: IssuedCredential,
    change: KeyChange,
    *,
    there: str | None,
    error: MedidError | None,
) -> Replacement:
    """Take a credential back, or say of one that is what stands in its place now."""
    issued = act.issued.get(old.license)
    replaced_by = there if issued is None else issued.id
    effective = change.effective or act.now
    back = [one.effective for one in old.withdrawals if one.effective <= effective]
    new = error is None or not back
    if new:
        act.withdraw(old, replaced_by, effective=effective)
    return Replacement(
        credential=old,
        fate=Fate.REPLACED if error is None else Fate.WITHDRAWN,
        replaced_by=replaced_by,
        effective=min([*back, effective]),
        now=new,
        issued=issued,
        error=error,
    )


def _same(issued: bytes, found: bytes) -> bool:
    """Whether two texts are one document, token or message."""
    if issued == found.strip():
        return True
    try:
        # As JCS, because 1 and true are equal in Python.
        one, other = (jcs.canonicalize(strict_json.loads(it)) for it in (issued, found))
    except MedidError:
        return False
    return one == other
