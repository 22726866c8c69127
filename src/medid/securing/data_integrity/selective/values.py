"""Proof values: three bytes that say of what kind, and an array of components in CBOR.

Read strictly: no tags, definite lengths in their shortest form, nothing behind the
array, no key twice. Only the order of a map's keys is left open, because the
specifications say nothing about it.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#serializederivedproofvalue,
https://www.w3.org/TR/vc-di-bbs/#serializederivedproofvalue
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

from medid.core import cbor, multibase
from medid.core.cbor import CborRules, CborValue
from medid.core.records import replace
from medid.errors import MalformedProof, MalformedValue, ParsingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from medid.core.json import JsonValue

NO_TAGS: Final[frozenset[int]] = frozenset()
HEADER_SIZE: Final = 3  # bytes; to CBOR, a tag that says what the array is
MAX_VALUE_BYTES: Final = 262_144  # 256 KiB; a license takes 3 kB
MAX_STATEMENTS: Final = 1_024  # of one document; a license makes about 40
_RULES: Final = CborRules(
    max_bytes=MAX_VALUE_BYTES,
    max_depth=2,
    max_members=4 * MAX_STATEMENTS,  # signatures or indexes, labels, and some more
    deterministic=False,
)


_PATH: Final = "$.proofValue"
_T = TypeVar("_T")


def write(header: bytes, components: Sequence[CborValue]) -> str:
    """The ``proofValue`` of a header and components."""
    return multibase.to_base64url(header + cbor.dumps(list(components)))


def begins_with(value: JsonValue, headers: Iterable[bytes]) -> bool:
    """Whether a ``proofValue`` begins with one of ``headers``."""
    # Three bytes are four characters.
    written = tuple(multibase.to_base64url(header) for header in headers)
    return isinstance(value, str) and value.startswith(written)


def read(value: JsonValue, *, tags: frozenset[int] = NO_TAGS) -> Components:
    """The header and the components of a ``proofValue``.

    Args:
        value: The member as it stands in the proof.
        tags: What may be tagged in it all the same.

    Raises:
        MalformedProof: Not base64url without padding, or no array in strict CBOR.
    """
    # Base64 takes four characters for three bytes.
    if type(value) is not str or not value.startswith("u"):
        raise _malformed("proofValue must be multibase base64url ('u...')")
    if len(value) > 4 * MAX_VALUE_BYTES // 3:
        raise _malformed(f"a proofValue has at most {MAX_VALUE_BYTES} bytes")
    try:
        data = multibase.from_multibase(value)
        found = cbor.loads(data[HEADER_SIZE:], rules=replace(_RULES, tags=tags))
    except (MalformedValue, ParsingError) as error:
        raise _malformed(f"not a proofValue: {error.message}") from None
    if type(found) is not list:
        raise _malformed("a proofValue holds an array")
    return Components(data[:HEADER_SIZE], found)


class Components:
    """The components of a proof value, to be taken in their order."""

    def __init__(self, header: bytes, items: list[CborValue]) -> None:
        """Take ``items`` from the first one on."""
        self.header = header
        self._items = items
        self._taken = 0

    def expect(self, *counts: int) -> int:
        """How many components there are: one of ``counts``."""
        if len(self._items) not in counts:
            raise _malformed("proofValue has another number of components")
        return len(self._items)

    def octets(self, size: int | None = None) -> bytes:
        """The next component, a byte string of ``size`` bytes, or of any size."""
        return self.sized(self.next(), size)

    def octet_strings(self, size: int) -> list[bytes]:
        """The next component, an array of byte strings of ``size`` bytes each."""
        return [self.sized(item, size) for item in self._array()]

    def texts(self) -> list[str]:
        """The next component, an array of texts."""
        return [self._of(str, item) for item in self._array()]

    def text(self) -> str:
        """The next component, a text."""
        return self._of(str, self.next())

    def count(self) -> int:
        """The next component, a number from 0."""
        return self.number(self.next())

    def indexes(self) -> list[int]:
        """The next component, an array of numbers from 0, each above the one before."""
        found = [self.number(item) for item in self._array()]
        if any(one >= other for one, other in pairwise(found)):
            raise self._refused()
        return found

    def label_map(self, read_label: Callable[[CborValue], _T]) -> list[_T]:
        """The next component, a map from 0, 1, 2 and so on to labels, all different.

        Two nodes under one label would make the statements about one into statements
        about the other, and their signatures would hold.
        """
        found = self._of(dict, self.next())
        # The keys of a map are integers or texts, never both equal and distinct.
        if found.keys() != set(range(len(found))):
            raise self._refused()
        labels = [read_label(found[number]) for number in range(len(found))]
        if len(set(labels)) != len(labels):
            raise self._refused()
        return labels

    def next(self) -> CborValue:
        """The next component."""
        self._taken += 1
        return self._items[self._taken - 1]

    def number(self, item: CborValue) -> int:
        """``item``, a number from 0."""
        found = self._of(int, item)
        if found < 0:
            raise self._refused()
        return found

    def sized(self, item: CborValue, size: int | None) -> bytes:
        """``item``, a byte string of ``size`` bytes, or of any size."""
        found = self._of(bytes, item)
        if size is not None and len(found) != size:
            raise self._refused()
        return found

    def _array(self) -> list[CborValue]:
        return self._of(list, self.next())

    def _of(self, kind: type[_T], item: CborValue) -> _T:
        if type(item) is not kind:
            raise self._refused()
        return item

    def _refused(self) -> MalformedProof:
        return _malformed(f"component {self._taken} of proofValue is not of its form")


def _malformed(message: str) -> MalformedProof:
    return MalformedProof(message, path=_PATH)
