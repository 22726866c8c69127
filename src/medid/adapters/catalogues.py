"""A catalogue in a file: what a search may find, as whoever has the records wrote it.

One line of JSON for each resource, the ``resource`` of an AuthZEN request::

    {"type": "Observation", "id": "Observation/1", "properties": {"patient": ...}}

It is read once and kept in memory. What it says of patients is theirs, so a file that
others than its owner may read is refused.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-resource
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from medid.access.catalogue import MemoryCatalogue
from medid.adapters.private_files import open_private
from medid.core import json as strict_json
from medid.errors import ConfigurationError, Refused, TooLarge, child, located

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from medid.core.json import JsonObject

MAX_LINE: Final = 65_536  # bytes of one resource; its labels and codes take some 500


def read_catalogue(path: str | os.PathLike[str]) -> MemoryCatalogue:
    """The catalogue in a file of JSON lines that its owner alone may read.

    Raises:
        ConfigurationError: It cannot be read, others may read it, or a line of it is
            not a resource of a patient. The path is that of the line, from 0.
    """
    try:
        with open_private(path, what="the catalogue", setting="--catalogue") as file:
            return MemoryCatalogue(_lines(file))
    except Refused as error:
        message = f"the catalogue: {error.message} ({error.code})"
        raise ConfigurationError(message, path=error.path, fix=error.fix) from None


def _lines(file: BinaryIO) -> Iterator[JsonObject]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        with located(child("$", number)):
            if len(line) > MAX_LINE:
                raise TooLarge(f"a line has more than {MAX_LINE} bytes")
            resource = strict_json.load_object(line)
        yield resource
        number += 1
