"""US-42CFR2: confidentiality of substance use disorder patient records.

Asked about data that is labelled as such (``SUD`` and its kinds). Followed:

==========  ===========================================================================
2.12(d)     nothing for legal proceedings against the patient: purpose ``HLEGAL``
2.31(a)(3)  the consent describes the data as substance use disorder data: a label
2.31(a)(4)  it says who may receive it
2.31(a)(5)  it says for which purposes
2.31(a)(7)  it says when it ends, where it is for more than treatment, payment and
            health care operations
2.31(a)(9)  it says when it was signed
2.31(b)     counselling notes (``PSYTHPN``) have a consent that names them
2.32        each disclosure travels with the notice that forbids redisclosure
2.51        a medical emergency (``ETREAT`` and below) needs no consent, and a record
==========  ===========================================================================

Without a consent nothing is permitted, whatever the default policy says. Left to the
organisation: who is a program under Part 2, what a consent's text says on revocation,
audits, research and court orders, and the copy of the consent that travels along.

Spec: https://www.ecfr.gov/current/title-42/chapter-I/subchapter-A/part-2
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.consent_types import PROFILE_URI, Obligation
from medid.access.overlays.port import LEAVE, Answer
from medid.health.codes import ACT_CODE, ACT_REASON, Coding, falls_under

if TYPE_CHECKING:
    from medid.access.overlays.port import Question
    from medid.health.consent_tree import Criteria

SUBSTANCE_USE: Final = Coding(ACT_CODE, "SUD")
NOTES: Final = Coding(ACT_CODE, "PSYTHPN")
TREATMENT_PAYMENT_OPERATIONS: Final = tuple(
    Coding(ACT_REASON, code) for code in ("TREAT", "HPAYMT", "HOPERAT")
)
NOTICE: Final = Obligation("PART2_NOTICE", PROFILE_URI)

_EMERGENCY: Final = Coding(ACT_REASON, "ETREAT")
_LEGAL: Final = Coding(ACT_REASON, "HLEGAL")
_NO_REDISCLOSURE: Final = Obligation("NORDSCLCD")
_AUDIT: Final = Obligation("AUDIT")


class Part2:
    """42 CFR Part 2, as amended in 2024."""

    name: Final = "US-42CFR2"
    version: Final = "2024.1"
    looks_at: Final = frozenset({"labels"})

    def narrow(self, question: Question) -> Answer:
        """What Part 2 makes of a permit."""
        labels = question.resource.labels if question.resource else frozenset()
        if not any(falls_under(label, SUBSTANCE_USE) for label in labels):
            return LEAVE
        if falls_under(question.purpose, _LEGAL):
            return Answer(clause="2.12(d)")
        if falls_under(question.purpose, _EMERGENCY):
            return Answer(obligations=(NOTICE, _NO_REDISCLOSURE, _AUDIT))
        clause = _missing(question, notes=NOTES in labels)
        if clause is not None:
            return Answer(clause=clause)
        return Answer(obligations=(NOTICE, _NO_REDISCLOSURE))


def _missing(question: Question, *, notes: bool) -> str | None:
    """The first clause of 2.31 that the consent does not meet."""
    stated = question.criteria
    if stated is None:
        return "2.31(a)"
    for clause, met in (
        ("2.31(b)", not notes or NOTES in (stated.labels or ())),
        ("2.31(a)(3)", _describes(stated)),
        ("2.31(a)(4)", stated.recipients is not None),
        ("2.31(a)(5)", stated.purposes is not None),
        ("2.31(a)(7)", _ends(question)),
        ("2.31(a)(9)", question.signed),
    ):
        if not met:
            return clause
    return None


def _ends(question: Question) -> bool:
    if any(falls_under(question.purpose, it) for it in TREATMENT_PAYMENT_OPERATIONS):
        return True
    return question.period is not None and question.period.end is not None


def _describes(stated: Criteria) -> bool:
    """Whether the rule names substance use disorder data, and not just all data."""
    labels = stated.labels or ()
    return any(falls_under(label, SUBSTANCE_USE) for label in labels)
