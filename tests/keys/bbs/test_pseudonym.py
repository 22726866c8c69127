"""BBS with pseudonyms: what signer, holder and verifier each refuse."""

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
from medid.keys.bbs import blind, core, curve, pseudonym
from medid.keys.bbs.committing import signed_by_both
from medid.keys.bbs.context import Context
from medid.keys.bbs.interface import MAX_MESSAGES, MAX_OCTETS, Interface
from medid.keys.bbs.pseudonym import Revision
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

CONTEXT = b"https://hospital.example"
HELD = [b"a holder secret"]
INDEXES = [0, 3]
ENTROPY = pseudonym.new_nym(seeded(b"signer"))


class World:
    """A holder with some secrets, up to a proof that is accepted."""

    def __init__(self, revision: Revision, count: int) -> None:
        self.revision, self.count = revision, count
        draw = seeded(b"nyms")
        self.nyms = [pseudonym.new_nym(draw) for _ in range(count)]
        self.committed = self.commit()
        self.signature = self.sign()
        self.nym_secrets = self.finalize()
        self.proof, self.name = self.proof_gen()

    def commit(self, **changes: Any) -> Any:
        given = {
            "prover_nyms": self.nyms,
            "committed_messages": HELD,
            "revision": self.revision,
            "entropy": seeded(b"commit"),
            **changes,
        }
        return pseudonym.commit(**given)

    def sign(self, **changes: Any) -> bytes:
        given = {
            "secret": SECRET,
            "header": HEADER,
            "messages": MESSAGES,
            "commitment_with_proof": self.committed.commitment_with_proof,
            "signer_nym_entropy": ENTROPY,
            "length_nym_vector": self.count,
            "revision": self.revision,
            **changes,
        }
        return pseudonym.sign(**given)

    def held(self) -> dict[str, Any]:
        return {
            "public": PUBLIC,
            "signature": self.signature,
            "header": HEADER,
            "messages": MESSAGES,
            "committed_messages": HELD,
            "secret_prover_blind": self.committed.secret_prover_blind,
            "revision": self.revision,
        }

    def finalize(self, **changes: Any) -> list[bytes]:
        given = {
            **self.held(),
            "prover_nyms": self.nyms,
            "signer_nym_entropy": ENTROPY,
            **changes,
        }
        return pseudonym.finalize(**given)

    def proof_gen(self, **changes: Any) -> pseudonym.Proven:
        given = {
            **self.held(),
            "nym_secrets": self.nym_secrets,
            "context_id": CONTEXT,
            "presentation_header": PH,
            "disclosed_indexes": INDEXES,
            "entropy": seeded(),
            **changes,
        }
        return pseudonym.proof_gen(**given)

    def proof_verify(self, **changes: Any) -> None:
        given = {
            "public": PUBLIC,
            "proof": self.proof,
            "header": HEADER,
            "presentation_header": PH,
            "pseudonym": self.name,
            "context_id": CONTEXT,
            "length_nym_vector": self.count,
            "signer_messages": len(MESSAGES),
            "disclosed_messages": [MESSAGES[index] for index in INDEXES],
            "disclosed_indexes": INDEXES,
            "revision": self.revision,
            **changes,
        }
        pseudonym.proof_verify(**given)


OLD = World(Revision.DRAFT_01, 1)
NEW = World(Revision.DRAFT_03, 1)
VECTOR = World(Revision.DRAFT_03, 3)
every_world = pytest.mark.parametrize("world", [OLD, NEW, VECTOR])


@every_world
def test_the_originals_are_accepted(world: World) -> None:
    world.proof_verify()
    assert world.nym_secrets[:-1] == world.nyms[:-1]
    added = int.from_bytes(world.nyms[-1], "big") + int.from_bytes(ENTROPY, "big")
    assert world.nym_secrets[-1] == (added % R).to_bytes(32, "big")
    found = pseudonym.calculate(nym_secrets=world.nym_secrets, context_id=CONTEXT)
    assert found == world.name


def test_the_blind_does_not_show() -> None:
    assert OLD.committed.secret_prover_blind.hex() not in repr(OLD.committed)


@every_world
def test_one_name_for_each_context(world: World) -> None:
    """The same in every proof, whatever it shows, and another in another context."""
    proven = world.proof_gen(entropy=seeded(b"again"), disclosed_indexes=[])
    assert proven.pseudonym == world.name
    assert proven.proof[:48] != world.proof[:48]
    elsewhere = world.proof_gen(context_id=b"https://elsewhere.example")
    assert elsewhere.pseudonym != world.name
    assert pseudonym.new_nym() != pseudonym.new_nym()


