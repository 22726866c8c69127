"""Licenses and consents of which the presenter shows a part: what may open a record."""

from __future__ import annotations

from typing import Any

import pytest

from medid.access.decision import Decision, Outcome
from medid.cli.demo_world import AUDIENCE, SUSPENSIONS, _index_in
from medid.dids.methods import web as did_web
from medid.health import contexts
from medid.health.drafts import check_draft
from medid.issuing import Controller, derive, set_status
from medid.keys import KeyKind, PrivateKey
from medid.securing import data_integrity
from tests.access.world import AT, START, World, as_doc

ECDSA, BBS = "ecdsa-sd-2023", "bbs-2023"
SUITES = [ECDSA, BBS]
both = pytest.mark.parametrize("suite", SUITES)
KINDS = {ECDSA: KeyKind.P256, BBS: KeyKind.BLS12381_G2}
LICENSE = "/credentialSubject/license"
ENOUGH = [
    f"{LICENSE}/licenseNumber",
    f"{LICENSE}/jurisdiction",
    f"{LICENSE}/profession/0/system",
    f"{LICENSE}/profession/0/code",
]


class Boards(World):
    """The board of the world, with a further key for each suite in its DID document."""

    def __init__(self) -> None:
        super().__init__()
        did = did_web.create("board.example")
        assert str(did) == self.board.did
        named = [did_web.NamedKey(fragment="key-1", key=self.board.signer.public_key)]
        self.signers: dict[str, Controller] = {}
        for suite, kind in KINDS.items():
            key = PrivateKey.generate(kind)
            named.append(did_web.NamedKey(fragment=suite, key=key.public_key))
            self.signers[suite] = Controller(
                verification_method=f"{did}#{suite}", signer=key
            )
        document = did_web.document(did, named)
        self.web.documents[did_web.document_url(did)] = document

    def license_by(self, suite: str, **members: Any) -> Any:
        return self.license_of(issuer=self.signers[suite], securing=suite, **members)


@pytest.fixture(scope="module")
def world() -> Boards:
    return Boards()


def answer(world: Boards, license_: Any, consent: Any = None) -> Decision:
    shown = world.shown(license_, consent or world.consent)
    return world.verifier().decide(shown, world.asks())


def told(decision: Decision) -> tuple[Outcome, tuple[str, ...]]:
    return decision.outcome, decision.codes


@both
def test_enough_of_a_license_permits(world: Boards, suite: str) -> None:
    part = derive(world.license_by(suite), ENOUGH)
    found = answer(world, part)
    assert told(found) == (Outcome.PERMIT, ("LICENSE_OK", "CONSENT_PERMIT"))
    assert "208D00000X" in str(part)
    for secret in ("207R00000X", "Internal Medicine", "1234567893", "'2N'"):
        assert secret not in str(as_doc(part)["credentialSubject"])


@both
@pytest.mark.parametrize("missing", ENOUGH)
def test_too_little_of_a_license_is_a_missing_fact(
    world: Boards, suite: str, missing: str
) -> None:
    disclose = [pointer for pointer in ENOUGH if pointer != missing]
    found = answer(world, derive(world.license_by(suite), disclose))
    assert found.outcome is not Outcome.PERMIT
    assert "MISSING_FACT" in found.codes


@both
def test_a_condition_cannot_be_kept_back(world: Boards, suite: str) -> None:
    condition: Any = {
        "type": "LicenseCondition",
        "kind": "actionProhibited",
        "action": ["access"],
    }
    whole = world.license_by(suite, condition=[condition])
    part = as_doc(derive(whole, ENOUGH))
    assert part["credentialSubject"]["license"]["condition"] == [condition]
    assert answer(world, part).outcome is Outcome.DENY


@both
def test_a_suspension_cannot_be_kept_back(suite: str) -> None:
    world = Boards()
    whole = world.license_by(suite)
    part = derive(whole, ENOUGH)
    assert answer(world, part).outcome is Outcome.PERMIT
    index = _index_in(as_doc(part), SUSPENSIONS)
    world.web.documents[SUSPENSIONS] = as_doc(
        set_status(world.web.documents[SUSPENSIONS], index, world.board, at=AT)
    )
    assert answer(world, part).outcome is Outcome.DENY


def by_other_software(
    world: Boards, suite: str, document: Any, mandatory: list[str]
) -> Any:
    """What a board signs whose software does not think of what restricts a license."""
    who = world.signers[suite]
    bare = {name: value for name, value in document.items() if name != "proof"}
    check_draft(bare)
    return data_integrity.sign(
        bare,
        who.signer,
        suite=suite,
        options={
            "created": str(START),
            "verificationMethod": who.verification_method,
            "proofPurpose": "assertionMethod",
        },
        contexts=contexts(),
        mandatory_pointers=mandatory,
    )


