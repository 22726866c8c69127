"""Whether the credential status that verification found is good, known and fresh.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.license_facts import Verified
    from medid.core.instant import Instant

# A status that was checked after the decision's own time, beyond what clocks differ by.
_CLOCK_SKEW: Final = 300  # seconds


def status_problems(verified: Verified, *, at: Instant, max_age: int) -> Iterator[str]:
    """The codes of what is wrong with a status at ``at``; ``max_age`` in seconds."""
    checked = verified.status_checked_at
    if verified.status in {"revoked", "suspended"}:
        # Bad news counts, whenever it was heard.
        yield f"CREDENTIAL_{verified.status.upper()}"
    elif (
        verified.status != "valid"
        or checked is None
        or at.since(checked) < -_CLOCK_SKEW
    ):
        yield "STATUS_UNKNOWN"
    if checked is not None and at.since(checked) > max_age:
        yield "STATUS_STALE"
