"""Whose key signed, and whether it may: Data Integrity proofs and JWT headers."""

from __future__ import annotations

from typing import Any

import pytest

from medid.issuing import issue
from medid.jsonld import ContextStore
from medid.verifying.checks import Outcome
from medid.verifying.verifier import Verifier
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    DOCTOR,
    MADE,
    NOW,
    STRANGER,
    V2,
    WEB,
    WEB_URL,
    codes,
    plain,
    presented,
    signed,
    token,
    verified,
    with_proof,
)

METHOD = "$.proof.verificationMethod"


def test_a_credential_without_a_proof_is_refused() -> None:
    answer = verified(plain())
    assert codes(answer) == [("proof", "PROOF_VERIFICATION_ERROR", "$.proof")]
    assert answer.outcome is Outcome.REFUSED


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
@pytest.mark.parametrize("chain", [False, True])
def test_a_second_proof_by_another_is_allowed_beside_the_issuers(
    suite: str, chain: bool
) -> None:
    first = with_proof(plain(), BOARD, suite=suite, id="urn:uuid:a")
    both = with_proof(first, STRANGER, suite=suite, chain=chain)
    assert verified(both)
    both["proof"][1]["proofValue"] = both["proof"][0]["proofValue"]
    place = "$.proof[1]"
    assert codes(verified(both)) == [("proof", "PROOF_VERIFICATION_ERROR", place)]


def test_a_list_that_leads_canonicalization_deep_is_refused() -> None:
    document = signed(plain())
    document["@context"].append("https://w3id.org/security/v2")
    document["credentialSubject"]["capabilityChain"] = ["urn:uuid:c"] * 600
    answer = verified(document)
    assert codes(answer) == [("proof", "PROOF_TRANSFORMATION_ERROR", "$")]


def test_contexts_that_contradict_each_other_are_told_where_they_stand() -> None:
    document = signed(plain())
    document["@context"].append("https://w3id.org/security/data-integrity/v1")
    answer = verified(document)
    assert codes(answer) == [("proof", "PROOF_TRANSFORMATION_ERROR", "$.@context")]


def test_every_proof_of_a_set_must_hold_not_just_the_issuers() -> None:
    both = with_proof(signed(plain()), WEB)
    unresolved = verified(both)
    assert unresolved.outcome is Outcome.UNDECIDED
    assert codes(unresolved) == [("proof", "EVIDENCE_UNAVAILABLE", "$")]
    assert verified(both, known={WEB_URL: world.web_document(WEB)})


def test_a_proof_by_somebody_else_alone_is_refused() -> None:
    answer = verified(with_proof(plain(), STRANGER))
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]


def test_a_presentation_must_be_signed_by_its_holder() -> None:
    document = world.presented()
    document["holder"] = STRANGER.did
    del document["proof"]
    again = with_proof(document, DOCTOR, proofPurpose="authentication")
    answer = verified(again)
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.holder")]


@pytest.mark.parametrize("purpose", ["authentication", "keyAgreement", "x"])
def test_the_purpose_of_a_credentials_proof_is_fixed(purpose: str) -> None:
    document = with_proof(plain(), BOARD, proofPurpose=purpose, suite="eddsa-jcs-2022")
    answer = verified(document)
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.proof.proofPurpose")]


def test_the_purpose_of_a_presentations_proof_is_authentication() -> None:
    document = world.presented()
    del document["proof"]
    answer = verified(with_proof(document, DOCTOR))
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.proof.proofPurpose")]


# N-pkh-no-key: an account on a blockchain, which names the hash of a key, and no key.
ACCOUNT = "did:pkh:eip155:1:0xb9c5714089478a327f09197987f16f9e5d936e8a"


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("not a did", "INVALID_DID"),
        ("did:unknown:1#k", "METHOD_NOT_SUPPORTED"),
        (BOARD.did, "INVALID_VERIFICATION_METHOD"),
        (f"{BOARD.did}#other", "INVALID_VERIFICATION_METHOD"),
        (f"{ACCOUNT}#blockchainAccountId", "INVALID_VERIFICATION_METHOD"),
    ],
)
def test_a_verification_method_that_leads_nowhere(method: str, code: str) -> None:
    document = signed(plain())
    document["proof"]["verificationMethod"] = method
    answer = verified(document)
    path = "$" if code == "METHOD_NOT_SUPPORTED" else METHOD
    assert codes(answer) == [("proof", code, path)]


# The key of a JWT.


