"""Deriving: one call, whatever lets the holder choose; and what is always shown."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import base64url, cbor
from medid.core.memory import Memory
from medid.errors import ConfigurationError, ProofGenerationError
from medid.health import contexts
from medid.health.disclosure import RESTRICTING
from medid.issuing import Controller, derive, issue, issue_sd_jwt, new_list, present
from medid.issuing.credential import DECIDING
from medid.keys import KeyKind
from medid.securing import data_integrity
from medid.securing.data_integrity import Feature, read_proofs
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.verifier import Verifier
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    STRANGER,
    VCT,
    as_object,
    as_text,
    consent_draft,
    key,
    license_draft,
    payload_of,
    plain,
)

if TYPE_CHECKING:
    from medid.verifying.checks import Verification

ECDSA, BBS = "ecdsa-sd-2023", "bbs-2023"
SUITES = [ECDSA, BBS]
both = pytest.mark.parametrize("suite", SUITES)
WHO = {
    ECDSA: Controller.did_key(key("p256", KeyKind.P256)),
    BBS: Controller.did_key(key("bls", KeyKind.BLS12381_G2)),
}
LICENSE = "/credentialSubject/license"
FACTS = [
    f"{LICENSE}/{name}" for name in ("profession", "jurisdiction", "licenseNumber")
]


def verified(document: Any, **expect: Any) -> Verification:
    return world.verified(document, status=StatusPolicy.OFF, **expect)


def refusals(answer: Verification) -> list[str]:
    return [str(check.code) for check in answer.checks if check.error]


def issued(suite: str, draft: Any = None, **more: Any) -> dict[str, Any]:
    who = WHO[suite]
    draft = draft or license_draft(who)
    return as_object(issue(draft, who, securing=suite, at=MADE, **more))


def pointers(document: Any, proof: Any = None) -> list[str]:
    """The mandatory pointers of a base proof."""
    proof = proof or document["proof"]
    raw = base64url.decode(proof["proofValue"][1:])
    items: Any = cbor.loads(raw[3:])
    return list(items[4])


# What is always shown.


@both
def test_what_verifiers_decide_by_is_always_shown(suite: str) -> None:
    found = set(pointers(issued(suite)))
    draft = license_draft(WHO[suite])
    assert found == {
        *(f"/{name}" for name in DECIDING if name in draft),
        *(f"{LICENSE}/{name}" for name in RESTRICTING),
    }
    assert {"/issuer", "/validFrom", "/validUntil", "/credentialStatus"} < found
    assert {f"{LICENSE}/condition", f"{LICENSE}/encumbered"} < found
    made = derive(issued(suite), [])
    assert isinstance(made, dict)
    for name in ("id", "type", "issuer", "validFrom", "validUntil", "credentialStatus"):
        assert made[name] == draft[name]
    shown = as_object(made["credentialSubject"])["license"]
    assert shown["condition"] == draft["credentialSubject"]["license"]["condition"]
    assert "profession" not in shown


@both
def test_what_is_asked_for_comes_beside_that(suite: str) -> None:
    asked = ["/credentialSubject/alumniOf", "/issuer"]
    document = issued(suite, plain(WHO[suite]), mandatory_pointers=asked)
    assert pointers(document) == [*asked, "/validFrom", "/validUntil"]


@both
def test_older_credentials(suite: str) -> None:
    draft = plain(
        WHO[suite],
        context=[world.V1, "https://w3id.org/security/data-integrity/v2"],
        validFrom=None,
        validUntil=None,
        issuanceDate="2026-01-01T00:00:00Z",
        expirationDate="2027-01-01T00:00:00Z",
        credentialSubject={"id": DOCTOR.did},
    )
    found = pointers(issued(suite, draft))
    assert found == ["/issuer", "/issuanceDate", "/expirationDate"]


@both
def test_a_consent_is_shown_whole(suite: str) -> None:
    draft = consent_draft()
    draft["issuer"] = WHO[suite].did
    assert "/credentialSubject" in pointers(issued(suite, draft))


@both
def test_the_subject_of_a_license_may_stand_in_an_array(suite: str) -> None:
    draft = license_draft(WHO[suite])
    draft["credentialSubject"] = [draft["credentialSubject"]]
    found = pointers(issued(suite, draft))
    assert "/credentialSubject/0/license/licenseStatus" in found


def test_a_license_that_nothing_restricts() -> None:
    draft = license_draft(WHO[ECDSA])
    license_ = draft["credentialSubject"]["license"]
    for name in RESTRICTING:
        if name != "licenseStatus":
            license_.pop(name, None)
    found = pointers(issued(ECDSA, draft))
    assert [one for one in found if one.startswith(LICENSE)] == [
        f"{LICENSE}/licenseStatus"
    ]


@both
def test_the_lower_level_signs_exactly_what_is_asked_for(suite: str) -> None:
    who = WHO[suite]
    document = data_integrity.sign(
        plain(who),
        who.signer,
        suite=suite,
        options={
            "verificationMethod": who.verification_method,
            "proofPurpose": "assertionMethod",
        },
        contexts=contexts(),
        mandatory_pointers=["/validUntil"],
    )
    assert pointers(document) == ["/validUntil"]


@both
def test_a_part_of_which_the_issuer_asked_for_nothing_is_refused(suite: str) -> None:
    who = WHO[suite]
    whole = data_integrity.sign(
        plain(who),
        who.signer,
        suite=suite,
        options={
            "created": str(MADE),
            "verificationMethod": who.verification_method,
            "proofPurpose": "assertionMethod",
        },
        contexts=contexts(),
    )
    shown = ["/issuer", "/credentialSubject"]
    with pytest.raises(ProofGenerationError, match="nothing mandatory"):
        derive(whole, shown)
    # Other software would: what is left does not say any more when it ends.
    (proof,) = data_integrity.read_proofs(whole)
    part = data_integrity.derive(
        whole,
        proof,
        data_integrity.Disclosure(pointers=tuple(shown)),
        contexts=contexts(),
        key=who.signer.public_key,
    )
    assert "validUntil" not in part
    answer = verified(part)
    assert [(one.code, one.path) for one in answer.checks if one.error] == [
        ("PROOF_VERIFICATION_ERROR", "$.proof.proofValue")
    ]


@both
def test_a_mandatory_pointer_to_nothing(suite: str) -> None:
    for pointer in ("/nothing", "nothing", "/credentialSubject/0"):
        with pytest.raises(ProofGenerationError):
            issued(suite, plain(WHO[suite]), mandatory_pointers=[pointer])


@pytest.mark.parametrize("securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt"])
def test_only_selective_suites_have_mandatory_pointers(securing: str) -> None:
    with pytest.raises(ConfigurationError, match="kept back") as caught:
        issue(plain(), BOARD, securing=securing, mandatory_pointers=["/issuer"])
    assert "ecdsa-sd-2023" in caught.value.fix
    commitment = data_integrity.HolderCommitment(
        feature=Feature.PSEUDONYM, commitment_with_proof=b""
    )
    with pytest.raises(ConfigurationError, match="kept back"):
        issue(plain(), BOARD, securing=securing, commitment=commitment)
    if securing != "vc+jwt":
        with pytest.raises(ProofGenerationError, match="selective disclosure"):
            data_integrity.sign(
                plain(),
                BOARD.signer,
                suite=securing,
                options={},
                contexts=contexts(),
                mandatory_pointers=["/issuer"],
            )


@both
def test_lists_and_presentations_are_shown_to_everybody(suite: str) -> None:
    with pytest.raises(ConfigurationError, match="for a holder alone"):
        new_list("https://a.example/1", "revocation", WHO[suite], securing=suite)
    with pytest.raises(ConfigurationError, match="for a holder alone"):
        present(
            [issued(suite)], WHO[suite], challenge=None, domain=None, securing=suite
        )


@both
def test_a_base_proof_is_not_presented(suite: str) -> None:
    whole = issued(suite)
    with pytest.raises(ProofGenerationError, match="holder alone") as caught:
        present([whole], DOCTOR, challenge=CHALLENGE, domain=DOMAIN, at=MADE)
    assert caught.value.path == "$.verifiableCredential[0].proof"
    assert "medid.derive" in caught.value.fix


# Deriving.


@both
def test_a_part_is_shown_and_verified(suite: str) -> None:
    whole = issued(suite)
    before = deepcopy(whole)
    made = derive(whole, FACTS)
    assert whole == before
    found = verified(made)
    assert found, world.codes(found)
    assert any("derived credential" in one for one in found.warnings)
    assert "practitionerIdentifier" not in str(made)
    assert (
        read_proofs(whole)[0].options.keys()
        == read_proofs(as_object(made))[0].options.keys()
    )


@both
def test_a_presentation_of_a_part(suite: str) -> None:
    made = derive(issued(suite), FACTS)
    document = present([made], DOCTOR, challenge=CHALLENGE, domain=DOMAIN, at=MADE)
    found = verified(document, challenge=CHALLENGE, domain=DOMAIN, holder_binding=True)
    assert found, world.codes(found)


@both
@pytest.mark.parametrize(
    "disclose",
    [
        ["/nothing"],
        ["credentialSubject"],
        [f"{LICENSE}/nothing"],
        [f"{LICENSE}/condition/7"],
        ["/proof"],
    ],
)
def test_pointers_that_lead_to_nothing(suite: str, disclose: list[str]) -> None:
    with pytest.raises(ProofGenerationError):
        derive(issued(suite), disclose)


@both
def test_what_would_be_no_credential(suite: str) -> None:
    whole = issued(suite, plain(WHO[suite]))
    with pytest.raises(ProofGenerationError, match="MALFORMED_VALUE_ERROR") as caught:
        derive(whole, [])
    assert caught.value.path == "$.credentialSubject"
    assert derive(whole, ["/credentialSubject/id"])


@both
def test_a_changed_credential(suite: str) -> None:
    whole = issued(suite)
    whole["credentialSubject"]["license"]["licenseNumber"] = "35.1"
    with pytest.raises(ProofGenerationError):
        derive(whole, FACTS)


@both
def test_the_issuer_s_key(suite: str) -> None:
    other = Controller.did_key(key("other", WHO[suite].signer.public_key.kind))
    whole = issued(suite)
    whole["proof"]["verificationMethod"] = other.verification_method
    with pytest.raises(ProofGenerationError):
        derive(whole, FACTS)
    whole["proof"]["verificationMethod"] = "did:key:zNothing#zNothing"
    with pytest.raises(ProofGenerationError):
        derive(whole, FACTS)


@both
def test_an_issuer_whose_document_is_elsewhere(suite: str) -> None:
    who = world.web_controller("board.example.gov", "key-1")
    who = Controller(
        verification_method=who.verification_method, signer=WHO[suite].signer
    )
    whole = as_object(issue(license_draft(who), who, securing=suite, at=MADE))
    made = derive(whole, FACTS)
    document = world.web_document(who)
    url = "https://board.example.gov/.well-known/did.json"
    known = world.evidence({url: document})
    assert unproven(derive(whole, FACTS, evidence=known)) == unproven(made)
    stranger = world.web_document(
        Controller(
            verification_method=who.verification_method,
            signer=key("other", who.signer.public_key.kind),
        )
    )
    with pytest.raises(ProofGenerationError):
        derive(whole, FACTS, evidence=world.evidence({url: stranger}))


def unproven(document: Any) -> Any:
    return {name: value for name, value in document.items() if name != "proof"}


def test_no_proof_to_derive_from() -> None:
    for document in (
        world.signed(plain()),
        derive(issued(ECDSA), FACTS),
        {**issued(ECDSA), "proof": [issued(ECDSA)["proof"], issued(ECDSA)["proof"]]},
    ):
        with pytest.raises(ConfigurationError, match="not exactly one proof"):
            derive(document, FACTS)
    with pytest.raises(ProofGenerationError):
        derive(plain(), FACTS)


def test_one_of_several_proofs_by_its_id() -> None:
    who = WHO[ECDSA]
    document: Any = plain(who)
    for number in (1, 2):
        document = data_integrity.sign(
            document,
            who.signer,
            suite=ECDSA,
            options={
                "id": f"urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c2{number}",
                "verificationMethod": who.verification_method,
                "proofPurpose": "assertionMethod",
            },
            contexts=contexts(),
            mandatory_pointers=["/issuer", "/credentialSubject/id"][:number],
        )
    with pytest.raises(ConfigurationError, match="name one proof"):
        derive(document, ["/validUntil", "/credentialSubject"])
    name = document["proof"][1]["id"]
    made = as_object(derive(document, ["/validUntil"], proof=name))
    assert made["proof"]["id"] == name
    with pytest.raises(ConfigurationError):
        derive(document, ["/validUntil"], proof="urn:uuid:nobody")


def test_beside_another_proof_the_selective_one_is_taken() -> None:
    who = WHO[ECDSA]
    whole = world.with_proof(issued(ECDSA), BOARD)
    assert len(whole["proof"]) == 2
    made = as_object(derive(whole, FACTS))
    assert made["proof"]["cryptosuite"] == ECDSA
    assert verified(made)
    assert who.did == made["issuer"]["id"]


# What it is bound to.


def test_ecdsa_answers_no_nonce() -> None:
    with pytest.raises(ProofGenerationError, match="no nonce") as caught:
        derive(issued(ECDSA), FACTS, nonce=CHALLENGE)
    assert "present" in caught.value.fix


def test_bbs_answers_a_nonce() -> None:
    made = derive(issued(BBS), FACTS, nonce=CHALLENGE)
    assert verified(made, challenge=CHALLENGE)
    for challenge in ("another", CHALLENGE + " ", ""):
        found = verified(made, challenge=challenge)
        assert refusals(found) == ["INVALID_CHALLENGE_ERROR"]
    # A nonce binds to no domain, and to nobody who presents.
    assert refusals(verified(made, challenge=CHALLENGE, domain=DOMAIN)) == [
        "INVALID_DOMAIN_ERROR"
    ]
    assert refusals(verified(made, challenge=CHALLENGE, holder_binding=True)) == [
        "HOLDER_BINDING_ERROR"
    ]


def test_what_was_derived_for_a_verifier_is_presented_to_no_other() -> None:
    asked: dict[str, Any] = {"challenge": CHALLENGE, "domain": DOMAIN}
    for nonce in (None, CHALLENGE, "another"):
        made = derive(issued(BBS), FACTS, nonce=nonce)
        for presenter in (DOCTOR, STRANGER):
            found = verified(world.presented(made, controller=presenter), **asked)
            expected = [] if nonce != "another" else ["INVALID_CHALLENGE_ERROR"]
            assert refusals(found) == expected
    commitment, secrets = data_integrity.commit(Feature.PSEUDONYM)
    whole = issued(BBS, commitment=commitment)
    for domain, code in ((DOMAIN, []), ("other", ["INVALID_DOMAIN_ERROR"])):
        there = replace(secrets, nym_domain=domain)
        shown = world.presented(derive(whole, FACTS, secrets=there))
        assert refusals(verified(shown, **asked)) == code
        assert verified(shown)


@both
def test_a_part_that_answers_nothing(suite: str) -> None:
    made = derive(issued(suite), FACTS)
    for challenge in ("", "x", CHALLENGE):
        found = verified(made, challenge=challenge)
        assert refusals(found) == ["INVALID_CHALLENGE_ERROR"]
    assert refusals(verified(made, domain=DOMAIN)) == ["INVALID_DOMAIN_ERROR"]


def test_each_proof_has_to_answer() -> None:
    made = as_object(derive(issued(BBS), FACTS, nonce=CHALLENGE))
    beside = world.with_proof(made, STRANGER)
    found = verified(beside, challenge=CHALLENGE)
    assert refusals(found) == ["INVALID_CHALLENGE_ERROR"]


def test_a_pseudonym_answers_for_a_domain() -> None:
    commitment, secrets = data_integrity.commit(Feature.PSEUDONYM)
    whole = issued(BBS, commitment=commitment)
    here = replace(secrets, nym_domain=DOMAIN)
    made = derive(whole, FACTS, nonce=CHALLENGE, secrets=here)
    assert verified(made, challenge=CHALLENGE, domain=DOMAIN)
    assert refusals(verified(made, domain="https://other.example")) == [
        "INVALID_DOMAIN_ERROR"
    ]
    short = as_object(deepcopy(made))
    raw = base64url.decode(short["proof"]["proofValue"][1:])
    items: Any = cbor.loads(raw[3:])
    del items[5]
    short["proof"]["proofValue"] = "u" + base64url.encode(raw[:3] + cbor.dumps(items))
    assert verified(short, domain=DOMAIN)
    assert not verified(short)
    assert not verified(short, domain="https://other.example")
    with pytest.raises(ProofGenerationError, match="secrets"):
        derive(whole, FACTS)


@pytest.mark.parametrize(
    ("form", "arguments"),
    [
        (ECDSA, {"holder": DOCTOR.signer}),
        (BBS, {"audience": DOMAIN}),
        ("sd-jwt", {"proof": "urn:x"}),
        (
            "sd-jwt",
            {"secrets": data_integrity.HolderSecrets(secret_prover_blind=b"")},
        ),
    ],
)
def test_arguments_of_another_form(form: str, arguments: dict[str, Any]) -> None:
    document = SD_JWT if form == "sd-jwt" else issued(form)
    with pytest.raises(ConfigurationError, match="of no use"):
        derive(document, [], **arguments)


def test_a_message_of_which_nothing_can_be_left_out() -> None:
    message = issue(plain(), BOARD, securing="vc+cose", at=MADE)
    with pytest.raises(ConfigurationError, match="COSE") as caught:
        derive(message, [])
    assert caught.value.fix == "show it as it is"


# SD-JWT.

SD_JWT = issue_sd_jwt(
    {"vct": VCT, "given_name": "A", "family_name": "B", "sub": DOCTOR.did},
    BOARD,
    disclosable=["/given_name", "/family_name"],
    holder_key=DOCTOR.signer.public_key,
    at=MADE,
)


def test_an_sd_jwt_with_and_without_key_binding() -> None:
    made = as_text(derive(SD_JWT, ["/given_name"]))
    assert made.endswith("~")
    assert made.count("~") == 2
    assert verified(made)
    bound = derive(
        SD_JWT,
        ["/family_name"],
        holder=DOCTOR.signer,
        nonce=CHALLENGE,
        audience=DOMAIN,
        at=MADE,
    )
    assert verified(bound, challenge=CHALLENGE, domain=DOMAIN, key_binding=True)


@pytest.mark.parametrize(
    ("credential", "disclose", "more"),
    [
        (SD_JWT, ["/vct"], {}),
        (SD_JWT, ["/nothing"], {}),
        (SD_JWT, ["given_name"], {}),
        (SD_JWT, ["/given_name"], {"nonce": CHALLENGE}),
        ("no token~", [], {}),
        ("no token", [], {}),
    ],
)
def test_what_an_sd_jwt_does_not_disclose(
    credential: str, disclose: list[str], more: dict[str, Any]
) -> None:
    with pytest.raises(ProofGenerationError):
        derive(credential, disclose, **more)


def test_an_sd_jwt_that_its_issuer_did_not_make() -> None:
    head, payload, signature = SD_JWT.split("~", 1)[0].split(".")
    changed = f"{head}.{payload}.{signature[:-4]}AAAA~" + SD_JWT.split("~", 1)[1]
    with pytest.raises(ProofGenerationError, match="PROOF_VERIFICATION_ERROR"):
        derive(changed, ["/given_name"])
    assert payload_of(SD_JWT)["iss"] == BOARD.did


def test_an_sd_jwt_whose_issuer_cannot_be_asked() -> None:
    who = world.web_controller("board.example.gov", "key-1")
    token = issue_sd_jwt(
        {"vct": VCT, "given_name": "A"}, who, disclosable=["/given_name"], at=MADE
    )
    assert derive(token, ["/given_name"])
    url = "https://board.example.gov/.well-known/did.json"
    stranger = Controller(
        verification_method=who.verification_method, signer=key("other")
    )
    known = world.evidence({url: world.web_document(stranger)})
    with pytest.raises(ProofGenerationError):
        derive(token, ["/given_name"], evidence=known)
    assert derive(token, [], evidence=world.evidence({url: world.web_document(who)}))


def test_a_pseudonym_is_remembered_for_its_domain_alone() -> None:
    commitment, secrets = data_integrity.commit(Feature.PSEUDONYM)
    whole = issued(BBS, commitment=commitment)
    made = as_object(derive(whole, FACTS, secrets=replace(secrets, nym_domain=DOMAIN)))
    raw = base64url.decode(made["proof"]["proofValue"][1:])
    items: Any = cbor.loads(raw[3:])
    del items[5]  # the proof does not say for which domain it holds
    made["proof"]["proofValue"] = "u" + base64url.encode(raw[:3] + cbor.dumps(items))
    memory = Memory()

    def asked(domain: str) -> Verification:
        expect = Expectations(status=StatusPolicy.OFF, domain=domain)
        return Verifier(memory=memory, expect=expect).verify(made, at=world.NOW)

    assert asked(DOMAIN)
    assert not asked("https://other.example")
