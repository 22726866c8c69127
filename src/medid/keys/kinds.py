"""The four kinds of key medid knows, and the numbers each of them fixes.

One table, so that sizes, codes and algorithm names stand in one place and every
reader and writer asks the same question of it.

Spec: https://www.rfc-editor.org/rfc/rfc8037#section-2,
https://www.rfc-editor.org/rfc/rfc7518#section-6.2, https://www.w3.org/TR/cid-1.0/#Multikey
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import multicodec

if TYPE_CHECKING:
    from collections.abc import Mapping


class KeyKind(StrEnum):
    """A key's curve and, with it, everything it can be used for."""

    ED25519 = "Ed25519"
    P256 = "P-256"
    P384 = "P-384"
    X25519 = "X25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What one kind of key looks like in each of its spellings."""

    kty: str
    coordinate_size: int  # bytes of x, y and d in a JWK
    public_size: int  # bytes of PublicKey.raw
    public_code: int  # multicodec
    private_code: int  # multicodec
    use: str  # the one JWK "use" that fits
    algorithms: frozenset[str]  # every JWK "alg" that fits
    public_operations: frozenset[str]  # one of them must be allowed; empty asks nothing
    private_operations: frozenset[str]


_KEY_AGREEMENT: Final = frozenset(
    {"ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"}
)
_VERIFY: Final = frozenset({"verify"})
_SIGN: Final = frozenset({"sign"})

SHAPES: Final[Mapping[KeyKind, Shape]] = MappingProxyType(
    {
        KeyKind.ED25519: Shape(
            kty="OKP",
            coordinate_size=32,
            public_size=32,
            public_code=multicodec.ED25519_PUB,
            private_code=multicodec.ED25519_PRIV,
            use="sig",
            algorithms=frozenset({"EdDSA", "Ed25519"}),
            public_operations=_VERIFY,
            private_operations=_SIGN,
        ),
        KeyKind.P256: Shape(
            kty="EC",
            coordinate_size=32,
            public_size=33,
            public_code=multicodec.P256_PUB,
            private_code=multicodec.P256_PRIV,
            use="sig",
            algorithms=frozenset({"ES256"}),
            public_operations=_VERIFY,
            private_operations=_SIGN,
        ),
        KeyKind.P384: Shape(
            kty="EC",
            coordinate_size=48,
            public_size=49,
            public_code=multicodec.P384_PUB,
            private_code=multicodec.P384_PRIV,
            use="sig",
            algorithms=frozenset({"ES384"}),
            public_operations=_VERIFY,
            private_operations=_SIGN,
        ),
        KeyKind.X25519: Shape(
            kty="OKP",
            coordinate_size=32,
            public_size=32,
            public_code=multicodec.X25519_PUB,
            private_code=multicodec.X25519_PRIV,
            use="enc",
            algorithms=_KEY_AGREEMENT,
            public_operations=frozenset(),
            private_operations=frozenset({"deriveKey", "deriveBits"}),
        ),
    }
)

SUPPORTED: Final = "Ed25519, P-256, P-384 and X25519"
