"""Adding a proof: of the same issuer or holder, over what holds already."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

import pytest

from medid.errors import (
    ConfigurationError,
    MedidError,
    ProofGenerationError,
    SignerError,
)
from medid.issuing import Controller, add_proof, issue
from medid.keys import KeyKind
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    NOW,
    STRANGER,
    WEB,
    as_object,
    evidence,
    key,
    plain,
    presented,
    signed,
    verified,
)

RDFC: Final = "mldsa44-rdfc-2024"
QUANTUM: Final = Controller(
    verification_method=f"{WEB.did}#key-2", signer=key("pq", KeyKind.ML_DSA_44)
)
PUBLISHED: Final = world.web_document(
    WEB, QUANTUM, relationships=("assertionMethod", "authentication")
)
KNOWN: Final[dict[str, Any]] = {world.WEB_URL: PUBLISHED}
EVIDENCE: Final = evidence(KNOWN)


def added(document: Any, controller: Controller = QUANTUM, **more: Any) -> Any:
    """``document`` with an ML-DSA proof, made at a fixed time."""
    given = {"securing": RDFC, "at": MADE, **more}
    return add_proof(document, controller, **given)


@pytest.mark.parametrize("first", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
@pytest.mark.parametrize("second", [RDFC, "mldsa44-jcs-2024"])
def test_a_second_proof_stands_beside_the_first(first: str, second: str) -> None:
    document = as_object(issue(plain(WEB), WEB, securing=first, at=MADE))
    before = deepcopy(document)
    found = added(document, securing=second, evidence=EVIDENCE)
    assert document == before
    assert found["proof"][0] == document["proof"]
    assert found["proof"][1]["cryptosuite"] == second
    assert found["proof"][1]["created"] == str(MADE)
    assert verified(found, known=KNOWN, hybrid_proofs=True)
    assert not verified(document, known=KNOWN, hybrid_proofs=True)


def test_a_third_one_too() -> None:
    found = added(added(signed(plain(WEB), WEB)))
    assert len(found["proof"]) == 3
    assert verified(found, known=KNOWN, hybrid_proofs=True)


def test_a_presentation_answers_what_it_answered() -> None:
    document = presented(signed(plain()), controller=WEB)
    found = added(document, evidence=EVIDENCE)
    second = found["proof"][1]
    assert second["proofPurpose"] == "authentication"
    assert (second["challenge"], second["domain"]) == (CHALLENGE, DOMAIN)
    expect: dict[str, Any] = {"challenge": CHALLENGE, "domain": DOMAIN}
    assert verified(found, known=KNOWN, **expect)
    silent = presented(signed(plain()), controller=WEB, challenge=None, domain=None)
    assert "challenge" not in added(silent)["proof"][1]


def test_without_an_instant_it_is_made_now() -> None:
    document = signed(plain(WEB), WEB)
    found = as_object(add_proof(document, QUANTUM, securing=RDFC))
    proof: Any = found["proof"]
    assert proof[1]["created"] > str(MADE)[:4]


def test_of_a_proof_whose_key_is_not_at_hand_nothing_is_asked() -> None:
    document = signed(plain(WEB), WEB)
    changed = {**document, "validUntil": "2028-01-01T00:00:00Z"}
    assert len(added(changed)["proof"]) == 2
    with pytest.raises(ProofGenerationError, match="PROOF_VERIFICATION_ERROR"):
        added(changed, evidence=EVIDENCE)


def test_what_does_not_hold_gets_no_further_proof() -> None:
    # Of a did:key the key is always at hand.
    document = {**signed(plain()), "validUntil": "2028-01-01T00:00:00Z"}
    with pytest.raises(ProofGenerationError, match="PROOF_VERIFICATION_ERROR"):
        add_proof(document, BOARD, securing="eddsa-jcs-2022", at=MADE)


def test_a_key_that_may_not_do_so_is_found_out() -> None:
    document = presented(signed(plain()), controller=WEB)
    listed = evidence({world.WEB_URL: world.web_document(WEB, QUANTUM)})
    with pytest.raises(ProofGenerationError, match="INVALID_RELATIONSHIP"):
        added(document, evidence=listed)


@pytest.mark.parametrize(
    ("document", "controller", "path"),
    [
        (signed(plain()), STRANGER, "$.issuer"),
        (presented(signed(plain())), BOARD, "$.holder"),
        (signed(plain(), BOARD) | {"proof": []}, BOARD, "$.proof"),
        (plain(), BOARD, "$"),
        ({"type": "VerifiablePresentation"}, BOARD, "$.@context"),
        ({"type": "x"}, BOARD, "$.@context"),
        ({}, BOARD, "$.@context"),
        ({1: 2}, BOARD, "$"),
        ({"x": float("nan")}, BOARD, "$.x"),
    ],
)
def test_nothing_is_added_to_what_is_not_ones_own(
    document: Any, controller: Any, path: str
) -> None:
    with pytest.raises(ProofGenerationError) as caught:
        add_proof(document, controller, securing="eddsa-jcs-2022", at=MADE)
    assert caught.value.path == path


def test_a_base_proof_is_for_its_holder_alone() -> None:
    board = Controller(
        verification_method=f"{WEB.did}#key-3", signer=key("sd", KeyKind.P256)
    )
    base = issue(plain(WEB), board, securing="ecdsa-sd-2023", at=MADE)
    with pytest.raises(ProofGenerationError, match="holder alone"):
        added(base)
    with pytest.raises(ConfigurationError, match="holder alone"):
        added(signed(plain(WEB), WEB), board, securing="ecdsa-sd-2023")


@pytest.mark.parametrize(
    "securing", ["eddsa-jcs-2022", "vc+jwt", "JWT", "nothing", "Ed25519Signature2020"]
)
def test_a_mechanism_that_does_not_fit_is_a_wrong_call(securing: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot sign") as caught:
        added(signed(plain(WEB), WEB), securing=securing)
    assert caught.value.path == "$.securing"


def test_a_key_that_is_not_the_dids_own_is_a_wrong_call() -> None:
    other = Controller(
        verification_method=BOARD.verification_method, signer=STRANGER.signer
    )
    with pytest.raises(ConfigurationError, match="not the one"):
        add_proof(signed(plain()), other, securing="eddsa-jcs-2022", at=MADE)


def test_a_signer_that_fails_is_told() -> None:
    class Broken:
        public_key = QUANTUM.signer.public_key

        @staticmethod
        def sign(message: bytes) -> bytes:
            raise SignerError("no")

    broken = Controller(
        verification_method=QUANTUM.verification_method, signer=Broken()
    )
    with pytest.raises(SignerError):
        added(signed(plain(WEB), WEB), broken)


def test_a_context_that_is_not_known_is_refused() -> None:
    document = {**signed(plain(DOCTOR), DOCTOR), "@context": ["https://x.example/"]}
    with pytest.raises(MedidError):
        add_proof(document, DOCTOR, securing="eddsa-jcs-2022", at=NOW)
