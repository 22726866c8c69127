"""What the license rules found, as the findings of a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.access.decision import Finding

if TYPE_CHECKING:
    from medid.access.license_facts import LicenseFinding


def license_findings(found: LicenseFinding) -> tuple[Finding, ...]:
    """Why the license permits or does not, and what it stands on."""
    return (
        *(
            Finding(code=code, about="license", credential=found.decided_by)
            for code in found.reasons or ("LICENSE_OK",)
        ),
        *(
            # Because of this one the license counts where care takes place.
            Finding(code="SUPPORT_OK", about="license", credential=one.id)
            for one in found.supports
        ),
    )
