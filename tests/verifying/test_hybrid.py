"""A classical and an ML-DSA proof: neither may be missing where both are asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.core.memory import Memory
from medid.errors import ConfigurationError, InvalidRelationship, WeakCryptography
from medid.issuing import Controller, add_proof, issue, issue_sd_jwt, new_list
from medid.keys import KeyKind
from medid.trust import TrustRegistry
from medid.verifying.judging import Expectations
from medid.verifying.verifier import Verifier
from tests.verifying import world
from tests.verifying.world import (
    CHALLENGE,
    DOMAIN,
    EXAMPLES,
    INDEX,
    MADE,
    NOW,
    REVOCATIONS,
    V2,
    WEB,
    as_object,
    codes,
    entry,
    key,
    plain,
    presented,
    status_list,
    verified,
    with_proof,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.verifying.checks import Verification

WEAK: Final = "CRYPTOGRAPHIC_SECURITY_ERROR"
MISSING: Final = [("proof", WEAK, "$.proof")]
RDFC: Final = "mldsa44-rdfc-2024"
JCS: Final = "mldsa44-jcs-2024"


def of(controller: Controller, name: str, kind: KeyKind) -> Controller:
    """Another key of the same DID."""
    method = f"{controller.did}#{name}"
    return Controller(verification_method=method, signer=key(method, kind))


QUANTUM: Final = of(WEB, "key-2", KeyKind.ML_DSA_44)
QUANTUM_2: Final = of(WEB, "key-3", KeyKind.ML_DSA_44)
CLASSICAL_2: Final = of(WEB, "key-4", KeyKind.P256)
HOST_2: Final = world.web_controller("other.example.gov", "key-1")
OTHER: Final = of(HOST_2, "key-2", KeyKind.ML_DSA_44)
BOTH_PURPOSES: Final = ("assertionMethod", "authentication")
KNOWN: Final[dict[str, Any]] = {
    world.WEB_URL: world.web_document(
        WEB, QUANTUM, QUANTUM_2, CLASSICAL_2, relationships=BOTH_PURPOSES
    ),
    "https://other.example.gov/.well-known/did.json": world.web_document(HOST_2, OTHER),
}


def proofs(
    *signers: tuple[Controller, str], draft: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A credential of the board with one proof by each of ``signers``."""
    document = draft if draft is not None else plain(WEB)
    for signer, suite in signers:
        document = with_proof(document, signer, suite=suite)
    return document


CLASSICAL: Final = (WEB, "eddsa-rdfc-2022")
PQ: Final = (QUANTUM, RDFC)
ED: Final = "eddsa-jcs-2022"


def hybrid(draft: dict[str, Any] | None = None) -> dict[str, Any]:
    """A credential with both proofs."""
    return proofs(CLASSICAL, PQ, draft=draft)


def without(document: dict[str, Any], index: int) -> dict[str, Any]:
    """``document`` without one of its two proofs."""
    return {**document, "proof": document["proof"][1 - index]}


def asked(document: Any, **expect: Any) -> Verification:
    """What is answered where both kinds are asked for."""
    known = {**KNOWN, **expect.pop("known", {})}
    return verified(document, known=known, **{"hybrid_proofs": True, **expect})


def by_board(document: Any, known: Any = None, **members: Any) -> Verification:
    """What is answered where the board's trust entry asks for both."""
    found = {**KNOWN, **(known or {})}
    return verified(document, known=found, trust=registry(**members))


def registry(*more: dict[str, Any], **members: Any) -> TrustRegistry:
    """A registry with the board, of which hybrid proofs are asked."""
    board = {
        "did": WEB.did,
        "jurisdictions": ["US-OH"],
        "professions": ["MD"],
        "credentialTypes": ["VerifiableCredential"],
        "requireHybridProofs": True,
        **members,
    }
    return TrustRegistry.from_json({"acceptedBoards": [board, *more]})


# Credentials.


@pytest.mark.parametrize("classical", ["eddsa-rdfc-2022", ED])
@pytest.mark.parametrize("quantum", [RDFC, JCS])
def test_both_proofs_of_the_issuer_are_enough(classical: str, quantum: str) -> None:
    document = proofs((WEB, classical), (QUANTUM, quantum))
    for order in (document, {**document, "proof": document["proof"][::-1]}):
        assert asked(order)
        assert by_board(order)


