"""Whole worlds: what is issued with the library verifies, in every format."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.evidence import Evidence
from medid.issuing import Controller, issue, issue_sd_jwt, present, present_sd_jwt
from medid.keys import KeyKind
from medid.verifying.checks import Outcome
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.verifier import Verifier, verify
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    JWK,
    MADE,
    NOW,
    P256,
    P384,
    PATIENT,
    STRANGER,
    VCT,
    WEB,
    WEB_URL,
    codes,
    evidence,
    lists,
    plain,
    presented,
    registry,
    results,
    signed,
    verified,
)

ED25519 = ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt"]
ASKED: dict[str, Any] = {
    "challenge": CHALLENGE,
    "domain": DOMAIN,
    "holder_binding": True,
}


@pytest.mark.parametrize(
    ("controller", "securing"),
    [(BOARD, one) for one in ED25519] + [(P256, "vc+jwt"), (P384, "vc+jwt")],
)
@pytest.mark.parametrize("draft", [plain, world.license_draft])
def test_a_credential_of_every_mechanism_verifies(
    draft: Any, controller: Controller, securing: str
) -> None:
    document = issue(draft(controller), controller, securing=securing, at=MADE)
    known = {
        url: world.status_list(url=url, purpose=purpose)
        for url, purpose in (
            (world.REVOCATIONS, "revocation"),
            (world.SUSPENSIONS, "suspension"),
        )
    }
    if controller is not BOARD:
        known = {}
    answer = verified(
        document,
        known=known,
        status=StatusPolicy.IF_PRESENT if controller is BOARD else StatusPolicy.OFF,
    )
    assert answer, codes(answer)
    assert answer.kind == "credential"
    assert answer.outcome is Outcome.VERIFIED
    answer.raise_for_errors()


def test_a_consent_verifies_with_its_patients_own_list() -> None:
    consent = signed(world.consent_draft(), PATIENT)
    known = {
        world.CONSENTS: world.status_list(url=world.CONSENTS, controller=PATIENT),
    }
    assert verified(consent, known=known)
    known[world.CONSENTS] = world.status_list(
        world.INDEX, url=world.CONSENTS, controller=PATIENT
    )
    answer = verified(consent, known=known)
    assert codes(answer) == [("status", "REVOKED", "$.credentialStatus")]


@pytest.mark.parametrize("securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vp+jwt"])
def test_a_presentation_of_every_kind_of_credential_verifies(securing: str) -> None:
    tokens = [
        issue(plain(id="urn:uuid:1"), BOARD, securing="vc+jwt", at=MADE),
        issue_sd_jwt(
            {"vct": VCT, "sub": DOCTOR.did, "given_name": "A"},
            BOARD,
            disclosable=["/given_name"],
            holder_key=DOCTOR.signer.public_key,
            at=MADE,
        ),
        signed(plain(id="urn:uuid:2")),
        issue(plain(id="urn:uuid:3"), BOARD, securing="eddsa-jcs-2022", at=MADE),
    ]
    document = present(
        tokens,
        DOCTOR,
        challenge=CHALLENGE,
        domain=DOMAIN,
        securing=securing,
        at=MADE,
    )
    answer = verified(document, **ASKED)
    assert answer, codes(answer)
    assert answer.kind == "presentation"
    assert results(answer, "holder") == ["pass"] * 4
    assert results(answer, "proof") == ["pass"] * 5
    assert results(answer, "challenge") == results(answer, "domain") == ["pass"]
    assert results(answer, "time") == ["pass"] * 5


def test_an_sd_jwt_verifies_with_and_without_its_holder() -> None:
    text = issue_sd_jwt(
        {"vct": VCT, "given_name": "A"},
        BOARD,
        disclosable=["/given_name"],
        holder_key=P256.signer.public_key,
        at=MADE,
    )
    alone = verified(text, vct=VCT)
    assert alone
    assert alone.kind == "sd-jwt"
    assert results(alone, "key-binding") == ["not-asked"]
    bound = present_sd_jwt(
        text, P256.signer, disclose=[], nonce=CHALLENGE, audience=DOMAIN, at=MADE
    )
    answer = verified(
        bound, challenge=CHALLENGE, domain=DOMAIN, key_binding=True, vct=VCT
    )
    assert answer
    assert results(answer, "key-binding") == results(answer, "vct") == ["pass"]


@pytest.mark.parametrize(
    "controller", [JWK, world.jwk_controller("e", KeyKind.ED25519)]
)
def test_an_issuer_may_have_a_did_jwk(controller: Controller) -> None:
    assert verified(issue(plain(controller), controller, securing="vc+jwt", at=MADE))


def test_an_issuer_may_have_a_did_web_that_the_evidence_holds() -> None:
    document = signed(plain(WEB), WEB)
    known = {WEB_URL: world.web_document(WEB)}
    assert verified(document, known=known)
    unknown = verified(document)
    assert unknown.outcome is Outcome.UNDECIDED
    assert codes(unknown) == [("proof", "EVIDENCE_UNAVAILABLE", "$")]
    other = {WEB_URL: world.web_document(world.web_controller(WEB.did[8:], "key-2"))}
    refused = verified(document, known=other)
    assert refused.outcome is Outcome.REFUSED
    assert codes(refused) == [
        ("proof", "INVALID_VERIFICATION_METHOD", "$.proof.verificationMethod")
    ]


def test_a_key_that_is_listed_for_another_purpose_may_not_issue() -> None:
    listed = world.web_document(WEB, relationships=("authentication",))
    answer = verified(signed(plain(WEB), WEB), known={WEB_URL: listed})
    assert codes(answer) == [
        ("proof", "INVALID_RELATIONSHIP", "$.proof.verificationMethod")
    ]


def test_a_rotated_key_counts_until_it_was_revoked() -> None:
    document = signed(plain(WEB), WEB)
    listed = world.web_document(WEB)
    listed["verificationMethod"][0]["revoked"] = str(NOW)
    known = {WEB_URL: listed}
    assert verified(document, known=known, at=NOW.plus(-1))
    after = verified(document, known=known, at=NOW)
    assert codes(after) == [
        ("proof", "INVALID_VERIFICATION_METHOD", "$.proof.verificationMethod")
    ]


def test_verify_takes_every_setting_of_a_verifier() -> None:
    document = signed(world.license_draft())
    answer = verify(
        document,
        at=NOW,
        trust=registry(BOARD),
        evidence=evidence(lists()),
        fetch=world.Web(),
        expect=Expectations(status=StatusPolicy.REQUIRED),
    )
    assert answer
    assert results(answer, "trust") == ["pass"]
    refused = verify(document, at=NOW)
    assert refused.outcome is Outcome.UNDECIDED
    assert codes(refused) == [
        ("status", "STATUS_RETRIEVAL_ERROR", "$.credentialStatus[0]"),
        ("status", "STATUS_RETRIEVAL_ERROR", "$.credentialStatus[1]"),
    ]


def test_the_clock_is_read_once_and_only_without_an_instant() -> None:
    read: list[int] = []

    def clock() -> Any:
        read.append(1)
        return NOW

    verifier = Verifier(clock=clock)
    assert verifier.verify(signed(plain()))
    assert read == [1]
    assert verifier.verify(signed(plain()), at=NOW)
    assert read == [1]


def test_the_answers_of_a_presentation_say_where_each_was_asked() -> None:
    good, bad = signed(plain()), signed(plain(STRANGER), STRANGER)
    bad["validUntil"] = "2028-01-01T00:00:00Z"
    answer = verified(presented(good, bad))
    assert codes(answer) == [
        ("proof", "PROOF_VERIFICATION_ERROR", "$.verifiableCredential[1].proof")
    ]
    asked = {(one.check, one.path): one.result.value for one in answer.checks}
    assert asked["time", "$.verifiableCredential[0]"] == "pass"
    for name in ("time", "status", "schema", "trust"):
        assert asked[name, "$.verifiableCredential[1]"] == "not-asked"


def test_errors_inside_a_presented_credential_have_its_place_once() -> None:
    schema = {"id": "https://example.org/s.json", "type": "Other"}
    draft = plain(credentialSchema=schema, credentialStatus=[world.entry()])
    answer = verified(
        presented(
            issue(draft, BOARD, securing="eddsa-jcs-2022", at=MADE),
            issue(plain(), BOARD, securing="vc+jwt", at=MADE),
        ),
        at=NOW.plus(365 * world.DAY),
    )
    place = "$.verifiableCredential[0]"
    assert codes(answer)[:3] == [
        ("time", "EXPIRED", f"{place}.validUntil"),
        ("status", "STATUS_RETRIEVAL_ERROR", f"{place}.credentialStatus[0]"),
        ("schema", "METHOD_NOT_SUPPORTED", f"{place}.credentialSchema"),
    ]
    assert codes(answer)[3:] == [
        ("time", "EXPIRED", "$.verifiableCredential[1].validUntil")
    ]


def test_no_evidence_is_the_same_as_empty_evidence() -> None:
    document, verifier = signed(plain()), Verifier()
    one = verifier.verify(document, at=NOW)
    assert one == verifier.verify(document, at=NOW, evidence=Evidence())
