"""Ethereum addresses: one checked spelling, and whose key they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.dids.ethr import address
from medid.errors import MalformedValue, WeakCryptography
from medid.keys import KeyKind, PublicKey
from tests.dids.builders import ED25519
from tests.support import examples

# The examples of EIP-55 itself.
CHECKED = (
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)


@pytest.mark.parametrize("text", CHECKED)
def test_the_checksums_of_eip_55(text: str) -> None:
    parsed = address.parse(text)
    assert address.checksummed(parsed) == text
    assert address.parse(address.plain(parsed)) == parsed


@settings(max_examples=examples(20), deadline=None)
@given(st.binary(min_size=20, max_size=20), st.integers(0, 41))
def test_another_case_of_one_letter_is_refused(raw: bytes, place: int) -> None:
    text = address.checksummed(raw)
    assert address.parse(text) == raw
    changed = text[:place] + text[place:].swapcase()
    if changed not in {text, address.plain(raw)}:
        with pytest.raises(MalformedValue):
            address.parse(changed)


@pytest.mark.parametrize(
    "text",
    ["", "0x", CHECKED[0][:-1], CHECKED[0] + "0", CHECKED[0][2:], "0x" + "g" * 40],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(MalformedValue, match="not an Ethereum address"):
        address.parse(text)


def test_the_address_of_the_key_whose_secret_is_one() -> None:
    # The base point of the curve; its address is in the method's specification.
    raw = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    key = PublicKey(KeyKind.SECP256K1, bytes.fromhex(raw))
    expected = "7e5f4552091a69125d5dfcb7b8c2659029395bdf"
    assert address.of_key(key).hex() == expected


def test_no_other_kind_of_key_has_an_address() -> None:
    with pytest.raises(WeakCryptography, match="secp256k1"):
        address.of_key(ED25519)
