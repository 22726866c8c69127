"""Until when a status list can be relied on.

Knows no clock: the time in question and the time of the fetch come in.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-13.7
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError, StatusStale, StatusVerificationError

if TYPE_CHECKING:
    from medid.core.instant import Instant, Window

# A list that its issuer has just published may come from a clock slightly ahead.
CLOCK_SKEW: Final = 60  # seconds; it never makes a list last longer


def believed_until(
    fetched_at: Instant, *, max_age_seconds: float, ttl_seconds: float
) -> Instant:
    """The first instant at which a copy is older than its list or policy allows.

    Raises:
        ConfigurationError: ``max_age_seconds`` is negative, or no length of time.
    """
    if not 0 <= max_age_seconds < float("inf"):
        raise ConfigurationError("the maximum age of a status list is not a length")
    return fetched_at.plus(min(max_age_seconds, ttl_seconds))


def freshness(
    validity: Window, believed: Instant, at: Instant, *, path: str = "$"
) -> Instant:
    """The end of the list's freshness, which lies after ``at``.

    Args:
        validity: From when to when the list says that it holds.
        believed: Until when this copy of it is believed.
        at: The time in question.
        path: Where the list is named, for the error.

    Raises:
        StatusVerificationError: The list only holds later than ``at``.
        StatusStale: It has ended, or this copy is too old.
    """
    start, end = validity.start, validity.end
    if start is not None and at.plus(CLOCK_SKEW) < start:
        # It knows the statuses of a later time; what they were at ``at`` is unknown.
        message = "the list is not yet valid: the status at this time is unknown"
        fix = "supply the list that was valid at this time"
        raise StatusVerificationError(message, path=path, fix=fix)
    if end is not None and at >= end:
        raise StatusStale("the list's validity period has ended", path=path)
    if at >= believed:
        raise StatusStale("the list is older than its ttl or policy allows", path=path)
    return believed if end is None else min(believed, end)
