from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import InvalidKey, InvalidSignature, Refused, WeakCryptography
from medid.keys import KeyKind, PrivateKey, PublicKey, ed25519
from tests.keys.wycheproof import groups

if TYPE_CHECKING:
    from collections.abc import Callable


def judged(check: Callable[[bytes, bytes], None], case: dict[str, str]) -> str:
    try:
        check(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
    except InvalidSignature:
        return "invalid"
    return "valid"


@pytest.mark.parametrize("name", ["libsodium", "openssl"])
def test_ed25519(name: str) -> None:
    if name == "libsodium":
        pytest.importorskip("nacl")
    engine = getattr(ed25519, name)()
    run = 0
    for group in groups("ed25519_test.json", kind="EddsaVerify", count=151):
        key = PublicKey.from_jwk(group["publicKeyJwk"])
        assert key.raw.hex() == group["publicKey"]["pk"]
        assert key == PublicKey.from_pem(group["publicKeyPem"])
        for case in group["tests"]:
            result = judged(partial(ed25519.verify, key.raw, engine=engine), case)
            assert result == case["result"], case["tcId"]
            run += 1
    assert run == 151


@pytest.mark.parametrize(
    ("name", "count", "kind"),
    [
        ("ecdsa_secp256r1_sha256_p1363_test.json", 262, KeyKind.P256),
        ("ecdsa_secp384r1_sha384_p1363_test.json", 280, KeyKind.P384),
    ],
)
def test_ecdsa(name: str, count: int, kind: KeyKind) -> None:
    run = 0
    for group in groups(name, kind="EcdsaP1363Verify", count=count):
        key = PublicKey.from_pem(group["publicKeyPem"])
        assert key.kind == kind
        if "publicKeyJwk" in group:
            assert PublicKey.from_jwk(group["publicKeyJwk"]) == key
        for case in group["tests"]:
            result = judged(key.verify, case)
            assert result == case["result"], case["tcId"]
            run += 1
    assert run == count


def test_x25519() -> None:
    # Wycheproof lets implementations refuse what these flags mark; medid does.
    refused = {"LowOrderPublic": WeakCryptography, "NonCanonicalPublic": InvalidKey}
    outcomes: Counter[str] = Counter()
    for group in groups("x25519_test.json", kind="XdhComp", count=518):
        for case in group["tests"]:
            errors = [refused[flag] for flag in case["flags"] if flag in refused]
            outcomes[exchanged(case, errors)] += 1
    assert outcomes == {"same": 474, "refused": 44}


def exchanged(case: dict[str, Any], errors: list[type[Refused]]) -> str:
    private = PrivateKey(KeyKind.X25519, bytes.fromhex(case["private"]))
    raw = bytes.fromhex(case["public"])
    if errors:
        assert case["result"] == "acceptable"
        with pytest.raises(tuple(errors)):
            PublicKey(KeyKind.X25519, raw)
        return "refused"
    secret = private.exchange(PublicKey(KeyKind.X25519, raw))
    assert secret.hex() == case["shared"], case["tcId"]
    return "same"


# What reading each key of a group gives. Only the first set holds a key that medid
# supports; its fault is the symmetric key beside it, and medid reads no mixed sets.
KEY_SETS = {
    "jws_mixedSymmetryKeyset": ["WeakCryptography", "read"],
    "jws_keyset": ["WeakCryptography", "WeakCryptography"],
    "jws_duplicate_kid": ["WeakCryptography", "WeakCryptography"],
    "rs256": ["InvalidKey"],
    "jws_rsa_roca_key": ["InvalidKey"],
    "keysize_too_small": ["InvalidKey"],
    "exponentOne": ["InvalidKey"],
    "HS256": ["WeakCryptography"],
    "HS384": ["WeakCryptography"],
    "HS512": ["WeakCryptography"],
    "wrong_algorithm": ["InvalidKey"],
    "invalid_algorithm": ["InvalidKey"],
    "invalid_use": ["InvalidKey"],
    "invalid_point": ["InvalidKey"],
    "wrong_curve": ["InvalidKey"],
    "wrong_kty": ["InvalidKey"],
    "invalid_aes_gcm_key": ["WeakCryptography"],
    "invalid_aes_kw_key": ["WeakCryptography"],
}


def test_json_web_keys() -> None:
    run = 0
    for group in groups("json_web_key_test.json", kind="JsonWebKey", count=26):
        keys = group.get("public", group["private"])["keys"]
        assert [read(jwk) for jwk in keys] == KEY_SETS[group["comment"]]
        run += len(keys)
    assert run == 28


def read(jwk: dict[str, str]) -> str:
    try:
        PublicKey.from_jwk(jwk)
    except Refused as error:
        return type(error).__name__
    return "read"
