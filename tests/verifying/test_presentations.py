"""Who presents, to whom, in answer to what; and the key binding of SD-JWTs."""

from __future__ import annotations

from typing import Any

import pytest

from medid.errors import HolderBindingError, InvalidDomain
from medid.issuing import issue, issue_sd_jwt, present, present_sd_jwt
from medid.verifying.checks import Outcome
from medid.verifying.judging import Expectations, Judgement
from medid.verifying.opening import open_document
from medid.verifying.presentation import (
    _require_domain,
    holder_key,
    key_binding_check,
)
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    NOW,
    PATIENT,
    STRANGER,
    VCT,
    WEB,
    WEB_URL,
    codes,
    plain,
    presented,
    results,
    signed,
    token,
    verified,
    with_proof,
)

CHALLENGE_PATH, DOMAIN_PATH = "$.proof.challenge", "$.proof.domain"


def as_jwt(**options: Any) -> Any:
    given = {"challenge": CHALLENGE, "domain": DOMAIN, "at": MADE, **options}
    return present([signed(plain())], DOCTOR, securing="vp+jwt", **given)


MAKERS = pytest.mark.parametrize("make", [presented, as_jwt])


@MAKERS
def test_the_right_challenge_and_domain_pass(make: Any) -> None:
    answer = verified(make(), challenge=CHALLENGE, domain=DOMAIN)
    assert answer, codes(answer)
    assert results(answer, "challenge") == results(answer, "domain") == ["pass"]


@MAKERS
def test_what_is_not_expected_is_not_asked_and_told(make: Any) -> None:
    answer = verified(make())
    assert answer
    for name in ("challenge", "domain", "holder"):
        assert results(answer, name) == ["not-asked"]
    assert len(answer.warnings) == 3
    assert any("replay" in warning for warning in answer.warnings)


@MAKERS
@pytest.mark.parametrize("challenge", [None, "another", CHALLENGE + " "])
def test_another_challenge_or_none_is_refused(make: Any, challenge: str | None) -> None:
    answer = verified(make(challenge=challenge), challenge=CHALLENGE)
    assert answer.outcome is Outcome.REFUSED
    assert codes(answer) == [("challenge", "INVALID_CHALLENGE_ERROR", CHALLENGE_PATH)]


@MAKERS
@pytest.mark.parametrize("domain", [None, "https://other.example", DOMAIN + "/"])
def test_another_domain_or_none_is_refused(make: Any, domain: str | None) -> None:
    answer = verified(make(domain=domain), domain=DOMAIN)
    assert codes(answer) == [("domain", "INVALID_DOMAIN_ERROR", DOMAIN_PATH)]


def test_a_second_audience_is_refused() -> None:
    document = {**world.payload_of(as_jwt()), "aud": [DOMAIN, "https://b.example"]}
    answer = verified(token(document, DOCTOR, typ="vp+jwt"), domain=DOMAIN)
    assert codes(answer) == [("domain", "INVALID_DOMAIN_ERROR", DOMAIN_PATH)]
    document["aud"] = [DOMAIN]
    assert verified(token(document, DOCTOR, typ="vp+jwt"), domain=DOMAIN)


def test_an_expected_challenge_of_any_text_is_compared_and_not_met() -> None:
    answer = verified(presented(), challenge="\udcff")
    assert codes(answer) == [("challenge", "INVALID_CHALLENGE_ERROR", CHALLENGE_PATH)]


@pytest.mark.parametrize("chain", [False, True])
def test_a_fresh_proof_by_another_does_not_make_an_old_presentation_new(
    chain: bool,
) -> None:
    options: dict[str, Any] = {"proofPurpose": "authentication", "domain": DOMAIN}
    unsigned = {k: v for k, v in presented().items() if k != "proof"}
    old = with_proof(unsigned, DOCTOR, id="urn:uuid:1", **options)
    replayed = with_proof(old, STRANGER, challenge=CHALLENGE, chain=chain, **options)
    assert verified(replayed)
    answer = verified(replayed, challenge=CHALLENGE, domain=DOMAIN)
    assert codes(answer) == [("challenge", "INVALID_CHALLENGE_ERROR", CHALLENGE_PATH)]


