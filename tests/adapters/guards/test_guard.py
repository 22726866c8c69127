"""The guard itself: what it demands at set-up, and that every way out is closed."""

from __future__ import annotations

import asyncio
import logging
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.audit_reading import read_record
from medid.access.audit_record import Kind
from medid.access.consent_types import Obligation
from medid.access.decision import Finding, Outcome
from medid.access.site_policy import Narrowing, RulePolicy
from medid.access.sources import MemoryConsents
from medid.adapters.audit import MemoryAuditLog
from medid.adapters.guards.answer import Form, Stopped
from medid.adapters.guards.granted import is_open
from medid.adapters.guards.guard import Guard
from medid.adapters.guards.request import Incoming, Source
from medid.cli.demo_world import PATIENT, WITHDRAWALS
from medid.core import base64url
from medid.core.records import replace
from medid.errors import ConfigurationError, EvidenceUnavailable, FetchFailed
from medid.verifying.checks import Check, Result
from tests.access.world import AT, BLOOD, NOTE, controller
from tests.adapters.guards.support import (
    BLOOD_PATH,
    CANARY,
    HIV_PATH,
    gateway,
    guard,
    presented,
    runner,
    shows,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.access.decision import Decision
    from medid.adapters.guards.granted import Granted


def incoming(
    at: Guard, path: str = BLOOD_PATH, query: str = "", **members: Any
) -> Incoming:
    headers = tuple((name.lower(), value) for name, value in shows(at, **members))
    return Incoming(method="GET", path=path, query=query, headers=headers)


def status(at: Guard, asked: Incoming) -> int:
    """Of the refusal; 200 for a permit."""
    try:
        at.admit(asked)
    except Stopped as stopped:
        return stopped.answer.status
    return 200


def granted(at: Guard, **members: Any) -> Granted:
    found = at.admit(incoming(at, **members))
    assert found is not None
    return found


# Set-up.


async def _awaited(*_: Any) -> None:
    """What nobody awaits does nothing."""


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"verifier": None}, "$.verifier"),
        ({"verifier": object()}, "$.verifier"),
        ({"mapper": None}, "$.mapper"),
        ({"mapper": _awaited}, "$.mapper"),
        ({"record": 1}, "$.record"),
        ({"record": _awaited}, "$.record"),
        ({"source": "authorization"}, "$.source"),
        ({"form": "application/fhir+json"}, "$.form"),
        ({"fulfils": "AUDIT"}, "$.fulfils"),
        ({"fulfils": {"AUDIT"}}, "$.fulfils"),
        ({"fulfils": frozenset({"audit log"})}, "$.fulfils"),
        ({"fulfils": frozenset({"urn:example:ward|audit log"})}, "$.fulfils"),
        ({"fulfils": frozenset({"ward|AUDIT"})}, "$.fulfils"),
        ({"fulfils": frozenset({1})}, "$.fulfils"),
        ({"unguarded": {("GET", "/a")}}, "$.unguarded"),
        ({"unguarded": frozenset({"/health"})}, "$.unguarded"),
        ({"unguarded": frozenset({("GET", "/a", "/b")})}, "$.unguarded"),
        ({"unguarded": frozenset({("GET", "//health")})}, "$.unguarded"),
        ({"unguarded": frozenset({("GET", "*")})}, "$.unguarded"),
        ({"unguarded": frozenset({("get", "/health")})}, "$.unguarded"),
        ({"unguarded": frozenset({1})}, "$.unguarded"),
    ],
)
def test_a_guard_that_could_let_through_is_not_set_up(
    members: dict[str, Any], path: str
) -> None:
    settings = {"verifier": gateway(), **members}
    with pytest.raises(ConfigurationError) as caught:
        Guard(**settings)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"challenges": None}, "$.verifier.challenges"),
        ({"audience": None}, "$.verifier.audience"),
        ({"audience": 'https://a"b'}, "$.verifier.audience"),
        ({"audience": "https://a\r\nX: b"}, "$.verifier.audience"),
    ],
)
def test_a_verifier_for_dry_runs_is_refused(members: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Guard(verifier=gateway(**members))
    assert caught.value.path == path


def test_a_guard_without_a_mapper_refuses_everything() -> None:
    at = Guard(verifier=gateway())
    assert status(at, incoming(at)) == 403
    assert status(at, incoming(at, "/")) == 403


# The way of one request.


def test_a_permit_says_what_it_is_for() -> None:
    at = guard()
    found = granted(at)
    assert found.decision.permitted
    assert found.request["subject"]["id"] == world().practitioner.did  # type: ignore[index,call-overload]
    assert found.compiled.expires > AT
    for secret in (world().practitioner.did, PATIENT):
        assert secret not in repr(found)


@pytest.mark.parametrize("securing", ["vp+jwt", "vp+sd-jwt", "vp+cose"])
def test_a_presentation_in_an_envelope_is_read_too(securing: str) -> None:
    at = guard()
    assert granted(at, securing=securing).decision.permitted
    asked = incoming(at, securing=securing)
    world().net.down.add(WITHDRAWALS)
    try:
        assert status(at, asked) == 503
    finally:
        world().net.down.clear()


def test_a_mapper_may_name_the_subject() -> None:
    def mapper(*_: Any) -> Mapping[str, Any]:
        return MappingProxyType(world().asks())

    assert granted(guard(mapper=mapper)).decision.permitted
    other = world().asks()
    other["subject"]["id"] = "did:example:other"
    at = guard(mapper=lambda *_: other)
    assert status(at, incoming(at)) == 403


def test_a_presentation_by_another_is_not_the_practitioner_s() -> None:
    at = guard()
    assert status(at, incoming(at, by=controller())) == 403


@pytest.mark.parametrize(
    "asked", [{}, True, "", [], {"subject": {"type": "x"}}, {"subject": 1}, 1]
)
def test_what_a_mapper_must_not_return_is_refused(
    asked: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="medid.guard")
    at = guard(mapper=lambda *_: asked)
    assert status(at, incoming(at)) in {403, 503}
    assert "codes=" in caplog.text  # by a finding, and not by an accident


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source(scheme="Bearer"), 'Bearer realm="medid", challenge="'),
        (
            Source(header="X-Own", scheme=None),
            'Presentation realm="medid", challenge="',
        ),
    ],
)
def test_a_challenge_names_the_scheme_that_answers_it(
    source: Source, words: str
) -> None:
    at = guard(source=source)
    with pytest.raises(Stopped) as caught:
        at.admit(Incoming(method="GET", path=BLOOD_PATH))
    asked = dict(caught.value.answer.headers)["www-authenticate"]
    assert asked.startswith(words)
    assert ('header="X-Own"' in asked) == (source.scheme is None)
    shown = presented(at, challenge=asked.split('challenge="')[1].split('"')[0])
    value = shown if source.scheme is None else f"{source.scheme} {shown}"
    headers = ((source.name, value),)
    assert status(at, Incoming(method="GET", path=BLOOD_PATH, headers=headers)) == 200