@pytest.mark.parametrize("index", [0, 1])
def test_a_stripped_proof_is_missed(index: int) -> None:
    stripped = without(hybrid(), index)
    assert verified(stripped, known=KNOWN)
    assert verified(stripped, known=KNOWN, trust=registry(requireHybridProofs=False))
    for answer in (asked(stripped), by_board(stripped)):
        assert codes(answer) == MISSING
        assert isinstance(answer.errors[0], WeakCryptography)
        assert "proof set" in answer.errors[0].fix
    listed = {**stripped, "proof": [stripped["proof"]]}
    assert codes(asked(listed)) == MISSING


@pytest.mark.parametrize(
    "signers",
    [
        [CLASSICAL, (CLASSICAL_2, "ecdsa-rdfc-2019")],
        [CLASSICAL, CLASSICAL],
        [PQ, (QUANTUM_2, RDFC)],
        [PQ, (QUANTUM, JCS)],
    ],
)
def test_two_of_one_kind_are_not_both(signers: Sequence[Any]) -> None:
    document = proofs(*signers)
    assert verified(document, known=KNOWN)
    assert codes(asked(document)) == MISSING
    assert codes(by_board(document)) == MISSING


@pytest.mark.parametrize(
    "signers",
    [
        [CLASSICAL, (OTHER, RDFC)],
        [PQ, (HOST_2, "eddsa-rdfc-2022")],
        [PQ, (world.STRANGER, "eddsa-rdfc-2022")],
    ],
)
def test_the_proof_of_somebody_else_does_not_count(signers: Sequence[Any]) -> None:
    document = proofs(*signers)
    assert verified(document, known=KNOWN)
    assert codes(asked(document)) == MISSING
    assert codes(by_board(document)) == MISSING


def test_further_proofs_do_no_harm() -> None:
    assert asked(proofs(CLASSICAL, PQ, (OTHER, RDFC)))
    assert asked(proofs(CLASSICAL, PQ, (CLASSICAL_2, "ecdsa-jcs-2019")))


def test_a_proof_that_does_not_hold_is_told_before_what_is_missing() -> None:
    document = hybrid()
    proof = {**document["proof"][1], "proofValue": document["proof"][1]["proofValue"]}
    proof["created"] = "2026-06-15T11:58:00Z"
    forged = {**document, "proof": [document["proof"][0], proof]}
    (error,) = asked(forged).errors
    assert (error.code, error.path) == ("PROOF_VERIFICATION_ERROR", "$.proof[1]")


def test_a_proof_for_another_purpose_is_none() -> None:
    document = with_proof(
        proofs(CLASSICAL), QUANTUM, suite=RDFC, proofPurpose="authentication"
    )
    (error,) = asked(document).errors
    assert isinstance(error, InvalidRelationship)


def test_both_cover_the_same_contexts() -> None:
    # A proof over JSON holds although contexts were appended to what it signed.
    draft = plain(WEB, context=[V2])
    del draft["credentialSubject"]["alumniOf"]
    signed = proofs((QUANTUM, JCS), draft=draft)
    widened = {**signed, "@context": [V2, EXAMPLES]}
    document = with_proof(widened, WEB, suite=ED)
    assert verified(document, known=KNOWN)
    assert codes(asked(document)) == MISSING
    third = with_proof(document, QUANTUM_2, suite=JCS)
    assert asked(third)


@pytest.mark.parametrize("order", [[CLASSICAL, PQ], [PQ, CLASSICAL]])
def test_a_chain_of_both_counts_and_a_cut_one_does_not(order: Sequence[Any]) -> None:
    (first, one), (second, other) = order
    name = "urn:uuid:0b1c5a6e-2f7d-4a77-9c55-0d6a1d0b7c11"
    document = with_proof(plain(WEB), first, suite=one, id=name)
    document = with_proof(document, second, suite=other, chain=True)
    assert document["proof"][1]["previousProof"] == name
    assert asked(document)
    assert by_board(document)
    assert codes(asked(without(document, 1))) == MISSING
    cut = asked(without(document, 0))
    assert [error.code for error in cut.errors] == ["PROOF_VERIFICATION_ERROR"]


