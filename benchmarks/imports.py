"""What ``import medid`` costs over the bare interpreter, in CPU milliseconds."""

from __future__ import annotations

import resource
import subprocess
import sys
from statistics import median
from typing import Final

GOAL: Final = 60.0  # ms of CPU over the bare interpreter
ROUNDS: Final = 15


def cpu(code: str) -> float:
    """CPU milliseconds of a fresh interpreter that runs ``code``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user = after.ru_utime - before.ru_utime
    return 1_000 * (user + after.ru_stime - before.ru_stime)


def report(rounds: int = ROUNDS) -> str:
    """The median of interleaved rounds."""
    codes = {"bare interpreter": "pass", "import medid": "import medid"}
    samples: dict[str, list[float]] = {name: [] for name in codes}
    for code in codes.values():
        cpu(code)
    for _ in range(rounds):
        for name, code in codes.items():
            samples[name].append(cpu(code))
    bare, with_medid = (median(samples[name]) for name in codes)
    over = with_medid - bare
    verdict = "within" if over <= GOAL else "BEYOND"
    return (
        "import, CPU ms\n"
        f"  {'bare interpreter':46}{bare:10.1f}\n"
        f"  {'import medid':46}{with_medid:10.1f}"
        f"   +{over:.1f}, {verdict} the goal of {GOAL:.0f}"
    )
