"""The files of an audit log, read: is it whole, and what does it hold?

A log is one file, or several after a rotation: ``log.jsonl.000001`` and so on are
closed and ``log.jsonl`` is written to. The chain goes on from each to the next. Every
line is checked before what it says is believed.

What follows the last line feed of the open file is a line whose writing was cut short,
by a kill or a power failure. Nobody was told that it was written.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from medid.access.audit_reading import read_record
from medid.adapters.audit_chain import (
    FORMAT,
    MAX_LINE,
    NOTHING,
    Chain,
    Head,
    Header,
    Line,
    read_header,
    read_line,
)
from medid.adapters.audit_lock import locked
from medid.errors import (
    AuditLogAltered,
    AuditUnavailable,
    ConfigurationError,
    MedidError,
    child,
    located,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.audit_record import DecisionRecord
    from medid.core.json import JsonObject

MAX_PARTS: Final = 100_000  # files of one log: ten a day for 27 years
_DIGITS: Final = 6
_PART: Final = re.compile(rf"\.([0-9]{{{_DIGITS}}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a whole log holds.

    Attributes:
        records: How many records.
        files: How many files.
        repairs: How often a line that was cut short had to be dropped.
        torn: Bytes of such a line that stand there now; the next writer drops them.
        head: Where the log ends: keep it elsewhere, and a log that was cut is found.
    """

    records: int
    files: int
    repairs: int
    torn: int
    head: Head


class AuditFiles:
    """Reads an audit log; changes nothing."""

    def __init__(self, path: str | Path, *, key: bytes, form: str = FORMAT) -> None:
        """Name the log.

        Args:
            path: The open file of the log.
            key: With which it is chained; at least 32 bytes.
            form: What it is a log of.

        Raises:
            ConfigurationError: The key is too short, or it is no file's name.
        """
        self._path = Path(path)
        if not self._path.name or not _can_be(self._path):
            raise ConfigurationError("an audit log is a file", fix="name the file")
        self._chain = Chain(key, form)

    def verify(self, *, head: Head | None = None) -> Verified:
        """Return if the log is whole: nothing edited, moved, missing or twice.

        Args:
            head: A head that was kept: the log must still hold that line. Without one,
                lines that were cut off at the end are not missed.

        Raises:
            AuditLogAltered: It is not; the path counts its lines from 0.
            AuditUnavailable: It cannot be read.
            ConfigurationError: It was begun with another key.
        """
        reading = _Reading(self._chain, head)
        for _ in reading.lines(self._path):
            pass
        return reading.finish()

    def contents(self, *, head: Head | None = None) -> Iterator[tuple[str, JsonObject]]:
        """What every record says, in order, with its place, after its line was checked.

        Raises:
            MedidError: As ``verify``, where the reading has come so far. Whoever needs
                the whole to be good before the first record calls that before.
        """
        reading = _Reading(self._chain, head)
        for line in reading.lines(self._path):
            if line.kind == "record":
                yield child("$", line.head.number), line.content
        reading.finish()

    def records(self, *, head: Head | None = None) -> Iterator[DecisionRecord]:
        """Every record of decisions, in order, as ``contents``.

        Raises:
            MedidError: As ``contents``, or a record is not one that this medid reads.
        """
        for place, content in self.contents(head=head):
            try:
                yield read_record(content)
            except MedidError as error:
                message = f"this medid cannot read the record ({error.code})"
                raise AuditUnavailable(message, path=place) from None


