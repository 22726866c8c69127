"""Signing by threads: for a key whose store takes its time, and is elsewhere.

Spec: https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.board.licensing import Statement
    from medid.board.workshop import Bench, Signing

MAX_THREADS: Final = 32  # that ask one key store at a time


class Threads:
    """A workshop in which so many wait for the key store at once."""

    width: Final = 1  # the next part is planned while this one is signed

    def __init__(self, bench: Bench, pool: ThreadPoolExecutor) -> None:
        self.securing: Final = bench.securing
        self.verification_method: Final = bench.verification_method
        self._bench = bench
        self._pool = pool

    def begin(self, statements: Sequence[Statement]) -> Signing:
        """Begin to sign ``statements``; the answer waits for all of them."""
        waiting = [self._pool.submit(self._bench.sign, one) for one in statements]
        return lambda: [one.result() for one in waiting]


@contextmanager
def signing_threads(bench: Bench, *, count: int) -> Iterator[Threads]:
    """A workshop of ``count`` threads, at most ``MAX_THREADS``, at one bench."""
    pool = ThreadPoolExecutor(min(count, MAX_THREADS), thread_name_prefix="medid-sign")
    try:
        yield Threads(bench, pool)
    finally:
        # What was begun and not taken is signed for nobody: the store is not asked.
        pool.shutdown(cancel_futures=True)
