"""JWTs of version 1.1 and documents in SD-JWTs, from their bytes to a Verification."""

from __future__ import annotations

from typing import Any, Final

import pytest

from medid.health import contexts
from medid.issuing import (
    Controller,
    derive,
    issue,
    issue_sd_jwt,
    present,
    present_sd_jwt,
)
from medid.keys import KeyKind
from medid.securing import sd_jwt
from medid.securing.sd_jwt.key_binding import sign_key_binding
from medid.verifying.judging import StatusPolicy
from medid.verifying.needs import needs_of
from medid.verifying.opening import Kind, Securing, open_document
from tests.verifying import world
from tests.verifying.test_cose import cose
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    NOW,
    STRANGER,
    VCT,
    as_text,
    check,
    codes,
    enveloped,
    payload_of,
    plain,
    presented,
    results,
    signed,
    token,
    verified,
)

EXAMPLES_V1: Final = "https://www.w3.org/2018/credentials/examples/v1"
SECONDS: Final = NOW.nanoseconds // 1_000_000_000
ASKED: Final[dict[str, Any]] = {"challenge": CHALLENGE, "domain": DOMAIN}


def older(**members: Any) -> dict[str, Any]:
    """A draft of version 1.1; ``None`` removes a member."""
    draft = {
        "context": [world.V1, EXAMPLES_V1],
        "validFrom": None,
        "validUntil": None,
        "issuanceDate": "2026-01-01T00:00:00Z",
        "expirationDate": "2027-01-01T00:00:00Z",
    }
    return plain(**{**draft, **members})


def old_jwt(controller: Any = BOARD, **members: Any) -> str:
    draft = older(issuer=controller, **members)
    return as_text(issue(draft, controller, securing="JWT", at=MADE))


def old_vp(*entries: Any, controller: Any = DOCTOR, **options: Any) -> str:
    given = {"challenge": CHALLENGE, "domain": DOMAIN, "at": MADE, **options}
    return as_text(present(entries, controller, securing="JWT", **given))


def selective(**members: Any) -> str:
    return issue_sd_jwt(
        plain(**members),
        BOARD,
        disclosable=["/credentialSubject/alumniOf"],
        holder_key=DOCTOR.signer.public_key,
        at=MADE,
    )


def bound(text: str, *disclose: str, holder: Any = DOCTOR, **changes: Any) -> str:
    given = {"nonce": CHALLENGE, "audience": DOMAIN, "at": MADE, **changes}
    return present_sd_jwt(text, holder.signer, disclose=disclose, **given)


def one_vp_sd_jwt(*credentials: Any, **claims: Any) -> str:
    """A presentation as an SD-JWT, whatever its claims say; ``None`` removes one."""
    document = presented(*credentials)
    del document["proof"]
    payload = {**document, "nonce": CHALLENGE, "aud": DOMAIN, **claims}
    kept = {name: value for name, value in payload.items() if value is not None}
    return f"{token(kept, DOCTOR, typ='vp+sd-jwt')}~"


HEADERS: Final = (
    ({"exp": SECONDS}, "EXPIRED"),
    ({"nbf": SECONDS + 1}, "NOT_YET_VALID"),
    ({"iat": SECONDS + 1}, "NOT_YET_VALID"),
    ({"exp": "x"}, "MALFORMED_VALUE_ERROR"),
    ({"jti": "urn:uuid:other"}, "MALFORMED_VALUE_ERROR"),
    ({"status": {"status_list": {"idx": 0}}}, "MALFORMED_VALUE_ERROR"),
    ({"status": [{"status_list": {"idx": 0}}]}, "MALFORMED_VALUE_ERROR"),
    ({"exp": SECONDS + 1, "nbf": SECONDS, "iat": SECONDS}, None),
)


@pytest.mark.parametrize(("header", "code"), HEADERS)
def test_a_registered_claim_in_the_header_means_what_it_means(
    header: dict[str, Any], code: str | None
) -> None:
    expected = [] if code is None else [code]
    texts = [
        token(plain(), **header),
        token(plain(), typ="vc+sd-jwt", **header) + "~",
    ]
    if "nbf" not in header:  # which the document of version 1.1 says itself
        claims = {"iss": BOARD.did, "vc": older(expirationDate=None)}
        texts.append(token(claims, typ="JWT", **header))
    for text in texts:
        assert [found for _, found, _ in codes(verified(text))] == expected


