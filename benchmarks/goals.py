"""What is to be reached, and whether it was: printed, never a reason to fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.rounds import number

if TYPE_CHECKING:
    from benchmarks.rounds import Race

Bound = Literal["at most", "at least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A bound for one figure; as a ratio unless ``unit`` says otherwise."""

    name: str
    bound: Bound
    limit: float
    unit: str = "x"

    def __str__(self) -> str:
        return f"{self.bound} {number(self.limit)}{_spaced(self.unit)}"

    def verdict(self, figure: float | None) -> str:
        """``within``, ``BEYOND`` or that there was nothing to judge."""
        if figure is None:
            return "not measured"
        reached = figure <= self.limit if self.bound == "at most" else None
        if reached is None:
            reached = figure >= self.limit
        return "within" if reached else "BEYOND"


def at_most(limit: float, name: str, *, unit: str = "x") -> Goal:
    """A goal that a figure is not above."""
    return Goal(name=name, bound="at most", limit=limit, unit=unit)


def at_least(limit: float, name: str, *, unit: str = "x") -> Goal:
    """A goal that a figure is not below."""
    return Goal(name=name, bound="at least", limit=limit, unit=unit)


class Report:
    """Prints what is measured, and at the end every goal in one table."""

    def __init__(self) -> None:
        """Start with nothing judged."""
        self._judged: list[tuple[Goal, float | None]] = []

    def say(self, text: str) -> None:
        """Print, at once."""
        print(text, flush=True)

    def judge(self, goal: Goal, figure: float | None) -> None:
        """Print ``figure`` beside its goal, and keep it for the summary."""
        self._judged.append((goal, figure))
        verdict = goal.verdict(figure)
        self.say(
            f"  - {goal.name}: {_written(figure, goal)}, {verdict} the goal of {goal}"
            if figure is not None
            else f"  - {goal.name}: {verdict}; the goal is {goal}"
        )

    def slower(self, race: Race, goal: Goal, *, who: str, than: str) -> None:
        """Judge how many times as long ``who`` takes as ``than``."""
        self.judge(goal, race.ratio(who, than))

    def faster(self, race: Race, goal: Goal, *, who: str, than: str) -> None:
        """Judge how many times as fast ``who`` is as ``than``."""
        self.judge(goal, race.ratio(than, who))

    def summary(self) -> str:
        """Every goal, with its figure and the verdict."""
        lines = [f"{'goals':74}{'figure':>10}  {'goal':16}"]
        for goal, figure in self._judged:
            lines.append(
                f"  {goal.name:72}{_written(figure, goal):>10}  {goal!s:16}"
                f"  {goal.verdict(figure)}"
            )
        return "\n".join(lines)


def _written(figure: float | None, goal: Goal) -> str:
    if figure is None:
        return "-"
    text = f"{figure:.2f}" if goal.unit == "x" and figure < 100 else number(figure)
    return text + _spaced(goal.unit)


def _spaced(unit: str) -> str:
    return unit if unit == "x" else f" {unit}"