def test_the_subject_of_a_credential_alone_is_not_who_presents() -> None:
    at = guard()
    from medid.core import base64url
    from medid.core import json as strict_json

    shown = base64url.encode(strict_json.dumps(world().license).encode())
    headers = (("authorization", f"Presentation {shown}"),)
    assert status(at, Incoming(method="GET", path=BLOOD_PATH, headers=headers)) == 403


def test_the_mapper_is_not_asked_before_something_is_presented() -> None:
    calls: list[str] = []

    def mapper(_method: str, path: str, *_: Any) -> None:
        calls.append(path)

    at = guard(mapper=mapper)
    assert status(at, Incoming(method="GET", path=BLOOD_PATH)) == 401
    assert calls == []
    assert status(at, incoming(at)) == 403
    assert calls == [BLOOD_PATH]


def test_the_mapper_does_not_see_the_presentation() -> None:
    seen: list[Any] = []

    def mapper(*asked: Any) -> None:
        seen.append(asked)

    at = guard(mapper=mapper)
    status(at, incoming(at, query="a=1&a=2"))
    assert seen == [("GET", BLOOD_PATH, {"a": ("1", "2")}, {})]


def test_a_route_that_is_left_open_and_mapped_is_guarded() -> None:
    at = guard(unguarded=frozenset({("GET", BLOOD_PATH)}))
    assert status(at, Incoming(method="GET", path=BLOOD_PATH)) == 401
    assert status(at, incoming(at)) == 200


