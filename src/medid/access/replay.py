"""A decision of an evidence bundle, made again, and held beside what was recorded.

Compared is what a decision says: outcome, time, end, duties, reasons and what it stands
on. Not compared are texts for people, which may change between versions, the name under
which a decision was recorded, and the version of medid: that is told beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access import bundle as bundles
from medid.access.judge import judge
from medid.core.fields import as_object
from medid.core.version import VERSION

if TYPE_CHECKING:
    from medid.access.bundle import Bundle
    from medid.access.decision import Decision
    from medid.core.json import JsonObject, JsonValue

_FOR_PEOPLE: Final = "message"
_MEMBERS: Final = ("outcome", "time", "expires", "obligations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of a decision that was made again; truthy where it is the same.

    Attributes:
        decision: As judged now, by this version of medid.
        differences: What differs, by name: ``decision``, ``outcome``, ``reasons``, or
            a part of what it stands on, such as ``basis.trust``.
        library: The version of medid that decided then.
    """

    decision: Decision
    differences: tuple[str, ...]
    library: str

    def __bool__(self) -> bool:
        """Whether the same was decided."""
        return not self.differences

    @property
    def same_library(self) -> bool:
        """Whether this is the version of medid that decided then."""
        return self.library == VERSION

    def as_json(self) -> JsonObject:
        """As the command line prints it."""
        differences: list[JsonValue] = [*self.differences]
        return {
            "same": bool(self),
            "outcome": self.decision.outcome.value,
            "differences": differences,
            "decidedBy": self.library,
            "replayedBy": VERSION,
        }


def replay(bundle: Bundle) -> Replay:
    """Judge the case of ``bundle`` again. Whether it is genuine, ask before.

    Raises:
        Unchecked: It cannot be judged here: a context is missing or another.
        MedidError: A member of the bundle is not of its form.
    """
    decision = judge(bundles.case_of(bundle))
    now, then = _compared(decision.as_json()), _compared(bundle.decision)
    differences = [
        name for name in dict.fromkeys((*then, *now)) if then.get(name) != now.get(name)
    ]
    return Replay(
        decision=decision, differences=tuple(differences), library=bundle.library
    )


def _compared(decision: JsonObject) -> JsonObject:
    """The parts of a decision that must come out the same, by name."""
    context = as_object(decision.get("context"), "$.decision.context")
    basis = as_object(context.get("basis", {}), "$.decision.context.basis")
    return {
        "decision": decision.get("decision"),
        **{name: context.get(name) for name in _MEMBERS},
        "reasons": _reasons(context.get("reasons")),
        **{f"basis.{name}": basis[name] for name in basis if name != "library"},
    }


def _reasons(value: JsonValue) -> JsonValue:
    if not isinstance(value, list):
        return value
    return [
        {name: said for name, said in one.items() if name != _FOR_PEOPLE}
        if isinstance(one, dict)
        else one
        for one in value
    ]
