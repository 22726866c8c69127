"""BBS: one signature over many messages, and proofs that show only some of them.

A proof says no more than this: the holder knows a signature of the key over the header
and over messages of which these are some. With no disclosed message it speaks of the
header alone; a caller who wants a statement about somebody has to require a header, or
disclosed messages, that make one. Whoever sees a proof can show it again: freshness is
the presentation header's part, and the caller's to check.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html#name-bbs-signatures-interface
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.entropy import system_entropy
from medid.errors import MalformedProof, ProofGenerationError
from medid.keys.bbs import core, curve
from medid.keys.bbs.interface import core_interface, statement
from medid.keys.bbs.keypair import load_public, load_secret
from medid.keys.bbs.octets import read_proof, read_signature, serialize
from medid.keys.bbs.suites import SHA_256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.entropy import Entropy
    from medid.keys.bbs.suites import Suite


def sign(
    *, secret: bytes, header: bytes, messages: Sequence[bytes], suite: Suite = SHA_256
) -> bytes:
    """The signature over ``header`` and ``messages``, in their order.

    Args:
        secret: The secret key, of 32 bytes.
        header: Shown with every proof: the same for many holders, or it marks them.
        messages: What a holder may show or hide, one by one.
        suite: The ciphersuite.

    Raises:
        InvalidKey: Not a secret key.
        TooLarge: Too many messages, or one is too long.
        ProofGenerationError: The messages cancel out, by a chance that never comes.
        SignerError: The key and the messages cancel out, by a chance that never comes.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    number = load_secret(secret)
    interface = core_interface(suite)
    public = curve.public_octets(number)
    about = statement(interface, public, header, messages=len(messages))
    scalars = interface.scalars(messages)
    e = interface.hash_to_scalar(serialize([], [number, *scalars, about.domain]))
    b = curve.combined(*about.terms(scalars, curve.number(1)))
    return core.finish_signature(number, e, b)


def verify(
    *,
    public: bytes,
    signature: bytes,
    header: bytes,
    messages: Sequence[bytes],
    suite: Suite = SHA_256,
) -> None:
    """Return if ``public`` signed exactly these messages, in this order.

    Raises:
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a signature.
        TooLarge: Too many messages, or one is too long.
        InvalidSignature: Well formed, and wrong.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    core.verify(_signed(signature, messages, public=public, header=header, suite=suite))


def proof_gen(
    *,
    public: bytes,
    signature: bytes,
    header: bytes,
    presentation_header: bytes,
    messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    suite: Suite = SHA_256,
    entropy: Entropy = system_entropy,
) -> bytes:
    """A proof that shows the messages at ``disclosed_indexes`` and hides the rest.

    Args:
        public: The signer's public key.
        signature: The signature, which is checked first and which the proof hides.
        header: As signed.
        presentation_header: Bound to this proof, such as a verifier's challenge.
        messages: All messages, as signed.
        disclosed_indexes: Ascending, from 0; none is possible.
        suite: The ciphersuite.
        entropy: Asked for 48 bytes for each hidden message, and five times more.

    Raises:
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a signature.
        TooLarge: Too many messages, or something is too long.
        ProofGenerationError: The indexes do not ascend or are out of range.
        SignerError: The entropy source failed.
        InvalidSignature: The signature does not cover these messages.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    core.check_indexes(disclosed_indexes, len(messages), ProofGenerationError)
    signed = _signed(signature, messages, public=public, header=header, suite=suite)
    return core.prove(signed, disclosed_indexes, presentation_header, entropy)


def proof_verify(
    *,
    public: bytes,
    proof: bytes,
    header: bytes,
    presentation_header: bytes,
    disclosed_messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    suite: Suite = SHA_256,
) -> None:
    """Return if ``proof`` shows these messages of a signature by ``public``.

    Args:
        public: The signer's public key.
        proof: As ``proof_gen`` makes it.
        header: As signed.
        presentation_header: As the holder bound it.
        disclosed_messages: What is shown, in the order of the signed messages.
        disclosed_indexes: Their places, ascending from 0; see above about none.
        suite: The ciphersuite.

    Raises:
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a proof, or the indexes do not fit it.
        TooLarge: Too many messages, or something is too long.
        InvalidSignature: Well formed, and wrong.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    core.check_pairs(disclosed_messages, disclosed_indexes)
    key, read = load_public(public), read_proof(proof)
    count = len(disclosed_indexes) + len(read.m)
    core.check_indexes(disclosed_indexes, count, MalformedProof)
    interface = core_interface(suite)
    about = statement(interface, public, header, messages=count)
    scalars = interface.scalars(disclosed_messages)
    shown = core.Shown(disclosed_indexes, scalars, presentation_header)
    core.verify_proof(about, key, read, shown)


def _signed(
    signature: bytes,
    messages: Sequence[bytes],
    *,
    public: bytes,
    header: bytes,
    suite: Suite,
) -> core.Signed:
    interface = core_interface(suite)
    return core.Signed(
        key=load_public(public),
        signature=read_signature(signature),
        statement=statement(interface, public, header, messages=len(messages)),
        scalars=interface.scalars(messages),
    )
