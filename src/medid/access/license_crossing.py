"""Whether a license counts outside its own jurisdiction, and by which agreement.

Four mechanisms that are not merged: mutual recognition lets the license itself count;
expedited licensure recognises nothing, but ties the fates of licenses together;
authorisation adds a credential of its own; recognition is one state's directed word.

Sources: Nurse Licensure Compact, Articles III and V; Interstate Medical Licensure
Compact, section 10; PSYPACT, Articles IV and V; Directive 2005/36/EC, Title II.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.license_facts import IN_PERSON, TELEHEALTH
from medid.access.license_status import status_problems
from medid.trust import names_profession
from medid.trust.crossing import AUTHORISATION, EXPEDITED, MUTUAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.access.license_checks import Case
    from medid.access.license_facts import LicenseFacts
    from medid.trust import Authorisation, Compact, Recognition

_LOST: Final = frozenset({"revoked", "suspended", "surrendered"})
# Statuses and conditions of a license that its holder may use, but not for everything.
_LIMITED: Final = frozenset({"probation", "restricted"})
_LIMITING: Final = frozenset({"supervision", "siteOnly", "actionProhibited"})
_CASCADE_DAYS: Final = 90  # IMLC section 10(d)
_DAY: Final = 86_400  # seconds
NOT_COVERED: Final = "JURISDICTION_NOT_COVERED"


def crossing_problems(case: Case, place: str) -> Iterator[str]:
    """The codes of why the license does not count at ``place``; none if it does."""
    home = case.license.jurisdiction
    if home is not None and case.trust.covers(home, place):
        return
    # The agreement that comes nearest says what is missing.
    routes = [*_by_mutual_recognition(case, place), *_by_authorisation(case, place)]
    routes += _by_recognition(case, place)
    yield from min(routes, key=len, default=[NOT_COVERED])


def supporting(case: Case) -> tuple[LicenseFacts, ...]:
    """The credentials by which a license counts where it would not count without them.

    Each of them would do alone. None where the license counts by itself.
    """
    place, home = case.place, case.license.jurisdiction
    if place is None or (home is not None and case.trust.covers(home, place)):
        return ()
    # The routes are tried in the order in which the rules name them.
    if not all(_by_mutual_recognition(case, place)):
        return ()
    for compact in _authorising(case, place):
        if not any(_authorisation_problems(case, compact, place)):
            return _sorted(_authorised(case, compact, place))
    rules = _recognising(case, place)
    if any(rule.requires_credential is None for rule in rules):
        return ()
    return _sorted(
        other for other in case.others for rule in rules if _declares(other, rule, case)
    )


def _sorted(found: Iterable[LicenseFacts]) -> tuple[LicenseFacts, ...]:
    # Two may bear one id; in which order they were presented must not matter.
    each = {id(one): one for one in found}
    return tuple(sorted(each.values(), key=lambda one: (one.id, one.issuer, one.type)))


def _names_any(words: tuple[str, ...], professions: tuple[str, ...]) -> bool:
    return any(names_profession(word, own) for word in words for own in professions)


def _compacts(case: Case, model: str, professions: tuple[str, ...]) -> list[Compact]:
    return [
        compact
        for compact in case.trust.settings.compacts
        if compact.model == model
        and compact.window.contains(case.time)
        and _names_any(compact.professions, professions)
    ]


# Mutual recognition.


def _by_mutual_recognition(case: Case, place: str) -> list[list[str]]:
    return [
        list(_mutual_problems(case, compact))
        for compact in _compacts(case, MUTUAL, case.backed())
        if _is_member(place, case, compact) and _home_is_member(case, compact)
    ]


def _is_member(place: str | None, case: Case, compact: Compact) -> bool:
    return compact.includes(place, at=case.time)


def _home_is_member(case: Case, compact: Compact) -> bool:
    return (
        _is_member(case.license.jurisdiction, case, compact)
        or not compact.requires.home_state_is_member
    )


def _mutual_problems(case: Case, compact: Compact) -> Iterator[str]:
    own, asked = case.license, compact.requires
    if asked.multistate and not own.compact.multistate:
        yield "COMPACT_NOT_MULTISTATE"
    if (
        asked.home_state_is_primary_residence
        and own.compact.primary_residence != own.jurisdiction
    ):
        yield "COMPACT_NOT_PRIMARY_RESIDENCE"
    if asked.unencumbered and _is_encumbered(case):
        yield "COMPACT_ENCUMBERED"


def _is_encumbered(case: Case) -> bool:
    """Whether the full practice is limited, whatever the license calls that.

    Article II of the Nurse Licensure Compact: an encumbrance is any limitation on the
    full and unrestricted practice.
    """
    own = case.license
    return (
        own.encumbered
        or own.status in _LIMITED
        or any(condition.kind in _LIMITING for condition in case.conditions())
    )


# Expedited licensure: every state issues its own license, and they fall together.


def cascade_problems(case: Case) -> Iterator[str]:
    """The code of a license that falls with another one of the same compact."""
    for compact in _compacts(case, EXPEDITED, case.professions()):
        if _is_under(case, compact) and any(
            _pulls_down(other, case, compact) for other in case.others
        ):
            yield "COMPACT_CASCADE"
            return


def _is_under(case: Case, compact: Compact) -> bool:
    """Whether the license was issued through ``compact``, or is the principal one.

    Section 10(d) suspends those of "any other member board": the license on which the
    others stand is one of them. It says so itself, or one that stands on it does.
    """
    own, home = case.license, case.license.jurisdiction
    if _issued_through(own, case, compact):
        return True
    return _is_member(home, case, compact) and (
        own.compact.principal_state == home
        or any(
            other.holder == own.holder
            and other.verified.proof is not False
            and other.compact.principal_state == home
            and _issued_through(other, case, compact)
            for other in case.others
        )
    )


def _issued_through(found: LicenseFacts, case: Case, compact: Compact) -> bool:
    # A name that no compact of the configuration has may be this one, misspelt.
    others = {one.id for one in case.trust.settings.compacts} - {compact.id}
    return any(name not in others for name in found.compact.issued_through)


def _pulls_down(other: LicenseFacts, case: Case, compact: Compact) -> bool:
    """Whether what happened to ``other`` happens to the license as well."""
    if other.holder != case.license.holder or not _was_member(other, case, compact):
        return False
    # A license whose profession nobody stated may be one of the compact's.
    if other.professions and not _names_any(compact.professions, other.professions):
        return False
    lost = other.status in _LOST or other.verified.status in _LOST
    # A proof that could not be checked may hold; one that does not hold says nothing.
    if not lost or other.verified.proof is False:
        return False
    # Where nobody said which license is the principal one, each of them may be.
    if case.license.compact.principal_state in {None, other.jurisdiction}:
        return True
    since = other.status_since
    return since is None or case.time.since(since) < _CASCADE_DAYS * _DAY


def _was_member(other: LicenseFacts, case: Case, compact: Compact) -> bool:
    """Whether the state of ``other`` was a member when it took that license away.

    What a member did does not come back by its leaving. Where nobody said since when,
    it may have been at any time.
    """
    place, since = other.jurisdiction, other.status_since
    if _is_member(place, case, compact):
        return True
    if since is None or other.status not in _LOST:
        return compact.has_included(place, by=case.time)
    return compact.includes(place, at=since)


# Authorisation: the home license and a credential of the compact's own.


def _by_authorisation(case: Case, place: str) -> list[list[str]]:
    return [
        list(_authorisation_problems(case, compact, place))
        for compact in _authorising(case, place)
    ]


def _authorising(case: Case, place: str) -> list[Compact]:
    return [
        compact
        for compact in _compacts(case, AUTHORISATION, case.backed())
        if _is_member(place, case, compact)
        and _is_member(case.license.jurisdiction, case, compact)
    ]


def _needed(case: Case, compact: Compact) -> Authorisation | None:
    modes = {TELEHEALTH: compact.telehealth, IN_PERSON: compact.in_person}
    return modes.get(case.request.mode)


def _authorised(case: Case, compact: Compact, place: str) -> list[LicenseFacts]:
    """The authorisations that count at ``place``."""
    needed = _needed(case, compact)
    return [
        one
        for one in case.others
        if needed is not None
        and _authorises(one, case, compact, needed)
        and _days_left(one, needed, place)
    ]


def _authorisation_problems(case: Case, compact: Compact, place: str) -> Iterator[str]:
    needed = _needed(case, compact)
    if needed is None:
        yield "COMPACT_MODE_NOT_COVERED"
        return
    if (
        needed.practitioner_at_home
        and case.request.practitioner_location != case.license.jurisdiction
    ):
        yield "COMPACT_PRACTITIONER_LOCATION"
    held = [one for one in case.others if _authorises(one, case, compact, needed)]
    if not held:
        yield "COMPACT_AUTHORISATION_MISSING"
    elif not any(_days_left(one, needed, place) for one in held):
        yield "COMPACT_DAYS_EXCEEDED"


def _authorises(
    other: LicenseFacts, case: Case, compact: Compact, needed: Authorisation
) -> bool:
    support = other.support
    return (
        other.type == "CompactAuthorisation"
        and support.get("compact") == compact.id
        and support.get("kind") == needed.kind
        and support.get("homeState") == case.license.jurisdiction
        and compact.authorisation_issuer is not None
        and other.issuer == compact.authorisation_issuer
        and _in_order(other, case)
    )


def _days_left(other: LicenseFacts, needed: Authorisation, place: str) -> bool:
    if needed.max_days is None:
        return True
    used = other.support.get("daysUsedThisYear", {})
    # Where nobody can tell, none may be left.
    days = used.get(place, 0) if isinstance(used, dict) else None
    return isinstance(days, int) and days < needed.max_days


def _in_order(other: LicenseFacts, case: Case) -> bool:
    """Whether a supporting credential is valid, current and the presenter's own."""
    verified, settings = other.verified, case.trust.settings
    max_age = settings.status_max_age
    return (
        verified.proof is True
        and not any(status_problems(verified, at=case.time, max_age=max_age))
        # Many say nothing of a status; what one says of itself counts.
        and (other.status is None or other.status in settings.accept_statuses)
        and other.holder == case.request.presenter
        and other.window.contains(case.time)
    )


