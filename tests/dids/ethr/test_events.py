"""The events of the registry, and the ABI below them: one encoding of one value."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.keccak import keccak256
from medid.dids.ethr import abi, events
from medid.dids.ethr.events import (
    ATTRIBUTE_CHANGED,
    DELEGATE_CHANGED,
    OWNER_CHANGED,
    TOPICS,
    AttributeChanged,
    Block,
    DelegateChanged,
    OwnerChanged,
)
from medid.errors import MalformedValue
from tests.dids.ethr.builders import OTHER, word
from tests.support import examples

BLOCK = Block(number=7, timestamp=1_750_000_000)


def decoded(topic: str, *words: bytes) -> tuple[events.Event | None, int]:
    return events.decode(topic, b"".join(words), BLOCK, path="$")


@pytest.mark.parametrize(
    ("topic", "signature"),
    [
        (OWNER_CHANGED, "DIDOwnerChanged(address,address,uint256)"),
        (
            DELEGATE_CHANGED,
            "DIDDelegateChanged(address,bytes32,address,uint256,uint256)",
        ),
        (
            ATTRIBUTE_CHANGED,
            "DIDAttributeChanged(address,bytes32,bytes,uint256,uint256)",
        ),
    ],
)
def test_a_topic_is_the_hash_of_its_signature(topic: str, signature: str) -> None:
    assert topic == "0x" + keccak256(signature.encode()).hex()
    assert topic in TOPICS


def test_a_change_of_the_owner() -> None:
    assert decoded(OWNER_CHANGED, word(OTHER), word(5)) == (
        OwnerChanged(block=BLOCK, owner=OTHER),
        5,
    )


def test_a_change_of_a_delegate() -> None:
    found = decoded(DELEGATE_CHANGED, word("veriKey"), word(OTHER), word(99), word(5))
    assert found == (
        DelegateChanged(block=BLOCK, type="veriKey", delegate=OTHER, valid_to=99),
        5,
    )


@settings(max_examples=examples(30))
@given(st.binary(max_size=200), st.integers(0, 2**256 - 1))
def test_a_change_of_an_attribute(value: bytes, valid_to: int) -> None:
    padding = bytes(-len(value) % 32)
    head = [word("did/svc/Hub"), word(128), word(valid_to), word(5)]
    whole = [*head, word(len(value)), value + padding]
    expected = AttributeChanged(
        block=BLOCK, name="did/svc/Hub", value=value, valid_to=valid_to
    )
    assert decoded(ATTRIBUTE_CHANGED, *whole) == (expected, 5)
    # The same value in any other encoding is refused.
    for other in (
        [*whole, bytes(32)],
        whole[:-1] if value else [*whole, b"\1"],
        [word("did/svc/Hub"), word(160), *whole[2:]],
        [*head, word(len(value) + 32), value + padding],
        [*head, word(2**255), value + padding],
    ):
        with pytest.raises(MalformedValue):
            decoded(ATTRIBUTE_CHANGED, *other)
    if padding:
        with pytest.raises(MalformedValue, match="one encoding"):
            decoded(ATTRIBUTE_CHANGED, *whole[:-1], value + padding[:-1] + b"\1")


@pytest.mark.parametrize("topic", [DELEGATE_CHANGED, ATTRIBUTE_CHANGED])
def test_a_name_that_is_no_text_is_no_event_of_a_did(topic: str) -> None:
    name = b"\xff" * 32
    rest = (
        [word(OTHER), word(99), word(5)]
        if topic == DELEGATE_CHANGED
        else [word(128), word(99), word(5), word(0)]
    )
    assert decoded(topic, name, *rest) == (None, 5)


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("0x" + "00" * 32, [word(OTHER), word(0)]),
        (OWNER_CHANGED, []),
        (OWNER_CHANGED, [word(OTHER)]),
        (OWNER_CHANGED, [word(OTHER), word(0), word(0)]),
        (OWNER_CHANGED, [word(OTHER), word(0)[1:]]),
        (OWNER_CHANGED, [word(b"\1" + OTHER), word(0)]),
        (DELEGATE_CHANGED, [word(""), word(OTHER), word(0)]),
        (DELEGATE_CHANGED, [word(""), word(OTHER), word(0), word(0), word(0)]),
        (DELEGATE_CHANGED, [word(""), word(b"\1" + OTHER), word(0), word(0)]),
        (ATTRIBUTE_CHANGED, [word(""), word(128), word(0), word(0)]),
    ],
)
def test_other_arguments_are_refused(topic: str, words: list[bytes]) -> None:
    with pytest.raises(MalformedValue):
        decoded(topic, *words)


@pytest.mark.parametrize("text", ["", "00", "0x0", "0X00", "0xAB", "0x0g", "0x 00"])
def test_bytes_have_one_spelling(text: str) -> None:
    with pytest.raises(MalformedValue):
        abi.from_hex(text, "$")
    assert abi.from_hex("0xab", "$") == b"\xab"
