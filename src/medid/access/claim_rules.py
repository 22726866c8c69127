"""Whether one who rendered a service was licensed for it, there and all the time.

The license rules are asked at the first instant of the service and at every instant
within it at which their answer may change. One license has to satisfy all of them, for
every service of the item: two that are each good for a half do not add up. Pure.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access.claim_findings import LICENSE_OK
from medid.access.claim_licenses import STATUS_THEN_UNKNOWN, during
from medid.access.decision import Outcome
from medid.access.license_checks import CHECKS, Case
from medid.access.license_crossing import supporting
from medid.access.license_facts import LicenseRequest
from medid.access.license_place import place_of_service
from medid.access.license_rules import NO_LICENSE, obligations_of
from medid.core.records import replace
from medid.trust import LICENSE_TYPE, names_profession

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.access.claim_licenses import KnownLicense, Then
    from medid.access.claim_place import Place
    from medid.access.claim_settings import Service
    from medid.access.license_facts import LicenseFacts
    from medid.core.instant import Instant, Window
    from medid.health.fhir_claim import TeamMember
    from medid.health.fhir_claim_parties import Party
    from medid.trust import TrustRegistry

CROSSES: Final = "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE"
_CASCADE: Final = 90 * 86_400  # seconds; when the cascade of a compact ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One item, as the license rules are asked about it.

    Attributes:
        start: The first instant of the service.
        end: The first instant after it.
        passed: The part of it that has passed: only of that a status can be known.
        services: What each service of the item asks.
        place: How and where.
        licenses: Everything that is at hand, and what supports it.
        trust: Whose word counts.
    """

    start: Instant
    end: Instant
    passed: Window
    services: tuple[Service, ...]
    place: Place
    licenses: tuple[KnownLicense, ...]
    trust: TrustRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found about one who rendered the service."""

    decision: Outcome
    reasons: tuple[str, ...]
    license: str | None = None
    obligations: tuple[str, ...] = ()
    supports: tuple[str, ...] = ()


def judge(member: TeamMember, question: Question) -> Answer:
    """Whether ``member`` was licensed for all that ``question`` asks."""
    if not question.services or not all(it.professions for it in question.services):
        return _denied("SERVICE_UNKNOWN")  # nothing is asked, so nothing is answered
    wrong = _wrong_with(member)
    if wrong is not None:
        return _denied(wrong)
    then = [during(one, question.passed, question.trust) for one in question.licenses]
    own = [
        one
        for one, it in enumerate(then)
        if it.best.type == LICENSE_TYPE and _is_of(it.best, member.party)
    ]
    if not own:
        # An identifier says who somebody is, and never that they are licensed.
        return _denied(NO_LICENSE)
    worst = _World(licenses=tuple(one.worst for one in then), question=question)
    good = [
        one for one in (worst.judged(index, member) for index in own) if not one.codes
    ]
    if good:
        return _permitted(min(good, key=lambda one: one.rank))
    best = _World(licenses=tuple(one.best for one in then), question=question)
    judged = [best.judged(index, member) for index in own]
    possible = [one for one in judged if not one.codes]
    if possible:
        return _unknown(min(possible, key=lambda one: one.rank), then)
    return _refused(judged)


def _wrong_with(member: TeamMember) -> str | None:
    """Why it cannot be said who this is; ``None`` where it can."""
    if member.party.malformed:
        return "PROVIDER_IDENTIFIER_INVALID"
    if not member.party.known:
        return "RENDERING_PROVIDER_UNKNOWN"
    if member.qualification is not None and not member.qualification:
        return "QUALIFICATION_UNKNOWN"
    return None


def _denied(code: str) -> Answer:
    return Answer(decision=Outcome.DENY, reasons=(code,))


def _is_of(license_: LicenseFacts, party: Party) -> bool:
    """Whether the license itself says that its holder is the party.

    By the holder's DID or by an identifier that the license states; and nothing that
    both state may differ.
    """
    if party.dids and license_.holder not in party.dids:
        return False
    matched = bool(party.dids)
    for system, value in party.identifiers:
        own = {one for other, one in license_.identifiers if other == system}
        if own and value not in own:
            return False
        matched = matched or bool(own)
    return matched


# One license, at every instant that matters.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One license in one world.

    Attributes:
        index: Which of the licenses.
        codes: Everything that is wrong with it at any time of the service.
        clean: Whether at some time nothing is.
        obligations: What its holder's counterpart must do.
        supports: What makes it count where the service took place.
    """

    index: int
    name: str
    codes: tuple[str, ...]
    clean: bool
    obligations: tuple[str, ...]
    supports: tuple[str, ...]

    @property
    def rank(self) -> tuple[object, ...]:
        """The smaller, the nearer to a permit."""
        return (len(self.codes), len(self.obligations), self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One license, for one service at one instant."""

    at: Instant
    codes: tuple[str, ...]
    obligations: tuple[str, ...]
    supports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """All licenses, each as it was in this world, and what is asked."""

    licenses: tuple[LicenseFacts, ...]
    question: Question

    def judged(self, index: int, member: TeamMember) -> _Judged:
        """One of the licenses, held to everything that is asked."""
        own = self.licenses[index]
        instants = self._instants(own)
        lasting = tuple(_unqualified(own, member))
        rows = [
            row
            for service in self.question.services
            for row in self._best(index, service, instants)
        ]
        spoilt = {row.at for row in rows if row.codes}
        return _Judged(
            index=index,
            name=own.id,
            codes=_each(lasting, *(row.codes for row in rows)),
            clean=not lasting and not spoilt.issuperset(instants),
            obligations=_each(*(row.obligations for row in rows)),
            supports=_each(*(row.supports for row in rows)),
        )

    def _best(
        self, index: int, service: Service, instants: Sequence[Instant]
    ) -> tuple[_Row, ...]:
        """The service by that one of its professions which comes nearest."""
        options = [
            tuple(self._row(index, service, profession, at=at) for at in instants)
            for profession in service.professions
        ]
        return min(options, key=lambda rows: len(_each(*(row.codes for row in rows))))

    def _row(
        self, index: int, service: Service, profession: str, *, at: Instant
    ) -> _Row:
        place, trust = self.question.place, self.question.trust
        licenses = [_asked_at(one, at) for one in self.licenses]
        request = LicenseRequest(
            presenter=licenses[index].holder or "",
            time=at,
            profession=profession,
            action=service.action,
            specialty=service.specialty,
            schedule=service.schedule,
            mode=place.mode,
            patient_location=place.patient,
            practitioner_location=place.practitioner,
        )
        case = Case(
            license=licenses[index],
            others=[*licenses[:index], *licenses[index + 1 :]],
            request=request,
            trust=trust,
            place=place_of_service(request, trust),
        )
        return _Row(
            at=at,
            codes=_each(*(tuple(check(case)) for _, check in CHECKS)),
            obligations=obligations_of(case),
            supports=tuple(one.id for one in supporting(case)),
        )

    def _instants(self, own: LicenseFacts) -> tuple[Instant, ...]:
        """The first instant of the service, and each at which an answer may change."""
        start, end = self.question.start, self.question.end
        found = {
            edge for edge in self._edges(own) if edge is not None and start < edge < end
        }
        return tuple(sorted({start, *found}))

    def _edges(self, own: LicenseFacts) -> Iterator[Instant | None]:
        settings = self.question.trust.settings
        issuers: set[str] = set()
        for license_ in self.licenses:
            if license_.holder == own.holder:
                issuers.add(license_.issuer)
                yield from _edges_of(license_)
        for board in (*settings.boards, *self.question.trust.recognized):
            if board.did in issuers:
                yield from (board.window.start, board.window.end)
        for rule in settings.recognition:
            yield from (rule.window.start, rule.window.end)
        for compact in settings.compacts:
            yield from compact.edges()
        for alert in settings.alerts:
            if alert.holder == own.holder:
                yield alert.start


def _edges_of(license_: LicenseFacts) -> Iterator[Instant | None]:
    yield from (license_.window.start, license_.window.end)
    since = license_.status_since
    if since is not None:
        yield from (since, since.plus(_CASCADE))
    for action in license_.privilege_actions:
        yield action.start
    for condition in license_.conditions:
        yield condition.until


def _each(*several: tuple[str, ...]) -> tuple[str, ...]:
    """What several say, each once and in order."""
    return tuple(dict.fromkeys(one for found in several for one in found))


def _asked_at(license_: LicenseFacts, at: Instant) -> LicenseFacts:
    # What the status was then is settled; the rules are not to ask how old it is.
    verified = replace(license_.verified, status_checked_at=at)
    return replace(license_, verified=verified)


def _unqualified(license_: LicenseFacts, member: TeamMember) -> Iterator[str]:
    wanted = member.qualification
    own = (*license_.professions, *license_.specialties)
    if wanted is not None and not any(
        names_profession(f"{one.system}|{one.code}", held)
        for one in wanted
        for held in own
    ):
        yield "SPECIALTY_MISSING"


# Concluding.


def _permitted(judged: _Judged) -> Answer:
    return Answer(
        decision=Outcome.PERMIT,
        reasons=(LICENSE_OK,),
        license=judged.name,
        obligations=judged.obligations,
        supports=judged.supports,
    )


def _unknown(judged: _Judged, then: Sequence[Then]) -> Answer:
    # Where nothing of its own is unknown, another license might take it down.
    reasons = then[judged.index].unknown or (STATUS_THEN_UNKNOWN,)
    return Answer(decision=Outcome.INDETERMINATE, reasons=reasons, license=judged.name)


def _refused(best: Sequence[_Judged]) -> Answer:
    nearest = min(best, key=lambda one: one.rank)
    reasons = nearest.codes
    if any(one.clean for one in best):
        reasons = (CROSSES, *reasons)
    return Answer(decision=Outcome.DENY, reasons=reasons, license=nearest.name)
