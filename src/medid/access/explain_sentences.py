"""The sentence for a code and the duty for an obligation, whatever they are.

A decision may carry a code that this version has no sentence for: of a later version,
or of an error that a port of the caller's own raised. It is told as what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.explain_consent import CONSENT
from medid.access.explain_duties import DUTIES
from medid.access.explain_errors import ERRORS, ERRORS_PAGE
from medid.access.explain_license import LICENSE, REASONS_PAGE, status_sentence
from medid.access.explain_words import Duty, Kind, Sentence
from medid.core.records import replace

if TYPE_CHECKING:
    from medid.access.consent_types import Obligation

# Nothing is known of it, so nothing is said that would make it harmless.
UNKNOWN: Final = Sentence(
    kind=Kind.UNCHECKED,
    found="The decision gives a reason that this version has no words for.",
    change="The decision would have to be explained by the version that made it.",
    rule=None,
    see=ERRORS_PAGE,
)
UNKNOWN_DUTY: Final = Duty(
    duty="Do not disclose: this obligation is not understood.",
    found="The decision carries an obligation that this version has no words for.",
    change="The decision would have to be explained by the version that made it.",
    rule=None,
    see=REASONS_PAGE,
)


def sentence(code: str) -> Sentence:
    """What ``code`` means in a decision."""
    for table in (CONSENT, LICENSE, ERRORS):
        if code in table:
            return table[code]
    return status_sentence(code) or UNKNOWN


def told(code: str, *, permitted: bool, rule: str | None = None) -> Sentence:
    """The sentence for ``code`` in a decision that permits, or does not.

    Args:
        code: Of a finding, or in the tree.
        permitted: In a refusal, what is good already need not change.
        rule: The clause that the decision itself names, which counts.
    """
    found = sentence(code)
    if found.kind is Kind.GRANTED and not permitted:
        found = replace(found, change=None)
    return found if rule is None else replace(found, rule=rule)


def duty(obligation: Obligation) -> Duty:
    """What ``obligation`` demands; one that is not understood demands a denial."""
    return DUTIES.get(obligation, UNKNOWN_DUTY)
