"""From verified credentials to facts: what was found is told, good or bad."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.facts import Facts, consent_settings, read_facts
from medid.cli.demo_world import NPI, PATIENT, WITHDRAWALS
from medid.core.memory import Known
from medid.errors import (
    InvalidSignature,
    Revoked,
    SchemaValidationError,
    StatusRetrievalError,
    StatusStale,
    Suspended,
)
from medid.health import contexts as health_contexts
from medid.issuing import issue
from medid.securing.data_integrity import sign
from medid.trust import TrustRegistry
from medid.verifying.checks import Check, Result
from medid.verifying.credential import CredentialVerdict, judge_credential
from tests.access.world import (
    AT,
    START,
    World,
    controller,
    fhir_consent,
    on_file,
)

if TYPE_CHECKING:
    from medid.access.judge import Case
    from medid.core.instant import Instant
    from medid.core.json import JsonObject


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def case(world: World) -> Case:
    return world.verifier().prepare(world.shown(), world.asks())


def verdicts(case: Case) -> list[CredentialVerdict]:
    return [judge_credential(one, case.judgement) for one in case.presented.children]


def facts(case: Case, found: list[CredentialVerdict], *kept: Any) -> Facts:
    return read_facts(found, kept=kept, trust=case.trust, judgement=case.judgement)


def changed(
    verdict: CredentialVerdict, name: str, result: Result, *errors: Any
) -> CredentialVerdict:
    """``verdict`` with other answers to the questions called ``name``."""
    rest = tuple(check for check in verdict.checks if check.check != name)
    answers = tuple(
        Check(check=name, result=result, error=error) for error in errors or (None,)
    )
    return replace(verdict, checks=rest + answers)


def numbers(case: Case, found: Facts) -> frozenset[tuple[str, str]]:
    """What the licenses of whoever holds the first of them state."""
    holder = found.licenses[0].holder or ""
    return found.identifiers_of(holder, trust=case.trust, at=AT)


def test_what_verified_is_told_as_valid(world: World, case: Case) -> None:
    found = facts(case, verdicts(case))
    license_, consent = found.licenses[0], found.consents[0]

    assert license_.id == world.license["id"]
    assert license_.verified.proof is True
    assert license_.verified.status == "valid"
    assert license_.verified.status_checked_at == AT
    assert consent.credential is not None
    assert (consent.credential.proof, consent.credential.status) == ("valid", "valid")
    assert consent.credential.issuer == world.patient.did
    assert consent.credential.subject == world.patient.did
    assert consent.actor_bindings == {("Practitioner/chen", world.practitioner.did)}
    assert {value for _, value in numbers(case, found)} == {NPI}
    other = found.identifiers_of(world.patient.did, trust=case.trust, at=AT)
    assert other == frozenset()
    assert found.unreadable == ()


@pytest.mark.parametrize(
    ("result", "errors", "status"),
    [
        (Result.PASS, (), "valid"),
        (Result.NOT_ASKED, (), "unknown"),
        (Result.FAIL, (Revoked("x"),), "revoked"),
        (Result.FAIL, (Suspended("x"),), "suspended"),
        (Result.FAIL, (Suspended("x"), Revoked("x")), "revoked"),
        (Result.FAIL, (StatusRetrievalError("x"), Suspended("x")), "suspended"),
        (Result.UNKNOWN, (StatusRetrievalError("x"),), "unknown"),
        (Result.FAIL, (StatusStale("x"),), "unknown"),
    ],
)
def test_the_worst_word_of_the_lists_counts(
    case: Case, result: Result, errors: tuple[Any, ...], status: str
) -> None:
    license_, consent = verdicts(case)
    found = facts(
        case,
        [
            changed(license_, "status", result, *errors),
            changed(consent, "status", result, *errors),
        ],
    )

    assert found.licenses[0].verified.status == status
    assert found.consents[0].credential is not None
    expected = "valid" if result is Result.NOT_ASKED else status
    assert found.consents[0].credential.status == expected


@pytest.mark.parametrize(
    ("name", "result", "proof", "consent_proof", "consent_status"),
    [
        ("proof", Result.FAIL, False, "invalid", "unknown"),
        ("proof", Result.UNKNOWN, None, "valid", "unknown"),
        ("schema", Result.FAIL, False, "invalid", "valid"),
        ("schema", Result.UNKNOWN, True, "valid", "valid"),
    ],
)
def test_a_proof_counts_when_it_held(
    case: Case,
    name: str,
    result: Result,
    proof: bool | None,
    consent_proof: str,
    consent_status: str,
) -> None:
    error = InvalidSignature("x") if name == "proof" else SchemaValidationError("x")
    license_, consent = (changed(one, name, result, error) for one in verdicts(case))
    found = facts(case, [license_, consent])

    assert found.licenses[0].verified.proof is proof
    assert found.consents[0].credential is not None
    assert found.consents[0].credential.proof == consent_proof
    assert found.consents[0].credential.status == consent_status
    assert numbers(case, found) == frozenset() or name == "schema"


def test_numbers_of_a_license_that_does_not_hold_name_nobody(case: Case) -> None:
    license_ = changed(verdicts(case)[0], "time", Result.FAIL, Revoked("x"))

    found = facts(case, [license_])
    assert found.licenses[0].identifiers
    assert numbers(case, found) == frozenset()


def test_a_consent_that_was_not_given_cannot_permit(world: World) -> None:
    refused = world.consent_of(terms={"consentStatus": "ConsentRefused"})
    case = world.verifier().prepare(world.shown(world.license, refused), world.asks())
    found = facts(case, verdicts(case))

    assert found.consents[0].credential is not None
    assert found.consents[0].credential.status == "suspended"
    assert not world.verifier().decide(
        world.shown(world.license, refused), world.asks()
    )


def test_a_consent_that_names_another_grantor_cannot_permit(world: World) -> None:
    odd = world.consent_of(terms={"grantor": world.practitioner.did})
    case = world.verifier().prepare(world.shown(world.license, odd), world.asks())
    found = facts(case, verdicts(case))

    assert found.consents[0].credential is not None
    assert found.consents[0].credential.status == "suspended"


def test_a_refusal_that_says_it_is_a_license_too_is_a_refusal(world: World) -> None:
    refusal: Any = {**fhir_consent(), "id": "refusal"}
    draft: Any = world.consent_of(resource=refusal)
    proof = draft.pop("proof")
    names = ("verificationMethod", "proofPurpose", "created")
    trust: Any = world.trust()
    policy = "https://profiles.ihe.net/ITI/PCF/Policy-all-normal"
    trust["consent"]["defaultPolicy"] = policy
    kinds = ["PractitionerLicenseCredential", "PatientConsentCredential"]
    for several in (kinds, kinds[::-1]):
        both = sign(
            {**draft, "type": ["VerifiableCredential", *several]},
            world.patient.signer,
            suite="eddsa-jcs-2022",
            options={name: proof[name] for name in names},
            contexts=health_contexts(),
        )
        verifier = world.verifier(
            trust=TrustRegistry.from_json(trust), consents=on_file(both)
        )
        decision = verifier.decide(world.shown(world.license), world.asks())
        assert not decision
        assert "CONSENT_DENY" in decision.codes


def test_a_consent_on_behalf_of_somebody_else_cannot_permit(world: World) -> None:
    for given_for, permitted in (
        (world.patient.did, True),
        (world.practitioner.did, False),
    ):
        consent = world.consent_of(terms={"onBehalfOf": given_for})
        shown = world.shown(world.license, consent)
        assert bool(world.verifier().decide(shown, world.asks())) is permitted


@pytest.mark.parametrize(
    ("given", "signed", "permitted"),
    [
        (START.plus(-3600), START, False),  # dated back into the mandate
        (None, START, False),
        (START.plus(-3600), START.plus(-3600), True),
        (None, START.plus(-3600), True),
        (START, START.plus(-3600), True),
        (START.plus(-3600), None, True),  # its own date is all that is told
        (START, None, False),
    ],
)
def test_a_mandate_has_to_cover_when_the_credential_was_signed(
    given: Instant | None, signed: Instant | None, permitted: bool
) -> None:
    world, guardian = World(), controller()
    draft: Any = world.consent_of(guardian, subject=world.patient.did)
    proof = draft.pop("proof")
    del draft["credentialSubject"]["consent"]["dateTime"]
    if given is not None:
        draft["credentialSubject"]["consent"]["dateTime"] = str(given)
    options = {name: proof[name] for name in ("verificationMethod", "proofPurpose")}
    if signed is not None:
        options["created"] = str(signed)
    consent = sign(
        draft,
        guardian.signer,
        suite="eddsa-jcs-2022",
        options=options,
        contexts=health_contexts(),
    )
    world.publish(WITHDRAWALS, "revocation", guardian)
    trust: Any = world.trust()
    mandate = {"did": guardian.did, "of": PATIENT, "validUntil": str(START.plus(-60))}
    trust["consent"]["representatives"] = [mandate]
    verifier = world.verifier(trust=TrustRegistry.from_json(trust))
    shown = world.shown(world.license, consent)
    assert bool(verifier.decide(shown, world.asks())) is permitted


def test_a_binding_of_one_version_of_an_actor_binds_the_actor(world: World) -> None:
    binding: JsonObject = {
        "type": "ActorBinding",
        "reference": "Practitioner/chen/_history/2",
        "did": world.practitioner.did,
    }
    consent = world.consent_of(terms={"actorBinding": [binding]})
    case = world.verifier().prepare(world.shown(world.license, consent), world.asks())
    found = facts(case, verdicts(case)).consents[0]
    assert found.actor_bindings == {("Practitioner/chen", world.practitioner.did)}


def test_other_credentials_are_left_alone(world: World) -> None:
    draft: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": world.patient.did,
        "credentialSubject": {"id": world.practitioner.did},
    }
    other = issue(draft, world.patient)
    case = world.verifier().prepare(
        world.shown(world.license, world.consent, other), world.asks()
    )
    found = facts(case, verdicts(case))

    assert (len(found.licenses), len(found.consents)) == (1, 1)
    assert found.unreadable == ()


def test_credentials_without_id_are_told_by_number(world: World) -> None:
    case = world.verifier().prepare(world.shown(), world.asks())
    unnamed = []
    for verdict in verdicts(case):
        credential = verdict.secured.credential
        assert credential is not None
        bare = replace(verdict.secured, credential=replace(credential, id=None))
        unnamed.append(replace(verdict, secured=bare))
    found = facts(case, unnamed)

    assert found.licenses[0].id == "license-1"
    assert found.consents[0].id == "consent-2"


def test_what_has_no_canonical_form_is_told_apart_by_its_bytes(case: Case) -> None:
    license_, consent = verdicts(case)
    huge = {**consent.secured.document, "number": 2**60}
    odd = replace(
        consent, secured=replace(consent.secured, document=huge, known=Known())
    )

    assert len(facts(case, [odd, odd]).consents) == 1
    assert len(facts(case, [odd, consent]).consents) == 2
    assert len(facts(case, [license_, license_]).licenses) == 1


def test_records_come_first_and_have_no_credential(case: Case) -> None:
    found = facts(case, verdicts(case), fhir_consent("deny"))

    assert [one.credential is None for one in found.consents] == [True, False]
    assert found.consents[0].id == "on-file-1"


def test_the_rules_get_the_settings_of_the_registry(world: World) -> None:
    document = world.trust()
    document["consent"] = {
        "defaultPolicy": "https://profiles.ihe.net/ITI/PCF/Policy-all-normal",
        "timezone": "Europe/Rome",
        "unlabelledConfidentiality": "R",
        "requireAllSensitivitiesCovered": True,
        "patientDids": {PATIENT: [world.patient.did]},
        "acceptedConsentRecorders": [world.board.did],
        "representatives": [
            {
                "did": world.practitioner.did,
                "of": PATIENT,
                "kind": "guardian",
                "validFrom": "2026-01-01T00:00:00Z",
                "validUntil": "2027-01-01T00:00:00Z",
            }
        ],
    }
    found = consent_settings(TrustRegistry.from_json(document))

    assert found.default_policy.endswith("Policy-all-normal")
    assert str(found.zone) == "Europe/Rome"
    assert found.unlabelled_confidentiality == "R"
    assert found.all_labels_covered is True
    assert found.patient_dids == {PATIENT: {world.patient.did}}
    assert found.recorders == {world.board.did}
    assert found.representatives[0].kind == "guardian"
    assert found.representatives[0].authority.end is not None


def test_facts_show_no_identifiers(case: Case) -> None:
    found = Facts(licenses=facts(case, verdicts(case)).licenses)

    assert found.licenses[0].identifiers
    assert NPI not in repr(found)


def test_the_days_of_a_license_are_those_of_each_registry(world: World) -> None:
    days = world.license_of(expiresOn="2026-09-30")
    case = world.verifier().prepare(world.shown(days, world.consent), world.asks())
    found = verdicts(case)

    def ends(zone: str) -> Any:
        document: Any = world.trust()
        document["consent"] = {"timezone": zone}
        trust = TrustRegistry.from_json(document)
        read = read_facts(found, kept=(), trust=trust, judgement=case.judgement)
        return read.licenses[0].window.end

    for _ in range(2):
        assert str(ends("UTC")) == "2026-10-01T00:00:00Z"
        assert str(ends("Asia/Tokyo")) == "2026-09-30T15:00:00Z"
