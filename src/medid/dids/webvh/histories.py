"""The histories that were verified last: a log that grew costs what it grew by.

A history is kept for the exact bytes that it was read from. Nothing else decides
whether it is used again: not the time, and not where the log came from. What failed is
not kept, nor why.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Final

from medid.dids.webvh.history import NOTHING, History, read

if TYPE_CHECKING:
    from medid.dids.webvh.history import Version

MAX_KEPT_BYTES: Final = 33_554_432  # 32 MiB of logs, of whose documents none is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Verified versions, and the digest of the bytes that they were read from."""

    versions: tuple[Version, ...]
    size: int
    digest: bytes


class Histories:
    """The last histories of several DIDs; safe between threads.

    Args:
        max_bytes: How long the logs may be, together, whose histories are kept.
    """

    def __init__(self, *, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self._max_bytes: Final = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock: Final = Lock()

    def read(self, scid: str, content: bytes) -> History:
        """The history that the log ``content`` proves.

        Args:
            scid: Under which it is kept.
            content: JSON Lines.

        Raises:
            TooLarge: More bytes or entries than are read.
        """
        found = read(content, known=self._known(scid, content))
        if found.versions:
            self._keep(scid, found.versions, content)
        return found

    def _known(self, scid: str, content: bytes) -> History:
        with self._lock:
            kept = self._kept.get(scid)
            if kept is None:
                return NOTHING
            self._kept.move_to_end(scid)
        # The line must end there: more of it would make another entry.
        ends = content[kept.size : kept.size + 1] in {b"", b"\n"}
        if not ends or sha256(content[: kept.size]).digest() != kept.digest:
            return NOTHING
        return History(versions=kept.versions)

    def _keep(self, scid: str, versions: tuple[Version, ...], content: bytes) -> None:
        size = versions[-1].end
        kept = _Kept(
            versions=versions, size=size, digest=sha256(content[:size]).digest()
        )
        with self._lock:
            before = self._kept.pop(scid, None)
            self._kept[scid] = kept
            self._bytes += size - (before.size if before else 0)
            while self._bytes > self._max_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.size
