"""Where records of decisions are kept: in this process, or in a file for years.

``FileAuditLog`` returns when a record is on the disk; of what it acknowledged, neither
a kill nor a power failure loses anything. A log that cannot be written refuses with
``AuditUnavailable``, and ``AccessVerifier`` permits nothing then.

It needs a system with ``flock``: Linux, macOS, BSD. The folder must be on a disk of
this machine, since network file systems keep neither promise.
"""

from __future__ import annotations

import os
import re
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.adapters.audit_chain import (
    FORMAT,
    MAX_LINE,
    NOTHING,
    Chain,
    Head,
    Line,
    read_header,
    read_line,
)
from medid.adapters.audit_files import (
    AuditFiles,
    Verified,
    check_key,
    closed_parts,
    part_name,
    readable,
)
from medid.adapters.audit_lock import BUSY_SECONDS, PRIVATE, locked
from medid.core.arguments import checked_arguments
from medid.core.entropy import Entropy, system_entropy, uuid_urn
from medid.errors import AuditLogAltered, AuditUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.audit_record import DecisionRecord
    from medid.core.json import JsonObject

MAX_FILE: Final = 268_435_456  # bytes of one file (256 MiB): about 100,000 records
MAX_MEMORY: Final = 10_000  # records that are kept in memory

_FIRST_LOOK: Final = 16_384  # bytes from the end: some lines; more only where needed
# Of a header, without the digits of its number.
_BEGINNING: Final = b'{"number":,"header":{"format":"medid '
_NUMBER: Final = re.compile(rb'(?<=\{"number":)[0-9]{1,18}')


class MemoryAuditLog:
    """Records of one process, for tests and dry runs. They are forgotten at its end."""

    @checked_arguments
    def __init__(self, *, max_records: int = MAX_MEMORY) -> None:
        self._max_records = max_records
        self._records: list[DecisionRecord] = []
        self._lock = threading.Lock()

    def record(self, record: DecisionRecord) -> None:
        """Keep ``record``.

        Raises:
            AuditUnavailable: As many as may be are kept.
        """
        with self._lock:
            if len(self._records) >= self._max_records:
                message = "the audit log in memory is full"
                raise AuditUnavailable(message, fix="use FileAuditLog")
            self._records.append(record)

    @property
    def records(self) -> tuple[DecisionRecord, ...]:
        """What was recorded, in order."""
        with self._lock:
            return tuple(self._records)


