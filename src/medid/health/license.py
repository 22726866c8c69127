"""A license as facts: what a verified credential says about a right to practise.

Reads and refuses; decides nothing. That the credential's signature, dates, status and
issuer are in order is for others to show first.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.instant import Window
from medid.errors import MalformedValue, MissingFact, child
from medid.health.claims import check_vct, claimed_window, only_subject
from medid.health.codes import Coding
from medid.health.days import UTC_NAME, end_of_day, start_of_day, time_zone
from medid.health.nodes import Node, Reader
from medid.health.vocabulary import LICENSE_CREDENTIAL

if TYPE_CHECKING:
    from datetime import tzinfo

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.credentials import Credential

# Members of a license without which it says more than it does. A holder has others.
_RESTRICTING: Final = (
    "condition",
    "licenseStatus",
    "registrationType",
    "expiresOn",
    "encumbered",
    "privilegeAction",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A restriction on how the holder may practise."""

    kind: str
    actions: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    supervision_level: str | None = None
    until: Instant | None = None
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptiveAuthority:
    """What may be prescribed in one jurisdiction."""

    jurisdiction: str
    schedules: tuple[str, ...]
    schedule_system: str | None = None
    registration_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactPrivilege:
    """What an agreement between states says about the license."""

    name: str | None = None
    multistate: bool | None = None
    primary_state_of_residence: str | None = None
    state_of_principal_license: str | None = None
    issued_through_compact: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivilegeAction:
    """A decision of one state against the right to practise in it."""

    jurisdiction: str
    action: str | None = None
    start: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseAction:
    """A public order of the board; its days are in the board's own calendar."""

    action: str
    ordered_on: str | None = None
    effective_on: str | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A number in a register. It identifies, and never licenses."""

    system: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """The right of one holder to practise one profession in one jurisdiction.

    Attributes:
        holder: The DID that the license is about.
        issuer: Who says so.
        window: From the later start to the earlier end of what the credential and
            the license state.
        credential_id: The credential's own id, where it has one.
    """

    holder: str
    issuer: str
    number: str = field(repr=False)
    jurisdiction: str
    professions: tuple[Coding, ...]
    specialties: tuple[Coding, ...]
    registration_type: str | None
    status: str
    status_since: Instant | None
    window: Window
    conditions: tuple[Condition, ...]
    prescriptive_authority: tuple[PrescriptiveAuthority, ...]
    compacts: tuple[CompactPrivilege, ...]
    encumbered: bool | None
    privilege_actions: tuple[PrivilegeAction, ...]
    adverse_actions: tuple[AdverseAction, ...]
    no_adverse_action_as_of: str | None
    identifiers: tuple[Identifier, ...]
    credential_id: str | None

    @classmethod
    def from_credential(
        cls, credential: Credential, *, timezone: str = UTC_NAME
    ) -> License:
        """The license that a verified ``credential`` states.

        Args:
            credential: Verified by the caller; not checked again here.
            timezone: Where the days of the license begin and end (IANA name).

        Raises:
            MissingFact: What a license needs is not stated.
            MalformedValue: Not a license, not one subject, or not of the vocabulary.
            ConfigurationError: There is no such time zone.
        """
        claims, path = only_subject(credential, LICENSE_CREDENTIAL)
        _check_nothing_beside(claims, path)
        reader = Reader()
        return _license(
            reader,
            reader.node(claims, LICENSE_CREDENTIAL.subject, path),
            _Frame(
                holder=_stated(claims, "id", path),
                issuer=credential.issuer.id,
                window=credential.validity,
                zone=time_zone(timezone),
                credential_id=credential.id,
            ),
        )

    @classmethod
    def from_claims(cls, claims: JsonObject, *, timezone: str = UTC_NAME) -> License:
        """The license that the processed claims of a verified SD-JWT VC state.

        The members of the subject stand beside the registered claims; nodes need
        not name their types. What a holder kept back is not seen here: see
        ``medid.health.claims.check_nothing_withheld``.

        Raises:
            MissingFact: What a license needs is not stated.
            MalformedValue: Another ``vct``, or not of the vocabulary.
            ConfigurationError: There is no such time zone.
        """
        check_vct(claims, LICENSE_CREDENTIAL)
        _check_nothing_beside(claims, "$")
        reader = Reader(typed=False)
        members = {name: value for name, value in claims.items() if name != "id"}
        identifier = claims.get("jti")
        return _license(
            reader,
            reader.node(members, LICENSE_CREDENTIAL.subject, "$"),
            _Frame(
                holder=_stated(claims, "sub", "$"),
                issuer=_stated(claims, "iss", "$"),
                window=claimed_window(claims),
                zone=time_zone(timezone),
                credential_id=identifier if isinstance(identifier, str) else None,
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What the credential around a license says."""

    holder: str
    issuer: str
    window: Window
    zone: tzinfo
    credential_id: str | None


