"""Every target, by its name."""

from __future__ import annotations

import zlib
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tests.fuzz.targets import (
    certified,
    claims,
    histories,
    keys,
    linked,
    lists,
    records,
    requests,
    resources,
    selective,
    tables,
    texts,
    tokens,
    trust,
    verdicts,
    visas,
    webvh_logs,
    written,
)
from tests.fuzz.trees import Chance, plain_octets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.fuzz.target import Target

_ROOMS: Final = (
    certified,
    *(texts, keys, linked, tokens, selective, lists, records, requests),
    *(claims, histories, resources, tables, trust, verdicts, visas, webvh_logs),
    written,
)
TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {target.name: target for room in _ROOMS for target in room.TARGETS}
)


def mutants(target: Target, count: int, *, seed: int = 0) -> Iterator[bytes]:
    """The same ``count`` inputs for the same ``seed``: of one change to five."""
    start = zlib.crc32(target.name.encode()) + seed
    random = Random(start)
    chance = Chance(random, plain_octets(random))
    seeds = target.seeds()
    for number in range(count):
        data = seeds[number % len(seeds)]
        for _ in range(random.choice((1, 1, 2, 3, 5))):
            data = target.change(data, chance)
        yield data
