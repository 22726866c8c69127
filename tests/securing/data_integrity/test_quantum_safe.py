"""The vectors of the ML-DSA-44 suites, with their intermediates, and proofs of both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import InvalidSignature, MalformedProof, WeakCryptography
from medid.jsonld import ContextStore
from medid.keys import KeyKind, PublicKey
from medid.securing.catalogue import SUITES
from medid.securing.data_integrity import read_proofs, sign, verify_proof
from medid.securing.data_integrity.hash_and_sign import HashAndSign, message
from medid.securing.data_integrity.secure import covered_by
from tests.keys.strategies import key
from tests.securing.data_integrity.support import OPTIONS, STORE, license_credential
from tests.support import agreed, sha256, vectors

if TYPE_CHECKING:
    from pathlib import Path

BUNDLED = ContextStore.bundled()
NAMES = ["mldsa44-rdfc-2024", "mldsa44-jcs-2024"]


def _root() -> Path:
    return vectors("di-quantum-safe") / "testVectors"


def _document(name: str) -> Any:
    return json.loads((_root() / name / f"signed-{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_the_published_proof_and_every_intermediate(name: str) -> None:
    document = _document(name)
    (proof,) = read_proofs(document)
    public = PublicKey.from_multikey(proof.verification_method.removeprefix("did:key:"))
    assert public.kind is KeyKind.ML_DSA_44
    verify_proof(document, proof, public, contexts=BUNDLED)
    suite = SUITES[name]
    assert isinstance(suite, HashAndSign)
    covered = covered_by(document, proof, BUNDLED)
    transformed = suite.transformation.document(covered, "sha256")
    config = suite.transformation.options(covered, "proofValue", "sha256")
    common, form = _root() / "commonAlgs", name.split("-")[1]
    assert transformed.decode() == (common / f"transform-{form}-sha256.txt").read_text()
    assert config.decode() == (common / f"proofConfig-{name}.txt").read_text()
    hashes = message(covered, suite.transformation, "sha256")
    assert hashes == sha256(config) + sha256(transformed)
    published = json.dumps(json.loads((common / "hashing-combined.json").read_text()))
    assert hashes.hex() in published
    agreed("di-quantum-safe", name)


@pytest.mark.parametrize("name", NAMES)
def test_signs_and_verifies_and_covers_everything(name: str) -> None:
    signer = key(KeyKind.ML_DSA_44)
    document: Any = sign(
        license_credential(), signer, suite=name, options=OPTIONS, contexts=STORE
    )
    (proof,) = read_proofs(document)
    verify_proof(document, proof, signer.public_key, contexts=STORE)
    for change in ({"validUntil": "2099-01-01T00:00:00Z"}, {"name": "x"}):
        changed = {**document, **change}
        with pytest.raises(InvalidSignature):
            verify_proof(
                changed, read_proofs(changed)[0], signer.public_key, contexts=STORE
            )
    for member, value in (("created", "2027-01-01T00:00:00Z"), ("nonce", "x")):
        changed = {**document, "proof": {**document["proof"], member: value}}
        with pytest.raises(InvalidSignature):
            verify_proof(
                changed, read_proofs(changed)[0], signer.public_key, contexts=STORE
            )


@pytest.mark.parametrize("name", NAMES)
def test_no_other_kind_of_key_and_no_other_length(name: str) -> None:
    document = _document(name)
    (proof,) = read_proofs(document)
    for kind in (KeyKind.ML_DSA_65, KeyKind.ED25519):
        with pytest.raises(WeakCryptography):
            verify_proof(document, proof, key(kind).public_key, contexts=BUNDLED)
    public = PublicKey.from_multikey(proof.verification_method.removeprefix("did:key:"))
    value = document["proof"]["proofValue"]
    for other in (value[:-4], value + "AAAA", "z" + value[1:], "u", value[1:]):
        document["proof"]["proofValue"] = other
        with pytest.raises(MalformedProof) as caught:
            verify_proof(document, read_proofs(document)[0], public, contexts=BUNDLED)
        assert type(caught.value) is MalformedProof


def test_the_context_that_the_jcs_vector_leaves_out_is_signed() -> None:
    document = _document("mldsa44-jcs-2024")
    (proof,) = read_proofs(document)
    public = PublicKey.from_multikey(proof.verification_method.removeprefix("did:key:"))
    assert "@context" not in document["proof"]
    stated = {**document, "proof": {**proof.options, "@context": document["@context"]}}
    verify_proof(stated, read_proofs(stated)[0], public, contexts=BUNDLED)
    stated["proof"]["@context"] = document["@context"][:1]
    with pytest.raises(InvalidSignature):
        verify_proof(stated, read_proofs(stated)[0], public, contexts=BUNDLED)
