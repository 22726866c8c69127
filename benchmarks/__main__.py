"""``python -m benchmarks [NAME ...]``: everything, or the parts that are named."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from benchmarks import (
    boards,
    feeds,
    imports,
    licenses,
    registers,
    resolving,
    scaling,
    sd_jwts,
    selective,
    statuses,
    threads,
    tokens,
    webvh,
)
from benchmarks.goals import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PARTS: Final[Mapping[str, Callable[[Report], None]]] = {
    "import": imports.imports,
    "memory": imports.memory,
    "verify": licenses.verify,
    "decide": licenses.decide,
    "compiled": licenses.compiled,
    "vc-jwt": tokens.vc_jwt,
    "jcs": tokens.jcs,
    "sd-jwt": sd_jwts.sd_jwt,
    "ecdsa-rdfc": selective.ecdsa_rdfc,
    "ecdsa-sd": selective.ecdsa_sd,
    "bbs": selective.bbs,
    "quads": scaling.quads,
    "poison": scaling.poison,
    "status": statuses.status,
    "did-key": resolving.did_key,
    "did-web": resolving.did_web,
    "threads": threads.threads,
    "webvh": webvh.webvh,
    "board-issue": registers.board_issue,
    "board-publish": boards.publish,
    "board-lookup": boards.lookup,
    "board-writers": boards.writers,
    "board-feed": feeds.board_feed,
}


def main(names: Sequence[str]) -> int:
    """Measure and print; 0 whatever the figures are."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"there is no {', '.join(unknown)}; the parts: {', '.join(PARTS)}")
        return 2
    report = Report()
    for name, part in PARTS.items():
        if not names or name in names:
            report.say(f"[{name}]")
            part(report)
            report.say("")
    report.say(report.summary())
    return 0


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    # A peer leaves threads of its own behind, which abort an interpreter that ends in
    # the ordinary way now and then.
    os._exit(status)