class ChainedLog:
    """Lines in a file that only grows; each is chained to the one before.

    One log serves any number of threads and processes. Every call opens the file anew
    under a lock, so that a fork harms nothing.
    """

    @checked_arguments
    def __init__(
        self,
        path: str | Path,
        *,
        key: bytes,
        form: str = FORMAT,
        max_bytes: int = MAX_FILE,
        busy_seconds: float = BUSY_SECONDS,
        entropy: Entropy = system_entropy,
    ) -> None:
        """Open the log at ``path``, or begin it; its files have mode 0600.

        Args:
            path: The file; its folder must exist, and be on a disk of this machine.
            key: With which lines are chained; at least 32 bytes, and never kept where
                the file is. Whoever has both can rewrite the log.
            form: What it is a log of.
            max_bytes: From this size on a new file is begun.
            busy_seconds: How long to wait for another writer.
            entropy: Where the name of a new log comes from.

        Raises:
            ConfigurationError: The key is too short, or not this log's.
            AuditUnavailable: The file cannot be made, read or written, or its end is
                not what was written last.
        """
        self._path = Path(path)
        self._chain = Chain(key, form)
        self._files = AuditFiles(path, key=key, form=form)
        self._max_bytes = max_bytes
        self._busy_seconds = busy_seconds
        self._entropy = entropy
        self._lock = threading.Lock()
        # Of the file that this log wrote to last: which, its size then, and the head.
        self._known: tuple[tuple[int, int, int], Head] | None = None
        self.head()

    def append(self, content: JsonObject) -> None:
        """Return when ``content`` is on the disk, as one more record.

        Raises:
            AuditUnavailable: It is not.
            ConfigurationError: The log was begun with another key.
        """
        with self._writing() as file:
            line, head = self._chain.line(file.head, "record", content)
            if file.size + len(line) > self._max_bytes:
                self._close(file)
                self._begin(file)
                line, head = self._chain.line(file.head, "record", content)
            file.append(line, head)
            self._known = (file.identity, head)

    def contents(self, *, head: Head | None = None) -> Iterator[tuple[str, JsonObject]]:
        """What every record says, in order, see ``AuditFiles.contents``."""
        return self._files.contents(head=head)

    def head(self) -> Head:
        """Where the log ends now. Keep it elsewhere, from time to time.

        Raises:
            AuditUnavailable: The log cannot be used.
            ConfigurationError: It was begun with another key.
        """
        with self._writing() as file:
            self._known = (file.identity, file.head)
            return file.head

    def verify(self, *, head: Head | None = None) -> Verified:
        """Return if the log is whole, see ``AuditFiles.verify``.

        Raises:
            AuditLogAltered: It is not.
            AuditUnavailable: It cannot be read.
        """
        return self._files.verify(head=head)

    @contextmanager
    def _writing(self) -> Iterator[_OpenFile]:
        """The open file at its good end, for as long as this call has the lock."""
        if not self._lock.acquire(timeout=self._busy_seconds):
            raise AuditUnavailable("the audit log is busy in another thread")
        try:
            with readable(), locked(self._path, seconds=self._busy_seconds):
                file = _OpenFile(self._path)
                try:
                    self._go_to_end(file)
                    file.keep_private()
                    yield file
                finally:
                    file.close()
        except AuditLogAltered as error:
            # Nobody asked whether it was altered: it just cannot be written to.
            message = f"the end of the audit log is not good: {error.message}"
            fix = "verify the log, keep it as evidence, and begin another one"
            raise AuditUnavailable(message, fix=fix) from None
        finally:
            self._lock.release()

    def _go_to_end(self, file: _OpenFile) -> None:
        if self._known is not None and self._known[0] == file.identity:
            file.head = self._known[1]
            return
        self._known = None
        lines, torn = file.last_lines()
        if not lines:
            _check_begun(torn)
            file.cut(torn)
            self._begin(file)
            return
        file.head = self._checked(file, lines)
        self._check_newest(read_header(file.first_line()).part)
        if torn:
            self._mend(file, torn)

    def _checked(self, file: _OpenFile, lines: list[bytes]) -> Head:
        """The head after the last line, which must be the one that belongs there.

        Raises:
            AuditLogAltered: It is not.
        """
        first = read_header(file.first_line())
        check_key(first, self._chain)
        last = read_line(lines[-1])
        before = first.previous if len(lines) == 1 else read_line(lines[-2]).head
        self._chain.check(before, last)
        return last.head

    def _mend(self, file: _OpenFile, torn: bytes) -> None:
        """Make a whole log of one whose last line was cut short.

        Nobody was told that the line was written; but one that lacks only its line feed
        is kept, because somebody may have taken that away.
        """
        try:
            line = read_line(torn)
            self._chain.check(file.head, line)
        except AuditLogAltered:
            file.cut(torn)
            lost = {"dropped": len(torn)}
            repair, head = self._chain.line(file.head, "repair", lost)
            file.append(repair, head)
        else:
            file.append(b"\n", line.head)

    def _close(self, file: _OpenFile) -> None:
        """Put the open file away under its number."""
        part = read_header(file.first_line()).part
        self._check_newest(part)
        self._path.rename(part_name(self._path, part))
        file.reopen()

    def _check_newest(self, part: int) -> None:
        """Return if no closed file has the number of the open one.

        An older copy of the open file would be closed in place of what had followed it.

        Raises:
            AuditLogAltered: One has.
        """
        if os.path.lexists(part_name(self._path, part)):
            message = "the open file is an older copy of one that is closed"
            raise AuditLogAltered(message)

    def _begin(self, file: _OpenFile) -> None:
        """Write the header of an empty file."""
        before, log, part = NOTHING, uuid_urn(self._entropy), 1
        closed = closed_parts(self._path)
        if closed:
            last = _OpenFile(closed[-1], create=False)
            try:
                header = read_header(last.first_line())
                before = self._checked(last, last.last_lines()[0])
            finally:
                last.close()
            log, part = header.log, header.part + 1
        line, head = self._chain.header(before, log=log, part=part)
        file.append(line, head)
        _sync_folder(self._path.parent)


