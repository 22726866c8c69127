"""The checks of one license, in the order in which they are reported.

Each check yields the codes of what is wrong and yields nothing when all is well. Every
check runs, so a person learns all that is wrong at once.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.license_crossing import cascade_problems, crossing_problems
from medid.access.license_facts import AUTHORITY
from medid.access.license_place import LOCATION_UNKNOWN
from medid.access.license_status import status_problems
from medid.core.memory import Known
from medid.errors import IssuerNotAuthorized, IssuerNotTrusted, Unchecked
from medid.trust import LICENSE_TYPE, names_profession
from medid.trust.boards import PRACTISING
from medid.trust.telling import told_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from medid.access.license_facts import LicenseFacts, LicenseRequest
    from medid.core.instant import Instant
    from medid.health.license import Condition
    from medid.trust import AcceptedBoard, Alert, ToldChain, TrustRegistry

# A source of trust that may speak for the issuer has not answered.
AUTHORITY_UNKNOWN: Final = "AUTHORITY_UNKNOWN"
_PRESCRIBE: Final = "prescribe"
_SCHEDULE: Final = "prescribe-schedule-"
_UNSUPERVISED: Final = (None, "none")  # that nobody supervises can be said in a word
_NO_RIGHT: Final = ("non-practising", "registered-without-license")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One license, judged for one request.

    Attributes:
        others: The other credentials that were presented.
        place: Where care happens, where that is known.
        known: What several checks ask, worked out once.
    """

    license: LicenseFacts
    others: Sequence[LicenseFacts]
    request: LicenseRequest
    trust: TrustRegistry
    place: str | None
    known: Known = field(default_factory=Known, compare=False, repr=False)

    @property
    def time(self) -> Instant:
        """The instant as of which everything is judged."""
        return self.request.time

    def professions(self) -> tuple[str, ...]:
        """Those professions of the license that the request asks for."""
        return self.known.once("professions", self._professions)

    def _professions(self) -> tuple[str, ...]:
        wanted, own = self.request.profession, self.license.professions
        if wanted is None:
            return own
        return tuple(one for one in own if names_profession(wanted, one))

    def entries(self) -> tuple[AcceptedBoard, ...]:
        """The trust entries that stand behind this very license; empty for none."""
        return self.known.once("entries", self._entries)

    def _entries(self) -> tuple[AcceptedBoard, ...]:
        jurisdiction = self.license.jurisdiction
        try:
            found = self.trust.entries(
                self.license.issuer,
                LICENSE_TYPE,
                at=self.time,
                document=self.license.document,
            )
        except (IssuerNotTrusted, IssuerNotAuthorized, Unchecked):
            return ()
        return tuple(
            entry
            for entry in found
            if jurisdiction is not None
            and self.trust.issues_for(entry, jurisdiction)
            and entry.professions_among(self.professions())
        )

    def backed(self) -> tuple[str, ...]:
        """Those of ``professions`` for which the issuer may license this holder.

        What lets a license count elsewhere has to name one of these: that its board may
        issue it for one profession lends nothing to another that it states, too. All of
        them where no entry stands behind any, because the license is refused then.
        """
        return self.known.once("backed", self._backed)

    def _backed(self) -> tuple[str, ...]:
        standing = [entry for entry in self.entries() if self.suits(entry)]
        behind = {
            profession
            for entry in standing
            for profession in entry.professions_among(self.professions())
        }
        return tuple(one for one in self.professions() if not behind or one in behind)

    def suits(self, entry: AcceptedBoard) -> bool:
        """Whether the registration is one that ``entry`` asks for."""
        own, asked = self.license.registration, entry.require_registration
        if asked is None:
            return own is None or own in PRACTISING
        return own in asked

    def chains(self) -> tuple[ToldChain, ...]:
        """By whose word the board is believed; empty where a trust entry names it."""
        entries = self.entries()
        return () if any(one.told is None for one in entries) else told_of(entries)

    def conditions(self) -> tuple[Condition, ...]:
        """The conditions in force."""
        return tuple(
            one
            for one in self.license.conditions
            if one.until is None or self.time < one.until
        )