def test_a_disclosed_committed_message() -> None:
    proven = VECTOR.proof_gen(disclosed_committed_indexes=[0])
    shown: dict[str, Any] = {
        "disclosed_committed_messages": HELD,
        "disclosed_committed_indexes": [0],
    }
    VECTOR.proof_verify(proof=proven.proof, **shown)
    with pytest.raises(InvalidSignature):
        VECTOR.proof_verify(
            proof=proven.proof, **{**shown, "disclosed_committed_messages": [b"x"]}
        )


# The signer


@every_world
def test_a_commitment_that_was_changed(world: World) -> None:
    data = world.committed.commitment_with_proof
    for position in (0, 47, 48, 79, 80, len(data) - 33, len(data) - 1):
        with pytest.raises(MalformedProof):
            world.sign(commitment_with_proof=changed(data, position))
    with pytest.raises(MalformedProof):
        world.sign(commitment_with_proof=b"")


@pytest.mark.parametrize("count", [0, -1, 5, 2**64, True, None, 1.0])
def test_a_number_of_secrets_that_does_not_fit_the_commitment(count: Any) -> None:
    with pytest.raises(ProofGenerationError, match="secret"):
        VECTOR.sign(length_nym_vector=count)


def test_more_secrets_than_the_revision_allows() -> None:
    old = Revision.DRAFT_01
    with pytest.raises(ProofGenerationError, match="one secret"):
        VECTOR.sign(revision=old)
    with pytest.raises(ProofGenerationError, match="one secret"):
        VECTOR.commit(revision=old)
    with pytest.raises(ProofGenerationError, match="one secret"):
        VECTOR.finalize(revision=old)
    with pytest.raises(ProofGenerationError, match="one secret"):
        VECTOR.proof_gen(revision=old)
    with pytest.raises(MalformedProof, match="one secret"):
        VECTOR.proof_verify(revision=old)


@pytest.mark.parametrize("scalar", [b"", bytes(32), R.to_bytes(32, "big"), ENTROPY[1:]])
def test_what_is_no_scalar(scalar: bytes) -> None:
    attempts: list[Callable[[], object]] = [
        partial(OLD.sign, signer_nym_entropy=scalar),
        partial(OLD.commit, prover_nyms=[scalar]),
        partial(OLD.finalize, prover_nyms=[scalar]),
        partial(OLD.finalize, signer_nym_entropy=scalar),
        partial(OLD.finalize, secret_prover_blind=scalar),
        partial(OLD.proof_gen, nym_secrets=[scalar]),
        partial(OLD.proof_gen, secret_prover_blind=scalar),
        partial(pseudonym.calculate, nym_secrets=[scalar], context_id=CONTEXT),
    ]
    for attempt in attempts:
        with pytest.raises(MalformedProof, match="scalar"):
            attempt()


def test_no_secrets() -> None:
    attempts: list[Callable[[], object]] = [
        partial(OLD.commit, prover_nyms=[]),
        partial(OLD.finalize, prover_nyms=[]),
        partial(OLD.proof_gen, nym_secrets=[]),
        partial(pseudonym.calculate, nym_secrets=[], context_id=CONTEXT),
    ]
    for attempt in attempts:
        with pytest.raises(ProofGenerationError, match="at least one secret"):
            attempt()


# The holder


@every_world
@pytest.mark.parametrize(
    "changes",
    [
        {"header": b""},
        {"messages": MESSAGES[:-1]},
        {"committed_messages": []},
        {"public": OTHER_PUBLIC},
        {"suite": bbs.SHAKE_256},
        {"secret_prover_blind": ENTROPY},
    ],
)
def test_a_signature_over_something_else(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature):
        world.finalize(**changes)
    with pytest.raises(InvalidSignature):
        world.proof_gen(**{"disclosed_indexes": [], **changes})


@every_world
def test_secrets_that_were_not_signed(world: World) -> None:
    with pytest.raises(InvalidSignature):
        world.finalize(signer_nym_entropy=world.nyms[0])
    with pytest.raises(InvalidSignature):
        world.finalize(prover_nyms=[*world.nyms[:-1], ENTROPY])
    with pytest.raises(InvalidSignature):
        world.proof_gen(nym_secrets=[*world.nym_secrets[:-1], ENTROPY])
    with pytest.raises(InvalidSignature):
        world.proof_gen(nym_secrets=world.nyms)


