"""Each peer by itself says yes to what it made, and no to a changed copy.

Without this a broken harness, one that always says yes, would look like interoperation.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from interop.peers import (
    CHALLENGE,
    DOMAIN,
    did_key,
    did_key_method,
    draft,
    health_contexts,
    node,
    now,
    peer_key,
)
from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from collections.abc import Mapping

SUITES = ["eddsa-rdfc-2022", "eddsa-jcs-2022"]


def common(suite: str) -> dict[str, Any]:
    return {"suite": suite, "contexts": health_contexts(), "now": str(now())}


@pytest.fixture(params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def license_credential(
    suite: str, board: PrivateKey, practitioner: PrivateKey
) -> Mapping[str, Any]:
    signed: dict[str, Any] = node(
        "digitalbazaar.mjs",
        "issue",
        {
            **common(suite),
            "credential": draft(
                "license", issuer=did_key(board), subject=did_key(practitioner)
            ),
            "key": peer_key(board),
            "date": str(now()),
        },
    )
    return signed


def test_digitalbazaar_verifies_its_own_credential(
    suite: str, license_credential: Mapping[str, Any]
) -> None:
    answer = node(
        "digitalbazaar.mjs",
        "verifyCredential",
        {**common(suite), "credential": license_credential},
    )
    assert answer == {"verified": True, "errors": []}


def test_digitalbazaar_refuses_a_changed_credential(
    suite: str, license_credential: Mapping[str, Any]
) -> None:
    changed = copy.deepcopy(dict(license_credential))
    changed["credentialSubject"]["license"]["licenseNumber"] = "35.654321"
    answer = node(
        "digitalbazaar.mjs",
        "verifyCredential",
        {**common(suite), "credential": changed},
    )
    assert answer["verified"] is False


def test_digitalbazaar_refuses_its_presentation_for_another_challenge(
    suite: str, license_credential: Mapping[str, Any], practitioner: PrivateKey
) -> None:
    presentation = node(
        "digitalbazaar.mjs",
        "present",
        {
            **common(suite),
            "credentials": [license_credential],
            "holder": did_key(practitioner),
            "key": peer_key(practitioner),
            "challenge": CHALLENGE,
            "domain": DOMAIN,
            "date": str(now()),
        },
    )
    request = {**common(suite), "presentation": presentation, "domain": DOMAIN}
    verified = node(
        "digitalbazaar.mjs", "verifyPresentation", {**request, "challenge": CHALLENGE}
    )
    assert verified == {"verified": True, "errors": []}
    replayed = node(
        "digitalbazaar.mjs", "verifyPresentation", {**request, "challenge": "other"}
    )
    assert replayed["verified"] is False


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [(KeyKind.ED25519, "EdDSA"), (KeyKind.P256, "ES256"), (KeyKind.P384, "ES384")],
)
def test_jose_verifies_its_own_token_and_no_other(
    kind: KeyKind, algorithm: str
) -> None:
    key, other = PrivateKey.generate(kind), PrivateKey.generate(kind)
    made = node(
        "jose.mjs",
        "sign",
        {"payload": {"a": 1}, "header": {"alg": algorithm}, "jwk": key.to_jwk()},
    )
    request = {**made, "algorithms": [algorithm]}
    good = node("jose.mjs", "verify", {**request, "jwk": key.public_key.to_jwk()})
    assert (good["verified"], good["payload"]) == (True, {"a": 1})
    bad = node("jose.mjs", "verify", {**request, "jwk": other.public_key.to_jwk()})
    assert bad["verified"] is False


def test_sd_jwt_verifies_its_own_presentation_and_no_other_nonce() -> None:
    issuer, holder = (PrivateKey.generate(KeyKind.P256) for _ in range(2))
    at = int(now().seconds)
    issued = node(
        "sd-jwt.mjs",
        "issue",
        {
            "payload": {
                "iss": "https://board.example",
                "vct": "https://board.example/license",
                "iat": at,
                "cnf": {"jwk": holder.public_key.to_jwk()},
                "licenseNumber": "35.123456",
                "jurisdiction": "US-OH",
            },
            "disclosable": ["licenseNumber", "jurisdiction"],
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
            "keyBinding": {"iat": at, "aud": DOMAIN, "nonce": CHALLENGE},
        },
    )
    request = {**presented, "jwk": issuer.public_key.to_jwk(), "now": at}
    good = node("sd-jwt.mjs", "verify", {**request, "nonce": CHALLENGE})
    assert good["verified"] is True
    assert good["payload"]["jurisdiction"] == "US-OH"
    assert "licenseNumber" not in good["payload"]
    bad = node("sd-jwt.mjs", "verify", {**request, "nonce": "another"})
    assert bad["verified"] is False