def _proof(case: Case) -> Iterator[str]:
    proof = case.license.verified.proof
    if not proof:
        yield "PROOF_UNKNOWN" if proof is None else "PROOF_INVALID"


def _holder(case: Case) -> Iterator[str]:
    if case.license.holder != case.request.presenter:
        yield "HOLDER_MISMATCH"


def _credential_status(case: Case) -> Iterator[str]:
    max_age = case.trust.settings.status_max_age
    verified = case.license.verified
    yield from status_problems(verified, at=case.time, max_age=max_age)


def _dates(case: Case) -> Iterator[str]:
    window = case.license.window
    if window.start is not None and case.time < window.start:
        yield "LICENSE_NOT_YET_VALID"
    if window.end is not None and case.time >= window.end:
        yield "LICENSE_EXPIRED"


def _authority(case: Case) -> Iterator[str]:
    found, trust = case.license, case.trust
    place, professions = found.jurisdiction, case.professions() or found.professions
    try:
        entries = trust.entries(
            found.issuer,
            LICENSE_TYPE,
            at=case.time,
            document=found.document,
            jurisdiction=place,
            professions=professions,
        )
    except (IssuerNotTrusted, IssuerNotAuthorized) as error:
        yield error.code
        return
    except Unchecked:
        yield AUTHORITY_UNKNOWN
        return
    there = [one for one in entries if place and trust.issues_for(one, place)]
    short = []
    if not there:
        short.append("ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION")
    # One entry has to cover both: only entries for the place are asked, if any is.
    if not any(one.professions_among(professions) for one in there or entries):
        short.append("ISSUER_NOT_AUTHORIZED_FOR_PROFESSION")
    if short and _is_outstanding(case, place, professions):
        short = [AUTHORITY_UNKNOWN]
    yield from short


def _is_outstanding(case: Case, place: str | None, professions: Sequence[str]) -> bool:
    """Whether a source that has not answered may speak for what others do not."""
    try:
        case.trust.authorize(
            case.license.issuer,
            LICENSE_TYPE,
            jurisdiction=place,
            professions=professions,
            at=case.time,
            document=case.license.document,
        )
    except Unchecked:
        return True
    except (IssuerNotTrusted, IssuerNotAuthorized):
        pass
    return False


def _profession(case: Case) -> Iterator[str]:
    if not case.professions():
        yield "PROFESSION_MISMATCH"


def _status(case: Case) -> Iterator[str]:
    status, since = case.license.status, case.license.status_since
    if status not in case.trust.settings.accept_statuses:
        word = re.sub(r"[^A-Z0-9]+", "_", (status or "unknown").upper())
        yield f"LICENSE_STATUS_{word}"
    elif since is not None and case.time < since:
        # What it was before that, nobody says.
        yield "LICENSE_STATUS_UNKNOWN"


def _registration(case: Case) -> Iterator[str]:
    entries = case.entries()
    # Without an entry behind the license, the check of authority has refused it.
    allowed = not entries or any(case.suits(entry) for entry in entries)
    if case.license.registration in _NO_RIGHT or not allowed:
        yield "NO_LICENSE_TO_PRACTISE"


def _place(case: Case) -> Iterator[str]:
    yield from cascade_problems(case)
    if case.place is None:
        yield LOCATION_UNKNOWN
        return
    if any(
        _may_be_in(action.jurisdiction, case.place, case)
        and _has_begun(action.start, case)
        for action in case.license.privilege_actions
    ):
        yield "PRIVILEGE_REMOVED"
    yield from crossing_problems(case, case.place)


def _may_be_in(state: str, place: str, case: Case) -> bool:
    # Of a place that is told by its country alone, any part may be meant.
    return case.trust.covers(state, place) or case.trust.covers(place, state)


def _has_begun(start: Instant | None, case: Case) -> bool:
    return start is None or start <= case.time


def _alerts(case: Case) -> Iterator[str]:
    settings = case.trust.settings
    if any(settings.refuses(alert) for alert in alerts_in_force(case)):
        yield "ALERT_IN_FORCE"


