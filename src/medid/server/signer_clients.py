"""Whom a signing server signs for: certificates by their SHA-256, each with its keys.

The list is read once. A client that is not on it is told nothing, whatever authority
certified it; a key that is not among its own is no key to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.adapters.signers.remote import NAME
from medid.core.fields import no_others, required_str, strings
from medid.errors import ConfigurationError, child
from medid.server.known import read_known

if TYPE_CHECKING:
    from medid.core.json import JsonObject

MAX_CLIENTS: Final = 1_000  # of one server; a rate is kept for each

_LOGGED: Final = re.compile(r"[A-Za-z0-9_.\-]{1,64}")  # it is written to the log
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One client.

    Attributes:
        name: Who it is; written to the log.
        sha256: Of its certificate in DER, in hexadecimal digits.
        keys: The names of the keys that it may use. Empty is none.
    """

    name: str
    sha256: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Clients:
    """Every client that is known. None at all serves nobody."""

    entries: tuple[Client, ...] = ()

    def find(self, sha256: str | None) -> Client | None:
        """The client with this certificate; ``None`` where it is not known."""
        for entry in self.entries:
            if entry.sha256 == sha256:
                return entry
        return None

    @classmethod
    def from_json(cls, obj: JsonObject) -> Clients:
        """The clients of ``{"clients": [...]}``.

        Raises:
            MalformedValue: A member that is missing, unknown or of another form.
            ConfigurationError: Too many clients, or two that cannot be told apart.
        """
        apart = {"name": "name", "sha256": "certificate"}
        return cls(read_known(obj, "clients", _client, most=MAX_CLIENTS, apart=apart))


def _client(obj: JsonObject, path: str) -> Client:
    no_others(obj, {"name", "sha256", "keys"}, path)
    name = required_str(obj, "name", path)
    if not _LOGGED.fullmatch(name):
        message = "a name has 1 to 64 letters, digits, dots, dashes and underscores"
        raise ConfigurationError(message, path=child(path, "name"))
    sha256 = required_str(obj, "sha256", path)
    if not _SHA256.fullmatch(sha256):
        message = "not 64 hexadecimal digits in lower case"
        raise ConfigurationError(message, path=child(path, "sha256"))
    keys = strings(obj.get("keys"), child(path, "keys"))
    if not all(map(NAME.fullmatch, keys)):
        message = "not the name of a key"
        raise ConfigurationError(message, path=child(path, "keys"))
    return Client(name=name, sha256=sha256, keys=frozenset(keys))