def jwt_of(controller: Any = BOARD, **header: Any) -> str:
    return token(plain(controller), controller, **header)


def test_kid_may_be_absolute() -> None:
    assert verified(jwt_of())


def test_kid_may_be_relative_to_the_issuer() -> None:
    fragment = BOARD.verification_method.partition("#")[2]
    assert verified(jwt_of(kid=f"#{fragment}"))
    refused = verified(jwt_of(kid="#other"))
    assert codes(refused) == [("proof", "INVALID_VERIFICATION_METHOD", "$.kid")]


def test_kid_may_be_absent_where_the_issuer_has_one_key() -> None:
    assert verified(jwt_of(kid=None))
    two = [WEB, world.web_controller(WEB.did[8:], "key-2")]
    known = {WEB_URL: world.web_document(*two)}
    assert verified(jwt_of(WEB), known=known)
    refused = verified(jwt_of(WEB, kid=None), known=known)
    assert codes(refused) == [("proof", "INVALID_VERIFICATION_METHOD", "$.kid")]
    none = world.web_document(WEB, relationships=("authentication",))
    refused = verified(jwt_of(WEB, kid=None), known={WEB_URL: none})
    assert codes(refused) == [("proof", "INVALID_VERIFICATION_METHOD", "$.kid")]


def test_kid_of_another_did_is_refused_though_the_signature_holds() -> None:
    answer = verified(token(plain(BOARD), STRANGER))
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]


def test_kid_that_is_no_did_url_is_refused() -> None:
    answer = verified(jwt_of(kid="key-1"))
    assert codes(answer) == [("proof", "INVALID_DID", "$.kid")]


def test_an_issuer_that_is_no_did_has_no_key_to_find() -> None:
    draft = plain() | {"issuer": "http://board.example.gov"}
    answer = verified(token(draft, BOARD, kid="#key"))
    assert codes(answer) == [("proof", "ISSUER_NOT_TRUSTED", "$.issuer")]
    claims = {"vct": world.VCT, "iss": "urn:example:board"}
    text = f"{token(claims, BOARD, kid=None, typ='dc+sd-jwt')}~"
    assert codes(verified(text)) == [("proof", "ISSUER_NOT_TRUSTED", "$.iss")]
    other = f"{token({**claims, 'iss': STRANGER.did}, typ='dc+sd-jwt')}~"
    assert codes(verified(other)) == [("proof", "INVALID_RELATIONSHIP", "$.iss")]


def test_an_issuer_that_is_a_malformed_did_is_refused() -> None:
    claims = {"vct": world.VCT, "iss": "did:KEY:z6Mk"}
    answer = verified(f"{token(claims, kid=None, typ='dc+sd-jwt')}~")
    assert codes(answer) == [("proof", "INVALID_DID", "$.iss")]


def bare_presentation(**members: Any) -> dict[str, Any]:
    document = world.presented()
    del document["proof"]
    document |= members
    return {name: value for name, value in document.items() if value is not None}


def test_a_jwt_that_nobody_is_named_by_has_no_key_to_find() -> None:
    text = token(bare_presentation(holder=None), DOCTOR, kid=None, typ="vp+jwt")
    answer = verified(text)
    assert codes(answer)[:1] == [("proof", "INVALID_VERIFICATION_METHOD", "$.kid")]


def test_iss_names_the_presenter_where_no_holder_does() -> None:
    document = bare_presentation(holder=None, iss=DOCTOR.did)
    assert verified(token(document, DOCTOR, kid=None, typ="vp+jwt"))
    document["iss"] = STRANGER.did
    answer = verified(token(document, DOCTOR, typ="vp+jwt"))
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.holder")]


@pytest.mark.parametrize("name", ["typ", "signature", "payload"])
def test_a_jwt_whose_signature_is_not_over_it_is_refused(name: str) -> None:
    head, body, signature = jwt_of().split(".")
    other = token(plain(validUntil="2028-01-01T00:00:00Z")).split(".")
    text = {
        "typ": f"{jwt_of(cty='vc').split('.')[0]}.{body}.{signature}",
        "signature": f"{head}.{body}.{other[2]}",
        "payload": f"{head}.{other[1]}.{signature}",
    }[name]
    assert codes(verified(text)) == [("proof", "PROOF_VERIFICATION_ERROR", "$")]


def test_an_envelope_inside_a_jwt_does_not_take_over_its_signature() -> None:
    inner = world.enveloped(jwt_of())
    answer = verified(token(inner, STRANGER))
    assert codes(answer) == [("parse", "MALFORMED_VALUE_ERROR", "$.type")]


