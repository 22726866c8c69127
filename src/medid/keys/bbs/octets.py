"""Signatures, proofs and commitments as octets, and back.

Reading is strict: whatever is read has one spelling, and writing it again gives the
same octets.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html#name-serialization
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from medid.errors import MalformedProof, TooLarge
from medid.keys.bbs import curve
from medid.keys.bbs.curve import POINT_SIZE, SCALAR_SIZE
from medid.keys.bbs.interface import MAX_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from py_arkworks_bls12381 import G1Point, Scalar

SIGNATURE_SIZE: Final = POINT_SIZE + SCALAR_SIZE  # bytes
PROOF_FLOOR: Final = 3 * POINT_SIZE + 4 * SCALAR_SIZE  # bytes: everything disclosed
COMMITMENT_FLOOR: Final = POINT_SIZE + 2 * SCALAR_SIZE  # bytes: nothing committed

MAX_PROOF_BYTES: Final = 33_040  # the floor, and a scalar for each of 1,024 messages


class Signature(NamedTuple):
    """A signature: (A, e)."""

    a: G1Point
    e: Scalar


class Proof(NamedTuple):
    """A proof, its names as in the draft: ``e``, ``r1``, ``r3`` and ``m`` have hats."""

    a_bar: G1Point
    b_bar: G1Point
    d: G1Point
    e: Scalar
    r1: Scalar
    r3: Scalar
    m: tuple[Scalar, ...]
    c: Scalar


class Commitment(NamedTuple):
    """A commitment with the proof that its maker can open it."""

    point: G1Point
    s: Scalar
    m: tuple[Scalar, ...]
    c: Scalar


def read_signature(octets: bytes) -> Signature:
    """octets_to_signature.

    Raises:
        MalformedProof: Not 80 bytes, not a point of G1, or e is out of range.
    """
    if len(octets) != SIGNATURE_SIZE:
        raise MalformedProof(f"a BBS signature has {SIGNATURE_SIZE} bytes")
    a = curve.point(octets[:POINT_SIZE])
    return Signature(a, curve.scalar(octets[POINT_SIZE:]))


def read_proof(octets: bytes) -> Proof:
    """octets_to_proof.

    Raises:
        TooLarge: Longer than ``MAX_PROOF_BYTES``.
        MalformedProof: Another length, not points of G1, or scalars out of range.
    """
    points, scalars = _split(octets, points=3, floor=PROOF_FLOOR)
    a_bar, b_bar, d = points
    e, r1, r3, *m, c = scalars
    return Proof(a_bar, b_bar, d, e, r1, r3, tuple(m), c)


def write_proof(proof: Proof) -> bytes:
    """proof_to_octets."""
    points = (proof.a_bar, proof.b_bar, proof.d)
    return serialize(points, (proof.e, proof.r1, proof.r3, *proof.m, proof.c))


def read_commitment(octets: bytes) -> Commitment:
    """octets_to_commitment_with_proof; unlike the draft, with the subgroup check.

    Raises:
        TooLarge: Longer than ``MAX_PROOF_BYTES``.
        MalformedProof: Another length, not a point of G1, or scalars out of range.
    """
    points, scalars = _split(octets, points=1, floor=COMMITMENT_FLOOR)
    s, *m, c = scalars
    return Commitment(points[0], s, tuple(m), c)


def write_commitment(commitment: Commitment) -> bytes:
    """commitment_with_proof_to_octets."""
    return serialize((commitment.point,), (commitment.s, *commitment.m, commitment.c))


def serialize(points: Sequence[G1Point], scalars: Sequence[Scalar] = ()) -> bytes:
    """Points, compressed, and then scalars."""
    written = [point.to_compressed_bytes() for point in points]
    return b"".join([*written, *(scalar.to_be_bytes() for scalar in scalars)])


def _split(
    octets: bytes, *, points: int, floor: int
) -> tuple[list[G1Point], list[Scalar]]:
    if len(octets) > MAX_PROOF_BYTES:
        message = f"more than {MAX_PROOF_BYTES} bytes: above {MAX_MESSAGES} messages"
        raise TooLarge(message)
    if len(octets) < floor or (len(octets) - floor) % SCALAR_SIZE:
        message = (
            f"a proof has {floor} bytes, and {SCALAR_SIZE} for each hidden message"
        )
        raise MalformedProof(message)
    after = points * POINT_SIZE
    # Scalars first: they cost a thousandth of what points cost.
    scalars = [
        curve.scalar(octets[start : start + SCALAR_SIZE])
        for start in range(after, len(octets), SCALAR_SIZE)
    ]
    found = [
        curve.point(octets[start : start + POINT_SIZE])
        for start in range(0, after, POINT_SIZE)
    ]
    return found, scalars