def test_secrets_in_another_order() -> None:
    with pytest.raises(InvalidSignature):
        VECTOR.proof_gen(nym_secrets=VECTOR.nym_secrets[::-1])
    with pytest.raises(InvalidSignature):
        VECTOR.proof_gen(nym_secrets=VECTOR.nym_secrets[1:])


def zero_in_context() -> list[bytes]:
    """Two secrets whose pseudonym in the context would be the identity."""
    api_id = bbs.SHA_256.ciphersuite_id + b"H2G_HM2S_PSEUDONYM_"
    z = Context.of(Interface(bbs.SHA_256, api_id), CONTEXT).z
    second = curve.number(5)
    return [(-(second * z)).to_be_bytes(), second.to_be_bytes()]


def test_secrets_that_cancel_out() -> None:
    secrets = zero_in_context()
    with pytest.raises(ProofGenerationError, match="cancel out"):
        pseudonym.calculate(nym_secrets=secrets, context_id=CONTEXT)
    world = World(Revision.DRAFT_03, 2)
    last = curve.scalar(secrets[1]) - curve.scalar(ENTROPY)
    world.nyms = [secrets[0], last.to_be_bytes()]
    world.committed = world.commit()
    world.signature = world.sign()
    world.nym_secrets = world.finalize()
    assert world.nym_secrets == secrets
    with pytest.raises(ProofGenerationError, match="cancel out"):
        world.proof_gen()


NO_PLACES = [
    {"disclosed_indexes": [3, 0]},
    {"disclosed_indexes": [0, 6]},
    {"disclosed_indexes": [0, 8]},
    {"disclosed_committed_indexes": [1]},
    {"disclosed_committed_indexes": [-1]},
]


@every_world
@pytest.mark.parametrize("changes", NO_PLACES)
def test_the_holder_discloses_no_other_places(
    world: World, changes: dict[str, Any]
) -> None:
    """The blind and the secrets of the pseudonym have places that cannot be named."""
    with pytest.raises(ProofGenerationError, match="index"):
        world.proof_gen(**changes)


# The verifier


@every_world
@pytest.mark.parametrize(
    "changes",
    [
        {"header": b""},
        {"presentation_header": b""},
        {"presentation_header": PH + CONTEXT},
        {"public": OTHER_PUBLIC},
        {"suite": bbs.SHAKE_256},
        {"context_id": b""},
        {"context_id": CONTEXT + b"/"},
        {"signer_messages": 5},
        {"disclosed_messages": [MESSAGES[3], MESSAGES[0]]},
        {"disclosed_indexes": [0, 4]},
    ],
)
def test_a_proof_of_something_else(world: World, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature):
        world.proof_verify(**changes)


@every_world
@pytest.mark.parametrize("changes", NO_PLACES)
def test_no_proof_discloses_other_places(world: World, changes: dict[str, Any]) -> None:
    committed = [b"x"] * len(changes.get("disclosed_committed_indexes", []))
    with pytest.raises(MalformedProof):
        world.proof_verify(**changes, disclosed_committed_messages=committed)


@every_world
def test_the_name_of_another(world: World) -> None:
    others = [
        world.proof_gen(context_id=b"elsewhere").pseudonym,
        changed(world.name, 0, 0x20),
        world.proof[:48],
    ]
    for other in others:
        with pytest.raises(InvalidSignature):
            world.proof_verify(pseudonym=other)


@every_world
@pytest.mark.parametrize(
    "point",
    [
        b"",
        IDENTITY_G1,
        OUTSIDE_G1,
        bytes(48),
        OLD.name[:-1],
        changed(OLD.name, 0, 0x80),
        curve.base_point().to_compressed_bytes(),
    ],
)
def test_what_is_no_pseudonym(world: World, point: bytes) -> None:
    with pytest.raises(MalformedProof) as caught:
        world.proof_verify(pseudonym=point)
    assert not isinstance(caught.value, InvalidSignature)


@every_world
def test_some_changed_bytes_of_a_proof(world: World) -> None:
    for position in range(0, len(world.proof), 7):
        with pytest.raises(MalformedProof):
            world.proof_verify(proof=changed(world.proof, position))


@pytest.mark.parametrize("count", [0, -1, 2, 4, 5, 30, 2**64, True, None, 3.0])
def test_another_number_of_secrets(count: Any) -> None:
    with pytest.raises(MalformedProof):
        VECTOR.proof_verify(length_nym_vector=count)


