"""The format of trust files, read strictly into typed settings.

License scenarios carry the same format as their ``trust`` object. There a rehearsal
may leave out what a verifier may not: a scenario without boards shows a denial.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, optional_str, required_str
from medid.core.jurisdictions import check_jurisdiction
from medid.errors import MalformedValue, child
from medid.trust.asked import AskedRegistry, read_asked
from medid.trust.authorities import Authority, read_authorities, read_lists
from medid.trust.boards import AcceptedBoard, read_board
from medid.trust.consents import ConsentSettings, read_consent_settings
from medid.trust.crossing import (
    Alert,
    Compact,
    Recognition,
    authorisation_issuers,
    read_alert,
    read_compact,
    read_recognition,
)
from medid.trust.federation.settings import Federation, read_federations
from medid.trust.members import (
    choice,
    choices,
    flag,
    items,
    jurisdictions,
    known_members,
    whole_number,
)
from medid.trust.roots import X509Root, read_roots
from medid.trust.specialties import read_specialties
from medid.trust.visas import Broker, VisaIssuer, read_brokers, read_visa_issuers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

STATUS_MAX_AGE: Final = 86_400  # seconds; a board's decision is known within a day
# Equal to the closed list of medid.health, which this floor may not import.
STATUSES: Final = (
    "active",
    "probation",
    "restricted",
    "suspended",
    "revoked",
    "surrendered",
    "expired",
    "inactive",
    "retired",
    "pending",
    "denied",
    "deceased",
)
PATIENT: Final = "patient"
PROVIDER: Final = "provider"
_MEMBERS: Final = (
    "name",
    "description",
    "acceptedBoards",
    "authorities",
    "recognizedEntities",
    "federations",
    "x509Roots",
    "trustRegistries",
    "acceptStatuses",
    "statusMaxAgeSeconds",
    "placeOfService",
    "containment",
    "compacts",
    "recognition",
    "unions",
    "specialties",
    "alerts",
    "denyOnAlert",
    "consent",
    "visaIssuers",
    "brokers",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a trust file says.

    Attributes:
        status_max_age: Seconds since the status was checked, at most.
        place_of_service: Per country or union, whose place counts in telehealth.
        containment: Per jurisdiction, those it contains.
        unions: Per union, its countries.
        specialties: Per specialty, all that lie within it.
        visa_issuers: By name: whose GA4GH visas count, and for what.
        brokers: By name: whose GA4GH passports count.
        hybrid: The issuers of whom an entry asks for hybrid proofs, in force or not.
        authorities: On whose word others count too.
        lists: Where those publish whom they recognize.
        federations: By whose trust marks further issuers count, and for what.
        roots: Under whose certificates further issuers count, and for what.
        registries: Who is asked about further issuers, and for what.
        named: Every DID, and every issuer's web address, that an entry names.
    """

    boards: tuple[AcceptedBoard, ...]
    accept_statuses: tuple[str, ...]
    status_max_age: int
    place_of_service: Mapping[str, str] = field(hash=False)
    containment: Mapping[str, tuple[str, ...]] = field(hash=False)
    unions: Mapping[str, tuple[str, ...]] = field(hash=False)
    specialties: Mapping[str, tuple[str, ...]] = field(hash=False)
    compacts: tuple[Compact, ...]
    recognition: tuple[Recognition, ...]
    alerts: tuple[Alert, ...]
    deny_on_alert: bool
    consent: ConsentSettings
    visa_issuers: Mapping[str, VisaIssuer] = field(hash=False)
    brokers: Mapping[str, Broker] = field(hash=False)
    consent_signers: frozenset[str] = field(repr=False)
    hybrid: frozenset[str] = field(repr=False)
    authorities: tuple[Authority, ...]
    lists: tuple[str, ...]
    federations: tuple[Federation, ...]
    roots: tuple[X509Root, ...]
    registries: tuple[AskedRegistry, ...]
    named: frozenset[str] = field(repr=False)

    def refuses(self, alert: Alert) -> bool:
        """Whether ``alert`` refuses, once it is in force."""
        return self.deny_on_alert if alert.deny is None else alert.deny


