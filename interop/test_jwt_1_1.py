"""JWTs of VCDM 1.1 beside didkit and openvc-core, in both directions."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import didkit
import pytest
from openvc.keys import Ed25519SigningKey, P256SigningKey, P384SigningKey
from openvc.proof.vc_jwt import ProofError, VcJwtProofSuite
from openvc.proof.vp_jwt import VpJwtProofSuite

from interop.peers import (
    CHALLENGE,
    DAY,
    DOMAIN,
    did_key,
    did_key_method,
    now,
    verify,
    written,
)
from medid.issuing import Controller, issue, present
from medid.keys import KeyKind, PrivateKey
from medid.securing.jose import jwt_vc_1_1

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

V1: Final = "https://www.w3.org/2018/credentials/v1"
ASKED: Final = ("--nonce", CHALLENGE, "--audience", DOMAIN, "--require-holder-binding")
OPENVC: Final[dict[KeyKind, Any]] = {
    KeyKind.ED25519: Ed25519SigningKey,
    KeyKind.P256: P256SigningKey,
    KeyKind.P384: P384SigningKey,
}
DIDKIT: Final = (KeyKind.ED25519, KeyKind.P256)


@pytest.fixture(params=list(OPENVC), ids=str)
def key(request: pytest.FixtureRequest) -> PrivateKey:
    return PrivateKey.generate(request.param)


@pytest.fixture(params=DIDKIT, ids=str)
def known_key(request: pytest.FixtureRequest) -> PrivateKey:
    """A key of a kind that didkit signs with."""
    return PrivateKey.generate(request.param)


def credential(key: PrivateKey, subject: PrivateKey, **members: Any) -> dict[str, Any]:
    """A draft of version 1.1; ``None`` removes a member."""
    draft = {
        "@context": [V1],
        "id": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
        "type": ["VerifiableCredential"],
        "issuer": did_key(key),
        "issuanceDate": str(now().plus(-DAY)),
        "expirationDate": str(now().plus(DAY)),
        "credentialSubject": {"id": did_key(subject)},
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def options(key: PrivateKey, purpose: str, **members: str) -> str:
    """What didkit is asked for."""
    return json.dumps(
        {
            "proofFormat": "jwt",
            "verificationMethod": did_key_method(key),
            "proofPurpose": purpose,
            **members,
        }
    )


def run(question: Coroutine[Any, Any, str]) -> str:
    async def asked() -> str:
        return await question

    return asyncio.run(asked())


def jwk(key: PrivateKey) -> str:
    return json.dumps(key.to_jwk())


def by_didkit(draft: dict[str, Any], key: PrivateKey) -> str:
    asked = options(key, "assertionMethod")

    async def signed() -> str:
        return str(await didkit.issue_credential(json.dumps(draft), asked, jwk(key)))

    return run(signed())


def checked_by_didkit(token: str) -> dict[str, Any]:
    async def verified() -> str:
        return str(await didkit.verify_credential(token, '{"proofFormat":"jwt"}'))

    return dict(json.loads(run(verified())))


def signer(key: PrivateKey) -> Any:
    return OPENVC[key.kind].from_jwk(dict(key.to_jwk()), did_key_method(key))


class TestDidkitSigns:
    def test_its_credential_is_verified(
        self, known_key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        draft = credential(known_key, practitioner)
        token = by_didkit(draft, known_key)
        assert jwt_vc_1_1.read(token).document == draft
        answer = verify(written(tmp_path, "x.jwt", token))
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body

    def test_its_presentation_is_verified(
        self, known_key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        token = by_didkit(credential(known_key, practitioner), known_key)
        presentation = {
            "@context": [V1],
            "type": ["VerifiablePresentation"],
            "holder": did_key(practitioner),
            "verifiableCredential": token,
        }
        asked = options(
            practitioner, "authentication", challenge=CHALLENGE, domain=DOMAIN
        )

        async def signed() -> str:
            document = json.dumps(presentation)
            return str(
                await didkit.issue_presentation(document, asked, jwk(practitioner))
            )

        file = written(tmp_path, "x.jwt", run(signed()))
        answer = verify(file, *ASKED)
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body
        other = verify(file, "--nonce", "another", *ASKED[2:])
        assert (other.status, other.codes) == (1, ["INVALID_CHALLENGE_ERROR"])

    def test_a_signature_of_another_key_is_refused(
        self, known_key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        draft, other = (
            credential(known_key, practitioner),
            PrivateKey.generate(known_key.kind),
        )
        head, payload, _ = by_didkit(draft, known_key).split(".")
        foreign = credential(other, practitioner)
        signature = by_didkit(foreign, other).split(".")[2]
        answer = verify(written(tmp_path, "x.jwt", f"{head}.{payload}.{signature}"))
        assert (answer.status, answer.codes) == (1, ["PROOF_VERIFICATION_ERROR"])


class TestOpenvcSigns:
    def test_its_credential_is_verified(
        self, key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        # It takes the present for nbf, so the member that nbf stands for is left out.
        draft = credential(key, practitioner, issuanceDate=None, expirationDate=None)
        token = VcJwtProofSuite().sign(
            draft, signing_key=signer(key), expires_in_s=3_600
        )
        answer = verify(written(tmp_path, "x.jwt", token))
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body
        document = jwt_vc_1_1.read(token).document
        assert {**draft, **document} == document
        assert {"issuanceDate", "expirationDate"} <= document.keys()

    def test_a_date_that_it_contradicts_is_refused(
        self, key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        draft = credential(key, practitioner)
        token = VcJwtProofSuite().sign(draft, signing_key=signer(key))
        answer = verify(written(tmp_path, "x.jwt", token))
        assert (answer.status, answer.codes) == (1, ["MALFORMED_VALUE_ERROR"])


class TestMedidSigns:
    def token(self, key: PrivateKey, practitioner: PrivateKey) -> str:
        draft = credential(key, practitioner)
        by = Controller.did_key(key)
        return str(issue(draft, by, securing="JWT", at=now()))

    def test_didkit_verifies_the_credential(
        self, known_key: PrivateKey, practitioner: PrivateKey
    ) -> None:
        token = self.token(known_key, practitioner)
        assert checked_by_didkit(token)["errors"] == []
        head, payload, signature = token.split(".")
        tampered = f"{head}.{payload}.{signature[:-4]}AAAA"
        assert checked_by_didkit(tampered)["errors"] != []

    def test_didkit_verifies_the_presentation(
        self, known_key: PrivateKey, practitioner: PrivateKey
    ) -> None:
        shown = present(
            [self.token(known_key, practitioner)],
            Controller.did_key(practitioner),
            challenge=CHALLENGE,
            domain=DOMAIN,
            securing="JWT",
            at=now(),
        )

        async def verified(challenge: str) -> str:
            asked = {"proofFormat": "jwt", "challenge": challenge, "domain": DOMAIN}
            found = await didkit.verify_presentation(str(shown), json.dumps(asked))
            return str(found)

        assert json.loads(run(verified(CHALLENGE)))["errors"] == []
        assert json.loads(run(verified("another")))["errors"] != []

    def test_openvc_verifies_the_credential(
        self, key: PrivateKey, practitioner: PrivateKey
    ) -> None:
        token = self.token(key, practitioner)
        suite = VcJwtProofSuite()
        found = suite.verify(token, public_key_jwk=dict(key.public_key.to_jwk()))
        assert found.issuer == did_key(key)
        assert found.subject == did_key(practitioner)
        assert found.credential == credential(key, practitioner) | {
            name: found.credential[name] for name in ("issuanceDate", "expirationDate")
        }
        other = PrivateKey.generate(key.kind).public_key
        with pytest.raises(ProofError):
            suite.verify(token, public_key_jwk=dict(other.to_jwk()))

    def test_openvc_verifies_the_presentation(
        self, key: PrivateKey, practitioner: PrivateKey
    ) -> None:
        shown = present(
            [self.token(key, practitioner)],
            Controller.did_key(practitioner),
            challenge=CHALLENGE,
            domain=DOMAIN,
            securing="JWT",
            at=now(),
        )
        found = VpJwtProofSuite().verify(
            str(shown), audience=DOMAIN, nonce=CHALLENGE, require_holder_binding=True
        )
        assert found.holder == did_key(practitioner)
        assert len(found.credentials) == 1
        with pytest.raises(ProofError):
            VpJwtProofSuite().verify(str(shown), audience=DOMAIN, nonce="another")
