"""Where challenges are kept: in this process, or in a file that several share.

A challenge is 256 bits of the system's randomness. The stores keep its SHA-256 digest
and its end, so that whoever reads the store cannot answer a challenge. Consuming
removes it in one atomic step: of any number of threads or processes that present one
challenge at the same time, exactly one succeeds, before and after a restart.

A store that cannot be used refuses with ``EvidenceUnavailable``: nothing is permitted
on a challenge that nobody could check.

Spec: https://www.w3.org/TR/vc-data-integrity/#defn-challenge
"""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from medid.adapters.sqlite_file import BUSY_SECONDS, SqliteFile, SqliteForm, stored
from medid.core import base64url
from medid.core.arguments import checked_arguments
from medid.core.entropy import Entropy, drawn, system_entropy
from medid.errors import ConfigurationError, EvidenceUnavailable, Replayed
from medid.verifying.challenges import CHALLENGE_LIFETIME

if TYPE_CHECKING:
    from pathlib import Path

    from medid.core.instant import Instant

CHALLENGE_BYTES: Final = 32  # 256 bits; OpenID4VP asks for 128 at least
MAX_OPEN: Final = 100_000  # unanswered challenges that a store holds: about 10 MB

_MAX_CHARACTERS: Final = 64  # of what is looked up; a challenge has 43
_FORM: Final = SqliteForm(
    name="challenge store",
    application_id=0x4D444944,  # MDID
    schema=(
        (
            "CREATE TABLE IF NOT EXISTS challenge ("
            "digest BLOB PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID"
        ),
        "CREATE INDEX IF NOT EXISTS challenge_ends ON challenge (ends)",
    ),
    # A challenge that was used must stay used, even if the power fails.
    durable=True,
)


class MemoryChallenges:
    """Challenges of one process. They are forgotten when it ends.

    At most ``max_open`` are held. When that many are unanswered, the expired ones are
    dropped; if that makes no room, none is issued until some expire. So nobody can
    push another's challenge out by asking for many.
    """

    @checked_arguments
    def __init__(
        self, *, max_open: int = MAX_OPEN, entropy: Entropy = system_entropy
    ) -> None:
        self._max_open = max_open
        self._entropy = entropy
        self._ends: dict[bytes, Instant] = {}
        self._lock = threading.Lock()

    @checked_arguments
    def issue(self, *, lifetime_seconds: int = CHALLENGE_LIFETIME, at: Instant) -> str:
        """A new challenge, good for one use until ``lifetime_seconds`` after ``at``.

        Raises:
            ConfigurationError: The lifetime is not positive.
            EvidenceUnavailable: As many challenges as may be are unanswered.
        """
        end = _end(at, lifetime_seconds)
        challenge = _new(self._entropy)
        with self._lock:
            if len(self._ends) >= self._max_open:
                self._drop_expired(at)
            if len(self._ends) >= self._max_open:
                raise _full()
            self._ends[_digest(challenge)] = end
        return challenge

    @checked_arguments
    def consume(self, challenge: str, *, at: Instant) -> None:
        """Return if ``challenge`` was issued here, is not too old and was not used.

        Raises:
            Replayed: It was used before, was never issued here, or is too old.
        """
        digest = _digest(challenge)
        with self._lock:
            end = self._ends.pop(digest, None)
        if end is None or at >= end:
            raise _replayed()

    def _drop_expired(self, at: Instant) -> None:
        expired = [key for key, end in self._ends.items() if at >= end]
        for key in expired:
            del self._ends[key]


class SqliteChallenges:
    """Challenges in an SQLite file that several processes share and restarts keep.

    The file, and the two that SQLite puts beside it, can be read and written by their
    owner only. Any number of threads may share it, and a fork harms nothing.
    """

    @checked_arguments
    def __init__(
        self,
        path: str | Path,
        *,
        max_open: int = MAX_OPEN,
        busy_seconds: float = BUSY_SECONDS,
        entropy: Entropy = system_entropy,
    ) -> None:
        """Open the store at ``path``, or make it.

        Args:
            path: The database file; its folder must exist.
            max_open: Unanswered challenges that the store holds, see MemoryChallenges.
            busy_seconds: How long to wait for another process that writes.
            entropy: Where challenges come from.

        Raises:
            ConfigurationError: The file is another program's, or of a newer medid.
            EvidenceUnavailable: The file cannot be made, read or written.
        """
        self._file = SqliteFile(path, _FORM, busy_seconds=busy_seconds)
        self._max_open = max_open
        self._entropy = entropy

    @checked_arguments
    def issue(self, *, lifetime_seconds: int = CHALLENGE_LIFETIME, at: Instant) -> str:
        """A new challenge, good for one use until ``lifetime_seconds`` after ``at``.

        Raises:
            ConfigurationError: The lifetime is not positive.
            EvidenceUnavailable: The file cannot be used, or holds as many unanswered
                challenges as it may.
        """
        end = _end(at, lifetime_seconds)
        challenge = _new(self._entropy)
        with self._file.writing() as database:
            database.execute("DELETE FROM challenge WHERE ends <= ?", (stored(at),))
            (count,) = database.execute("SELECT count(*) FROM challenge").fetchone()
            if count >= self._max_open:
                raise _full()
            database.execute(
                "INSERT INTO challenge (digest, ends) VALUES (?, ?)",
                (_digest(challenge), stored(end)),
            )
        return challenge

    @checked_arguments
    def consume(self, challenge: str, *, at: Instant) -> None:
        """Return if ``challenge`` was issued here, is not too old and was not used.

        Raises:
            Replayed: It was used before, was never issued here, or is too old.
            EvidenceUnavailable: The file cannot be used. The challenge may be used up.
        """
        with self._file.writing() as database:
            # One statement under the write lock: whoever deletes the row has used it.
            deleted = database.execute(
                # A text is greater than any number to SQLite.
                "DELETE FROM challenge WHERE digest = ? AND ends > ?"
                " AND typeof(ends) = 'integer'",
                (_digest(challenge), stored(at)),
            ).rowcount
        if deleted != 1:
            raise _replayed()


def _new(entropy: Entropy) -> str:
    return base64url.encode(drawn(CHALLENGE_BYTES, entropy))


def _digest(challenge: str) -> bytes:
    if len(challenge) > _MAX_CHARACTERS or not challenge.isascii():
        raise _replayed()
    return sha256(challenge.encode("ascii")).digest()


def _end(at: Instant, lifetime_seconds: int) -> Instant:
    if lifetime_seconds <= 0:
        raise ConfigurationError("a challenge must live for some time")
    return at.plus(lifetime_seconds)


def _replayed() -> Replayed:
    return Replayed("the challenge was used before, is too old or is not from here")


def _full() -> EvidenceUnavailable:
    return EvidenceUnavailable(
        "too many challenges are unanswered",
        fix="wait until some expire, and limit who may ask for one",
    )
