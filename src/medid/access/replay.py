"""A decision of an evidence bundle, made again, and held beside what was recorded.

Compared is what a decision says: outcome, time, end, duties, reasons and what it stands
on. Not compared are texts for people, which may change between versions, the name under
which a decision was recorded, and the version of medid: that is told beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from medid.access import bundle as bundles
from medid.access.bundle_site import RecordedPolicy
from medid.access.judge import prejudge
from medid.access.site_policy import narrowed, question
from medid.core.fields import as_object
from medid.core.version import VERSION
from medid.errors import EvidenceUnavailable

if TYPE_CHECKING:
    from medid.access.bundle import Bundle
    from medid.access.decision import Decision
    from medid.access.site_policy import SitePolicy
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
        policy: Whether the site's own policy was asked again, or what it said then was
            taken from the bundle; ``None`` where it had nothing to say.
    """

    decision: Decision
    differences: tuple[str, ...]
    library: str
    policy: Literal["asked-again", "as-recorded"] | None = None

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
        policy: JsonObject = {} if self.policy is None else {"policy": self.policy}
        return {
            "same": bool(self),
            "outcome": self.decision.outcome.value,
            "differences": differences,
            "decidedBy": self.library,
            "replayedBy": VERSION,
            **policy,
        }


def replay(bundle: Bundle, *, policy: SitePolicy | None = None) -> Replay:
    """Judge the case of ``bundle`` again. Whether it is genuine, ask before.

    Args:
        bundle: As it was read.
        policy: The site's own policy that was in force, to be asked again. Without it,
            what it said then counts, to the very question that it was asked.

    Raises:
        Unchecked: It cannot be judged here: a context is missing or another, or the
            policy is another.
        MedidError: A member of the bundle is not of its form.
    """
    prejudged = prejudge(bundles.case_of(bundle))
    decision, source = prejudged.decision(), None
    if bundle.policy is not None and decision:
        asked = question(prejudged, decision)
        source = _source(bundle.policy, policy)
        decision = narrowed(decision, lambda: source.narrow(asked))
    now, then = _compared(decision.as_json()), _compared(bundle.decision)
    differences = [
        name for name in dict.fromkeys((*then, *now)) if then.get(name) != now.get(name)
    ]
    return Replay(
        decision=decision,
        differences=tuple(differences),
        library=bundle.library,
        policy=_told(source),
    )


def _source(
    recorded: RecordedPolicy, policy: SitePolicy | None
) -> SitePolicy | RecordedPolicy:
    """Who says what becomes of a permit.

    Raises:
        EvidenceUnavailable: The policy is not the one that was in force.
    """
    if policy is None:
        return recorded
    if policy.digest != recorded.digest:
        message = "this is another policy than the one that was in force"
        fix = "replay with the policy of that time, or with none"
        raise EvidenceUnavailable(message, path="$.policy", fix=fix)
    return policy


def _told(
    source: SitePolicy | RecordedPolicy | None,
) -> Literal["asked-again", "as-recorded"] | None:
    if source is None:
        return None
    return "as-recorded" if isinstance(source, RecordedPolicy) else "asked-again"


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
