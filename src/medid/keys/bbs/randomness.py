"""Random scalars, which hide what a proof does not show.

Who knows one of them, or a relation between two, can compute a hidden message or the
hidden signature from the proof.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html#name-random-scalars
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import SignerError
from medid.keys.bbs import curve
from medid.keys.bbs.suites import EXPAND_LEN

if TYPE_CHECKING:
    from py_arkworks_bls12381 import Scalar

    from medid.core.entropy import Entropy


def random_scalars(count: int, entropy: Entropy) -> list[Scalar]:
    """``count`` scalars, each of 48 bytes that ``entropy`` gives, one after the other.

    Raises:
        SignerError: The source gave another number of bytes, or repeated itself.
    """
    drawn = [entropy(EXPAND_LEN) for _ in range(count)]
    if any(len(octets) != EXPAND_LEN for octets in drawn):
        raise SignerError("the entropy source gave too few or too many bytes")
    scalars = [curve.reduced(octets) for octets in drawn]
    if len({curve.number(0), *scalars}) != count + 1:
        raise SignerError("the entropy source repeats itself: nothing would be hidden")
    return scalars