# Contexts, of every format.


@pytest.mark.parametrize("securing", ["jcs", "jwt"])
@pytest.mark.parametrize(
    "context", ["https://evil.example/v1", {"alumniOf": "https://evil.example/x"}]
)
def test_a_context_that_is_not_trusted_is_refused_in_every_format(
    securing: str, context: Any
) -> None:
    draft = {**plain(), "@context": [V2, context]}
    if securing == "jwt":
        document: Any = token(draft)
    else:
        document = with_proof(plain(), BOARD, suite="eddsa-jcs-2022")
        document["@context"] = [V2, context]
        document["proof"]["@context"] = [V2, context]
    answer = verified(document)
    assert codes(answer) == [("proof", "CONTEXT_NOT_TRUSTED", "$.@context[1]")]


@pytest.mark.parametrize(
    "context", ["https://evil.example/v1", {"holder": "https://evil.example/x"}]
)
def test_a_context_that_is_not_trusted_is_refused_in_a_presentation_too(
    context: Any,
) -> None:
    draft = {k: v for k, v in presented().items() if k != "proof"}
    text = token({**draft, "@context": [V2, context]}, DOCTOR, typ="vp+jwt")
    answer = verified(text)
    assert codes(answer) == [("proof", "CONTEXT_NOT_TRUSTED", "$.@context[1]")]
    assert verified(token(draft, DOCTOR, typ="vp+jwt"))


def test_inline_contexts_are_for_verifiers_that_allow_them() -> None:
    inline = {"badge": "https://example.org/badge"}
    text = token({**plain(), "@context": [V2, inline], "badge": "gold"})
    assert not verified(text)
    store = ContextStore.bundled().with_inline_contexts()
    assert Verifier(contexts=store).verify(text, at=NOW)


def test_a_jwt_may_not_use_keywords_that_rename_its_members() -> None:
    draft = plain()
    draft["credentialSubject"] = {"@id": DOCTOR.did, "alumniOf": "x"}
    answer = verified(token(draft))
    assert answer.outcome is Outcome.REFUSED
    assert [check for check, _, _ in codes(answer)] == ["proof"]


def test_a_proof_stays_with_its_own_document() -> None:
    one, other = signed(plain()), signed(plain(id="urn:uuid:2"))
    one["proof"] = other["proof"]
    assert codes(verified(one)) == [("proof", "PROOF_VERIFICATION_ERROR", "$.proof")]


def test_a_key_of_another_kind_than_the_suites_is_refused() -> None:
    document = plain(world.P256)
    proof = signed(plain())["proof"]
    proof["verificationMethod"] = world.P256.verification_method
    answer = verified({**document, "proof": proof})
    assert codes(answer) == [("proof", "CRYPTOGRAPHIC_SECURITY_ERROR", "$.proof")]


def test_several_presenters_need_a_holder() -> None:
    document = bare_presentation(holder=None)
    one = with_proof(document, DOCTOR, proofPurpose="authentication")
    assert verified(one)
    both = with_proof(one, STRANGER, proofPurpose="authentication")
    answer = verified(both)
    assert codes(answer) == [("proof", "PROOF_VERIFICATION_ERROR", "$.holder")]
    twice = with_proof(one, DOCTOR, proofPurpose="authentication")
    assert verified(twice)


def test_an_issued_document_carries_no_fraction_of_a_second() -> None:
    document = world.as_object(issue(plain(), BOARD, at=MADE.plus(0.5)))
    assert document["proof"]["created"] == str(MADE)


# What only a measurement against test suites may leave out.


URL = "https://board.example/issuers/1"


def test_an_issuer_that_is_no_did_is_refused_by_default() -> None:
    foreign = with_proof({**plain(), "issuer": URL}, BOARD)
    answer = verified(foreign)
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]


def test_an_issuer_that_is_no_did_may_go_unasked_and_is_told() -> None:
    foreign = with_proof({**plain(), "issuer": URL}, BOARD)
    answer = verified(foreign, issuer_signs=False)
    assert answer, codes(answer)
    assert "whether an issuer that is no DID signed was not asked" in answer.warnings
    foreign["issuer"] = URL + "0"
    assert not verified(foreign, issuer_signs=False)


def test_an_issuer_that_is_a_did_is_always_asked_for() -> None:
    stolen = with_proof(plain(), STRANGER)
    answer = verified(stolen, issuer_signs=False)
    assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]
