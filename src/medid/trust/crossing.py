"""How a license counts in another place: compacts, recognition, unions, alerts.

Data only. Five legal models that must not be merged into one flag; memberships change
every year, so all of it is configuration, with dates. The rules are in
``medid.access``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.fields import optional, optional_str, required_str
from medid.core.instant import Window
from medid.core.jurisdictions import check_jurisdiction
from medid.errors import MalformedValue, child
from medid.trust.members import (
    choice,
    did,
    flag,
    items,
    known_members,
    moment,
    optional_did,
    some_words,
    whole_number,
    window,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

MUTUAL: Final = "mutual-recognition"
EXPEDITED: Final = "expedited-licensure"
AUTHORISATION: Final = "authorisation"
# The two credentials that support a license. Neither is issued as licenses are, so who
# may issue them is said where they are asked for.
AUTHORISATION_TYPE: Final = "CompactAuthorisation"
DECLARATION_TYPE: Final = "ServiceProvisionDeclaration"
SUPPORT_NAMESPACE: Final = "https://w3id.org/medid/health/support/v1#"
_MODELS: Final = (MUTUAL, EXPEDITED, AUTHORISATION)
# One place, as its authors write it.
_HOME_STATE: Final = ("homeState", "home-state", "home")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a mutual-recognition compact asks of a license; all of it by default."""

    multistate: bool = True
    home_state_is_member: bool = True
    home_state_is_primary_residence: bool = True
    unencumbered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """What one mode of practice needs under an authorisation compact.

    Attributes:
        kind: The kind of authorisation credential.
        practitioner_at_home: Whether the practitioner must be in the home state.
        max_days: Days per state and year, where they are limited.
    """

    kind: str
    practitioner_at_home: bool = False
    max_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A state while it is a member of a compact; one that came back is there twice."""

    jurisdiction: str
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Compact:
    """An agreement between states about licenses.

    Attributes:
        members: In the order of the file; no two of one state overlap.
        window: When the agreement is in force.
    """

    id: str
    model: str
    professions: tuple[str, ...]
    members: tuple[Member, ...]
    requires: Requirements
    authorisation_issuer: str | None
    telehealth: Authorisation | None
    in_person: Authorisation | None
    window: Window

    def includes(self, place: str | None, *, at: Instant) -> bool:
        """Whether ``place`` is a member at ``at``, and the agreement in force."""
        return self.window.contains(at) and any(
            one.jurisdiction == place and one.window.contains(at)
            for one in self.members
        )

    def has_included(self, place: str | None, *, by: Instant) -> bool:
        """Whether ``place`` has been a member at any time until ``by``."""
        since = [
            one.window.intersect(self.window).start
            for one in self.members
            if one.jurisdiction == place
        ]
        return any(start is None or start <= by for start in since)

    def edges(self) -> Iterator[Instant | None]:
        """Every instant at which somebody becomes a member, or ceases to be one."""
        yield from (self.window.start, self.window.end)
        for one in self.members:
            yield from (one.window.start, one.window.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """One place counts licenses of another; directed, dated and not transitive."""

    origin: str
    host: str
    professions: tuple[str, ...]
    modes: tuple[str, ...]
    basis: str | None
    window: Window
    requires_credential: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A warning about one practitioner that authorities pass on.

    Attributes:
        deny: Whether it refuses; ``None`` leaves that to the setting for all alerts.
    """

    source: str | None
    holder: str
    measure: str | None
    member_state: str | None
    start: Instant | None
    deny: bool | None


def read_compact(value: JsonValue, path: str) -> Compact:
    """The compact that ``value`` describes.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
        InvalidDid: The issuer of authorisations is not a DID.
    """
    names = (
        "id",
        "model",
        "professions",
        "members",
        "requires",
        "authorisationIssuer",
        "telehealth",
        "inPerson",
        "validFrom",
        "validUntil",
    )
    obj = known_members(value, names, path)
    required_str(obj, "model", path)
    return Compact(
        id=required_str(obj, "id", path),
        model=choice(obj, "model", path, allowed=_MODELS) or "",
        professions=some_words(obj, "professions", path),
        members=_members(obj, path),
        requires=_requirements(obj.get("requires", {}), child(path, "requires")),
        authorisation_issuer=optional_did(obj, "authorisationIssuer", path),
        telehealth=_authorisation(obj, "telehealth", path),
        in_person=_authorisation(obj, "inPerson", path),
        window=window(obj, path, days=True),
    )


