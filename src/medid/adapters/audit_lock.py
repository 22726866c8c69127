"""The lock of an audit log: one writer at a time, among threads and processes.

It is a file of its own, because the log itself is renamed when it grows too large. The
system lets go of it when its holder ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from medid.core.instant import stopwatch
from medid.errors import AuditUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUSY_SECONDS: Final = 5.0  # how long a writer waits for the others
PRIVATE: Final = 0o600
_PAUSE: Final = 0.001  # seconds between two attempts


@contextmanager
def locked(
    path: Path, *, create: bool = True, seconds: float = BUSY_SECONDS
) -> Iterator[None]:
    """Hold the lock of the log at ``path``.

    Args:
        path: The open file of the log.
        create: Make the lock where there is none. Otherwise a log without one, such as
            a copy, is read without.
        seconds: How long to wait for whoever holds it.

    Raises:
        AuditUnavailable: Somebody held it all the time.
        OSError: It cannot be made.
    """
    name = path.with_name(f"{path.name}.lock")
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        lock = os.open(name, flags, PRIVATE)
    except OSError:
        if create:
            raise
        yield
        return
    try:
        _wait(lock, seconds)
        try:
            yield
        finally:
            # A child that was forked meanwhile has the lock too: closing is not enough.
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_UN)
    finally:
        os.close(lock)


def _wait(lock: int, seconds: float) -> None:
    started = stopwatch()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if stopwatch() - started >= seconds:
                message = "the audit log is locked by somebody else"
                raise AuditUnavailable(message) from None
            time.sleep(_PAUSE)
        else:
            return