@pytest.mark.parametrize("securing", ["vc+jwt", "vc+cose"])
def test_an_envelope_has_one_proof_and_not_two(securing: str) -> None:
    token = issue(plain(WEB), WEB, securing=securing, at=MADE)
    assert verified(token, known=KNOWN)
    assert codes(asked(token)) == MISSING
    assert codes(by_board(token)) == MISSING
    quantum = issue(plain(WEB), QUANTUM, securing=securing, at=MADE, allow_ml_dsa=True)
    assert codes(asked(quantum, ml_dsa_tokens=True)) == MISSING


def test_proofs_inside_of_an_envelope_are_not_its_own() -> None:
    token = world.token(hybrid(), WEB)
    assert verified(token, known=KNOWN)
    assert codes(asked(token)) == MISSING


def test_an_sd_jwt_has_one_proof_and_not_two() -> None:
    token = issue_sd_jwt({"vct": world.VCT}, WEB, disclosable=[], at=MADE)
    assert verified(token, known=KNOWN)
    assert codes(asked(token)) == MISSING
    assert codes(by_board(token, credentialTypes=[world.VCT])) == MISSING


# Who asks.


def test_a_board_is_asked_as_long_as_its_entry_is_in_force() -> None:
    stripped = without(hybrid(), 1)
    ended: dict[str, Any] = {"validUntil": str(NOW)}
    plainly = {
        "did": WEB.did,
        "jurisdictions": ["US-KY"],
        "professions": ["MD"],
        "credentialTypes": ["VerifiableCredential"],
    }
    trust = registry(plainly, **ended)
    assert verified(stripped, known=KNOWN, trust=trust)
    # One entry of several in force is enough, whichever the credential counts by.
    trust = registry(plainly)
    assert codes(verified(stripped, known=KNOWN, trust=trust)) == MISSING


def test_of_other_boards_nothing_is_asked() -> None:
    other = {
        "did": world.BOARD.did,
        "jurisdictions": ["US-KY"],
        "professions": ["MD"],
        "credentialTypes": ["VerifiableCredential"],
    }
    assert verified(world.signed(plain()), trust=registry(other))
    stranger = world.signed(plain(world.STRANGER), world.STRANGER)
    found = verified(stranger, trust=registry(other))
    assert [code for _, code, _ in codes(found)] == ["ISSUER_NOT_TRUSTED"]


@pytest.mark.parametrize("switch", ["yes", 1, None])
def test_the_switch_is_on_or_off(switch: Any) -> None:
    with pytest.raises(ConfigurationError, match="True or False") as caught:
        Expectations(hybrid_proofs=switch)
    assert caught.value.path == "$.hybrid_proofs"


# Status lists.


LISTED: Final = hybrid(plain(WEB, credentialStatus=entry()))
LIST_PATH: Final = "$.credentialStatus"


def listing(*ones: int, controller: Controller = WEB) -> dict[str, Any]:
    """A status list with the classical proof alone."""
    return status_list(*ones, controller=controller)


def both(document: dict[str, Any], quantum: Controller = QUANTUM) -> dict[str, Any]:
    """``document`` with an ML-DSA proof beside its own."""
    return as_object(add_proof(document, quantum, securing=RDFC, at=MADE))


def test_a_status_list_that_lost_a_proof_settles_nothing() -> None:
    whole, lost = both(listing()), listing()
    assert asked(LISTED, known={REVOCATIONS: whole})
    assert by_board(LISTED, {REVOCATIONS: whole})
    refused = [("status", "STATUS_VERIFICATION_ERROR", LIST_PATH)]
    for one in (lost, {**whole, "proof": whole["proof"][1]}):
        assert codes(asked(LISTED, known={REVOCATIONS: one})) == refused
        answer = by_board(LISTED, {REVOCATIONS: one})
        assert codes(answer) == refused
        assert WEAK in answer.errors[0].message
    revoked = both(listing(INDEX))
    found = by_board(LISTED, {REVOCATIONS: revoked})
    assert [code for _, code, _ in codes(found)] == ["REVOKED"]


def test_a_delegates_list_is_held_to_what_is_asked_of_the_board() -> None:
    members = {"statusListIssuers": [HOST_2.did]}
    lost = listing(controller=HOST_2)
    assert by_board(LISTED, {REVOCATIONS: both(lost, OTHER)}, **members)
    answer = by_board(LISTED, {REVOCATIONS: lost}, **members)
    assert ("status", "STATUS_VERIFICATION_ERROR", LIST_PATH) in codes(answer)