def read_settings(
    value: JsonValue, path: str = "$", *, rehearsal: bool = False
) -> Settings:
    """The settings that ``value`` describes.

    Args:
        value: The decoded trust file, or a scenario's ``trust``.
        path: Where it stands in its document.
        rehearsal: Whether a registry without boards or statuses is allowed.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
        InvalidDid: A DID is not one.
    """
    obj = known_members(value, _MEMBERS, path)
    optional_str(obj, "name", path)
    optional_str(obj, "description", path)
    boards = _boards(obj, path, rehearsal=rehearsal)
    consent = read_consent_settings(obj.get("consent", {}), child(path, "consent"))
    unions = _table(obj, "unions", path)
    authorities = read_authorities(obj, path)
    compacts = tuple(
        read_compact(item, place) for item, place in items(obj, "compacts", path)
    )
    return Settings(
        boards=boards,
        accept_statuses=_statuses(obj, path, rehearsal=rehearsal),
        status_max_age=whole_number(
            obj, "statusMaxAgeSeconds", path, default=STATUS_MAX_AGE
        ),
        place_of_service=_places(obj, unions, path),
        containment=_table(obj, "containment", path),
        unions=unions,
        specialties=read_specialties(obj, path),
        compacts=compacts,
        recognition=tuple(
            read_recognition(item, place)
            for item, place in items(obj, "recognition", path)
        ),
        alerts=tuple(
            read_alert(item, place) for item, place in items(obj, "alerts", path)
        ),
        deny_on_alert=flag(obj, "denyOnAlert", path, default=True),
        consent=consent,
        visa_issuers=read_visa_issuers(obj, path),
        brokers=read_brokers(obj, path),
        consent_signers=consent.signers(),
        hybrid=frozenset(one.did for one in boards if one.require_hybrid_proofs),
        authorities=authorities,
        lists=read_lists(obj, path),
        federations=read_federations(obj, path),
        roots=read_roots(obj, path),
        registries=read_asked(obj, path),
        named=_named(boards)
        | consent.signers()
        | authorisation_issuers(compacts)
        | {authority.did for authority in authorities},
    )


def _boards(
    obj: JsonObject, path: str, *, rehearsal: bool
) -> tuple[AcceptedBoard, ...]:
    found = tuple(
        read_board(item, place) for item, place in items(obj, "acceptedBoards", path)
    )
    others = ("authorities", "federations", "x509Roots", "trustRegistries")
    if not found and not rehearsal and not any(obj.get(name) for name in others):
        message = "no board is accepted, so nothing could ever be permitted"
        fix = "list the boards whose licenses you rely on"
        place = child(path, "acceptedBoards")
        raise MalformedValue(message, path=place, fix=fix)
    return found


def _named(boards: tuple[AcceptedBoard, ...]) -> frozenset[str]:
    found = {board.did for board in boards}
    for board in boards:
        found.update(board.status_list_issuers)
    return frozenset(found)


def _statuses(obj: JsonObject, path: str, *, rehearsal: bool) -> tuple[str, ...]:
    if "acceptStatuses" not in obj:
        return ("active",)
    found = choices(obj, "acceptStatuses", path, allowed=STATUSES)
    if not found and not rehearsal:
        message = "no status is accepted, so nothing could ever be permitted"
        raise MalformedValue(message, path=child(path, "acceptStatuses"))
    return found


def _table(obj: JsonObject, name: str, path: str) -> Mapping[str, tuple[str, ...]]:
    place = child(path, name)
    table = as_object(obj.get(name, {}), place)
    return MappingProxyType({key: jurisdictions(table, key, place) for key in table})


def _places(
    obj: JsonObject, unions: Mapping[str, tuple[str, ...]], path: str
) -> Mapping[str, str]:
    place = child(path, "placeOfService")
    table = as_object(obj.get("placeOfService", {}), place)
    found: dict[str, str] = {}
    for region in table:
        if region not in unions:
            check_jurisdiction(region, child(place, region))
        choice(table, region, place, allowed=(PATIENT, PROVIDER))
        found[region] = required_str(table, region, place)
    return MappingProxyType(found)