def test_a_mapper_is_asked_once() -> None:
    calls: list[str] = []

    def mapper(method: str, path: str, *_: Any) -> Any:
        calls.append(path)
        return world().asks()

    at = guard(mapper=mapper, unguarded=frozenset({("GET", BLOOD_PATH)}))
    assert status(at, incoming(at)) == 200
    assert calls == [BLOOD_PATH]


def test_of_many_that_present_the_same_one_is_let_in() -> None:
    at = guard()
    asked = incoming(at)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(status(at, asked)))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] + [403] * 15


def test_why_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    from medid.core import base64url
    from medid.core import json as strict_json

    caplog.set_level("INFO", logger="medid.guard")
    at = guard()
    assert status(at, incoming(at, "/metrics")) == 403  # no request for this route
    shown = base64url.encode(strict_json.dumps(world().license).encode())
    headers = (("authorization", f"Presentation {shown}"),)  # nobody presents
    assert status(at, Incoming(method="GET", path=BLOOD_PATH, headers=headers)) == 403
    assert caplog.messages == [
        "outcome=stopped codes=REFUSED",
        "outcome=stopped codes=MALFORMED_VALUE_ERROR",
    ]


# Could not be checked.


class Down(MemoryConsents):
    """A store that does not answer."""

    def consents(self, patient: str) -> Any:
        message = "down"
        raise EvidenceUnavailable(message)


def test_an_unreadable_store_is_could_not_check() -> None:
    at = guard(gateway(consents=Down()))
    assert status(at, incoming(at)) == 503


def test_a_presented_consent_whose_status_nobody_knows_is_could_not_check() -> None:
    at = guard()
    asked = incoming(at)
    world().net.down.add(WITHDRAWALS)
    try:
        assert status(at, asked) == 503
    finally:
        world().net.down.clear()


def test_a_kept_consent_that_cannot_be_checked_does_not_show() -> None:
    """Whether the custodian keeps one must not be told by 503 for 403."""
    at = guard(gateway(consents=MemoryConsents({PATIENT: [world().consent]})))
    asked = incoming(at, credentials=[world().license])
    world().net.down.add(WITHDRAWALS)
    try:
        assert status(at, asked) == 403
    finally:
        world().net.down.clear()


def test_checked_and_false_beside_could_not_check_is_a_denial() -> None:
    at = guard()
    stranger = controller()
    foreign = world().license_of(issuer=stranger)
    asked = incoming(at, credentials=[world().license, world().consent, foreign])
    world().net.down.add(WITHDRAWALS)
    try:
        assert status(at, asked) == 403
    finally:
        world().net.down.clear()


def test_a_permit_that_ends_while_it_is_made_is_none() -> None:
    times = iter([AT, AT, AT.plus(600)])
    at = guard(gateway(clock=lambda: next(times)))
    asked = incoming(at)
    assert status(at, asked) == 503


def test_only_what_was_presented_and_decides_leaves_a_denial_open() -> None:
    denied = granted(guard()).decision
    place = "$.verifiableCredential[0]"
    unknown = Check(
        check="schema", result=Result.UNKNOWN, path=place, error=FetchFailed("down")
    )
    found = Finding(code="FETCH_FAILED", about="presentation")
    for outcome, check, finding, expected in [
        (Outcome.DENY, unknown, found, True),
        (Outcome.DENY, replace(unknown, advisory=True), found, False),
        (Outcome.DENY, replace(unknown, path="$"), found, False),
        (Outcome.INDETERMINATE, replace(unknown, path="$"), found, True),
        (Outcome.PERMIT, unknown, found, False),
    ]:
        decision = replace(
            denied, outcome=outcome, checks=(check,), findings=(finding,)
        )
        assert is_open(decision) is expected


# Obligations and the record.


def test_a_handler_s_further_resources_oblige_too() -> None:
    at = guard(fulfils=frozenset({"AUDIT", "NOTIFY"}))
    found = at.admit(incoming(at, HIV_PATH, "purpose=BTG"))
    assert found is not None
    assert {one.code for one in found.decision.obligations} == {"AUDIT", "NOTIFY"}
    resource = found.request["resource"]
    assert isinstance(resource, dict)
    assert found.check(resource)
    lesser = replace(found, fulfils=frozenset({"AUDIT"}))
    denied = lesser.check(resource)
    assert not denied
    assert denied.codes[0] == "OBLIGATION_NOT_FULFILLED"
    assert denied.obligations == ()
    assert denied.expires is None


