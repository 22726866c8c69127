"""Files that commands write: whole, in the place of what was there, or not at all."""

from __future__ import annotations

import os
import resource
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from medid.cli import files
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def full(size: int) -> Iterator[None]:
    """Let no file become longer than ``size``, as a disk without room does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_cannot_be_written_takes_nothing_away(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("what was revoked")
    with full(4), pytest.raises(ConfigurationError, match="cannot write"):
        files.write(str(path), "what is revoked now")
    assert path.read_text() == "what was revoked"
    with full(4), pytest.raises(ConfigurationError, match="cannot write"):
        files.write(str(tmp_path / "new"), "what is revoked now")
    assert [one.name for one in tmp_path.iterdir()] == ["list.json"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "list.json"
    path.touch()
    path.chmod(mode)
    files.write(str(path), "ä")
    assert path.read_text(encoding="utf-8") == "ä"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_mode_that_the_mask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write(str(tmp_path / "list.json"), b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "list.json").stat().st_mode) == 0o640


def test_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    path = tmp_path / "there" / "list.json"
    for name in ("link", "another"):
        (tmp_path / name).symlink_to(path)
        files.write(str(tmp_path / name), name)
        assert (tmp_path / name).is_symlink()
        assert path.read_text() == name


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "loop"
    path.symlink_to(path)
    with pytest.raises(ConfigurationError, match="cannot write"):
        files.write(str(path), "x")
    assert [one.name for one in tmp_path.iterdir()] == ["loop"]


def test_what_is_no_file_is_written_to() -> None:
    files.write("/dev/null", "x")
    assert not Path("/dev/null").is_file()


def test_a_file_whose_folder_takes_no_other_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By a name that leaves no room for a longer one beside it.
    path = tmp_path / ("x" * 250)
    for text in ("one", "two"):
        files.write(str(path), text)
        assert path.read_text() == text

    def busy(_self: Path, _target: Path) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)  # as where it is mounted by itself
    mounted = tmp_path / "mounted"
    mounted.write_text("one")
    files.write(str(mounted), "two")
    assert mounted.read_text() == "two"
    assert len(list(tmp_path.iterdir())) == 2
