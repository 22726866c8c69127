"""Seal a few bytes for oneself: nobody else can read or change them.

For what a server hands out and wants back as it was, without keeping it: AES-256-GCM,
with a nonce of its own for each text. What it goes with is bound to it and does not
stand in it.

Spec: https://csrc.nist.gov/pubs/sp/800/38/d/final
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from medid.core.entropy import drawn
from medid.errors import ConfigurationError, MalformedValue

if TYPE_CHECKING:
    from medid.core.entropy import Entropy

KEY_SIZE: Final = 32  # bytes: AES-256
NONCE_SIZE: Final = 12  # bytes; drawn at random, so one key seals 2^32 texts at most
TAG_SIZE: Final = 16  # bytes
OVERHEAD: Final = NONCE_SIZE + TAG_SIZE  # bytes that sealing adds


def check_key(key: bytes) -> None:
    """Return if ``key`` can seal.

    Raises:
        ConfigurationError: It has another length.
    """
    if len(key) != KEY_SIZE:
        message = f"a key that seals has {KEY_SIZE} bytes"
        raise ConfigurationError(message, fix="draw it at random, and keep it secret")


def seal(plain: bytes, key: bytes, *, bound: bytes, entropy: Entropy) -> bytes:
    """``plain``, so that only ``unseal`` with ``key`` and ``bound`` gives it back.

    Args:
        plain: The sealed bytes are ``OVERHEAD`` longer, and tell its length.
        key: Of ``KEY_SIZE`` bytes.
        bound: What it goes with.
        entropy: Where the nonce comes from.

    Raises:
        ConfigurationError: The key has another length.
    """
    check_key(key)
    nonce = drawn(NONCE_SIZE, entropy)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def unseal(sealed: bytes, key: bytes, *, bound: bytes) -> bytes:
    """What was sealed with ``key`` and ``bound``.

    Raises:
        ConfigurationError: The key has another length.
        MalformedValue: It was not sealed so, or was changed since.
    """
    check_key(key)
    if len(sealed) < OVERHEAD:
        raise MalformedValue("not sealed here, or changed since")
    nonce, rest = sealed[:NONCE_SIZE], sealed[NONCE_SIZE:]
    try:
        return AESGCM(key).decrypt(nonce, rest, bound)
    except InvalidTag:
        raise MalformedValue("not sealed here, or changed since") from None
