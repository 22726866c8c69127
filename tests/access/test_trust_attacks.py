"""The attacks on trust, by their names: what a board, or one who plays it, may try."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.trust_file import LOOK_SECONDS, TrustFile
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Window
from medid.core.json import dumps
from medid.credentials.digests import multihash
from medid.errors import ConfigurationError
from medid.health import contexts
from medid.securing import data_integrity
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.authorities import MAX_DEPTH
from tests.access.test_recognized_boards import STATE, answer, recognition, rules
from tests.access.world import AT, START, World, controller

if TYPE_CHECKING:
    from pathlib import Path

    from medid.access.decision import Decision
    from medid.core.instant import Instant
    from medid.issuing import Controller

NURSE = "163W00000X"
ANYTHING = "https://state.example/schemas/anything.json"
DAY = 86_400  # seconds


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def decide(world: World, *, at: Instant = AT, **board: Any) -> Decision:
    """The decision where the board's entry has other members."""
    stated: Any = json.loads(json.dumps(world.trust()))
    stated["acceptedBoards"][0] |= board
    verifier = world.verifier(trust=TrustRegistry.from_json(stated))
    return verifier.decide(world.shown(), world.asks(), at=at)


def test_the_honest_board_permits(world: World) -> None:
    assert decide(world)


# N-tr-type


def test_n_tr_type_an_entry_for_other_credentials(world: World) -> None:
    found = decide(world, credentialTypes=["NurseLicenseCredential"])
    assert not found
    assert "ISSUER_NOT_AUTHORIZED_FOR_TYPE" in found.codes


def test_n_tr_type_a_nursing_board_that_licenses_a_physician(world: World) -> None:
    """One type of credential licenses every profession, so the profession decides."""
    found = decide(world, professions=[NURSE])
    assert not found
    assert "ISSUER_NOT_AUTHORIZED_FOR_PROFESSION" in found.codes


def test_n_tr_type_a_board_recognized_for_nurses(world: World) -> None:
    nurses = rules("NurseLicenseCredential")
    found = answer(world, recognition(world, nurses), schema=nurses)
    assert not found
    assert "ISSUER_NOT_AUTHORIZED_FOR_TYPE" in found.codes


# N-tr-jur


def test_n_tr_jur_a_board_of_another_state(world: World) -> None:
    found = decide(world, jurisdictions=["US-IN"])
    assert not found
    assert "ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION" in found.codes


def test_n_tr_jur_two_halves_are_no_whole(world: World) -> None:
    stated: Any = json.loads(json.dumps(world.trust()))
    board = stated["acceptedBoards"][0]
    stated["acceptedBoards"] = [
        {**board, "jurisdictions": ["US-IN"]},
        {**board, "professions": [NURSE]},
    ]
    verifier = world.verifier(trust=TrustRegistry.from_json(stated))
    found = verifier.decide(world.shown(), world.asks())
    assert not found
    assert "ISSUER_NOT_AUTHORIZED_FOR_PROFESSION" in found.codes


# N-tr-issuer-alias


@pytest.mark.parametrize(
    "alias",
    [
        "did:web:Board.example",
        "did:web:board.example%2F",
        "did:web:board%2Eexample",
        "did:web:board.example.",
        "did:webvh:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG:board.example",
        "did:web:board.example:issuers",
        "did:web:www.board.example",
    ],
)
def test_n_tr_issuer_alias_only_the_exact_name_counts(world: World, alias: str) -> None:
    found = decide(world, did=alias)
    assert not found
    assert "ISSUER_NOT_TRUSTED" in found.codes


@pytest.mark.parametrize(
    "alias",
    [
        "did:web:bo\u0430rd.example",
        "did:web:board.example/",
        "did:web:board.example:",
        " did:web:board.example",
        "DID:web:board.example",
    ],
)
def test_n_tr_issuer_alias_what_is_no_did_is_in_no_trust_file(
    world: World, alias: str
) -> None:
    with pytest.raises(ConfigurationError):
        decide(world, did=alias)


# N-tr-chain-loop


