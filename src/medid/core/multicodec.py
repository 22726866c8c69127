"""Multicodec prefixes: a varint that says what the bytes behind it are.

Only the codes that medid reads are listed. The varint must be minimal, so that one
key has one spelling.

Spec: https://www.w3.org/TR/cid-1.0/#Multikey, https://github.com/multiformats/multicodec
"""

from __future__ import annotations

from typing import Final

from medid.errors import MalformedValue

SECP256K1_PUB: Final = 0xE7
BLS12381_G2_PUB: Final = 0xEB
X25519_PUB: Final = 0xEC
ED25519_PUB: Final = 0xED
P256_PUB: Final = 0x1200
P384_PUB: Final = 0x1201
P521_PUB: Final = 0x1202
RSA_PUB: Final = 0x1205  # PKCS #1 in DER
ML_DSA_44_PUB: Final = 0x1210
ML_DSA_65_PUB: Final = 0x1211
ED25519_PRIV: Final = 0x1300
SECP256K1_PRIV: Final = 0x1301
X25519_PRIV: Final = 0x1302
RSA_PRIV: Final = 0x1305
P256_PRIV: Final = 0x1306
P384_PRIV: Final = 0x1307
P521_PRIV: Final = 0x1308
BLS12381_G2_PRIV: Final = 0x130A
ML_DSA_44_SEED: Final = 0x131A
ML_DSA_65_SEED: Final = 0x131B
JWK_JCS_PUB: Final = 0xEB51

_MAX_VARINT_BYTES: Final = 9  # the multiformats varint specification


def add_prefix(code: int, data: bytes) -> bytes:
    """``data`` behind the varint of ``code``."""
    prefix = bytearray()
    while code > 0x7F:
        prefix.append(code & 0x7F | 0x80)
        code >>= 7
    prefix.append(code)
    return bytes(prefix) + data


def split_prefix(data: bytes, *, path: str = "$") -> tuple[int, bytes]:
    """The code in front of ``data`` and the bytes behind it.

    Raises:
        MalformedValue: No varint, an unfinished one, or one that is not minimal.
    """
    code = 0
    for index, byte in enumerate(data[:_MAX_VARINT_BYTES]):
        code |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if byte == 0 and index:
                raise MalformedValue("the multicodec varint is not minimal", path=path)
            return code, data[index + 1 :]
    raise MalformedValue("no multicodec varint", path=path)
