"""Everything of the bbs-2023 test vectors that BBS computes, bit by bit.

The published proofs were made with mocked random scalars, whose tag is the interface's
identifier. The published commitments were made with real ones: they are opened and
checked instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from medid.errors import InvalidSignature
from medid.keys import bbs
from medid.keys.bbs import blind, committing, curve, interface, pseudonym
from tests.keys.bbs.material import mocked, octets, w3c

PLAIN = ["", "prc/"]
BLIND = "HolderBinding/"
NYM = ["Pseudonym/", "PseudonymHB/"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One group of vectors, as BBS sees it."""

    header: bytes
    messages: list[bytes]
    signature: bytes
    proof: bytes
    indexes: list[int]
    disclosure: Any

    @property
    def shown(self) -> list[bytes]:
        return [self.messages[index] for index in self.indexes]


def case(group: str) -> Case:
    hashes = w3c(group + "addHashData")
    disclosure = w3c(group + "derivedDisclosureData")
    quads = w3c(group + "addBaseTransform")["nonMandatory"]["value"]
    return Case(
        header=octets(hashes["proofHash"]) + octets(hashes["mandatoryHash"]),
        messages=[quad.encode() for _, quad in quads],
        signature=octets(w3c(group + "addRawBaseSignatureInfo")["bbsSignature"]),
        proof=octets(disclosure["bbsProof"]),
        indexes=disclosure["adjSelectiveIndexes"],
        disclosure=disclosure,
    )


def public() -> bytes:
    return octets(w3c("BBSKeyMaterial")["publicKeyHex"])


def secret() -> bytes:
    return octets(w3c("BBSKeyMaterial")["privateKeyHex"])


def presentation_header() -> bytes:
    return octets(w3c("BBSDeriveMaterial")["presentationHeaderHex"])


def entropy(api_id: bytes, count: int) -> Any:
    seed = octets(w3c("BBSDeriveMaterial")["pseudoRandSeedHex"])
    return mocked(bbs.SHA_256, seed, bbs.SHA_256.ciphersuite_id + api_id, count)


def committed(group: str) -> committing.Committed:
    info = w3c(group + "commitmentInfo")
    return committing.Committed(
        commitment_with_proof=octets(info["commitmentWithProof"]),
        secret_prover_blind=octets(info["secretProverBlind"]),
    )


def feature(name: str) -> bytes:
    return octets(w3c(f"FeatureInputs/{name}")[f"{name}Hex"])


def holder_secrets(group: str) -> list[bytes]:
    return [] if group == "Pseudonym/" else [feature("holderSecret")]


def opens(api_id: bytes, group: str, scalars: list[Any]) -> bool:
    """Whether the published commitment is to these scalars, under its blind."""
    api = interface.Interface(bbs.SHA_256, bbs.SHA_256.ciphersuite_id + api_id)
    found = committed(group)
    values = [curve.scalar(found.secret_prover_blind), *scalars]
    points = api.blind_generators(len(values)).points
    point = curve.combined(*zip(points, values, strict=True))
    return found.commitment_with_proof.startswith(point.to_compressed_bytes())


def test_the_key_pair() -> None:
    assert bbs.public_of(secret()) == public()


@pytest.mark.parametrize(("group", "count"), [("", 14), ("prc/", 20)])
def test_a_base_signature(group: str, count: int) -> None:
    one = case(group)
    assert len(one.messages) == count
    made = bbs.sign(secret=secret(), header=one.header, messages=one.messages)
    assert made == one.signature
    bbs.verify(
        public=public(),
        signature=one.signature,
        header=one.header,
        messages=one.messages,
    )


@pytest.mark.parametrize("group", PLAIN)
def test_a_derived_proof(group: str) -> None:
    one = case(group)
    common: dict[str, Any] = {
        "public": public(),
        "header": one.header,
        "presentation_header": presentation_header(),
        "disclosed_indexes": one.indexes,
    }
    made = bbs.proof_gen(
        **common,
        signature=one.signature,
        messages=one.messages,
        entropy=entropy(b"H2G_HM2S_", 5 + len(one.messages) - len(one.indexes)),
    )
    assert made == one.proof
    bbs.proof_verify(**common, proof=one.proof, disclosed_messages=one.shown)


@pytest.mark.parametrize("group", PLAIN)
def test_a_derived_proof_for_another_challenge(group: str) -> None:
    one = case(group)
    with pytest.raises(InvalidSignature):
        bbs.proof_verify(
            public=public(),
            header=one.header,
            presentation_header=presentation_header()[:-1],
            proof=one.proof,
            disclosed_indexes=one.indexes,
            disclosed_messages=one.shown,
        )


