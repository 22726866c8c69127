"""Files of a web site are seen whole or not at all, also when the command is killed."""

from __future__ import annotations

import resource
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from medid.cli import publishing
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["did-witness.json", "did.json", "did.jsonl"]
FILES = [(name, f"new {name}".encode()) for name in NAMES]


# The command is killed at one of the moments at which it asks the system for something.
KILLED = """
import os, signal, sys
from pathlib import Path
from medid.cli import publishing

moment, folder = int(sys.argv[1]), Path(sys.argv[2])
seen = 0

def watch(event, arguments):
    global seen
    if event == "open" and Path(str(arguments[0])).name in names and arguments[2] & 3:
        os._exit(3)  # what readers see is written in place
    if event in {"open", "os.rename", "os.remove", "os.mkdir"}:
        if str(folder) in str(arguments[0]):
            seen += 1
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)

names = ["did-witness.json", "did.json", "did.jsonl"]
sys.addaudithook(watch)
files = [(name, f"new {name}".encode()) for name in names]
with publishing.changing(folder):
    publishing.publish(folder, files)
"""


def test_files_are_written_for_a_web_server_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with publishing.changing(folder):
        written = publishing.publish(folder, FILES)

    assert written == [str(folder / name) for name, _ in FILES]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == dict(FILES)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600
        assert not stat.S_IMODE(path.stat().st_mode) & 0o022


# The folder is made and opened. Then each file is opened and renamed, its draft is
# removed if it is still there, and the folder is opened to keep the name.
RENAMED = (4, 8, 12)
ENDED = 15


@pytest.mark.parametrize("moment", [1, 3, 4, 5, 8, 9, 12, 13, ENDED])
def test_a_killed_command_leaves_each_file_old_or_new(
    tmp_path: Path, moment: int
) -> None:
    old = {name: b"old" for name, _ in FILES}
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(moment), str(tmp_path)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    found = {name: (tmp_path / name).read_bytes() for name in old}
    new = [found[name] == content for name, content in FILES]

    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    assert (done.returncode == 0) is (moment == ENDED)
    for name, content in FILES:
        assert found[name] in {b"old", content}
    # What is written first is new first: the log never is ahead of the others.
    assert new == sorted(new, reverse=True)
    assert sum(new) == sum(renamed < moment for renamed in RENAMED)


def test_nothing_but_the_files_is_left_when_one_cannot_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "did.json").mkdir()
    with publishing.changing(tmp_path), pytest.raises(ConfigurationError, match="did"):
        publishing.publish(tmp_path, FILES)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "did-witness.json",
        "did.json",
    ]


def test_a_file_for_which_there_is_no_room_leaves_the_old_one(tmp_path: Path) -> None:
    before = {name: b"old" for name, _ in FILES}
    last, _ = FILES[-1]
    larger = [*FILES[:-1], (last, bytes(20_000))]
    with publishing.changing(tmp_path):
        publishing.publish(tmp_path, list(before.items()))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        try:
            with pytest.raises(ConfigurationError, match="cannot write"):
                publishing.publish(tmp_path, larger)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        found = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
        assert found == before | dict(FILES[:-1])
        publishing.publish(tmp_path, larger)
    assert (tmp_path / last).stat().st_size == 20_000


def test_two_commands_do_not_change_one_folder(tmp_path: Path) -> None:
    busy = pytest.raises(ConfigurationError, match="another command")
    with publishing.changing(tmp_path), busy, publishing.changing(tmp_path):
        pytest.fail("two commands change it")
    with publishing.changing(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    refused = pytest.raises(ConfigurationError, match="cannot write")
    with refused, publishing.changing(tmp_path / "file" / "below"):
        pytest.fail("it was made")


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    publishing.refuse_existing([tmp_path / "other"], fix="x")

    with pytest.raises(ConfigurationError, match="exists already"):
        publishing.refuse_existing([tmp_path / "link"], fix="x")


def test_a_file_is_removed_if_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "did.json").write_text("")
    publishing.remove(tmp_path / "did.json")
    publishing.remove(tmp_path / "did.json")

    assert not list(tmp_path.iterdir())
    with pytest.raises(ConfigurationError, match="cannot write"):
        publishing.remove(tmp_path)
