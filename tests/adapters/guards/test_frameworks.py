"""Every guard, in its own framework: what is let through, and what never is."""

from __future__ import annotations

import functools
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.challenges import MemoryChallenges
from medid.adapters.guards.answer import Form
from medid.adapters.guards.request import MAX_HEADER_BYTES, MAX_HEADERS, Source
from medid.cli.demo_world import REVOCATIONS
from tests.access.world import controller
from tests.adapters.guards.frameworks import HOSPITALS, METHODS
from tests.adapters.guards.support import (
    BLOOD_PATH,
    CANARY,
    HIV_PATH,
    NOTE_PATH,
    gateway,
    guard,
    presented,
    shows,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.adapters.guards.guard import Guard
    from medid.issuing import Controller
    from tests.adapters.guards.frameworks import Hospital

FORBIDDEN = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "forbidden"}],
}


@pytest.fixture(params=sorted(HOSPITALS))
def inside(request: pytest.FixtureRequest) -> Any:
    """Opens the hospital in one framework."""
    return HOSPITALS[request.param]


@pytest.fixture
def at() -> Guard:
    return guard()


@pytest.fixture
def hospital(inside: Any, at: Guard) -> Iterator[Hospital]:
    with inside(at) as found:
        yield found


def test_a_permit_reaches_the_handler(hospital: Hospital, at: Guard) -> None:
    reply = hospital.ask("GET", BLOOD_PATH, shows(at))
    assert reply.status == 200
    (granted,) = hospital.reached.seen
    assert granted.decision.permitted
    assert granted.decision.id.startswith("urn:uuid:")
    assert reply.headers["cache-control"] == "no-store"


def test_the_handler_filters_a_search_with_the_permit(
    hospital: Hospital, at: Guard
) -> None:
    hospital.ask("GET", BLOOD_PATH, shows(at))
    (granted,) = hospital.reached.seen
    assert granted.check(world().asks()["resource"])
    note = world().asks(resource="Observation/psychotherapy-note")["resource"]
    assert not granted.check(note)


def test_a_denial_never_reaches_it(hospital: Hospital, at: Guard) -> None:
    reply = hospital.ask("GET", NOTE_PATH, shows(at))
    assert (reply.status, json.loads(reply.body)) == (403, FORBIDDEN)
    assert hospital.reached.seen == []


def test_who_presents_nothing_gets_a_challenge(hospital: Hospital, at: Guard) -> None:
    reply = hospital.ask("GET", BLOOD_PATH)
    assert reply.status == 401
    asked = reply.headers["www-authenticate"]
    assert asked.startswith('Presentation realm="medid", challenge="')
    assert f'domain="{at.verifier.audience}"' in asked
    challenge = asked.split('challenge="')[1].split('"')[0]
    headers = [("Authorization", f"Presentation {presented(at, challenge=challenge)}")]
    assert hospital.ask("GET", BLOOD_PATH, headers).status == 200
    assert len(hospital.reached.seen) == 1


def test_what_cannot_be_checked_is_told_apart(hospital: Hospital, at: Guard) -> None:
    headers = shows(at)
    world().net.down.add(REVOCATIONS)
    try:
        reply = hospital.ask("GET", BLOOD_PATH, headers)
    finally:
        world().net.down.clear()
    unsure = hospital.ask("GET", "/unsure", shows(at))
    assert reply.status == unsure.status == 503
    assert reply.body == unsure.body
    assert json.loads(reply.body)["issue"][0]["code"] == "transient"
    assert hospital.reached.seen == []


@pytest.mark.parametrize(("fulfils", "status"), [((), 403), (("AUDIT", "NOTIFY"), 200)])
def test_a_permit_with_an_obligation_that_nobody_fulfils_is_a_denial(
    inside: Any, fulfils: tuple[str, ...], status: int
) -> None:
    at = guard(fulfils=frozenset(fulfils))
    with inside(at) as hospital:
        reply = hospital.ask("GET", f"{HIV_PATH}?purpose=BTG", shows(at))
        assert reply.status == status
        assert len(hospital.reached.seen) == (status == 200)


