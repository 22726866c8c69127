"""What is known of a license at the date of service, and what is only known now.

A status list says what holds when it is read. That a license is revoked now does not
tell whether it was then, and a suspension that was lifted leaves no trace. What tells:

* a revocation is for good: a list of revocations that is clear now was clear since the
  license was signed;
* a list that was signed before the service, and is still the one published, has said
  the same ever since;
* evidence that was gathered around the date of service, with the lists of that time;
* ``statusSince``: the board's own word at the time at which it signed the license.

Of what remains unknown there are two worlds, one where all of it was good and one where
all of it was bad. What only the first permits is not known to be permitted.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#statuspurpose
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from medid.access.facts import consent_settings, read_facts
from medid.access.license_facts import Verified
from medid.access.verified import last_of, signing_time
from medid.core.instant import Instant, Window
from medid.core.records import replace
from medid.errors import MedidError
from medid.health.days import start_of_day
from medid.verifying.checks import Result
from medid.verifying.credential import judge_credential
from medid.verifying.opening import open_document
from medid.verifying.status import entries_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from medid.access.decision import Finding
    from medid.access.license_facts import CredentialStatus, LicenseFacts
    from medid.core.evidence import Evidence
    from medid.trust import TrustRegistry
    from medid.verifying.credential import CredentialVerdict
    from medid.verifying.judging import Judgement
    from medid.verifying.opening import Secured

STATUS_THEN_UNKNOWN: Final = "STATUS_THEN_UNKNOWN"
PROOF_UNKNOWN: Final = "PROOF_UNKNOWN"
_DAYS: Final = "daysUsedThisYear"
# What else a bitstring may say takes nothing back. Any other purpose can be lifted.
_FOR_GOOD: Final = frozenset({"revocation", "refresh", "message"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a look at the status lists told, and of which time."""

    status: CredentialStatus
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLicense:
    """A license or what supports one, with all that tells its status at some time.

    Attributes:
        facts: As verified at the instant asked at.
        signed: When it was signed, if it says so: what it counts, it counted then.
        listed: Whether it names a status list at all.
        sightings: In any order.
    """

    facts: LicenseFacts
    listed: bool = True
    sightings: tuple[Sighting, ...] = ()
    signed: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """A license during one service, in the best and in the worst of its worlds.

    Attributes:
        unknown: Why the two differ; empty where they do not.
    """

    best: LicenseFacts
    worst: LicenseFacts
    unknown: tuple[str, ...]


# From credentials to what is known.


def read_licenses(
    opened: Sequence[Secured],
    *,
    judgement: Judgement,
    earlier: Sequence[Evidence],
    trust: TrustRegistry,
) -> tuple[tuple[KnownLicense, ...], tuple[Finding, ...]]:
    """The licenses among ``opened`` and what supports them, and what is unreadable.

    Args:
        opened: Credentials, none of them verified yet.
        judgement: The evidence of now, and the instant asked at.
        earlier: Evidence that was gathered at other times.
        trust: For the time zone, and for how long a status is believed.
    """
    zone = consent_settings(trust).zone
    found: dict[str, KnownLicense] = {}
    unreadable: list[Finding] = []
    for number, secured in enumerate(opened, start=1):
        verdict = judge_credential(secured, judgement)
        facts = read_facts([verdict], kept=(), trust=trust, judgement=judgement)
        unreadable += facts.unreadable
        looking = _Looking(secured=secured, judgement=judgement, zone=zone)
        for license_ in (*facts.licenses, *facts.supports):
            # Reasons name a license by its id, so each has one of its own.
            name = (
                license_.id if license_.id not in found else f"{license_.id}~{number}"
            )
            found[name] = KnownLicense(
                facts=replace(license_, id=name),
                listed=_is_listed(secured),
                sightings=(
                    *looking.sightings(earlier),
                    *looking.stated(license_),
                ),
                signed=signing_time(secured),
            )
    return tuple(found.values()), tuple(unreadable)


