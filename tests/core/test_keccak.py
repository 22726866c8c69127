"""Keccak-256 against the standard library's SHA-3, and against known digests."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.keccak import SHA3, keccak256, sponge
from tests.support import examples


@settings(max_examples=examples(60), deadline=None)
@given(st.binary(max_size=420))
def test_with_the_padding_of_fips_202_it_is_sha3(data: bytes) -> None:
    assert sponge(data, SHA3) == hashlib.sha3_256(data).digest()


@pytest.mark.parametrize("size", [0, 1, 134, 135, 136, 137, 271, 272, 273])
def test_it_pads_around_the_ends_of_blocks_as_sha3_does(size: int) -> None:
    data = bytes(range(256)) * 2
    assert sponge(data[:size], SHA3) == hashlib.sha3_256(data[:size]).digest()


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        # The hash of no code, which every Ethereum account without code states.
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        # The best-known event of all, of ERC-20.
        (
            b"Transfer(address,address,uint256)",
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        ),
    ],
)
def test_known_digests(data: bytes, digest: str) -> None:
    assert keccak256(data).hex() == digest