def test_a_token_status_list_has_one_proof_and_not_two() -> None:
    token = new_list(REVOCATIONS, "revocation", WEB, securing="statuslist+jwt", at=MADE)
    claim: Any = {"status_list": {"idx": INDEX, "uri": REVOCATIONS}}
    own = issue_sd_jwt(
        {"vct": world.VCT, "status": claim}, world.BOARD, disclosable=[], at=MADE
    )
    board: dict[str, Any] = {
        "did": world.BOARD.did,
        "jurisdictions": ["US-KY"],
        "professions": ["MD"],
        "credentialTypes": [world.VCT],
        "statusListIssuers": [WEB.did],
    }
    known = {**KNOWN, REVOCATIONS: token}
    free = registry(board, requireHybridProofs=False)
    assert verified(own, known=known, trust=free)
    # The list's own issuer is one of whom both are asked.
    answer = verified(own, known=known, trust=registry(board))
    refused = [("status", "STATUS_VERIFICATION_ERROR", "$.status.status_list")]
    assert codes(answer) == refused
    assert WEAK in answer.errors[0].message


# Presentations.


def test_a_presentation_is_asked_where_everything_is() -> None:
    expect: dict[str, Any] = {"challenge": CHALLENGE, "domain": DOMAIN}
    single = presented(hybrid(), controller=WEB)
    assert codes(asked(single, **expect)) == MISSING
    # A board's entry is about what it issues, and not about who presents.
    assert verified(single, known=KNOWN, trust=registry(), **expect)
    whole = both(single)
    assert asked(whole, **expect)
    stripped = {**whole, "proof": whole["proof"][1]}
    assert codes(asked(stripped, **expect)) == MISSING
    inner = both(presented(without(hybrid(), 1), controller=WEB))
    path = "$.verifiableCredential[0].proof"
    assert codes(asked(inner, **expect)) == [("proof", WEAK, path)]


def test_without_a_holder_the_two_proofs_are_of_one_presenter() -> None:
    draft = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [hybrid()],
    }
    options: dict[str, Any] = {"proofPurpose": "authentication"}
    single = with_proof(draft, WEB, **options)
    assert codes(asked(single)) == MISSING
    assert asked(with_proof(single, QUANTUM, suite=RDFC, **options))


# Schemas.


def test_a_schema_credential_is_asked_as_its_issuer_is() -> None:
    schema_url = "https://board.example.gov/schema"
    schema = plain(
        WEB,
        context=[V2],
        id=schema_url,
        type=["VerifiableCredential", "JsonSchemaCredential"],
        credentialSubject={
            "id": f"{schema_url}.json",
            "type": "JsonSchema",
            "jsonSchema": {
                "$id": f"{schema_url}.json",
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
            },
        },
    )
    reference = {"id": schema_url, "type": "JsonSchemaCredential"}
    document = hybrid(plain(WEB, credentialSchema=reference))
    whole = hybrid(schema)
    assert asked(document, known={schema_url: whole})
    answer = asked(document, known={schema_url: without(whole, 1)})
    assert [(check, code) for check, code, _ in codes(answer)] == [("schema", WEAK)]


# What is remembered.


def test_a_proof_that_held_before_says_nothing_about_the_other() -> None:
    document, at_hand = hybrid(), world.evidence(KNOWN)
    memory = Memory()
    free = Verifier(clock=world.refuse_clock, memory=memory)
    asking = Verifier(
        clock=world.refuse_clock,
        memory=memory,
        expect=Expectations(hybrid_proofs=True),
    )
    for index in (0, 1):
        stripped = json.dumps(without(document, index)).encode()
        assert free.verify(stripped, at=NOW, evidence=at_hand)
        for _ in range(2):
            answer = asking.verify(stripped, at=NOW, evidence=at_hand)
            assert codes(answer) == MISSING
    whole = json.dumps(document).encode()
    for verifier in (free, asking, asking):
        assert verifier.verify(whole, at=NOW, evidence=at_hand)
    # Of a key that is taken out of the DID document nothing is remembered.
    moved = world.web_document(WEB, relationships=BOTH_PURPOSES)
    known = world.evidence({world.WEB_URL: moved})
    (error,) = asking.verify(whole, at=NOW, evidence=known).errors
    assert error.code == "INVALID_VERIFICATION_METHOD"
