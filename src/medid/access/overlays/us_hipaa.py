"""US-HIPAA: when a disclosure needs the patient's authorization, and what that says.

Treatment, payment and health care operations need none (164.506), nor does the
patient's own request, or that of a personal representative (164.502(g)). Public health
needs none either (164.512), and is accounted for. Everything else, research and
marketing first, and psychotherapy notes for whatever purpose, needs a consent with the
elements of 164.508(c)(1):

=======  ============================================================================
(i)      which information: a label, class, code, period or resource
(ii)     who may disclose it: a custodian
(iii)    who may receive it
(iv)     each purpose
(v)      when it ends; research may say nothing
(vi)     when it was signed
=======  ============================================================================

Left to the organisation: the statements of 164.508(c)(2), waivers by a review board,
limited data sets, and whether a disclosure that is permitted is the minimum necessary.

Spec: https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-E
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.consent_types import Obligation
from medid.access.overlays.port import LEAVE, Answer
from medid.access.overlays.us_42cfr2 import NOTES, TREATMENT_PAYMENT_OPERATIONS
from medid.health.codes import ACT_REASON, Coding, falls_under

if TYPE_CHECKING:
    from medid.access.overlays.port import Question
    from medid.health.consent_tree import Criteria

# Below the patient's request HL7 has those of relatives and of others, too.
_OWN_REQUEST: Final = frozenset(
    {Coding(ACT_REASON, "PATRQT"), Coding(ACT_REASON, "PWATRNY")}
)
_PUBLIC: Final = Coding(ACT_REASON, "PUBHLTH")
_RESEARCH: Final = Coding(ACT_REASON, "HRESCH")
_ACCOUNTED: Final = Obligation("AOD")
_AUTHORIZATION: Final = "164.508(c)(1)"


class Hipaa:
    """The HIPAA Privacy Rule's authorizations."""

    name: Final = "US-HIPAA"
    version: Final = "2024.1"
    looks_at: Final = frozenset({"labels"})

    def narrow(self, question: Question) -> Answer:
        """What the Privacy Rule makes of a permit."""
        labels = question.resource.labels if question.resource else frozenset()
        if NOTES in labels and not _emergency(question):
            stated = question.criteria
            if stated is None or NOTES not in (stated.labels or ()):
                return Answer(clause="164.508(a)(2)")
            return _authorized(question)
        purpose = question.purpose
        if purpose in _OWN_REQUEST or any(
            falls_under(purpose, it) for it in TREATMENT_PAYMENT_OPERATIONS
        ):
            return LEAVE
        if falls_under(purpose, _PUBLIC):
            return Answer(obligations=(_ACCOUNTED,))
        return _authorized(question)


def _emergency(question: Question) -> bool:
    return falls_under(question.purpose, Coding(ACT_REASON, "ETREAT"))


def _authorized(question: Question) -> Answer:
    element = _missing(question)
    if element is None:
        return LEAVE
    return Answer(clause=f"{_AUTHORIZATION}{element}")


def _missing(question: Question) -> str | None:
    """The first element of an authorization that the consent does not have."""
    stated = question.criteria
    if stated is None:
        return ""
    for element, there in (
        ("(i)", _describes(stated)),
        ("(ii)", stated.custodians is not None),
        ("(iii)", stated.recipients is not None),
        ("(iv)", stated.purposes is not None),
        ("(v)", _ends(question)),
        ("(vi)", question.signed),
    ):
        if not there:
            return element
    return None


def _describes(stated: Criteria) -> bool:
    classes = (stated.classes, stated.document_types)
    parts = (*classes, stated.labels, stated.codes, stated.data)
    return stated.data_period is not None or any(part is not None for part in parts)


def _ends(question: Question) -> bool:
    ends = question.period is not None and question.period.end is not None
    return ends or falls_under(question.purpose, _RESEARCH)
