"""A trust file that is read again while a verifier runs.

Whoever strikes off a board changes the file, and does nothing else: ``LOOK_SECONDS``
later no decision of any process relies on that board, and none that was made before is
in force any more.

A file that cannot be read, or is no trust file any more, says nothing about whom to
believe. What it said before may be what somebody wanted to take back, so it is not used
on: until the file is good again, every decision says that trust is unknown.
"""

from __future__ import annotations

import hashlib
import stat
import threading
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.access.facts import consent_settings
from medid.core.instant import Clock, system_clock
from medid.errors import ConfigurationError, EvidenceUnavailable, MedidError
from medid.trust.documents import read_trust_file
from medid.trust.registry import TrustRegistry
from medid.trust.source import Standing

if TYPE_CHECKING:
    from medid.core.instant import Instant

# A board that was struck off counts for no longer than this; reading takes 1 ms.
LOOK_SECONDS: Final = 30
MAX_LOOK_SECONDS: Final = 3_600  # seconds: more is not what a site means by running
# After a fault the file is looked at this soon again: it may just have been written.
RETRY_SECONDS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFileCounts:
    """What a trust file has done since the start. Nothing in it names anybody.

    Attributes:
        looks: How often the file was read.
        changes: Of these, how often it was another registry than before.
        faults: Of these, how often it could not be read, or was no trust file.
        usable: Whether it was good when it was last looked at.
    """

    looks: int
    changes: int
    faults: int
    usable: bool


class TrustFile:
    """A ``TrustSource`` that follows a file. Safe to share between threads.

    Replace the file by renaming another over it: a file that is met half written is
    broken until the next look.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        seconds: float = LOOK_SECONDS,
        clock: Clock = system_clock,
    ) -> None:
        """Read the file for the first time.

        Args:
            path: YAML if its name says so, else JSON.
            seconds: For how long what was read is used, without looking again.
            clock: Says when that is over; a clock that is set back is over too.

        Raises:
            ConfigurationError: ``seconds`` is no such time, the file cannot be read,
                or it is no registry.
            MissingExtra: It is YAML, and PyYAML is not installed.
        """
        if not (isfinite(seconds) and 0 < seconds <= MAX_LOOK_SECONDS):
            message = f"not a number of seconds above 0 and up to {MAX_LOOK_SECONDS}"
            raise ConfigurationError(message, path="$.seconds")
        self._path, self._seconds, self._clock = Path(path), seconds, clock
        self._lock = threading.Lock()
        self._looks, self._changes, self._faults = 1, 0, 0
        content = read_trust_file(self._path)
        self._registry: TrustRegistry | None = _checked(content, self._path)
        self._digest = hashlib.sha256(content).digest()
        self._seen = self._looked(clock(), self._registry)

    def standing(self) -> Standing:
        """What the file says, as it was ``seconds`` ago at most.

        Raises:
            EvidenceUnavailable: It cannot be read, or is no trust file any more.
        """
        seen = self._seen
        if not seen.lasts(self._clock()):
            # Nobody decides by what is over, so everybody waits for whoever looks.
            with self._lock:
                now = self._clock()
                if not self._seen.lasts(now):
                    self._seen = self._look(now)
                seen = self._seen
        if seen.standing is None:
            message = "the trust file is broken, so whom to believe is not known"
            fix = f"correct it ({seen.fault}): TrustRegistry.from_file says where"
            raise EvidenceUnavailable(message, path="$.trust", fix=fix)
        return seen.standing

    def counts(self) -> TrustFileCounts:
        """What it has done since the start."""
        with self._lock:
            return TrustFileCounts(
                looks=self._looks,
                changes=self._changes,
                faults=self._faults,
                usable=self._seen.standing is not None,
            )

    def _look(self, now: Instant) -> _Seen:
        self._looks += 1
        try:
            _check_file(self._path)
            content = read_trust_file(self._path)
            digest = hashlib.sha256(content).digest()
            registry = self._registry if digest == self._digest else None
            if registry is None:
                registry = _checked(content, self._path)
        except MedidError as error:
            self._faults += 1
            self._registry = None
            return _Seen(since=now, until=now.plus(RETRY_SECONDS), fault=error.code)
        self._changes += digest != self._digest
        self._digest, self._registry = digest, registry
        return self._looked(now, registry)

    def _looked(self, now: Instant, registry: TrustRegistry) -> _Seen:
        until = now.plus(self._seconds)
        found = Standing(registry=registry, until=until)
        return _Seen(since=now, until=until, standing=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What was found, and from when to when it is used."""

    since: Instant
    until: Instant
    standing: Standing | None = None
    fault: str = ""

    def lasts(self, now: Instant) -> bool:
        return self.since <= now < self.until


def _check_file(path: Path) -> None:
    """Return if what is there is a file, and nothing that is waited for.

    Raises:
        ConfigurationError: It is a pipe or the like, whose end may never come.
    """
    with suppress(OSError):  # reading it says what is wrong
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigurationError("the trust file is no file any more")


def _checked(content: bytes, path: Path) -> TrustRegistry:
    """The registry in ``content``, with all that decisions take from it.

    Raises:
        ConfigurationError: It is no registry, or names an overlay that is not there.
        MissingExtra: It is YAML, and PyYAML is not installed.
    """
    found = TrustRegistry.from_content(content, path)
    consent_settings(found)
    return found
