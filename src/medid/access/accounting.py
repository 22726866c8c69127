"""The accounting of disclosures of one patient: what was permitted beyond the ordinary.

45 CFR 164.528 gives a person the right to know to whom records were disclosed, except
for treatment, payment and health care operations, and by the person's own
authorisation. The records of decisions know the purpose and the consent, so that much
can be told from them. They do not know what the law leaves to the organisation: whether
a permit was used, who the recipient is by name and address, whether a consent is an
authorisation by 45 CFR 164.508, whether an agency suspended the right, and what was
disclosed by other ways.

Where a record does not show that an exception applies, it is counted: too long a list
harms nobody. So what others' AuditEvents say counts unless their purposes are ordinary:
they show neither who signed a consent nor, mostly, what was disclosed. Pure.

Spec: https://www.ecfr.gov/current/title-45/section-164.528
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.audit_event import EventRecord
from medid.access.decision import Outcome
from medid.errors import ConfigurationError
from medid.health.codes import ACT_REASON, Coding, falls_under
from medid.health.references import unversioned

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
        recipient: The DID of who got it, or what an AuditEvent calls them; the
            organisation knows name and address.
        resources: What was disclosed, by type and id; none where an AuditEvent does
            not say.
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
    records: Iterable[DecisionRecord | EventRecord],
    patient: str,
    *,
    start: Instant,
    end: Instant,
) -> tuple[Disclosure, ...]:
    """The disclosures of ``patient`` from ``start`` until before ``end``.

    Args:
        records: The whole log, in its order; or what others' AuditEvents say.
        patient: The reference by which requests name the patient, of whatever version;
            whoever has several is asked for under each.
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
    # A patient is the same in each version: by one of them it would be left out.
    patient = unversioned(patient)
    found = [
        _event(one, patient) if isinstance(one, EventRecord) else _record(one, patient)
        for one in records
        if start <= one.recorded < end and one.outcome is Outcome.PERMIT
    ]
    return tuple(one for one in found if one is not None)


def _record(record: DecisionRecord, patient: str) -> Disclosure | None:
    asked = record.asked
    if asked is None or unversioned(asked.patient) != patient:
        return None
    if not _counts(record, asked):
        return None
    return Disclosure(
        date=record.recorded,
        recipient=record.requester or "",
        resources=asked.resources,
        purposes=asked.purposes,
        record=record.id,
    )


def _event(event: EventRecord, patient: str) -> Disclosure | None:
    # One purpose that nobody can compare may be any purpose.
    ordinary = not event.unclear and _all_ordinary(event.purposes)
    if patient not in event.patients or ordinary:
        return None
    return Disclosure(
        date=event.recorded,
        recipient=event.requester,
        resources=event.resources,
        purposes=event.purposes,
        record=event.id,
    )


def _counts(record: DecisionRecord, asked: Asked) -> bool:
    """Whether a permit released something, and for something out of the ordinary."""
    ordinary = _all_ordinary(asked.purposes)
    return bool(asked.resources) and not ordinary and not _authorised(record, asked)


def _all_ordinary(purposes: tuple[Coding, ...]) -> bool:
    """Whether there are purposes, and each is treatment, payment or operations."""
    return bool(purposes) and all(
        any(falls_under(one, ordinary) for ordinary in _ORDINARY) for one in purposes
    )


def _authorised(record: DecisionRecord, asked: Asked) -> bool:
    """Whether a consent that the patient signed permitted it.

    With several purposes the reasons speak of the first, and say too little.
    """
    if len(asked.purposes) != 1:
        return False
    signed = {one.id for one in record.consents if one.by_patient}
    permits = [one for one in record.findings if one.code == "CONSENT_PERMIT"]
    return bool(permits) and all(one.credential in signed for one in permits)