def test_a_header_contradicts_no_claim() -> None:
    for name in ("exp", "nbf", "iat"):
        claims = {"exp": SECONDS + 9, "nbf": SECONDS - 9, "iat": SECONDS - 9}
        same: dict[str, Any] = {name: claims[name]}
        assert verified(token({**plain(), **claims}, **same))
        other: dict[str, Any] = {name: claims[name] + 1}
        (refusal,) = codes(verified(token({**plain(), **claims}, **other)))
        assert refusal == ("parse", "MALFORMED_VALUE_ERROR", f"$.{name}")


def test_evidence_may_be_kept_back_as_a_whole() -> None:
    evidence = [{"type": "DocumentVerification"}]
    text = issue_sd_jwt(
        plain(evidence=evidence),
        BOARD,
        disclosable=["/evidence/0"],
        holder_key=DOCTOR.signer.public_key,
        at=MADE,
    )
    assert verified(bound(text, "/evidence/0"), **ASKED)
    assert verified(bound(text), **ASKED)


# Version 1.1


def test_a_jwt_of_version_1_1_is_a_credential() -> None:
    opened = open_document(old_jwt())
    assert (opened.kind, opened.securing) == (Kind.CREDENTIAL, Securing.JOSE)
    assert opened.document == older()
    assert verified(old_jwt())


def test_what_is_read_later_is_the_merged_document() -> None:
    content = older(id=None, issuanceDate=None, expirationDate=None)
    del content["issuer"], content["credentialSubject"]["id"]
    claims = {
        "iss": BOARD.did,
        "sub": DOCTOR.did,
        "jti": "urn:uuid:1",
        "nbf": SECONDS - 10,
        "exp": SECONDS + 10,
    }
    text = token({**claims, "vc": content}, typ="JWT")
    opened = open_document(text)
    assert opened.credential is not None
    assert opened.issuer == opened.credential.issuer.id == BOARD.did
    assert opened.credential.subjects[0].id == DOCTOR.did
    assert opened.credential.id == "urn:uuid:1"
    assert opened.credential.validity.end == NOW.plus(10)
    assert verified(text)
    assert codes(verified(text, at=NOW.plus(10))) == [
        ("time", "EXPIRED", "$.expirationDate")
    ]
    assert codes(verified(text, at=NOW.plus(-11))) == [
        ("time", "NOT_YET_VALID", "$.issuanceDate")
    ]


def test_whoever_signs_is_the_issuer() -> None:
    text = token({"iss": BOARD.did, "vc": older()}, STRANGER, typ="JWT")
    assert codes(verified(text)) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]
    forged = token({"iss": STRANGER.did, "vc": older()}, STRANGER, typ="JWT")
    assert codes(verified(forged)) == [("parse", "MALFORMED_VALUE_ERROR", "$.iss")]


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"vc": plain()}, "$.@context"),
        ({"vp": {"@context": [world.V2], "type": "VerifiablePresentation"}}, "$.@cont"),
        ({"vc": {**older(), "type": ["VerifiablePresentation"]}}, "$.type"),
        ({"vp": older()}, "$.type"),
        ({"vc": older(issuanceDate=None)}, "$.issuanceDate"),
        ({"vc": {**older(), "validUntil": "2027-01-01T00:00:00Z"}}, "$.validUntil"),
        ({"vc": older(), "jti": "not a URL"}, "$.jti"),
        ({"vc": older(id=None), "jti": "not a URL"}, "$.id"),
    ],
)
def test_the_claim_holds_a_document_of_its_kind_and_version(
    payload: dict[str, Any], path: str
) -> None:
    answer = verified(token(payload, typ="JWT"))
    [found] = codes(answer)
    assert found[:2] == ("parse", "MALFORMED_VALUE_ERROR")
    assert found[2].startswith(path)


@pytest.mark.parametrize(
    "envelope",
    [
        token(older()),
        f"{token(older(), typ='vc+sd-jwt')}~",
        cose(older()),
        token(
            {"@context": [world.V1], "type": ["VerifiablePresentation"]},
            DOCTOR,
            typ="vp+jwt",
        ),
        one_vp_sd_jwt(**{"@context": [world.V1]}),
    ],
)
def test_the_envelopes_of_version_2_hold_no_other(envelope: Any) -> None:
    """What is in them is ``application/vc`` or ``vp``, which is of version 2.0."""
    answer = verified(envelope)
    assert codes(answer) == [("parse", "MALFORMED_VALUE_ERROR", "$.@context")]
    (error,) = answer.errors
    assert "version 2.0" in str(error)
    assert "as JWT" in error.fix


