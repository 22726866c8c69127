"""Keys and broken keys, as Hypothesis makes them."""

from __future__ import annotations

from hashlib import shake_256
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from medid.core.entropy import Entropy

SIGNING = (KeyKind.ED25519, KeyKind.P256, KeyKind.P384)


def seeded(seed: bytes) -> Entropy:
    """An entropy source that always gives the same bytes for the same ``seed``."""
    return lambda size: shake_256(seed).digest(size)


def key(kind: KeyKind, seed: bytes = b"a board") -> PrivateKey:
    """The same key for the same ``seed``."""
    return PrivateKey.generate(kind, entropy=seeded(seed))


def private_keys(kinds: tuple[KeyKind, ...] = SIGNING) -> st.SearchStrategy[PrivateKey]:
    """Private keys of the given kinds."""
    return st.builds(key, st.sampled_from(kinds), st.binary(min_size=1, max_size=8))