def _members(obj: JsonObject, path: str) -> tuple[Member, ...]:
    found: dict[str, list[Member]] = {}
    members: list[Member] = []
    for item, place in items(obj, "members", path):
        one = _member(item, place)
        same = found.setdefault(one.jurisdiction, [])
        if any(one.window.overlaps(other.window) for other in same):
            message = "this state is a member at the same time by another entry"
            fix = "state each time of its membership once, one after the other"
            raise MalformedValue(message, path=place, fix=fix)
        same.append(one)
        members.append(one)
    return tuple(members)


def _member(value: JsonValue, path: str) -> Member:
    """A state by its code, or an object with its code and the time."""
    if isinstance(value, str):
        check_jurisdiction(value, path)
        return Member(jurisdiction=value, window=Window())
    obj = known_members(value, ("jurisdiction", "validFrom", "validUntil"), path)
    code = required_str(obj, "jurisdiction", path)
    check_jurisdiction(code, child(path, "jurisdiction"))
    return Member(jurisdiction=code, window=window(obj, path, days=True))


def authorisation_issuers(compacts: Iterable[Compact]) -> frozenset[str]:
    """The commissions that issue the authorisations of ``compacts``, whenever."""
    return frozenset(
        one.authorisation_issuer
        for one in compacts
        if one.model == AUTHORISATION and one.authorisation_issuer is not None
    )


def _requirements(value: JsonValue, path: str) -> Requirements:
    names = (
        "multistate",
        "homeStateIsMember",
        "homeStateIsPrimaryResidence",
        "unencumbered",
    )
    obj = known_members(value, names, path)
    return Requirements(
        multistate=flag(obj, "multistate", path, default=True),
        home_state_is_member=flag(obj, "homeStateIsMember", path, default=True),
        home_state_is_primary_residence=flag(
            obj, "homeStateIsPrimaryResidence", path, default=True
        ),
        unencumbered=flag(obj, "unencumbered", path, default=True),
    )


def _authorisation(obj: JsonObject, name: str, path: str) -> Authorisation | None:
    if name not in obj:
        return None
    place = child(path, name)
    names = ("authorisation", "practitionerMustBeIn", "maxDaysPerYear")
    mode = known_members(obj[name], names, place)
    home = choice(mode, "practitionerMustBeIn", place, allowed=_HOME_STATE)
    days = whole_number(mode, "maxDaysPerYear", place, default=-1)
    return Authorisation(
        kind=required_str(mode, "authorisation", place),
        practitioner_at_home=home is not None,
        max_days=None if days < 0 else days,
    )


def read_recognition(value: JsonValue, path: str) -> Recognition:
    """The recognition that ``value`` describes.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
    """
    names = (
        "from",
        "to",
        "professions",
        "modes",
        "basis",
        "validFrom",
        "validUntil",
        "requiresCredential",
    )
    obj = known_members(value, names, path)
    return Recognition(
        origin=required_str(obj, "from", path),
        host=required_str(obj, "to", path),
        professions=some_words(obj, "professions", path),
        modes=words(obj, "modes", path),
        basis=optional_str(obj, "basis", path),
        window=window(obj, path, days=True),
        requires_credential=optional_str(obj, "requiresCredential", path),
    )


def read_alert(value: JsonValue, path: str) -> Alert:
    """The alert that ``value`` describes.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
        InvalidDid: The holder is not a DID.
    """
    names = ("source", "holder", "measure", "memberState", "from", "denyOnAlert")
    obj = known_members(value, names, path)
    required_str(obj, "holder", path)
    return Alert(
        source=optional_str(obj, "source", path),
        holder=did(obj["holder"], child(path, "holder")),
        measure=optional_str(obj, "measure", path),
        member_state=optional_str(obj, "memberState", path),
        start=moment(obj, "from", path),
        deny=optional(obj, "denyOnAlert", bool, path),
    )
