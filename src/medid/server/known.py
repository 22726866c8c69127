"""The entries of a file that says whom a server knows, each told from every other."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from medid.core.fields import no_others, object_list
from medid.errors import ConfigurationError, child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonObject

_Entry = TypeVar("_Entry")


def read_known(
    obj: JsonObject,
    listed: str,
    read: Callable[[JsonObject, str], _Entry],
    *,
    most: int,
    apart: Mapping[str, str],
) -> tuple[_Entry, ...]:
    """The entries of ``{listed: [...]}``.

    Args:
        obj: The whole file.
        listed: Its only member, in the plural.
        read: Reads one entry; takes where it stands as well.
        most: How many there may be.
        apart: The attributes in which no two may be alike, and what each is called.

    Raises:
        MalformedValue: A member that is missing, unknown or of another form.
        ConfigurationError: Too many entries, or two that cannot be told apart.
        MedidError: As ``read`` says.
    """
    no_others(obj, {listed}, "$")
    path = child("$", listed)
    entries = tuple(
        read(item, child(path, index))
        for index, item in enumerate(object_list(obj.get(listed), path))
    )
    if len(entries) > most:
        raise ConfigurationError(f"there are more than {most} {listed}", path=path)
    for name in apart:
        if len({getattr(entry, name) for entry in entries}) != len(entries):
            alike = " or the same ".join(apart.values())
            message = f"two {listed} have the same {alike}"
            raise ConfigurationError(message, path=path)
    return entries
