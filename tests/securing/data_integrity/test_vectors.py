"""The W3C's vectors for the Ed25519 suites, with every intermediate."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import jcs
from medid.core.multibase import from_base58btc, to_base58btc
from medid.errors import InvalidSignature, MedidError
from medid.jsonld import ContextStore, canonicalize
from medid.keys import PrivateKey, PublicKey
from medid.securing.catalogue import SUITES
from medid.securing.data_integrity import read_proofs, sign, verify_proof
from medid.securing.data_integrity.hash_and_sign import HashAndSign, message
from medid.securing.data_integrity.secure import covered_by
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from medid.core.json import JsonObject

STORE = ContextStore.bundled()
RDFC = [
    ("eddsa-rdfc-2022", "DataInt"),
    ("eddsa-rdfc-2022/employ", "DataInt"),
    ("Ed25519Signature2020", "EdSig"),
]
ALL = [*RDFC, ("eddsa-jcs-2022", "JCS")]


def _root() -> Path:
    return vectors("w3c-vc-di-eddsa") / "TestVectors"


def _load(*names: str) -> Any:
    return json.loads(_text(*names))


def _text(*names: str) -> str:
    agreed("w3c-vc-di-eddsa", *["/".join(names)])
    return _root().joinpath(*names).read_text(encoding="utf-8")


def _key(method: str) -> PublicKey:
    return PublicKey.from_multikey(method.partition("#")[2])


def _verify_all(document: JsonObject) -> int:
    proofs = read_proofs(document)
    for proof in proofs:
        verify_proof(document, proof, _key(proof.verification_method), contexts=STORE)
    return len(proofs)


@pytest.mark.parametrize(("folder", "name"), ALL)
def test_every_intermediate(folder: str, name: str) -> None:
    document = _load(folder, f"signed{name}.json")
    config = _load(folder, f"proofConfig{name}.json")
    proof = read_proofs(document)[0]
    unsecured = {k: v for k, v in document.items() if k != "proof"}

    def canonical(value: JsonObject) -> bytes:
        if name == "JCS":
            return jcs.canonicalize(value)
        return canonicalize(value, STORE)

    assert canonical(unsecured).decode() == _text(folder, f"canonDoc{name}.txt")
    assert canonical(config).decode() == _text(folder, f"proofCanon{name}.txt")
    suite = SUITES[proof.suite or ""]
    assert isinstance(suite, HashAndSign)
    covered = covered_by(document, proof, STORE)
    hashed = message(covered, suite.transformation, "sha256")
    assert hashed[32:] == sha256(canonical(unsecured)).digest()
    assert hashed[32:].hex() == _text(folder, f"docHash{name}.txt")
    assert hashed[:32].hex() == _text(folder, f"proofHash{name}.txt")
    assert hashed.hex() == _text(folder, f"combinedHash{name}.txt")
    signature = from_base58btc(str(proof.options["proofValue"]))
    assert signature.hex() == _text(folder, f"sigHex{name}.txt")
    assert to_base58btc(signature) == _text(folder, f"sigBTC58{name}.txt")
    assert _verify_all(document) == 1


@pytest.mark.parametrize(("folder", "name"), [ALL[0], ALL[3]])
def test_signing_gives_the_published_proof(folder: str, name: str) -> None:
    document = _load(folder, f"signed{name}.json")
    proof = document.pop("proof")
    key = PrivateKey.from_multikey(_load("keyPair.json")["privateKeyMultibase"])
    set_by_suite = {"type", "cryptosuite", "@context", "proofValue"}
    options = {k: v for k, v in proof.items() if k not in set_by_suite}
    again = sign(document, key, suite=folder, options=options, contexts=STORE)
    assert again == {**document, "proof": proof}


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("signedProofSet1", 1),
        ("signedProofSet2", 2),
        ("signedProofChain1", 3),
        ("signedProofChain2", 4),
    ],
)
def test_sets_and_chains(name: str, count: int) -> None:
    document = _load("proof-set-chain", f"{name}.json")
    assert _verify_all(document) == count


@pytest.mark.parametrize("kind", ["Set", "Chain"])
@pytest.mark.parametrize("number", [1, 2])
def test_each_proof_of_a_set_or_chain_is_made_again(kind: str, number: int) -> None:
    before = {
        ("Set", 1): "unsigned",
        ("Set", 2): "signedProofSet1",
        ("Chain", 1): "signedProofSet2",
        ("Chain", 2): "signedProofChain1",
    }[kind, number]
    config = _load("proof-set-chain", f"proof{kind}Config{number}.json")
    set_by_suite = {"type", "cryptosuite", "@context"}
    made = sign(
        _load("proof-set-chain", f"{before}.json"),
        _published_key(config["verificationMethod"]),
        suite="eddsa-rdfc-2022",
        options={k: v for k, v in config.items() if k not in set_by_suite},
        contexts=STORE,
    )
    assert made == _load("proof-set-chain", f"signedProof{kind}{number}.json")
    proof = read_proofs(made)[-1]
    signed = _load("proof-set-chain", f"proof{kind}ConfigSigned{number}.json")
    assert proof.options == signed
    if kind == "Chain":
        covered = covered_by(made, proof, STORE)
        continued = _load("proof-set-chain", f"proofChainTempDoc{number}.json")
        assert list(covered.previous) == continued.pop("proof")
        assert {k: v for k, v in made.items() if k != "proof"} == continued


def _published_key(method: str) -> PrivateKey:
    public = method.partition("#")[2]
    return next(
        PrivateKey.from_multikey(pair["privateKeyMultibase"])
        for pair in _load("proof-set-chain", "multiKeyPairs.json").values()
        if pair["publicKeyMultibase"] == public
    )


@pytest.mark.parametrize(
    ("unsecured", "folder", "name"),
    [
        ("unsigned", "eddsa-rdfc-2022", "DataInt"),
        ("unsigned", "eddsa-jcs-2022", "JCS"),
        ("employmentAuth", "eddsa-rdfc-2022/employ", "DataInt"),
    ],
)
def test_a_proof_changes_nothing_else(unsecured: str, folder: str, name: str) -> None:
    document = _load(folder, f"signed{name}.json")
    assert document.pop("proof")["type"] == "DataIntegrityProof"
    if name == "JCS":
        assert document == _load(f"{unsecured}.json")
    else:
        given = canonicalize(_load(f"{unsecured}.json"), STORE)
        assert canonicalize(document, STORE) == given


@pytest.mark.parametrize("index", range(3))
def test_a_link_of_the_chain_cannot_be_replaced(index: int) -> None:
    document = _load("proof-set-chain", "signedProofChain2.json")
    document["proof"][index]["created"] = "2023-02-24T23:36:39Z"
    *_, last = read_proofs(document)
    broken = 0
    for proof in read_proofs(document):
        try:
            key = _key(proof.verification_method)
            verify_proof(document, proof, key, contexts=STORE)
        except InvalidSignature:
            broken += 1
    # The altered proof itself, and each proof that continues it.
    assert broken == 2
    assert last.previous_proof


@pytest.mark.parametrize("index", range(3))
def test_a_link_of_the_chain_cannot_be_removed(index: int) -> None:
    document = _load("proof-set-chain", "signedProofChain2.json")
    del document["proof"][index]
    with pytest.raises(MedidError):
        _verify_all(document)


def test_the_end_of_the_chain_is_what_its_reader_must_ask_for() -> None:
    # Nothing in the earlier proofs says that a later one existed.
    document = _load("proof-set-chain", "signedProofChain2.json")
    del document["proof"][3]
    assert _verify_all(document) == 3
