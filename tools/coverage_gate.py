"""Hold every room to its branch coverage.

Reads the report of ``coverage json`` and prints one row for each room that is below
its gate. Knows the rooms by the folders of ``src/medid``: one that is there and was
never measured fails as well.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PACKAGE: Final = Path("src/medid")
#: Rooms in which an untested branch is an untested refusal.
COMPLETE: Final = frozenset(
    {
        "access",
        "board",
        "core",
        "credentials",
        "dids",
        "errors",
        "health",
        "jsonld",
        "keys",
        "securing",
        "status",
        "trust",
        "verifying",
    }
)
COMPLETE_PERCENT: Final = 100.0
OTHER_PERCENT: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What was counted in one room: statements and branches together."""

    name: str
    covered: int
    total: int
    holes: tuple[str, ...]

    @property
    def percent(self) -> float:
        """Covered statements and branches, in percent; 100 where there are none."""
        return 100.0 * self.covered / self.total if self.total else 100.0

    @property
    def gate(self) -> float:
        """What this room must reach, in percent."""
        return COMPLETE_PERCENT if self.name in COMPLETE else OTHER_PERCENT

    @property
    def holds(self) -> bool:
        """Whether this room reaches its gate."""
        return self.percent >= self.gate


def room_of(file: str) -> str:
    """The room that ``file`` belongs to: a folder or module right below the package."""
    inside = Path(file).relative_to(PACKAGE)
    return inside.parts[0].removesuffix(".py")


def rooms(report: Mapping[str, Any]) -> list[Room]:
    """The rooms of a ``coverage json`` report, by name.

    Raises:
        ValueError: The report was made without branches.
    """
    if not report["meta"]["branch_coverage"]:
        raise ValueError("the report counts no branches: set branch = true")
    files: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for file, measured in report["files"].items():
        files[room_of(file)].append((file, measured))
    return [_room(name, files[name]) for name in sorted(files)]


def _room(name: str, files: Iterable[tuple[str, Mapping[str, Any]]]) -> Room:
    covered = total = 0
    holes: list[str] = []
    for file, measured in files:
        summary = measured["summary"]
        covered += summary["covered_lines"] + summary["covered_branches"]
        total += summary["num_statements"] + summary["num_branches"]
        holes += [f"{file}:{line}" for line in measured["missing_lines"]]
        holes += [
            f"{file}:{start}->{'exit' if end < 0 else end}"
            for start, end in measured["missing_branches"]
        ]
    return Room(name=name, covered=covered, total=total, holes=tuple(holes))


def unmeasured(measured: Iterable[Room], package: Path = PACKAGE) -> list[str]:
    """The rooms of ``package`` that the report says nothing about."""
    there = {
        room_of(str(PACKAGE / path.relative_to(package)))
        for path in package.rglob("*.py")
    }
    return sorted(there - {room.name for room in measured})


def main(arguments: list[str]) -> int:
    """Print what is below its gate; 0 where nothing is."""
    report = json.loads(Path(arguments[0]).read_text("utf-8"))
    found = rooms(report)
    absent = unmeasured(found)
    low = [room for room in found if not room.holds]
    for name in absent:
        print(f"{name:12} never measured")
    for room in low:
        print(f"{room.name:12} {room.percent:6.2f} % (gate {room.gate:.0f} %)")
        print("".join(f"    {hole}\n" for hole in room.holes[:20]), end="")
        if len(room.holes) > 20:
            print(f"    and {len(room.holes) - 20} more")
    if not found or absent or low:
        print("branch coverage: below its gate")
        return 1
    total = sum(room.total for room in found)
    covered = sum(room.covered for room in found)
    print(f"branch coverage: every gate holds, {100 * covered / total:.2f} % over all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
