"""The overlay port: a permit, what it stands on, and what a law makes of it.

Spec: https://w3id.org/medid/consent-evaluation/1#overlays
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from medid.access.consent_types import Resource

if TYPE_CHECKING:
    from medid.access.consent_types import ConsentRequest, DataUse, Obligation
    from medid.health.codes import Coding
    from medid.health.consent_tree import Criteria, Span

ATTRIBUTES: Final = frozenset(Resource._fields) - {"type"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A permit for one purpose.

    Attributes:
        purpose: The purpose; a request with several is several questions.
        request: The request. Its resource is not the one to look at.
        resource: The data, with its type and what the overlay looks at; ``None`` where
            no data is named yet.
        consent: The consent that permits; ``None`` where the default policy does.
        criteria: What the rule that permits restricts itself to.
        period: When that consent is in force, where it says so.
        signed: Whether it says when it was given.
        data_use: What the data may be used for in research, where that is known.
    """

    purpose: Coding
    request: ConsentRequest
    resource: Resource | None
    consent: str | None = None
    criteria: Criteria | None = None
    period: Span | None = None
    signed: bool = False
    data_use: DataUse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an overlay makes of a permit.

    Attributes:
        clause: The clause by which it is denied, in the law's own numbering; ``None``
            leaves it.
        obligations: What the permit obliges to as well.
    """

    clause: str | None = None
    obligations: tuple[Obligation, ...] = ()


LEAVE: Final = Answer()


@runtime_checkable
class Overlay(Protocol):
    """One law, or one set of rules of its kind.

    Attributes:
        name: As settings name it, and reasons: ``US-42CFR2``.
        version: Of its reading of the law; it is in every decision.
        looks_at: The attributes of ``Resource`` that it looks at, beside the type. It
            is shown no others.
    """

    @property
    def name(self) -> str:
        """As settings and reasons name it."""

    @property
    def version(self) -> str:
        """Of its reading of the law."""

    @property
    def looks_at(self) -> frozenset[str]:
        """The attributes of a resource that it looks at."""

    def narrow(self, question: Question) -> Answer:
        """What becomes of the permit. Pure: the question alone decides.

        Raises:
            Exception: Whatever it raises, nothing is permitted.
        """


def shown(resource: Resource | None, overlay: Overlay) -> Resource | None:
    """The part of ``resource`` that ``overlay`` looks at."""
    if resource is None:
        return None
    seen: dict[str, Any] = {
        name: getattr(resource, name) for name in ATTRIBUTES & overlay.looks_at
    }
    return Resource(type=resource.type, **seen)
