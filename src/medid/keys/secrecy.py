"""What holds a secret is neither pickled nor copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from typing import SupportsIndex


class NeverCopied:
    """A base for what holds a key, or the way to one.

    A pickle goes to disks, queues and other processes, where nobody expects a key. What
    prints such an object is its own affair: it names the public key and nothing else.
    """

    __slots__ = ()

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("what holds a private key is neither pickled nor copied")

    def __getstate__(self) -> NoReturn:
        raise TypeError("what holds a private key does not show its state")
