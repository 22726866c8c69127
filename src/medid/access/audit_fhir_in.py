"""AuditEvent of FHIR R4 or R5 -> what it says of a decision, with what is lost.

Read is what IHE BALP calls an authorization decision: DICOM's "Security Alert" with the
subtype ``AuthZ-Consent`` or ``AuthZ-Role``. Anything else is refused by a code of its
own, because a login is no disclosure. BALP is written for R4; of R5 those elements are
read that HL7 maps onto the R4 ones without a loss. Pure.

An event is the word of whoever wrote it. It permits nothing, and no log takes it.

Spec: https://profiles.ihe.net/ITI/BALP/StructureDefinition-IHE.BasicAudit.AuthZconsent.html,
https://hl7.org/fhir/R4/auditevent.html, https://hl7.org/fhir/R5/auditevent.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.audit_event import EventRecord
from medid.access.audit_event_parts import (
    Contained,
    Said,
    agents,
    coded,
    consents,
    patients,
    purposes,
    requester,
    resources,
)
from medid.access.audit_fhir import ALERT, CLAIMED, DECISIONS, ORGANIZATION, RECIPIENT
from medid.access.decision import Outcome
from medid.core.instant import Instant
from medid.errors import MalformedValue, MissingFact, NotADecision, child
from medid.health.codes import Coding
from medid.health.fhir_losses import Loss, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from medid.core.json import JsonObject

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_CODES: Final = re.compile(r"[A-Z][A-Z0-9_]*(?:, [A-Z][A-Z0-9_]*)*")
_RESULTS: Final = "http://terminology.hl7.org/CodeSystem/audit-event-outcome"
_SEVERITY: Final = "http://hl7.org/fhir/issue-severity"
_OUTCOMES: Final[Mapping[Coding, Outcome]] = MappingProxyType(
    {
        Coding(_RESULTS, "0"): Outcome.PERMIT,
        Coding(_RESULTS, "success"): Outcome.PERMIT,
        Coding(_SEVERITY, "success"): Outcome.PERMIT,
        **{Coding(_RESULTS, code): Outcome.DENY for code in ("4", "8", "12")},
        **{Coding(_SEVERITY, code): Outcome.DENY for code in ("error", "fatal")},
    }
)
_PURPOSES: Final = ("purposeOfEvent", "purposeOfUse", "authorization")
_TAKING_PART: Final = "the record says who asked, and not who else took part"
_REASONS: Final = MappingProxyType(
    {
        "text": "a narrative for people",
        "meta": "about the resource on its server",
        "outcomeDesc": "words of whoever wrote the event",
        "outcome.detail": "words of whoever wrote the event",
        "source": "the record does not say who wrote the event",
        "agent": _TAKING_PART,
        "agent.who": "the record names the requester in one way",
        "entity": "neither the patient, nor a consent, nor a resource that is named",
    }
)

# What a record of medid's own says beyond that, by its place there.
_UNSAID: Final = MappingProxyType(
    {
        "$.kind": "an event does not tell a release from another decision",
        "$.compilation": "an event does not tell a release from another decision",
        "$.time": "an event says when it was recorded, not as of when was decided",
        "$.proven": "an event says at most that nothing was proven",
        "$.request.digest": "an event holds no digest",
        "$.request.action": "an event does not say which action was asked for",
        "$.request.breakGlass": "an event does not give the reason of an emergency",
        "$.license": "an event does not name the license",
        "$.supports": "an event does not name what supports the license",
        "$.consents[*].digest": "an event holds no digest",
        "$.consents[*].standing": "an event does not say what became of a consent",
        "$.consents[*].isCredential": "an event does not say which kind it is",
        "$.consents[*].ofPatient": "an event does not say how that was found",
        "$.consents[*].byPatient": "an event does not say who signed a consent",
        "$.consents[*].statusLists": "an event does not name the status lists",
        "$.consents[*].chains": "an event does not say by whose word an issuer counts",
        "$.reasons[*].about": "an event gives no reason but its code",
        "$.reasons[*].message": "an event gives no reason but its code",
        "$.reasons[*].credential": "an event gives no reason but its code",
        "$.reasons[*].path": "an event gives no reason but its code",
        "$.reasons[*].rule": "an event gives no reason but its code",
        "$.decidedBy": "an event does not name the rule",
        "$.obligations": "an event does not say to what a permit obliges",
        "$.expires": "an event does not say until when a permit counts",
        "$.sources": "an event does not say what the decision stands on",
    }
)
_NO_RESOURCES: Final = "this event does not say which resources were asked for"
_NO_PATIENT: Final = "this event does not name a patient"
_NO_CODES: Final = "this event gives no reason by a code of medid's"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvent:
    """A decision that an AuditEvent tells, and what is lost.

    Attributes:
        record: What the event says.
        losses: What of the event is not in the record.
        unsaid: What a record of medid's own would say, and the event does not.
    """

    record: EventRecord
    losses: tuple[Loss, ...]
    unsaid: tuple[Loss, ...]


def read_event(resource: JsonObject, *, name: str | None = None) -> ReadEvent:
    """What an AuditEvent says of one decision.

    Args:
        resource: A FHIR R4 or R5 ``AuditEvent``.
        name: What it goes by where it has no ``id``, such as its ``fullUrl``.

    Raises:
        NotADecision: It records something else.
        MalformedValue: Another resource, of no release or of two, malformed in what is
            read, an outcome that is neither success nor failure, a permit to nobody or
            about nobody, or with a modifier that medid does not know.
        MissingFact: Neither an id nor a name.
        ParsingError: Not JSON within medid's limits.
    """
    root = Source.of(resource)
    if root.text("resourceType") != "AuditEvent":
        raise MalformedValue("not a FHIR AuditEvent", path="$.resourceType")
    _check_decision(root)
    root.keep("resourceType")
    root.keep_if("action", "E")
    outcome = _outcome(root)
    asked = _purposes(root)
    inside = Contained(root)
    who, display = requester(_user(root), inside)
    about = patients(root, inside)
    if outcome is Outcome.PERMIT and not (who and about):
        message = "nothing is permitted to nobody, nor about nobody"
        raise MalformedValue(message, path="$.agent" if about else "$.entity")
    record = EventRecord(
        id=_id(root, name),
        recorded=_recorded(root),
        outcome=outcome,
        requester=who,
        claimed=display == CLAIMED,
        patients=about,
        purposes=asked.codings,
        unclear=asked.unclear,
        resources=resources(root),
        consents=consents(root, inside),
        codes=_codes(root),
    )
    root.refuse_modifiers()
    return ReadEvent(
        record=record, losses=root.losses(_REASONS), unsaid=tuple(_unsaid(record))
    )


def _check_decision(root: Source) -> None:
    """Return if the event is an authorization decision, by both of its codes.

    Raises:
        NotADecision: It is not.
        MalformedValue: Of no release or of two, or malformed.
    """
    older, newer = root.has("type"), root.has("code")
    if older == newer:
        message = "the FHIR release cannot be told from the resource"
        raise MalformedValue(message, path="$")
    kind = root.element("type") if older else None
    kinds = root.elements("category") if kind is None else [kind]
    below = root.elements("subtype") if older else [root.element("code")]
    alert = any(coded(one, {ALERT}) for one in kinds)
    if not (alert and any(one is not None and coded(one, DECISIONS) for one in below)):
        message = "the event is not a decision about access"
        fix = "read those of the subtype AuthZ-Consent or AuthZ-Role (IHE BALP)"
        raise NotADecision(message, path="$.subtype" if older else "$.code", fix=fix)


def _outcome(root: Source) -> Outcome:
    if root.has("type"):
        code = root.take_text("outcome")
        stated = None if code is None else Coding(_RESULTS, code)
    else:
        outer = root.element("outcome")
        coding = None if outer is None else outer.element("code")
        system = None if coding is None else coding.take_text("system")
        code = None if coding is None else coding.take_text("code")
        stated = Coding(system, code) if system and code else None
    found = None if stated is None else _OUTCOMES.get(stated)
    if found is None:
        message = "neither success nor failure, so that nobody knows the answer"
        raise MalformedValue(message, path="$.outcome")
    return found


def _user(root: Source) -> Source:
    """The one agent who asked, as BALP marks it.

    Raises:
        MalformedValue: There is none, or there are several.
    """
    found = agents(root, RECIPIENT)
    if len(found) == 1 and found[0].take_flag("requestor"):
        coded(found[0].element("type") or found[0], {RECIPIENT})
        return found[0]
    message = "no one agent is the recipient, who asked"
    raise MalformedValue(message, path="$.agent")


def _purposes(root: Source) -> Said:
    """Every purpose that the event states: its own, and that of each agent."""
    own = _stated([root, *agents(root, RECIPIENT), *agents(root, ORGANIZATION)])
    # What anybody else was there for shows nothing of why the user asked; but beside
    # that it is another purpose, and may be one to account for.
    others = _stated(root.elements("agent")) if own else []
    return purposes([*own, *others])


def _stated(places: Iterable[Source]) -> list[Source]:
    return [item for one in places for name in _PURPOSES for item in one.elements(name)]


def _recorded(root: Source) -> Instant:
    text = root.take_text("recorded")
    if text is None:
        message = "the member 'recorded' is missing"
        raise MalformedValue(message, path="$.recorded")
    return Instant.parse(text, path=child("$", "recorded"))


def _id(root: Source, name: str | None) -> str:
    own = root.take_text("id")
    if own is not None:
        return f"urn:uuid:{own}" if _UUID.fullmatch(own) else own
    if name is None:
        message = "the event has no id by which it could be told of"
        raise MissingFact(message, path="$.id", fix="give it one, as its server does")
    return name


def _codes(root: Source) -> tuple[str, ...]:
    """The codes of medid's own reasons, which R4 has a place for."""
    text = root.text("outcomeDesc") if root.has("type") else None
    if text is None or not _CODES.fullmatch(text):
        return ()
    root.keep("outcomeDesc")
    return tuple(text.split(", "))


def _unsaid(record: EventRecord) -> list[Loss]:
    open_ = {
        "$.request.resources": (record.resources, _NO_RESOURCES),
        "$.request.patient": (record.patients, _NO_PATIENT),
        "$.reasons": (record.codes, _NO_CODES),
    }
    told = [Loss(path=path, reason=why) for path, why in _UNSAID.items()]
    told += [
        Loss(path=path, reason=why) for path, (said, why) in open_.items() if not said
    ]
    return told
