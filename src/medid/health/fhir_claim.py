"""FHIR R4 Claim and ExplanationOfBenefit JSON -> who did what, when and where.

Strict where a misspelt member would weaken what is asked: an element that FHIR R4 does
not have is refused, and so is every modifier extension. What cannot be compared (a code
without a system, text alone) is left out, so that it satisfies nothing. Resources that
the claim refers to are those inside it and those that the reader hands in; none is
fetched. Decides nothing.

Spec: https://hl7.org/fhir/R4/claim.html,
https://hl7.org/fhir/R4/explanationofbenefit.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import as_object, optional, optional_str, required, required_str
from medid.errors import MalformedValue, ParsingError, TooLarge, child
from medid.health.consent_tree import Span
from medid.health.fhir_claim_elements import (
    DETAIL,
    ELEMENTS,
    ITEM,
    ITEM_ADDED,
    MEMBER,
    check_elements,
    codes_of,
    every_coding,
    every_reference,
    profiles_of,
    sequences,
)
from medid.health.fhir_claim_parties import Address, Directory, Party
from medid.health.fhir_values import date_time, elements, period
from medid.health.references import namespace, unversioned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from medid.core.json import JsonObject, JsonValue
    from medid.health.codes import Coding

MAX_ITEMS: Final = 1_000  # of one claim; an institutional X12 837 claim has 999 lines
MAX_CARE_TEAM: Final = 200  # members of one claim
# The adjudication of a line takes about a hundred values.
LIMITS: Final = strict_json.JsonLimits(max_bytes=8_388_608, max_members=200_000)

CLAIM: Final = "Claim"
EXPLANATION: Final = "ExplanationOfBenefit"
STATUSES: Final = frozenset({"active", "cancelled", "draft", "entered-in-error"})
USES: Final = frozenset({"claim", "preauthorization", "predetermination"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """One member of the care team, or the claim's provider where there is no team.

    Attributes:
        party: Who it is.
        roles: The codes of its role; ``None`` where it states no role at all.
        qualification: The codes of the qualification that applies to the service.
        path: Where it stands.
    """

    party: Party
    roles: frozenset[Coding] | None
    qualification: frozenset[Coding] | None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What a claim says of the place of a service.

    Attributes:
        codes: Of a place of service; ``None`` where the item names no kind of place.
        address: Where it was provided, by the item itself.
        facility: Where the claim's services were provided.
        home: Where the patient lives.
        modifiers: The codes of the item's modifiers, without their systems.
    """

    codes: frozenset[Coding] | None = None
    address: Address | None = field(default=None, repr=False)
    facility: Address | None = field(default=None, repr=False)
    home: Address | None = field(default=None, repr=False)
    modifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimItem:
    """One line of a claim.

    Attributes:
        path: Where it stands in the claim.
        team: Who took part in it; empty where nobody is named.
        unlinked: Whether it names a member that the care team does not have.
        services: The codes of each product or service: its own, and those of the
            details it is made of.
        period: When, from its own date or the claim's period; ``None`` for not stated.
        where: The place.
    """

    path: str
    team: tuple[TeamMember, ...] = field(repr=False)
    unlinked: bool
    services: tuple[frozenset[Coding], ...] = field(repr=False)
    period: Span | None = field(repr=False)
    where: Where = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRecord:
    """A claim, read.

    Attributes:
        kind: ``Claim`` or ``ExplanationOfBenefit``.
        status: As the claim has it.
        use: ``claim``, or a request before the service.
        patient: The local reference of the patient, of whatever version, or a DID;
            ``None`` for another form.
        labels: The security labels of the claim.
        codes: Every coding that stands anywhere in it.
        profiles: Those that it says to follow.
        references: Every resource that it refers to.
        items: Its lines, and those that an insurer added.
    """

    kind: str
    id: str | None = field(repr=False)
    status: str
    use: str
    patient: str | None = field(repr=False)
    labels: frozenset[Coding] = field(repr=False)
    codes: frozenset[Coding] = field(repr=False)
    profiles: frozenset[str] = field(repr=False)
    references: frozenset[str] = field(repr=False)
    items: tuple[ClaimItem, ...]


