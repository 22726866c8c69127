"""What can be told about a decision: all of it, or what an outsider may know.

``Explanation`` holds what a ``Decision`` says, whether it was decided just now or read
back from its JSON. ``PublicAnswer`` holds no reason at all, so that whatever is made of
it can tell none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access.decision import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.access.check_tree import Branch
    from medid.access.consent_types import Obligation
    from medid.access.decision import Basis, Decision, Finding
    from medid.core.instant import Instant
    from medid.trust import ToldChain

_SUMMARIES: Final[Mapping[Outcome, str]] = {
    Outcome.PERMIT: "Access is permitted.",
    Outcome.DENY: "Access is not permitted: a check ran, and its answer is no.",
    Outcome.NOT_APPLICABLE: "Access is not permitted: no consent on file speaks to the "
    "request.",
    Outcome.INDETERMINATE: "Access is not permitted: something could not be checked or "
    "understood.",
}
_PUBLIC_SUMMARIES: Final = {
    True: "Access is permitted.",
    False: "Access is not permitted.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAnswer:
    """What an outsider may know: yes with its end and its duties, or no.

    All refusals are equal: nobody learns from one that a patient exists, or withholds
    something.
    """

    permitted: bool
    expires: Instant | None = None
    obligations: tuple[Obligation, ...] = ()

    @property
    def summary(self) -> str:
        """The answer in one sentence."""
        return _PUBLIC_SUMMARIES[self.permitted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision with its reasons, as ``Decision`` describes them.

    For whoever may know that a restriction exists. Everybody else gets ``public()``.
    """

    outcome: Outcome
    at: Instant
    findings: tuple[Finding, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    expires: Instant | None = None
    tree: tuple[Branch, ...] = ()
    basis: Basis | None = None
    id: str | None = None

    @classmethod
    def of(cls, decision: Decision) -> Explanation:
        """What ``decision`` says."""
        return cls(
            outcome=decision.outcome,
            at=decision.at,
            findings=decision.findings,
            obligations=decision.obligations,
            expires=decision.expires,
            tree=decision.tree,
            basis=decision.basis,
            id=decision.id,
        )

    @property
    def permitted(self) -> bool:
        """Whether the outcome is permit."""
        return self.outcome is Outcome.PERMIT

    @property
    def summary(self) -> str:
        """The answer in one sentence."""
        return _SUMMARIES[self.outcome]

    @property
    def further_codes(self) -> tuple[str, ...]:
        """The codes in the tree that no finding has, in their order, each once."""
        told = {finding.code for finding in self.findings}
        found = (code for branch in self.tree for code in _codes(branch))
        return tuple(dict.fromkeys(code for code in found if code not in told))

    @property
    def chains(self) -> tuple[ToldChain, ...]:
        """By whose word issuers are believed whom no trust entry names, each once."""
        found = (chain for branch in self.tree for chain in _chains(branch))
        return tuple(dict.fromkeys(found))

    def public(self) -> PublicAnswer:
        """The same answer without anything that tells why."""
        if not self.permitted:
            return PublicAnswer(permitted=False)
        return PublicAnswer(
            permitted=True, expires=self.expires, obligations=self.obligations
        )


def _codes(branch: Branch) -> Iterator[str]:
    yield from branch.codes
    for one in branch.children:
        yield from _codes(one)


def _chains(branch: Branch) -> Iterator[ToldChain]:
    yield from branch.chains
    for one in branch.children:
        yield from _chains(one)
