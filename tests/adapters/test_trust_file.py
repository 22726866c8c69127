"""Whom to believe follows the trust file within a documented time, and fails closed."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from medid.access import bundle as bundles
from medid.access.audit_reading import read_record
from medid.access.decision import Outcome
from medid.access.judge import judge
from medid.access.replay import replay
from medid.adapters.trust_file import (
    LOOK_SECONDS,
    MAX_LOOK_SECONDS,
    RETRY_SECONDS,
    TrustFile,
)
from medid.cli.demo_world import PATIENT
from medid.core import json as strict_json
from medid.errors import ConfigurationError, EvidenceUnavailable, InvalidSignature
from medid.trust import TrustRegistry, standing
from medid.verifying.checks import Outcome as Verified
from medid.verifying.checks import Result
from medid.verifying.verifier import Verifier
from tests.access.world import AT, World, controller
from tests.server.support import client

if TYPE_CHECKING:
    from pathlib import Path

    from medid.access.audit_record import DecisionRecord
    from medid.access.decision import Decision
    from medid.access.verifier import AccessVerifier
    from medid.core.instant import Instant

Doc = dict[str, Any]


class Site:
    """A hospital whose trust file somebody may change, and a clock to wait by."""

    def __init__(self, folder: Path, **members: Any) -> None:
        self.world = World()
        self.path = folder / "trust.json"
        self.now = AT
        self.write(self.world.trust())
        self.file = TrustFile(self.path, clock=self.clock, **members)

    def clock(self) -> Instant:
        return self.now

    def write(self, document: Doc) -> None:
        self.path.write_text(strict_json.dumps(document), "utf-8")

    def strike_off(self) -> None:
        """Another board instead of the one whose license is presented."""
        trust: Any = self.world.trust()
        trust["acceptedBoards"] = [
            {**trust["acceptedBoards"][0], "did": "did:web:other.example"}
        ]
        self.write(trust)

    def wait(self, seconds: float) -> None:
        self.now = self.now.plus(seconds)

    def verifier(self, **members: Any) -> AccessVerifier:
        return self.world.verifier(trust=self.file, clock=self.clock, **members)

    def decide(self, verifier: AccessVerifier) -> Decision:
        world = self.world
        return verifier.decide(world.shown(), world.asks(), challenge="challenge-1")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def codes(decision: Decision) -> set[str]:
    return {finding.code for finding in decision.findings}


# A board that is struck off.


def test_a_board_that_is_struck_off_counts_for_30_seconds_at_most(site: Site) -> None:
    verifier = site.verifier()
    assert site.decide(verifier).outcome is Outcome.PERMIT

    site.strike_off()
    site.wait(LOOK_SECONDS)

    assert LOOK_SECONDS == 30
    assert "ISSUER_NOT_TRUSTED" in codes(site.decide(verifier))


def test_within_those_seconds_the_file_is_not_read_again(site: Site) -> None:
    verifier = site.verifier()
    site.strike_off()
    site.wait(LOOK_SECONDS - 1)

    assert site.decide(verifier).outcome is Outcome.PERMIT
    assert site.file.counts().looks == 1


def test_a_board_whose_entry_ended_in_the_file_is_out_as_of_then(site: Site) -> None:
    verifier = site.verifier()
    trust: Any = site.world.trust()
    end = str(AT.plus(10))
    trust["acceptedBoards"] = [{**trust["acceptedBoards"][0], "validUntil": end}]
    site.write(trust)
    site.wait(LOOK_SECONDS)
    world = site.world
    shown, asks = world.shown(), world.asks()

    before = verifier.decide(shown, asks, at=AT, challenge="challenge-1")
    after = verifier.decide(shown, asks, at=site.now, challenge="challenge-1")

    assert (before.outcome, after.outcome) == (Outcome.PERMIT, Outcome.DENY)


def test_no_permit_lasts_beyond_the_next_look(site: Site) -> None:
    verifier = site.verifier()
    site.wait(20)

    decision = site.decide(verifier)

    assert decision.outcome is Outcome.PERMIT
    assert decision.expires == AT.plus(LOOK_SECONDS)


def test_a_compiled_decision_ends_with_the_next_look(site: Site) -> None:
    world, verifier = site.world, site.verifier()
    compiled = verifier.compile(world.shown(), world.asks(), challenge="challenge-1")
    resource = world.asks()["resource"]

    assert compiled.expires == AT.plus(LOOK_SECONDS)
    assert compiled.check(resource, at=site.now)
    site.wait(LOOK_SECONDS)
    assert not compiled.check(resource, at=site.now)


def test_a_plain_registry_lasts_as_long_as_it_did(site: Site) -> None:
    registry = TrustRegistry.from_json(site.world.trust())
    decision = site.decide(site.world.verifier(trust=registry))

    assert standing(registry).until is None
    assert decision.expires == AT.plus(300)


def test_a_file_that_says_the_same_again_gives_the_same_registry(site: Site) -> None:
    first = site.file.standing().registry
    site.wait(LOOK_SECONDS)

    assert site.file.standing().registry is first
    counts = site.file.counts()
    assert (counts.looks, counts.changes, counts.faults) == (2, 0, 0)


def test_a_clock_that_is_set_back_does_not_keep_a_board_in(site: Site) -> None:
    site.strike_off()
    verifier = site.verifier()
    site.now = AT.plus(-1)
    shown, asks = site.world.shown(), site.world.asks()

    decision = verifier.decide(shown, asks, at=AT, challenge="challenge-1")

    assert "ISSUER_NOT_TRUSTED" in codes(decision)


def test_each_decision_asks_the_source_once(site: Site) -> None:
    asked: list[int] = []

    class Counting:
        def standing(self) -> Any:
            asked.append(1)
            return site.file.standing()

    verifier = site.world.verifier(trust=Counting())
    assert site.decide(verifier).outcome is Outcome.PERMIT
    assert len(asked) == 1
    Verifier(trust=Counting(), fetch=site.world.net).verify(site.world.license)
    assert len(asked) == 2


# A file that is broken.


@pytest.mark.parametrize("broken", ["", "{", "[]", "{}", '{"acceptedBoards": []}'])
def test_while_the_file_is_broken_nothing_is_permitted(site: Site, broken: str) -> None:
    verifier = site.verifier()
    site.path.write_text(broken, "utf-8")
    site.wait(LOOK_SECONDS)

    decision = site.decide(verifier)

    assert decision.outcome is Outcome.INDETERMINATE
    (finding,) = decision.findings
    assert (finding.code, finding.path) == ("EVIDENCE_UNAVAILABLE", "$.trust")
    counts = site.file.counts()
    assert (counts.faults, counts.usable) == (1, False)


def test_a_file_that_is_gone_is_broken(site: Site) -> None:
    site.path.unlink()
    site.wait(LOOK_SECONDS)

    with pytest.raises(EvidenceUnavailable, match="CONFIGURATION_ERROR"):
        site.file.standing()


def test_a_file_that_became_a_pipe_is_broken_and_not_waited_for(site: Site) -> None:
    verifier = site.verifier()
    site.path.unlink()
    os.mkfifo(site.path)
    site.wait(LOOK_SECONDS)
    found: list[Decision] = []
    # A daemon, so that one that waits does not hold up whoever runs the tests.
    asking = threading.Thread(
        target=lambda: found.append(site.decide(verifier)), daemon=True
    )
    asking.start()
    asking.join(20)
    assert [one.outcome for one in found] == [Outcome.INDETERMINATE]


def test_what_names_an_overlay_that_is_not_there_is_broken(site: Site) -> None:
    trust: Any = site.world.trust()
    trust["consent"] = {**trust["consent"], "overlays": ["NO-SUCH/1"]}
    site.write(trust)
    site.wait(LOOK_SECONDS)

    assert site.decide(site.verifier()).outcome is Outcome.INDETERMINATE


def test_a_file_that_was_put_right_counts_a_second_later(site: Site) -> None:
    verifier = site.verifier()
    content = site.path.read_bytes()
    site.path.write_bytes(content[:-1])
    site.wait(LOOK_SECONDS)
    assert site.decide(verifier).outcome is Outcome.INDETERMINATE

    site.path.write_bytes(content)
    assert site.decide(verifier).outcome is Outcome.INDETERMINATE
    site.wait(RETRY_SECONDS)

    assert site.decide(verifier).outcome is Outcome.PERMIT
    counts = site.file.counts()
    assert (counts.looks, counts.changes, counts.faults) == (3, 0, 1)
    assert counts.usable


def test_a_verifier_that_is_copied_meanwhile_is_still_one(site: Site) -> None:
    site.path.write_text("{", "utf-8")
    site.wait(LOOK_SECONDS)

    assert site.decide(site.verifier()).outcome is Outcome.INDETERMINATE


def test_decisions_in_an_event_loop_fail_closed_too(site: Site) -> None:
    verifier, world = site.verifier(), site.world
    site.path.write_text("{", "utf-8")
    site.wait(LOOK_SECONDS)

    async def decided() -> Decision:
        return await verifier.adecide(world.shown(), world.asks(), challenge="c-1")

    assert asyncio.run(decided()).outcome is Outcome.INDETERMINATE


def test_while_the_file_is_broken_nothing_is_verified(site: Site) -> None:
    verifier = Verifier(trust=site.file, fetch=site.world.net, clock=site.clock)
    assert verifier.verify(site.world.license)
    site.path.write_text("{", "utf-8")
    site.wait(LOOK_SECONDS)

    answer = verifier.verify(site.world.license)

    assert answer.outcome is Verified.UNDECIDED
    (check,) = answer.checks
    assert (check.check, check.result) == ("trust", Result.UNKNOWN)
    later = asyncio.run(verifier.averify(site.world.license))
    assert (later.outcome, len(later.checks)) == (Verified.UNDECIDED, 1)


class Log:
    """Keeps the records that it is given."""

    def __init__(self) -> None:
        self.records: list[DecisionRecord] = []

    def record(self, record: DecisionRecord) -> None:
        self.records.append(record)


def test_what_was_not_decided_for_want_of_trust_is_on_record(site: Site) -> None:
    log = Log()
    verifier = site.verifier(audit=log)
    site.path.write_text("{", "utf-8")
    site.wait(LOOK_SECONDS)

    decision = site.decide(verifier)

    (record,) = log.records
    assert record.id == decision.id
    assert record.sources is not None
    assert record.sources.trust is None
    assert record.asked is not None
    assert record.asked.patient == PATIENT
    assert read_record(record.as_json()) == record


def test_a_broken_presentation_is_recorded_with_the_trust_of_then(site: Site) -> None:
    log = Log()
    site.verifier(audit=log).decide("{", site.world.asks())

    (record,) = log.records
    assert record.sources is not None
    assert record.sources.trust == site.file.standing().registry.digest()


# Starting.


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), MAX_LOOK_SECONDS + 1])
def test_a_time_that_is_none_is_refused(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="above 0"):
        Site(tmp_path, seconds=seconds)


def test_a_file_that_is_broken_at_the_start_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_text("{", "utf-8")
    with pytest.raises(ConfigurationError):
        TrustFile(path)


def test_another_time_is_kept_to(tmp_path: Path) -> None:
    site = Site(tmp_path, seconds=5)
    site.strike_off()
    site.wait(5)

    assert "ISSUER_NOT_TRUSTED" in codes(site.decide(site.verifier()))


def test_what_is_neither_a_registry_nor_a_source_is_refused(site: Site) -> None:
    with pytest.raises(ConfigurationError, match="has to be a TrustRegistry"):
        site.world.verifier(trust=object())


def test_many_threads_look_once(site: Site) -> None:
    site.strike_off()
    site.wait(LOOK_SECONDS)
    ready = threading.Barrier(8)
    found: list[TrustRegistry] = []

    def look() -> None:
        ready.wait(timeout=10)
        found.append(site.file.standing().registry)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)

    assert len(found) == 8
    assert len({id(one) for one in found}) == 1
    assert site.file.counts().looks == 2


# What stands on it.


def test_a_bundle_of_such_a_decision_replays(site: Site) -> None:
    world, verifier, signer = site.world, site.verifier(), controller()
    shown = strict_json.dumps(world.shown()).encode()
    case = verifier.prepare(shown, world.asks(), challenge="challenge-1")

    written = bundles.write(case, judge(case), presentation=shown, controller=signer)
    bundle = bundles.read(strict_json.dumps(written))

    assert written["trustUntil"] == str(AT.plus(LOOK_SECONDS))
    bundle.check(signer.signer.public_key)
    assert replay(bundle).differences == ()
    written["trustUntil"] = str(AT.plus(60))
    with pytest.raises(InvalidSignature, match="trustUntil"):
        bundles.read(strict_json.dumps(written)).check(signer.signer.public_key)


def test_the_metrics_of_a_server_tell_that_nobody_can_be_believed(site: Site) -> None:
    served = client(trust=site.file, clock=site.clock)
    assert "medid_trust_file_usable 1" in served.get("/metrics").text
    site.path.write_text("{", "utf-8")
    site.wait(LOOK_SECONDS)
    answer = served.post(
        "/credentials/verify", json={"verifiableCredential": site.world.license}
    )

    assert answer.status_code == 400
    told = served.get("/metrics").text
    assert "medid_trust_file_usable 0" in told
    assert "medid_trust_file_faults_total 1" in told
    plain = client(trust=TrustRegistry.from_json(site.world.trust()))
    assert "medid_trust_file" not in plain.get("/metrics").text
