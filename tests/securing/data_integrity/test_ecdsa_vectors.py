"""The W3C's vectors for the suites that hash and sign with ECDSA, step by step."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from medid.core import jcs
from medid.core.multibase import from_base58btc, to_base58btc
from medid.errors import InvalidSignature, MedidError
from medid.jsonld import ContextStore, canonicalize
from medid.keys import PrivateKey, PublicKey
from medid.securing.catalogue import SUITES
from medid.securing.data_integrity import read_proofs, sign, verify_proof
from medid.securing.data_integrity.hash_and_sign import (
    HashAndSign,
    algorithm_of,
    message,
)
from medid.securing.data_integrity.secure import covered_by
from tests.support import agreed, vectors

STORE = ContextStore.bundled()
SETS = [
    ("ecdsa-rdfc-2019-p256", "ECDSAP256"),
    ("ecdsa-rdfc-2019-p256/employ", "ECDSAP256"),
    ("ecdsa-rdfc-2019-p384", "ECDSAP384"),
    ("ecdsa-rdfc-2019-p384/employ", "ECDSAP384"),
    ("ecdsa-jcs-2019-p256", "JCSECDSAP256"),
    ("ecdsa-jcs-2019-p384", "JCSECDSAP384"),
]
every = pytest.mark.parametrize(("folder", "name"), SETS)


def text(*names: str) -> str:
    root = vectors("w3c-vc-di-ecdsa") / "TestVectors"
    agreed("w3c-vc-di-ecdsa", "/".join(names))
    return root.joinpath(*names).read_text("utf-8")


def load(*names: str) -> Any:
    return json.loads(text(*names))


def key_of(document: Any) -> PublicKey:
    """The key that the proof names; whose it is, is asked elsewhere."""
    method = document["proof"]["verificationMethod"]
    return PublicKey.from_multikey(method.partition("#")[2])


def private(folder: str) -> PrivateKey:
    pair = load("p384KeyPair.json" if "p384" in folder else "p256KeyPair.json")
    return PrivateKey.from_multikey(pair["secretKeyMultibase"])


@every
def test_every_intermediate(folder: str, name: str) -> None:
    document = load(folder, f"signed{name}.json")
    config = load(folder, f"proofConfig{name}.json")
    key = key_of(document)
    algorithm = algorithm_of(key.kind)
    unsecured = {k: v for k, v in document.items() if k != "proof"}

    def canonical(value: Any) -> bytes:
        if name.startswith("JCS"):
            return jcs.canonicalize(value)
        return canonicalize(value, STORE, algorithm=algorithm)

    assert canonical(unsecured).decode() == text(folder, f"canonDoc{name}.txt")
    assert canonical(config).decode() == text(folder, f"proofCanon{name}.txt")
    proof = read_proofs(document)[0]
    suite = SUITES[proof.suite or ""]
    assert isinstance(suite, HashAndSign)
    covered = covered_by(document, proof, STORE)
    hashed = message(covered, suite.transformation, algorithm)
    size = hashlib.new(algorithm).digest_size
    assert hashed[:size].hex() == text(folder, f"proofHash{name}.txt")
    assert hashed[size:].hex() == text(folder, f"docHash{name}.txt")
    assert hashed.hex() == text(folder, f"combinedHash{name}.txt")
    signature = from_base58btc(str(proof.options["proofValue"]))
    assert signature.hex() == text(folder, f"sigHex{name}.txt")
    assert to_base58btc(signature) == text(folder, f"sigBTC58{name}.txt")
    verify_proof(document, proof, key, contexts=STORE)


@every
def test_a_proof_changes_nothing_else(folder: str, name: str) -> None:
    document = load(folder, f"signed{name}.json")
    del document["proof"]
    given = "employmentAuth.json" if "employ" in folder else "unsigned.json"
    assert document == load(given)


@every
def test_signing_gives_the_published_document(folder: str, name: str) -> None:
    document = load(folder, f"signed{name}.json")
    proof = document.pop("proof")
    set_by_suite = {"type", "cryptosuite", "@context", "proofValue"}
    again = sign(
        document,
        private(folder),
        suite=proof["cryptosuite"],
        options={k: v for k, v in proof.items() if k not in set_by_suite},
        contexts=STORE,
    )
    # Deterministic signatures (RFC 6979) come out the same for everybody.
    verify_proof(again, read_proofs(again)[0], key_of(again), contexts=STORE)
    assert again == {**document, "proof": proof}


@every
def test_a_changed_document_or_proof_is_refused(folder: str, name: str) -> None:
    document = load(folder, f"signed{name}.json")
    key = key_of(document)
    changed = [
        {**document, "validFrom": "2024-01-01T00:00:00Z"},
        {**document, "proof": {**document["proof"], "created": "2024-01-01T00:00:00Z"}},
    ]
    for one in changed:
        with pytest.raises(InvalidSignature):
            verify_proof(one, read_proofs(one)[0], key, contexts=STORE)
    other = private("p256" if "p384" in folder else "p384").public_key
    with pytest.raises(MedidError):
        verify_proof(document, read_proofs(document)[0], other, contexts=STORE)


def test_all_sets_are_here() -> None:
    root = vectors("w3c-vc-di-ecdsa") / "TestVectors"
    found = sorted(path.parent for path in root.glob("**/signed*.json"))
    assert found == sorted(root / folder for folder, _ in SETS)
