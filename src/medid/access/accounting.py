"""The accounting of disclosures of one patient: what was permitted beyond the ordinary.

45 CFR 164.528 gives a person the right to know to whom records were disclosed, except
for treatment, payment and health care operations, and by the person's own
authorisation. The records of decisions know the purpose and the consent, so that much
can be told from them. They do not know what the law leaves to the organisation: whether
a permit was used, who the recipient is by name and address, whether a consent is an
authorisation by 45 CFR 164.508, whether an agency suspended the right, and what was
disclosed by other ways.

Where a record does not show that an exception applies, it is counted: too long a list
harms nobody. Pure.

Spec: https://www.ecfr.gov/current/title-45/section-164.528
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.decision import Outcome
from medid.errors import ConfigurationError
from medid.health.codes import ACT_REASON, Coding, falls_under

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.access.audit_record import Asked, DecisionRecord, Named
    from medid.core.instant import Instant
    from medid.core.json import JsonObject

_ORDINARY: Final = tuple(
    Coding(ACT_REASON, code) for code in ("TREAT", "HPAYMT", "HOPERAT")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One disclosure that counts.

    Attributes:
        date: When it was permitted.
        recipient: The DID of who got it; the organisation knows name and address.
        resources: What was disclosed, by type and id.
        purposes: Why.
        record: The id of the record that says so.
    """

    date: Instant
    recipient: str = field(repr=False)
    resources: tuple[Named, ...] = field(repr=False)
    purposes: tuple[Coding, ...] = field(repr=False)
    record: str

    def as_json(self) -> JsonObject:
        """All members."""
        return {
            "date": str(self.date),
            "recipient": self.recipient,
            "resources": [one.as_json() for one in self.resources],
            "purposeOfUse": [
                {"system": one.system, "code": one.code} for one in self.purposes
            ],
            "record": self.record,
        }


def accounting(
    records: Iterable[DecisionRecord], patient: str, *, start: Instant, end: Instant
) -> tuple[Disclosure, ...]:
    """The disclosures of ``patient`` from ``start`` until before ``end``.

    Args:
        records: The whole log, in its order.
        patient: The reference by which requests name the patient; whoever has several
            is asked for under each.
        start: The law lets a patient look back for six years.
        end: Not in the period any more.

    Raises:
        ConfigurationError: The period is empty, or nobody is named.
    """
    if not patient:
        raise ConfigurationError("the accounting is of nobody", path="$.patient")
    if end <= start:
        message = "the period ends before it begins"
        raise ConfigurationError(message, path="$.end")
    return tuple(
        Disclosure(
            date=one.recorded,
            recipient=one.requester or "",
            resources=one.asked.resources,
            purposes=one.asked.purposes,
            record=one.id,
        )
        for one in records
        if start <= one.recorded < end
        and one.outcome is Outcome.PERMIT
        and one.asked is not None
        and one.asked.patient == patient
        and _counts(one, one.asked)
    )


def _counts(record: DecisionRecord, asked: Asked) -> bool:
    """Whether a permit released something, and for something out of the ordinary."""
    ordinary = asked.purposes and all(_is_ordinary(one) for one in asked.purposes)
    return bool(asked.resources) and not ordinary and not _authorised(record, asked)


def _is_ordinary(purpose: Coding) -> bool:
    return any(falls_under(purpose, one) for one in _ORDINARY)


def _authorised(record: DecisionRecord, asked: Asked) -> bool:
    """Whether a consent that the patient signed permitted it.

    With several purposes the reasons speak of the first, and say too little.
    """
    if len(asked.purposes) != 1:
        return False
    signed = {one.id for one in record.consents if one.by_patient}
    permits = [one for one in record.findings if one.code == "CONSENT_PERMIT"]
    return bool(permits) and all(one.credential in signed for one in permits)