def test_a_challenge_is_good_for_one_request(hospital: Hospital, at: Guard) -> None:
    headers = shows(at)
    assert hospital.ask("GET", BLOOD_PATH, headers).status == 200
    reply = hospital.ask("GET", BLOOD_PATH, headers)
    assert (reply.status, json.loads(reply.body)) == (403, FORBIDDEN)
    assert len(hospital.reached.seen) == 1


def test_every_method_is_guarded(hospital: Hospital, at: Guard) -> None:
    for method in METHODS:
        assert hospital.ask(method, BLOOD_PATH).status == 401
    assert hospital.ask("get", BLOOD_PATH, shows(at)).status in {200, 403, 405}
    hospital.reached.seen.clear()
    for method in ("HEAD", "OPTIONS", "PURGE"):
        assert hospital.ask(method, NOTE_PATH, shows(at)).status == 403
        assert hospital.ask(method, BLOOD_PATH, shows(at)).status == 200
    assert [permit.decision.permitted for permit in hospital.reached.seen] == [True] * 3


PATHS = [
    "//Patient/p-9/Observation/blood-pressure",
    "/Patient//p-9/Observation/blood-pressure",
    "/Patient/p-9/Observation/x/../blood-pressure",
    "/Patient/p-9/Observation/%2e%2e/Observation/blood-pressure",
    "/Patient/p-9/Observation/./blood-pressure",
    "/Patient/p-9/Observation/blood-pressure.",
    "/Patient/p-9/Observation/blood%2Dpressure",
    "/Patient/p-9/Observation%2Fblood-pressure",
    "/Patient/p-9/Observation/blood-pressure%00",
    "/Patient/p-9/Observation/blood-pressure%0a",
    "/Patient/p-9/Observation/blood-pressure;a=b",
    "/Patient/p-9\\Observation\\blood-pressure",
    "/Patient/p-9/Observation/blood-pressure%20",
    "/Patient/p-9/Observation/bl%EF%BC%AFod",
    "/patient/p-9/observation/BLOOD-PRESSURE",
    "/health/",
    "/HEALTH",
    "/health.",
    "//health",
    "/x/../health",
    "/%68ealth",
    "/health%2f",
    "/health;x",
    "/" + "a" * 3_000,
]


def test_no_other_spelling_of_a_path_reaches_a_handler(
    hospital: Hospital, at: Guard
) -> None:
    headers = shows(at)
    for path in PATHS:
        # 308: Flask tells how it would spell the path, and runs no handler.
        assert hospital.ask("GET", path, headers).status in {308, 403, 404}, path
        assert hospital.ask("GET", path).status in {308, 401, 403, 404}, path
        assert hospital.reached.seen == [], path
    # It is good for the one spelling: none of the others used it up.
    assert hospital.ask("GET", BLOOD_PATH, headers).status == 200


def test_only_what_both_leave_open_is_not_guarded(
    hospital: Hospital, at: Guard
) -> None:
    reply = hospital.ask("GET", "/health")
    assert reply.status == 200
    assert "cache-control" not in reply.headers
    assert hospital.reached.seen == [None]
    # Another method, a path that only the mapper leaves open, one where it fails.
    assert hospital.ask("POST", "/health").status == 401
    assert hospital.ask("POST", "/health", shows(at)).status == 403
    assert hospital.ask("GET", "/metrics", shows(at)).status == 403
    assert hospital.ask("GET", "/boom").status == 403
    assert hospital.reached.seen == [None]


def test_two_presentations_are_none(hospital: Hospital, at: Guard) -> None:
    one, other = shows(at), shows(at)
    for headers in (
        [*one, *other],
        [*one, ("Authorization", "Bearer token")],
        [("Authorization", "Bearer token"), *one],
        [("Authorization", f"{one[0][1]}, {other[0][1]}")],
    ):
        assert hospital.ask("GET", BLOOD_PATH, headers).status in {401, 403}
    assert hospital.reached.seen == []


def test_headers_beyond_a_bound_are_refused(hospital: Hospital, at: Guard) -> None:
    many = [(f"x-{number}", "") for number in range(MAX_HEADERS)]
    large = [("x-large", "a" * MAX_HEADER_BYTES)]
    long = [("Authorization", "Presentation " + "a" * 60_000)]
    for headers in ([*shows(at), *many], [*shows(at), *large], long):
        assert hospital.ask("GET", BLOOD_PATH, headers).status == 403
    assert hospital.reached.seen == []