def test_a_holder_bound_credential() -> None:
    one, left = case(BLIND), committed(BLIND)
    api_id = b"BLIND_H2G_HM2S_"
    api = interface.Interface(bbs.SHA_256, bbs.SHA_256.ciphersuite_id + api_id)
    secrets = holder_secrets(BLIND)
    assert opens(api_id, BLIND, api.scalars(secrets))
    made = blind.sign(
        secret=secret(),
        header=one.header,
        messages=one.messages,
        commitment_with_proof=left.commitment_with_proof,
    )
    assert made == one.signature
    held: dict[str, Any] = {
        "public": public(),
        "header": one.header,
        "signature": one.signature,
        "messages": one.messages,
        "committed_messages": secrets,
        "secret_prover_blind": left.secret_prover_blind,
    }
    blind.verify(**held)
    proof = blind.proof_gen(
        **held,
        presentation_header=presentation_header(),
        disclosed_indexes=one.indexes,
        entropy=entropy(api_id, 5 + len(one.messages) + 2 - len(one.indexes)),
    )
    assert proof == one.proof
    blind.proof_verify(
        public=public(),
        proof=one.proof,
        header=one.header,
        presentation_header=presentation_header(),
        signer_messages=one.disclosure["lengthBBSMessages"],
        disclosed_messages=one.shown,
        disclosed_indexes=one.indexes,
    )


@pytest.mark.parametrize("group", NYM)
def test_a_credential_with_a_pseudonym(group: str) -> None:
    one, left = case(group), committed(group)
    api_id = b"H2G_HM2S_PSEUDONYM_"
    api = interface.Interface(bbs.SHA_256, bbs.SHA_256.ciphersuite_id + api_id)
    secrets = holder_secrets(group)
    nyms = [feature("proverNym")]
    assert opens(api_id, group, [*api.scalars(secrets), curve.scalar(nyms[0])])
    raw = w3c(group + "addRawBaseSignatureInfo")
    signer_nym_entropy = octets(raw["signerNymEntropyHex"])
    assert signer_nym_entropy == feature("signerNymEntropy")
    made = pseudonym.sign(
        secret=secret(),
        header=one.header,
        messages=one.messages,
        commitment_with_proof=left.commitment_with_proof,
        signer_nym_entropy=signer_nym_entropy,
    )
    assert made == one.signature
    held: dict[str, Any] = {
        "public": public(),
        "header": one.header,
        "signature": one.signature,
        "messages": one.messages,
        "committed_messages": secrets,
        "secret_prover_blind": left.secret_prover_blind,
    }
    nym_secrets = pseudonym.finalize(
        **held, prover_nyms=nyms, signer_nym_entropy=signer_nym_entropy
    )
    assert nym_secrets == [octets(w3c(group + "nymSecret")["nymSecretHex"].zfill(64))]
    context_id = w3c("FeatureInputs/verifierInfo")["verifierId"].encode()
    name = octets(one.disclosure["pseudonym"])
    assert name == pseudonym.calculate(nym_secrets=nym_secrets, context_id=context_id)
    hidden = len(one.messages) + 1 + len(secrets) + 1 - len(one.indexes)
    proof = pseudonym.proof_gen(
        **held,
        nym_secrets=nym_secrets,
        context_id=context_id,
        presentation_header=presentation_header(),
        disclosed_indexes=one.indexes,
        entropy=entropy(api_id, 5 + hidden),
    )
    assert proof == (one.proof, name)
    pseudonym.proof_verify(
        public=public(),
        proof=one.proof,
        header=one.header,
        presentation_header=presentation_header(),
        pseudonym=name,
        context_id=context_id,
        signer_messages=one.disclosure["lengthBBSMessages"],
        disclosed_messages=one.shown,
        disclosed_indexes=one.indexes,
    )


@pytest.mark.parametrize("group", [*PLAIN, BLIND, *NYM])
def test_what_a_verifier_reads_is_what_the_holder_wrote(group: str) -> None:
    if group:
        read = w3c(group + "verifyDerivedProofValue")
        assert octets(read["bbsProof"]) == case(group).proof
        assert read["adjSelectedIndexes"] == case(group).indexes
    assert octets(w3c(group + "derivedRecoveredBaseData")["bbsSignature"]) == (
        case(group).signature
    )


def test_the_one_mandatory_list_of_indexes_is_that_of_the_disclosure() -> None:
    for group in [*PLAIN, BLIND, *NYM]:
        found = w3c(group + "derivedAdjIndexes")["adjSelectiveIndexes"]
        assert found == case(group).indexes