DECIDING = ["/issuer", "/validFrom", "/validUntil", "/credentialStatus"]


@both
def test_what_restricts_was_left_to_the_holder(world: Boards, suite: str) -> None:
    condition: Any = {
        "type": "LicenseCondition",
        "kind": "actionProhibited",
        "action": ["access"],
    }
    draft = world.license_by(suite, condition=[condition])
    whole = by_other_software(world, suite, draft, DECIDING)
    part = derive(whole, [*ENOUGH, f"{LICENSE}/licenseStatus"])
    assert "condition" not in str(part)
    found = answer(world, part)
    assert found.outcome is not Outcome.PERMIT
    assert "MISSING_FACT" in found.codes
    assert any("left it to the holder" in one.message for one in found.findings)
    # Shown whole, it still was left to the holder, and nobody can tell.
    assert answer(world, derive(whole, ["/credentialSubject"])).outcome is (
        Outcome.DENY
    )


@both
def test_a_board_may_see_to_it_itself(world: Boards, suite: str) -> None:
    mandatory = [
        *DECIDING,
        f"{LICENSE}/licenseStatus",
        f"{LICENSE}/registrationType",
    ]
    whole = by_other_software(world, suite, world.license_by(suite), mandatory)
    assert answer(world, derive(whole, ENOUGH)).outcome is Outcome.PERMIT
    some = [one for one in mandatory if not one.endswith("registrationType")]
    whole = by_other_software(world, suite, world.license_by(suite), some)
    assert answer(world, derive(whole, ENOUGH)).outcome is Outcome.PERMIT
    shown = derive(whole, [*ENOUGH, f"{LICENSE}/registrationType"])
    assert answer(world, shown).outcome is not Outcome.PERMIT


@both
def test_a_part_with_a_damaged_proof_is_judged_as_before(
    world: Boards, suite: str
) -> None:
    part = as_doc(derive(world.license_by(suite), ENOUGH))
    license_ = dict(part["credentialSubject"]["license"])
    license_["profession"] = [*license_["profession"], {"type": "Code"}]
    for subject in (
        {**part["credentialSubject"], "license": license_},
        {**part["credentialSubject"], "license": {**license_, "jurisdiction": "US-MI"}},
    ):
        found = answer(world, {**part, "credentialSubject": subject})
        assert found.outcome is Outcome.DENY


@both
def test_a_part_that_is_not_presented(world: Boards, suite: str) -> None:
    nonce = "challenge-1" if suite == BBS else None
    part = derive(world.license_by(suite), ENOUGH, nonce=nonce)
    found = world.verifier().decide(part, world.asks(), challenge="challenge-1")
    assert found.outcome is Outcome.DENY
    assert "HOLDER_BINDING_ERROR" in found.codes


@both
def test_a_whole_base_credential_opens_nothing(world: Boards, suite: str) -> None:
    whole = as_doc(world.license_by(suite))
    shown = world.shown(world.license, world.consent)
    shown["verifiableCredential"][0] = whole
    found = world.verifier().decide(shown, world.asks())
    assert found.outcome is not Outcome.PERMIT
    assert AUDIENCE


def consent_by(world: Boards, suite: str, **changes: Any) -> tuple[Any, Controller]:
    """A consent whose patient has a key for the suite."""
    patient = Controller.did_key(PrivateKey.generate(KINDS[suite]))
    world.publish("https://patient.example/status/7", "revocation", world.patient)
    whole = world.consent_of(
        patient,
        securing=suite,
        status_at="https://patient.example/status/7",
        **changes,
    )
    return whole, patient


@both
def test_a_consent_is_shown_whole_or_not_read(world: Boards, suite: str) -> None:
    whole, patient = consent_by(world, suite)
    part = as_doc(derive(whole, []))
    assert part["credentialSubject"] == as_doc(whole)["credentialSubject"]
    bare = {name: value for name, value in as_doc(whole).items() if name != "proof"}
    left = data_integrity.sign(
        bare,
        patient.signer,
        suite=suite,
        options={
            "created": str(START),
            "verificationMethod": patient.verification_method,
            "proofPurpose": "assertionMethod",
        },
        contexts=contexts(),
        mandatory_pointers=DECIDING,
    )
    shown = derive(left, ["/credentialSubject"])
    found = answer(world, world.license, shown)
    assert found.outcome is Outcome.INDETERMINATE
    assert "MISSING_FACT" in found.codes
