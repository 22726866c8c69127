"""Blind BBS: what signer, holder and verifier each refuse."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import (
    InvalidKey,
    InvalidSignature,
    MalformedProof,
    ProofGenerationError,
    SignerError,
    TooLarge,
    WeakCryptography,
)
from medid.keys import bbs
from medid.keys.bbs import blind
from medid.keys.bbs.interface import MAX_MESSAGES
from medid.keys.bbs.octets import COMMITMENT_FLOOR
from tests.keys.bbs.material import (
    HEADER,
    IDENTITY_G1,
    IDENTITY_G2,
    MESSAGES,
    OTHER_PUBLIC,
    OUTSIDE_G1,
    PH,
    PUBLIC,
    SECRET,
    R,
    changed,
    seeded,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HELD = [b"a holder secret", b"an address"]
COMMITTED = blind.commit(committed_messages=HELD, entropy=seeded(b"commit"))
COMMITMENT = COMMITTED.commitment_with_proof
BLIND = COMMITTED.secret_prover_blind
INDEXES, HELD_INDEXES = [0, 3], [1]


def sign(**changes: Any) -> bytes:
    given = {
        "secret": SECRET,
        "header": HEADER,
        "messages": MESSAGES,
        "commitment_with_proof": COMMITMENT,
        **changes,
    }
    return blind.sign(**given)


SIGNATURE = sign()


def verify(**changes: Any) -> None:
    given = {
        "public": PUBLIC,
        "signature": SIGNATURE,
        "header": HEADER,
        "messages": MESSAGES,
        "committed_messages": HELD,
        "secret_prover_blind": BLIND,
        **changes,
    }
    blind.verify(**given)


def proof_gen(**changes: Any) -> bytes:
    given = {
        "public": PUBLIC,
        "signature": SIGNATURE,
        "header": HEADER,
        "presentation_header": PH,
        "messages": MESSAGES,
        "disclosed_indexes": INDEXES,
        "committed_messages": HELD,
        "disclosed_committed_indexes": HELD_INDEXES,
        "secret_prover_blind": BLIND,
        "entropy": seeded(),
        **changes,
    }
    return blind.proof_gen(**given)


PROOF = proof_gen()


def proof_verify(data: bytes = PROOF, **changes: Any) -> None:
    given = {
        "public": PUBLIC,
        "header": HEADER,
        "presentation_header": PH,
        "signer_messages": len(MESSAGES),
        "disclosed_messages": [MESSAGES[index] for index in INDEXES],
        "disclosed_indexes": INDEXES,
        "disclosed_committed_messages": [HELD[index] for index in HELD_INDEXES],
        "disclosed_committed_indexes": HELD_INDEXES,
        **changes,
    }
    blind.proof_verify(proof=data, **given)


def test_the_originals_are_accepted() -> None:
    verify()
    proof_verify()


def test_the_blind_does_not_show() -> None:
    assert BLIND.hex() not in repr(COMMITTED)
    assert repr(BLIND)[2:-1] not in repr(COMMITTED)


def test_entropy_of_the_system_by_default() -> None:
    first, second = (blind.commit(committed_messages=HELD) for _ in range(2))
    assert first != second
    made = sign(commitment_with_proof=first.commitment_with_proof)
    verify(signature=made, secret_prover_blind=first.secret_prover_blind)
    with pytest.raises(InvalidSignature):
        verify(signature=made, secret_prover_blind=second.secret_prover_blind)


# The commitment


def test_any_changed_byte_of_a_commitment() -> None:
    refused = 0
    for position in range(len(COMMITMENT)):
        with pytest.raises(MalformedProof):
            sign(commitment_with_proof=changed(COMMITMENT, position))
        refused += 1
    assert refused == len(COMMITMENT) == COMMITMENT_FLOOR + 2 * 32


@pytest.mark.parametrize(
    "data",
    [
        b"",
        COMMITMENT[:-1],
        COMMITMENT + b"\0",
        COMMITMENT[: COMMITMENT_FLOOR - 32],
        COMMITMENT[:48],
    ],
)
def test_a_commitment_of_no_possible_length(data: bytes) -> None:
    with pytest.raises(MalformedProof, match="bytes"):
        sign(commitment_with_proof=data)


def test_a_commitment_to_another_number_of_messages() -> None:
    for data in (COMMITMENT[:-64] + COMMITMENT[-32:], COMMITMENT + COMMITMENT[-32:]):
        with pytest.raises(InvalidSignature, match="does not know"):
            sign(commitment_with_proof=data)


@pytest.mark.parametrize("point", [IDENTITY_G1, OUTSIDE_G1, bytes(48), b"\xff" * 48])
def test_a_commitment_that_is_no_point(point: bytes) -> None:
    """Outside of the subgroup too, which the draft forgets."""
    with pytest.raises(MalformedProof, match="G1"):
        sign(commitment_with_proof=point + COMMITMENT[48:])


@pytest.mark.parametrize("slot", range(4))
@pytest.mark.parametrize("number", [0, R, 2**256 - 1])
def test_a_commitment_with_a_scalar_out_of_range(slot: int, number: int) -> None:
    start = 48 + 32 * slot
    scalar = number.to_bytes(32, "big")
    data = COMMITMENT[:start] + scalar + COMMITMENT[start + 32 :]
    with pytest.raises(MalformedProof, match="scalar"):
        sign(commitment_with_proof=data)


@pytest.mark.parametrize("suite", [bbs.SHA_256, bbs.SHAKE_256])
def test_a_commitment_of_the_other_suite(suite: bbs.Suite) -> None:
    other = bbs.SHAKE_256 if suite is bbs.SHA_256 else bbs.SHA_256
    made = blind.commit(committed_messages=HELD, suite=suite, entropy=seeded())
    sign(commitment_with_proof=made.commitment_with_proof, suite=suite)
    with pytest.raises(InvalidSignature):
        sign(commitment_with_proof=made.commitment_with_proof, suite=other)


def test_a_commitment_to_nothing() -> None:
    made = blind.commit(committed_messages=[], entropy=seeded(b"nothing"))
    assert len(made.commitment_with_proof) == COMMITMENT_FLOOR
    signature = sign(commitment_with_proof=made.commitment_with_proof)
    given: dict[str, Any] = {
        "signature": signature,
        "committed_messages": [],
        "secret_prover_blind": made.secret_prover_blind,
    }
    verify(**given)
    data = proof_gen(**given, disclosed_committed_indexes=[])
    shown: dict[str, Any] = {
        "disclosed_committed_messages": [],
        "disclosed_committed_indexes": [],
    }
    proof_verify(data, **shown)
    with pytest.raises(InvalidSignature):
        verify(**{**given, "secret_prover_blind": None})


def test_without_a_commitment() -> None:
    signature = sign(commitment_with_proof=None)
    given: dict[str, Any] = {
        "signature": signature,
        "committed_messages": [],
        "secret_prover_blind": None,
    }
    verify(**given)
    data = proof_gen(**given, disclosed_committed_indexes=[])
    shown: dict[str, Any] = {
        "disclosed_committed_messages": [],
        "disclosed_committed_indexes": [],
    }
    proof_verify(data, **shown)
    with pytest.raises(InvalidSignature):
        verify(**{**given, "secret_prover_blind": BLIND})


# The signature


@pytest.mark.parametrize(
    "changes",
    [
        {"header": b""},
        {"messages": MESSAGES[:-1]},
        {"messages": [*MESSAGES, HELD[0]], "committed_messages": HELD[1:]},
        {"messages": HELD, "committed_messages": MESSAGES},
        {"committed_messages": HELD[::-1]},
        {"committed_messages": HELD[:1]},
        {"committed_messages": []},
        {"committed_messages": [*HELD, b""]},
        {"secret_prover_blind": None},
        {"secret_prover_blind": bytes(31) + b"\1"},
        {"public": OTHER_PUBLIC},
        {"suite": bbs.SHAKE_256},
        {"signature": changed(SIGNATURE, 0, 0x20)},
    ],
)
def test_a_signature_over_something_else(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature):
        verify(**changes)
    with pytest.raises(InvalidSignature):
        proof_gen(
            **{
                **changes,
                "disclosed_indexes": [],
                "disclosed_committed_indexes": [],
            }
        )


@pytest.mark.parametrize("secret", [b"", bytes(32), R.to_bytes(32, "big"), BLIND[1:]])
def test_a_blind_that_is_no_scalar(secret: bytes) -> None:
    with pytest.raises(MalformedProof, match="scalar"):
        verify(secret_prover_blind=secret)


def test_keys_are_checked() -> None:
    with pytest.raises(InvalidKey):
        sign(secret=bytes(32))
    with pytest.raises(WeakCryptography):
        verify(public=IDENTITY_G2)
    with pytest.raises(WeakCryptography):
        proof_verify(public=IDENTITY_G2)


def test_a_plain_signature_is_no_blind_one() -> None:
    plain = bbs.sign(secret=SECRET, header=HEADER, messages=MESSAGES)
    unblind = sign(commitment_with_proof=None)
    assert plain != unblind
    with pytest.raises(InvalidSignature):
        verify(signature=plain, committed_messages=[], secret_prover_blind=None)
    with pytest.raises(InvalidSignature):
        bbs.verify(public=PUBLIC, signature=unblind, header=HEADER, messages=MESSAGES)


# The proof


def test_any_changed_byte_of_a_proof() -> None:
    refused = 0
    for position in range(len(PROOF)):
        with pytest.raises(MalformedProof):
            proof_verify(changed(PROOF, position))
        refused += 1
    assert refused == len(PROOF)


@pytest.mark.parametrize(
    "changes",
    [
        {"header": b""},
        {"presentation_header": b""},
        {"public": OTHER_PUBLIC},
        {"suite": bbs.SHAKE_256},
        {"signer_messages": 5},
        {"signer_messages": 7, "disclosed_committed_indexes": [0]},
        {"disclosed_messages": [MESSAGES[3], MESSAGES[0]]},
        {"disclosed_indexes": [0, 4]},
        {"disclosed_committed_messages": [HELD[0]]},
        {"disclosed_committed_indexes": [0]},
        {"disclosed_committed_messages": [], "disclosed_committed_indexes": []},
        {
            "disclosed_messages": [MESSAGES[0], MESSAGES[3], HELD[1]],
            "disclosed_indexes": [0, 3, 5],
            "disclosed_committed_messages": [],
            "disclosed_committed_indexes": [],
        },
    ],
)
def test_a_proof_of_something_else(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature):
        proof_verify(**changes)


@pytest.mark.parametrize("count", [-1, -9, True, None, "6", 6.0])
def test_a_number_of_messages_that_is_none(count: Any) -> None:
    with pytest.raises(MalformedProof, match="not a count"):
        proof_verify(signer_messages=count)


@pytest.mark.parametrize("count", [9, 10, 2**64, 10**50])
def test_more_messages_than_the_proof_is_about(count: int) -> None:
    with pytest.raises(MalformedProof, match="fewer messages"):
        proof_verify(signer_messages=count)


@pytest.mark.parametrize(
    "changes",
    [
        {"disclosed_indexes": [3, 0]},
        {"disclosed_indexes": [0, 6]},
        {"disclosed_indexes": [-1, 0]},
        {"disclosed_committed_indexes": [2]},
        {"disclosed_committed_indexes": [-1]},
        {"disclosed_committed_indexes": [True]},
        {"disclosed_committed_indexes": [10**30]},
    ],
)
def test_indexes_that_are_no_places(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedProof, match="index") as caught:
        proof_verify(**changes)
    assert not isinstance(caught.value, InvalidSignature)
    with pytest.raises(ProofGenerationError, match="index"):
        proof_gen(**changes)


@pytest.mark.parametrize("name", ["disclosed_indexes", "disclosed_committed_indexes"])
def test_not_one_index_for_each_message(name: str) -> None:
    changes: dict[str, Any] = {name: []}
    with pytest.raises(MalformedProof, match="as many"):
        proof_verify(**changes)


def test_a_proof_of_a_holder_secret_that_stays_hidden() -> None:
    data = proof_gen(disclosed_committed_indexes=[])
    shown: dict[str, Any] = {
        "disclosed_committed_messages": [],
        "disclosed_committed_indexes": [],
    }
    proof_verify(data, **shown)
    given: dict[str, Any] = {
        "public": PUBLIC,
        "header": HEADER,
        "presentation_header": PH,
        "signer_messages": len(MESSAGES),
        "disclosed_messages": [MESSAGES[index] for index in INDEXES],
        "disclosed_indexes": INDEXES,
    }
    blind.proof_verify(proof=data, **given)


# Entropy and bounds


def test_entropy_that_hides_nothing() -> None:
    for entropy in (lambda size: b"\1" * size, lambda size: b""):
        with pytest.raises(SignerError, match="entropy"):
            blind.commit(committed_messages=HELD, entropy=entropy)
        with pytest.raises(SignerError, match="entropy"):
            proof_gen(entropy=entropy)


MANY = [b""] * MAX_MESSAGES


@pytest.mark.parametrize(
    "attempt",
    [
        partial(blind.commit, committed_messages=MANY),
        partial(sign, messages=MANY),
        partial(sign, commitment_with_proof=COMMITMENT * 200),
        partial(
            sign,
            commitment_with_proof=COMMITMENT[:-32] + COMMITMENT[-32:] * MAX_MESSAGES,
        ),
        partial(verify, messages=MANY),
        partial(verify, committed_messages=MANY),
        partial(proof_gen, messages=MANY),
        partial(proof_gen, committed_messages=MANY),
    ],
)
def test_what_is_beyond_a_limit(attempt: Callable[[], object]) -> None:
    with pytest.raises(TooLarge):
        attempt()
