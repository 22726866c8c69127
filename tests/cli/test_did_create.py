"""``medid did create``: the methods whose DIDs need no host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from medid.core.evidence import Evidence
from medid.dids import resolver
from medid.dids.methods import peer
from medid.dids.syntax import Did
from medid.keys import KeyKind, PrivateKey
from tests.dids.builders import ED25519, P256, SECP256K1, X25519

if TYPE_CHECKING:
    from pathlib import Path

    from medid.keys import PublicKey
    from tests.cli.conftest import Command


def given(folder: Path, *keys: PublicKey) -> list[str]:
    call = []
    for number, key in enumerate(keys):
        file = folder / f"{number}.jwk"
        file.write_text(json.dumps(key.to_jwk()))
        call += ["--key", str(file)]
    return call


def test_a_peer_of_one_key_is_that_key(medid: Command, tmp_path: Path) -> None:
    call = ["did", "create", "--json", "--method", "peer"]
    told = medid(*call, *given(tmp_path, ED25519))
    did = Did.parse(told.json()["did"])

    assert told.code == 0
    assert did == peer.create(ED25519)
    assert told.json()["didDocument"] == peer.expand(did).raw


def test_a_peer_of_several_keys_lists_each_for_what_it_can_do(
    medid: Command, tmp_path: Path
) -> None:
    call = ["did", "create", "--json", "--method", "peer"]
    told = medid(*call, *given(tmp_path, ED25519, X25519, P256))
    found = told.json()
    document = resolver.resolve(Did.parse(found["did"]), Evidence())

    assert told.code == 0
    assert found["did"].startswith("did:peer:2.")
    assert found["didDocument"] == document.raw
    listed = {
        name: {document.method_for(one, name).key for one in document.ids_for(name)}
        for name in ("authentication", "assertionMethod", "keyAgreement")
    }
    assert listed == {
        "authentication": {ED25519, P256},
        "assertionMethod": {ED25519, P256},
        "keyAgreement": {X25519},
    }


@pytest.mark.parametrize(
    ("flags", "prefix"),
    [
        ([], "did:ethr:0x0"),
        (["--chain", "1"], "did:ethr:0x0"),
        (["--chain", "100"], "did:ethr:0x64:0x0"),
    ],
)
def test_an_account_of_a_chain_is_its_key(
    medid: Command, tmp_path: Path, flags: list[str], prefix: str
) -> None:
    call = ["did", "create", "--json", "--method", "ethr", *flags]
    told = medid(*call, *given(tmp_path, SECP256K1))
    found = told.json()

    assert told.code == 0
    assert found["did"].startswith(prefix)
    assert found["did"].endswith(SECP256K1.raw.hex())
    assert found["didDocument"]["id"] == found["did"]
    assert f"{found['did']}#controllerKey" in found["didDocument"]["assertionMethod"]


@pytest.mark.parametrize("chain", ["0", "-1", str(2**53)])
def test_there_is_no_such_chain(medid: Command, tmp_path: Path, chain: str) -> None:
    call = ["did", "create", "--method", "ethr", "--chain", chain]
    told = medid(*call, *given(tmp_path, SECP256K1))
    assert (told.code, told.out) == (1, "")
    assert "INVALID_DID" in told.err


def test_an_account_takes_one_key_of_its_own_kind(
    medid: Command, tmp_path: Path
) -> None:
    call = ["did", "create", "--method", "ethr"]
    told = medid(*call, *given(tmp_path, ED25519))
    assert told.code == 1
    assert "CRYPTOGRAPHIC_SECURITY_ERROR" in told.err
    other = PrivateKey.generate(KeyKind.SECP256K1).public_key
    told = medid(*call, *given(tmp_path, SECP256K1, other))
    assert told.code == 2
    assert "one key" in told.err


@pytest.mark.parametrize(
    ("method", "flags"),
    [
        ("peer", ["--host", "a.example"]),
        ("peer", ["--chain", "1"]),
        ("peer", ["--chain", "0"]),
        ("key", ["--chain", "0"]),
        ("ethr", ["--path", "a"]),
        ("ethr", ["--portable"]),
    ],
)
def test_what_a_method_has_no_use_for_is_refused(
    medid: Command, tmp_path: Path, method: str, flags: list[str]
) -> None:
    call = ["did", "create", "--method", method, *flags]
    told = medid(*call, *given(tmp_path, SECP256K1))
    assert told.code == 2
    assert "has no use for this option" in told.err


def test_there_is_nothing_to_publish(medid: Command, tmp_path: Path) -> None:
    for method in ("peer", "ethr"):
        call = ["did", "create", "--method", method, "--out", str(tmp_path / "site")]
        told = medid(*call, *given(tmp_path, SECP256K1))
        assert told.code == 2
        assert "nothing to publish" in told.err
