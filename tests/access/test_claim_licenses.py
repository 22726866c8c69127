"""What credentials and lists tell of a time: the looks that are hard to come by."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from medid.access import claim_licenses
from medid.access.claim_licenses import KnownLicense, Sighting, during, read_licenses
from medid.access.verified import last_of
from medid.cli.demo_world import REVOCATIONS
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import ALWAYS, Instant, Window
from medid.health import contexts
from medid.health.days import time_zone
from medid.issuing import new_list
from medid.securing.jose import sign_compact
from medid.verifying.judging import Judgement
from medid.verifying.opening import open_document
from tests.access.claim_world import AT, Payer
from tests.access.license_world import facts, registry
from tests.access.test_verifier import signed_by_hand
from tests.access.world import START, as_doc

TOKENS = "https://board.example/status/tokens"
YEAR = 365 * 86_400


@pytest.fixture(scope="module")
def payer() -> Payer:
    return Payer()


def known(payer: Payer, license_: Any, evidence: Evidence) -> KnownLicense:
    trust = payer.registry()
    judgement = Judgement(at=AT, contexts=contexts(), evidence=evidence, trust=trust)
    (found,), unreadable = read_licenses(
        [open_document(license_)], judgement=judgement, earlier=(), trust=trust
    )
    assert unreadable == ()
    return found


def bare(payer: Payer) -> Any:
    """The demo's license, without any proof and any status."""
    left = ("proof", "credentialStatus")
    found = as_doc(payer.license).items()
    return {name: value for name, value in found if name not in left}


def test_a_license_without_a_status_names_no_list(payer: Payer) -> None:
    signed = signed_by_hand(bare(payer), payer.board)
    found = known(payer, signed, payer.evidence())
    assert (found.listed, found.sightings) == (False, ())


def test_a_list_of_another_kind_is_one_that_nobody_can_read(payer: Payer) -> None:
    entry = {"id": "https://board.example/crl", "type": "RevocationList2020Status"}
    signed = signed_by_hand({**bare(payer), "credentialStatus": entry}, payer.board)
    found = known(payer, signed, payer.evidence())
    assert (found.listed, found.sightings) == (True, ())


def in_a_token(payer: Payer, status: Any, **claims: Any) -> Any:
    payload = {**bare(payer), "status": status, **claims}
    return sign_compact(
        strict_json.dumps(payload).encode(),
        payer.board.signer,
        {"typ": "vc+jwt", "kid": payer.board.verification_method},
    )


def test_a_token_list_may_be_lifted_and_tells_when_it_was_signed(payer: Payer) -> None:
    signed = AT.plus(-3_600)
    token = new_list(
        TOKENS, "revocation", payer.board, securing="statuslist+jwt", at=signed
    )
    content = token if isinstance(token, bytes) else str(token).encode()
    fetched = Fetched.of(
        TOKENS, content, fetched_at=AT, media_type="application/statuslist+jwt"
    )
    evidence = payer.evidence().with_answers([(TOKENS, fetched)])
    status = {"status_list": {"idx": 7, "uri": TOKENS}}
    license_ = in_a_token(payer, status, iat=int(START.seconds))
    (seen,) = known(payer, license_, evidence).sightings
    assert seen.status == "valid"
    # By the list, not for good; the day of the look begins before it was signed.
    assert seen.window.start == Instant.parse("2026-08-01T00:00:00Z")
    # Without the time of its signature it may have been made after the service.
    unsaid = known(payer, in_a_token(payer, status), evidence)
    assert (unsaid.listed, unsaid.sightings) == (True, ())
    since = json.loads(json.dumps(as_doc(payer.license)["credentialSubject"]))
    since["license"]["statusSince"] = str(START)
    unsaid = known(payer, in_a_token(payer, status, credentialSubject=since), evidence)
    assert unsaid.facts.status_since == START
    assert unsaid.sightings == ()


def test_an_unknown_mechanism_is_a_list_that_nobody_can_read(payer: Payer) -> None:
    license_ = in_a_token(payer, {"other": {}})
    found = known(payer, license_, payer.evidence())
    assert (found.listed, found.sightings) == (True, ())


def test_a_list_that_cannot_be_read_tells_nothing(payer: Payer) -> None:
    entry = payer._entry(REVOCATIONS, "revocation")
    signed = {**bare(payer), "credentialStatus": entry}
    license_ = signed_by_hand(signed, payer.board)
    broken = Fetched.of(REVOCATIONS, b"{", fetched_at=AT, media_type="text/plain")
    answers = {**payer.evidence().answers, REVOCATIONS: broken}
    found = known(payer, license_, Evidence(answers))
    assert (found.listed, found.sightings) == (True, ())


def test_a_time_without_bounds_is_never_covered() -> None:
    own = KnownLicense(
        facts=facts(), sightings=(Sighting(status="valid", window=ALWAYS),)
    )
    since = replace(own, facts=facts(status_since=AT))
    later = replace(own, facts=facts(status="revoked", status_since=AT))
    for span in (ALWAYS, Window(START, None), Window(None, START)):
        assert during(own, span, registry()).unknown == ("STATUS_THEN_UNKNOWN",)
        assert during(since, span, registry()).unknown == ("STATUS_THEN_UNKNOWN",)
        assert during(later, span, registry()).unknown == ("STATUS_THEN_UNKNOWN",)
        revoked = (Sighting(status="revoked", window=ALWAYS),)
        lost = during(KnownLicense(facts=facts(), sightings=revoked), span, registry())
        assert lost.best.verified.status == "revoked"
    assert during(own, Window(START, AT), registry()).unknown == ()


@pytest.mark.parametrize("year", [-30_000, 300_000_000])
def test_a_look_outside_of_the_calendar_is_no_day(year: int) -> None:
    at = Instant.from_seconds(year * YEAR)
    assert claim_licenses._first_of_day(at, time_zone("UTC")) == at


def test_a_look_counts_for_its_day_in_the_zone() -> None:
    at = Instant.parse("2026-07-20T02:30:00Z")
    for zone, first in (
        ("UTC", "2026-07-20T00:00:00Z"),
        ("America/New_York", "2026-07-19T04:00:00Z"),
        ("Europe/Berlin", "2026-07-19T22:00:00Z"),
    ):
        found = claim_licenses._first_of_day(at, time_zone(zone))
        assert found == Instant.parse(first)


def test_of_several_signatures_all_have_to_say_when() -> None:
    assert last_of([START, AT, START]) == AT
    assert last_of([START, None]) is None
    assert last_of([]) is None
