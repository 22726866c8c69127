"""The audit log in a file: durable, chained, and honest about what happened to it."""

from __future__ import annotations

import os
import re
import resource
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medid.adapters import audit_files
from medid.adapters.audit import FileAuditLog, MemoryAuditLog
from medid.adapters.audit_chain import (
    MAX_LINE,
    NOTHING,
    Chain,
    Head,
    read_header,
    read_line,
)
from medid.adapters.audit_files import AuditFiles, part_name
from medid.adapters.audit_lock import locked
from medid.core.json import loads
from medid.core.records import replace
from medid.errors import (
    AuditLogAltered,
    AuditUnavailable,
    ConfigurationError,
    MalformedValue,
)
from tests.adapters.audit_records import KEY, names, open_log, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from medid.access.audit_record import DecisionRecord

OTHER_KEY = b"another key, which is as long as 32"


@pytest.fixture(autouse=True)
def _no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the waiting for the disk, of which no test here can see anything."""
    monkeypatch.setattr(os, "fsync", lambda _file: None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def filled(path: Path, count: int = 5, **settings: Any) -> FileAuditLog:
    log = open_log(path, **settings)
    for number in range(count):
        log.record(record(f"r{number}"))
    return log


# Writing and reading.


def test_records_come_back_as_they_were_written(path: Path) -> None:
    log = filled(path)
    found = log.verify(head=log.head())

    assert list(log.records()) == [record(f"r{number}") for number in range(5)]
    assert (found.records, found.files, found.repairs, found.torn) == (5, 1, 0, 0)
    assert found.head == log.head() == AuditFiles(path, key=KEY).verify().head
    assert found.head.number == 5


def test_a_line_is_one_json_object_in_printable_ascii(path: Path) -> None:
    nasty = (
        'a\n\r\t\x00\x1b[31m\x7f\x85\u2028\u2029\u202e\u2066\ud7ff\U0001f600","mac":"'
    )
    log = open_log(path)
    log.record(record(nasty, patient=nasty))
    log.record(record('{"number":1}'))
    raw = path.read_bytes()

    assert re.fullmatch(rb"[\x20-\x7e\n]+", raw)
    lines = raw.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert isinstance(loads(line), dict)
    assert [one.id for one in log.records()] == [nasty, '{"number":1}']
    assert log.verify().records == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_whatever_stands_in_a_record_makes_one_line_of_it(
    tmp_path: Path, texts: list[str]
) -> None:
    folder = tmp_path / os.urandom(8).hex()
    folder.mkdir()
    log = open_log(folder / "log")
    for text in texts:
        log.record(record(text, patient=text))

    assert names(log) == texts
    assert (folder / "log").read_bytes().count(b"\n") == len(texts) + 1


def test_only_its_owner_can_read_it(path: Path) -> None:
    filled(path, max_bytes=1)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    path.chmod(0o644)
    open_log(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_key_is_not_in_the_file(path: Path) -> None:
    filled(path)
    raw = path.read_bytes()

    assert KEY not in raw
    assert KEY.hex().encode() not in raw


def test_what_another_writer_wrote_is_gone_on_from(path: Path) -> None:
    first, second = open_log(path), open_log(path)
    for number in range(6):
        (first, second)[number % 2].record(record(f"r{number}"))

    assert names(first) == [f"r{number}" for number in range(6)]
    assert first.verify(head=second.head()).records == 6


def test_long_lines_are_found_from_the_end(path: Path) -> None:
    for size in (10, 20_000, 300_000, 900_000, 10):
        log = open_log(path)
        log.record(record("x" * size))

    assert [len(name) for name in names(log)] == [10, 20_000, 300_000, 900_000, 10]


def test_a_record_that_takes_more_than_a_line_is_not_written(path: Path) -> None:
    log = filled(path, 1)
    for wrong in (record("x" * MAX_LINE), record("\ud800"), record("\u2028" * 174_700)):
        with pytest.raises(AuditUnavailable):
            log.record(wrong)

    assert names(log) == ["r0"]
    assert log.verify().torn == 0


def test_a_key_that_could_be_guessed_is_refused(path: Path) -> None:
    for key in (b"", b"x" * 31):
        with pytest.raises(ConfigurationError) as caught:
            FileAuditLog(path, key=key)
        assert caught.value.path == "$.key"


@pytest.mark.parametrize("name", ["", ".", "log\0", "log\ud800"])
def test_a_name_that_no_file_can_have_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for kind in (FileAuditLog, AuditFiles):
        with pytest.raises(ConfigurationError, match="is a file"):
            kind(name, key=KEY)
    assert list(tmp_path.iterdir()) == []


def test_another_key_is_told_and_writes_nothing(path: Path) -> None:
    filled(path, 1)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError):
        FileAuditLog(path, key=OTHER_KEY)
    with pytest.raises(ConfigurationError):
        AuditFiles(path, key=OTHER_KEY).verify()

    assert path.read_bytes() == before


def test_a_log_in_memory_keeps_what_it_can(path: Path) -> None:
    log = MemoryAuditLog(max_records=2)
    log.record(record("a"))
    log.record(record("b"))
    with pytest.raises(AuditUnavailable):
        log.record(record("c"))

    assert [one.id for one in log.records] == ["a", "b"]


# Rotation.


def test_a_log_goes_on_in_a_new_file(path: Path) -> None:
    log = filled(path, 20, max_bytes=5_000)
    found = log.verify(head=log.head())
    files = sorted(one.name for one in path.parent.iterdir())

    assert found.records == 20
    assert found.files > 3
    assert files == [
        "audit.jsonl",
        *(f"audit.jsonl.{part:06d}" for part in range(1, found.files)),
        "audit.jsonl.lock",
    ]
    assert all(one.stat().st_size <= 5_000 for one in path.parent.iterdir())
    assert names(log) == [f"r{number}" for number in range(20)]
    assert names(open_log(path)) == names(log)


def test_a_file_too_small_for_a_record_holds_one(path: Path) -> None:
    log = filled(path, 4, max_bytes=1)

    assert log.verify().files == 5  # the first was begun when the log was
    assert log.verify().records == 4


def test_two_writers_go_on_in_the_same_new_file(path: Path) -> None:
    logs = [open_log(path, max_bytes=3_000) for _ in range(2)]
    for number in range(20):
        logs[number % 2].record(record(f"r{number}"))

    assert logs[0].verify(head=logs[1].head()).records == 20
    assert names(logs[0]) == [f"r{number}" for number in range(20)]


def test_an_older_copy_of_a_closed_file_is_not_written_to(path: Path) -> None:
    log = filled(path, 3, max_bytes=5_000)
    copy = path.read_bytes()
    for number in range(3, 12):
        log.record(record(f"r{number}"))
    closed = part_name(path, 1).read_bytes()
    path.write_bytes(copy)

    for write in (log.head, lambda: open_log(path, max_bytes=1)):
        with pytest.raises(AuditUnavailable, match="older copy"):
            write()
    assert part_name(path, 1).read_bytes() == closed
    assert path.read_bytes() == copy


def test_no_closed_file_is_written_over(path: Path) -> None:
    log = filled(path, 3, max_bytes=1)
    there = part_name(path, 4)
    there.write_bytes(b"somebody else's")

    with pytest.raises(AuditUnavailable, match="older copy"):
        log.record(record("r3"))
    assert there.read_bytes() == b"somebody else's"


def test_an_end_between_two_files_is_gone_on_from(path: Path) -> None:
    filled(path, 3)
    path.rename(part_name(path, 1))
    halfway = AuditFiles(path, key=KEY).verify()
    log = open_log(path)
    log.record(record("r3"))

    assert (halfway.records, halfway.files) == (3, 1)
    assert log.verify(head=halfway.head).files == 2
    assert names(log) == ["r0", "r1", "r2", "r3"]


def test_a_header_that_was_cut_short_is_written_again(path: Path) -> None:
    filled(path, 3)
    path.rename(part_name(path, 1))
    for torn in (b"", b'{"num', b'{"number":4,"header":{"form', b"\0" * 40):
        path.write_bytes(torn)
        assert AuditFiles(path, key=KEY).verify().torn == len(torn)
        assert open_log(path).verify().torn == 0
        assert names(open_log(path)) == ["r0", "r1", "r2"]


def test_more_files_than_can_be_counted_are_not_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = filled(path, 4, max_bytes=1)
    monkeypatch.setattr(audit_files, "MAX_PARTS", 2)
    with pytest.raises(AuditUnavailable):
        log.verify()


# What was cut short.


@pytest.mark.parametrize(
    "torn", [b'{"number":6,"rec', b"x", b"\0" * 100, b'{"number":6,"record":{},"mac":"']
)
def test_a_line_that_was_cut_short_is_dropped_and_that_is_told(
    path: Path, torn: bytes
) -> None:
    log = filled(path)
    with path.open("ab") as file:
        file.write(torn)
    before = log.verify()
    log.record(record("r5"))
    after = open_log(path).verify()

    assert (before.records, before.torn, before.repairs) == (5, len(torn), 0)
    assert (after.records, after.torn, after.repairs) == (6, 0, 1)
    assert names(log) == [f"r{number}" for number in range(6)]
    assert b'"repair":{"dropped":%d}' % len(torn) in path.read_bytes()


def test_a_line_that_lacks_only_its_line_feed_is_kept(path: Path) -> None:
    log = filled(path)
    head = log.head()
    path.write_bytes(path.read_bytes()[:-1])
    before = log.verify()
    log.record(record("r5"))

    assert before.records == 4
    assert before.torn > 1
    assert log.verify(head=head).repairs == 0
    assert names(log) == [f"r{number}" for number in range(6)]


def test_a_log_of_which_only_the_header_was_cut_short_begins_anew(path: Path) -> None:
    path.write_bytes(b'{"number":0,"hea')
    log = filled(path, 1)

    assert log.verify().records == 1


@pytest.mark.parametrize(
    "content",
    [
        b"dear diary",
        b"x\n",
        b'[{"number":0}]',
        b'{"number":7,"name":"Ada"}',
        b'{"number": 7}',
        b'{"number":7,"header":{"format":"letter"}}',
    ],
)
def test_another_kind_of_file_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
    with pytest.raises(AuditUnavailable):
        open_log(path)

    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


# What was altered. Each change is found by whoever has the key.


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _edited(lines: list[bytes]) -> None:
    lines[3] = lines[3].replace(b"did:example:dr", b"did:example:dx")


def _relabelled(lines: list[bytes]) -> None:
    lines[3] = lines[3].replace(b'"number":3', b'"number":4')


def _with_other_mac(lines: list[bytes]) -> None:
    lines[3] = lines[3][:-67] + lines[2][-67:]


def _without_mac(lines: list[bytes]) -> None:
    lines[3] = lines[3][:-76] + b"}\n"


def _respelled(lines: list[bytes]) -> None:
    lines[3] = lines[3].replace(b'"kind":', b'"kind": ')


def _swapped(lines: list[bytes]) -> None:
    lines[2], lines[3] = lines[3], lines[2]


def _renumbered(lines: list[bytes]) -> None:
    del lines[3]
    for at in (3, 4):
        lines[at] = lines[at].replace(b'"number":%d' % (at + 1), b'"number":%d' % at)


def _with_header(lines: list[bytes]) -> None:
    lines.insert(3, lines[0])


def _blank(lines: list[bytes]) -> None:
    lines[3] = b"\n"


def _zeroed(lines: list[bytes]) -> None:
    lines[3] = b"\0" * (len(lines[3]) - 1) + b"\n"


TAMPERINGS: dict[str, Callable[[list[bytes]], object]] = {
    "an edit": _edited,
    "another number": _relabelled,
    "the mac of another line": _with_other_mac,
    "no mac": _without_mac,
    "another spelling": _respelled,
    "two lines swapped": _swapped,
    "a line missing": lambda lines: lines.pop(3),
    "a line missing, and the rest renumbered": _renumbered,
    "a line twice": lambda lines: lines.insert(3, lines[3]),
    "an old line again at the end": lambda lines: lines.append(lines[3]),
    "a header in the middle": _with_header,
    "a blank line": _blank,
    "a line of zeros": _zeroed,
    "no header": lambda lines: lines.pop(0),
    "only a record": lambda lines: lines.__delitem__(slice(0, 5)),
    "a line that was never written": lambda lines: lines.append(b"{}\n"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
@pytest.mark.parametrize("with_head", [False, True])
def test_every_tampering_is_found(path: Path, name: str, with_head: bool) -> None:
    log = filled(path)
    head = log.head() if with_head else None
    lines = lines_of(path)
    TAMPERINGS[name](lines)
    path.write_bytes(b"".join(lines))
    for look in (lambda: log.verify(head=head), lambda: list(log.records(head=head))):
        with pytest.raises(AuditLogAltered) as caught:
            look()
        assert re.fullmatch(r"\$\[\d\]", caught.value.path)


def test_the_path_counts_lines_from_zero(path: Path) -> None:
    log = filled(path)
    lines = lines_of(path)
    _edited(lines)
    path.write_bytes(b"".join(lines))
    with pytest.raises(AuditLogAltered) as caught:
        log.verify()
    assert caught.value.path == "$[3]"


def test_no_bit_can_be_changed(path: Path) -> None:
    log = filled(path, 2)
    good = path.read_bytes()
    for position in range(0, len(good), 31):
        changed = bytearray(good)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        with pytest.raises((AuditLogAltered, ConfigurationError)):
            log.verify(head=Head.parse(str(log_head(good))))
    path.write_bytes(good)
    assert log.verify().records == 2


def log_head(raw: bytes) -> Head:
    return read_line(raw.splitlines()[-1]).head


def test_a_line_of_another_log_with_the_same_key_is_found(tmp_path: Path) -> None:
    one, other = filled(tmp_path / "one"), filled(tmp_path / "other")
    theirs = lines_of(tmp_path / "other")
    lines = lines_of(tmp_path / "one")
    (tmp_path / "one").write_bytes(b"".join([*lines[:3], *theirs[3:]]))
    with pytest.raises(AuditLogAltered):
        one.verify()
    assert other.verify().records == 5


@pytest.mark.parametrize("lost", range(1, 6))
def test_what_was_cut_off_is_found_by_a_head_that_was_kept(
    path: Path, lost: int
) -> None:
    log = filled(path)
    head = log.head()
    path.write_bytes(b"".join(lines_of(path)[:-lost]))

    assert log.verify().records == 5 - lost
    with pytest.raises(AuditLogAltered) as caught:
        log.verify(head=head)
    assert caught.value.path == f"$[{6 - lost}]"
    with pytest.raises(AuditLogAltered):
        list(log.records(head=head))


def test_a_log_that_was_emptied_is_found_by_a_head(path: Path) -> None:
    log = filled(path)
    head = log.head()
    path.write_bytes(b"")
    with pytest.raises(AuditUnavailable):
        log.verify()
    with pytest.raises(AuditLogAltered):
        log.verify(head=head)


def test_an_older_copy_that_was_written_on_is_found_by_a_head(path: Path) -> None:
    log = filled(path, 2)
    copy = path.read_bytes()
    log.record(record("lost"))
    head = log.head()
    path.write_bytes(copy)
    for number in range(3):
        open_log(path).record(record(f"new{number}"))

    assert log.verify().records == 5
    with pytest.raises(AuditLogAltered) as caught:
        log.verify(head=head)
    assert caught.value.path == "$[3]"


def test_a_head_from_before_is_still_held(path: Path) -> None:
    log = open_log(path)
    heads = [log.head()]
    for number in range(4):
        log.record(record(f"r{number}"))
        heads.append(log.head())

    for head in heads:
        assert log.verify(head=Head.parse(str(head))).head == heads[-1]


@pytest.mark.parametrize(
    "text", ["", "1", "1:ab", f"01:{'a' * 64}", f"-1:{'0' * 64}", f"1:{'A' * 64}"]
)
def test_a_head_has_one_form(text: str) -> None:
    with pytest.raises(MalformedValue):
        Head.parse(text)


def parts_of(path: Path) -> list[Path]:
    filled(path, 4, max_bytes=1)
    return [part_name(path, number) for number in (1, 2, 3)]


def _without_the_first(parts: list[Path]) -> None:
    parts[0].unlink()


def _without_one(parts: list[Path]) -> None:
    parts[1].unlink()


def _moved_up(parts: list[Path]) -> None:
    parts[1].unlink()
    parts[2].rename(parts[1])


def _without_all(parts: list[Path]) -> None:
    for part in parts:
        part.unlink()


def _exchanged(parts: list[Path]) -> None:
    first, second = (part.read_bytes() for part in parts[:2])
    parts[0].write_bytes(second)
    parts[1].write_bytes(first)


def _emptied(parts: list[Path]) -> None:
    parts[1].write_bytes(b"")


def _cut_short(parts: list[Path]) -> None:
    parts[1].write_bytes(parts[1].read_bytes()[:-9])


@pytest.mark.parametrize(
    "change",
    [
        _without_the_first,
        _without_one,
        _moved_up,
        _without_all,
        _exchanged,
        _emptied,
        _cut_short,
    ],
)
def test_a_closed_file_that_was_changed_is_found(
    path: Path, change: Callable[[list[Path]], None]
) -> None:
    change(parts_of(path))
    with pytest.raises(AuditLogAltered):
        AuditFiles(path, key=KEY).verify()


def test_the_last_line_is_checked_before_another_is_written(path: Path) -> None:
    filled(path)
    lines = lines_of(path)
    lines[-1] = lines[-1].replace(b"did:example:dr", b"did:example:dx")
    path.write_bytes(b"".join(lines))
    with pytest.raises(AuditUnavailable) as caught:
        open_log(path)

    assert "end" in caught.value.message
    assert b"".join(lines) == path.read_bytes()


def test_lines_that_never_end_are_not_read(path: Path) -> None:
    log = filled(path, 1)
    with path.open("ab") as file:
        file.write(b"x" * (5 * MAX_LINE))
    with pytest.raises(AuditUnavailable):
        log.record(record())
    with pytest.raises(AuditLogAltered):
        log.verify()


def test_a_line_longer_than_any_that_is_written_is_not_read() -> None:
    def line(filling: int) -> bytes:
        tail = b'},"mac":"' + b"0" * 64 + b'"}'
        head = b'{"number":0,"record":{'
        return head + b" " * (filling - len(head) - len(tail)) + tail

    assert read_line(line(MAX_LINE - 1)).kind == "record"
    with pytest.raises(AuditLogAltered):
        read_line(line(MAX_LINE))


def test_a_record_of_a_later_format_is_not_taken_for_an_altered_one(
    path: Path,
) -> None:
    log = open_log(path)
    chain, head = Chain(KEY), log.head()
    line, _ = chain.line(head, "record", {"format": "medid decision record 99"})
    with path.open("ab") as file:
        file.write(line)

    assert log.verify().records == 1
    with pytest.raises(AuditUnavailable) as caught:
        list(log.records())
    assert caught.value.path == "$[1]"


@pytest.mark.parametrize(
    "content",
    [
        {"format": "medid audit log 2"},
        {"part": "1"},
        {"log": ""},
        {"key": 5},
        {"previous": "x"},
        {"more": 1},
    ],
)
def test_a_header_has_one_form(content: dict[str, Any]) -> None:
    chain = Chain(KEY)
    line, _ = chain.header(NOTHING, log="l", part=1)
    header = read_line(line[:-1]).content
    changed, _ = chain.line(NOTHING, "header", {**header, **content})

    assert read_header(read_line(line[:-1])).part == 1
    with pytest.raises(AuditLogAltered):
        read_header(read_line(changed[:-1]))


# What the system refuses.


def broken(path: Path, log: FileAuditLog) -> Iterator[Callable[[], object]]:
    """Every call of a log, to be tried where the system refuses."""
    yield lambda: log.record(record())
    yield log.head
    yield log.verify
    yield lambda: list(log.records())
    yield lambda: open_log(path)


def test_a_log_whose_folder_has_gone_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    path = folder / "log"
    log = filled(path, 1)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    for call in broken(path, log):
        with pytest.raises(AuditUnavailable) as caught:
            call()
        assert "gone" not in str(caught.value)


def test_a_log_that_is_a_folder_is_unavailable(path: Path) -> None:
    log = filled(path, 1)
    path.unlink()
    path.mkdir()
    for call in broken(path, log):
        with pytest.raises(AuditUnavailable):
            call()


def test_a_disk_without_room_leaves_a_whole_log(path: Path) -> None:
    log = filled(path, 1)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))
    try:
        with pytest.raises(AuditUnavailable):
            log.record(record("lost"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert path.read_bytes() == before
    log.record(record("r1"))
    assert names(log) == ["r0", "r1"]
    assert log.verify().repairs == 0


def test_a_disk_that_does_not_keep_it_has_not_taken_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = filled(path, 1)

    def fails(_file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(AuditUnavailable):
        log.record(record("lost"))
    monkeypatch.setattr(os, "fsync", lambda _file: None)

    log.record(record("r1"))
    assert names(log) == ["r0", "r1"]


def test_a_record_is_on_the_disk_before_the_call_returns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = filled(path, 1)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    log.record(record("r1"))

    assert synced == [path.stat().st_size]


def test_a_lock_that_somebody_else_holds_is_waited_for_and_not_for_ever(
    path: Path,
) -> None:
    log = FileAuditLog(path, key=KEY, busy_seconds=0.02)
    with locked(path), pytest.raises(AuditUnavailable):
        log.record(record())
    log.record(record())
    held = threading.Thread(target=_hold, args=(path, 0.05))
    held.start()
    time.sleep(0.01)
    FileAuditLog(path, key=KEY, busy_seconds=30).record(record("later"))
    held.join()

    assert names(log) == ["r", "later"]


def _hold(path: Path, seconds: float) -> None:
    with locked(path):
        time.sleep(seconds)


def test_a_thread_that_is_busy_is_not_waited_for_for_ever(path: Path) -> None:
    log = FileAuditLog(path, key=KEY, busy_seconds=0.01)
    with log._lock, pytest.raises(AuditUnavailable):
        log.record(record())


def test_a_child_that_was_forked_with_the_lock_does_not_hold_it(path: Path) -> None:
    log = filled(path, 0)
    reading, writing = os.pipe()
    with locked(path):
        child = os.fork()
        if child == 0:  # lives on with what it inherited, until it is told to end
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
    os.close(reading)
    try:
        FileAuditLog(path, key=KEY, busy_seconds=0.05).record(record())
    finally:
        os.close(writing)
        os.waitpid(child, 0)

    assert names(log) == ["r"]


def test_a_copy_without_a_lock_can_be_read(path: Path, tmp_path: Path) -> None:
    filled(path)
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())

    assert AuditFiles(copy, key=KEY).verify().records == 5
    assert not (tmp_path / "copy.lock").exists()


def test_nothing_is_not_a_whole_log(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(AuditUnavailable):
        AuditFiles(path, key=KEY).verify()
    with pytest.raises(AuditUnavailable):
        list(AuditFiles(path, key=KEY).records())


def test_four_threads_lose_nothing(path: Path) -> None:
    log = open_log(path, max_bytes=20_000)

    def write(writer: int) -> None:
        own = log if writer < 2 else open_log(path, max_bytes=20_000)
        for number in range(25):
            own.record(record(f"{writer}-{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    found = names(log)

    assert log.verify(head=log.head()).records == 100
    assert sorted(found) == sorted(f"{w}-{n}" for w in range(4) for n in range(25))
    for writer in range(4):
        own = [name for name in found if name.startswith(f"{writer}-")]
        assert own == [f"{writer}-{number}" for number in range(25)]


def test_records_can_be_read_while_others_write(path: Path) -> None:
    log = filled(path, 3)
    reading = log.records()
    first: DecisionRecord = next(reading)
    log.record(record("r3"))

    assert [first.id, *(one.id for one in reading)] == ["r0", "r1", "r2"]
    assert log.verify().records == 4
    assert replace(first, id="r3") == list(log.records())[-1]
