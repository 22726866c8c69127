"""The history of a did:webvh: each version proven by the one before it.

Every entry is verified, whichever version is asked for. What fails, and all that comes
after it, is no part of the history; the reason is kept beside what was verified before.

Spec: https://identity.foundation/didwebvh/v1.0/#read-resolve
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from medid.core.fields import required_str
from medid.dids.syntax import Did
from medid.dids.webvh import entries, hashing, parameters, proofs
from medid.dids.webvh.location import locate
from medid.errors import InvalidDidLog, MedidError, TooLarge, child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.instant import Instant
    from medid.dids.webvh.entries import LogEntry
    from medid.dids.webvh.parameters import Parameters, Witnesses

MAX_LOG_BYTES: Final = 16_777_216  # 16 MiB: 10,000 entries of 1.6 kB
MAX_ENTRIES: Final = 10_000  # versions; one each day for 27 years, checked in 2 s
MAX_AHEAD: Final = 300  # seconds by which a version may lie in the future


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One verified version.

    Attributes:
        did: What its document says that the DID is.
        witnesses: Who has to approve it; ``None`` where nobody has.
        parameters: What is in force once it is published.
        start: Where its line begins in the log, in bytes.
        end: Where its line ends, in bytes, its newline left out.
        expires: From when its proofs hold no more; ``None`` where they state no end.
    """

    number: int
    version_id: str
    time: Instant
    time_text: str
    did: str
    witnesses: Witnesses | None
    parameters: Parameters
    start: int
    end: int
    expires: Instant | None = None

    @property
    def entry_hash(self) -> str:
        """The hash behind the dash of the ``versionId``."""
        return self.version_id.partition("-")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a log proves.

    Attributes:
        versions: Those that are verified, in their order.
        failure: Why the entry behind them, and all that follow, do not count; ``None``
            where the whole log is verified.
    """

    versions: tuple[Version, ...] = ()
    failure: MedidError | None = None

    def until(self, count: int, failure: MedidError) -> History:
        """The first ``count`` versions, behind which ``failure`` stands."""
        return History(versions=self.versions[:count], failure=failure)

    def known_at(self, instant: Instant) -> History:
        """What of it may be there at ``instant``, at which the log was fetched.

        Times increase, so that what lies in the future stands at the end.
        """
        limit = instant.plus(MAX_AHEAD)
        count = bisect_right(self.versions, limit, key=attrgetter("time"))
        if count == len(self.versions):
            return self
        path = child(child("$", count), "versionTime")
        return self.until(
            count, InvalidDidLog("the version is of a time to come", path=path)
        )

    def whole(self) -> tuple[Version, ...]:
        """All versions, at least one.

        Raises:
            MedidError: There is an entry that does not count.
        """
        if self.failure is not None:
            raise self.failure
        return self.versions


NOTHING: Final = History()


def read(content: bytes, *, known: History = NOTHING) -> History:
    """The history that the log ``content`` proves.

    Args:
        content: JSON Lines.
        known: What the first lines of ``content`` were read as before, byte for byte.

    Raises:
        TooLarge: More bytes or entries than are read.
    """
    if len(content) > MAX_LOG_BYTES:
        raise TooLarge(f"the log has more than {MAX_LOG_BYTES} bytes")
    if content.count(b"\n") + (not content.endswith(b"\n")) > MAX_ENTRIES:
        raise TooLarge(f"the log has more than {MAX_ENTRIES} entries")
    versions = [*known.versions]
    at = versions[-1].end + 1 if versions else 0
    for start, end in _lines(content, at):
        try:
            entry = entries.read(content[start:end])
            versions.append(
                _next(versions[-1] if versions else None, entry, (start, end))
            )
        except MedidError as error:
            failure = entries.refused(error, child("$", len(versions)))
            return History(versions=tuple(versions), failure=failure)
    if not versions:
        return History(failure=InvalidDidLog("the log has no entries"))
    return History(versions=tuple(versions))


def _lines(content: bytes, start: int) -> Iterator[tuple[int, int]]:
    while start < len(content):
        newline = content.find(b"\n", start)
        end = len(content) if newline < 0 else newline
        yield start, end
        start = end + 1


def _next(before: Version | None, entry: LogEntry, place: tuple[int, int]) -> Version:
    """The version that ``entry`` adds to ``before``.

    Raises:
        MedidError: It adds none.
    """
    # The steps are numbered as in the specification.
    # 1. and 7. What is in force, and whether pre-rotation allows it.
    now = _parameters(before, entry)
    # 3. The version number, and the hash over the entry and its predecessor.
    _check_version_id(before, entry, now.scid)
    # 4. The time.
    if before is not None and entry.version_time <= before.time:
        message = "the version is not later than the one before it"
        raise InvalidDidLog(message, path="$.versionTime")
    # 5. The SCID.
    if before is None:
        _check_scid(entry, now.scid)
    # 6. The DID that the document describes.
    did = _did(before, entry, now)
    # 2. The proofs, which cost the most.
    _check_proofs(entry, _update_keys(before, now))
    return Version(
        number=entry.number,
        version_id=entry.version_id,
        time=entry.version_time,
        time_text=entry.time_text,
        did=did,
        witnesses=_witnesses(before, now),
        parameters=now,
        start=place[0],
        end=place[1],
        expires=_expires(entry),
    )


def _parameters(before: Version | None, entry: LogEntry) -> Parameters:
    path = "$.parameters"
    if before is None:
        return parameters.first(entry.parameters, path)
    if before.parameters.deactivated:
        raise InvalidDidLog("no version follows a deactivation")
    now = parameters.later(before.parameters, entry.parameters, path)
    # What many entries state again is kept once.
    return before.parameters if now == before.parameters else now


def _check_version_id(before: Version | None, entry: LogEntry, scid: str) -> None:
    predecessor = scid if before is None else before.version_id
    if entry.number != (1 if before is None else before.number + 1):
        message = "version numbers begin at 1, and each is one more"
        raise InvalidDidLog(message, path="$.versionId")
    if not hashing.fits(entry.entry_hash, entry.canonical(predecessor)):
        message = "the entry is not the one that its versionId is the hash of"
        raise InvalidDidLog(message, path="$.versionId")


def _check_scid(entry: LogEntry, scid: str) -> None:
    if hashing.PLACEHOLDER in entry.canonical(entry.version_id).decode():
        message = "the first entry holds the placeholder of the SCID"
        raise InvalidDidLog(message)
    if hashing.scid(hashing.without_scid(entry.raw, scid)) != scid:
        message = "the SCID is not the hash of the first entry"
        raise InvalidDidLog(message, path="$.parameters.scid")


def _did(before: Version | None, entry: LogEntry, now: Parameters) -> str:
    path = "$.state.id"
    text = required_str(entry.state, "id", "$.state")
    if before is not None and text == before.did:
        return before.did
    if locate(Did.parse(text)).scid != now.scid:
        raise InvalidDidLog("the DID has another SCID than its log", path=path)
    if before is None:
        return text
    if not now.portable:
        raise InvalidDidLog("the DID moved and is not portable", path=path)
    aliases = entry.state.get("alsoKnownAs")
    if not isinstance(aliases, list) or before.did not in aliases:
        message = "a DID that moved must name the one before it"
        raise InvalidDidLog(message, path="$.state.alsoKnownAs")
    return text


def _update_keys(before: Version | None, now: Parameters) -> tuple[str, ...]:
    """The keys that may sign an entry: of the one before, or those committed to."""
    if before is None or before.parameters.next_key_hashes:
        return now.update_keys
    return before.parameters.update_keys


def _check_proofs(entry: LogEntry, keys: tuple[str, ...]) -> None:
    for proof in entry.proofs:
        multikey = proofs.signer(proof)
        if multikey not in keys:
            message = "the key was not authorized to sign this version"
            raise InvalidDidLog(message, path=child(proof.path, "verificationMethod"))
        proofs.check_period(proof, entry.version_time)
        proofs.verify(entry.raw, entry.canonical(entry.version_id), proof, multikey)


def _expires(entry: LogEntry) -> Instant | None:
    """When the first of its proofs expires: every one of them has to hold."""
    stated = (proof.expires for proof in entry.proofs if proof.expires is not None)
    return min(stated, default=None)


def _witnesses(before: Version | None, now: Parameters) -> Witnesses | None:
    """Who has to approve an entry: those before it, or the first that there are."""
    if before is None or before.parameters.witness is None:
        return now.witness
    return before.parameters.witness
