"""Presenting: to one verifier, in answer to one challenge; or not signed at all."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.errors import ConfigurationError, ProofGenerationError, SignerError
from medid.issuing import Controller, issue, issue_sd_jwt, present, present_sd_jwt
from medid.keys import KeyKind, PrivateKey
from medid.securing.cose import vc_cose
from tests.issuing.test_issue import counting
from tests.support import examples
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOCTOR,
    DOMAIN,
    MADE,
    P256,
    P384,
    STRANGER,
    VCT,
    enveloped,
    plain,
    signed,
    token,
    verified,
)

SD_JWT = issue_sd_jwt(
    {"vct": VCT, "given_name": "A", "sub": DOCTOR.did},
    BOARD,
    disclosable=["/given_name"],
    holder_key=DOCTOR.signer.public_key,
    at=MADE,
)
CREDENTIALS: dict[str, Any] = {
    "rdfc": signed(plain(id="urn:uuid:1")),
    "jcs": issue(plain(id="urn:uuid:2"), BOARD, securing="eddsa-jcs-2022", at=MADE),
    "jwt": issue(plain(id="urn:uuid:3"), BOARD, securing="vc+jwt", at=MADE),
    "p256": issue(plain(P256, id="urn:uuid:4"), P256, securing="vc+jwt", at=MADE),
    "cose": issue(plain(id="urn:uuid:6"), BOARD, securing="vc+cose", at=MADE),
    "p384": issue(plain(P384, id="urn:uuid:7"), P384, securing="vc+cose", at=MADE),
    "sd-jwt": SD_JWT,
    "document": issue_sd_jwt(
        plain(id="urn:uuid:6"),
        BOARD,
        disclosable=["/credentialSubject/alumniOf"],
        holder_key=DOCTOR.signer.public_key,
        at=MADE,
    ),
    "enveloped": enveloped(token(plain(id="urn:uuid:5"))),
}
ALL = ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vp+jwt", "vp+sd-jwt", "vp+cose"]


@given(
    st.lists(st.sampled_from(sorted(CREDENTIALS)), min_size=1, max_size=4, unique=True),
    st.sampled_from(ALL),
    st.none() | st.text("abc-é", min_size=1, max_size=9),
    st.none() | st.text("abc-é", min_size=1, max_size=9),
)
@settings(max_examples=examples(60))
def test_whatever_is_presented_verifies(
    names: list[str], securing: str, challenge: str | None, domain: str | None
) -> None:
    credentials = [CREDENTIALS[name] for name in names]
    before = deepcopy(credentials)
    document = present(
        credentials,
        DOCTOR,
        challenge=challenge,
        domain=domain,
        securing=securing,
        at=MADE,
    )
    assert credentials == before
    answer = verified(document, challenge=challenge, domain=domain, holder_binding=True)
    assert answer, world.codes(answer)


@pytest.mark.parametrize("controller", [P256, world.JWK])
def test_a_holder_may_have_another_kind_of_key(controller: Controller) -> None:
    subject = {"id": controller.did, "alumniOf": "x"}
    credential = signed(plain(credentialSubject=subject))
    document = present(
        [credential],
        controller,
        challenge=CHALLENGE,
        domain=DOMAIN,
        securing="vp+jwt",
        at=MADE,
    )
    assert verified(document, challenge=CHALLENGE, domain=DOMAIN, holder_binding=True)


def test_each_presentation_has_an_id_of_its_own() -> None:
    one, other = world.presented(), world.presented()
    assert one["id"].startswith("urn:uuid:")
    assert one["id"] != other["id"]
    fixed = [world.presented(entropy=lambda size: bytes(range(size))) for _ in range(2)]
    assert fixed[0] == fixed[1]


def test_without_an_instant_the_present_is_stated() -> None:
    document = present([signed(plain())], DOCTOR, challenge=None, domain=None)
    assert world.as_object(document)["proof"]["created"] > "2025"
    assert "challenge" not in world.as_object(document)["proof"]


# Guards.

PLACE = "$.verifiableCredential[0]"


@pytest.mark.parametrize("securing", ALL)
@pytest.mark.parametrize(
    ("credential", "path"),
    [
        (plain(), PLACE),
        ({**signed(plain()), "proof": []}, PLACE),
        ({"type": "VerifiableCredential"}, PLACE),
        ({"x": {1, 2}}, "$.x"),
        ("", PLACE),
        ("garbage", PLACE),
        ("a.b.c", PLACE),
        (b"", PLACE),
        (b"garbage", PLACE),
        (b"\xd2\x84\x40\xa0\x40\x40", PLACE),
        (
            vc_cose.write(
                {k: v for k, v in world.presented().items() if k != "proof"},
                world.key("doctor"),
                kid=DOCTOR.verification_method,
                typ="vp+cose",
            ),
            f"{PLACE}.id",
        ),
        ("a~b", PLACE),
        (
            token(
                {k: v for k, v in world.presented().items() if k != "proof"},
                DOCTOR,
                typ="vp+jwt",
            ),
            f"{PLACE}.id",
        ),
        (token({"vct": VCT, "iss": BOARD.did}, typ="dc+sd-jwt"), PLACE),
        (world.presented(), PLACE),
    ],
)
def test_what_would_be_refused_is_not_presented(
    credential: Any, path: str, securing: str
) -> None:
    signer, controller = counting("doctor")
    before = deepcopy(credential)
    with pytest.raises(ProofGenerationError) as caught:
        present(
            [credential],
            controller,
            challenge=CHALLENGE,
            domain=DOMAIN,
            securing=securing,
            at=MADE,
        )
    assert caught.value.path.startswith(path)
    assert signer.calls == 0
    assert credential == before


def test_a_second_credential_is_checked_like_the_first() -> None:
    with pytest.raises(ProofGenerationError) as caught:
        world.presented(signed(plain()), plain())
    assert caught.value.path.startswith("$.verifiableCredential[1]")


@pytest.mark.parametrize("securing", ALL)
@pytest.mark.parametrize("given_", [{"challenge": ""}, {"domain": ""}])
def test_an_empty_challenge_or_domain_is_not_signed(
    securing: str, given_: dict[str, str]
) -> None:
    options: dict[str, Any] = {"challenge": CHALLENGE, "domain": DOMAIN, **given_}
    with pytest.raises(ProofGenerationError):
        present([signed(plain())], DOCTOR, securing=securing, at=MADE, **options)


def test_nothing_is_presented_by_presenting_nothing() -> None:
    with pytest.raises(ConfigurationError) as caught:
        present([], DOCTOR, challenge=CHALLENGE, domain=DOMAIN)
    assert caught.value.path == "$.verifiableCredential"


@pytest.mark.parametrize(
    ("controller", "securing"),
    [(P256, "eddsa-rdfc-2022"), (DOCTOR, "vc+jwt"), (DOCTOR, "none")],
)
def test_a_key_presents_with_mechanisms_of_its_kind_only(
    controller: Controller, securing: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        present(
            [signed(plain())],
            controller,
            challenge=None,
            domain=None,
            securing=securing,
        )
    assert caught.value.path == "$.securing"


def test_a_holder_presents_with_its_own_key_only() -> None:
    foreign = Controller(
        verification_method=DOCTOR.verification_method, signer=STRANGER.signer
    )
    with pytest.raises(ConfigurationError) as caught:
        present([signed(plain())], foreign, challenge=None, domain=None)
    assert caught.value.path == "$.verificationMethod"


def test_a_signer_that_fails_leaves_nothing() -> None:
    _, controller = counting("doctor", refuses=True)
    for securing in ALL:
        with pytest.raises(SignerError):
            present(
                [signed(plain())],
                controller,
                challenge=None,
                domain=None,
                securing=securing,
            )
    with pytest.raises(SignerError):
        present_sd_jwt(
            SD_JWT, controller.signer, disclose=[], nonce="n", audience="a", at=MADE
        )


# SD-JWT.


def test_only_what_is_pointed_to_is_disclosed() -> None:
    for disclose in ([], ["/given_name"]):
        text = present_sd_jwt(
            SD_JWT, None, disclose=disclose, nonce=None, audience=None
        )
        assert text.count("~") == len(disclose) + 1
        assert verified(text)


def test_a_key_binding_without_an_instant_is_of_the_present() -> None:
    text = present_sd_jwt(
        SD_JWT, DOCTOR.signer, disclose=[], nonce=CHALLENGE, audience=DOMAIN
    )
    claims = world.payload_of(text.rpartition("~")[2])
    assert claims["iat"] > 1_750_000_000
    assert (claims["nonce"], claims["aud"]) == (CHALLENGE, DOMAIN)


@pytest.mark.parametrize(
    ("text", "holder", "disclose", "nonce"),
    [
        (SD_JWT, DOCTOR.signer, ["/absent"], CHALLENGE),
        (SD_JWT, DOCTOR.signer, ["given_name"], CHALLENGE),
        (SD_JWT, STRANGER.signer, [], CHALLENGE),
        (SD_JWT, DOCTOR.signer, [], None),
        (SD_JWT, DOCTOR.signer, [], ""),
        (SD_JWT, None, [], CHALLENGE),
        ("garbage", None, [], None),
        (SD_JWT[:-5], None, [], None),
        ("\ud800~", None, [], None),
    ],
)
def test_an_sd_jwt_that_would_be_refused_is_not_presented(
    text: str, holder: Any, disclose: list[str], nonce: str | None
) -> None:
    with pytest.raises(ProofGenerationError):
        present_sd_jwt(
            text,
            holder,
            disclose=disclose,
            nonce=nonce,
            audience=DOMAIN if nonce is not None else None,
            at=MADE,
        )


@pytest.mark.parametrize("securing", ALL)
def test_a_credential_in_other_words_is_not_presented(securing: str) -> None:
    subject = {"@id": DOCTOR.did, "alumniOf": "x"}
    credential = {**signed(plain()), "credentialSubject": subject}
    signer, controller = counting("doctor")
    with pytest.raises(ProofGenerationError):
        present(
            [credential], controller, challenge=None, domain=None, securing=securing
        )
    assert signer.calls == 0


def test_a_holder_with_an_ml_dsa_key_is_asked_for() -> None:
    holder = PrivateKey.generate(KeyKind.ML_DSA_44)
    claims = {"vct": VCT, "given_name": "A"}
    bound = issue_sd_jwt(
        claims, BOARD, disclosable=[], holder_key=holder.public_key, at=MADE
    )
    asked: dict[str, Any] = {"disclose": [], "nonce": CHALLENGE, "audience": DOMAIN}
    with pytest.raises(ConfigurationError, match="ML-DSA"):
        present_sd_jwt(bound, holder, **asked, at=MADE)
    shown = present_sd_jwt(bound, holder, **asked, at=MADE, allow_ml_dsa=True)
    assert verified(
        shown, challenge=CHALLENGE, domain=DOMAIN, key_binding=True, ml_dsa_tokens=True
    )
