"""The trust source port: whose word counts now, in a verifier that keeps running.

A registry does not change. What a site believes does: a board is struck off while
verifiers run. A source is asked once for each decision, and says for how long its
answer may be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from medid.trust.registry import TrustRegistry

if TYPE_CHECKING:
    from medid.core.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a source said.

    Attributes:
        registry: Whom to believe.
        until: When the source would look again, so that nothing that was decided is
            used any longer; ``None`` for a registry that does not change.
    """

    registry: TrustRegistry
    until: Instant | None = None


class TrustSource(Protocol):
    """Gives the registry that holds at present."""

    def standing(self) -> Standing:
        """The registry of this very moment. Called from any thread.

        Raises:
            Unchecked: Whom to believe is not known at present; nothing is permitted.
        """


def standing(trust: TrustRegistry | TrustSource) -> Standing:
    """What holds at present: of a registry, itself.

    Raises:
        Unchecked: As ``TrustSource.standing`` raises.
    """
    if isinstance(trust, TrustRegistry):
        return Standing(registry=trust)
    return trust.standing()
