"""The W3C's vectors for ``ecdsa-sd-2023``: every intermediate, and every document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from medid.core import base64url
from medid.core.multibase import to_base58btc
from medid.errors import MalformedProof
from medid.jsonld import ContextStore, canonicalize
from medid.keys import PrivateKey
from medid.securing.data_integrity import (
    Disclosure,
    check_base,
    derive,
    ecdsa_sd_2023,
    read_proofs,
    sign,
    verify_proof,
)
from medid.securing.data_integrity.secure import covered_by
from medid.securing.data_integrity.selective import covering, labels
from medid.securing.data_integrity.selective.groups import Statements
from tests.support import agreed, vectors

STORE = ContextStore.bundled()
GROUPS = [("employ", "employ"), ("prc", "prCred")]
every = pytest.mark.parametrize(("folder", "name"), GROUPS)


def text(name: str) -> str:
    root = vectors("w3c-vc-di-ecdsa") / "TestVectors"
    selective = name.startswith("ecdsa-sd-2023/")
    agreed(f"w3c-vc-di-ecdsa{'/ecdsa-sd-2023' if selective else ''}", name)
    return (root / name).read_text("utf-8")


def load(name: str) -> Any:
    return json.loads(text(f"{name}.json"))


def of(folder: str, name: str) -> Any:
    return load(f"ecdsa-sd-2023/{folder}/{name}")


def unsecured(document: Any) -> Any:
    return {name: value for name, value in document.items() if name != "proof"}


def key(name: str) -> PrivateKey:
    pair = load("ecdsa-sd-2023/SDKeyMaterial")[name]
    return PrivateKey.from_multikey(pair["secretKeyMultibase"])


def hmac_key() -> bytes:
    return bytes.fromhex(load("ecdsa-sd-2023/SDKeyMaterial")["hmacKeyString"])


def entropy(size: int) -> bytes:
    """The published HMAC key, and then what makes the published key of the proof."""
    if size == len(hmac_key()):
        return hmac_key()
    scalar = base64url.decode(str(key("proofKeyPair").to_jwk()["d"]))
    return (int.from_bytes(scalar, "big") - 1).to_bytes(size, "big")


def indexed(entries: Any) -> dict[int, str]:
    return dict(entries["value"])


@every
def test_every_intermediate_of_the_base_proof(folder: str, name: str) -> None:
    base = of(folder, "addSignedSDBase")
    pointers = load(f"{name}Mandatory")
    statements = Statements(unsecured(base), STORE, labels.by_hmac(hmac_key()))
    lines = canonicalize(unsecured(base), STORE).decode().splitlines(keepends=True)
    assert lines == of(folder, "addBaseDocCanon")
    assert statements.lines == of(folder, "addBaseDocHMACCanon")
    transform = of(folder, "addBaseTransform")
    assert transform["mandatoryPointers"] == pointers
    group = statements.group(pointers)
    mandatory, rest = covering.split(statements.lines, group.indexes)
    assert dict(zip(group.indexes, mandatory, strict=True)) == indexed(
        transform["mandatory"]
    )
    assert rest == list(indexed(transform["nonMandatory"]).values())
    for entry in of(folder, "addPointerValues"):
        assert base[entry["pointer"][1:]] == entry["value"]
    hashes = of(folder, "addHashData")
    assert covering.statements_hash(mandatory).hex() == hashes["mandatoryHash"]
    covered = covered_by(base, read_proofs(base)[0], STORE)
    assert covering.proof_hash(covered).hex() == hashes["proofHash"]
    config = of(folder, "addProofConfig")
    published = text(f"ecdsa-sd-2023/{folder}/addProofConfigCanon.txt")
    assert canonicalize(config, STORE).decode() == published


def test_a_base_proof_changes_nothing_else() -> None:
    # The other group signs another description than prCredUnsigned.json has.
    assert unsecured(of("employ", "addSignedSDBase")) == load("employmentAuth")


@every
def test_the_base_proof(folder: str, name: str) -> None:
    document = of(folder, "addSignedSDBase")
    proof = read_proofs(document)[0]
    board = key("baseKeyPair")
    check_base(document, proof, board.public_key, contexts=STORE)
    raw, base = of(folder, "addRawBaseSignatureInfo"), ecdsa_sd_2023._read_base(proof)
    assert base.signature.hex() == raw["baseSignature"]
    assert to_base58btc(base.public_key) == raw["publicKey"]
    assert [one.hex() for one in base.signatures] == raw["signatures"]
    recovered = of(folder, "derivedRecoveredBaseData")
    assert base.hmac_key.hex() == recovered["hmacKey"]
    assert base.pointers == recovered["mandatoryPointers"]
    set_by_suite = {"type", "cryptosuite", "proofValue"}
    made = sign(
        unsecured(document),
        board,
        suite="ecdsa-sd-2023",
        options={k: v for k, v in proof.options.items() if k not in set_by_suite},
        contexts=STORE,
        mandatory_pointers=load(f"{name}Mandatory"),
        entropy=entropy,
    )
    assert made == document


@every
def test_every_intermediate_of_the_derived_proof(folder: str, name: str) -> None:
    base = of(folder, "addSignedSDBase")
    mandatory, selective = load(f"{name}Mandatory"), load(f"{name}Selective")
    statements = Statements(unsecured(base), STORE, labels.by_hmac(hmac_key()))
    found = {
        "mandatory": statements.group(mandatory),
        "selective": statements.group(selective),
        "combined": statements.group([*mandatory, *selective]),
    }
    published = of(folder, "derivedGroupIndexes")
    assert set(published) == {f"{group}Indexes" for group in found} | {
        "nonMandatoryIndexes"
    }
    for group, value in found.items():
        assert value.indexes == published[f"{group}Indexes"]
    everything = range(len(statements.lines))
    rest = sorted(set(everything) - set(found["mandatory"].indexes))
    assert rest == published["nonMandatoryIndexes"]
    data = of(folder, "derivedAllGroupData")["groups"]
    for group, value in found.items():
        matching = {index: statements.lines[index] for index in value.indexes}
        assert matching == indexed(data[group]["matching"])
        others = {i: statements.lines[i] for i in everything if i not in matching}
        assert others == indexed(data[group]["nonMatching"])
    shown = found["combined"]
    assert shown.document == of(folder, "derivedUnsignedReveal")
    disclosure = of(folder, "derivedDisclosureData")
    named = [name.removeprefix("_:") for name in statements.labels(shown)]
    assert named == [label for _, label in disclosure["labelMap"]["value"]]
    relative = [
        place
        for place, index in enumerate(shown.indexes)
        if index in found["mandatory"].indexes
    ]
    assert relative == disclosure["mandatoryIndexes"]
    assert relative == of(folder, "derivedAdjMandatoryIndexes")["adjMandatoryIndexes"]
    chosen = [n for n, index in enumerate(rest) if index in shown.indexes]
    assert chosen == of(folder, "derivedAdjSignatures")["adjSignatureIndexes"]


@every
def test_the_derived_proof(folder: str, name: str) -> None:
    base, published = of(folder, "addSignedSDBase"), of(folder, "derivedRevealDocument")
    board = key("baseKeyPair").public_key
    disclosure = Disclosure(pointers=tuple(load(f"{name}Selective")))
    made = derive(base, read_proofs(base)[0], disclosure, contexts=STORE, key=board)
    assert made == published
    proof = read_proofs(published)[0]
    verify_proof(published, proof, board, contexts=STORE)
    derived = ecdsa_sd_2023._read_derived(proof)
    read = of(folder, "verifyDerivedProofValue")
    assert derived.signature.hex() == read["baseSignature"]
    assert to_base58btc(derived.public_key) == read["publicKey"]
    signatures = [one.hex() for one in derived.signatures]
    assert signatures == read["signatures"]
    assert signatures == of(folder, "derivedAdjSignatures")["filteredSignatures"]
    assert derived.mandatory == read["mandatoryIndexes"]
    names = [name.removeprefix("_:") for name in derived.shown().labels]
    assert names == [label for _, label in read["labelMap"]]
    covered = covered_by(published, proof, STORE)
    lines = covering.lines_of(covered, derived.shown().labels)
    assert lines == of(folder, "verifyNQuads")
    mandatory, rest = covering.split(lines, derived.mandatory)
    data = of(folder, "verifyCreateVerifyData")
    assert rest == data["nonMandatory"]
    assert covering.statements_hash(mandatory).hex() == data["mandatoryHash"]
    assert covering.proof_hash(covered).hex() == data["proofHash"]


@every
def test_a_base_proof_is_not_for_a_verifier(folder: str, name: str) -> None:
    base = of(folder, "addSignedSDBase")
    with pytest.raises(MalformedProof, match="for its holder alone") as caught:
        verify_proof(
            base, read_proofs(base)[0], key("baseKeyPair").public_key, contexts=STORE
        )
    assert "derive" in caught.value.fix


def test_all_groups_are_here() -> None:
    root = vectors("w3c-vc-di-ecdsa") / "TestVectors/ecdsa-sd-2023"
    assert sorted(one.name for one in root.iterdir() if one.is_dir()) == [
        "employ",
        "prc",
    ]
    assert len(list(root.glob("**/*.*"))) == 41