def test_each_proof_of_a_set_must_answer_the_same_challenge_and_domain() -> None:
    options: dict[str, Any] = {"proofPurpose": "authentication", "domain": DOMAIN}
    both = with_proof(presented(), STRANGER, challenge="another", **options)
    answer = verified(both, challenge=CHALLENGE, domain=DOMAIN)
    assert [code for _, code, _ in codes(answer)] == ["INVALID_CHALLENGE_ERROR"]
    options["domain"] = "https://other.example"
    both = with_proof(presented(), STRANGER, challenge=CHALLENGE, **options)
    answer = verified(both, challenge=CHALLENGE, domain=DOMAIN)
    assert [code for _, code, _ in codes(answer)] == ["INVALID_DOMAIN_ERROR"]


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_a_credential_whose_proof_names_another_domain_is_refused(suite: str) -> None:
    elsewhere = "https://other.example"
    for domain, verifies in (
        (DOMAIN, True),
        ([DOMAIN], True),
        (elsewhere, False),
        ([DOMAIN, elsewhere], False),
    ):
        # What an issuer's proof answered is no business of this verifier's.
        credential = with_proof(
            plain(), world.BOARD, suite=suite, domain=domain, challenge="issuing"
        )
        answer = verified(presented(credential), domain=DOMAIN, challenge=CHALLENGE)
        assert bool(answer) is verifies, domain
        place = "$.verifiableCredential[0].proof.domain"
        assert codes(answer) == (
            [] if verifies else [("domain", "INVALID_DOMAIN_ERROR", place)]
        )
        alone = verified(credential)
        assert alone
        assert any("no domain was given" in text for text in alone.warnings)


def test_each_proof_of_a_credential_has_to_be_for_this_domain() -> None:
    first = signed(plain())
    both = with_proof(first, STRANGER, domain="https://other.example")
    answer = verified(presented(both), domain=DOMAIN)
    assert codes(answer) == [
        (
            "domain",
            "INVALID_DOMAIN_ERROR",
            "$.verifiableCredential[0].proof[1].domain",
        )
    ]


def test_nothing_about_a_presentation_is_asked_when_its_proof_fails() -> None:
    document = presented()
    document["proof"]["challenge"] = "forged"
    answer = verified(document, challenge="forged", domain=DOMAIN)
    assert results(answer, "challenge") == results(answer, "domain") == []
    assert answer.outcome is Outcome.REFUSED


# Holder binding.


def test_the_only_subject_must_be_the_presenter() -> None:
    assert verified(presented(), holder_binding=True)
    place = "$.verifiableCredential[0].credentialSubject.id"
    refused = [("holder", "HOLDER_BINDING_ERROR", place)]
    for subject in (
        {"id": STRANGER.did, "alumniOf": "x"},
        {"alumniOf": "x"},
        [{"id": DOCTOR.did, "alumniOf": "x"}, {"id": STRANGER.did, "alumniOf": "x"}],
    ):
        document = presented(signed(plain(credentialSubject=subject)))
        assert codes(verified(document, holder_binding=True)) == refused
        assert verified(document)


def test_who_presents_is_the_holder_whoever_else_signed_first() -> None:
    draft = {k: v for k, v in presented().items() if k != "proof"}
    about_stranger = plain(credentialSubject={"id": STRANGER.did, "alumniOf": "x"})
    others = {**draft, "verifiableCredential": [signed(about_stranger)]}
    for document, holds in ((draft, True), (others, False)):
        once = with_proof(document, STRANGER, proofPurpose="authentication")
        both = with_proof(once, DOCTOR, proofPurpose="authentication")
        assert bool(verified(both, holder_binding=True)) is holds


def test_where_no_holder_is_named_the_only_signer_presents() -> None:
    draft = {k: v for k, v in presented().items() if k not in {"proof", "holder"}}
    for signer, holds in ((DOCTOR, True), (STRANGER, False)):
        shown = with_proof(draft, signer, proofPurpose="authentication")
        assert verified(shown)
        assert bool(verified(shown, holder_binding=True)) is holds


def test_a_key_named_in_a_jwt_that_is_no_sd_jwt_binds_nobody() -> None:
    named = plain(cnf={"jwk": STRANGER.signer.public_key.to_jwk()})
    shown = presented(world.enveloped(token(named)))
    assert verified(shown, holder_binding=True)


def test_nobody_presents_when_the_proof_fails() -> None:
    document = presented()
    document["proof"]["challenge"] = "forged"
    answer = verified(document, holder_binding=True)
    place = "$.verifiableCredential[0]"
    assert ("holder", "HOLDER_BINDING_ERROR", place) in codes(answer)


