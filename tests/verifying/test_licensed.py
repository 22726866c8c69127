"""A license counts for the place and the profession for which its issuer is trusted."""

from __future__ import annotations

from typing import Any

import pytest

from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.verifying.checks import Outcome, Verification
from tests.verifying import test_asking as asking
from tests.verifying import world
from tests.verifying.world import BOARD, CODE, registry_of

DOCTOR = f"{CODE}|208D00000X"
NOT_FOR_THIS = [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", "$.issuer")]
WHOLE: dict[str, Any] = {"jurisdictions": ["US-OH"], "professions": [DOCTOR]}


CODING = {"system": CODE, "code": "208D00000X"}
NURSE = {**CODING, "code": "163W00000X"}


def asked(document: Any, **members: Any) -> Verification:
    trust = registry_of({"did": BOARD.did, **WHOLE, **members})
    return world.verified(document, trust=trust, known=world.lists())


def sign(draft: Any) -> Any:
    """Signed as it stands: medid itself issues no such license."""
    return world.with_proof(draft, BOARD, suite="eddsa-jcs-2022")


def license_of(**members: Any) -> Any:
    """A license whose node has other members; those of ``None`` it lacks."""
    draft = world.license_draft()
    node = {**draft["credentialSubject"]["license"], **members}
    kept = {name: one for name, one in node.items() if one is not None}
    draft["credentialSubject"]["license"] = kept
    return sign(draft)


def test_a_board_may_license_whom_it_is_trusted_for() -> None:
    assert asked(license_of())
    assert asked(license_of(), professions=["208D00000X", "163W00000X"])


@pytest.mark.parametrize(
    "members",
    [{"professions": ["163W00000X"]}, {"jurisdictions": ["US-KY"]}],
)
def test_n_tr_type_a_nursing_board_licenses_no_physician(members: Any) -> None:
    answer = asked(license_of(), **members)
    assert answer.outcome is Outcome.REFUSED
    assert world.codes(answer) == NOT_FOR_THIS


def code(system: Any = CODE, code: Any = "208D00000X") -> dict[str, Any]:
    return {"type": "Code", "system": system, "code": code}


@pytest.mark.parametrize(
    "members",
    [
        {"jurisdiction": None},
        {"jurisdiction": ""},
        {"jurisdiction": ["US-OH"]},
        {"profession": None},
        {"profession": []},
        {"profession": "208D00000X"},
        {"profession": code(system="")},
        {"profession": code(code=5)},
        {"profession": [code(), "x"]},
        {"profession": code(system="https://other.example")},
    ],
)
def test_a_license_that_does_not_say_for_what_is_for_nothing(members: Any) -> None:
    answer = asked(license_of(**members))
    assert answer.outcome is Outcome.REFUSED
    assert NOT_FOR_THIS[0] in world.codes(answer)


def test_a_second_profession_of_one_system_is_asked_about_too() -> None:
    both = license_of(profession=[code(), code(code="163W00000X")])
    assert world.codes(asked(both)) == NOT_FOR_THIS
    assert asked(both, professions=["208D00000X", "163W00000X"])
    # The same profession in another system, of which the file knows nothing.
    assert asked(license_of(profession=[code(), code(system="http://snomed.info/sct")]))


def test_for_nothing_it_is_whoever_issued_it_and_whoever_is_silent() -> None:
    document = license_of(jurisdiction=None)
    stranger = registry_of({"did": world.STRANGER.did, **WHOLE})
    answer = world.verified(document, trust=stranger, known=world.lists())
    assert ("trust", "ISSUER_NOT_TRUSTED", "$.issuer") in world.codes(answer)
    # A registry that does not answer would change nothing.
    silent = world.verified(document, trust=asking.trusting(), known=world.lists())
    assert silent.outcome is Outcome.REFUSED
    assert NOT_FOR_THIS[0] in world.codes(silent)


@pytest.mark.parametrize("subject", [{}, {"license": []}, {"license": [{}, {}]}])
def test_a_license_without_one_is_for_nothing(subject: Any) -> None:
    draft = world.license_draft()
    draft["credentialSubject"] = {"id": draft["credentialSubject"]["id"], **subject}
    assert NOT_FOR_THIS[0] in world.codes(asked(sign(draft)))


def test_of_two_licenses_in_one_none_counts() -> None:
    draft = world.license_draft()
    node = draft["credentialSubject"]["license"]
    draft["credentialSubject"]["license"] = [node, node]
    assert NOT_FOR_THIS[0] in world.codes(asked(sign(draft)))


@pytest.mark.parametrize(
    ("claims", "holds"),
    [
        ({"license": {"jurisdiction": "US-OH", "profession": [CODING]}}, True),
        ({"license": {"jurisdiction": "US-KY", "profession": [CODING]}}, False),
        ({"license": {"jurisdiction": "US-OH", "profession": [NURSE]}}, False),
        ({"license": {"jurisdiction": "US-OH"}}, False),
        ({}, False),
    ],
)
def test_a_license_in_an_sd_jwt_is_asked_alike(claims: Any, holds: bool) -> None:
    vct = LICENSE_CREDENTIAL.iri
    text = world.token({"vct": vct, "iss": BOARD.did, **claims}, typ="dc+sd-jwt") + "~"
    answer = asked(text, credentialTypes=[vct])
    wrong = [one for one in world.codes(answer) if one[0] == "trust"]
    expected = [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", "$.iss")]
    assert wrong == ([] if holds else expected)
    assert world.results(answer, "trust") == ["pass" if holds else "fail"]


def test_what_is_no_license_is_asked_for_its_type_alone() -> None:
    plain = world.signed(world.plain(BOARD))
    kinds = [name for name in plain["type"] if name != "VerifiableCredential"]
    assert asked(
        plain,
        credentialTypes=kinds or ["VerifiableCredential"],
        professions=["163W00000X"],
    )


def test_without_a_trust_registry_nobody_is_asked() -> None:
    answer = world.verified(license_of(jurisdiction=None), known=world.lists())
    assert world.results(answer, "trust") == ["not-asked"]
