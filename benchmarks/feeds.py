"""How long a verifier goes on to believe a license that a board has suspended.

A board with a register in SQLite publishes to a static host over TLS on this machine; a
verifier decides behind a cache that follows the board's feed. What is measured begins
with the clerk's order and ends with the first refusal.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.goals import at_most
from medid.core.instant import system_clock
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from benchmarks.goals import Report

ROUNDS: Final = 8
PATIENCE: Final = 30.0  # seconds, after which something is wrong
LOOK: Final = 0.01  # seconds between two decisions


def board_feed(report: Report) -> None:
    """Suspend and reinstate, and ask until it counts."""
    try:
        from tests.adapters.feed_world import Followed
    except ImportError as reason:
        report.say(f"  left out: {reason}")
        return
    with TemporaryDirectory() as folder, Followed.begun(Path(folder)) as world:
        verifier = Verifier(fetch=world.fetch)
        taken = []
        for count in range(ROUNDS):
            status = "suspended" if count % 2 == 0 else "active"
            started = time.perf_counter()
            world.board.change("35.1", status)
            world.publish()
            while bool(verifier.verify(world.license)) == (status == "suspended"):
                if time.perf_counter() - started > PATIENCE:
                    report.say(f"  still believed after {PATIENCE:.0f} seconds")
                    return
                time.sleep(LOOK)
            taken.append(time.perf_counter() - started)
        assert verifier.verify(world.license, at=system_clock())
        shown = ", ".join(f"{one:.2f}" for one in sorted(taken))
        report.say(f"from an order to the first decision by it, seconds: {shown}")
        goal = at_most(2, "a verifier learns of a change by the feed", unit="s")
        report.judge(goal, max(taken))
