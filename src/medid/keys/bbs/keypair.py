"""Keys of BBS: a secret number, and a point of G2.

The same key serves both ciphersuites and all interfaces.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html#name-key-generation-operations
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core.entropy import system_entropy
from medid.errors import InvalidKey, MalformedProof, SignerError
from medid.keys.bbs import curve
from medid.keys.bbs.suites import SHA_256

if TYPE_CHECKING:
    from py_arkworks_bls12381 import G2Point, Scalar

    from medid.core.entropy import Entropy
    from medid.keys.bbs.suites import Suite

_KEY_MATERIAL: Final = 32  # bytes at least
_KEY_INFO: Final = 65_535  # bytes at most
_KEY_DST: Final = 255  # bytes at most
_CACHED_KEYS: Final = 1_024  # decompressing and checking one takes 0.3 ms


def key_gen(
    *,
    key_material: bytes,
    key_info: bytes = b"",
    key_dst: bytes | None = None,
    suite: Suite = SHA_256,
) -> bytes:
    """KeyGen: the secret key of ``key_material``, always the same.

    Args:
        key_material: At least 32 secret, random bytes.
        key_info: Tells apart several keys of the same material.
        key_dst: The domain separation tag; by default that of the draft.
        suite: Whose hash is used.

    Raises:
        InvalidKey: Too little material, too much information, or too long a tag.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    if len(key_material) < _KEY_MATERIAL:
        raise InvalidKey(f"key material has at least {_KEY_MATERIAL} bytes")
    if len(key_info) > _KEY_INFO:
        raise InvalidKey(f"key information has at most {_KEY_INFO} bytes")
    dst = suite.ciphersuite_id + b"KEYGEN_DST_" if key_dst is None else key_dst
    if len(dst) > _KEY_DST:
        raise InvalidKey(f"a domain separation tag has at most {_KEY_DST} bytes")
    octets = key_material + len(key_info).to_bytes(2, "big") + key_info
    return suite.hash_to_scalar(octets, dst).to_be_bytes()


def new_secret(entropy: Entropy = system_entropy) -> bytes:
    """A new secret key, of 32 bytes.

    Raises:
        SignerError: The entropy source gave another number of bytes than asked.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    material = entropy(_KEY_MATERIAL)
    if len(material) != _KEY_MATERIAL:
        raise SignerError("the entropy source gave too few or too many bytes")
    return key_gen(key_material=material)


def public_of(secret: bytes) -> bytes:
    """SkToPk: the public key, compressed to 96 bytes.

    Raises:
        InvalidKey: Not a secret key.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    return curve.public_octets(load_secret(secret))


def check_public(raw: bytes) -> None:
    """Return if ``raw`` is a public key in its only spelling.

    Raises:
        InvalidKey: Wrong length, not in the subgroup, or not canonical.
        WeakCryptography: The identity: anybody can sign for it.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    load_public(raw)


@lru_cache(maxsize=_CACHED_KEYS)
def load_public(raw: bytes) -> G2Point:
    """octets_to_pubkey.

    Raises:
        InvalidKey: Wrong length, not in the subgroup, or not canonical.
        WeakCryptography: The identity: anybody can sign for it.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    return curve.public_point(raw)


def load_secret(secret: bytes) -> Scalar:
    """The number of a secret key.

    Raises:
        InvalidKey: Not 32 bytes, or not in [1, r - 1].
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    try:
        return curve.scalar(secret)
    except MalformedProof:
        message = "not a BBS secret key: 32 bytes, a number in [1, r - 1]"
        raise InvalidKey(message, fix="make a key with new_secret()") from None