def alerts_in_force(case: Case) -> tuple[Alert, ...]:
    """The warnings about the presenter that authorities have passed on."""
    return tuple(
        alert
        for alert in case.trust.settings.alerts
        if alert.holder == case.request.presenter and _has_begun(alert.start, case)
    )


def _conditions(case: Case) -> Iterator[str]:
    for condition in case.conditions():
        yield from _CONDITION_RULES.get(condition.kind, _unknown)(condition, case)


def _unknown(_: Condition, __: Case) -> Iterator[str]:
    yield "CONDITION_UNKNOWN"


def _monitoring(_: Condition, __: Case) -> Iterator[str]:
    # A matter between the holder and the board; the obligation to show it remains.
    return iter(())


def _supervision(condition: Condition, case: Case) -> Iterator[str]:
    given, level = case.request.supervision, condition.supervision_level
    if given in _UNSUPERVISED or (level is not None and given != level):
        yield "CONDITION_SUPERVISION"


def _site_only(condition: Condition, case: Case) -> Iterator[str]:
    if case.request.site not in condition.sites:
        yield "CONDITION_SITE"


def _prohibited(condition: Condition, case: Case) -> Iterator[str]:
    wanted, prohibited = _actions(case.request), condition.actions
    # Where nobody said what is done, or what is prohibited, it may be the same.
    if (
        not wanted
        or not prohibited
        or any(_overlap(one, other) for one in wanted for other in prohibited)
    ):
        yield "CONDITION_ACTION_PROHIBITED"


def _actions(request: LicenseRequest) -> list[str]:
    """What is to be done, as precisely as it is known."""
    precise = [] if request.schedule is None else [f"{_SCHEDULE}{request.schedule}"]
    if request.action is None or (precise and request.action == _PRESCRIBE):
        return precise
    return [request.action, *precise]


def _overlap(one: str, other: str) -> bool:
    """Whether one is the other or a kind of it: kinds are added behind a hyphen."""
    first, second = _with_kinds(one), _with_kinds(other)
    return first.startswith(second) or second.startswith(first)


def _with_kinds(action: str) -> str:
    # The non-narcotic half of a schedule (2N) is a kind of the schedule (2).
    return re.sub(r"(-schedule-[0-9])n", r"\1-n", action.casefold()) + "-"


_CONDITION_RULES: Final[dict[str, Callable[[Condition, Case], Iterator[str]]]] = {
    "supervision": _supervision,
    "siteOnly": _site_only,
    "actionProhibited": _prohibited,
    "monitoring": _monitoring,
}


def _specialty(case: Case) -> Iterator[str]:
    wanted = case.request.specialty
    if wanted is not None and not any(
        case.trust.includes(wanted, own) for own in case.license.specialties
    ):
        yield "SPECIALTY_MISSING"


def _prescribing(case: Case) -> Iterator[str]:
    wanted = _schedules(case.request)
    if not wanted and not _overlap(case.request.action or "", _PRESCRIBE):
        return
    # Authority and registration are needed where care happens, both in one entry.
    place = case.place
    if place is None or not any(
        case.trust.covers(own.jurisdiction, place)
        and wanted.issubset(own.schedules)
        and (own.registration == "valid" or not (wanted or own.registration))
        for own in case.license.prescribing
    ):
        yield "PRESCRIPTIVE_AUTHORITY"


def _schedules(request: LicenseRequest) -> frozenset[str]:
    """The schedules of what is to be prescribed, wherever the request names one."""
    action = (request.action or "").casefold()
    stated = [request.schedule] if request.schedule is not None else []
    if action.startswith(_SCHEDULE):
        stated.append(action.removeprefix(_SCHEDULE).upper())
    return frozenset(stated)


CHECKS: Final[tuple[tuple[str, Callable[[Case], Iterator[str]]], ...]] = (
    ("proof", _proof),
    ("holder", _holder),
    ("credential-status", _credential_status),
    ("dates", _dates),
    (AUTHORITY, _authority),
    ("profession", _profession),
    ("status", _status),
    ("registration", _registration),
    ("place", _place),
    ("alerts", _alerts),
    ("conditions", _conditions),
    ("specialty", _specialty),
    ("prescribing", _prescribing),
)
