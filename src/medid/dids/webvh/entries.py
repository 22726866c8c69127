"""One line of a did:webvh log: read strictly, before anything in it is believed.

Spec: https://identity.foundation/didwebvh/v1.0/#the-did-log-file
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import fields, jcs, json
from medid.core.instant import Instant
from medid.dids.document import LIMITS
from medid.errors import InvalidDidLog, MedidError, TooLarge
from medid.securing.data_integrity.proof import Proof, read_proofs

if TYPE_CHECKING:
    from medid.core.json import JsonObject

MAX_ENTRY_BYTES: Final = LIMITS.max_bytes  # an entry holds one DID document
MAX_DIGITS: Final = 9  # of a version number; nobody has a billion versions

_MEMBERS: Final = frozenset(
    {"versionId", "versionTime", "parameters", "state", "proof"}
)
# Every multihash of SHA-256 has 46 characters and begins so. Whether it is the right
# one, comparing tells.
_VERSION_ID: Final = re.compile(
    rf"([1-9][0-9]{{0,{MAX_DIGITS - 1}}})-(Qm[1-9A-HJ-NP-Za-km-z]{{44}})"
)
_UTC: Final = re.compile(r".*(?:Z|\+00:00)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry as it stands in the log.

    Attributes:
        number: Its version number, from 1.
        entry_hash: What its ``versionId`` says that its hash is.
        time_text: Its ``versionTime`` as it is spelt.
        raw: The whole entry.
        proofs: At least one.
    """

    number: int
    entry_hash: str
    version_id: str
    version_time: Instant
    time_text: str
    parameters: JsonObject
    state: JsonObject
    proofs: tuple[Proof, ...]
    raw: JsonObject
    _head: str
    _tail: str

    def canonical(self, version_id: str) -> bytes:
        """The canonical entry without its proofs, under a ``versionId``.

        What is canonical of parameters and state is worked out once for all the
        times that an entry is hashed.
        """
        return f'{self._head}"{version_id}"{self._tail}'.encode()


def read(line: bytes | str) -> LogEntry:
    """The entry that ``line`` spells.

    Raises:
        MedidError: Not strict JSON of exactly the members that an entry has, each of
            its form; ``refused`` says what that means of the log.
        TooLarge: More than ``MAX_ENTRY_BYTES``, or nested too deep.
    """
    raw = json.load_object(line, limits=LIMITS)
    fields.no_others(raw, _MEMBERS, "$")
    return _entry(raw)


def _entry(raw: JsonObject) -> LogEntry:
    version_id = fields.required_str(raw, "versionId", "$")
    number, entry_hash = read_version_id(version_id, "$.versionId")
    time_text = fields.required_str(raw, "versionTime", "$")
    if _UTC.fullmatch(time_text) is None:
        raise InvalidDidLog("the time must be in UTC", path="$.versionTime")
    parameters = fields.required(raw, "parameters", dict, "$")
    state = fields.required(raw, "state", dict, "$")
    if not isinstance(raw.get("proof"), list):
        raise InvalidDidLog("an entry has an array of proofs", path="$.proof")
    return LogEntry(
        number=number,
        entry_hash=entry_hash,
        version_id=version_id,
        version_time=Instant.parse(time_text, path="$.versionTime"),
        time_text=time_text,
        parameters=parameters,
        state=state,
        proofs=read_proofs(raw),
        raw=raw,
        # The members in the order of RFC 8785, the closing brace taken off. The texts
        # put between them have no character that JSON would escape.
        _head=jcs.text({"parameters": parameters, "state": state})[:-1]
        + ',"versionId":',
        _tail=f',"versionTime":"{time_text}"}}',
    )


def read_version_id(text: str, path: str) -> tuple[int, str]:
    """The number and the entry hash of a ``versionId``.

    Raises:
        InvalidDidLog: Not a number from 1, a dash, and a SHA-256 multihash.
    """
    match = _VERSION_ID.fullmatch(text)
    if match is None:
        message = "a versionId is a number from 1, a dash, and a SHA-256 multihash"
        raise InvalidDidLog(message, path=path)
    return int(match[1]), match[2]


def refused(error: MedidError, path: str) -> TooLarge | InvalidDidLog:
    """What ``error``, raised inside the part of a log at ``path``, says of the log."""
    kind = TooLarge if isinstance(error, TooLarge) else InvalidDidLog
    return kind(error.message, path=path + error.path.removeprefix("$"))
