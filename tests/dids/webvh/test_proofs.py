"""The one kind of proof that a log takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medid.core import jcs
from medid.dids.webvh import proofs
from medid.errors import InvalidSignature, MalformedProof
from medid.securing.data_integrity.proof import read_proofs
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.securing.data_integrity.proof import Proof

DOCUMENT: JsonObject = {"versionId": "1-x"}
CANONICAL = jcs.canonicalize(DOCUMENT)


def made(**options: JsonValue) -> tuple[JsonObject, Proof]:
    document: JsonObject = {**DOCUMENT, "proof": logs.proof(DOCUMENT, "a")}
    stated = document["proof"]
    assert isinstance(stated, dict)
    document["proof"] = {**stated, **options}
    (proof,) = read_proofs(document)
    return document, proof


def test_a_proof_names_its_key_and_is_verified_with_it() -> None:
    document, proof = made()
    assert proofs.signer(proof) == logs.multikey("a")
    proofs.verify(document, CANONICAL, proof, logs.multikey("a"))
    with pytest.raises(InvalidSignature):
        proofs.verify(document, CANONICAL, proof, logs.multikey("b"))
    with pytest.raises(InvalidSignature):
        proofs.verify(document, CANONICAL + b" ", proof, logs.multikey("a"))


A, B = logs.multikey("a"), logs.multikey("b")


@pytest.mark.parametrize(
    ("options", "member"),
    [
        ({"cryptosuite": "eddsa-rdfc-2022"}, "cryptosuite"),
        ({"cryptosuite": "ecdsa-jcs-2019"}, "cryptosuite"),
        ({"type": "Ed25519Signature2020"}, "cryptosuite"),
        ({"proofPurpose": "authentication"}, "proofPurpose"),
        ({"verificationMethod": f"did:key:{A}#{B}"}, "verificationMethod"),
        ({"verificationMethod": f"did:key:{A}"}, "verificationMethod"),
        ({"verificationMethod": f"did:key:{A}#"}, "verificationMethod"),
        ({"verificationMethod": f"{A}#{A}"}, "verificationMethod"),
        ({"verificationMethod": f"did:web:{A}#{A}"}, "verificationMethod"),
        ({"verificationMethod": f"did:key:{A}#{A}#{A}"}, "verificationMethod"),
    ],
)
def test_another_kind_of_proof_is_refused(options: JsonObject, member: str) -> None:
    _, proof = made(**options)
    with pytest.raises(MalformedProof) as caught:
        proofs.signer(proof)
    assert caught.value.path == f"$.proof.{member}"


def test_a_proof_that_continues_another_is_refused() -> None:
    stated = logs.proof(DOCUMENT, "a")
    both: JsonObject = {
        **DOCUMENT,
        "proof": [{**stated, "id": "urn:x:1"}, {**stated, "previousProof": "urn:x:1"}],
    }
    _, second = read_proofs(both)
    with pytest.raises(MalformedProof, match="continues"):
        proofs.signer(second)


@pytest.mark.parametrize("context", ["https://www.w3.org/ns/did/v1", [], None])
def test_a_proof_with_contexts_of_its_own_covers_something_else(
    context: JsonValue,
) -> None:
    document, proof = made(**{"@context": context})
    with pytest.raises((MalformedProof, InvalidSignature)):
        proofs.verify(document, CANONICAL, proof, A)


def test_the_suite_reads_a_prepared_document_as_any_other() -> None:
    prepared = proofs._Canonical(CANONICAL)
    assert prepared.signed_document(DOCUMENT, {}) == DOCUMENT
