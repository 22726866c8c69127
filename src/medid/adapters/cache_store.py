"""Where fetched documents are kept for others: the port, and how an entry is written.

Only documents are shared, never failures and never verdicts. Whoever can write to a
store could put another's keys under a board's name, so an entry can carry a code
(HMAC-SHA-256) over everything in it, its name and its time included: an entry that was
changed, moved or made elsewhere is none. An old entry that is put back is as old as it
says.

Spec: https://www.rfc-editor.org/rfc/rfc2104
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final, Protocol

from medid.core import json as strict_json
from medid.core.fetch import Fetched, Freshness, Validators
from medid.core.fields import as_object, no_others, required, required_str
from medid.core.instant import Instant
from medid.errors import ConfigurationError, MalformedValue, MedidError

if TYPE_CHECKING:
    from medid.core.json import JsonObject

MAX_ENTRY: Final = 8_388_608  # bytes: eight times the longest document that is fetched
MIN_KEY: Final = 32  # bytes, as many as the code has (RFC 2104 section 3)

_FORMAT: Final = b"medid cache 1"
_UNSIGNED: Final = b"-"
_MEMBERS: Final = frozenset(
    {"url", "type", "at", "seconds", "etag", "lastModified", "sha256"}
)


class Store(Protocol):
    """Keeps documents for all who share it. Safe to share between threads.

    It is a help and no authority: a store that cannot be used has nothing, and counts
    that. No call takes longer than a short wait of the store's own.
    """

    @property
    def faults(self) -> int:
        """How often it could not be used, or held what nobody may use."""

    def get(self, name: str) -> Fetched | None:
        """The document that was kept under ``name``; ``None`` where none is."""

    def put(self, name: str, document: Fetched, *, seconds: float) -> None:
        """Keep ``document`` under ``name`` for so many seconds at most."""

    def claim(self, name: str, *, seconds: float) -> bool:
        """Whether the caller is the one to fetch ``name``, for so many seconds.

        Of those who share the store, one at a time is. Where it cannot be used,
        everybody is.
        """

    def release(self, name: str) -> None:
        """Let another fetch ``name``."""


def check_key(key: bytes) -> bytes:
    """``key``, which is long enough to sign entries with.

    Raises:
        ConfigurationError: It is shorter than 32 bytes.
    """
    if len(key) < MIN_KEY:
        message = f"the key of a cache has {MIN_KEY} random bytes or more"
        raise ConfigurationError(message, path="$.key")
    return key


def digest(name: str) -> str:
    """What a store calls ``name``: of one length, whatever it is of."""
    return hashlib.sha256(name.encode()).hexdigest()


def write(name: str, document: Fetched, key: bytes | None = None) -> bytes:
    """``document`` as an entry under ``name``, signed with ``key`` if there is one."""
    validators = document.freshness.validators
    seconds = document.freshness.seconds
    head: JsonObject = {
        "url": document.url,
        "type": document.media_type,
        "at": str(document.fetched_at),
        "seconds": None if seconds is None else int(seconds),
        "etag": validators.etag,
        "lastModified": validators.last_modified,
        "sha256": document.digest,
    }
    said = strict_json.dumps(head).encode() + b"\n" + document.content
    return b"\n".join((_FORMAT, _code(name, said, key), said))


def read(name: str, entry: bytes, key: bytes | None = None) -> Fetched:
    """The document that ``write`` wrote under ``name``.

    Raises:
        MalformedValue: It is not what was written there with this key.
    """
    stated, _, rest = entry.partition(b"\n")
    code, _, said = rest.partition(b"\n")
    if stated != _FORMAT or not hmac.compare_digest(code, _code(name, said, key)):
        raise MalformedValue("the entry was not written here")
    head, _, content = said.partition(b"\n")
    try:
        document = _document(as_object(strict_json.loads(head), "$"), content)
    except MedidError:
        raise MalformedValue("the entry is not of the form of this medid") from None
    return document


def _code(name: str, said: bytes, key: bytes | None) -> bytes:
    if key is None:
        return _UNSIGNED
    signed = digest(name).encode() + b"\n" + said
    return hmac.new(key, signed, hashlib.sha256).hexdigest().encode()


def _document(head: JsonObject, content: bytes) -> Fetched:
    no_others(head, _MEMBERS, "$")
    seconds = head.get("seconds")
    if seconds is not None and type(seconds) is not int:
        raise MalformedValue("not a number of seconds", path="$.seconds")
    document = Fetched.of(
        required_str(head, "url", "$"),
        content,
        fetched_at=Instant.parse(required_str(head, "at", "$")),
        media_type=required(head, "type", str, "$"),
        freshness=Freshness(
            seconds=seconds,
            validators=Validators(
                etag=required(head, "etag", str, "$"),
                last_modified=required(head, "lastModified", str, "$"),
            ),
        ),
    )
    if document.digest != required_str(head, "sha256", "$"):
        raise MalformedValue("the digest does not fit the content")
    return document
