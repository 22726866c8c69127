"""The kinds of key medid knows, and the numbers and names each of them fixes.

One table, so that sizes, codes and algorithm names stand in one place and every
reader and writer asks the same question of it.

Spec: https://www.rfc-editor.org/rfc/rfc7518#section-6,
https://www.rfc-editor.org/rfc/rfc8037#section-2,
https://www.rfc-editor.org/rfc/rfc8812#section-3,
https://www.rfc-editor.org/rfc/rfc9964, https://www.w3.org/TR/cid-1.0/#Multikey
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import multicodec
from medid.errors import MethodNotSupported

if TYPE_CHECKING:
    from collections.abc import Mapping


class KeyKind(StrEnum):
    """A key's curve or scheme and, with it, everything it can be used for."""

    ED25519 = "Ed25519"
    P256 = "P-256"
    P384 = "P-384"
    P521 = "P-521"
    SECP256K1 = "secp256k1"
    RSA = "RSA"
    ML_DSA_44 = "ML-DSA-44"
    ML_DSA_65 = "ML-DSA-65"
    BLS12381_G2 = "BLS12-381-G2"
    X25519 = "X25519"


# Below 2,048 bits a modulus can be factored (NIST SP 800-131A, RFC 7518 section 3.3).
MIN_RSA_BITS: Final = 2_048
# A check at 8,192 bits takes 0.5 ms, and the cost of longer ones grows with the square;
# public-key infrastructures go up to 4,096.
MAX_RSA_BITS: Final = 8_192