def test_a_decoded_credential_is_not_believed_for_the_jwt_it_shows() -> None:
    text = old_jwt()
    for proof in (
        {"type": "JwtProof2020", "jwt": text},
        {"type": "DataIntegrityProof", "jwt": text},
    ):
        decoded = {**older(credentialSubject={"id": STRANGER.did}), "proof": proof}
        assert not verified(decoded)
    inside = token({"iss": DOCTOR.did, "vp": {**_vp(decoded)}}, DOCTOR, typ="JWT")
    assert not verified(inside)


def _vp(*entries: Any, **members: Any) -> dict[str, Any]:
    return {
        "@context": [world.V1],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": list(entries),
        **members,
    }


def test_a_presentation_of_version_1_1() -> None:
    context = [world.V1, EXAMPLES_V1, "https://w3id.org/security/data-integrity/v2"]
    text = old_vp(old_jwt(), signed(older(context=context)))
    answer = verified(text, **ASKED, holder_binding=True)
    assert answer
    assert results(answer, "proof") == ["pass"] * 3
    opened = open_document(text)
    assert opened.owner == DOCTOR.did
    assert [one.securing for one in opened.children] == [
        Securing.JOSE,
        Securing.DATA_INTEGRITY,
    ]


def test_it_answers_one_challenge_to_one_audience() -> None:
    text = old_vp(old_jwt())
    other = verified(text, challenge="other", domain=DOMAIN)
    assert [code for _, code, _ in codes(other)] == ["INVALID_CHALLENGE_ERROR"]
    other = verified(text, challenge=CHALLENGE, domain="https://other.example")
    assert [code for _, code, _ in codes(other)] == ["INVALID_DOMAIN_ERROR"]
    two = {"iss": DOCTOR.did, "nonce": CHALLENGE, "vp": _vp(old_jwt())}
    for aud in ([DOMAIN, "https://other.example"], ["https://other.example"], None):
        payload = two if aud is None else {**two, "aud": aud}
        answer = verified(token(payload, DOCTOR, typ="JWT"), **ASKED)
        assert [code for _, code, _ in codes(answer)] == ["INVALID_DOMAIN_ERROR"]
    assert verified(token({**two, "aud": [DOMAIN]}, DOCTOR, typ="JWT"), **ASKED)


def test_a_single_credential_may_stand_without_an_array() -> None:
    content = {**_vp(), "verifiableCredential": old_jwt()}
    text = token({"iss": DOCTOR.did, "vp": content}, DOCTOR, typ="JWT")
    assert verified(text)
    assert open_document(text).children[0].path == "$.verifiableCredential"


def test_credentials_of_version_2_may_be_presented_in_it() -> None:
    text = token({"iss": DOCTOR.did, "vp": _vp(token(plain()))}, DOCTOR, typ="JWT")
    assert verified(text)


@pytest.mark.parametrize(
    "entry",
    [
        old_vp(old_jwt()),
        selective(),
        token({"vct": VCT, "iss": BOARD.did}, typ="dc+sd-jwt") + "~",
        "x.y.z",
        "text",
        older(),
        enveloped(old_jwt()),
    ],
)
def test_what_cannot_be_presented_in_it(entry: Any) -> None:
    text = token({"iss": DOCTOR.did, "vp": _vp(entry)}, DOCTOR, typ="JWT")
    answer = verified(text)
    assert not answer
    assert all(
        path.startswith("$.verifiableCredential[0]") for _, _, path in codes(answer)
    )


def test_text_is_a_credential_in_a_jwt_of_version_1_1_only() -> None:
    for text in (
        token({**_vp(old_jwt()), "holder": DOCTOR.did}, DOCTOR, typ="vp+jwt"),
        {**_vp(old_jwt()), "holder": DOCTOR.did},
    ):
        [found] = codes(verified(text))
        assert found == ("parse", "MALFORMED_VALUE_ERROR", "$.verifiableCredential[0]")


