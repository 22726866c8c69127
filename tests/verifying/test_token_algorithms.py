"""Tokens with the algorithms that issuers have, and ML-DSA behind its switch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from medid.core import base64url
from medid.dids.methods import web as did_web
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, WeakCryptography
from medid.issuing import (
    Controller,
    issue,
    issue_sd_jwt,
    new_list,
    present,
    present_sd_jwt,
    set_status,
)
from medid.keys import KeyKind
from medid.verifying.judging import Expectations
from tests.keys.strategies import rsa_private, rsa_public
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DOMAIN,
    MADE,
    P256,
    REVOCATIONS,
    VCT,
    WEB,
    WEB_URL,
    codes,
    entry,
    plain,
    signed,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.verifying.checks import Verification

PQ_44 = Controller.did_key(world.key("pq", KeyKind.ML_DSA_44))
PQ_65 = Controller.did_key(world.key("pq", KeyKind.ML_DSA_65))
SECP256K1 = Controller.did_key(world.key("k1", KeyKind.SECP256K1))
WEAK = "CRYPTOGRAPHIC_SECURITY_ERROR"
CLAIMS = {"vct": VCT, "given_name": "A"}


def refused_by_the_switch(answer: Verification, check: str, path: str) -> None:
    assert codes(answer) == [(check, WEAK, path)]
    (error,) = answer.errors
    assert isinstance(error, WeakCryptography)
    assert "ml_dsa_tokens=True" in error.fix
    assert "--allow-ml-dsa" in error.fix


# Other curves, and RSA.


def test_a_credential_with_es256k_verifies() -> None:
    document = issue(plain(SECP256K1), SECP256K1, securing="vc+jwt", at=MADE)
    assert verified(document)
    shown = present(
        [document],
        SECP256K1,
        challenge=CHALLENGE,
        domain=DOMAIN,
        securing="vp+jwt",
        at=MADE,
    )
    assert verified(shown, challenge=CHALLENGE, domain=DOMAIN)


def rsa_board(**members: str) -> dict[str, Any]:
    """A did:web that publishes the RSA key of a board."""
    method = {
        "id": WEB.verification_method,
        "type": "JsonWebKey",
        "controller": WEB.did,
        "publicKeyJwk": {**rsa_public(rsa_private()).to_jwk(), **members},
    }
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/jwk/v1",
        ],
        "id": WEB.did,
        "verificationMethod": [method],
        "assertionMethod": [WEB.verification_method],
    }


def rsa_credential(alg: str) -> str:
    """As a board signs that has RSA keys, by other means than medid."""
    schemes: dict[str, padding.AsymmetricPadding] = {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32),
    }
    header = {"alg": alg, "kid": WEB.verification_method, "typ": "vc+jwt"}
    parts = [json.dumps(one).encode() for one in (header, plain(WEB))]
    signing_input = ".".join(map(base64url.encode, parts))
    signature = rsa_private().sign(
        signing_input.encode(), schemes[alg], hashes.SHA256()
    )
    return f"{signing_input}.{base64url.encode(signature)}"


@pytest.mark.parametrize(("alg", "other"), [("RS256", "PS256"), ("PS256", "RS256")])
def test_a_credential_of_a_board_with_rsa_verifies(alg: str, other: str) -> None:
    document = rsa_credential(alg)
    assert verified(document, known={WEB_URL: rsa_board()})
    assert verified(document, known={WEB_URL: rsa_board(alg=alg)})
    answer = verified(document, known={WEB_URL: rsa_board(alg=other)})
    assert codes(answer) == [("proof", WEAK, "$.alg")]
    answer = verified(document, known={WEB_URL: rsa_board(use="enc")})
    assert codes(answer) == [("proof", "INVALID_VERIFICATION_METHOD", "$.kid.use")]


# ML-DSA stands behind its switch.


@pytest.mark.parametrize("board", [PQ_44, PQ_65])
def test_a_credential_signed_with_ml_dsa(board: Controller) -> None:
    document = issue(plain(board), board, securing="vc+jwt", at=MADE, allow_ml_dsa=True)
    assert verified(document, ml_dsa_tokens=True)
    refused_by_the_switch(verified(document), "proof", "$.alg")


@pytest.mark.parametrize("board", [PQ_44, PQ_65])
def test_an_sd_jwt_signed_with_ml_dsa(board: Controller) -> None:
    text = issue_sd_jwt(
        CLAIMS, board, disclosable=["/given_name"], at=MADE, allow_ml_dsa=True
    )
    assert verified(text, vct=VCT, ml_dsa_tokens=True)
    answer = verified(text)
    refused_by_the_switch(answer, "proof", "$.alg")


@pytest.mark.parametrize("holder", [PQ_44, PQ_65])
def test_a_presentation_signed_with_ml_dsa(holder: Controller) -> None:
    document = present(
        [signed(plain())],
        holder,
        challenge=CHALLENGE,
        domain=DOMAIN,
        securing="vp+jwt",
        at=MADE,
        allow_ml_dsa=True,
    )
    asked: dict[str, Any] = {"challenge": CHALLENGE, "domain": DOMAIN}
    assert verified(document, **asked, ml_dsa_tokens=True)
    refused_by_the_switch(verified(document, **asked), "proof", "$.alg")


def test_a_credential_with_ml_dsa_inside_of_a_presentation() -> None:
    inner = issue(plain(PQ_44), PQ_44, securing="vc+jwt", at=MADE, allow_ml_dsa=True)
    document = world.presented(inner)
    assert verified(document, ml_dsa_tokens=True)
    answer = verified(document)
    refused_by_the_switch(answer, "proof", "$.verifiableCredential[0].alg")


@pytest.mark.parametrize("holder", [PQ_44, PQ_65])
def test_a_key_binding_signed_with_ml_dsa(holder: Controller) -> None:
    text = issue_sd_jwt(
        CLAIMS,
        BOARD,
        disclosable=["/given_name"],
        holder_key=holder.signer.public_key,
        at=MADE,
    )
    bound = present_sd_jwt(
        text,
        holder.signer,
        disclose=[],
        nonce=CHALLENGE,
        audience=DOMAIN,
        at=MADE,
        allow_ml_dsa=True,
    )
    asked: dict[str, Any] = {
        "challenge": CHALLENGE,
        "domain": DOMAIN,
        "key_binding": True,
    }
    assert verified(bound, **asked, ml_dsa_tokens=True)
    answer = verified(bound, **asked)
    refused_by_the_switch(answer, "key-binding", "$.kb_jwt.alg")


def test_a_status_list_signed_with_ml_dsa() -> None:
    signer = world.key("pq", KeyKind.ML_DSA_44)
    board = Controller(verification_method=f"{WEB.did}#pq", signer=signer)
    published = did_web.document(
        Did.parse(WEB.did),
        [
            did_web.NamedKey(fragment="key-1", key=WEB.signer.public_key),
            did_web.NamedKey(fragment="pq", key=signer.public_key),
        ],
    )
    document = signed(plain(WEB, credentialStatus=entry()), WEB)
    options: dict[str, Any] = {
        "securing": "vc+jwt",
        "at": MADE,
        "allow_ml_dsa": True,
    }
    made = new_list(REVOCATIONS, "revocation", board, **options)
    known = {WEB_URL: published, REVOCATIONS: made}
    assert verified(document, known=known, ml_dsa_tokens=True)
    answer = verified(document, known=known)
    assert codes(answer) == [
        ("status", "STATUS_VERIFICATION_ERROR", "$.credentialStatus")
    ]
    (error,) = answer.errors
    assert WEAK in error.message
    assert "ml_dsa_tokens=True" in error.fix
    # A list that is changed later is signed under the same rule.
    payload = world.payload_of(world.as_text(made))
    changed = set_status(payload, world.INDEX, board, **options)
    revoked = verified(
        document, known={**known, REVOCATIONS: changed}, ml_dsa_tokens=True
    )
    assert codes(revoked) == [("status", "REVOKED", "$.credentialStatus")]


def test_the_switch_changes_nothing_for_other_algorithms() -> None:
    wrong = world.token(plain(P256), P256)
    head, body, signature = wrong.split(".")
    header = json.loads(base64url.decode(head))
    for alg in ("EdDSA", "ES256K"):
        changed = base64url.encode(json.dumps({**header, "alg": alg}).encode())
        answer = verified(f"{changed}.{body}.{signature}", ml_dsa_tokens=True)
        assert codes(answer) == [("proof", WEAK, "$.alg")]
        assert "--allow-ml-dsa" not in answer.errors[0].fix


@pytest.mark.parametrize("switch", ["yes", "false", 1, None])
def test_the_switch_is_on_or_off(switch: Any) -> None:
    with pytest.raises(ConfigurationError, match="True") as caught:
        Expectations(ml_dsa_tokens=switch)
    assert caught.value.path == "$.ml_dsa_tokens"
    for name in ("issuer_signs", "unsigned_presentations", "key_binding"):
        with pytest.raises(ConfigurationError, match="True") as caught:
            Expectations(**{name: switch})
        assert caught.value.path == f"$.{name}"


# Nothing is signed that would be refused.


SIGNINGS: list[Callable[[], object]] = [
    lambda: issue(plain(PQ_44), PQ_44, securing="vc+jwt", at=MADE),
    lambda: issue_sd_jwt(CLAIMS, PQ_65, disclosable=[], at=MADE),
    lambda: present(
        [signed(plain())],
        PQ_44,
        challenge=CHALLENGE,
        domain=DOMAIN,
        securing="vp+jwt",
        at=MADE,
    ),
    lambda: present_sd_jwt(
        issue_sd_jwt(
            CLAIMS,
            BOARD,
            disclosable=[],
            holder_key=PQ_44.signer.public_key,
            at=MADE,
        ),
        PQ_44.signer,
        disclose=[],
        nonce=CHALLENGE,
        audience=DOMAIN,
        at=MADE,
    ),
    lambda: new_list(REVOCATIONS, "revocation", PQ_44, securing="vc+jwt", at=MADE),
]


@pytest.mark.parametrize("sign", SIGNINGS)
def test_no_token_is_signed_with_ml_dsa_by_default(sign: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError, match="refuse tokens") as caught:
        sign()
    assert "allow_ml_dsa=True" in caught.value.fix


def test_the_switch_is_for_tokens_and_opens_no_suite() -> None:
    with pytest.raises(ConfigurationError, match="cannot sign"):
        issue(plain(PQ_44), PQ_44, at=MADE, allow_ml_dsa=True)


def test_without_a_holder_no_key_binding_is_asked_for() -> None:
    text = issue_sd_jwt(CLAIMS, BOARD, disclosable=["/given_name"], at=MADE)
    shown = present_sd_jwt(
        text, None, disclose=["/given_name"], nonce=None, audience=None, at=MADE
    )
    assert verified(shown)


def test_a_signer_with_rsa_signs_no_token() -> None:
    class Hardware:
        public_key = rsa_public(rsa_private())

        @staticmethod
        def sign(message: bytes) -> bytes:
            return rsa_private().sign(message, padding.PKCS1v15(), hashes.SHA256())

    board = Controller.did_key(Hardware())
    with pytest.raises(ConfigurationError, match="RSA key cannot sign"):
        issue(plain(board), board, securing="vc+jwt", at=MADE)
    with pytest.raises(ConfigurationError, match="RSA key cannot sign"):
        issue_sd_jwt(CLAIMS, board, disclosable=[], at=MADE)
