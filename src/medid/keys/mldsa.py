"""ML-DSA-44 and ML-DSA-65: the pure form, with the empty context string.

The private key is the seed of 32 bytes. Signing is hedged with randomness of OpenSSL,
as FIPS 204 section 3.4 prefers, so two signatures over one message differ.

The classes behind it came with cryptography 48; every other kind of key works with
older versions, so they are looked for when the first ML-DSA key is read.

Spec: https://doi.org/10.6028/NIST.FIPS.204, https://www.rfc-editor.org/rfc/rfc9964
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import InvalidSignature as NotVerified
from cryptography.exceptions import UnsupportedAlgorithm

from medid.errors import InvalidSignature, MethodNotSupported, WeakCryptography
from medid.keys.kinds import SHAPES, KeyKind, unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric import mldsa

    NativePublic: TypeAlias = mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey
    NativePrivate: TypeAlias = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey
    Classes: TypeAlias = Mapping[
        KeyKind, tuple[type[NativePublic], type[NativePrivate]]
    ]

_CACHED_KEYS: Final = 1_024  # about 2 kB each; reading one takes 15 microseconds
_SEED_OF_A: Final = 32  # bytes of rho, in front of t1 (FIPS 204, algorithm 22)


def check_public(raw: bytes) -> None:
    """Return if a key of the right length has a part that its owner alone knows.

    Every string of that length is an encoding of a key, and the only one of it. Where
    t1 is zero, anybody can compute signatures.

    Raises:
        WeakCryptography: t1 is zero.
    """
    if not any(raw[_SEED_OF_A:]):
        raise WeakCryptography("an ML-DSA key of zeros: anybody can sign for it")


@lru_cache(maxsize=_CACHED_KEYS)
def load_public(kind: KeyKind, raw: bytes) -> NativePublic:
    """The key of ``raw``, which has the size of ``kind``.

    Raises:
        MethodNotSupported: The cryptography that is installed has no ML-DSA.
    """
    try:
        return _classes(kind)[kind][0].from_public_bytes(raw)
    except UnsupportedAlgorithm:
        raise unavailable(kind) from None


def load_private(kind: KeyKind, seed: bytes) -> NativePrivate:
    """The private key of a seed of 32 bytes.

    Raises:
        MethodNotSupported: The cryptography that is installed has no ML-DSA.
    """
    try:
        return _classes(kind)[kind][1].from_seed_bytes(seed)
    except UnsupportedAlgorithm:
        raise unavailable(kind) from None


def verify(kind: KeyKind, raw: bytes, signature: bytes, message: bytes) -> None:
    """Return if the key ``raw`` made ``signature`` over ``message``.

    Raises:
        InvalidSignature: Wrong length, or not a signature of this key.
        MethodNotSupported: The cryptography that is installed has no ML-DSA.
    """
    sizes = SHAPES[kind].signature_sizes
    if len(signature) not in sizes:
        raise InvalidSignature(f"an {kind} signature has {sizes.start} bytes")
    try:
        load_public(kind, raw).verify(signature, message)
    except NotVerified:
        raise InvalidSignature("the signature does not fit key and content") from None


def kind_of(key: object) -> KeyKind | None:
    """The kind of a key object of cryptography, public or private, if it is ML-DSA."""
    for kind in (KeyKind.ML_DSA_44, KeyKind.ML_DSA_65):
        # Where there is no ML-DSA, no key is of it.
        with suppress(MethodNotSupported):
            if isinstance(key, _classes(kind)[kind]):
                return kind
    return None


def _classes(kind: KeyKind) -> Classes:
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa
    except ImportError:
        raise unavailable(kind) from None
    return {
        KeyKind.ML_DSA_44: (mldsa.MLDSA44PublicKey, mldsa.MLDSA44PrivateKey),
        KeyKind.ML_DSA_65: (mldsa.MLDSA65PublicKey, mldsa.MLDSA65PrivateKey),
    }
