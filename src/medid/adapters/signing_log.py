"""The log of uses of keys: which key signed what, when, and for whom.

A line has the SHA-256 of what was signed and never the thing itself, so the log tells
nothing about a patient; whoever has a document can find the line that belongs to it.
The file is chained, locked and repaired as the audit log of decisions is, under a key
that is kept elsewhere: a line that somebody takes out is missed.

A use is on the disk before the key is used. One that the store then refused is followed
by a line that says so; what counts as signed is every use without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from medid.adapters.audit import ChainedLog
from medid.adapters.audit_chain import SIGNING_FORMAT
from medid.core.fields import no_others, optional_str, required_str
from medid.core.instant import Instant
from medid.errors import AuditUnavailable, MedidError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from medid.adapters.audit_chain import Head
    from medid.core.json import JsonObject

_MEMBERS = ("id", "time", "key", "sha256", "purpose", "client", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a key, or that it failed.

    Attributes:
        id: Names the use; the line that says that it failed has the same.
        time: When it was asked for, or failed.
        key: The public key, as Multikey.
        sha256: Of what was signed, in hexadecimal digits.
        purpose: What it is for, in a word of whoever asked.
        client: For whom: the SHA-256 of a client's certificate; ``None`` for oneself.
        failed: Whether this line says that nothing was signed after all.
    """

    id: str
    time: Instant
    key: str
    sha256: str
    purpose: str
    client: str | None = None
    failed: bool = False

    def as_json(self) -> JsonObject:
        """What stands in the log."""
        members: JsonObject = {
            "id": self.id,
            "time": str(self.time),
            "key": self.key,
            "sha256": self.sha256,
            "purpose": self.purpose,
        }
        if self.client is not None:
            members["client"] = self.client
        return {**members, "failed": True} if self.failed else members

    @classmethod
    def from_json(cls, obj: JsonObject, *, path: str = "$") -> Use:
        """What ``as_json`` wrote.

        Raises:
            MalformedValue: It is of another form.
        """
        no_others(obj, _MEMBERS, path)
        return cls(
            id=required_str(obj, "id", path),
            time=Instant.parse(required_str(obj, "time", path), path=path),
            key=required_str(obj, "key", path),
            sha256=required_str(obj, "sha256", path),
            purpose=required_str(obj, "purpose", path),
            client=optional_str(obj, "client", path),
            failed=obj.get("failed") is True,
        )


class SigningLog:
    """The log in a file. Safe to share between threads and processes.

    Args:
        path: The file; its folder must exist, and be on a disk of this machine.
        key: With which lines are chained; at least 32 bytes, and kept elsewhere.

    Raises:
        ConfigurationError: The key is too short, or not this log's.
        AuditUnavailable: The file cannot be made, read or written, or its end is not
            what was written last.
    """

    __slots__ = ("_log",)

    def __init__(self, path: str | Path, *, key: bytes) -> None:
        self._log = ChainedLog(path, key=key, form=SIGNING_FORMAT)

    def record(self, use: Use) -> None:
        """Return when ``use`` is on the disk.

        Raises:
            AuditUnavailable: It is not.
        """
        self._log.append(use.as_json())

    def head(self) -> Head:
        """Where the log ends now. Keep it elsewhere, from time to time.

        Raises:
            AuditUnavailable: The log cannot be used.
        """
        return self._log.head()

    def uses(self, *, head: Head | None = None) -> Iterator[Use]:
        """Every line, in order, each after it was checked.

        Raises:
            AuditLogAltered: The log is not whole, or ends before ``head``.
            AuditUnavailable: It cannot be read.
        """
        return uses_in(self._log, head=head)


class Contents(Protocol):
    """A chained log that can be read: ``ChainedLog``, or ``AuditFiles``."""

    def contents(self, *, head: Head | None = None) -> Iterator[tuple[str, JsonObject]]:
        """What every record says, in order, with its place."""
        ...


def uses_in(log: Contents, *, head: Head | None = None) -> Iterator[Use]:
    """Every line of a signing log, in order, each after it was checked.

    Raises:
        AuditLogAltered: The log is not whole, or ends before ``head``.
        AuditUnavailable: It cannot be read.
    """
    for place, content in log.contents(head=head):
        try:
            yield Use.from_json(content, path=place)
        except MedidError as error:
            message = f"this medid cannot read the line ({error.code})"
            raise AuditUnavailable(message, path=place) from None
