"""did:pkh: an account is named, and where that is no key, there is none."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.evidence import Evidence
from medid.core.multibase import to_base58btc
from medid.dids import resolver
from medid.dids.document import RELATIONSHIPS
from medid.dids.methods import pkh
from medid.dids.resolution import ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import (
    ConfigurationError,
    DidNotFound,
    InvalidDid,
    InvalidVerificationMethod,
    MedidError,
    WeakCryptography,
)
from medid.keys import KeyKind
from tests.support import agreed, vectors

NOTHING = Evidence()
ETHEREUM = "eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a"
BITCOIN = "bip122:000000000019d6689c085ae165831e93:128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6"
SOLANA = (
    "solana:4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZ:"
    "CKg5d12Jhpej1JqtmxLJgaFqqeYjxgPqToJ4LBdvG9Ev"
)
TEZOS = "tezos:NetXdQprcVkpaWU:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8"
ARWEAVE = "arweave:7wIU:kY9RAgTJEImkBpiKgVeXrsGV02T-D4dI3ZvSpnn7HSk"


def test_the_published_documents_are_the_ones_medid_makes() -> None:
    files = sorted((vectors("did-pkh") / "test-vectors").glob("*.jsonld"))
    assert len(files) == 10
    for file in files:
        document = json.loads(file.read_text("utf-8"))
        did = Did.parse(document["id"])
        assert not resolver.needs(did, NOTHING)
        assert resolver.resolve(did, NOTHING).raw == document
        assert pkh.create(did.id) == did
        agreed("did-pkh", did.id)


@pytest.mark.parametrize("account", [ETHEREUM, BITCOIN, TEZOS, ARWEAVE])
def test_an_account_that_is_no_key_carries_none(account: str) -> None:
    document = pkh.expand(pkh.create(account))
    for name in RELATIONSHIPS:
        for method in document.ids_for(name):
            with pytest.raises(InvalidVerificationMethod, match="key is missing"):
                document.method_for(method, name)
    assert document.ids_for("assertionMethod")


def test_an_account_on_solana_is_its_key() -> None:
    did = pkh.create(SOLANA)
    document = pkh.expand(did)
    found = document.method_for(f"{did}#controller", "assertionMethod").key
    assert found.kind is KeyKind.ED25519
    with pytest.raises(InvalidVerificationMethod):
        document.method_for(f"{did}#SolanaMethod2021", "assertionMethod")


def test_a_key_that_proves_nothing_is_no_account() -> None:
    with pytest.raises(WeakCryptography):
        pkh.expand(Did.parse(f"did:pkh:{SOLANA[:40]}{'1' * 32}"))


@pytest.mark.parametrize(
    "account",
    [
        "eip155",
        "eip155:1",
        ETHEREUM + ":",
        ETHEREUM + ":1",
        ETHEREUM.replace("eip155", "EIP155"),
        ETHEREUM.replace("eip155", "celo"),
        ETHEREUM.replace(":1:", "::"),
        ETHEREUM.replace(":1:", ":01:"),
        ETHEREUM.replace(":1:", ":0x1:"),
        ETHEREUM.replace(":1:", f":1{'0' * 32}:"),
        ETHEREUM.replace("0x", "0X"),
        ETHEREUM.replace("0x", ""),
        ETHEREUM.replace("0x", "%30x"),
        ETHEREUM[:-1],
        ETHEREUM + "0",
        ETHEREUM[:-1] + "g",
        BITCOIN.replace("e93:", "E93:"),
        BITCOIN.replace("e93:", "e9:"),
        BITCOIN[:-1] + "7",
        BITCOIN[:-1],
        BITCOIN[:-1] + "0",
        BITCOIN[:40] + "1",
        BITCOIN[:40] + "2" * 129,
        BITCOIN.replace("128L", "1128L"),
        SOLANA[:-2],
        SOLANA.replace(":4sG", ":0sG"),
        SOLANA + "1",
        TEZOS.replace("Net", "net"),
        TEZOS[:-1] + "9",
        TEZOS.replace("tz1", "tz2"),
        TEZOS[:22] + BITCOIN.rpartition(":")[2],
        "tezos:NetXdQprcVkpaWU:KT1TxqZ8QtKvLu3V3JH7Gx58n7Co8pgtpQU5",
        ARWEAVE + "=",
        ARWEAVE[:-1],
        ARWEAVE[:-1] + "l",
        ARWEAVE.replace("7wIU", "7"),
    ],
)
def test_an_account_in_another_spelling_is_refused(account: str) -> None:
    with pytest.raises(InvalidDid):
        resolver.needs(Did.parse(f"did:pkh:{account}"), NOTHING)
    with pytest.raises(ConfigurationError):
        pkh.create(account)


@pytest.mark.parametrize(("size", "sound"), [(19, False), (20, True), (21, False)])
def test_an_account_on_tezos_is_the_hash_of_a_key(size: int, sound: bool) -> None:
    data = b"\x06\xa1\x9f" + bytes(size)
    checksum = sha256(sha256(data).digest()).digest()[:4]
    account = f"{TEZOS.rpartition(':')[0]}:{to_base58btc(data + checksum)[1:]}"
    if sound:
        assert str(pkh.create(account)) == f"did:pkh:{account}"
        return
    with pytest.raises(ConfigurationError, match="another length"):
        pkh.create(account)


def test_a_did_pkh_has_no_versions() -> None:
    options = ResolutionOptions(version_id="1")
    with pytest.raises(DidNotFound):
        pkh.resolve(pkh.create(ETHEREUM), NOTHING, options)


@given(
    st.sampled_from([BITCOIN, TEZOS]),
    st.integers(1, 30),
    st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"),
)
def test_the_checksum_finds_one_wrong_character(
    account: str, index: int, character: str
) -> None:
    changed = account[:-index] + character + account[len(account) - index + 1 :]
    try:
        document = pkh.expand(Did.parse(f"did:pkh:{changed}"))
    except MedidError:
        assert changed != account
    else:
        assert changed == account
        assert str(document.id) == f"did:pkh:{account}"
