"""The calldata that an owner's wallet sends to the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medid.core.keccak import keccak256
from medid.dids.ethr import transactions as change
from medid.dids.ethr.transactions import (
    MAX_SECONDS,
    Attribute,
    key_attribute,
    service_attribute,
)
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, InvalidDid, MalformedValue
from tests.dids.builders import ED25519, KEYS, ML_DSA_65, P256, SECP256K1, X25519
from tests.dids.ethr.builders import DID, IDENTITY, OTHER, Told, resolved, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.keys import PublicKey

ACCOUNT = "0x" + OTHER.hex()
HUB = service_attribute("Hub", "https://board.example/hub")
DAY = 86_400


def selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def tail(value: bytes) -> bytes:
    return word(len(value)) + value + bytes(-len(value) % 32)


def test_each_call_is_its_function_with_its_arguments() -> None:
    identity, account = word(IDENTITY), word(OTHER)
    assert change.change_owner(DID, ACCOUNT) == (
        selector("changeOwner(address,address)") + identity + account
    )
    assert change.deactivate(DID) == (
        selector("changeOwner(address,address)") + identity + bytes(32)
    )
    assert change.add_delegate(DID, ACCOUNT, seconds=DAY) == (
        selector("addDelegate(address,bytes32,address,uint256)")
        + b"".join((identity, word("veriKey"), account, word(DAY)))
    )
    assert change.revoke_delegate(DID, ACCOUNT, delegate_type="sigAuth") == (
        selector("revokeDelegate(address,bytes32,address)")
        + b"".join((identity, word("sigAuth"), account))
    )
    assert change.set_attribute(DID, HUB, seconds=DAY) == (
        selector("setAttribute(address,bytes32,bytes,uint256)")
        + b"".join((identity, word("did/svc/Hub"), word(128), word(DAY)))
        + tail(HUB.value)
    )
    assert change.revoke_attribute(DID, HUB) == (
        selector("revokeAttribute(address,bytes32,bytes)")
        + b"".join((identity, word("did/svc/Hub"), word(96)))
        + tail(HUB.value)
    )


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(key.kind))
def test_the_attribute_of_a_key_lists_that_key(key: PublicKey) -> None:
    attribute = key_attribute(key)
    told = Told().attribute(attribute.name, attribute.value)
    relationship = "keyAgreement" if key == X25519 else "assertionMethod"
    document = resolved(told).document
    assert document.method_for(f"{DID}#delegate-1", relationship).key == key


def test_the_names_of_attributes() -> None:
    assert key_attribute(SECP256K1).name == "did/pub/Secp256k1/veriKey"
    assert key_attribute(ED25519, "sigAuth").name == "did/pub/Ed25519/sigAuth"
    assert key_attribute(X25519).name == "did/pub/X25519/enc"
    assert key_attribute(P256).name == "did/pub/Multikey/veriKey"
    assert key_attribute(ML_DSA_65).value[:2] == b"\x91\x24"


@pytest.mark.parametrize("seconds", [0, -1, MAX_SECONDS + 1])
def test_a_time_is_a_time(seconds: int) -> None:
    assert change.set_attribute(DID, HUB, seconds=MAX_SECONDS)
    with pytest.raises(ConfigurationError, match="seconds"):
        change.set_attribute(DID, HUB, seconds=seconds)
    with pytest.raises(ConfigurationError, match="seconds"):
        change.add_delegate(DID, ACCOUNT, seconds=seconds)


@pytest.mark.parametrize("name", ["", "x" * 33, "é" * 17])
def test_a_name_fits_its_word(name: str) -> None:
    calls: tuple[Callable[[], bytes], ...] = (
        lambda: change.revoke_attribute(DID, Attribute(name=name, value=b"")),
        lambda: change.set_attribute(DID, Attribute(name=name, value=b""), seconds=1),
        lambda: change.add_delegate(DID, ACCOUNT, seconds=1, delegate_type=name),
        lambda: change.revoke_delegate(DID, ACCOUNT, delegate_type=name),
    )
    for call in calls:
        with pytest.raises(ConfigurationError, match="32 bytes"):
            call()


def test_nobody_is_made_the_owner_by_accident() -> None:
    with pytest.raises(ConfigurationError, match="nobody") as caught:
        change.change_owner(DID, "0x" + "00" * 20)
    assert "deactivate()" in caught.value.fix


@pytest.mark.parametrize("account", ["", "0x12", ACCOUNT[2:]])
def test_an_account_is_an_address(account: str) -> None:
    calls: tuple[Callable[[], bytes], ...] = (
        lambda: change.change_owner(DID, account),
        lambda: change.add_delegate(DID, account, seconds=1),
        lambda: change.revoke_delegate(DID, account),
    )
    for call in calls:
        with pytest.raises(MalformedValue):
            call()


def test_only_a_did_ethr_is_changed() -> None:
    with pytest.raises(InvalidDid):
        change.deactivate(Did.parse("did:web:board.example"))
