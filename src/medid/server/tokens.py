"""Bearer tokens: who may ask for what, and under which DIDs.

Only digests are kept. A token is found by comparing its digest with every entry, in
constant time and to the end, so that neither the number of the entry nor a prefix can
be measured. The file is read once; a change takes effect when the server starts anew.

Spec: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.adapters.private_files import open_private
from medid.core import json as strict_json
from medid.core.fields import no_others, required_str, strings
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, MedidError, child
from medid.server.known import read_known

if TYPE_CHECKING:
    import os

    from medid.core.json import JsonObject

MAX_FILE: Final = 1_048_576  # bytes; 1,000 tokens take some 200 kB
MAX_TOKENS: Final = 1_000  # each is compared at every request
MIN_CHARACTERS: Final = 32  # of a token; 128 bits take 22 in base64, 32 in hex

_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]{1,64}")  # it is written to the log
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]{1,1024}=*")  # RFC 6750 section 2.1
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MEMBERS: Final = ("name", "token", "sha256", "operations", "dids")


class Operation(StrEnum):
    """What a token can allow."""

    ISSUE = "issue"
    DERIVE = "derive"
    PRESENT = "present"
    STATUS = "status"
    VERIFY = "verify"  # and be told the reasons
    DECIDE = "decide"  # about access, without reasons
    EXPLAIN = "explain"  # and be told the reasons of decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token, of which only the digest is known.

    Attributes:
        name: Who has it; written to the log.
        digest: SHA-256 of the token.
        operations: What it allows.
        dids: Under which DIDs it lets the server sign. Empty is none.
    """

    name: str
    digest: bytes = field(repr=False)
    operations: frozenset[Operation]
    dids: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        name: str,
        token: str,
        operations: frozenset[Operation],
        dids: frozenset[str] = frozenset(),
    ) -> Token:
        """The entry for the secret ``token``, which is not kept."""
        digest = hashlib.sha256(token.encode()).digest()
        return cls(name=name, digest=digest, operations=operations, dids=dids)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every token that is accepted. None at all accepts nobody."""

    entries: tuple[Token, ...] = ()

    def find(self, presented: str) -> Token | None:
        """The entry of the token ``presented``; ``None`` where there is none."""
        digest = hashlib.sha256(presented.encode("utf-8", "replace")).digest()
        found = None
        for entry in self.entries:
            if hmac.compare_digest(entry.digest, digest):
                found = entry
        return found

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Tokens:
        """The tokens of a JSON file that its owner alone may read.

        Raises:
            ConfigurationError: It cannot be read, others may read it, or it does not
                hold tokens as docs/reference/server.md describes them.
        """
        try:
            return cls.from_json(strict_json.load_object(_read(path)))
        except ConfigurationError:
            raise
        except MedidError as error:
            message = f"the token file: {error.message} ({error.code})"
            raise ConfigurationError(message, path=error.path, fix=error.fix) from None

    @classmethod
    def from_json(cls, obj: JsonObject) -> Tokens:
        """The tokens of ``{"tokens": [...]}``.

        Raises:
            MalformedValue: A member that is missing, unknown or of another form.
            InvalidDid: A token names something as a DID that is none.
            ConfigurationError: Too many tokens, or two that cannot be told apart.
        """
        apart = {"name": "name", "digest": "secret"}
        return cls(read_known(obj, "tokens", _entry, most=MAX_TOKENS, apart=apart))


def _read(path: str | os.PathLike[str]) -> bytes:
    with open_private(path, what="the token file", setting="--tokens") as file:
        return file.read(MAX_FILE + 1)


def _entry(obj: JsonObject, path: str) -> Token:
    no_others(obj, _MEMBERS, path)
    name = required_str(obj, "name", path)
    if not _NAME.fullmatch(name):
        message = "a name has 1 to 64 letters, digits, dots, dashes and underscores"
        raise ConfigurationError(message, path=child(path, "name"))
    dids = strings(obj["dids"], child(path, "dids")) if "dids" in obj else []
    return Token(
        name=name,
        digest=_digest(obj, path),
        operations=_operations(obj, path),
        dids=frozenset(str(Did.parse(did, path=child(path, "dids"))) for did in dids),
    )


def _digest(obj: JsonObject, path: str) -> bytes:
    if ("token" in obj) == ("sha256" in obj):
        message = "a token is given as its text or as its SHA-256, one of the two"
        raise ConfigurationError(message, path=path)
    if "sha256" in obj:
        text = required_str(obj, "sha256", path)
        if not _SHA256.fullmatch(text):
            message = "not 64 hexadecimal digits in lower case"
            raise ConfigurationError(message, path=child(path, "sha256"))
        return bytes.fromhex(text)
    text = required_str(obj, "token", path)
    if not _TOKEN.fullmatch(text) or len(text) < MIN_CHARACTERS:
        message = f"a token has {MIN_CHARACTERS} or more of the characters of base64"
        raise ConfigurationError(message, path=child(path, "token"))
    return hashlib.sha256(text.encode()).digest()


def _operations(obj: JsonObject, path: str) -> frozenset[Operation]:
    place = child(path, "operations")
    names = strings(obj.get("operations"), place)
    known = {operation.value for operation in Operation}
    if not known.issuperset(names):
        message = f"an operation is one of {', '.join(Operation)}"
        raise ConfigurationError(message, path=place)
    return frozenset(Operation(name) for name in names)
