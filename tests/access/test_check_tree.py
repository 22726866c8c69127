"""The check tree: every question under the one it serves, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.access.check_tree import Questions
from medid.issuing import issue
from medid.verifying.checks import Result, not_asked
from tests.access.world import NOTE, START, World, controller, fhir_consent, on_file

if TYPE_CHECKING:
    from medid.access.check_tree import Branch
    from medid.access.decision import Decision


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def branch(decision: Decision, name: str) -> Branch:
    [found] = [one for one in decision.tree if one.check == name]
    return found


def every(branches: tuple[Branch, ...]) -> list[Branch]:
    return [one for top in branches for one in (top, *every(top.children))]


def test_a_permit_shows_each_question_with_a_good_answer(world: World) -> None:
    found = world.verifier().decide(world.shown(), world.asks())
    assert found
    assert [one.check for one in found.tree] == [
        "presentation",
        "credential",
        "credential",
        "license",
        "consent",
    ]
    assert {one.result for one in found.tree} == {Result.PASS}
    assert {one.result for one in every(found.tree)} <= {
        Result.PASS,
        Result.NOT_ASKED,
    }
    [license_] = branch(found, "license").children
    assert [one.check for one in license_.children][:2] == ["proof", "holder"]
    [consent] = branch(found, "consent").children
    assert consent.codes == ("CONSENT_IN_FORCE",)


def test_two_licenses_of_one_id_have_a_branch_each(world: World) -> None:
    stranger = controller()
    draft = {name: value for name, value in world.license.items() if name != "proof"}
    forged = issue({**draft, "issuer": stranger.did}, stranger, at=START)
    shown = world.shown(forged, world.license, world.consent)
    found = branch(world.verifier().decide(shown, world.asks()), "license").children

    assert [one.about for one in found] == [world.license["id"]] * 2
    assert [one.result for one in found] == [Result.PASS, Result.FAIL]
    assert len(found[0].children) == len(found[1].children)


def test_a_branch_is_as_good_as_the_worst_below_it(world: World) -> None:
    found = world.verifier().decide(world.shown(), world.asks("TREAT", NOTE))
    assert not found
    assert branch(found, "consent").result is Result.FAIL
    assert branch(found, "license").result is Result.PASS
    assert "CONSENT_DENY" in branch(found, "consent").codes


def test_what_could_not_be_checked_is_told_apart(world: World) -> None:
    unknown = fhir_consent("deny", modifierExtension=[{"url": "urn:x"}])
    verifier = world.verifier(consents=on_file(unknown))
    found = verifier.decide(world.shown(), world.asks())
    assert branch(found, "consent").result is Result.UNKNOWN
    states = {one.codes: one.result for one in branch(found, "consent").children}
    assert states["CONSENT_INDETERMINATE",] is Result.UNKNOWN


def test_a_withdrawn_consent_and_a_suspended_license_are_both_shown() -> None:
    scene = World()
    at = scene.start.plus(60)
    scene.withdraw(at)
    scene.suspend(at)
    scene.web.at = at
    found = scene.verifier().decide(scene.shown(), scene.asks(), at=at)
    assert branch(found, "license").codes == ("CREDENTIAL_SUSPENDED",)
    [consent] = branch(found, "consent").children
    assert (consent.result, consent.codes) == (Result.FAIL, ("CONSENT_REVOKED",))


def test_a_presentation_that_does_not_hold_has_no_rules_below_it(world: World) -> None:
    shown = world.shown(domain="https://other.example")
    found = world.verifier().decide(shown, world.asks())
    assert [one.check for one in found.tree].count("license") == 0
    assert branch(found, "presentation").result is Result.FAIL


def test_the_tree_is_written_into_the_response(world: World) -> None:
    found = world.verifier().decide(world.shown(), world.asks())
    context: Any = found.as_json()["context"]
    first = context["checks"][0]
    assert (first["check"], first["result"], first["about"]) == (
        "presentation",
        "pass",
        "$",
    )
    assert {"check": "proof", "result": "pass", "about": "$"} in first["checks"]
    assert all("codes" not in one for one in context["checks"][:3])


def test_nothing_asked_is_no_pass() -> None:
    [empty] = Questions(presentation=(not_asked("challenge", "$"),)).tree()
    assert empty.result is Result.NOT_ASKED
