"""What a cache holds in this process: answers by name, bounded in number and in bytes.

The least recently used goes first. Failures are held like documents; how long either
may be used is the cache's to say, by the time that stands beside it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.fetch import Fetched
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.errors import MedidError

MAX_KEPT_BYTES: Final = 67_108_864  # 64 MiB: as many status lists of the largest size
MAX_KEPT: Final = 10_000  # answers; a verifier of a large hospital knows some hundred
ENTRY_BYTES: Final = 1_024  # what an answer takes beside its content, about
# What takes more than this share of the room would push out too much else.
_LARGEST_SHARE: Final = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer, and when it was given or last confirmed."""

    answer: Fetched | MedidError
    at: Instant

    @property
    def size(self) -> int:
        """The bytes that it takes, about."""
        content = self.answer.content if isinstance(self.answer, Fetched) else b""
        return len(content) + ENTRY_BYTES


class Kept:
    """Answers by name. Safe to share between threads.

    Raises:
        ConfigurationError: A bound that leaves no room.
    """

    __slots__ = ("_bytes", "_entries", "_lock", "_max_bytes", "_max_entries", "evicted")

    def __init__(
        self, *, max_bytes: int = MAX_KEPT_BYTES, max_entries: int = MAX_KEPT
    ) -> None:
        for name, bound in (("max_bytes", max_bytes), ("max_entries", max_entries)):
            if bound <= 0:
                message = "a cache has room for something"
                raise ConfigurationError(message, path=f"$.{name}")
        self._max_bytes: Final = max_bytes
        self._max_entries: Final = max_entries
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._bytes = 0
        self._lock: Final = threading.Lock()
        self.evicted = 0

    def get(self, name: str) -> Entry | None:
        """What is held under ``name``, however old it is."""
        with self._lock:
            found = self._entries.get(name)
            if found is not None:
                self._entries.move_to_end(name)
            return found

    def put(self, name: str, entry: Entry) -> None:
        """Hold ``entry`` under ``name``, unless a newer one is held there."""
        with self._lock:
            before = self._entries.get(name)
            if before is not None and before.at > entry.at:
                return
            self._drop(name)
            if entry.size * _LARGEST_SHARE > self._max_bytes:
                return
            self._entries[name] = entry
            self._bytes += entry.size
            while (
                self._bytes > self._max_bytes or len(self._entries) > self._max_entries
            ):
                self._drop(next(iter(self._entries)))
                self.evicted += 1

    def drop(self, name: str) -> None:
        """Hold nothing under ``name``."""
        with self._lock:
            self._drop(name)

    def _drop(self, name: str) -> None:
        gone = self._entries.pop(name, None)
        if gone is not None:
            self._bytes -= gone.size