def test_a_nested_credential_is_judged_like_any_other() -> None:
    parts = old_jwt().split(".")
    tampered = ".".join([parts[0], parts[1], parts[2][:-6] + "AAAAAA"])
    expired = old_jwt(expirationDate="2026-01-02T00:00:00Z")
    foreign = old_jwt(credentialSubject={"id": STRANGER.did, "alumniOf": "x"})
    answer = verified(old_vp(tampered, expired, foreign), **ASKED, holder_binding=True)
    place = "$.verifiableCredential"
    assert set(codes(answer)) == {
        ("proof", "PROOF_VERIFICATION_ERROR", f"{place}[0]"),
        ("time", "EXPIRED", f"{place}[1].expirationDate"),
        ("holder", "HOLDER_BINDING_ERROR", f"{place}[2].credentialSubject.id"),
    }


def test_the_holder_signs_what_the_holder_presents() -> None:
    payload = {"iss": DOCTOR.did, "vp": _vp(old_jwt())}
    answer = verified(token(payload, STRANGER, typ="JWT"))
    assert ("proof", "INVALID_RELATIONSHIP", "$.holder") in codes(answer)
    other = {"iss": DOCTOR.did, "vp": _vp(old_jwt(), holder=STRANGER.did)}
    assert codes(verified(token(other, DOCTOR, typ="JWT"))) == [
        ("parse", "MALFORMED_VALUE_ERROR", "$.iss")
    ]


def test_the_time_of_a_presentation_is_in_its_claims() -> None:
    payload = {"iss": DOCTOR.did, "vp": _vp(old_jwt())}
    for claims, code, path in (
        ({"exp": SECONDS}, "EXPIRED", "$.exp"),
        ({"nbf": SECONDS + 1}, "NOT_YET_VALID", "$.nbf"),
        ({"iat": SECONDS + 1}, "NOT_YET_VALID", "$.iat"),
    ):
        text = token({**payload, **claims}, DOCTOR, typ="JWT")
        assert codes(verified(text)) == [("time", code, path)]


# The envelope says what is in it


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        (old_jwt(), "application/vc+jwt"),
        (token(plain()), "application/vc+sd-jwt"),
        (selective(), "application/vc+jwt"),
        (selective(), "application/dc+sd-jwt"),
        (
            token({"vct": VCT, "iss": BOARD.did}, typ="dc+sd-jwt") + "~",
            "application/vc+sd-jwt",
        ),
        (one_vp_sd_jwt(signed(plain())), "application/vc+sd-jwt"),
    ],
)
def test_an_envelope_of_another_media_type(text: str, media_type: str) -> None:
    [found] = codes(verified(enveloped(text, media_type)))
    assert found[:2] == ("parse", "MALFORMED_VALUE_ERROR")
    assert found[2].startswith("$.id")


@pytest.mark.parametrize("media_type", ["vc+sd-jwt", "vc-ld+sd-jwt"])
def test_a_document_in_an_sd_jwt_in_an_envelope(media_type: str) -> None:
    envelope = enveloped(selective(), f"application/{media_type}")
    opened = open_document(envelope)
    assert (opened.kind, opened.securing) == (Kind.CREDENTIAL, Securing.SD_JWT)
    assert verified(envelope)


def test_an_enveloped_presentation_that_is_an_sd_jwt() -> None:
    envelope = {
        "@context": world.V2,
        "id": f"data:application/vp+sd-jwt,{one_vp_sd_jwt(signed(plain()))}",
        "type": "EnvelopedVerifiablePresentation",
    }
    assert open_document(envelope).kind is Kind.PRESENTATION
    assert verified(envelope, **ASKED)


# Documents in SD-JWTs


def test_what_is_asked_of_a_credential_is_asked_in_an_sd_jwt() -> None:
    text = selective(
        credentialStatus=world.entry(),
        credentialSchema={"id": "https://board.example.gov/s", "type": "JsonSchema"},
        validUntil="2026-07-01T00:00:00Z",
    )
    at_hand = {world.REVOCATIONS: world.status_list()}
    trust = world.registry(BOARD, credentialTypes=["VerifiableCredential"])
    answer = verified(text, known=at_hand, trust=trust)
    assert answer
    assert answer.kind == "credential"
    assert results(answer, "status") == ["pass", "pass"]
    assert results(answer, "schema") == ["unknown"]
    assert results(answer, "trust") == ["pass"]
    revoked = {world.REVOCATIONS: world.status_list(world.INDEX)}
    assert ("status", "REVOKED", "$.credentialStatus") in codes(
        verified(text, known=revoked)
    )
    late = verified(text, at=NOW.plus(20 * world.DAY), status=StatusPolicy.OFF)
    assert ("time", "EXPIRED", "$.validUntil") in codes(late)
    stranger = verified(text, trust=world.registry(STRANGER))
    assert ("trust", "ISSUER_NOT_TRUSTED", "$.issuer") in codes(stranger)