def _stated(claims: JsonObject, name: str, path: str) -> str:
    found = claims.get(name)
    if not isinstance(found, str) or not found:
        message = "a license must name its holder and its issuer"
        raise MissingFact(message, path=child(path, name))
    return found


def _check_nothing_beside(claims: JsonObject, path: str) -> None:
    """Return unless what restricts a license stands beside it, where nobody reads it.

    Raises:
        MalformedValue: It does.
    """
    for name in _RESTRICTING:
        if name in claims:
            message = "what restricts a license stands beside it"
            fix = "a license states its conditions and its status itself"
            raise MalformedValue(message, path=child(path, name), fix=fix)


def _license(reader: Reader, subject: Node, frame: _Frame) -> License:
    (node,) = reader.nodes(subject, "license", "PractitionerLicense")
    return License(
        holder=frame.holder,
        issuer=frame.issuer,
        number=node.needed("licenseNumber"),
        jurisdiction=node.jurisdiction("jurisdiction"),
        professions=_codings(reader, node, "profession"),
        specialties=_codings(reader, node, "specialty"),
        registration_type=node.text("registrationType"),
        status=node.needed("licenseStatus"),
        status_since=node.instant("statusSince"),
        window=frame.window.intersect(_window(node, frame.zone)),
        conditions=_conditions(reader, node),
        prescriptive_authority=_prescriptive(reader, node),
        compacts=_compacts(reader, node),
        encumbered=node.flag("encumbered"),
        privilege_actions=_privilege_actions(reader, node),
        adverse_actions=_adverse_actions(reader, node),
        no_adverse_action_as_of=node.text("noAdverseActionAsOf"),
        identifiers=_identifiers(reader, subject),
        credential_id=frame.credential_id,
    )


def _window(node: Node, zone: tzinfo) -> Window:
    first, last = node.text("issuedOn"), node.text("expiresOn")
    opened, closed = child(node.path, "issuedOn"), child(node.path, "expiresOn")
    return Window(
        None if first is None else start_of_day(first, zone, path=opened),
        None if last is None else end_of_day(last, zone, path=closed),
    )


def _codings(reader: Reader, node: Node, term: str) -> tuple[Coding, ...]:
    return tuple(
        Coding(code.needed("system"), code.needed("code"))
        for code in reader.nodes(node, term, "Code")
    )


def _conditions(reader: Reader, node: Node) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            kind=item.needed("kind"),
            actions=item.texts("action"),
            sites=item.texts("site"),
            supervision_level=item.text("supervisionLevel"),
            until=item.instant("until"),
            text=item.text("text"),
        )
        for item in reader.nodes(node, "condition", "LicenseCondition")
    )


def _prescriptive(reader: Reader, node: Node) -> tuple[PrescriptiveAuthority, ...]:
    return tuple(
        PrescriptiveAuthority(
            jurisdiction=item.jurisdiction("jurisdiction"),
            schedules=item.texts("schedule"),
            schedule_system=item.text("scheduleSystem"),
            registration_number=item.text("registrationNumber"),
        )
        for item in reader.nodes(node, "prescriptiveAuthority", "PrescriptiveAuthority")
    )


def _compacts(reader: Reader, node: Node) -> tuple[CompactPrivilege, ...]:
    return tuple(
        CompactPrivilege(
            name=item.text("compactName"),
            multistate=item.flag("multistate"),
            primary_state_of_residence=item.text("primaryStateOfResidence"),
            state_of_principal_license=item.text("stateOfPrincipalLicense"),
            issued_through_compact=item.flag("issuedThroughCompact"),
        )
        for item in reader.nodes(node, "compact", "CompactPrivilege")
    )


def _privilege_actions(reader: Reader, node: Node) -> tuple[PrivilegeAction, ...]:
    return tuple(
        PrivilegeAction(
            jurisdiction=item.jurisdiction("jurisdiction"),
            action=item.text("action"),
            start=item.instant("from"),
        )
        for item in reader.nodes(node, "privilegeAction", "PrivilegeAction")
    )


def _adverse_actions(reader: Reader, node: Node) -> tuple[AdverseAction, ...]:
    return tuple(
        AdverseAction(
            action=item.needed("action"),
            ordered_on=item.text("orderedOn"),
            effective_on=item.text("effectiveOn"),
            order=item.text("order"),
        )
        for item in reader.nodes(node, "adverseAction", "AdverseAction")
    )


def _identifiers(reader: Reader, subject: Node) -> tuple[Identifier, ...]:
    return tuple(
        Identifier(system=item.needed("system"), value=item.needed("value"))
        for item in reader.nodes(
            subject, "practitionerIdentifier", "PractitionerIdentifier"
        )
    )
