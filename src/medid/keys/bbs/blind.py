"""Blind BBS: the signer signs messages that the holder commits to and never shows it.

The holder commits, the signer signs the commitment beside its own messages, and every
proof then needs what was committed: a holder secret binds the credential to whoever
knows it. What a proof says, and what its verifier still has to require, is written in
``signatures``.

The version is the one of bbs-2023 and its published vectors: proofs without committed
disclosures (drafts 00 to 02).

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-blind-signatures-02.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.entropy import system_entropy
from medid.errors import MalformedProof, ProofGenerationError
from medid.keys.bbs import core
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
from medid.keys.bbs.interface import Interface
from medid.keys.bbs.keypair import load_public
from medid.keys.bbs.octets import read_proof
from medid.keys.bbs.suites import SHA_256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.entropy import Entropy
    from medid.keys.bbs.suites import Suite


def commit(
    *,
    committed_messages: Sequence[bytes],
    suite: Suite = SHA_256,
    entropy: Entropy = system_entropy,
) -> Committed:
    """Commit to messages that the signer shall sign without seeing them.

    Raises:
        TooLarge: Too many messages, or one is too long.
        SignerError: The entropy source failed.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    interface = _interface(suite)
    return commit_to(interface, interface.scalars(committed_messages), entropy)


def sign(
    *,
    secret: bytes,
    header: bytes,
    messages: Sequence[bytes],
    commitment_with_proof: bytes | None,
    suite: Suite = SHA_256,
) -> bytes:
    """BlindSign: a signature over ``messages`` and over what the holder committed to.

    Args:
        secret: The secret key.
        header: Shown with every proof.
        messages: The signer's own.
        commitment_with_proof: From the holder, and checked here; ``None``: there is
            none.
        suite: The ciphersuite.

    Raises:
        InvalidKey: Not a secret key.
        TooLarge: Too many messages, or something is too long.
        MalformedProof: Not of the form of a commitment.
        InvalidSignature: The holder does not know what the commitment holds.
        ProofGenerationError: The messages cancel out, by a chance that never comes.
        SignerError: The key and the messages cancel out, by a chance that never comes.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    interface = _interface(suite)
    commitment = None
    if commitment_with_proof is not None:
        commitment = check_commitment(interface, commitment_with_proof)
    return issue(
        interface, secret, header=header, messages=messages, commitment=commitment
    )


def verify(
    *,
    public: bytes,
    signature: bytes,
    header: bytes,
    messages: Sequence[bytes],
    committed_messages: Sequence[bytes] = (),
    secret_prover_blind: bytes | None,
    suite: Suite = SHA_256,
) -> None:
    """VerifyBlindSign: return if ``public`` signed both lists of messages.

    Args:
        public: The signer's public key.
        signature: As the signer sent it.
        header: As signed.
        messages: The signer's.
        committed_messages: The holder's.
        secret_prover_blind: As ``commit`` gave it; ``None``: there was no commitment.
        suite: The ciphersuite.

    Raises:
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a signature, or the blind is no scalar.
        TooLarge: Too many messages, or one is too long.
        InvalidSignature: Well formed, and wrong.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    interface = _interface(suite)
    signed = signed_by_both(
        interface,
        hidden_scalars(interface, secret_prover_blind, committed_messages),
        public=public,
        signature=signature,
        header=header,
        messages=messages,
    )
    core.verify(signed)


def proof_gen(
    *,
    public: bytes,
    signature: bytes,
    header: bytes,
    presentation_header: bytes,
    messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    committed_messages: Sequence[bytes] = (),
    disclosed_committed_indexes: Sequence[int] = (),
    secret_prover_blind: bytes | None,
    suite: Suite = SHA_256,
    entropy: Entropy = system_entropy,
) -> bytes:
    """BlindProofGen: a proof that shows some messages of the signer and of the holder.

    A holder secret is never to be disclosed: ``disclosed_committed_indexes`` stays
    empty then.

    Args:
        public: The signer's public key.
        signature: The blind signature, which is checked first.
        header: As signed.
        presentation_header: Bound to this proof, such as a verifier's challenge.
        messages: All of the signer's.
        disclosed_indexes: Which of them are shown, ascending from 0.
        committed_messages: All of the holder's.
        disclosed_committed_indexes: Which of them are shown, ascending from 0.
        secret_prover_blind: As ``commit`` gave it; ``None``: there was no commitment.
        suite: The ciphersuite.
        entropy: Asked for 48 bytes for each hidden message, and six times more.

    Raises:
        ProofGenerationError: The indexes do not ascend or are out of range.
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a signature, or the blind is no scalar.
        TooLarge: Too many messages, or something is too long.
        SignerError: The entropy source failed.
        InvalidSignature: The signature does not cover these messages.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    places = Places(
        messages=len(messages),
        committed=len(committed_messages),
        disclosed=disclosed_indexes,
        disclosed_committed=disclosed_committed_indexes,
    )
    indexes = places.indexes(ProofGenerationError)
    interface = _interface(suite)
    signed = signed_by_both(
        interface,
        hidden_scalars(interface, secret_prover_blind, committed_messages),
        public=public,
        signature=signature,
        header=header,
        messages=messages,
    )
    return core.prove(signed, indexes, presentation_header, entropy)


def proof_verify(
    *,
    public: bytes,
    proof: bytes,
    header: bytes,
    presentation_header: bytes,
    signer_messages: int,
    disclosed_messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    disclosed_committed_messages: Sequence[bytes] = (),
    disclosed_committed_indexes: Sequence[int] = (),
    suite: Suite = SHA_256,
) -> None:
    """BlindProofVerify: return if ``proof`` shows these messages of both parties.

    Args:
        public: The signer's public key.
        proof: As ``proof_gen`` makes it.
        header: As signed.
        presentation_header: As the holder bound it.
        signer_messages: How many messages the signer signed of its own (L).
        disclosed_messages: Which of them are shown, in the order of the signed ones.
        disclosed_indexes: Their places, ascending from 0.
        disclosed_committed_messages: What is shown of the holder's.
        disclosed_committed_indexes: Their places, ascending from 0.
        suite: The ciphersuite.

    Raises:
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a proof, or counts or indexes do not fit it.
        TooLarge: Too many messages, or something is too long.
        InvalidSignature: Well formed, and wrong.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    core.check_pairs(disclosed_messages, disclosed_indexes)
    core.check_pairs(disclosed_committed_messages, disclosed_committed_indexes)
    key, read = load_public(public), read_proof(proof)
    places = Places.of_proof(
        hidden=len(read.m),
        messages=signer_messages,
        disclosed=disclosed_indexes,
        disclosed_committed=disclosed_committed_indexes,
    )
    indexes = places.indexes(MalformedProof)
    interface = _interface(suite)
    scalars = interface.scalars([*disclosed_messages, *disclosed_committed_messages])
    about = stated_by_both(interface, public, header, places)
    shown = core.Shown(indexes, scalars, presentation_header)
    core.verify_proof(about, key, read, shown)


def _interface(suite: Suite) -> Interface:
    return Interface(suite, suite.ciphersuite_id + b"BLIND_H2G_HM2S_")
