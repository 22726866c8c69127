from __future__ import annotations

import base64
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from medid.errors import InvalidKey, InvalidSignature, Refused, WeakCryptography
from medid.keys import KeyKind, PrivateKey, PublicKey, ed25519, mldsa
from medid.keys.kinds import SHAPES
from medid.securing import jose
from tests.keys.wycheproof import groups
from tests.support import agreed

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
            agreed("wycheproof/ed25519_test.json", case["tcId"])
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
            agreed(f"wycheproof/{name}", case["tcId"])
            run += 1
    assert run == count


DER_FILES = [
    ("ecdsa_secp256r1_sha256_test.json", 484, KeyKind.P256),
    ("ecdsa_secp384r1_sha384_test.json", 504, KeyKind.P384),
]


@pytest.mark.parametrize(("name", "count", "kind"), DER_FILES)
def test_ecdsa_in_der(name: str, count: int, kind: KeyKind) -> None:
    """medid reads r and s side by side; in DER not even a valid signature counts."""
    outcomes: Counter[str] = Counter()
    for group in groups(name, kind="EcdsaVerify", count=count):
        key = PublicKey.from_pem(group["publicKeyPem"])
        assert key.kind == kind
        for case in group["tests"]:
            assert judged(key.verify, case) == "invalid", case["tcId"]
            beside = side_by_side(bytes.fromhex(case["sig"]), kind)
            result = "invalid"
            if beside is not None:
                result = judged(key.verify, {**case, "sig": beside.hex()})
            assert result == case["result"], case["tcId"]
            outcomes[result] += 1
            agreed(f"wycheproof/{name}", case["tcId"])
    assert outcomes.total() == count
    assert outcomes["valid"] > count // 4


def side_by_side(der: bytes, kind: KeyKind) -> bytes | None:
    """The same two numbers as the kind's signatures have them, if they fit."""
    size = SHAPES[kind].signature_sizes[0] // 2
    try:
        numbers = decode_dss_signature(der)
        return b"".join(number.to_bytes(size, "big") for number in numbers)
    except (ValueError, OverflowError):
        return None


def test_x25519() -> None:
    # Wycheproof lets implementations refuse what these flags mark; medid does.
    refused = {"LowOrderPublic": WeakCryptography, "NonCanonicalPublic": InvalidKey}
    outcomes: Counter[str] = Counter()
    for group in groups("x25519_test.json", kind="XdhComp", count=518):
        for case in group["tests"]:
            errors = [refused[flag] for flag in case["flags"] if flag in refused]
            outcomes[exchanged(case, errors)] += 1
            agreed("wycheproof/x25519_test.json", case["tcId"])
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


ML_DSA_VERIFY = {
    KeyKind.ML_DSA_44: (
        "mldsa_44_verify_test.json",
        {"same": 139, "a key of zeros": 35, "another length": 4, "a context": 2},
    ),
    KeyKind.ML_DSA_65: (
        "mldsa_65_verify_test.json",
        {"same": 153, "a key of zeros": 51, "another length": 4, "a context": 2},
    ),
}


@pytest.mark.parametrize("kind", ML_DSA_VERIFY)
def test_ml_dsa(kind: KeyKind) -> None:
    name, expected = ML_DSA_VERIFY[kind]
    outcomes: Counter[str] = Counter()
    total = sum(expected.values())
    for group in groups(name, kind="MlDsaVerify", count=total):
        raw = bytes.fromhex(group["publicKey"])
        for case in group["tests"]:
            outcome = checked_ml_dsa(kind, raw, group, case)
            outcomes[outcome] += 1
            if outcome != "a context":
                agreed(f"wycheproof/{name}", case["tcId"])
    assert outcomes == expected


def checked_ml_dsa(
    kind: KeyKind, raw: bytes, group: dict[str, Any], case: dict[str, Any]
) -> str:
    der = bytes.fromhex(group["publicKeyDer"])
    if "IncorrectPublicKeyLength" in case["flags"]:
        with pytest.raises(InvalidKey):
            PublicKey(kind, raw)
        with pytest.raises(InvalidKey):
            PublicKey.from_pem(pem(der))
        return "another length"
    result = judged(partial(mldsa.verify, kind, raw), case)
    if "ZeroPublicKey" in case["flags"]:
        # Others can sign for it, which is no business of the verification algorithm;
        # it is the business of whoever takes it for a key.
        with pytest.raises(WeakCryptography):
            PublicKey(kind, raw)
        assert result == case["result"], case["tcId"]
        return "a key of zeros"
    key = PublicKey(kind, raw)
    assert PublicKey.from_pem(pem(der)) == key
    assert judged(key.verify, case) == result
    if case.get("ctx") and case["result"] == "valid":
        assert result == "invalid"
        return "a context"
    assert result == case["result"], case["tcId"]
    return "same"


def pem(der: bytes, label: str = "PUBLIC KEY") -> str:
    text = base64.b64encode(der).decode()
    return f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n"


# What does not apply: an interface to mu, and contexts, which medid does not have.
ML_DSA_SIGN = {
    "mldsa_44_sign_seed_test.json": (
        KeyKind.ML_DSA_44,
        {"signed": 71, "a context": 4, "only mu": 8, "no seed": 3},
    ),
    "mldsa_65_sign_seed_test.json": (
        KeyKind.ML_DSA_65,
        {"signed": 81, "a context": 4, "only mu": 17, "no seed": 3},
    ),
}