def test_a_signature_that_ends_ends_the_credential() -> None:
    payload = {**plain(), "exp": SECONDS}
    text = f"{token(payload, typ='vc+sd-jwt')}~"
    assert codes(verified(text)) == [("time", "EXPIRED", "$.exp")]


def test_a_status_that_medid_does_not_know_is_never_passed_over() -> None:
    status = {"other_list": {"idx": 0, "uri": "https://board.example.gov/t"}}
    for text in (
        f"{token({**plain(), 'status': status}, typ='vc+sd-jwt')}~",
        token({**plain(), "status": status}),
    ):
        assert codes(verified(text)) == [
            ("status", "STATUS_VERIFICATION_ERROR", "$.status")
        ]


def test_an_sd_jwt_presents_itself_with_its_key_binding() -> None:
    text = bound(selective(), "/credentialSubject/alumniOf")
    answer = verified(text, **ASKED, key_binding=True, holder_binding=True)
    assert answer
    assert results(answer, "key-binding") == ["pass"]
    for changes, code in (
        ({"challenge": "other"}, "INVALID_CHALLENGE_ERROR"),
        ({"domain": "https://other.example"}, "INVALID_DOMAIN_ERROR"),
        ({"at": NOW.plus(3600)}, "EXPIRED"),
        ({"vct": VCT}, "MALFORMED_VALUE_ERROR"),
    ):
        asked: dict[str, Any] = {**ASKED, **changes}
        assert [one for _, one, _ in codes(verified(text, **asked))] == [code]
    for expect in ({"key_binding": True}, {"holder_binding": True}, ASKED):
        answer = verified(selective(), **expect)
        assert ("key-binding", "HOLDER_BINDING_ERROR", "$") in codes(answer)


def test_a_key_binding_of_another_key_is_refused_though_nobody_asked() -> None:
    text = selective()
    stolen = sign_key_binding(
        text,
        STRANGER.signer,
        claims={"nonce": CHALLENGE, "aud": DOMAIN, "iat": SECONDS},
        hash_alg="sha-256",
    )
    assert codes(verified(text + stolen)) == [
        ("key-binding", "PROOF_VERIFICATION_ERROR", "$.kb_jwt")
    ]


def test_its_subject_and_its_key_are_the_presenters() -> None:
    mine = selective()
    foreign = selective(credentialSubject={"id": STRANGER.did, "alumniOf": "x"})
    unbound = issue_sd_jwt(plain(), BOARD, disclosable=[], at=MADE)
    other = issue_sd_jwt(
        plain(),
        BOARD,
        disclosable=[],
        holder_key=STRANGER.signer.public_key,
        at=MADE,
    )
    nobody = issue_sd_jwt(
        plain(),
        BOARD,
        disclosable=["/credentialSubject/id"],
        holder_key=DOCTOR.signer.public_key,
        at=MADE,
    )
    hidden = present_sd_jwt(nobody, None, disclose=[], nonce=None, audience=None)
    presentation = presented(mine, foreign, unbound, other, hidden)
    answer = verified(presentation, **ASKED, holder_binding=True)
    place = "$.verifiableCredential"
    assert codes(answer) == [
        ("holder", "HOLDER_BINDING_ERROR", f"{place}[1].credentialSubject.id"),
        ("holder", "HOLDER_BINDING_ERROR", f"{place}[3].cnf"),
        ("holder", "HOLDER_BINDING_ERROR", f"{place}[4].credentialSubject.id"),
    ]


def test_key_binding_is_asked_of_each_in_a_presentation() -> None:
    both = presented(bound(selective()), selective())
    answer = verified(both, **ASKED, key_binding=True)
    assert codes(answer) == [
        ("key-binding", "HOLDER_BINDING_ERROR", "$.verifiableCredential[1]")
    ]
    # Where nobody demands it, the one that is there has to hold all the same.
    [asked] = check(verified(both, **ASKED), "key-binding")
    assert asked.path == "$.verifiableCredential[0]"


