"""Signing by processes: for a key in a file, on every core.

The private key is not handed over: each process is told the password, by a pipe that
nobody else has, and opens the file itself. They are started together and open it one
after the other, as that takes 128 MiB each time. No process is forked: it would share
locks and connections with this one.

Spec: https://docs.python.org/3/library/subprocess.html
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, cast

from medid.adapters.workshops import wire
from medid.errors import SignerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from medid.board.licensing import Statement
    from medid.board.workshop import Signing
    from medid.errors import ProofGenerationError

MAX_PROCESSES: Final = 64
_MODULE: Final = "medid.adapters.workshops.process"
STOP_SECONDS: Final = 10.0  # that a process gets for the part at which it is


class Process:
    """One process that signs, once it has opened the key."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            SignerError: It cannot be started.
        """
        # Without the folder in which the command was called: nothing is imported there.
        argv = [sys.executable, "-P", "-m", _MODULE]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this very Python
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._given = cast("BinaryIO", self._process.stdin)
            self._answers = cast("BinaryIO", self._process.stdout)
        except OSError as error:
            message = f"cannot start a process that signs: {error.strerror}"
            raise SignerError(message) from None

    def open(self, order: wire.Order) -> None:
        """Wait until it can sign.

        Raises:
            SignerError: The key cannot be used.
        """
        self._ask(order.message())

    def sign(
        self, statements: Sequence[Statement]
    ) -> Sequence[bytes | ProofGenerationError]:
        """What became of ``statements``, in their order.

        Raises:
            SignerError: It failed, or has ended.
        """
        found = self._ask(wire.work_message(statements))
        if len(found) != len(statements):
            raise SignerError("a process that signs has lost its place")
        return found

    def close(self, *, patience: float = STOP_SECONDS) -> None:
        """End it, with the part at which it is, if that takes so many seconds."""
        for pipe in (self._given, self._answers):
            with suppress(OSError):
                pipe.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, message: bytes) -> Sequence[bytes | ProofGenerationError]:
        # One that has ended is noticed at its answer.
        with suppress(OSError):
            self._given.write(message)
            self._given.flush()
        return wire.read_answers(wire.received(self._answers))


class Processes:
    """A workshop of processes, each of which takes the next part when it is free."""

    def __init__(self, order: wire.Order, started: Sequence[Process]) -> None:
        self.securing: Final = order.securing
        self.verification_method: Final = order.verification_method
        # Two parts for each: one at which it is, and one that it finds behind it.
        self.width: Final = 2 * len(started)
        self._free: SimpleQueue[Process] = SimpleQueue()
        for one in started:
            self._free.put(one)
        self._pool = ThreadPoolExecutor(len(started), thread_name_prefix="medid-sign")

    def begin(self, statements: Sequence[Statement]) -> Signing:
        """Begin to sign ``statements``; the answer waits for them."""
        return self._pool.submit(self._sign, statements).result

    def close(self) -> None:
        """Begin nothing more, and wait for what was begun."""
        self._pool.shutdown(cancel_futures=True)

    def _sign(
        self, statements: Sequence[Statement]
    ) -> Sequence[bytes | ProofGenerationError]:
        one = self._free.get()
        try:
            return one.sign(statements)
        finally:
            # One that has ended says so again.
            self._free.put(one)


@contextmanager
def signing_processes(order: wire.Order, *, count: int) -> Iterator[Processes]:
    """A workshop of ``count`` processes, at most ``MAX_PROCESSES``.

    Raises:
        SignerError: One cannot be started, or the key cannot be used.
    """
    started: list[Process] = []
    try:
        # One that fails leaves the others to be ended: no list is made of them first.
        started.extend(Process() for _ in range(min(count, MAX_PROCESSES)))
        for one in started:
            one.open(order)
        workshop = Processes(order, started)
        try:
            yield workshop
        finally:
            workshop.close()
    finally:
        for one in started:
            one.close()
