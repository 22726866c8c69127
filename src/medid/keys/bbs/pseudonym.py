"""BBS with pseudonyms: one holder, one unlinkable name for each context.

The holder commits to secrets, the signer adds its own part to the last of them and
signs, and the pseudonym for a context is the context's point times a number made of the
secrets. The same holder has the same pseudonym in the same context, and nobody can tell
that two pseudonyms of two contexts are one holder's.

Two revisions of the draft are in use: ``Revision`` says how they differ. What a proof
says, and what its verifier still has to require, is written in ``signatures``.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-per-verifier-linkability-03.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from medid.core.entropy import system_entropy
from medid.errors import MalformedProof, ProofGenerationError
from medid.keys.bbs import core, curve
from medid.keys.bbs.committing import (
    Committed,
    Places,
    check_commitment,
    commit_to,
    hidden_scalars,
    issue,
    signed_by_both,
    stated_by_both,
)
from medid.keys.bbs.context import Context, Revision, check_length, read_pseudonym
from medid.keys.bbs.interface import Interface
from medid.keys.bbs.keypair import load_public
from medid.keys.bbs.octets import read_proof
from medid.keys.bbs.randomness import random_scalars
from medid.keys.bbs.suites import SHA_256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.entropy import Entropy
    from medid.keys.bbs.suites import Suite

__all__ = [
    "Proven",
    "Revision",
    "calculate",
    "commit",
    "finalize",
    "new_nym",
    "proof_gen",
    "proof_verify",
    "sign",
]


class Proven(NamedTuple):
    """A proof, and the pseudonym that it proves."""

    proof: bytes
    pseudonym: bytes


def new_nym(entropy: Entropy = system_entropy) -> bytes:
    """A random scalar: a secret of the holder, or the part that the signer adds.

    Raises:
        SignerError: The entropy source failed.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    return random_scalars(1, entropy)[0].to_be_bytes()


def commit(
    *,
    prover_nyms: Sequence[bytes],
    committed_messages: Sequence[bytes] = (),
    suite: Suite = SHA_256,
    revision: Revision = Revision.DRAFT_01,
    entropy: Entropy = system_entropy,
) -> Committed:
    """CommitWithNym: commit to messages and to the secrets of pseudonyms.

    Args:
        prover_nyms: Scalars from ``new_nym``; the holder keeps them for good.
        committed_messages: What else the signer shall sign without seeing it.
        suite: The ciphersuite.
        revision: The revision of the draft.
        entropy: Asked for 48 bytes for each scalar and message, and twice more.

    Raises:
        ProofGenerationError: No secret, or more than the revision allows.
        MalformedProof: A secret is no scalar.
        TooLarge: Too many messages, or one is too long.
        SignerError: The entropy source failed.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    check_length(len(prover_nyms), revision, ProofGenerationError)
    interface = _interface(suite)
    scalars = interface.scalars(committed_messages)
    nyms = [curve.scalar(nym) for nym in prover_nyms]
    return commit_to(interface, [*scalars, *nyms], entropy)


def sign(
    *,
    secret: bytes,
    header: bytes,
    messages: Sequence[bytes],
    commitment_with_proof: bytes,
    signer_nym_entropy: bytes,
    length_nym_vector: int = 1,
    suite: Suite = SHA_256,
    revision: Revision = Revision.DRAFT_01,
) -> bytes:
    """BlindSignWithNym.

    Args:
        secret: The secret key.
        header: Shown with every proof.
        messages: The signer's own.
        commitment_with_proof: From the holder, and checked here.
        signer_nym_entropy: From ``new_nym``, another one for each holder; it goes to
            the holder with the signature. The same once more gives the same holder
            the same pseudonyms.
        length_nym_vector: How many secrets the holder says the commitment ends with.
        suite: The ciphersuite.
        revision: The revision of the draft.

    Raises:
        ProofGenerationError: That number does not fit commitment or revision.
        MalformedProof: Not of the form of a commitment, or the entropy is no scalar.
        InvalidSignature: The holder does not know what the commitment holds.
        InvalidKey: Not a secret key.
        TooLarge: Too many messages, or something is too long.
        SignerError: The key and the messages cancel out, by a chance that never comes.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    interface = _interface(suite)
    check_length(length_nym_vector, revision, ProofGenerationError)
    entropy = curve.scalar(signer_nym_entropy)
    commitment = check_commitment(interface, commitment_with_proof)
    if length_nym_vector > len(commitment.m):
        raise ProofGenerationError("the commitment has fewer secrets than are stated")
    return issue(
        interface,
        secret,
        header=revision.bind(header, length_nym_vector),
        messages=messages,
        commitment=commitment,
        last=entropy,
    )


