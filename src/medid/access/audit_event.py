"""What an AuditEvent of FHIR says of a decision about access. Data only.

It is less than a ``DecisionRecord``: no digest, no reason but its code, and most often
no resource. So it is a type of its own, and no log takes it: what somebody else wrote
down cannot be told to be whole, nor to be true.

Spec: https://profiles.ihe.net/ITI/BALP/content.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from medid.access.audit_record import Named
    from medid.access.decision import Outcome
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.health.codes import Coding

FORMAT: Final = "medid audited event 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One decision, as an AuditEvent tells it.

    **Personal data**, as a ``DecisionRecord`` is.

    Attributes:
        id: The event's own, as a ``urn:uuid:`` where it is a UUID.
        recorded: When it was recorded.
        outcome: ``PERMIT`` or ``DENY``. An event does not tell a denial from what
            could not be decided, or from what no consent speaks to.
        requester: Who asked, by DID, reference or identifier.
        claimed: Whether the event itself says that nobody proved to be this requester.
        patients: Every name of the patient, as the server that wrote the event names
            them; none where a denial names nobody.
        purposes: What for, wherever the event says it.
        unclear: Whether it states a purpose that has no code.
        resources: What was asked for, where the event says so.
        consents: The consents that were looked at, by DID, reference or identifier.
        codes: The codes of the reasons, where medid wrote the event.
    """

    id: str
    recorded: Instant
    outcome: Outcome
    requester: str = field(repr=False)
    claimed: bool = False
    patients: tuple[str, ...] = field(default=(), repr=False)
    purposes: tuple[Coding, ...] = field(default=(), repr=False)
    unclear: bool = False
    resources: tuple[Named, ...] = field(default=(), repr=False)
    consents: tuple[str, ...] = field(default=(), repr=False)
    codes: tuple[str, ...] = ()

    def as_json(self) -> JsonObject:
        """What is known, by the names that a ``DecisionRecord`` gives it."""
        request: JsonObject = {
            "purposeOfUse": [
                {"system": one.system, "code": one.code} for one in self.purposes
            ],
            "resources": [one.as_json() for one in self.resources],
        }
        if self.patients:
            request["patient"] = self.patients[0]
            others: list[JsonValue] = [*self.patients[1:]]
            if others:
                request["patientIsAlso"] = others
        return {
            "format": FORMAT,
            "id": self.id,
            "recorded": str(self.recorded),
            "outcome": self.outcome.value,
            "requester": self.requester,
            "claimed": self.claimed,
            "request": request,
            "consents": [{"id": one} for one in self.consents],
            "reasons": [{"code": one} for one in self.codes],
        }
