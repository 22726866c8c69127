"""A site's own policy may narrow what the rules permit, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.access.consent_types import Obligation
from medid.access.decision import Decision, Outcome
from medid.access.site_policy import (
    MAX_OBLIGATIONS,
    MAX_REASONS,
    Narrowing,
    RulePolicy,
    apply,
    narrowed,
)
from medid.errors import ConfigurationError
from tests.access.world import AT, BLOOD, NOTE, World

if TYPE_CHECKING:
    from medid.core.json import JsonObject

AUDIT = Obligation("AUDIT")
MASK = Obligation("MASK")
LEAVE = Narrowing()


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def rule(answer: Any, *, seen: list[JsonObject] | None = None) -> RulePolicy:
    """A policy that answers the same to everything."""

    def ask(question: JsonObject) -> Narrowing:
        if seen is not None:
            seen.append(question)
        if isinstance(answer, Exception):
            raise answer
        found: Narrowing = answer
        return found

    return RulePolicy(ask, version="1")


def decided(world: World, policy: Any, **asked: str) -> Decision:
    return world.verifier(policy=policy).decide(world.shown(), world.asks(**asked))


def test_what_it_leaves_is_permitted_as_before(world: World) -> None:
    without = world.verifier().decide(world.shown(), world.asks())
    found = decided(world, rule(LEAVE))
    assert found
    assert found.findings == without.findings
    assert found.obligations == without.obligations
    assert found.expires == without.expires


def test_its_digest_is_in_every_decision(world: World) -> None:
    policy = rule(LEAVE)
    for purpose in ("TREAT", "HRESCH"):
        found = decided(world, policy, purpose=purpose)
        assert found.basis is not None
        assert found.basis.policy == policy.digest
        assert found.basis.as_json()["policy"] == policy.digest
    without = world.verifier().decide(world.shown(), world.asks()).basis
    assert without is not None
    assert "policy" not in without.as_json()
    assert rule(LEAVE).digest == RulePolicy(lambda _: LEAVE, version="1").digest
    assert policy.digest != RulePolicy(lambda _: LEAVE, version="2").digest


def test_it_takes_a_permit_back(world: World) -> None:
    found = decided(world, rule(Narrowing(denied=True, reasons=("night", "ward"))))
    assert found.outcome is Outcome.DENY
    assert found.codes == ("SITE_POLICY_DENIED", "SITE_POLICY_DENIED")
    assert [one.rule for one in found.findings] == ["night", "ward"]
    assert (found.obligations, found.expires) == ((), None)
    unnamed = decided(world, rule(Narrowing(denied=True)))
    assert unnamed.codes == ("SITE_POLICY_DENIED",)
    # Whoever asks from outside sees a denial like any other.
    public = found.as_public_json()
    assert public == {"decision": False, "context": {"id": found.id}}


def test_it_adds_obligations_once(world: World) -> None:
    before = decided(world, rule(LEAVE)).obligations
    found = decided(world, rule(Narrowing(obligations=(MASK, AUDIT, MASK))))
    assert found
    assert found.obligations == tuple(dict.fromkeys((*before, MASK, AUDIT)))


def test_a_denial_is_not_shown_to_it(world: World) -> None:
    seen: list[JsonObject] = []
    policy = rule(LEAVE, seen=seen)
    assert not decided(world, policy, resource=NOTE)
    assert not decided(world, policy, purpose="HRESCH")
    assert seen == []
    compiled = world.verifier(policy=policy).compile(world.shown(), world.asks())
    assert not compiled.check(world.asks(resource=NOTE)["resource"])
    assert seen == []


@pytest.mark.parametrize(
    "answer",
    [
        *(None, True, {"denied": False}, "permit", ()),
        *(ValueError("Amelia Canaryfeather"), KeyError("x"), ConfigurationError("no")),
    ],
)
def test_what_is_not_understood_permits_nothing(world: World, answer: Any) -> None:
    found = decided(world, rule(answer))
    assert found.outcome is Outcome.INDETERMINATE
    assert found.codes == ("SITE_POLICY_UNAVAILABLE",)
    assert "Canary" not in str(found.as_json())
    compiled = world.verifier(policy=rule(answer)).compile(world.shown(), world.asks())
    assert not compiled.check(world.asks()["resource"])
    waited = world.verifier(policy=rule(answer)).adecide(world.shown(), world.asks())
    assert asyncio.run(_done(waited)).codes == found.codes


async def _done(waited: Any) -> Decision:
    found: Decision = await waited
    return found


def test_it_is_asked_with_the_facts(world: World) -> None:
    seen: list[JsonObject] = []
    found = decided(world, rule(LEAVE, seen=seen))
    (asked,) = seen
    request = world.asks()
    for name in ("subject", "action", "resource"):
        assert asked[name] == request[name]
    context: Any = asked["context"]
    facts = context.pop("medid")
    assert context == request["context"]
    assert facts["presenter"] == world.practitioner.did
    assert facts["time"] == str(AT)
    assert facts["obligations"] == [
        {"system": one.system, "code": one.code} for one in found.obligations
    ]
    stated = facts["license"]
    assert stated["issuer"] == world.board.did
    assert stated["status"] == "active"
    assert stated["jurisdiction"] == "US-OH"
    assert stated["professions"]
    assert "registration" not in stated or stated["registration"]


def test_the_facts_are_those_of_the_license_that_decided(world: World) -> None:
    """Whoever signs a credential of the same id himself changes nothing by it."""
    seen: list[JsonObject] = []
    forged = world.license_of(issuer=world.practitioner, jurisdiction="US-TX")
    forged = {**forged, "id": world.license["id"]}
    honest = world.license_of(jurisdiction="US-OH")
    verifier = world.verifier(policy=rule(LEAVE, seen=seen))
    for shown in ([forged, world.license], [world.license, forged], [honest, forged]):
        presentation = world.shown(*shown, world.consent)
        assert verifier.decide(presentation, world.asks())
    for asked in seen:
        context: Any = asked["context"]
        assert context["medid"]["license"]["jurisdiction"] == "US-OH"
        assert context["medid"]["license"]["issuer"] == world.board.did


def test_a_request_without_context_has_the_facts_too(world: World) -> None:
    seen: list[JsonObject] = []
    verifier = world.verifier(policy=rule(LEAVE, seen=seen))
    request = world.asks()
    found = verifier.compile(world.shown(), request)
    assert found.check(request["resource"])
    assert seen[0]["context"] != request["context"]
    # The question is the policy's own: what it changes changes nothing else.
    seen[0]["resource"] = None
    assert verifier.decide(world.shown(), request)


def test_each_resource_of_a_search_is_asked_about(world: World) -> None:
    def only_blood(question: JsonObject) -> Narrowing:
        resource: Any = question["resource"]
        return Narrowing(denied=resource["id"] != BLOOD)

    policy = RulePolicy(only_blood, version="1")
    compiled = world.verifier(policy=policy).compile(world.shown(), world.asks())
    resource = world.asks()["resource"]
    assert compiled.check(resource)
    assert not compiled.check({**resource, "id": "Observation/other"})
    assert compiled.check(resource)


class Waiting:
    """A policy that has to be waited for."""

    digest = "a" * 64
    pure = False

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.waited = 0

    def narrow(self, question: JsonObject) -> Narrowing:
        assert question
        return Narrowing(reasons=("blocked",), denied=True)

    async def anarrow(self, question: JsonObject) -> Narrowing:
        assert question
        self.waited += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        found: Narrowing = self.answer
        return found


def test_an_event_loop_waits_for_it(world: World) -> None:
    policy = Waiting(LEAVE)
    verifier = world.verifier(policy=policy)
    shown, request = world.shown(), world.asks()
    assert asyncio.run(_done(verifier.adecide(shown, request)))
    assert policy.waited == 1
    # Who does not wait asks the other way.
    assert not verifier.decide(shown, request)
    for answer in (Narrowing(denied=True), OSError("gone"), None):
        other = world.verifier(policy=Waiting(answer))
        assert not asyncio.run(_done(other.adecide(shown, request)))
    denied = asyncio.run(_done(verifier.adecide(shown, world.asks("HRESCH"))))
    assert not denied
    assert policy.waited == 1


def test_no_compiled_decision_waits(world: World) -> None:
    verifier = world.verifier(policy=Waiting(LEAVE))
    with pytest.raises(ConfigurationError) as caught:
        verifier.compile(world.shown(), world.asks())
    assert caught.value.path == "$.policy"


@pytest.mark.parametrize(
    "members",
    [
        *({"denied": 1}, {"denied": None}, {"reasons": ("",)}, {"reasons": (7,)}),
        *({"reasons": ("a patient",)}, {"reasons": ("x" * 65,)}, {"reasons": ("-",)}),
        {"reasons": ("a",) * 33},
        *({"obligations": ("AUDIT",)}, {"obligations": (AUDIT,) * 33}),
        {"obligations": (Obligation(""),)},
        {"obligations": (Obligation("A B"),)},
        {"obligations": (Obligation("A", "no system"),)},
    ],
)
def test_an_answer_of_another_form_cannot_be_made(members: Any) -> None:
    with pytest.raises(ConfigurationError):
        Narrowing(**members)


def test_an_answer_may_be_as_long_as_its_bounds() -> None:
    Narrowing(reasons=("a" * 64,) * MAX_REASONS)
    Narrowing(obligations=(AUDIT,) * MAX_OBLIGATIONS)


class Other:
    digest: Any = "b" * 64
    pure: Any = True

    def narrow(self, question: JsonObject) -> Narrowing:
        return LEAVE


@pytest.mark.parametrize(
    ("name", "value"),
    [("digest", "b" * 63), ("digest", b"b" * 64), ("digest", "B" * 64), ("pure", 1)],
)
def test_a_policy_says_what_it_decides_by(world: World, name: str, value: Any) -> None:
    policy = Other()
    assert world.verifier(policy=policy).policy is policy
    setattr(policy, name, value)
    with pytest.raises(ConfigurationError):
        world.verifier(policy=policy)


def test_what_is_no_policy_is_refused(world: World) -> None:
    for policy in (lambda _: LEAVE, "permit", object()):
        with pytest.raises(ConfigurationError):
            world.verifier(policy=policy)
    wrong: Any
    for wrong in ("", None, 7):
        with pytest.raises(ConfigurationError):
            RulePolicy(lambda _: LEAVE, version=wrong)
    for wrong in (None, "permit", LEAVE):
        with pytest.raises(ConfigurationError):
            RulePolicy(wrong, version="1")


OBLIGATIONS = st.lists(st.sampled_from([AUDIT, MASK, Obligation("NOTIFY")]), max_size=4)
DECISIONS = st.builds(
    Decision,
    outcome=st.sampled_from(Outcome),
    at=st.just(AT),
    findings=st.just(()),
    obligations=OBLIGATIONS.map(tuple),
)
ANSWERS = st.one_of(
    st.builds(Narrowing, denied=st.booleans(), obligations=OBLIGATIONS.map(tuple)),
    st.none(),
    st.booleans(),
)


@given(DECISIONS, ANSWERS)
def test_nothing_becomes_wider(decision: Decision, answer: Any) -> None:
    found = narrowed(decision, lambda: answer)
    assert decision or found == decision
    assert decision or not found
    if found:
        assert set(found.obligations) >= set(decision.obligations)
        assert replace(found, obligations=()) == replace(decision, obligations=())
        assert found == apply(decision, answer)
