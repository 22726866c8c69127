"""The core operations of BBS, which every interface is made of.

They work on scalars and points; octets, messages and keys were checked before. The
names are those of the drafts.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html#name-core-operations
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.errors import (
    InvalidSignature,
    MalformedProof,
    MedidError,
    ProofGenerationError,
    SignerError,
)
from medid.keys.bbs import curve
from medid.keys.bbs.interface import i2osp, prefixed
from medid.keys.bbs.octets import Proof, Signature, serialize, write_proof
from medid.keys.bbs.randomness import random_scalars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from py_arkworks_bls12381 import G1Point, G2Point, Scalar

    from medid.core.entropy import Entropy
    from medid.keys.bbs.interface import Statement


class Shown(NamedTuple):
    """What a proof shows: messages, their places among the signed ones, its header."""

    indexes: Sequence[int]
    scalars: Sequence[Scalar]
    presentation_header: bytes


class Initial(NamedTuple):
    """What ProofInit and ProofVerifyInit give, apart from the domain."""

    a_bar: G1Point
    b_bar: G1Point
    d: G1Point
    t1: G1Point
    t2: G1Point


class Randoms(NamedTuple):
    """The random scalars of one proof: tilded in the draft, except for r1 and r2.

    Each of ``m`` hides the message whose place is in ``hidden``.
    """

    r1: Scalar
    r2: Scalar
    e: Scalar
    r1_tilde: Scalar
    r3_tilde: Scalar
    m: tuple[Scalar, ...]
    hidden: tuple[int, ...]


class Nym(NamedTuple):
    """What a pseudonym adds to the challenge: before the domain, and at the end."""

    points: bytes
    tail: bytes


_NO_NYM: Final = Nym(b"", b"")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Signed:
    """A signature and everything that it covers; the holder's own."""

    statement: Statement
    key: G2Point
    signature: Signature
    scalars: Sequence[Scalar]


def finish_signature(secret: Scalar, e: Scalar, b: G1Point) -> bytes:
    """CoreSign, from step 4 on: A = B * (1 / (SK + e)), and then (A, e) as octets.

    Raises:
        ProofGenerationError: B is the identity.
        SignerError: SK + e is zero, which no honest digest ever gives.
    """
    if curve.is_identity(b):
        raise ProofGenerationError("these messages cancel out: there is no signature")
    try:
        inverse = (secret + e).inverse()
    except ZeroDivisionError:
        raise SignerError("this key cannot sign these messages") from None
    return serialize([b * inverse], [e])


def verify(signed: Signed) -> None:
    """CoreVerify.

    Raises:
        InvalidSignature: The key did not sign these messages under this header.
    """
    a, e = signed.signature
    # h(A, W) * h(A * e - B, BP2) = 1, with the second point on the other side.
    terms = signed.statement.terms(signed.scalars, curve.number(1))
    rest = curve.combined(*terms, (a, -e))
    if not curve.paired(a, signed.key, rest):
        raise _wrong()


def prove(
    signed: Signed,
    disclosed: Sequence[int],
    presentation_header: bytes,
    entropy: Entropy,
) -> bytes:
    """CoreProofGen.

    Raises:
        SignerError: The entropy source failed.
        InvalidSignature: The signature does not cover these messages.
        TooLarge: The presentation header is too long.
    """
    randoms = draw(signed, disclosed, entropy)
    initial = proof_init(signed, randoms)
    scalars = [signed.scalars[i] for i in disclosed]
    shown = Shown(disclosed, scalars, presentation_header)
    c = challenge(signed.statement, initial, shown)
    return proof_finalize(signed, randoms, initial, c)


def draw(signed: Signed, disclosed: Sequence[int], entropy: Entropy) -> Randoms:
    """calculate_random_scalars(5 + U).

    Raises:
        SignerError: The entropy source failed.
    """
    hidden = hidden_indexes(disclosed, len(signed.scalars))
    r1, r2, e, r1_tilde, r3_tilde, *m = random_scalars(5 + len(hidden), entropy)
    return Randoms(r1, r2, e, r1_tilde, r3_tilde, tuple(m), hidden)


def proof_init(signed: Signed, randoms: Randoms) -> Initial:
    """ProofInit, and the check of the signature that CoreProofGen recommends.

    Without it a signer could mark a holder with a signature of a key made for the
    holder alone: its proofs fail, but only the signer can tell whose they are.

    Raises:
        InvalidSignature: The signature does not cover these messages.
    """
    a, e = signed.signature
    statement = signed.statement
    d = curve.combined(*statement.terms(signed.scalars, randoms.r2))
    a_bar = a * (randoms.r1 * randoms.r2)
    b_bar = curve.combined((d, randoms.r1), (a_bar, -e))
    if not curve.paired(a_bar, signed.key, b_bar):
        raise _wrong()
    t1 = curve.combined((a_bar, randoms.e), (d, randoms.r1_tilde))
    h = [statement.h[j] for j in randoms.hidden]
    t2 = curve.combined((d, randoms.r3_tilde), *zip(h, randoms.m, strict=True))
    return Initial(a_bar, b_bar, d, t1, t2)