# Recognition: directed, dated, for some professions and modes, never transitive.


def _by_recognition(case: Case, place: str) -> list[list[str]]:
    return [
        list(_recognition_problems(case, rule)) for rule in _recognising(case, place)
    ]


def _recognising(case: Case, place: str) -> list[Recognition]:
    return [
        rule for rule in case.trust.settings.recognition if _applies(rule, case, place)
    ]


def _applies(rule: Recognition, case: Case, place: str) -> bool:
    home = case.license.jurisdiction
    return (
        home is not None
        and home != place
        and _stands_for(rule.origin, home, case)
        and _stands_for(rule.host, place, case)
        and _names_any(rule.professions, case.backed())
        and case.request.mode in rule.modes
        and rule.window.contains(case.time)
    )


def _stands_for(word: str, place: str, case: Case) -> bool:
    """Whether ``word``, a jurisdiction or a union, stands for ``place``."""
    countries = (word, *case.trust.settings.unions.get(word, ()))
    return any(case.trust.covers(country, place) for country in countries)


def _recognition_problems(case: Case, rule: Recognition) -> Iterator[str]:
    if rule.requires_credential is not None and not any(
        _declares(other, rule, case) for other in case.others
    ):
        yield "RECOGNITION_REQUIREMENT_MISSING"


def _declares(other: LicenseFacts, rule: Recognition, case: Case) -> bool:
    host = other.support.get("hostState")
    return (
        other.type == rule.requires_credential
        and other.support.get("homeState") == case.license.jurisdiction
        and isinstance(host, str)
        and case.place is not None
        and case.trust.covers(host, case.place)
        and _may_declare(other.issuer, rule, case)
        and _in_order(other, case)
    )


def _may_declare(issuer: str, rule: Recognition, case: Case) -> bool:
    """Whether ``issuer`` is an authority of either side, for the profession meant."""
    sides = (case.license.jurisdiction, case.place)
    meant = tuple(one for one in case.backed() if _names_any(rule.professions, (one,)))
    return any(
        board.did == issuer
        and board.window.contains(case.time)
        and board.professions_among(meant)
        and any(
            side is not None and _stands_for(own, side, case)
            for own in board.jurisdictions
            for side in sides
        )
        for board in case.trust.settings.boards
    )