def _is_listed(secured: Secured) -> bool:
    try:
        return bool(entries_of(secured))
    except MedidError:
        return True  # it names something that nobody here can judge


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    """What is looked at: one credential, under one judgement."""

    secured: Secured
    judgement: Judgement
    zone: tzinfo

    def sightings(self, earlier: Sequence[Evidence]) -> Iterator[Sighting]:
        """What the lists of now and of other times tell."""
        present = self.judgement.evidence
        yield from self._of(present, at=self.judgement.at)
        for evidence in earlier:
            looks = _Looks.at(self.secured, evidence)
            # Any other time is asked about as of when its lists were read.
            if looks is not None and looks.last <= self.judgement.at:
                known = evidence.with_answers(present.answers.items())
                yield from self._of(known, at=looks.last)

    def _of(self, evidence: Evidence, *, at: Instant) -> Iterator[Sighting]:
        looks = _Looks.at(self.secured, evidence)
        if looks is None:
            return
        then = replace(self.judgement, at=at, statements=None, evidence=evidence)
        verdict = judge_credential(self.secured, then)
        codes = {one.code for one in verdict.checks if one.check == "status"}
        since = looks.last if looks.signed is None else min(looks.signed, looks.last)
        if verdict.result_of("proof") is not Result.PASS:
            return
        if "REVOKED" in codes:
            yield Sighting(status="revoked", window=Window(since, None))
        elif "SUSPENDED" in codes:
            seen = Window(since, Instant(looks.last.nanoseconds + 1))
            yield Sighting(status="suspended", window=seen)
        elif codes == {None}:
            yield from self._clear(verdict, looks)

    def _clear(self, verdict: CredentialVerdict, looks: _Looks) -> Iterator[Sighting]:
        signed = signing_time(self.secured)
        if signed is None:
            return  # it may have been made after all that it is to stand for
        # A service has the precision of a day, and so has a look at its status.
        start = _first_of_day(signed, self.zone)
        if not {one.purpose for one in verdict.statuses} <= _FOR_GOOD:
            day = _first_of_day(looks.first, self.zone)
            start = max(start, day if looks.signed is None else min(day, looks.signed))
        yield Sighting(status="valid", window=Window(start, verdict.fresh_until))

    def stated(self, facts: LicenseFacts) -> Iterator[Sighting]:
        """What the board itself said when it signed: since when the status holds."""
        signed, since = signing_time(self.secured), facts.status_since
        if signed is not None and since is not None:
            yield Sighting(status="valid", window=Window(since, signed))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looks:
    """When the lists of one license were read, and since when they say the same.

    Attributes:
        first: The earliest fetch.
        last: The latest fetch.
        signed: When the last of them was signed, where all of them tell.
    """

    first: Instant
    last: Instant
    signed: Instant | None

    @classmethod
    def at(cls, secured: Secured, evidence: Evidence) -> _Looks | None:
        """The looks that ``evidence`` holds; ``None`` where a list is not in it."""
        try:
            lists = [
                evidence.get(entry.list_url or "") for entry in entries_of(secured)
            ]
        except MedidError:
            return None
        if not lists:
            return None
        times = [one.tells_of for one in lists]
        signed = [_signed_at(one.content) for one in lists]
        return cls(first=min(times), last=max(times), signed=last_of(signed))


def _signed_at(content: bytes) -> Instant | None:
    """When the list in ``content`` was signed, if it says so; it is verified later."""
    try:
        return signing_time(open_document(content))
    except MedidError:
        return None


def _first_of_day(at: Instant, zone: tzinfo) -> Instant:
    try:
        day = datetime.fromtimestamp(int(at.seconds), zone).date()
    except (OverflowError, OSError, ValueError):
        return at  # outside of the calendar that computers keep
    return min(at, start_of_day(day.isoformat(), zone))


# From what is known to what it was then.