def test_a_permit_ends_for_further_resources() -> None:
    now = [AT]
    at = guard(gateway(clock=lambda: now[0]))
    found = granted(at)
    blood = world().asks(resource=BLOOD)["resource"]
    assert found.check(blood)
    assert not found.check(world().asks(resource=NOTE)["resource"])
    other = {**blood, "properties": {**blood["properties"], "patient": "Patient/p-8"}}
    assert not found.check(other)
    now[0] = found.compiled.expires
    assert not found.check(blood)


def test_every_decision_is_recorded_before_it_has_an_effect() -> None:
    kept: list[tuple[Decision, Mapping[str, Any]]] = []
    at = guard(record=lambda *one: kept.append(one))
    found = granted(at)
    assert kept == [(found.decision, found.request)]
    # Denials too, also those of what cannot be read.
    assert status(at, incoming(at, challenge="never-issued")) == 403
    bad = (("authorization", "Presentation e30"),)
    assert status(at, Incoming(method="GET", path=BLOOD_PATH, headers=bad)) == 403
    assert [decision.permitted for decision, _ in kept] == [True, False]


def test_a_record_that_nobody_awaits_did_not_happen() -> None:
    waits: list[Any] = []

    def record(*one: Any) -> Any:
        waits.append(_awaited(*one))
        return waits[-1]

    at = guard(record=record)
    assert status(at, incoming(at)) == 503
    waits[0].close()


def test_what_cannot_be_recorded_does_not_happen() -> None:
    def record(*_: Any) -> None:
        raise OSError(CANARY)

    at = guard(record=record)
    assert status(at, incoming(at)) == 403


# Exceptions.


