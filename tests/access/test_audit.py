"""No record, no decision: what is not written down is denied, however that fails."""

from __future__ import annotations

import asyncio
import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.audit_parts import _consent_basis, _key_of, license_basis
from medid.access.audit_reading import read_record
from medid.access.audit_record import MAX_RELEASED, DecisionRecord, Kind
from medid.access.consent_types import Obligation
from medid.access.decision import Decision, Outcome
from medid.access.judge import prejudge
from medid.access.request import AccessRequest
from medid.access.site_policy import Narrowing, RulePolicy
from medid.access.sources import MemoryConsents
from medid.adapters.audit import MemoryAuditLog
from medid.cli.demo_world import PATIENT
from medid.core import jcs
from medid.core.fetch import NoFetch
from medid.core.instant import Window
from medid.core.json import dumps, loads
from medid.core.memory import Memory
from medid.core.records import replace
from medid.errors import AuditUnavailable, ConfigurationError, Misuse
from medid.issuing import issue
from medid.verifying.opening import open_document
from tests.access.audit_world import (
    FAILURES,
    FailingLog,
    Unfinished,
    break_glass,
    recorded,
)
from tests.access.test_verifier import bound, sd_license
from tests.access.world import (
    AT,
    BLOOD,
    NOTE,
    START,
    World,
    controller,
    fhir_consent,
    on_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from medid.core.instant import Instant


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def permits(world: World) -> Iterator[dict[str, Any]]:
    """Requests that are permitted, one for each kind of permit."""
    yield world.asks("TREAT")
    yield world.asks("HPAYMT")
    yield break_glass(world)


@pytest.fixture(scope="module")
def gate(world: World) -> Any:
    """The members of a verifier that remembers what it saw; and a presentation."""
    return {"memory": Memory()}, world.shown()


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_log_denies_whatever_would_be_permitted(
    world: World, gate: Any, name: str
) -> None:
    members, shown = gate
    for request in permits(world):
        log = FailingLog(FAILURES[name])
        verifier = world.verifier(audit=log, **members)
        found = [
            verifier.decide(shown, request),
            asyncio.run(_adecide(verifier, shown, request)),
            verifier.compile(shown, request).check(request["resource"]),
            asyncio.run(_acompile(verifier, shown, request)).check(request["resource"]),
        ]

        assert world.verifier(**members).decide(shown, request)
        assert [one.outcome for one in log.given] == [Outcome.PERMIT] * 2 + [None] * 2
        for one in found:
            assert not one
            assert one.outcome is Outcome.INDETERMINATE
            assert one.codes[0] == "AUDIT_UNAVAILABLE"
            assert one.obligations == ()
            assert one.expires is None
            assert "CANARY" not in repr(one) + dumps(one.as_json())


async def _adecide(verifier: Any, shown: Any, request: Any) -> Decision:
    found: Decision = await verifier.adecide(shown, request)
    return found


async def _acompile(verifier: Any, shown: Any, request: Any) -> Any:
    return await verifier.acompile(shown, request)


def test_a_failing_log_leaves_a_denial_a_denial_and_says_so(world: World) -> None:
    log = FailingLog(FAILURES["bug"])
    deny = world.verifier(audit=log, consents=on_file(fhir_consent("deny")))
    found = [
        deny.decide(world.shown(), world.asks()),
        deny.decide(b"", world.asks()),
        deny.decide(world.shown(), {}),
        deny.compile(world.shown(domain="https://x.example"), world.asks()).check(
            world.asks()["resource"]
        ),
    ]

    for one in found:
        assert not one
        assert one.outcome is Outcome.INDETERMINATE
        assert one.codes[0] == "AUDIT_UNAVAILABLE"
    assert "CONSENT_DENY" in found[0].codes
    assert "PARSING_ERROR" in found[1].codes
    assert "INVALID_DOMAIN_ERROR" in found[3].codes
    assert len(log.given) == 4


def test_the_fact_and_the_code_are_told_of_a_failure_and_no_more(world: World) -> None:
    def told(failure: str) -> str:
        verifier = world.verifier(audit=FailingLog(FAILURES[failure]))
        return verifier.decide(world.shown(), world.asks()).findings[0].message

    assert told("misuse").endswith("put on record (CONFIGURATION_ERROR)")
    assert told("os-error").endswith("put on record")


def test_a_log_that_answers_something_has_not_written(world: World) -> None:
    found = world.verifier(audit=Unfinished()).decide(world.shown(), world.asks())

    assert found.outcome is Outcome.INDETERMINATE
    assert found.codes[0] == "AUDIT_UNAVAILABLE"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_an_interrupted_log_gives_no_decision(
    world: World, error: BaseException
) -> None:
    def interrupt() -> object:
        raise error

    with pytest.raises(type(error)):
        world.verifier(audit=FailingLog(interrupt)).decide(world.shown(), world.asks())


def test_a_clock_that_fails_before_the_record_denies(world: World) -> None:
    def clock() -> Instant:
        raise OSError("no time")

    verifier = world.verifier(audit=MemoryAuditLog(), clock=clock)
    found = verifier.decide(world.shown(), world.asks(), at=AT)

    assert found.codes[0] == "AUDIT_UNAVAILABLE"


def test_what_has_no_method_record_is_no_log(world: World) -> None:
    for wrong in ([], "audit.jsonl", object()):
        with pytest.raises(ConfigurationError) as caught:
            world.verifier(audit=wrong)
        assert caught.value.path == "$.audit"


def test_a_record_is_written_before_the_decision_is_given(world: World) -> None:
    seen: list[str] = []

    class Log:
        def record(self, record: DecisionRecord) -> None:
            seen.append(record.id)

    found = world.verifier(audit=Log()).decide(world.shown(), world.asks())

    assert seen == [found.id]


def test_without_a_log_an_emergency_obliges_the_caller_to_audit(world: World) -> None:
    found = world.verifier().decide(world.shown(), break_glass(world))

    assert found
    assert "AUDIT" in {one.code for one in found.obligations}


# What stands in a record.


def test_a_record_says_who_asked_for_what_and_on_which_grounds(world: World) -> None:
    log = MemoryAuditLog()
    verifier = world.verifier(audit=log, clock=lambda: AT.plus(5))
    shown, request = world.shown(), world.asks("HPAYMT")
    decision = verifier.decide(shown, request, at=AT)
    (record,) = log.records
    case = verifier.prepare(shown, request, at=AT)
    basis = decision.basis

    assert basis is not None
    assert record.id == decision.id
    assert (record.kind, record.outcome) == (Kind.DECISION, Outcome.PERMIT)
    assert (record.time, record.recorded) == (AT, AT.plus(5))
    assert (record.requester, record.proven) == (world.practitioner.did, True)
    assert record.findings == decision.findings
    assert record.obligations == decision.obligations
    assert record.expires == decision.expires
    assert record.sources.as_json() == basis.as_json()
    assert record.asked is not None
    digest = hashlib.sha256(jcs.canonicalize(request)).hexdigest()
    assert record.asked.as_json() == {
        "digest": digest,
        "action": "access",
        "purposeOfUse": request["action"]["properties"]["purposeOfUse"],
        "patient": "Patient/p-9",
        "resources": [{"type": "Observation", "id": BLOOD}],
    }
    license_, consent = case.presented.children
    assert record.license is not None
    assert record.license.id == world.license["id"]
    assert record.license.issuer == world.board.did
    assert record.license.digest == license_.digest
    assert record.license.key == world.board.verification_method
    assert {one.url: one.digest for one in record.license.status_lists} == {
        url: case.judgement.evidence.get(url).digest
        for url in world.web.documents
        if "/status/" in url and "board" in url
    }
    (looked_at,) = record.consents
    assert looked_at.id == world.consent["id"]
    assert looked_at.digest == consent.digest
    assert looked_at.standing == "CONSENT_IN_FORCE"
    assert (looked_at.is_credential, looked_at.of_patient, looked_at.by_patient) == (
        True,
        True,
        True,
    )
    assert [one.url for one in looked_at.status_lists] == [
        "https://wallet.example/status/withdrawal"
    ]
    assert record.decided_by == f"{world.consent['id']}#provision"


def test_the_reason_of_an_emergency_is_on_record(world: World) -> None:
    declared = recorded(world, break_glass(world)).asked
    ordinary = recorded(world).asked

    assert declared is not None
    assert declared.break_glass == "unconscious"
    assert ordinary is not None
    assert ordinary.break_glass is None


def test_every_consent_that_was_looked_at_is_on_record(world: World) -> None:
    other = world.consent_of(subject=world.practitioner.did)
    foreign = fhir_consent("permit", id="other", patient={"reference": "Patient/x"})
    record = recorded(
        world,
        shown=world.shown(world.license, world.consent, other),
        consents=on_file(fhir_consent("deny"), foreign),
    )
    found = {one.id: one for one in record.consents}

    assert record.outcome is Outcome.DENY
    assert (
        found["on-file-1"].digest
        == hashlib.sha256(jcs.canonicalize(fhir_consent("deny"))).hexdigest()
    )
    flags = {
        name: (one.is_credential, one.of_patient, one.by_patient)
        for name, one in found.items()
    }
    assert flags == {
        "on-file-1": (False, True, False),
        "other": (False, False, False),
        world.consent["id"]: (True, True, True),
        other["id"]: (True, False, False),
    }


def test_an_ended_consent_of_another_patient_is_not_this_patients(world: World) -> None:
    ended = world.consent_of(
        subject=world.practitioner.did, window=Window(START.plus(-60), AT)
    )
    own = world.consent_of(window=Window(START.plus(-60), AT))
    record = recorded(world, shown=world.shown(world.license, ended, own))
    found = {one.id: one.of_patient for one in record.consents}

    assert {one.standing for one in record.consents} == {"CONSENT_VALIDITY"}
    assert found == {ended["id"]: False, own["id"]: True}


@pytest.mark.parametrize("members", [{}, {"status": "inactive"}])
def test_a_consent_that_may_be_of_another_servers_patient_is_not_this_patients(
    world: World, members: dict[str, Any]
) -> None:
    """It denies, for it may be a refusal; but in nobody's events does it stand."""
    far = f"https://ehr.example/fhir/{PATIENT}"
    kept = fhir_consent("deny", patient={"reference": far}, **members)
    record = recorded(world, consents=MemoryConsents({far: [kept]}))
    found = {one.id: (one.standing, one.of_patient) for one in record.consents}

    assert found.pop("on-file-1") == (
        "CONSENT_NOT_ACTIVE" if members else "CONSENT_PATIENT_UNKNOWN",
        False,
    )
    assert found == {world.consent["id"]: ("CONSENT_IN_FORCE", True)}


def test_a_consent_whose_patient_cannot_be_read_is_of_whom_it_is_on_file_for(
    world: World,
) -> None:
    record = recorded(world, consents=on_file(fhir_consent("deny", patient=7)))
    found = {one.id: (one.standing, one.of_patient) for one in record.consents}

    assert found["on-file-1"] == ("CONSENT_INDETERMINATE", True)


def test_a_forged_consent_is_on_record_as_nobodys(world: World) -> None:
    forged = {**world.consent, "validFrom": str(START.plus(-120))}
    record = recorded(world, consents=on_file(forged), shown=world.shown(world.license))

    assert [one.of_patient for one in record.consents] == [False]


def test_a_presenter_who_is_not_proven_is_only_said_to_have_asked(
    world: World,
) -> None:
    record = recorded(world, shown=world.shown(domain="https://other.example"))

    assert record.requester == world.practitioner.did
    assert record.proven is False
    assert record.license is None
    assert record.consents == ()
    assert record.decided_by is None


def test_what_could_not_be_opened_is_on_record_by_its_digest(world: World) -> None:
    bad: list[tuple[Any, str | None]] = [
        (b"\xff", hashlib.sha256(b"\xff").hexdigest()),
        ("x", hashlib.sha256(b"x").hexdigest()),
        ({"x": 1}, hashlib.sha256(b'{"x":1}').hexdigest()),
        ({"x": float("nan")}, None),
        (5, None),
    ]
    for shown, digest in bad:
        record = recorded(world, shown=shown)

        assert record.sources.presentation == digest
        assert record.sources.evidence is None
        assert record.outcome is Outcome.DENY
        assert record.asked is not None
        assert [one.id for one in record.asked.resources] == [BLOOD]
        assert record.proven is False


def test_a_request_that_could_not_be_read_is_nobodys(world: World) -> None:
    log = MemoryAuditLog()
    asked = AccessRequest.from_json(world.asks())
    found = [
        world.verifier(audit=log).decide(world.shown(), {"subject": 5}),
        world.verifier(audit=log).decide(b"", asked),
    ]
    unread, read = log.records

    assert [one.id for one in log.records] == [one.id for one in found]
    assert (unread.requester, unread.asked) == (None, None)
    assert read.requester == world.practitioner.did


def test_a_withdrawn_case_is_recorded_when_it_is_concluded(world: World) -> None:
    log = MemoryAuditLog()
    verifier = world.verifier(audit=log)
    case = verifier.prepare(world.shown(), world.asks("TREAT", NOTE))
    found = verifier.conclude(case)

    assert found.outcome is Outcome.DENY
    assert [one.id for one in log.records] == [found.id]


def test_an_sd_jwt_license_is_on_record_by_the_key_of_its_header(world: World) -> None:
    shown = bound(world, sd_license(world))
    record = recorded(world, shown=shown, consents=on_file(world.consent))

    assert record.license is not None
    assert record.license.issuer == world.board.did
    assert record.license.key == world.board.verification_method
    assert record.license.status_lists == ()


@pytest.mark.parametrize("securing", ["vc+jwt", "vc+cose"])
def test_a_license_in_an_envelope_is_on_record_by_its_kid(
    world: World, securing: str
) -> None:
    enveloped = world.license_of(securing=securing)
    record = recorded(world, shown=world.shown(enveloped, world.consent))

    assert record.license is not None
    assert record.license.key == world.board.verification_method


def test_a_name_that_is_no_did_url_is_not_taken_for_a_key(world: World) -> None:
    opened = open_document(world.license_of(securing="vc+jwt"))
    assert opened.jws is not None
    for kid in (None, "key-1", "https://board.example/keys/1"):
        other = replace(opened, jws=replace(opened.jws, kid=kid))
        assert _key_of(other) is None
    assert _key_of(replace(opened, jws=None)) is None
    assert _key_of(opened) == world.board.verification_method


def test_a_consent_that_somebody_else_signed_is_not_the_patients_own(
    world: World,
) -> None:
    other = world.consent_of(controller(), subject=world.patient.did)
    record = recorded(world, shown=world.shown(world.license, other))
    (found,) = record.consents

    assert (found.of_patient, found.by_patient) == (True, False)
    assert found.standing == "CONSENT_ISSUER"


@pytest.mark.parametrize(
    ("doubted", "proof", "named", "theirs"),
    [
        (False, "valid", True, True),
        (False, "invalid", True, False),
        (False, "valid", False, False),
        (True, "valid", True, False),
    ],
)
def test_a_consent_is_the_patients_where_proof_subject_and_record_say_so(
    world: World, doubted: bool, proof: Any, named: bool, theirs: bool
) -> None:
    prejudged = compiled_with(world, None).prejudged
    (stated,), (verdict,) = prejudged.facts.consents, prejudged.facts.consented
    basis = _consent_basis(
        replace(stated, credential=replace(stated.credential, proof=proof)),
        verdict,
        standing="CONSENT_VALIDITY",
        names=frozenset({world.patient.did} if named else ()),
        doubted=doubted,
        judgement=prejudged.case.judgement,
    )
    assert (basis.of_patient, basis.by_patient) == (theirs, theirs)


def test_of_several_licenses_the_one_that_decided_is_on_record(world: World) -> None:
    bad = world.license_of(jurisdiction="US-XX")
    for shown in (
        world.shown(bad, world.license, world.consent),
        world.shown(world.license, bad, world.consent),
    ):
        record = recorded(world, shown=shown)

        assert record.license is not None
        assert record.license.id == world.license["id"]


def test_another_license_that_bears_the_same_id_is_not_on_record(world: World) -> None:
    stranger = controller()
    draft = {name: value for name, value in world.license.items() if name != "proof"}
    forged = issue({**draft, "issuer": stranger.did}, stranger, at=START)
    for shown in (
        world.shown(forged, world.license, world.consent),
        world.shown(world.license, forged, world.consent),
    ):
        record = recorded(world, shown=shown)

        assert record.outcome is Outcome.PERMIT
        assert record.license is not None
        assert record.license.issuer == world.board.did
        assert record.license.status_lists


def test_no_license_is_no_license(world: World) -> None:
    assert recorded(world, shown=world.shown(world.consent)).license is None
    prejudged = prejudge(world.verifier().prepare(world.shown(), world.asks()))
    assert prejudged.facts is not None
    other = replace(prejudged.facts, licenses=(), licensed=())
    assert license_basis(replace(prejudged, facts=other)) is None


def test_a_misuse_is_told_and_not_recorded(world: World) -> None:
    class OnlyAsync:
        afetch_all = NoFetch.afetch_all

    log = MemoryAuditLog()
    verifier = world.verifier(audit=log, fetch=OnlyAsync())
    with pytest.raises(Misuse):
        verifier.decide(world.shown(), world.asks())

    assert log.records == ()


def test_a_memory_that_is_full_denies(world: World) -> None:
    verifier = world.verifier(audit=MemoryAuditLog(max_records=1))
    first = verifier.decide(world.shown(), world.asks())
    second = verifier.decide(world.shown(), world.asks())

    assert first
    assert second.codes[0] == "AUDIT_UNAVAILABLE"


# The site's own policy is asked before anything is written.


class Policy(RulePolicy):
    """A policy that an event loop can wait for as well."""

    async def anarrow(self, question: Any) -> Narrowing:
        return self.narrow(question)


@pytest.mark.parametrize("kind", [RulePolicy, Policy])
def test_a_record_says_what_the_sites_own_policy_made_of_a_permit(
    world: World, kind: type[RulePolicy]
) -> None:
    log = MemoryAuditLog()
    duty = Obligation("ENCRYPT")
    answers = (
        Narrowing(denied=True, reasons=("ward",)),
        Narrowing(obligations=(duty,)),
    )
    for answer in answers:
        policy = kind(partial(_say, answer), version="1")
        verifier = world.verifier(audit=log, policy=policy)
        found = [
            verifier.decide(world.shown(), world.asks()),
            asyncio.run(_adecide(verifier, world.shown(), world.asks())),
        ]
        for decision, record in zip(found, log.records[-2:], strict=True):
            assert record.id == decision.id
            assert record.outcome is decision.outcome
            assert record.findings == decision.findings
            assert record.sources.policy == policy.digest
    assert [one.outcome.value for one in log.records if one.outcome] == [
        *("deny", "deny"),
        *("permit", "permit"),
    ]
    assert log.records[0].codes == ("SITE_POLICY_DENIED",)
    assert log.records[-1].obligations == (duty,)


def _say(answer: Narrowing, _question: Any) -> Narrowing:
    return answer


def test_a_release_is_held_to_the_sites_own_policy(world: World) -> None:
    log = MemoryAuditLog()
    duty = Obligation("ENCRYPT")

    def rule(question: Any) -> Narrowing:
        denied = question["resource"]["id"] != BLOOD
        return Narrowing(denied=denied, obligations=() if denied else (duty,))

    compiled = compiled_with(world, log, policy=RulePolicy(rule, version="1"))
    resource = world.asks()["resource"]
    compiled.record([resource])
    with pytest.raises(ConfigurationError):
        compiled.record([{**resource, "id": "Observation/2"}])

    assert [one.kind for one in log.records] == [Kind.COMPILATION, Kind.RELEASE]
    assert log.records[-1].obligations == (duty,)


# Compiled decisions.


def compiled_with(world: World, log: Any, **members: Any) -> Any:
    verifier = world.verifier(audit=log, **members)
    return verifier.compile(world.shown(), world.asks())


def test_a_compilation_and_what_it_releases_are_on_record(world: World) -> None:
    log = MemoryAuditLog()
    compiled = compiled_with(world, log, clock=lambda: AT.plus(7))
    resource = world.asks()["resource"]
    other = {**resource, "id": "Observation/2"}
    assert compiled.check(resource, at=AT)
    assert [one.kind for one in log.records] == [Kind.COMPILATION]  # check writes none
    name = compiled.record([resource, other])
    compilation, release = log.records

    assert (compilation.kind, compilation.outcome) == (Kind.COMPILATION, None)
    assert compilation.id == compiled.id
    assert compilation.expires == compiled.expires
    assert compilation.asked is not None
    assert compilation.asked.resources == ()
    assert compilation.codes == ("LICENSE_OK",)  # the data cannot change that
    assert [one.id for one in compilation.consents] == [world.consent["id"]]
    assert (release.kind, release.outcome) == (Kind.RELEASE, Outcome.PERMIT)
    assert (release.id, release.compilation) == (name, compiled.id)
    assert release.recorded == AT.plus(7)
    assert release.codes == ("LICENSE_OK", "CONSENT_PERMIT")
    assert release.asked is not None
    assert [one.id for one in release.asked.resources] == [BLOOD, "Observation/2"]
    assert release.decided_by is None
    assert compiled.record([resource]) == log.records[-1].id
    assert log.records[-1].decided_by == f"{world.consent['id']}#provision"
    for record in log.records:
        assert read_record(loads(dumps(record.as_json()))) == record


def test_what_was_asked_for_and_denied_is_on_record(world: World) -> None:
    log = MemoryAuditLog(max_records=2)
    compiled = compiled_with(world, log)
    note = world.asks(resource=NOTE)["resource"]
    denied = compiled.check(note)
    name = compiled.record_denial([note, {"type": "Observation"}], denied)
    denial = log.records[-1]
    assert (denial.id, denial.compilation) == (name, compiled.id)
    assert (denial.kind, denial.outcome) == (Kind.DECISION, Outcome.DENY)
    assert denial.codes == denied.codes
    assert denial.asked is not None
    assert [one.id for one in denial.asked.resources] == [NOTE]
    with pytest.raises(AuditUnavailable):  # the log is full
        compiled.record_denial([note], denied)
    permit = compiled.check(world.asks()["resource"])
    for resources, decision in (([note], permit), ([note] * 1_001, denied)):
        with pytest.raises(ConfigurationError):
            compiled.record_denial(resources, decision)
    plain = world.verifier().compile(world.shown(), world.asks())
    assert plain.record_denial([note], denied) is None


def test_a_refused_compilation_is_on_record_as_refused(world: World) -> None:
    log = MemoryAuditLog()
    verifier = world.verifier(audit=log)
    verifier.compile(world.shown(domain="https://x.example"), world.asks())
    (record,) = log.records

    assert (record.kind, record.outcome) == (Kind.COMPILATION, Outcome.DENY)
    assert record.codes == ("INVALID_DOMAIN_ERROR",)
    assert record.expires is None


def test_what_denies_everything_is_on_record_once(world: World) -> None:
    log = MemoryAuditLog()
    verifier = world.verifier(audit=log)
    shown = world.shown(domain="https://x.example")
    compiled = verifier.compile(shown, world.asks())
    resource = world.asks()["resource"]

    denied = compiled.check(resource)
    assert compiled.record_denial([resource], denied) == compiled.id
    assert [one.id for one in log.records] == [compiled.id]


def test_a_compilation_that_is_not_on_record_is_not_told_to_be(world: World) -> None:
    """What it denies is written down by itself, once the log takes it."""
    log = MemoryAuditLog(max_records=0)
    compiled = compiled_with(world, log)
    resource = world.asks()["resource"]
    denied = compiled.check(resource)
    assert denied.codes[0] == "AUDIT_UNAVAILABLE"
    with pytest.raises(AuditUnavailable):
        compiled.record_denial([resource], denied)

    log._max_records = 1
    name = compiled.record_denial([resource], denied)
    (record,) = log.records
    assert name == record.id != compiled.id
    assert (record.kind, record.outcome) == (Kind.DECISION, Outcome.INDETERMINATE)
    assert record.codes[0] == "AUDIT_UNAVAILABLE"
    assert read_record(loads(dumps(record.as_json()))) == record


def test_an_empty_page_releases_nothing_and_is_recorded(world: World) -> None:
    log = MemoryAuditLog()
    compiled_with(world, log).record([])

    assert log.records[-1].asked is not None
    assert log.records[-1].asked.resources == ()
    assert log.records[-1].findings == ()


def test_duties_of_released_resources_are_on_record_together(world: World) -> None:
    log = MemoryAuditLog()
    request = break_glass(world)
    compiled = world.verifier(audit=log).compile(world.shown(), request)
    compiled.record([request["resource"]])

    assert {one.code for one in log.records[-1].obligations} == {"AUDIT", "NOTIFY"}


def refused_releases(world: World) -> dict[str, Callable[[Any], object]]:
    resource = world.asks()["resource"]
    note = world.asks("TREAT", NOTE)["resource"]
    elsewhere = {**resource, "properties": {"patient": "Patient/other"}}
    return {
        "denied": lambda one: one.record([resource, note]),
        "of another patient": lambda one: one.record([elsewhere]),
        "no resource": lambda one: one.record([5]),
        "too late": lambda one: one.record([resource], at=AT.plus(300)),
        "too many": lambda one: one.record([resource] * (MAX_RELEASED + 1)),
    }


def test_only_what_is_permitted_can_be_released(world: World) -> None:
    for name, release in refused_releases(world).items():
        log = MemoryAuditLog()
        compiled = compiled_with(world, log)
        with pytest.raises(ConfigurationError) as caught:
            release(compiled)

        assert caught.value.path.startswith("$.resources"), name
        assert len(log.records) == 1, name


def test_the_verifiers_clock_ends_a_compilation_when_nobody_says_the_time(
    world: World,
) -> None:
    compiled = compiled_with(world, MemoryAuditLog(), clock=lambda: AT.plus(300))
    late = replace(compiled, expires=AT)
    with pytest.raises(ConfigurationError):
        late.record([world.asks()["resource"]])


def test_a_release_may_be_of_as_many_resources_as_the_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medid.access.audit.MAX_RELEASED", 2)
    log, resource = MemoryAuditLog(), world.asks()["resource"]
    compiled = compiled_with(world, log)
    assert compiled.record([resource] * 2)
    with pytest.raises(ConfigurationError, match="more than 2"):
        compiled.record([resource] * 3)
    assert [one.kind for one in log.records] == [Kind.COMPILATION, Kind.RELEASE]


@pytest.mark.parametrize("name", FAILURES)
def test_a_release_that_is_not_written_is_told(world: World, name: str) -> None:
    failing = FailingLog(lambda: None)
    compiled = compiled_with(world, failing)
    failing.what = FAILURES[name]
    with pytest.raises(AuditUnavailable) as caught:
        compiled.record([world.asks()["resource"]])

    assert "CANARY" not in str(caught.value)
    assert caught.value.__context__ is None or "CANARY" not in repr(caught.value)


def test_a_release_without_a_log_is_a_misuse(world: World) -> None:
    compiled = world.verifier().compile(world.shown(), world.asks())
    bare = replace(compiled, recorder=None)
    for one in (compiled, bare):
        with pytest.raises(ConfigurationError) as caught:
            one.record([world.asks()["resource"]])
        assert caught.value.path == "$.audit"
    assert compiled.id is None


def test_a_log_changes_no_answer(world: World) -> None:
    verifier = world.verifier(entropy=bytes)
    kept = world.verifier(entropy=bytes, audit=MemoryAuditLog())
    for request in (*permits(world), world.asks("HRESCH"), world.asks("TREAT", NOTE)):
        shown = world.shown()
        assert verifier.decide(shown, request) == kept.decide(shown, request)