@pytest.mark.parametrize("count", [-1, 9, 2**64, True, None])
def test_a_number_of_messages_that_does_not_fit(count: Any) -> None:
    with pytest.raises(MalformedProof):
        OLD.proof_verify(signer_messages=count)


def test_a_proof_of_one_revision_under_the_other() -> None:
    with pytest.raises(InvalidSignature):
        OLD.proof_verify(revision=Revision.DRAFT_03)
    with pytest.raises(InvalidSignature):
        NEW.proof_verify(revision=Revision.DRAFT_01)
    assert OLD.name == NEW.name


def test_not_one_index_for_each_message() -> None:
    with pytest.raises(MalformedProof, match="as many"):
        OLD.proof_verify(disclosed_messages=[])
    with pytest.raises(MalformedProof, match="as many"):
        OLD.proof_verify(disclosed_committed_indexes=[0])


def test_keys_are_checked() -> None:
    with pytest.raises(InvalidKey):
        OLD.sign(secret=bytes(32))
    with pytest.raises(WeakCryptography):
        OLD.finalize(public=IDENTITY_G2)
    with pytest.raises(WeakCryptography):
        OLD.proof_verify(public=IDENTITY_G2)


def test_a_proof_with_a_pseudonym_is_none_without() -> None:
    given: dict[str, Any] = {
        "public": PUBLIC,
        "header": HEADER,
        "presentation_header": PH,
        "proof": OLD.proof,
        "disclosed_messages": [MESSAGES[index] for index in INDEXES],
        "disclosed_indexes": INDEXES,
    }
    with pytest.raises(InvalidSignature):
        bbs.proof_verify(**given)
    with pytest.raises(InvalidSignature):
        blind.proof_verify(**given, signer_messages=len(MESSAGES))


def test_a_pseudonym_whose_secret_the_proof_gives_away() -> None:
    """A holder whose random scalar is zero shows the secret: the draft refuses it."""
    api_id = bbs.SHA_256.ciphersuite_id + b"H2G_HM2S_PSEUDONYM_"
    api = Interface(bbs.SHA_256, api_id)
    scalar = curve.scalar
    nyms = [scalar(nym) for nym in OLD.nym_secrets]
    hidden = [scalar(OLD.committed.secret_prover_blind), *api.scalars(HELD), *nyms]
    held = OLD.held()
    signed = signed_by_both(
        api,
        hidden,
        public=PUBLIC,
        signature=held["signature"],
        header=HEADER,
        messages=MESSAGES,
    )
    drawn = core.draw(signed, INDEXES, seeded())
    randoms = drawn._replace(m=(*drawn.m[:-1], curve.number(0)))
    initial = core.proof_init(signed, randoms)
    context = Context.of(api, CONTEXT)
    opened = context.times(randoms.m[-1:])
    assert curve.is_identity(opened)
    nym = context.nym(context.times(nyms), opened, Revision.DRAFT_01)
    shown = core.Shown(INDEXES, [signed.scalars[i] for i in INDEXES], PH)
    c = core.challenge(signed.statement, initial, shown, nym)
    data = core.proof_finalize(signed, randoms, initial, c)
    with pytest.raises(MalformedProof, match="hides nothing"):
        OLD.proof_verify(proof=data)


# Entropy and bounds


def test_entropy_that_hides_nothing() -> None:
    for entropy in (lambda size: b"\1" * size, bytes, lambda size: b""):
        with pytest.raises(SignerError, match="entropy"):
            OLD.commit(entropy=entropy)
        with pytest.raises(SignerError, match="entropy"):
            OLD.proof_gen(entropy=entropy)
    with pytest.raises(SignerError, match="entropy"):
        pseudonym.new_nym(bytes)


MANY = [b""] * MAX_MESSAGES
LONG = b"x" * (MAX_OCTETS + 1)


@pytest.mark.parametrize(
    "attempt",
    [
        partial(OLD.commit, committed_messages=MANY),
        partial(OLD.sign, messages=MANY),
        partial(OLD.finalize, messages=MANY),
        partial(OLD.proof_gen, committed_messages=MANY),
        partial(OLD.proof_gen, context_id=LONG),
        partial(OLD.proof_verify, context_id=LONG),
        partial(OLD.proof_verify, header=LONG),
        partial(pseudonym.calculate, nym_secrets=OLD.nyms, context_id=LONG),
    ],
)
def test_what_is_beyond_a_limit(attempt: Callable[[], object]) -> None:
    with pytest.raises(TooLarge):
        attempt()
