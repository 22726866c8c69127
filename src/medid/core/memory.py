"""What was worked out before and need not be worked out again: bounded, in memory only.

Two things, for two lengths of time. ``Known`` goes with one opened document and holds
what follows from that document alone. ``Memory`` belongs to a verifier and holds the
documents that it saw last, by their exact text. Neither holds an answer that depends on
the time, on evidence or on trust, and neither holds a failure: what went wrong once is
worked out anew, with its reason.

What is kept is kept as it was made, so nothing in it may ever be modified.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple, cast

from medid.core.arguments import checked_arguments
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MAX_REMEMBERED_BYTES: Final = 16_777_216  # 16 MiB: at least 230 licenses of 3 kB
# What is made of a document takes at most about this many times the bytes of its text:
# an array of empty objects as many, a license six, and nineteen with what it states.
TEXT_WEIGHT: Final = 24
# Of that, what a credential states may take so many times: less dense text than that of
# a license, such as long names, takes less, and denser text is not kept.
STATED_WEIGHT: Final = 16
# What takes more than this share of the memory would push out too much else.
_LARGEST_SHARE: Final = 4
MAX_KNOWN: Final = 64  # things that follow from one document; a license has about ten

_Made = TypeVar("_Made")
_Args = TypeVarTuple("_Args")


class Known:
    """What follows from one document alone, each thing worked out once.

    Args:
        most: How many things are known at the same time.
        room: How many bytes what the document states may take, as estimated; with 0
            it is not kept.
    """

    __slots__ = ("_found", "_met", "_most", "room")

    def __init__(self, most: int = MAX_KNOWN, *, room: int = 0) -> None:
        self._found: dict[Hashable, Any] = {}
        self._met = False
        self._most: Final = most
        self.room: Final = room

    def met_again(self) -> bool:
        """Whether this was asked before: what is met once need not be kept."""
        again, self._met = self._met, True
        return again

    def once(
        self, name: Hashable, make: Callable[[*_Args], _Made], *args: *_Args
    ) -> _Made:
        """What ``make`` of ``args`` returned when ``name`` was first asked for.

        Two threads may both make it, which costs time and changes nothing: what is made
        depends on ``name`` and the document only. Whatever ``make`` raises is not kept.
        """
        try:
            found: _Made = self._found[name]
        except KeyError:
            found = self._add(name, make(*args))
        return found

    def _add(self, name: Hashable, made: _Made) -> _Made:
        if len(self._found) >= self._most:
            self._found.clear()
        self._found[name] = made
        return made


class Memory:
    """The documents that were seen last, by their exact text; safe between threads.

    Args:
        max_bytes: Of what is remembered, in all and as estimated; 0 remembers nothing.
        keep_proofs: Whether a proof that held for a document and a key is taken to hold
            when exactly the same document and key are met again. Whose key it is,
            times, status and trust are asked each time.

    Raises:
        ConfigurationError: ``max_bytes`` is negative.
    """

    __slots__ = ("_bytes", "_kept", "_lock", "_max_bytes", "keep_proofs")

    @checked_arguments
    def __init__(
        self, *, max_bytes: int = MAX_REMEMBERED_BYTES, keep_proofs: bool = True
    ) -> None:
        if max_bytes < 0:
            message = "a number of bytes is not negative"
            raise ConfigurationError(message, path="$.max_bytes")
        self.keep_proofs: Final = keep_proofs
        self._max_bytes: Final = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._lock: Final = Lock()

    def recall(
        self, key: Hashable, make: Callable[[], _Made], *, size: Callable[[_Made], int]
    ) -> _Made:
        """What ``make`` returned for ``key``, now or before.

        Args:
            key: The text that it is made of, and all else that it depends on.
            make: Called where nothing is remembered; what it raises is not kept.
            size: An estimate of the bytes that what was made takes.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return cast("_Made", found[0])
        made = make()
        if self._max_bytes and size(made) * _LARGEST_SHARE <= self._max_bytes:
            self._keep(key, made, size(made))
        return made

    def read(self, kind: str, text: bytes, make: Callable[[], _Made]) -> _Made:
        """What ``make`` made of ``text`` as a document of ``kind``, now or before."""
        return self.recall(
            (kind, text), make, size=lambda _made: TEXT_WEIGHT * len(text)
        )

    def _keep(self, key: Hashable, made: object, size: int) -> None:
        with self._lock:
            _, before = self._kept.pop(key, (None, 0))
            self._kept[key] = (made, size)
            self._bytes += size - before
            while self._bytes > self._max_bytes:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed


# For whoever brings no memory of their own: it keeps nothing.
FORGETFUL: Final = Memory(max_bytes=0)
