"""Ask the overlays about a permit of the consent rules: they may only narrow it.

Each is asked in the order of the settings, and the first that denies decides. What one
raises, or answers that is no answer, is a denial too: what a law makes of the permit is
not known then.

Spec: https://w3id.org/medid/consent-evaluation/1#overlays
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from medid.access.consent_types import (
    NO_CONSENT,
    ConsentFinding,
    Reason,
    is_obligation,
)
from medid.access.overlays.port import Answer, Question, shown
from medid.core.records import replace

if TYPE_CHECKING:
    from medid.access.consent_match import Asked
    from medid.access.consent_standing import Standing
    from medid.access.consent_types import Resource
    from medid.access.overlays.port import Overlay
    from medid.health.codes import Coding
    from medid.health.consent_tree import Criteria, Rule

# A clause in a law's own numbering. Free text could carry a patient's data.
_CLAUSE: Final = re.compile(r"[A-Za-z0-9.()§:\-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What a permit stands on: a rule of a consent, or nothing but the default policy.

    Attributes:
        standing: The consent.
        rule: The rule of it that permits.
        criteria: What that restricts itself to, what it inherited included.
    """

    standing: Standing | None = None
    rule: Rule | None = None
    criteria: Criteria | None = None


def overlaid(
    asked: Asked, resource: Resource | None, finding: ConsentFinding, permit: Permit
) -> ConsentFinding:
    """``finding``, a permit, after each overlay was asked.

    Args:
        asked: The request, for the purpose that is permitted.
        resource: The data.
        finding: What the rules say.
        permit: What it stands on.
    """
    obligations = list(finding.obligations)
    for overlay in asked.settings.overlays:
        answer = _answer(overlay, asked, resource, permit)
        if answer is None:
            return _denied(overlay, None, permit)
        if answer.clause is not None:
            return _denied(overlay, answer.clause, permit)
        obligations += answer.obligations
    return replace(finding, obligations=tuple(dict.fromkeys(obligations)))


def _answer(
    overlay: Overlay, asked: Asked, resource: Resource | None, permit: Permit
) -> Answer | None:
    """What the overlay says; ``None`` where that is nothing to go by."""
    try:
        seen = shown(resource, overlay)
        answer: object = overlay.narrow(_question(asked, seen, permit))
    except Exception:  # noqa: BLE001 - whatever a package raises, nothing is permitted
        return None
    return answer if isinstance(answer, Answer) and _is_sound(answer) else None


def _is_sound(answer: Answer) -> bool:
    clause: object = answer.clause
    sound = clause is None or (
        isinstance(clause, str) and _CLAUSE.fullmatch(clause) is not None
    )
    # Another iterable would be used up by looking at it, and oblige to nothing.
    obligations: object = answer.obligations
    listed = isinstance(obligations, tuple | list)
    return sound and listed and all(map(is_obligation, answer.obligations))


def _question(asked: Asked, resource: Resource | None, permit: Permit) -> Question:
    standing, data_use = permit.standing, asked.settings.data_use
    consent = None if standing is None else standing.facts.id
    return Question(
        purpose=cast("Coding", asked.purpose),  # without one, nothing permits
        request=asked.request,
        resource=resource,
        consent=consent,
        criteria=permit.criteria,
        period=None if standing is None else standing.period,
        signed=standing is not None and standing.signed,
        data_use=data_use.get(NO_CONSENT if consent is None else consent),
    )


def _denied(overlay: Overlay, clause: str | None, permit: Permit) -> ConsentFinding:
    code, message = "OVERLAY_DENY", "an overlay denies what the consent rules permit"
    if clause is None:
        code, message = "OVERLAY_UNAVAILABLE", "an overlay gave no answer"
    return ConsentFinding(
        decision="deny",
        outcome="deny" if clause is not None else "indeterminate",
        decided_by=f"overlay:{overlay.name}",
        reasons=(
            Reason(
                code=code,
                rule=f"{overlay.name} {clause}" if clause else overlay.name,
                message=message,
                consent=None if permit.standing is None else permit.standing.facts.id,
                path=None if permit.rule is None else permit.rule.path,
            ),
        ),
    )
