"""Files that their owner alone may read: what a server is entrusted with.

Whoever may read them learns a secret, or something about patients; whoever may write to
them decides whom a site believes. So a file that others may use is refused, not mended.

Spec: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/sys_stat.h.html
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHERS: Final = 0o077  # permission bits of group and world


@contextmanager
def open_private(
    path: str | os.PathLike[str], *, what: str, setting: str
) -> Iterator[BinaryIO]:
    """The file ``path``, to be read.

    Args:
        path: Its name.
        what: What it is, for people, such as ``the catalogue``.
        setting: The path that an error names: the option that the file is given with.

    Raises:
        ConfigurationError: It cannot be read, or others than its owner may use it.
    """
    try:
        with Path(path).open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
                message = f"others than its owner may use {what}"
                raise ConfigurationError(message, path=setting, fix="chmod 600 it")
            yield file
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        message = f"cannot read {what}: {reason}"
        raise ConfigurationError(message, path=setting) from None
