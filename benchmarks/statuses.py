"""One look-up in a status list of 2^20 entries, from zlib."""

from __future__ import annotations

import random
import zlib
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final

from benchmarks.rounds import Here, Race
from medid.status import bitstring

if TYPE_CHECKING:
    from benchmarks.goals import Report

ENTRIES: Final = 1 << 20
SET: Final = ENTRIES // 100
INDEX: Final = 94_567
FLOOR: Final = "zlib and base64, by hand, 1 % set"
NEW: Final = "medid, unpacked for this look-up"
CACHED: Final = "medid, unpacked before"


def status(report: Report) -> None:
    """Unpack and read; read again."""
    bits = bytearray(bitstring.create(ENTRIES))
    for index in random.Random(20).sample(range(ENTRIES), SET):
        bitstring.write(bits, index, 1)
    encoded = bitstring.encode(bytes(bits), level=6)
    unpacked = bitstring.decode(encoded)

    def by_hand() -> int:
        packed = urlsafe_b64decode(encoded[1:] + "==")
        found = zlib.decompress(packed, wbits=31)
        return found[INDEX // 8] >> (7 - INDEX % 8) & 1

    race = Race(f"look up one status in a list of {ENTRIES:,} entries")
    race.enter(FLOOR, lambda: Here(by_hand))
    race.enter(NEW, lambda: Here(lambda: _unpack_and_read(encoded)))
    race.enter(CACHED, lambda: Here(lambda: bitstring.read(unpacked, INDEX)))
    race.run()
    report.say(race.table())


def _unpack_and_read(encoded: str) -> int:
    return bitstring.read(bitstring.decode(encoded), INDEX)
