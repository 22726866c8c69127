"""What fresh processes cost: importing medid, and the memory of one verification."""

from __future__ import annotations

import resource
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.goals import at_most
from benchmarks.rounds import number
from benchmarks.work import CHALLENGE, DOMAIN, NOW, World, as_bytes

if TYPE_CHECKING:
    from benchmarks.goals import Report

ROUNDS: Final = 11
CODES: Final = {
    "bare interpreter": "pass",
    "import cryptography's Ed25519": (
        "import cryptography.hazmat.primitives.asymmetric.ed25519"
    ),
    "import medid": "import medid",
    "import medid, and its verifiers": (
        "from medid import AccessVerifier, Verifier"  # loaded at their first use
    ),
}
# The high-water mark of this process alone: what getrusage tells on Linux counts the
# pages of the parent from before exec.
_PEAK: Final = """
def peak():
    try:
        with open("/proc/self/status") as status:
            found = [line for line in status if line.startswith("VmHWM:")]
        return int(found[0].split()[1])
    except (OSError, IndexError):
        import resource, sys
        unit = 1_024 if sys.platform == "darwin" else 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
"""
_VERIFY: Final = f"""
import sys
from medid import Expectations, Instant, StatusPolicy, Verifier
expect = Expectations(
    challenge={CHALLENGE!r}, domain={DOMAIN!r}, status=StatusPolicy.OFF
)
verifier = Verifier(expect=expect)
found = verifier.verify(sys.stdin.buffer.read(), at=Instant.parse("{NOW}"))
found.raise_for_errors()
"""
MEMORY_GOAL: Final = 40  # MB of process size


def cpu(code: str) -> float:
    """CPU milliseconds of a fresh interpreter that runs ``code``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user = after.ru_utime - before.ru_utime
    return 1_000 * (user + after.ru_stime - before.ru_stime)


def imports(report: Report) -> None:
    """The median of interleaved rounds."""
    samples: dict[str, list[float]] = {name: [] for name in CODES}
    for code in CODES.values():
        cpu(code)
    for _ in range(ROUNDS):
        for name, code in CODES.items():
            samples[name].append(cpu(code))
    spent = {name: median(found) for name, found in samples.items()}
    bare = spent["bare interpreter"]
    report.say(f"import, in a fresh interpreter\n  {'':50}{'CPU ms':>10}{'over':>10}")
    for name, figure in spent.items():
        report.say(f"  {name:50}{number(figure):>10}{figure - bare:+10.1f}")
    goal = at_most(60, "import medid, over the bare interpreter", unit="ms")
    report.judge(goal, spent["import medid"] - bare)


def memory(report: Report) -> None:
    """The largest size of a process that verifies one presentation."""
    world = World()
    shown = as_bytes(world.presentation(0, world.license(), world.consent()))
    report.say(f"peak size of a process\n  {'':50}{'MB':>10}")
    steps = {
        "bare interpreter": "",
        "with cryptography's Ed25519": CODES["import cryptography's Ed25519"],
        "that verifies a presentation": _VERIFY,
    }
    for name, code in steps.items():
        megabytes = peak(code, shown)
        report.say(f"  {name:50}{megabytes:10.1f}")
    goal = at_most(MEMORY_GOAL, "peak size, verifying one presentation", unit="MB")
    report.judge(goal, megabytes)


def peak(code: str, given: bytes) -> float:
    """The most megabytes that a fresh interpreter takes that runs ``code``."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"{code}\n{_PEAK}\nprint(peak())"],
        input=given,
        capture_output=True,
        check=True,
    )
    return int(done.stdout) / 1_000 * 1.024
