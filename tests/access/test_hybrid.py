"""Decisions about boards that sign with a classical and with an ML-DSA key."""

from __future__ import annotations

from typing import Any, Final

import pytest

from medid.access.decision import Outcome
from medid.cli.demo_world import BOARD_HOST, REVOCATIONS, SUSPENSIONS
from medid.dids.methods import web as did_web
from medid.errors import ConfigurationError
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.issuing import (
    Controller,
    add_proof,
    issue_sd_jwt,
    new_list,
    present_sd_jwt,
)
from medid.keys import KeyKind, PrivateKey
from medid.trust import TrustRegistry
from tests.access.world import AT, START, World, as_doc

SUITE: Final = "mldsa44-rdfc-2024"
WEAK: Final = "CRYPTOGRAPHIC_SECURITY_ERROR"


class HybridWorld(World):
    """The board has a second key, and signs everything with both."""

    def __init__(self) -> None:
        super().__init__()
        did = did_web.create(BOARD_HOST)
        self.quantum = Controller(
            verification_method=f"{did}#key-2",
            signer=PrivateKey.generate(KeyKind.ML_DSA_44),
        )
        keys = [
            did_web.NamedKey(fragment=f"key-{number}", key=one.signer.public_key)
            for number, one in enumerate((self.board, self.quantum), start=1)
        ]
        self.web.documents[did_web.document_url(did)] = did_web.document(did, keys)
        for url in (REVOCATIONS, SUSPENSIONS):
            self.web.documents[url] = self.both(self.web.documents[url])
        self.classical = self.license
        self.license = self.both(self.license)

    def both(self, document: Any, quantum: Controller | None = None) -> dict[str, Any]:
        """``document`` with a second proof."""
        signer = quantum or self.quantum
        return as_doc(add_proof(document, signer, securing=SUITE, at=START))

    def trust(self) -> Any:
        """As the demo's, and both proofs are asked of the board."""
        trust: Any = super().trust()
        trust["acceptedBoards"][0]["requireHybridProofs"] = True
        return trust


@pytest.fixture(scope="module")
def world() -> HybridWorld:
    return HybridWorld()


def decided(world: HybridWorld, license_: Any, **members: Any) -> Any:
    shown = world.shown(license_, world.consent)
    return world.verifier(**members).decide(shown, world.asks())


def test_a_license_with_both_proofs_permits(world: HybridWorld) -> None:
    found = decided(world, world.license)
    assert found.outcome is Outcome.PERMIT, found.codes


def test_a_license_that_lost_one_permits_nothing(world: HybridWorld) -> None:
    quantum = world.license["proof"][1]  # type: ignore[index]
    for license_ in (world.classical, {**world.license, "proof": quantum}):
        found = decided(world, license_)
        assert not found
        failed = [(one.check, one.code, one.path) for one in found.checks if one.error]
        assert failed == [("proof", WEAK, "$.verifiableCredential[0].proof")]
        # Without the demand, nothing but the demand stood in its way.
        trust = TrustRegistry.from_json(World.trust(world))
        assert decided(world, license_, trust=trust)


def test_a_kept_or_compiled_decision_asks_the_same(world: HybridWorld) -> None:
    shown = world.shown(world.classical, world.consent)
    compiled = world.verifier().compile(shown, world.asks())
    assert not compiled.check(world.asks()["resource"])
    case = world.verifier().prepare(shown, world.asks())
    assert case.judgement.asks_hybrid(world.board.did)
    assert not case.judgement.asks_hybrid(world.patient.did)
    assert not case.judgement.asks_hybrid(None)


@pytest.mark.parametrize("url", [REVOCATIONS, SUSPENSIONS])
def test_a_list_that_lost_one_permits_nothing(url: str) -> None:
    world = HybridWorld()
    old = new_list(
        url, "revocation" if url == REVOCATIONS else "suspension", world.board, at=START
    )
    world.web.documents[url] = as_doc(old)
    found = decided(world, world.license)
    assert not found
    codes = {one.code for one in found.checks if one.error}
    assert codes == {"STATUS_VERIFICATION_ERROR"}


def test_a_license_as_an_sd_jwt_has_one_proof(world: HybridWorld) -> None:
    claims = {"vct": LICENSE_CREDENTIAL.iri, "sub": world.practitioner.did}
    key = world.practitioner.signer.public_key
    token = issue_sd_jwt(claims, world.board, disclosable=[], holder_key=key, at=START)
    shown = present_sd_jwt(
        token,
        world.practitioner.signer,
        disclose=[],
        nonce="n",
        audience="https://gateway.hospital.example",
        at=AT,
    )
    found = world.verifier().decide(shown, world.asks())
    assert not found
    assert WEAK in {one.code for one in found.checks if one.error}


def test_all_of_it_can_be_asked_of_everybody(world: HybridWorld) -> None:
    found = decided(world, world.license, hybrid_proofs=True)
    assert (found.outcome, found.codes) == (Outcome.DENY, (WEAK,))
    assert found.findings[0].path == "$.proof"  # the presentation's own


# What Expectations refuses is refused at the start.


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"hybrid_proofs": "yes"}, "$.hybrid_proofs"),
        ({"ml_dsa_tokens": "yes"}, "$.ml_dsa_tokens"),
        ({"accepted_statuses": frozenset({1})}, "$.accepted_statuses"),
        ({"accepted_statuses": frozenset({2})}, "$.accepted_statuses"),
    ],
)
def test_a_wrong_setting_stops_the_start(
    world: HybridWorld, members: dict[str, Any], path: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        world.verifier(**members)
    assert caught.value.path == path
