"""vc+jwt and vp+jwt beside npm jose and PyPI openvc-core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from openvc.keys import (
    Ed25519SigningKey,
    P256SigningKey,
    P384SigningKey,
    verify_signature,
)
from openvc.proof._jws import parse_compact, sign_compact

from interop.peers import (
    CHALLENGE,
    DOMAIN,
    did_key,
    did_key_method,
    draft,
    node,
    now,
    verify,
    written,
)
from medid.issuing import Controller, issue, present
from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from pathlib import Path

ALGORITHMS: Final = {
    KeyKind.ED25519: "EdDSA",
    KeyKind.P256: "ES256",
    KeyKind.P384: "ES384",
}
OPENVC: Final[dict[KeyKind, Any]] = {
    KeyKind.ED25519: Ed25519SigningKey,
    KeyKind.P256: P256SigningKey,
    KeyKind.P384: P384SigningKey,
}


@pytest.fixture(params=list(ALGORITHMS), ids=list(ALGORITHMS.values()))
def key(request: pytest.FixtureRequest) -> PrivateKey:
    return PrivateKey.generate(request.param)


def license_of(board: PrivateKey, practitioner: PrivateKey) -> dict[str, Any]:
    return draft("license", issuer=did_key(board), subject=did_key(practitioner))


def header(key: PrivateKey) -> dict[str, str]:
    return {
        "alg": ALGORITHMS[key.kind],
        "typ": "vc+jwt",
        "cty": "vc",
        "kid": did_key_method(key),
        "iss": did_key(key),
    }


def signed_by_jose(payload: dict[str, Any], key: PrivateKey) -> str:
    request = {"payload": payload, "header": header(key), "jwk": key.to_jwk()}
    return str(node("jose.mjs", "sign", request)["token"])


def signed_by_openvc(payload: dict[str, Any], key: PrivateKey) -> str:
    signer = OPENVC[key.kind].from_jwk(dict(key.to_jwk()), did_key_method(key))
    return str(sign_compact(header(key), payload, signing_key=signer))


@pytest.mark.parametrize("sign", [signed_by_jose, signed_by_openvc])
class TestThePeerSigns:
    def test_its_credential_is_verified(
        self, sign: Any, key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        token = sign(license_of(key, practitioner), key)
        answer = verify(written(tmp_path, "license.jwt", token), "--status", "off")
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body

    def test_a_credential_of_another_key_is_refused(
        self, sign: Any, key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        other = PrivateKey.generate(key.kind)
        head, payload, _ = sign(license_of(key, practitioner), key).split(".")
        _, _, signature = sign(license_of(key, practitioner), other).split(".")
        file = written(tmp_path, "license.jwt", f"{head}.{payload}.{signature}")
        answer = verify(file)
        assert (answer.status, answer.codes) == (1, ["PROOF_VERIFICATION_ERROR"])


class TestMedidSigns:
    def test_jose_verifies_the_credential(
        self, key: PrivateKey, practitioner: PrivateKey
    ) -> None:
        token = issue(
            license_of(key, practitioner),
            Controller.did_key(key),
            securing="vc+jwt",
            at=now(),
        )
        answer = node(
            "jose.mjs",
            "verify",
            {
                "token": token,
                "jwk": key.public_key.to_jwk(),
                "algorithms": [ALGORITHMS[key.kind]],
            },
        )
        assert answer["verified"] is True
        assert answer["header"]["typ"] == "vc+jwt"
        assert answer["payload"]["issuer"]["id"] == did_key(key)

    def test_openvc_verifies_the_signature(
        self, key: PrivateKey, practitioner: PrivateKey
    ) -> None:
        token = issue(
            license_of(key, practitioner),
            Controller.did_key(key),
            securing="vc+jwt",
            at=now(),
        )
        _, payload, signing_input, signature = parse_compact(str(token))
        other = PrivateKey.generate(key.kind)
        answers = [
            verify_signature(
                alg=ALGORITHMS[key.kind],
                public_jwk=dict(candidate.public_key.to_jwk()),
                signing_input=signing_input,
                signature=signature,
            )
            for candidate in (key, other)
        ]
        assert answers == [True, False]
        assert payload["issuer"]["id"] == did_key(key)

    def test_jose_verifies_the_presentation(
        self, key: PrivateKey, practitioner: PrivateKey
    ) -> None:
        credential = issue(
            license_of(key, practitioner),
            Controller.did_key(key),
            securing="vc+jwt",
            at=now(),
        )
        token = present(
            [str(credential)],
            Controller.did_key(practitioner),
            challenge=CHALLENGE,
            domain=DOMAIN,
            securing="vp+jwt",
            at=now(),
        )
        answer = node(
            "jose.mjs",
            "verify",
            {
                "token": token,
                "jwk": practitioner.public_key.to_jwk(),
                "algorithms": ["EdDSA"],
            },
        )
        assert answer["verified"] is True
        assert answer["header"]["typ"] == "vp+jwt"
        assert (answer["payload"]["nonce"], answer["payload"]["aud"]) == (
            CHALLENGE,
            DOMAIN,
        )
