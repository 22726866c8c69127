"""From the licenses and the request of a scenario to the facts that rules look at.

Spec: https://w3id.org/medid/health/v1/schemas/license-scenario.json
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from medid.access.license_facts import (
    ANY_COMPACT,
    IN_PERSON,
    CompactFacts,
    LicenseFacts,
    LicenseRequest,
    Prescribing,
    Verified,
)
from medid.core.fields import as_object, optional, optional_str, required_str, strings
from medid.core.instant import Instant, Window
from medid.errors import MalformedValue, child
from medid.health.days import UTC_NAME, end_of_day, start_of_day, time_zone
from medid.health.license import Condition, PrivilegeAction
from medid.trust import LICENSE_TYPE
from medid.trust.members import choice, flag, items, known_members, words

if TYPE_CHECKING:
    from medid.access.license_facts import CredentialStatus
    from medid.core.json import JsonObject, JsonValue

_LICENSE: Final = (
    "id",
    "type",
    "issuer",
    "holder",
    "jurisdiction",
    "profession",
    "licenseNumber",
    "status",
    "statusDate",
    "validFrom",
    "validUntil",
    "credentialStatus",
    "proof",
    "registration",
    "conditions",
    "specialties",
    "prescriptiveAuthority",
    "multistate",
    "primaryStateOfResidence",
    "imlc",
    "encumbered",
    "privilegeActions",
    "npi",
    "compact",
    "kind",
    "homeState",
    "hostState",
    "daysUsedThisYear",
)
_REQUEST: Final = (
    "presenter",
    "profession",
    "action",
    "mode",
    "patientLocation",
    "practitionerLocation",
    "time",
    "statusCheckedAt",
    "specialty",
    "schedule",
    "site",
    "supervision",
)
_CONDITION: Final = ("type", "level", "actions", "sites", "text", "until")
_SUPPORT: Final = ("compact", "kind", "homeState", "hostState", "npi")
_PROOFS: Final = ("valid", "invalid", "missing")
_STATUSES: Final = ("valid", "revoked", "suspended", "unknown")
_REGISTRATIONS: Final = ("valid", "missing", "expired")
# The scenario format spells the vocabulary's condition kinds with hyphens.
_KINDS: Final = {"site-only": "siteOnly", "action-prohibited": "actionProhibited"}


def read_request(value: JsonValue, path: str) -> tuple[LicenseRequest, Instant | None]:
    """The request, and when the status of the credentials was checked.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
    """
    stated = known_members(value, _REQUEST, path)
    # Whoever does not know where the patient is may say so.
    obj: JsonObject = {name: item for name, item in stated.items() if item is not None}
    request = LicenseRequest(
        presenter=required_str(obj, "presenter", path),
        time=Instant.parse(required_str(obj, "time", path), path=child(path, "time")),
        profession=optional_str(obj, "profession", path),
        action=optional_str(obj, "action", path),
        mode=optional_str(obj, "mode", path) or IN_PERSON,
        patient_location=optional_str(obj, "patientLocation", path),
        practitioner_location=optional_str(obj, "practitionerLocation", path),
        specialty=optional_str(obj, "specialty", path),
        schedule=optional_str(obj, "schedule", path),
        site=optional_str(obj, "site", path),
        supervision=optional_str(obj, "supervision", path),
    )
    return request, _moment(obj, "statusCheckedAt", path)


def read_license(
    value: JsonValue, path: str, checked_at: Instant | None
) -> LicenseFacts:
    """The facts of one credential of the scenario.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
    """
    obj = known_members(value, _LICENSE, path)
    optional_str(obj, "licenseNumber", path)
    return LicenseFacts(
        id=optional_str(obj, "id", path) or path,
        type=optional_str(obj, "type", path) or LICENSE_TYPE,
        issuer=optional_str(obj, "issuer", path) or "",
        holder=optional_str(obj, "holder", path),
        verified=_verified(obj, path, checked_at),
        window=_window(obj, path),
        jurisdiction=optional_str(obj, "jurisdiction", path),
        professions=_professions(obj, path),
        status=optional_str(obj, "status", path),
        status_since=_moment(obj, "statusDate", path),
        registration=optional_str(obj, "registration", path),
        conditions=_conditions(obj, path),
        specialties=words(obj, "specialties", path),
        prescribing=_prescribing(obj, path),
        compact=_compact(obj, path),
        encumbered=flag(obj, "encumbered", path, default=False),
        privilege_actions=_privilege_actions(obj, path),
        support=_support(obj, path),
    )


def _verified(obj: JsonObject, path: str, checked_at: Instant | None) -> Verified:
    proof = choice(obj, "proof", path, allowed=_PROOFS)
    status = choice(obj, "credentialStatus", path, allowed=_STATUSES)
    return Verified(
        proof=proof == "valid",
        status=cast("CredentialStatus", status or "unknown"),
        status_checked_at=checked_at,
    )


def _window(obj: JsonObject, path: str) -> Window:
    return Window(
        _moment(obj, "validFrom", path), _moment(obj, "validUntil", path, end=True)
    )


def _moment(
    obj: JsonObject, name: str, path: str, *, end: bool = False
) -> Instant | None:
    """A date-time, or a date in UTC: its first instant, or its end."""
    text = optional_str(obj, name, path)
    if text is None:
        return None
    place, zone = child(path, name), time_zone(UTC_NAME)
    if "T" in text:
        return Instant.parse(text, path=place)
    day = end_of_day if end else start_of_day
    return day(text, zone, path=place)


def _professions(obj: JsonObject, path: str) -> tuple[str, ...]:
    if "profession" not in obj:
        return ()
    return tuple(strings(obj["profession"], child(path, "profession")))


def _conditions(obj: JsonObject, path: str) -> tuple[Condition, ...]:
    return tuple(
        _condition(known_members(item, _CONDITION, place), place)
        for item, place in items(obj, "conditions", path)
    )


def _condition(obj: JsonObject, path: str) -> Condition:
    # Words that nobody has put into a type are a condition that no rule knows.
    kind = optional_str(obj, "type", path) or "text"
    return Condition(
        kind=_KINDS.get(kind, kind),
        actions=words(obj, "actions", path),
        sites=words(obj, "sites", path),
        supervision_level=optional_str(obj, "level", path),
        until=_moment(obj, "until", path, end=True),
        text=optional_str(obj, "text", path),
    )


def _prescribing(obj: JsonObject, path: str) -> tuple[Prescribing, ...]:
    names = ("jurisdiction", "schedules", "deaRegistration")
    found: list[Prescribing] = []
    for item, place in items(obj, "prescriptiveAuthority", path):
        one = known_members(item, names, place)
        registration = choice(one, "deaRegistration", place, allowed=_REGISTRATIONS)
        found.append(
            Prescribing(
                jurisdiction=required_str(one, "jurisdiction", place),
                schedules=words(one, "schedules", place),
                registration=registration,
            )
        )
    return tuple(found)


def _compact(obj: JsonObject, path: str) -> CompactFacts:
    place = child(path, "imlc")
    names = ("statePrincipal", "issuedThrough", "letterOfQualification")
    imlc = known_members(obj.get("imlc", {}), names, place)
    return CompactFacts(
        multistate=flag(obj, "multistate", path, default=False),
        primary_residence=optional_str(obj, "primaryStateOfResidence", path),
        principal_state=optional_str(imlc, "statePrincipal", place),
        issued_through=_issued_through(imlc, obj.get("jurisdiction"), place),
    )


def _issued_through(
    imlc: JsonObject, jurisdiction: JsonValue, path: str
) -> tuple[str, ...]:
    # A principal license elsewhere has a meaning only for a license issued through it.
    elsewhere = imlc.get("statePrincipal", jurisdiction) != jurisdiction
    match imlc.get("issuedThrough", elsewhere):
        case False:
            return ()
        case True:
            return (ANY_COMPACT,)
        case value:
            return tuple(strings(value, child(path, "issuedThrough")))


def _privilege_actions(obj: JsonObject, path: str) -> tuple[PrivilegeAction, ...]:
    found: list[PrivilegeAction] = []
    for item, place in items(obj, "privilegeActions", path):
        one = known_members(item, ("state", "action", "from"), place)
        found.append(
            PrivilegeAction(
                jurisdiction=required_str(one, "state", place),
                action=optional_str(one, "action", place),
                start=_moment(one, "from", place),
            )
        )
    return tuple(found)


def _support(obj: JsonObject, path: str) -> dict[str, object]:
    found: dict[str, object] = {
        name: optional_str(obj, name, path) for name in _SUPPORT if name in obj
    }
    if "daysUsedThisYear" in obj:
        place = child(path, "daysUsedThisYear")
        used = as_object(obj["daysUsedThisYear"], place)
        found["daysUsedThisYear"] = {state: _days(used, state, place) for state in used}
    return found


def _days(used: JsonObject, state: str, path: str) -> int:
    days = optional(used, state, int, path)
    if days is None or days < 0:
        raise MalformedValue("the number is negative", path=child(path, state))
    return days
