"""Signing and verifying: sets, chains, and what is refused before a key is asked."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from medid.core import jcs
from medid.errors import (
    CanonicalizationError,
    ContextNotTrusted,
    DataLoss,
    InvalidSignature,
    MalformedProof,
    NotCompact,
    ProofGenerationError,
    WeakCryptography,
)
from medid.jsonld import Statements
from medid.keys import KeyKind, PrivateKey
from medid.securing.catalogue import SUITES as CATALOGUE
from medid.securing.data_integrity import (
    read_proofs,
    sign,
    signed_document,
    verify_proof,
)
from medid.securing.data_integrity.cryptosuite import Covered
from medid.securing.data_integrity.transformation import JCS_IN_CONTEXT
from tests.securing.data_integrity.support import (
    BOARD,
    KEY,
    METHOD,
    OPTIONS,
    OTHER,
    STORE,
    SUITES,
    V2,
    license_credential,
    plain_credential,
    signed,
    verify,
)

if TYPE_CHECKING:
    from medid.core.json import JsonObject
    from medid.keys import PublicKey
    from medid.securing.data_integrity import Proof

both = pytest.mark.parametrize("suite", SUITES)


@both
def test_signs_and_verifies_without_touching_the_document(suite: str) -> None:
    document = license_credential()
    before = copy.deepcopy(document)
    secured = signed(document, suite)
    assert document == before
    assert {k: v for k, v in secured.items() if k != "proof"} == before
    verify(secured)
    assert signed(document, suite) == secured


@both
def test_another_key_is_refused(suite: str) -> None:
    with pytest.raises(InvalidSignature) as caught:
        verify(signed(license_credential(), suite), OTHER.public_key)
    assert caught.value.path == "$.proof"


@both
@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384, KeyKind.X25519])
def test_a_key_of_another_kind_is_refused(suite: str, kind: KeyKind) -> None:
    key = PrivateKey.generate(kind).public_key
    with pytest.raises(WeakCryptography):
        verify(signed(plain_credential(), suite), key)


@both
def test_a_signature_cannot_move_to_the_other_suite(suite: str) -> None:
    secured: Any = signed(plain_credential(), suite)
    secured["proof"]["cryptosuite"] = next(name for name in SUITES if name != suite)
    with pytest.raises(InvalidSignature):
        verify(secured)


@pytest.mark.parametrize(
    "changes",
    [
        {"cryptosuite": "eddsa-rdfc-2023"},
        {"cryptosuite": "Ed25519Signature2020"},
        {"type": "Ed25519Signature2018"},
        {"type": "eddsa-rdfc-2022"},
        {"type": ""},
    ],
)
def test_an_unknown_suite_is_not_supported(changes: dict[str, str]) -> None:
    secured: Any = signed(plain_credential())
    secured["proof"].update(changes)
    with pytest.raises(MalformedProof):
        verify(secured)


@both
def test_a_set_has_independent_proofs(suite: str) -> None:
    one = signed(license_credential(), suite)
    two = signed(one, SUITES[0], created="2026-02-02T00:00:00Z")
    three = signed(two, SUITES[1])
    assert len(read_proofs(three)) == 3
    verify(three)
    for proof in read_proofs(three):
        verify({**three, "proof": proof.options})


@both
def test_a_chain_covers_the_proof_before(suite: str) -> None:
    one = signed(license_credential(), suite, id="urn:uuid:1")
    two = sign(
        one,
        OTHER,
        suite=suite,
        options={**OPTIONS, "id": "urn:uuid:2"},
        contexts=STORE,
        chain=True,
    )
    first, second = read_proofs(two)
    assert second.previous_proof == ("urn:uuid:1",)
    verify_proof(two, first, KEY.public_key, contexts=STORE)
    verify_proof(two, second, OTHER.public_key, contexts=STORE)
    # The first signer's proof replaced by another of the same document and id.
    other = signed(license_credential(), suite, id="urn:uuid:1", nonce="x")
    swapped: JsonObject = {**two, "proof": [other["proof"], second.options]}
    with pytest.raises(InvalidSignature):
        verify_proof(swapped, read_proofs(swapped)[1], OTHER.public_key, contexts=STORE)


def test_the_order_of_previous_proofs_is_signed_in_json() -> None:
    one = signed(plain_credential(), SUITES[1], id="urn:uuid:1")
    two = signed(one, SUITES[1], id="urn:uuid:2")
    three: Any = signed(two, SUITES[1], previousProof=["urn:uuid:2", "urn:uuid:1"])
    verify(three)
    three["proof"][2]["previousProof"].reverse()
    with pytest.raises(InvalidSignature):
        verify(three)


def test_a_chain_continues_the_proofs_that_are_named() -> None:
    one = signed(plain_credential(), SUITES[1], id="urn:uuid:1")
    two = signed(one, SUITES[1], id="urn:uuid:2")
    three = sign(
        two,
        KEY,
        suite=SUITES[1],
        options={**OPTIONS, "previousProof": "urn:uuid:1"},
        contexts=STORE,
        chain=True,
    )
    assert read_proofs(three)[2].previous_proof == ("urn:uuid:1",)


def test_a_chain_needs_something_to_continue() -> None:
    one = signed(plain_credential())
    with pytest.raises(ProofGenerationError):
        sign(one, KEY, suite=SUITES[0], options=OPTIONS, contexts=STORE, chain=True)
    alone = sign(
        plain_credential(),
        KEY,
        suite=SUITES[0],
        options=OPTIONS,
        contexts=STORE,
        chain=True,
    )
    assert read_proofs(alone)[0].previous_proof == ()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({**OPTIONS, "proofValue": "z1"}, ProofGenerationError),
        ({**OPTIONS, "type": "DataIntegrityProof"}, ProofGenerationError),
        ({**OPTIONS, "cryptosuite": "x"}, ProofGenerationError),
        ({**OPTIONS, "@context": V2}, ProofGenerationError),
        ({**OPTIONS, "created": "now"}, MalformedProof),
        ({**OPTIONS, "previousProof": "urn:uuid:9"}, MalformedProof),
        ({"proofPurpose": "assertionMethod"}, MalformedProof),
        ({"verificationMethod": METHOD}, MalformedProof),
        ({**OPTIONS, "proofPurpose": "undefinedPurpose"}, DataLoss),
        ({**OPTIONS, "undefined:member": "x"}, NotCompact),
        ({**OPTIONS, "verificationMethod": "#key"}, DataLoss),
    ],
)
def test_does_not_sign_options_that_it_would_refuse(
    options: JsonObject, error: type[Exception]
) -> None:
    document = license_credential()
    with pytest.raises(error):
        sign(document, KEY, suite=SUITES[0], options=options, contexts=STORE)


@pytest.mark.parametrize(
    ("suite", "changes", "error"),
    [
        (SUITES[0], {"undefined": "x"}, DataLoss),
        (SUITES[0], {"issuer": "relative"}, DataLoss),
        (SUITES[0], {"evidence": []}, DataLoss),
        (SUITES[0], {"@context": [V2, "https://unknown.example"]}, ContextNotTrusted),
        (SUITES[0], {"urn:x": "y"}, NotCompact),
        (SUITES[1], {"urn:x": "y"}, NotCompact),
        (SUITES[1], {"@id": "urn:y"}, NotCompact),
        (SUITES[1], {"number": 2**60}, CanonicalizationError),
        (SUITES[1], {"proof": []}, MalformedProof),
    ],
)
def test_does_not_sign_documents_that_it_would_refuse(
    suite: str, changes: JsonObject, error: type[Exception]
) -> None:
    with pytest.raises(error):
        signed({**license_credential(), **changes}, suite)


@pytest.mark.parametrize("suite", ["Ed25519Signature2020", "unknown", ""])
def test_signs_only_with_suites_for_new_proofs(suite: str) -> None:
    with pytest.raises(ProofGenerationError):
        signed(plain_credential(), suite)


class _Broken:
    """A signer whose signature belongs to another key."""

    @property
    def public_key(self) -> PublicKey:
        return KEY.public_key

    def sign(self, message: bytes) -> bytes:
        return OTHER.sign(message)


@both
def test_a_wrong_signature_never_leaves_sign(suite: str) -> None:
    with pytest.raises(ProofGenerationError):
        sign(
            plain_credential(),
            _Broken(),
            suite=suite,
            options=OPTIONS,
            contexts=STORE,
        )


def test_an_rdf_proof_must_not_bring_another_context() -> None:
    secured: Any = signed(license_credential())
    secured["proof"]["@context"] = [V2, BOARD]
    verify(secured)
    for context in (V2, [V2], [BOARD, V2], None, []):
        secured["proof"]["@context"] = context
        with pytest.raises(MalformedProof) as caught:
            verify(secured)
        assert caught.value.path == "$.proof.@context"


def test_a_json_proof_covers_the_contexts_it_states() -> None:
    secured: Any = signed(license_credential(), SUITES[1])
    assert secured["proof"]["@context"] == [V2, BOARD]
    secured["@context"].append("https://later.example/v1")
    verify(secured)
    covered = signed_document(secured, read_proofs(secured)[0])
    assert covered == license_credential()
    for contexts in ([V2], [BOARD, V2], [V2, "urn:x", BOARD], V2, []):
        secured["@context"] = contexts
        with pytest.raises(MalformedProof):
            verify(secured)
    del secured["@context"]
    with pytest.raises(MalformedProof):
        verify(secured)


def test_a_json_proof_over_no_context_states_none() -> None:
    document: JsonObject = {"name": "x"}
    secured: Any = signed(document, SUITES[1])
    assert "@context" not in secured["proof"]
    verify(secured)
    with pytest.raises(InvalidSignature):
        verify({**secured, "@context": V2})
    secured["proof"]["@context"] = []
    with pytest.raises(MalformedProof):
        verify(secured)


def test_no_context_is_put_before_claims_that_were_signed_without_any() -> None:
    secured: Any = signed({"@context": [], "name": "x"}, SUITES[1])
    verify(secured)
    secured["@context"] = V2
    with pytest.raises(MalformedProof):
        verify(secured)


def test_rdf_needs_a_context() -> None:
    with pytest.raises(CanonicalizationError):
        signed({"name": "x"})


@both
def test_what_a_document_states_is_shared_by_its_proofs(suite: str) -> None:
    one = signed(license_credential(), suite, id="urn:uuid:1")
    two = signed(one, suite, previousProof="urn:uuid:1")
    three = signed(two, SUITES[1])
    statements = Statements(STORE)
    for proof in read_proofs(three):
        verify_proof(
            three, proof, KEY.public_key, contexts=STORE, statements=statements
        )
    # A proof that was altered is not found under the one it was made of.
    broken: Any = {**three, "proof": [dict(one) for one in three["proof"]]}  # type: ignore[union-attr, arg-type]
    broken["proof"][0]["created"] = "2026-01-01T00:00:01Z"
    with pytest.raises(InvalidSignature):
        verify_proof(
            broken,
            read_proofs(broken)[0],
            KEY.public_key,
            contexts=STORE,
            statements=statements,
        )


def test_the_catalogue_is_read_only_and_names_itself() -> None:
    assert {name: suite.name for name, suite in CATALOGUE.items()} == {
        name: name for name in CATALOGUE
    }
    assert {*SUITES, "Ed25519Signature2020"} <= CATALOGUE.keys()
    with pytest.raises(TypeError):
        CATALOGUE["x"] = CATALOGUE[SUITES[0]]  # type: ignore[index]


@pytest.mark.parametrize("suite", sorted(CATALOGUE))
def test_every_suite_says_what_it_covers(suite: str) -> None:
    document: JsonObject = {**plain_credential(), "proof": {"id": "urn:x:proof"}}
    covered = CATALOGUE[suite].signed_document(document, {"type": "Any"})
    assert covered == document
    assert covered is not document


def test_a_configuration_without_any_context_stays_without() -> None:
    document: JsonObject = {"proof": {**OPTIONS, "type": "DataIntegrityProof"}}
    proof = SimpleNamespace(options=document["proof"], previous_proof=())
    covered = Covered(
        document=document,
        proof=cast("Proof", proof),
        previous=(),
        statements=Statements(STORE),
    )
    options = JCS_IN_CONTEXT.options(covered, "proofValue", "sha256")
    assert options == jcs.canonicalize(document["proof"])
    document["@context"] = [V2]
    assert b'"@context":["' in JCS_IN_CONTEXT.options(covered, "proofValue", "sha256")
