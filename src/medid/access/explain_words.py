"""What an explanation is made of: a sentence for a code, and where its rule stands.

A sentence is fixed text. It never holds a value of a document: which credential or
consent is meant stands beside it, by the id that the decision names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a code says about the question that it answers."""

    GRANTED = "granted"
    REFUSED = "refused"  # checked, and the answer is no
    UNCHECKED = "unchecked"  # could not be checked, or not be understood
    MISUSE = "misuse"  # a setting or a call is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One code, told to somebody who answers for the decision.

    Attributes:
        kind: Whether it grants, refuses, or could not be checked.
        found: What was found; one sentence.
        change: What would have to change for another answer; one sentence. ``None``
            of what is good already in a refusal.
        rule: Which rule says so: a clause of the consent profile, a license check, or
            a step of the verification. ``None`` where this version knows none.
        see: The page and section where that rule stands.
    """

    kind: Kind
    found: str
    change: str | None
    rule: str | None
    see: str

    @property
    def where(self) -> str:
        """The rule and where it stands, in a few words."""
        return self.see if self.rule is None else f"{self.rule}, {self.see}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One obligation of a permit.

    Attributes:
        duty: What the caller has to do; one sentence.
        found: What was found that obliges to it; one sentence.
        change: What would have to change for it to fall away; one sentence.
        rule: Which rule says so.
        see: The page and section where that rule stands.
    """

    duty: str
    found: str
    change: str
    rule: str | None
    see: str

    @property
    def where(self) -> str:
        """The rule and where it stands, in a few words."""
        return self.see if self.rule is None else f"{self.rule}, {self.see}"
