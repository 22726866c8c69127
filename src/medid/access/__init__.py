"""May this person, for this purpose, see this patient's data now?

``AccessVerifier`` is the one public call; ``judge`` is its pure part, which repeats a
decision from sealed evidence. Licenses and consents are evaluated by the same rules
wherever they come from: a presentation, or a scenario file.

Two further questions over the same rules: ``on_date_of_service`` asks whether the
services of a claim were rendered by somebody licensed for them, and ``cohort`` whose
records may be used for one purpose.

For authorization servers, ``token_request`` reads what a token is asked for, and
``token_grant`` says what it may hold.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from medid.access.claim_findings import ClaimFinding, ItemFinding
    from medid.access.claim_settings import ClaimSettings
    from medid.access.claims import AtHand, on_date_of_service
    from medid.access.cohort_counts import CohortCounts
    from medid.access.cohorts import Cohort, CohortRequest, cohort
    from medid.access.tokens_in import TokenRequest, token_request
    from medid.access.tokens_out import TokenGrant, token_grant

# Loaded at their first use: whoever decides at a gateway needs none of them.
_HOMES: Final = {
    "AtHand": "medid.access.claims",
    "ClaimFinding": "medid.access.claim_findings",
    "ClaimSettings": "medid.access.claim_settings",
    "Cohort": "medid.access.cohorts",
    "CohortCounts": "medid.access.cohort_counts",
    "CohortRequest": "medid.access.cohorts",
    "ItemFinding": "medid.access.claim_findings",
    "TokenGrant": "medid.access.tokens_out",
    "TokenRequest": "medid.access.tokens_in",
    "cohort": "medid.access.cohorts",
    "on_date_of_service": "medid.access.claims",
    "token_grant": "medid.access.tokens_out",
    "token_request": "medid.access.tokens_in",
}

__all__ = [
    "AtHand",
    "ClaimFinding",
    "ClaimSettings",
    "Cohort",
    "CohortCounts",
    "CohortRequest",
    "ItemFinding",
    "TokenGrant",
    "TokenRequest",
    "cohort",
    "on_date_of_service",
    "token_grant",
    "token_request",
]


def __getattr__(name: str) -> object:
    """Load a public name from the module where it lives, at its first use."""
    if name not in _HOMES:
        message = f"module 'medid.access' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)
