"""Keys, messages and entropy of the tests, and the published vectors' own."""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import shake_256
from typing import TYPE_CHECKING, Any

from medid.keys import bbs
from medid.keys.bbs.suites import EXPAND_LEN
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from medid.core.entropy import Entropy

SUITES = {"bls12-381-sha-256": bbs.SHA_256, "bls12-381-shake-256": bbs.SHAKE_256}

# The order of G1, G2 and the scalars.
R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
# The order of the coordinates' field.
P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF << 192 | (
    0x6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
)
IDENTITY_G1 = b"\xc0" + bytes(47)
IDENTITY_G2 = b"\xc0" + bytes(95)
# On the curves, at x = 4 and x = 2, and not in the subgroups.
OUTSIDE_G1 = b"\x80" + bytes(46) + b"\x04"
OUTSIDE_G2 = b"\x80" + bytes(94) + b"\x02"

HEADER = b"a header"
PH = b"a challenge"
MESSAGES = [f"message {i}".encode() for i in range(6)]


def seeded(seed: bytes = b"a holder") -> Entropy:
    """An entropy source that gives the same bytes in the same order for a seed."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return shake_256(seed + count.to_bytes(4, "big")).digest(size)

    return draw


def mocked(suite: bbs.Suite, seed: bytes, dst: bytes, count: int) -> Entropy:
    """seeded_random_scalars of the drafts, as a source of entropy."""
    stream = suite.expand_message(seed, dst, count * EXPAND_LEN)
    blocks = iter(
        stream[start : start + EXPAND_LEN]
        for start in range(0, len(stream), EXPAND_LEN)
    )

    def draw(size: int) -> bytes:
        assert size == EXPAND_LEN
        return next(blocks)

    return draw


SECRET = bbs.new_secret(seeded(b"a board"))
PUBLIC = bbs.public_of(SECRET)
OTHER_PUBLIC = bbs.public_of(bbs.new_secret(seeded(b"another board")))


def signature(messages: Sequence[bytes] = MESSAGES) -> bytes:
    """The signature of the tests' board."""
    return bbs.sign(secret=SECRET, header=HEADER, messages=messages)


def proof(indexes: Sequence[int], messages: Sequence[bytes] = MESSAGES) -> bytes:
    """A proof of ``signature`` that shows the messages at ``indexes``."""
    return bbs.proof_gen(
        public=PUBLIC,
        signature=signature(messages),
        header=HEADER,
        presentation_header=PH,
        messages=messages,
        disclosed_indexes=indexes,
        entropy=seeded(),
    )


def ietf(suite: str) -> Path:
    """The folder of the draft's fixtures for a suite."""
    return vectors("ietf-bbs-fixtures") / "tooling/fixtures/fixture_data" / suite


def w3c(name: str) -> Any:
    """A file of the test vectors of bbs-2023."""
    return json.loads(w3c_text(f"{name}.json"))


def w3c_text(name: str) -> str:
    """The text of such a file."""
    agreed("w3c-vc-di-bbs", name)
    return _read(vectors("w3c-vc-di-bbs") / "TestVectors" / name)


@lru_cache
def _read(path: Path) -> str:
    return path.read_text("utf-8")


def octets(text: str) -> bytes:
    """Bytes in hexadecimal; a scalar may lack its leading zero."""
    return bytes.fromhex(text.zfill(len(text) + len(text) % 2))


def changed(data: bytes, position: int, mask: int = 1) -> bytes:
    """``data`` with some bits of one byte flipped."""
    return data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]