def finalize(
    *,
    public: bytes,
    signature: bytes,
    header: bytes,
    messages: Sequence[bytes],
    committed_messages: Sequence[bytes] = (),
    prover_nyms: Sequence[bytes],
    signer_nym_entropy: bytes,
    secret_prover_blind: bytes,
    suite: Suite = SHA_256,
    revision: Revision = Revision.DRAFT_01,
) -> list[bytes]:
    """VerifyFinalizeWithNym: the ``nym_secrets``, if the signature is right.

    Raises:
        ProofGenerationError: No secret, or more than the revision allows.
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a signature, or not a scalar.
        TooLarge: Too many messages, or one is too long.
        InvalidSignature: Well formed, and wrong.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    check_length(len(prover_nyms), revision, ProofGenerationError)
    interface = _interface(suite)
    nyms = [curve.scalar(nym) for nym in prover_nyms]
    nyms[-1] += curve.scalar(signer_nym_entropy)
    hidden = hidden_scalars(interface, secret_prover_blind, committed_messages)
    signed = signed_by_both(
        interface,
        [*hidden, *nyms],
        public=public,
        signature=signature,
        header=revision.bind(header, len(nyms)),
        messages=messages,
    )
    core.verify(signed)
    return [nym.to_be_bytes() for nym in nyms]


def calculate(
    *, nym_secrets: Sequence[bytes], context_id: bytes, suite: Suite = SHA_256
) -> bytes:
    """The pseudonym of the holder of ``nym_secrets`` in a context.

    Raises:
        MalformedProof: A secret is no scalar.
        ProofGenerationError: No secrets, or they cancel out.
        TooLarge: The context id is too long.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    check_length(len(nym_secrets), Revision.DRAFT_03, ProofGenerationError)
    context = Context.of(_interface(suite), context_id)
    point = context.times([curve.scalar(nym) for nym in nym_secrets])
    if curve.is_identity(point):
        raise ProofGenerationError("these secrets cancel out: there is no pseudonym")
    return point.to_compressed_bytes()


