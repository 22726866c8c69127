"""The contract ABI, as far as the registry uses it: words of 32 bytes.

Reading is strict: one value has one encoding, the one that Solidity writes.

Spec: https://docs.soliditylang.org/en/latest/abi-spec.html
"""

from __future__ import annotations

import re
from typing import Final

from medid.errors import MalformedValue

WORD: Final = 32  # bytes
_HEX: Final = re.compile(r"0x(?:[0-9a-f]{2})*+")


def from_hex(text: str, path: str) -> bytes:
    """The bytes that ``text`` spells behind ``0x``, in lower case.

    Raises:
        MalformedValue: It spells none.
    """
    if _HEX.fullmatch(text) is None:
        raise MalformedValue("not bytes in hexadecimal behind 0x", path=path)
    return bytes.fromhex(text[2:])


def word(data: bytes, index: int) -> bytes:
    """The word ``index`` of ``data``, which must be long enough."""
    return data[index * WORD : (index + 1) * WORD]


def uint(data: bytes, index: int) -> int:
    """The number in the word ``index``."""
    return int.from_bytes(word(data, index), "big")


def address(data: bytes, index: int, path: str) -> bytes:
    """The address in the word ``index``.

    Raises:
        MalformedValue: There is something in front of it.
    """
    whole = word(data, index)
    if any(whole[:12]):
        raise MalformedValue("not an address in a word", path=path)
    return whole[12:]


def only_tail(data: bytes, index: int, *, words: int, path: str) -> bytes:
    """The ``bytes`` whose place the word ``index`` states, the only such argument.

    Args:
        data: The arguments.
        index: Of the word that points at them.
        words: How many words stand in front of them.
        path: Where the data stands.

    Raises:
        MalformedValue: They do not stand right behind the words, to the end.
    """
    size = uint(data, words)
    padded = (words + 1) * WORD + -(-size // WORD) * WORD
    start = (words + 1) * WORD
    if (
        uint(data, index) != words * WORD
        or len(data) != padded
        or any(data[start + size :])
    ):
        raise MalformedValue("the arguments are not in their one encoding", path=path)
    return data[start : start + size]


def uint_word(number: int) -> bytes:
    """The word of ``number``."""
    return number.to_bytes(WORD, "big")


def left_padded(value: bytes) -> bytes:
    """The word of an address."""
    return value.rjust(WORD, b"\0")


def tail(value: bytes) -> bytes:
    """``bytes`` behind the words: their length, and they themselves, filled up."""
    return uint_word(len(value)) + value + bytes(-len(value) % WORD)
