"""RSA signatures, verified only: RS256 and PS256 of the infrastructures that exist.

The algorithm is named by the caller and never guessed from the signature: PKCS #1 v1.5
(RS256), or PSS with SHA-256, MGF1 with SHA-256 and a salt of exactly 32 bytes (PS256).
medid holds no RSA private keys.

A public key is known by its PKCS #1 encoding in DER, of which it has one. What a public
key can show of its quality is checked once, when it is read (NIST SP 800-89 section
5.3.3): its size, an odd exponent that a computer bears, no small factor, and no trace
of the generator whose keys can be factored (ROCA, CVE-2017-15361).

Spec: https://www.rfc-editor.org/rfc/rfc7518#section-3.3,
https://www.rfc-editor.org/rfc/rfc7518#section-3.5,
https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1
"""

from __future__ import annotations

import math
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature as NotVerified
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from medid.errors import InvalidKey, InvalidSignature, WeakCryptography
from medid.keys.kinds import MAX_RSA_BITS, MIN_RSA_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

MIN_EXPONENT: Final = 3  # 1 would make every number its own signature
# A check takes as many steps as the exponent has bits; keys in use have 3 or 65,537.
MAX_EXPONENT: Final = 2**32 - 1

_PADDINGS: Final[Mapping[str, padding.AsymmetricPadding]] = MappingProxyType(
    {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(padding.MGF1(SHA256()), salt_length=SHA256.digest_size),
    }
)
_HASH: Final = SHA256()

_CACHED_KEYS: Final = 1_024
_SMALL: Final = 752  # SP 800-89 section 5.3.3: no factor below it
# The generator's primes are k * M + (65537^a mod M). From 2,048 bits on, M is at least
# the product of all primes below 702; 1 in 10^50 honest moduli looks like that too.
_ROCA_PRIMES: Final = 702
_ROCA_BASE: Final = 65_537


@lru_cache(maxsize=_CACHED_KEYS)
def load_public(raw: bytes) -> RSAPublicKey:
    """The key that ``raw`` encodes in PKCS #1 and DER, in its only spelling.

    Raises:
        InvalidKey: Not such an encoding, or numbers that no RSA key for signatures has.
        WeakCryptography: A modulus that others can factor.
    """
    # Within the bounds every header has its one length, so the numbers are read from
    # where they must stand; what is written again has to be the same.
    end = 8 + int.from_bytes(raw[6:8], "big")
    key = _key(int.from_bytes(raw[8:end], "big"), int.from_bytes(raw[end + 2 :], "big"))
    if encode(key) != raw:
        raise InvalidKey("not an RSA public key in PKCS #1 and DER")
    return key


def from_numbers(modulus: int, exponent: int) -> bytes:
    """The PKCS #1 encoding of a key in DER.

    Raises:
        InvalidKey: Numbers that no RSA key for signatures has.
        WeakCryptography: A modulus that others can factor.
    """
    return encode(_key(modulus, exponent))


def encode(key: RSAPublicKey) -> bytes:
    """The PKCS #1 encoding of ``key`` in DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)


def check_numbers(modulus: int, exponent: int) -> None:
    """Return if these can be the numbers of an RSA key for signatures.

    Raises:
        InvalidKey: Too short or long, an even number, or an exponent out of bounds.
        WeakCryptography: A modulus that others can factor.
    """
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        message = f"an RSA modulus has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits"
        raise InvalidKey(message)
    if not (MIN_EXPONENT <= exponent <= MAX_EXPONENT and exponent % 2):
        message = f"an RSA exponent is odd and from {MIN_EXPONENT} to {MAX_EXPONENT}"
        raise InvalidKey(message)
    if modulus % 2 == 0:
        raise InvalidKey("an RSA modulus is odd")
    if math.gcd(modulus, math.prod(_primes(_SMALL))) != 1:
        raise WeakCryptography("an RSA modulus with a small factor: anybody can sign")
    # Honest moduli leave the powers at one of the first primes.
    if all(modulus % prime in _roca_powers(prime) for prime in _primes(_ROCA_PRIMES)):
        message = "an RSA modulus of a broken generator (ROCA): others can factor it"
        raise WeakCryptography(message)


def verify(
    raw: bytes, signature: bytes, message: bytes, *, algorithm: str | None
) -> None:
    """Return if the key ``raw`` made ``signature`` over ``message``.

    Args:
        raw: The public key.
        signature: As long as the modulus.
        message: What was signed.
        algorithm: ``RS256`` or ``PS256``, as the caller names it.

    Raises:
        WeakCryptography: The caller names none.
        InvalidSignature: Wrong length, or not a signature of this key in this form.
    """
    if algorithm is None:
        raise WeakCryptography("an RSA key verifies a named algorithm only")
    key = load_public(raw)
    size = (key.key_size + 7) // 8
    if len(signature) != size:
        raise InvalidSignature(f"a signature of this RSA key has {size} bytes")
    try:
        key.verify(signature, message, _PADDINGS[algorithm], _HASH)
    except NotVerified:
        raise InvalidSignature("the signature does not fit key and content") from None


def no_private_keys() -> InvalidKey:
    """What to raise wherever an RSA private key turns up."""
    return InvalidKey(
        "medid verifies with RSA keys, and holds none that sign",
        fix="sign with an Ed25519 or P-256 key",
    )


def _key(modulus: int, exponent: int) -> RSAPublicKey:
    check_numbers(modulus, exponent)
    return RSAPublicNumbers(exponent, modulus).public_key()


@lru_cache(maxsize=2)
def _primes(limit: int) -> tuple[int, ...]:
    return tuple(
        n for n in range(2, limit) if all(n % d for d in range(2, math.isqrt(n) + 1))
    )


def _roca_powers(prime: int) -> set[int]:
    """The powers of the generator's base modulo ``prime``."""
    powers, power = set[int](), 1
    while power not in powers:
        powers.add(power)
        power = power * _ROCA_BASE % prime
    return powers
