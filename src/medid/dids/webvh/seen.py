"""The newest version of each DID that was ever seen: what a log must continue.

A log proves its own entries and cannot prove that there are no more. Whoever controls
the web server can publish it without the last ones, so that a deactivation or a change
of keys is undone; and whoever holds the keys can publish two logs that part at some
version. Both show to those who remember what they saw.

Spec: https://identity.foundation/didwebvh/v1.0/#did-watchers
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from medid.errors import DidLogAltered

if TYPE_CHECKING:
    from medid.dids.webvh.history import History

MAX_SEEN: Final = 100_000  # DIDs that are remembered in memory: about 30 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A version that was verified: its number, and the hash of its entry."""

    number: int
    entry_hash: str


class SeenVersions(Protocol):
    """Remembers the newest version of each DID, by its SCID: a DID may move."""

    def newest(self, scid: str) -> Seen | None:
        """The newest version that was noted; ``None`` where none was.

        Raises:
            EvidenceUnavailable: What is remembered cannot be read.
        """

    def note(self, scid: str, seen: Seen) -> None:
        """Remember ``seen`` where it is newer than what is remembered.

        Raises:
            DidLogAltered: Another entry of that number is remembered.
            EvidenceUnavailable: What is remembered cannot be read or written.
        """


def check(history: History, seen: Seen | None) -> None:
    """Return if ``history`` continues what was ``seen`` of its DID, or is the same.

    One entry is enough to compare: its hash covers all that came before it.

    Raises:
        DidLogAltered: It has not that many versions, or another one of that number.
        MedidError: There is an entry that does not count.
    """
    versions = history.whole()
    if seen is None:
        return
    if len(versions) < seen.number:
        raise DidLogAltered("the log is shorter than it was when it was seen before")
    check_same(seen, versions[seen.number - 1].entry_hash)


def check_same(seen: Seen, entry_hash: str) -> None:
    """Return if ``entry_hash`` is that of the version that was ``seen``.

    Raises:
        DidLogAltered: It is not.
    """
    if seen.entry_hash != entry_hash:
        raise DidLogAltered("the log had another entry of this number when it was seen")


def newest_of(history: History) -> Seen:
    """The newest version of ``history``.

    Raises:
        MedidError: There is an entry that does not count.
    """
    last = history.whole()[-1]
    return Seen(number=last.number, entry_hash=last.entry_hash)


class MemorySeenVersions:
    """Remembers for as long as the process runs; safe between threads.

    Args:
        max_dids: How many DIDs are remembered. The one that was noted longest ago is
            forgotten first.
    """

    def __init__(self, *, max_dids: int = MAX_SEEN) -> None:
        self._max_dids: Final = max_dids
        self._newest: OrderedDict[str, Seen] = OrderedDict()
        self._lock: Final = Lock()

    def newest(self, scid: str) -> Seen | None:
        """As ``SeenVersions.newest``."""
        with self._lock:
            return self._newest.get(scid)

    def note(self, scid: str, seen: Seen) -> None:
        """As ``SeenVersions.note``."""
        with self._lock:
            before = self._newest.get(scid, seen)
            if before.number == seen.number:
                check_same(before, seen.entry_hash)
            self._newest[scid] = max(before, seen, key=lambda one: one.number)
            self._newest.move_to_end(scid)
            if len(self._newest) > self._max_dids:
                self._newest.popitem(last=False)
