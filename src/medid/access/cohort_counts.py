"""Counts of a cohort that may be published: no small one can be worked out from them.

A count below ``least`` (other than none at all of a total) tells about so few that each
may be recognised. Rules, for a total of patients, how many are permitted, and how many
are not for each reason:

1. A total below ``least`` is not published, and then nothing is.
2. Where the permitted or the others are fewer than ``least`` and not none, only the
   total is: each of them would follow from it and the other.
3. Else total, permitted and refused are published. Where a reason has fewer than
   ``least``, that reason is hidden, and so is every reason whose count is the smallest
   of the others.

By rule 3 the hidden reasons have at least two different counts, or all reasons are
hidden. Which of the hidden ones has which count nothing that is published tells, not
even together with how many are permitted: any exchange of them publishes the same.
A reason with none at all is hidden like any small one.

What this does not protect from: somebody who asks twice, about populations that differ
by one patient, and compares the counts.

Spec: https://www.hhs.gov/guidance/document/cms-cell-suppression-policy
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject

SUPPRESSED: Final = "suppressed"
_LEAST_OF_ALL: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortCounts:
    """What may be published; ``None`` stands for a number that may not.

    Attributes:
        total: All patients.
        permitted: Whose records may be used.
        refused: Whose may not.
        reasons: Of those, how many for each reason; every reason is always there.
        least: The smallest count that is published.
    """

    total: int | None
    permitted: int | None
    refused: int | None
    reasons: Mapping[str, int | None]
    least: int

    def as_json(self) -> JsonObject:
        """All members, with the word ``suppressed`` for what is not published."""
        return {
            "total": _shown(self.total),
            "permitted": _shown(self.permitted),
            "refused": _shown(self.refused),
            "reasons": {name: _shown(count) for name, count in self.reasons.items()},
            "least": self.least,
        }


def _shown(count: int | None) -> int | str:
    return SUPPRESSED if count is None else count


def check_least(least: int) -> None:
    """Return if ``least`` protects anybody.

    Raises:
        ConfigurationError: Not a whole number from 3: of two patients each knows who
            the other is.
    """
    if type(least) is not int or least < _LEAST_OF_ALL:
        message = "the smallest count that is published is a whole number from 3"
        raise ConfigurationError(message, path="$.least")


def published(
    permitted: int, reasons: Mapping[str, int], *, least: int
) -> CohortCounts:
    """What may be published of these counts.

    Args:
        permitted: Whose records may be used.
        reasons: How many may not, for each of at least two reasons.
        least: The smallest count that is published; from 3.

    Raises:
        ConfigurationError: ``least`` protects nobody, or there is one reason only.
    """
    check_least(least)
    if len(reasons) < 2:
        message = "a single reason follows from the total"
        raise ConfigurationError(message, path="$.reasons")
    refused = sum(reasons.values())
    total = permitted + refused
    if _is_small(permitted, least) or _is_small(refused, least) or total < least:
        return CohortCounts(
            total=None if total < least else total,
            permitted=None,
            refused=None,
            reasons=dict.fromkeys(reasons),
            least=least,
        )
    hidden = _hidden(reasons, least)
    return CohortCounts(
        total=total,
        permitted=permitted,
        refused=refused,
        reasons={
            name: None if name in hidden else count for name, count in reasons.items()
        },
        least=least,
    )


def _is_small(count: int, least: int) -> bool:
    return 0 < count < least


def _hidden(reasons: Mapping[str, int], least: int) -> frozenset[str]:
    small = {name for name, count in reasons.items() if count < least}
    if not small:
        return frozenset()
    # All that share the smallest of the other counts, so that no name decides.
    next_one = min((one for one in reasons.values() if one >= least), default=least)
    return frozenset(
        name for name, count in reasons.items() if name in small or count == next_one
    )