@pytest.mark.parametrize("changes", [{"nonce": "other"}, {"audience": "other"}])
def test_a_key_binding_in_a_presentation_is_for_that_presentation(
    changes: dict[str, str],
) -> None:
    shown = presented(bound(selective(), **changes))
    assert {place for _, _, place in codes(verified(shown, **ASKED))} == {
        "$.verifiableCredential[0].kb_jwt." + ("nonce" if "nonce" in changes else "aud")
    }
    assert verified(shown)


# Proofs inside of an envelope


def around(document: dict[str, Any], typ: str, controller: Any = BOARD) -> str:
    made = token(document, controller, typ=typ)
    return f"{made}~" if typ == "vc+sd-jwt" else made


@pytest.mark.parametrize("securing", ["vc+jwt", "vc+sd-jwt"])
def test_a_proof_inside_of_an_envelope_has_to_hold_as_well(securing: str) -> None:
    honest = signed(plain())
    assert verified(around(honest, securing))
    broken = {**honest, "id": "urn:x:other"}
    assert codes(verified(around(broken, securing))) == [
        ("proof", "PROOF_VERIFICATION_ERROR", "$.proof")
    ]


def test_whose_key_made_the_proof_inside_is_found_as_well() -> None:
    did = "did:web:board.example"
    web = Controller(verification_method=f"{did}#key-1", signer=BOARD.signer)
    both = {**plain(), "proof": signed(plain(web), controller=web)["proof"]}
    [need] = needs_of(
        open_document(around(both, "vc+jwt")), contexts=contexts(), status=False
    )
    assert need.url == "https://board.example/.well-known/did.json"


def test_an_envelope_is_its_owners_whoever_made_the_proof_inside() -> None:
    honest = signed(plain())
    token = around(honest, "vc+jwt", controller=STRANGER)
    assert codes(verified(token)) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]


# Presentations in SD-JWTs


@pytest.mark.parametrize("securing", ["vp+jwt", "vp+sd-jwt"])
def test_a_presentation_as_a_token(securing: str) -> None:
    made = present(
        [signed(plain()), selective(), token(plain())],
        DOCTOR,
        challenge=CHALLENGE,
        domain=DOMAIN,
        securing=securing,
        at=MADE,
    )
    assert verified(made, **ASKED, holder_binding=True)
    for asked in ({"challenge": "x"}, {"domain": "x"}):
        assert not verified(made, **{**ASKED, **asked})


def test_a_presentation_in_an_sd_jwt_answers_and_is_for_somebody() -> None:
    for claims, code in (
        ({"nonce": None}, "INVALID_CHALLENGE_ERROR"),
        ({"nonce": "other"}, "INVALID_CHALLENGE_ERROR"),
        ({"aud": None}, "INVALID_DOMAIN_ERROR"),
        ({"aud": [DOMAIN, "https://other.example"]}, "INVALID_DOMAIN_ERROR"),
    ):
        answer = verified(one_vp_sd_jwt(signed(plain()), **claims), **ASKED)
        assert [one for _, one, _ in codes(answer)] == [code]


CNF: Final = {"jwk": DOCTOR.signer.public_key.to_jwk()}


def with_binding(text: str, holder: Any = DOCTOR, **changes: Any) -> str:
    claims = {"nonce": CHALLENGE, "aud": DOMAIN, "iat": SECONDS, **changes}
    return text + sign_key_binding(
        text, holder.signer, claims=claims, hash_alg="sha-256"
    )


def test_its_key_binding_may_answer_for_it() -> None:
    text = one_vp_sd_jwt(signed(plain()), nonce=None, aud=None, cnf=CNF)
    answer = verified(with_binding(text), **ASKED)
    assert answer
    assert results(answer, "key-binding") == ["pass"]
    # Without its key binding it answers nothing.
    assert [one for _, one, _ in codes(verified(text, **ASKED))] == [
        "INVALID_CHALLENGE_ERROR",
        "INVALID_DOMAIN_ERROR",
    ]