def read_claim(
    source: bytes | str | Mapping[str, JsonValue],
    *,
    zone: tzinfo,
    resources: Mapping[str, Mapping[str, JsonValue]] = MappingProxyType({}),
) -> ClaimRecord:
    """The claim that ``source`` is or spells.

    Args:
        source: JSON text or the decoded object. Never modified.
        zone: Where a date begins and ends.
        resources: Practitioner, PractitionerRole, Location and Patient resources that
            the claim refers to, by the reference that names them.

    Raises:
        ParsingError: Neither JSON text nor a JSON object.
        TooLarge: More values, items or members than any real claim.
        MalformedValue: Not a Claim or ExplanationOfBenefit of FHIR R4, or something in
            it is not of the form that FHIR requires.
    """
    obj = _object(source)
    kind = required_str(obj, "resourceType", "$")
    if kind not in ELEMENTS:
        message = f"neither a {CLAIM} nor an {EXPLANATION}"
        raise MalformedValue(message, path="$.resourceType")
    check_elements(obj, ELEMENTS[kind], "$")
    reading = _Reading(obj, zone, Directory.of(obj, resources))
    return ClaimRecord(
        kind=kind,
        id=optional_str(obj, "id", "$"),
        status=_one_of(obj, "status", STATUSES),
        use=_one_of(obj, "use", USES),
        patient=_patient(obj),
        labels=_labels(obj),
        codes=every_coding(obj),
        profiles=profiles_of(obj),
        references=every_reference(obj),
        items=tuple(reading.items()),
    )


def _object(source: object) -> JsonObject:
    if isinstance(source, bytes | str):
        return strict_json.load_object(source, limits=LIMITS)
    if not isinstance(source, Mapping):
        raise ParsingError("the claim is neither JSON text nor a JSON object")
    return as_object(strict_json.check(dict(source), limits=LIMITS), "$")


def _one_of(obj: JsonObject, name: str, allowed: frozenset[str]) -> str:
    found = required_str(obj, name, "$")
    if found not in allowed:
        raise MalformedValue("not a code of this element", path=child("$", name))
    return found


def _patient(obj: JsonObject) -> str | None:
    stated = required(obj, "patient", dict, "$")
    name = unversioned(optional_str(stated, "reference", "$.patient") or "")
    # Any other name means nothing here: no consent is about it, and no refusal either.
    return name if name and namespace(name) in {"", "did"} else None


def _labels(obj: JsonObject) -> frozenset[Coding]:
    if "meta" not in obj:
        return frozenset()
    meta = required(obj, "meta", dict, "$")
    if "security" not in meta:
        return frozenset()
    return codes_of({"coding": meta["security"]}, "$.meta.security", every=True)


