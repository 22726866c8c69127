"""A copy of a register in SQLite, taken while it is used.

PostgreSQL has its own tools for this, which medid does not wrap.

Where a copy is put back, what was issued after it is still in people's hands, and has
positions on the status lists of which the copy knows nothing. So a copy deals none that
are left on its lists: what it issues is on a new one.

Spec: https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.core.entropy import system_entropy
from medid.errors import ConfigurationError, RegisterUnavailable

if TYPE_CHECKING:
    from sqlalchemy import Engine

_PRIVATE: Final = 0o600
_RANDOM: Final = 8  # bytes
#: Lists in the state in which all positions are dealt that may be.
_NOTHING_LEFT: Final = "UPDATE status_list SET dealt = room"


def backup(engine: Engine, target: str | Path) -> None:
    """Copy the register of ``engine`` to a new file that only its owner can read.

    Whoever reads or writes meanwhile does not wait. The file gets its name when all of
    it is on the disk.

    Args:
        engine: From ``open_engine``, of a register in SQLite.
        target: The new file; nothing is overwritten.

    Raises:
        ConfigurationError: The register is not in SQLite, or there is such a file.
        RegisterUnavailable: One of the two cannot be used; there is no new file.
    """
    if engine.dialect.name != "sqlite":
        message = "this register is not in SQLite"
        raise ConfigurationError(message, fix="use pg_dump, as the documentation says")
    path = Path(target)
    if not path.name:
        raise ConfigurationError("a copy is a file", fix="name a new file")
    # A name of its own: what another copy has written so far is not removed by this.
    draft = path.with_name(f".{path.name}.{system_entropy(_RANDOM).hex()}.part")
    try:
        _copy(Path(str(engine.url.database)), draft)
        # A link fails where there is such a file, and a rename would replace it.
        path.hardlink_to(draft)
        _keep_name(path.parent)
    except FileExistsError:
        message = "there is a file of this name"
        raise ConfigurationError(message, fix="name a new file") from None
    except (OSError, ValueError, sqlite3.Error):
        message = "the register cannot be copied"
        raise RegisterUnavailable(message) from None
    finally:
        with suppress(OSError, ValueError):
            draft.unlink()


def _copy(source: Path, draft: Path) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    file = os.open(draft, flags, _PRIVATE)
    try:
        uri = f"{source.absolute().as_uri()}?mode=ro"
        with (
            closing(sqlite3.connect(uri, uri=True)) as reading,
            closing(sqlite3.connect(draft)) as writing,
        ):
            reading.backup(writing)
            with writing:
                writing.execute(_NOTHING_LEFT)
        os.fsync(file)
    finally:
        os.close(file)


def _keep_name(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(held)
    finally:
        os.close(held)
