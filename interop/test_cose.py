"""vc+cose and vp+cose beside @auth0/cose from npm."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import pytest

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

ALGORITHMS: Final = {KeyKind.ED25519: -8, KeyKind.P256: -7, KeyKind.P384: -35}


@pytest.fixture(params=list(ALGORITHMS), ids=str)
def key(request: pytest.FixtureRequest) -> PrivateKey:
    return PrivateKey.generate(request.param)


def license_of(board: PrivateKey, practitioner: PrivateKey) -> dict[str, Any]:
    return draft("license", issuer=did_key(board), subject=did_key(practitioner))


def signed_by_peer(payload: dict[str, Any], key: PrivateKey, **changes: Any) -> bytes:
    request = {
        "payload": payload,
        "alg": ALGORITHMS[key.kind],
        "kid": did_key_method(key),
        "typ": "application/vc+cose",
        "jwk": key.to_jwk(),
        **changes,
    }
    return base64.b64decode(node("cose.mjs", "sign", request)["message"])


def asked_of_peer(message: Any, key: PrivateKey) -> Any:
    assert isinstance(message, bytes)
    text = base64.b64encode(message).decode()
    request = {"message": text, "jwk": key.public_key.to_jwk()}
    return node("cose.mjs", "verify", request)


def test_the_peers_credential_is_verified(
    key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
) -> None:
    message = signed_by_peer(license_of(key, practitioner), key)
    file = tmp_path / "license.cose"
    file.write_bytes(message)
    answer = verify(file, "--status", "off")
    assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body
    text = base64.b64encode(message).decode()
    answer = verify(written(tmp_path, "license.txt", text), "--status", "off")
    assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body


def test_a_changed_credential_of_the_peer_is_refused(
    key: PrivateKey, practitioner: PrivateKey, tmp_path: Path
) -> None:
    message = signed_by_peer(license_of(key, practitioner), key)
    for changed in (message[:-1] + bytes([message[-1] ^ 1]), message + b"\0"):
        file = tmp_path / "license.cose"
        file.write_bytes(changed)
        assert verify(file, "--status", "off").status == 1
    other = signed_by_peer(
        license_of(key, practitioner), PrivateKey.generate(key.kind), kid="did:key:z6"
    )
    file.write_bytes(other)
    assert verify(file, "--status", "off").status == 1


def test_the_peer_verifies_medids_credential(
    key: PrivateKey, practitioner: PrivateKey
) -> None:
    payload = license_of(key, practitioner)
    who = Controller.did_key(key)
    message = issue(payload, who, securing="vc+cose", at=now())
    answer = asked_of_peer(message, key)
    assert answer["verified"] is True, answer
    assert answer["typ"] == "application/vc+cose"
    assert answer["kid"] == who.verification_method
    assert answer["payload"] == payload
    assert asked_of_peer(message, PrivateKey.generate(key.kind))["verified"] is False


def test_the_peer_verifies_medids_presentation(
    key: PrivateKey, practitioner: PrivateKey
) -> None:
    credential = issue(
        license_of(key, practitioner),
        Controller.did_key(key),
        securing="vc+cose",
        at=now(),
    )
    message = present(
        [credential],
        Controller.did_key(practitioner),
        challenge=CHALLENGE,
        domain=DOMAIN,
        securing="vp+cose",
        at=now(),
    )
    answer = asked_of_peer(message, practitioner)
    assert answer["verified"] is True, answer
    assert answer["payload"]["holder"] == did_key(practitioner)