class _Reading:
    """One claim: its team and facility are read once, its items one by one."""

    def __init__(self, obj: JsonObject, zone: tzinfo, directory: Directory) -> None:
        self._obj = obj
        self._zone = zone
        self._directory = directory
        self._team = dict(self._read_team())
        self._default = self._provider()
        self._billable = self._billable_period()
        self._facility = self._located("facility", obj, "$")
        patient = required(obj, "patient", dict, "$")
        self._home = directory.home(patient, "$.patient")

    def items(self) -> Iterator[ClaimItem]:
        """Every item, and what an insurer added."""
        count = 0
        for name, read in (("item", self._item), ("addItem", self._added)):
            for item, path in _several(self._obj, name):
                count += 1
                if count > MAX_ITEMS:
                    raise TooLarge(f"more than {MAX_ITEMS} items", path=path)
                yield read(item, path)

    def _read_team(self) -> Iterator[tuple[int, TeamMember]]:
        seen: set[int] = set()
        for item, path in _several(self._obj, "careTeam"):
            check_elements(item, MEMBER, path)
            number = required(item, "sequence", int, path)
            if number in seen:
                message = "two members of the care team have one number"
                raise MalformedValue(message, path=child(path, "sequence"))
            seen.add(number)
            if len(seen) > MAX_CARE_TEAM:
                raise TooLarge(f"more than {MAX_CARE_TEAM} members", path=path)
            yield number, self._member(item, path)

    def _member(self, item: JsonObject, path: str) -> TeamMember:
        provider = required(item, "provider", dict, path)
        return TeamMember(
            party=self._directory.party(provider, child(path, "provider")),
            roles=_concept(item, "role", path),
            qualification=_concept(item, "qualification", path),
            path=path,
        )

    def _provider(self) -> tuple[TeamMember, ...]:
        """The claim's own provider, who counts only where nobody else is named."""
        if self._team or "provider" not in self._obj:
            return ()
        return (self._named(required(self._obj, "provider", dict, "$"), "$.provider"),)

    def _named(self, reference: JsonObject, path: str) -> TeamMember:
        party = self._directory.party(reference, path)
        return TeamMember(party=party, roles=None, qualification=None, path=path)

    def _item(self, item: JsonObject, path: str) -> ClaimItem:
        check_elements(item, ITEM, path)
        required(item, "sequence", int, path)
        linked = sequences(item, "careTeamSequence", path)
        team = tuple(self._team.values()) or self._default
        if linked is not None:
            team = tuple(self._team[one] for one in linked if one in self._team)
        unlinked = linked is not None and any(one not in self._team for one in linked)
        return self._line(item, path, team=team, unlinked=unlinked)

    def _added(self, item: JsonObject, path: str) -> ClaimItem:
        check_elements(item, ITEM_ADDED, path)
        # What the insurer added names its providers itself, without any role.
        team = tuple(
            self._named(one, at) for one, at in _several(item, "provider", path)
        )
        return self._line(item, path, team=team, unlinked=False)

    def _line(
        self,
        item: JsonObject,
        path: str,
        *,
        team: tuple[TeamMember, ...],
        unlinked: bool,
    ) -> ClaimItem:
        return ClaimItem(
            path=path,
            team=team,
            unlinked=unlinked,
            services=tuple(_services(item, path)),
            period=self._period(item, path) or self._billable,
            where=self._where(item, path),
        )

    def _period(self, item: JsonObject, path: str) -> Span | None:
        _only_one(item, ("servicedDate", "servicedPeriod"), path)
        if "servicedDate" in item:
            return _days(item, "servicedDate", path, self._zone)
        if "servicedPeriod" not in item:
            return None
        place = child(path, "servicedPeriod")
        stated = required(item, "servicedPeriod", dict, path)
        return period(stated, place, self._zone)

    def _billable_period(self) -> Span | None:
        if "billablePeriod" not in self._obj:
            return None
        stated = required(self._obj, "billablePeriod", dict, "$")
        return period(stated, "$.billablePeriod", self._zone)

    def _where(self, item: JsonObject, path: str) -> Where:
        names = ("locationCodeableConcept", "locationAddress", "locationReference")
        _only_one(item, names, path)
        address = self._located("locationReference", item, path)
        if "locationAddress" in item:
            place = child(path, "locationAddress")
            address = Address.read(required(item, "locationAddress", dict, path), place)
        return Where(
            codes=_concept(item, "locationCodeableConcept", path),
            # An item that names a place of its own is not at the claim's facility.
            address=address,
            facility=None if "locationReference" in item else self._facility,
            home=self._home,
            modifiers=frozenset(_modifiers(item, path)),
        )

    def _located(self, name: str, obj: JsonObject, path: str) -> Address | None:
        if name not in obj:
            return None
        return self._directory.address(
            required(obj, name, dict, path), child(path, name)
        )


def _several(
    obj: JsonObject, name: str, path: str = "$"
) -> Iterator[tuple[JsonObject, str]]:
    if name in obj:
        yield from elements(obj, name, path)


def _only_one(obj: JsonObject, names: tuple[str, ...], path: str) -> None:
    if sum(name in obj for name in names) > 1:
        message = "only one of the forms of this element may be there"
        raise MalformedValue(message, path=path, fix=f"keep one of {', '.join(names)}")


def _days(obj: JsonObject, name: str, path: str, zone: tzinfo) -> Span:
    start, end = date_time(required_str(obj, name, path), child(path, name), zone)
    return Span(start=start, end=end)


def _concept(obj: JsonObject, name: str, path: str) -> frozenset[Coding] | None:
    found = optional(obj, name, dict, path)
    return None if found is None else codes_of(found, child(path, name))


def _parts(item: JsonObject, path: str) -> Iterator[tuple[JsonObject, str]]:
    """The item itself, then its details and theirs: each is a service of its own."""
    yield item, path
    for detail, at in _several(item, "detail", path):
        yield detail, at
        yield from _several(detail, "subDetail", at)


def _services(item: JsonObject, path: str) -> Iterator[frozenset[Coding]]:
    for part, at in _parts(item, path):
        if part is not item:
            check_elements(part, DETAIL, at)
        yield _concept(part, "productOrService", at) or frozenset()


def _modifiers(item: JsonObject, path: str) -> Iterator[str]:
    for part, place in _parts(item, path):
        for concept, at in _several(part, "modifier", place):
            for code, here in _several(concept, "coding", at):
                found = optional_str(code, "code", here)
                if found is not None:
                    yield found