def challenge(
    statement: Statement,
    initial: Initial,
    shown: Shown,
    nym: Nym = _NO_NYM,
) -> Scalar:
    """ProofChallengeCalculate, and its counterpart for proofs with a pseudonym.

    Raises:
        TooLarge: The presentation header is too long.
    """
    messages = zip(shown.indexes, shown.scalars, strict=True)
    return statement.interface.hash_to_scalar(
        i2osp(len(shown.indexes))
        + b"".join(i2osp(i) + scalar.to_be_bytes() for i, scalar in messages)
        + serialize(initial)
        + nym.points
        + statement.domain.to_be_bytes()
        + prefixed(shown.presentation_header)
        + nym.tail
    )


def proof_finalize(
    signed: Signed, randoms: Randoms, initial: Initial, c: Scalar
) -> bytes:
    """ProofFinalize, and proof_to_octets."""
    messages = (signed.scalars[j] for j in randoms.hidden)
    proof = Proof(
        a_bar=initial.a_bar,
        b_bar=initial.b_bar,
        d=initial.d,
        e=randoms.e + signed.signature.e * c,
        r1=randoms.r1_tilde - randoms.r1 * c,
        r3=randoms.r3_tilde - randoms.r2.inverse() * c,
        m=tuple(m + msg * c for m, msg in zip(randoms.m, messages, strict=True)),
        c=c,
    )
    return write_proof(proof)


def proof_verify_init(statement: Statement, proof: Proof, shown: Shown) -> Initial:
    """ProofVerifyInit."""
    t1 = curve.combined(
        (proof.b_bar, proof.c), (proof.a_bar, proof.e), (proof.d, proof.r1)
    )
    hidden = hidden_indexes(shown.indexes, len(statement.h))
    messages = zip(shown.indexes, shown.scalars, strict=True)
    # T2 = Bv * c + D * r3^ + H_j1 * m^_j1 + ..., in one go: Bv is of no other use.
    t2 = curve.combined(
        (proof.d, proof.r3),
        (statement.interface.p1, proof.c),
        (statement.q1, statement.domain * proof.c),
        *((statement.h[i], scalar * proof.c) for i, scalar in messages),
        *((statement.h[j], m) for j, m in zip(hidden, proof.m, strict=True)),
    )
    return Initial(proof.a_bar, proof.b_bar, proof.d, t1, t2)


def verify_proof(
    statement: Statement, key: G2Point, proof: Proof, shown: Shown
) -> None:
    """CoreProofVerify.

    Raises:
        TooLarge: The presentation header is too long.
        InvalidSignature: The proof is wrong, or was made for something else.
    """
    initial = proof_verify_init(statement, proof, shown)
    c = challenge(statement, initial, shown)
    conclude(proof, key, c)


def conclude(proof: Proof, key: G2Point, c: Scalar) -> None:
    """CoreProofVerify, steps 5 and 6.

    Raises:
        InvalidSignature: The proof is wrong, or was made for something else.
    """
    if proof.c != c:
        raise _wrong()
    if not curve.paired(proof.a_bar, key, proof.b_bar):
        raise _wrong()


def check_indexes(
    indexes: Sequence[int], count: int, refusal: type[MedidError]
) -> None:
    """Return if ``indexes`` are different places among ``count`` messages, ascending.

    Raises:
        MedidError: As ``refusal``: not integers, not ascending, or out of range.
    """
    # A negative index would read from the end of a list, and True is 1.
    if not all(type(index) is int for index in indexes):
        raise refusal("an index of a disclosed message is an integer")
    ordered = [-1, *indexes, count]
    if any(low >= high for low, high in pairwise(ordered)):
        message = f"indexes of disclosed messages ascend from 0, and are below {count}"
        raise refusal(message)


def hidden_indexes(disclosed: Sequence[int], count: int) -> tuple[int, ...]:
    """The places that ``disclosed`` leaves."""
    shown = frozenset(disclosed)
    return tuple(index for index in range(count) if index not in shown)


def check_pairs(messages: Sequence[bytes], indexes: Sequence[int]) -> None:
    """Return if there is one index for each disclosed message.

    Raises:
        MalformedProof: There is not.
    """
    if len(messages) != len(indexes):
        raise MalformedProof("there are not as many indexes as disclosed messages")


def _wrong() -> InvalidSignature:
    return InvalidSignature("the signature or proof does not fit key and content")
