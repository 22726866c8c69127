"""Ethereum addresses: 20 bytes, their checked spelling, and whose key they are.

Spec: https://eips.ethereum.org/EIPS/eip-55
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from medid.core import base64url
from medid.core.keccak import keccak256
from medid.errors import MalformedValue, WeakCryptography
from medid.keys import KeyKind

if TYPE_CHECKING:
    from medid.keys import PublicKey

SIZE: Final = 20  # bytes
NOBODY: Final = bytes(SIZE)
_TEXT: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_KEPT: Final = 4_096  # spellings; hashing takes half a millisecond


def parse(text: str, *, path: str = "$") -> bytes:
    """The address that ``text`` spells in lower case, or with its EIP-55 checksum.

    Raises:
        MalformedValue: Not 40 hexadecimal digits behind ``0x``, or in a mixed case
            that is not the checksum.
    """
    if _TEXT.fullmatch(text) is None:
        raise MalformedValue("not an Ethereum address", path=path)
    address = bytes.fromhex(text[2:])
    if text not in {plain(address), checksummed(address)}:
        message = "the case of the address is not its checksum (EIP-55)"
        fix = "write it in lower case, or copy it again"
        raise MalformedValue(message, path=path, fix=fix)
    return address


def plain(address: bytes) -> str:
    """``address`` in lower case."""
    return "0x" + address.hex()


@lru_cache(maxsize=_KEPT)
def checksummed(address: bytes) -> str:
    """``address`` with the EIP-55 checksum in the case of its letters."""
    digits = address.hex()
    digest = keccak256(digits.encode("ascii")).hex()
    return "0x" + "".join(
        digit.upper() if nibble >= "8" else digit
        for digit, nibble in zip(digits, digest, strict=False)
    )


@lru_cache(maxsize=_KEPT)
def of_key(key: PublicKey) -> bytes:
    """The address of the account that ``key`` opens.

    Raises:
        WeakCryptography: Not a secp256k1 key: no other opens an account.
    """
    if key.kind is not KeyKind.SECP256K1:
        raise WeakCryptography("an Ethereum address is of a secp256k1 key")
    members = key.to_jwk()
    point = b"".join(base64url.decode(cast("str", members[name])) for name in "xy")
    return keccak256(point)[-SIZE:]