class FileAuditLog(ChainedLog):
    """Records of decisions in a file that only grows, as ``ChainedLog`` keeps it."""

    def record(self, record: DecisionRecord) -> None:
        """Return when ``record`` is on the disk.

        Raises:
            AuditUnavailable: It is not, and nothing may be permitted.
            ConfigurationError: The log was begun with another key.
        """
        self.append(record.as_json())

    def records(self, *, head: Head | None = None) -> Iterator[DecisionRecord]:
        """Every record, in order, see ``AuditFiles.records``."""
        return self._files.records(head=head)


class _OpenFile:
    """A file of a log, opened for one call: its size, and the head where it ends."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._path = path
        self._create = os.O_CREAT if create else 0
        self.head = NOTHING
        self._file = self._open()

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | self._create
        file = os.open(self._path, flags, PRIVATE)
        found = os.fstat(file)
        self.size = found.st_size
        return file

    def keep_private(self) -> None:
        """Leave it to its owner, once it is known to be a log."""
        if os.fstat(self._file).st_mode & 0o077:
            os.fchmod(self._file, PRIVATE)

    @property
    def identity(self) -> tuple[int, int, int]:
        """What tells this file, at this size, from others."""
        found = os.fstat(self._file)
        return (found.st_dev, found.st_ino, found.st_size)

    def close(self) -> None:
        """Close it."""
        os.close(self._file)

    def reopen(self) -> None:
        """Open what has the name now, or make it; the head stays."""
        opened = self._open()
        os.close(self._file)
        self._file = opened

    def first_line(self) -> Line:
        """The first line.

        Raises:
            AuditLogAltered: It is not a line.
        """
        start = os.pread(self._file, MAX_LINE, 0)
        return read_line(start.partition(b"\n")[0])

    def last_lines(self) -> tuple[list[bytes], bytes]:
        """The last two whole lines, or the only one; and what follows the last."""
        look = _FIRST_LOOK
        while True:
            start = max(0, self.size - look)
            *lines, torn = os.pread(self._file, look, start).split(b"\n")
            if start == 0:
                return lines[-2:], torn
            if len(lines) > 2:  # the first of them may be the end of a longer one
                return lines[-2:], torn
            if look >= 4 * MAX_LINE:
                raise AuditLogAltered("this is not a line of an audit log")
            look *= 4

    def append(self, data: bytes, head: Head) -> None:
        """Write ``data`` to the disk, all of it or nothing; then the file ends there.

        Raises:
            OSError: It was not written.
        """
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            # Of what is there of it nobody was told; else the next writer mends it.
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise
        self.size += len(data)
        self.head = head

    def cut(self, torn: bytes) -> None:
        """Take ``torn`` from the end."""
        if torn:
            self.size -= len(torn)
            os.ftruncate(self._file, self.size)
            os.fsync(self._file)


def _check_begun(torn: bytes) -> None:
    """Return if ``torn`` can be the beginning of a header: it will be taken away.

    Raises:
        AuditLogAltered: It is the content of another kind of file.
    """
    written = torn.rstrip(b"\0")  # what a file system may leave after a power failure
    begun = _NUMBER.sub(b"", written[: 2 * len(_BEGINNING)], count=1)
    if not (_BEGINNING.startswith(begun) or begun.startswith(_BEGINNING)):
        raise AuditLogAltered("the file does not begin as an audit log does")


def _sync_folder(folder: Path) -> None:
    """Have the folder remember which files it holds, even if the power fails."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
