"""The challenge port: a presentation is judged against one challenge, once.

Spec: https://www.w3.org/TR/vc-data-integrity/#defn-challenge
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from medid.core.instant import Instant

# A person needs a minute or two to present; a stolen presentation should not keep.
CHALLENGE_LIFETIME: Final = 300  # seconds


class ChallengeStore(Protocol):
    """Issues challenges of at least 128 bits and accepts each of them once.

    Both calls are atomic: of any number of threads or processes that consume one
    challenge at the same time, exactly one succeeds.
    """

    def issue(self, *, lifetime_seconds: int = CHALLENGE_LIFETIME, at: Instant) -> str:
        """A new challenge, good for one use until ``lifetime_seconds`` after ``at``.

        Raises:
            EvidenceUnavailable: The store cannot be used.
        """

    def consume(self, challenge: str, *, at: Instant) -> None:
        """Return if ``challenge`` was issued here, is not too old and was not used.

        Raises:
            Replayed: It was used before, was never issued here, or is too old.
            EvidenceUnavailable: The store cannot be used.
        """