@pytest.mark.parametrize(
    "error",
    [
        ValueError(CANARY),
        StopIteration(CANARY),
        RecursionError(),
        ExceptionGroup("x", [ValueError(CANARY)]),
    ],
)
def test_no_exception_gets_out_or_is_a_permit(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def mapper(*_: Any) -> Any:
        raise error

    at = guard(mapper=mapper)
    with pytest.raises(Stopped) as caught:
        at.admit(incoming(at))
    assert caught.value.answer == at.refusal(403)
    assert caught.value.__suppress_context__
    with pytest.raises(Stopped):
        runner().run(at.aadmit(incoming(at)))
    assert CANARY not in caplog.text
    assert f"type={type(error).__name__}" in caplog.text
    assert all(record.exc_info is None for record in caplog.records)


def test_the_words_of_a_refusal_carry_nothing() -> None:
    for form in Form:
        for code in (401, 403, 503):
            answer = guard(form=form).refusal(code)
            assert answer == guard(form=form).refusal(code)
            assert dict(answer.headers)["content-type"] == form.value
    assert str(Stopped(guard().refusal(403))) == "403"


# Asynchronous callers.


class AsyncOnly:
    """A fetch adapter that serves nobody but asynchronous callers."""

    async def afetch_all(self, requests: Any, *, seconds: float) -> Any:
        await asyncio.sleep(0)
        return world().net.fetch_all(requests, seconds=seconds)


class Lost(AsyncOnly):
    async def afetch_all(self, requests: Any, *, seconds: float) -> Any:
        return [FetchFailed("down") for _ in requests]


async def astatus(at: Guard, asked: Incoming) -> int:
    try:
        found = await at.aadmit(asked)
    except Stopped as stopped:
        return stopped.answer.status
    return 200 if found else 204


def test_an_adapter_for_asynchronous_callers_is_awaited() -> None:
    at = guard(gateway(fetch=AsyncOnly()))

    async def ask(asked: Incoming) -> int:
        return await astatus(at, asked)

    run: Callable[[Any], int] = runner().run
    assert run(ask(incoming(at))) == 200
    assert run(ask(incoming(at, "/Patient/p-9/Observation/psychotherapy-note"))) == 403
    assert run(ask(incoming(at, "/unsure"))) == 503
    assert run(ask(Incoming(method="GET", path="/health"))) == 204
    assert run(ask(Incoming(method="GET", path=BLOOD_PATH))) == 401
    headers = (("authorization", "Presentation e30"),)
    bad = Incoming(method="GET", path=BLOOD_PATH, headers=headers)
    assert run(ask(bad)) == 403
    # To a synchronous caller it is a setting that cannot work.
    assert status(at, incoming(at)) == 503


def test_its_failures_are_could_not_check() -> None:
    at = guard(gateway(fetch=Lost()))
    assert runner().run(astatus(at, incoming(at))) == 503
    at = guard(gateway(fetch=AsyncOnly(), consents=Down()))
    assert runner().run(astatus(at, incoming(at))) == 503


def test_who_leaves_while_it_is_decided_gets_nothing() -> None:
    begun, go = threading.Event(), threading.Event()

    def mapper(*_: Any) -> Any:
        begun.set()
        go.wait(5)
        return world().asks()

    at = guard(mapper=mapper)

    async def leave() -> str:
        task = asyncio.ensure_future(at.aadmit(incoming(at)))
        assert await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        go.set()
        try:
            await task
        except asyncio.CancelledError:
            return "cancelled"
        return "let in"

    assert runner().run(leave()) == "cancelled"


def test_the_presentation_is_good_for_the_gateway_only() -> None:
    at = guard()
    assert presented(at) != presented(at)
    assert status(at, incoming(at, domain="https://other.example")) == 403


@pytest.mark.parametrize("kept", [b"\xff", {"resourceType": "Consent", "id": "x"}])
def test_a_kept_consent_that_cannot_be_read_does_not_show(kept: Any) -> None:
    at = guard(gateway(consents=MemoryConsents({PATIENT: [kept]})))
    assert status(at, incoming(at)) == 403


def test_what_a_guard_lets_through_is_on_record() -> None:
    log = MemoryAuditLog()
    at = guard(gateway(audit=log))
    found = granted(at)
    compilation, release = log.records
    assert (compilation.kind, release.kind) == (Kind.COMPILATION, Kind.RELEASE)
    assert found.decision.id == release.id
    resource: Any = found.request["resource"]
    assert found.record([resource]) == log.records[-1].id
    assert granted(guard(gateway())).record([resource]) is None


def test_a_denial_is_on_record_and_releases_nothing() -> None:
    log = MemoryAuditLog()
    at = guard(gateway(audit=log))
    assert (
        status(at, incoming(at, "/Patient/p-9/Observation/psychotherapy-note")) == 403
    )
    compilation, denial = log.records
    assert (compilation.kind, denial.kind) == (Kind.COMPILATION, Kind.DECISION)
    assert (denial.outcome, denial.compilation) == (Outcome.DENY, compilation.id)
    assert denial.asked is not None
    assert [it.id for it in denial.asked.resources] == [
        "Observation/psychotherapy-note"
    ]
    assert read_record(denial.as_json()) == denial


def test_a_denial_that_cannot_be_recorded_stays_one() -> None:
    at = guard(gateway(audit=MemoryAuditLog(max_records=1)))
    note = "/Patient/p-9/Observation/psychotherapy-note"
    assert status(at, incoming(at, note)) == 503


def test_what_cannot_be_read_is_on_record_as_a_denial() -> None:
    log = MemoryAuditLog()
    kept: list[Decision] = []
    at = guard(gateway(audit=log), record=lambda decision, _: kept.append(decision))
    shown = base64url.encode(b'{"type": "VerifiablePresentation", "holder": []}')
    headers = (("authorization", f"Presentation {shown}"),)
    asked = world().asks()
    at = replace(at, mapper=lambda *_: asked)
    assert status(at, Incoming(method="GET", path=BLOOD_PATH, headers=headers)) == 403
    assert [it.outcome for it in log.records] == [Outcome.DENY]
    assert [it.id for it in log.records] == [it.id for it in kept]


def test_a_code_of_another_system_is_another_obligation() -> None:
    theirs = Obligation("AUDIT", "urn:example:ward")
    policy = RulePolicy(lambda _: Narrowing(obligations=(theirs,)), version="1")
    for fulfils, expected in (("AUDIT", 403), ("urn:example:ward|AUDIT", 200)):
        at = guard(gateway(policy=policy), fulfils=frozenset({fulfils}))
        assert status(at, incoming(at)) == expected


def test_what_cannot_be_recorded_is_not_let_through() -> None:
    at = guard(gateway(audit=MemoryAuditLog(max_records=1)))
    assert status(at, incoming(at)) == 503
