"""The statuses of a Token Status List: a byte array, and its two encodings.

Entries of 1, 2, 4 or 8 bits, packed from the least significant bit of each byte on:
the other way round than in a Bitstring Status List. A list is immutable; each change
gives a new one. Knows no tokens and no signatures.

Spec: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-4
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeGuard

from medid.core import base64url
from medid.core.fields import required
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    StatusListLengthError,
    StatusRangeError,
    child,
)
from medid.status.bitstring import MAX_ENCODED_CHARACTERS, MIN_ENTRIES
from medid.status.compressed import MAX_BYTES, ZLIB, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.cbor import CborKey, CborValue
    from medid.core.json import JsonObject

SIZES: Final = (1, 2, 4, 8)  # bits an entry

# The status types that the specification defines (section 7.1).
VALID: Final = 0
INVALID: Final = 1
SUSPENDED: Final = 2
# Those that mean what an application says they mean.
APPLICATION_SPECIFIC: Final = frozenset({0x03, 0x0C, 0x0D, 0x0E, 0x0F})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenStatusList:
    """The statuses of many tokens.

    Attributes:
        bits: Bits an entry.
        statuses: The byte array, not compressed.
    """

    bits: int
    statuses: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a list that no verifier would accept."""
        if not _is_size(self.bits):
            raise ConfigurationError("a status has 1, 2, 4 or 8 bits")
        if len(self.statuses) > MAX_BYTES:
            raise ConfigurationError("the list is longer than the limit")

    @classmethod
    def create(cls, entries: int = MIN_ENTRIES, *, bits: int = 1) -> TokenStatusList:
        """A list of ``entries`` entries of ``bits`` bits, all of them valid.

        Raises:
            ConfigurationError: Another size, no entry, or too many.
        """
        if not _is_size(bits) or not 0 < entries <= 8 * MAX_BYTES // bits:
            message = "a list has at least one entry, of 1, 2, 4 or 8 bits"
            raise ConfigurationError(message)
        return cls(bits=bits, statuses=bytes(-(-entries * bits // 8)))

    @property
    def entries(self) -> int:
        """How many tokens the list has room for."""
        return 8 * len(self.statuses) // self.bits

    def status(self, index: int, *, path: str = "$") -> int:
        """The status of entry ``index``.

        Raises:
            StatusRangeError: ``index`` is negative, or beyond the last entry.
        """
        # A negative index would silently read from the end of the list.
        if not 0 <= index < self.entries:
            raise StatusRangeError("the index lies outside the status list", path=path)
        byte, shift = divmod(index * self.bits, 8)
        return self.statuses[byte] >> shift & (1 << self.bits) - 1

    def with_statuses(self, changes: Mapping[int, int]) -> TokenStatusList:
        """The list with each index of ``changes`` at its new status, in one copy.

        Raises:
            StatusRangeError: There is no such entry.
            ConfigurationError: A status that does not fit the entry, or that would
                take back a revocation.
        """
        statuses = bytearray(self.statuses)
        for index, status in changes.items():
            before = self.status(index)
            if not 0 <= status < 1 << self.bits:
                raise ConfigurationError(f"the status does not fit {self.bits} bits")
            if before == INVALID != status:
                message = "a revocation cannot be taken back"
                raise ConfigurationError(message, fix="issue a new credential")
            byte, shift = divmod(index * self.bits, 8)
            statuses[byte] ^= (before ^ status) << shift
        return TokenStatusList(bits=self.bits, statuses=bytes(statuses))

    def compressed(self) -> bytes:
        """The byte array in DEFLATE with its ZLIB header, as small as it gets."""
        return zlib.compress(self.statuses, 9)

    def as_json(self) -> JsonObject:
        """The ``status_list`` of a JWT (section 4.2)."""
        return {"bits": self.bits, "lst": base64url.encode(self.compressed())}

    def as_cbor(self) -> dict[CborKey, CborValue]:
        """The ``status_list`` of a CWT (section 4.3)."""
        return {"bits": self.bits, "lst": self.compressed()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedList:
    """A status list as it travels: of the right form, and not unpacked yet.

    Attributes:
        bits: Bits an entry.
        packed: The compressed byte array.
        path: Where it stands, for errors.
    """

    bits: int
    packed: bytes = field(repr=False)
    path: str = "$"

    @classmethod
    def of_json(cls, stated: JsonObject, *, path: str = "$") -> PackedList:
        """The list of a ``status_list`` in JSON: base64url.

        An ``aggregation_uri`` is not read: no list is fetched that no entry names.

        Raises:
            MalformedValue: Another number of bits, or no list in its encoding.
            StatusListLengthError: The list is longer than the limit.
        """
        bits, place = _bits(stated.get("bits"), path), child(path, "lst")
        encoded = required(stated, "lst", str, path)
        if len(encoded) > MAX_ENCODED_CHARACTERS:
            message = "the list is longer than the limit"
            raise StatusListLengthError(message, path=place)
        packed = base64url.decode(encoded, path=place)
        return cls(bits=bits, packed=packed, path=place)

    @classmethod
    def of_cbor(
        cls, stated: Mapping[CborKey, CborValue], *, path: str = "$"
    ) -> PackedList:
        """The list of a ``status_list`` in CBOR: bytes. Otherwise as ``of_json``.

        Raises:
            MalformedValue: Another number of bits, or no list in its encoding.
        """
        bits, place = _bits(stated.get("bits"), path), child(path, "lst")
        packed = stated.get("lst")
        if not isinstance(packed, bytes):
            raise MalformedValue("the list is a byte string", path=place)
        return cls(bits=bits, packed=packed, path=place)

    def unpack(self) -> TokenStatusList:
        """The list; never more than 8 MiB are unpacked.

        Raises:
            MalformedValue: Not ZLIB data, truncated, or followed by more data.
            StatusListLengthError: The byte array is longer than the limit.
        """
        statuses = unpack(self.packed, ZLIB, path=self.path)
        return TokenStatusList(bits=self.bits, statuses=statuses)


def _is_size(value: object) -> TypeGuard[int]:
    # type() and not isinstance(): True is an int to Python, and no size.
    return type(value) is int and value in SIZES


def _bits(value: object, path: str) -> int:
    if _is_size(value):
        return value
    message = "a status has 1, 2, 4 or 8 bits"
    raise MalformedValue(message, path=child(path, "bits"))