@pytest.mark.parametrize("name", ML_DSA_SIGN)
def test_ml_dsa_signs(name: str) -> None:
    kind, expected = ML_DSA_SIGN[name]
    outcomes: Counter[str] = Counter()
    total = sum(expected.values())
    for group in groups(name, kind="MlDsaSign", count=total):
        for case in group["tests"]:
            outcome = signed_ml_dsa(kind, group, case)
            outcomes[outcome] += 1
            if outcome in ("signed", "no seed"):
                agreed(f"wycheproof/{name}", case["tcId"])
    assert outcomes == expected


def signed_ml_dsa(kind: KeyKind, group: dict[str, Any], case: dict[str, Any]) -> str:
    seed = bytes.fromhex(group["privateSeed"])
    pkcs8 = bytes.fromhex(group.get("privateKeyPkcs8", ""))
    if "IncorrectPrivateKeyLength" in case["flags"]:
        with pytest.raises(InvalidKey, match="32 bytes"):
            PrivateKey(kind, seed)
        with pytest.raises(InvalidKey):
            PrivateKey.from_pem(pem(pkcs8, "PRIVATE KEY"))
        return "no seed"
    private = PrivateKey(kind, seed)
    assert private.public_key.raw.hex() == group["publicKey"]
    if pkcs8:
        assert (
            PrivateKey.from_pem(pem(pkcs8, "PRIVATE KEY")).to_jwk() == private.to_jwk()
        )
    if "msg" not in case:
        return "only mu"
    if case.get("ctx"):
        assert judged(private.public_key.verify, case) == "invalid"
        return "a context"
    # medid signs hedged, so its own signature is another one and verifies as well.
    assert judged(private.public_key.verify, case) == case["result"] == "valid"
    message = bytes.fromhex(case["msg"])
    private.public_key.verify(private.sign(message), message)
    return "signed"


# RFC 9881 section 6: what stands before the 2,560 bytes of an expanded ML-DSA-44 key.
EXPANDED = bytes.fromhex("30820a18020100300b060960864801650304031104820a0404820a00")


def test_ml_dsa_reads_no_expanded_private_keys() -> None:
    outcomes: Counter[str] = Counter()
    kind, name = KeyKind.ML_DSA_44, "mldsa_44_sign_noseed_test.json"
    for group in groups(name, kind="MlDsaSign", count=73):
        expanded = bytes.fromhex(group["privateKey"])
        with pytest.raises(InvalidKey, match="32 bytes"):
            PrivateKey(kind, expanded)
        with pytest.raises(InvalidKey, match="PKCS#8"):
            PrivateKey.from_pem(pem(EXPANDED + expanded, "PRIVATE KEY"))
        for case in group["tests"]:
            outcomes[case["result"] if "msg" in case else "only mu"] += 1
            if case["result"] == "valid" and "msg" in case:
                public = PublicKey(kind, bytes.fromhex(group["publicKey"]))
                given = "invalid" if case.get("ctx") else "valid"
                assert judged(public.verify, case) == given, case["tcId"]
    assert outcomes == {"valid": 61, "invalid": 5, "only mu": 7}


# What reading the keys of a group gives, and what the cases then give. medid takes no
# symmetric keys, so the four cases with valid signatures of HMAC are refused too.
KEY_SETS = {
    "jws_mixedSymmetryKeyset": ["WeakCryptography", "read"],
    "jws_keyset": ["WeakCryptography", "WeakCryptography"],
    "jws_duplicate_kid": ["WeakCryptography", "WeakCryptography"],
    "rs256": ["read"],
    "jws_rsa_roca_key": ["WeakCryptography"],
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
    counts: Counter[str] = Counter()
    for group in groups("json_web_key_test.json", kind="JsonWebKey", count=26):
        keys = group.get("public", group["private"])["keys"]
        symmetric = all(jwk["kty"] == "oct" for jwk in keys)
        readings = ["InvalidKey"] if keys[0].get("alg") == "RSA1_5" else None
        assert [read(jwk) for jwk in keys] == (readings or KEY_SETS[group["comment"]])
        for case in group["tests"]:
            results = {token_of(case["jws"], jwk) for jwk in keys}
            expected = "invalid" if symmetric else case["result"]
            assert results == {expected}, case["tcId"]
            counts[f"{case['result']}{' of HMAC' if symmetric else ''}"] += 1
            if expected == case["result"]:
                agreed("wycheproof/json_web_key_test.json", case["tcId"])
    assert counts == {
        "valid": 1,
        "invalid": 11,
        "valid of HMAC": 4,
        "invalid of HMAC": 10,
    }


def token_of(token: str, jwk: dict[str, str]) -> str:
    """What comes of a token whose signer is said to be ``jwk``."""
    try:
        jose.verify(jose.parse_compact(token), PublicKey.from_jwk(jwk))
    except Refused:
        return "invalid"
    return "valid"


def read(jwk: dict[str, str]) -> str:
    try:
        PublicKey.from_jwk(jwk)
    except Refused as error:
        return type(error).__name__
    return "read"