class _Reading:
    """One reading of a log from its beginning: what was found so far."""

    def __init__(self, chain: Chain, kept: Head | None) -> None:
        self._chain = chain
        self._kept = kept
        self._head = NOTHING
        self._log: str | None = None
        self._files = self._records = self._repairs = self._torn = 0

    def lines(self, path: Path) -> Iterator[Line]:
        """Every line, checked; files are opened while nobody writes."""
        with ExitStack() as stack:
            closed, last = _opened(path, stack)
            for part, name in enumerate(closed, start=1):
                with _open(name) as one:
                    yield from self._file(one, _size(one), part=part)
            if last is not None:
                file, end = last
                yield from self._file(file, end, part=len(closed) + 1, is_open=True)

    def finish(self) -> Verified:
        """What was found, once every line was read.

        Raises:
            AuditLogAltered: The log ends before the head that was kept.
            AuditUnavailable: There is no line at all.
        """
        kept = self._kept
        if kept is not None and kept.number > self._head.number:
            message = "the log ends before the head that was kept"
            raise AuditLogAltered(message, path=child("$", self._head.number + 1))
        if self._head == NOTHING:
            raise AuditUnavailable("there is nothing in the audit log")
        return Verified(
            records=self._records,
            files=self._files,
            repairs=self._repairs,
            torn=self._torn,
            head=self._head,
        )

    def _file(
        self, file: BinaryIO, end: int, *, part: int, is_open: bool = False
    ) -> Iterator[Line]:
        begun = False
        while (raw := _next(file, end)) != b"":
            with located(child("$", self._head.number + 1)):
                if not raw.endswith(b"\n"):
                    self._take_torn(raw, is_open=is_open and file.tell() == end)
                    break
                line = read_line(raw[:-1])
                self._take(line, part=None if begun else part)
            begun = True
            yield line
        if begun:
            self._files += 1
        elif not is_open:
            raise AuditLogAltered("a closed file of the log is empty")

    def _take(self, line: Line, *, part: int | None) -> None:
        """Check one line; ``part`` is the number of the file that it begins."""
        if (line.kind == "header") != (part is not None):
            message = "a header stands at the beginning of a file, and nowhere else"
            raise AuditLogAltered(message)
        if part is not None:
            self._begin(read_header(line), part)
        self._chain.check(self._head, line)
        self._head = line.head
        self._records += line.kind == "record"
        self._repairs += line.kind == "repair"
        if self._kept is not None and self._kept.number == line.head.number:
            _check_kept(self._kept, line)

    def _begin(self, header: Header, part: int) -> None:
        check_key(header, self._chain)
        same = self._log in {None, header.log}
        if not same or header.part != part or header.previous != self._head:
            message = "this file does not follow the one before it"
            raise AuditLogAltered(message)
        self._log = header.log

    def _take_torn(self, raw: bytes, *, is_open: bool) -> None:
        if not is_open or len(raw) > MAX_LINE:
            raise AuditLogAltered("this is not a line of an audit log")
        self._torn = len(raw)


def _check_kept(kept: Head, line: Line) -> None:
    if kept != line.head:
        message = "this is not the line that stood here when the head was kept"
        raise AuditLogAltered(message)


def check_key(header: Header, chain: Chain) -> None:
    """Return if the file says that it was begun with the key of ``chain``.

    Raises:
        ConfigurationError: It was begun with another key.
    """
    if header.key != chain.key_id:
        message = "the log was begun with another key, or its first line was altered"
        raise ConfigurationError(
            message, path="$.key", fix="give the key that the log was begun with"
        )


def part_name(path: Path, part: int) -> Path:
    """The name of the closed file number ``part``."""
    return path.with_name(f"{path.name}.{part:0{_DIGITS}d}")


def closed_parts(path: Path) -> list[Path]:
    """The closed files of the log, which must be all there.

    Raises:
        AuditLogAltered: One is missing.
        AuditUnavailable: There are more than ``MAX_PARTS``.
        OSError: The folder cannot be read.
    """
    found = sorted(
        int(match[1])
        for one in path.parent.iterdir()
        if one.name.startswith(path.name)
        and (match := _PART.fullmatch(one.name.removeprefix(path.name)))
    )
    if found != list(range(1, len(found) + 1)):
        raise AuditLogAltered("a file of the log is missing")
    if len(found) > MAX_PARTS:
        raise AuditUnavailable("the audit log has too many files")
    return [part_name(path, number) for number in found]


def _opened(
    path: Path, stack: ExitStack
) -> tuple[list[Path], tuple[BinaryIO, int] | None]:
    """The closed files, and the open one with its end, all as of one moment."""
    with readable(), locked(path, create=False):
        closed = closed_parts(path)
        if closed and not path.exists():
            return closed, None  # somebody ended between closing one and beginning one
        file = stack.enter_context(path.open("rb"))
        return closed, (file, _size(file))


def _open(name: Path) -> BinaryIO:
    with readable():
        return name.open("rb")


def _next(file: BinaryIO, end: int) -> bytes:
    """The next line before ``end``; of one that is too long, more than it may have."""
    with readable():
        return file.readline(min(MAX_LINE + 1, end - file.tell()))


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _can_be(path: Path) -> bool:
    """Whether the system can have a file of this name; it has none with a zero byte."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


@contextmanager
def readable() -> Iterator[None]:
    """Whatever the system refuses is one error, which names no file.

    Raises:
        AuditUnavailable: The system refused something.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or "an error of the system"
        raise AuditUnavailable(f"the audit log cannot be used: {reason}") from None
