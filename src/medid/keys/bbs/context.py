"""A context of pseudonyms, and what the revisions of the draft make of it.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-per-verifier-linkability-03.html#name-pseudonym-calculation-proce
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from medid.errors import MalformedProof
from medid.keys.bbs import core, curve
from medid.keys.bbs.interface import bounded, i2osp, prefixed
from medid.keys.bbs.octets import serialize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from py_arkworks_bls12381 import G1Point, Scalar

    from medid.errors import MedidError
    from medid.keys.bbs.interface import Interface


class Revision(StrEnum):
    """A revision of the draft.

    01 is that of bbs-2023 and its published vectors: one secret; the header as it is;
    the challenge covers the context's point. 03: one secret or more, whose number ends
    the header; the challenge covers the context id itself.

    A signature of 03 is one of 01 whose header is longer. Headers of an application
    that have one length, as those of bbs-2023 have, keep them apart.
    """

    DRAFT_01 = "draft-irtf-cfrg-bbs-per-verifier-linkability-01"
    DRAFT_03 = "draft-irtf-cfrg-bbs-per-verifier-linkability-03"

    def bind(self, header: bytes, count: int) -> bytes:
        """The header that is signed for ``count`` secrets."""
        return header if self is Revision.DRAFT_01 else header + i2osp(count)


class Context(NamedTuple):
    """A context: its id, its point OP, and z, in which the secrets are a polynomial."""

    context_id: bytes
    op: G1Point
    z: Scalar

    @classmethod
    def of(cls, interface: Interface, context_id: bytes) -> Context:
        """The context of an id.

        Raises:
            TooLarge: The id is too long.
        """
        suite, api_id = interface.suite, interface.api_id
        op = suite.hash_to_curve_g1(bounded(context_id), api_id)
        z = suite.hash_to_scalar(context_id, api_id + b"VECT_NYM_SECRETS")
        return cls(context_id, op, z)

    def times(self, coefficients: Sequence[Scalar]) -> G1Point:
        """OP times the polynomial of these coefficients, the constant one first."""
        value = curve.number(0)
        for coefficient in reversed(coefficients):
            value = value * self.z + coefficient
        return self.op * value

    def nym(self, pseudonym: G1Point, opened: G1Point, revision: Revision) -> core.Nym:
        """What the challenge covers of a pseudonym.

        Args:
            pseudonym: The pseudonym.
            opened: Ut, or the verifier's Uv.
            revision: The revision of the draft.
        """
        if revision is Revision.DRAFT_01:
            return core.Nym(serialize([pseudonym, self.op, opened]), b"")
        return core.Nym(serialize([pseudonym, opened]), prefixed(self.context_id))


def read_pseudonym(octets: bytes) -> G1Point:
    """The point of a pseudonym.

    Raises:
        MalformedProof: Not a point of G1, the identity, or the base point.
    """
    point = curve.point(octets)
    if point == curve.base_point():
        raise MalformedProof("the base point is nobody's pseudonym")
    return point


def check_length(count: int, revision: Revision, refusal: type[MedidError]) -> None:
    """Return if a pseudonym can have ``count`` secrets.

    Raises:
        MedidError: As ``refusal``: none, or more than the revision allows.
    """
    if type(count) is not int or count < 1:
        raise refusal("a pseudonym has at least one secret")
    if revision is Revision.DRAFT_01 and count > 1:
        raise refusal("a pseudonym of this revision of the draft has one secret")
