"""An interface of BBS: its generators, its scalars, and what one signature is about.

BBS, blind BBS and BBS with pseudonyms are three interfaces. The identifier of each
stands in every hash, so that no signature of one can be taken for another's.

Spec: https://www.ietf.org/archive/id/draft-irtf-cfrg-bbs-signatures-09.html#name-interface-utilities
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.errors import TooLarge
from medid.keys.bbs import curve
from medid.keys.bbs.suites import EXPAND_LEN, Suite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from py_arkworks_bls12381 import G1Point, Scalar

# A license has about 40. Each costs a tenth of a millisecond in every operation, and
# its generator most of one millisecond once.
MAX_MESSAGES: Final = 1_024  # of one signature; the holder's committed ones count too
MAX_OCTETS: Final = 1_048_576  # of a message, a header or a context id

_H2G_HM2S: Final = b"H2G_HM2S_"
# Two suites, three interfaces with two sets each (core has one), in sizes 1, 2, 4, ...
_CACHED_SEQUENCES: Final = 128


class _Sequence(NamedTuple):
    """The first generators of an interface."""

    points: tuple[G1Point, ...]
    octets: bytes  # of the points, compressed
    seed: bytes  # from which the next one comes


class Generators(NamedTuple):
    """Generators, as points and compressed."""

    points: tuple[G1Point, ...]
    octets: bytes


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface under one ciphersuite.

    Attributes:
        suite: The ciphersuite.
        api_id: The interface's unique identifier.
    """

    suite: Suite
    api_id: bytes

    def hash_to_scalar(self, octets: bytes) -> Scalar:
        """The scalar of ``octets`` under this interface's own tag."""
        return self.suite.hash_to_scalar(octets, self.api_id + b"H2S_")

    def scalars(self, messages: Sequence[bytes]) -> list[Scalar]:
        """messages_to_scalars.

        Raises:
            TooLarge: A message is longer than ``MAX_OCTETS``.
        """
        dst = self.api_id + b"MAP_MSG_TO_SCALAR_AS_HASH_"
        return [self.suite.hash_to_scalar(bounded(m), dst) for m in messages]

    def generators(self, count: int) -> Generators:
        """Q_1, H_1, H_2 and so on."""
        return _generators(self.suite, self.api_id, count)

    def blind_generators(self, count: int) -> Generators:
        """Q_2, J_1, J_2 and so on."""
        return _generators(self.suite, b"BLIND_" + self.api_id, count)

    @property
    def p1(self) -> G1Point:
        """P1, which is one for all interfaces of a suite."""
        api_id = self.suite.ciphersuite_id + _H2G_HM2S
        seed = api_id + b"BP_MESSAGE_GENERATOR_SEED"
        return _sequence(self.suite, api_id, seed, 1).points[0]


def core_interface(suite: Suite) -> Interface:
    """The interface of BBS itself."""
    return Interface(suite, suite.ciphersuite_id + _H2G_HM2S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is signed, all but the messages: key, header and number of messages.

    Attributes:
        interface: The interface that signs.
        q1: The generator of the domain.
        h: One generator for each message, the committed ones and their blind included.
        domain: The digest of key, header and generators.
    """

    interface: Interface
    q1: G1Point
    h: tuple[G1Point, ...]
    domain: Scalar

    def terms(
        self, scalars: Sequence[Scalar], times: Scalar
    ) -> list[tuple[G1Point, Scalar]]:
        """The terms of B * ``times``.

        B is P1 + Q_1 * domain + H_1 * msg_1 + ... + H_L * msg_L.
        """
        messages = zip(self.h, scalars, strict=True)
        return [
            (self.interface.p1, times),
            (self.q1, self.domain * times),
            *((h, scalar * times) for h, scalar in messages),
        ]


def statement(
    interface: Interface, public: bytes, header: bytes, *, messages: int, blind: int = 0
) -> Statement:
    """The statement about ``messages`` messages of the signer.

    Args:
        interface: The interface that signs.
        public: The signer's public key, already checked.
        header: Bound to the signature, and shown with every proof.
        messages: How many messages the signer knows.
        blind: How many generators the holder's part takes, its blind included.

    Raises:
        TooLarge: More than ``MAX_MESSAGES``, or a header above ``MAX_OCTETS``.
    """
    if messages + blind > MAX_MESSAGES:
        raise TooLarge(f"more than {MAX_MESSAGES} messages in one signature")
    known = interface.generators(messages + 1)
    committed = interface.blind_generators(blind)
    q1, *h = known.points + committed.points
    domain = interface.hash_to_scalar(
        public
        + i2osp(len(h))
        + known.octets
        + committed.octets
        + interface.api_id
        + prefixed(header)
    )
    return Statement(interface=interface, q1=q1, h=tuple(h), domain=domain)


def bounded(octets: bytes) -> bytes:
    """``octets``, unless there are too many.

    Raises:
        TooLarge: More than ``MAX_OCTETS``.
    """
    if len(octets) > MAX_OCTETS:
        raise TooLarge(f"more than {MAX_OCTETS} bytes for one value of a signature")
    return octets


def i2osp(value: int) -> bytes:
    """A count or an index, in eight bytes."""
    return value.to_bytes(8, "big")


def prefixed(octets: bytes) -> bytes:
    """``octets`` after their number.

    Raises:
        TooLarge: More than ``MAX_OCTETS``.
    """
    return i2osp(len(octets)) + bounded(octets)


def _generators(suite: Suite, api_id: bytes, count: int) -> Generators:
    # Sizes are powers of two, so that few sequences serve every count.
    size = 1 << max(count - 1, 0).bit_length()
    found = _sequence(suite, api_id, api_id + b"MESSAGE_GENERATOR_SEED", size)
    return Generators(found.points[:count], found.octets[: count * curve.POINT_SIZE])


@lru_cache(maxsize=_CACHED_SEQUENCES)
def _sequence(suite: Suite, api_id: bytes, seed: bytes, count: int) -> _Sequence:
    """The first ``count`` points of create_generators; ``count`` is a power of two."""
    seed_dst = api_id + b"SIG_GENERATOR_SEED_"
    generator_dst = api_id + b"SIG_GENERATOR_DST_"
    if count == 1:
        v = suite.expand_message(seed, seed_dst, EXPAND_LEN)
        start = _Sequence((), b"", v)
    else:
        start = _sequence(suite, api_id, seed, count // 2)
    points, v = list(start.points), start.seed
    for index in range(len(points) + 1, count + 1):
        v = suite.expand_message(v + i2osp(index), seed_dst, EXPAND_LEN)
        points.append(suite.hash_to_curve_g1(v, generator_dst))
    added = points[len(start.points) :]
    octets = b"".join(point.to_compressed_bytes() for point in added)
    return _Sequence(tuple(points), start.octets + octets, v)