def proof_gen(
    *,
    public: bytes,
    signature: bytes,
    header: bytes,
    presentation_header: bytes,
    nym_secrets: Sequence[bytes],
    context_id: bytes,
    messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    committed_messages: Sequence[bytes] = (),
    disclosed_committed_indexes: Sequence[int] = (),
    secret_prover_blind: bytes,
    suite: Suite = SHA_256,
    revision: Revision = Revision.DRAFT_01,
    entropy: Entropy = system_entropy,
) -> Proven:
    """ProofGenWithNym: a proof with the holder's pseudonym for ``context_id``.

    Args:
        public: The signer's public key.
        signature: The signature, which is checked first.
        header: As signed.
        presentation_header: Bound to this proof, such as a verifier's challenge.
        nym_secrets: As ``finalize`` gave them.
        context_id: Where the pseudonym shall be known, such as the verifier's name.
        messages: All of the signer's.
        disclosed_indexes: Which of them are shown, ascending from 0.
        committed_messages: All of the holder's.
        disclosed_committed_indexes: Which of them are shown, ascending from 0.
        secret_prover_blind: As ``commit`` gave it.
        suite: The ciphersuite.
        revision: The revision of the draft.
        entropy: Asked for 48 bytes for each hidden scalar, and five times more.

    Raises:
        ProofGenerationError: The indexes do not ascend or are out of range, no secrets,
            more than the revision allows, or they cancel out.
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a signature, or not a scalar.
        TooLarge: Too many messages, or something is too long.
        SignerError: The entropy source failed.
        InvalidSignature: The signature does not cover these messages and secrets.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    count = len(nym_secrets)
    check_length(count, revision, ProofGenerationError)
    places = Places(
        messages=len(messages),
        committed=len(committed_messages),
        nyms=count,
        disclosed=disclosed_indexes,
        disclosed_committed=disclosed_committed_indexes,
    )
    indexes = places.indexes(ProofGenerationError)
    interface = _interface(suite)
    nyms = [curve.scalar(nym) for nym in nym_secrets]
    hidden = hidden_scalars(interface, secret_prover_blind, committed_messages)
    signed = signed_by_both(
        interface,
        [*hidden, *nyms],
        public=public,
        signature=signature,
        header=revision.bind(header, count),
        messages=messages,
    )
    randoms = core.draw(signed, indexes, entropy)
    initial = core.proof_init(signed, randoms)
    context = Context.of(interface, context_id)
    pseudonym = context.times(nyms)
    if curve.is_identity(pseudonym):
        raise ProofGenerationError("these secrets cancel out: there is no pseudonym")
    nym = context.nym(pseudonym, context.times(randoms.m[-count:]), revision)
    scalars = [signed.scalars[i] for i in indexes]
    shown = core.Shown(indexes, scalars, presentation_header)
    c = core.challenge(signed.statement, initial, shown, nym)
    proof = core.proof_finalize(signed, randoms, initial, c)
    return Proven(proof, pseudonym.to_compressed_bytes())


def proof_verify(
    *,
    public: bytes,
    proof: bytes,
    header: bytes,
    presentation_header: bytes,
    pseudonym: bytes,
    context_id: bytes,
    length_nym_vector: int = 1,
    signer_messages: int,
    disclosed_messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    disclosed_committed_messages: Sequence[bytes] = (),
    disclosed_committed_indexes: Sequence[int] = (),
    suite: Suite = SHA_256,
    revision: Revision = Revision.DRAFT_01,
) -> None:
    """ProofVerifyWithNym: return if ``proof`` shows these messages and the pseudonym.

    Args:
        public: The signer's public key.
        proof: As ``proof_gen`` makes it.
        header: As signed.
        presentation_header: As the holder bound it.
        pseudonym: The holder's, in the context.
        context_id: The context, as the verifier knows it; not what the holder says.
        length_nym_vector: How many secrets the pseudonym is made of.
        signer_messages: How many messages the signer signed of its own (L).
        disclosed_messages: Which of them are shown, in the order of the signed ones.
        disclosed_indexes: Their places, ascending from 0.
        disclosed_committed_messages: What is shown of the holder's.
        disclosed_committed_indexes: Their places, ascending from 0.
        suite: The ciphersuite.
        revision: The revision of the draft.

    Raises:
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a proof or a pseudonym, or counts or indexes
            do not fit it.
        TooLarge: Too many messages, or something is too long.
        InvalidSignature: Well formed, and wrong.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    core.check_pairs(disclosed_messages, disclosed_indexes)
    core.check_pairs(disclosed_committed_messages, disclosed_committed_indexes)
    check_length(length_nym_vector, revision, MalformedProof)
    key, read = load_public(public), read_proof(proof)
    name = read_pseudonym(pseudonym)
    places = Places.of_proof(
        hidden=len(read.m),
        messages=signer_messages,
        nyms=length_nym_vector,
        disclosed=disclosed_indexes,
        disclosed_committed=disclosed_committed_indexes,
    )
    indexes = places.indexes(MalformedProof)
    interface = _interface(suite)
    scalars = interface.scalars([*disclosed_messages, *disclosed_committed_messages])
    shown = core.Shown(indexes, scalars, presentation_header)
    bound = revision.bind(header, length_nym_vector)
    about = stated_by_both(interface, public, bound, places)
    initial = core.proof_verify_init(about, read, shown)
    context = Context.of(interface, context_id)
    # No place of a secret can be disclosed: the last scalars are theirs.
    opened = context.times(read.m[-length_nym_vector:]) - name * read.c
    if curve.is_identity(opened):
        raise MalformedProof("the proof of the pseudonym hides nothing")
    nym = context.nym(name, opened, revision)
    c = core.challenge(about, initial, shown, nym)
    core.conclude(read, key, c)


def _interface(suite: Suite) -> Interface:
    return Interface(suite, suite.ciphersuite_id + b"H2G_HM2S_PSEUDONYM_")
