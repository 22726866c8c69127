"""SD-JWTs with key binding beside PyPI sd-jwt and npm @sd-jwt; ES256 throughout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from interop.peers import (
    did_key,
    did_key_method,
    node,
    now,
    verify,
    written,
)
from medid.issuing import Controller, issue_sd_jwt, present_sd_jwt
from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from pathlib import Path

VCT: Final = "https://board.example/credentials/license"
NONCE: Final = "q83vEjRWeJCrze8SNFZ4kA"
AUDIENCE: Final = "https://gateway.hospital.example"
CLAIMS: Final = {"licenseNumber": "35.123456", "jurisdiction": "US-OH"}
ASKED: Final = ("--nonce", NONCE, "--audience", AUDIENCE, "--require-key-binding")


@pytest.fixture(scope="module")
def issuer() -> PrivateKey:
    return PrivateKey.generate(KeyKind.P256)


@pytest.fixture(scope="module")
def holder() -> PrivateKey:
    return PrivateKey.generate(KeyKind.P256)


def jwk(key: PrivateKey) -> JWK:
    return JWK.from_json(json.dumps(key.to_jwk()))


def payload(issuer: PrivateKey) -> dict[str, Any]:
    return {"iss": did_key(issuer), "vct": VCT, "iat": int(now().seconds)}


def from_pypi(issuer: PrivateKey, holder: PrivateKey) -> str:
    """Issued and presented by PyPI sd-jwt, with one of two claims disclosed."""
    hidden = {SDObj(name): value for name, value in CLAIMS.items()}
    issued = SDJWTIssuer(
        {**payload(issuer), **hidden},
        jwk(issuer),
        holder_key=jwk(holder),
        extra_header_parameters={"typ": "dc+sd-jwt", "kid": did_key_method(issuer)},
    )
    presented = SDJWTHolder(issued.sd_jwt_issuance)
    presented.create_presentation(
        {"jurisdiction": True},
        nonce=NONCE,
        aud=AUDIENCE,
        holder_key=jwk(holder),
    )
    return str(presented.sd_jwt_presentation)


def from_npm(issuer: PrivateKey, holder: PrivateKey) -> str:
    """Issued and presented by npm @sd-jwt, with one of two claims disclosed."""
    issued = node(
        "sd-jwt.mjs",
        "issue",
        {
            "payload": {
                **payload(issuer),
                "cnf": {"jwk": holder.public_key.to_jwk()},
                **CLAIMS,
            },
            "disclosable": list(CLAIMS),
            "header": {"kid": did_key_method(issuer)},
            "jwk": issuer.to_jwk(),
        },
    )
    presented = node(
        "sd-jwt.mjs",
        "present",
        {
            **issued,
            "disclose": {"jurisdiction": True},
            "holder": holder.to_jwk(),
            "keyBinding": {"iat": int(now().seconds), "aud": AUDIENCE, "nonce": NONCE},
        },
    )
    return str(presented["token"])


@pytest.mark.parametrize("made_by", [from_pypi, from_npm])
class TestThePeerPresents:
    def test_its_presentation_is_verified(
        self, made_by: Any, issuer: PrivateKey, holder: PrivateKey, tmp_path: Path
    ) -> None:
        file = written(tmp_path, "license.sd-jwt", made_by(issuer, holder))
        answer = verify(file, *ASKED, "--vct", VCT)
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body

    def test_another_nonce_is_refused(
        self, made_by: Any, issuer: PrivateKey, holder: PrivateKey, tmp_path: Path
    ) -> None:
        file = written(tmp_path, "license.sd-jwt", made_by(issuer, holder))
        answer = verify(file, "--nonce", "another", *ASKED[2:])
        assert (answer.status, answer.codes) == (1, ["INVALID_CHALLENGE_ERROR"])

    def test_a_key_binding_of_another_key_is_refused(
        self, made_by: Any, issuer: PrivateKey, holder: PrivateKey, tmp_path: Path
    ) -> None:
        stolen = made_by(issuer, holder).rpartition("~")[0]
        other = made_by(issuer, PrivateKey.generate(KeyKind.P256)).rpartition("~")[2]
        answer = verify(written(tmp_path, "x.sd-jwt", f"{stolen}~{other}"), *ASKED)
        assert answer.status == 1
        assert answer.body["verified"] is False


class TestMedidPresents:
    @pytest.fixture
    def presented(self, issuer: PrivateKey, holder: PrivateKey) -> str:
        issued = issue_sd_jwt(
            {"vct": VCT, **CLAIMS},
            Controller.did_key(issuer),
            disclosable=[f"/{name}" for name in CLAIMS],
            holder_key=holder.public_key,
            at=now(),
        )
        return present_sd_jwt(
            issued,
            holder,
            disclose=["/jurisdiction"],
            nonce=NONCE,
            audience=AUDIENCE,
            at=now(),
        )

    def test_pypi_verifies_it(self, presented: str, issuer: PrivateKey) -> None:
        public = JWK.from_json(json.dumps(issuer.public_key.to_jwk()))
        verifier = SDJWTVerifier(presented, lambda *_: public, AUDIENCE, NONCE)
        verified = verifier.get_verified_payload()
        assert verified["jurisdiction"] == CLAIMS["jurisdiction"]
        assert "licenseNumber" not in verified

    def test_pypi_refuses_another_nonce(
        self, presented: str, issuer: PrivateKey
    ) -> None:
        public = JWK.from_json(json.dumps(issuer.public_key.to_jwk()))
        with pytest.raises(ValueError, match="nonce"):
            SDJWTVerifier(presented, lambda *_: public, AUDIENCE, "another")

    def test_npm_verifies_it(self, presented: str, issuer: PrivateKey) -> None:
        request = {
            "token": presented,
            "jwk": issuer.public_key.to_jwk(),
            "now": int(now().seconds),
        }
        answer = node("sd-jwt.mjs", "verify", {**request, "nonce": NONCE})
        assert answer["verified"] is True, answer
        assert answer["payload"]["jurisdiction"] == CLAIMS["jurisdiction"]
        assert "licenseNumber" not in answer["payload"]
        other = node("sd-jwt.mjs", "verify", {**request, "nonce": "another"})
        assert other["verified"] is False


def document(issuer: PrivateKey, holder: PrivateKey) -> dict[str, Any]:
    """A credential of the data model, whose context defines the claim in it."""
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": did_key(issuer),
        "credentialSubject": {"id": did_key(holder), "name": "Dr. Chen"},
    }


class TestCredentialsOfTheDataModel:
    def test_pypi_issues_and_presents_one(
        self, issuer: PrivateKey, holder: PrivateKey, tmp_path: Path
    ) -> None:
        draft = document(issuer, holder)
        name = draft["credentialSubject"].pop("name")
        draft["credentialSubject"][SDObj("name")] = name
        issued = SDJWTIssuer(
            draft,
            jwk(issuer),
            holder_key=jwk(holder),
            extra_header_parameters={"typ": "vc+sd-jwt", "kid": did_key_method(issuer)},
        )
        for shown in ({}, {"credentialSubject": {"name": True}}):
            presented = SDJWTHolder(issued.sd_jwt_issuance)
            presented.create_presentation(
                shown, nonce=NONCE, aud=AUDIENCE, holder_key=jwk(holder)
            )
            text = str(presented.sd_jwt_presentation)
            answer = verify(written(tmp_path, "x.sd-jwt", text), *ASKED)
            assert (answer.status, answer.body["kind"]) == (0, "credential"), answer

    def test_pypi_verifies_one(self, issuer: PrivateKey, holder: PrivateKey) -> None:
        draft = document(issuer, holder)
        issued = issue_sd_jwt(
            draft,
            Controller.did_key(issuer),
            disclosable=["/credentialSubject/name"],
            holder_key=holder.public_key,
            at=now(),
        )
        public = JWK.from_json(json.dumps(issuer.public_key.to_jwk()))
        for disclose in ([], ["/credentialSubject/name"]):
            text = present_sd_jwt(
                issued,
                holder,
                disclose=disclose,
                nonce=NONCE,
                audience=AUDIENCE,
                at=now(),
            )
            verifier = SDJWTVerifier(text, lambda *_: public, AUDIENCE, NONCE)
            found = verifier.get_verified_payload()
            assert ("name" in found["credentialSubject"]) is bool(disclose)
            assert found["@context"] == draft["@context"]