def test_an_empty_presentation_binds_no_holder() -> None:
    document = {
        "@context": [world.V2],
        "type": ["VerifiablePresentation"],
        "holder": DOCTOR.did,
    }
    empty = with_proof(document, DOCTOR, proofPurpose="authentication")
    assert verified(empty)
    answer = verified(empty, holder_binding=True)
    assert codes(answer) == [("holder", "HOLDER_BINDING_ERROR", "$")]


def sd_token(
    binding: dict[str, Any] | None = None, holder_key: Any = None, **claims: Any
) -> str:
    payload: dict[str, Any] = {"vct": VCT, "given_name": "A", **claims}
    if binding is not None:
        payload["cnf"] = binding
    return issue_sd_jwt(
        payload, BOARD, disclosable=["/given_name"], holder_key=holder_key, at=MADE
    )


DOCTOR_KEY = DOCTOR.signer.public_key
PLACE = "$.verifiableCredential[0]"


def test_an_sd_jwt_is_the_presenters_by_its_key() -> None:
    good = presented(sd_token(holder_key=DOCTOR_KEY))
    assert verified(good, holder_binding=True)
    by_name = presented(sd_token({"kid": DOCTOR.verification_method}))
    assert verified(by_name, holder_binding=True)
    subject = presented(sd_token(holder_key=DOCTOR_KEY, sub=DOCTOR.did))
    assert verified(subject, holder_binding=True)


REVOKED: dict[str, Any] = {"revoked": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "changes",
    [
        REVOKED,
        {"expires": str(NOW)},
        {"type": "UnknownKey2099"},
        {"publicKeyMultibase": "z6Mk"},
        {"controller": STRANGER.did},
    ],
)
@pytest.mark.parametrize("name", ["key-0", "key-2"])
def test_a_key_that_nobody_used_stands_in_nobodys_way(
    changes: dict[str, Any], name: str
) -> None:
    document = world.web_document(WEB, relationships=("authentication",))
    method = f"{WEB.did}#{name}"
    unused = {**document["verificationMethod"][0], "id": method, **changes}
    document["verificationMethod"].append(unused)
    document["authentication"].append(method)
    token = sd_token(holder_key=WEB.signer.public_key)
    shown = presented(token, controller=WEB)
    known = {WEB_URL: document}
    assert verified(shown, known=known, holder_binding=True)
    other = presented(sd_token(holder_key=DOCTOR_KEY), controller=WEB)
    answer = verified(other, known=known, holder_binding=True)
    assert codes(answer) == [("holder", "HOLDER_BINDING_ERROR", f"{PLACE}.cnf")]


def test_a_key_that_is_over_binds_nothing_any_more() -> None:
    document = world.web_document(WEB, relationships=("authentication",))
    method = f"{WEB.did}#key-2"
    over = {
        **document["verificationMethod"][0],
        "id": method,
        "publicKeyMultibase": DOCTOR_KEY.to_multikey(),
    }
    document["verificationMethod"].append(over)
    document["authentication"].append(method)
    shown = presented(sd_token(holder_key=DOCTOR_KEY), controller=WEB)
    assert verified(shown, known={WEB_URL: document}, holder_binding=True)
    over |= REVOKED
    answer = verified(shown, known={WEB_URL: document}, holder_binding=True)
    assert codes(answer) == [("holder", "HOLDER_BINDING_ERROR", f"{PLACE}.cnf")]


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        (
            sd_token(holder_key=STRANGER.signer.public_key),
            "HOLDER_BINDING_ERROR",
            f"{PLACE}.cnf",
        ),
        (
            sd_token(holder_key=DOCTOR_KEY, sub=STRANGER.did),
            "HOLDER_BINDING_ERROR",
            f"{PLACE}.sub",
        ),
        (sd_token(sub=DOCTOR.did), "HOLDER_BINDING_ERROR", f"{PLACE}.cnf"),
        (
            sd_token({"kid": STRANGER.verification_method}),
            "HOLDER_BINDING_ERROR",
            f"{PLACE}.cnf",
        ),
        (
            sd_token({"kid": f"{DOCTOR.did}#other"}),
            "INVALID_VERIFICATION_METHOD",
            f"{PLACE}.cnf.kid",
        ),
        (sd_token({"kid": "key-1"}), "INVALID_DID", f"{PLACE}.cnf.kid"),
    ],
)
def test_an_sd_jwt_of_another_key_or_subject_is_not_the_presenters(
    text: str, code: str, path: str
) -> None:
    answer = verified(presented(text), holder_binding=True)
    assert codes(answer) == [("holder", code, path)]
    assert verified(presented(text))