_KEY_AGREEMENT: Final = (
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
)
_VERIFY: Final = frozenset({"verify"})
_SIGN: Final = frozenset({"sign"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What one kind of key looks like in each of its spellings.

    A size of ``None`` is not fixed by the kind; ``medid.keys.rsa`` bounds it.
    """

    kty: str | None  # None: no registered JWK spells such a key
    coordinate_size: int | None  # bytes of x and y, or of pub, in a JWK
    public_size: int | None  # bytes of PublicKey.raw
    secret_size: int | None  # bytes of the seed or of the number d; None: none is held
    public_code: int  # multicodec
    private_code: int  # multicodec
    algorithms: tuple[str, ...]  # every JWK "alg" that fits; the first is signed as
    signature_sizes: range  # bytes; empty where it makes no signatures
    encrypts: bool  # whether a secret can be agreed on with its owner, or sent to it
    signs_lists: bool = False  # whether it signs lists of messages, and nothing else
    multibases: str = (
        "z"  # of its Multikey: base58btc, (u) base64url; first: as written
    )
    use: str = "sig"  # the one JWK "use" that fits
    public_operations: frozenset[str] = _VERIFY  # one must be allowed; empty asks none
    private_operations: frozenset[str] = _SIGN

    @property
    def signs(self) -> bool:
        """Whether its owner makes signatures over single messages with it."""
        return bool(self.signature_sizes)

    @property
    def vouches(self) -> bool:
        """Whether its owner can vouch for anything with it."""
        return self.signs or self.signs_lists


def _exactly(size: int) -> range:
    return range(size, size + 1)


def _curve(size: int, algorithm: str, *, codes: tuple[int, int]) -> Shape:
    """A curve of ECDSA, whose coordinates have ``size`` bytes."""
    return Shape(
        kty="EC",
        coordinate_size=size,
        public_size=size + 1,
        secret_size=size,
        public_code=codes[0],
        private_code=codes[1],
        algorithms=(algorithm,),
        signature_sizes=_exactly(2 * size),
        encrypts=True,
    )


def _ml_dsa(
    size: int, algorithm: str, *, signature_size: int, codes: tuple[int, int]
) -> Shape:
    """A parameter set of FIPS 204, table 2. Its private key is the seed."""
    return Shape(
        kty="AKP",
        coordinate_size=size,
        public_size=size,
        secret_size=32,
        public_code=codes[0],
        private_code=codes[1],
        algorithms=(algorithm,),
        signature_sizes=_exactly(signature_size),
        encrypts=False,
        multibases="uz",
    )


SHAPES: Final[Mapping[KeyKind, Shape]] = MappingProxyType(
    {
        KeyKind.ED25519: Shape(
            kty="OKP",
            coordinate_size=32,
            public_size=32,
            secret_size=32,
            public_code=multicodec.ED25519_PUB,
            private_code=multicodec.ED25519_PRIV,
            algorithms=("EdDSA", "Ed25519"),
            signature_sizes=_exactly(64),
            encrypts=False,
        ),
        KeyKind.P256: _curve(
            32, "ES256", codes=(multicodec.P256_PUB, multicodec.P256_PRIV)
        ),
        KeyKind.P384: _curve(
            48, "ES384", codes=(multicodec.P384_PUB, multicodec.P384_PRIV)
        ),
        KeyKind.P521: _curve(
            66, "ES512", codes=(multicodec.P521_PUB, multicodec.P521_PRIV)
        ),
        KeyKind.SECP256K1: _curve(
            32, "ES256K", codes=(multicodec.SECP256K1_PUB, multicodec.SECP256K1_PRIV)
        ),
        KeyKind.RSA: Shape(
            kty="RSA",
            coordinate_size=None,
            public_size=None,
            secret_size=None,
            public_code=multicodec.RSA_PUB,
            private_code=multicodec.RSA_PRIV,
            algorithms=("RS256", "PS256"),
            # As long as the modulus.
            signature_sizes=range(MIN_RSA_BITS // 8, MAX_RSA_BITS // 8 + 1),
            encrypts=True,
        ),
        KeyKind.ML_DSA_44: _ml_dsa(
            1_312,
            "ML-DSA-44",
            signature_size=2_420,
            codes=(multicodec.ML_DSA_44_PUB, multicodec.ML_DSA_44_SEED),
        ),
        KeyKind.ML_DSA_65: _ml_dsa(
            1_952,
            "ML-DSA-65",
            signature_size=3_309,
            codes=(multicodec.ML_DSA_65_PUB, multicodec.ML_DSA_65_SEED),
        ),
        # Drafts of a JWK for it come and go; none is registered.
        KeyKind.BLS12381_G2: Shape(
            kty=None,
            coordinate_size=None,
            public_size=96,
            secret_size=32,
            public_code=multicodec.BLS12381_G2_PUB,
            private_code=multicodec.BLS12381_G2_PRIV,
            algorithms=(),
            signature_sizes=range(0),
            encrypts=False,
            signs_lists=True,
        ),
        KeyKind.X25519: Shape(
            kty="OKP",
            coordinate_size=32,
            public_size=32,
            secret_size=32,
            public_code=multicodec.X25519_PUB,
            private_code=multicodec.X25519_PRIV,
            algorithms=_KEY_AGREEMENT,
            signature_sizes=range(0),
            encrypts=True,
            use="enc",
            public_operations=frozenset(),
            private_operations=frozenset({"deriveKey", "deriveBits"}),
        ),
    }
)

# Which kind of key each signature algorithm of JOSE needs. There is no other algorithm.
ALGORITHMS: Final[Mapping[str, KeyKind]] = MappingProxyType(
    {
        algorithm: kind
        for kind, shape in SHAPES.items()
        if shape.signs
        for algorithm in shape.algorithms
    }
)

SUPPORTED: Final = ", ".join(KeyKind)


def unavailable(kind: KeyKind) -> MethodNotSupported:
    """What to raise where the cryptography that is installed lacks ``kind``.

    A document may ask for it, so it is no misuse; nothing can be said about it either.
    """
    return MethodNotSupported(
        f"the installed cryptography, or its OpenSSL, has no {kind}",
        fix="install cryptography 48 or later with an OpenSSL of 3.5 or later",
    )
