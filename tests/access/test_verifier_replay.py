"""One presentation, one permit: whatever is shown twice, and however fast."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from medid.access.decision import Outcome
from medid.adapters.challenges import MemoryChallenges, SqliteChallenges
from medid.errors import ConfigurationError, EvidenceUnavailable
from tests.access.world import AT, World, controller

if TYPE_CHECKING:
    from pathlib import Path

    from medid.core.instant import Instant

THREADS = 16


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_a_presentation_is_accepted_once(world: World) -> None:
    gateway = world.gateway()
    shown = world.shown(challenge=gateway.challenge())
    first, second = (gateway.decide(shown, world.asks()) for _ in range(2))

    assert first.outcome is Outcome.PERMIT
    assert (second.outcome, second.codes) == (Outcome.DENY, ("REPLAYED",))
    assert second.findings[0].about == "presentation"


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_of_many_threads_exactly_one_is_permitted(
    world: World, kind: str, tmp_path: Path
) -> None:
    store = (
        MemoryChallenges()
        if kind == "memory"
        else SqliteChallenges(tmp_path / "challenges.db")
    )
    gateway = world.verifier(challenges=store)
    shown = world.shown(challenge=gateway.challenge())
    ready = Barrier(THREADS)

    def ask(_number: int) -> Outcome:
        ready.wait()
        return gateway.decide(shown, world.asks()).outcome

    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(ask, range(THREADS)))

    assert found.count(Outcome.PERMIT) == 1
    assert found.count(Outcome.DENY) == THREADS - 1


def test_one_verifier_answers_many_threads_each_its_own(world: World) -> None:
    gateway = world.gateway()
    shown = [world.shown(challenge=gateway.challenge()) for _ in range(8)]
    purposes = ["TREAT", "HRESCH"] * 4

    def ask(number: int) -> bool:
        return bool(gateway.decide(shown[number], world.asks(purposes[number])))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(8)))

    assert found == [True, False] * 4


def test_a_challenge_that_nobody_issued_is_refused(world: World) -> None:
    found = world.gateway().decide(world.shown(challenge="made-up"), world.asks())

    assert (found.outcome, found.codes) == (Outcome.DENY, ("REPLAYED",))


def test_a_challenge_that_is_too_old_is_refused(world: World) -> None:
    gateway = world.gateway()
    shown = world.shown(challenge=gateway.challenge())

    assert gateway.decide(shown, world.asks(), at=AT.plus(300)).codes == ("REPLAYED",)


def test_a_presentation_without_challenge_is_refused(world: World) -> None:
    from medid.cli.demo_world import AUDIENCE
    from medid.issuing import present

    shown = present(
        [world.license, world.consent],
        world.practitioner,
        challenge=None,
        domain=AUDIENCE,
        at=AT,
    )
    for form in (shown, world.license):
        found = world.gateway().decide(form, world.asks())

        assert found.outcome is Outcome.DENY
        assert "INVALID_CHALLENGE_ERROR" in found.codes


def test_a_thiefs_own_proof_does_not_renew_a_presentation(world: World) -> None:
    gateway = world.gateway()
    old = world.shown(challenge=gateway.challenge())
    assert gateway.decide(old, world.asks())
    thief = controller()
    fresh = world.shown(
        world.license, world.consent, by=thief, challenge=gateway.challenge()
    )
    both = {**old, "proof": [old["proof"], fresh["proof"]]}

    assert not gateway.decide(both, world.asks())


def test_a_store_that_is_away_permits_nothing(world: World) -> None:
    class Away:
        def issue(self, *, lifetime_seconds: int = 300, at: Instant) -> str:
            raise EvidenceUnavailable("the store is away")

        def consume(self, challenge: str, *, at: Instant) -> None:
            raise EvidenceUnavailable("the store is away")

    gateway = world.verifier(challenges=Away())
    found = gateway.decide(world.shown(), world.asks())

    assert (found.outcome, found.codes) == (
        Outcome.INDETERMINATE,
        ("EVIDENCE_UNAVAILABLE",),
    )
    with pytest.raises(EvidenceUnavailable):
        gateway.challenge()


def test_a_malformed_request_costs_no_challenge(world: World) -> None:
    gateway = world.gateway()
    shown = world.shown(challenge=gateway.challenge())

    assert not gateway.decide(shown, {})
    assert gateway.decide(shown, world.asks())


def test_no_store_no_challenge(world: World) -> None:
    with pytest.raises(ConfigurationError) as caught:
        world.verifier().challenge()

    assert caught.value.path == "$.challenges"


def test_a_challenge_is_dated_by_the_verifiers_clock(world: World) -> None:
    asked: list[Instant] = []

    class Store(MemoryChallenges):
        def issue(self, *, lifetime_seconds: int = 300, at: Instant) -> str:
            asked.append(at)
            return super().issue(lifetime_seconds=lifetime_seconds, at=at)

    assert len(world.verifier(challenges=Store()).challenge()) >= 22
    assert asked == [AT]


def test_compiling_uses_the_challenge_up(world: World) -> None:
    gateway = world.gateway()
    shown = world.shown(challenge=gateway.challenge())
    compiled = gateway.compile(shown, world.asks())
    again = gateway.compile(shown, world.asks())
    resource = world.asks()["resource"]

    assert compiled.check(resource)
    assert again.check(resource).codes == ("REPLAYED",)
