"""A grant: what a patient allows, to whom, about which records, why and how long.

A small value beside the FHIR Consent that is made of it. Each part is stated: a grant
names its recipients, its actions and its purposes, and "everything" is a word and not
an absence.

Knows no key, no credential and no clock; ``medid.health.grant_reading`` reads one, and
``medid.health.grant_fhir`` writes the consent.

Spec: https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.instant import Instant
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.health.codes import Coding

EVERYTHING: Final = "everything"
ALL_PURPOSES: Final = "PurposeOfUse"
DEFAULT_ACTIONS: Final = ("access",)
DEFAULT_PURPOSES: Final = ("TREAT",)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Recipient:
    """Somebody who is allowed: by a DID, a FHIR reference, or a number of theirs.

    Attributes:
        reference: A DID, or a reference such as ``Organization/org-a``.
        system: Of a number, such as the URI of the NPI; empty beside a reference.
        value: The number; empty beside a reference.
    """

    reference: str = field(default="", repr=False)
    system: str = ""
    value: str = field(default="", repr=False)

    @property
    def is_did(self) -> bool:
        """Whether it is a DID, which tells its holder from everybody else."""
        return self.reference.startswith("did:")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Days:
    """From one day to another, both of them included; an absent side is open."""

    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Some records: the parts must all hold, of a part's values one. None is open.

    Attributes:
        types: FHIR resource types.
        labels: Codes of v3-ActCode that say what the records are about.
        confidentiality: In a grant the highest level; in an exception the lowest.
        codes: What the records are coded with, such as by LOINC.
        dated: When the records are from.
    """

    types: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    confidentiality: str | None = None
    codes: tuple[Coding, ...] | None = None
    dated: Days | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing restricts which records are meant."""
        return self == Data()

    def sort_key(self) -> tuple[object, ...]:
        """By which exceptions are put into one order."""
        return (
            self.types or (),
            self.labels or (),
            self.confidentiality or "",
            self.codes or (),
            self.dated or Days(),
        )

    def as_json(self) -> JsonValue:
        """As ``read_grant`` takes it."""
        if self.is_everything:
            return EVERYTHING
        found: JsonObject = {}
        if self.types is not None:
            found["types"] = [*self.types]
        if self.labels is not None:
            found["labels"] = [*self.labels]
        if self.confidentiality is not None:
            found["confidentiality"] = self.confidentiality
        if self.codes is not None:
            found["codes"] = [
                {"system": it.system, "code": it.code} for it in self.codes
            ]
        if self.dated is not None:
            found["dated"] = _days_json(self.dated)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """Why somebody else than the patient signs, and in which days they may.

    Attributes:
        of: The DID of the patient.
        kind: What they are to the patient, such as ``guardian``.
        credential: The id of the credential that says so, where there is one.
        days: When the mandate holds.
        majority: The day on which the patient comes of age, and it ends.
    """

    of: str = field(repr=False)
    kind: str
    credential: str | None = None
    days: Days = Days()
    majority: str | None = None

    @property
    def last_day(self) -> str:
        """The last day of the mandate; empty where it has none."""
        ends = [it for it in (self.days.end, _day_before(self.majority)) if it]
        return min(ends, default="")

    def as_json(self) -> JsonObject:
        """As ``read_grant`` takes it."""
        found: JsonObject = {"of": self.of, "kind": self.kind}
        if self.credential is not None:
            found["credential"] = self.credential
        found |= _days_json(self.days)
        if self.majority is not None:
            found["majority"] = self.majority
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one patient allows.

    Attributes:
        who: Who is allowed; at least one, in one order.
        actions: consentaction codes; at least one.
        what: The records.
        but_not: The records that are kept back, whatever ``what`` says.
        purposes: v3-ActReason codes; at least one.
        days: When it holds; ``end`` may be absent, and it then holds until withdrawn.
        representation: Where somebody else than the patient grants.
    """

    who: tuple[Recipient, ...] = field(repr=False)
    actions: tuple[str, ...] = DEFAULT_ACTIONS
    what: Data = Data()
    but_not: tuple[Data, ...] = ()
    purposes: tuple[str, ...] = DEFAULT_PURPOSES
    days: Days = Days()
    representation: Representation | None = None

    def __post_init__(self) -> None:
        """Refuse a grant to nobody, of no action or for no purpose.

        Raises:
            MalformedValue: One of the three is empty; empty never stands for all.
        """
        for name in ("who", "actions", "purposes"):
            if not getattr(self, name):
                message = "at least one is needed: empty never stands for all"
                raise MalformedValue(message, path=child("$", name))

    @property
    def last_day(self) -> str:
        """The last day on which it holds, a mandate's end included; empty for none."""
        mandate = self.representation
        ends = [self.days.end, "" if mandate is None else mandate.last_day]
        return min((it for it in ends if it), default="")

    def as_json(self) -> JsonObject:
        """As ``read_grant`` takes it."""
        found: JsonObject = {
            "who": [_recipient_json(it) for it in self.who],
            "actions": [*self.actions],
            "what": self.what.as_json(),
            "purposes": [*self.purposes],
        }
        if self.but_not:
            found["butNot"] = [it.as_json() for it in self.but_not]
        found |= _days_json(self.days)
        if self.representation is not None:
            found["representation"] = self.representation.as_json()
        return found


def check_grant(grant: Grant, *, path: str = "$") -> None:
    """Return if what the parts of ``grant`` say fits together.

    Raises:
        MalformedValue: It never holds, or its exceptions leave nothing.
    """
    mandate = grant.representation
    begins = [grant.days.start, "" if mandate is None else mandate.days.start]
    if grant.last_day and max(begins) > grant.last_day:
        message = "the grant ends before it begins"
        raise MalformedValue(message, path=child(path, "until"))
    if any(it.is_everything for it in grant.but_not):
        message = "an exception of everything leaves nothing to grant"
        raise MalformedValue(message, path=child(path, "butNot"))


def merged(exceptions: Sequence[Data]) -> tuple[Data, ...]:
    """``exceptions`` in one order, those of types alone and of labels alone in one.

    To keep back one type and another is to keep back either of the two.
    """
    types: set[str] = set()
    labels: set[str] = set()
    others: set[Data] = set()
    for one in exceptions:
        if one == Data(types=one.types) and one.types is not None:
            types.update(one.types)
        elif one == Data(labels=one.labels) and one.labels is not None:
            labels.update(one.labels)
        else:
            others.add(one)
    if types:
        others.add(Data(types=tuple(sorted(types))))
    if labels:
        others.add(Data(labels=tuple(sorted(labels))))
    return tuple(sorted(others, key=Data.sort_key))


def _recipient_json(one: Recipient) -> JsonObject:
    if one.is_did:
        return {"did": one.reference}
    if one.reference:
        return {"reference": one.reference}
    return {"system": one.system, "value": one.value}


def _days_json(days: Days) -> JsonObject:
    found: JsonObject = {}
    if days.start:
        found["from"] = days.start
    if days.end:
        found["until"] = days.end
    return found


def _day_before(day: str | None) -> str:
    if day is None:
        return ""
    return str(Instant.from_date(day).plus(-1))[: len(day)]
