"""What a board orders, and what that makes of a license: decided without a database.

Whether an order can be followed depends on what is recorded of the license, and on
nothing else. An order that is refused leaves no trace.

Spec: https://w3id.org/medid/health/v1#licenseStatus
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.board import standing, texts
from medid.board.records import License, LicenseVersion, Practitioner, kept
from medid.core import json as strict_json
from medid.core.records import replace
from medid.dids.syntax import Did
from medid.errors import ChangeNotAllowed, MalformedValue, TooLarge, child
from medid.health.identifiers import check_identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonObject


_NEVER: Final = "~"  # behind every day, as a text
#: What a license states that is no claim of its own, and how it is said.
_OWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "licenseNumber": "it is the number of the license",
        "jurisdiction": "give it beside the claims: --jurisdiction",
        "licenseStatus": "the board decides it: medid board approve, suspend, ...",
        "statusSince": "it follows from what is decided, and from when on",
        "issuedOn": "give it beside the claims: --issued-on",
        "expiresOn": "give it beside the claims: --expires-on",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody applies for: a license that is pending until the board decides.

    Attributes:
        number: The license number, unique at this board.
        name: Of the practitioner, as the board writes it.
        claims: The members of ``PractitionerLicense`` but for number, jurisdiction,
            status and days.
        holder: The practitioner's DID, where it is known already.
        identifiers: Numbers in other registers, by system. Who has one of them is the
            same person.
        jurisdiction: Of the license; the board's own by default.
        issued_on: The first day, ``YYYY-MM-DD``.
        expires_on: The last day.
        effective: Since when; the present by default, and never later.
        status: ``pending``; another one where a license is taken over from another
            register, which decided before.
    """

    number: str
    name: str = field(repr=False)
    claims: JsonObject = field(repr=False, hash=False)
    holder: str | None = field(default=None, repr=False)
    identifiers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    jurisdiction: str | None = None
    issued_on: str | None = None
    expires_on: str | None = None
    effective: Instant | None = None
    status: str = standing.FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a license. What is ``None`` stays as it is.

    Attributes:
        number: Of the license.
        status: What it becomes. Where it stays ``expired`` and has a new last day, it
            becomes what it was before it expired.
        effective: From when; the present by default. It may lie ahead, or behind as
            far as what is in force.
        name: Of the practitioner, from then on.
        holder: The DID to which credentials are issued from then on.
        claims: What the license states from then on.
        issued_on: Its first day.
        expires_on: Its last day from then on.
        replacing: Whether this stands in place of what is recorded and takes effect
            later. Else such a change is refused.
        renewing: Whether it is refused where the license would end earlier by it.
        applied: Whether it decides an application, and is refused on any other
            license; ``False`` is refused on an application. By default it is neither.
    """

    number: str
    status: str | None = None
    effective: Instant | None = None
    name: str | None = field(default=None, repr=False)
    holder: str | None = field(default=None, repr=False)
    claims: JsonObject | None = field(default=None, repr=False, hash=False)
    issued_on: str | None = None
    expires_on: str | None = None
    replacing: bool = False
    renewing: bool = False
    applied: bool | None = None


def applied(
    application: Application, person: Practitioner, *, jurisdiction: str, at: Instant
) -> License:
    """The license that an application makes: pending, or as it was elsewhere.

    Args:
        application: Checked by ``check_application``.
        person: Who applies.
        jurisdiction: Where the application names none.
        at: When it is recorded.

    Raises:
        ChangeNotAllowed: It lies ahead.
    """
    starts = kept(application.effective or at)
    if starts > at:
        raise ChangeNotAllowed("it is not so yet", path="$.effective")
    version = LicenseVersion(
        version=1,
        status=application.status,
        effective=starts,
        recorded=at,
        name=application.name,
        holder=application.holder,
        claims=strict_json.check_object(application.claims),
        issued_on=application.issued_on,
        expires_on=application.expires_on,
    )
    return License(
        number=application.number,
        jurisdiction=application.jurisdiction or jurisdiction,
        practitioner=person,
        versions=(version,),
    )


def check_application(application: Application) -> None:
    """Return if the parts of an application can be kept.

    Raises:
        MalformedValue: One of them cannot, or is a claim and stands for itself.
        TooLarge: One of them is too long.
        InvalidDid: The holder is not a DID.
    """
    texts.check_number(application.number)
    texts.check_name(application.name, "$.name")
    if application.jurisdiction is not None:
        place = application.jurisdiction
        texts.check_line(place, texts.MAX_JURISDICTION, "$.jurisdiction")
    standing.check_status(application.status)
    _check_holder(application.holder)
    texts.check_identifiers(application.identifiers)
    for index, (system, value) in enumerate(application.identifiers.items()):
        path = child(child("$.identifiers", index), "value")
        check_identifier(system, value, path=path)
    _check_claims(application.claims)


def check_change(change: Change) -> None:
    """Return if the parts of a change can be kept.

    Raises:
        MalformedValue: One of them cannot, or is a claim and stands for itself.
        TooLarge: One of them is too long.
        InvalidDid: The holder is not a DID.
    """
    texts.check_line(change.number, texts.MAX_NUMBER, "$.number")
    if change.name is not None:
        texts.check_name(change.name, "$.name")
    _check_holder(change.holder)
    if change.claims is not None:
        _check_claims(change.claims)


def changed(license: License, change: Change, *, now: Instant) -> License:  # noqa: A002
    """``license`` with one version more, which is what ``change`` makes of it.

    Args:
        license: As it is recorded.
        change: Checked by ``check_change``.
        now: When the change is recorded.

    Raises:
        ConfigurationError: There is no such status.
        ChangeNotAllowed: It cannot become that, not as of that time, or nothing
            changes.
    """
    # 1. What was in force is what was said: nothing is changed behind its time.
    starts = kept(change.effective or now)
    in_force = license.as_of(now)
    if in_force is None or starts < in_force.effective:
        message = "what is in force took effect later than this would"
        fix = "state a later time: what was said of the past is not rewritten"
        raise ChangeNotAllowed(message, path="$.effective", fix=fix)
    # 2. What lies ahead was ordered, and is not dropped without a word.
    if license.ahead(starts) and not change.replacing:
        message = "another change is recorded that takes effect later"
        fix = "state a time after it, or say that this one replaces it"
        raise ChangeNotAllowed(message, path="$.effective", fix=fix)
    # 3. From what holds by then to what is ordered.
    before = license.as_of(starts) or in_force
    _check_applied(before, change)
    status = _status([*license.timeline()], before, change)
    if change.renewing and (change.expires_on or _NEVER) < (before.expires_on or ""):
        message = "the license would end earlier than it does"
        fix = "renew it to a later day; to end it earlier: medid board amend"
        raise ChangeNotAllowed(message, path="$.expiresOn", fix=fix)
    version = LicenseVersion(
        version=license.latest.version + 1,
        status=status,
        effective=starts,
        recorded=now,
        name=before.name if change.name is None else change.name,
        holder=_or(change.holder, before.holder),
        claims=before.claims
        if change.claims is None
        else strict_json.check_object(change.claims),
        issued_on=_or(change.issued_on, before.issued_on),
        expires_on=_or(change.expires_on, before.expires_on),
    )
    if change.status is None and _says(version) == _says(before):
        raise ChangeNotAllowed("the license says that already")
    return replace(license, versions=(*license.versions, version))


def verb(license: License) -> str:  # noqa: A002 - the vocabulary's word
    """What the last version of a license was: the kind of its event."""
    version = license.latest
    before = _before(license)
    if before is None:
        first = version.status == standing.FIRST
        return standing.APPLIED if first else standing.TAKEN_OVER
    if before.status != version.status:
        late = before.status == "expired" and before.expires_on != version.expires_on
        return "renewed" if late else standing.verb(before.status, version.status)
    if _says(before) == _says(version):
        return standing.verb("", version.status)
    only_later = _says(replace(before, expires_on=version.expires_on))
    return "renewed" if only_later == _says(version) else "amended"


def begins_to_practise(license: License) -> bool:  # noqa: A002
    """Whether somebody practises after the last version, which approves or renews late.

    It does so until the last day, which must not be over.
    """
    version = license.latest
    before = _before(license)
    was = standing.FIRST if before is None else before.status
    approved = before is not None and was == standing.FIRST
    late = was == "expired" and verb(license) == "renewed"
    return (approved or late) and version.status in standing.ISSUED


def states_otherwise(license: License) -> bool:  # noqa: A002 - the vocabulary's word
    """Whether the last version states more than another status.

    Then it must be seen to be something that can be signed.
    """
    before = _before(license)
    return before is None or _says(before)[1:] != _says(license.latest)[1:]


def _before(license: License) -> LicenseVersion | None:  # noqa: A002
    """What the last version came after: what it replaces does not count."""
    timeline = license.timeline()
    return timeline[-2] if len(timeline) > 1 else None


def _check_applied(before: LicenseVersion, change: Change) -> None:
    """Return if the license is an application, or none, as the change has it.

    Who approves a list of applications must not lift the suspension, or undo the
    revocation, of a license that has got into it.
    """
    pending = before.status == standing.FIRST
    if change.applied is None or change.applied is pending:
        return
    if pending:
        message = "the license is an application, about which nothing was decided yet"
        fix = "decide about it: medid board approve, or deny"
    else:
        message = f"a license that is {before.status} is no application"
        fix = "to make it active again: medid board reinstate"
    raise ChangeNotAllowed(message, path="$.status", fix=fix)


def _status(
    timeline: list[LicenseVersion], before: LicenseVersion, change: Change
) -> str:
    if change.status is not None:
        standing.check_change(before.status, change.status)
        return change.status
    if before.status == "expired" and change.expires_on is not None:
        # Who is renewed late was restricted, or suspended, and is so again.
        lived = timeline[: timeline.index(before)]
        statuses = [one.status for one in lived if one.status != "expired"]
        if not statuses:
            message = "what the license was before it expired is not known here"
            fix = "decide what it becomes first, such as: medid board reinstate"
            raise ChangeNotAllowed(message, path="$.status", fix=fix)
        status = statuses[-1]
        standing.check_change(before.status, status)
        return status
    if before.status not in standing.OPEN | {standing.FIRST}:
        message = f"a license that is {before.status} is not amended or renewed"
        raise ChangeNotAllowed(message, path="$.status")
    return before.status


def _says(version: LicenseVersion) -> tuple[object, ...]:
    return (
        version.status,
        version.name,
        version.holder,
        version.claims,
        version.issued_on,
        version.expires_on,
    )


def _or(given: str | None, otherwise: str | None) -> str | None:
    return otherwise if given is None else given


def _check_holder(holder: str | None) -> None:
    if holder is not None:
        texts.check_line(holder, texts.MAX_DID, "$.holder")
        Did.parse(holder, path="$.holder")


def _check_claims(claims: JsonObject) -> None:
    for name, fix in _OWN.items():
        if name in claims:
            # It would be overwritten, or else a credential would say of a last day
            # that the register knows nothing of.
            message = "the register says this of a license by itself"
            path = child("$.claims", name)
            raise MalformedValue(message, path=path, fix=f"leave it out; {fix}")
    size = len(strict_json.dumps(strict_json.check_object(claims)).encode())
    if size > texts.MAX_CLAIMS:
        message = f"the claims have more than {texts.MAX_CLAIMS} bytes"
        raise TooLarge(message, path="$.claims")
