"""Commitments, and signatures over the messages of signer and holder.

What blind BBS and BBS with pseudonyms share.

The signer's messages come first, then the blind of the holder's commitment, then what
the holder committed to.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-blind-signatures-02.html#name-core-operations
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from medid.errors import InvalidSignature, MalformedProof, MedidError, TooLarge
from medid.keys.bbs import core, curve
from medid.keys.bbs.interface import MAX_MESSAGES, i2osp, statement
from medid.keys.bbs.keypair import load_public, load_secret
from medid.keys.bbs.octets import (
    Commitment,
    read_commitment,
    read_signature,
    serialize,
    write_commitment,
)
from medid.keys.bbs.randomness import random_scalars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from py_arkworks_bls12381 import G1Point, Scalar

    from medid.core.entropy import Entropy
    from medid.keys.bbs.interface import Generators, Interface, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a holder's commitment leaves.

    Attributes:
        commitment_with_proof: For the signer.
        secret_prover_blind: For nobody: every later step of the holder needs it.
    """

    commitment_with_proof: bytes
    secret_prover_blind: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How many messages there are of each kind, and which are disclosed.

    Attributes:
        messages: The signer's.
        committed: The holder's, without secrets of pseudonyms.
        nyms: Secrets of pseudonyms, which come last and are never disclosed.
        disclosed: Places among the signer's.
        disclosed_committed: Places among the holder's.
    """

    messages: int
    committed: int
    nyms: int = 0
    disclosed: Sequence[int]
    disclosed_committed: Sequence[int]

    @classmethod
    def of_proof(
        cls,
        *,
        hidden: int,
        messages: int,
        disclosed: Sequence[int],
        disclosed_committed: Sequence[int],
        nyms: int = 0,
    ) -> Places:
        """The places of a proof that hides ``hidden`` scalars.

        Raises:
            MalformedProof: The signer cannot have signed that many.
        """
        if type(messages) is not int or messages < 0:
            raise MalformedProof("the number of the signer's messages is not a count")
        # The blind is always there, and always hidden.
        total = hidden + len(disclosed) + len(disclosed_committed)
        committed = total - messages - nyms - 1
        if committed < 0:
            raise MalformedProof("the proof is about fewer messages than are stated")
        return cls(
            messages=messages,
            committed=committed,
            nyms=nyms,
            disclosed=disclosed,
            disclosed_committed=disclosed_committed,
        )

    def indexes(self, refusal: type[MedidError]) -> list[int]:
        """The places among all that is signed.

        Raises:
            MedidError: As ``refusal``: not ascending, or out of range.
        """
        core.check_indexes(self.disclosed, self.messages, refusal)
        core.check_indexes(self.disclosed_committed, self.committed, refusal)
        after = self.messages + 1
        return [*self.disclosed, *(after + index for index in self.disclosed_committed)]


def commit_to(
    interface: Interface, scalars: Sequence[Scalar], entropy: Entropy
) -> Committed:
    """CoreCommit.

    Raises:
        TooLarge: More than ``MAX_MESSAGES``.
        SignerError: The entropy source failed.
    """
    generators = _committing(interface, len(scalars))
    blind, s_tilde, *tildes = random_scalars(len(scalars) + 2, entropy)
    point = _times(generators, [blind, *scalars])
    c = _challenge(interface, generators, point, _times(generators, [s_tilde, *tildes]))
    hats = (tilde + scalar * c for tilde, scalar in zip(tildes, scalars, strict=True))
    written = write_commitment(
        Commitment(point=point, s=s_tilde + blind * c, m=tuple(hats), c=c)
    )
    return Committed(
        commitment_with_proof=written, secret_prover_blind=blind.to_be_bytes()
    )


def check_commitment(interface: Interface, octets: bytes) -> Commitment:
    """deserialize_and_validate_commit.

    Raises:
        TooLarge: Too long.
        MalformedProof: Not of the form of a commitment.
        InvalidSignature: Its maker cannot open it.
    """
    commitment = read_commitment(octets)
    generators = _committing(interface, len(commitment.m))
    responses = _times(generators, [commitment.s, *commitment.m])
    opened = responses - commitment.point * commitment.c
    if _challenge(interface, generators, commitment.point, opened) != commitment.c:
        raise InvalidSignature("the holder does not know what the commitment holds")
    return commitment


def issue(
    interface: Interface,
    secret: bytes,
    *,
    header: bytes,
    messages: Sequence[bytes],
    commitment: Commitment | None,
    last: Scalar | None = None,
) -> bytes:
    """B_calculate and FinalizeBlindSign.

    Args:
        interface: The interface that signs.
        secret: The secret key.
        header: Bound to the signature.
        messages: The signer's own.
        commitment: The holder's, already checked.
        last: Added by the signer to the last scalar of the commitment.

    Raises:
        InvalidKey: Not a secret key.
        TooLarge: Too many messages, or something is too long.
        ProofGenerationError: B is the identity.
        SignerError: SK + e is zero.
    """
    number = load_secret(secret)
    public = curve.public_octets(number)
    hidden = [curve.number(0)] * (1 + (len(commitment.m) if commitment else 0))
    about = statement(
        interface, public, header, messages=len(messages), blind=len(hidden)
    )
    if last is not None:
        hidden[-1] = last
    one = curve.number(1)
    terms = about.terms([*interface.scalars(messages), *hidden], one)
    if commitment is not None:
        terms.append((commitment.point, one))
    b = curve.combined(*terms)
    # The published vectors hash B and not the domain, which B contains.
    e = interface.hash_to_scalar(number.to_be_bytes() + serialize([b]))
    return core.finish_signature(number, e, b)


def signed_by_both(
    interface: Interface,
    hidden: Sequence[Scalar],
    *,
    public: bytes,
    signature: bytes,
    header: bytes,
    messages: Sequence[bytes],
) -> core.Signed:
    """The signature and everything that it covers, as the holder knows it.

    Args:
        interface: The interface that signed.
        hidden: The blind, and then what the holder committed to.
        public: The signer's public key.
        signature: The signature.
        header: As signed.
        messages: The signer's.

    Raises:
        InvalidKey: Not a public key.
        WeakCryptography: The public key is the identity.
        MalformedProof: Not of the form of a signature.
        TooLarge: Too many messages, or something is too long.
    """
    about = statement(
        interface, public, header, messages=len(messages), blind=len(hidden)
    )
    return core.Signed(
        statement=about,
        key=load_public(public),
        signature=read_signature(signature),
        scalars=[*interface.scalars(messages), *hidden],
    )


def stated_by_both(
    interface: Interface, public: bytes, header: bytes, places: Places
) -> Statement:
    """What a proof is about, as its verifier knows it.

    Raises:
        TooLarge: Too many messages, or the header is too long.
    """
    blind = 1 + places.committed + places.nyms
    return statement(interface, public, header, messages=places.messages, blind=blind)


def hidden_scalars(
    interface: Interface,
    secret_prover_blind: bytes | None,
    committed_messages: Sequence[bytes],
) -> list[Scalar]:
    """The blind, zero where there was no commitment, and the committed messages.

    Raises:
        MalformedProof: The blind is not a scalar in [1, r - 1].
        TooLarge: A message is too long.
    """
    blind = curve.number(0)
    if secret_prover_blind is not None:
        blind = curve.scalar(secret_prover_blind)
    return [blind, *interface.scalars(committed_messages)]


def _committing(interface: Interface, count: int) -> Generators:
    """Q_2, J_1, ..., J_M.

    Raises:
        TooLarge: More than ``MAX_MESSAGES``.
    """
    if count + 1 > MAX_MESSAGES:
        raise TooLarge(f"more than {MAX_MESSAGES} messages in one commitment")
    return interface.blind_generators(count + 1)


def _times(generators: Generators, scalars: Sequence[Scalar]) -> G1Point:
    return curve.combined(*zip(generators.points, scalars, strict=True))


def _challenge(
    interface: Interface, generators: Generators, point: G1Point, opened: G1Point
) -> Scalar:
    """calculate_blind_challenge."""
    return interface.hash_to_scalar(
        i2osp(len(generators.points) - 1)
        + generators.octets
        + serialize([point, opened])
    )