# Key binding.


def bound(
    issued: str, *, nonce: str = CHALLENGE, audience: str = DOMAIN, at: Any = MADE
) -> str:
    return present_sd_jwt(
        issued,
        DOCTOR.signer,
        disclose=["/given_name"],
        nonce=nonce,
        audience=audience,
        at=at,
    )


ISSUED = sd_token(holder_key=DOCTOR_KEY)
NAMED = sd_token({"kid": DOCTOR.verification_method})


@pytest.mark.parametrize("issued", [ISSUED, NAMED])
def test_a_key_binding_holds_by_the_key_or_by_its_name(issued: str) -> None:
    answer = verified(
        bound(issued), challenge=CHALLENGE, domain=DOMAIN, key_binding=True
    )
    assert answer, codes(answer)


@pytest.mark.parametrize(
    "expect",
    [
        {"key_binding": True},
        {"holder_binding": True},
        {"challenge": CHALLENGE},
        {"domain": DOMAIN},
    ],
)
def test_whatever_only_a_holder_can_meet_needs_key_binding(
    expect: dict[str, Any],
) -> None:
    answer = verified(ISSUED, **expect)
    assert codes(answer) == [("key-binding", "HOLDER_BINDING_ERROR", "$")]
    assert "key-binding JWT" in answer.errors[0].fix
    assert verified(bound(ISSUED), **expect)
    assert verified(ISSUED)


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        (bound(ISSUED, nonce="other"), "INVALID_CHALLENGE_ERROR", "$.kb_jwt.nonce"),
        (bound(ISSUED, audience="other"), "INVALID_DOMAIN_ERROR", "$.kb_jwt.aud"),
        (bound(ISSUED, at=NOW.plus(61)), "NOT_YET_VALID", "$.kb_jwt.iat"),
        (bound(ISSUED, at=NOW.plus(-301)), "EXPIRED", "$.kb_jwt.iat"),
        (
            bound(ISSUED).rpartition("~")[0] + "~" + bound(NAMED).rpartition("~")[2],
            "PROOF_VERIFICATION_ERROR",
            "$.kb_jwt.sd_hash",
        ),
        (
            bound(sd_token({"kid": STRANGER.verification_method})),
            "PROOF_VERIFICATION_ERROR",
            "$.kb_jwt",
        ),
    ],
)
def test_a_key_binding_that_is_not_for_this_presentation(
    text: str, code: str, path: str
) -> None:
    answer = verified(text, challenge=CHALLENGE, domain=DOMAIN)
    assert codes(answer) == [("key-binding", code, path)]


def test_a_wrong_key_binding_is_refused_though_nobody_demanded_one() -> None:
    text = bound(sd_token({"kid": STRANGER.verification_method}))
    assert codes(verified(text))[0][:2] == ("key-binding", "PROOF_VERIFICATION_ERROR")


def test_a_holders_key_may_have_to_be_obtained() -> None:
    text = bound(sd_token({"kid": WEB.verification_method}))
    answer = verified(text)
    assert answer.outcome is Outcome.UNDECIDED
    assert codes(answer) == [("key-binding", "EVIDENCE_UNAVAILABLE", "$")]
    listed = world.web_document(WEB, relationships=("authentication",))
    refused = verified(text, known={WEB_URL: listed})
    assert codes(refused) == [("key-binding", "PROOF_VERIFICATION_ERROR", "$.kb_jwt")]


def test_key_binding_is_asked_of_each_sd_jwt_in_a_presentation() -> None:
    document = presented(bound(ISSUED), ISSUED, signed(plain()))
    assert verified(document)
    answer = verified(document, key_binding=True)
    assert codes(answer) == [
        ("key-binding", "HOLDER_BINDING_ERROR", "$.verifiableCredential[1]")
    ]
    assert results(answer, "key-binding") == ["pass", "fail"]
    without = verified(presented(), key_binding=True)
    assert codes(without) == [("key-binding", "HOLDER_BINDING_ERROR", "$")]


