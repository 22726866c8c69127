"""From what the register says of a license to the credential that says it, and back.

What a practitioner holds was signed at one version of a license. What later versions
mean for it is derived from both, so that the status lists never depend on which program
changed what: ``bits`` is the rule, and ``entries_of`` writes down where it changes.

Spec: https://w3id.org/medid/health/v1#PractitionerLicenseCredential,
https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistentry
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from medid.board import standing
from medid.board.records import Entry, Position
from medid.core import json as strict_json
from medid.core.instant import Instant, Window
from medid.core.records import replace
from medid.health.drafts import Frame, unchecked_license

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.board.records import (
        BoardRecord,
        IssuedCredential,
        License,
        LicenseVersion,
        Withdrawal,
    )
    from medid.core.json import JsonObject

#: The lists that each credential has a position on: one for each way to end.
REVOCATION: Final = "revocation"
SUSPENSION: Final = "suspension"
PURPOSES: Final = (REVOCATION, SUSPENSION)

_WEST: Final = 12 * 3_600  # seconds by which the last zone on earth is behind UTC
_EAST: Final = 14 * 3_600  # and by which the first is ahead of it
_DATE: Final = 10  # characters of an instant that are its day
# Of a draft that is only checked. It names nobody, and stands nowhere.
_NOBODY: Final = "did:example:holder"
_NO_ID: Final = "urn:uuid:00000000-0000-4000-8000-000000000000"
_NO_WINDOW: Final = Window()
_NOWHERE: Final = Position(list_number=1, index=0)


class Bits(NamedTuple):
    """What the lists say of one credential."""

    revoked: bool
    suspended: bool


def is_over(version: LicenseVersion, *, at: Instant) -> bool:
    """Whether a license has had its last day at ``at``, wherever days are counted.

    So it is before ``expire`` has been run, and where nobody runs it.
    """
    last = version.expires_on
    return last is not None and last < str(at.plus(-_WEST))[:_DATE]


def is_ahead(version: LicenseVersion, *, at: Instant) -> bool:
    """Whether the first day of a license has begun nowhere on earth at ``at``."""
    first = version.issued_on
    return first is not None and first > str(at.plus(_EAST))[:_DATE]


def list_url(board: BoardRecord, number: int, purpose: str) -> str:
    """Where the list of this number and purpose is published."""
    return f"{board.site}/status/{number}/{purpose}"


class Statement(NamedTuple):
    """What a credential is to say, in plain texts that can be handed on.

    Attributes:
        claims: JSON text: the members of the license but for those below.
        since: From when the license has its status.
        identifiers: Each the system and the value of a number in another register.
        id: Of the credential.
        valid_from: An instant, or nothing where it is only checked.
        valid_until: An instant, or nothing where it has no end.
        signed_at: When it is signed, which may be long before it is valid; by default
            when its validity begins.
    """

    number: str
    jurisdiction: str
    status: str
    since: str
    claims: str
    issued_on: str | None
    expires_on: str | None
    holder: str
    identifiers: tuple[tuple[str, str], ...]
    id: str
    valid_from: str | None
    valid_until: str | None
    list_number: int
    position: int
    signed_at: str | None = None


def statement(
    license: License,  # noqa: A002 - the vocabulary's word
    version: LicenseVersion,
    *,
    id: str = _NO_ID,
    window: Window = _NO_WINDOW,
    place: Position = _NOWHERE,
    signed_at: Instant | None = None,
) -> Statement:
    """What a credential of ``version`` says.

    Without an id, a window and a place, or for a version without a holder, it can be
    checked, and must not be signed.
    """
    return Statement(
        number=license.number,
        jurisdiction=license.jurisdiction,
        status=version.status,
        since=str(license.status_since(version)),
        claims=strict_json.dumps(version.claims),
        issued_on=version.issued_on,
        expires_on=version.expires_on,
        holder=version.holder if version.holder is not None else _NOBODY,
        identifiers=tuple(license.practitioner.identifiers.items()),
        id=id,
        valid_from=None if window.start is None else str(window.start),
        valid_until=None if window.end is None else str(window.end),
        list_number=place.list_number,
        position=place.index,
        signed_at=None if signed_at is None else str(signed_at),
    )


def unchecked(board: BoardRecord, one: Statement) -> JsonObject:
    """The unsigned credential that says ``one``, for a caller who checks it.

    Raises:
        MalformedValue: A time is none.
    """
    places = [(list_url(board, one.list_number, each), each) for each in PURPOSES]
    frame = Frame(
        id=one.id,
        issuer=board.did,
        window=Window(start=_instant(one.valid_from), end=_instant(one.valid_until)),
        status=[_status_entry(url, purpose, one.position) for url, purpose in places],
    )
    stated: JsonObject = {
        **strict_json.load_object(one.claims),
        "licenseNumber": one.number,
        "jurisdiction": one.jurisdiction,
        "licenseStatus": one.status,
        **blanks(one),
    }
    return unchecked_license(
        frame,
        holder=one.holder,
        license=stated,
        identifiers=[
            {"system": system, "value": value} for system, value in one.identifiers
        ],
    )


def blanks(one: Statement) -> JsonObject:
    """What licenses that say the same still say each for itself."""
    found: JsonObject = {"licenseNumber": one.number, "statusSince": one.since}
    if one.issued_on is not None:
        found["issuedOn"] = one.issued_on
    if one.expires_on is not None:
        found["expiresOn"] = one.expires_on
    return found


def place_of(url: str, index: int) -> JsonObject:
    """What says where on the list at ``url`` a credential stands."""
    return {"id": f"{url}#{index}", "statusListIndex": str(index)}


def effect(stated: LicenseVersion, now: LicenseVersion) -> standing.Effect:
    """What ``now`` means for a credential that states another version."""
    same = (stated.claims, stated.holder, stated.issued_on)
    if same != (now.claims, now.holder, now.issued_on):
        return standing.Effect.REVOKES
    if _sooner(now.expires_on, stated.expires_on):
        return standing.Effect.REVOKES
    return standing.effect(stated.status, now.status)


def bits(stated: LicenseVersion, later: Iterable[LicenseVersion]) -> Bits:
    """What the lists say of a credential that states a version, after ``later`` ones.

    A revocation is for good: a new credential says what holds since. What is revoked
    while it is suspended stays on both lists: a verifier fetches each of them at its
    own time, and must never see the one cleared and the other not yet set.
    """
    revoked = suspended = False
    for one in later:
        became = effect(stated, one)
        revoked = revoked or became is standing.Effect.REVOKES
        suspended = became is standing.Effect.SUSPENDS or (suspended and revoked)
    return Bits(revoked, suspended)


def revoked_at(
    one: IssuedCredential,
    license: License,  # noqa: A002 - the vocabulary's word
    at: Instant,
) -> bool:
    """Whether the license has revoked a credential by ``at``, and for good."""
    stated = license.numbered(one.version)
    later = _after(stated, license.timeline())
    return bits(stated, [each for each in later if each.effective <= at]).revoked


def withdrawal_entry(place: Position, withdrawal: Withdrawal, *, event: int) -> Entry:
    """What the lists say of a credential that was taken back.

    Args:
        place: Its position.
        withdrawal: That it was taken back.
        event: The number of the event that says so, or says so once more.
    """
    return Entry(
        position=place,
        purpose=REVOCATION,
        value=True,
        effective=withdrawal.effective,
        event=event,
    )


def holds(
    one: IssuedCredential,
    license: License,  # noqa: A002 - the vocabulary's word
    *,
    at: Instant,
) -> bool:
    """Whether a credential is neither over nor taken back at ``at``."""
    stated = license.numbered(one.version)
    later = [
        version
        for version in _after(stated, license.timeline())
        if version.effective <= at
    ]
    taken = any(back.effective <= at for back in one.withdrawals)
    over = one.ends is not None and one.ends <= at
    return not (taken or over or any(bits(stated, later)))


def entries_of(
    issued: Iterable[IssuedCredential],
    license: License,  # noqa: A002 - the vocabulary's word
) -> Iterator[Entry]:
    """What the last version of ``license`` changes on the lists, from its time on."""
    latest = license.latest
    before = replace(license, versions=license.versions[:-1]).timeline()
    kept = license.timeline()[:-1]
    for one in issued:
        stated = license.numbered(one.version)
        was = bits(stated, _after(stated, kept))
        becomes = bits(stated, [*_after(stated, kept), latest])
        # What lay ahead and is replaced is on the lists already, at its time: what
        # is recorded later goes first, so it is said in so many words.
        said = None if len(kept) < len(before) else was
        yield from _changed(one.position, said, becomes, latest)
        if said is None:
            # That may have cleared a revocation, and what was taken back stays so.
            for each in one.withdrawals:
                yield withdrawal_entry(one.position, each, event=latest.event)


def entries_ahead(
    one: IssuedCredential,
    license: License,  # noqa: A002 - the vocabulary's word
) -> Iterator[Entry]:
    """What the versions that lie ahead mean for a credential that is new."""
    stated = license.numbered(one.version)
    later = _after(stated, license.timeline())
    for count, version in enumerate(later, start=1):
        was, becomes = bits(stated, later[: count - 1]), bits(stated, later[:count])
        yield from _changed(one.position, was, becomes, version)


def _after(
    stated: LicenseVersion, timeline: Iterable[LicenseVersion]
) -> list[LicenseVersion]:
    return [one for one in timeline if one.version > stated.version]


def _changed(
    place: Position, was: Bits | None, becomes: Bits, by: LicenseVersion
) -> Iterator[Entry]:
    for purpose, before, after in zip(
        PURPOSES, was or (None, None), becomes, strict=True
    ):
        if before is not after:
            yield Entry(
                position=place,
                purpose=purpose,
                value=after,
                effective=by.effective,
                event=by.event,
            )


def _sooner(now: str | None, before: str | None) -> bool:
    # Days of four-figure years are in the order of their letters.
    return now is not None and (before is None or now < before)


def _status_entry(url: str, purpose: str, index: int) -> JsonObject:
    return {
        "id": f"{url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": url,
    }


def _instant(text: str | None) -> Instant | None:
    return None if text is None else Instant.parse(text)
