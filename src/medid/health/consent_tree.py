"""A consent as medid sees it: who, what, why and when, in one tree of rules.

FHIR R4 and R5 write consents differently; both are read into this tree, and only this
tree is evaluated. ``None`` means that a rule does not restrict by an attribute; an
empty tuple never occurs, because an empty list in a consent restricts to nothing and
is refused when it is read. Decides nothing.

Spec: https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from medid.health.references import named_type, namespace, unversioned

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.health.codes import Coding


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The half-open time that a period or a date of limited precision covers."""

    start: Instant | None = None
    end: Instant | None = None

    def contains(self, at: Instant) -> bool:
        """Whether ``at`` lies inside."""
        after = self.start is None or self.start <= at
        return after and (self.end is None or at < self.end)

    def covers(self, other: Span) -> bool:
        """Whether all of ``other`` lies inside."""
        starts = self.start is None or (
            other.start is not None and self.start <= other.start
        )
        ends = self.end is None or (other.end is not None and other.end <= self.end)
        return starts and ends

    def overlaps(self, other: Span) -> bool:
        """Whether any of ``other`` lies inside."""
        # The numbers, because comparing instants costs more than all else here.
        start, end = self.start, other.end
        begins = start is None or end is None or start.nanoseconds < end.nanoseconds
        start, end = other.start, self.end
        return begins and (
            start is None or end is None or start.nanoseconds < end.nanoseconds
        )


ALWAYS: Final = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody a rule names: by reference, by identifiers, or not resolvably at all.

    Attributes:
        reference: Of any form that FHIR has, of whatever version.
        identifiers: Systems and values.
        former: Of identifiers that may have been theirs once, and somebody else's now.
        collective: Whether it is an organisation or group, which has members.
    """

    reference: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    former: tuple[tuple[str, str], ...] = ()
    collective: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReference:
    """Data a rule names, and how what is asked for must relate to it.

    Attributes:
        about: What ``reference`` names, of whatever version.
        space: Where that name has its meaning.
        kind: Its resource type, where the name tells.
    """

    meaning: Literal["instance", "related", "dependents", "authoredby"]
    reference: str
    about: str = field(init=False)
    space: str = field(init=False)
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the reference apart once, and not for each resource of a search."""
        about = unversioned(self.reference)
        object.__setattr__(self, "about", about)
        object.__setattr__(self, "space", namespace(about))
        object.__setattr__(self, "kind", named_type(about))


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What must all hold for a rule to match; the values of one attribute are OR-ed."""

    period: Span | None = None
    recipients: tuple[Actor, ...] | None = None
    custodians: tuple[Actor, ...] | None = None
    other_actors: tuple[Actor, ...] | None = None  # roles that medid cannot compare
    actions: tuple[Coding, ...] | None = None
    labels: tuple[Coding, ...] | None = None
    purposes: tuple[Coding, ...] | None = None
    classes: tuple[Coding, ...] | None = None
    document_types: tuple[Coding, ...] | None = None  # R5 tells them from classes
    codes: tuple[Coding, ...] | None = None
    data: tuple[DataReference, ...] | None = None
    data_period: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One permit or deny, with its exceptions.

    Attributes:
        path: Where in the consent it stands, such as ``provision.provision[0]``.
        permit: Whether it permits.
        base: Whether it is only the ground on which R5 provisions stand (A13).
        criteria: What it restricts itself to.
        exceptions: The rules below it.
    """

    path: str
    permit: bool
    criteria: Criteria
    exceptions: tuple[Rule, ...] = ()
    base: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What decides whether an active consent is in force, before its rules are read.

    Attributes:
        disclosing: Whether its scope is patient-privacy or research; treatment and
            adr never authorise a disclosure (E3).
        signed: The day or second it was signed, where it says.
        period: When it is in force (E4); ``None`` where it says nothing.
    """

    disclosing: bool
    signed: Span | None
    period: Span | None
