"""did:ethr identifiers: one spelling of chain and account, or none."""

from __future__ import annotations

import pytest

from medid.dids.ethr.identifier import (
    MAX_CHAIN_ID,
    NETWORKS,
    REGISTRIES,
    create,
    parse,
)
from medid.dids.syntax import Did
from medid.errors import InvalidDid, InvalidKey, WeakCryptography
from tests.dids.builders import ED25519, SECP256K1

ACCOUNT = "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"
KEY = f"0x{SECP256K1.raw.hex()}"


@pytest.mark.parametrize(
    ("text", "chain_id"),
    [
        (ACCOUNT, 1),
        ("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", 1),
        (f"mainnet:{ACCOUNT}", 1),
        (f"0x1:{ACCOUNT}", 1),
        (f"sepolia:{ACCOUNT}", 11_155_111),
        (f"0xaa36a7:{ACCOUNT}", 11_155_111),
        (f"0x7a69:{KEY}", 31_337),
        (f"{MAX_CHAIN_ID:#x}:{ACCOUNT}", MAX_CHAIN_ID),
    ],
)
def test_chain_and_account(text: str, chain_id: int) -> None:
    found = parse(Did.parse(f"did:ethr:{text}"))
    assert found.chain_id == chain_id
    assert found.registry == REGISTRIES.get(chain_id)
    if text.endswith(KEY):
        assert found.public_key == SECP256K1
        assert len(found.address) == 20
    else:
        assert found.public_key is None
        assert found.address.hex() == ACCOUNT[2:]


def test_the_name_of_a_history_is_chain_registry_and_identity() -> None:
    assert parse(Did.parse(f"did:ethr:{ACCOUNT}")).url == (
        f"eip155:1/0xdca7ef03e98e0dc2b855be647c39abe984fcf21b/{ACCOUNT}"
    )
    assert parse(Did.parse(f"did:ethr:0x7a69:{ACCOUNT}")).url == (
        f"eip155:31337/registry/{ACCOUNT}"
    )


def test_every_chain_with_a_name_has_a_registry() -> None:
    assert {*NETWORKS.values()} == REGISTRIES.keys()


@pytest.mark.parametrize(
    "text",
    [
        "0xFB6916095CA1DF60BB79CE92CE3EA74C37C5D359",
        "0xFb6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        ACCOUNT[2:],
        ACCOUNT[:-1],
        f"{ACCOUNT}0",
        KEY.upper().replace("0X", "0x"),
        f"0x04{'11' * 32}",
        f"0x04{'11' * 64}",
        f":{ACCOUNT}",
        f"Mainnet:{ACCOUNT}",
        f"goerli:{ACCOUNT}",
        f"1:{ACCOUNT}",
        f"0x:{ACCOUNT}",
        f"0x0:{ACCOUNT}",
        f"0x01:{ACCOUNT}",
        f"0xAA36A7:{ACCOUNT}",
        f"{MAX_CHAIN_ID + 1:#x}:{ACCOUNT}",
        f"0x{'f' * 15}:{ACCOUNT}",
        f"0x1:0x1:{ACCOUNT}",
        f"0x1%3A{ACCOUNT}",
        f"0x1:{ACCOUNT}%20",
    ],
)
def test_another_spelling_is_no_did_ethr(text: str) -> None:
    with pytest.raises(InvalidDid):
        parse(Did.parse(f"did:ethr:{text}"))


def test_another_method_is_no_did_ethr() -> None:
    with pytest.raises(InvalidDid, match="not a did:ethr"):
        parse(Did.parse(f"did:pkh:{ACCOUNT}"))


def test_a_key_off_the_curve_is_refused() -> None:
    with pytest.raises(InvalidKey):
        parse(Did.parse(f"did:ethr:0x02{'ff' * 32}"))


def test_a_did_is_made_of_the_key() -> None:
    assert str(create(SECP256K1)) == f"did:ethr:{KEY}"
    did = create(SECP256K1, 100)
    assert str(did) == f"did:ethr:0x64:{KEY}"
    assert parse(did).public_key == SECP256K1


@pytest.mark.parametrize("chain_id", [0, -1, MAX_CHAIN_ID + 1])
def test_no_did_is_made_for_a_chain_that_cannot_be(chain_id: int) -> None:
    with pytest.raises(InvalidDid):
        create(SECP256K1, chain_id)


def test_no_did_is_made_of_another_kind_of_key() -> None:
    with pytest.raises(WeakCryptography):
        create(ED25519)
