"""What hosted status lists said at earlier times: every version that was published.

Each version is a file of its own, written before anybody can fetch it, never changed.
What is handed out is exactly what was handed out then, with the proof of then: nothing
here is signed anew, and whoever asks verifies it as he would have.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right, insort
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.credentials import parse_credential
from medid.errors import ConfigurationError, MedidError
from medid.status.check import MAX_LIST_DOCUMENT

if TYPE_CHECKING:
    from pathlib import Path

    from medid.core.instant import Instant

_READABLE: Final = 0o666  # by whom the mask of the process lets
# Nanoseconds since 1970, which is what an Instant holds.
_VERSION: Final = re.compile(r"[0-9]{1,20}")


class ListHistory:
    """The versions of lists in one folder, each list with a folder of its own.

    Whoever uses it does so in one thread at a time.
    """

    def __init__(self, folder: Path) -> None:
        """Look at what there is.

        Raises:
            ConfigurationError: The folder cannot be used.
        """
        self._folder = folder
        self._versions: dict[str, list[int]] = {}
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            for place in folder.iterdir():
                self._versions[place.name] = sorted(_numbers(place))
        except OSError as error:
            message = f"cannot use the folder of earlier lists: {error.strerror}"
            raise ConfigurationError(message, path="--status-history") from None

    def keep(self, name: str, content: bytes, *, signed_at: Instant) -> None:
        """Keep ``content`` as what the list ``name`` says from ``signed_at`` on.

        Raises:
            OSError: It cannot be kept, and must not be published then.
        """
        versions = self._versions.setdefault(name, [])
        (self._folder / name).mkdir(mode=0o700, exist_ok=True)
        write_whole(self._file(name, signed_at.nanoseconds), content)
        if signed_at.nanoseconds not in versions:
            insort(versions, signed_at.nanoseconds)

    def published_after(self, name: str, signed_at: Instant) -> bytes | None:
        """The newest version beyond ``signed_at`` that was published for certain.

        The last one that was kept may not have been: the server may have stopped.
        """
        versions = self._versions.get(name, [])
        if len(versions) - bisect_right(versions, signed_at.nanoseconds) < 2:
            return None
        return self._read(name, versions[-2])

    def forget_after(self, name: str, signed_at: Instant) -> None:
        """Take away what was kept beyond ``signed_at``: it was never published."""
        versions = self._versions.get(name, [])
        place = bisect_right(versions, signed_at.nanoseconds)
        for version in versions[place:]:
            # One that stays on the disk is looked for again at the next start.
            with suppress(OSError):
                self._file(name, version).unlink()
        del versions[place:]

    def find(self, name: str, *, at: Instant) -> bytes | None:
        """What the list ``name`` said ``at``; ``None`` where that is not known."""
        versions = self._versions.get(name, [])
        place = bisect_right(versions, at.nanoseconds)
        if place == 0:
            return None
        content = self._read(name, versions[place - 1])
        if content is None:
            return None  # damaged: whoever asks is told that it is not known
        known = parse_credential(strict_json.load_object(content))
        return content if known.validity.contains(at) else None

    def _read(self, name: str, version: int) -> bytes | None:
        """A version as it was kept; ``None`` where it is damaged."""
        try:
            with self._file(name, version).open("rb") as opened:
                content = opened.read(MAX_LIST_DOCUMENT + 1)
            parse_credential(strict_json.load_object(content))
        except (OSError, MedidError):
            return None
        return content

    def _file(self, name: str, version: int) -> Path:
        return self._folder / name / f"{version}.json"


def _numbers(place: Path) -> list[int]:
    names = [file.stem for file in place.glob("*.json")]
    return [int(name) for name in names if _VERSION.fullmatch(name)]


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file as a whole: a crash leaves the old content or the new one.

    Raises:
        OSError: It cannot be written; what was there is there still.
    """
    draft = path.with_name(f".{path.stem}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        # One that a crash has left, or a link that leads to somebody else's file.
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, flags, _READABLE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        # Nothing was published; why the disk refused is no caller's affair.
        with suppress(OSError):
            draft.unlink()
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