def test_both_answer_the_same_question() -> None:
    text = one_vp_sd_jwt(signed(plain()), cnf=CNF)
    assert verified(with_binding(text), **ASKED)
    replayed = one_vp_sd_jwt(
        signed(plain()), nonce="old", aud="https://other.example", cnf=CNF
    )
    found = {code for _, code, _ in codes(verified(with_binding(replayed), **ASKED))}
    assert found == {"INVALID_CHALLENGE_ERROR", "INVALID_DOMAIN_ERROR"}
    for changes in ({"nonce": "old"}, {"aud": "https://other.example"}):
        assert not verified(with_binding(text, **changes), **ASKED)


def test_a_key_binding_by_somebody_else_is_refused_though_nobody_asked() -> None:
    text = one_vp_sd_jwt(signed(plain()), cnf=CNF)
    for forged in (
        with_binding(text, STRANGER),
        with_binding(text)[:-6] + "AAAAAA",
        text
        + with_binding(one_vp_sd_jwt(signed(plain()), cnf=CNF, x=1)).rpartition("~")[2],
    ):
        answer = verified(forged)
        assert [name for name, _, _ in codes(answer)] == ["key-binding"]
    unbound = one_vp_sd_jwt(signed(plain()))
    assert codes(verified(with_binding(unbound))) == [
        ("parse", "HOLDER_BINDING_ERROR", "$.cnf")
    ]
    weird = with_binding(text, nonce=7)
    assert not verified(weird, **ASKED)


def test_a_kind_that_its_typ_does_not_name() -> None:
    document = presented(signed(plain()))
    del document["proof"]
    for payload, typ in ((document, "vc+sd-jwt"), (plain(), "vp+sd-jwt")):
        text = f"{token(payload, DOCTOR, typ=typ)}~"
        assert codes(verified(text)) == [("parse", "MALFORMED_VALUE_ERROR", "$.type")]


def test_an_envelope_inside_of_a_token_is_no_credential() -> None:
    inner = enveloped(token(plain()))
    for text in (
        f"{token(inner, typ='vc+sd-jwt')}~",
        token({"iss": BOARD.did, "vc": inner}, typ="JWT"),
    ):
        [found] = codes(verified(text))
        assert found[:2] == ("parse", "MALFORMED_VALUE_ERROR")


# A status list that its host may cut


def status_list(*pointers: str) -> str:
    draft = payload_of_list()
    return issue_sd_jwt(draft, BOARD, disclosable=pointers, at=MADE)


def payload_of_list() -> dict[str, Any]:
    made = world.status_list()
    del made["proof"]
    made["credentialSubject"]["ttl"] = 1000
    return made


def test_a_status_list_is_shown_whole() -> None:
    text = signed(plain(credentialStatus=world.entry()))
    hidden = status_list("/credentialSubject/ttl")
    cut = sd_jwt.present(hidden, disclose=[])
    assert verified(text, known={world.REVOCATIONS: hidden})
    answer = verified(text, known={world.REVOCATIONS: cut})
    assert codes(answer) == [
        ("status", "STATUS_VERIFICATION_ERROR", "$.credentialStatus")
    ]


def test_a_derived_status_list_is_no_list() -> None:
    board = Controller.did_key(world.key("p256 board", KeyKind.P256))
    text = token(plain(board, credentialStatus=world.entry()), board)
    draft = {**payload_of_list(), "issuer": board.did}
    whole = issue(draft, board, securing="ecdsa-rdfc-2019", at=MADE)
    base = world.as_object(issue(draft, board, securing="ecdsa-sd-2023", at=MADE))
    bits = [f"/credentialSubject/{name}" for name in ("encodedList", "statusPurpose")]
    ttl = "/credentialSubject/ttl"
    early = NOW.plus(-30)
    stale = ("status", "STATUS_STALE", "$.credentialStatus.statusListCredential")
    unreliable = ("status", "STATUS_VERIFICATION_ERROR", "$.credentialStatus")
    for listed, told in (
        (whole, stale),
        (derive(base, bits), unreliable),  # nobody sees that it was to end
        (derive(base, [*bits, ttl]), unreliable),
    ):
        answer = verified(text, known={world.REVOCATIONS: listed}, seen=early)
        assert codes(answer) == [told]


def test_a_list_is_issued_as_it_is_read() -> None:
    assert payload_of(status_list())["credentialSubject"]["ttl"] == 1000
