"""Files that a static web server publishes: each whole or not at all, in an order.

A file gets its name when all of it is on the disk, so whoever reads it meanwhile, and
whoever finds it after a crash, sees the old one or the new one. Files that belong
together are written in an order in which every beginning of it is harmless; the last is
the one that counts.

One command at a time changes a folder: two that each append a version to the same log
would make a fork of it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.cli.output import printable
from medid.core.entropy import system_entropy
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DOCUMENT: Final = "did.json"
LOG: Final = "did.jsonl"
WITNESSES: Final = "did-witness.json"
DRAFT: Final = "did.draft.jsonl"  # a log whose last version waits for its witnesses

# By the web server, whoever runs it, and whatever the mask of this process is.
_READABLE: Final = 0o644
_ENTERED: Final = 0o755


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Be the only command that changes ``folder``, which is made where it is missing.

    The system lets go of the folder when the command ends, however it ends.

    Raises:
        ConfigurationError: Another command changes it, or it cannot be made.
    """
    # Asked for here, because it needs a system with flock.
    import fcntl

    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another command changes {printable(str(folder))}"
            raise ConfigurationError(message, fix="wait until it has ended") from None
        yield
    finally:
        os.close(held)


def refuse_existing(paths: Sequence[Path], *, fix: str) -> None:
    """Return if none of ``paths`` is there.

    Raises:
        ConfigurationError: One is, and nothing is overwritten silently.
    """
    for path in paths:
        if os.path.lexists(path):
            message = f"{printable(str(path))} exists already"
            raise ConfigurationError(message, fix=fix)


def refuse_other_name(file: str, name: str) -> None:
    """Return if ``file`` is the one called ``name``, which is about to be replaced.

    What is made of another one, such as a copy or a draft, would be written over the
    file of that name beside it, which may say more.

    Raises:
        ConfigurationError: It is called otherwise.
    """
    if Path(file).name != name:
        message = f"what is made of this file is written to the {name} beside it"
        raise ConfigurationError(message, fix=f"name the {name}")


def publish(folder: Path, files: Sequence[tuple[str, bytes]]) -> list[str]:
    """Write ``files`` into ``folder``, in their order; what was there is replaced.

    Args:
        folder: One that the caller is ``changing``.
        files: Name and content of each; the one that counts is the last. Folders that
            a name goes through are made.

    Returns:
        Where each of them is.

    Raises:
        ConfigurationError: One cannot be written. Those before it are, whole.
    """
    written = []
    for name, content in files:
        for parent in reversed(Path(name).parents[:-1]):
            _make(folder / parent)
        written.append(_write(folder / name, content))
    return written


def remove(path: Path) -> None:
    """Remove a file that is not needed any more, if it is there.

    Raises:
        ConfigurationError: It cannot be removed.
    """
    with _told(path):
        path.unlink(missing_ok=True)


def _make(folder: Path) -> None:
    with _told(folder):
        if not folder.is_dir():
            folder.mkdir()
            folder.chmod(_ENTERED)
            _keep_name(folder.parent)


def _write(path: Path, content: bytes) -> str:
    draft = path.with_name(f".{path.name}.{system_entropy(8).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with _told(path):
        try:
            with os.fdopen(os.open(draft, flags, _READABLE), "wb") as file:
                os.fchmod(file.fileno(), _READABLE)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            with suppress(OSError):
                draft.unlink()
        _keep_name(path.parent)
    return str(path)


def _keep_name(folder: Path) -> None:
    """Have the disk remember the new name, too, before anything that relies on it."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(held)
    finally:
        os.close(held)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        message = f"cannot write {printable(str(path))}: {reason}"
        raise ConfigurationError(message, fix="name a place you may write to") from None
