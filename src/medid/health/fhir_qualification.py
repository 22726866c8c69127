"""One qualification of a practitioner, wherever FHIR keeps it.

``Practitioner.qualification`` is an element; a directory may keep one in an extension
of ``PractitionerRole``. Both have a number, a code, a period and an issuer.

Spec: https://hl7.org/fhir/R4/practitioner-definitions.html#Practitioner.qualification
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Final

from medid.dids.syntax import Did
from medid.errors import MalformedValue, MissingFact, child
from medid.health.fhir_extensions import read_license
from medid.health.fhir_ndh import ROLE_QUALIFICATIONS, read_scope, scope_of
from medid.health.fhir_values import date_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.health.fhir_losses import Source
    from medid.health.fhir_ndh import Locate, Scope

URI: Final = "urn:ietf:rfc:3986"  # the system of identifiers that are URIs
IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-~]+")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WEST: Final = 12 * 3_600  # seconds by which the last zone on earth is behind UTC
_USES: Final = frozenset({None, "usual", "official", "secondary"})
_CODE: Final = ("system", "code", "display", "version")
# What each part of a role's qualification holds its value in.
_PARTS: Final = {
    "identifier": "valueIdentifier",
    "code": "valueCodeableConcept",
    "period": "valuePeriod",
    "issuer": "valueReference",
}
_ONCE: Final = frozenset({"code", "period", "issuer", "status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """One qualification, and what of it stands where.

    Attributes:
        parts: What each of the elements stands in, where it is an extension.
    """

    place: Source
    parts: tuple[Source, ...] = field(default=(), repr=False)
    identifiers: tuple[Source, ...] = field(repr=False)
    code: Source | None = field(repr=False)
    period: Source | None = field(repr=False)
    issuer: Source | None = field(repr=False)

    @classmethod
    def of_element(cls, place: Source) -> Qualification:
        """One of ``Practitioner.qualification``.

        Raises:
            MalformedValue: A part of it is not of its FHIR type.
        """
        return cls(
            place=place,
            identifiers=tuple(place.elements("identifier")),
            code=place.element("code"),
            period=place.element("period"),
            issuer=place.element("issuer"),
        )

    @classmethod
    def of_extension(cls, place: Source) -> Qualification:
        """One that is an extension of a ``PractitionerRole``.

        Raises:
            MalformedValue: A part of it is not of its FHIR type, or stated twice.
        """
        found: dict[str, list[Source]] = {name: [] for name in _PARTS}
        seen: set[str] = set()
        parts = [place]
        for part in place.elements("extension"):
            name = part.text("url") or ""
            if name in _ONCE and name in seen:
                raise MalformedValue("this part is stated twice", path=part.path)
            seen.add(name)
            value = part.element(_PARTS[name]) if name in _PARTS else None
            if value is not None:
                parts.append(part)
                found[name].append(value)
        once = {name: next(iter(found[name]), None) for name in ("code", "period")}
        return cls(
            place=place,
            parts=tuple(parts),
            identifiers=tuple(found["identifier"]),
            issuer=next(iter(found["issuer"]), None),
            **once,
        )

    def scope(self, locate: Locate) -> Scope | None:
        """What a directory says of its status, and of where it is valid.

        Raises:
            MalformedValue: Malformed, or two statuses that differ.
        """
        if self.place.text("url") in ROLE_QUALIFICATIONS:
            parts = self.place.elements("extension")
            return read_scope(parts, locate, path=self.place.path)
        return scope_of(self.place, locate)


def of_role(role: Source) -> list[Source]:
    """The extensions of ``role`` that are qualifications.

    Raises:
        MalformedValue: An extension is not an object.
    """
    return [
        one
        for one in role.elements("extension")
        if one.text("url") in ROLE_QUALIFICATIONS
    ]


def in_use(identifier: Source) -> bool:
    """Whether a number is one that its owner has now; says why where it is not."""
    if identifier.text("use") not in _USES or identifier.has("_use"):
        identifier.because("a number that is not known to be in use")
        return False
    if identifier.has("period"):
        identifier.because("a number that has a period; a credential has none for it")
        return False
    return True


def did_of(identifier: Source) -> str | None:
    """The DID that ``identifier`` is; ``None`` for any other."""
    value = identifier.text("value")
    named = identifier.text("system") == URI and value is not None
    return value if named and value is not None and value.startswith("did:") else None


def codes(concept: Source) -> list[JsonObject]:
    """The codings of a ``CodeableConcept`` that have a system and a code."""
    found: list[JsonObject] = []
    for item in concept.elements("coding"):
        system, code = item.text("system"), item.text("code")
        if system is None or code is None or not IRI.fullmatch(system):
            item.because("a code needs a system, which is a URI, and a code")
            continue
        found.append({name: item.take_text(name) for name in _CODE if item.has(name)})
    return found


def license_facts(
    chosen: Qualification,
    given: Mapping[str, JsonValue],
    *,
    locate: Locate,
    since: Instant | None,
) -> JsonObject:
    """The members of a license that ``chosen`` states.

    Args:
        chosen: The qualification.
        given: Members of a license that the caller states.
        locate: Finds the resources that it refers to.
        since: From when the credential holds.

    Raises:
        MalformedValue: Malformed or ambiguous, or at odds with what is given.
    """
    for part in chosen.parts:
        part.keep("url")
    found = read_license(chosen.place)
    scope = chosen.scope(locate)
    if scope is not None:
        found = scope.merge(
            found, given.get("licenseStatus"), place=given.get("jurisdiction")
        )
    number = _number(chosen, given.get("licenseNumber"))
    if number is not None:
        found["licenseNumber"] = number
    professions = [] if chosen.code is None else codes(chosen.code)
    if professions:
        found["profession"] = [*professions]
    if chosen.period is not None:
        found.update(_days(chosen.period, since, str(given.get("issuedOn", ""))))
    return found


def _number(chosen: Qualification, wanted: JsonValue) -> str | None:
    found = [
        item
        for item in chosen.identifiers
        if in_use(item) and item.text("value") is not None
    ]
    path = child(chosen.place.path, "identifier")
    if wanted is not None and found:
        found = [item for item in found if item.text("value") == wanted]
        if not found:
            raise MalformedValue("states another license number", path=path)
        del found[1:]
    if len(found) > 1:
        fix = "state which of them is the license number"
        raise MalformedValue("there are several identifiers", path=path, fix=fix)
    return found[0].take_text("value") if found else None


def _days(period: Source, since: Instant | None, first: str) -> JsonObject:
    start, end = period.text("start"), period.text("end")
    found: JsonObject = {}
    if start is not None and _DAY.fullmatch(start):
        found["issuedOn"] = period.take_text("start")
    elif start is not None and not first.startswith(start):
        # Unless the caller states the first day, and it is of that month or year.
        _check_begun(start, since, child(period.path, "start"))
    if end is not None or period.has("_end"):
        if end is None or not _DAY.fullmatch(end):
            # A license without this end would hold for longer than was said.
            path = child(period.path, "end")
            fix = "write the last day as YYYY-MM-DD"
            raise MalformedValue("the end is not a day", path=path, fix=fix)
        found["expiresOn"] = period.take_text("end")
    return found


def _check_begun(start: str, since: Instant | None, path: str) -> None:
    """Return if the credential holds from after ``start`` on, and so may leave it out.

    Raises:
        MalformedValue: The license would hold before it begins, or may.
    """
    _, last = date_time(start, path, UTC)
    # A month or a year that has ended everywhere on earth.
    if since is None or since < last.plus(_WEST):
        message = "the start is not a day, and the credential may hold before it"
        fix = "write the first day as YYYY-MM-DD, or state a later validFrom"
        raise MalformedValue(message, path=path, fix=fix)


def issuer_of(chosen: Qualification | None, given: str | None) -> str | JsonObject:
    """The DID of the board, with its name where the resource gives both.

    Raises:
        MalformedValue: The resource names another one than is given.
        MissingFact: Neither states it.
        InvalidDid: It is not a DID.
    """
    issuer = None if chosen is None else chosen.issuer
    identifier = None if issuer is None else issuer.element("identifier")
    if issuer is not None and identifier is not None and in_use(identifier):
        stated = did_of(identifier)
        if stated is not None:
            if given not in {None, stated}:
                raise MalformedValue("names another issuer", path=identifier.path)
            Did.parse(stated)
            identifier.keep("system", "value")
            # Only here do the resource's words belong to this DID.
            name = issuer.take_text("display")
            return stated if name is None else {"id": stated, "name": name}
    if given is None:
        message = "the issuer is not identified by a DID"
        fix = "state the DID of the issuer"
        raise MissingFact(message, path="$.qualification", fix=fix)
    Did.parse(given)
    return given