def test_a_demanded_type_is_asked_of_each_sd_jwt_in_a_presentation() -> None:
    other = sd_token(vct="https://credentials.example/other")
    assert verified(presented(ISSUED), vct=VCT)
    answer = verified(presented(ISSUED, other), vct=VCT)
    assert codes(answer) == [
        ("vct", "MALFORMED_VALUE_ERROR", "$.verifiableCredential[1].vct")
    ]
    alone = verified(other, vct=VCT)
    assert codes(alone) == [("vct", "MALFORMED_VALUE_ERROR", "$.vct")]
    without = verified(presented(), vct=VCT)
    assert codes(without) == [("vct", "MALFORMED_VALUE_ERROR", "$")]


@pytest.mark.parametrize(
    ("expect", "check", "code"),
    [
        ({"challenge": "c"}, "challenge", "INVALID_CHALLENGE_ERROR"),
        ({"domain": "d"}, "domain", "INVALID_DOMAIN_ERROR"),
        ({"holder_binding": True}, "holder", "HOLDER_BINDING_ERROR"),
        ({"key_binding": True}, "key-binding", "HOLDER_BINDING_ERROR"),
        ({"vct": VCT}, "vct", "MALFORMED_VALUE_ERROR"),
    ],
)
@pytest.mark.parametrize("securing", ["eddsa-rdfc-2022", "vc+jwt"])
def test_a_bare_credential_meets_no_demand_on_a_presentation(
    expect: dict[str, Any], check: str, code: str, securing: str
) -> None:
    document = issue(plain(), BOARD, securing=securing, at=MADE)
    assert codes(verified(document, **expect)) == [(check, code, "$")]
    assert verified(document)


def test_only_an_sd_jwt_is_bound_to_a_key() -> None:
    opened = open_document(signed(plain()))
    judgement = Judgement(
        at=NOW, contexts=world.contexts(), expect=Expectations(key_binding=True)
    )
    assert key_binding_check(opened, judgement).result == "not-asked"
    with pytest.raises(HolderBindingError) as caught:
        holder_key(opened, judgement)
    assert caught.value.path == "$.cnf"


def test_a_presentation_by_the_subjects_namesake_is_refused() -> None:
    """A DID that begins like another is another."""
    shown = presented(
        signed(plain(credentialSubject={"id": DOCTOR.did[:-1], "alumniOf": "x"}))
    )
    assert not verified(shown, holder_binding=True)
    assert not verified(presented(controller=PATIENT), holder_binding=True)


def test_made_for_nobody_is_not_made_for_everybody() -> None:
    with pytest.raises(InvalidDomain):
        _require_domain([], DOMAIN)


# What only a measurement against test suites may leave out.


def bare(*credentials: Any, **members: Any) -> dict[str, Any]:
    draft = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": list(credentials) or None,
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def test_an_unsigned_presentation_is_refused_by_default() -> None:
    answer = verified(bare(signed(plain())))
    assert codes(answer) == [("proof", "PROOF_VERIFICATION_ERROR", "$.proof")]


def test_an_unsigned_presentation_may_be_let_through_and_is_told() -> None:
    answer = verified(
        bare(signed(plain())), challenge=CHALLENGE, unsigned_presentations=True
    )
    assert answer, codes(answer)
    assert results(answer, "proof") == ["not-asked", "pass"]
    told = "the presentation is not signed: nobody is shown to present"
    assert told in answer.warnings


def test_what_an_unsigned_presentation_presents_is_judged_all_the_same() -> None:
    forged = {**signed(plain()), "validUntil": "2099-01-01T00:00:00Z"}
    assert not verified(bare(forged), unsigned_presentations=True)
    about = verified(
        bare(signed(plain())), unsigned_presentations=True, holder_binding=True
    )
    assert ("holder", "HOLDER_BINDING_ERROR") in [one[:2] for one in codes(about)]
    unknown = bare(**{"@context": [world.V2, "https://evil.example/context"]})
    answer = verified(unknown, unsigned_presentations=True)
    assert [one[:2] for one in codes(answer)] == [("parse", "CONTEXT_NOT_TRUSTED")]


def test_a_signed_presentation_is_judged_as_ever() -> None:
    forged = {**presented(), "id": "urn:uuid:other"}
    answer = verified(forged, unsigned_presentations=True)
    assert ("proof", "PROOF_VERIFICATION_ERROR") in [one[:2] for one in codes(answer)]