def passing_on(entity: str, by: Controller) -> dict[str, Any]:
    """``by`` recognizes ``entity`` to issue anything: licenses and recognitions."""
    output = {
        "id": ANYTHING,
        "type": "JsonSchema",
        "digestMultibase": multihash(_anything()),
    }
    action: Any = {
        "type": "RecognizedAction",
        "action": "issue",
        "recognizedBy": by.did,
        "outputValidation": output,
    }
    document: dict[str, Any] = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://www.w3.org/ns/credentials/examples/v2",
        ],
        "type": ["VerifiableCredential", "RecognizedEntityCredential"],
        "issuer": by.did,
        "validFrom": str(START),
        "credentialSubject": {
            "id": entity,
            "type": "RecognizedEntity",
            "recognizedTo": action,
        },
    }
    options: dict[str, Any] = {
        "created": str(START),
        "verificationMethod": by.verification_method,
        "proofPurpose": "assertionMethod",
    }
    return dict(
        data_integrity.sign(
            document,
            by.signer,
            suite="eddsa-jcs-2022",
            options=options,
            contexts=contexts(),
        )
    )


def _anything() -> bytes:
    return rules(LICENSE_TYPE, "RecognizedEntityCredential")


def chained(world: World, *said: Any, delegable: int = 0) -> Decision:
    stated: Any = json.loads(json.dumps(world.trust()))
    (board,) = stated.pop("acceptedBoards")
    scope = {"jurisdictions": board["jurisdictions"], "professions": ["208D00000X"]}
    authority: Any = {"did": STATE.did, "mayRecognize": scope, "delegable": delegable}
    trust = TrustRegistry.from_json({**stated, "authorities": [authority]})
    page = Fetched.of(ANYTHING, _anything(), fetched_at=AT)
    known = Evidence().with_answers([(ANYTHING, page)])
    shown = world.shown(world.license, world.consent, *said)
    return world.verifier(trust=trust).decide(shown, world.asks(), evidence=known)


def test_n_tr_chain_loop_a_ring_leads_nowhere(world: World) -> None:
    one, two = controller(), controller()
    ring = [passing_on(one.did, two), passing_on(two.did, one)]
    start = passing_on(world.board.did, one)
    found = chained(world, start, *ring, delegable=MAX_DEPTH - 1)
    assert not found
    assert "ISSUER_NOT_TRUSTED" in found.codes
    # With a way out of the ring to the authority there is one chain, without a loop.
    out = passing_on(two.did, STATE)
    assert chained(world, start, *ring, out, delegable=2)
    assert not chained(world, start, *ring, out, delegable=0)


def test_n_tr_chain_loop_fifty_deep_is_too_deep(world: World) -> None:
    # A presentation holds 32 credentials at most, so thirty is as deep as it gets.
    parties = [STATE, *(controller() for _ in range(28))]
    names = [one.did for one in parties[1:]] + [world.board.did]
    line = [passing_on(entity, by) for entity, by in zip(names, parties, strict=True)]
    assert not chained(world, *line, delegable=MAX_DEPTH - 1)
    shown = {**world.shown(), "verifiableCredential": [line[0]] * 50}
    assert world.verifier().decide(shown, world.asks()).codes == ("TOO_LARGE",)


# N-tr-expired-recog


def test_n_tr_expired_recog_counts_before_its_end_and_not_after(world: World) -> None:
    """It ends ten seconds after the decision; the license goes on for a year."""
    said = recognition(world)
    end = AT.plus(10)
    assert answer(world, said, at=end.plus(-1))
    for late in (0, 1, DAY):
        found = answer(world, said, at=end.plus(late))
        assert not found
        assert "ISSUER_NOT_TRUSTED" in found.codes


def test_n_tr_expired_recog_an_entry_that_ended_yesterday(world: World) -> None:
    ended = str(AT.plus(-DAY))
    assert not decide(world, validUntil=ended)
    license_ = world.license_of(window=Window(START.plus(-3 * DAY), AT.plus(DAY)))
    assert license_["validUntil"] > ended  # the license itself goes on


# N-tr-suspended-board


def test_n_tr_suspended_board_counts_no_longer_than_the_next_look(
    world: World, tmp_path: Path
) -> None:
    path, now = tmp_path / "trust.json", [AT]
    path.write_text(dumps(world.trust()), "utf-8")
    file = TrustFile(path, clock=lambda: now[0])
    verifier = world.verifier(trust=file, clock=lambda: now[0])
    before = verifier.decide(world.shown(), world.asks())
    assert before
    assert before.expires is not None
    assert before.expires <= AT.plus(LOOK_SECONDS)
    stated: Any = json.loads(json.dumps(world.trust()))
    stated["acceptedBoards"][0]["did"] = "did:web:other.example"
    path.write_text(dumps(stated), "utf-8")
    now[0] = AT.plus(LOOK_SECONDS)
    after = verifier.decide(world.shown(), world.asks())
    assert not after
    assert "ISSUER_NOT_TRUSTED" in after.codes
