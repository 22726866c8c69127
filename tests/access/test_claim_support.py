"""Claims about services elsewhere, by licenses that count there with support only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.access.claim_licenses import KnownLicense, _year, during
from medid.access.decision import Outcome
from medid.core.instant import Instant, Window
from medid.health.days import time_zone
from medid.issuing import issue, renew_list
from tests.access.claim_world import OFFICE, SETTINGS, Payer, claim
from tests.access.license_world import facts, registry
from tests.access.support_world import (
    DECLARED,
    REVOKED,
    SUSPENDED,
    TAP,
    SupportWorld,
)
from tests.access.world import START, as_doc

if TYPE_CHECKING:
    from medid.access import ClaimFinding
    from medid.access.license_facts import LicenseFacts

THEN = "STATUS_THEN_UNKNOWN"
SERVICE = Window(
    Instant.parse("2026-07-20T00:00:00Z"), Instant.parse("2026-07-21T00:00:00Z")
)


class SupportPayer(SupportWorld, Payer):
    """A payer in a world of compacts and recognitions."""

    def renewed(self, at: Instant) -> None:
        super().renewed(at)
        for url in (REVOKED, SUSPENDED):
            renewed = renew_list(self.web.documents[url], self.commission, at=at)
            self.web.documents[url] = as_doc(renewed)


@pytest.fixture(scope="module")
def payer() -> SupportPayer:
    return SupportPayer()


def asked(payer: SupportPayer, *held: Any, **address: str) -> ClaimFinding:
    office = {**OFFICE, "address": {"city": "X", **address}}
    settings = payer.settings(
        countries={**SETTINGS["countries"], "FR": ["FR"]},
        subdivisions={**SETTINGS["subdivisions"], "US-IN": ["IN"]},
    )
    return payer.ask(claim(contained=[office]), *held, settings=settings)


def told(found: ClaimFinding) -> tuple[Outcome, str, tuple[str, ...]]:
    (item,) = found.items
    return item.decision, item.reasons[0], item.supports


def test_days_that_are_left_permit_and_the_authorisation_is_named(
    payer: SupportPayer,
) -> None:
    held = payer.authorisation(TAP)
    found = asked(payer, payer.license, held, state="IN")
    assert told(found) == (Outcome.PERMIT, "LICENSE_OK", (held["id"],))
    (item,) = found.items
    assert item.licenses == (payer.license["id"],)
    assert item.as_json()["supports"] == [held["id"]]
    at_home = asked(payer, payer.license, held, state="OH")
    assert told(at_home) == (Outcome.PERMIT, "LICENSE_OK", ())
    assert "supports" not in at_home.items[0].as_json()


def test_without_it_or_its_days_a_service_is_not_permitted(
    payer: SupportPayer,
) -> None:
    missing = "COMPACT_AUTHORISATION_MISSING"
    used = {**TAP, "daysUsedThisYear": [{"state": "US-IN", "days": 30}]}
    for held, code in (
        ([], missing),
        ([payer.authorisation(TAP, holder=payer.patient.did)], missing),
        ([payer.authorisation(TAP, by=payer.stranger)], missing),
        ([payer.authorisation({**TAP, "kind": "APIT"})], missing),
        ([payer.authorisation(used)], "COMPACT_DAYS_EXCEEDED"),
    ):
        found = asked(payer, payer.license, *held, state="IN")
        assert told(found) == (Outcome.DENY, code, ())


def test_an_authorisation_is_no_license(payer: SupportPayer) -> None:
    office = {**OFFICE, "address": {"state": "OH"}}
    who = {"reference": payer.practitioner.did}
    team = [{"sequence": 1, "provider": who}]
    service = claim(contained=[office], careTeam=team)
    found = payer.ask(service, payer.authorisation(TAP))
    assert told(found)[:2] == (Outcome.DENY, "NO_LICENSE")
    assert payer.ask(service, payer.authorisation(TAP), payer.license)


def test_one_that_cannot_be_read_is_told_and_takes_nothing_down(
    payer: SupportPayer,
) -> None:
    held = as_doc(payer.authorisation(TAP))
    del held["credentialSubject"]["authorisation"]["kind"]
    found = asked(payer, payer.license, held, state="OH")
    assert told(found) == (Outcome.PERMIT, "LICENSE_OK", ())
    assert [one.code for one in found.unreadable] == ["MISSING_FACT"]
    assert [one.about for one in found.unreadable] == ["license"]


def test_a_declaration_permits_a_service_in_its_host_state(
    payer: SupportPayer,
) -> None:
    held = payer.declaration(DECLARED)
    found = asked(payer, payer.german, held, country="FR")
    assert told(found) == (Outcome.PERMIT, "LICENSE_OK", (held["id"],))
    found = asked(payer, payer.german, country="FR")
    assert told(found)[:2] == (Outcome.DENY, "RECOGNITION_REQUIREMENT_MISSING")


def test_one_that_was_signed_after_the_service_leaves_its_status_open(
    payer: SupportPayer,
) -> None:
    draft = payer.authorisation(TAP)
    del draft["proof"]
    later = issue(draft, payer.commission, at=Instant.parse("2026-07-25T00:00:00Z"))
    found = asked(payer, payer.license, later, state="IN")
    assert told(found)[:2] == (Outcome.INDETERMINATE, THEN)


def known(signed: str | None, **support: Any) -> KnownLicense:
    return KnownLicense(
        facts=facts(type="CompactAuthorisation", support=support),
        signed=None if signed is None else Instant.parse(signed),
    )


@pytest.mark.parametrize(
    ("signed", "best", "worst"),
    [
        ("2026-01-01T00:00:00Z", 29, 29),
        ("2026-07-20T23:59:59Z", 29, 29),
        ("2026-07-21T00:00:00Z", 0, 29),
        ("2026-12-31T23:59:59Z", 0, 29),
        ("2025-12-31T23:59:59Z", 0, None),
        ("2027-01-01T00:00:00Z", 0, None),
        (None, 0, None),
    ],
)
def test_days_count_for_the_year_in_which_they_were_counted(
    signed: str | None, best: int, worst: int | None
) -> None:
    def days(found: LicenseFacts) -> int | None:
        used: Any = found.support["daysUsedThisYear"]
        return None if used is None else int(used.get("US-IN", 0))

    then = during(known(signed, daysUsedThisYear={"US-IN": 29}), SERVICE, registry())
    assert (days(then.best), days(then.worst)) == (best, worst)
    bare = during(known(signed, homeState="DE"), SERVICE, registry())
    assert bare.best.support == bare.worst.support == {"homeState": "DE"}


def test_the_last_day_of_a_year_is_of_that_year_in_the_zone() -> None:
    zone = registry(consent={"timezone": "America/New_York"})
    whole = Window(
        Instant.parse("2026-12-31T05:00:00Z"), Instant.parse("2027-01-01T05:00:00Z")
    )
    own = known("2026-06-15T00:00:00Z", daysUsedThisYear={})
    assert during(own, whole, zone).worst.support == {"daysUsedThisYear": {}}
    assert during(own, whole, registry()).worst.support == {"daysUsedThisYear": None}
    endless = Window(START, None)
    assert during(own, endless, zone).worst.support == {"daysUsedThisYear": None}


def test_a_time_outside_of_the_calendar_is_of_no_year() -> None:
    for years in (-30_000, 300_000_000):
        at = Instant.from_seconds(years * 365 * 86_400)
        assert _year(at, time_zone("UTC")) is None
