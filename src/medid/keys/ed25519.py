"""Ed25519 verification under one rule, whichever engine checks the equation.

The rule, everywhere in medid:

1. the key is canonical, on the curve and not of small order (``points``, at import);
2. the signature has 64 bytes, its S is below the group order L, and its R is not of
   small order;
3. R is exactly the canonical encoding of S*B - h*A: the equation without cofactor, so
   an R with another spelling or an added point of small order is refused.

That is what libsodium checks since 1.0.16. OpenSSL leaves out the small orders, which
is why they are refused here, in front of both. Each engine has its own test run.

Spec: https://www.rfc-editor.org/rfc/rfc8032#section-5.1.7
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from medid.errors import InvalidSignature
from medid.keys.points import has_small_order

SIGNATURE_SIZE: Final = 64  # bytes, RFC 8032 section 5.1.6
_L: Final = 2**252 + 27742317777372353535851937790883648493  # RFC 8032 section 5.1

_CACHED_KEYS: Final = 1_024  # reading one takes 3 of OpenSSL's 175 microseconds

# Takes key, signature and message; returns or raises InvalidSignature.
Engine: TypeAlias = Callable[[bytes, bytes, bytes], None]


def verify(
    raw: bytes, signature: bytes, message: bytes, *, engine: Engine | None = None
) -> None:
    """Return if the key ``raw`` made ``signature`` over ``message``.

    Args:
        raw: A public key that passed ``points.check_public``.
        signature: R and S, 64 bytes.
        message: What was signed.
        engine: Checks the equation; by default the fastest one installed.

    Raises:
        InvalidSignature: Anything but a signature under the rule above.
    """
    if len(signature) != SIGNATURE_SIZE:
        raise InvalidSignature(f"an Ed25519 signature has {SIGNATURE_SIZE} bytes")
    if int.from_bytes(signature[32:], "little") >= _L:
        raise InvalidSignature("an Ed25519 signature whose S is out of range")
    if has_small_order(signature[:32]):
        raise InvalidSignature("an Ed25519 signature whose R is of small order")
    (engine or fastest_engine())(raw, signature, message)


@lru_cache(maxsize=1)
def fastest_engine() -> Engine:
    """Return libsodium where PyNaCl is installed (a third faster), else OpenSSL."""
    try:
        return libsodium()
    except ImportError:
        return openssl()


def libsodium() -> Engine:
    """The engine of PyNaCl.

    Raises:
        ImportError: PyNaCl is not installed.
    """
    from nacl.bindings import crypto_sign_open
    from nacl.exceptions import BadSignatureError

    def check(raw: bytes, signature: bytes, message: bytes) -> None:
        try:
            crypto_sign_open(signature + message, raw)
        except BadSignatureError:
            raise _wrong() from None

    return check


def openssl() -> Engine:
    """The engine of cryptography, which is always there."""
    from cryptography.exceptions import InvalidSignature as NotVerified
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    load = lru_cache(maxsize=_CACHED_KEYS)(Ed25519PublicKey.from_public_bytes)

    def check(raw: bytes, signature: bytes, message: bytes) -> None:
        try:
            load(raw).verify(signature, message)
        except NotVerified:
            raise _wrong() from None

    return check


def _wrong() -> InvalidSignature:
    return InvalidSignature("the signature does not fit key and content")