def during(known: KnownLicense, span: Window, trust: TrustRegistry) -> Then:
    """The license during ``span``, as far as its status then is known.

    Args:
        known: A license.
        span: Bounded on both sides; its end is not after the instant asked at.
        trust: Which statuses of a license are accepted.
    """
    proof, status = known.facts.verified.proof, _status_then(known, span)
    best = worst = known.facts
    unknown: list[str] = []
    if proof is None:
        unknown.append(PROOF_UNKNOWN)
    if status is None or proof is None:
        unknown.append(STATUS_THEN_UNKNOWN)
        best = _with(best, proof=proof is not False, status="valid")
        worst = _with(worst, proof=proof is True, status="revoked")
    else:
        best = worst = _with(best, proof=proof, status=status)
    since, accepted = known.facts.status_since, trust.settings.accept_statuses
    if since is not None and span.start is not None and since > span.start:
        good = known.facts.status in accepted
        if good or span.end is None or since >= span.end:
            # What it was before nobody said.
            unknown.append(STATUS_THEN_UNKNOWN)
            best = replace(best, status=accepted[0], status_since=None)
            worst = replace(worst, status=None)
    best, worst = _counted(best, worst, known.signed, span=span, trust=trust)
    return Then(best=best, worst=worst, unknown=tuple(dict.fromkeys(unknown)))


def _counted(
    best: LicenseFacts,
    worst: LicenseFacts,
    signed: Instant | None,
    *,
    span: Window,
    trust: TrustRegistry,
) -> tuple[LicenseFacts, LicenseFacts]:
    """Both worlds, with the days of practice that may have been used up in ``span``.

    Days are counted when the credential is signed, for that year. What was signed
    before a service, in its year, counts as it did then; of what was signed after it
    there may have been fewer. Of another year nobody knows.
    """
    if _DAYS not in best.support:
        return best, worst
    zone = consent_settings(trust).zone
    last = None if span.end is None else Instant(span.end.nanoseconds - 1)
    years = {_year(one, zone) for one in (signed, span.start, last)}
    same = len(years) == 1 and None not in years
    after = signed is not None and last is not None and signed > last
    return (
        best if same and not after else _with_days(best, {}),
        worst if same else _with_days(worst, None),
    )


def _with_days(facts: LicenseFacts, days: dict[str, int] | None) -> LicenseFacts:
    return replace(facts, support={**facts.support, _DAYS: days})


def _year(at: Instant | None, zone: tzinfo) -> int | None:
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at.nanoseconds // 1_000_000_000, zone).year
    except (OverflowError, OSError, ValueError):
        return None  # outside of the calendar that computers keep


def _with(
    facts: LicenseFacts, *, proof: bool, status: CredentialStatus
) -> LicenseFacts:
    # The rules are told that the status was asked at the time that they judge.
    verified = Verified(proof=proof, status=status, status_checked_at=None)
    return replace(facts, verified=verified)


def _status_then(known: KnownLicense, span: Window) -> CredentialStatus | None:
    """The status during the whole of ``span``; ``None`` where it cannot be told."""
    if not known.listed:
        return "unknown"  # by the same rule as now: it could never be taken back
    for bad in ("revoked", "suspended"):
        for sighting in known.sightings:
            if sighting.status == bad and sighting.window.overlaps(span):
                return sighting.status
    clear = [one.window for one in known.sightings if one.status == "valid"]
    return "valid" if _cover(clear, span) else None


def _cover(windows: Iterable[Window], span: Window) -> bool:
    """Whether ``windows`` together leave no instant of ``span`` out."""
    reached, end = span.start, span.end
    if reached is None or end is None:
        return False
    for window in sorted(windows, key=_begins):
        if window.start is not None and window.start > reached:
            break
        reached = end if window.end is None else max(reached, window.end)
    return reached >= end


def _begins(window: Window) -> tuple[bool, int]:
    start = window.start
    return (False, 0) if start is None else (True, start.nanoseconds)
