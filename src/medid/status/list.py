"""Status lists from the issuer's side: set a status, publish the list.

A list is immutable: each change gives a new one, so that a caller stores it before
anybody sees it. Knows no signatures and no store; ``medid.issuing`` signs what
``list_credential`` gives.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.entropy import drawn, system_entropy
from medid.core.fields import required_str
from medid.credentials import CONTEXT_V2, parse_credential
from medid.errors import ConfigurationError, MalformedValue, child
from medid.status import bitstring
from medid.status.compressed import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.entropy import Entropy
    from medid.core.instant import Window
    from medid.core.json import JsonObject
    from medid.credentials import Credential

LIST_CREDENTIAL: Final = "BitstringStatusListCredential"
LIST_SUBJECT: Final = "BitstringStatusList"

# The purposes that medid can judge; any other would be refused on verification.
PURPOSES: Final = ("revocation", "suspension", "message", "refresh")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """The statuses of many credentials, for one purpose.

    Attributes:
        purpose: One of ``PURPOSES``.
        bits: The bitstring, index 0 left-most.
        size: Bits an entry.
    """

    purpose: str
    bits: bytes = field(default_factory=bitstring.create, repr=False)
    size: int = 1

    def __post_init__(self) -> None:
        """Refuse a list that no verifier would accept."""
        if self.purpose not in PURPOSES:
            raise ConfigurationError(f"a purpose is one of {', '.join(PURPOSES)}")
        if not 1 <= self.size <= bitstring.MAX_STATUS_SIZE:
            message = f"a status has 1 to {bitstring.MAX_STATUS_SIZE} bits"
            raise ConfigurationError(message)
        if self.size > 1 and self.purpose != "message":
            raise ConfigurationError("only a message list has more than one bit")
        if len(self.bits) > MAX_BYTES:
            raise ConfigurationError("the list is longer than the limit")
        bitstring.check_length(self.bits, self.size)

    @classmethod
    def from_credential(cls, credential: Credential, *, size: int = 1) -> StatusList:
        """The statuses that a list credential publishes, to be changed and reissued.

        Args:
            credential: What ``list_credential`` gave; its proof is not checked here.
            size: Bits an entry, which only the credentials on the list state.

        Raises:
            MalformedValue: Not a status list for one purpose, or damaged.
            StatusListLengthError: Too short or too long.
            ConfigurationError: A purpose or size that medid does not publish.
        """
        path = child(credential.path, "credentialSubject")
        if LIST_CREDENTIAL not in credential.types or len(credential.subjects) != 1:
            raise MalformedValue(f"not a {LIST_CREDENTIAL}", path=credential.path)
        claims = credential.subjects[0].claims
        encoded = required_str(claims, "encodedList", path)
        return cls(
            purpose=required_str(claims, "statusPurpose", path),
            bits=bitstring.decode(encoded, path=child(path, "encodedList")),
            size=size,
        )

    @property
    def entries(self) -> int:
        """How many credentials the list has room for."""
        return 8 * len(self.bits) // self.size

    def status(self, index: int) -> int:
        """The status of entry ``index``.

        Raises:
            StatusRangeError: There is no such entry.
        """
        return bitstring.read(self.bits, index, size=self.size)

    def lacks(self, other: StatusList) -> bool:
        """Whether a bit that is set in ``other`` is not set here."""
        there = int.from_bytes(other.bits, "big")
        return self._like(other) and bool(there & ~int.from_bytes(self.bits, "big"))

    def joined(self, other: StatusList) -> StatusList:
        """The list with the bits of both set.

        Raises:
            ConfigurationError: ``other`` is of another purpose or size.
        """
        if not self._like(other):
            raise ConfigurationError("the lists are not of one purpose and size")
        bits = int.from_bytes(self.bits, "big") | int.from_bytes(other.bits, "big")
        return StatusList(
            purpose=self.purpose,
            bits=bits.to_bytes(len(self.bits), "big"),
            size=self.size,
        )

    def _like(self, other: StatusList) -> bool:
        return (self.purpose, self.size, len(self.bits)) == (
            other.purpose,
            other.size,
            len(other.bits),
        )

    def with_bit(self, index: int, value: bool) -> StatusList:  # noqa: FBT001
        """The list with the one bit of entry ``index`` set or cleared.

        Raises:
            StatusRangeError: There is no such entry.
            ConfigurationError: It would take back a revocation.
        """
        return self.with_statuses({index: int(value)})

    def with_statuses(self, changes: Mapping[int, int]) -> StatusList:
        """The list with each index of ``changes`` at its new status, in one copy.

        Raises:
            StatusRangeError: There is no such entry.
            ConfigurationError: A status that does not fit the entry, or that would
                take back a revocation, which is for good (#statuspurpose).
        """
        bits = bytearray(self.bits)
        for index, status in changes.items():
            if self.purpose == "revocation" and self.status(index) and not status:
                message = "a revocation cannot be taken back"
                raise ConfigurationError(message, fix="issue a new credential")
            bitstring.write(bits, index, status, size=self.size)
        return StatusList(purpose=self.purpose, bits=bytes(bits), size=self.size)


def allocate(free: Sequence[int], *, entropy: Entropy = system_entropy) -> int:
    """One of the ``free`` indexes, each as likely as any other.

    Consecutive indexes would tell an observer when, and next to whom, a credential
    was issued. That nobody else takes the same index is for the store to ensure.

    Raises:
        ConfigurationError: None is free.
    """
    if not free:
        raise ConfigurationError("no index is free", fix="open a new status list")
    size = (len(free).bit_length() + 7) // 8
    limit = 256**size - 256**size % len(free)
    while True:
        # Numbers from the incomplete last round would favour the first indexes.
        number = int.from_bytes(drawn(size, entropy), "big")
        if number < limit:
            return free[number % len(free)]


def list_credential(
    statuses: StatusList,
    *,
    url: str,
    issuer: str,
    validity: Window,
    ttl_milliseconds: int | None = None,
) -> JsonObject:
    """The unsigned credential that publishes ``statuses``.

    Args:
        statuses: What to publish.
        url: Where it will be published; entries name it, and so does its ``id``.
        issuer: Its URL, the same as that of the credentials it speaks about.
        validity: Must begin; should end soon, so that an old copy cannot be replayed.
        ttl_milliseconds: How long a copy may be kept.

    Raises:
        ConfigurationError: A validity without a start, or a ttl that is not positive.
        MalformedValue: ``url`` or ``issuer`` is not an absolute URL, or the validity
            ends before it begins.
    """
    if validity.start is None:
        raise ConfigurationError("a status list states from when it is valid")
    if ttl_milliseconds is not None and ttl_milliseconds < 1:
        raise ConfigurationError("a ttl is 1 millisecond or more")
    subject: JsonObject = {
        "id": f"{url}#list",
        "type": LIST_SUBJECT,
        "statusPurpose": statuses.purpose,
        "encodedList": bitstring.encode(statuses.bits),
    }
    if ttl_milliseconds is not None:
        subject["ttl"] = ttl_milliseconds
    document: JsonObject = {
        "@context": [CONTEXT_V2],
        "id": url,
        "type": ["VerifiableCredential", LIST_CREDENTIAL],
        "issuer": issuer,
        "validFrom": str(validity.start),
        "credentialSubject": subject,
    }
    if validity.end is not None:
        document["validUntil"] = str(validity.end)
    parse_credential(document)
    return document
