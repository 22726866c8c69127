"""A judgement is pure: the same case gives the same decision, now and years later."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from medid.access.decision import Decision, Outcome
from medid.access.judge import DECISION_LIFETIME, Case, judge, prejudge
from medid.core.evidence import Evidence
from medid.core.instant import Window
from medid.core.json import dumps, loads
from medid.errors import EvidenceUnavailable, Replayed
from medid.trust import TrustRegistry, standing
from medid.verifying.checks import Check, Result, not_asked
from tests.access.world import (
    AT,
    NOTE,
    START,
    World,
    controller,
    fhir_consent,
    on_file,
)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def sealed(case: Case) -> Case:
    """``case`` with its evidence written to a file and read again."""
    text = dumps(case.judgement.evidence.as_json())
    evidence = Evidence.from_json(loads(text))
    return replace(case, judgement=replace(case.judgement, evidence=evidence))


def cases(world: World) -> list[Case]:
    verifier = world.verifier()
    refusing = world.verifier(consents=on_file(fhir_consent("deny")))
    return [
        verifier.prepare(world.shown(), world.asks()),
        verifier.prepare(world.shown(), world.asks("TREAT", NOTE)),
        verifier.prepare(world.shown(world.consent), world.asks()),
        verifier.prepare(world.shown(domain="https://x.example"), world.asks()),
        refusing.prepare(world.shown(), world.asks()),
    ]


def test_a_case_is_judged_alike_from_its_sealed_evidence(world: World) -> None:
    for case in cases(world):
        first = judge(case).as_json()

        assert judge(case).as_json() == first
        assert judge(sealed(case)).as_json() == first


def test_failures_to_fetch_are_sealed_too() -> None:
    scene = World()
    scene.net.down |= set(scene.web.documents)
    case = scene.verifier().prepare(scene.shown(), scene.asks())

    assert not judge(case)
    assert judge(sealed(case)).as_json() == judge(case).as_json()


def test_judging_changes_nothing_it_was_given(world: World) -> None:
    shown, request = world.shown(), world.asks()
    before = copy.deepcopy((shown, request))
    case = world.verifier().prepare(shown, request)
    judge(case)

    assert (shown, request) == before


def test_judging_fetches_nothing() -> None:
    scene = World()
    case = scene.verifier().prepare(scene.shown(), scene.asks())
    asked = len(scene.net.asked)
    judge(case)

    assert len(scene.net.asked) == asked


def test_the_basis_names_everything_that_was_looked_at(world: World) -> None:
    verifier = world.verifier()
    case = verifier.prepare(world.shown(), world.asks())
    basis = judge(case).basis

    assert basis is not None
    assert basis.presentation == case.presented.digest
    assert basis.evidence == case.judgement.evidence.digest()
    assert basis.trust == standing(verifier.trust).registry.digest()
    other = judge(verifier.prepare(world.shown(world.license), world.asks())).basis
    assert other is not None
    assert other.presentation != basis.presentation


def test_all_questions_are_listed_with_their_answers(world: World) -> None:
    found = judge(world.verifier().prepare(world.shown(), world.asks()))
    paths = {check.path for check in found.checks}

    assert {"proof", "time", "status", "holder", "domain"} <= {
        check.check for check in found.checks
    }
    assert any(path.startswith("$.verifiableCredential[0]") for path in paths)
    assert any(path.startswith("$.verifiableCredential[1]") for path in paths)


def decided(world: World, challenge: Check | None) -> Decision:
    case = world.verifier().prepare(world.shown(), world.asks())
    return judge(replace(case, challenge=challenge))


def test_what_the_challenge_store_said_decides(world: World) -> None:
    used = Check(check="replay", result=Result.FAIL, error=Replayed("used"))
    away = Check(
        check="replay", result=Result.UNKNOWN, error=EvidenceUnavailable("away")
    )

    assert decided(world, None)
    assert decided(world, not_asked("replay", "$"))
    assert decided(world, used).outcome is Outcome.DENY
    assert decided(world, away).outcome is Outcome.INDETERMINATE


def test_a_no_outweighs_what_could_not_be_checked(world: World) -> None:
    verifier = world.verifier()
    case = verifier.prepare(world.shown(domain="https://x.example"), world.asks())
    away = Check(
        check="replay", result=Result.UNKNOWN, error=EvidenceUnavailable("away")
    )
    found = judge(replace(case, challenge=away))

    assert found.outcome is Outcome.DENY
    assert set(found.codes) == {"INVALID_DOMAIN_ERROR", "EVIDENCE_UNAVAILABLE"}


def test_a_refusal_never_ends_and_carries_no_duties(world: World) -> None:
    for case in cases(world)[1:]:
        found = judge(case)

        assert not found
        assert found.expires is None
        assert found.obligations == ()


def test_a_judgement_lasts_five_minutes_at_most(world: World) -> None:
    case = world.verifier().prepare(world.shown(), world.asks())

    assert DECISION_LIFETIME == 300
    assert prejudge(case).expires == AT.plus(DECISION_LIFETIME)


def test_a_consent_that_permits_in_vain_is_told_beside_the_license(
    world: World,
) -> None:
    found = judge(world.verifier().prepare(world.shown(world.consent), world.asks()))

    assert found.outcome is Outcome.DENY
    assert found.codes == ("NO_LICENSE", "CONSENT_PERMIT")


def test_the_identifiers_of_a_valid_license_name_the_presenter(world: World) -> None:
    verifier = world.verifier(consents=on_file(_consent_for_number()))
    expired = world.license_of(window=Window(START.plus(-60), AT))

    assert verifier.decide(world.shown(world.license), world.asks())
    found = verifier.decide(world.shown(expired), world.asks())
    assert "CONSENT_PERMIT" not in found.codes


@pytest.mark.parametrize("entry", [{"jurisdictions": ["AU"]}, {"professions": ["RN"]}])
def test_a_board_for_others_numbers_nobody(world: World, entry: dict[str, Any]) -> None:
    other, trust = controller(), world.trust()
    named = {**trust["acceptedBoards"][0], **entry, "did": other.did}  # type: ignore[index,dict-item]
    named["statusListIssuers"] = [world.board.did]
    boards = [*trust["acceptedBoards"], named]  # type: ignore[misc]
    verifier = world.verifier(
        trust=TrustRegistry.from_json({**trust, "acceptedBoards": boards}),
        consents=on_file(_consent_for_number()),
    )
    own = world.license_of(npi="1245319599")
    beyond = world.license_of(issuer=other, securing="eddsa-jcs-2022")

    for shown in ([own], [own, beyond]):
        found = verifier.decide(world.shown(*shown), world.asks())
        assert found.codes == ("LICENSE_OK", "DEFAULT_POLICY_DENY")


def test_a_license_of_somebody_else_lends_nobody_its_number(world: World) -> None:
    """A license is no secret: one beside one's own makes nobody its holder."""
    verifier = world.verifier(consents=on_file(_consent_for_number()))
    thief = controller()
    own = world.license_of(thief.did, npi="1234567893")
    asks = world.asks()
    asks["subject"]["id"] = thief.did

    for shown in ([own], [own, world.license], [world.license, own]):
        found = verifier.decide(world.shown(*shown, by=thief), asks)
        assert found.outcome is Outcome.NOT_APPLICABLE
        assert found.codes == ("LICENSE_OK", "DEFAULT_POLICY_DENY")


def _consent_for_number() -> dict[str, Any]:
    """A consent that names its recipient by the number of a register only."""
    document = fhir_consent("permit")
    document["provision"]["actor"] = [
        {
            "role": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/"
                        "v3-ParticipationType",
                        "code": "IRCP",
                    }
                ]
            },
            "reference": {
                "identifier": {
                    "system": "http://hl7.org/fhir/sid/us-npi",
                    "value": "1679576722",
                }
            },
        }
    ]
    return document