def test_a_header_that_names_another_method_is_refused(
    hospital: Hospital, at: Guard
) -> None:
    headers = [*shows(at), ("X-HTTP-Method-Override", "DELETE")]
    assert hospital.ask("GET", BLOOD_PATH, headers).status == 403
    assert hospital.reached.seen == []


@functools.cache
def _stranger() -> tuple[Controller, Any]:
    """Somebody who issued a license to themselves."""
    stranger = controller()
    return stranger, world().license_of(holder=stranger.did, issuer=stranger)


def test_every_refusal_is_the_same_bytes_and_tells_nothing(
    hospital: Hospital, at: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stranger, mine = _stranger()
    secret = f"/Patient/{CANARY}/Observation/blood-pressure"
    replies = [
        hospital.ask("GET", target, headers)
        for target, headers in [
            (NOTE_PATH, shows(at)),  # the patient's consent denies
            (f"{BLOOD_PATH}?purpose=HRESCH", shows(at)),  # nobody consented
            (secret, shows(at)),  # no such patient
            (f"{BLOOD_PATH}?purpose={CANARY}", shows(at)),  # no such purpose
            (f"{BLOOD_PATH}?purpose=A&purpose={CANARY}", shows(at)),  # it raises
            ("/boom", shows(at)),  # the mapper raises
            (f"/other/{CANARY}", shows(at)),  # no such route
            (BLOOD_PATH, shows(at, challenge="never-issued")),  # a replay
            (BLOOD_PATH, shows(at, domain="https://other.example")),
            (BLOOD_PATH, [("Authorization", f"Presentation {CANARY}")]),
            (BLOOD_PATH, [("Authorization", "Presentation")]),
            (BLOOD_PATH, [("Authorization", "Presentation a b")]),
            (BLOOD_PATH, [("Authorization", "Presentation a.b.c")]),
            # Nobody knows this issuer.
            (BLOOD_PATH, shows(at, credentials=[mine], by=stranger)),
        ]
    ]
    assert {reply.status for reply in replies} == {403}
    assert len({reply.body for reply in replies}) == 1
    assert all(reply.told == replies[0].told for reply in replies)
    names = {frozenset(reply.headers) for reply in replies}
    assert len(names) == 1
    assert hospital.reached.seen == []
    said = caplog.text + repr([(r.body, r.headers) for r in replies])
    for canary in (CANARY, "p-9", world().practitioner.did, "blood-pressure"):
        assert canary not in said
    assert "codes=REPLAYED" in said
    assert "type=ValueError" in said


def test_it_refuses_in_the_words_that_were_chosen(inside: Any) -> None:
    at = guard(form=Form.PROBLEM)
    with inside(at) as hospital:
        reply = hospital.ask("GET", NOTE_PATH, shows(at))
    assert reply.headers["content-type"] == "application/problem+json"
    assert json.loads(reply.body) == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }


def test_a_header_of_its_own_carries_the_presentation(inside: Any) -> None:
    at = guard(source=Source(header="Medid-Presentation", scheme=None))
    with inside(at) as hospital:
        asked = hospital.ask("GET", BLOOD_PATH).headers["www-authenticate"]
        assert 'header="Medid-Presentation"' in asked
        headers = [
            ("Medid-Presentation", presented(at)),
            ("Authorization", "Bearer of-the-application"),
        ]
        assert hospital.ask("GET", BLOOD_PATH, headers).status == 200
        again = [("Medid-Presentation", presented(at))] * 2
        assert hospital.ask("GET", BLOOD_PATH, again).status == 403
        assert len(hospital.reached.seen) == 1


def test_no_more_challenges_is_could_not_check(inside: Any) -> None:
    at = guard(gateway(challenges=MemoryChallenges(max_open=1)))
    with inside(at) as hospital:
        assert hospital.ask("GET", BLOOD_PATH).status == 401
        assert hospital.ask("GET", BLOOD_PATH).status == 503
