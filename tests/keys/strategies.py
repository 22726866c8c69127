"""Keys and broken keys, as Hypothesis makes them."""

from __future__ import annotations

import math
from functools import lru_cache
from hashlib import shake_256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa as their_rsa
from hypothesis import strategies as st

from medid.keys import KeyKind, PrivateKey, PublicKey, rsa
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from medid.core.entropy import Entropy

ML_DSA = (KeyKind.ML_DSA_44, KeyKind.ML_DSA_65)
CURVES = (KeyKind.P256, KeyKind.P384, KeyKind.P521, KeyKind.SECP256K1)
SIGNING = (KeyKind.ED25519, *CURVES, *ML_DSA)
# medid holds no private keys of RSA.
PRIVATE = (*SIGNING, KeyKind.X25519)
# Every kind that a JWK spells; for the other one see test_bls.
EVERY = tuple(kind for kind in KeyKind if SHAPES[kind].kty is not None)


def seeded(seed: bytes) -> Entropy:
    """An entropy source that always gives the same bytes for the same ``seed``."""
    return lambda size: shake_256(seed).digest(size)


def key(kind: KeyKind, seed: bytes = b"a board") -> PrivateKey:
    """The same key for the same ``seed``."""
    return PrivateKey.generate(kind, entropy=seeded(seed))


def public(kind: KeyKind, seed: bytes = b"a board") -> PublicKey:
    """The same public key for the same ``seed``, of any kind."""
    if kind is KeyKind.RSA:
        return PublicKey(kind, rsa.from_numbers(modulus(2_048, seed), 65_537))
    return key(kind, seed).public_key


@lru_cache(maxsize=64)
def modulus(bits: int, seed: bytes) -> int:
    """A number that passes for an RSA modulus: nothing public tells it from one."""
    small = math.prod(n for n in range(3, 752, 2))
    number = int.from_bytes(shake_256(seed).digest(bits // 8 + 1), "big") | 1
    number = (number | 1 << 8 * (bits // 8 + 1)) >> (8 * (bits // 8 + 1) + 1 - bits) | 1
    while math.gcd(number, small) != 1:
        number += 2
    return number


@lru_cache(maxsize=8)
def rsa_private(bits: int = 2_048, exponent: int = 65_537) -> their_rsa.RSAPrivateKey:
    """A private key outside of medid, which makes what medid verifies."""
    return their_rsa.generate_private_key(exponent, bits)


def rsa_public(private: their_rsa.RSAPrivateKey) -> PublicKey:
    """Its public half."""
    return PublicKey(KeyKind.RSA, rsa.encode(private.public_key()))


def secret_member(kind: KeyKind) -> str:
    """The JWK member that spells the private key."""
    return "priv" if kind in ML_DSA else "d"


def private_keys(kinds: tuple[KeyKind, ...] = SIGNING) -> st.SearchStrategy[PrivateKey]:
    """Private keys of the given kinds."""
    return st.builds(key, st.sampled_from(kinds), st.binary(min_size=1, max_size=8))


def public_keys(kinds: tuple[KeyKind, ...] = EVERY) -> st.SearchStrategy[PublicKey]:
    """Public keys of the given kinds, RSA of any size and exponent."""
    seeds = st.binary(min_size=1, max_size=8)
    others = st.builds(
        public, st.sampled_from([k for k in kinds if k is not KeyKind.RSA]), seeds
    )
    if KeyKind.RSA not in kinds:
        return others
    return others | rsa_public_keys()


@st.composite
def rsa_public_keys(draw: st.DrawFn) -> PublicKey:
    """RSA public keys of any size and exponent that medid takes."""
    bits = draw(st.integers(2_048, 8_192))
    exponent = draw(st.integers(1, 2**31 - 1)) * 2 + 1
    number = modulus(bits, draw(st.binary(min_size=1, max_size=4)))
    return PublicKey(KeyKind.RSA, rsa.from_numbers(number, exponent))
